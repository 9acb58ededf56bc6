//! Fuzzing: queries and texts broken at random must give a set or faults, and a set must cost no more than its size and
//! the text's, whatever stands in them.
//!
//! A test like any other, of fixed length; `tests/run fuzz` runs long, and sees which branches a case takes.

use super::truth::{Random, query, text};
use crate::query::*;

/// Cases of a run.
const CASES: usize = 4_000;

/// Pieces that mean something to the language, or to Unicode.
const PIECES: [&str; 40] = [
    "(",
    ")",
    "((((((((",
    "\"",
    "“",
    "{",
    "}",
    "[",
    "]",
    "@{",
    "~",
    "~1",
    "~2",
    "~100",
    "/",
    "\\",
    "*",
    "?",
    ":",
    "<<<",
    ">>>",
    " AND ",
    " OR ",
    " NOT ",
    " NEAR/3 ",
    " NEAR/3f ",
    "title:",
    "rating:[1 TO 2]",
    "#",
    "\u{301}",
    "\u{200d}",
    "\u{200b}",
    "\u{feff}",
    "👍🏿",
    "任",
    "ソ",
    "ﷺ",
    "\u{1d173}",
    "\0",
    "\u{10ffff}",
];

/// Breaks a text: pieces put in, bytes changed, parts cut out, doubled or repeated many times.
fn broken(random: &mut Random, text: String) -> String {
    let mut bytes = text.into_bytes();
    for _ in 0..random.below(8) {
        let at = random.below(bytes.len() + 1);
        let until = (at + random.below(12)).min(bytes.len());
        match random.below(6) {
            0 | 1 => drop(bytes.splice(at..at, random.pick(&PIECES).bytes())),
            2 => drop(bytes.drain(at..until)),
            3 if at < bytes.len() => bytes[at] = u8::try_from(random.below(256)).expect("a byte"),
            4 => {
                let part = bytes[at..until].repeat(1 + random.below(200));
                drop(bytes.splice(at..at, part));
            }
            _ => bytes.extend(random.pick(&PIECES).bytes()),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A set or faults; a set takes bounded work, faults have a place.
pub(super) fn survive(query: &str, text: &str, scratch: &mut Scratch) {
    match QuerySet::compile(&[query]) {
        Ok(set) => {
            let document = Document::new(text);
            set.find(&document, &Fields::default(), scratch);
            let mut matches = 0;
            set.finish_with(&document, &Fields::default(), scratch, |_| matches += 1);
            assert!(matches <= 1);
            let most = 200 * (text.len() as u64 + 10) * (query.len() as u64 + 10);
            assert!(scratch.work() <= most, "{} steps for {query:?} on {} bytes", scratch.work(), text.len());
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
fn broken_queries_and_texts_are_survived() {
    let mut random = Random::new(1);
    let mut scratch = Scratch::default();
    for _ in 0..CASES {
        let whole = query(&mut random, 3, 0);
        let (broken_query, sample) = (broken(&mut random, whole), text(&mut random));
        survive(&broken_query, &broken(&mut random, sample), &mut scratch);
    }
}
