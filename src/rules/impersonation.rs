//! Accounts that pass themselves off as one of ours: a name that folds to an own account's, or comes near it, on an
//! account that is not on the list.
//!
//! Names are compared by their skeleton: look-alike letters, digits for letters and signs between words do not count
//! (after the skeletons of Unicode TS 39). What a name may add to ours and still pass for it (`support`, `official`) is a
//! fixed list of words in several languages ([`words`]). A product that is named after an own account stands for it, as
//! spelt: `Nimbus Pay Support`, not `Nimbus Bay`. Never judges who a person is: it says which two names were compared,
//! and how.

use self::words::{added, beside};
use crate::mention::{Author, Impersonation, Likeness, Platform};
use crate::text::brands::is_common;
use crate::text::edits;
use crate::text::lookalike::skeleton;

mod words;

/// Shorter names are too many people's.
const LETTERS_MIN: usize = 4;
/// From so many letters on one edit is near, from so many two.
const ONE_EDIT_LETTERS: usize = 6;
const TWO_EDITS_LETTERS: usize = 12;
/// Letters of a name that are compared; the longest handle of any platform is shorter.
const LETTERS_MAX: usize = 64;

/// The name of an own account, made ready for comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Official {
    /// As the pack writes it.
    written: String,
    name: Name,
    /// The name of a product: it passes as spelt only, since what is near it is somebody else's more often.
    is_product: bool,
}

/// A name as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    /// What people read of it, without case.
    read: String,
    skeleton: Vec<char>,
    /// The skeleton without what false accounts add.
    core: Vec<char>,
    /// What is left of the skeleton as one word after the other is taken off, also what stands beside an added one
    /// (`us`, `24x7`); nothing where none was added. All are compared, as the name itself may end like such a word.
    bare: Vec<Vec<char>>,
}

impl Name {
    fn of(read: &str) -> Self {
        let skeleton = skeleton(read);
        let (mut rest, mut bare, mut has_added) = (skeleton.as_str(), Vec::new(), false);
        loop {
            let less = added().find_map(|word| without(rest, word));
            has_added |= less.is_some();
            let Some(less) = less.or_else(|| beside().find_map(|word| without(rest, word))) else { break };
            rest = less;
            bare.push(first(rest));
        }
        let core = core(&skeleton);
        bare.extend((core.len() < skeleton.len()).then(|| first(core)));
        bare.retain(|_| has_added);
        Self { read: read.to_lowercase(), core: first(core), bare, skeleton: first(&skeleton) }
    }
}

fn first(letters: &str) -> Vec<char> {
    letters.chars().take(LETTERS_MAX).collect()
}

/// The part of a skeleton before and after which words were added; all of it where nothing was.
fn core(skeleton: &str) -> &str {
    let mut rest = skeleton;
    while let Some(shorter) = added().find_map(|word| without(rest, word)) {
        rest = shorter;
    }
    rest
}

/// A name without a word at one of its ends. Figures at the end are part of what is added only beside a word.
fn without<'s>(name: &'s str, word: &str) -> Option<&'s str> {
    let figures = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let shorter = name.strip_prefix(word).or_else(|| name.strip_suffix(word)).or_else(|| figures.strip_suffix(word));
    shorter.filter(|shorter| shorter.chars().count() >= LETTERS_MIN)
}

impl Official {
    /// `None` where the name is too short to be told from others.
    pub(super) fn of_handle(platform: Platform, handle: &str) -> Option<Self> {
        Self::new(handle, stem(platform, handle))
    }

    /// The same for a display name.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        Self::new(name, name)
    }

    /// The same for a product's name that begins with the name of one of `owners`, as `Nimbus Pay` does.
    pub(super) fn of_product(name: &str, owners: &[Self]) -> Option<Self> {
        let product = Self { is_product: true, ..Self::of_name(name)? };
        let is_theirs = owners.iter().any(|owner| product.name.skeleton.starts_with(&owner.name.core));
        let is_new = owners.iter().all(|owner| owner.name.skeleton != product.name.skeleton);
        (is_theirs && is_new).then_some(product)
    }

    fn new(written: &str, read: &str) -> Option<Self> {
        let name = Name::of(read);
        (name.core.len() >= LETTERS_MIN).then(|| Self { written: written.to_owned(), name, is_product: false })
    }
}

/// The part of a handle that people read: not the server of a fediverse handle, not the domain above a Bluesky one.
fn stem(platform: Platform, handle: &str) -> &str {
    let handle = handle.trim_start_matches('@');
    match platform {
        Platform::Bluesky => handle.split_once('.').map_or(handle, |(name, _)| name),
        _ => handle.split_once('@').map_or(handle, |(name, _)| name),
    }
}

/// The own account that an author's handle or name passes itself off as; the nearest likeness, then the first in the
/// pack's order. The author must not be on the list.
///
/// A handle that is a letter off is nothing where the display name beside it is another one altogether: it is somebody
/// else's own name (`orbitz`, “Orbitz Travel”), and nobody is deceived.
pub(super) fn impersonated(officials: &[Official], platform: Platform, author: &Author) -> Option<Impersonation> {
    let handle = author.handle.as_deref().map(|handle| (handle, stem(platform, handle), true));
    let names = handle.into_iter().chain(author.name.as_deref().map(|name| (name, name, false)));
    let shown = author.name.as_deref().map(Name::of).filter(|name| !name.skeleton.is_empty());
    let is_other = |handle: &Name| shown.as_ref().is_some_and(|shown| shown.skeleton != handle.skeleton);
    let alike = names.flat_map(|(written, read, is_handle)| {
        let seen = Name::of(read);
        let has_own_name = is_handle && is_other(&seen);
        let compared = officials.iter().filter_map(move |official| Some((likeness(official, &seen)?, official)));
        let compared = compared.filter(move |(how, _)| *how != Likeness::Edited || !has_own_name);
        compared.map(move |(how, official)| Impersonation {
            official: official.written.clone(),
            seen: written.to_owned(),
            how,
        })
    });
    alike.min_by_key(|found| found.how)
}

fn likeness(official: &Official, seen: &Name) -> Option<Likeness> {
    let ours = &official.name;
    if seen.skeleton == ours.skeleton {
        return Some(if seen.read == ours.read { Likeness::Same } else { Likeness::LookAlike });
    }
    let edits_of = |letters| if official.is_product { 0 } else { edits_allowed(letters) };
    if seen.bare.iter().any(|core| is_near(core, &ours.core, edits_of(ours.core.len()))) {
        return Some(Likeness::AddedWord);
    }
    let is_edited = is_near(&seen.skeleton, &ours.skeleton, edits_of(ours.skeleton.len()))
        && looks_edited(&seen.skeleton, &ours.skeleton)
        && !is_common(&seen.read);
    is_edited.then_some(Likeness::Edited)
}

/// Edits that a name of so many letters may have.
fn edits_allowed(letters: usize) -> usize {
    match letters {
        TWO_EDITS_LETTERS.. => 2,
        ONE_EDIT_LETTERS.. => 1,
        _ => 0,
    }
}

fn is_near(seen: &[char], ours: &[char], allowed: usize) -> bool {
    seen.len().abs_diff(ours.len()) <= allowed && edits(seen, ours) <= allowed
}

/// Whether a name is read in passing for the one that it is near to: it begins with the same letter, and is not merely
/// its beginning. `nlmbu` and `hlmbus` are words of their own.
fn looks_edited(seen: &[char], ours: &[char]) -> bool {
    seen.first() == ours.first() && !ours.starts_with(seen)
}

#[cfg(test)]
mod lineup;
#[cfg(test)]
mod tests;
