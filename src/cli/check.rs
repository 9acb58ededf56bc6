//! `groundswell check`: every problem of a rule pack, with its place, the offending line and a suggestion.

use super::{Exit, Io};
use crate::config::owners;
use crate::config::pack::read_pack;
use crate::config::{Config, Overrides, process_environment};
use crate::mention::Timestamp;
use crate::query::lint::Severity;
use crate::rules::{self, Finding, Pack, Problem, SourceFile};
use jiff::civil::Date;
use serde_json::json;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Check a rule pack: every problem at once, with file, line and what to write instead.
///
/// What is odd about a pack that works is told too: as a warning, or as an error where a query can never match, a path
/// of escalation reaches nobody at some hour or ends without a person, or approved wording is expired.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  groundswell check rules/\n\
        groundswell check rules/ --config groundswell.yaml --codeowners\n\n\
        Exit codes: 0 clean, or with warnings only; 1 problems; 2 the folder cannot be read.")]
pub struct CheckArgs {
    /// Folder of the pack.
    pub dir: PathBuf,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// The configuration: tells conditions that no platform of its sources can fill.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// There must be a CODEOWNERS file; one that is there must cover every file of the pack in any case.
    #[arg(long)]
    pub codeowners: bool,
    /// The day against which ends of silences and of approved wording are held (2026-03-05); today by default.
    #[arg(long, value_name = "DATE")]
    pub today: Option<Date>,
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
    match rules::load(&files, &[]) {
        Ok(pack) => tell_findings(args, &files, &pack, io),
        Err(problems) => tell_problems(args, &files, &problems, io),
    }
}

/// The pack works: says what is odd about it.
fn tell_findings(args: &CheckArgs, files: &[SourceFile], pack: &Pack, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    let mut found = rules::lint(pack);
    found.extend(rules::overdue(pack, args.today.map_or_else(now, start_of)));
    found.extend(owners::findings(&args.dir, files, args.codeowners)?);
    if let Some(path) = &args.config {
        let (config, _) = Config::load(Some(path), process_environment(), &Overrides::new())?;
        found.extend(rules::unfilled(pack, &config.sources.platforms));
        found.extend(rules::of_other_keys(pack, &config.decisions.phone_key().mark()));
    }
    let errors = found.iter().filter(|finding| finding.severity == Severity::Error).count();
    if args.format == Format::Json {
        let found: Vec<Finding> = found.iter().map(|finding| located_finding(&args.dir, finding)).collect();
        io.write_json(&json!({ "problems": [], "findings": found, "digest": pack.digest }))?;
    } else {
        print_findings(&args.dir, files, &found, io.stdout)?;
        writeln!(
            io.stdout,
            "{}: {}: {} queries, {} series, {} teams, {} rows, {} tests{}, digest {}",
            args.dir.display(),
            counted(errors, found.len() - errors),
            pack.queries.len(),
            pack.queries.iter().filter(|query| query.watch).count(),
            pack.teams.len(),
            pack.matrix.rows.len(),
            pack.cases.len() + pack.checks.len(),
            learned(pack),
            pack.digest
        )?;
    }
    Ok(if errors == 0 { Exit::Ok } else { Exit::Findings })
}

/// The start of a day, UTC.
fn start_of(day: Date) -> Timestamp {
    let at = jiff::tz::TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0));
    at.map_or_else(|_| now(), |at| Timestamp::clamped(at.as_microsecond()))
}

/// What a silence is held against: the wall clock.
fn now() -> Timestamp {
    Timestamp::clamped(jiff::Timestamp::now().as_microsecond())
}

/// What the pack adds to the model, if anything.
fn learned(pack: &Pack) -> String {
    let heads: Vec<&str> = pack.additions.heads.keys().map(String::as_str).collect();
    let heads = if heads.is_empty() { String::new() } else { format!(", heads {}", heads.join(", ")) };
    let layer = pack.additions.layer.as_ref().map(|layer| format!(", layer {}", layer.digest()));
    heads + &layer.unwrap_or_default()
}

fn counted(errors: usize, warnings: usize) -> String {
    let some = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    match (errors, warnings) {
        (0, 0) => "clean".to_owned(),
        (0, warnings) => some(warnings, "warning"),
        (errors, 0) => some(errors, "error"),
        (errors, warnings) => format!("{}, {}", some(errors, "error"), some(warnings, "warning")),
    }
}

fn tell_problems(
    args: &CheckArgs,
    files: &[SourceFile],
    problems: &[Problem],
    io: &mut Io<'_>,
) -> anyhow::Result<Exit> {
    let problems: Vec<Problem> = problems.iter().map(|problem| located(&args.dir, problem)).collect();
    match args.format {
        Format::Json => io.write_json(&json!({ "problems": problems, "findings": [], "digest": null }))?,
        Format::Text => print_problems(&located_files(&args.dir, files), &problems, io.stdout)?,
    }
    Ok(Exit::Findings)
}

/// Writes findings for people, as problems are written.
///
/// # Errors
/// When `out` cannot be written.
pub(super) fn print_findings(
    dir: &Path,
    files: &[SourceFile],
    found: &[Finding],
    out: &mut dyn Write,
) -> io::Result<()> {
    let files = located_files(dir, files);
    for finding in found {
        let Finding { problem, code, severity } = located_finding(dir, finding);
        let message = format!("{}[{code}]: {}", severity.as_str(), problem.message);
        print_problem(&files, &Problem { message, ..problem }, out)?;
    }
    Ok(())
}

fn located_finding(dir: &Path, finding: &Finding) -> Finding {
    Finding { problem: located(dir, &finding.problem), ..finding.clone() }
}

fn located(dir: &Path, problem: &Problem) -> Problem {
    Problem { path: join(dir, &problem.path), ..problem.clone() }
}

fn located_files(dir: &Path, files: &[SourceFile]) -> Vec<SourceFile> {
    files.iter().map(|file| SourceFile::new(join(dir, &file.path), file.written())).collect()
}

/// Files by a path that can be opened from where the command was called.
fn join(dir: &Path, path: &str) -> String {
    dir.join(path).display().to_string()
}

/// The pack of these files and further queries; none where it has problems, which go to stderr.
///
/// # Errors
/// When stderr cannot be written.
pub(super) fn load(
    files: &[SourceFile],
    queries: &[(String, String)],
    io: &mut Io<'_>,
) -> anyhow::Result<Option<Pack>> {
    match rules::load(files, queries) {
        Ok(pack) => Ok(Some(pack)),
        Err(problems) => {
            print_problems(files, &problems, io.stderr)?;
            Ok(None)
        }
    }
}

/// Writes problems for people: the place and what is wrong, the line with a caret, the suggestion; a count at the end.
///
/// `files` are those the problems name, by the same paths.
///
/// # Errors
/// When `out` cannot be written.
pub fn print_problems(files: &[SourceFile], problems: &[Problem], out: &mut dyn Write) -> io::Result<()> {
    for problem in problems {
        print_problem(files, problem, out)?;
    }
    let noun = if problems.len() == 1 { "problem" } else { "problems" };
    writeln!(out, "{} {noun}", problems.len())
}

fn print_problem(files: &[SourceFile], problem: &Problem, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}:{}:{}: {}", problem.path, problem.line, problem.column, problem.message)?;
    let written = files.iter().find(|file| file.path == problem.path).map(SourceFile::written);
    if let Some(line) = written.as_deref().and_then(|text| text.lines().nth(problem.line as usize - 1)) {
        print_line(line, problem, out)?;
    }
    match &problem.suggestion {
        Some(suggestion) => writeln!(out, "    = {suggestion}"),
        None => Ok(()),
    }
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
    use serde_json::Value;

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
        let files = [SourceFile::new("teams.yaml", "owner: a\n\tteam: ü bad\n")];
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
        let today = Some(jiff::civil::date(2026, 3, 3));
        let exit = run(&CheckArgs { dir: dir.to_owned(), config: None, codeowners: false, format, today }, &mut io)
            .expect("runs");
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

        let dir = scratch("problems");
        std::fs::write(dir.join("teams.yaml"), "ownr: a\nteams: []\n").expect("write");
        let (exit, out, _) = check(&dir, Format::Json);
        std::fs::remove_dir_all(&dir).expect("clean");
        assert_eq!(exit, Exit::Findings);
        let value: Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!(value["digest"], Value::Null);
        let first = value["problems"].as_array().expect("list").iter().find(|p| p["text"] == "ownr").expect("ownr");
        assert_eq!((&first["line"], &first["column"]), (&1.into(), &1.into()));
        assert_eq!(first["suggestion"], "did you mean \"owner\"?");
    }

    fn scratch(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("groundswell-check-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("scratch");
        dir
    }

    #[test]
    fn odd_queries_are_told() {
        let dir = scratch("odd");
        for file in rules::shipped() {
            let path = dir.join(&file.path);
            std::fs::create_dir_all(path.parent().expect("has one")).expect("folder");
            std::fs::write(path, &file.text).expect("write");
        }
        let told = |query: &str| {
            let text = format!("owner: comms\nqueries:\n  - {{id: odd, query: '{query}'}}\n");
            std::fs::write(dir.join("queries/odd.yaml"), text).expect("write");
            (check(&dir, Format::Text), check(&dir, Format::Json))
        };
        let (text, json) = told("kestrelco NEAR/40 down");
        assert_eq!((text.0, json.0), (Exit::Ok, Exit::Ok), "{}", text.1);
        let line = "queries/odd.yaml:3:23: warning[far-near]: query \"odd\": 40 words between";
        assert!(text.1.contains(line) && text.1.contains(": 1 warning: "), "{}", text.1);
        let value: Value = serde_json::from_str(&json.1).expect("JSON");
        assert_eq!((&value["findings"][0]["code"], &value["findings"][0]["line"]), (&"far-near".into(), &3.into()));
        let (text, _) = told("kestrelco NOT (kestrelco OR b)");
        std::fs::remove_dir_all(&dir).expect("clean");
        assert_eq!(text.0, Exit::Findings, "{}", text.1);
        assert!(text.1.contains("error[never-matches]") && text.1.contains(": 1 error: "), "{}", text.1);
    }
}
