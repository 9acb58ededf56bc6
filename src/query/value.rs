//! From `field:value` as written to a [`FieldTest`], and back. Knows what values look like; tests nothing.

use super::diagnostic::Diagnostic;
use super::field::{FIELD_NAMES, FieldTest, SENTIMENTS, bare_address, primary_subtag};
use super::lex::Value;
use super::{print, term};
use crate::mention::{Kind, Platform};
use crate::text::fold::fold_str;
use crate::text::nearest;
use std::fmt::{Display, Formatter};
use std::ops::Range;

/// Bytes of the longest value.
const VALUE_BYTES_MAX: usize = 1024;

/// Reads a test on a field. `span` covers all of it; the value stands at its end. A group is read by the parser.
pub(super) fn field(name: &str, value: Value<'_>, span: &Range<usize>) -> Result<FieldTest, Diagnostic> {
    if !FIELD_NAMES.contains(&name) {
        return Err(unknown_field(name, value, span));
    }
    let place = (span.start + name.len() + 1).min(span.end)..span.end;
    match (name, value) {
        (_, Value::Plain("") | Value::Group) => {
            Err(Diagnostic::new(span.clone(), format!("{name}: has no value")).suggest(example(name)))
        }
        (_, Value::Plain(text) | Value::Range(text)) if text.len() > VALUE_BYTES_MAX => {
            Err(Diagnostic::new(place, format!("a value is longer than {VALUE_BYTES_MAX} bytes")))
        }
        ("author_followers", value) => {
            let (min, max) = bounds(value, &place, whole_number)?;
            Ok(FieldTest::Followers { min, max })
        }
        ("rating", value) => {
            let (min, max) = bounds(value, &place, thousandths)?;
            Ok(FieldTest::Rating { min, max })
        }
        (_, Value::Range(_)) => {
            Err(Diagnostic::new(place, format!("{name} takes one value, not a range")).suggest(example(name)))
        }
        (_, Value::Plain(text)) => plain(name, text, place),
    }
}

fn plain(name: &str, text: &str, place: Range<usize>) -> Result<FieldTest, Diagnostic> {
    match name {
        "platform" => platform(text, place),
        "kind" => kind(text, place),
        "language" => language(text, place),
        "author" => folded_name(name, text.trim_start_matches('@'), place).map(FieldTest::Author),
        "author_verified" => verified(text, place),
        "brand" => folded_name(name, text, place).map(FieldTest::Brand),
        "country" => country(text, place),
        "url" => address(text, place).map(FieldTest::Url),
        "site" => site(text, place),
        "hashtag" => tag('#', text, &place).map(FieldTest::Hashtag),
        "mentions" => tag('@', text, &place).map(FieldTest::Mentions),
        "container" => folded_name(name, text, place).map(FieldTest::Container),
        "sentiment" => sentiment(text, place),
        "intent" => intent(text, place),
        "title" => term::words(text, &place, text.contains(char::is_whitespace)).map(FieldTest::Title),
        _ => Ok(FieldTest::Thread(text.to_owned())),
    }
}

fn unknown_field(name: &str, value: Value<'_>, span: &Range<usize>) -> Diagnostic {
    let fault = Diagnostic::new(span.clone(), format!("unknown field {name:?}"));
    match (nearest(name, FIELD_NAMES), value) {
        (Some(meant), _) => fault.suggest(format!("did you mean {meant}?")),
        (None, Value::Plain(value)) if !value.is_empty() => {
            fault.suggest(format!("fields are {}; write \"{name}:{value}\" to find the words", FIELD_NAMES.join(", ")))
        }
        _ => fault.suggest(format!("fields are {}", FIELD_NAMES.join(", "))),
    }
}

fn example(name: &str) -> String {
    let value = match name {
        "author_followers" => "[50000 TO 99999999]",
        "author" | "mentions" => "nimbushelp",
        "author_verified" => "true",
        "brand" => "nimbus",
        "container" => "technology",
        "country" => "DE",
        "hashtag" => "nimbusdown",
        "intent" => "outage",
        "kind" => "quote",
        "language" => "en",
        "rating" => "[1 TO 2]",
        "sentiment" => "negative",
        "site" => "nimbus.example",
        "thread" => "x:123",
        "title" => "\"log in\"",
        "url" => "nimbus.example/status",
        _ => "mastodon",
    };
    format!("write for example {name}:{value}")
}

fn platform(slug: &str, place: Range<usize>) -> Result<FieldTest, Diagnostic> {
    let lower = slug.to_ascii_lowercase();
    lower.parse().map(FieldTest::Platform).map_err(|_| {
        let slugs = || Platform::ALL.iter().map(|platform| platform.as_str());
        unknown_value("platform", slug, place, &slugs().collect::<Vec<_>>())
    })
}

fn kind(slug: &str, place: Range<usize>) -> Result<FieldTest, Diagnostic> {
    let lower = slug.to_ascii_lowercase();
    Kind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == lower)
        .map(FieldTest::Kind)
        .ok_or_else(|| unknown_value("kind", slug, place, &Kind::ALL.map(Kind::as_str)))
}

fn sentiment(label: &str, place: Range<usize>) -> Result<FieldTest, Diagnostic> {
    let lower = label.to_ascii_lowercase();
    if SENTIMENTS.contains(&lower.as_str()) {
        return Ok(FieldTest::Sentiment(lower));
    }
    Err(unknown_value("sentiment", label, place, &SENTIMENTS))
}

fn unknown_value(field: &str, value: &str, place: Range<usize>, known: &[&str]) -> Diagnostic {
    let fault = Diagnostic::new(place, format!("unknown {field} {value:?}"));
    match nearest(value, known.iter().copied()) {
        Some(meant) => fault.suggest(format!("did you mean {field}:{meant}?")),
        None => fault.suggest(format!("known are {}", known.join(", "))),
    }
}

/// Which intents there are is the pack's to say.
fn intent(id: &str, place: Range<usize>) -> Result<FieldTest, Diagnostic> {
    let lower = id.to_ascii_lowercase();
    if lower.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')) {
        return Ok(FieldTest::Intent(lower));
    }
    Err(Diagnostic::new(place, format!("{id:?} is not the name of an intent")).suggest(example("intent")))
}

fn language(tag: &str, place: Range<usize>) -> Result<FieldTest, Diagnostic> {
    let primary = primary_subtag(tag).to_ascii_lowercase();
    if (2..=3).contains(&primary.len()) && primary.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Ok(FieldTest::Language(primary));
    }
    Err(Diagnostic::new(place, format!("{tag:?} is not a language tag"))
        .suggest("write two or three letters, for example language:en"))
}

fn country(code: &str, place: Range<usize>) -> Result<FieldTest, Diagnostic> {
    if code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Ok(FieldTest::Country(code.to_ascii_uppercase()));
    }
    Err(Diagnostic::new(place, format!("{code:?} is not a country code"))
        .suggest("write two letters, for example country:DE"))
}

fn verified(text: &str, place: Range<usize>) -> Result<FieldTest, Diagnostic> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(FieldTest::Verified(true)),
        "false" => Ok(FieldTest::Verified(false)),
        _ => Err(Diagnostic::new(place, "author_verified is true or false").suggest(example("author_verified"))),
    }
}

fn folded_name(field: &str, text: &str, place: Range<usize>) -> Result<String, Diagnostic> {
    let folded = fold_str(text);
    if folded.trim().is_empty() {
        return Err(Diagnostic::new(place, format!("{field}: has no value")).suggest(example(field)));
    }
    Ok(folded)
}

fn address(text: &str, place: Range<usize>) -> Result<String, Diagnostic> {
    let bare = bare_address(text).to_lowercase();
    if bare.is_empty() || bare.starts_with('/') || bare.contains(char::is_whitespace) {
        return Err(Diagnostic::new(place, "not an address: it begins with a host").suggest(example("url")));
    }
    Ok(bare)
}

fn site(text: &str, place: Range<usize>) -> Result<FieldTest, Diagnostic> {
    let bare = address(text, place.clone())?;
    let host = bare.strip_suffix('/').unwrap_or(&bare);
    if host.contains('/') {
        return Err(Diagnostic::new(place, "site takes a host without a path").suggest(format!("write url:{bare}")));
    }
    Ok(FieldTest::Site(host.to_owned()))
}

fn tag(sign: char, text: &str, place: &Range<usize>) -> Result<super::ast::Word, Diagnostic> {
    let name = text.trim_start_matches([sign, '＃', '＠']);
    term::tag(&format!("{sign}{name}"), place)
}

/// `5`, `[1 TO 5]`, `[5 TO *]`.
fn bounds(
    value: Value<'_>,
    place: &Range<usize>,
    number: impl Fn(&str, &Range<usize>) -> Result<i64, Diagnostic>,
) -> Result<(i64, i64), Diagnostic> {
    let range = match value {
        Value::Range(range) => range,
        Value::Plain(text) => return number(text, place).map(|number| (number, number)),
        Value::Group => "",
    };
    let parts: Vec<&str> = range.split_whitespace().collect();
    let [low, "TO", high] = parts[..] else {
        return Err(Diagnostic::new(place.clone(), "a range has the form [a TO b]")
            .suggest("write for example [50000 TO 99999999]"));
    };
    let end = |text, open| if text == "*" { Ok(open) } else { number(text, place) };
    let (min, max) = (end(low, i64::MIN)?, end(high, i64::MAX)?);
    if min > max {
        return Err(Diagnostic::new(place.clone(), "the range is empty: its first number is larger than its second")
            .suggest(format!("write [{high} TO {low}]")));
    }
    Ok((min, max))
}

fn whole_number(text: &str, place: &Range<usize>) -> Result<i64, Diagnostic> {
    let fault = || {
        Diagnostic::new(place.clone(), format!("{text:?} is not a whole number"))
            .suggest("write digits only, for example 50000")
    };
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(fault());
    }
    text.parse().map_err(|_| fault())
}

/// `4.5` as 4500; at most three decimals.
fn thousandths(text: &str, place: &Range<usize>) -> Result<i64, Diagnostic> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(whole) || !are_digits(decimals) || whole.len() > 9 || decimals.len() > 3 {
        return Err(Diagnostic::new(place.clone(), format!("{text:?} is not a rating"))
            .suggest("write a number with at most three decimals, for example rating:[1 TO 2.5]"));
    }
    format!("{whole}{decimals:0<3}").parse().map_err(|_| Diagnostic::new(place.clone(), "the number is too large"))
}

impl Display for FieldTest {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:", self.name())?;
        match self {
            Self::Platform(platform) => f.write_str(platform.as_str()),
            Self::Kind(kind) => f.write_str(kind.as_str()),
            Self::Verified(wanted) => write!(f, "{wanted}"),
            Self::Followers { min, max } => write_range(*min, *max, |end| end.to_string(), f),
            Self::Rating { min, max } => write_range(*min, *max, decimal, f),
            Self::Title(words) => print::write_words(words, f),
            Self::Hashtag(word) | Self::Mentions(word) => print::write_words(std::slice::from_ref(word), f),
            Self::Language(text)
            | Self::Author(text)
            | Self::Brand(text)
            | Self::Country(text)
            | Self::Url(text)
            | Self::Site(text)
            | Self::Container(text)
            | Self::Sentiment(text)
            | Self::Intent(text)
            | Self::Thread(text) => write_value(text, f),
        }
    }
}

fn write_value(text: &str, f: &mut Formatter<'_>) -> std::fmt::Result {
    let is_bare = !text.contains(|c: char| c.is_whitespace() || "()[]{}\"“”„<".contains(c));
    if is_bare { f.write_str(text) } else { write!(f, "\"{text}\"") }
}

fn write_range(min: i64, max: i64, show: impl Fn(i64) -> String, f: &mut Formatter<'_>) -> std::fmt::Result {
    let end = |end: i64| if matches!(end, i64::MIN | i64::MAX) { "*".to_owned() } else { show(end) };
    if min == max { f.write_str(&show(min)) } else { write!(f, "[{} TO {}]", end(min), end(max)) }
}

fn decimal(thousandths: i64) -> String {
    let text = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
