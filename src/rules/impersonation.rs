//! Accounts that pass themselves off as one of ours: a name that folds to an own account's, or comes near it, on an
//! account that is not on the list.
//!
//! Names are compared by their skeleton: look-alike letters, digits for letters and signs between words do not count
//! (after the skeletons of Unicode TS 39). What a name may add to ours and still pass for it (`support`, `official`) is a fixed list
//! of words in several languages. Never judges who a person is: it says which two names were compared, and how.

use crate::mention::{Author, Impersonation, Likeness, Platform};
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
const ADDED: [&str; 52] = [
    "support",
    "supports",
    "supportteam",
    "help",
    "helps",
    "helpdesk",
    "helpline",
    "desk",
    "care",
    "customer",
    "customers",
    "client",
    "clients",
    "service",
    "services",
    "official",
    "oficial",
    "officiel",
    "offiziell",
    "ufficiale",
    "verified",
    "verify",
    "team",
    "hq",
    "admin",
    "agent",
    "assist",
    "assistance",
    "contact",
    "secure",
    "security",
    "refund",
    "refunds",
    "billing",
    "recovery",
    "claims",
    "giveaway",
    "giveaways",
    "airdrop",
    "promo",
    "rewards",
    "bonus",
    "real",
    "soporte",
    "ayuda",
    "suporte",
    "ajuda",
    "atendimento",
    "aide",
    "hilfe",
    "kundenservice",
    "kontakt",
];

/// The same as skeletons, longest first, so that `helpdesk` goes before `desk`.
static ADDED_SKELETONS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut words: Vec<String> = ADDED.iter().map(|word| skeleton(word)).collect();
    words.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    words
});

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
    has_added: bool,
}

impl Name {
    fn of(read: &str) -> Self {
        let skeleton = skeleton(read);
        let core = core(&skeleton);
        let has_added = core.len() < skeleton.len();
        Self { read: read.to_lowercase(), core: first(core), has_added, skeleton: first(&skeleton) }
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
pub(super) fn impersonated(officials: &[Official], platform: Platform, author: &Author) -> Option<Impersonation> {
    let handle = author.handle.as_deref().map(|handle| (handle, stem(platform, handle)));
    let names = handle.into_iter().chain(author.name.as_deref().map(|name| (name, name)));
    let alike = names.flat_map(|(written, read)| {
        let seen = Name::of(read);
        let compared = officials.iter().filter_map(move |official| Some((likeness(&official.name, &seen)?, official)));
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
    if seen.has_added && is_near(&seen.core, &ours.core) {
        return Some(Likeness::AddedWord);
    }
    is_near(&seen.skeleton, &ours.skeleton).then_some(Likeness::Edited)
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
mod tests {
    use super::*;

    fn judged(handle: &str, name: &str) -> Option<(String, Likeness)> {
        let of_handle = |(platform, handle)| Official::of_handle(platform, handle);
        let handles = [
            (Platform::X, "nimbus"),
            (Platform::X, "nimbushelp"),
            (Platform::Mastodon, "nimbus@social.nimbus.example"),
            (Platform::Bluesky, "nimbus.example"),
            (Platform::X, "ny"),
        ];
        let mut officials: Vec<Official> = handles.into_iter().filter_map(of_handle).collect();
        officials.extend(Official::of_name("Kestrel Mobile"));
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let author = Author { handle: some(handle), name: some(name), ..Author::default() };
        let platform = match (handle.contains("bsky"), handle.contains('@')) {
            (true, _) => Platform::Bluesky,
            (_, true) => Platform::Mastodon,
            _ => Platform::Instagram,
        };
        impersonated(&officials, platform, &author).map(|found| (found.official, found.how))
    }

    #[test]
    fn false_accounts_are_told_with_the_name_they_take() {
        for (handle, name, official, how) in [
            ("n1mbus", "", "nimbus", Likeness::LookAlike),
            ("nіmbuѕ", "", "nimbus", Likeness::LookAlike),
            ("n_i_m_b_u_s", "", "nimbus", Likeness::LookAlike),
            ("nirnbushelp", "", "nimbushelp", Likeness::LookAlike),
            ("NimbusHe1p", "", "nimbushelp", Likeness::LookAlike),
            ("jane1987", "ɴɪᴍʙᴜꜱ", "nimbus", Likeness::LookAlike),
            ("nimbus", "", "nimbus", Likeness::Same),
            ("nimbus@evil.example", "", "nimbus", Likeness::Same),
            ("nimbus.bsky.social", "", "nimbus", Likeness::Same),
            ("nimbus_support", "", "nimbus", Likeness::AddedWord),
            ("nimbus_help_24", "", "nimbus", Likeness::AddedWord),
            ("official.nimbus", "", "nimbus", Likeness::AddedWord),
            ("x", "Nimbus Customer Care", "nimbus", Likeness::AddedWord),
            ("x", "Nimbus Soporte Oficial", "nimbus", Likeness::AddedWord),
            ("n1mbu5-refunds", "", "nimbus", Likeness::AddedWord),
            ("kestrelmobilesupport", "", "Kestrel Mobile", Likeness::AddedWord),
            ("nimbuss", "", "nimbus", Likeness::Edited),
            ("nmibus", "", "nimbus", Likeness::Edited),
            ("kestrel_mobole", "", "Kestrel Mobile", Likeness::Edited),
        ] {
            assert_eq!(judged(handle, name), Some((official.to_owned(), how)), "{handle} {name}");
        }
    }

    #[test]
    fn people_who_speak_of_a_brand_or_share_a_word_are_left_alone() {
        for (handle, name) in [
            ("nimbusfan42", ""),
            ("ilovenimbus", ""),
            ("nimbus_watcher", "Cloud photographs"),
            ("kestrel", "Kestrel Jones"),
            ("mobile_support", ""),
            ("support", "Support"),
            ("help_desk", "Official"),
            ("limbo", ""),
            ("ny_help", ""),
            ("nick.bush", "Nick Bush"),
            ("", ""),
            ("日本語", "任天堂"),
        ] {
            assert_eq!(judged(handle, name), None, "{handle} {name}");
        }
    }
}
