//! Accounts that pass themselves off as one of ours: a name that folds to an own account's, or comes near it, on an
//! account that is not on the list.
//!
//! Names are compared by their skeleton: look-alike letters, digits for letters and signs between words do not count
//! (after the skeletons of Unicode TS 39). What a name may add to ours and still pass for it (`support`, `official`) is a
//! fixed list of words in several languages ([`words`]). A product that is named after an own account stands for it, as
//! spelt: `Nimbus Pay Support`, not `Nimbus Bay`. Never judges who a person is: it says which two names were compared,
//! and how.

use self::words::{ADDED_WORDS, disclaims, is_misspelt};
use crate::mention::{Author, Impersonation, Likeness, Platform};
use crate::text::are_within;
use crate::text::brands::is_common;
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
    /// The skeleton without what false accounts add.
    core: Vec<char>,
    /// The name of a product: it passes as spelt only, since what is near it is somebody else's more often.
    is_product: bool,
}

/// A name as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    /// What people read of it, without case.
    read: String,
    skeleton: Vec<char>,
    /// What is left of the skeleton as words are taken off at its ends, of which one says that it is an account of the
    /// brand and others may stand beside it (`us`, `24x7`). All are compared, as the name itself may end like such a
    /// word.
    bare: Vec<Vec<char>>,
}

impl Name {
    fn of(read: &str) -> Self {
        let skeleton_of = skeleton(read);
        let mut bare = bare(&skeleton_of);
        // one digit at the end may be a letter of the name, or the number of the account
        let unnumbered = read.trim_end_matches(|c: char| c.is_ascii_digit());
        if unnumbered.len() + 1 == read.len() {
            bare.extend(self::bare(&skeleton(unnumbered)));
        }
        // letters that together look like one may be of two words: `for nimbus`
        let apart: String = read.split(|c: char| !c.is_alphanumeric()).map(skeleton).collect();
        if apart.len() != skeleton_of.len() {
            bare.extend(self::bare(&apart));
        }
        Self { read: read.to_lowercase(), skeleton: first(&skeleton_of), bare }
    }
}

/// What is left of a skeleton without words at its ends; nothing where none of them says that it is an account of ours.
fn bare(skeleton: &str) -> Vec<Vec<char>> {
    let (starts, ends) = (words::ends_of_words(skeleton), words::starts_of_words(skeleton));
    let mut bare = Vec::new();
    for (start, is_added) in &starts {
        for (end, is_added_behind) in &ends {
            let rest = skeleton.get(*start..*end).filter(|_| *is_added || *is_added_behind);
            bare.extend(rest.filter(|rest| has_letters(rest)).map(first));
        }
    }
    bare
}

fn has_letters(name: &str) -> bool {
    name.chars().nth(LETTERS_MIN - 1).is_some()
}

fn first(letters: &str) -> Vec<char> {
    letters.chars().take(LETTERS_MAX).collect()
}

/// The part of a skeleton before and after which words were added; all of it where nothing was.
fn core(skeleton: &str) -> &str {
    let mut rest = skeleton;
    let shorter = |name| ADDED_WORDS.off_start(name).or_else(|| ADDED_WORDS.off_end(name));
    while let Some(less) = shorter(rest).filter(|less| has_letters(less)) {
        rest = less;
    }
    rest
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
        let is_theirs = owners.iter().any(|owner| product.name.skeleton.starts_with(&owner.core));
        let is_new = owners.iter().all(|owner| owner.name.skeleton != product.name.skeleton);
        (is_theirs && is_new).then_some(product)
    }

    fn new(written: &str, read: &str) -> Option<Self> {
        let (name, core) = (Name::of(read), first(core(&skeleton(read))));
        (core.len() >= LETTERS_MIN).then(|| Self { written: written.to_owned(), name, core, is_product: false })
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
    let shown = author.name.as_deref().unwrap_or_default();
    let shown_skeleton = first(&skeleton(shown));
    let is_other = |handle: &Name| !shown_skeleton.is_empty() && shown_skeleton != handle.skeleton;
    let alike = names.clone().flat_map(|(written, read, is_handle)| {
        let seen = Name::of(read);
        let has_own_name = is_handle && is_other(&seen);
        let compared = officials.iter().filter_map(move |official| Some((likeness(official, &seen)?, official)));
        let compared = compared.filter(move |(how, official)| {
            *how != Likeness::Edited || !(has_own_name || words_of(shown) > words_of(&official.written))
        });
        compared.map(move |(how, official)| Impersonation {
            official: official.written.clone(),
            seen: written.to_owned(),
            how,
        })
    });
    let found = alike.min_by_key(|found| found.how)?;
    // who says that it is a parody deceives nobody
    (!names.into_iter().any(|(_, read, _)| disclaims(&skeleton(read)))).then_some(found)
}

fn likeness(official: &Official, seen: &Name) -> Option<Likeness> {
    let ours = &official.name;
    if seen.skeleton == ours.skeleton {
        return Some(if seen.read == ours.read { Likeness::Same } else { Likeness::LookAlike });
    }
    if seen.skeleton.split_at(seen.skeleton.len() / 2) == (&ours.skeleton, &ours.skeleton) {
        return Some(Likeness::LookAlike);
    }
    let edits_of = |letters| if official.is_product { 0 } else { edits_allowed(letters) };
    let is_ours = |bare: &Vec<char>| {
        let allowed = edits_of(official.core.len());
        *bare == official.core || (looks_edited(bare, &official.core) && are_within(bare, &official.core, allowed))
    };
    if seen.bare.iter().any(is_ours) || has_misspelt_word(&seen.skeleton, &official.core) {
        return Some(Likeness::AddedWord);
    }
    let is_edited = looks_edited(&seen.skeleton, &ours.skeleton)
        && are_within(&seen.skeleton, &ours.skeleton, edits_of(ours.skeleton.len()))
        && !is_common(&seen.read);
    is_edited.then_some(Likeness::Edited)
}

/// Whether a skeleton is ours and a misspelt word before or behind it: `nimbus_suppport`.
fn has_misspelt_word(seen: &[char], core: &[char]) -> bool {
    let is_word = |letters: &[char]| is_misspelt(&letters.iter().collect::<String>());
    seen.strip_prefix(core).or_else(|| seen.strip_suffix(core)).is_some_and(is_word)
}

fn words_of(name: &str) -> usize {
    name.split_whitespace().count()
}

/// Edits that a name of so many letters may have.
fn edits_allowed(letters: usize) -> usize {
    match letters {
        TWO_EDITS_LETTERS.. => 2,
        ONE_EDIT_LETTERS.. => 1,
        _ => 0,
    }
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
