//! What the model looks at: one hashed stream of words, pairs, negated words, pieces of words, concepts, emoji, looks of
//! numbers and style marks.
//!
//! Every feature knows the unit (a word, a pair, a mark) it came from, so a score can be told back in the reader's
//! words. The hash is fixed: changing it, or what is emitted, makes every artefact meaningless. Work is linear in the
//! text; nothing here depends on the platform, the locale or a map's order.

use super::concepts::Lexicon;
use super::phrases::{Phrase, phrases_into};
use super::signs::{Look, Sign, ends_site, shape};
use super::tokens::{Kind, Reading, Token};
use super::word::{Spelling, Word};

/// Bits of a feature id in the main table.
pub(crate) const MAIN_BITS: u32 = 18;
/// Bits of a feature id in the language table.
pub(crate) const LANGUAGE_BITS: u32 = 15;
/// How many words a negation reaches.
const NEGATION_REACH: u32 = 4;
/// So many different concepts of a text are read in pairs: what a post is about is said early.
const PAIRED_CONCEPTS_MAX: usize = 12;
/// Numbers no concept of the lexicon has: the text asks, has a link, a number to call, one to write to, an amount, a
/// word with digits.
const ASKS: u8 = u8::MAX;
const LINKS: u8 = u8::MAX - 1;
const PHONES: u8 = u8::MAX - 2;
const SHORT_CODES: u8 = u8::MAX - 3;
const AMOUNTS: u8 = u8::MAX - 4;
const CODED: u8 = u8::MAX - 5;

/// One feature and the unit it came from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Feature {
    /// The row of its weights, and [`FINE_BITS`] more.
    pub(crate) id: u32,
    pub(crate) unit: u32,
}

impl Feature {
    /// The row of its weights.
    pub(crate) fn row(&self) -> u32 {
        row_of(self.id)
    }
}

/// How the name of a manner of writing begins.
const STYLE: &str = "style:";

/// Something a reader can point at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// One token, by its index.
    One(u32),
    /// Two tokens next to each other, by the index of the first.
    Pair(u32),
    /// The first or the last word's place.
    Edge(u32),
    /// A manner of writing, by name with [`STYLE`] before it.
    Style(&'static str),
}

/// The features of one text.
#[derive(Debug, Default)]
pub(crate) struct Features {
    /// Words, pairs, negations, emoji, style.
    pub(crate) words: Vec<Feature>,
    /// Pieces of words.
    pub(crate) pieces: Vec<Feature>,
    /// What the words are about, alone and in pairs. A pair belongs to the later word's unit.
    pub(crate) concepts: Vec<Feature>,
    pub(crate) units: Vec<Unit>,
    /// What may be phrases, while the text is read.
    phrases: Vec<Phrase>,
}

impl Features {
    fn clear(&mut self) {
        let Self { words, pieces, concepts, units, .. } = self;
        words.clear();
        pieces.clear();
        concepts.clear();
        units.clear();
    }
}

/// Lists of features whose weight is shared out apart.
pub(crate) const GROUPS: usize = 3;

impl Features {
    /// The lists, in the order everything that is shared out by group keeps.
    pub(crate) fn groups(&self) -> [&[Feature]; GROUPS] {
        [&self.words, &self.pieces, &self.concepts]
    }
}

const SEED_WORD: u64 = 0x51;
const SEED_PAIR: u64 = 0x52;
const SEED_NOT: u64 = 0x53;
const SEED_STYLE: u64 = 0x55;
const SEED_HASHTAG: u64 = 0x56;
const SEED_EDGE: u64 = 0x57;
const SEED_HOST: u64 = 0x58;
const SEED_NUMBER: u64 = 0x59;
const SEED_SKIP: u64 = 0x5A;
const SEED_CONCEPT: u64 = 0x5B;
const SEED_CONCEPT_NOT: u64 = 0x5C;
const SEED_TOGETHER: u64 = 0x5D;

pub(crate) fn mix(hash: u64, value: u64) -> u64 {
    (hash.rotate_left(5) ^ value).wrapping_mul(0x517c_c1b7_2722_0a95)
}

pub(crate) fn top(hash: u64, bits: u32) -> u32 {
    let spread = (hash ^ (hash >> 29)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    u32::try_from(spread >> (64 - bits)).unwrap_or(0)
}

/// Rows of concepts, at the end of the table: words never share one, so that heads can learn from concepts alone.
const CONCEPT_ROWS: u32 = 1 << 14;
pub(crate) const WORD_ROWS: u32 = (1 << MAIN_BITS) - CONCEPT_ROWS;

/// Bits of a feature's id below its row: learning tells features by them that share a row.
pub(crate) const FINE_BITS: u32 = u32::BITS - MAIN_BITS;

/// The id of a feature in the first `rows` rows, every place as likely (Lemire 2019).
pub(crate) fn below(hash: u64, rows: u32) -> u32 {
    u32::try_from((u64::from(top(hash, 32)) * u64::from(rows)) >> (u32::BITS - FINE_BITS)).unwrap_or(0)
}

/// The row of a feature's weights.
pub(crate) fn row_of(id: u32) -> u32 {
    id >> FINE_BITS
}

fn id(seed: u64, hash: u64) -> u32 {
    below(mix(hash, seed), WORD_ROWS)
}

fn concept_id(seed: u64, hash: u64) -> u32 {
    (WORD_ROWS << FINE_BITS) + below(mix(hash, seed), CONCEPT_ROWS)
}

/// The feature of a text that is about this.
pub(crate) fn concept_feature(concept: u8) -> u32 {
    concept_id(SEED_CONCEPT, u64::from(concept))
}

/// Reads the features of a text, one by one.
pub(crate) fn extract(reading: &Reading) -> Features {
    let (mut features, mut spelling) = (Features::default(), Spelling::default());
    spelling.read(reading);
    walk(reading, &spelling.words, &mut features);
    features.pieces = spelling.pieces;
    features
}

/// Whether tokens of this kind are words that are read letter by letter.
pub(crate) fn is_spelled(kind: Kind) -> bool {
    matches!(kind, Kind::Word | Kind::Hashtag)
}

/// The tokens that are, with their places among all.
pub(crate) fn spelled_tokens(reading: &Reading) -> impl Iterator<Item = (u32, &Token)> {
    (0..).zip(&reading.tokens).filter(|(_, token)| is_spelled(token.kind))
}

/// The unit of a token: each is followed by that of its pair or edge.
pub(crate) fn unit_of(token: u32) -> u32 {
    token.saturating_mul(2)
}

/// Puts the features of a text, but for the pieces of its words, in place of others; its words are read already.
pub(crate) fn walk(reading: &Reading, words: &[Word], features: &mut Features) {
    features.clear();
    let mut phrases = std::mem::take(&mut features.phrases);
    phrases_into(reading, words, &mut phrases);
    let mut walk = Walk {
        reading,
        words,
        word: 0,
        phrases: phrases.iter().peekable(),
        out: features,
        negated: 0,
        last: [None; 2],
        style: Style::default(),
        about: About::default(),
    };
    for index in 0..reading.tokens.len() {
        walk.token(index);
    }
    walk.finish();
    features.phrases = phrases;
}

struct Walk<'a> {
    reading: &'a Reading,
    words: &'a [Word],
    /// Number of the next word.
    word: usize,
    /// Those of the next words.
    phrases: std::iter::Peekable<std::slice::Iter<'a, Phrase>>,
    out: &'a mut Features,
    negated: u32,
    /// Hash of the token before, and of the one before that.
    last: [Option<u64>; 2],
    style: Style,
    about: About,
}

/// What the words so far are about.
#[derive(Default)]
struct About {
    /// One bit per concept: plain, then negated.
    seen: [[u64; 4]; 2],
    /// The first concepts, each with the unit it came from, and how many they are.
    first: [(u8, u32); PAIRED_CONCEPTS_MAX],
    first_len: usize,
}

#[derive(Default)]
struct Style {
    words: u32,
    shouted: u32,
    long_words: u32,
    stretched: bool,
    hashtags: u32,
    handles: u32,
    urls: u32,
    emoji: u32,
    numbers: u32,
    phones: u32,
    short_codes: u32,
    amounts: u32,
    coded: u32,
    sites: u32,
    exclaims: u32,
    asks: u32,
}

impl Style {
    /// What is told by how often it occurs.
    fn counts(&self) -> [(&'static str, u32); 12] {
        [
            ("style:hashtags", self.hashtags),
            ("style:handles", self.handles),
            ("style:links", self.urls),
            ("style:emoji", self.emoji),
            ("style:numbers", self.numbers),
            ("style:exclamations", self.exclaims),
            ("style:questions", self.asks),
            ("style:phone numbers", self.phones),
            ("style:short codes", self.short_codes),
            ("style:amounts", self.amounts),
            ("style:words with digits", self.coded),
            ("style:sites", self.sites),
        ]
    }
}

pub(crate) fn hash_str(text: &str) -> u64 {
    hash_letters(text.chars())
}

/// The hash of letters in a row.
pub(crate) fn hash_letters(letters: impl Iterator<Item = char>) -> u64 {
    letters.fold(0, |hash, c| mix(hash, u64::from(u32::from(c))))
}

impl Walk<'_> {
    fn unit(&mut self, unit: Unit) -> u32 {
        let at = u32::try_from(self.out.units.len()).unwrap_or(u32::MAX);
        self.out.units.push(unit);
        at
    }

    fn emit(&mut self, id: u32, unit: u32) {
        self.out.words.push(Feature { id, unit });
    }

    fn token(&mut self, index: usize) {
        let token = self.reading.tokens[index];
        let place = u32::try_from(index).unwrap_or(u32::MAX);
        let unit = self.unit(Unit::One(place));
        debug_assert_eq!(unit, unit_of(place));
        let hash = match token.kind {
            Kind::Word => self.word(&token, unit),
            Kind::Hashtag => self.hashtag(unit),
            Kind::Number => self.number(&token, unit),
            Kind::Handle => self.handle(unit),
            Kind::Url => self.url(&token, unit),
            Kind::Emoji => self.emoji(&token, unit),
            Kind::Smiley => self.smiley(&token, unit),
            Kind::Marks => self.marks(&token, unit),
        };
        self.pairs(place, hash);
    }

    /// The pair with the token before, and the pair that skips one.
    fn pairs(&mut self, place: u32, hash: u64) {
        if let Some(before) = self.last[0] {
            let unit = self.unit(Unit::Pair(place - 1));
            self.emit(id(SEED_PAIR, mix(before, hash)), unit);
            if let Some(earlier) = self.last[1] {
                self.emit(id(SEED_SKIP, mix(earlier, hash)), unit);
            }
        } else {
            let unit = self.unit(Unit::Edge(place));
            self.emit(id(SEED_EDGE, mix(1, hash)), unit);
        }
        self.last = [Some(hash), self.last[0]];
    }

    fn word(&mut self, token: &Token, unit: u32) -> u64 {
        let cells = self.reading.cells_of(token);
        self.style.words += 1;
        if cells.len() >= 3 {
            self.style.long_words += 1;
            self.style.shouted += u32::from(cells.iter().all(|c| c.upper || !c.ch.is_alphabetic()));
        }
        let Some(word) = self.words.get(self.word) else { return 0 };
        self.style.stretched |= word.is_stretched;
        self.emit(id(SEED_WORD, word.hash), unit);
        self.style.sites += u32::from(ends_site(self.reading, token));
        if word.has_digits {
            self.style.coded += 1;
            self.emit(id(SEED_NUMBER, shape(cells)), unit);
        }
        self.about_word(word, unit);
        if self.negated > 0 {
            self.negated -= 1;
            self.emit(id(SEED_NOT, word.hash), unit);
        }
        if word.is_negator {
            self.negated = NEGATION_REACH;
        }
        word.hash
    }

    fn hashtag(&mut self, unit: u32) -> u64 {
        self.style.hashtags += 1;
        let Some(word) = self.words.get(self.word) else { return 0 };
        self.emit(id(SEED_HASHTAG, word.hash), unit);
        self.emit(id(SEED_WORD, word.hash), unit);
        self.about_word(word, unit);
        word.hash
    }

    /// Numbers say what they look like, and the well-known ones what they are.
    fn number(&mut self, token: &Token, unit: u32) -> u64 {
        self.style.numbers += 1;
        let look = Look::of(self.reading, token);
        self.style.phones += u32::from(look.is_phone());
        self.style.short_codes += u32::from(look.is_short_code());
        self.style.amounts += u32::from(look.sign == Some(Sign::Money));
        if look.digits <= 3 {
            let whole = hash_letters(self.reading.cells_of(token).iter().map(|c| c.ch));
            self.emit(id(SEED_WORD, whole), unit);
            self.about_entry(whole, unit);
        }
        self.emit(id(SEED_NUMBER, look.class()), unit);
        if let Some(sign) = look.sign_hash() {
            self.emit(id(SEED_NUMBER, sign), unit);
        }
        look.kind()
    }

    fn handle(&mut self, unit: u32) -> u64 {
        self.style.handles += 1;
        let hash = mix(0x40, 0);
        self.emit(id(SEED_WORD, hash), unit);
        hash
    }

    fn url(&mut self, token: &Token, unit: u32) -> u64 {
        self.style.urls += 1;
        let cells = self.reading.cells_of(token);
        let mut slashes = 0;
        let mut host = 0;
        for cell in cells {
            slashes += u32::from(cell.ch == '/');
            if slashes == 2 && cell.ch != '/' {
                host = mix(host, u64::from(u32::from(cell.ch)));
            }
        }
        self.emit(id(SEED_HOST, host), unit);
        let hash = mix(0x2f, 0);
        self.emit(id(SEED_WORD, hash), unit);
        hash
    }

    fn emoji(&mut self, token: &Token, unit: u32) -> u64 {
        self.style.emoji += 1;
        let hash = hash_letters(self.reading.cells_of(token).iter().map(|c| c.ch));
        self.emit(id(SEED_WORD, hash), unit);
        self.about_entry(hash, unit);
        hash
    }

    /// Smileys are known by their mouth; a tear makes it a sad one.
    fn smiley(&mut self, token: &Token, unit: u32) -> u64 {
        let cells = self.reading.cells_of(token);
        let tear = cells.iter().any(|c| c.ch == '\'');
        let mood = match cells.last().map(|c| c.ch) {
            _ if tear => 2,
            Some(')' | ']' | 'd' | 'p' | '*') if cells[0].ch == ';' => 4,
            Some(')' | ']' | 'd' | '*') => 1,
            Some('p') => 5,
            Some('(' | '[') => 2,
            Some('3') => 6,
            _ => 3,
        };
        let hash = mix(0x3a, mood);
        self.emit(id(SEED_WORD, hash), unit);
        hash
    }

    fn marks(&mut self, token: &Token, unit: u32) -> u64 {
        self.negated = 0;
        let cells = self.reading.cells_of(token);
        let exclaims = cells.iter().any(|c| c.ch == '!');
        let asks = cells.iter().any(|c| c.ch == '?');
        self.style.exclaims += u32::from(exclaims);
        self.style.asks += u32::from(asks);
        let length = cells.len().min(3) as u64;
        let hash = mix(0x21, u64::from(exclaims) << 3 | u64::from(asks) << 2 | length);
        self.emit(id(SEED_WORD, hash), unit);
        hash
    }

    /// What the next word is about, itself and the phrases it ends.
    fn about_word(&mut self, word: &Word, unit: u32) {
        self.about(word.concepts.as_slice(), unit);
        while let Some(phrase) = self.phrases.next_if(|phrase| phrase.word == self.word) {
            if let Some(entry) = phrase.entry {
                self.about(entry.as_slice(), unit);
            }
        }
        self.word += 1;
    }

    /// What one entry of the lexicon is about.
    fn about_entry(&mut self, hash: u64, unit: u32) {
        if let Some(entry) = Lexicon::shipped().word(hash) {
            self.about(entry.as_slice(), unit);
        }
    }

    fn about(&mut self, concepts: &[u8], unit: u32) {
        let negated = self.negated > 0;
        for &concept in concepts {
            let seen = &mut self.about.seen[usize::from(negated)][usize::from(concept >> 6)];
            let bit = 1 << (concept & 63);
            if *seen & bit != 0 {
                continue;
            }
            *seen |= bit;
            let seed = if negated { SEED_CONCEPT_NOT } else { SEED_CONCEPT };
            self.out.concepts.push(Feature { id: concept_id(seed, u64::from(concept)), unit });
            let count = self.about.first_len;
            if count < PAIRED_CONCEPTS_MAX && self.about.first[..count].iter().all(|f| f.0 != concept) {
                self.about.first[count] = (concept, unit);
                self.about.first_len += 1;
            }
        }
    }

    /// Every two concepts of the text, whatever their order.
    fn together(&mut self) {
        let mut pair = |a: u8, b: u8, unit| {
            let both = u64::from(a.min(b)) << 8 | u64::from(a.max(b));
            self.out.concepts.push(Feature { id: concept_id(SEED_TOGETHER, both), unit });
        };
        for (n, &(concept, unit)) in self.about.first[..self.about.first_len].iter().enumerate() {
            self.about.first[..n].iter().for_each(|&(earlier, _)| pair(earlier, concept, unit));
            let Style { asks, urls, phones, short_codes, amounts, coded, .. } = self.style;
            for (mark, count) in [
                (ASKS, asks),
                (LINKS, urls),
                (PHONES, phones),
                (SHORT_CODES, short_codes),
                (AMOUNTS, amounts),
                (CODED, coded),
            ] {
                if count > 0 {
                    pair(concept, mark, unit);
                }
            }
        }
    }

    fn styled(&mut self, name: &'static str, value: u64) {
        let unit = self.unit(Unit::Style(name));
        self.emit(id(SEED_STYLE, mix(hash_str(&name[STYLE.len()..]), value)), unit);
    }

    fn finish(mut self) {
        if let (Some(last), Some(place)) = (self.last[0], self.reading.tokens.len().checked_sub(1)) {
            let unit = self.unit(Unit::Edge(u32::try_from(place).unwrap_or(u32::MAX)));
            self.emit(id(SEED_EDGE, mix(2, last)), unit);
            self.styles();
            self.together();
        }
    }

    fn styles(&mut self) {
        let step = |n: u32, steps: &[u32]| steps.iter().take_while(|&&s| n >= s).count() as u64;
        let tokens = u32::try_from(self.reading.tokens.len()).unwrap_or(u32::MAX);
        self.styled("style:length", step(tokens, &[2, 4, 7, 12, 20, 35, 80]));
        let Style { words, shouted, long_words, stretched, .. } = self.style;
        if shouted > 0 {
            let mostly = shouted * 2 > long_words && long_words > 1;
            self.styled("style:capitals", 1 + u64::from(mostly));
        }
        if stretched {
            self.styled("style:stretched", 1);
        }
        for (name, count) in self.style.counts() {
            if count > 0 {
                self.styled(name, step(count, &[1, 2, 4, 8]));
            }
        }
        if words == 0 {
            self.styled("style:wordless", 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<u32> {
        extract(&Reading::new(text)).words.iter().map(|f| f.id).collect()
    }

    #[test]
    fn handles_and_capitals_change_no_word() {
        let plain = words("@a this is bad");
        assert_eq!(plain, words("@someone_else This Is Bad"));
        assert_ne!(plain, words("@a this is good"));
    }

    #[test]
    fn negation_marks_words_until_a_mark() {
        let count = |text: &str| words(text).len();
        assert_eq!(count("it was not good at all") - count("it was so good at all"), 3);
        assert_eq!(count("it was not ! good at all"), count("it was so ! good at all"));
    }

    #[test]
    fn numbers_of_one_look_are_one_feature() {
        for (a, b, alike) in [
            ("ring 09061200418 now", "ring 08712400602 now", true),
            ("ring 09061200418 now", "ring 82242 now", false),
            ("at 1500 each", "at £1500 each", false),
        ] {
            assert_eq!(words(a) == words(b), alike, "{a} {b}");
        }
    }

    #[test]
    fn what_is_written_is_told_as_style() {
        let styles = |text: &str| -> Vec<&str> {
            let is_style = |unit: &Unit| if let Unit::Style(name) = unit { Some(&name[STYLE.len()..]) } else { None };
            extract(&Reading::new(text)).units.iter().filter_map(is_style).collect()
        };
        let told = |text: &str, name: &str| styles(text).contains(&name);
        for (text, name) in [
            ("ring 09061200418", "phone numbers"),
            ("send it to 82242", "short codes"),
            ("for £5 only", "amounts"),
            ("at 150ppm", "words with digits"),
            ("see kino.co.uk", "sites"),
        ] {
            assert!(told(text, name) && !told("nothing of the kind", name), "{text}: {name}");
        }
    }

    #[test]
    fn work_is_linear() {
        let text = "😀".repeat(30_000) + &"a".repeat(60_000);
        let features = extract(&Reading::new(&text));
        assert!(features.words.len() < 200_000 && features.pieces.len() < 1_000);
    }

    #[test]
    fn nothing_gives_nothing() {
        assert!(words("").is_empty() && words(" \n ").is_empty());
    }
}
