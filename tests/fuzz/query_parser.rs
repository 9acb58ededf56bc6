//! Any query text gives a tree or faults; what can be read can be linted, explained and imported.
#![no_main]

use groundswell::query::explain::explain;
use groundswell::query::import::{Dialect, import};
use groundswell::query::lint::lint;
use groundswell::query::{Diagnostic, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|query: &str| {
    for finding in lint(query) {
        has_a_place(&finding.diagnostic, query);
    }
    match parse(query) {
        Ok(tree) => assert!(!explain(&tree).is_empty(), "{query:?} has no explanation"),
        Err(faults) => {
            assert!(!faults.is_empty(), "{query:?} is refused without a fault");
            faults.iter().for_each(|fault| has_a_place(fault, query));
        }
    }
    for dialect in Dialect::ALL {
        match import(dialect, query) {
            Ok(imported) => {
                assert!(parse(&imported.query).is_ok(), "{dialect:?} {query:?} became {:?}", imported.query);
                assert!(parse(&imported.line).is_ok(), "{dialect:?} {query:?} became {:?}", imported.line);
            }
            Err(faults) => faults.iter().for_each(|fault| has_a_place(fault, query)),
        }
    }
});

fn has_a_place(fault: &Diagnostic, query: &str) {
    let (start, end) = (fault.span.start as usize, fault.span.end as usize);
    assert!(query.get(start..end).is_some(), "{query:?}: {fault:?} points at no text");
    assert!(fault.render("query", query).contains('^'), "{query:?}: {fault:?} has no caret");
}
