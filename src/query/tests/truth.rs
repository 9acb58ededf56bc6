//! What a query means, told a second time and as plainly as possible: every place of every word by looking at every
//! token, every pair, every choice. The engine must agree with it, on truth and on spans.
//!
//! Shares with the engine the parser, the tokens and `Exact`, and nothing of how terms are found or combined.
//! `GROUNDSWELL_QUERY_SEEDS=20 GROUNDSWELL_QUERY_CASES=100000` makes the long run.

use crate::mention::{Entity, EntityKind};
use crate::query::ast::{Form, Fuzzy, Node, Shape, Word};
use crate::query::field::{FieldTest, Names};
use crate::query::*;
use crate::text::{Token, TokenKind};
use std::collections::BTreeSet;

/// Positions of the first word and after the last one, and the bytes.
type Place = (u32, u32, Span);

struct Naive<'n> {
    trees: &'n [Node],
    names: &'n [&'n str],
    document: &'n Document,
    title: &'n Document,
    fields: &'n Fields<'n>,
}

impl Naive<'_> {
    fn named(&self, name: &str) -> &Node {
        let number = self.names.iter().position(|known| *known == name).expect("generated references are right");
        &self.trees[number]
    }

    fn holds(&self, node: &Node) -> bool {
        match &node.form {
            Form::Words(_) => !self.places(node, self.document).is_empty(),
            Form::Regex(pattern) => ::regex::Regex::new(pattern).expect("right").is_match(self.document.text()),
            Form::Field(test) => self.field_holds(test),
            Form::Reference(name) => self.holds(self.named(name)),
            Form::All(nodes) => nodes.iter().all(|node| self.holds(node)),
            Form::Any(nodes) => nodes.iter().any(|node| self.holds(node)),
            Form::Except(base, others) => self.holds(base) && !others.iter().any(|other| self.holds(other)),
            Form::Near { sides, distance, is_ordered } => !self.pairs(sides, *distance, *is_ordered).is_empty(),
            Form::Within { parts, distance } => !self.choices(parts, *distance).is_empty(),
        }
    }

    fn field_holds(&self, test: &FieldTest) -> bool {
        let written = |word: &Word| !word_places(word, self.document).is_empty();
        match test {
            FieldTest::Hashtag(word) | FieldTest::Mentions(word) if written(word) => true,
            FieldTest::Title(words) => !rows(words, self.title).is_empty(),
            test => test.test(self.fields, &mut Names::default()) == Truth::True,
        }
    }

    /// Where something stands that has places.
    fn places(&self, node: &Node, document: &Document) -> BTreeSet<Place> {
        match &node.form {
            Form::Words(words) if words.len() == 1 => word_places(&words[0], document),
            Form::Words(words) => rows(words, document),
            Form::Any(nodes) => nodes.iter().flat_map(|node| self.places(node, document)).collect(),
            Form::Reference(name) => self.places(self.named(name), document),
            Form::Near { sides, distance, is_ordered } => {
                let hulls: BTreeSet<Place> =
                    self.pairs(sides, *distance, *is_ordered).iter().map(|(a, b)| hull(*a, *b)).collect();
                let covers = |a: &Place, b: &Place| a.0 <= b.0 && b.1 <= a.1 && (a.0, a.1) != (b.0, b.1);
                let tight = hulls.iter().filter(|hull| !hulls.iter().any(|other| covers(hull, other)));
                first_of_each(tight.copied().collect())
            }
            _ => panic!("{node} has no place"),
        }
    }

    /// Every left and right side that are near each other.
    fn pairs(&self, sides: &(Node, Node), distance: u32, is_ordered: bool) -> Vec<(Place, Place)> {
        let (left, right) = (self.places(&sides.0, self.document), self.places(&sides.1, self.document));
        let mut pairs = Vec::new();
        for a in &left {
            for b in &right {
                if is_before(a, b, distance) || (!is_ordered && is_before(b, a, distance)) {
                    pairs.push((*a, *b));
                }
            }
        }
        pairs
    }

    /// Every choice of one place for each part, no two further apart than the distance.
    fn choices(&self, parts: &[Node], distance: u32) -> Vec<Vec<Place>> {
        let mut choices: Vec<Vec<Place>> = vec![Vec::new()];
        for part in parts {
            let places = self.places(part, self.document);
            choices = choices
                .iter()
                .flat_map(|choice| places.iter().map(|place| [&choice[..], &[*place]].concat()))
                .filter(|choice| {
                    let words_between = |a: &Place, b: &Place| (start(b) - end(a)).div_euclid(2);
                    choice.iter().all(|a| choice.iter().all(|b| words_between(a, b) <= i64::from(distance)))
                })
                .collect();
        }
        choices
    }

    fn spans(&self, node: &Node) -> BTreeSet<Span> {
        let of = |places: BTreeSet<Place>| places.into_iter().map(|place| place.2).collect();
        match &node.form {
            Form::Words(_) => of(self.places(node, self.document)),
            Form::Regex(pattern) => {
                let span = |found: ::regex::Match<'_>| Span {
                    start: u32::try_from(found.start()).expect("short"),
                    end: u32::try_from(found.end()).expect("short"),
                };
                let regex = ::regex::Regex::new(pattern).expect("right");
                regex.find_iter(self.document.text()).map(span).collect()
            }
            Form::Field(FieldTest::Hashtag(word) | FieldTest::Mentions(word)) => of(word_places(word, self.document)),
            Form::Field(_) => BTreeSet::new(),
            Form::Reference(name) => self.spans(self.named(name)),
            Form::All(nodes) | Form::Any(nodes) => {
                nodes.iter().filter(|node| self.holds(node)).flat_map(|node| self.spans(node)).collect()
            }
            Form::Except(base, _) => self.spans(base),
            Form::Near { sides, distance, is_ordered } => {
                self.pairs(sides, *distance, *is_ordered).iter().flat_map(|(a, b)| [a.2, b.2]).collect()
            }
            Form::Within { parts, distance } => {
                self.choices(parts, *distance).iter().flatten().map(|place| place.2).collect()
            }
        }
    }
}

/// In half positions, so that a sign stands before the word of its position.
fn start(place: &Place) -> i64 {
    2 * i64::from(place.0) + i64::from(place.0 < place.1)
}

fn end(place: &Place) -> i64 {
    2 * i64::from(place.1)
}

fn is_before(a: &Place, b: &Place, distance: u32) -> bool {
    let gap = start(b) - end(a);
    gap >= 0 && start(a) < start(b) && gap / 2 <= i64::from(distance)
}

fn hull(a: Place, b: Place) -> Place {
    let span = Span { start: a.2.start.min(b.2.start), end: a.2.end.max(b.2.end) };
    (a.0.min(b.0), a.1.max(b.1), span)
}

/// Of places over the same positions the one with the first span.
fn first_of_each(places: BTreeSet<Place>) -> BTreeSet<Place> {
    let mut last = None;
    places.into_iter().filter(|place| last.replace((place.0, place.1)) != Some((place.0, place.1))).collect()
}

fn rows(words: &[Word], document: &Document) -> BTreeSet<Place> {
    let lists: Vec<BTreeSet<Place>> = words.iter().map(|word| word_places(word, document)).collect();
    let covering = |list: &BTreeSet<Place>| list.iter().copied().filter(|place| place.0 < place.1).collect::<Vec<_>>();
    let mut chains = covering(&lists[0]);
    for list in &lists[1..] {
        let next = covering(list);
        chains = chains
            .iter()
            .flat_map(|chain| next.iter().filter(|place| place.0 == chain.1).map(|place| hull(*chain, *place)))
            .collect();
    }
    let chains = chains.into_iter().collect();
    if words.len() == 1 { chains } else { first_of_each(chains) }
}

fn word_places(word: &Word, document: &Document) -> BTreeSet<Place> {
    let mut places = BTreeSet::new();
    for token in document.tokens() {
        let here = (token.position, token.position_end, token.original);
        if is_asked_for(word, token, document) {
            places.insert(here);
        }
        if let Shape::Whole(wanted) = &word.shape {
            places.extend(within_katakana(wanted, word, token, document));
        }
        let Shape::Fuzzy(fuzzy) = &word.shape else { continue };
        for next in document.tokens().iter().filter(|next| is_word(next) && next.position == token.position_end) {
            let joined = format!("{}{}", document.token_text(token), document.token_text(next));
            if is_word(token) && edits(&fuzzy.word, &joined) < usize::from(fuzzy.edits) {
                places.insert(hull(here, (next.position, next.position_end, next.original)));
            }
        }
    }
    places
}

fn is_word(token: &Token) -> bool {
    matches!(token.kind, TokenKind::Word | TokenKind::Part)
}

fn is_asked_for(word: &Word, token: &Token, document: &Document) -> bool {
    let (folded, original) = (document.token_text(token), document.original(token.original));
    let mut plain = String::new();
    let has_plain = word.exact.is_none() && !folded.is_ascii();
    let has_plain = has_plain && crate::text::lookalike::plain_form(original, &mut plain);
    let forms = [Some(folded), has_plain.then_some(plain.as_str())];
    let shape = |form: &str| match &word.shape {
        Shape::Whole(wanted) => form == wanted,
        Shape::Pattern(pattern) => glob(form, &pattern.prefix, &pattern.rest, pattern.is_open),
        Shape::Fuzzy(Fuzzy { word, edits: allowed }) => {
            is_word(token) && form == folded && edits(word, form) <= usize::from(*allowed)
        }
    };
    let exact = word.exact.as_ref().is_none_or(|exact| match &word.shape {
        Shape::Pattern(_) => exact.accepts_start(original, ast::Pattern::ANY),
        _ => exact.accepts(original),
    });
    exact && forms.into_iter().flatten().any(shape)
}

fn glob(text: &str, prefix: &str, rest: &str, is_open: bool) -> bool {
    let wanted: Vec<char> = prefix.chars().chain(rest.chars()).collect();
    let text: Vec<char> = text.chars().collect();
    let fits = if is_open { text.len() >= wanted.len() } else { text.len() == wanted.len() };
    let is_any = |c: char| c == ast::Pattern::ANY;
    fits && wanted.iter().zip(&text).all(|(w, c)| w == c || (is_any(*w) && c.is_alphanumeric()))
}

fn within_katakana(wanted: &str, word: &Word, token: &Token, document: &Document) -> Vec<Place> {
    let is_katakana = |c: char| matches!(c, 'ァ'..='ヺ' | 'ー'..='ヾ');
    if wanted.chars().count() < 2 || !wanted.chars().all(is_katakana) {
        return Vec::new();
    }
    let folded = document.token_text(token);
    let mut places = Vec::new();
    for (at, _) in folded.char_indices().filter(|(at, _)| folded[*at..].starts_with(wanted)) {
        let from = token.folded.start as usize + at;
        let span = document.original_place(from..from + wanted.len());
        if word.exact.as_ref().is_none_or(|exact| exact.accepts(document.original(span))) {
            places.push((token.position, token.position_end, span));
        }
    }
    places
}

/// Edits between two words whose first letters agree; many where they do not.
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.first() != b.first() {
        return usize::MAX;
    }
    let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            table[i][j] = match (i, j) {
                (0, j) => j,
                (i, 0) => i,
                (i, j) => {
                    let replaced = table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                    let swaps = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                    let swapped = if swaps { table[i - 2][j - 2] + 1 } else { usize::MAX };
                    replaced.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1).min(swapped)
                }
            };
        }
    }
    table[a.len()][b.len()]
}

// ---- random queries and texts

/// Xorshift*: equal seeds, equal cases, on every machine.
pub(super) struct Random(u64);

impl Random {
    /// For a seed; small ones are as good as large ones.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound as u64).expect("small")
    }

    pub fn pick<'p>(&mut self, from: &[&'p str]) -> &'p str {
        from[self.below(from.len())]
    }
}

const WORDS: [&str; 31] = [
    "a",
    "b",
    "c",
    "ab",
    "é",
    "e",
    "ab*",
    "e?",
    "a?*",
    "\"a b\"",
    "\"a b a\"",
    "\"eb* b\"",
    "\"a* b*\"",
    "#a",
    "#ab",
    "@b",
    "{A}",
    "{aB}",
    "任天",
    "任",
    "😡",
    "%",
    "$ab",
    "a-b",
    "b.a",
    "aabba~1",
    "abbab~2",
    "ソニ",
    "トソニ",
    "アソ*",
    "cab*",
];

const OTHERS: [&str; 19] = [
    "language:en",
    "platform:x",
    "kind:post",
    "author_followers:[5 TO 9]",
    "language:de",
    "/[ab]{3}/",
    "/b #?a/",
    "/(?i)é[^a]/",
    "sentiment:negative",
    "intent:outage",
    "title:a",
    "title:\"a b\"",
    "hashtag:ab",
    "mentions:b",
    "author:ab",
    "rating:[1 TO 3]",
    "url:a.example",
    "site:a.example/",
    "container:(ab OR b)",
];

const PIECES: [&str; 46] = [
    "a",
    "b",
    "A",
    "B",
    "c",
    "ab",
    "AB",
    "aB",
    "cab",
    "é",
    "e",
    "e\u{301}",
    "É",
    "eb",
    "#a",
    "#aB",
    "#AaBb",
    "#Ab.C",
    "@b",
    "$ab",
    "任",
    "天",
    "ソニ",
    "トソニー",
    "アソ",
    "😡",
    "%",
    "%%",
    "ab\u{200b}",
    "ａ",
    "аb",
    "ᴀʙ",
    "aabba",
    "aaba",
    "abba",
    "bab",
    "aab ba",
    "abb ab",
    " ",
    " ",
    " ",
    " ",
    "-",
    ".",
    "_",
    ", ",
];

fn near_operator(random: &mut Random) -> String {
    format!(" NEAR/{}{} ", random.below(4), random.pick(&["", "f"]))
}

/// Something that has places.
fn placed(random: &mut Random, depth: usize, earlier: usize) -> String {
    match random.below(if depth == 0 { 1 } else { 8 }) {
        0..=3 => random.pick(&WORDS).to_owned(),
        4 if earlier > 0 => "@{words}".to_owned(),
        4 | 5 => format!("({} OR {})", placed(random, depth - 1, earlier), placed(random, depth - 1, earlier)),
        _ => {
            let near = near_operator(random);
            format!("({}{near}{})", placed(random, depth - 1, earlier), placed(random, depth - 1, earlier))
        }
    }
}

fn group(random: &mut Random) -> String {
    let count = 2 + random.below(2);
    let part = |random: &mut Random| match random.below(3) {
        0 => format!("({} OR {})", random.pick(&WORDS), random.pick(&WORDS)),
        _ => random.pick(&WORDS).to_owned(),
    };
    let parts: Vec<String> = (0..count).map(|_| part(random)).collect();
    format!("({})~{}", parts.join(" AND "), random.below(5))
}

pub(super) fn query(random: &mut Random, depth: usize, earlier: usize) -> String {
    match random.below(if depth == 0 { 4 } else { 10 }) {
        0 | 1 => random.pick(&WORDS).to_owned(),
        2 => random.pick(&OTHERS).to_owned(),
        3 => group(random),
        4 => placed(random, 2, earlier),
        5 if earlier > 0 => "@{earlier}".to_owned(),
        _ => {
            let operator = random.pick(&[" AND ", " OR ", " NOT "]);
            let parts: Vec<String> = (0..2 + random.below(2)).map(|_| query(random, depth - 1, earlier)).collect();
            format!("({})", parts.join(operator))
        }
    }
}

pub(super) fn text(random: &mut Random) -> String {
    (0..random.below(14)).map(|_| random.pick(&PIECES)).collect()
}

/// Which case failed, so that it can be run again.
struct Case {
    seed: u64,
    number: usize,
}

/// Compares one set on one text; says how many of its queries matched, of how many.
fn check_case(random: &mut Random, case: &Case, scratch: &mut Scratch) -> (usize, usize) {
    let mut queries = vec!["(a OR b OR \"a b\" OR cab)".to_owned(), query(random, 2, 0)];
    while parse(&queries[1]).is_err() {
        queries[1] = query(random, 2, 0);
    }
    for number in 0..1 + random.below(3) {
        // A group with the same word twice is refused: another one, then.
        let next = query(random, 3, 1 + number);
        if parse(&next).is_ok() {
            queries.push(next);
        }
    }
    let (text, title) = (text(random), text(random));
    let entities = [
        Entity { kind: EntityKind::Hashtag, value: "aB".to_owned(), start: 0, end: 0 },
        Entity { kind: EntityKind::Url, value: "https://a.example/x".to_owned(), start: 0, end: 0 },
    ];
    let known = Fields {
        platform: random.pick(&["x", "mastodon"]),
        kind: random.pick(&["post", "reply"]),
        language: [None, Some("en"), Some("de-AT")][random.below(3)],
        author_followers: [None, Some(5), Some(12)][random.below(3)],
        author_handle: [None, Some("AB")][random.below(2)],
        entities: &entities[..random.below(3)],
        rating_thousandths: [None, Some(2000), Some(5000)][random.below(3)],
        url: [None, Some("https://b.a.example/")][random.below(2)],
        container: [[None, None], [Some("AB"), Some("b")]][random.below(2)],
        sentiment: [None, Some("negative")][random.below(2)],
        intents: [None, Some(&["outage"][..])][random.below(2)],
        title: Some(title.as_str()).filter(|_| random.below(2) > 0),
        ..Fields::default()
    };
    let at_first = match random.below(2) {
        0 => known,
        _ => Fields { language: None, sentiment: None, intents: None, ..known },
    };
    let names = ["words", "earlier"];
    let told =
        || format!("seed {} case {}: {queries:#?} on {text:?}, title {title:?}, {known:?}", case.seed, case.number);
    let set = match QuerySet::compile_named(&names, &queries) {
        Ok(set) => set,
        // A reference beside NEAR to something without a place.
        Err(refused) if refused[0].diagnostic.message == parse::NO_PLACE => return (0, 0),
        Err(refused) => panic!("{}: {refused:?}", told()),
    };
    let trees: Vec<Node> = queries.iter().map(|query| parse(query).expect("right")).collect();
    for tree in &trees {
        assert_eq!(parse(&tree.to_string()).as_ref(), Ok(tree), "{tree}");
    }
    let (document, title) = (Document::new(&text), Document::new(known.title.unwrap_or_default()));
    let complete = known.complete();
    let naive = Naive { trees: &trees, names: &names, document: &document, title: &title, fields: &complete };
    let candidates: Vec<Candidate> = set.find(&document, &at_first, scratch).to_vec();
    let mut found: Vec<Match> = Vec::new();
    set.finish_with(&document, &known, scratch, |matched| found.push(matched));
    let expected: Vec<u32> =
        (0_u32..).zip(&trees).filter(|(_, tree)| naive.holds(tree)).map(|(number, _)| number).collect();
    assert_eq!(found.iter().map(|found| found.query).collect::<Vec<_>>(), expected, "{}", told());
    let settled = candidates.iter().filter(|candidate| candidate.settled);
    assert!(settled.map(|candidate| candidate.query).all(|query| expected.contains(&query)), "{}", told());
    for matched in &found {
        let spans: Vec<Span> = naive.spans(&trees[matched.query as usize]).into_iter().collect();
        assert_eq!(matched.spans, spans, "query {}, {}", matched.query, told());
        assert!(spans.iter().all(|span| !document.original(*span).is_empty()), "{}", told());
    }
    assert_eq!(set.finish(&candidates, &document, &known), found, "{}", told());
    (found.len(), queries.len())
}

fn number_from(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().map_or(default, |value| value.parse().expect("a whole number"))
}

#[test]
fn the_engine_agrees_with_the_naive_evaluator() {
    let (seeds, cases) = (number_from("GROUNDSWELL_QUERY_SEEDS", 2), number_from("GROUNDSWELL_QUERY_CASES", 3_000));
    let mut scratch = Scratch::default();
    let (mut matched, mut asked) = (0, 0);
    for seed in 1..=seeds {
        let mut random = Random::new(seed);
        for number in 0..usize::try_from(cases).expect("fits") {
            let (found, of) = check_case(&mut random, &Case { seed, number }, &mut scratch);
            matched += found;
            asked += of;
        }
    }
    println!("{seeds} seeds of {cases} cases: {matched} of {asked} queries match, no difference");
    assert!(matched * 10 > asked && matched * 10 < asked * 9, "cases that always or never match show nothing");
}
