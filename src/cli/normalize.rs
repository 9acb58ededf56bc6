//! `groundswell normalize`: raw payloads in, canonical mentions out, rejects on stderr. Bad input is never an error.

use super::{Exit, Io};
use crate::mention::{Platform, RawRef};
use crate::normalize::{Item, MAX_PAYLOAD_BYTES, Normalized, normalize};
use anyhow::Context;
use serde::Serialize;
use std::io::{self, BufRead, BufWriter, Write};

/// Turn raw platform payloads (NDJSON on stdin) into canonical mentions (NDJSON on stdout).
///
/// `raw_ref.offset` is the input line counted from 0 and `raw_ref.index` the place within a batch. What cannot be read
/// goes to stderr as NDJSON `{"offset", "index", "reason", "detail"}`; the exit code is 0 all the same.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  groundswell normalize --platform mastodon < payloads.ndjson > mentions.ndjson 2> rejects.ndjson"
)]
pub struct NormalizeArgs {
    /// Where the payloads come from: x, mastodon, bluesky, reddit …, or auto to tell by their shape
    #[arg(long, value_name = "PLATFORM", default_value = "auto", value_parser = parse_platform)]
    pub platform: PlatformChoice,
}

/// A platform, or `auto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlatformChoice(pub Option<Platform>);

/// Reads a platform's slug, or `auto`.
pub(super) fn parse_platform(slug: &str) -> Result<PlatformChoice, String> {
    if slug == "auto" {
        return Ok(PlatformChoice(None));
    }
    let known = || Platform::ALL.iter().map(|platform| platform.as_str()).collect::<Vec<_>>().join(", ");
    slug.parse().map(|platform| PlatformChoice(Some(platform))).map_err(|_| format!("use auto or one of: {}", known()))
}

#[derive(Serialize)]
struct RejectLine<'a> {
    offset: i64,
    index: u32,
    reason: &'static str,
    detail: &'a str,
}

/// Reads stdin to its end.
///
/// # Errors
/// A stream cannot be read or written.
pub fn run(args: &NormalizeArgs, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    let mut out = BufWriter::with_capacity(1 << 16, &mut *io.stdout);
    let mut line = Vec::new();
    let mut offset = 0;
    while read_line(io.stdin, &mut line, MAX_PAYLOAD_BYTES + 1).context("cannot read stdin")? {
        for (index, item) in (0..).zip(normalize(args.platform.0, &line)) {
            write_item(item, offset, index, &mut out, io.stderr).context("cannot write the result")?;
        }
        offset += 1;
    }
    out.flush().context("cannot write to stdout")?;
    Ok(Exit::Ok)
}

fn write_item(item: Item, offset: i64, index: u32, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<()> {
    match item {
        Ok(Normalized::Mention(mut mention)) => {
            mention.raw_ref = Some(RawRef { topic: "stdin".to_owned(), partition: 0, offset, index });
            serde_json::to_writer(&mut *out, &mention)?;
            out.write_all(b"\n")
        }
        Ok(Normalized::NotContent(_)) => Ok(()),
        Err(reject) => {
            let line = RejectLine { offset, index, reason: reject.reason.as_str(), detail: &reject.detail };
            serde_json::to_writer(&mut *err, &line)?;
            err.write_all(b"\n")
        }
    }
}

/// Reads one line without its newline into `line`, as bytes; what goes past `max` bytes is read and dropped.
/// False at the end of the input.
fn read_line(input: &mut dyn BufRead, line: &mut Vec<u8>, max: usize) -> io::Result<bool> {
    line.clear();
    let mut any = false;
    loop {
        let buffer = match input.fill_buf() {
            Ok(buffer) => buffer,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if buffer.is_empty() {
            return Ok(any);
        }
        any = true;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let taken = &buffer[..end.unwrap_or(buffer.len())];
        line.extend_from_slice(&taken[..taken.len().min(max - line.len())]);
        let used = end.map_or(buffer.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"data":{"id":"1780000000000000500","text":"late"}}"#;

    fn run_on(input: &[u8], platform: &str) -> (String, String) {
        let args = NormalizeArgs { platform: parse_platform(platform).expect("a known platform") };
        let (mut stdin, mut stdout, mut stderr) = (input, Vec::new(), Vec::new());
        let mut io = Io { stdin: &mut stdin, stdout: &mut stdout, stderr: &mut stderr };
        assert_eq!(run(&args, &mut io).expect("memory can be written"), Exit::Ok);
        let text = |bytes| String::from_utf8(bytes).expect("JSON is UTF-8");
        (text(stdout), text(stderr))
    }

    #[test]
    fn lines_keep_their_place_and_bad_ones_go_to_stderr() {
        let mut input = format!("{GOOD}\n").into_bytes();
        input.extend_from_slice(b"{\"data\":\xff}\n\n{}\r\n");
        input.extend_from_slice(format!("{{\"data\":[{{}},{{\"id\":\"2\",\"text\":\"\"}}]}}\n{GOOD}").as_bytes());
        let (out, err) = run_on(&input, "auto");
        let places: Vec<_> = out
            .lines()
            .map(|line| serde_json::from_str::<crate::mention::Mention>(line).expect("a mention").raw_ref.expect("set"))
            .map(|place| (place.topic, place.offset, place.index))
            .collect();
        assert_eq!(places, [("stdin".to_owned(), 0, 0), ("stdin".to_owned(), 4, 1), ("stdin".to_owned(), 5, 0)]);
        let rejects: Vec<_> =
            err.lines().map(|line| line.split(",\"detail\"").next().unwrap_or_default().to_owned()).collect();
        assert_eq!(
            rejects,
            [
                r#"{"offset":1,"index":0,"reason":"not_utf8""#,
                r#"{"offset":2,"index":0,"reason":"empty""#,
                r#"{"offset":3,"index":0,"reason":"empty""#,
                r#"{"offset":4,"index":0,"reason":"missing_field""#,
            ]
        );
    }

    #[test]
    fn what_is_not_content_gives_nothing() {
        let (out, err) = run_on(b"{\"limit\":{\"track\":1}}\n\n", "x");
        assert_eq!((out.as_str(), err.as_str()), ("", ""));
    }

    #[test]
    fn long_lines_are_cut_and_read_past() {
        let mut input: &[u8] = b"abcdefgh\nij\n";
        let mut line = Vec::new();
        assert!(read_line(&mut input, &mut line, 3).expect("memory"));
        assert_eq!(line, b"abc");
        assert!(read_line(&mut input, &mut line, 3).expect("memory"));
        assert_eq!(line, b"ij");
        assert!(!read_line(&mut input, &mut line, 3).expect("memory"));
        let mut large = vec![b'x'; MAX_PAYLOAD_BYTES + 9];
        large.extend_from_slice(b"\n{}");
        let (_, err) = run_on(&large, "auto");
        let reasons: Vec<_> = err.lines().map(|line| line.contains("too_large")).collect();
        assert_eq!(reasons, [true, false]);
    }

    #[test]
    fn platforms_are_named_by_slug() {
        assert_eq!(parse_platform("reddit"), Ok(PlatformChoice(Some(Platform::Reddit))));
        assert_eq!(parse_platform("auto"), Ok(PlatformChoice(None)));
        assert!(parse_platform("twitter").is_err_and(|message| message.contains("mastodon")));
    }
}
