//! Finds the CODEOWNERS file of the repository that a pack lies in, for [`crate::rules::unowned`] to judge.

use super::pack::PackError;
use crate::query::lint::Severity;
use crate::rules::{self, Finding, Problem, SourceFile};
use std::fs;
use std::path::{Path, PathBuf};

/// Where such a file may lie, the first that is there counts.
const PLACES: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];
/// Folders above the pack's that are looked at.
const DEPTH_MAX: usize = 32;

/// Files of a pack without an owner. Where there is no such file: nothing, or, where it is `required`, a warning.
///
/// # Errors
/// When a folder or the file cannot be read.
pub fn findings(dir: &Path, files: &[SourceFile], required: bool) -> Result<Vec<Finding>, PackError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| PackError::Read { path, source }
    };
    let dir = fs::canonicalize(dir).map_err(failed(dir))?;
    let Some((root, name)) = find(&dir) else {
        return Ok(required.then(|| missing(files)).flatten().into_iter().collect());
    };
    let path = root.join(name);
    let text = fs::read_to_string(&path).map_err(failed(&path))?;
    let below = dir.strip_prefix(&root).unwrap_or(&dir);
    let in_repository = |file: &SourceFile| {
        let path = below.join(&file.path);
        let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
        (file.path.clone(), parts.join("/"))
    };
    let paths: Vec<(String, String)> = files.iter().map(in_repository).collect();
    Ok(rules::unowned(&paths, name, &text))
}

/// The repository's root is where the file lies, at the top of it at the latest.
fn find(dir: &Path) -> Option<(PathBuf, &'static str)> {
    for folder in dir.ancestors().take(DEPTH_MAX) {
        if let Some(name) = PLACES.into_iter().find(|name| folder.join(name).is_file()) {
            return Some((folder.to_owned(), name));
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

fn missing(files: &[SourceFile]) -> Option<Finding> {
    let problem = Problem {
        path: files.first()?.path.clone(),
        line: 1,
        column: 1,
        text: String::new(),
        message: "no CODEOWNERS file says who owns the pack".to_owned(),
        suggestion: Some("add .github/CODEOWNERS at the root of the repository".to_owned()),
    };
    Some(Finding { problem, code: "unowned", severity: Severity::Warning })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_found_upwards_to_the_root_of_the_repository() {
        let root = std::env::temp_dir().join(format!("groundswell-owners-{}", std::process::id()));
        let dir = root.join("repository/packs/rules");
        fs::create_dir_all(dir.join("queries")).expect("scratch");
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().expect("has one")).expect("folder");
            fs::write(path, text).expect("write");
        };
        let files = ["queries/brand.yaml", "teams.yaml"].map(|path| SourceFile::new(path, ""));
        let told = |required| {
            let found = findings(&dir, &files, required).expect("readable");
            found.into_iter().map(|one| (one.problem.path, one.severity)).collect::<Vec<_>>()
        };
        // above the root of the repository: somebody else's
        write("CODEOWNERS", "* @all");
        write("repository/.git/HEAD", "");
        assert_eq!(told(false), []);
        assert_eq!(told(true), [("queries/brand.yaml".to_owned(), Severity::Warning)]);
        write("repository/docs/CODEOWNERS", "/packs/rules/*.yaml @ops");
        assert_eq!(told(false), [("queries/brand.yaml".to_owned(), Severity::Error)]);
        // the first of the places counts
        write("repository/.github/CODEOWNERS", "/packs/ @ops");
        assert_eq!(told(true), []);
        fs::remove_dir_all(&root).expect("clean");
    }
}
