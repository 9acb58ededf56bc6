//! Which names a word may be a slip of, found without looking at the others.
//!
//! Every name is filed under its shape and under what is left of it when letters are taken away, one for each edit it
//! may suffer; a word is looked up the same way, so that the two meet where they are equal (Garbe 2012, `SymSpell`). What is
//! left is never written out: its hash is put together from hashes of the word's beginnings. Most look-ups end at one bit
//! of a table that stays in the cache. Names are also filed under their sound. What is found is a hint, not an answer.

use super::letters::Sound;
use super::nearness::{NEAR_LETTERS_MAX, edits_allowed};
use crate::text::hash_word;

/// An odd factor whose powers mix all bits.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;
/// Bits of the table for each key.
const BITS_PER_KEY: usize = 16;

/// `BASE` to the power of each length.
static POWERS: [u64; NEAR_LETTERS_MAX + 1] = {
    let mut powers = [1_u64; NEAR_LETTERS_MAX + 1];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1].wrapping_mul(BASE);
        at += 1;
    }
    powers
};

/// Keys and what is filed under them, sorted, behind a table of bits.
#[derive(Debug, Default)]
pub(super) struct Table {
    keys: Vec<(u64, u32)>,
    bits: Vec<u64>,
    shift: u32,
}

impl Table {
    pub fn of(mut keys: Vec<(u64, u32)>) -> Self {
        keys.sort_unstable();
        keys.dedup();
        keys.shrink_to_fit();
        let size = (keys.len() * BITS_PER_KEY).max(64).next_power_of_two();
        let mut table = Self { bits: vec![0; size / 64], shift: 64 - size.ilog2(), keys: Vec::new() };
        for (key, _) in &keys {
            let (word, bit) = table.bit(*key);
            table.bits[word] |= bit;
        }
        table.keys = keys;
        table
    }

    fn bit(&self, key: u64) -> (usize, u64) {
        let at = key >> self.shift;
        (usize::try_from(at / 64).unwrap_or(0), 1 << (at % 64))
    }

    /// False where nothing is filed under a key; true for some others too.
    fn may_have(&self, key: u64) -> bool {
        let (word, bit) = self.bit(key);
        self.bits.get(word).is_some_and(|bits| bits & bit != 0)
    }

    /// What is filed under a key.
    pub fn get(&self, key: u64) -> impl Iterator<Item = u32> {
        let from =
            if self.may_have(key) { self.keys.partition_point(|(known, _)| *known < key) } else { self.keys.len() };
        self.keys[from..].iter().take_while(move |(known, _)| *known == key).map(|(_, filed)| *filed)
    }

    pub fn has(&self, key: u64) -> bool {
        self.get(key).next().is_some()
    }
}

/// The hash of a word's shape, in a form that can be put together: of two in a row it is `joined`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Shape {
    sum: u64,
    length: usize,
}

impl Shape {
    pub fn of(shapes: impl Iterator<Item = char>) -> Self {
        shapes.fold(Self::default(), Self::and)
    }

    fn and(self, shape: char) -> Self {
        let sum = self.sum.wrapping_mul(BASE).wrapping_add(u64::from(u32::from(shape)) + 1);
        Self { sum, length: self.length + 1 }
    }

    /// The shape of this word and another after it; `None` where they are too long for a name.
    pub fn joined(self, other: Self) -> Option<Self> {
        let power = POWERS.get(other.length)?;
        let sum = self.sum.wrapping_mul(*power).wrapping_add(other.sum);
        Some(Self { sum, length: self.length + other.length }).filter(|all| all.length <= NEAR_LETTERS_MAX)
    }

    pub fn key(self) -> u64 {
        mixed(self.sum)
    }
}

/// Brings a hash into the upper bits, which a table looks at. A bijection.
fn mixed(sum: u64) -> u64 {
    (sum ^ (sum >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93)
}

/// Calls `emit` with the key of every word with up to `edits` letters less; of two the first is kept. At most
/// [`NEAR_LETTERS_MAX`] shapes.
fn for_each_rest(shapes: &[char], edits: u8, mut emit: impl FnMut(u64)) {
    let shapes = &shapes[..shapes.len().min(NEAR_LETTERS_MAX)];
    let count = shapes.len();
    let code = |shape: char| u64::from(u32::from(shape)) + 1;
    // the hash of what follows each place
    let mut tails = [0_u64; NEAR_LETTERS_MAX + 1];
    for at in (0..count).rev() {
        tails[at] = code(shapes[at]).wrapping_mul(POWERS[count - at - 1]).wrapping_add(tails[at + 1]);
    }
    let mut head = 0_u64;
    for (first, shape) in shapes.iter().enumerate() {
        // taking away either of two equal letters leaves the same
        let is_again = first > 0 && shapes[first - 1] == *shape;
        if edits > 0 && !is_again {
            emit(mixed(head.wrapping_mul(POWERS[count - first - 1]).wrapping_add(tails[first + 1])));
        }
        if edits > 1 && first > 0 {
            let mut without = head;
            for (second, shape) in shapes.iter().enumerate().skip(first + 1) {
                emit(mixed(without.wrapping_mul(POWERS[count - second - 1]).wrapping_add(tails[second + 1])));
                without = without.wrapping_mul(BASE).wrapping_add(code(*shape));
            }
        }
        head = head.wrapping_mul(BASE).wrapping_add(code(*shape));
    }
}

/// Places that first letters are told apart by.
const FIRSTS: usize = 128;

fn place_of(shapes: &[char]) -> usize {
    shapes.first().map_or(0, |first| u32::from(*first) as usize % FIRSTS)
}

/// Names by shape, by what is left of it, and by sound.
#[derive(Debug, Default)]
pub(super) struct Index {
    whole: Table,
    rests: Table,
    sounds: Table,
    /// By [`place_of`] a first letter: a bit for each length of a name that may suffer two edits.
    long: Vec<u32>,
    shortest: usize,
    longest: usize,
}

/// A name in the making of an index.
pub(super) struct Filed<'n> {
    pub number: u32,
    pub shapes: &'n [char],
    pub sound: Option<&'n Sound>,
}

impl Index {
    pub fn of<'n>(names: impl Iterator<Item = Filed<'n>>) -> Self {
        let (mut whole, mut rests, mut sounds) = (Vec::new(), Vec::new(), Vec::new());
        let (mut shortest, mut longest, mut long) = (usize::MAX, 0, vec![0; FIRSTS]);
        for Filed { number, shapes, sound } in names {
            let key = Shape::of(shapes.iter().copied()).key();
            whole.push((key, number));
            sounds.extend(sound.map(|sound| (hash_word(sound.as_bytes()), number)));
            let edits = edits_allowed(shapes.len());
            if edits > 0 {
                // the whole too, where a word with letters taken away meets it
                rests.push((key, number));
                for_each_rest(shapes, edits, |key| rests.push((key, number)));
                if edits > 1 {
                    long[place_of(shapes)] |= 1 << shapes.len();
                }
                shortest = shortest.min(shapes.len() - usize::from(edits));
                longest = longest.max(shapes.len() + usize::from(edits));
            }
        }
        Self { whole: Table::of(whole), rests: Table::of(rests), sounds: Table::of(sounds), long, shortest, longest }
    }

    /// Names of exactly this shape.
    pub fn of_shape(&self, shape: Shape) -> impl Iterator<Item = u32> {
        self.whole.get(shape.key())
    }

    /// Appends the names that a word may be a slip of, some more than once.
    pub fn near(&self, shapes: &[char], sound: Option<Sound>, shape: Shape, found: &mut Vec<u32>) {
        if let Some(sound) = sound {
            found.extend(self.sounds.get(hash_word(sound.as_bytes())));
        }
        if !(self.shortest..=self.longest.min(NEAR_LETTERS_MAX)).contains(&shapes.len()) {
            return;
        }
        found.extend(self.rests.get(shape.key()));
        // two edits only where a name begins so that is at most two letters longer or shorter
        let lengths = self.long.get(place_of(shapes)).map_or(0, |lengths| lengths >> shapes.len().saturating_sub(2));
        let edits = if lengths & 0b1_1111 != 0 { 2 } else { 1 };
        for_each_rest(shapes, edits, |key| {
            if self.rests.may_have(key) {
                found.extend(self.rests.get(key));
            }
        });
    }
}
