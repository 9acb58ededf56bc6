use super::page::ROWS_MAX;
use super::*;
use crate::notify::test_event;

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn event(state: AlertState) -> AlertEvent {
    let headline = match state {
        AlertState::Resolved => "Over: probable outage on nimbus-cloud\x1b[2J",
        _ => "Probable outage: nimbus-cloud\x1b[2J. 131 posts by 118 people in 5 min (usually about 2.1, at most 8)",
    };
    AlertEvent {
        kind: AlertKind::Outage,
        state,
        severity: Severity::S2,
        headline: headline.to_owned(),
        onset: time("2026-03-02T09:40:00Z"),
        people: 118,
        texts: 120,
        platforms: [("x".to_owned(), 80), ("reddit".to_owned(), 51)].into(),
        ack_by: Some(time("2026-03-02T10:13:00Z")),
        next_step: Some("the duty manager is called".to_owned()),
        reply: Some(
            "We see login problems and are working on them; updates on the status page every half hour.".to_owned(),
        ),
        ..test_event("engineering", time("2026-03-02T09:43:00Z"))
    }
}

#[test]
fn an_alert_is_a_few_plain_lines() {
    let long = format!("cannot log in, says @ada {}", "and waits ".repeat(20));
    let examples = ["Cloud is down\x07", long.as_str(), "never shown"];
    assert_eq!(
        alert_lines(&event(AlertState::Opened), &examples, false),
        "09:43  S2 · Probable outage: nimbus-cloud [2J\n       \
         131 posts by 118 people in 5 min (usually about 2.1, at most 8), since 09:40. X 80, Reddit\n       \
         51. 120 different texts: people, not copies.\n       \
         “Cloud is down ”\n       \
         “cannot log in, says […] and waits and waits and waits and waits and waits and waits and…”\n       \
         Owner: engineering; acknowledge by 10:13 UTC. Next: the duty manager is called.\n       \
         Approved line: We see login problems and are working on them; updates on the status page\n       \
         every half hour.\n"
    );
    assert_eq!(
        alert_lines(&event(AlertState::Updated), &examples, false),
        "09:43  S2 · Escalated: Probable outage: nimbus-cloud [2J\n       \
         131 posts by 118 people in 5 min (usually about 2.1, at most 8), since 09:40. X 80, Reddit\n       \
         51. 120 different texts: people, not copies.\n"
    );
    assert_eq!(
        alert_lines(&event(AlertState::Resolved), &[], false),
        "09:43  S2 · Over: probable outage on nimbus-cloud [2J\n       After 3 min. Owner: engineering.\n"
    );
}

#[test]
fn a_turn_of_mood_speaks_of_shares() {
    let shift = AlertEvent {
        kind: AlertKind::SentimentShift,
        headline: "Mood is turning: nimbus-mail. 60 negative posts by 95 people in 60 min".to_owned(),
        explain: vec!["60 of 100 mentions in 60 min are negative (60 %), usually 15 %; 4.1 deviations".to_owned()],
        ..event(AlertState::Opened)
    };
    let text = alert_lines(&shift, &[], false);
    assert!(text.contains("60 of 100 mentions in 60 min are negative (60 %), usually 15 %, since 09:40."), "{text}");
}

#[test]
fn colours_only_when_told() {
    for state in [AlertState::Opened, AlertState::Updated, AlertState::Withdrawn] {
        assert!(!alert_lines(&event(state), &["text"], false).contains('\x1b'));
        let coloured = alert_lines(&event(state), &["text"], true);
        assert!(coloured.contains("\x1b[") && !coloured.contains("\x1b[2J"), "only our own codes: {coloured:?}");
    }
}

fn counts(pairs: &[(&str, u64)]) -> BTreeMap<String, u64> {
    pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

/// An outage that was found and is over, a turn of mood that nobody found.
fn told() -> Summary {
    let mut outage = Incident::of(&event(AlertState::Opened));
    outage.attached = 400;
    outage.follow(&AlertEvent { people: 212, severity: Severity::S1, ..event(AlertState::Updated) });
    outage.follow(&AlertEvent { people: 900, at: time("2026-03-02T10:04:00Z"), ..event(AlertState::Resolved) });
    let truth = |kind, brand, onset, end| TruthEvent { kind, brand, onset: time(onset), end: time(end) };
    let load = |items, s1, s2| TeamLoad { items, s1, s2 };
    let mut told = Summary {
        records: 70_512,
        items: 70_512,
        outcomes: counts(&[("unmatched", 58_000), ("routed", 9_000), ("noise", 400), ("dead_letter", 3_112)]),
        by_team: BTreeMap::from([
            ("finance".to_owned(), load(3_000, 0, 0)),
            ("safety".to_owned(), load(10, 1, 0)),
            ("support".to_owned(), load(5_990, 0, 1_200)),
        ]),
        dead_letter_reasons: counts(&[("not_json", 3_112)]),
        incidents: vec![outage],
        truth: vec![
            truth(AlertKind::Outage, "nimbus cloud", "2026-03-02T09:39:30Z", "2026-03-02T09:50:00Z"),
            truth(AlertKind::SentimentShift, "nimbus mail", "2026-03-02T11:00:00Z", "2026-03-02T17:00:00Z"),
        ],
        tickets: Tickets { upsert: 8_000, pending: 1_000, attached: 400, cases: 7_500 },
        wall_seconds: 40.0,
        event_seconds: 86_400.0,
        ..Summary::default()
    };
    told.next_steps = next_steps(&told);
    told
}

#[test]
fn the_summary_says_what_went_where_and_what_next() {
    let text = summary(&told(), false);
    for part in [
        "70,512 records, 70,512 items in 40.0 s (24 h of event time, 2,160 times as fast)\n  unmatched         58,000  82.3 %  ████",
        "  dead_letter        3,112   4.4 %  █                         not readable: kept, with the reason\n",
        "\nRouted to\n  support            5,990  66.6 %",
        "▏                         1 S1\n",
        "8,000 items in 7,500 cases asked for a ticket. 1,000 waited for the counts: 400 of them joined an\n  incident",
        "  09:40–10:04  S1 Probable outage: nimbus-cloud [2J  resolved; engineering; 212 people at most\n",
        "  09:39  outage          nimbus cloud   alert after 3 min\n  11:00  sentiment shift nimbus mail    no alert\n",
        "What you would do next\n  1. engineering: tell people that it is over and answer the 400 reports attached to it",
        "  2. safety: 1 S1 before the other items on social.routed.safety\n  3. support: 1,200 S2 before",
        "  4. platform: 3,112 records could not be read",
    ] {
        assert!(text.contains(part), "{part}\nin\n{text}");
    }
    assert!(!text.contains('\x1b') && !text.contains("Noise"), "{text}");
}

#[test]
fn many_rows_are_added_up() {
    let many = (0..30).map(|n| Row::new(&format!("reason-{n:02}"), 10, "")).collect();
    let mut out = String::new();
    table(&mut out, many, &Paint(false));
    assert_eq!(out.lines().count(), ROWS_MAX);
    assert!(out.contains("others") && out.contains("210"), "{out}");
}
