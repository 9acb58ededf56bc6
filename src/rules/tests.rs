//! One small sound pack, and the same with one fault at a time.

use super::*;
use crate::alert::AlertKind;
use crate::mention::{Author, Mention, Platform, Timestamp};
use crate::route::Severity;

const TEAMS: &str = r#"owner: lead
teams:
  - id: support
    name: Support
    time_zone: Europe/Berlin
    hours: {days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:00"}
  - {id: comms, name: Communications, topic: communications}
  - id: finance
    name: Finance
    receivers:
      - {kind: webhook, url: "${env:URL}", secret: "${env:SECRET}"}
contacts:
  - {id: lead, name: The lead, team: support}
"#;

const MATRIX: &str = r#"owner: lead
defaults:
  respond: {urgent: 20m}
  resolve: 1d
rows:
  - id: billing
    intent: billing
    team: finance
    public_response: acknowledge
    private_handoff: crm_ticket
    path: [lead]
    respond: {business: 2h}
  - id: other
    intent: none
    team: support
    public_response: acknowledge
    private_handoff: ticket
    path: [comms, lead]
"#;

const INTENTS: &str = r#"owner: support
intents:
  - {id: billing, threshold: 0.6, severity: S3}
triggers:
  - id: legal
    when: {phrases: [lawyer]}
    severity: S2
    tier: human
noise: {spam: 0.8}
"#;

const QUERIES: &str = r#"owner: comms
queries:
  - id: brand
    query: acme NOT coyote
  - id: bills
    team: finance
    watch: false
    query: >-
      acme AND
      (bill OR invoice)
tests:
  - text: acme sent a bill
    followers: 10
    match: [brand, bills]
    route: {team: finance}
"#;

const ALERTS: &str = r#"owner: comms
team: comms
detect: {floor: 10}
kinds:
  outage: {team: support, severity: S2, acknowledge: 20m, path: [comms, lead], reply: outage}
  spike: {severity: S3}
queries:
  - {query: brand, kind: outage, severity: S1, floor: 20}
silences:
  - id: move
    queries: [brand]
    clock: support
    author: lead
    reason: we move
    from: "2026-07-01T08:00"
    until: "2026-07-03T18:00"
maintenance:
  - {id: sundays, author: lead, reason: deploys, clock: support, every: {days: [sun], from: "02:00", to: "04:00"}}
"#;

const REPLIES: &str = r#"owner: comms
replies:
  - {id: outage, intent: none, channel: public, text: We know., approved_by: lead, expires: 2027-06-30}
"#;

const ACCOUNTS: &str = r#"owner: comms
accounts:
  - {platform: x, handle: "@Acme", id: "77"}
"#;

const BRANDS: &str = r#"owner: comms
brands:
  - name: Acmelia
    products: [Acmelia Pay, {name: Gizmonda, also: [gizmunda], not: [gismo]}]
    not: [camellia]
"#;

fn sound() -> Vec<SourceFile> {
    let file = |path: &str, text: &str| SourceFile::new(path, text);
    vec![
        file("teams.yaml", TEAMS),
        file("queries/brand.yaml", QUERIES),
        file("matrix.yaml", MATRIX),
        file("intents/intents.yaml", INTENTS),
        file("alerts/alerts.yaml", ALERTS),
        file("replies/replies.yaml", REPLIES),
        file("accounts.yaml", ACCOUNTS),
        file("brands.yaml", BRANDS),
    ]
}

/// The sound pack with one text replaced in one file.
fn broken(path: &str, from: &str, to: &str) -> Vec<SourceFile> {
    let mut files = sound();
    let file = files.iter_mut().find(|f| f.path == path).expect("file");
    assert!(file.text.contains(from), "{path} holds {from:?}");
    file.text = file.text.replacen(from, to, 1);
    files
}

fn no_extra() -> Vec<(String, String)> {
    Vec::new()
}

/// (file, what, with what, line, column, message holds, suggestion holds)
type Fault = (&'static str, &'static str, &'static str, u32, u32, &'static str, &'static str);

const FAULTS: &[Fault] = &[
    ("teams.yaml", "name: Support\n", "nmae: Support\n", 4, 5, "unknown key \"nmae\"", "\"name\""),
    ("teams.yaml", "Europe/Berlin", "Europe/Berln", 5, 16, "unknown time zone", "\"Europe/Berlin\""),
    ("teams.yaml", "\"17:00\"", "\"25:00\"", 6, 65, "no time of day", "\"09:00\""),
    ("teams.yaml", "tue, wed", "tuesday, wed", 6, 25, "is no days", "\"tue\""),
    (
        "teams.yaml",
        "  - {id: comms",
        "  - {id: support, name: B}\n  - {id: comms",
        7,
        10,
        "defined twice",
        "another id",
    ),
    ("matrix.yaml", "id: other", "id: The Rest", 13, 9, "may have only", "\"the-rest\""),
    ("teams.yaml", "kind: webhook", "kind: webhok", 11, 16, "no kind", "\"webhook\""),
    ("teams.yaml", "${env:SECRET}", "hunter2", 11, 52, "must not stand", "${env:"),
    ("teams.yaml", "team: support}", "team: suport}", 13, 38, "unknown team \"suport\"", "\"support\""),
    ("matrix.yaml", "urgent: 20m", "urgent: 20", 3, 21, "no duration", "20m"),
    ("matrix.yaml", "resolve: 1d", "resolve: soon", 4, 12, "no duration", "30m"),
    ("matrix.yaml", "intent: billing", "intent: biling", 7, 13, "unknown intent", "\"billing\""),
    ("matrix.yaml", "team: finance", "team: finanec", 8, 11, "unknown team \"finanec\"", "\"finance\""),
    ("matrix.yaml", "path: [lead]", "path: [laed]", 11, 12, "unknown team or contact \"laed\"", "\"lead\""),
    ("matrix.yaml", "path: [lead]", "path: []", 11, 11, "names nobody", "path: ["),
    ("matrix.yaml", "path: [lead]", "path: lead", 11, 11, "must be a list", "path: [lead]"),
    ("matrix.yaml", "    respond: {business", "    respnd: {business", 12, 5, "unknown key", "\"respond\""),
    ("matrix.yaml", "- id: other", "- id: billing", 13, 9, "defined twice", "another id"),
    ("matrix.yaml", "intent: none", "intent: billing", 5, 1, "no catch-all", "intent: none"),
    (
        "matrix.yaml",
        "public_response: acknowledge\n    private_handoff: t",
        "private_handoff: t",
        13,
        5,
        "lacks \"public_response\"",
        "add",
    ),
    (
        "matrix.yaml",
        "path: [comms, lead]\n",
        "path: [comms, lead]\n    tier: robot\n",
        19,
        11,
        "is no tier",
        "assisted",
    ),
    (
        "matrix.yaml",
        "path: [comms, lead]\n",
        "path: [comms, lead]\n    crowd: 'yes'\n",
        19,
        12,
        "true or false",
        "true",
    ),
    ("matrix.yaml", "  - id: other", "\t- id: other", 13, 2, "tabs", "spaces"),
    ("intents/intents.yaml", "id: billing", "id: bills", 3, 10, "no row of the matrix", "add"),
    ("intents/intents.yaml", "0.6", "6", 3, 30, "from 0 to 1", "write 1"),
    ("intents/intents.yaml", "severity: S3", "severity: S5", 3, 45, "is no severity", "S4"),
    ("intents/intents.yaml", "when: {phrases", "when: {phrase", 6, 12, "unknown key \"phrase\"", "\"phrases\""),
    ("intents/intents.yaml", "[lawyer]", "[\"!!\"]", 6, 22, "without letters", "words"),
    ("intents/intents.yaml", "spam: 0.8", "spm: 0.8", 9, 9, "unknown key \"spm\"", "\"spam\""),
    ("queries/brand.yaml", "team: finance", "team: finances", 6, 11, "unknown team", "\"finance\""),
    ("queries/brand.yaml", "watch: false", "watch: maybe", 7, 12, "true or false", "true or false"),
    ("queries/brand.yaml", "query: acme NOT coyote", "querry: acme", 4, 5, "unknown key \"querry\"", "\"query\""),
    ("queries/brand.yaml", "    query: acme NOT coyote\n", "", 3, 5, "lacks \"query\"", "add"),
    ("queries/brand.yaml", "match: [brand", "match: [brnd", 14, 13, "unknown query \"brnd\"", "\"brand\""),
    ("queries/brand.yaml", "followers: 10", "followers: many", 13, 16, "must be a number", "number"),
    ("queries/brand.yaml", "owner: comms", "owner: commz", 1, 8, "unknown team or contact", "\"comms\""),
    ("queries/brand.yaml", "owner: comms\n", "", 1, 1, "lacks \"owner\"", "add"),
    ("alerts/alerts.yaml", "outage: {team", "outtage: {team", 5, 3, "unknown key \"outtage\"", "\"outage\""),
    ("alerts/alerts.yaml", "acknowledge: 20m", "acknowledge: 20", 5, 54, "no duration", "20m"),
    ("alerts/alerts.yaml", "reply: outage", "reply: outge", 5, 87, "unknown reply", "\"outage\""),
    ("alerts/alerts.yaml", "query: brand", "query: brnad", 8, 13, "unknown query", "\"brand\""),
    ("alerts/alerts.yaml", "floor: 10", "floor: 1.5", 3, 17, "whole number", "write 2"),
    ("alerts/alerts.yaml", "    until: \"2026-07-03T18:00\"\n", "", 10, 5, "a silence lacks \"until\"", "until"),
    ("alerts/alerts.yaml", "until: \"2026-07-03T18:00\"", "until: never", 16, 12, "no time", "2026-03-05T18:00"),
    ("alerts/alerts.yaml", "07-03T18:00", "06-30T18:00", 16, 12, "ends before it begins", "after"),
    ("alerts/alerts.yaml", "07-03T18:00", "12-31T18:00", 16, 12, "more than 92 days", "nearer"),
    ("alerts/alerts.yaml", "    author: lead\n", "", 10, 5, "lacks \"author\"", "add"),
    ("alerts/alerts.yaml", "    reason: we move\n", "", 10, 5, "lacks \"reason\"", "add"),
    ("alerts/alerts.yaml", "    queries: [brand]\n", "", 10, 5, "a silence of everything", "queries"),
    ("alerts/alerts.yaml", "clock: support\n", "clock: supporter\n", 12, 12, "unknown team", "\"support\""),
    ("alerts/alerts.yaml", "[sun]", "[sunday]", 18, 81, "is no days", "\"sun\""),
    (
        "alerts/alerts.yaml",
        ", every: {days: [sun], from: \"02:00\", to: \"04:00\"}",
        "",
        18,
        6,
        "lacks \"from\"",
        "add",
    ),
    (
        "alerts/alerts.yaml",
        "silences:\n",
        "groups:\n  - {id: one, queries: [brand, bills]}\n  - {id: two, queries: [bills, brand]}\nsilences:\n",
        11,
        25,
        "in the group \"one\" already",
        "one group",
    ),
    (
        "alerts/alerts.yaml",
        "silences:\n",
        "groups:\n  - {id: one, queries: [brand]}\nsilences:\n",
        10,
        6,
        "2 to 64",
        "queries",
    ),
    ("replies/replies.yaml", "channel: public", "channel: pubic", 3, 41, "no channel", "\"public\""),
    ("replies/replies.yaml", "text: We know., ", "", 3, 6, "lacks \"text\"", "add"),
    ("accounts.yaml", "platform: x", "platform: twitter", 3, 16, "no platform", "known"),
    ("accounts.yaml", "id: \"77\"", "id: 77", 3, 40, "must be text", "quotes"),
    ("brands.yaml", "products:", "product:", 4, 5, "unknown key \"product\"", "\"products\""),
    ("brands.yaml", "- name: Acmelia", "- about: us", 3, 5, "lacks \"name\"", "add"),
    ("brands.yaml", "Acmelia\n", "A\n", 3, 11, "too short", "query"),
    ("brands.yaml", "Acmelia\n", "'!!'\n", 3, 11, "without letters", "query"),
    ("brands.yaml", "Acmelia\n", "The Old Acmelia Hardware and Software Company\n", 3, 11, "longer than 24", "query"),
    ("brands.yaml", "[camellia]", "[camellia, ACMÉLIA]", 5, 21, "the name itself", "another word"),
    ("brands.yaml", "not: [gismo]", "not: [gizmunda]", 4, 53, "under \"also\" and under \"not\"", "one of the two"),
    ("brands.yaml", "Acmelia Pay", "acmelia", 4, 16, "stands here twice", "remove"),
    ("queries/brand.yaml", "acme NOT", "brand:acmelya NOT", 4, 18, "no brand or product \"acmelya\"", "\"Acmelia\""),
];

#[test]
fn a_sound_pack_has_no_problem() {
    let pack = load(&sound(), &no_extra()).expect("sound");
    assert_eq!(pack.queries.iter().map(|q| q.id.as_str()).collect::<Vec<_>>(), ["brand", "bills"]);
    assert_eq!(pack.queries[1].text, "acme AND (bill OR invoice)");
    assert!(pack.queries[0].watch && !pack.queries[1].watch);
    assert_eq!(pack.topics().into_iter().collect::<Vec<_>>(), ["communications", "finance", "support"]);
    assert_eq!(pack.topic("comms"), "communications");
    assert_eq!(pack.matrix.rows[0].respond, Clock { urgent_seconds: 1200, business_seconds: 7200, ..Clock::default() });
    assert_eq!(pack.matrix.rows[1].resolve_seconds, 86_400);
    assert_eq!(pack.cases.len(), 1);
    assert_eq!((pack.cases[0].line, pack.cases[0].name.as_str()), (12, "acme sent a bill"));
}

#[test]
fn every_fault_is_told_with_its_place_and_a_suggestion() {
    let mut wrong = Vec::new();
    for (path, from, to, line, column, message, suggestion) in FAULTS {
        let problems = load(&broken(path, from, to), &no_extra()).expect_err(to);
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let found = problems.iter().find(|p| p.path == *path && p.message.contains(message));
        let said = |p: &Problem| p.suggestion.as_deref().unwrap_or_default().contains(suggestion);
        if !found.is_some_and(|p| (p.line, p.column) == (*line, *column) && said(p)) {
            wrong.push(format!("{path} {to:?}, wanted {line}:{column} {message:?} {suggestion:?}: {told:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn one_fault_is_not_told_many_times() {
    // a fault that makes others (a row of no intent, a name nobody defines now) may bring one more
    for (path, from, to, ..) in FAULTS {
        let problems = load(&broken(path, from, to), &no_extra()).expect_err(to);
        assert!(problems.len() <= 3, "{to:?}: {problems:#?}");
    }
}

#[test]
fn all_faults_at_once() {
    let mut files = sound();
    for file in &mut files {
        file.text = file.text.replace("owner: ", "ownr: ");
    }
    let problems = load(&files, &no_extra()).expect_err("broken");
    assert_eq!(problems.iter().filter(|p| p.message.contains("unknown key \"ownr\"")).count(), 8);
    let places: Vec<(&str, u32)> = problems.iter().map(|p| (p.path.as_str(), p.line)).collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn what_is_missing_is_told() {
    for (path, message) in [
        ("teams.yaml", "lacks teams.yaml"),
        ("matrix.yaml", "lacks matrix.yaml"),
        ("queries/brand.yaml", "listens for nothing"),
    ] {
        let files: Vec<SourceFile> = sound().into_iter().filter(|f| f.path != path).collect();
        let problems = load(&files, &no_extra()).expect_err(path);
        assert!(problems.iter().any(|p| p.message.contains(message)), "{problems:#?}");
    }
    let mut files = sound();
    files.push(SourceFile::new("team.yaml", ""));
    files.push(SourceFile::new("alerts/empty.yaml", "\n"));
    let problems = load(&files, &no_extra()).expect_err("unknown file");
    assert_eq!(problems[0].message, "the file is empty");
    assert_eq!(problems[1].suggestion.as_deref(), Some("did you mean \"teams.yaml\"?"));
    assert_eq!(problems.len(), 2);
}

#[test]
fn broken_yaml_in_one_file_does_not_blame_the_others() {
    for file in sound() {
        let files: Vec<SourceFile> = sound()
            .into_iter()
            .map(|f| if f.path == file.path { SourceFile { text: format!("{}\nx: [1, 2\n", f.text), ..f } } else { f })
            .collect();
        let problems = load(&files, &no_extra()).expect_err("broken");
        assert_eq!(problems.len(), 1, "{problems:#?}");
        assert_eq!(problems[0].path, file.path);
    }
}

#[test]
fn a_fault_of_a_query_stands_at_its_place_in_the_file() {
    use crate::query::Diagnostic;
    use crate::text::Span;
    let sheet = Sheet::default();
    let file = SourceFile::new("queries/brand.yaml", QUERIES);
    let node = yaml::parse(&file.text).expect("YAML");
    let fields = Fields::open(Ctx { file: &file, sheet: &sheet }, &node, "the file", Section::Queries.keys());
    let mut found = Vec::new();
    queries::read(&fields.expect("mapping"), &mut found);
    let fault =
        |start, end| Diagnostic { span: Span { start, end }, message: "wrong".into(), suggestion: None, is_mix: false };
    for (query, start, end, line, column, text) in
        [(0, 9, 15, 4, 21, "coyote"), (1, 9, 10, 10, 7, "("), (1, 18, 25, 10, 16, "invoice"), (1, 26, 26, 10, 24, "")]
    {
        let problem = found[query].problem(&fault(start, end));
        assert_eq!((problem.line, problem.column, problem.text.as_str()), (line, column, text), "{query} {start}");
    }
    let extra = queries::extra("more", "gizmo AND (", None).problem(&fault(10, 11));
    assert_eq!((extra.path.as_str(), extra.line, extra.column, extra.text.as_str()), ("--query more", 1, 11, "("));
}

#[test]
fn a_pack_has_no_more_queries_than_can_be_watched() {
    let file = SourceFile::new("queries/brand.yaml", QUERIES);
    let node = yaml::parse(&file.text).expect("YAML");
    for (most, read, refused) in [(1, 1, true), (2, 2, false)] {
        let sheet = Sheet::default();
        let fields = Fields::open(Ctx { file: &file, sheet: &sheet }, &node, "the file", Section::Queries.keys());
        let mut found = Vec::new();
        queries::read_up_to(most, &fields.expect("mapping"), &mut found);
        let too_many = |problem: &Problem| problem.line > 1 && problem.message.starts_with("more than 1 queries");
        assert_eq!((found.len(), sheet.finish().iter().any(too_many)), (read, refused));
    }
}

#[test]
fn what_is_odd_about_a_query_stands_at_its_place_in_the_file() {
    assert_eq!(lint(&load(&sound(), &no_extra()).expect("sound")), []);
    let odd = broken("queries/brand.yaml", "acme NOT coyote", "acme NEAR/40 (down OR down) NOT acme");
    let extra = [("given".to_owned(), "road OR runner OR the".to_owned())];
    let found = lint(&load(&odd, &extra).expect("odd is no problem"));
    let told: Vec<_> =
        found.iter().map(|f| (f.problem.path.as_str(), f.problem.line, f.problem.column, f.code)).collect();
    let expected = [
        ("--query given", 1, 19, "matches-everything"),
        ("queries/brand.yaml", 4, 12, "far-near"),
        ("queries/brand.yaml", 4, 34, "duplicate-branch"),
        ("queries/brand.yaml", 4, 44, "never-matches"),
    ];
    assert_eq!(told, expected, "{found:#?}");
}

#[test]
fn what_is_odd_about_a_list_of_brands_is_told() {
    let names = "products: [Acmelja, Sol, {name: Acmeliatown}]";
    let odd = broken("brands.yaml", "products: [Acmelia Pay, {name: Gizmonda, also: [gizmunda], not: [gismo]}]", names);
    let found = lint(&load(&odd, &no_extra()).expect("odd is no problem"));
    let told: Vec<_> = found.iter().map(|f| (f.problem.line, f.problem.column, f.code)).collect();
    assert_eq!(told, [(4, 16, "near-brands"), (4, 25, "short-brand")], "{found:#?}");
}

#[test]
fn words_of_queries_and_protected_words_are_no_brand() {
    let asks =
        broken("queries/brand.yaml", "acme NOT coyote", "brand:acmelia OR brand:gizmonda OR gizmondi OR acmelias");
    let pack = load(&asks, &no_extra()).expect("sound");
    let told = |text: &str| {
        let document = crate::text::Document::new(text);
        let told = pack.brands.see(&document, &mut crate::text::brands::Memory::default()).told(&document);
        told.into_iter().map(|named| named.product.unwrap_or(named.brand)).collect::<Vec<_>>().join(", ")
    };
    for (text, names) in [
        ("acmellia, camellia", "Acmelia"),
        ("gizmonda gizmondi gizmunda gizmnda", "Gizmonda, Gizmonda, Gizmonda"),
        ("acmelia pay", "Acmelia Pay"),
        ("acme", ""),
    ] {
        assert_eq!(told(text), names, "{text}");
    }
}

#[test]
fn faults_of_queries_are_told_in_their_files() {
    let faults: [(&str, &str, u32, u32); 5] = [
        ("acme NOT coyote", "acme coyote", 4, 12),
        ("acme NOT coyote", "'acme NOT (coyote'", 4, 22),
        ("acme NOT coyote", "acme AND coyote OR bird", 4, 28),
        ("(bill OR invoice)", "(bill OR invoice", 10, 7),
        ("(bill OR invoice)", "(bill OR platfrm:x)", 10, 16),
    ];
    let mut wrong = Vec::new();
    for (from, to, line, column) in faults {
        let problems = load(&broken("queries/brand.yaml", from, to), &no_extra()).expect_err(to);
        let found = problems.iter().find(|p| p.message.starts_with("query \""));
        if found.is_none_or(|p| (p.line, p.column, p.suggestion.is_some()) != (line, column, true)) {
            wrong.push(format!("{to:?}, wanted {line}:{column}: {problems:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let extra = vec![("more".to_owned(), "gizmo AND (".to_owned())];
    let problems = load(&sound(), &extra).expect_err("extra");
    assert_eq!((problems[0].path.as_str(), problems[0].line), ("--query more", 1));
}

#[test]
fn queries_of_the_command_line_are_watched_and_owned_by_comms() {
    let extra = vec![("more".to_owned(), "gizmo".to_owned())];
    let pack = load(&sound(), &extra).expect("sound");
    assert!(pack.query_of("more").expect("query").watch);
    assert_eq!(pack.alert_rule(AlertKind::Outage, "more").team, "comms");
    assert_eq!(pack.query(2).map(|q| q.id.as_str()), Some("more"));
    assert_eq!(pack.query(3), None);
    let twice = vec![("brand".to_owned(), "gizmo".to_owned())];
    let problems = load(&sound(), &twice).expect_err("twice");
    assert!(problems[0].message.contains("defined twice"), "{problems:#?}");
    let only: Vec<SourceFile> = sound().into_iter().filter(|f| !f.path.starts_with("queries/")).collect();
    let only: Vec<SourceFile> = only.into_iter().filter(|f| !f.path.starts_with("alerts/")).collect();
    assert!(load(&only, &extra).is_ok());
}

#[test]
fn the_digest_is_of_content_not_of_order() {
    let first = load(&sound(), &no_extra()).expect("sound").digest;
    let mut files = sound();
    files.reverse();
    assert_eq!(load(&files, &no_extra()).expect("sound").digest, first);
    assert_eq!((first.len(), first.chars().all(|c| c.is_ascii_hexdigit())), (16, true));
    assert_eq!(first, "6afdf5726e82b616", "a digest is part of outputs: it changes only with the pack");
    let extra = vec![("more".to_owned(), "gizmo".to_owned())];
    assert_ne!(load(&sound(), &extra).expect("sound").digest, first);
    let files = broken("teams.yaml", "name: Support", "name: Supports");
    assert_ne!(load(&files, &no_extra()).expect("sound").digest, first);
}

#[test]
fn alert_rules_are_layered() {
    let pack = load(&sound(), &no_extra()).expect("sound");
    let rule = pack.alert_rule(AlertKind::Outage, "brand");
    assert_eq!((rule.team.as_str(), rule.severity, rule.ack_minutes), ("support", Severity::S1, Some(20)));
    assert_eq!((rule.detect.floor, rule.detect.people), (20, 5));
    assert_eq!(rule.next_step.as_deref(), Some("Communications is told, then The lead"));
    assert_eq!(pack.alert_reply(&rule, Timestamp::clamped(0)).as_deref(), Some("We know."));
    let rule = pack.alert_rule(AlertKind::Outage, "bills");
    assert_eq!((rule.team.as_str(), rule.severity, rule.detect.floor), ("finance", Severity::S2, 10));
    let rule = pack.alert_rule(AlertKind::Viral, "brand");
    assert_eq!((rule.team.as_str(), rule.severity, rule.ack_minutes), ("comms", Severity::S2, Some(30)));
    assert_eq!((rule.next_step, rule.enabled), (None, true));
    assert_eq!(pack.alert_rule(AlertKind::SilentSource, "bills").team, "comms");
    assert_eq!(pack.alert_rule(AlertKind::Amplification, "brand").ack_minutes, None);
    assert_eq!(
        pack.detection("brand", Timestamp::clamped(0)),
        DetectSettings { floor: 10, ..DetectSettings::default() }
    );
}

#[test]
fn the_wished_rate_is_a_risk_per_look() {
    let settings = DetectSettings::default();
    assert!((settings.surprise(10) - 5.7816).abs() < 1e-3, "0.1 a week over 60,480 looks");
    assert!(settings.surprise(0).is_finite());
}

#[test]
fn own_accounts() {
    let pack = load(&sound(), &no_extra()).expect("sound");
    for (platform, key, want) in [
        (Platform::X, "acme", true),
        (Platform::X, "@ACME", true),
        (Platform::X, "77", true),
        (Platform::Mastodon, "acme", false),
        (Platform::X, "acme2", false),
    ] {
        assert_eq!(pack.accounts.is_own(platform, key), want, "{platform} {key}");
        let author = Author { id: Some(key.into()), handle: Some(key.into()), ..Author::default() };
        assert_eq!(pack.is_own(platform, &author), want, "{platform} {key}");
    }
    let mut mention = Mention::new(Platform::X, "", "1");
    assert!(!pack.is_addressed(&mention));
    mention.container = Some(crate::mention::Container { kind: "page".into(), id: "77".into(), name: None });
    assert!(pack.is_addressed(&mention));
    mention.container = None;
    mention.kind = crate::mention::Kind::Dm;
    assert!(pack.is_addressed(&mention));
}

#[test]
fn business_hours_follow_the_calendar_of_the_team() {
    let pack = load(&sound(), &no_extra()).expect("sound");
    let hours = &pack.teams["support"].hours;
    for (at, open) in [
        ("2026-03-03T07:59:59Z", false),
        ("2026-03-03T08:00:00Z", true), // 09:00 in winter
        ("2026-03-03T15:59:59Z", true),
        ("2026-03-03T16:00:00Z", false),
        ("2026-03-30T07:00:00Z", true), // 09:00 the Monday after the clocks went forward
        ("2026-03-30T15:00:00Z", false),
        ("2026-03-07T10:00:00Z", false), // Saturday
        ("9999-12-30T22:00:00Z", false),
        ("0001-01-02T00:00:00Z", false),
    ] {
        let at: Timestamp = at.parse().expect("time");
        assert_eq!(hours.is_open(at), open, "{at}");
    }
}

mod arbitrary {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        /// Whatever stands in a pack: problems with places that exist, or a pack; never a panic.
        #[test]
        fn any_damage_is_told(which in 0..7_usize, at in 0..2000_usize, junk in "[\\PC\n\t:\\[\\]{}'\"-]{0,12}", cut in 0..40_usize) {
            let mut files = sound();
            let file = &mut files[which];
            let chars: Vec<char> = file.text.chars().collect();
            let at = at % (chars.len() + 1);
            let head: String = chars[..at].iter().collect();
            let tail: String = chars[(at + cut).min(chars.len())..].iter().collect();
            file.text = format!("{head}{junk}{tail}");
            let lines = file.text.split('\n').count();
            if let Err(problems) = load(&files, &no_extra()) {
                prop_assert!(!problems.is_empty());
                for problem in problems {
                    prop_assert!(problem.line >= 1 && problem.column >= 1 && problem.line as usize <= lines.max(40));
                    prop_assert!(!problem.message.is_empty());
                }
            }
        }
    }
}

/// A head of two labels that knows nothing.
fn head_file(path: &str) -> SourceFile {
    let table: String = (0..20)
        .map(|n| format!("{} {n}\t{}\n", ["lawn hedge", "oven pan"][n % 2], ["garden", "kitchen"][n % 2]))
        .collect();
    let trained =
        crate::score::train::train_head(&format!("text\tlabel\n{table}"), "text", "label", 1).expect("trains");
    SourceFile::outlined(path, trained.head.to_bytes())
}

/// The sound pack with a head, and a trigger that asks it.
fn with_head(asked: &str) -> Vec<SourceFile> {
    let trigger = format!("triggers:\n  - {{id: desk, when: {{heads: {asked}}}, severity: S2}}\n");
    let mut files = broken("intents/intents.yaml", "triggers:\n", &trigger);
    files.push(head_file("heads/desk.head"));
    files
}

#[test]
fn heads_of_a_pack_are_loaded_digested_and_asked() {
    let pack = load(&with_head("{desk: {garden: 0.7}}"), &no_extra()).expect("sound");
    assert_eq!(pack.additions.heads["desk"].labels(), ["garden", "kitchen"]);
    let asked = HeadAsked { head: "desk".to_owned(), labels: vec![("garden".to_owned(), 0.7)] };
    assert_eq!(pack.intents.triggers[0].when.heads, [asked]);
    let short = load(&with_head("{desk: garden}"), &no_extra()).expect("sound");
    assert_eq!(short.intents.triggers[0].when.heads[0].labels, [("garden".to_owned(), 0.5)]);
    let mut other = with_head("{desk: {garden: 0.7}}");
    let last = other.last_mut().expect("the head");
    let mut bytes = last.bytes.as_deref().expect("bytes").to_vec();
    *bytes.last_mut().expect("weights") ^= 1;
    *last = SourceFile::outlined("heads/desk.head", bytes);
    assert_ne!(load(&other, &no_extra()).expect("sound").digest, pack.digest);
}

#[test]
fn a_condition_may_ask_what_the_model_reads_below_an_intents_threshold() {
    let trigger = "triggers:\n  - {id: desk, when: {reads: {billing: 0.2}}, severity: S2}\n";
    let pack = load(&broken("intents/intents.yaml", "triggers:\n", trigger), &no_extra()).expect("sound");
    assert_eq!(pack.intents.triggers[0].when.reads, [("billing".to_owned(), 0.2)].into());
    for (asked, want) in [
        ("{bilin: 0.2}", "unknown intent \"bilin\""),
        ("{billing: 2}", "\"billing\" must be from 0 to 1"),
        ("[billing]", "\"reads\" must be a mapping"),
    ] {
        let trigger = trigger.replace("{billing: 0.2}", asked);
        let problems = load(&broken("intents/intents.yaml", "triggers:\n", &trigger), &no_extra());
        let told = problems.expect_err("has problems").iter().map(ToString::to_string).collect::<String>();
        assert!(told.contains(want), "{asked}: {told}");
    }
}

#[test]
fn sources_kept_without_weights_are_the_same_pack_and_score_nothing() {
    let pack = load(&with_head("{desk: {garden: 0.7}}"), &no_extra()).expect("sound");
    let kept = postcard::to_allocvec(&pack.source).expect("has a binary form");
    assert!(kept.len() < 10_000, "{}", kept.len());
    let source: PackSource = postcard::from_bytes(&kept).expect("is one");
    let again = load(&source.files, &source.extra).expect("sound");
    assert_eq!((again.digest, again.additions), (pack.digest, Additions::default()));
}

#[test]
fn what_is_wrong_with_heads_and_layers_is_told() {
    let told = |files: Vec<SourceFile>| -> String {
        let problems = load(&files, &no_extra()).expect_err("has problems");
        problems.iter().map(|problem| format!("{problem}\n")).collect()
    };
    for (asked, want) in [
        ("{desk: {gardn: 0.7}}", "unknown label \"desk.gardn\" (did you mean \"desk.garden\"?)\n"),
        ("{dsk: {garden: 0.7}}", "unknown head \"dsk\" (did you mean \"desk\"?)\n"),
        ("{desk: {garden: 7}}", "\"garden\" must be from 0 to 1, not 7 (write 1)\n"),
        (
            "{desk: 0.7}",
            "what is asked of head \"desk\" must be a label, not a number (write a label, or {LABEL: 0.7})\n",
        ),
        ("[desk]", "\"heads\" must be a mapping, not a list (write heads: {NAME: {LABEL: 0.7}})\n"),
    ] {
        let said = told(with_head(asked));
        assert!(said.starts_with("intents/intents.yaml:5:") && said.ends_with(want), "{asked}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    let no_head = told(broken("intents/intents.yaml", "phrases: [lawyer]", "heads: {desk: garden}"));
    assert!(no_head.contains("unknown head \"desk\" (put heads/NAME.head"), "{no_head}");
    let with = |path: &str, bytes: &[u8]| {
        let mut files = sound();
        files.push(SourceFile::outlined(path, bytes.to_vec()));
        told(files)
    };
    for (path, bytes, want) in [
        (
            "heads/desk.head",
            &b"gshead02\x02"[..],
            "heads/desk.head:1:1: head \"desk\": head has the wrong length (train it again",
        ),
        ("heads/desk.txt.yaml", b"", "heads holds heads only"),
        ("desk.head", b"", "no part of a pack: \"desk.head\""),
        ("layer.bin", b"no", "layer.bin:1:1: not a layer of this format"),
    ] {
        let said = with(path, bytes);
        assert!(said.replace("heads/ holds", "heads holds").contains(want), "{path}: {said}");
    }
    let strange = crate::score::Layer::parse(&[&b"gslayer10123456789abcdef"[..], &[0; 60]].concat()).expect("empty");
    let said = with("layer.bin", &strange.to_bytes());
    assert!(said.contains("the layer is one of model 0123456789abcdef, this release has model "), "{said}");
}

#[test]
fn tests_beside_rules_give_and_expect_answers_of_heads() {
    let tests = "tests:\n  - {text: acme, given: {heads: {desk: garden}}, heads: {desk: garden}, route: {severity: S2}}\n  - {text: acme, given: {heads: {desk: {kitchen: 0.9}}}, heads: {desk: kitchen}}\n";
    let mut files = with_head("{desk: {garden: 0.7}}");
    files.iter_mut().find(|f| f.path == "intents/intents.yaml").expect("file").text.push_str(tests);
    let pack = load(&files, &no_extra()).expect("sound");
    let answers: Vec<(String, f64)> = pack
        .cases
        .iter()
        .filter_map(|case| case.given.as_ref()?.scores().heads.remove("desk"))
        .map(|answer| (answer.label.to_string(), answer.probability))
        .collect();
    assert_eq!(answers, [("garden".to_owned(), 1.0), ("kitchen".to_owned(), 0.9)]);
    let case = pack.cases.iter().find(|case| case.expect.severity.is_some()).expect("the case");
    let observed = Observed { heads: [("desk".to_owned(), "kitchen".to_owned())].into(), ..Observed::default() };
    let fields: Vec<&str> = case.differences(&observed).iter().map(|difference| difference.field).collect();
    assert_eq!(fields, ["heads", "route"]);
}

/// An alert of the query `brand`, whose team is that of `alerts/`.
fn outage(severity: Severity) -> Silenceable<'static> {
    Silenceable { query: "brand", kind: AlertKind::Outage, team: "support", severity }
}

#[test]
fn a_silence_keeps_its_alerts_back_for_its_time_by_the_clock_of_its_team() {
    use Severity::{S1, S2, S3};
    let pack = load(&sound(), &no_extra()).expect("sound");
    let at = |text: &str| text.parse::<Timestamp>().expect("a time");
    // Berlin is two hours ahead in July
    for (severity, time, kept) in [
        (S2, "2026-07-01T05:59:59Z", None),
        (S2, "2026-07-01T06:00:00Z", Some("move")),
        (S3, "2026-07-03T15:59:59Z", Some("move")),
        (S1, "2026-07-02T00:00:00Z", None),
        (S2, "2026-07-03T16:00:00Z", None),
        (S2, "2026-07-05T00:30:00Z", Some("sundays")),
        (S2, "2026-07-05T02:30:00Z", None),
        // winter: one hour
        (S2, "2026-12-06T01:30:00Z", Some("sundays")),
        (S2, "2026-12-06T00:30:00Z", None),
    ] {
        let found = pack.silenced(outage(severity), at(time));
        assert_eq!(found.as_ref().map(|found| found.id.as_str()), kept, "{severity:?} at {time}: {found:?}");
    }
    let other = Silenceable { query: "bills", ..outage(S2) };
    assert_eq!(pack.silenced(other, at("2026-07-02T00:00:00Z")), None, "another query");
    let reason = pack.silenced(outage(S2), at("2026-07-02T00:00:00Z")).expect("kept").reason;
    assert_eq!(reason, "silence by lead: we move");
}

#[test]
fn a_silence_that_is_past_or_never_ends_is_told_with_its_place() {
    let pack = load(&sound(), &no_extra()).expect("sound");
    for (now, code) in [
        ("2026-07-02T00:00:00Z", None),
        ("2026-07-03T16:00:00Z", Some("past-silence")),
        ("2026-03-01T00:00:00Z", Some("endless-silence")),
    ] {
        let found = overdue(&pack, now.parse().expect("a time"));
        let told: Vec<_> = found.iter().map(|f| (f.code, f.problem.line, f.problem.column)).collect();
        assert_eq!(told, code.map(|code| (code, 16, 12)).into_iter().collect::<Vec<_>>(), "{now}");
        let text = "\"2026-07-03T18:00\"";
        assert!(found.iter().all(|f| f.problem.path == "alerts/alerts.yaml" && f.problem.text == text), "{found:?}");
    }
}

#[test]
fn queries_of_a_group_are_counted_in_one_place() {
    let group = "groups:\n  - {id: all, parent: brand, queries: [bills]}\nsilences:\n";
    let pack = load(&broken("alerts/alerts.yaml", "silences:\n", group), &no_extra()).expect("sound");
    assert_eq!((pack.counted_by("brand"), pack.counted_by("bills")), ("group:all".into(), "group:all".into()));
    assert_eq!(pack.counted_by("other"), "query:other");
    let group = pack.group_of("bills").expect("it is in one");
    assert_eq!((group.parent.as_deref(), group.queries.len()), (Some("brand"), 2));
}
