//! The default pack, part of the binary: what runs when nobody names a folder.

use super::SourceFile;

macro_rules! files {
    ($($path:literal),+ $(,)?) => { &[$(($path, include_str!(concat!("../../rules/", $path)))),+] };
}

const FILES: &[(&str, &str)] = files![
    "accounts.yaml",
    "alerts/alerts.yaml",
    "brands.yaml",
    "intents/intents.yaml",
    "intents/raises.yaml",
    "intents/triggers.yaml",
    "lists.yaml",
    "matrix.yaml",
    "queries/brand.yaml",
    "queries/marks-legal.yaml",
    "queries/marks-money.yaml",
    "queries/marks-press.yaml",
    "queries/marks-safety.yaml",
    "queries/marks-symptoms.yaml",
    "queries/marks-trust.yaml",
    "queries/marks-voice.yaml",
    "queries/risk.yaml",
    "queries/symptoms.yaml",
    "replies/replies.yaml",
    "teams.yaml",
];

/// The files of the default pack (`rules/` of the repository), sorted by path.
#[must_use]
pub fn shipped() -> Vec<SourceFile> {
    FILES.iter().map(|(path, text)| SourceFile::new(*path, *text)).collect()
}
