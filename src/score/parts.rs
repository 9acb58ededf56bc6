//! Cutting a text into what it says one after the other, so that each can be read by itself.
//!
//! A complaint behind a greeting, a call to share or a row of hashtags is a small share of its text: read as a whole,
//! such a text is whatever most of it is. Cuts stand where a sentence ends, where a sign stands between two thoughts,
//! and before the words that turn to another one. Linear in the text; no more than [`PARTS_MAX`] parts.

use std::ops::Range;

/// Most parts of a text: the last one takes all that is left.
pub const PARTS_MAX: usize = 12;
/// Fewer words say nothing by themselves.
const WORDS_MIN: usize = 3;

/// Words that turn to another thought, by language: those whose noise the model was taught.
const TURNS: [&str; 5] = [
    "but also btw however though although meanwhile anyway and because while still now ps",
    "pero además aunque porque y",
    "mas também porém aliás e",
    "mais aussi sinon sauf et",
    "aber außerdem übrigens doch nur und",
];

/// The parts of a text that say something by themselves, by UTF-8 bytes; none where the whole is one.
#[must_use]
pub fn parts(text: &str) -> Vec<Range<usize>> {
    let mut cuts = cuts(text);
    cuts.truncate(PARTS_MAX - 1);
    let starts = std::iter::once(0).chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([text.len()]);
    let says_something = |part: &Range<usize>| words(&text[part.clone()]) >= WORDS_MIN;
    let parts: Vec<Range<usize>> = starts.zip(ends).filter(|(from, to)| from < to).map(|(from, to)| from..to).collect();
    if parts.len() < 2 { Vec::new() } else { parts.into_iter().filter(says_something).collect() }
}

/// Where a new part begins, ascending.
fn cuts(text: &str) -> Vec<usize> {
    let mut cuts = Vec::new();
    let mut ended = false;
    for (at, word) in pieces(text) {
        if at > 0 && (ended || is_turn(word)) {
            cuts.push(at);
        }
        ended = ends(word);
    }
    cuts
}

/// What stands between blanks, with where it begins; a line's end is a piece of its own.
fn pieces(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive(char::is_whitespace).scan(0, |at, piece| {
        let from = *at;
        *at += piece.len();
        Some((from, piece))
    })
}

/// Whether a thought ends with this piece: a sentence's end, a line's end, or a sign that is no word.
fn ends(piece: &str) -> bool {
    let word = piece.trim_end();
    let is_sign = !word.is_empty() && !word.contains(char::is_alphanumeric);
    piece.ends_with('\n') || is_sign || word.ends_with(['.', '!', '?', '…', ';', ':', ',', ')'])
}

fn is_turn(piece: &str) -> bool {
    let word = piece.trim_matches(|c: char| !c.is_alphanumeric());
    TURNS.iter().flat_map(|turns| turns.split(' ')).any(|turn| turn.eq_ignore_ascii_case(word))
}

fn words(part: &str) -> usize {
    let is_word = |piece: &&str| piece.contains(char::is_alphabetic) && !piece.starts_with(['@', '#']);
    part.split_whitespace().filter(is_word).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_where_a_thought_ends_or_turns() {
        for (text, want) in [
            ("done and tagged! where is my order", &["where is my order"][..]),
            (
                "i would love to win but my last order never came",
                &["i would love to win ", "but my last order never came"],
            ),
            ("share and like done ✅ they charged me twice", &["and like done ✅ ", "they charged me twice"]),
            ("follow us on friday\nthe app is down again", &["follow us on friday\n", "the app is down again"]),
            (
                "je participe avec plaisir, mais mon colis est perdu",
                &["je participe avec plaisir, ", "mais mon colis est perdu"],
            ),
            ("pays 3.50 at www.a.example each day", &[]),
            ("#win #free @user @other! ok", &[]),
            ("and then nothing more came", &[]),
            ("", &[]),
        ] {
            let found: Vec<&str> = parts(text).into_iter().map(|part| &text[part]).collect();
            assert_eq!(found, want, "{text}");
        }
    }

    #[test]
    fn parts_stand_in_order_and_are_few() {
        let texts = ["so it goes on. ".repeat(200), "é ü … but ñ ß ".repeat(60), "🎉".repeat(90), " ".repeat(9)];
        for text in texts {
            let parts = parts(&text);
            assert!(parts.len() <= PARTS_MAX && parts.is_sorted_by(|a, b| a.end <= b.start), "{text}");
            assert!(parts.iter().all(|part| text.get(part.clone()).is_some()), "{text}");
            assert!(parts.len() < PARTS_MAX || parts.last().is_some_and(|part| part.end == text.len()));
        }
    }
}
