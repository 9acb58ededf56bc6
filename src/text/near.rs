//! Near-duplicates in a stream: which of the texts seen before a text is an edited copy of.
//!
//! Of every text's template (see [`super::fingerprint`]) the set of its four-letter shingles is kept. Texts are compared
//! with those they share keys with, the keys being least hashes of a text's five-letter shingles, a sample that near
//! sets share (Broder 1997); most of those are turned away by a coarse set of their shingles. A candidate is a copy
//! where enough is the same: shingles, words (for words that changed places), all of the shorter text (for cut ends), or
//! all but a few letters of a short one; and not where one has other things in the other's place (`replaced`), where
//! nothing but names differs, or a denial (`claim`). A text joins
//! the cluster of the most similar one. Linear work per text, bounded memory, the oldest dropped; a pure function of the
//! texts in their order. Never says that two texts mean the same.

mod buckets;
mod claim;
mod outline;
mod replaced;
mod shingles;

use self::buckets::Buckets;
use self::claim::{Claims, may_contradict};
use self::outline::Outline;
use self::replaced::{are_others, differing};
use self::shingles::{LETTERS_MAX, Shingles, upper_half};
use super::{AsIs, Template, are_within};
use std::cell::OnceCell;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasherDefault;
use xxhash_rust::xxh3::xxh3_64;

/// Texts of different templates that are remembered by default.
pub const TEXTS_MAX: usize = 1 << 17;

/// Bytes of the longest text that is kept as it was given.
const WRITTEN_BYTES_MAX: usize = 1 << 10;
/// Bytes of a text's words that are kept.
const SPACED_BYTES_MAX: usize = 4 * LETTERS_MAX;
/// Shingles and words of a text that are kept: those with the smallest hashes, which is all of a short text.
const SHINGLES_MAX: usize = 256;
const WORDS_MAX: usize = 64;

/// A text with fewer shingles has copies of the same template only.
const SHINGLES_MIN: usize = 8;
/// Below this share of the same shingles, in percent, nothing else is looked at.
const SAME_SHINGLES_ANY: usize = 20;
/// Same shingles of all shingles of two copies, in percent.
const SAME_SHINGLES: usize = 55;
/// Same words of all words, in percent, for texts of so many words; of shorter ones more.
const SAME_WORDS: usize = 65;
const WORDS_MANY: usize = 8;
const SAME_WORDS_OF_FEW: usize = 80;
const WORDS_MIN: usize = 4;
/// A cut text is in the whole one with this share of its shingles, in percent, and has so many of them, and is not
/// less than this share of the whole.
const CUT_SAME: usize = 80;
const CUT_SHINGLES_MIN: usize = 16;
const CUT_OF_WHOLE: usize = 45;
/// Letters up to which a text is short; edits it may have, in percent of its letters.
const SHORT_LETTERS: usize = 64;
const EDITS: usize = 15;

/// What a text is compared by. Worked out only for texts that are compared: most of a stream are not.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sketch {
    /// The words, each behind a space.
    spaced: Box<str>,
    /// Ascending, without repeats.
    shingles: Sample,
    words: Sample,
    /// The letters of a short text, else empty.
    letters: Box<[char]>,
}

impl Sketch {
    /// The sketch of a template's words, each behind a space, as many as are compared.
    fn new(spaced: &str) -> Self {
        let letters = letters_of(spaced);
        let mut shingles = Shingles::default();
        shingles.read(&letters);
        Self::of(spaced, &letters, shingles.hashes)
    }

    /// The same where their letters in a row and the hashes of all their shingles are known.
    fn of(spaced: &str, letters: &str, shingles: Vec<u32>) -> Self {
        let mut words: Vec<u32> =
            spaced.as_bytes().split(|byte| *byte == b' ').skip(1).map(|word| upper_half(xxh3_64(word))).collect();
        words.truncate(LETTERS_MAX);
        let is_short = letters.chars().nth(SHORT_LETTERS).is_none();
        Self {
            spaced: spaced.into(),
            shingles: Sample::new(shingles, SHINGLES_MAX),
            words: Sample::new(words, WORDS_MAX),
            letters: if is_short { letters.chars().collect() } else { Box::default() },
        }
    }

    /// How similar a copy is, in a thousandth of all shingles that are the same; nothing where it is no copy.
    fn similarity(&self, other: &Self) -> Option<usize> {
        let shingles = self.shingles.compare(&other.shingles);
        if shingles.smaller < SHINGLES_MIN || !shingles.same_of_all(SAME_SHINGLES_ANY) {
            return None;
        }
        let is_copy = shingles.same_of_all(SAME_SHINGLES)
            || shingles.is_cut()
            || self.has_same_words(other)
            || self.is_short_copy(other);
        is_copy.then(|| shingles.same * 1000 / shingles.all.max(1))
    }

    fn has_same_words(&self, other: &Self) -> bool {
        let words = self.words.compare(&other.words);
        let share = if words.smaller >= WORDS_MANY { SAME_WORDS } else { SAME_WORDS_OF_FEW };
        words.smaller >= WORDS_MIN && words.same_of_all(share)
    }

    fn is_short_copy(&self, other: &Self) -> bool {
        let shorter = self.letters.len().min(other.letters.len());
        shorter > 0 && are_within(&self.letters, &other.letters, shorter * EDITS / 100)
    }
}

/// The smallest hashes of a set, ascending; all of them where it has no more than the sample may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sample {
    hashes: Box<[u32]>,
    /// The largest hash up to which the sample holds all of the set.
    upto: u32,
}

impl Sample {
    fn new(mut hashes: Vec<u32>, most: usize) -> Self {
        keep_smallest(&mut hashes, most);
        let upto = if hashes.len() < most { u32::MAX } else { hashes.last().copied().unwrap_or(u32::MAX) };
        Self { hashes: hashes.into_boxed_slice(), upto }
    }

    /// Compares two sets up to the hash up to which both are known, so that shares are those of the whole sets.
    fn compare(&self, other: &Self) -> Comparison {
        let upto = self.upto.min(other.upto);
        let known = |sample: &Self| sample.hashes.partition_point(|hash| *hash <= upto);
        let (own, others) = (&self.hashes[..known(self)], &other.hashes[..known(other)]);
        let (mut i, mut j, mut same) = (0, 0, 0);
        while let (Some(a), Some(b)) = (own.get(i), others.get(j)) {
            same += usize::from(a == b);
            i += usize::from(a <= b);
            j += usize::from(b <= a);
        }
        Comparison { same, all: own.len() + others.len() - same, smaller: own.len().min(others.len()) }
    }
}

/// Two sets: members that both have, that either has, and of the smaller one.
struct Comparison {
    same: usize,
    all: usize,
    smaller: usize,
}

impl Comparison {
    fn same_of_all(&self, percent: usize) -> bool {
        self.same * 100 >= self.all * percent
    }

    fn is_cut(&self) -> bool {
        self.smaller >= CUT_SHINGLES_MIN && self.same * 100 >= self.smaller * CUT_SAME && self.same_of_all(CUT_OF_WHOLE)
    }
}

/// Sorts hashes and keeps the smallest, each once.
fn keep_smallest(hashes: &mut Vec<u32>, most: usize) {
    hashes.sort_unstable();
    hashes.dedup();
    hashes.truncate(most);
}

/// The letters of words in a row, repeated ones squeezed also across words, as many as are compared.
fn letters_of(spaced: &str) -> String {
    let mut last = ' ';
    let differs = |c: &char| *c != std::mem::replace(&mut last, *c);
    spaced.chars().filter(|c| *c != ' ').filter(differs).take(LETTERS_MAX).collect()
}

/// The texts of a stream, as far back as they are remembered, with a cluster each.
#[derive(Debug)]
pub struct Near<C> {
    texts_max: usize,
    /// The texts remembered, the oldest first, and the number of the first of them.
    texts: VecDeque<Remembered<C>>,
    first: u64,
    /// Text by fingerprint.
    same: HashMap<u64, u64, BuildHasherDefault<AsIs>>,
    /// Texts by key.
    buckets: Buckets,
    /// Those of the text that joins.
    shingles: Shingles,
}

/// What is kept of a text: itself, and of a long one its words, each behind a space, as many as are compared.
#[derive(Debug)]
struct Kept {
    text: Box<str>,
    is_written: bool,
}

impl Kept {
    fn new(written: &str, template: &Template) -> Self {
        let is_written = !written.is_empty();
        let text = if is_written { written } else { clip(template.spaced()) };
        Self { text: text.into(), is_written }
    }

    fn sketch(&self) -> Sketch {
        if !self.is_written {
            return Sketch::new(&self.text);
        }
        let mut template = Template::default();
        template.read(&self.text);
        Sketch::new(clip(template.spaced()))
    }

    fn written(&self) -> &str {
        if self.is_written { &self.text } else { "" }
    }
}

/// A text that was seen.
#[derive(Debug)]
struct Remembered<C> {
    fingerprint: u64,
    /// None of a text that has more shingles than are kept.
    outline: Option<Outline>,
    text: Kept,
    /// Once it was compared; apart, since few are.
    sketch: OnceCell<Box<Sketch>>,
    cluster: C,
}

impl<C> Remembered<C> {
    fn sketch(&self) -> &Sketch {
        self.sketch.get_or_init(|| Box::new(self.text.sketch()))
    }

    fn claims(&self) -> Claims {
        Claims::new(self.text.written(), &self.sketch().spaced)
    }
}

impl<C: Clone> Default for Near<C> {
    fn default() -> Self {
        Self::new(TEXTS_MAX)
    }
}

impl<C: Clone> Near<C> {
    /// Remembers so many texts, at least one.
    #[must_use]
    pub fn new(texts_max: usize) -> Self {
        let texts_max = texts_max.max(1);
        let buckets = Buckets::new(texts_max);
        let (texts, same) = (VecDeque::new(), HashMap::default());
        Self { texts_max, texts, first: 0, same, buckets, shingles: Shingles::default() }
    }

    /// The cluster of the most similar text before this one; its own where it is a copy of none. Of a text and its
    /// template.
    pub fn join(&mut self, text: &str, template: &Template, own: impl FnOnce() -> C) -> C {
        let fingerprint = template.fingerprint();
        if let Some(text) = self.same.get(&fingerprint).and_then(|number| self.text(*number)) {
            return text.cluster.clone();
        }
        self.shingles.read(template.letters());
        let hashes = &self.shingles.hashes;
        let outline = (hashes.len() < SHINGLES_MAX).then(|| Outline::new(hashes));
        let written = if text.len() <= WRITTEN_BYTES_MAX { text } else { "" };
        let (found, sketch) = self.most_similar(written, template, outline.as_ref());
        let cluster = found.unwrap_or_else(own);
        let text = Kept::new(written, template);
        self.remember(Remembered { fingerprint, outline, text, sketch, cluster: cluster.clone() });
        cluster
    }

    fn text(&self, number: u64) -> Option<&Remembered<C>> {
        number.checked_sub(self.first).and_then(|at| self.texts.get(usize::try_from(at).ok()?))
    }

    /// The cluster of the most similar text, of equally similar ones the oldest; and the sketch it was compared by.
    fn most_similar(
        &self,
        written: &str,
        own: &Template,
        outline: Option<&Outline>,
    ) -> (Option<C>, OnceCell<Box<Sketch>>) {
        let (sketch, claims) = (OnceCell::new(), OnceCell::new());
        let spaced = clip(own.spaced());
        let (candidates, count) = self.buckets.candidates(&self.shingles.keys);
        let compared = candidates[..count].iter().filter_map(|&number| {
            let text = self.text(number).filter(|text| may_be_similar(outline, text.outline.as_ref()))?;
            let sketch = sketch.get_or_init(|| Box::new(self.sketch_of(own)));
            let similarity = sketch.similarity(text.sketch())?;
            let other = &text.sketch().spaced;
            let parts = differing(spaced, other);
            let is_other = are_others([spaced, other], parts, [written, text.text.written()])
                || may_contradict(parts)
                    && claims.get_or_init(|| Claims::new(written, spaced)).contradict(&text.claims());
            (!is_other).then_some((similarity, std::cmp::Reverse(number), text))
        });
        let best = compared.max_by_key(|(similarity, number, _)| (*similarity, *number));
        (best.map(|(.., text)| text.cluster.clone()), sketch)
    }

    /// The sketch of the text that joins, whose shingles were read.
    fn sketch_of(&self, own: &Template) -> Sketch {
        if own.spaced().len() > SPACED_BYTES_MAX {
            return Sketch::new(clip(own.spaced()));
        }
        Sketch::of(own.spaced(), own.letters(), self.shingles.hashes.clone())
    }

    fn remember(&mut self, text: Remembered<C>) {
        if self.texts.len() >= self.texts_max
            && let Some(oldest) = self.texts.pop_front()
        {
            self.same.remove(&oldest.fingerprint);
            self.first += 1;
        }
        let number = self.first + self.texts.len() as u64;
        self.buckets.add(&self.shingles.keys, number);
        self.same.insert(text.fingerprint, number);
        self.texts.push_back(text);
    }
}

/// False where the outlines of two texts say that they have too little in common for any comparison.
fn may_be_similar(own: Option<&Outline>, other: Option<&Outline>) -> bool {
    own.zip(other).is_none_or(|(own, other)| own.may_share(other, SAME_SHINGLES_ANY))
}

/// As many words as are compared.
fn clip(spaced: &str) -> &str {
    &spaced[..spaced.floor_char_boundary(SPACED_BYTES_MAX)]
}

#[cfg(test)]
mod tests;
