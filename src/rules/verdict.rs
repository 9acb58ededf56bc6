//! What became of a test's post, against what was expected of it.

use super::cases::{Case, Given};
use crate::route::Routing;
use crate::score::{
    EmotionProbabilities, EmotionScore, IntentScore, LabelScore, LanguageScore, Probability, Scores,
    SentimentProbabilities, SentimentScore,
};
use std::collections::BTreeMap;

/// What became of a test's post.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed<'a> {
    /// Ids of the queries that matched.
    pub matched: Vec<&'a str>,
    /// The kind of noise it is.
    pub noise: Option<String>,
    /// Answers of the pack's own heads.
    pub heads: BTreeMap<String, String>,
    /// Ids of the triggers that fired.
    pub fired: Vec<&'a str>,
    /// Its routing; none for what did not match, or is noise.
    pub routing: Option<Routing>,
}

/// One thing that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// What.
    pub field: &'static str,
    /// As the test says.
    pub expected: String,
    /// As it is.
    pub got: String,
}

impl Case {
    /// Everything that is not as the test says; empty when it passes.
    #[must_use]
    pub fn differences(&self, observed: &Observed<'_>) -> Vec<Difference> {
        let mut found = Found::default();
        self.compare_matches(observed, &mut found);
        if let Some(expected) = &self.expect.noise {
            found.compare("noise", expected, observed.noise.as_deref().unwrap_or("none"));
        }
        for (head, expected) in &self.expect.heads {
            found.compare("heads", expected, observed.heads.get(head).map_or("not asked", String::as_str));
        }
        if self.expect.asks_for_route() {
            match &observed.routing {
                Some(routing) => self.compare_route(routing, &mut found),
                None => found.compare("route", "routed", fate(observed)),
            }
        }
        found.0
    }

    fn compare_matches(&self, observed: &Observed<'_>, found: &mut Found) {
        let all = || if observed.matched.is_empty() { "nothing".to_owned() } else { observed.matched.join(", ") };
        for id in self.expect.hits.iter().filter(|id| !observed.matched.contains(&id.as_str())) {
            found.0.push(Difference { field: "match", expected: id.clone(), got: all() });
        }
        for id in self.expect.misses.iter().filter(|id| observed.matched.contains(&id.as_str())) {
            found.0.push(Difference { field: "no_match", expected: format!("not {id}"), got: all() });
        }
    }

    fn compare_route(&self, routing: &Routing, found: &mut Found) {
        let (expect, route) = (&self.expect, &routing.route);
        found.same("intent", expect.intent.as_ref(), &route.intent);
        found.same("team", expect.team.as_ref(), &route.team);
        found.lists("also", expect.also.as_ref(), &route.also);
        found.shown("severity", expect.severity.as_ref(), &route.severity);
        found.shown("tier", expect.tier.as_ref(), &route.tier);
        found.shown("action", expect.action.as_ref(), &routing.ticket.action);
        let ticket = routing.ticket.tags.iter().find_map(|tag| tag.strip_prefix("ticket:"));
        found.same("ticket", expect.ticket.as_ref(), ticket.unwrap_or_default());
        found.same("public_response", expect.public_response.as_ref(), &route.public_response);
        found.same("private_handoff", expect.private_handoff.as_ref(), &route.private_handoff);
        found.lists("path", expect.path.as_ref(), &route.path);
        found.lists("approvals", expect.approvals.as_ref(), &route.approvals);
        let approve: Vec<String> = routing.approvers.iter().map(ToString::to_string).collect();
        found.lists("approve", expect.approve.as_ref(), &approve);
        let seconds = |due: crate::mention::Timestamp| due.as_seconds() - self.at.as_seconds();
        let spent = (seconds(route.respond_by), seconds(route.resolve_by));
        found.shown("respond_within, seconds", expect.respond_seconds.as_ref(), &spent.0);
        found.shown("resolve_within, seconds", expect.resolve_seconds.as_ref(), &spent.1);
        let reply = route.reply.as_ref();
        found.same("reply", expect.reply.as_ref(), reply.map_or("none", |reply| reply.id.as_str()));
        found.same("reply_says", expect.reply_says.as_ref(), reply.map_or("nothing", |reply| reply.text.as_str()));
        for rule in expect.rules.iter().filter(|rule| !routing.decision.rules.contains(rule)) {
            let got = routing.decision.rules.join(", ");
            found.0.push(Difference { field: "rules", expected: rule.clone(), got });
        }
    }
}

fn fate(observed: &Observed<'_>) -> &'static str {
    if observed.noise.is_some() { "noise" } else { "unmatched" }
}

/// What is found to be otherwise.
#[derive(Default)]
pub(super) struct Found(pub(super) Vec<Difference>);

impl Found {
    pub(super) fn compare(&mut self, field: &'static str, expected: &str, got: &str) {
        if expected != got {
            self.0.push(Difference { field, expected: expected.to_owned(), got: got.to_owned() });
        }
    }

    pub(super) fn same(&mut self, field: &'static str, expected: Option<&String>, got: &str) {
        if let Some(expected) = expected {
            self.compare(field, expected, got);
        }
    }

    pub(super) fn lists(&mut self, field: &'static str, expected: Option<&Vec<String>>, got: &[String]) {
        if let Some(expected) = expected {
            self.compare(field, &format!("[{}]", expected.join(", ")), &format!("[{}]", got.join(", ")));
        }
    }

    pub(super) fn shown<T: std::fmt::Debug>(&mut self, field: &'static str, expected: Option<&T>, got: &T) {
        if let Some(expected) = expected {
            self.compare(field, &format!("{expected:?}").to_lowercase(), &format!("{got:?}").to_lowercase());
        }
    }
}

fn label_score((label, probability): &(String, f64)) -> LabelScore {
    LabelScore { label: label.clone().into(), probability: *probability }
}

impl Given {
    /// Scores that say exactly this, and are neutral in all else.
    #[must_use]
    pub fn scores(&self) -> Scores {
        let mut intents: Vec<IntentScore> =
            self.intents.iter().map(|(id, p)| IntentScore { id: id.clone().into(), probability: *p }).collect();
        intents.sort_by(|a, b| b.probability.total_cmp(&a.probability).then_with(|| a.id.cmp(&b.id)));
        let noise = self.noise.iter().max_by(|a, b| a.1.total_cmp(b.1));
        Scores {
            language: LanguageScore {
                code: self.language.clone().unwrap_or_else(|| "unknown".to_owned()),
                confidence: if self.language.is_some() { 1.0 } else { 0.0 },
            },
            sentiment: SentimentScore {
                label: if self.negative >= 0.5 { "negative" } else { "neutral" }.into(),
                score: -self.negative,
                probabilities: SentimentProbabilities {
                    negative: self.negative,
                    neutral: 1.0 - self.negative,
                    positive: 0.0,
                },
            },
            emotion: EmotionScore {
                label: if self.anger >= 0.5 { "anger" } else { "none" }.into(),
                probabilities: EmotionProbabilities {
                    anger: self.anger,
                    joy: 0.0,
                    none: 1.0 - self.anger,
                    optimism: 0.0,
                    sadness: 0.0,
                },
                frustration: self.frustration,
            },
            intents,
            urgency: match self.urgency_now {
                now if now > 0.0 => LabelScore { label: "now".into(), probability: now },
                _ => LabelScore { label: "routine".into(), probability: 1.0 },
            },
            noise: noise.map_or(LabelScore { label: "none".into(), probability: 1.0 }, |(label, p)| LabelScore {
                label: label.clone().into(),
                probability: *p,
            }),
            abuse: Probability { probability: self.abuse },
            threat: Probability { probability: self.threat },
            sarcasm: Probability { probability: 0.0 },
            incident: Probability { probability: self.incident },
            risk: self.risk,
            entities: Vec::new(),
            fingerprint: String::new(),
            pii: Vec::new(),
            heads: self.heads.iter().map(|(head, answer)| (head.clone(), label_score(answer))).collect(),
            explain: Vec::new(),
        }
    }
}
