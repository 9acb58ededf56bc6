//! Check digits of numbers that states and issuers give out. Digits come as values 0 to 9, lengths as the callers say.

/// Luhn; digits that are all the same keep it too easily.
pub(in crate::score::pii) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, &d)| {
            let d = u32::from(d) << (i % 2);
            if d > 9 { d - 9 } else { d }
        })
        .sum();
    sum.is_multiple_of(10) && vary(digits)
}

fn vary(digits: &[u8]) -> bool {
    digits.iter().any(|&digit| digit != digits[0])
}

fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(&digit, weight)| u32::from(digit) * weight).sum()
}

/// US Social Security: the ranges that were never given out are not one.
pub(super) fn ssn(d: &[u8]) -> bool {
    let area = weighted(&d[..3], &[100, 10, 1]);
    !matches!(area, 0 | 666 | 900..) && d[3..5] != [0, 0] && d[5..9] != [0, 0, 0, 0]
}

/// US taxpayer number of people without Social Security: 9xx and the ranges of its middle pair.
pub(super) fn itin(d: &[u8]) -> bool {
    d[0] == 9 && matches!(d[3] * 10 + d[4], 50..=65 | 70..=88 | 90..=92 | 94..=99)
}

/// UK health number: mod 11.
pub(super) fn nhs(d: &[u8]) -> bool {
    let check = 11 - weighted(&d[..9], &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    vary(d) && check % 11 == u32::from(d[9])
}

/// German tax id: one digit of the first ten twice or thrice, and ISO 7064 mod 11,10.
pub(super) fn steuer_id(d: &[u8]) -> bool {
    let mut counts = [0_u8; 10];
    for &digit in &d[..10] {
        counts[usize::from(digit)] += 1;
    }
    let repeated = counts.iter().filter(|&&count| count > 1).count() == 1 && counts.iter().all(|&count| count <= 3);
    let product = d[..10].iter().fold(10, |product, &digit| {
        let sum = (u32::from(digit) + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    d[0] != 0 && repeated && (11 - product) % 10 == u32::from(d[10])
}

/// Portuguese tax number: mod 11.
pub(super) fn nif(d: &[u8]) -> bool {
    let rest = weighted(&d[..8], &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    let check = if rest < 2 { 0 } else { 11 - rest };
    !matches!(d[0], 0 | 4) && vary(d) && check == u32::from(d[8])
}

/// One check digit of the Brazilian numbers: weights grow by one from the right, from 2 to `top` and over again.
fn brazil(digits: &[u8], top: u32) -> u8 {
    let weights = (2..=top).cycle();
    let sum: u32 = digits.iter().rev().zip(weights).map(|(&digit, weight)| u32::from(digit) * weight).sum();
    u8::try_from(sum * 10 % 11 % 10).unwrap_or(0)
}

/// Brazilian person.
pub(super) fn cpf(d: &[u8]) -> bool {
    vary(d) && brazil(&d[..9], 11) == d[9] && brazil(&d[..10], 11) == d[10]
}

/// Brazilian company.
pub(super) fn cnpj(d: &[u8]) -> bool {
    vary(d) && brazil(&d[..12], 9) == d[12] && brazil(&d[..13], 9) == d[13]
}

/// French social security: 97 less the rest of the first thirteen, which are the value `body`.
pub(super) fn nir(d: &[u8]) -> bool {
    let month = d[3] * 10 + d[4];
    let body = d[..13].iter().fold(0_u64, |value, &digit| value * 10 + u64::from(digit));
    let key = u64::from(d[13]) * 10 + u64::from(d[14]);
    matches!(d[0], 1 | 2) && matches!(month, 1..=12 | 20..=42 | 50..=99) && 97 - body % 97 == key
}

/// Australian tax file number: mod 11.
pub(super) fn tfn(d: &[u8]) -> bool {
    vary(d) && weighted(d, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11)
}

/// Dutch citizen number: the eleven test, the last digit counting against.
pub(super) fn bsn(d: &[u8]) -> bool {
    let sum = weighted(&d[..8], &[9, 8, 7, 6, 5, 4, 3, 2]);
    vary(d) && (sum + 11 - u32::from(d[8]) % 11).is_multiple_of(11)
}

/// Polish person: a date, and a weighted sum to ten.
pub(super) fn pesel(d: &[u8]) -> bool {
    let (month, day) = ((d[2] * 10 + d[3]) % 20, d[4] * 10 + d[5]);
    let sum = weighted(d, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]);
    matches!(month, 1..=12) && matches!(day, 1..=31) && sum.is_multiple_of(10)
}

/// Canadian social insurance.
pub(super) fn sin(d: &[u8]) -> bool {
    !matches!(d[0], 0 | 8) && luhn(d)
}

/// Indian Aadhaar: the Verhoeff check, which is the dihedral group of ten.
pub(super) fn aadhaar(d: &[u8]) -> bool {
    const PERMUTE: [[u8; 10]; 8] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
        [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
        [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
        [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
        [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
        [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
        [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
    ];
    let check = d.iter().rev().enumerate().fold(0, |check, (place, &digit)| {
        let digit = PERMUTE[place % 8][usize::from(digit)];
        dihedral(check, digit)
    });
    d[0] >= 2 && vary(d) && check == 0
}

/// The product of two elements: 0 to 4 turn, 5 to 9 turn and mirror.
fn dihedral(a: u8, b: u8) -> u8 {
    let turn = if a < 5 { a + b % 5 } else { a + 5 - b % 5 } % 5;
    if (a < 5) == (b < 5) { turn } else { turn + 5 }
}

/// The letter that a Spanish number of a person bears.
pub(super) fn dni_letter(number: u32) -> u8 {
    b"TRWAGMYFPDXBNJZSQVHLCKE"[number as usize % 23]
}

/// The last letter of an Italian fiscal code, of its first fifteen letters and digits in upper case.
pub(super) fn codice_letter(body: &[u8]) -> u8 {
    const ODD: [u8; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let place = |b: u8| if b.is_ascii_digit() { b - b'0' } else { b - b'A' };
    let sum: u32 = body
        .iter()
        .enumerate()
        .map(|(i, &b)| u32::from(if i % 2 == 0 { ODD[usize::from(place(b))] } else { place(b) }))
        .sum();
    b'A' + u8::try_from(sum % 26).unwrap_or(0)
}

/// The last digit of a Mexican CURP, of its first seventeen letters and digits in upper case.
pub(super) fn curp_digit(body: &[u8]) -> u8 {
    // Ñ has a place between N and O
    let place = |b: u8| match b {
        b'0'..=b'9' => b - b'0',
        b'A'..=b'N' => b - b'A' + 10,
        _ => b - b'A' + 11,
    };
    let sum: u32 = body.iter().zip((2..=18).rev()).map(|(&b, weight)| u32::from(place(b)) * weight).sum();
    b'0' + u8::try_from((10 - sum % 10) % 10).unwrap_or(0)
}
