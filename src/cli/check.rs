//! `groundswell check`: every problem of a rule pack, with its place, the offending line and a suggestion.

use super::{Exit, Io};
use crate::config::pack::read_pack;
use crate::rules::{self, Problem, SourceFile};
use anyhow::Context as _;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Check a rule pack: every problem at once, with file, line and what to write instead.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  groundswell check rules/\n\nExit codes: 0 clean, 1 problems, 2 the folder cannot be read."
)]
pub struct CheckArgs {
    /// Folder of the pack.
    pub dir: PathBuf,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// How findings are written.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Runs it.
///
/// # Errors
/// When the folder cannot be read or the output not written.
pub fn run(args: &CheckArgs, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    let files = match read_pack(&args.dir) {
        Ok(files) => files,
        Err(error) => {
            writeln!(io.stderr, "groundswell: {:#}", anyhow::Error::from(error))?;
            return Ok(Exit::Unusable);
        }
    };
    let result = rules::load(&files, &[]);
    let problems = result.as_ref().err().map(|problems| located(&args.dir, problems)).unwrap_or_default();
    match (args.format, &result) {
        (Format::Json, _) => write_json(&problems, result.as_ref().ok(), io.stdout)?,
        (Format::Text, Ok(pack)) => writeln!(
            io.stdout,
            "{}: clean: {} queries, {} teams, {} rows, {} tests, digest {}",
            args.dir.display(),
            pack.queries.len(),
            pack.teams.len(),
            pack.matrix.rows.len(),
            pack.cases.len(),
            pack.digest
        )?,
        (Format::Text, Err(_)) => {
            let files: Vec<SourceFile> = files.into_iter().map(|f| located_file(&args.dir, f)).collect();
            print_problems(&files, &problems, io.stdout)?;
        }
    }
    Ok(if problems.is_empty() { Exit::Ok } else { Exit::Findings })
}

fn located(dir: &Path, problems: &[Problem]) -> Vec<Problem> {
    let with_dir = |p: &Problem| Problem { path: join(dir, &p.path), ..p.clone() };
    problems.iter().map(with_dir).collect()
}

fn located_file(dir: &Path, file: SourceFile) -> SourceFile {
    SourceFile { path: join(dir, &file.path), text: file.text }
}

/// Files by a path that can be opened from where the command was called.
fn join(dir: &Path, path: &str) -> String {
    dir.join(path).display().to_string()
}

fn write_json(problems: &[Problem], pack: Option<&rules::Pack>, out: &mut dyn Write) -> anyhow::Result<()> {
    let digest = pack.map(|pack| pack.digest.as_str());
    let value = serde_json::json!({ "problems": problems, "digest": digest });
    serde_json::to_writer(&mut *out, &value).context("cannot write the findings")?;
    writeln!(out)?;
    Ok(())
}

/// Writes problems for people: the place and what is wrong, the line with a caret, the suggestion; a count at the end.
///
/// `files` are those the problems name, by the same paths.
///
/// # Errors
/// When `out` cannot be written.
pub fn print_problems(files: &[SourceFile], problems: &[Problem], out: &mut dyn Write) -> io::Result<()> {
    for problem in problems {
        writeln!(out, "{}:{}:{}: {}", problem.path, problem.line, problem.column, problem.message)?;
        let file = files.iter().find(|file| file.path == problem.path);
        if let Some(line) = file.and_then(|file| file.text.lines().nth(problem.line as usize - 1)) {
            print_line(line, problem, out)?;
        }
        if let Some(suggestion) = &problem.suggestion {
            writeln!(out, "    = {suggestion}")?;
        }
    }
    let noun = if problems.len() == 1 { "problem" } else { "problems" };
    writeln!(out, "{} {noun}", problems.len())
}

/// The line, cut around the caret where it is very long, and the caret below it.
fn print_line(line: &str, problem: &Problem, out: &mut dyn Write) -> io::Result<()> {
    const WIDTH: usize = 160;
    let at = problem.column.saturating_sub(1) as usize;
    let skipped = if at > WIDTH - 40 { at - 40 } else { 0 };
    let shown: String = line.chars().skip(skipped).take(WIDTH).collect();
    // tabs stay tabs, so that the caret stands below its character
    let pad: String = shown.chars().take(at - skipped).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let room = shown.chars().count().saturating_sub(at - skipped).max(1);
    let carets = "^".repeat(problem.text.chars().count().clamp(1, room));
    writeln!(out, "    | {shown}")?;
    writeln!(out, "    | {pad}{carets}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(line: u32, column: u32, text: &str) -> Problem {
        Problem {
            path: "teams.yaml".into(),
            line,
            column,
            text: text.into(),
            message: "wrong".into(),
            suggestion: Some("did you mean \"x\"?".into()),
        }
    }

    #[test]
    fn problems_show_their_line() {
        let files = [SourceFile { path: "teams.yaml".into(), text: "owner: a\n\tteam: ü bad\n".into() }];
        for (problem, want) in [
            (problem(2, 10, "bad"), "teams.yaml:2:10: wrong\n    | \tteam: ü bad\n    | \t        ^^^\n"),
            (problem(1, 1, ""), "teams.yaml:1:1: wrong\n    | owner: a\n    | ^\n"),
            (problem(9, 1, ""), "teams.yaml:9:1: wrong\n"),
            (problem(1, 500, "gone"), "teams.yaml:1:500: wrong\n    | \n    | ^\n"),
        ] {
            let mut out = Vec::new();
            print_problems(&files, &[problem], &mut out).expect("written");
            let said = String::from_utf8(out).expect("UTF-8");
            assert_eq!(said, format!("{want}    = did you mean \"x\"?\n1 problem\n"));
        }
    }

    fn check(dir: &Path, format: Format) -> (Exit, String, String) {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut io = Io { stdin: &mut io::empty(), stdout: &mut stdout, stderr: &mut stderr };
        let exit = run(&CheckArgs { dir: dir.to_owned(), format }, &mut io).expect("runs");
        (exit, String::from_utf8(stdout).expect("UTF-8"), String::from_utf8(stderr).expect("UTF-8"))
    }

    #[test]
    fn exit_codes_and_formats() {
        let shipped = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/rules"));
        let (exit, out, _) = check(shipped, Format::Text);
        assert_eq!(exit, Exit::Ok, "{out}");
        assert!(out.contains("clean: ") && out.contains("digest "), "{out}");
        let (exit, _, err) = check(Path::new("/nowhere/at/all"), Format::Text);
        assert_eq!(exit, Exit::Unusable);
        assert!(err.contains("/nowhere/at/all"), "{err}");

        let dir = std::env::temp_dir().join(format!("groundswell-check-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("scratch");
        std::fs::write(dir.join("teams.yaml"), "ownr: a\nteams: []\n").expect("write");
        let (exit, out, _) = check(&dir, Format::Json);
        std::fs::remove_dir_all(&dir).expect("clean");
        assert_eq!(exit, Exit::Findings);
        let value: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!(value["digest"], serde_json::Value::Null);
        let first = value["problems"].as_array().expect("list").iter().find(|p| p["text"] == "ownr").expect("ownr");
        assert_eq!((&first["line"], &first["column"]), (&1.into(), &1.into()));
        assert_eq!(first["suggestion"], "did you mean \"owner\"?");
    }
}
