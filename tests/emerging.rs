//! New topics: what many people begin to say is told once and by its name, and what only looks new is not.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use groundswell::mention;

#[path = "support/days.rs"]
mod days;

use days::{Burst, Crowd, DAY, Days, HOUR, LOGIN_FAILS, MINUTE, START};
use groundswell::alert::{AlertEvent, AlertKind, AlertState, TopicForm};
use groundswell::mention::Platform;
use groundswell::route::Severity;
use groundswell::rules;
use groundswell::score::Model;
use groundswell::service::local::{Layout, LocalPipeline};
use std::sync::Arc;

/// Tuesday noon: a day and a half of baseline.
const NOON: f64 = 1.5 * DAY;

/// Different people with different things to say about one hashtag, or one thing that has a name.
const LAUNCH: &[&str] = &[
    "{Trying|Testing|Playing with} #NimbusNext {on the train|with my class|since lunch}, {nimbus cloud feels faster|the nimbus cloud folders load quickly|nimbus cloud search finds my notes}",
    "so #nimbusnext is {live|here|real} and nimbus cloud {opens old drafts|has tabs again|shares albums} {in $city|for our choir|without a hiccup}",
    "my {sister|boss|neighbour|teacher} asked about #NimbusNext {at dinner|twice|on the phone}, she uses nimbus cloud for {recipes|invoices|holiday pictures|her thesis}",
    "{Reading|Skimming|Translating} what #nimbusnext means for nimbus cloud {in schools|for small shops|on older phones}, {curious|not sure yet|looks fair to me}",
    "{Sketched|Drew|Filmed} something with nimbus cloud and #NimbusNext {near $city|over coffee|while it rained}, {the pen tool|layers|the canvas} {surprised me|needs practice}",
];

/// The same of a name without a sign.
const PHRASE: &[&str] = &[
    "{Trying|Testing|Playing with} aurora canvas {on the train|with my class|since lunch}, {nimbus cloud feels faster|the nimbus cloud folders load quickly|nimbus cloud search finds my notes}",
    "so aurora canvas is {live|here|real} and nimbus cloud {opens old drafts|has tabs again|shares albums} {in $city|for our choir|without a hiccup}",
    "my {sister|boss|neighbour|teacher} asked about aurora canvas {at dinner|twice|on the phone}, she uses nimbus cloud for {recipes|invoices|holiday pictures|her thesis}",
    "{Sketched|Drew|Filmed} something with nimbus cloud and aurora canvas {near $city|over coffee|while it rained}, {the pen tool|layers|the outline} {surprised me|needs practice}",
];

fn told_on(days: &mut Days, raw: i32, signals: i32) -> Vec<AlertEvent> {
    let platforms = [Platform::X, Platform::Bluesky, Platform::Mastodon, Platform::Reddit];
    let layout = Layout {
        members: platforms.into_iter().flat_map(|platform| (0..raw).map(move |number| (platform, number))).collect(),
        raw_partitions: raw,
        signals_partitions: signals,
        duplicate_window_records: 10_000,
    };
    let pack = Arc::new(rules::load(&rules::shipped(), &[]).unwrap());
    let mut pipeline = LocalPipeline::new(&layout, pack, Model::shipped());
    for chunk in days.records().chunks(5_000) {
        pipeline.feed(chunk.to_vec()).unwrap();
        drop(pipeline.take_outputs());
    }
    pipeline.finish().unwrap();
    pipeline.take_alerts()
}

/// A day and nearly a half of ordinary talk, and what happens on the second.
fn days(bursts: &[Burst<'_>]) -> Days {
    let mut days = Days::new(11);
    days.ordinary_cloud(1.7, 2_000).chatter(1.7, 500);
    for burst in bursts {
        days.happen(burst);
    }
    days
}

fn launch<'a>(texts: &'a [&'a str]) -> Days {
    days(&[Burst { at: NOON, seconds: HOUR, posts: 60, texts, ..Burst::default() }])
}

/// After so many minutes since noon.
fn minutes(alert: &AlertEvent) -> f64 {
    (alert.at.as_micros() as f64 / 1e6 - START as f64 - NOON) / MINUTE
}

fn in_words(alerts: &[AlertEvent]) -> String {
    let word = |alert: &AlertEvent| format!("{:.1} min {:?} {}", minutes(alert), alert.state, alert.headline);
    alerts.iter().map(word).collect::<Vec<_>>().join("\n")
}

/// States and topics.
fn told(alerts: &[AlertEvent]) -> Vec<(AlertState, Option<&str>)> {
    alerts.iter().map(|alert| (alert.state, alert.topic.as_ref().map(|topic| topic.term.as_str()))).collect()
}

#[test]
fn what_many_begin_to_say_is_one_alert_with_its_name() {
    for (texts, name, form) in
        [(LAUNCH, "#nimbusnext", TopicForm::Hashtag), (PHRASE, "aurora canvas", TopicForm::Phrase)]
    {
        let alerts = told_on(&mut launch(texts), 1, 4);
        eprintln!("{}", in_words(&alerts));
        let opened: Vec<&AlertEvent> = alerts.iter().filter(|alert| alert.state == AlertState::Opened).collect();
        assert_eq!(opened.len(), 1, "{name}: {}", in_words(&alerts));
        let (first, topic) = (opened[0], opened[0].topic.as_ref().unwrap());
        assert_eq!((first.kind, first.severity, first.team.as_str()), (AlertKind::Emerging, Severity::S3, "comms"));
        assert_eq!((topic.term.as_str(), topic.form, first.terms[0].as_str()), (name, form, name));
        let observed = first.headline.contains(&format!("{} people", first.observed));
        assert!(first.headline.contains(name) && observed, "{}", first.headline);
        assert!(topic.people >= 15 && topic.texts >= 10 && first.people == topic.people, "{topic:?}");
        assert!((0.0..=30.0).contains(&minutes(first)), "after {:.1} min", minutes(first));
        let (languages, platforms) = (first.languages.values().sum::<u64>(), first.platforms.values().sum::<u64>());
        assert!(languages == first.people && platforms == first.people && first.reach > 0, "{first:?}");
        assert!((topic.since.as_seconds() - START) as f64 >= NOON - 5.0 * MINUTE && !first.examples.is_empty());
        assert_eq!(first.chart.as_ref().unwrap().counts.last().map(|last| *last as f64), Some(first.observed));
        let last = alerts.last().unwrap();
        assert!(last.state == AlertState::Resolved && last.alert_id == first.alert_id, "{}", in_words(&alerts));
    }
}

#[test]
fn the_same_is_told_however_the_posts_are_spread() {
    let three = told_on(&mut launch(LAUNCH), 3, 4);
    assert_eq!(told(&three)[0], (AlertState::Opened, Some("#nimbusnext")), "{}", in_words(&three));
    assert!(three == told_on(&mut launch(LAUNCH), 3, 7), "signals partitions leave no trace");
}

#[test]
fn what_only_looks_new_is_not_told_as_new() {
    const WIRE: &[&str] =
        &["Nimbus Cloud names Halden Brook as head of research, {says the Ledger|the Ledger says: hm}"];
    const GREETING: &[&str] = &[
        "{Good morning|good Morning!|GOOD MORNING} {from $city|everyone|to all} and nimbus cloud {users|people|friends}",
        "happy tuesday, nimbus cloud {is up|looks fine|and coffee} {in $city|here|with $number cups}",
    ];
    const GIVEAWAY: &[&str] = &[
        "{Entering|I'm in}! Nimbus Cloud giveaway, {tagging my friends|fingers crossed|pick me} #cloudcandy $number",
        "GIVEAWAY! Win a year of Nimbus Cloud! Follow + repost + tag 3 friends to enter #cloudcandy #win $number",
    ];
    let burst = |hour, posts, texts| Burst {
        at: NOON + f64::from(hour) * HOUR,
        seconds: HOUR,
        posts,
        texts,
        ..Burst::default()
    };
    for (name, bursts) in [
        (
            "a greeting, a story that is copied, a giveaway",
            vec![burst(-4, 40, GREETING), burst(-2, 40, WIRE), burst(0, 40, GIVEAWAY)],
        ),
        (
            "too few people, then a few who repeat it",
            vec![burst(-3, 10, LAUNCH), Burst { crowd: Crowd::Few(3), ..burst(0, 60, PHRASE) }],
        ),
        (
            "a thread, then the words of an outage",
            vec![
                Burst { thread: true, ..burst(-3, 40, PHRASE) },
                Burst { seconds: 30.0 * MINUTE, ..burst(0, 120, LOGIN_FAILS) },
            ],
        ),
    ] {
        let alerts = told_on(&mut days(&bursts), 1, 4);
        eprintln!("{name}:\n{}", in_words(&alerts));
        assert!(alerts.iter().all(|alert| alert.kind != AlertKind::Emerging), "{name}: {}", in_words(&alerts));
    }
}
