//! Imports by table: what each dialect's forms become, what is lost and what is refused.

use super::*;
use proptest::prelude::*;

fn line(dialect: Dialect, query: &str) -> String {
    match import(dialect, query) {
        Ok(import) => import.line,
        Err(faults) => format!("! {}", faults[0].message),
    }
}

#[test]
fn carries_over_what_is_the_same() {
    use Dialect::{Brandwatch, Meltwater, Talkwalker};
    for (dialect, query, expected) in [
        (Brandwatch, "nimbus AND (down OR outage)", "nimbus AND (down OR outage)"),
        (Brandwatch, "(a1 OR b1) NEAR/5 c1", "(a1 OR b1) NEAR/5 c1"),
        (Brandwatch, "logi NEAR/2f keyboard", "logi NEAR/2f keyboard"),
        (Brandwatch, "\"apple juice\"~5", "(apple AND juice)~5"),
        (Brandwatch, "((cake OR \"ice cream\") AND birthday)~5", "((cake OR \"ice cream\") AND birthday)~5"),
        (Brandwatch, "apple NOT (juice OR pie)", "apple NOT (juice OR pie)"),
        (Brandwatch, "{BT} OR British", "{BT} OR British"),
        (Brandwatch, "apple <<<fruit>>> NOT pie", "apple NOT pie"),
        (Brandwatch, "kiss* AND sep?rate", "kiss* AND sep?rate"),
        (Talkwalker, "BMW AND NOT bike", "BMW NOT bike"),
        (Talkwalker, "chocolate -swiss", "chocolate NOT swiss"),
        (Talkwalker, "++\"Apple\" AND x1", "{Apple} AND x1"),
        (Talkwalker, "a1 ONEAR/5 b1", "a1 NEAR/5f b1"),
        (Talkwalker, "a1 OR b1 AND c1", "a1 OR (b1 AND c1)"),
        (Talkwalker, "Brûlure OR \"réaction légère\" OR title:été", "Brulure OR \"reaction legere\" OR title:ete"),
        (Talkwalker, "+été AND ++Été AND ёлка", "été AND {Été} AND ёлка"),
        (Brandwatch, "café", "café"),
        (Meltwater, "apple NEAR watch", "apple NEAR/4 watch"),
        (Meltwater, "apple onear/10 watch", "apple NEAR/10f watch"),
        (Meltwater, "\"sailboat\" or \"boat\"", "sailboat OR boat"),
        (Meltwater, "a1 or b1 not c1", "a1 OR (b1 NOT c1)"),
        (Meltwater, "apple andnot “apple juice”", "apple NOT \"apple juice\""),
    ] {
        assert_eq!(line(dialect, query), expected, "{query}");
    }
}

#[test]
fn refuses_what_has_no_meaning() {
    use Dialect::{Brandwatch, Meltwater, Talkwalker};
    for (dialect, query, expected) in [
        (Brandwatch, "a1 AND b1 OR c1", "AND or NOT stand side by side with OR"),
        (Brandwatch, "NOT a1", "only exclusions"),
        (Brandwatch, "", "a term is missing"),
        (Brandwatch, "a1 AND", "nothing after it"),
        (Brandwatch, "AND a1", "nothing before it"),
        (Brandwatch, "(a1", "( is not closed"),
        (Brandwatch, "a1)", ") closes no bracket"),
        (Brandwatch, "\"a1", "quote is not closed"),
        (Brandwatch, "a1 NEAR b1", "NEAR without a distance"),
        (Talkwalker, "a1 OR -b1", "OR NOT"),
        (Meltwater, "*bank", "nothing of this query"),
        (Meltwater, "()", "a term is missing"),
    ] {
        let said = line(dialect, query);
        assert!(said.starts_with("! ") && said.contains(expected), "{query}: {said}");
    }
    let deep = "(".repeat(100) + "a" + &")".repeat(100);
    assert!(line(Brandwatch, &deep).contains("nested deeper"));
    assert!(line(Brandwatch, &"a ".repeat(40_000)).contains("longer than"));
}

fn losses(dialect: Dialect, query: &str) -> Vec<(String, Effect)> {
    let imported = import(dialect, query).unwrap_or_else(|faults| panic!("{query}: {faults:?}"));
    imported.losses.into_iter().map(|loss| (loss.was, loss.effect)).collect()
}

#[test]
fn names_what_is_lost_and_which_way_it_moves_the_matches() {
    use Dialect::{Brandwatch, Meltwater, Talkwalker};
    for (dialect, query, was, effect) in [
        (Brandwatch, "apple AND city:berlin", "city:berlin", Effect::Wider),
        (Brandwatch, "apple OR city:berlin", "city:berlin", Effect::Narrower),
        (Brandwatch, "apple NOT city:berlin", "city:berlin", Effect::Wider),
        (Brandwatch, "apple NOT (pear AND city:berlin)", "city:berlin", Effect::Narrower),
        (Brandwatch, "apple NOT (pear OR city:berlin)", "city:berlin", Effect::Wider),
        (Brandwatch, "apple NOT di*ct", "di*ct", Effect::Narrower),
        (Brandwatch, "apple AND di*ct", "di*ct", Effect::Wider),
        (Brandwatch, "apple pear", "apple pear", Effect::Same),
        (Brandwatch, "raw:Google+", "raw:Google+", Effect::Same),
        (Talkwalker, "apple AND engagement:>10", "engagement:>10", Effect::Wider),
        (Talkwalker, "\"a1 * b1\"", "\"a1 * b1\"", Effect::Wider),
        (Talkwalker, "++(apple OR Pear) AND a1", "++(", Effect::Wider),
        (Talkwalker, "+(apple OR Pear) AND a1", "+(", Effect::Same),
        (Meltwater, "(a1 OR b1)^9 AND c1", "^9", Effect::Same),
        (Meltwater, "ingress:apple", "ingress:apple", Effect::Wider),
        (Meltwater, "(a1 NOT b1) NEAR c1", "(a1 NOT b1)", Effect::Narrower),
    ] {
        let found = losses(dialect, query);
        assert!(found.contains(&(was.to_owned(), effect)), "{query}: {found:?}");
    }
    assert_eq!(losses(Brandwatch, "apple AND (pear OR \"red kite\") NOT {BT}"), []);
}

#[test]
fn gives_near_sides_that_it_can_have() {
    for (query, expected) in [
        ("(a1 AND b1) NEAR/3 c1", "(a1 NEAR/3 c1) AND (b1 NEAR/3 c1)"),
        ("(a1 NOT b1) NEAR/3 c1", "(a1 NEAR/3 c1) NOT b1"),
        ("(a1 OR (b1 AND d1)) NEAR/3 c1", "(a1 NEAR/3 c1) OR ((b1 NEAR/3 c1) AND (d1 NEAR/3 c1))"),
        ("a1 NEAR/500 b1", "a1 AND b1"),
        ("a1 NEAR/3 b1 NEAR/5 c1", "(a1 NEAR/3 b1) NEAR/5 c1"),
    ] {
        let bare = |text: &str| text.replace(['(', ')'], "");
        assert_eq!(bare(&line(Dialect::Brandwatch, query)), bare(expected), "{query}");
    }
    let wide = format!("({}) NEAR/3 ({})", vec!["(a AND b)"; 40].join(" OR "), vec!["(c AND d)"; 40].join(" OR "));
    assert!(line(Dialect::Brandwatch, &wide).contains("more than"), "the spread is bounded");
}

#[test]
fn breaks_long_queries_over_lines() {
    let words: Vec<String> = (0..40).map(|number| format!("word{number}")).collect();
    let query =
        format!("({}) NEAR/4 (down OR outage) NOT (\"red kite\" OR {})", words.join(" OR "), words[..20].join(" OR "));
    let imported = import(Dialect::Brandwatch, &query).expect("imports");
    assert!(imported.query.lines().count() > 5);
    assert!(imported.query.lines().all(|line| line.chars().count() <= COLUMNS_MAX), "{}", imported.query);
    assert_eq!(imported.query.split_whitespace().collect::<String>(), imported.line.replace(' ', ""));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_gives_a_query_of_ours_or_faults(text in "\\PC{0,60}", number in 0..3_usize) {
        check_any(Dialect::ALL[number], &text)?;
    }

    #[test]
    fn any_pieces_give_a_query_of_ours_or_faults(
        pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..24), number in 0..3_usize,
    ) {
        check_any(Dialect::ALL[number], &pieces.join(" "))?;
        check_any(Dialect::ALL[number], &pieces.concat())?;
    }
}

/// What queries are made of, whole and broken.
const PIECES: &[&str] = &[
    "nimbus",
    "down",
    "\"log in\"",
    "“smart”",
    "(",
    ")",
    "AND",
    "OR",
    "NOT",
    "and",
    "or",
    "NEAR/4",
    "NEAR/2f",
    "ONEAR",
    "near",
    "ANDNOT",
    "-",
    "-x",
    "++BT",
    "+a",
    "{BT}",
    "{",
    "raw:C+",
    "site:www.nimbus.example",
    "site:(",
    "url:a.example/b",
    "title:\"a b\"",
    "country:gbr",
    "lang:en",
    "language:",
    "author:@lea",
    "followers:>10",
    "authorFollowers:[1 TO 5]",
    "[",
    "]",
    "~5",
    "\"a b\"~5",
    "^9",
    "refund*",
    "*",
    "?a",
    "di*ct",
    "#tag",
    "@lea",
    "$TICK",
    "🔥",
    "<<<note>>>",
    "<<<",
    ">>>",
    "\"",
    ":",
    "é",
    "任天堂",
    "%",
    "\"a * b\"",
    "sourcetype:SOCIALMEDIA",
    "subreddit:nba",
    "/",
    "/x/",
    "@{a}",
    "http://a.example",
    "a:b",
    "nimbus~1",
];

fn check_any(dialect: Dialect, text: &str) -> Result<(), TestCaseError> {
    match import(dialect, text) {
        Ok(imported) => {
            prop_assert!(crate::query::parse(&imported.query).is_ok(), "{text:?} → {:?}", imported.query);
            prop_assert!(crate::query::parse(&imported.line).is_ok(), "{text:?} → {:?}", imported.line);
            for loss in &imported.losses {
                prop_assert!(text.get(loss.span.start as usize..loss.span.end as usize).is_some(), "{text:?} {loss:?}");
            }
        }
        Err(faults) => prop_assert!(!faults.is_empty()),
    }
    Ok(())
}
