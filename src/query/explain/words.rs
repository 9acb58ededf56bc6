//! Single terms, tests and lists in English.

use crate::query::ast::{Form, Node, Shape, Word};
use crate::query::field::FieldTest;

/// Alternatives of a long list that are shown.
const SHOWN_MAX: usize = 8;

/// A word, phrase, expression or reference.
pub(super) fn leaf(node: &Node) -> String {
    match &node.form {
        Form::Words(words) => words_of(words, &bare(node)),
        Form::Regex(pattern) => format!("text that fits /{pattern}/"),
        Form::Reference(name) => format!("what the query {name} asks for"),
        _ => node.to_string(),
    }
}

fn words_of(words: &[Word], text: &str) -> String {
    if let [word] = words {
        match &word.shape {
            Shape::Fuzzy(fuzzy) => {
                let edits = count(fuzzy.edits.into(), "edit", "edits");
                return format!("\"{}\" (or spelled up to {edits} differently)", fuzzy.word);
            }
            Shape::Pattern(pattern) if pattern.is_open && pattern.rest.is_empty() => {
                return format!("a word that begins with \"{}\"", text.trim_end_matches('*'));
            }
            Shape::Pattern(_) => return format!("\"{text}\" (with any letter for ?)"),
            Shape::Whole(whole) if whole.starts_with('#') => return format!("the hashtag {text}"),
            Shape::Whole(whole) if whole.starts_with('@') => return format!("the handle {text}"),
            Shape::Whole(_) => {}
        }
    }
    let keeps_case = words.iter().any(|word| word.exact.as_ref().is_some_and(crate::text::fold::Exact::keeps_case));
    if keeps_case { format!("\"{text}\" (in exactly this case)") } else { format!("\"{text}\"") }
}

/// As written, without what stands around it.
fn bare(node: &Node) -> String {
    let text = node.to_string();
    let inner = text.strip_prefix(['"', '{']).and_then(|rest| rest.strip_suffix(['"', '}']));
    inner.map_or(text.clone(), ToOwned::to_owned)
}

/// `a, b or c`
pub(super) fn list(said: &[String], last: &str) -> String {
    match said {
        [] => String::new(),
        [only] => only.clone(),
        [before @ .., end] => format!("{} {last} {end}", before.join(", ")),
    }
}

/// `any of 40 words and phrases: a, b, c, …`
pub(super) fn sample(leaves: &[&Node]) -> String {
    let is_test = leaves.iter().all(|node| matches!(node.form, Form::Field(_)));
    let shown = leaves.iter().take(SHOWN_MAX).map(|node| bare(node)).collect::<Vec<_>>().join(", ");
    if let [only] = leaves {
        return if is_test { shown } else { leaf(only) };
    }
    let more = if leaves.len() > SHOWN_MAX { ", …" } else { "" };
    let noun = if is_test { "tests" } else { "words and phrases" };
    format!("any of {} {noun}: {shown}{more}", leaves.len())
}

pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A test on a field, said of a mention.
pub(super) fn field(test: &FieldTest) -> String {
    match test {
        FieldTest::Platform(platform) => format!("on {}", platform.as_str()),
        FieldTest::Kind(kind) => format!("of kind {}", kind.as_str()),
        FieldTest::Language(code) => {
            language(code).map_or(format!("in the language {code}"), |name| format!("in {name}"))
        }
        FieldTest::Author(name) => format!("by @{name}"),
        FieldTest::Brand(_) => format!("naming {}, also misspelt", value(test)),
        FieldTest::Verified(true) => "by a verified author".to_owned(),
        FieldTest::Verified(false) => "by an author who is not verified".to_owned(),
        FieldTest::Followers { min, max } => format!("by an author with {} followers", range(*min, *max, grouped)),
        FieldTest::Rating { min, max } => format!("with a rating of {}", range(*min, *max, stars)),
        FieldTest::Country(code) => format!("from {code}"),
        FieldTest::Url(address) => format!("at or linking to {address}"),
        FieldTest::Site(host) => format!("on the site {host}"),
        FieldTest::Hashtag(_) => format!("with the hashtag {}", value(test)),
        FieldTest::Mentions(_) => format!("that mention {}", value(test)),
        FieldTest::Container(_) => format!("in {}", value(test)),
        FieldTest::Sentiment(label) => format!("of {label} sentiment"),
        FieldTest::Intent(label) => format!("with the intent {label}"),
        FieldTest::Thread(id) => format!("in the thread {id}"),
        FieldTest::Title(_) => format!("with {} in the title", value(test)),
    }
}

fn value(test: &FieldTest) -> String {
    let text = test.to_string();
    text.split_once(':').map_or(text.clone(), |(_, value)| value.to_owned())
}

fn range(min: i64, max: i64, show: impl Fn(i64) -> String) -> String {
    match (min <= 0, max == i64::MAX) {
        (true, true) => "any number of".to_owned(),
        (true, false) => format!("at most {}", show(max)),
        (false, true) => format!("at least {}", show(min)),
        (false, false) if min == max => show(min),
        (false, false) => format!("{} to {}", show(min), show(max)),
    }
}

/// 50000 as 50,000.
fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn stars(thousandths: i64) -> String {
    let text = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn language(code: &str) -> Option<&'static str> {
    Some(match code {
        "ar" => "Arabic",
        "cy" => "Welsh",
        "de" => "German",
        "en" => "English",
        "es" => "Spanish",
        "fr" => "French",
        "it" => "Italian",
        "ja" => "Japanese",
        "ko" => "Korean",
        "nl" => "Dutch",
        "pl" => "Polish",
        "pt" => "Portuguese",
        "ru" => "Russian",
        "sv" => "Swedish",
        "tr" => "Turkish",
        "zh" => "Chinese",
        _ => return None,
    })
}
