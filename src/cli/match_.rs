//! `groundswell match`: which queries of a file match each text of a stream.

use super::{Exit, Io};
use crate::query::{Fields, QuerySet, Refused, Scratch};
use crate::text::Document;
use anyhow::Context as _;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::io::{BufRead, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// Longest line of input, in bytes; a longer one is reported and passed over.
const LINE_BYTES_MAX: u64 = 16 << 20;
/// Largest file of queries, in bytes.
const QUERIES_BYTES_MAX: u64 = 1 << 30;

/// Say which queries match each text: NDJSON {"id","text"} in, NDJSON {"id","queries"} out.
///
/// The file has one query a line. Queries are numbered from 0 by their line; every line counts, and a blank line, or
/// one with a <<<note>>> only, never matches. Nothing but the text is known here, so a test on a field
/// (platform:x) is false. Faults in queries go to stderr as FILE:LINE:COLUMN, counted from 1, and end the command
/// with code 2; a line of input that cannot be read is reported there too, and the command ends with code 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    printf '%s\\n' 'nimbus AND (down OR outage)' '\"log in\" NOT weather' > queries.txt\n  \
    echo '{\"id\": 1, \"text\": \"Nimbus is down, cannot log in\"}' | groundswell match --queries queries.txt\n  \
    {\"id\":1,\"queries\":[0,1]}")]
pub struct MatchArgs {
    /// File with one query a line, UTF-8.
    #[arg(long, value_name = "FILE")]
    pub queries: PathBuf,
}

/// One line of input. The id may be any JSON value and is given back as it came.
#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(borrow)]
    text: Cow<'a, str>,
}

/// Runs the command.
///
/// # Errors
/// When a stream cannot be read or written. Faults in the queries and in the input are reported, not returned.
pub fn run(args: &MatchArgs, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    let text = match read_queries(&args.queries) {
        Ok(text) => text,
        Err(error) => {
            writeln!(io.stderr, "error: {error:#}\n  = give a readable UTF-8 file with one query a line")?;
            return Ok(Exit::Unusable);
        }
    };
    let lines = Lines::of(&text);
    match QuerySet::compile(&lines.queries) {
        Ok(set) => match_rows(&set, &lines.numbers, io),
        Err(refused) => {
            report(&args.queries, &lines, &refused, io)?;
            Ok(Exit::Unusable)
        }
    }
}

fn read_queries(path: &Path) -> anyhow::Result<String> {
    let file = std::fs::File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut text = String::new();
    let mut bounded = file.take(QUERIES_BYTES_MAX);
    bounded.read_to_string(&mut text).with_context(|| format!("cannot read {}", path.display()))?;
    anyhow::ensure!(bounded.limit() > 0, "{} is larger than {QUERIES_BYTES_MAX} bytes", path.display());
    Ok(text)
}

/// The lines of a file that hold a query, with their numbers.
struct Lines<'t> {
    queries: Vec<&'t str>,
    /// For each query its line, counted from 0.
    numbers: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (numbers, queries) = text.lines().enumerate().filter(|(_, line)| !is_blank(line)).unzip();
        Self { queries, numbers }
    }
}

/// True for a line with nothing but spaces and notes.
fn is_blank(line: &str) -> bool {
    let mut rest = line.trim();
    while let Some((_, after)) = rest.strip_prefix("<<<").and_then(|note| note.split_once(">>>")) {
        rest = after.trim();
    }
    rest.is_empty()
}

fn report(path: &Path, lines: &Lines<'_>, refused: &[Refused], io: &mut Io<'_>) -> std::io::Result<()> {
    for Refused { query, diagnostic } in refused {
        let line = lines.numbers.get(*query).map_or(0, |number| number + 1);
        let text = lines.queries.get(*query).copied().unwrap_or_default();
        io.stderr.write_all(diagnostic.render(&format!("{}:{line}", path.display()), text).as_bytes())?;
    }
    let mut queries: Vec<usize> = refused.iter().map(|refused| refused.query).collect();
    queries.dedup();
    writeln!(io.stderr, "error: {} of {} queries cannot be used", queries.len(), lines.queries.len())
}

fn match_rows(set: &QuerySet, numbers: &[usize], io: &mut Io<'_>) -> anyhow::Result<Exit> {
    let mut exit = Exit::Ok;
    let mut matcher = Matcher { set, numbers, document: Document::default(), scratch: Scratch::default() };
    let mut line = Vec::new();
    let mut out = Vec::new();
    let mut number = 0_u64;
    loop {
        number += 1;
        let problem = match read_line(io.stdin, &mut line).context("cannot read standard input")? {
            LineRead::End => break,
            LineRead::TooLong => Some(format!("longer than {LINE_BYTES_MAX} bytes")),
            LineRead::Line if line.trim_ascii().is_empty() => None,
            LineRead::Line => matcher.match_line(&line, &mut out).err(),
        };
        io.stdout.write_all(&out).context("cannot write standard output")?;
        out.clear();
        if let Some(problem) = problem {
            exit = Exit::Findings;
            writeln!(io.stderr, "stdin:{number}: {problem}")?;
        }
    }
    io.stdout.flush().context("cannot write standard output")?;
    Ok(exit)
}

/// A set with the memory for one text after another.
struct Matcher<'s> {
    set: &'s QuerySet,
    /// The line of each query.
    numbers: &'s [usize],
    document: Document,
    scratch: Scratch,
}

impl Matcher<'_> {
    /// Writes the answer to one line into `out`, or says what is wrong with the line, without its text.
    fn match_line(&mut self, line: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        let row: Row<'_> = serde_json::from_slice(line).map_err(|error| {
            let kind = match error.classify() {
                serde_json::error::Category::Data => "not an object with \"id\" and a string \"text\"",
                _ => "not JSON",
            };
            format!("{kind} (column {})", error.column())
        })?;
        self.document.read(&row.text);
        // Nothing is left to wait for, so every candidate matches.
        let matches = self.set.find(&self.document, &Fields::default().complete(), &mut self.scratch);
        out.extend_from_slice(b"{\"id\":");
        out.extend_from_slice(row.id.get().as_bytes());
        out.extend_from_slice(b",\"queries\":[");
        let lines = matches.iter().filter_map(|found| self.numbers.get(found.query as usize));
        for (index, line) in lines.enumerate() {
            let comma = if index > 0 { "," } else { "" };
            // Writing to a vector cannot fail.
            let _ = write!(out, "{comma}{line}");
        }
        out.extend_from_slice(b"]}\n");
        Ok(())
    }
}

enum LineRead {
    Line,
    TooLong,
    End,
}

/// Reads one line without its end into `line`, or passes over one that is too long.
fn read_line(mut input: &mut dyn BufRead, line: &mut Vec<u8>) -> std::io::Result<LineRead> {
    line.clear();
    let read = std::io::Read::by_ref(&mut input).take(LINE_BYTES_MAX + 1).read_until(b'\n', line)?;
    if read == 0 {
        return Ok(LineRead::End);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
        return Ok(LineRead::Line);
    }
    if line.len() as u64 <= LINE_BYTES_MAX {
        return Ok(LineRead::Line);
    }
    line.clear();
    loop {
        let available = input.fill_buf()?;
        if available.is_empty() {
            return Ok(LineRead::TooLong);
        }
        let end = available.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(available.len(), |at| at + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(LineRead::TooLong);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn run_with(queries: &[u8], input: &[u8]) -> (Exit, String, String) {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("groundswell-match-{}-{number}.txt", std::process::id()));
        std::fs::write(&path, queries).expect("the temporary folder can be written");
        let (mut stdin, mut stdout, mut stderr) = (input, Vec::new(), Vec::new());
        let mut io = Io { stdin: &mut stdin, stdout: &mut stdout, stderr: &mut stderr };
        let exit = run(&MatchArgs { queries: path.clone() }, &mut io).expect("streams in memory work");
        std::fs::remove_file(&path).expect("the file was written above");
        let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
        (exit, text(stdout), text(stderr).replace(&path.display().to_string(), "FILE"))
    }

    #[test]
    fn answers_with_line_numbers() {
        let queries = "\u{feff}nimbus\r\n\n  <<<note>>> \nnimbus AND down\n\"log in\"\nplatform:x\n";
        let input = "{\"id\":1,\"text\":\"Nimbus down\"}\n\n{\"text\":\"log in\",\"id\": {\"a\": [1.50]} ,\"more\":0}\r\n{\"id\":\"é\\u00e9\",\"text\":\"\"}";
        let (exit, out, err) = run_with(queries.as_bytes(), input.as_bytes());
        assert_eq!(
            out,
            "{\"id\":1,\"queries\":[0,3]}\n{\"id\":{\"a\": [1.50]},\"queries\":[4]}\n{\"id\":\"é\\u00e9\",\"queries\":[]}\n"
        );
        assert_eq!((exit, err.as_str()), (Exit::Ok, ""));
    }

    #[test]
    fn goes_on_after_a_bad_line() {
        let input =
            b"{\"id\":1,\n{\"id\":2}\n\xff\n[]\n{\"id\":3,\"text\":7}\n{\"id\":4,\"text\":\"a \\\"b\\\" nimbus\"}\n";
        let (exit, out, err) = run_with(b"nimbus", input);
        assert_eq!(out, "{\"id\":4,\"queries\":[0]}\n");
        assert_eq!(exit, Exit::Findings);
        let places: Vec<&str> = err.lines().filter_map(|line| line.split(": ").next()).collect();
        assert_eq!(places, ["stdin:1", "stdin:2", "stdin:3", "stdin:4", "stdin:5"], "{err}");
    }

    #[test]
    fn passes_over_a_line_that_is_too_long() {
        let mut input = vec![b'a'; usize::try_from(LINE_BYTES_MAX).expect("fits") + 10];
        input.extend_from_slice(b"\n{\"id\":1,\"text\":\"nimbus\"}\n");
        let (exit, out, err) = run_with(b"nimbus", &input);
        assert_eq!((exit, out.as_str()), (Exit::Findings, "{\"id\":1,\"queries\":[0]}\n"));
        assert!(err.starts_with("stdin:1: longer than"), "{err}");
    }

    #[test]
    fn reports_every_fault() {
        let (exit, out, err) = run_with("nimbus\n\ncafé app\nNOT x\n".as_bytes(), b"{\"id\":1,\"text\":\"nimbus\"}\n");
        assert_eq!((exit, out.as_str()), (Exit::Unusable, ""));
        assert_eq!(
            err,
            "FILE:3:1: two terms side by side: say how they belong together\n  | café app\n  | ^^^^^^^^\n  \
             = write \"café app\" for words in a row, or café AND app\n\
             FILE:4:1: NOT needs something before it: a query of only negatives matches everything else\n  \
             | NOT x\n  | ^^^\n  = write what to look for first, for example nimbus NOT weather\n\
             error: 2 of 3 queries cannot be used\n"
        );
        let mut stderr = Vec::new();
        let mut io = Io { stdin: &mut &b""[..], stdout: &mut Vec::new(), stderr: &mut stderr };
        let missing = MatchArgs { queries: "/no/such/file".into() };
        assert_eq!(run(&missing, &mut io).expect("streams in memory work"), Exit::Unusable);
        assert!(String::from_utf8_lossy(&stderr).contains("/no/such/file"));
    }
}
