//! Reports against figures counted by hand.

use super::*;
use crate::alert::{AlertEvent, AlertState};
use crate::mention::Timestamp;
use crate::route::{Severity, TicketAction, Tier};
use serde_json::json;

/// So many minutes after the beginning.
fn minute(minutes: i64) -> Timestamp {
    Timestamp::clamped(1_772_409_600_000_000).plus_seconds(60 * minutes)
}

fn item(id: &str, at: i64, intent: &str, team: &str) -> Tagged {
    Tagged {
        item_id: id.to_owned(),
        revision: 0,
        at: minute(at),
        team: team.to_owned(),
        intent: intent.to_owned(),
        severity: Severity::S3,
        tier: Tier::Assisted,
        action: TicketAction::Upsert,
        case_id: format!("case-{id}"),
        respond_by: minute(at + 60),
        thread: format!("thread-{id}"),
        approvals: Vec::new(),
    }
}

fn said(id: &str, about: &str, kind: &str, value: Option<&str>, at: i64) -> crate::case::Said {
    let word = json!({"type": "groundswell.feedback.v1", "feedback_id": id, "about": about, "kind": kind, "value": value,
        "by": "ana", "at": minute(at)});
    crate::case::read(word.to_string().as_bytes()).expect("feedback")
}

fn event(state: AlertState, severity: Severity, at: i64, people: u64) -> AlertEvent {
    let event = json!({
        "type": "groundswell.alert.v1", "alert_id": "alert-1", "incident_id": "inc-1", "kind": "outage", "state": state,
        "severity": severity, "series": {"query": "pay"}, "team": "engineering", "onset": minute(0), "at": minute(at),
        "observed": 20.0, "expected": 2.0, "upper": 6.0, "ratio": 10.0, "people": people, "texts": 12, "platforms": {},
        "languages": {}, "reach": people * 10, "terms": [], "examples": [], "headline": "Probable outage: pay",
        "baseline_age": 86_400, "explain": [], "pack": "p1",
    });
    serde_json::from_value(event).expect("an event")
}

#[test]
fn a_day_counted_by_hand() {
    let mut ledger = Ledger::default();
    // answered in time, then resolved, reopened and resolved again
    ledger.route(item("a", 0, "billing", "finance"));
    ledger.say(said("1", "a", "claimed", None, 10));
    ledger.say(said("2", "a", "response_published", None, 40));
    ledger.say(said("3", "a", "resolved", None, 50));
    ledger.say(said("4", "a", "reopened", None, 55));
    ledger.say(said("5", "a", "resolved", None, 70));
    ledger.say(said("5", "a", "resolved", None, 70));
    // answered late, in the wrong team, and escalated
    ledger.route(item("b", 0, "billing", "finance"));
    ledger.say(said("6", "b", "team", Some("support"), 20));
    ledger.say(said("7", "b", "intent", Some("defect"), 20));
    ledger.say(said("8", "b", "resolved", None, 90));
    let moved = Moved {
        item_id: "b".to_owned(),
        revision: 1,
        called: Some(Called::Unanswered),
        action: None,
        incident_id: None,
    };
    ledger.follow_up(moved);
    // not answered: overdue
    ledger.route(item("c", 10, "defect", "support"));
    ledger.say(said("9", "c", "intent", Some("defect"), 12));
    // not answered, and still has time
    ledger.route(item("d", 590, "defect", "support"));
    // waits for an incident: no clock of its own
    ledger.route(Tagged { action: TicketAction::Pending, ..item("e", 0, "outage", "support") });
    // of another day
    ledger.route(item("f", 900, "defect", "support"));
    ledger.drop("g", minute(3));
    ledger.drop("h", minute(901));
    let report = week(&ledger, minute(0), minute(600));
    let ratio = |part, whole| Ratio { part, whole };
    assert_eq!((report.routed, report.noise_filtered), (5, ratio(1, 6)));
    assert_eq!((report.tags_agreed, report.confusion["billing"]["defect"]), (ratio(1, 2), 1));
    assert_eq!((report.routed_right, report.in_time, report.within_hour), (ratio(1, 2), ratio(1, 3), ratio(1, 3)));
    assert_eq!(report.in_time_by_owner["billing/finance"], ratio(1, 2));
    assert_eq!((report.without_escalation, report.reopened), (ratio(2, 3), ratio(1, 2)));
    assert_eq!((report.closed_by_itself, report.reviewers["ana"]), (ratio(1, 2), 1));
    assert_eq!(report.first_response, Spread { count: 2, median_seconds: 2_400, p90_seconds: 5_400 });
    assert_eq!(report.handling, Spread { count: 1, median_seconds: 3_600, p90_seconds: 3_600 });
    assert_eq!((report.load["support/assisted"].items, report.load["support/assisted"].tickets), (3, 2));
}

#[test]
fn the_mood_around_a_response() {
    let mut ledger = Ledger::default();
    ledger.route(item("a", 0, "billing", "finance"));
    ledger.alert(event(AlertState::Opened, Severity::S2, 2, 9));
    ledger.say(said("1", "a", "response_published", None, 60));
    ledger.say(said("2", "alert-1", "response_published", None, 61));
    let heard = |at, thread: &str, query: &str, percent| Heard {
        at: minute(at),
        thread: thread.to_owned(),
        queries: vec![query.to_owned()],
        sentiment_percent: percent,
        noise: false,
    };
    for (at, thread, query, percent) in [
        (29, "thread-a", "brand", Some(-90)),
        (30, "thread-a", "brand", Some(-50)),
        (59, "thread-a", "brand", Some(-70)),
        (60, "thread-a", "brand", Some(20)),
        (90, "thread-a", "brand", None),
        (91, "thread-a", "brand", Some(99)),
        (70, "thread-z", "pay", Some(10)),
    ] {
        ledger.hear(&heard(at, thread, query, percent));
    }
    ledger.hear(&Heard { noise: true, ..heard(60, "thread-a", "brand", Some(-99)) });
    let report = week(&ledger, minute(0), minute(600));
    let [item, alert] = &report.responses[..] else { panic!("{:?}", report.responses) };
    assert_eq!((item.mentions_before, item.mentions_after), (2, 2));
    assert_eq!((item.sentiment_before, item.sentiment_after), (Some(-0.6), Some(0.2)));
    assert_eq!((alert.mentions_before, alert.mentions_after, alert.sentiment_after), (0, 1, Some(0.1)));
}

#[test]
fn the_story_of_an_incident() {
    let mut ledger = Ledger::default();
    ledger.alert(event(AlertState::Opened, Severity::S2, 2, 9));
    ledger.alert(event(AlertState::Updated, Severity::S1, 10, 40));
    ledger.alert(event(AlertState::Resolved, Severity::S1, 45, 3));
    ledger.say(said("1", "alert-1", "ack", None, 5));
    for (id, action) in [("a", TicketAction::Upsert), ("b", TicketAction::None)] {
        ledger.route(Tagged { action: TicketAction::Pending, ..item(id, 4, "outage", "support") });
        let (action, incident_id) = (Some(action), Some("inc-1".to_owned()));
        ledger.follow_up(Moved { item_id: id.to_owned(), revision: 1, called: None, action, incident_id });
    }
    let story = incident(&ledger, "alert-1").expect("a story");
    assert_eq!(incident(&ledger, "inc-1").as_ref(), Some(&story));
    assert_eq!((story.severity, story.people_most, story.reach_most), (Severity::S1, 40, 400));
    assert_eq!((story.told_after_seconds, story.acknowledged_after_seconds), (120, Some(180)));
    assert_eq!((story.over_after_seconds, story.attached, story.tickets), (Some(2_700), 2, 1));
    let told: Vec<&str> = story.moments.iter().map(|moment| moment.what.as_str()).collect();
    assert_eq!(
        told,
        [
            "it began, by what is known now",
            "S2 opened: Probable outage: pay",
            "ack",
            "S1 updated: Probable outage: pay",
            "S1 resolved: Probable outage: pay"
        ]
    );
    assert_eq!(incident(&ledger, "inc-2"), None);
}

#[test]
fn whom_somebody_called_and_why_is_counted_apart() {
    let mut ledger = Ledger::default();
    for id in ["a", "b", "c", "d"] {
        ledger.route(item(id, 0, "billing", "finance"));
    }
    let mut move_on = |id: &str, revision: u64, called: Option<Called>| {
        let item_id = id.to_owned();
        ledger.follow_up(Moved { item_id, revision, called, action: None, incident_id: None });
    };
    move_on("a", 1, Some(Called::Raised));
    move_on("a", 2, Some(Called::Raised));
    move_on("a", 3, Some(Called::Unanswered));
    move_on("b", 1, Some(Called::Deputy));
    move_on("c", 1, Some(Called::Raised));
    move_on("d", 1, None);
    let report = week(&ledger, minute(0), minute(600));
    assert_eq!(report.called, CalledItems { unanswered: 1, raised: 2, deputies: 1 }, "each item once for each reason");
    assert_eq!(
        (report.without_escalation.part, report.without_escalation.whole),
        (3, 4),
        "nobody answered one of four"
    );
}

#[test]
fn a_share_of_voice_is_put_together_from_its_hours() {
    let hour = |topic: &str, brand: &str, minutes: i64, mentions: u64, sentiment: f64| Voiced {
        topic: topic.to_owned(),
        brand: brand.to_owned(),
        hour: minute(minutes),
        revision: 1,
        own: brand == "Acme",
        mentions,
        positive: mentions / 2,
        negative: 1,
        sentiment,
        reach: 10 * mentions,
    };
    let mut ledger = Ledger::default();
    let newer = Voiced { revision: 2, ..hour("all", "Acme", 60, 6, -0.5) };
    for one in [
        hour("all", "Acme", 0, 2, 1.0),
        newer,
        hour("all", "Acme", 60, 5, 0.9),
        hour("all", "Rival", 60, 4, 0.25),
        hour("pay", "Acme", 60, 1, 0.0),
        hour("all", "Acme", 600, 70, 0.0),
        hour("all", "Acme", -60, 70, 0.0),
    ] {
        ledger.voice(one);
    }
    let voice = week(&ledger, minute(0), minute(600)).voice;
    let acme = &voice["all"]["Acme"];
    assert_eq!((acme.own, acme.mentions, acme.reach), (true, 8, 80), "the newer word counts, whatever came last");
    assert_eq!((acme.positive, acme.neutral, acme.negative), (4, 2, 2));
    assert_eq!((acme.share, acme.sentiment), (Some(8.0 / 12.0), Some(-1.0 / 8.0)));
    assert_eq!((voice["all"]["Rival"].own, voice["all"]["Rival"].share), (false, Some(4.0 / 12.0)));
    assert_eq!((voice["pay"]["Acme"].share, voice.len()), (Some(1.0), 2));
}
