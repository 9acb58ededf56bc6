//! Fingerprint: one number for all copies of a text that differ only in trifles.
//!
//! The hash of the text's template: its letters in a row, each as what it looks like (look-alikes of other scripts, leet
//! digits and signs inside words), without spaces, handles, links, emoji, punctuation, invisible characters, repost
//! marks, hashtags and “read more” at the end, repeated letters squeezed, every number one `#`. Equality only: texts
//! with a word changed have unrelated fingerprints. A pure function of the text; the same on every machine and in every
//! release that keeps [`VERSION`].

mod plain;
mod tail;

use super::entity::{Tag, tags_into};
use super::fold::{Folded, fold_into};
use super::lookalike::{plain_shape, shape};
use super::url;
use std::ops::Range;
use unicode_normalization::char::is_combining_mark;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Changes when the template changes.
pub const VERSION: u64 = 3;

/// What stands for a number.
const NUMBER: char = '#';
/// So many different digits at an end of a word are a number (`AA3031`), fewer may be letters (`w47ch`, `nimbu5`).
const NUMBER_DIGITS: usize = 3;
/// A number with so many letters after it, and no more, has a unit or an ordinal: `25km`, `5th`.
const UNIT_LETTERS: usize = 2;
/// Words with digits between letters that make a text one in leet.
const LEET_WORDS: usize = 2;

/// The fingerprint of a text. A text without words has that of its folded form.
#[must_use]
pub fn fingerprint(text: &str) -> u64 {
    let mut template = Template::default();
    template.read(text);
    template.fingerprint()
}

/// A text without its trifles: its words as they look. Memory for one text after the other.
#[derive(Debug, Default)]
pub struct Template {
    /// The words, each behind a space; in UTF-8.
    spaced: Vec<u8>,
    /// Their letters in a row, repeated ones squeezed; in UTF-8.
    letters: Vec<u8>,
    fingerprint: u64,
    folded: Folded,
    marks: Marks,
    words: Words,
    /// Memory for one word.
    chars: Vec<char>,
}

impl Template {
    /// Reads a text in place of another one.
    pub fn read(&mut self, text: &str) {
        fold_into(text, &mut self.folded);
        self.marks.find_parts(&self.folded.text);
        if !plain::read(&self.folded.text, &self.marks.parts, &mut self.spaced, &mut self.letters) {
            self.read_words();
        }
        self.fingerprint = if self.letters.is_empty() {
            xxh3_64_with_seed(self.folded.text.as_bytes(), !VERSION)
        } else {
            xxh3_64_with_seed(&self.letters, VERSION)
        };
    }

    /// Reads the words of the folded text one by one.
    fn read_words(&mut self) {
        let Self { spaced, letters, folded, marks, words, chars, .. } = self;
        words.read_all(&folded.text, &marks.parts);
        spaced.clear();
        letters.clear();
        let is_leet = words.are_leet();
        for (raw, is_plain) in words.iter() {
            let start = spaced.len();
            spaced.push(b' ');
            if is_plain {
                push_plain(spaced, raw);
            } else {
                chars.clear();
                chars.extend(raw.chars());
                shape_word(chars, is_leet, spaced);
            }
            let word = &spaced[start + 1..];
            if word.is_empty() || word == REPOST {
                spaced.truncate(start);
                continue;
            }
            // within itself a word is squeezed already
            let (first, others) = word.split_at(width_of_first(word));
            letters.extend_from_slice(if letters.ends_with(first) { others } else { word });
        }
    }

    /// The fingerprint of the text.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// Appends the fingerprint as 16 hex digits.
    pub(crate) fn push_hex(&self, text: &mut String) {
        let nibbles = self.fingerprint.to_be_bytes().into_iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        text.extend(nibbles.map(|nibble| char::from(b"0123456789abcdef"[usize::from(nibble)])));
    }

    /// The words, each behind a space.
    pub(super) fn spaced(&self) -> &str {
        str_of(&self.spaced)
    }

    /// Their letters in a row, repeated ones squeezed also across words.
    pub(super) fn letters(&self) -> &str {
        str_of(&self.letters)
    }
}

/// What was written as UTF-8, read as such.
fn str_of(written: &[u8]) -> &str {
    std::str::from_utf8(written).unwrap_or_default()
}

/// Bytes of the first character of a word, by its first byte.
fn width_of_first(word: &[u8]) -> usize {
    match word.first() {
        None => 0,
        Some(0..0x80) => 1,
        Some(0x80..0xe0) => 2,
        Some(0xe0..0xf0) => 3,
        Some(_) => 4,
    }
}

/// A hashtag, handle, cashtag or link in a folded text.
#[derive(Debug)]
struct Mark {
    start: usize,
    end: usize,
    /// Handles and links: they do not count.
    is_skipped: bool,
}

/// What is marked in a folded text, ascending by start, in memory that is used again.
#[derive(Debug, Default)]
struct Marks {
    tags: Vec<Tag>,
    links: Vec<Range<usize>>,
    marks: Vec<Mark>,
    /// What counts of the text: what is between handles and links, up to the run of tags at its end.
    parts: Vec<Range<usize>>,
}

impl Marks {
    /// Finds what counts of a folded text, in place of another one.
    fn find_parts(&mut self, folded: &str) {
        self.read(folded);
        let Self { marks, parts, .. } = self;
        let end = trailing_hashtags_start(folded, marks);
        let mut at = 0;
        parts.clear();
        for mark in marks.iter().filter(|mark| mark.is_skipped && mark.start < end) {
            parts.push(at..mark.start.max(at));
            at = at.max(mark.end);
        }
        parts.push(at..end.max(at));
    }

    /// Reads a folded text in place of another one.
    fn read(&mut self, folded: &str) {
        let Self { tags, links, marks, .. } = self;
        tags_into(folded, tags);
        url::links_into(folded, links);
        let mark_of = |tag: &Tag| {
            let is_skipped = folded[tag.start..tag.value_start].starts_with('@');
            let end = if is_skipped { handle_end(folded, tag.value_start) } else { tag.end };
            Mark { start: tag.start, end, is_skipped }
        };
        marks.clear();
        marks.extend(tags.iter().map(mark_of));
        marks.extend(links.iter().map(|link| Mark { start: link.start, end: link.end, is_skipped: true }));
        marks.sort_by_key(|mark| mark.start);
    }
}

/// Where a handle ends: in the alphabets with look-alikes of Latin letters, not in scripts written without spaces,
/// where the sentence goes on.
fn handle_end(folded: &str, value_start: usize) -> usize {
    let is_of_handle = |c: char| {
        let is_of_alphabet = matches!(c, '\0'..='\u{58f}' | '\u{1d00}'..='\u{1fff}' | '\u{a720}'..='\u{a7ff}');
        c == '_' || (is_of_alphabet && c.is_alphanumeric())
    };
    let rest = &folded[value_start..];
    value_start + rest.find(|c| !is_of_handle(c)).unwrap_or(rest.len())
}

/// Where the run of hashtags, handles and links at the end of the text begins, and of what is said there to the reader.
/// A text that is nothing else keeps it.
fn trailing_hashtags_start(folded: &str, marks: &[Mark]) -> usize {
    let (mut start, mut marks) = (folded.len(), marks);
    loop {
        if let [others @ .., mark] = marks
            && !folded.get(mark.end..start).unwrap_or_default().chars().any(char::is_alphanumeric)
        {
            start = start.min(mark.start);
            marks = others;
        } else if let Some(before) = tail::before(&folded[..start]) {
            start = before.len();
        } else {
            break;
        }
    }
    let head_has_words = folded[..start].chars().any(char::is_alphanumeric);
    if head_has_words { start } else { folded.len() }
}

/// A word that says that somebody else wrote the text: it does not count.
const REPOST: &[u8] = b"rt";
/// Schemes of links, as words look.
const SCHEMES: [&str; 2] = ["http", "https"];

/// The words of a folded text that count, with the signs that may be letters.
#[derive(Debug, Default)]
struct Words {
    /// In a row.
    text: String,
    ends: Vec<End>,
    /// The word being read has none but plain letters so far.
    is_plain: bool,
    have_digits: bool,
}

/// Where a word ends.
#[derive(Debug, Clone, Copy)]
struct End {
    at: usize,
    /// It has none but letters of ASCII, as most words of most texts.
    is_plain: bool,
}

impl Words {
    /// Reads the parts of a folded text in place of another one.
    fn read_all(&mut self, folded: &str, parts: &[Range<usize>]) {
        self.text.clear();
        self.ends.clear();
        self.is_plain = true;
        self.have_digits = false;
        for part in parts {
            self.read(folded.get(part.clone()).unwrap_or_default());
        }
    }

    /// The words, and whether they are plain.
    fn iter(&self) -> impl Iterator<Item = (&str, bool)> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|end| end.at));
        starts.zip(&self.ends).map(|(start, end)| (&self.text[start..end.at], end.is_plain))
    }

    /// Reads a part of a text that begins and ends between words.
    fn read(&mut self, part: &str) {
        let mut rest = part;
        loop {
            // most of a text is plain letters: as many as there are at once
            let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
            self.text.push_str(&rest[..letters]);
            let mut ahead = rest[letters..].chars();
            let Some(c) = ahead.next() else { break };
            rest = ahead.as_str();
            let next = ahead.next().unwrap_or(' ');
            let is_letter = c.is_alphanumeric() || (!c.is_ascii() && is_combining_mark(c));
            if is_letter || self.is_sign_letter(c, next) {
                self.is_plain = false;
                self.have_digits |= c.is_numeric();
                self.text.push(c);
            } else if !matches!(c, '\'' | '_' | '!' | '|') && self.end_word() {
                // what is left of a link that was written so that it is none
                rest = rest.trim_start_matches(|c: char| !c.is_whitespace());
            }
        }
        self.end_word();
    }

    /// True for a sign that may stand for a letter where it stands: inside a word, `@` and `$` also at its end, `$`
    /// also before it.
    fn is_sign_letter(&self, c: char, next: char) -> bool {
        let inside = !self.last().is_empty();
        match c {
            '!' | '|' => inside && next.is_alphabetic(),
            '@' => inside,
            '$' => inside || next.is_alphanumeric(),
            _ => false,
        }
    }

    /// The word being read.
    fn last(&self) -> &str {
        &self.text[self.ends.last().map_or(0, |end| end.at)..]
    }

    /// Ends a word; true where it was the scheme of a link, which does not count.
    fn end_word(&mut self) -> bool {
        let word = self.last();
        let length = word.len();
        let is_scheme = length >= 4 && SCHEMES.iter().any(|scheme| word.chars().map(shape).eq(scheme.chars()));
        if is_scheme {
            self.text.truncate(self.text.len() - length);
        } else if length > 0 {
            self.ends.push(End { at: self.text.len(), is_plain: self.is_plain });
        }
        self.is_plain = true;
        is_scheme
    }

    /// True where digits stand between letters in several words, and in no fewer than are surely numbers: then digits
    /// are letters also where they stand alone.
    fn are_leet(&self) -> bool {
        if !self.have_digits {
            return false;
        }
        let (mut leet, mut numbers) = (0, 0);
        let mut letters = Vec::new();
        for (word, _) in self.iter().filter(|(word, is_plain)| !is_plain && word.contains(char::is_numeric)) {
            letters.clear();
            letters.extend(word.chars());
            let word = letters.as_slice();
            let inner = without_outer_digits(word);
            leet += usize::from(is_latin(inner) && inner.iter().any(|c| c.is_numeric()));
            numbers += usize::from(inner.is_empty() && !may_be_letters(word));
        }
        leet >= LEET_WORDS && leet >= numbers
    }
}

/// True where every digit stands for a letter.
fn may_be_letters(word: &[char]) -> bool {
    !word.iter().any(|c| shape(*c).is_numeric())
}

/// True for a word in Latin letters or letters that look like them; digits stand for no others.
fn is_latin(word: &[char]) -> bool {
    word.iter().filter(|c| c.is_alphabetic()).all(|c| shape(*c).is_ascii())
}

/// A word without the digits at its ends.
fn without_outer_digits(word: &[char]) -> &[char] {
    let start = word.iter().take_while(|c| c.is_numeric()).count();
    let end = word.iter().rev().take_while(|c| c.is_numeric()).count();
    word.get(start..word.len() - end).unwrap_or_default()
}

/// Appends a word with runs of a letter squeezed to one and numbers to one `#`; nothing where it has neither.
fn shape_word(raw: &[char], is_leet: bool, word: &mut Vec<u8>) {
    let body = if raw.first() == Some(&'$') { &raw[1..] } else { raw };
    let letters = raw.iter().filter(|c| c.is_alphabetic()).count();
    let leading = body.iter().take_while(|c| c.is_numeric()).count();
    let trailing = body.iter().rev().take_while(|c| c.is_numeric()).count();
    if letters == 0 && !(is_leet && may_be_letters(raw)) {
        return word.extend((leading > 0 || trailing > 0).then_some(NUMBER as u8));
    }
    let has_unit = leading > 0 && letters <= UNIT_LETTERS && leading + letters == body.len();
    let is_number = |run: &[char]| run.len() >= NUMBER_DIGITS && run.iter().any(|c| *c != run[0]);
    let (mut from, mut upto, mut raw) = (0, raw.len(), raw);
    if !is_latin(raw) {
        from = raw.len();
    } else if !is_leet {
        raw = if has_unit { body } else { raw };
        from = if has_unit || is_number(&raw[..leading.min(raw.len())]) { leading } else { 0 };
        upto = if is_number(&raw[raw.len() - trailing..]) { raw.len() - trailing } else { raw.len() };
    }
    push_squeezed(
        word,
        raw.iter().enumerate().map(|(at, c)| {
            let is_number = c.is_numeric() && (at < from || at >= upto);
            let shaped = if is_number { NUMBER } else { shape(*c) };
            if shaped.is_numeric() { NUMBER } else { shaped }
        }),
    );
}

/// As [`push_squeezed`], of plain letters: most words of most texts.
fn push_plain(word: &mut Vec<u8>, raw: &str) {
    let start = word.len();
    word.resize(start + raw.len(), 0);
    let (mut end, mut last) = (0, 0);
    let shaped = &mut word[start..];
    for byte in raw.bytes() {
        let letter = plain_shape(byte);
        shaped[end] = letter;
        end += usize::from(letter != last);
        last = letter;
    }
    // a letter that was the last again stands behind the end
    word.truncate(start + end);
}

/// Appends letters with runs of one squeezed to one.
fn push_squeezed(word: &mut Vec<u8>, letters: impl Iterator<Item = char>) {
    let mut last = '\0';
    for c in letters {
        if last != c {
            word.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        last = c;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trifles_do_not_count() {
        let base = fingerprint("Nimbus is down again, refund me 25 dollars!");
        for copy in [
            "NIMBUS IS DOWN AGAIN refund me 25 dollars",
            "RT @someone: Nimbus is down again, refund me 25 dollars!",
            "nimbus is down again... refund me 99 dollars 😡😡",
            "Nimbus is dooooown again, refund me 25 dollars! https://t.co/abc #fail #nimbus",
            "@NimbusHelp Nimbus is down again, refund me 1,025 dollars!",
            "N\u{200b}imbus is down again, refund me 25 dollars!",
            "Ｎｉｍｂｕｓ is down again, refund me 25 dollars!",
            "🚨 N i m b u s is down again:\n“refund me 25 dollars”",
            "RT @a: RT @nіmbus: nіmbuѕ is down again, refund me 25 dollars (HTTPS://t.co/x)",
            "Nimbus is ԁоԝո аgаіn, refund me 25 dollars!",
            "ɴɪᴍʙᴜꜱ ɪꜱ ᴅᴏᴡɴ ᴀɢᴀɪɴ, refund me 25 dollars!",
            "NІМВUЅ is down again, refund me 25 dollars!",
            "N1mbu5 is d0wn ag@1n, r3fund m3 25 d0ll4r$!",
            "Nimbus is down again, refund me 2,500 dollars! @nimbus #help",
            "Nimbus is down again, refund me 25 dollars... Read more: https://t.co/abc",
            "Nimbus is down again, refund me 25 dollars #fail pls share via @joe #nimbus smh",
            "Nimbus is down again, refund me 25 dollars… leer más » https://t.co/abc",
        ] {
            assert_eq!(fingerprint(copy), base, "{copy}");
        }
    }

    #[test]
    fn numbers_and_letters_are_told_apart() {
        for (one, other) in [
            ("order AA3031 is late", "order AA3544 is late"),
            ("25km of queue", "30km of queue"),
            ("震度3の地震", "震度8の地震"),
            ("цена 5руб за штуку", "цена 9руб за штуку"),
            ("w4tch th15 v1d30", "watch this video"),
            ("$25 off", "$99 off"),
            ("$2m lost in 5km", "$9m lost in 12km"),
            ("7h3 4pp 15 d0wn 4nd 1 w4n7 70 b3 r3fund3d", "The app is down and I want to be refunded"),
            ("nimbus is d0wn h77p5://7.c0/x1", "nimbus is down"),
            ("nimbus is down http…", "nimbus is down"),
            ("$ale t0day", "sale today"),
            ("ΝΕΑ ΕΔΩ", "νεα εδω"),
            ("ВОДА ТУТ", "вода тут"),
        ] {
            assert_eq!(fingerprint(one), fingerprint(other), "{one} / {other}");
        }
        for (one, other) in [
            ("read more", "read"),
            ("no silvia", "no sil"),
            ("sale today", "male today"),
            ("level 2", "level"),
            ("@ noon", "noona"),
            ("wow! nimbus", "wowl nimbus"),
        ] {
            assert_ne!(fingerprint(one), fingerprint(other), "{one} / {other}");
        }
    }

    #[test]
    fn words_count() {
        let base = fingerprint("Nimbus is down again");
        for other in ["Nimbus is up again", "Nimbus down again", "Nimbus is down", "is Nimbus down again", "", "😡"] {
            assert_ne!(fingerprint(other), base, "{other}");
        }
        assert_ne!(fingerprint("😡"), fingerprint("👍"));
        assert_ne!(fingerprint("#nimbus #fail"), fingerprint("#nimbus #win"));
    }

    #[test]
    fn is_the_same_in_every_build() {
        let mut template = Template::default();
        template.read("Refund me $25.50, @nimbus! #Fail now");
        assert_eq!((template.letters(), template.spaced()), ("refundme#falnow", " refund me # # fal now"));
    }

    /// Edited copies by kind of edit, and different posts that look alike (kind "other").
    #[test]
    fn tells_copies_from_others_in_the_shared_pairs() {
        let shared = std::env::var("GROUNDSWELL_SHARED")
            .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared").to_owned());
        let Ok(pairs) = std::fs::read_to_string(format!("{shared}/data/text/neardup/dev.tsv")) else {
            println!("not run: the shared near-duplicate pairs are not there");
            return;
        };
        let mut shares = std::collections::BTreeMap::<&str, (u32, u32)>::new();
        for line in pairs.lines().skip(1) {
            let columns: Vec<&str> = line.split('\t').collect();
            let [label, kind, one, other] = columns[..] else { continue };
            let share = shares.entry(if label == "0" { "other" } else { kind }).or_default();
            share.0 += u32::from(fingerprint(one) == fingerprint(other));
            share.1 += 1;
        }
        println!("same fingerprint, of pairs: {shares:?}");
        for kind in ["case", "emoji", "urlswap", "tag", "rt"] {
            let (same, all) = shares[kind];
            assert!(all > 100 && same * 100 >= all * 90, "{kind}: {same} of {all}");
        }
        let (same, all) = shares["other"];
        assert!(all > 1000 && same * 1000 <= all, "different posts with one fingerprint: {same} of {all}");
    }
}
