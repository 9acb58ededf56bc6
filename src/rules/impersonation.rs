//! Accounts that pass themselves off as one of ours: a name that folds to an own account's, or comes near it, on an
//! account that is not on the list.
//!
//! Names are compared by their skeleton: look-alike letters, digits for letters and signs between words do not count
//! (after the skeletons of Unicode TS 39). What a name may add to ours and still pass for it (`support`, `official`) is a fixed list
//! of words in several languages. Never judges who a person is: it says which two names were compared, and how.

use crate::mention::{Author, Impersonation, Likeness, Platform};
use crate::text::brands::is_common;
use crate::text::edits;
use crate::text::lookalike::skeleton;
use std::sync::LazyLock;

/// Shorter names are too many people's.
const LETTERS_MIN: usize = 4;
/// From so many letters on one edit is near, from so many two.
const ONE_EDIT_LETTERS: usize = 6;
const TWO_EDITS_LETTERS: usize = 12;
/// Letters of a name that are compared; the longest handle of any platform is shorter.
const LETTERS_MAX: usize = 64;

/// What a false account adds to a brand's name.
#[rustfmt::skip]
const ADDED: &[&str] = &[
    "support", "supports", "supportteam", "help", "helps", "helpdesk", "helpline", "desk", "care", "customer",
    "client", "service", "services", "official", "oficial", "officiel", "offiziell", "ufficiale", "verified",
    "verify", "team", "hq", "admin", "agent", "assist", "assistance", "contact", "secure", "security", "refund",
    "refunds", "billing", "recovery", "claims", "giveaway", "giveaways", "airdrop", "promo", "rewards", "bonus",
    "real", "soporte", "ayuda", "suporte", "ajuda", "atendimento", "aide", "hilfe", "kundenservice", "kontakt",
    "the", "atencion", "atencionalcliente", "cliente", "assistenza", "assistencia", "servizioclienti",
    "serviceclient", "klantenservice", "destek", "pomoc", "поддержка", "サポート", "客服", "官方", "center", "centre",
    "hotline", "techsupport", "technicalsupport", "livechat", "verification", "verificado", "kundendienst",
    "kundenbetreuung", "offizielle", "offizieller", "supporto", "aiuto", "officieel", "hulp", "resmi", "yardim",
    "bantuan", "oficjalny", "официальный", "atencionclientes", "serviceclients", "suport", "supporrt", "offical",
    "officail", "custumer", "servise",
];

/// Where such an account says it is: beside an added word only, since a place alone is a branch or a town's.
const PLACES: [&str; 14] = ["uk", "us", "usa", "eu", "de", "fr", "es", "it", "br", "pt", "mx", "in", "int", "global"];

/// The same as skeletons, longest first, so that `helpdesk` goes before `desk`.
static ADDED_SKELETONS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut words: Vec<String> = ADDED.iter().map(|word| skeleton(word)).collect();
    words.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    words
});

static PLACE_SKELETONS: LazyLock<Vec<String>> = LazyLock::new(|| PLACES.iter().map(|word| skeleton(word)).collect());

/// The name of an own account, made ready for comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Official {
    /// As the pack writes it.
    written: String,
    name: Name,
}

/// A name as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    /// What people read of it, without case.
    read: String,
    skeleton: Vec<char>,
    /// The skeleton without what false accounts add.
    core: Vec<char>,
    /// The same without the place beside it, where there is one.
    placeless: Option<Vec<char>>,
    has_added: bool,
}

impl Name {
    fn of(read: &str) -> Self {
        let skeleton = skeleton(read);
        let bare = core(&skeleton);
        let has_added = bare.len() < skeleton.len();
        let place = PLACE_SKELETONS.iter().filter(|_| has_added).find_map(|word| without(bare, word));
        Self {
            read: read.to_lowercase(),
            core: first(bare),
            placeless: place.map(|rest| first(core(rest))),
            has_added,
            skeleton: first(&skeleton),
        }
    }
}

fn first(letters: &str) -> Vec<char> {
    letters.chars().take(LETTERS_MAX).collect()
}

/// The part of a skeleton before and after which words were added; all of it where nothing was. Figures at the end are
/// part of what is added only beside a word.
fn core(skeleton: &str) -> &str {
    let mut rest = skeleton;
    while let Some(shorter) = ADDED_SKELETONS.iter().find_map(|word| without(rest, word)) {
        rest = shorter;
    }
    rest
}

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

    fn new(written: &str, read: &str) -> Option<Self> {
        let name = Name::of(read);
        (name.core.len() >= LETTERS_MIN).then(|| Self { written: written.to_owned(), name })
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
        let compared = officials.iter().filter_map(move |official| Some((likeness(&official.name, &seen)?, official)));
        let compared = compared.filter(move |(how, _)| *how != Likeness::Edited || !has_own_name);
        compared.map(move |(how, official)| Impersonation {
            official: official.written.clone(),
            seen: written.to_owned(),
            how,
        })
    });
    alike.min_by_key(|found| found.how)
}

fn likeness(ours: &Name, seen: &Name) -> Option<Likeness> {
    if seen.skeleton == ours.skeleton {
        return Some(if seen.read == ours.read { Likeness::Same } else { Likeness::LookAlike });
    }
    let cores = || [Some(&seen.core), seen.placeless.as_ref()].into_iter().flatten();
    if seen.has_added && cores().any(|core| is_near(core, &ours.core)) {
        return Some(Likeness::AddedWord);
    }
    let is_edited = is_near(&seen.skeleton, &ours.skeleton) && !is_common(&seen.read);
    is_edited.then_some(Likeness::Edited)
}

fn is_near(seen: &[char], ours: &[char]) -> bool {
    let allowed = match ours.len() {
        TWO_EDITS_LETTERS.. => 2,
        ONE_EDIT_LETTERS.. => 1,
        _ => 0,
    };
    seen.len().abs_diff(ours.len()) <= allowed && edits(seen, ours) <= allowed
}

#[cfg(test)]
mod lineup;
#[cfg(test)]
mod tests;
