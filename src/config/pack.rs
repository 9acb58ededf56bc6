//! Reads a pack's folder from disk into memory, for [`crate::rules::load`] to judge. Says nothing about its meaning.

use crate::rules::{SourceFile, is_outlined};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Largest file of a pack.
pub const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Largest file that a command wrote: a head, the layer, known accounts.
pub const OUTLINED_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Largest pack.
pub const PACK_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Most files of a pack.
pub const FILES_MAX: usize = 2000;
/// Folders within folders.
const DEPTH_MAX: usize = 4;

/// Why a pack's folder cannot be read.
#[derive(Debug, Error)]
pub enum PackError {
    /// Missing, not a folder, not readable.
    #[error("cannot read {path}")]
    Read {
        /// What.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No YAML in it.
    #[error("{0} holds no .yaml file: a pack has teams.yaml, matrix.yaml and queries/*.yaml")]
    Empty(PathBuf),
    /// Not UTF-8.
    #[error("{0} is not UTF-8")]
    NotText(PathBuf),
    /// A file over [`FILE_BYTES_MAX`], or one that a command wrote over [`OUTLINED_BYTES_MAX`].
    #[error("{path} has {bytes} bytes, more than {limit}")]
    FileTooLarge {
        /// What.
        path: PathBuf,
        /// How large.
        bytes: u64,
        /// How large it may be.
        limit: u64,
    },
    /// More than [`FILES_MAX`] files or [`PACK_BYTES_MAX`] bytes, or folders too deep.
    #[error("{0} is too large for a pack: at most {FILES_MAX} files, {PACK_BYTES_MAX} bytes, {DEPTH_MAX} folders deep")]
    PackTooLarge(PathBuf),
}

/// Reads every `.yaml` and `.yml` file of a folder, its heads, its layer and the accounts it knows, sorted by path. Names
/// that begin with a dot are passed over (editors' files, and the folders behind a mounted ConfigMap); links are followed.
///
/// # Errors
/// Says which file cannot be read and why, or what is too large.
pub fn read_pack(dir: &Path) -> Result<Vec<SourceFile>, PackError> {
    read_pack_again(dir, &[])
}

/// The same of a folder that was read before: a file is outlined anew only where its bytes are others.
///
/// # Errors
/// Says which file cannot be read and why, or what is too large.
pub fn read_pack_again(dir: &Path, before: &[SourceFile]) -> Result<Vec<SourceFile>, PackError> {
    let mut paths = Vec::new();
    collect(dir, dir, 0, &mut paths)?;
    if !paths.iter().any(|path| is_yaml(path)) {
        return Err(PackError::Empty(dir.to_owned()));
    }
    let mut files = Vec::with_capacity(paths.len());
    let mut total = 0_u64;
    for path in paths {
        let file = read_file(dir, &path, before)?;
        total += (file.text.len() + file.bytes.as_ref().map_or(0, |bytes| bytes.len())) as u64;
        if total > PACK_BYTES_MAX {
            return Err(PackError::PackTooLarge(dir.to_owned()));
        }
        files.push(file);
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn collect(root: &Path, dir: &Path, depth: usize, into: &mut Vec<PathBuf>) -> Result<(), PackError> {
    let failed = |source| PackError::Read { path: dir.to_owned(), source };
    for entry in fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        if path.is_dir() {
            if depth + 1 > DEPTH_MAX {
                return Err(PackError::PackTooLarge(root.to_owned()));
            }
            collect(root, &path, depth + 1, into)?;
        } else if is_yaml(&path) || is_outlined(&inner(root, &path)) {
            into.push(path);
        }
        if into.len() > FILES_MAX {
            return Err(PackError::PackTooLarge(root.to_owned()));
        }
    }
    Ok(())
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "yaml" || e == "yml")
}

/// The path within the pack, with `/` between parts.
fn inner(root: &Path, path: &Path) -> String {
    let inner = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = inner.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

fn read_file(root: &Path, path: &Path, before: &[SourceFile]) -> Result<SourceFile, PackError> {
    let failed = |source| PackError::Read { path: path.to_owned(), source };
    let bytes = fs::metadata(path).map_err(failed)?.len();
    let inner = inner(root, path);
    let limit = if is_outlined(&inner) { OUTLINED_BYTES_MAX } else { FILE_BYTES_MAX };
    if bytes > limit {
        return Err(PackError::FileTooLarge { path: path.to_owned(), bytes, limit });
    }
    let content = fs::read(path).map_err(failed)?;
    if is_outlined(&inner) {
        let is_same = |file: &&SourceFile| file.path == inner && file.bytes.as_deref() == Some(&content[..]);
        let known = before.iter().find(is_same).cloned();
        return Ok(known.unwrap_or_else(|| SourceFile::outlined(inner, content)));
    }
    let text = String::from_utf8(content).map_err(|_| PackError::NotText(path.to_owned()))?;
    Ok(SourceFile::new(inner, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("groundswell-pack-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(dir.join("queries")).expect("scratch");
        dir
    }

    #[test]
    fn reads_yaml_only_sorted_with_inner_paths() {
        let dir = scratch("reads");
        for (path, text) in [
            ("teams.yaml", "t"),
            ("queries/b.yml", "b"),
            ("queries/a.yaml", "a"),
            ("README.md", "no"),
            (".x.yaml", "no"),
            ("x.bin", "no"),
        ] {
            fs::write(dir.join(path), text).expect("write");
        }
        let files = read_pack(&dir).expect("pack");
        let paths: Vec<&str> = files.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(paths, ["queries/a.yaml", "queries/b.yml", "teams.yaml"]);
        assert_eq!(files[2].text, "t");
        fs::create_dir_all(dir.join("heads")).expect("scratch");
        fs::write(dir.join("heads/desk.head"), [0xff]).expect("write");
        fs::write(dir.join("layer.bin"), [0xfe]).expect("write");
        let files = read_pack(&dir).expect("pack");
        let paths: Vec<&str> = files.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(paths, ["heads/desk.head", "layer.bin", "queries/a.yaml", "queries/b.yml", "teams.yaml"]);
        assert_eq!(files[1].bytes.as_deref(), Some(&[0xfe][..]));
        assert!(files[1].text.starts_with("1 bytes, sha256 "), "{}", files[1].text);
        let mut before = files.clone();
        before[1].text = "kept".to_owned();
        let kept = |before: &[SourceFile]| read_pack_again(&dir, before).expect("pack")[1].text == "kept";
        assert!(kept(&before), "the same bytes are not outlined again");
        before[1].bytes = Some(vec![0xfd].into());
        assert!(!kept(&before), "other bytes are");
        assert_eq!(read_pack_again(&dir, &before).expect("pack"), files);
        fs::remove_dir_all(dir).expect("clean");
    }

    #[test]
    fn the_folder_of_the_default_pack_is_what_ships() {
        let files = read_pack(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/rules"))).expect("rules/");
        assert_eq!(files, crate::rules::shipped());
    }

    #[test]
    fn says_what_cannot_be_read() {
        let dir = scratch("faults");
        assert!(matches!(read_pack(&dir), Err(PackError::Empty(_))));
        assert!(matches!(read_pack(&dir.join("nowhere")), Err(PackError::Read { .. })));
        fs::write(dir.join("teams.yaml"), [0xff, 0xfe]).expect("write");
        assert!(matches!(read_pack(&dir), Err(PackError::NotText(_))));
        fs::write(dir.join("teams.yaml"), vec![b'#'; 1024 * 1024 + 1]).expect("write");
        assert!(matches!(
            read_pack(&dir),
            Err(PackError::FileTooLarge { bytes: 1_048_577, limit: FILE_BYTES_MAX, .. })
        ));
        fs::remove_dir_all(dir).expect("clean");
    }
}
