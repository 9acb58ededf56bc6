//! What stands as text for the files of a pack that a command wrote and nobody reads: heads, the layer, known accounts.
//!
//! An outline says what the file is, its SHA-256, and the names in it that conditions ask for. The pack's digest covers
//! it, and whoever keeps the sources of a pack to read it again, but neither scores nor routes (the snapshots of watch),
//! keeps the outline alone: conditions are checked against it, the weights and the rows stay away.

use super::{SourceFile, known, learned};
use crate::mention::hex;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::sync::Arc;

/// The bytes that an outline stands for, shared by all that hold the pack.
pub(super) type Bytes = Arc<[u8]>;

impl SourceFile {
    /// A file that is text.
    #[must_use]
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into(), bytes: None }
    }

    /// A file that a command wrote, with its outline as text.
    #[must_use]
    pub fn outlined(path: impl Into<String>, bytes: Vec<u8>) -> Self {
        let path = path.into();
        let text = outline(&path, &bytes);
        Self { path, text, bytes: Some(bytes.into()) }
    }

    /// What the places of problems count in: known accounts as they are written, else the text.
    #[must_use]
    pub fn written(&self) -> Cow<'_, str> {
        let rows = self.bytes.as_deref().filter(|_| self.path.starts_with(known::FOLDER));
        rows.map_or(Cow::Borrowed(&self.text), String::from_utf8_lossy)
    }
}

/// True for the path of a file that an outline stands for.
#[must_use]
pub fn is_outlined(path: &str) -> bool {
    let is_known = path.starts_with(known::FOLDER) && known::EXTENSIONS.iter().any(|end| path.ends_with(end));
    path.ends_with(learned::EXTENSION) || path == learned::LAYER || is_known
}

fn outline(path: &str, bytes: &[u8]) -> String {
    let sum = hex(&Sha256::digest(bytes));
    let told = if path.starts_with(known::FOLDER) { known::outline(bytes) } else { learned::outline(path, bytes) };
    let (what, names) = told.unwrap_or_else(|| (format!("{} bytes", bytes.len()), String::new()));
    format!("{what}, sha256 {sum}\n{names}\n")
}
