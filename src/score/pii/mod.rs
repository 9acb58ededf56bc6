//! Personal data in a text: mail addresses, phone numbers, payment cards, bank accounts, national ids, addresses.
//!
//! Cautious on purpose: what has a checksum must keep it, what has none or a weak one needs a telling grouping or a
//! word near by that names it. Times, prices, order and tracking numbers, UUIDs, versions and bare digits are left
//! alone. One pass: all but digits, `@`, `+`, `(` and `[` is passed over, and a number looks around itself no further than
//! a fixed window; so cost is linear in the text, whatever it says.

mod card;
mod cue;
mod email;
mod iban;
mod national;
mod phone;
mod postal;
mod run;
mod street;
#[cfg(test)]
mod tests;
mod words;

use self::run::Run;
use super::Pii;
use crate::text::next_byte;

/// What was found, its first byte and one past its last.
type Found = (&'static str, usize, usize);

const ADDRESS: &str = "address";
/// Bytes between the parts of one address, at most: a town.
const ADDRESS_GAP_MAX: usize = 40;

/// True of what something personal is recognised at: all else is passed over.
fn is_telling(byte: u8) -> bool {
    byte.is_ascii_digit() | (byte == b'@') | (byte == b'+') | (byte == b'(') | (byte == b'[')
}

/// Finds personal data, in order, without overlap. Kinds: `email`, `phone`, `card`, `iban`, `national_id`, `address`.
#[must_use]
pub fn find_pii(text: &str) -> Vec<Pii> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut before = Before::default();
    let mut i = 0;
    while let Some(next) = next_byte(bytes, i, is_telling) {
        i = next;
        let hit = match bytes[i] {
            b'@' => email::find(bytes, i, before.floor),
            b'[' => email::find_spelt(bytes, i, before.floor),
            b'(' => email::find_spelt(bytes, i, before.floor).or_else(|| number(text, i, before)),
            b'0'..=b'9' => lettered(text, i, before).or_else(|| number(text, i, before)),
            _ => number(text, i, before),
        };
        if bytes[i].is_ascii_digit() && (i == 0 || !bytes[i - 1].is_ascii_digit()) {
            before.numbers = [before.numbers[1], i];
        }
        i += 1;
        if let Some((kind, start, end)) = hit {
            push(&mut found, text, (kind, start, end));
            before = Before { floor: end, address: (kind == ADDRESS).then_some(end), ..before };
            i = end;
        }
    }
    email::find_said(text).for_each(|said| insert(&mut found, said));
    found
}

/// Puts a find in its place among the others, unless it overlaps one.
fn insert(found: &mut Vec<Pii>, (kind, start, end): Found) {
    let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let (start, end) = (at(start), at(end));
    let place = found.partition_point(|other| other.end <= start);
    if found.get(place).is_none_or(|next| end <= next.start) {
        found.insert(place, Pii { kind: kind.into(), start, end });
    }
}

/// What is behind a place.
#[derive(Debug, Clone, Copy, Default)]
struct Before {
    /// Nothing found may begin before this.
    floor: usize,
    /// The end of the last thing found, if that was an address.
    address: Option<usize>,
    /// Where the last two numbers begin: streets are looked for behind one of them at most (`Calle 5 de Mayo 12`), so
    /// that many numbers do not read the same words over and over.
    numbers: [usize; 2],
}

/// Keeps a find; the next part of an address goes on with the one before.
fn push(found: &mut Vec<Pii>, text: &str, (kind, start, end): Found) {
    let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    if let Some(last) = found.last_mut()
        && kind == ADDRESS
        && last.kind == ADDRESS
        && text.get(last.end as usize..start).is_some_and(is_within_address)
    {
        last.end = at(end);
        return;
    }
    found.push(Pii { kind: kind.into(), start: at(start), end: at(end) });
}

/// Commas, breaks, names of towns.
fn is_within_address(gap: &str) -> bool {
    gap.len() <= ADDRESS_GAP_MAX
        && gap.split([' ', ',', '\n', '\r', '-']).filter(|word| !word.is_empty()).all(|word| {
            word.chars().next().is_some_and(|c| c.is_uppercase() || c.is_ascii_digit())
                && word.chars().all(|c| c.is_alphanumeric() || c == '\'')
        })
}

/// Not in the middle of a word, a number, an address or an id; not the next group of a number that was looked at.
fn starts_run(text: &str, i: usize) -> bool {
    let bytes = text.as_bytes();
    let Some(before) = i.checked_sub(1).map(|n| bytes[n]) else { return true };
    let joined = if before.is_ascii() {
        before.is_ascii_alphanumeric()
    } else {
        // an emoji or a quotation mark is no part of a number; a letter is, and money is no number of anybody
        text[..i].chars().next_back().is_some_and(|c| c.is_alphanumeric() || matches!(c, '£' | '€' | '¥' | '₹'))
    };
    let sign = matches!(before, b'_' | b'-' | b'.' | b'#' | b'/' | b'=' | b'+' | b'$' | b'@');
    let group = before == b' ' && i >= 2 && bytes[i - 2].is_ascii_digit() && bytes[i].is_ascii_digit();
    !(joined || sign || group)
}

/// True where no word or number goes on.
fn ends_run(bytes: &[u8], end: usize) -> bool {
    bytes.get(end).is_none_or(|b| !(b.is_ascii_alphanumeric() || *b == b'_'))
}

/// What begins with digits, a plus or a bracket.
fn number(text: &str, start: usize, before: Before) -> Option<Found> {
    let bytes = text.as_bytes();
    if !starts_run(text, start) {
        return None;
    }
    let run = Run::read(bytes, start);
    let whole = || {
        let sound = ends_run(bytes, run.end) && run.len() <= run::DIGITS_MAX;
        if sound { whole(text, &run).map(|kind| (kind, start, run.end)) } else { None }
    };
    let code = postal::code(text, &run, before).map(|(start, end)| (ADDRESS, start, end));
    code.or_else(whole).or_else(|| national::longer(text, &run).map(|end| (national::KIND, start, end))).or_else(|| {
        street::find(text, &run, before.floor.max(before.numbers[0])).map(|(start, end)| (ADDRESS, start, end))
    })
}

/// What a whole number is.
fn whole(text: &str, run: &Run) -> Option<&'static str> {
    if !run.plus && card::is_card(text, run) {
        Some("card")
    } else if national::is_national(text, run) {
        Some(national::KIND)
    } else if phone::is_phone(text, run) {
        Some("phone")
    } else {
        None
    }
}

/// Letters before the first digit of an id, at most.
const LETTERS_MAX: usize = 6;

/// What begins with letters and goes on with the digit at `digit`: told apart by how many letters there are.
fn lettered(text: &str, digit: usize, before: Before) -> Option<Found> {
    let bytes = text.as_bytes();
    let last = *bytes.get(digit.checked_sub(1)?)?;
    // some write `AB 12 34 56 C` or `X-1234567-L`
    let end = digit - usize::from(matches!(last, b' ' | b'-'));
    let reach = end.saturating_sub(LETTERS_MAX + 1).max(before.floor);
    let letters = bytes[reach..end].iter().rev().take_while(|b| b.is_ascii_alphabetic()).count();
    let start = end - letters;
    if letters == 0 || (end < digit && letters > 2) || !starts_run(text, start) {
        return None;
    }
    let national = |end: Option<usize>| end.map(|end| (national::KIND, start, end));
    let postcode = || postal::uk_postcode(text, start, before).map(|end| (ADDRESS, start, end));
    match letters {
        1 => national(national::letters::nie(text, start)).or_else(postcode),
        2 => iban::find(bytes, start)
            .map(|end| ("iban", start, end))
            .or_else(|| national(national::letters::nino(bytes, start)))
            .or_else(postcode),
        4 => national(national::letters::curp(bytes, start)),
        5 => national(national::letters::pan(text, start)),
        6 => national(national::letters::codice_fiscale(bytes, start)),
        _ => None,
    }
}
