//! Contract: the default pack with one fault each: every fault is told with its file, its line and a suggestion, and where
//! a machine can do what the suggestion says, doing it mends the pack.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test say by panicking what is wrong")]

#[path = "support/faults_of_packs.rs"]
mod faults_of_packs;

use faults_of_packs::{FAULTS, broken};
use groundswell::mention::Timestamp;
use groundswell::rules::{self, Problem, SourceFile, load, shipped};

/// The day on which ends are judged.
const TODAY: &str = "2026-03-03T12:00:00Z";

fn now() -> Timestamp {
    TODAY.parse().unwrap()
}

/// Everything that is told of a pack, whether it loads or not.
fn told(files: &[SourceFile]) -> Vec<Problem> {
    match load(files, &[]) {
        Ok(pack) => {
            rules::lint(&pack).into_iter().chain(rules::overdue(&pack, now())).map(|found| found.problem).collect()
        }
        Err(problems) => problems,
    }
}

/// What a machine can do of a suggestion: put another word where the offending one stands.
fn mended(files: &[SourceFile], problem: &Problem) -> Option<Vec<SourceFile>> {
    let suggestion = problem.suggestion.as_deref()?;
    let word = suggestion.strip_prefix("did you mean \"").and_then(|rest| rest.strip_suffix("\"?"));
    let number = || suggestion.strip_prefix("write ").filter(|rest| rest.parse::<f64>().is_ok());
    let word = word.or_else(number)?;
    let mut files = files.to_vec();
    let file = files.iter_mut().find(|file| file.path == problem.path)?;
    let mut lines: Vec<String> = file.text.lines().map(str::to_owned).collect();
    let line = lines.get_mut(problem.line as usize - 1)?;
    let start = line.char_indices().nth(problem.column as usize - 1)?.0;
    let start = start + line[start..].find(&problem.text)?;
    line.replace_range(start..start + problem.text.len(), word);
    file.text = lines.join("\n") + "\n";
    Some(files)
}

#[test]
fn the_default_pack_has_no_fault() {
    assert_eq!(told(&shipped()), []);
}

#[test]
fn sixty_faults_are_told_with_file_line_and_suggestion_and_what_it_says_mends_them() {
    let (mut wrong, mut mends) = (Vec::new(), 0);
    for fault in FAULTS {
        let (path, _, to, shift, message, suggestion) = fault;
        let (files, line) = broken(fault);
        let all = told(&files);
        let line = line.saturating_add_signed(*shift);
        let is_it =
            |problem: &&Problem| problem.path == *path && problem.line == line && problem.message.contains(message);
        let said = |problem: &&Problem| problem.suggestion.as_ref().is_some_and(|said| said.contains(suggestion));
        let Some(problem) = all.iter().find(is_it).filter(said) else {
            wrong.push(format!("{path} {to:?}, wanted line {line}, {message:?}, {suggestion:?}: {all:#?}"));
            continue;
        };
        if let Some(mended) = mended(&files, problem) {
            mends += 1;
            let left = told(&mended);
            if !left.is_empty() {
                wrong.push(format!("{problem}: {left:#?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {}", wrong.len(), FAULTS.len(), wrong.join("\n"));
    assert!(FAULTS.len() >= 60 && mends >= 30, "{} faults, {mends} mended", FAULTS.len());
}
