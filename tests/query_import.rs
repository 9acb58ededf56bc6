//! Vendors' queries mean here what they mean there: examples from the vendors' public manuals by what they find and do
//! not find, and long ones as analysts write them, each with fifty labelled posts.
#![allow(clippy::panic, clippy::unwrap_used)]

use groundswell::query::explain::{OUTLINE_LINES_MAX, explain, terms};
use groundswell::query::import::{Dialect, Effect, Import, import};
use groundswell::query::lint::{Severity, lint};
use groundswell::query::{Fields, QuerySet, parse};
use groundswell::text::Document;
use std::path::{Path, PathBuf};

/// A post and what is known of it: `[platform=x lang=en url=https://a.example/b title=two_words] text`.
struct Post<'a> {
    text: &'a str,
    fields: Fields<'a>,
}

fn post(line: &str) -> Post<'_> {
    let (known, text) = match line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((known, text)) => (known, text.trim()),
        None => ("", line),
    };
    let mut fields = Fields { platform: "x", kind: "post", ..Fields::default() };
    for pair in known.split_whitespace() {
        let (name, value) = pair.split_once('=').unwrap_or_else(|| panic!("{line}: {pair} has no value"));
        match name {
            "platform" => fields.platform = value,
            "kind" => fields.kind = value,
            "lang" => fields.language = Some(value),
            "author" => fields.author_handle = Some(value),
            "followers" => fields.author_followers = Some(value.parse().expect("a number")),
            "verified" => fields.author_verified = Some(value == "true"),
            "country" => fields.country = Some(value),
            "url" => fields.url = Some(value),
            "container" => fields.container = [Some(value), None],
            "rating" => fields.rating_thousandths = Some(value.parse::<i64>().expect("a number") * 1000),
            "sentiment" => fields.sentiment = Some(value),
            "title" => fields.title = Some(value),
            _ => panic!("{line}: unknown {name}"),
        }
    }
    Post { text, fields }
}

fn is_found(set: &QuerySet, line: &str) -> bool {
    let post = post(line);
    let document = Document::new(post.text);
    let candidates = set.candidates(&document, &post.fields);
    !set.finish(&candidates, &document, &post.fields).is_empty()
}

fn imported(dialect: Dialect, query: &str) -> (Import, QuerySet) {
    let imported = import(dialect, query).unwrap_or_else(|faults| panic!("{query}: {faults:?}"));
    let set = QuerySet::compile(&[&imported.query]).unwrap_or_else(|refused| panic!("{}: {refused:?}", imported.query));
    (imported, set)
}

const BRANDWATCH_OPERATORS: &str =
    "https://support.brandwatch.com/hc/en-us/articles/204114708-Advanced-Query-Operators";
const BRANDWATCH_BRACKETS: &str = "https://community.brandwatch.com/boolean-explained-84/boolean-explained-6-tips-to-use-brackets-more-effectively-626";
const BRANDWATCH_WILDCARDS: &str =
    "https://community.brandwatch.com/boolean-explained-84/boolean-explained-wildcard-question-mark-355";
const BRANDWATCH_PLACES: &str =
    "https://community.brandwatch.com/boolean-explained-84/boolean-explained-location-data-457";
const TALKWALKER_SYNTAX: &str = "https://www.talkwalker.com/syntax-alerts";
const MELTWATER_MASTER_1: &str = "https://help.meltwater.com/en/articles/4064557-how-to-master-boolean-search";
const MELTWATER_MASTER_2: &str =
    "https://support.meltwater.com/hc/en-us/articles/360023166073-How-to-Master-Boolean-Search-2-3-";
const MELTWATER_MASTER_3: &str = "https://help.meltwater.com/en/articles/4064566-how-to-master-boolean-search-3-3";
const MELTWATER_BOOLEAN: &str = "https://support.meltwater.com/hc/en-gb/articles/236016747-Boolean";
const MELTWATER_SPEED: &str =
    "https://help.meltwater.com/en/articles/11465451-explore-search-performance-and-best-practices";

/// A documented query: where, what, what it finds, what it does not.
type Documented = (Dialect, &'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const DOCUMENTED: &[Documented] = &[
    (
        Dialect::Brandwatch,
        BRANDWATCH_OPERATORS,
        "\"apple juice\"~5",
        &["apple juice", "juice of a fresh apple", "apple and then some orange juice"],
        &["apple is the fruit that they press here to make juice", "apple pie"],
    ),
    (
        Dialect::Brandwatch,
        BRANDWATCH_OPERATORS,
        "(apple OR orange) NEAR/5 (smartphone OR phone)",
        &["my orange phone", "the phone I got from Apple"],
        &["an apple a day, said the doctor on the phone", "orange juice", "phone"],
    ),
    (
        Dialect::Brandwatch,
        BRANDWATCH_OPERATORS,
        "logitech NEAR/2f keyboard",
        &["logitech keyboard", "Logitech Bluetooth Keyboard", "Logitech Solar Keyboard"],
        &["a keyboard by logitech", "logitech also sells one more kind of keyboard"],
    ),
    (Dialect::Brandwatch, BRANDWATCH_OPERATORS, "raw:Google+", &["find me on Google+"], &["just google it", "GOOGLE"]),
    (
        Dialect::Brandwatch,
        BRANDWATCH_OPERATORS,
        "site:twitter.com AND \"apple juice\"",
        &["[platform=x] apple juice"],
        &["[platform=reddit] apple juice", "[platform=x] juice of an apple"],
    ),
    (
        Dialect::Brandwatch,
        BRANDWATCH_OPERATORS,
        "url:msn.com/news AND \"Simon Cowell\"",
        &["[url=https://www.msn.com/news/5] says Simon Cowell"],
        &["[url=https://www.msn.com/sport/5] says Simon Cowell", "[url=https://www.msn.com/news/5] says Simon"],
    ),
    (
        Dialect::Brandwatch,
        BRANDWATCH_BRACKETS,
        "British Telecom OR {BT}",
        &["British Telecom is down", "BT is down"],
        &["bt is down", "Bt", "the British weather"],
    ),
    (
        Dialect::Brandwatch,
        BRANDWATCH_BRACKETS,
        "economy AND url:(guardian.com OR sun.com OR nytimes.com)",
        &["[url=https://www.nytimes.com/a] the economy", "[url=https://sun.com/] Economy"],
        &["[url=https://other.example/a] the economy", "[url=https://sun.com/] weather"],
    ),
    (
        Dialect::Brandwatch,
        BRANDWATCH_BRACKETS,
        "apple NOT (juice OR pie OR sauce)",
        &["an apple"],
        &["apple juice", "apple sauce", "an apple for a pie", "pear"],
    ),
    (
        Dialect::Brandwatch,
        BRANDWATCH_WILDCARDS,
        "Kisse* OR bel??ve OR customi?e",
        &["Kisses", "she kissed", "I beleive", "believe", "customize and customise"],
        &["kissing", "belve", "customie", "kiss"],
    ),
    (
        Dialect::Brandwatch,
        BRANDWATCH_PLACES,
        "country:gbr AND \"apple juice\"",
        &["[country=GB] apple juice"],
        &["[country=US] apple juice", "apple juice", "[country=GB] apple pie"],
    ),
    (Dialect::Talkwalker, TALKWALKER_SYNTAX, "BMW AND bike", &["a bike by BMW"], &["a BMW", "my bike"]),
    (Dialect::Talkwalker, TALKWALKER_SYNTAX, "BMW AND NOT bike", &["a BMW"], &["a bike by BMW", "a car"]),
    (Dialect::Talkwalker, TALKWALKER_SYNTAX, "chocolate -swiss", &["chocolate"], &["Swiss chocolate", "swiss"]),
    (
        Dialect::Talkwalker,
        TALKWALKER_SYNTAX,
        "BMW -site:”mysite.com”",
        &["[url=https://other.example/1] BMW"],
        &["[url=https://www.mysite.com/1] BMW"],
    ),
    (Dialect::Talkwalker, TALKWALKER_SYNTAX, "“BMW series”", &["the BMW series"], &["a series by BMW", "BMW"]),
    (
        Dialect::Talkwalker,
        TALKWALKER_SYNTAX,
        "BlackBerry site:”www.cnet.com” site:”bild.de”",
        &["[url=https://www.cnet.com/1] BlackBerry", "[url=https://bild.de/1] BlackBerry"],
        &["[url=https://other.example/1] BlackBerry", "[url=https://bild.de/1] Nokia", "BlackBerry"],
    ),
    (
        Dialect::Talkwalker,
        TALKWALKER_SYNTAX,
        "BMW AND (motorcycle OR car)",
        &["a BMW motorcycle", "car of BMW"],
        &["BMW", "a car"],
    ),
    (
        Dialect::Talkwalker,
        TALKWALKER_SYNTAX,
        "Luxemb*",
        &["Luxembourg", "in Luxemburg", "Luxemburgish"],
        &["Lux", "Belgium"],
    ),
    (
        Dialect::Meltwater,
        MELTWATER_MASTER_1,
        "apple AND (watch OR iwatch OR IPHONE) NOT (\"apple sauce\" OR \"apple juice\" OR \"apple orchard*\")",
        &["the new apple watch", "apple makes the iPhone"],
        &["apple", "watch", "watch me drink apple juice", "watch the apple orchards"],
    ),
    (
        Dialect::Meltwater,
        MELTWATER_MASTER_2,
        "Apple NEAR watch",
        &["Apple watch", "watch what they do at Apple"],
        &["Apple is what all of them like to watch", "apple"],
    ),
    (
        Dialect::Meltwater,
        MELTWATER_MASTER_2,
        "Apple ONEAR/10 watch",
        &["Apple says that it will make a new watch"],
        &["watch Apple", "Apple"],
    ),
    (
        Dialect::Meltwater,
        MELTWATER_MASTER_2,
        "Apple NOT “apple juice”",
        &["Apple", "an apple and some juice"],
        &["apple juice"],
    ),
    (
        Dialect::Meltwater,
        MELTWATER_BOOLEAN,
        "(\"sailboat\" or \"boat\") AND \"racing\"",
        &["boat racing", "racing a sailboat"],
        &["a boat", "racing"],
    ),
    (
        Dialect::Meltwater,
        MELTWATER_MASTER_3,
        "apple AND (watch OR iwatch OR iphone OR ios OR macbook)^9 NOT (\"apple sauce\" OR \"apple juice\")",
        &["apple macbook"],
        &["apple", "iphone", "apple macbook and apple sauce"],
    ),
    (
        Dialect::Meltwater,
        MELTWATER_SPEED,
        "(shop OR shops OR Shopped OR shopping) NEAR (center OR centers)",
        &["a shopping center", "the center with all my shops"],
        &["I shop a lot when I go to the big center", "shop", "center"],
    ),
];

#[test]
fn documented_examples_mean_what_their_manuals_say() {
    for (dialect, address, query, found, not_found) in DOCUMENTED {
        let (import, set) = imported(*dialect, query);
        for line in *found {
            assert!(is_found(&set, line), "{query} ({address}) finds {line:?}; became {}", import.line);
        }
        for line in *not_found {
            assert!(!is_found(&set, line), "{query} ({address}) does not find {line:?}; became {}", import.line);
        }
        assert!(address.starts_with("https://"));
    }
    for dialect in Dialect::ALL {
        let count = DOCUMENTED.iter().filter(|example| example.0 == dialect).count();
        assert!(count >= 5, "five examples of {dialect:?}, {count} found");
    }
}

/// A long query with posts that say what it means.
struct Fixture {
    name: String,
    dialect: Dialect,
    query: String,
    found: Vec<String>,
    not_found: Vec<String>,
    near_misses: usize,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/query_import")
}

fn fixtures() -> Vec<Fixture> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder()).expect("fixtures").map(|entry| entry.expect("entry").path()).collect();
    paths.sort();
    paths.iter().map(|path| fixture(path)).collect()
}

/// `== dialect NAME`, then sections `== query`, `== found`, `== not found`, `== near misses`.
fn fixture(path: &Path) -> Fixture {
    let name = path.file_name().expect("a file").to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).expect("UTF-8");
    let section = |title: &str| -> Vec<String> {
        let head = format!("== {title}\n");
        let (_, rest) = text.split_once(&head).unwrap_or_else(|| panic!("{name}: no section {title}"));
        let body = rest.split("\n== ").next().unwrap_or_default();
        body.lines().filter(|line| !line.trim().is_empty()).map(ToOwned::to_owned).collect()
    };
    let dialect = Dialect::ALL
        .into_iter()
        .find(|dialect| text.starts_with(&format!("== dialect {}\n", dialect.name())))
        .unwrap_or_else(|| panic!("{name}: no dialect"));
    let near = section("near misses");
    let not_found: Vec<String> = section("not found").into_iter().chain(near.clone()).collect();
    Fixture {
        dialect,
        query: section("query").join("\n"),
        found: section("found"),
        not_found,
        near_misses: near.len(),
        name,
    }
}

#[test]
fn long_queries_match_their_posts_as_meant() {
    let mut wrong = Vec::new();
    let fixtures = fixtures();
    assert!(fixtures.len() >= 8, "{} fixtures", fixtures.len());
    for fixture in &fixtures {
        let (import, set) = imported(fixture.dialect, &fixture.query);
        let name = &fixture.name;
        let tree = parse(&import.query).expect("imports parse");
        println!("{name}: {} terms, {} losses", terms(&tree), import.losses.len());
        assert!((200..=1500).contains(&terms(&tree)), "{name}: {} terms", terms(&tree));
        assert_eq!((fixture.found.len(), fixture.not_found.len()), (25, 25), "{name}: posts");
        assert!(fixture.near_misses >= 10, "{name}: near misses");
        wrong.extend(
            fixture.found.iter().filter(|line| !is_found(&set, line)).map(|line| format!("{name}: lost: {line}")),
        );
        wrong.extend(
            fixture.not_found.iter().filter(|line| is_found(&set, line)).map(|line| format!("{name}: found: {line}")),
        );
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn long_queries_lint_and_explain() {
    for fixture in fixtures() {
        let (import, _) = imported(fixture.dialect, &fixture.query);
        let errors: Vec<_> = lint(&import.query).into_iter().filter(|lint| lint.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", fixture.name);
        let tree = parse(&import.query).expect("imports parse");
        let said = explain(&tree);
        println!("{}\n{said}\n", fixture.name);
        assert!(said.lines().count() <= OUTLINE_LINES_MAX && said.len() < 6000, "{}: {said}", fixture.name);
        assert!(said.contains("What:") && said.contains("Except:"), "{}: {said}", fixture.name);
        let lost = import.losses.iter().filter(|loss| loss.effect != Effect::Same).count();
        assert!(
            import.losses.iter().all(|loss| !loss.why.is_empty()) && lost <= 20,
            "{}: {:?}",
            fixture.name,
            import.losses
        );
    }
}
