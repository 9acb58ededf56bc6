//! The language by its examples, its faults by their places, its caps. The engine against a naive evaluator: `truth`.
//! Whatever is thrown at it: `survival`.

mod survival;
mod truth;

use super::*;
use crate::mention::{Entity, EntityKind};
use crate::text::brands::{Brands, Listed, Memory, Seen};
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
        (
            "(nimbus OR \"nimbus cloud\") NEAR/6 (down OR outage OR offline)",
            &["is nimbus cloud down for anyone?", "outage one two three four five six Nimbus"],
            &["nimbus one two three four five six seven eight nine ten eleven twelve sat down", "nimbus", "down"],
        ),
        (
            "nimbus AND ((cannot OR unable) NEAR/3f (login OR \"log in\"))",
            &["nimbus: cannot even log in", "unable to login to nimbus"],
            &["login works but cannot pay nimbus", "nimbus cannot one two three four log in", "cannot log in"],
        ),
        (
            "nimbuspay~1",
            &["nimbspay", "nimbus pay", "nimbus-pay", "NimbusPya", "#NimbusPay", "nimbuspaay"],
            &["nimbus play", "mimbuspay", "nimbs pay", "nimbus. nice pay"],
        ),
        ("nimbuspay~2", &["nimbs pay", "nimbus play", "nmbspay"], &["nimbs play", "nim bus pay"]),
        ("nimbus NEAR/2 nimbus", &["nimbus and nimbus"], &["nimbus", "#nimbus"]),
        ("$NMB NEAR/1 up", &["$NMB is up", "up $nmb"], &["$NMB is not up"]),
        ("% NEAR/0 off", &["50% off", "off %"], &["50% is off", "%"]),
        ("(a NEAR/1 b) NEAR/1 c", &["a b c", "c x a b", "b a x c"], &["a b x x c", "a x x b c"]),
        ("a NEAR/1f b NEAR/1f c", &["a x b x c"], &["b a c", "a b x x c", "c b a"]),
        (
            "\"refund nimbus\"~2",
            &["nimbus refund", "refund my money nimbus"],
            &["refund one two three nimbus", "refund"],
        ),
        (
            "(refund AND (nimbus OR \"nimbus pay\"))~8",
            &["nimbus pay still owes me a refund"],
            &["refund one two three four five six seven eight nine nimbus"],
        ),
        ("(a AND b AND c)~1", &["a b c", "b a c"], &["a x b c", "a b"]),
        ("/E-?[0-9]{4}/", &["error E-1234!", "E1234", "xE12345"], &["e-1234", "E-123"]),
        ("/(?i)ticket [0-9]+/ NOT spam", &["TICKET 5"], &["ticket five", "ticket 5 spam"]),
        ("ソニー", &["ソニーストア", "新しいソニー製品", "ｿﾆｰ"], &["ソニ", "ストア"]),
        ("เน็ต", &["อินเทอร์เน็ตล่ม"], &["เนต"]),
        ("nimbus", &["ɴimbus", "nіmbuѕ", "n\u{2060}imbus"], &["нимбус", "numbus"]),
        ("{NIMBUS}", &["NIMBUS"], &["ΝIMBUS"]),
        ("nimb*", &["ɴimbus"], &["ɴumb"]),
        ("hashtag:nimbusdown AND mentions:@help", &["#NimbusDown @Help"], &["nimbusdown help", "#NimbusDown"]),
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
    let quote = Fields {
        platform: "x",
        kind: "quote",
        language: Some("en-GB"),
        author_followers: Some(60_000),
        ..Fields::default()
    };
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
        ("a NEAR b", "NEAR", "NEAR needs a distance"),
        ("a NEAR/6", "NEAR/6", "NEAR has nothing after it"),
        ("a NEAR/6 AND b", "NEAR/6", "NEAR has nothing after it"),
        ("NEAR/6 a", "NEAR/6", "NEAR/6 has nothing before it"),
        ("a NEAR/101 b", "NEAR/101", "larger than 100 words"),
        ("a NEAR/99999999999 b", "NEAR/99999999999", "larger than 100 words"),
        ("a NEAR/3 b NEAR/4 c", "NEAR/4", "NEARs of different distance"),
        ("a NEAR/3 b NEAR/3f c", "NEAR/3f", "NEARs of different distance"),
        ("(a AND b) NEAR/3 c", "a AND b", "no one place"),
        ("c NEAR/3 (a NOT b)", "a NOT b", "no one place"),
        ("(x OR kind:post) NEAR/3 c", "kind:post", "no one place"),
        ("a NEAR/3 /x[0-9]/", "/x[0-9]/", "no one place"),
        ("\"a b\"~5 NEAR/3 c", "\"a b\"~5", "no one place"),
        ("(a AND b NEAR/3 c)~5", "b NEAR/3 c", "no one place"),
        ("(a AND (b AND c))~5", "b AND c", "no one place"),
        ("(a OR b)~5", "~5", "a distance needs several words"),
        ("\"a\"~5", "~5", "a distance needs several words"),
        ("(a AND b)~101", "~101", "larger than 100 words"),
        ("\"bye bye\"~5", "\"bye bye\"", "a word stands twice"),
        ("nimbus~3", "nimbus~3", "1 or 2 edits"),
        ("nimbus~", "nimbus~", "1 or 2 edits"),
        ("nimb~1", "nimb~1", "5 to 32 letters"),
        ("#nimbus~1", "#nimbus~1", "single plain word"),
        ("t-mobile~1", "t-mobile~1", "single plain word"),
        ("/E-(/", "/E-(/", "not a regular expression"),
        ("/x*/", "/x*/", "matches everywhere"),
        ("/\\b/", "/\\b/", "matches everywhere"),
        ("/[a-z]{900}{900}/", "/[a-z]{900}{900}/", "larger than 131072 bytes"),
        ("@{}", "@{}", "no name"),
        ("sentiment:angry AND a", "angry", "unknown sentiment"),
        ("platform:()", "platform:()", "holds values"),
        ("platform:(x AND mastodon)", "AND", "holds values"),
        ("platform:(x OR mastodn)", "mastodn", "unknown platform"),
        ("rating:[1 TO 2.5555]", "[1 TO 2.5555]", "not a rating"),
        ("country:germany", "germany", "not a country code"),
        ("author_verified:yes", "yes", "true or false"),
        ("site:nimbus.example/a", "nimbus.example/a", "without a path"),
        ("url:/status", "/status", "not an address"),
        ("hashtag:a-b", "a-b", "not a hashtag"),
        ("title:...", "...", "nothing here to search for"),
        ("{Re*}", "{Re*}", "cannot stand within { }"),
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
            "fields are author, author_followers, author_verified, brand, container, country, hashtag, intent, kind, \
             language, mentions, platform, rating, sentiment, site, thread, title, url; write \"followers:5\" to find the words",
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
    assert!(message(&many(TERMS_MAX + 1)).contains("more than 4000 words and tests"));
    let fuzzy = |count| vec![format!("{}~2", "abcdefgh".repeat(4)); count].join(" OR ");
    assert!(parse(&fuzzy(100)).is_ok());
    assert!(message(&fuzzy(101)).contains("more than 50000 spellings"));
    let chain = |count| vec!["a"; count].join(" NEAR/2 ");
    assert!(parse(&chain(NEARS_MAX + 1)).is_ok());
    assert!(message(&chain(NEARS_MAX + 2)).contains("more than 8 NEARs"));
    let group = |count: usize| format!("({})~5", (0..count).map(|n| format!("w{n}")).collect::<Vec<_>>().join(" AND "));
    assert!(parse(&group(PARTS_MAX)).is_ok());
    assert!(message(&group(PARTS_MAX + 1)).contains("more than 16 parts"));
    assert!(message(&format!("/{}/", "a".repeat(REGEX_BYTES_MAX + 1))).contains("longer than 512 bytes"));
    assert!(message(&format!("author:{}", "a".repeat(1025))).contains("longer than 1024 bytes"));
}

#[test]
fn only_the_needed_words_lead_to_a_query() {
    let queries: Vec<String> = (0..500).map(|number| format!("nimbus AND product{number}")).collect();
    let set = QuerySet::compile(&queries).expect("the queries are right");
    let document = Document::new("nimbus and product7 and product499");
    let found: Vec<u32> = set.candidates(&document, &Fields::default()).iter().map(|found| found.query).collect();
    assert_eq!(found, [7, 499]);
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&PIECES[..]), 0..14).prop_map(|pieces| pieces.concat())
}

const PIECES: [&str; 20] = [
    "a",
    "b",
    "AB",
    "aB",
    "é",
    "e\u{301}",
    "#a",
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
    "-",
    ".",
    "ɴ",
];

proptest! {
    #[test]
    fn any_query_and_any_text_are_survived(query in "\\PC{0,40}", text in "\\PC{0,40}") {
        survival::survive(&query, &text, &mut Scratch::default());
    }

    #[test]
    fn any_query_of_our_signs_is_survived(query in "[abé任 \"“(){}\\[\\]~*?#@$:/<>ANDORT0-9\u{301}\u{200b}.-]{0,40}", text in text()) {
        survival::survive(&query, &text, &mut Scratch::default());
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

fn a_mention<'a>(entities: &'a [Entity]) -> Fields<'a> {
    Fields {
        platform: "trustpilot",
        kind: "review",
        language: Some("de"),
        author_handle: Some("@NimbusFan"),
        author_id: Some("42"),
        author_followers: Some(10),
        author_verified: Some(true),
        country: Some("de"),
        url: Some("https://www.reviews.nimbus.example/r/5"),
        entities,
        container: [Some("t3_tech"), Some("Technology")],
        rating_thousandths: Some(1500),
        sentiment: Some("negative"),
        intents: Some(&["outage", "billing"]),
        thread: Some("x:123"),
        title: Some("Cannot log in to Nimbus"),
        brands: Seen::default(),
    }
}

#[test]
fn every_field_decides() {
    let entity = |kind, value: &str| Entity { kind, value: value.to_owned(), start: 0, end: 0 };
    let entities = [
        entity(EntityKind::Hashtag, "NimbusDown"),
        entity(EntityKind::Mention, "NimbusHelp"),
        entity(EntityKind::Url, "https://status.shop.example/incident?x=1"),
    ];
    let fields = a_mention(&entities);
    for (query, expected) in [
        ("author:nimbusfan", true),
        ("author:@NimbusFan", true),
        ("author:42", true),
        ("author:nimbus", false),
        ("author_verified:true", true),
        ("author_verified:false", false),
        ("country:DE", true),
        ("country:AT", false),
        ("url:nimbus.example/r", true),
        ("url:https://reviews.nimbus.example/r/5", true),
        ("url:nimbus.example/x", false),
        ("url:shop.example", true),
        ("url:status.shop.example/incident", true),
        ("url:shop.example/incidents", false),
        ("site:nimbus.example", true),
        ("site:shop.example", false),
        ("site:bus.example", false),
        ("hashtag:nimbusdown", true),
        ("hashtag:#NimbusDown", true),
        ("hashtag:nimbus", false),
        ("mentions:nimbushelp", true),
        ("mentions:nimbus", false),
        ("container:technology", true),
        ("container:T3_tech", true),
        ("container:tech", false),
        ("rating:1.5", true),
        ("rating:[1 TO 2]", true),
        ("rating:[2 TO *]", false),
        ("sentiment:negative", true),
        ("sentiment:positive", false),
        ("intent:billing", true),
        ("intent:safety", false),
        ("thread:x:123", true),
        ("thread:x:12", false),
        ("title:nimbus", true),
        ("title:\"log in\"", true),
        ("title:\"in log\"", false),
        ("title:nim*", true),
        ("title:down", false),
        ("kind:(post OR review)", true),
        ("platform:(x OR mastodon)", false),
        ("(title:nimbus AND rating:[1 TO 2]) NOT country:FR", true),
    ] {
        assert_eq!(matches_with(query, "", &fields).is_some(), expected, "{query}");
        assert!(matches_with(query, "", &Fields::default()).is_none(), "{query} of nothing");
    }
}

#[test]
fn scores_may_come_later() {
    let queries = ["nimbus AND sentiment:negative", "intent:outage NOT sentiment:positive", "nimbus NOT intent:outage"];
    let set = QuerySet::compile(&queries).expect("the queries are right");
    let document = Document::new("nimbus");
    let candidates = set.candidates(&document, &Fields::default());
    assert!(candidates.iter().map(|candidate| candidate.query).eq(0..3) && !candidates.iter().any(|c| c.settled));
    let known = Fields { sentiment: Some("negative"), intents: Some(&["outage"]), ..Fields::default() };
    let numbers = |fields: &Fields<'_>| {
        set.finish(&candidates, &document, fields).iter().map(|found| found.query).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&known), [0, 1]);
    assert_eq!(numbers(&Fields::default()), [2]);
}

#[test]
fn the_example_of_a_language() {
    let query = "(refund AND (nimbus OR \"nimbus pay\"))~8 AND language:en";
    let text = "nimbus pay still owes me a refund";
    let fields = |language| Fields { language: Some(language), ..Fields::default() };
    assert!(matches_with(query, text, &fields("en")).is_some());
    assert!(matches_with(query, text, &fields("es")).is_none());
}

#[test]
fn queries_name_queries() {
    let names = ["brand", "down", "both"];
    let set = QuerySet::compile_named(
        &names,
        &["nimbus OR nimbuspay", "@{brand} NEAR/2 (down OR out)", "(@{down} AND @{ brand }) NOT weather"],
    )
    .expect("the references are right");
    let document = Document::new("nimbuspay is down");
    let found = set.finish(&set.candidates(&document, &Fields::default()), &document, &Fields::default());
    assert!(found.iter().map(|found| found.query).eq(0..3), "{found:?}");
    let message = |names: &[&str], queries: &[&str]| {
        let refused = QuerySet::compile_named(names, queries).expect_err("the references are wrong");
        let Refused { query, diagnostic } = &refused[0];
        let (start, end) = (diagnostic.span.start as usize, diagnostic.span.end as usize);
        format!("{query}: {}: {}", &queries[*query][start..end], diagnostic.message)
    };
    assert_eq!(message(&["a"], &["x AND @{b}"]), "0: @{b}: no query is called \"b\"");
    assert_eq!(message(&["a", "b", "c"], &["x OR @{b}", "y AND @{a}", "@{a}"]), "0: @{b}: @{b} leads in a circle");
    assert_eq!(message(&["a"], &["x OR @{a}"]), "0: @{a}: @{a} leads in a circle");
    assert!(message(&["a", "b"], &["x AND y", "z NEAR/3 @{a}"]).starts_with("1: @{a}: NEAR and ~ join words"));
    assert!(message(&["a", "b"], &["x NEAR/2 y", "(z AND @{a})~3"]).starts_with("1: @{a}: NEAR and ~ join words"));
    let doubled: Vec<String> = (0..20)
        .map(|number| if number == 0 { "x OR y".into() } else { format!("@{{{0}}} OR @{{{0}}}", number - 1) })
        .collect();
    let numbers: Vec<String> = (0..20).map(|number: u32| number.to_string()).collect();
    let names: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let refused = QuerySet::compile_named(&names, &doubled).expect_err("too large");
    assert!(refused[0].diagnostic.message.contains("more than 20000 terms"), "{refused:?}");
    let chain: Vec<String> = (0..100_000)
        .map(|number| if number == 0 { "x".into() } else { format!("@{{{}}} AND y", number - 1) })
        .collect();
    let numbers: Vec<String> = (0..100_000).map(|number: u32| number.to_string()).collect();
    let names: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let refused = QuerySet::compile_named(&names, &chain).expect_err("too deep");
    assert!(refused[0].diagnostic.message.contains("deeper than 600 parts"), "{:?}", refused[0]);
}

#[test]
fn a_tree_is_written_as_it_is_read() {
    for (query, written) in [
        ("nimbus  AND (Down)", "nimbus AND down"),
        ("\"log in\" OR t-mobile", "\"log in\" OR \"t mobile\""),
        ("a NOT b AND c", "(a AND c) NOT b"),
        ("(a OR b) NEAR/3f \"c d\" NEAR/3f e", "((a OR b) NEAR/3f \"c d\") NEAR/3f e"),
        ("\"a b\"~5", "(a AND b)~5"),
        ("Café* AND {BT} AND colo?r", "café* AND {BT} AND colo?r"),
        ("nimbus~1 OR /E-[0-9]\\/x/ OR @{ other }", "nimbus~1 OR /E-[0-9]\\/x/ OR @{other}"),
        ("author_followers:[5 TO *] AND rating:2.50", "author_followers:[5 TO *] AND rating:2.5"),
        (
            "title:\"log in\" AND hashtag:Nimbus AND url:https://A.example/B",
            "title:\"log in\" AND hashtag:#nimbus AND url:a.example/b",
        ),
        ("platform:(x OR mastodon) AND a", "(platform:x OR platform:mastodon) AND a"),
        ("\"AND\" OR \"a:b\"", "\"and\" OR \"a:b\""),
        ("😡 OR % OR $NMB", "😡 OR % OR $nmb"),
    ] {
        let tree = parse(query).expect(query);
        assert_eq!(tree.to_string(), written, "{query}");
        assert_eq!(parse(written).expect(written), tree, "{query}");
    }
}

#[test]
fn nodes_know_their_place() {
    let query = "(nimbus OR sun) NEAR/3 down AND kind:post";
    let tree = parse(query).expect("right");
    let shown = |node: &ast::Node| query[node.span.start as usize..node.span.end as usize].to_owned();
    assert_eq!(tree.children().map(shown).collect::<Vec<_>>(), ["(nimbus OR sun) NEAR/3 down", "kind:post"]);
}

#[test]
fn disguises_are_seen() {
    let disguise = |text: &str| {
        let set = set("nimbus OR pay");
        let document = Document::new(text);
        let candidates = set.candidates(&document, &Fields::default());
        set.finish(&candidates, &document, &Fields::default()).pop().expect("matches").disguise
    };
    let (plain, look_alike) = (Disguise::default(), Disguise { look_alike: true, ..Disguise::default() });
    let zero_width = Disguise { zero_width: true, ..Disguise::default() };
    assert_eq!(disguise("nimbus"), plain);
    assert_eq!(disguise("café n\u{200b}ow nimbus"), plain);
    assert_eq!(disguise("ɴimbus"), look_alike);
    assert_eq!(disguise("n\u{200b}imbus"), zero_width);
    assert_eq!(disguise("n\u{ad}imbuѕ"), Disguise { look_alike: true, zero_width: true });
    assert_eq!(disguise("ＮＩＭＢＵＳ\u{200b}"), plain);
}

#[test]
fn spans_of_what_is_near() {
    let shown = |query: &str, text: &str| {
        let spans = matches_with(query, text, &Fields::default()).expect("matches");
        spans.iter().map(|span| text[span.start as usize..span.end as usize].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(shown("nimbus NEAR/1 down", "nimbus x x x Nimbus is DOWN"), ["Nimbus", "DOWN"]);
    assert_eq!(shown("(a NEAR/1 b) NEAR/1 c", "é A x b C"), ["A x b", "C"]);
    assert_eq!(shown("\"a b\"~1", "a x x b x a"), ["b", "a"]);
    assert_eq!(shown("/E-[0-9]+/ AND x", "é E-12 x E-3"), ["E-12", "x", "E-3"]);
    assert_eq!(shown("nimbuspay~1", "my nimbus-pay and Nimbspay"), ["nimbus-pay", "Nimbspay"]);
    assert_eq!(shown("ソニー", "新ソニーストア"), ["ソニー"]);
}

#[test]
fn a_set_has_a_digest() {
    let digest = |queries: &[&str]| QuerySet::compile(queries).expect("right").digest().to_owned();
    assert_eq!(digest(&["a", "b"]), digest(&["a", "b"]));
    assert_ne!(digest(&["a", "b"]), digest(&["b", "a"]));
    assert_ne!(digest(&["ab"]), digest(&["a", "b"]));
    assert_eq!(digest(&["a"]).len(), 16);
}

#[test]
fn work_grows_with_the_text() {
    let queries = [
        "\"a a a\"",
        "\"aa* aa* aa*\"",
        "a NOT b",
        "#a",
        "{A}",
        "éé*",
        "(a OR aab) NEAR/100 (a OR aa*)",
        "aab NEAR/3f a",
        "((a NEAR/9 aab) NEAR/9 a) NEAR/9 aab",
        "(a AND aab AND aa*)~20",
        "aabaa~2",
        "aaaaa~1",
        "/a[ab]+x/",
        "アア",
    ];
    let set = QuerySet::compile(&queries).expect("the queries are right");
    let mut scratch = Scratch::default();
    for unit in ["a ", "a", "aab ", "#aA ", "é ", "e\u{301}", "任", "aab a ", "ア", "ɴ", "% ", "aa baa ", "aaaaa "]
    {
        let mut work = |bytes: usize| {
            let document = Document::new(&unit.repeat(bytes / unit.len()));
            set.find(&document, &Fields::default(), &mut scratch);
            set.finish_with(&document, &Fields::default(), &mut scratch, |found| {
                assert!(found.spans.len() <= SPANS_MAX);
            });
            scratch.work()
        };
        let (one, two) = (work(1 << 16), work(1 << 17));
        assert!(two <= one * 2 + one / 4 + 1000, "{unit}: {one} steps, then {two} for twice the text");
    }
}

#[test]
fn brands_stand_where_their_names_do() {
    let listed = |brand: &str, product: Option<&str>| Listed {
        brand: brand.to_owned(),
        product: product.map(str::to_owned),
        ..Listed::default()
    };
    let list = [listed("Orbita", None), listed("Orbita", Some("Zephyrline"))];
    let brands = Brands::compile(&list, []);
    let spans = |query: &str, text: &str| -> Option<Vec<String>> {
        let (set, document, mut memory) = (set(query), Document::new(text), Memory::default());
        let fields = Fields { brands: brands.see(&document, &mut memory), ..Fields::default() };
        let found = set.finish(&set.candidates(&document, &fields), &document, &fields).pop()?;
        Some(found.spans.iter().map(|span| document.original(*span).to_owned()).collect())
    };
    for (query, text, expected) in [
        ("brand:orbita", "Orbitta is slow", Some(&["Orbitta"][..])),
        ("brand:Órbita", "or bita, ORBITA", Some(&["or bita", "ORBITA"])),
        ("brand:orbita", "the Zefirline is late", Some(&["Zefirline"])),
        ("brand:zephyrline", "Orbita is late", None),
        ("brand:\"zephyr line\"", "zephyr-line is late", Some(&["zephyr-line"])),
        ("brand:orbita AND (down OR slow)", "0rbita is down", Some(&["0rbita", "down"])),
        ("brand:orbita NEAR/2 down", "0rbita is down", Some(&["0rbita", "down"])),
        ("brand:orbita NEAR/2f down", "down is 0rbita", None),
        ("brand:orbita NEAR/1 down", "orb ita is so down", None),
        ("(brand:orbita AND down AND again)~3", "again, Orbta is down", Some(&["again", "Orbta", "down"])),
        ("down NOT brand:orbita", "Orbta is down", None),
        ("down NOT brand:orbita", "the orbit is down", Some(&["down"])),
        ("brand:orbita", "the orbit", None),
    ] {
        let expected: Option<Vec<String>> = expected.map(|spans| spans.iter().map(|span| (*span).to_owned()).collect());
        assert_eq!(spans(query, text), expected, "{query} {text}");
    }
    let disguised = |text: &str| {
        let (set, document, mut memory) = (set("brand:orbita"), Document::new(text), Memory::default());
        let fields = Fields { brands: brands.see(&document, &mut memory), ..Fields::default() };
        set.finish(&set.candidates(&document, &fields), &document, &fields).pop().map(|found| found.disguise.look_alike)
    };
    assert_eq!((disguised("0rbita"), disguised("Orbta"), disguised("x")), (Some(true), Some(false), None));
    assert!(!matches("brand:orbita", "Orbita"), "without a pack there are no brands");
    let printed = parse("brand:\"Nimbus Pay\" NEAR/3 down").expect("right").to_string();
    assert_eq!(printed, "brand:\"nimbus pay\" NEAR/3 down");
}
