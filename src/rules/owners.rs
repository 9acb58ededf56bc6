//! Who owns which file: whether a CODEOWNERS file covers every file of a pack.
//!
//! As GitHub documents it: patterns as in `.gitignore`, without `!` and `[ ]`; the last pattern that matches decides, and
//! one without an owner leaves the file without. Reads no files.

use super::problem::{Finding, Problem};
use crate::query::lint::Severity as Lint;

/// Steps of matching one path at most: patterns of many stars are answered with no.
const STEPS_MAX: usize = 100_000;

/// Files of a pack without an owner, in the order of the files. `paths` are those of the repository, with `/`; `name` is
/// the path of the file that names owners, `text` what it says.
#[must_use]
pub fn unowned(paths: &[(String, String)], name: &str, text: &str) -> Vec<Finding> {
    let rules: Vec<Rule<'_>> = text.lines().filter_map(Rule::read).collect();
    let bare = |(_, in_repository): &&(String, String)| {
        let last = rules.iter().rev().find(|rule| rule.matches(in_repository));
        !last.is_some_and(|rule| rule.owned)
    };
    let finding = |(path, in_repository): &(String, String)| {
        let folder = in_repository.rsplit_once('/').map_or("", |(folder, _)| folder);
        let problem = Problem {
            path: path.clone(),
            line: 1,
            column: 1,
            text: String::new(),
            message: format!("nobody owns it: no line of {name} covers /{in_repository}"),
            suggestion: Some(format!("add \"/{folder}/ @team\" to {name}").replace("//", "/")),
        };
        Finding { problem, code: "unowned", severity: Lint::Error }
    };
    paths.iter().filter(bare).map(finding).collect()
}

/// One line: a pattern, and whether anybody owns what it matches.
struct Rule<'a> {
    pattern: &'a str,
    owned: bool,
}

impl<'a> Rule<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let line = line.split_once(" #").map_or(line, |(rule, _)| rule).trim();
        // a section of GitLab's, a comment, or what GitHub does not support
        if line.is_empty() || line.starts_with(['#', '!', '[', '^']) {
            return None;
        }
        let mut words = line.split_whitespace();
        let pattern = words.next()?;
        let owned = words.any(|word| word.contains('@'));
        Some(Self { pattern, owned })
    }

    /// A pattern with a slash before its end holds from the root, another anywhere; what names a folder holds for all
    /// below it, save that `folder/*` holds for its own files alone.
    fn matches(&self, path: &str) -> bool {
        let pattern = self.pattern;
        let whole = pattern.strip_suffix('/').unwrap_or(pattern);
        let is_folder = whole.len() < pattern.len();
        let rooted = whole.contains('/');
        let whole = whole.strip_prefix('/').unwrap_or(whole);
        let only_files = rooted && whole.ends_with("/*");
        let ends = path.match_indices('/').map(|(end, _)| end).filter(|_| !only_files);
        let ends = ends.chain((!is_folder).then_some(path.len()));
        let starts = |end: usize| {
            let parts = path[..end].match_indices('/').map(|(slash, _)| slash + 1).filter(|_| !rooted);
            std::iter::once(0).chain(parts)
        };
        let mut steps = 0;
        ends.into_iter()
            .any(|end| starts(end).any(|start| glob(whole.as_bytes(), &path.as_bytes()[start..end], &mut steps)))
    }
}

/// `*` and `?` stand for what holds no slash, `**` for anything; `**/` also for nothing.
fn glob(pattern: &[u8], path: &[u8], steps: &mut usize) -> bool {
    *steps += 1;
    if *steps > STEPS_MAX {
        return false;
    }
    match pattern {
        [] => path.is_empty(),
        [b'*', b'*', b'/', rest @ ..] => {
            let after = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at + 1);
            let starts: Vec<usize> = std::iter::once(0).chain(after).collect();
            starts.into_iter().any(|at| glob(rest, &path[at..], steps))
        }
        [b'*', b'*', rest @ ..] => (0..=path.len()).any(|at| glob(rest, &path[at..], steps)),
        [b'*', rest @ ..] => {
            let length = path.iter().position(|byte| *byte == b'/').unwrap_or(path.len());
            (0..=length).any(|at| glob(rest, &path[at..], steps))
        }
        [b'?', rest @ ..] => path.first().is_some_and(|byte| *byte != b'/') && glob(rest, &path[1..], steps),
        [b'\\', byte, rest @ ..] | [byte, rest @ ..] => path.first() == Some(byte) && glob(rest, &path[1..], steps),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_github_documents() {
        for (pattern, path, matches) in [
            ("*", "rules/teams.yaml", true),
            ("*.yaml", "rules/intents/a.yaml", true),
            ("*.yml", "rules/intents/a.yaml", false),
            ("/rules/", "rules/intents/a.yaml", true),
            ("/rules/", "pack/rules/a.yaml", false),
            ("rules/", "pack/rules/a.yaml", true),
            ("rules", "pack/rules/a.yaml", true),
            ("/rules", "rules/a.yaml", true),
            ("/rules/", "rules", false),
            ("rules/*", "rules/a.yaml", true),
            ("rules/*", "rules/intents/a.yaml", false),
            ("rules/intents", "rules/intents/a.yaml", true),
            ("rules/intents", "pack/rules/intents/a.yaml", false),
            ("**/intents", "pack/rules/intents/a.yaml", true),
            ("**/intents", "intents/a.yaml", true),
            ("/rules/**/a.yaml", "rules/a.yaml", true),
            ("/rules/**/a.yaml", "rules/x/y/a.yaml", true),
            ("/rules/**", "rules/x/y/a.yaml", true),
            ("/rules/t?ams.yaml", "rules/teams.yaml", true),
            ("/rules?teams.yaml", "rules/teams.yaml", false),
            ("/rules/teams", "rules/teams.yaml", false),
            ("teams.yaml", "rules/teams.yaml", true),
        ] {
            assert_eq!(Rule { pattern, owned: true }.matches(path), matches, "{pattern} {path}");
        }
        let stars = format!("{}b", "*a".repeat(60));
        assert!(!Rule { pattern: &stars, owned: true }.matches(&"a".repeat(200)), "it ends");
    }

    #[test]
    fn the_last_line_that_matches_decides_and_what_is_not_owned_is_told() {
        let paths: Vec<(String, String)> = ["teams.yaml", "queries/brand.yaml", "matrix.yaml"]
            .map(|path| (path.to_owned(), format!("rules/{path}")))
            .to_vec();
        for (text, bare) in [
            ("* @all", vec![]),
            ("", vec!["teams.yaml", "queries/brand.yaml", "matrix.yaml"]),
            ("# * @all\n", vec!["teams.yaml", "queries/brand.yaml", "matrix.yaml"]),
            ("/rules/ @ops # all of it\n", vec![]),
            ("/rules/*.yaml ops@example.com\n", vec!["queries/brand.yaml"]),
            ("* @all\n/rules/queries/\n", vec!["queries/brand.yaml"]),
            ("/rules/queries/\n* @all\n", vec![]),
            ("* @all\n/rules/matrix.yaml @ops @legal\n", vec![]),
            ("/rules/teams.yaml @a\n/rules/queries/ @b\n", vec!["matrix.yaml"]),
        ] {
            let found = unowned(&paths, "CODEOWNERS", text);
            let told: Vec<&str> = found.iter().map(|finding| finding.problem.path.as_str()).collect();
            assert_eq!(told, bare, "{text}");
            assert!(found.iter().all(|one| one.problem.suggestion.as_ref().is_some_and(|fix| fix.contains("/rules/"))));
        }
    }
}
