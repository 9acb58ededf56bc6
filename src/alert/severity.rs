//! How severe an incident is: what the pack says at least, and a rung higher for what it has come to. Up only: while it
//! is open nobody is told that it matters less than they were told before.

use super::{AlertKind, is_sour};
use crate::detect::{Partial, Series};
use crate::route::Severity;

/// People in an outage on several platforms that make it S1.
const MANY_PEOPLE: u64 = 100;
/// Mentions on a platform that make it one of several.
const PLATFORM_MENTIONS: u64 = 10;
/// People who write of what a person must own (danger, law, a regulator) that make it S1.
const ALARMED_PEOPLE: u64 = 5;
/// Posts by prominent accounts that count, and one in how many posts they must be: a few are there on every day.
const PROMINENT_POSTS: u64 = 3;
const PROMINENT_ONE_IN: u64 = 20;
/// Followers of all who write that make a rise urgent.
const WIDE_REACH: u64 = 5_000_000;
/// So many times the people it began with, it has grown.
const GROWN: u64 = 4;

/// The severity that the evidence of an incident speaks for, and the reasons for more than `at_least`. `began_with` are
/// the people at its opening, where it is open.
#[must_use]
pub fn grade(
    kind: Option<AlertKind>,
    at_least: Severity,
    evidence: &Partial,
    series: &Series,
    began_with: Option<u64>,
) -> (Severity, Vec<String>) {
    let rungs = rungs(kind, evidence, series, began_with);
    let severity = rungs.iter().map(|(severity, _)| *severity).fold(at_least, Severity::min);
    let reasons = rungs.into_iter().filter(|(of, _)| *of == severity && *of < at_least);
    (severity, reasons.map(|(of, why)| format!("{} because of {why}", of.as_str())).collect())
}

fn rungs(
    kind: Option<AlertKind>,
    evidence: &Partial,
    series: &Series,
    began_with: Option<u64>,
) -> Vec<(Severity, String)> {
    let Partial { mentions, prominent, reach, .. } = evidence;
    let (people, alarmed) = (evidence.people.distinct(), evidence.alarmed.distinct());
    let platforms = evidence.platforms.values().filter(|count| **count >= PLATFORM_MENTIONS).count();
    let heard = *prominent >= PROMINENT_POSTS && prominent.saturating_mul(PROMINENT_ONE_IN) >= *mentions;
    let grown = began_with.filter(|began| people >= MANY_PEOPLE && people >= began.saturating_mul(GROWN));
    // graver kinds go to the top, a spike wakes somebody; few voices and moods stay what they are
    let top = match kind {
        Some(AlertKind::Outage | AlertKind::Viral) => Severity::S1,
        Some(AlertKind::Spike) => Severity::S2,
        _ => return Vec::new(),
    };
    let is = |one: AlertKind| kind == Some(one);
    let mut rungs = Vec::new();
    let mut rung = |holds: bool, severity: Severity, why: String| {
        if holds {
            rungs.push((severity, why));
        }
    };
    rung(alarmed >= ALARMED_PEOPLE, Severity::S1, format!("{alarmed} people who write of danger, law or a regulator"));
    let many = is(AlertKind::Outage) && people >= MANY_PEOPLE && platforms >= 2;
    rung(many, top, format!("{people} people on {platforms} platforms"));
    let angry = is(AlertKind::Spike) && people >= MANY_PEOPLE / 2 && is_sour(evidence, series);
    rung(angry, top, format!("{people} people, angrier than usual"));
    rung(heard, top, format!("{prominent} posts by accounts that are verified or widely followed"));
    let began = grown.unwrap_or(0);
    rung(grown.is_some() && !is(AlertKind::Outage), top, format!("growth from {began} to {people} people"));
    let wide = is(AlertKind::Spike) && *reach >= WIDE_REACH && people >= MANY_PEOPLE / 2;
    rung(wide, top, format!("a reach of {reach} followers at most"));
    rungs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Bucket;
    use crate::mention::Platform;

    fn evidence(people: u64, alarmed: u64, prominent: u64, reach: u64) -> Partial {
        let mut partial = Partial { mentions: people, prominent, reach, ..Partial::default() };
        partial.platforms = [(Platform::X, people / 2), (Platform::Reddit, people / 2)].into();
        for person in 0..people {
            partial.people.add(person, &1);
        }
        for person in 0..alarmed {
            partial.alarmed.add(person, &1);
        }
        partial
    }

    #[test]
    fn it_becomes_more_severe_for_a_reason_and_never_less() {
        use AlertKind::{Amplification, Outage, SentimentShift, Spike, Viral};
        use Severity::{S1, S2, S3, S4};
        // kind, of the pack, people, alarmed, prominent, reach, people at its opening: severity, a word of the reason
        let cases = [
            (Outage, S2, 40, 0, 0, 9_000, None, S2, ""),
            (Outage, S2, 120, 0, 0, 9_000, None, S1, "2 platforms"),
            (Outage, S3, 40, 5, 0, 9_000, None, S1, "danger"),
            (Outage, S2, 40, 4, 2, 9_000, None, S2, ""),
            (Outage, S2, 40, 0, 3, 9_000, None, S1, "verified"),
            (Outage, S2, 90, 0, 3, 9_000, None, S2, ""),
            (Viral, S2, 120, 0, 0, 9_000, Some(30), S1, "growth from 30 to 120"),
            (Viral, S2, 120, 0, 0, 9_000, Some(31), S2, ""),
            (Viral, S2, 120, 0, 0, 9_000, None, S2, ""),
            (Spike, S3, 120, 0, 0, 9_000, Some(30), S2, "growth"),
            (Spike, S3, 60, 0, 0, 5_000_000, None, S2, "reach"),
            (Spike, S3, 60, 0, 0, 4_999_999, None, S3, ""),
            (Spike, S3, 60, 5, 9, 9_000, None, S1, "danger"),
            (Amplification, S4, 200, 9, 9, 9_000_000, Some(1), S4, ""),
            (SentimentShift, S3, 200, 9, 9, 9_000_000, Some(1), S3, ""),
            (Spike, S1, 60, 0, 9, 9_000, None, S1, ""),
        ];
        let series = Series::new(Bucket(0));
        for (kind, pack, people, alarmed, prominent, reach, began, severity, word) in cases {
            let (graded, why) = grade(Some(kind), pack, &evidence(people, alarmed, prominent, reach), &series, began);
            assert_eq!(graded, severity, "{kind:?} {people} {alarmed} {prominent}: {why:?}");
            assert_eq!(why.is_empty(), word.is_empty(), "{kind:?}: {why:?}");
            assert!(word.is_empty() || why.iter().any(|line| line.contains(word)), "{word}: {why:?}");
        }
    }
}
