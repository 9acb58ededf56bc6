//! Reading recorded payloads: which partitions they fill, then line by line.

use crate::log::partition_for;
use crate::mention::Platform;
use crate::normalize::{Normalized, detect, normalize};
use crate::service::local::RawRecord;
use anyhow::Context as _;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// Partitions of what people say, where it is replayed: those of the live topic.
pub const FEEDBACK_PARTITIONS: i32 = 4;
/// What a line of feedback begins with.
const FEEDBACK: &[u8] = b"feedback:";

/// What stands in the input.
#[derive(Debug, Default)]
pub struct Survey {
    /// Lines.
    pub lines: u64,
    /// Raw partitions that get a record.
    pub members: BTreeSet<(Platform, i32)>,
    /// People say something.
    pub hears_people: bool,
}

/// Lines decided at once.
#[derive(Debug, Default)]
pub struct Chunk {
    /// Payloads.
    pub records: Vec<RawRecord>,
    /// What people say: key and value.
    pub said: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Chunk {
    /// How many.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.records.len() + self.said.len()
    }
}

/// One line.
#[derive(Debug)]
enum Line {
    Payload(RawRecord),
    Said(Vec<u8>, Vec<u8>),
}

/// Reads the whole input once, to know its partitions before the first bucket is closed.
///
/// # Errors
/// When a file cannot be read.
pub fn survey(files: &[PathBuf], partitions: i32) -> anyhow::Result<Survey> {
    let mut survey = Survey::default();
    let mut lines = Lines::open(files)?;
    while let Some(line) = lines.next_line()? {
        survey.lines += 1;
        match line {
            Line::Payload(RawRecord { platform, key, .. }) => {
                survey.members.insert((platform, partition_for(&key, partitions)));
            }
            Line::Said(..) => survey.hears_people = true,
        }
    }
    Ok(survey)
}

/// The records of several files, one after the other.
#[derive(Debug)]
pub struct Lines {
    waiting: Vec<PathBuf>,
    open: Option<(PathBuf, BufReader<File>)>,
}

impl Lines {
    /// Starts at the first line of the first file.
    ///
    /// # Errors
    /// When a file cannot be opened.
    pub fn open(files: &[PathBuf]) -> anyhow::Result<Self> {
        let mut waiting: Vec<PathBuf> = files.to_vec();
        waiting.reverse();
        let mut lines = Self { waiting, open: None };
        lines.next_file()?;
        Ok(lines)
    }

    /// The next lines, `count` at most; none at the end.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn next_chunk(&mut self, count: usize) -> anyhow::Result<Chunk> {
        let mut chunk = Chunk::default();
        while chunk.lines() < count
            && let Some(line) = self.next_line()?
        {
            match line {
                Line::Payload(record) => chunk.records.push(record),
                Line::Said(key, value) => chunk.said.push((key, value)),
            }
        }
        Ok(chunk)
    }

    fn next_line(&mut self) -> anyhow::Result<Option<Line>> {
        while let Some((path, reader)) = &mut self.open {
            let mut line = Vec::new();
            let read =
                reader.read_until(b'\n', &mut line).with_context(|| format!("cannot read {}", path.display()))?;
            if read == 0 {
                self.next_file()?;
                continue;
            }
            if line.last() == Some(&b'\n') {
                line.pop();
            }
            return Ok(Some(said(&line).unwrap_or_else(|| Line::Payload(record(line)))));
        }
        Ok(None)
    }

    fn next_file(&mut self) -> anyhow::Result<()> {
        self.open = self.waiting.pop().map(|path| open(&path).map(|file| (path, BufReader::new(file)))).transpose()?;
        Ok(())
    }
}

fn open(path: &Path) -> anyhow::Result<File> {
    File::open(path).with_context(|| format!("cannot open {}", path.display()))
}

/// Splits `feedback:key<TAB>value`; none for anything else.
fn said(line: &[u8]) -> Option<Line> {
    let rest = line.strip_prefix(FEEDBACK)?;
    let tab = rest.iter().take(512).position(|byte| *byte == b'\t')?;
    Some(Line::Said(rest[..tab].to_vec(), rest[tab + 1..].to_vec()))
}

/// Splits `platform:key<TAB>payload`; without the prefix the payload's shape and native id stand in for it.
fn record(line: Vec<u8>) -> RawRecord {
    if let Some((platform, colon, tab)) = prefix(&line) {
        return RawRecord { platform, key: line[colon + 1..tab].to_vec(), value: line[tab + 1..].to_vec() };
    }
    // what no platform recognises is dead-lettered wherever it stands
    let platform = detect(&line).unwrap_or(Platform::X);
    let key = native_id(platform, &line).unwrap_or_default();
    RawRecord { platform, key, value: line }
}

/// The platform, and where the colon and the tab of a prefix stand.
fn prefix(line: &[u8]) -> Option<(Platform, usize, usize)> {
    let tab = line.iter().take(512).position(|byte| *byte == b'\t')?;
    let head = std::str::from_utf8(&line[..tab]).ok()?;
    let (platform, _) = head.split_once(':')?;
    Some((platform.parse().ok()?, platform.len(), tab))
}

/// The first id of an edit chain, or the native id.
fn native_id(platform: Platform, line: &[u8]) -> Option<Vec<u8>> {
    normalize(Some(platform), line).into_iter().find_map(|one| match one {
        Ok(Normalized::Mention(mention)) => Some(mention.identity().as_bytes().to_vec()),
        Ok(Normalized::NotContent(_)) | Err(_) => None,
    })
}
