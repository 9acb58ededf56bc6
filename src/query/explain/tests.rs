//! Explanations by table, and that a long query stays short.

use super::*;
use crate::query::parse;

fn said(query: &str) -> String {
    explain(&parse(query).unwrap_or_else(|faults| panic!("{query}: {faults:?}")))
}

#[test]
fn says_small_queries_in_a_sentence() {
    for (query, expected) in [
        ("nimbus", "Finds mentions that say \"nimbus\"."),
        (
            "(nimbus OR \"nimbus cloud\") NEAR/6 (down OR outage OR offline)",
            "Finds mentions that say one of \"nimbus\", \"nimbus cloud\" at most 6 words from one of \"down\", \"outage\", \"offline\".",
        ),
        (
            "nimbus AND ((cannot OR unable) NEAR/3f (login OR \"log in\"))",
            "Finds mentions that say \"nimbus\" and (one of \"cannot\", \"unable\" and then, at most 3 words later, one of \"login\", \"log in\").",
        ),
        (
            "{NIMBUS} NOT (weather OR broom OR rain*)",
            "Finds mentions that say \"NIMBUS\" (in exactly this case), but not \"weather\", \"broom\" or a word that begins with \"rain\".",
        ),
        (
            "(refund AND (nimbus OR \"nimbus pay\"))~8 AND language:en",
            "Finds mentions that say \"refund\" and one of \"nimbus\", \"nimbus pay\" within 8 words of each other, in English.",
        ),
        (
            "nimbus AND kind:quote AND author_followers:[50000 TO 99999999]",
            "Finds mentions that say \"nimbus\", of kind quote, by an author with 50,000 to 99,999,999 followers.",
        ),
        ("nimbuspay~1", "Finds mentions that say \"nimbuspay\" (or spelled up to 1 edit differently)."),
        ("platform:x OR platform:reddit", "Finds mentions on x or on reddit."),
        ("#nimbusdown OR @nimbus", "Finds mentions that say the hashtag #nimbusdown or the handle @nimbus."),
        (
            "nimbus NOT site:nimbus.example",
            "Finds mentions that say \"nimbus\", but not any on the site nimbus.example.",
        ),
    ] {
        assert_eq!(said(query), expected, "{query}");
    }
}

#[test]
fn outlines_long_ones() {
    let words = |name: &str, number: usize| (0..number).map(|i| format!("{name}{i}")).collect::<Vec<_>>().join(" OR ");
    let query = format!(
        "({}) NEAR/6 ({}) AND language:en NOT ({}) NOT site:nimbus.example",
        words("brand", 40),
        words("fault", 24),
        words("rain", 60)
    );
    assert_eq!(
        said(&query),
        "What: any of 40 words and phrases: brand0, brand1, brand2, brand3, brand4, brand5, brand6, brand7, …\n  \
         near, at most 6 words away: any of 24 words and phrases: fault0, fault1, fault2, fault3, fault4, fault5, fault6, fault7, …\n\
         Only: in English\n\
         Except: any of 60 words and phrases: rain0, rain1, rain2, rain3, rain4, rain5, rain6, rain7, …\n\
         Except: any on the site nimbus.example"
    );
}

#[test]
fn an_outline_has_an_end() {
    let group = |i: usize| format!("((a{i} AND b{i}) OR (c{i} NEAR/3 d{i}))");
    let query = (0..60).map(group).collect::<Vec<_>>().join(" AND ");
    let said = said(&query);
    assert_eq!(said.lines().count(), OUTLINE_LINES_MAX);
    let stands_for = |line: &str| match line.trim_start().strip_prefix("… ") {
        Some(count) => count.split(' ').next().and_then(|count| count.parse::<usize>().ok()).expect("a number"),
        None => 1,
    };
    assert_eq!(said.lines().map(stands_for).sum::<usize>(), 60 * 5, "{said}");
}

#[test]
fn what_limits_one_branch_stands_below_it() {
    let branch = |language: &str| format!("((a{language} OR b{language}) AND language:{language})");
    let said =
        said(&format!("(x1 OR x2) AND ({} OR {} OR y NEAR/3 (d OR e OR f OR g OR h))", branch("en"), branch("de")));
    let expected = "  - any of 2 words and phrases: aen, ben\n    Only: in English\n\
                    \x20 - any of 2 words and phrases: ade, bde\n    Only: in German\n";
    assert!(said.contains(expected), "{said}");
}

#[test]
fn what_is_left_out_is_never_the_exclusion() {
    let words = |name: &str, number: usize| (0..number).map(|i| format!("{name}{i}")).collect::<Vec<_>>().join(" OR ");
    let branch = |language: &str| {
        let nears = (0..4).map(|i| format!("({language}a{i} NEAR/3 ({language}b{i} OR {language}c{i}))"));
        format!("(language:{language} AND ({} OR {}))", words(language, 20), nears.collect::<Vec<_>>().join(" OR "))
    };
    let branches: Vec<String> = ["en", "de", "fr", "es", "it", "pt", "nl"].map(branch).into();
    let said = said(&format!("brand AND ({}) NOT ({}) NOT kind:repost", branches.join(" OR "), words("spam", 30)));
    assert!(said.lines().count() <= OUTLINE_LINES_MAX, "{said}");
    assert!(said.starts_with("What: \"brand\"\nand what: any of these\n"), "{said}");
    assert!(said.contains("\nExcept: any of 30 words and phrases: spam0, ") && said.contains("more lines\n"), "{said}");
}
