//! Personal data in a text: mail addresses, phone numbers, payment cards, bank accounts.
//!
//! Cautious on purpose: a card needs an issuer's prefix, its length and the Luhn check, a bank account its checksum,
//! a phone number a plus, brackets or a grouping. Times, order numbers, UUIDs and bare digits are left alone.

use super::Pii;

/// Finds personal data, in order, without overlap.
#[must_use]
pub fn find_pii(text: &str) -> Vec<Pii> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut i = 0;
    while i < bytes.len() {
        match find_at(bytes, i, found.last().map_or(0, |p: &Pii| p.end as usize)) {
            Some((kind, start, end)) => {
                let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
                found.push(Pii { kind: kind.to_owned(), start: at(start), end: at(end) });
                i = end;
            }
            None => i += 1,
        }
    }
    found
}

type Found = (&'static str, usize, usize);

fn find_at(bytes: &[u8], i: usize, floor: usize) -> Option<Found> {
    match bytes[i] {
        b'@' => email(bytes, i, floor),
        b'+' | b'(' | b'0'..=b'9' if starts_run(bytes, i) => number(bytes, i),
        b'A'..=b'Z' | b'a'..=b'z' if starts_run(bytes, i) => iban(bytes, i),
        _ => None,
    }
}

/// Not in the middle of a word, a number, an address or an id; not the next group of a number that was looked at.
fn starts_run(bytes: &[u8], i: usize) -> bool {
    let Some(before) = i.checked_sub(1).map(|n| bytes[n]) else { return true };
    let joined = before.is_ascii_alphanumeric() || before >= 0x80;
    let sign = matches!(before, b'_' | b'-' | b'.' | b'#' | b'/' | b'=' | b'+' | b'$' | b'@');
    let group = before == b' ' && i >= 2 && bytes[i - 2].is_ascii_digit() && bytes[i].is_ascii_digit();
    !(joined || sign || group)
}

const LOCAL_MAX: usize = 64;
const DOMAIN_MAX: usize = 253;

fn email(bytes: &[u8], at: usize, floor: usize) -> Option<Found> {
    let local = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'%' | b'+' | b'-');
    let host = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
    let reach = at.saturating_sub(LOCAL_MAX).max(floor);
    let mut start = at;
    while start > reach && local(bytes[start - 1]) {
        start -= 1;
    }
    while start < at && !bytes[start].is_ascii_alphanumeric() {
        start += 1;
    }
    let mut end = at + 1;
    while end < bytes.len() && end - at <= DOMAIN_MAX && host(bytes[end]) {
        end += 1;
    }
    while end > at + 1 && !bytes[end - 1].is_ascii_alphanumeric() {
        end -= 1;
    }
    let domain = &bytes[at + 1..end];
    let dot = domain.iter().rposition(|&b| b == b'.')?;
    let top = &domain[dot + 1..];
    let sound = start < at && dot > 0 && top.len() >= 2 && top.iter().all(u8::is_ascii_alphabetic);
    (sound && !domain.starts_with(b".") && !domain.starts_with(b"-")).then_some(("email", start, end))
}

/// A run of digits with the separators people use, and how it is grouped.
struct Run {
    digits: Vec<u8>,
    /// Lengths of the groups between separators.
    groups: Vec<usize>,
    plus: bool,
    brackets: bool,
    dots: bool,
    end: usize,
}

const RUN_DIGITS_MAX: usize = 24;

fn run_of(bytes: &[u8], start: usize) -> Run {
    let mut run = Run { digits: Vec::new(), groups: vec![0], plus: false, brackets: false, dots: false, end: start };
    let mut i = start;
    while i < bytes.len() && run.digits.len() <= RUN_DIGITS_MAX {
        match bytes[i] {
            digit @ b'0'..=b'9' => {
                run.digits.push(digit - b'0');
                if let Some(last) = run.groups.last_mut() {
                    *last += 1;
                }
                run.end = i + 1;
            }
            b'+' if i == start => run.plus = true,
            b'(' if bytes[i..].iter().take(6).any(|&b| b == b')') => {
                run.brackets = true;
                split(&mut run.groups);
            }
            b')' if run.brackets => split(&mut run.groups),
            b' ' | b'-' | b'.' if follows(bytes, i) => {
                run.dots |= bytes[i] == b'.';
                split(&mut run.groups);
            }
            _ => break,
        }
        i += 1;
    }
    run.groups.retain(|&n| n > 0);
    run
}

/// One separator, then a digit or bracket (a bracket may follow a space).
fn follows(bytes: &[u8], i: usize) -> bool {
    bytes.get(i + 1).is_some_and(|b| b.is_ascii_digit() || *b == b'(')
}

fn split(groups: &mut Vec<usize>) {
    if groups.last() != Some(&0) {
        groups.push(0);
    }
}

fn number(bytes: &[u8], start: usize) -> Option<Found> {
    let run = run_of(bytes, start);
    let after = bytes.get(run.end).copied().unwrap_or(b' ');
    if after.is_ascii_alphanumeric() || after == b'_' || run.digits.len() > 19 {
        return None;
    }
    if !run.plus && card(&run) {
        return Some(("card", start, run.end));
    }
    phone(&run).then_some(("phone", start, run.end))
}

fn card(run: &Run) -> bool {
    let n = run.digits.len();
    let head = |k: usize| run.digits.iter().take(k).fold(0_u32, |v, &d| v * 10 + u32::from(d));
    let issuer = match n {
        15 => matches!(head(2), 34 | 37),
        14 => matches!(head(2), 36 | 38 | 39) || (300..=305).contains(&head(3)),
        13 | 19 => head(1) == 4,
        16 => {
            head(1) == 4
                || (51..=55).contains(&head(2))
                || (2221..=2720).contains(&head(4))
                || head(4) == 6011
                || head(2) == 65
                || (3528..=3589).contains(&head(4))
        }
        _ => false,
    };
    // epoch milliseconds and order ids have 13, 14 or 19 bare digits; cards without groups have 15 or 16
    let grouped = matches!(run.groups.as_slice(), [4, 4, 4, 4] | [4, 6, 4 | 5] | [4, 4, 4, 4, 3] | [15 | 16]);
    issuer && grouped && luhn(&run.digits)
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, &d)| {
            let d = u32::from(d) << (i % 2);
            if d > 9 { d - 9 } else { d }
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|&d| d != digits[0])
}

fn phone(run: &Run) -> bool {
    let n = run.digits.len();
    let first = run.digits.first().copied().unwrap_or(0);
    if run.plus {
        return (8..=15).contains(&n) && first != 0;
    }
    if !(9..=12).contains(&n) || run.groups.len() < 2 {
        return false;
    }
    if run.brackets {
        return n >= 10;
    }
    match run.groups.as_slice() {
        [3, 3, 4] => first >= 2,
        [1, 3, 3, 4] => first == 1,
        // dotted pairs other than the North American form are versions or addresses
        _ if run.dots && first != 0 => false,
        groups => first == 0 && groups[0] >= 2 && groups.iter().all(|&g| g <= 8) && groups.len() <= 6,
    }
}

/// Country's IBAN length, for the countries whose people write to us most; others are not looked for.
fn iban_length(country: [u8; 2]) -> Option<usize> {
    Some(match &country {
        b"NO" => 15,
        b"BE" => 16,
        b"DK" | b"FI" | b"NL" => 18,
        b"AT" | b"EE" | b"LT" | b"LU" => 20,
        b"CH" | b"HR" | b"LV" | b"LI" => 21,
        b"BG" | b"DE" | b"GB" | b"IE" => 22,
        b"AE" | b"IL" => 23,
        b"CZ" | b"ES" | b"RO" | b"SE" | b"SK" | b"SA" => 24,
        b"PT" => 25,
        b"FR" | b"GR" | b"IT" => 27,
        b"CY" | b"HU" | b"PL" => 28,
        b"BR" => 29,
        b"MT" => 31,
        b"SI" => 19,
        b"TR" => 26,
        _ => return None,
    })
}

fn iban(bytes: &[u8], start: usize) -> Option<Found> {
    let country = [bytes[start].to_ascii_uppercase(), bytes.get(start + 1)?.to_ascii_uppercase()];
    if !(bytes.get(start + 2)?.is_ascii_digit() && bytes.get(start + 3)?.is_ascii_digit()) {
        return None;
    }
    let length = iban_length(country)?;
    let mut body = Vec::with_capacity(length);
    let mut i = start;
    while i < bytes.len() && body.len() < length {
        match bytes[i] {
            b if b.is_ascii_alphanumeric() => body.push(b.to_ascii_uppercase()),
            b' ' if !body.is_empty() && body.len() % 4 == 0 => {}
            _ => return None,
        }
        i += 1;
    }
    let ends = bytes.get(i).is_none_or(|b| !b.is_ascii_alphanumeric());
    (body.len() == length && ends && iban_check(&body)).then_some(("iban", start, i))
}

/// ISO 13616: moved by four and read as a number, it leaves 1 when divided by 97.
fn iban_check(body: &[u8]) -> bool {
    let moved = body[4..].iter().chain(&body[..4]);
    let rest = moved.fold(0_u32, |rest, &b| match b {
        b'0'..=b'9' => (rest * 10 + u32::from(b - b'0')) % 97,
        _ => (rest * 100 + u32::from(b - b'A') + 10) % 97,
    });
    rest == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(String, &str)> {
        find_pii(text).into_iter().map(|p| (p.kind, &text[p.start as usize..p.end as usize])).collect()
    }

    #[test]
    fn finds_what_is_personal() {
        for (text, kind, part) in [
            ("write to ana.b+x@mail.example.com.", "email", "ana.b+x@mail.example.com"),
            ("é@x über joe@example.co", "email", "joe@example.co"),
            ("call +44 20 7946 0958 now", "phone", "+44 20 7946 0958"),
            ("(555) 010-4477", "phone", "(555) 010-4477"),
            ("my number is 555-010-4477!", "phone", "555-010-4477"),
            ("tel 06 12 34 56 78", "phone", "06 12 34 56 78"),
            ("card 4111 1111 1111 1111 exp 12/30", "card", "4111 1111 1111 1111"),
            ("5555-5555-5555-4444", "card", "5555-5555-5555-4444"),
            ("amex 3782 822463 10005", "card", "3782 822463 10005"),
            ("4111111111111111", "card", "4111111111111111"),
            ("pay DE89 3704 0044 0532 0130 00 please", "iban", "DE89 3704 0044 0532 0130 00"),
            ("gb82west12345698765432", "iban", "gb82west12345698765432"),
        ] {
            assert_eq!(kinds(text), [(kind.to_owned(), part)], "{text}");
        }
    }

    #[test]
    fn leaves_alone_what_only_looks_so() {
        for text in [
            "1763740800000",
            "order 4111111111112",
            "order #4111111111111111",
            "4111 1111 1111 1112",
            "id 550e8400-e29b-41d4-a716-446655440000",
            "2026-05-06 12:30:44",
            "version 10.0.19045.3803",
            "1,234,567,890 views",
            "DE89 3704 0044 0532 0130 01",
            "10.0.0.138",
            "@nimbus and me@ home",
            "0000 0000 0000 0000",
            "https://x.example/status/1763740800000123456",
            "tracking 9400 1000 0000 0000 0000 00",
        ] {
            assert_eq!(kinds(text), [], "{text}");
        }
    }

    #[test]
    fn many_at_signs_and_digits_stay_linear() {
        assert!(find_pii(&"a@".repeat(50_000)).is_empty());
        let _ = find_pii(&"1 ".repeat(50_000));
        let _ = find_pii(&"+(".repeat(50_000));
    }

    proptest::proptest! {
        #[test]
        fn spans_are_sound(text in "[ -~é€0-9@.+()]{0,80}") {
            let mut last = 0;
            for p in find_pii(&text) {
                assert!(p.start >= last && p.start < p.end);
                assert!(text.get(p.start as usize..p.end as usize).is_some());
                last = p.end;
            }
        }
    }
}
