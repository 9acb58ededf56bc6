//! `/…/`: regular expressions that are found in the text as written, with case. Checked here and compiled when a set
//! is; never backtracks: the `regex` crate searches in time linear in the text.

use super::diagnostic::Diagnostic;
use regex::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::Hir;
use regex_syntax::hir::literal::{ExtractKind, Extractor};
use std::ops::Range;

/// Bytes of the longest expression.
pub const REGEX_BYTES_MAX: usize = 512;
/// Bytes of the largest compiled expression.
pub const REGEX_SIZE_MAX: usize = 1 << 17;
/// Literals taken from one expression.
const LITERALS_MAX: usize = 128;
/// Brackets within brackets.
const NEST_MAX: u32 = 16;

/// Checks an expression.
pub(super) fn check(pattern: &str, span: &Range<usize>) -> Result<(), Diagnostic> {
    let fault = |message: String| Diagnostic::new(span.clone(), message);
    if pattern.len() > REGEX_BYTES_MAX {
        return Err(fault(format!("a regular expression is longer than {REGEX_BYTES_MAX} bytes")));
    }
    compile(pattern).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => {
            fault(format!("a regular expression is larger than {REGEX_SIZE_MAX} bytes when compiled"))
                .suggest("write shorter repetitions, or [0-9] in place of \\d")
        }
        error => {
            // The last line says what is wrong; the lines before repeat the expression.
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
            fault(format!("not a regular expression: {reason}")).suggest("put the text in quotes if it is none")
        }
    })?;
    if parsed(pattern).is_none_or(|hir| hir.properties().minimum_len().unwrap_or(0) == 0) {
        return Err(fault("the regular expression matches everywhere: it may be empty".to_owned())
            .suggest("ask for at least one character"));
    }
    Ok(())
}

fn parsed(pattern: &str) -> Option<Hir> {
    ParserBuilder::new().nest_limit(NEST_MAX).build().parse(pattern).ok()
}

/// Literals of which one stands in every text that the expression is found in, where they are few and long enough to
/// say something; `None` where every text must be searched.
pub(super) fn literals(pattern: &str) -> Option<Vec<Vec<u8>>> {
    let hir = parsed(pattern)?;
    let of_kind = |is_prefix: bool| {
        let mut extractor = Extractor::new();
        extractor.kind(if is_prefix { ExtractKind::Prefix } else { ExtractKind::Suffix }).limit_total(LITERALS_MAX);
        let mut found = extractor.extract(&hir);
        if is_prefix {
            found.optimize_for_prefix_by_preference();
        } else {
            found.optimize_for_suffix_by_preference();
        }
        let literals: Vec<Vec<u8>> = found.literals()?.iter().map(|literal| literal.as_bytes().to_vec()).collect();
        let shortest = literals.iter().map(Vec::len).min()?;
        (shortest > 0).then_some((shortest, literals))
    };
    let best = [of_kind(true), of_kind(false)];
    let best = best.into_iter().flatten().max_by_key(|(shortest, literals)| (*shortest, usize::MAX - literals.len()));
    best.map(|(_, literals)| literals)
}

/// Compiles a checked expression.
pub(super) fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(REGEX_SIZE_MAX).dfa_size_limit(REGEX_SIZE_MAX).nest_limit(NEST_MAX).build()
}
