//! What the default pack's own tests cannot say: ids, tickets, records, ties, wordings.

use super::matter::matter;
use super::noise::noise;
use super::*;
use crate::mention::{AccountFacts, Author, Kind, Mention, Platform, Visibility};
use crate::rules::{Folded, Given, Pack, SourceFile, load, shipped};
use crate::score::{Risk, Scores};
use std::collections::BTreeMap;
use std::sync::OnceLock;

fn pack() -> &'static Pack {
    static PACK: OnceLock<Pack> = OnceLock::new();
    PACK.get_or_init(|| match load(&shipped(), &[]) {
        Ok(pack) => pack,
        Err(problems) => panic!("{}", problems.iter().map(|p| format!("{p}\n")).collect::<String>()),
    })
}

fn noon() -> Timestamp {
    "2026-03-03T12:00:00Z".parse().expect("time")
}

fn post(text: &str) -> Mention {
    let mut mention = Mention::new(Platform::X, "", "1");
    mention.text = text.to_owned();
    mention.author = Some(Author { id: Some("42".into()), handle: Some("ada".into()), ..Author::default() });
    mention
}

fn intents(pairs: &[(&str, f64)]) -> Scores {
    let intents: BTreeMap<String, f64> = pairs.iter().map(|(id, p)| ((*id).to_owned(), *p)).collect();
    Given { intents, ..Given::default() }.scores()
}

fn route_at(mention: &Mention, scores: &Scores, at: Timestamp) -> Routing {
    let brand = pack().query_of("nimbus-brand").expect("query");
    decide(mention, &Folded::of(mention), &[brand], scores, at, pack(), "model")
}

fn route(mention: &Mention, scores: &Scores) -> Routing {
    route_at(mention, scores, noon())
}

#[test]
fn cases_are_of_author_and_issue() {
    let scores = intents(&[("billing", 0.9)]);
    let first = route(&post("a"), &scores).route.case_id;
    assert_eq!(first, "case-f4b32e0cb298b61c", "stored by consumers: it must not change");
    let mut later = post("b");
    later.mention_id = "x:2".into();
    assert_eq!(route(&later, &scores).route.case_id, first, "the same author and issue");
    assert_ne!(route(&post("a"), &intents(&[("defect", 0.9)])).route.case_id, first, "another issue");
    let mut other = post("a");
    other.platform = Platform::Bluesky;
    assert_ne!(route(&other, &scores).route.case_id, first, "the same key elsewhere is another person");
    let mut nobody = post("a");
    nobody.author = None;
    let unnamed = route(&nobody, &scores).route.case_id;
    nobody.mention_id = "x:2".into();
    assert_ne!(route(&nobody, &scores).route.case_id, unnamed, "without an author each mention is its own case");
}

#[test]
fn the_record_says_why_with_the_numbers() {
    let mut mention = post("my lawyer will write to Nimbus about the refund");
    mention.author.as_mut().expect("author").followers = Some(120_000);
    let scores = intents(&[("billing", 0.91), ("presales", 0.1)]);
    let matched = ["nimbus-brand", "says-court"].map(|id| pack().query_of(id).expect("query"));
    let routing = decide(&mention, &Folded::of(&mention), &matched, &scores, noon(), pack(), "model");
    assert_eq!(
        routing.decision.rules,
        [
            "query:nimbus-brand",
            "query:says-court",
            "intent:reputation",
            "severity:legal",
            "severity:followers",
            "also:billing",
            "matrix:reputation",
            "clock:urgent",
            "tier:legal",
            "crowd:reputation"
        ]
    );
    let reasons = routing.decision.reasons.join("\n");
    for words in [
        "120000 followers, at least 50000",
        "query says-court matched",
        "billing (S2, 0.91) comes after reputation (S2)",
        "S2, any hour: answer within 30 min",
    ] {
        assert!(reasons.contains(words), "{words:?} in\n{reasons}");
    }
    assert_eq!(routing.decision.rules.len(), routing.decision.reasons.len());
    assert_eq!((routing.decision.pack.as_str(), routing.decision.model.as_str()), (pack().digest.as_str(), "model"));
    assert_eq!(routing.route.also, ["finance", "legal"]);
    assert_eq!(routing.route.tier, Tier::Human);
    assert_eq!(routing.route.approvals, ["comms-lead", "general-counsel"]);
    assert_eq!(routing.route.path, ["general-counsel", "comms-lead", "legal"]);
}

#[test]
fn a_ticket_quotes_only_the_start() {
    let long = format!("Nimbus charged me twice\n{}the end", "and again ".repeat(40));
    let ticket = route(&post(&long), &intents(&[("billing", 0.9)])).ticket;
    assert_eq!(ticket.subject, "[S3] billing on x by @ada");
    assert_eq!(ticket.tags, ["x", "billing", "S3", "nimbus-brand", "ticket:crm"]);
    assert_eq!(ticket.priority, "normal");
    assert!(ticket.body.contains("Nimbus charged me twice and again"), "{}", ticket.body);
    assert!(!ticket.body.contains("the end") && ticket.body.contains('…'));
    assert!(
        ticket.body.contains("Answer by 2026-03-03T13:00:00Z; next in line: finance-lead, duty-manager."),
        "{}",
        ticket.body
    );
}

#[test]
fn what_is_not_public_is_told_to_its_owner_only() {
    let scores = intents(&[("billing", 0.9), ("defect", 0.6)]);
    assert_eq!(route(&post("x"), &scores).route.also, ["support"]);
    for (kind, visibility) in [(Kind::Dm, Visibility::Direct), (Kind::Post, Visibility::Private)] {
        let mut mention = post("my lawyer will call Nimbus");
        (mention.kind, mention.visibility) = (kind, visibility);
        let routing = route(&mention, &scores);
        assert_eq!(routing.route.public_response, "none");
        assert!(routing.route.also.is_empty());
        assert_eq!(routing.route.team, "finance");
    }
}

#[test]
fn wordings_are_filled_in_and_never_trust_the_handle() {
    let billing = intents(&[("billing", 0.9)]);
    let told = |mention: &Mention, scores: &Scores| route(mention, scores).route.reply;
    let reply = told(&post("Nimbus"), &billing).expect("a wording");
    assert_eq!((reply.id.as_str(), reply.channel.as_str(), reply.language.as_str()), ("billing-move", "public", "en"));
    assert!(reply.text.starts_with("@ada Sorry about that."), "{}", reply.text);
    assert!(route(&post("Nimbus"), &billing).ticket.body.contains(&reply.text));
    for (handle, said) in
        [("@Ada.B_c-d", Some("@Ada.B_c-d ")), ("ada <b>\n[x](y)", Some("@adabxy ")), ("", None), ("\u{202e}", None)]
    {
        let mut mention = post("Nimbus");
        mention.author.as_mut().expect("author").handle = Some(handle.into());
        let text = told(&mention, &billing).map(|reply| reply.text);
        assert_eq!(text.is_some(), said.is_some(), "{handle:?}: {text:?}");
        assert!(text.unwrap_or_default().starts_with(said.unwrap_or_default()), "{handle:?}");
    }
    let mut human = billing.clone();
    human.risk.legal = 0.9;
    let legal = route(&post("Nimbus"), &human);
    assert_eq!((legal.route.tier, legal.route.reply), (Tier::Human, None));
}

#[test]
fn every_tier_says_why() {
    let human = Given { intents: [("billing".to_owned(), 0.9)].into(), threat: 0.9, ..Given::default() }.scores();
    for (scores, tier, words) in [
        (intents(&[]), Tier::Automatic, "row other says automatic: no person is needed"),
        (intents(&[("billing", 0.9)]), Tier::Assisted, "row billing says assisted: a person decides, with help"),
        (human, Tier::Human, "threat 0.90, at least 0.80: a person owns it"),
        (intents(&[("safety", 0.96)]), Tier::Human, "safety 0.96, at least 0.95: a person owns it"),
    ] {
        let routing = route(&post("Nimbus"), &scores);
        assert_eq!(routing.route.tier, tier);
        assert!(routing.decision.reasons.iter().any(|reason| reason == words), "{:?}", routing.decision.reasons);
        assert!(routing.decision.rules.iter().any(|rule| rule.starts_with("tier:")), "{:?}", routing.decision.rules);
    }
}

#[test]
fn clocks_by_severity_and_hours() {
    let (billing, safety) = (intents(&[("billing", 0.9)]), intents(&[("safety", 0.96)]));
    let threat = Given { threat: 0.9, ..Given::default() }.scores();
    for (scores, at, minutes, clock) in [
        (&billing, "2026-03-03T08:00:00Z", 60, "clock:business"), // 09:00 in Berlin
        (&billing, "2026-03-03T07:59:59Z", 240, "clock:outside"),
        (&billing, "2026-03-30T07:00:00Z", 60, "clock:business"), // 09:00 in summer
        (&billing, "2026-03-07T12:00:00Z", 240, "clock:outside"), // Saturday
        (&billing, "2026-04-03T12:00:00Z", 240, "clock:outside"),
        (&billing, "2026-04-03T12:00:00Z", 240, "holiday:germany"), // Good Friday
        (&safety, "2026-03-07T03:00:00Z", 30, "clock:urgent"),
        (&threat, "2026-03-07T03:00:00Z", 15, "clock:crisis"),
    ] {
        let at: Timestamp = at.parse().expect("time");
        let routing = route_at(&post("Nimbus"), scores, at);
        assert_eq!(routing.route.respond_by, at.plus_seconds(minutes * 60), "{at} {clock}");
        assert!(routing.decision.rules.iter().any(|rule| rule == clock), "{:?}", routing.decision.rules);
    }
}

#[test]
fn priority_stays_within_its_severity() {
    let mut mention = post("Nimbus");
    let quiet = route(&mention, &intents(&[("billing", 0.9)])).route.priority;
    mention.author.as_mut().expect("author").followers = Some(900);
    assert_eq!((quiet, route(&mention, &intents(&[("billing", 0.9)])).route.priority), (35, 37));
    mention.author.as_mut().expect("author").followers = Some(i64::MAX);
    let loudest = Given { threat: 1.0, negative: 1.0, urgency_now: 1.0, ..Given::default() }.scores();
    let routing = route(&mention, &loudest);
    assert_eq!((routing.route.severity, routing.route.priority), (Severity::S1, 99));
    mention.author.as_mut().expect("author").followers = Some(-5);
    assert_eq!(route(&mention, &intents(&[])).route.priority, 10);
}

#[test]
fn ties_fall_to_the_more_probable_then_to_the_earlier_row() {
    for (pairs, owner) in [
        ([("billing", 0.7), ("defect", 0.7)], "billing"),
        ([("billing", 0.7), ("outage", 0.7)], "outage"),
        ([("billing", 0.6), ("defect", 0.7)], "defect"),
        ([("presales", 0.99), ("billing", 0.5)], "billing"),
    ] {
        assert_eq!(route(&post("Nimbus"), &intents(&pairs)).route.intent, owner, "{pairs:?}");
    }
}

#[test]
fn a_row_may_go_by_the_trigger_that_fired() {
    let read = |threat, distress, danger| {
        let risk = Risk { distress, danger, ..Risk::default() };
        // where a head is sure of something grave, safety is read too
        let intents = [("safety".to_owned(), 0.3)].into();
        Given { threat, risk, negative: 0.9, intents, ..Given::default() }.scores()
    };
    for (scores, ticket) in [
        (read(0.9, 0.0, 0.0), "threat"),
        (read(0.0, 0.9, 0.0), "distress"),
        (read(0.0, 0.0, 0.9), "danger"),
        // help comes before hush
        (read(0.9, 0.9, 0.0), "distress"),
        (intents(&[("safety", 0.96)]), "secure"),
    ] {
        let routing = route(&post("Nimbus"), &scores);
        assert!(routing.ticket.tags.contains(&format!("ticket:{ticket}")), "{:?}", routing.decision.rules);
    }
}

#[test]
fn noise_says_its_numbers() {
    let noisy = |label: &str, p: f64| Given { noise: [(label.to_owned(), p)].into(), ..Given::default() }.scores();
    let noise = |scores: &Scores| noise(&post("Nimbus"), &Folded::of(&post("Nimbus")), &[], scores, pack());
    let found = noise(&noisy("spam", 0.93)).expect("noise");
    assert_eq!((found.kind.as_str(), found.rule.as_str()), ("spam", "noise:spam"));
    assert_eq!(found.reason, "noise spam 0.93, at least 0.90");
    assert_eq!(noise(&noisy("none", 1.0)), None);
    assert_eq!(noise(&noisy("unknown", 1.0)), None);
}

#[test]
fn what_may_be_of_any_intent_is_no_noise() {
    for (pairs, is_noise) in [
        (vec![("none", 1.0)], true),
        (vec![("none", 0.76), ("billing", 0.14), ("defect", 0.1)], true),
        (vec![("none", 0.75), ("billing", 0.15), ("defect", 0.1)], false),
        (vec![("none", 0.1), ("presales", 0.3)], false),
    ] {
        let mut scores = intents(&pairs);
        scores.noise = Given { noise: [("spam".to_owned(), 0.99)].into(), ..Given::default() }.scores().noise;
        assert_eq!(
            noise(&post("Nimbus"), &Folded::of(&post("Nimbus")), &[], &scores, pack()).is_some(),
            is_noise,
            "{pairs:?}"
        );
    }
}

#[test]
fn a_part_that_is_somebodys_matter_is_told_with_its_place() {
    let text = "retweet to win a hoodie! where is my order please";
    let told = |part: &Scores| {
        let mention = post(text);
        let read = |text: &str| if text.starts_with("where") { part.clone() } else { intents(&[]) };
        matter(&mention, &Folded::of(&mention), &[], pack(), read).map(|matter| matter.reason)
    };
    let distress = |distress: f64| Risk { distress, ..Risk::default() };
    let noise: BTreeMap<String, f64> = [("giveaway".to_owned(), 0.9)].into();
    let (billing, safety) = ([("billing".to_owned(), 0.5)], [("safety".to_owned(), 0.25)]);
    let cases = [
        (Given { intents: billing.clone().into(), ..Given::default() }, Some("billing 0.50, at least 0.50")),
        (Given { intents: safety.into(), ..Given::default() }, Some("what may be of an intent")),
        (Given { intents: billing.into(), noise, ..Given::default() }, None),
        (Given { threat: 0.35, ..Given::default() }, Some("threat 0.35, at least 0.35")),
        (Given { risk: distress(0.35), ..Given::default() }, Some("for a person")),
        (Given { risk: distress(0.34), ..Given::default() }, None),
        (Given::default(), None),
    ];
    for (part, want) in cases {
        let want = want.map(|why| format!("not noise: bytes 25 to 49 alone read as {why}"));
        assert_eq!(told(&part.scores()), want, "{part:?}");
    }
}

#[test]
fn of_several_parts_the_one_for_a_person_decides() {
    let mention = post("retweet this to win! where is my order please. you will all bleed for this");
    let threat = Given { threat: 0.9, ..Given::default() }.scores();
    let read = |text: &str| if text.starts_with("you") { threat.clone() } else { intents(&[("billing", 0.9)]) };
    let found = matter(&mention, &Folded::of(&mention), &[], pack(), read).expect("matter");
    assert_eq!((found.scores, found.rule.as_str()), (threat, "unless:part"));
}

#[test]
fn intents_the_pack_does_not_know_are_passed_over() {
    let routing = route(&post("Nimbus"), &intents(&[("weather", 0.99), ("none", 0.9)]));
    assert_eq!((routing.route.intent.as_str(), routing.route.team.as_str()), ("none", "support"));
    let mut broken = intents(&[("billing", f64::NAN)]);
    broken.threat.probability = f64::NAN;
    assert_eq!(route(&post("Nimbus"), &broken).route.intent, "none");
}

/// The post of somebody of whom the pack's accounts know that.
fn known(tier: &str, market: &str, language: &str) -> Mention {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let mut mention = post("nimbus charged my card twice");
    mention.lang_detected = Some("unknown".to_owned());
    let account = AccountFacts { tier: given(tier), market: given(market), language: given(language) };
    mention.author.as_mut().expect("author").account = Some(account);
    mention
}

#[test]
fn accounts_fill_what_the_post_does_not_say_and_the_record_tells_it() {
    let scores = intents(&[("billing", 0.9)]);
    let of_accounts = |routing: &Routing| {
        let rules = routing.decision.rules.iter().zip(&routing.decision.reasons);
        let of_accounts = rules.filter(|(rule, _)| rule.starts_with("account:"));
        of_accounts.map(|(rule, reason)| format!("{rule}: {reason}")).collect::<Vec<_>>().join("; ")
    };
    let is_regulated = |routing: &Routing| routing.decision.rules.contains(&"matrix:billing-regulated".to_owned());
    let (brazil, language) = ("account:market: market BR from accounts", "account:language: language pt from accounts");
    let cases = [
        (known("", "BR", ""), true, "en", brazil.to_owned()),
        (known("", "BR", "pt"), true, "pt", format!("{brazil}; {language}")),
        (Mention { lang: Some("und".into()), ..known("", "BR", "pt") }, true, "pt", format!("{brazil}; {language}")),
        (known("", "DE", "pt"), false, "pt", language.to_owned()),
        (known("vip", "", ""), false, "en", String::new()),
        // what the post says comes first
        (Mention { lang: Some("de-DE".into()), ..known("", "BR", "pt") }, false, "de", String::new()),
        (post("nimbus charged my card twice"), false, "en", String::new()),
    ];
    for (mention, regulated, language, told) in cases {
        let routing = route(&mention, &scores);
        let account = mention.author.as_ref().and_then(|author| author.account.as_ref());
        assert_eq!((is_regulated(&routing), of_accounts(&routing)), (regulated, told), "{account:?}");
        let reply = routing.route.reply.map(|reply| reply.language);
        assert_eq!(reply.as_deref(), Some(language), "{account:?}");
    }
}

#[test]
fn tiers_of_accounts_are_a_condition() {
    let mut files = shipped();
    let rows = "# owner: support\n# key: 1a2b3c4d\naccount,tier,market,language\n\
        account-00000000000000000000000000000001,vip,,\naccount-00000000000000000000000000000002,pro,,\n";
    files.push(SourceFile::outlined("accounts/crm.csv", rows.as_bytes().to_vec()));
    let trigger = "owner: comms\ntriggers:\n  - {id: important, when: {tier: [vip]}, severity: S2}\n";
    files.push(SourceFile::new("intents/odd.yaml", trigger));
    let pack = load(&files, &[]).expect("sound");
    let brand = pack.query_of("nimbus-brand").expect("query");
    let scores = intents(&[("billing", 0.9)]);
    for (mention, severity) in [
        (known("vip", "", ""), Severity::S2),
        (known("pro", "", ""), Severity::S3),
        (known("", "DE", ""), Severity::S3),
        (post("nimbus charged my card twice"), Severity::S3),
    ] {
        let routing = decide(&mention, &Folded::of(&mention), &[brand], &scores, noon(), &pack, "model");
        assert_eq!(routing.route.severity, severity);
        let record = routing.decision.rules.iter().zip(&routing.decision.reasons);
        let told: Vec<_> = record.filter(|(rule, _)| rule.starts_with("account:")).map(|(_, why)| &**why).collect();
        let asked =
            mention.author.as_ref().and_then(|author| author.account.as_ref()).filter(|_| severity < Severity::S3);
        assert_eq!(told, asked.map(|_| "tier vip from accounts").into_iter().collect::<Vec<_>>());
    }
}
