//! Lints by table: every code, where it points, and queries that are clean.

use super::*;
use proptest::prelude::*;

fn found(query: &str) -> Vec<(&'static str, String)> {
    let text = |lint: Lint| {
        let span = lint.diagnostic.span;
        (lint.code, query[span.start as usize..span.end as usize].to_owned())
    };
    lint(query).into_iter().map(text).collect()
}

#[test]
fn finds_each_at_its_place() {
    for (query, code, place) in [
        ("a1 AND b1 OR c1", "mix", "OR"),
        ("nimbus down", "syntax", "nimbus down"),
        ("nimbus OR the", "matches-everything", "the"),
        ("nimbus AND author_followers:[0 TO *]", "matches-everything", "author_followers:[0 TO *]"),
        ("nimbus AND /./", "matches-everything", "/./"),
        ("nimbus AND re*", "short-wildcard", "re*"),
        ("nimbus NEAR/11 down", "far-near", "nimbus NEAR/11 down"),
        ("(nimbus AND down)~20", "far-near", "(nimbus AND down)~20"),
        ("(nimbus OR \"nimbus cloud\") NOT cloud", "dead-branch", "\"nimbus cloud\""),
        ("(nimbus OR refunds) NEAR/3 down NOT refund*", "dead-branch", "refunds"),
        ("(nimbus OR #rain) NOT rain", "dead-branch", "#rain"),
        ("nimbus AND (nimbus OR b1) NOT b1", "dead-branch", "b1"),
        ("nimbus OR b1 OR Nimbus", "duplicate-branch", "Nimbus"),
        ("nimbus NOT (b1 OR c1 OR b1)", "duplicate-branch", "b1"),
        ("refund OR refund*", "duplicate-branch", "refund"),
        ("nimbus AND site:www.nimbus.example", "site-www", "site:www.nimbus.example"),
        ("nimbus AND “log in”", "smart-quotes", "“log in”"),
        ("nimbus AND or AND b1", "lower-case-operator", "or"),
        ("\"nimbus OR cumulus\"", "lower-case-operator", "\"nimbus OR cumulus\""),
        ("nimbu\u{455} OR b1", "look-alike", "nimbu\u{455}"),
        ("nim\u{200b}bus OR b1", "look-alike", "nim\u{200b}bus"),
        ("nimbus NOT nimbus", "never-matches", "nimbus"),
        ("(\"nimbus cloud\" OR nimbuspay) NOT (nimbus OR nimbus*)", "never-matches", "nimbus OR nimbus*"),
    ] {
        let found = found(query);
        assert!(found.contains(&(code, place.to_owned())), "{query}: {found:?}");
    }
}

#[test]
fn is_silent_where_all_is_well() {
    for query in [
        "(nimbus OR \"nimbus cloud\") NEAR/6 (down OR outage OR offline)",
        "nimbus AND ((cannot OR unable) NEAR/3f (login OR \"log in\"))",
        "{NIMBUS} NOT (weather OR broom OR rain*)",
        "(refund AND (nimbus OR \"nimbus pay\"))~8 AND language:en",
        "nimbus AND kind:quote AND author_followers:[50000 TO 99999999]",
        "nimbuspay~1",
        "\"terms and conditions\" AND nimbus",
        "nimbus NOT \"nimbus cloud\"",
        "(BT OR {BT}) AND /E-?[0-9]{4}/",
    ] {
        assert_eq!(found(query), [], "{query}");
    }
}

#[test]
fn errors_are_told_from_warnings() {
    let severity = |query| lint(query)[0].severity.as_str();
    assert_eq!(severity("nimbus NOT nimbus"), "error");
    assert_eq!(severity("(a1"), "error");
    assert_eq!(severity("nimbus OR the"), "warning");
}

#[test]
fn is_bounded() {
    let words: Vec<String> = (0..1500).map(|number| format!("w{number}")).collect();
    let query = format!("({}) NOT ({})", words.join(" OR "), words.join(" OR "));
    assert!(lint(&query).len() <= LINTS_MAX);
}

proptest! {
    #[test]
    fn any_text_is_linted(text in "\\PC{0,80}") {
        for lint in lint(&text) {
            prop_assert!(lint.diagnostic.span.start <= lint.diagnostic.span.end);
        }
    }
}
