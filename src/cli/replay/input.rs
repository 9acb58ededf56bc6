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

/// What stands in the input.
#[derive(Debug, Default)]
pub struct Survey {
    /// Lines.
    pub lines: u64,
    /// Raw partitions that get a record.
    pub members: BTreeSet<(Platform, i32)>,
}

/// Reads the whole input once, to know its partitions before the first bucket is closed.
///
/// # Errors
/// When a file cannot be read.
pub fn survey(files: &[PathBuf], partitions: i32) -> anyhow::Result<Survey> {
    let mut survey = Survey::default();
    let mut lines = Lines::open(files)?;
    while let Some(record) = lines.next_record()? {
        survey.lines += 1;
        survey.members.insert((record.platform, partition_for(&record.key, partitions)));
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

    /// The next records, `count` at most; none at the end.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn next_chunk(&mut self, count: usize) -> anyhow::Result<Vec<RawRecord>> {
        let mut records = Vec::new();
        while records.len() < count
            && let Some(record) = self.next_record()?
        {
            records.push(record);
        }
        Ok(records)
    }

    fn next_record(&mut self) -> anyhow::Result<Option<RawRecord>> {
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
            return Ok(Some(record(line)));
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
