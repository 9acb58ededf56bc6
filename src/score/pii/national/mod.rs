//! National ids of people that are numbers: who gives them out, what checks them, which words or grouping tell them.
//!
//! A checksum of one digit lets one random number in ten through, so none is enough alone: without a word near by
//! that names the id it takes a grouping that nothing else has.

pub(super) mod checks;
pub(super) mod letters;

use super::cue::{self, Words};
use super::ends_run;
use super::run::{DASH, DOT, Run, SPACE};

pub(super) const KIND: &str = "national_id";

/// One state's number.
struct Scheme {
    /// Digits it has.
    length: usize,
    check: fn(&[u8]) -> bool,
    /// True for a grouping that is its own.
    telling: fn(&Run) -> bool,
    /// Words that name it, in lower case.
    cues: Words,
}

static DNI: Words = Words::new(&["dni", "nif", "documento", "identidad"]);

const fn none(_: &Run) -> bool {
    false
}

/// In the order in which they are tried.
static SCHEMES: [Scheme; 13] = [
    // United States
    Scheme {
        length: 9,
        check: checks::ssn,
        telling: |run| run.groups() == [3, 2, 4] && matches!(run.separators, DASH | SPACE),
        cues: Words::new(&["ssn", "social security"]),
    },
    Scheme {
        length: 9,
        check: checks::itin,
        telling: |run| run.groups() == [3, 2, 4] && matches!(run.separators, DASH | SPACE),
        cues: Words::new(&["itin"]),
    },
    // Canada
    Scheme {
        length: 9,
        check: checks::sin,
        telling: |run| run.groups() == [3, 3, 3] && run.separators == DASH,
        cues: Words::new(&["sin", "social insurance", "nas", "assurance sociale"]),
    },
    // Portugal
    Scheme { length: 9, check: checks::nif, telling: none, cues: Words::new(&["nif", "contribuinte"]) },
    // Australia
    Scheme { length: 9, check: checks::tfn, telling: none, cues: Words::new(&["tfn", "tax file"]) },
    // Netherlands
    Scheme {
        length: 9,
        check: checks::bsn,
        telling: none,
        cues: Words::new(&["bsn", "burgerservicenummer", "sofinummer"]),
    },
    // United Kingdom
    Scheme { length: 10, check: checks::nhs, telling: none, cues: Words::new(&["nhs"]) },
    // Germany
    Scheme {
        length: 11,
        check: checks::steuer_id,
        telling: none,
        cues: Words::new(&[
            "steuer",
            "steuerid",
            "steueridentifikationsnummer",
            "identifikationsnummer",
            "idnr",
            "tin",
        ]),
    },
    // Brazil
    Scheme {
        length: 11,
        check: checks::cpf,
        telling: |run| run.groups() == [3, 3, 3, 2] && run.separators == DOT | DASH,
        cues: Words::new(&["cpf"]),
    },
    // Poland
    Scheme { length: 11, check: checks::pesel, telling: none, cues: Words::new(&["pesel", "peselu"]) },
    // India
    Scheme {
        length: 12,
        check: checks::aadhaar,
        telling: |run| run.groups() == [4, 4, 4] && matches!(run.separators, DASH | SPACE),
        cues: Words::new(&["aadhaar", "aadhar", "adhaar", "uidai"]),
    },
    // Brazil, companies
    Scheme { length: 14, check: checks::cnpj, telling: none, cues: Words::new(&["cnpj"]) },
    // France
    Scheme {
        length: 15,
        check: checks::nir,
        telling: |run| matches!(run.groups(), [1, 2, 2, 2, 3, 3, 2] | [13, 2]),
        cues: Words::new(&["nir", "sécu", "secu", "sécurité sociale", "securite sociale"]),
    },
];

/// True for a whole number that is one of them.
pub(super) fn is_national(text: &str, run: &Run) -> bool {
    if run.plus || !(9..=15).contains(&run.len()) {
        return false;
    }
    SCHEMES.iter().filter(|scheme| scheme.length == run.len() && (scheme.check)(run.digits())).any(|scheme| {
        let named = || cue::near(text, run.start, run.end, &scheme.cues);
        let telling = (scheme.telling)(run) && !cue::named_otherwise(text, run.start);
        telling || named()
    })
}

/// One past the last byte of an id that goes on where its first digits end: after a letter, a dash, a slash.
pub(super) fn longer(text: &str, run: &Run) -> Option<usize> {
    if run.plus {
        return None;
    }
    match run.len() {
        6 => corsican(text, run),
        8 => dni(text, run).or_else(|| cnpj(text.as_bytes(), run)),
        _ => None,
    }
}

/// Spain: eight digits and the letter that checks them, `12345678Z`, `12.345.678-Z`.
fn dni(text: &str, run: &Run) -> Option<usize> {
    if !matches!(run.groups(), [8] | [2, 3, 3]) {
        return None;
    }
    let bytes = text.as_bytes();
    let apart = usize::from(matches!(bytes.get(run.end), Some(b'-' | b' ')));
    let letter = *bytes.get(run.end + apart)?;
    let end = run.end + apart + 1;
    if letter.to_ascii_uppercase() != checks::dni_letter(run.head(8)) || !ends_run(bytes, end) {
        return None;
    }
    let plain = letter.is_ascii_uppercase() && bytes[run.end] != b' ' && !cue::named_otherwise(text, run.start);
    (plain || cue::near(text, run.start, end, &DNI)).then_some(end)
}

/// Brazil, companies: `12.345.678/0001-95`.
fn cnpj(bytes: &[u8], run: &Run) -> Option<usize> {
    let tail = bytes.get(run.end..run.end + 8)?;
    let shaped = tail.iter().enumerate().all(|(i, b)| match i {
        0 => *b == b'/',
        5 => *b == b'-',
        _ => b.is_ascii_digit(),
    });
    if run.groups() != [2, 3, 3] || !shaped {
        return None;
    }
    let mut digits = [0; 14];
    let more = tail.iter().filter(|b| b.is_ascii_digit()).map(|b| b - b'0');
    for (to, digit) in digits.iter_mut().zip(run.digits().iter().copied().chain(more)) {
        *to = digit;
    }
    let end = run.end + 8;
    (checks::cnpj(&digits) && ends_run(bytes, end)).then_some(end)
}

/// France, born on Corsica: the department is 2A or 2B, which count as 19 and 18.
fn corsican(text: &str, run: &Run) -> Option<usize> {
    let bytes = text.as_bytes();
    let department = match (run.digits()[5], bytes.get(run.end)?) {
        (2, b'A') => [1, 9],
        (2, b'B') => [1, 8],
        _ => return None,
    };
    let mut digits = [0; 15];
    digits[..5].copy_from_slice(&run.digits()[..5]);
    digits[5..7].copy_from_slice(&department);
    let (mut filled, mut end) = (7, run.end + 1);
    while filled < 15 {
        end += usize::from(bytes.get(end) == Some(&b' '));
        digits[filled] = bytes.get(end).filter(|b| b.is_ascii_digit())? - b'0';
        (filled, end) = (filled + 1, end + 1);
    }
    (checks::nir(&digits) && ends_run(bytes, end)).then_some(end)
}
