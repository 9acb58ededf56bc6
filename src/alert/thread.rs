//! What an alert says of the thread that goes round: how far it is, whether it feeds itself, where it may end.
//!
//! A person who goes viral and a failure that many have ask for different answers: one for the person, the other for
//! everybody. Alerts say which it is.

use super::event::tenth;
use crate::detect::ThreadStory;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One post that goes round, or many with the same trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    /// An individual goes viral: most of it answers or passes on one post.
    IndividualGoesViral,
    /// A systemic issue: many report it, each in their own words.
    SystemicIssue,
}

/// Posts of a thread in the end, by a capped forecast.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShareForecast {
    /// Most likely.
    pub predicted: f64,
    /// One in ten ends below.
    pub low: f64,
    /// One in ten ends above.
    pub high: f64,
}

/// The thread of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThreadEvidence {
    /// Posts in it so far.
    pub posts: u64,
    /// People in it; estimated above 32.
    pub people: u64,
    /// Sum of their followers: an upper bound of readers.
    pub reach: u64,
    /// Posts that each post brings lately, 5 at most; above 1 it feeds itself. Absent while there are too few to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branching_ratio: Option<f64>,
    /// Its posts bring one another, or it is too early to say; else one large audience answers.
    pub feeds_itself: bool,
    /// It still grows; else it is past its peak.
    pub growing: bool,
    /// Posts in the end, those that came included. Absent while there are too few to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecast: Option<ShareForecast>,
}

impl ThreadEvidence {
    /// As numbers are told: ratios with a decimal, posts whole.
    #[must_use]
    pub fn of(story: &ThreadStory) -> Self {
        let whole = libm::round;
        let forecast = story.reading.total.map(|total| ShareForecast {
            predicted: whole(total.predicted),
            low: whole(total.low),
            high: whole(total.high),
        });
        Self {
            posts: story.posts,
            people: story.people,
            reach: story.reach,
            branching_ratio: story.branching_ratio().map(tenth),
            feeds_itself: story.feeds_itself(),
            growing: story.is_growing(),
            forecast,
        }
    }

    /// The same in words.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Self { posts, people, reach, branching_ratio, feeds_itself, growing, forecast } = self;
        let audience = if *feeds_itself { "" } else { ", one large audience answers" };
        let phase = if *growing { "still growing" } else { "past its peak" };
        let ratio = branching_ratio.map(|ratio| format!(", each post brings {ratio}")).unwrap_or_default();
        let end = forecast.map(|ShareForecast { predicted, low, high }| {
            format!("; about {predicted} in the end, four in five such threads between {low} and {high}")
        });
        format!(
            "the thread holds {posts} posts by {people} people, reach {reach}: {phase}{ratio}{audience}{}",
            end.unwrap_or_default()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_left_out() {
        let few = ThreadEvidence {
            posts: 3,
            people: 3,
            reach: 90,
            branching_ratio: None,
            feeds_itself: true,
            growing: true,
            forecast: None,
        };
        assert_eq!(few.in_words(), "the thread holds 3 posts by 3 people, reach 90: still growing");
        let forecast = Some(ShareForecast { predicted: 90.0, low: 60.0, high: 240.0 });
        let many = ThreadEvidence { branching_ratio: Some(1.2), growing: false, forecast, ..few };
        assert_eq!(
            many.in_words(),
            "the thread holds 3 posts by 3 people, reach 90: past its peak, each post brings 1.2; about 90 in the end, \
             four in five such threads between 60 and 240"
        );
    }
}
