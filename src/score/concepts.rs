//! Concepts: what words have in common across spellings, inflections and languages ("charged", "debited",
//! "abgebucht" are all `money_taken`).
//!
//! The words were written for this project (`concepts.txt`); what a concept means for a head is learned like any other
//! weight. Looking up is a handful of hash probes per word, most of them answered by a bit table. The numbers of the
//! concepts are part of an artefact's meaning: append at the end of the file, never reorder, and train anew.

use super::features::{hash_letters, mix, top};
use super::tokens::ignorable;
use crate::text::AsIs;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::LazyLock;

/// Most concepts one word can have.
const PER_ENTRY_MAX: usize = 6;
/// Most words of a phrase.
pub(crate) const PHRASE_WORDS_MAX: usize = 4;
/// Shortest beginning of a word that may stand for all of it.
pub(crate) const STEM_LETTERS_MIN: usize = 4;

const SEED_EXACT: u64 = 0xC1;
const SEED_STEM: u64 = 0xC2;
const SEED_PHRASE: u64 = 0xC3;

/// The shipped words.
static SHIPPED: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::parse(include_str!("concepts.txt")));

/// Words, stems and phrases with their concepts.
#[derive(Debug, Default)]
pub(crate) struct Lexicon {
    entries: HashMap<u64, Entry, BuildHasherDefault<AsIs>>,
    /// Two bits of a word for each entry (Bloom 1970): most keys are of no entry, and are told so without a look at the
    /// entries, which are far.
    seen: Vec<u64>,
    /// What a word, by its hash, may be in phrases.
    roles: Vec<Roles>,
    names: Vec<String>,
}

/// The concepts of one word.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Entry {
    concepts: [u8; PER_ENTRY_MAX],
    count: u8,
}

impl Entry {
    fn add(&mut self, concept: u8) {
        if self.as_slice().contains(&concept) || usize::from(self.count) == PER_ENTRY_MAX {
            return;
        }
        self.concepts[usize::from(self.count)] = concept;
        self.count += 1;
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.concepts[..usize::from(self.count)]
    }
}

/// How long the phrases are that a word may begin or end: most runs of words are told by it to be no phrase.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Roles {
    /// One bit per length.
    begins: u8,
    ends: u8,
}

impl Roles {
    pub(crate) const NONE: Self = Self { begins: 0, ends: 0 };

    /// False where no phrase ends with such a word.
    pub(crate) fn ends_any(self) -> bool {
        self.ends != 0
    }

    /// False where no phrase of so many words begins with a word of these roles and ends with one of those.
    pub(crate) fn may_make_phrase(self, last: Self, words: usize) -> bool {
        self.begins & last.ends & (1 << words) != 0
    }
}

const _: () = assert!(PHRASE_WORDS_MAX < 8, "a bit for each length");

impl Lexicon {
    pub(crate) fn shipped() -> &'static Self {
        &SHIPPED
    }

    fn parse(text: &str) -> Self {
        let mut lexicon = Self { seen: vec![0; SEEN_WORDS], roles: vec![Roles::NONE; ROLES], ..Self::default() };
        lexicon.entries.reserve(text.len() / ENTRY_BYTES);
        let mut concept = 0;
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("== ") {
                concept = u8::try_from(lexicon.names.len()).expect("a test counts the concepts");
                lexicon.names.push(name.to_owned());
                continue;
            }
            for entry in line.split('|').map(str::trim).filter(|e| !e.is_empty()) {
                lexicon.add(key(entry), concept);
                if let Some((first, _)) = entry.split_once(' ')
                    && let Some((_, last)) = entry.rsplit_once(' ')
                {
                    let length = 1 << entry.split_whitespace().count();
                    lexicon.roles[role_place(hash_of(first))].begins |= length;
                    lexicon.roles[role_place(hash_of(last))].ends |= length;
                }
            }
        }
        lexicon
    }

    fn add(&mut self, key: u64, concept: u8) {
        let (word, bits) = place(key);
        self.seen[word] |= bits;
        self.entries.entry(key).or_default().add(concept);
    }

    fn get(&self, key: u64) -> Option<&Entry> {
        if self.may_have(key) { self.entries.get(&key) } else { None }
    }

    fn may_have(&self, key: u64) -> bool {
        let (word, bits) = place(key);
        self.seen[word] & bits == bits
    }

    /// The number of a concept.
    pub(crate) fn concept(&self, name: &str) -> Option<u8> {
        self.names.iter().position(|n| n == name).and_then(|n| u8::try_from(n).ok())
    }

    /// The concepts of a whole word, by the hash of its plain letters.
    pub(crate) fn word(&self, hash: u64) -> Option<&Entry> {
        self.get(mix(SEED_EXACT, hash))
    }

    /// The concepts of all words that begin so.
    pub(crate) fn stem(&self, hash: u64) -> Option<&Entry> {
        self.get(mix(SEED_STEM, hash))
    }

    /// What a word, by the hash of its plain letters, may be in phrases.
    pub(crate) fn roles(&self, hash: u64) -> Roles {
        self.roles[role_place(hash)]
    }

    /// The key of a run of words, by their hashes in order; nothing where it is surely no phrase.
    pub(crate) fn phrase_key(&self, hashes: impl Iterator<Item = u64>) -> Option<u64> {
        let key = phrase_key(hashes);
        self.may_have(key).then_some(key)
    }

    /// The concepts of a run of words, by its key.
    pub(crate) fn phrase(&self, key: u64) -> Option<&Entry> {
        self.entries.get(&key)
    }
}

/// Bytes of an entry as it is written, or less.
const ENTRY_BYTES: usize = 12;

/// So few that they stay near, and so many that of 41,000 entries' bits few are those of another key.
const SEEN_WORDS: usize = 1 << 13;
/// Places for the roles of words: so many more than words of phrases that few share one.
const ROLES: usize = 1 << 16;

fn role_place(hash: u64) -> usize {
    top(hash, ROLES.ilog2()) as usize
}

fn place(key: u64) -> (usize, u64) {
    ((key >> 32) as usize % SEEN_WORDS, 1 << (key >> 46 & 63) | 1 << (key >> 52 & 63))
}

fn phrase_key(hashes: impl Iterator<Item = u64>) -> u64 {
    hashes.fold(SEED_PHRASE, mix)
}

/// The key of an entry as it is written: `word`, `stem*`, `two words`.
fn key(entry: &str) -> u64 {
    if let Some(stem) = entry.strip_suffix('*') {
        return mix(SEED_STEM, hash_of(stem));
    }
    let mut words = entry.split_whitespace();
    match (words.next(), words.next()) {
        (Some(word), None) => mix(SEED_EXACT, hash_of(word)),
        _ => phrase_key(entry.split_whitespace().map(hash_of)),
    }
}

/// The hash of a word's plain letters.
fn hash_of(word: &str) -> u64 {
    hash_letters(word.chars().filter(|&c| c != '\'' && (c.is_ascii() || !ignorable(c))).map(plain))
}

/// A letter without its accent: people leave them out.
pub(crate) fn plain(letter: char) -> char {
    if letter.is_ascii() {
        return letter;
    }
    match letter {
        'ß' => 's',
        'ø' => 'o',
        'ł' => 'l',
        '\u{00C0}'..='\u{024F}' => {
            let mut first = letter;
            let mut begun = false;
            unicode_normalization::char::decompose_canonical(letter, |c| {
                if !begun {
                    first = c;
                    begun = true;
                }
            });
            first
        }
        _ => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const SMALL: &str = "== money\nrefund* | money back | cash\n== no\nnot | cash\n";

    #[test]
    fn words_stems_and_phrases_are_found() {
        let lexicon = Lexicon::parse(SMALL);
        let hash = hash_of;
        assert_eq!(lexicon.word(hash("cash")).map(Entry::as_slice), Some(&[0, 1][..]));
        assert_eq!(lexicon.stem(hash("refund")).map(Entry::as_slice), Some(&[0][..]));
        let phrase = |words: [&str; 2]| lexicon.phrase(lexicon.phrase_key(words.into_iter().map(hash))?);
        assert_eq!(phrase(["money", "back"]).map(Entry::as_slice), Some(&[0][..]));
        assert!(phrase(["back", "money"]).is_none());
        assert!(lexicon.word(hash("money")).is_none() && lexicon.stem(hash("cash")).is_none());
    }

    #[test]
    fn accents_do_not_count() {
        assert_eq!(key("débité"), key("debite"));
        assert_eq!(key("größe"), key("grose"));
        assert_eq!(key("привет"), mix(SEED_EXACT, hash_of("привет")));
    }

    #[test]
    fn the_shipped_words_are_well_formed() {
        let mut names = BTreeSet::new();
        let mut entries = 0;
        for line in include_str!("concepts.txt").lines() {
            if let Some(name) = line.strip_prefix("== ") {
                assert!(names.insert(name), "{name} stands there twice");
                continue;
            }
            for entry in line.split('|').map(str::trim) {
                let words = entry.split_whitespace().count();
                assert!((1..=PHRASE_WORDS_MAX).contains(&words), "{entry:?} in {line:?}");
                if let Some(stem) = entry.strip_suffix('*') {
                    assert!(words == 1 && stem.chars().count() >= STEM_LETTERS_MIN, "{entry:?}");
                }
                assert_eq!(entry.to_lowercase(), entry);
                entries += 1;
            }
        }
        assert!(names.len() < 250 && entries > 2_000, "{} concepts, {entries} entries", names.len());
    }
}
