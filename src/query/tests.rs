//! The language by its examples, its faults by their places, and the engine against a naive evaluator.

use super::ast::{Node, Word};
use super::index::accepts;
use super::*;
use crate::text::Token;
use proptest::prelude::*;

fn set(query: &str) -> QuerySet {
    QuerySet::compile(&[query]).unwrap_or_else(|faults| panic!("{query}: {faults:?}"))
}

fn matches_with(query: &str, text: &str, fields: &Fields<'_>) -> Option<Vec<Span>> {
    let (set, document) = (set(query), Document::new(text));
    let candidates = set.candidates(&document, fields);
    set.finish(&candidates, &document, fields).pop().map(|found| found.spans)
}

fn matches(query: &str, text: &str) -> bool {
    matches_with(query, text, &Fields::default()).is_some()
}

#[test]
fn examples() {
    for (query, yes, no) in [
        (
            "nimbus",
            &["Nimbus!", "#nimbus", "@NIMBUS", "#NimbusDown", "n\u{200b}imbus", "ＮＩＭＢＵＳ", "Nimbus™"][..],
            &["nimbusville", "nim bus", ""][..],
        ),
        ("\"log in\"", &["cannot LOG IN.", "log-in", "#LogIn"], &["login", "in log", "log me in"]),
        ("nimbus AND down", &["down: nimbus"], &["nimbus", "down"]),
        ("nimbus OR down", &["nimbus", "down"], &["up"]),
        ("nimbus NOT weather", &["nimbus"], &["nimbus weather", "sun"]),
        ("nimbus AND pay NOT weather", &["nimbus pay"], &["nimbus pay weather", "pay"]),
        ("nimbus NOT weather AND pay", &["nimbus pay"], &["nimbus", "pay weather nimbus"]),
        ("nimbus NOT weather NOT broom", &["nimbus"], &["nimbus broom"]),
        (
            "{NIMBUS} NOT (weather OR broom OR rain*)",
            &["NIMBUS support is great"],
            &["Nimbus support", "NIMBUS rainfall"],
        ),
        ("café", &["café", "CAFE\u{301}"], &["cafe", "cafè"]),
        ("cafe", &["café", "Cafe"], &["cafeteria"]),
        ("refund*", &["refund", "Refunded", "#refundNow"], &["prefund", "refun"]),
        ("colo?r", &["colour", "ColoUr"], &["color", "colouur"]),
        ("rés*", &["résumé"], &["resume"]),
        ("\"th* bank\"", &["the bank", "Thy-bank"], &["bank the"]),
        ("can't", &["CAN’T", "can't"], &["can t"]),
        ("levi’s", &["Levi's"], &["levis"]),
        ("t-mobile", &["T-Mobile", "t mobile"], &["tmobile", "mobile t"]),
        ("h&m", &["H&M sale"], &["hm"]),
        ("booking.com", &["Booking.com"], &["booking com"]),
        ("sainsbury's", &["Sainsbury’s"], &["sainsburys"]),
        ("任天堂", &["任天堂の新作"], &["天堂任"]),
        ("삼성전자", &["삼성전자 폰"], &["삼성전자폰"]),
        ("#NimbusDown", &["so #nimbusdown now"], &["nimbusdown", "#nimbus down"]),
        ("@nimbus", &["hi @Nimbus!"], &["nimbus", "#nimbus", "me@nimbus"]),
        ("@任天堂", &["hi @任天堂 hi"], &["任天堂"]),
        ("@Nestlé", &["@nestlé", "@NESTLÉ!"], &["@nestle", "nestlé"]),
        ("@华为Support", &["@华为support"], &["@华为"]),
        ("@nimbus*", &["hi @NimbusHelp"], &["nimbushelp"]),
        ("$NMB", &["long $nmb"], &["nmb"]),
        ("😡", &["no 😡😡"], &["😀"]),
        ("%", &["100% off"], &["100"]),
        ("nimbus <<<the product, AND not the cloud>>> AND pay", &["nimbus pay"], &["nimbus"]),
        ("“log in”", &["log in"], &["login"]),
    ] {
        for text in yes {
            assert!(matches(query, text), "{query} should match {text}");
        }
        for text in no {
            assert!(!matches(query, text), "{query} should not match {text}");
        }
    }
}

#[test]
fn fields_decide() {
    let quote = Fields { platform: "x", kind: "quote", language: Some("en-GB"), author_followers: Some(60_000) };
    let query = "nimbus AND kind:quote AND author_followers:[50000 TO 99999999]";
    assert!(matches_with(query, "nimbus", &quote).is_some());
    assert!(matches_with(query, "nimbus", &Fields { kind: "reply", ..quote }).is_none());
    assert!(matches_with(query, "nimbus", &Fields { author_followers: None, ..quote }).is_none());
    for (query, expected) in [
        ("platform:x", true),
        ("platform:X AND language:EN", true),
        ("platform:mastodon", false),
        ("language:en-US", true),
        ("language:de OR kind:quote", true),
        ("language:de", false),
        ("author_followers:60000", true),
        ("author_followers:[* TO 59999]", false),
        ("author_followers:[60000 TO *]", true),
        ("platform:x NOT language:en", false),
    ] {
        assert_eq!(matches_with(query, "", &quote).is_some(), expected, "{query}");
    }
    assert_eq!(matches_with("platform:x", "nimbus", &quote), Some(Vec::new()));
}

#[test]
fn a_language_may_come_later() {
    let set = QuerySet::compile(&[
        "nimbus AND language:en",
        "nimbus OR language:en",
        "language:en",
        "pay AND language:en",
        "nimbus NOT language:en",
    ])
    .expect("the queries are right");
    let document = Document::new("nimbus");
    let candidates = set.candidates(&document, &Fields::default());
    let shown: Vec<_> = candidates.iter().map(|candidate| (candidate.query, candidate.settled)).collect();
    assert_eq!(shown, [(0, false), (1, true), (2, false), (4, false)]);
    let finish = |language| {
        let fields = Fields { language, ..Fields::default() };
        set.finish(&candidates, &document, &fields).iter().map(|found| found.query).collect::<Vec<_>>()
    };
    assert_eq!(finish(Some("en")), [0, 1, 2]);
    assert_eq!(finish(Some("de")), [1, 4]);
    assert_eq!(finish(None), [1, 4]);
}

#[test]
fn spans_show_what_matched() {
    let shown = |query: &str, text: &str| {
        let spans = matches_with(query, text, &Fields::default()).expect("matches");
        spans.iter().map(|span| text[span.start as usize..span.end as usize].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(shown("nimbus", "É Nimbus, n\u{200b}imbus"), ["Nimbus", "n\u{200b}imbus"]);
    assert_eq!(shown("\"log in\" OR pay", "é LOG - in; pay"), ["LOG - in", "pay"]);
    assert_eq!(shown("nimbus NOT pay", "nimbus"), ["nimbus"]);
    assert_eq!(shown("(nimbus AND pay) OR sun", "nimbus sun"), ["sun"]);
    assert_eq!(shown("\"nimbus down\"", "is #NimbusDown"), ["NimbusDown"]);
    assert_eq!(shown("#nimbusdown AND down", "is #NimbusDown"), ["#NimbusDown", "Down"]);
    assert_eq!(shown("a", &"a ".repeat(5000)).len(), SPANS_MAX);
}

#[test]
fn faults_have_a_place() {
    for (query, place, words) in [
        ("", "", "the query is empty"),
        ("<<<only a note>>>", "<<<only a note>>>", "the query is empty"),
        ("american login pro", "american login pro", "two terms side by side"),
        ("nimbus (down)", "nimbus (down)", "two terms side by side"),
        ("a OR b NOT c", "NOT", "OR and NOT stand side by side without brackets"),
        ("a AND b OR c", "OR", "AND and OR stand side by side without brackets"),
        ("a NOT b OR c", "OR", "NOT and OR stand side by side without brackets"),
        ("NOT a", "NOT", "only negatives"),
        ("x AND (NOT a)", "NOT", "only negatives"),
        ("x AND NOT a", "AND NOT", "without AND"),
        ("x OR NOT a", "OR NOT", "matches almost everything"),
        ("x AND AND y", "AND", "two operators"),
        ("AND a", "AND", "AND has nothing before it"),
        ("a OR", "OR", "OR has nothing after it"),
        ("(a AND)", "AND", "AND has nothing after it"),
        ("a and b", "and", "upper case"),
        ("(a OR b", "(", "( is not closed"),
        ("a)", ")", ") closes no bracket"),
        ("a AND ()", "()", "the brackets are empty"),
        ("\"log in", "\"", "quote is not closed"),
        ("\"\"", "\"\"", "nothing here to search for"),
        ("...", "...", "nothing here to search for"),
        ("*fund", "*fund", "cannot stand first"),
        ("r*", "r*", "at least two letters"),
        ("re*fund", "re*fund", "only stand at the end"),
        ("#", "#", "nothing here to search for"),
        ("#nimbus-down", "#nimbus-down", "not a hashtag"),
        ("langauge:en", "langauge:en", "unknown field"),
        ("language:english", "english", "not a language tag"),
        ("language:", "language:", "no value"),
        ("platform:mastodn", "mastodn", "unknown platform"),
        ("kind:posts", "posts", "unknown kind"),
        ("kind:[1 TO 2]", "[1 TO 2]", "not a range"),
        ("author_followers:[9 TO 1]", "[9 TO 1]", "the range is empty"),
        ("author_followers:[9 to 10]", "[9 to 10]", "a range has the form"),
        ("author_followers:[1 TO 99999999999999999999]", "[1 TO 99999999999999999999]", "not a whole number"),
        ("author_followers:many", "many", "not a whole number"),
        ("café AND ]", "]", "] has no meaning here"),
        ("a NEAR/6 b", "NEAR/6", "NEAR is not supported yet"),
        ("\"a b\"~5", "~5", "a distance (~) is not supported yet"),
        ("(a AND b)~5", "~5", "a distance (~) is not supported yet"),
        ("nimbus~1", "nimbus~1", "a spelling distance (word~1) is not supported yet"),
        ("/E-?[0-9]{4}/", "/E-?[0-9]{4}/", "a regular expression is not supported yet"),
        ("@{acme-brand}", "@{acme-brand}", "a reference to another query is not supported yet"),
        ("sentiment:negative AND a", "sentiment:negative", "the field sentiment is not supported yet"),
        ("platform:(x OR mastodon)", "platform:", "a group of values after a field is not supported yet"),
        ("{Re*}", "{Re*}", "a wildcard within { } is not supported yet"),
    ] {
        let faults = parse(query).expect_err(query);
        let first = faults.iter().find(|fault| fault.message.contains(words));
        let fault = first.unwrap_or_else(|| panic!("{query}: {faults:?}"));
        assert_eq!(&query[fault.span.start as usize..fault.span.end as usize], place, "{query}");
    }
}

#[test]
fn suggestions_are_what_to_write() {
    for (query, suggestion) in [
        ("american login pro", "write \"american login pro\" for words in a row, or american AND login AND pro"),
        ("a b OR c", "write \"a b\" for words in a row, or a AND b"),
        ("#a \"b c\"", "write #a AND \"b c\""),
        ("a OR b NOT c", "write (a OR b) NOT c, or put brackets where you mean them"),
        ("a or b", "write OR, or put the words in quotes"),
        ("platform:mastodn", "did you mean platform:mastodon?"),
        (
            "followers:5",
            "fields are author_followers, kind, language, platform; write \"followers:5\" to find the words",
        ),
    ] {
        let faults = parse(query).expect_err(query);
        assert_eq!(faults[0].suggestion.as_deref(), Some(suggestion), "{query}");
    }
}

#[test]
fn every_fault_of_every_query_is_reported() {
    let refused = QuerySet::compile(&["a", "b c", "x AND (NOT d) AND langauge:en"]).expect_err("two queries are wrong");
    assert_eq!(refused.iter().map(|refused| refused.query).collect::<Vec<_>>(), [1, 2, 2]);
}

#[test]
fn sizes_are_capped() {
    let message = |query: &str| parse(query).expect_err("over the cap")[0].message.clone();
    assert!(message(&"a".repeat(QUERY_BYTES_MAX + 1)).contains("longer than 65536 bytes"));
    let deep = |depth| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&deep(DEPTH_MAX)).is_ok());
    assert!(message(&deep(DEPTH_MAX + 1)).contains("nested deeper than 64"));
    assert!(message(&"(".repeat(60_000)).contains("nested deeper than 64"));
    let many = |count| vec!["a"; count].join(" OR ");
    assert!(parse(&many(TERMS_MAX)).is_ok());
    assert!(message(&many(TERMS_MAX + 1)).contains("more than 2000 terms"));
}

#[test]
fn only_the_needed_words_lead_to_a_query() {
    let queries: Vec<String> = (0..500).map(|number| format!("nimbus AND product{number}")).collect();
    let set = QuerySet::compile(&queries).expect("the queries are right");
    let document = Document::new("nimbus and product7 and product499");
    let found: Vec<u32> = set.candidates(&document, &Fields::default()).iter().map(|found| found.query).collect();
    assert_eq!(found, [7, 499]);
}

// ---- the naive evaluator

fn naive_truth(node: &Node, document: &Document, fields: &Fields<'_>) -> bool {
    match node {
        Node::Words(words) => !naive_places(words, document).is_empty(),
        Node::Field(test) => test.test(fields) == Truth::True,
        Node::All(nodes) => nodes.iter().all(|node| naive_truth(node, document, fields)),
        Node::Any(nodes) => nodes.iter().any(|node| naive_truth(node, document, fields)),
        Node::Except(base, others) => {
            naive_truth(base, document, fields) && !others.iter().any(|node| naive_truth(node, document, fields))
        }
    }
}

/// Every chain of tokens that are the words in a row, as (first, last).
fn naive_places(words: &[Word], document: &Document) -> Vec<(Token, Token)> {
    let mut places = Vec::new();
    for token in document.tokens().iter().filter(|token| accepts(&words[0], token, document)) {
        if words.len() == 1 {
            places.push((token.clone(), token.clone()));
        } else if token.position_end > token.position {
            naive_rest(&words[1..], token, token, document, &mut places);
        }
    }
    places
}

fn naive_rest(words: &[Word], first: &Token, last: &Token, document: &Document, places: &mut Vec<(Token, Token)>) {
    let Some((word, rest)) = words.split_first() else {
        places.push((first.clone(), last.clone()));
        return;
    };
    let follows = |token: &&Token| token.position == last.position_end && token.position_end > token.position;
    for token in document.tokens().iter().filter(follows).filter(|token| accepts(word, token, document)) {
        naive_rest(rest, first, token, document, places);
    }
}

const LEAVES: &[&str] = &[
    "a",
    "b",
    "ab",
    "é",
    "e",
    "ab*",
    "e?",
    "a?*",
    "\"a b\"",
    "\"a b a\"",
    "\"eb* b\"",
    "#a",
    "#ab",
    "@b",
    "{A}",
    "{aB}",
    "任天",
    "任",
    "😡",
    "%",
    "a-b",
    "b.a",
    "language:en",
    "platform:x",
    "kind:post",
    "author_followers:[5 TO 9]",
    "language:de",
];

const PIECES: &[&str] = &[
    "a",
    "b",
    "A",
    "B",
    "ab",
    "AB",
    "aB",
    "é",
    "e",
    "e\u{301}",
    "É",
    "eb",
    "#a",
    "#aB",
    "#AaBb",
    "@b",
    "任",
    "天",
    "😡",
    "%",
    "ab\u{200b}",
    "ａ",
    " ",
    " ",
    " ",
    "-",
    ".",
    "_",
    ", ",
];

fn query() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(LEAVES).prop_map(str::to_owned);
    leaf.prop_recursive(4, 24, 3, |inner| {
        let operator = prop::sample::select(&["AND", "OR", "NOT"][..]);
        (prop::collection::vec(inner, 2..4), operator)
            .prop_map(|(parts, operator)| format!("({})", parts.join(&format!(" {operator} "))))
    })
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..14).prop_map(|pieces| pieces.concat())
}

fn known_fields() -> impl Strategy<Value = (bool, bool, Option<&'static str>, Option<i64>)> {
    (
        any::<bool>(),
        any::<bool>(),
        prop::sample::select(vec![None, Some("en"), Some("de-AT"), Some("fr")]),
        prop::option::of(0_i64..12),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn engine_agrees_with_the_naive_evaluator(
        queries in prop::collection::vec(query(), 1..6),
        text in text(),
        (on_x, is_post, language, author_followers) in known_fields(),
        known_at_once in any::<bool>(),
    ) {
        let fields = Fields {
            platform: if on_x { "x" } else { "mastodon" },
            kind: if is_post { "post" } else { "reply" },
            language,
            author_followers,
        };
        let first_fields = if known_at_once { fields } else { Fields { language: None, ..fields } };
        let set = QuerySet::compile(&queries).expect("generated queries are right");
        let document = Document::new(&text);
        let candidates = set.candidates(&document, &first_fields);
        prop_assert!(candidates.is_sorted_by_key(|candidate| candidate.query));
        let found = set.finish(&candidates, &document, &fields);
        let complete = Fields { language: language.or(Some("")), ..fields };
        let trees: Vec<Node> = queries.iter().map(|query| parse(query).expect("right")).collect();
        let expected: Vec<u32> = (0_u32..)
            .zip(&trees)
            .filter(|(_, tree)| naive_truth(tree, &document, &complete))
            .map(|(number, _)| number)
            .collect();
        let numbers: Vec<u32> = found.iter().map(|found| found.query).collect();
        prop_assert_eq!(&numbers, &expected);
        for candidate in candidates.iter().filter(|candidate| candidate.settled) {
            prop_assert!(expected.contains(&candidate.query));
        }
        for found in &found {
            prop_assert!(found.spans.is_sorted());
            for span in &found.spans {
                prop_assert!(!document.original(*span).is_empty());
            }
        }
    }

    #[test]
    fn spans_are_the_places_of_the_words(leaf in prop::sample::select(&LEAVES[..22]), text in text()) {
        let Ok(Node::Words(words)) = parse(leaf) else { panic!("{leaf} is words") };
        let document = Document::new(&text);
        let mut expected: Vec<Span> = naive_places(&words, &document)
            .iter()
            .map(|(first, last)| Span {
                start: first.original.start.min(last.original.start),
                end: first.original.end.max(last.original.end),
            })
            .collect();
        expected.sort_unstable();
        expected.dedup();
        let found = matches_with(leaf, &text, &Fields::default()).unwrap_or_default();
        if words.len() == 1 {
            prop_assert_eq!(found, expected);
        } else {
            // Of several phrases that end at one word the longest stands for all.
            prop_assert!(found.iter().all(|span| expected.contains(span)));
            prop_assert_eq!(found.is_empty(), expected.is_empty());
        }
    }

    #[test]
    fn any_query_and_any_text_are_survived(query in "\\PC{0,40}", text in "\\PC{0,40}") {
        survive(&query, &text);
    }

    #[test]
    fn any_query_of_our_signs_is_survived(query in "[abé任 \"“(){}\\[\\]~*?#@$:/<>ANDORT0-9\u{301}\u{200b}.-]{0,40}", text in text()) {
        survive(&query, &text);
    }
}

fn survive(query: &str, text: &str) {
    match QuerySet::compile(&[query]) {
        Ok(set) => {
            let document = Document::new(text);
            let candidates = set.candidates(&document, &Fields::default());
            assert!(set.finish(&candidates, &document, &Fields::default()).len() <= 1);
        }
        Err(refused) => {
            assert!(!refused.is_empty());
            for Refused { diagnostic, .. } in refused {
                let (start, end) = (diagnostic.span.start as usize, diagnostic.span.end as usize);
                assert!(query.is_char_boundary(start) && query.is_char_boundary(end) && start <= end, "{query}");
                assert!(diagnostic.render("q:1", query).contains('^'));
            }
        }
    }
}

#[test]
fn is_shared_between_threads() {
    fn shareable<T: Send + Sync>() {}
    shareable::<QuerySet>();
}

#[test]
fn long_texts_cost_their_length() {
    let set = QuerySet::compile(&["\"a a a\"", "\"aa* aa* aa*\"", "a NOT b", "#a", "{A}", "éé*"]).expect("right");
    for unit in ["a ", "a", "aab ", "#aA ", "é ", "e\u{301}", "任"] {
        let document = Document::new(&unit.repeat((1 << 20) / unit.len()));
        let candidates = set.candidates(&document, &Fields::default());
        for found in set.finish(&candidates, &document, &Fields::default()) {
            assert!(found.spans.len() <= SPANS_MAX);
        }
    }
}
