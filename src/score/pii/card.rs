//! Payment cards: an issuer's prefix, its length, the Luhn check, and a card's grouping or a word that names one.

use super::cue::{self, Words};
use super::national::checks::luhn;
use super::run::Run;

static CUES: Words = Words::new(&[
    "card",
    "cards",
    "visa",
    "mastercard",
    "amex",
    "discover",
    "debit",
    "credit",
    "creditcard",
    "cardnumber",
    "cvv",
    "cvc",
    "exp",
    "expiry",
    "expires",
    "tarjeta",
    "débito",
    "crédito",
    "debito",
    "credito",
    "cartão",
    "cartao",
    "carte",
    "bancaire",
    "karte",
    "kreditkarte",
    "bankkarte",
    "carta",
]);

pub(super) fn is_card(text: &str, run: &Run) -> bool {
    if !has_issuer(run) || !luhn(run.digits()) {
        return false;
    }
    let named = || cue::near(text, run.start, run.end, &CUES);
    match run.groups() {
        [4, 4, 4, 4] | [4, 6, 4 | 5] | [4, 4, 4, 4, 3] => !cue::named_otherwise(text, run.start) || named(),
        // one bare number in ten passes: it must not be near a word for orders and parcels
        [15 | 16] => !cue::otherwise_near(text, run.start) || named(),
        // epoch milliseconds and ids have 13, 14 or 19 bare digits
        [13 | 14 | 19] => named(),
        _ => false,
    }
}

fn has_issuer(run: &Run) -> bool {
    let head = |count: usize| run.head(count);
    match run.len() {
        15 => matches!(head(2), 34 | 37),
        14 => matches!(head(2), 36 | 38 | 39) || (300..=305).contains(&head(3)),
        13 | 19 => head(1) == 4,
        16 => {
            head(1) == 4
                || matches!(head(2), 51..=55 | 62 | 65)
                || (2221..=2720).contains(&head(4))
                || head(4) == 6011
                || (644..=649).contains(&head(3))
                || (3528..=3589).contains(&head(4))
        }
        _ => false,
    }
}
