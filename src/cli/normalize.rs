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
#[command(after_help = "Example:\n  groundswell normalize --platform mastodon < payloads.ndjson > mentions.ndjson 2> rejects.ndjson")]
pub struct NormalizeArgs {
    /// Where the payloads come from: x, mastodon, bluesky, reddit …, or auto to tell by their shape
    #[arg(long, value_name = "PLATFORM", default_value = "auto", value_parser = parse_platform)]
    pub platform: PlatformChoice,
}

/// A platform, or `auto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlatformChoice(pub Option<Platform>);

fn parse_platform(slug: &str) -> Result<PlatformChoice, String> {
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
            let line = RejectLine { offset, index, reason: reason(&reject), detail: &reject.detail };
            serde_json::to_writer(&mut *err, &line)?;
            err.write_all(b"\n")
        }
    }
}

fn reason(reject: &crate::normalize::Reject) -> &'static str {
    reject.reason.as_str()
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
