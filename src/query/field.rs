//! `field:value`: which fields there are, what their values look like, and what is not supported yet.

use super::ast::{FieldTest, primary_subtag};
use super::diagnostic::Diagnostic;
use super::lex::Value;
use crate::mention::{Kind, Platform};
use crate::text::nearest;
use std::ops::Range;

const SUPPORTED: [&str; 4] = ["author_followers", "kind", "language", "platform"];

/// Fields of the full language that queries cannot use yet.
const PLANNED: [&str; 13] = [
    "author",
    "author_verified",
    "container",
    "country",
    "hashtag",
    "intent",
    "mentions",
    "rating",
    "sentiment",
    "site",
    "thread",
    "title",
    "url",
];

/// Reads a test on a field. `span` covers all of it; the value stands at its end.
pub(super) fn field(name: &str, value: Value<'_>, span: &Range<usize>) -> Result<FieldTest, Diagnostic> {
    if PLANNED.contains(&name) {
        return Err(Diagnostic::unsupported(span.clone(), &format!("the field {name}")));
    }
    if !SUPPORTED.contains(&name) {
        return Err(unknown_field(name, value, span));
    }
    let value_span = span.start + name.len() + 1..span.end;
    match (name, value) {
        (_, Value::Group) => Err(Diagnostic::unsupported(span.clone(), "a group of values after a field")
            .suggest(format!("write ({name}:a OR {name}:b)"))),
        (_, Value::Plain("")) => {
            Err(Diagnostic::new(span.clone(), format!("{name}: has no value")).suggest(example(name)))
        }
        ("author_followers", Value::Range(range)) => followers_range(range, &value_span),
        ("author_followers", Value::Plain(number)) => {
            let count = number_of(number, &value_span)?;
            Ok(FieldTest::Followers { min: count, max: count })
        }
        (_, Value::Range(_)) => {
            Err(Diagnostic::new(value_span, format!("{name} takes one value, not a range")).suggest(example(name)))
        }
        ("platform", Value::Plain(slug)) => platform(slug, value_span),
        ("kind", Value::Plain(slug)) => kind(slug, value_span),
        (_, Value::Plain(tag)) => language(tag, value_span),
    }
}

fn unknown_field(name: &str, value: Value<'_>, span: &Range<usize>) -> Diagnostic {
    let fault = Diagnostic::new(span.clone(), format!("unknown field {name:?}"));
    match (nearest(name, SUPPORTED.into_iter().chain(PLANNED)), value) {
        (Some(meant), _) => fault.suggest(format!("did you mean {meant}?")),
        (None, Value::Plain(value)) if !value.is_empty() => {
            fault.suggest(format!("fields are {}; write \"{name}:{value}\" to find the words", SUPPORTED.join(", ")))
        }
        _ => fault.suggest(format!("fields are {}", SUPPORTED.join(", "))),
    }
}

fn example(name: &str) -> String {
    let value = match name {
        "author_followers" => "[50000 TO 99999999]",
        "kind" => "quote",
        "language" => "en",
        _ => "mastodon",
    };
    format!("write for example {name}:{value}")
}

fn platform(slug: &str, span: Range<usize>) -> Result<FieldTest, Diagnostic> {
    let lower = slug.to_ascii_lowercase();
    lower.parse().map(FieldTest::Platform).map_err(|_| {
        let slugs = || Platform::ALL.iter().map(|platform| platform.as_str());
        unknown_value("platform", slug, span, &slugs().collect::<Vec<_>>())
    })
}

fn kind(slug: &str, span: Range<usize>) -> Result<FieldTest, Diagnostic> {
    let lower = slug.to_ascii_lowercase();
    Kind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == lower)
        .map(FieldTest::Kind)
        .ok_or_else(|| unknown_value("kind", slug, span, &Kind::ALL.map(Kind::as_str)))
}

fn unknown_value(field: &str, value: &str, span: Range<usize>, known: &[&str]) -> Diagnostic {
    let fault = Diagnostic::new(span, format!("unknown {field} {value:?}"));
    match nearest(value, known.iter().copied()) {
        Some(meant) => fault.suggest(format!("did you mean {field}:{meant}?")),
        None => fault.suggest(format!("known are {}", known.join(", "))),
    }
}

fn language(tag: &str, span: Range<usize>) -> Result<FieldTest, Diagnostic> {
    let primary = primary_subtag(tag).to_ascii_lowercase();
    if (2..=3).contains(&primary.len()) && primary.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Ok(FieldTest::Language(primary));
    }
    Err(Diagnostic::new(span, format!("{tag:?} is not a language tag"))
        .suggest("write two or three letters, for example language:en"))
}

fn followers_range(range: &str, span: &Range<usize>) -> Result<FieldTest, Diagnostic> {
    let parts: Vec<&str> = range.split_whitespace().collect();
    let [low, "TO", high] = parts[..] else {
        return Err(Diagnostic::new(span.clone(), "a range has the form [a TO b]")
            .suggest("write for example [50000 TO 99999999]"));
    };
    let end = |text, open| if text == "*" { Ok(open) } else { number_of(text, span) };
    let (min, max) = (end(low, i64::MIN)?, end(high, i64::MAX)?);
    if min > max {
        return Err(Diagnostic::new(span.clone(), "the range is empty: its first number is larger than its second")
            .suggest(format!("write [{high} TO {low}]")));
    }
    Ok(FieldTest::Followers { min, max })
}

fn number_of(text: &str, span: &Range<usize>) -> Result<i64, Diagnostic> {
    let fault = || {
        Diagnostic::new(span.clone(), format!("{text:?} is not a whole number"))
            .suggest("write digits only, for example 50000")
    };
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(fault());
    }
    text.parse().map_err(|_| fault())
}
