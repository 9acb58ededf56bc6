//! `groundswell query`: what is odd about a query, what it means, and a vendor's query in our language.

use super::check::Format;
use super::{Exit, Io};
use crate::query::explain::{explain, terms};
use crate::query::import::{Dialect, Effect, Import, Loss, import};
use crate::query::lint::lint;
use crate::query::{Diagnostic, QUERY_BYTES_MAX, parse};
use crate::text::Span;
use anyhow::Context as _;
use serde_json::{Value, json};
use std::io::Read as _;

/// Lint, explain and import queries.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    groundswell query lint 'nimbus NEAR/40 (down OR down)'\n  \
    groundswell query explain 'nimbus NOT rain*'\n  \
    echo 'apple NEAR watch NOT “apple juice”' | groundswell query import --dialect meltwater")]
pub struct QueryArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Say what is wrong or odd about a query, where, and what to write instead.
    ///
    /// Exit codes: 0 clean, 1 findings, 2 the query cannot be read.
    #[command(after_help = "Example:\n  groundswell query lint '(nimbus OR \"nimbus cloud\") NOT cloud'")]
    Lint(Written),
    /// Say what a query means: one sentence, or a short outline where it is long.
    ///
    /// Exit codes: 0 explained, 1 the query has faults, 2 it cannot be read.
    #[command(after_help = "Example:\n  groundswell query explain '(nimbus OR nimbuspay) NEAR/6 (down OR outage)'")]
    Explain(Written),
    /// Carry a query of another tool over into our language.
    ///
    /// The query goes to standard output, every step that changed something to standard error. Exit codes: 0 carried
    /// over, 1 refused, 2 it cannot be read.
    #[command(after_help = "Example:\n  \
        groundswell query import --dialect brandwatch 'nimbus AND city:berlin NOT raw:Nimbus'\n  \
        groundswell query import --dialect talkwalker --line 'BMW -site:\"mysite.com\"' > queries.txt")]
    Import(ImportArgs),
}

#[derive(Debug, clap::Args)]
struct Written {
    /// The query; from standard input where it is left out.
    query: Option<String>,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, clap::Args)]
struct ImportArgs {
    /// Whose language the query is in.
    #[arg(long, value_enum)]
    dialect: DialectArg,
    /// Write the query on one line, as files for `match` want it.
    #[arg(long)]
    line: bool,
    #[command(flatten)]
    written: Written,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum DialectArg {
    Brandwatch,
    Talkwalker,
    Meltwater,
}

impl From<DialectArg> for Dialect {
    fn from(dialect: DialectArg) -> Self {
        match dialect {
            DialectArg::Brandwatch => Self::Brandwatch,
            DialectArg::Talkwalker => Self::Talkwalker,
            DialectArg::Meltwater => Self::Meltwater,
        }
    }
}

/// Runs it.
///
/// # Errors
/// When the query cannot be read or the answer not written.
pub fn run(args: &QueryArgs, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    match &args.what {
        What::Lint(written) => run_lint(&read(written, io)?, written.format, io),
        What::Explain(written) => run_explain(&read(written, io)?, written.format, io),
        What::Import(args) => run_import(args, &read(&args.written, io)?, io),
    }
}

/// The query as given, without the line end that a shell adds.
fn read(written: &Written, io: &mut Io<'_>) -> anyhow::Result<String> {
    if let Some(query) = &written.query {
        return Ok(query.clone());
    }
    let mut text = String::new();
    let mut bounded = (&mut *io.stdin).take(QUERY_BYTES_MAX as u64 + 2);
    bounded.read_to_string(&mut text).context("cannot read the query from standard input: give UTF-8 text")?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

fn run_lint(query: &str, format: Format, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    let lints = lint(query);
    if format == Format::Json {
        let finding = |lint: &crate::query::lint::Lint| {
            let mut value = fault(&lint.diagnostic);
            value["code"] = lint.code.into();
            value["severity"] = lint.severity.as_str().into();
            value
        };
        let value = json!({ "findings": lints.iter().map(finding).collect::<Vec<_>>() });
        io.write_json(&value)?;
    } else {
        for lint in &lints {
            let message = format!("{}[{}]: {}", lint.severity.as_str(), lint.code, lint.diagnostic.message);
            let shown = Diagnostic { message, ..lint.diagnostic.clone() };
            write!(io.stdout, "{}", rendered(&shown, query))?;
        }
        match lints.len() {
            0 => writeln!(io.stdout, "clean")?,
            1 => writeln!(io.stdout, "1 finding")?,
            count => writeln!(io.stdout, "{count} findings")?,
        }
    }
    Ok(if lints.is_empty() { Exit::Ok } else { Exit::Findings })
}

fn run_explain(query: &str, format: Format, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    let tree = match parse(query) {
        Ok(tree) => tree,
        Err(faults) => return refuse(&faults, query, format, io),
    };
    if format == Format::Json {
        io.write_json(&json!({ "explanation": explain(&tree), "terms": terms(&tree) }))?;
    } else {
        writeln!(io.stdout, "{}", explain(&tree))?;
    }
    Ok(Exit::Ok)
}

fn run_import(args: &ImportArgs, query: &str, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    let format = args.written.format;
    let imported = match import(args.dialect.into(), query) {
        Ok(imported) => imported,
        Err(faults) => return refuse(&faults, query, format, io),
    };
    if format == Format::Json {
        io.write_json(&as_json(&imported))?;
        return Ok(Exit::Ok);
    }
    writeln!(io.stdout, "{}", if args.line { &imported.line } else { &imported.query })?;
    for loss in &imported.losses {
        let shown = Diagnostic { span: loss.span, message: said(loss), suggestion: None, is_mix: false };
        write!(io.stderr, "{}", rendered(&shown, query))?;
    }
    Ok(Exit::Ok)
}

/// Says every fault; nothing else is written.
fn refuse(faults: &[Diagnostic], query: &str, format: Format, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    if format == Format::Json {
        io.write_json(&json!({ "faults": faults.iter().map(fault).collect::<Vec<_>>() }))?;
    } else {
        for fault in faults {
            write!(io.stderr, "{}", rendered(fault, query))?;
        }
    }
    Ok(Exit::Findings)
}

fn said(loss: &Loss) -> String {
    let became = if loss.became.is_empty() { "left out".to_owned() } else { format!("now {}", loss.became) };
    let effect = match loss.effect {
        Effect::Same => "the same mentions",
        Effect::Wider => "matches more",
        Effect::Narrower => "matches less",
        Effect::Other => "may match others",
    };
    format!("{became} ({effect}): {}", loss.why)
}

fn fault(diagnostic: &Diagnostic) -> Value {
    json!({
        "message": diagnostic.message,
        "start": diagnostic.span.start,
        "end": diagnostic.span.end,
        "suggestion": diagnostic.suggestion,
    })
}

fn as_json(imported: &Import) -> Value {
    let loss = |loss: &Loss| {
        json!({
            "start": loss.span.start,
            "end": loss.span.end,
            "was": loss.was,
            "became": loss.became,
            "why": loss.why,
            "effect": loss.effect.as_str(),
        })
    };
    let losses: Vec<Value> = imported.losses.iter().map(loss).collect();
    json!({ "query": imported.query, "line": imported.line, "losses": losses })
}

/// The diagnostic below the line of the query that it begins in.
fn rendered(diagnostic: &Diagnostic, query: &str) -> String {
    let at = query.floor_char_boundary(diagnostic.span.start as usize);
    let start = query[..at].rfind('\n').map_or(0, |end| end + 1);
    let number = query[..start].matches('\n').count() + 1;
    let line = query[start..].lines().next().unwrap_or_default();
    // A query is at most 64 KiB, or refused as a whole.
    let skipped = u32::try_from(start).unwrap_or(u32::MAX);
    let length = u32::try_from(line.len()).unwrap_or(u32::MAX);
    let place = |byte: u32| byte.saturating_sub(skipped).min(length);
    let span = Span { start: place(diagnostic.span.start), end: place(diagnostic.span.end) };
    Diagnostic { span, ..diagnostic.clone() }.render(&format!("query:{number}"), line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: QueryArgs,
    }

    fn said(line: &[&str], input: &str) -> (Exit, String, String) {
        let line = Line::try_parse_from(std::iter::once(&"query").chain(line)).expect("arguments");
        let (mut stdin, mut stdout, mut stderr) = (input.as_bytes(), Vec::new(), Vec::new());
        let mut io = Io { stdin: &mut stdin, stdout: &mut stdout, stderr: &mut stderr };
        let exit = run(&line.args, &mut io).expect("streams in memory work");
        (exit, String::from_utf8(stdout).expect("UTF-8"), String::from_utf8(stderr).expect("UTF-8"))
    }

    #[test]
    fn lints_with_place_and_caret() {
        let (exit, out, _) = said(&["lint"], "nimbus\n  NEAR/40 down\n");
        assert_eq!(exit, Exit::Findings);
        assert_eq!(
            out,
            "query:1:1: warning[far-near]: 40 words between are hardly near: longer than most sentences\n  | nimbus\n  \
             | ^^^^^^\n  = write 10 or less, or AND for anywhere in the text\n1 finding\n"
        );
        assert_eq!(said(&["lint", "nimbus NEAR/6 down"], "").1, "clean\n");
        let (exit, out, _) = said(&["lint", "é OR the", "--format", "json"], "");
        let value: Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!(exit, Exit::Findings);
        let finding = &value["findings"][0];
        assert_eq!((&finding["code"], &finding["severity"]), (&"matches-everything".into(), &"warning".into()));
        assert_eq!((&finding["start"], &finding["end"]), (&6.into(), &9.into()));
        assert!(finding["suggestion"].is_string() && finding["message"].is_string());
    }

    #[test]
    fn explains_or_refuses() {
        let (exit, out, _) = said(&["explain", "nimbus NOT rain*"], "");
        assert_eq!(
            (exit, out.as_str()),
            (Exit::Ok, "Finds mentions that say \"nimbus\", but not a word that begins with \"rain\".\n")
        );
        let (exit, out, err) = said(&["explain", "(nimbus"], "");
        assert_eq!((exit, out.as_str()), (Exit::Findings, ""));
        assert!(err.starts_with("query:1:1: ( is not closed\n"), "{err}");
    }

    #[test]
    fn imports_and_names_losses() {
        let (exit, out, err) = said(&["import", "--dialect", "brandwatch"], "nimbus\nAND city:berlin\n");
        assert_eq!((exit, out.as_str()), (Exit::Ok, "nimbus\n"));
        assert!(err.starts_with("query:2:5: left out (matches more): places "), "{err}");
        assert!(err.contains("  | AND city:berlin\n  |     ^^^^^^^^^^^\n"), "{err}");
        let (_, out, _) = said(&["import", "--dialect", "meltwater", "--format", "json", "a1 near b1 not *c"], "");
        let value: Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!(value["query"], "a1 NEAR/4 b1");
        assert_eq!(value["losses"][0]["was"], "*c");
        assert_eq!(value["losses"][0]["effect"], "wider");
        let (exit, out, err) = said(&["import", "--dialect", "brandwatch", "a1 AND b1 OR c1"], "");
        assert_eq!((exit, out.as_str()), (Exit::Findings, ""));
        assert!(err.contains("without brackets"), "{err}");
    }
}
