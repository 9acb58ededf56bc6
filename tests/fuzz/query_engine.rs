//! Any set of queries on any text: spans lie in the text, the work is bounded, and memory that is used again gives what
//! new memory gives. The input is queries, each ended by a zero byte, and the text.
#![no_main]

use groundswell::query::{Fields, Match, QuerySet, Scratch};
use groundswell::text::Document;
use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;

/// Queries of one set.
const QUERIES_MAX: usize = 8;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

fuzz_target!(|input: &str| {
    let mut parts: Vec<&str> = input.split('\0').take(QUERIES_MAX).collect();
    let text = parts.pop().unwrap_or_default();
    let readable: Vec<&str> = parts.into_iter().filter(|query| groundswell::query::parse(query).is_ok()).collect();
    let Ok(set) = QuerySet::compile(&readable) else { return };
    let document = Document::new(text);
    let used_again = SCRATCH.with_borrow_mut(|scratch| matches(&set, &document, scratch));
    let mut scratch = Scratch::default();
    assert_eq!(used_again, matches(&set, &document, &mut scratch), "{readable:?} on {text:?}");
    let bytes: u64 = readable.iter().map(|query| query.len() as u64 + 10).sum();
    let most = 200 * (text.len() as u64 + 10) * (bytes + 10);
    assert!(scratch.work() <= most, "{} steps for {readable:?} on {} bytes", scratch.work(), text.len());
    for found in used_again {
        let is_in_text =
            |start: u32, end: u32| text.get(start as usize..end as usize).is_some_and(|part| !part.is_empty());
        assert!(found.spans.iter().all(|span| is_in_text(span.start, span.end)), "{readable:?} on {text:?}: {found:?}");
    }
});

fn matches(set: &QuerySet, document: &Document, scratch: &mut Scratch) -> Vec<Match> {
    let mut found = Vec::new();
    set.find(document, &Fields::default(), scratch);
    set.finish_with(document, &Fields::default(), scratch, |one| found.push(one));
    found
}
