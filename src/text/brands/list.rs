//! The list of names, and every spelling of it, each once with all names it is part of.

use super::found::{Slip, Why};
use super::letters::{Sound, Word};
use super::nearness::{NAME_LETTERS_MAX, Spelling};
use crate::text::fold::fold_str;
use crate::text::{Document, TokenKind};
use std::collections::BTreeMap;

/// Words of the longest name.
pub const NAME_WORDS_MAX: usize = 8;

/// A name to be found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// The brand, as its owner writes it.
    pub brand: String,
    /// The product, where the name is that of one.
    pub product: Option<String>,
    /// Other spellings of the same name.
    pub also: Vec<String>,
    /// Words that are not this name.
    pub not: Vec<String>,
}

impl Listed {
    /// The name itself.
    #[must_use]
    pub fn name(&self) -> &str {
        self.product.as_deref().unwrap_or(&self.brand)
    }
}

/// A name without case, accents, signs and spaces: two names are the same when their keys are.
#[must_use]
pub fn key(name: &str) -> String {
    fold_str(name).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The words of a name.
fn words_of(name: &str) -> Vec<String> {
    let document = Document::new(name);
    let words = document.tokens().iter().filter(|token| token.kind == TokenKind::Word);
    words.map(|token| key(document.token_text(token))).filter(|word| !word.is_empty()).collect()
}

/// How many words a name has.
#[must_use]
pub fn word_count(name: &str) -> usize {
    words_of(name).len()
}

/// Where a spelling stands in a name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Use {
    pub name: u32,
    /// Which of how many words of the name; 0 of 1 for a whole one.
    pub part: u8,
    pub parts: u8,
    /// How a whole one is written when it is written so.
    pub why: Why,
    pub slip: Slip,
}

/// One of the names, by what queries call it.
#[derive(Debug)]
pub(super) struct Name {
    pub listed: Listed,
    pub brand_key: String,
    pub product_key: Option<String>,
    /// Hashes of the words that are not it; sorted.
    pub not: Vec<u64>,
}

/// The spellings of a list, each once.
#[derive(Default)]
pub(super) struct Draft {
    pub spellings: Vec<Spelling>,
    pub uses: Vec<Vec<Use>>,
    pub numbers: BTreeMap<String, usize>,
}

impl Draft {
    pub fn add(&mut self, name: u32, written: &str, is_also: bool) {
        let whole = key(written);
        let words = words_of(written);
        if whole.is_empty() || whole.chars().count() > NAME_LETTERS_MAX || words.len() > NAME_WORDS_MAX {
            return;
        }
        let slip = if is_also { Slip::Known } else { Slip::None };
        let parts = u8::try_from(words.len()).unwrap_or(u8::MAX);
        let why = match (is_also, parts > 1) {
            (true, _) => Why::Slip,
            (_, true) => Why::Joined,
            _ => Why::Exact,
        };
        self.file(&whole, Use { name, part: 0, parts: 1, why, slip });
        if parts > 1 {
            let why = if is_also { Why::Slip } else { Why::Exact };
            for (part, word) in (0_u8..).zip(&words) {
                self.file(word, Use { name, part, parts, why, slip });
            }
        }
    }

    fn file(&mut self, spelt: &str, used: Use) {
        let next = self.spellings.len();
        let number = *self.numbers.entry(spelt.to_owned()).or_insert(next);
        if number == next {
            let mut word = Word::default();
            word.read(spelt, 0);
            let sound = Sound::of(&word.letters);
            let letters = word.letters.iter().map(|letter| letter.seen).collect();
            self.spellings.push(Spelling { letters, sound });
            self.uses.push(Vec::new());
        }
        self.uses[number].push(used);
    }
}
