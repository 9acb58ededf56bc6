//! `overlay.yaml` in a pack's folder: an entry more, or one less. What others wrote in it stays as it is.
//!
//! Nothing is written that the pack would be refused with: the whole pack is read with the change first, and then the
//! file is replaced at once, as the folder may be looked at any moment.

use super::Period;
use super::pack::{PackError, read_pack};
use crate::mention::Timestamp;
use crate::rules::{self, OVERLAY_SECONDS_MAX, Pack, Problem, SourceFile};
use serde::Deserialize;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// The file within a pack.
const FILE: &str = "overlay.yaml";

/// An entry that somebody wants, as JSON says it. What it changes has the form of `overlay.yaml`, and is judged with it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverlayWanted {
    /// Its name.
    pub id: String,
    /// Whose word it is.
    pub author: String,
    /// Why.
    pub reason: String,
    /// From when on; now where it is left out.
    pub from: Option<Timestamp>,
    /// Until when; this or `for`.
    pub until: Option<Timestamp>,
    /// For how long; this or `until`.
    #[serde(rename = "for")]
    pub lasts: Option<Period>,
    /// `{query, team?}`.
    pub watch: Option<Value>,
    /// `{query, term}`.
    pub exclude: Option<Value>,
    /// `{query, kind?, floor?, ratio?, excess?, people?}`.
    pub threshold: Option<Value>,
    /// `{queries?, kinds?, team?, up_to?}`.
    pub silence: Option<Value>,
}

/// What a change came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverlayChanged {
    /// Digest of the pack with it.
    pub digest: String,
    /// Until when the entry holds; none where it was removed.
    pub until: Option<Timestamp>,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OverlayError {
    /// Its times cannot be meant.
    #[error("{0}")]
    Times(&'static str),
    /// The pack would be refused with it.
    #[error("the pack would be refused with it: {} of its places are wrong", problems.len())]
    Refused {
        /// The files, with the change.
        files: Vec<SourceFile>,
        /// Every problem.
        problems: Vec<Problem>,
    },
    /// There is no such entry.
    #[error("no overlay \"{id}\": there is {known}")]
    Unknown {
        /// The one asked for.
        id: String,
        /// Those there are.
        known: String,
    },
    /// The folder cannot be read.
    #[error("cannot read the pack")]
    Folder(#[from] PackError),
    /// The file cannot be written.
    #[error("cannot write {path}: change the file where the folder comes from", path = path.display())]
    NotWritable {
        /// The file.
        path: PathBuf,
        /// The system's word.
        #[source]
        source: std::io::Error,
    },
}

/// Adds an entry to the pack in `folder`; it begins at `now` where it does not say when.
///
/// # Errors
/// Why nothing was changed.
pub fn add(folder: &Path, wanted: &OverlayWanted, now: Timestamp) -> Result<OverlayChanged, OverlayError> {
    let files = read_pack(folder)?;
    let from = wanted.from.unwrap_or(now);
    let until = ends(wanted, from)?;
    let begin = || format!("owner: {}\nentries:\n", Value::from(wanted.author.as_str()));
    let mut text = text_of(&files).map_or_else(begin, str::to_owned);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(&block(wanted, from, until));
    let pack = replace(folder, files, Some(text))?;
    Ok(OverlayChanged { digest: pack.digest, until: Some(until) })
}

/// Takes an entry out of the pack in `folder`; with the last one the file goes.
///
/// # Errors
/// Why nothing was changed.
pub fn remove(folder: &Path, id: &str) -> Result<OverlayChanged, OverlayError> {
    let files = read_pack(folder)?;
    let pack = rules::load(&files, &[]).map_err(|problems| OverlayError::Refused { files: files.clone(), problems })?;
    let place = pack.overlay.iter().position(|entry| entry.id == id).ok_or_else(|| unknown(&pack, id))?;
    let line_of = |place: usize| pack.overlay.get(place).map(|entry| entry.place.line as usize);
    let (first, next) = (line_of(place).unwrap_or(usize::MAX), line_of(place + 1).unwrap_or(usize::MAX));
    let lines = text_of(&files).unwrap_or_default().split_inclusive('\n').zip(1..);
    let kept: String = lines.filter(|(_, number)| !(first..next).contains(number)).map(|(line, _)| line).collect();
    let pack = replace(folder, files, (pack.overlay.len() > 1).then_some(kept))?;
    Ok(OverlayChanged { digest: pack.digest, until: None })
}

/// There is no entry of that name.
#[must_use]
pub fn unknown(pack: &Pack, id: &str) -> OverlayError {
    let known: Vec<&str> = pack.overlay.iter().map(|entry| entry.id.as_str()).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    OverlayError::Unknown { id: id.to_owned(), known }
}

fn ends(wanted: &OverlayWanted, from: Timestamp) -> Result<Timestamp, OverlayError> {
    let until = match (wanted.until, wanted.lasts) {
        (Some(until), None) => until,
        (None, Some(lasts)) => from.plus_seconds(i64::try_from(lasts.get().as_secs()).unwrap_or(i64::MAX)),
        _ => return Err(OverlayError::Times("say when it ends: \"until\" a time, or \"for\" a period such as 24h")),
    };
    if until.as_seconds().saturating_sub(from.as_seconds()) > OVERLAY_SECONDS_MAX {
        return Err(OverlayError::Times("an overlay lasts for at most 72h: change the pack itself for what stays"));
    }
    Ok(until)
}

/// The entry as text: what JSON writes, YAML reads.
fn block(wanted: &OverlayWanted, from: Timestamp, until: Timestamp) -> String {
    let OverlayWanted { id, author, reason, watch, exclude, threshold, silence, .. } = wanted;
    let said = [
        ("author", author.as_str().into()),
        ("reason", reason.as_str().into()),
        ("from", from.to_string().into()),
        ("until", until.to_string().into()),
    ];
    let changes = [("watch", watch), ("exclude", exclude), ("threshold", threshold), ("silence", silence)];
    let changes = changes.into_iter().filter_map(|(key, change)| Some((key, change.clone()?)));
    let lines = said.into_iter().chain(changes).map(|(key, value): (&str, Value)| format!("    {key}: {value}\n"));
    format!("  - id: {}\n{}", Value::from(id.as_str()), lines.collect::<String>())
}

fn text_of(files: &[SourceFile]) -> Option<&str> {
    files.iter().find(|file| file.path == FILE).map(|file| file.text.as_str())
}

/// Writes the overlay where the pack is sound with it; none: without one.
fn replace(folder: &Path, mut files: Vec<SourceFile>, text: Option<String>) -> Result<Pack, OverlayError> {
    files.retain(|file| file.path != FILE);
    files.extend(text.as_ref().map(|text| SourceFile::new(FILE, text.as_str())));
    let pack = match rules::load(&files, &[]) {
        Ok(pack) => pack,
        Err(problems) => return Err(OverlayError::Refused { files, problems }),
    };
    let path = folder.join(FILE);
    let written = match text {
        Some(text) => {
            let beside = folder.join(format!(".{FILE}.new"));
            fs::write(&beside, text).and_then(|()| fs::rename(&beside, &path))
        }
        None => fs::remove_file(&path),
    };
    written.map_err(|source| OverlayError::NotWritable { path, source })?;
    Ok(pack)
}
