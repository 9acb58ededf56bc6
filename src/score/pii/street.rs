//! A house in a street: a number beside a word for a street and a name, in English, French, Spanish, Portuguese and
//! German.
//!
//! A number and a word are not enough (`5 star`, `2 way street`, `24 hour`): the name must be written as a name, or a
//! word near by must say that it is an address, and the sentence may not go on with what is counted.

use super::cue::{self, Words};
use super::run::Run;
use super::words::{Word, is_capital, starts_with_digit, words_after, words_before};

/// Words of a street's name, at most.
const NAME_WORDS_MAX: usize = 5;

/// Words that say that an address follows.
static CUES: Words = Words::new(&[
    "address",
    "live at",
    "lives at",
    "living at",
    "deliver",
    "delivered",
    "delivery",
    "ship",
    "apartment",
    "apt",
    "dirección",
    "direccion",
    "vivo",
    "vive",
    "domicilio",
    "envío",
    "endereço",
    "endereco",
    "moro",
    "mora",
    "morada",
    "cep",
    "entrega",
    "adresse",
    "habite",
    "livraison",
    "domicile",
    "wohne",
    "wohnt",
    "wohnhaft",
    "anschrift",
    "lieferadresse",
    "lieferung",
]);
/// Words with which a sentence goes on after an address.
pub(super) static GOES_ON: Words = Words::new(&[
    "in",
    "near",
    "at",
    "is",
    "and",
    "but",
    "on",
    "or",
    "not",
    "again",
    "please",
    "by",
    "opposite",
    "since",
    "for",
    "with",
    "to",
    "was",
    "has",
    "where",
    "which",
    "i",
    "we",
    "my",
    "it",
    "they",
    "you",
    "y",
    "en",
    "de",
    "cerca",
    "piso",
    "bajo",
    "es",
    "está",
    "pero",
    "con",
    "e",
    "em",
    "no",
    "na",
    "é",
    "mas",
    "com",
    "apto",
    "apartamento",
    "à",
    "a",
    "et",
    "mais",
    "dans",
    "au",
    "est",
    "und",
    "bei",
    "ist",
    "aber",
    "mit",
    "bitte",
    "wohnt",
    "nach",
    "when",
    "if",
    "today",
]);
/// Streets that are written as names in English, and how surely.
static STREETS: Words = Words::new(&[
    "street",
    "road",
    "avenue",
    "lane",
    "boulevard",
    "crescent",
    "terrace",
    "rd",
    "ave",
    "blvd",
    "ln",
    "parkway",
    "highway",
]);
static STREETS_TOO: Words = Words::new(&[
    "st", "dr", "drive", "court", "ct", "close", "place", "pl", "square", "sq", "way", "gardens", "grove", "mews",
    "row",
]);
/// What is counted, and what is in a sentence that is no address.
static NO_NAME: Words = Words::new(&[
    "star", "stars", "way", "ways", "hour", "hours", "day", "days", "minute", "minutes", "min", "month", "months",
    "week", "weeks", "year", "years", "lane", "lanes", "people", "times", "percent", "mile", "miles", "km", "car",
    "cars", "man", "men", "women", "more", "new", "big", "best", "great", "top", "pro", "max", "plus", "ultra",
    "reasons", "things", "million", "billion", "thousand", "dollar", "dollars", "euros", "pm", "am", "on", "in", "at",
    "to", "and", "is", "are", "a", "for", "my", "your", "with", "from", "by", "or", "that", "this", "i", "per", "out",
    "down", "gb", "points", "years'", "up", "but", "we", "you", "it", "not", "be", "was", "he", "she", "they", "can",
    "have", "will", "of", "if", "so", "all",
]);
/// French: before the name. The second kind are English words too.
static RUES: Words = Words::new(&["rue", "impasse", "chemin", "boulevard", "bd", "allée", "allee", "quai"]);
static RUES_TOO: Words = Words::new(&["avenue", "av", "place", "cours", "route", "square", "passage"]);
static BIS: Words = Words::new(&["bis", "ter", "quater"]);
static ELISIONS: Words = Words::new(&["d", "l"]);
static RUE_PARTICLES: Words = Words::new(&["de", "du", "des", "la", "le", "les", "aux"]);
/// Spanish and Portuguese: before the name, with the number after it.
static CALLES: Words = Words::new(&[
    "calle",
    "c",
    "avenida",
    "av",
    "avda",
    "paseo",
    "carretera",
    "rua",
    "praça",
    "praca",
    "travessa",
    "estrada",
    "rodovia",
    "bulevar",
]);
/// The same, where a comma or a mark stands before the number: they are names of other things, too.
static CALLES_TOO: Words = Words::new(&["plaza", "camino", "ronda", "alameda", "largo", "calzada", "pasaje"]);
static CALLE_PARTICLES: Words =
    Words::new(&["de", "del", "la", "las", "los", "el", "da", "das", "do", "dos", "e", "y", "san"]);
static NUMBER_MARKS: Words = Words::new(&["n", "no", "nº", "num", "núm", "número", "numero", "nro", "nr", "número:"]);
/// German: the last part of a word, with the number after it.
const STRASSEN: [&str; 10] =
    ["straße", "strasse", "str", "allee", "gasse", "Straße", "Strasse", "Str", "Allee", "Gasse"];
const STRASSEN_TOO: [&str; 5] = ["weg", "platz", "ring", "damm", "ufer"];

/// A house number with what stands around it.
struct House<'t> {
    text: &'t str,
    start: usize,
    /// One past the number and its letter.
    end: usize,
    floor: usize,
}

/// First and one past the last byte of the street and number that `run` is the number of.
pub(super) fn find(text: &str, run: &Run, floor: usize) -> Option<(usize, usize)> {
    let end = number_end(text, run)?;
    let house = House { text, start: run.start, end, floor };
    house.english().or_else(|| house.french()).or_else(|| house.german()).or_else(|| house.romance())
}

/// One past the number and its letter: `12`, `221B`; none where it is a time, a price, a size.
fn number_end(text: &str, run: &Run) -> Option<usize> {
    let bytes = text.as_bytes();
    if !(1..=5).contains(&(run.first_end - run.start)) || bytes[run.start] == b'0' {
        return None;
    }
    let at = |n: usize| bytes.get(n).copied().unwrap_or(b' ');
    // the second half of a time or a price
    if run.start >= 2 && matches!(at(run.start - 1), b':' | b',') && at(run.start - 2).is_ascii_digit() {
        return None;
    }
    let letter = matches!(at(run.first_end).to_ascii_lowercase(), b'a'..=b'f');
    let end = run.first_end + usize::from(letter);
    let apart = matches!(at(end), b' ' | b'\n' | b'\r' | b';' | b'!' | b'?' | b')' | b'"');
    (apart || matches!(at(end), b',' | b'.' | b':') && !at(end + 1).is_ascii_digit()).then_some(end)
}

impl<'t> House<'t> {
    fn after(&self) -> impl Iterator<Item = Word<'t>> {
        words_after(self.text, self.end)
    }

    fn before(&self) -> impl Iterator<Item = Word<'t>> {
        words_before(self.text, self.start, self.floor)
    }

    fn is_named(&self) -> bool {
        cue::before(self.text, self.start, &CUES)
    }

    /// `In 2024 Oxford Street`: no house.
    fn is_year(&self) -> bool {
        let number = &self.text[self.start..self.end];
        number.len() == 4 && (number.starts_with("19") || number.starts_with("20"))
    }

    /// `12 High Street`; in small letters where a word names it.
    fn english(&self) -> Option<(usize, usize)> {
        let mut small = false;
        for (names, word) in self.after().take(NAME_WORDS_MAX).enumerate() {
            let joined = word.gap == " " || names > 0 && word.gap == ". ";
            if !joined || names == 0 && self.is_year() {
                return None;
            }
            if names > 0 && self.is_street(word, names, small) {
                return Some((self.start, word.end));
            }
            let number = starts_with_digit(word.text);
            if number && names > 1 || NO_NAME.has(word.text) {
                return None;
            }
            small |= !(number || is_capital(word.text));
        }
        None
    }

    /// True for a word for a street after so many words of its name.
    fn is_street(&self, word: Word<'_>, names: usize, small: bool) -> bool {
        let (sure, maybe) = (STREETS.has(word.text), STREETS_TOO.has(word.text));
        if small || !is_capital(word.text) {
            return sure && self.is_named();
        }
        (sure || maybe && names <= 2) && goes_on(self.text, word.end, sure)
    }

    /// `12 rue de la Paix`.
    fn french(&self) -> Option<(usize, usize)> {
        let mut words = self.after().peekable();
        words.next_if(|word| word.gap == " " && BIS.has(word.text));
        let kind = words.next().filter(|word| matches!(word.gap, " " | ", "))?;
        let sure = RUES.has(kind.text);
        if !(sure || RUES_TOO.has(kind.text) && !is_capital(kind.text)) {
            return None;
        }
        let (mut end, mut of) = (None, false);
        for word in words.take(NAME_WORDS_MAX) {
            if !matches!(word.gap, " " | ". ") {
                break;
            }
            let name = elided(word.text);
            if is_capital(name.unwrap_or(word.text)) {
                end = Some(word.end);
            } else if RUE_PARTICLES.has(word.text) || starts_with_digit(word.text) {
                of = true;
            } else {
                // people write names small, too
                let small = sure && end.is_none() && (of || name.is_some());
                return end.or(small.then_some(word.end)).map(|end| (self.start, end));
            }
        }
        end.map(|end| (self.start, end))
    }

    /// `Hauptstraße 5`, `Berliner Str. 12a`.
    fn german(&self) -> Option<(usize, usize)> {
        let mut words = self.before();
        let word = words.next().filter(|word| matches!(word.gap, " " | ". "))?;
        let stem = |suffixes: &[&str]| suffixes.iter().find_map(|suffix| word.text.strip_suffix(suffix)).map(str::len);
        let (sure, stem) = match (stem(&STRASSEN), stem(&STRASSEN_TOO)) {
            (Some(stem), _) => (true, stem),
            (None, Some(stem)) => (false, stem),
            (None, None) => return None,
        };
        let start = if stem >= 3 {
            is_capital(word.text).then_some(word.start)
        } else {
            words.next().filter(|name| name.gap == " " && is_capital(name.text) && stem == 0).map(|name| name.start)
        }?;
        let named = || self.is_named() || self.code_follows();
        ((sure && goes_on(self.text, self.end, false)) || named()).then_some((start, self.end))
    }

    /// `5, 10115 Berlin`.
    fn code_follows(&self) -> bool {
        let mut words = self.after();
        let code = words.next().is_some_and(|word| {
            word.gap == ", " && matches!(word.text.len(), 4 | 5) && word.text.bytes().all(|b| b.is_ascii_digit())
        });
        code && words.next().is_some_and(|word| word.gap == " " && is_capital(word.text))
    }

    /// `Calle Mayor 12`, `Rua das Flores, 123`.
    fn romance(&self) -> Option<(usize, usize)> {
        let mut words = self.before().peekable();
        let marked = words.next_if(|word| NUMBER_MARKS.has(word.text)).is_some();
        let (mut names, mut capital, mut small, mut comma) = (0, false, false, marked);
        for (place, word) in words.take(NAME_WORDS_MAX + 1).enumerate() {
            comma |= place == 0 && word.gap == ", ";
            let kind = CALLES.has(word.text) || CALLES_TOO.has(word.text);
            let joined = match word.gap {
                " " => true,
                ". " => kind || marked,
                "/ " | "/" => kind && word.text.len() == 1,
                ", " => place == 0,
                _ => false,
            };
            if !joined || place == 0 && self.is_year() && word.gap == " " {
                return None;
            }
            if kind && names > 0 && (word.text.len() > 1 || word.gap.starts_with('/')) {
                let sure = comma || !CALLES_TOO.has(word.text);
                let named = sure && capital && !small || word.text.len() > 1 && self.is_named();
                return (named && goes_on(self.text, self.end, true)).then_some((word.start, self.end));
            }
            if !CALLE_PARTICLES.has(word.text) {
                names += 1;
                capital |= is_capital(word.text);
                small |= !(is_capital(word.text) || starts_with_digit(word.text));
            }
        }
        None
    }
}

/// What follows a French elision: `Alsace` of `d'Alsace`.
fn elided(word: &str) -> Option<&str> {
    let (particle, name) = word.split_once(['\'', '’'])?;
    ELISIONS.has(particle).then_some(name)
}

/// True where the text ends or goes on as it does after an address; `capital`: also with a name.
fn goes_on(text: &str, end: usize, capital: bool) -> bool {
    let Some(word) = words_after(text, end).next() else { return true };
    let spaced = word.gap == " ";
    !spaced || (capital && is_capital(word.text)) || starts_with_digit(word.text) || GOES_ON.has(word.text)
}
