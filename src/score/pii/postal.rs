//! Postal codes that say where someone lives: with their town or state, after a street, or where a word names them.

use super::cue::{self, Words};
use super::run::{DASH, Run};
use super::street::GOES_ON;
use super::words::{is_capital, words_after, words_before};
use super::{Before, ends_run};

static CUES: Words = Words::new(&[
    "plz",
    "postleitzahl",
    "adresse",
    "anschrift",
    "lieferadresse",
    "wohne",
    "wohnt",
    "wohnen",
    "wohnhaft",
    "cep",
    "cp",
    "code postal",
    "código postal",
    "codigo postal",
    "postcode",
    "zip",
    "zipcode",
]);
static CEP: Words = Words::new(&["cep", "endereço", "endereco"]);
static POSTCODE: Words = Words::new(&["postcode", "post code", "address", "postal"]);
/// States, districts and territories of the US mail.
const STATES: &[u8] = b"AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM \
NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC PR GU VI AS MP ";
/// Areas of the British mail.
const AREAS: &[u8] = b"AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E \
EC EH EN EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE \
NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB \
W WA WC WD WF WN WR WS WV YO ZE ";
/// What looks like the second half of a British code and is a size or a place in a row.
const NO_INWARD: [&[u8]; 14] =
    [b"GB", b"TB", b"HZ", b"HD", b"WD", b"PS", b"ST", b"ND", b"RD", b"TH", b"DS", b"XL", b"BN", b"LB"];
/// Words of the name of a town, at most.
const TOWN_WORDS_MAX: usize = 3;

fn is_listed(list: &[u8], name: &[u8]) -> bool {
    list.split(|b| *b == b' ').any(|entry| entry == name)
}

/// First and one past the last byte of a code of digits, with its town or state.
pub(super) fn code(text: &str, run: &Run, before: Before) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let zip = match run.groups() {
        [5] => true,
        [5, 4] => run.separators == DASH,
        [5, 3] if run.separators == DASH => return cep(text, run, before),
        [4] => false,
        // the next number on from a town's code
        [5, ..] => return town_after(text, run, before),
        _ => return None,
    };
    if run.plus || !ends_run(bytes, run.end) {
        return None;
    }
    let american = if zip { state_before(text, run, before.floor).map(|start| (start, run.end)) } else { None };
    american.or_else(|| town_after(text, run, before))
}

/// `Springfield, IL 62704`, from the town on.
fn state_before(text: &str, run: &Run, floor: usize) -> Option<usize> {
    let state = run.start.checked_sub(3)?;
    let bytes = text.as_bytes();
    if bytes[run.start - 1] != b' ' || !is_listed(STATES, &bytes[state..state + 2]) {
        return None;
    }
    if bytes[..state].last() != Some(&b' ') || !ends_well(text, run.end) {
        return None;
    }
    let mut start = None;
    let comma = text[..state].trim_end().ends_with(',');
    for (place, word) in words_before(text, state, floor).take(TOWN_WORDS_MAX).enumerate() {
        let joined = if place == 0 { matches!(word.gap, ", ") } else { word.gap == " " };
        if !joined || !is_capital(word.text) || word.text.len() < 2 {
            break;
        }
        start = Some(word.start);
    }
    start.filter(|_| comma)
}

/// True where no word in lower case goes on: `OK 12345 people`.
fn ends_well(text: &str, end: usize) -> bool {
    words_after(text, end).next().is_none_or(|word| word.gap != " " || !word.text.starts_with(char::is_lowercase))
        || words_after(text, end).next().is_some_and(|word| GOES_ON.has(word.text))
}

/// `10115 Berlin`: after a street, or where it is named.
fn town_after(text: &str, run: &Run, before: Before) -> Option<(usize, usize)> {
    let after_street = before.address.is_some_and(|end| is_gap(text, end, run.start));
    let code_end = run.first_end;
    let length = code_end - run.start;
    if !after_street && length != 5 {
        return None;
    }
    let town = words_after(text, code_end).next()?;
    let sound = town.gap == " " && is_capital(town.text) && town.text.len() > 2;
    (sound && (after_street || cue::before(text, run.start, &CUES))).then_some((run.start, town.end))
}

/// Brazil: `01310-100` after a street, or where it is named.
fn cep(text: &str, run: &Run, before: Before) -> Option<(usize, usize)> {
    let after_street = before.address.is_some_and(|end| run.start - end <= super::ADDRESS_GAP_MAX);
    let named = || cue::before(text, run.start, &CEP);
    (ends_run(text.as_bytes(), run.end) && (after_street || named())).then_some((run.start, run.end))
}

fn is_gap(text: &str, end: usize, start: usize) -> bool {
    start - end <= 3 && text[end..start].bytes().all(|b| matches!(b, b',' | b' ' | b'\n' | b'\r'))
}

/// One past the last byte of the British code that begins at `start`: `SW1A 1AA`, in capitals, or named.
pub(super) fn uk_postcode(text: &str, start: usize, before: Before) -> Option<usize> {
    let bytes = text.as_bytes();
    let upper = |at: usize| bytes.get(at).map_or(b' ', u8::to_ascii_uppercase);
    let mut at = start;
    while at - start < 2 && upper(at).is_ascii_uppercase() {
        at += 1;
    }
    let area = [upper(start), upper(start + 1)];
    let district = at;
    while at - district < 2 && upper(at).is_ascii_digit() {
        at += 1;
    }
    at += usize::from(at - district == 1 && upper(at).is_ascii_uppercase());
    let (digit, letters) = (upper(at + 1), [upper(at + 2), upper(at + 3)]);
    let shaped = at > district && upper(at) == b' ' && digit.is_ascii_digit();
    let inward = letters.iter().all(|b| b.is_ascii_uppercase() && !b"CIKMOV".contains(b));
    let end = at + 4;
    if !shaped || !inward || !ends_run(bytes, end) || !is_listed(AREAS, &area[..district - start]) {
        return None;
    }
    let capitals = !bytes[start..end].iter().any(u8::is_ascii_lowercase) && !NO_INWARD.contains(&&letters[..]);
    let after_street = before.address.is_some_and(|end| start - end <= super::ADDRESS_GAP_MAX);
    let named = || cue::near(text, start, end, &POSTCODE);
    (capitals || after_street || named()).then_some(end)
}
