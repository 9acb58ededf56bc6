//! Phone numbers: a plus, brackets, a grouping that people use, or a word near by that asks to be called; never bare
//! digits alone.

use super::cue::{self, Words};
use super::run::{BRACKETS, DOT, Run, SPACE};

/// Words beside a number to be called.
static CUES: Words = Words::new(&[
    "phone",
    "telephone",
    "tel",
    "telf",
    "tlf",
    "mobile",
    "cell",
    "cellphone",
    "call",
    "ring me",
    "text me",
    "txt me",
    "my number",
    "whatsapp",
    "whats",
    "zap",
    "teléfono",
    "telefono",
    "móvil",
    "movil",
    "celular",
    "llámame",
    "llamame",
    "llámenme",
    "llamadme",
    "mi número",
    "mi numero",
    "telefone",
    "telemóvel",
    "telemovel",
    "liguem",
    "ligue",
    "liga",
    "meu número",
    "meu numero",
    "téléphone",
    "portable",
    "appelez",
    "mon numéro",
    "mon numero",
    "telefon",
    "handy",
    "handynummer",
    "telefonnummer",
    "meine nummer",
    "rufen",
    "ruft",
    "cellulare",
    "mio numero",
    "numer telefonu",
    "telefoon",
    "mijn nummer",
]);
/// Digits of a number that such a word stands beside.
const CALLED_DIGITS: std::ops::RangeInclusive<usize> = 9..=13;

pub(super) fn is_phone(text: &str, run: &Run) -> bool {
    if run.plus {
        return (8..=15).contains(&run.len()) && run.head(1) != 0;
    }
    (is_grouped_so(run) && !cue::named_otherwise(text, run.start)) || is_called(text, run)
}

/// True where a word near by asks to be called, and none says that it is a number of something else.
fn is_called(text: &str, run: &Run) -> bool {
    let is_date = matches!(run.groups(), [4, 1 | 2, 1 | 2, ..] | [1 | 2, 1 | 2, 4, ..]);
    CALLED_DIGITS.contains(&run.len())
        && run.groups().len() <= 6
        && !is_date
        && !cue::otherwise_near(text, run.start)
        && cue::near(text, run.start, run.end, &CUES)
}

fn is_grouped_so(run: &Run) -> bool {
    // as dialled abroad, `0033 6 12 34 56 78`: two noughts for the plus
    let is_from_abroad = run.head(2) == 0 && run.head(3) != 0;
    if is_from_abroad && (11..=15).contains(&run.len()) && run.separators == SPACE {
        return run.groups().len() >= 3 && (3..=5).contains(&run.groups()[0]);
    }
    if !(9..=12).contains(&run.len()) || run.groups().len() < 2 {
        return false;
    }
    if run.has(BRACKETS) {
        return run.len() >= 10;
    }
    let first = run.head(1);
    match run.groups() {
        [3, 3, 4] => first >= 2,
        [1, 3, 3, 4] => first == 1,
        // dotted pairs other than the North American form are versions or addresses
        _ if run.has(DOT) && (first != 0 || run.separators != DOT) => false,
        // a day and the hour after it; an area that was never given out
        [2, 2, 4, ..] if run.separators != SPACE => false,
        _ if run.head(3) == 0 => false,
        groups => first == 0 && groups[0] >= 2 && groups.iter().all(|&g| g <= 8) && groups.len() <= 6,
    }
}
