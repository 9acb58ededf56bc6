//! A vendor's word or phrase in our language. Every leaf is read by our own parser before it is believed.

use super::tree::{Form, Tree};
use super::{Effect, Steps};
use std::ops::Range;

/// What a word became, with the reason where it is not the same word.
struct Carried {
    text: String,
    change: Option<&'static str>,
}

/// A bare word.
pub(super) fn word(word: &str, span: Range<usize>, steps: &mut Steps<'_>) -> Tree {
    if matches!(word, "and" | "or" | "not" | "near") {
        let why = "operators are upper case there: this is a word to look for";
        steps.lose(&span, format!("\"{word}\""), why, Effect::Same);
        return Tree::new(Form::Term(format!("\"{word}\"")), span);
    }
    let carried = match wildcards(&steps.compared(word)) {
        Ok(carried) => carried,
        Err(why) => return lost(&span, why, steps),
    };
    let text = quoted_if_needed(&carried.text);
    if let Some(why) = carried.change {
        steps.lose(&span, &text, why, Effect::Wider);
    }
    checked(text, span, steps)
}

/// What stands between quotes.
pub(super) fn phrase(text: &str, span: Range<usize>, steps: &mut Steps<'_>) -> Tree {
    let mut segments: Vec<Vec<String>> = vec![Vec::new()];
    let mut gaps: Vec<u32> = Vec::new();
    let compared = steps.compared(text);
    for word in compared.split_whitespace() {
        if word == "*" {
            match segments.last().filter(|segment| segment.is_empty()) {
                Some(_) => gaps.last_mut().into_iter().for_each(|gap| *gap += 1),
                None => {
                    segments.push(Vec::new());
                    gaps.push(1);
                }
            }
            continue;
        }
        match wildcards(word) {
            Ok(carried) => {
                if let Some(why) = carried.change {
                    steps.lose(&span, &carried.text, why, Effect::Wider);
                }
                segments.last_mut().into_iter().for_each(|segment| segment.push(carried.text.clone()));
            }
            Err(why) => return lost(&span, why, steps),
        }
    }
    segments.retain(|segment| !segment.is_empty());
    let mut trees = segments.iter().map(|words| checked(joined(words), span.clone(), steps)).collect::<Vec<_>>();
    if trees.is_empty() {
        return lost(&span, "there is nothing in the quotes", steps);
    }
    if trees.len() > 1 {
        let why = "a word that stands for any word became a distance: also found without a word there";
        steps.lose(&span, "NEAR/1f", why, Effect::Wider);
    }
    let first = trees.remove(0);
    let near = |left, (right, gap): (Tree, &u32)| Tree::near(left, right, (*gap, true), span.clone());
    trees.into_iter().zip(&gaps).fold(first, near)
}

/// `{BT}`: exactly that case.
pub(super) fn cased(text: &str, span: Range<usize>, steps: &mut Steps<'_>) -> Tree {
    if text.contains(['*', '?']) {
        let why = "what a wildcard matches has no case to compare: found in any case";
        steps.lose(&span, text, why, Effect::Wider);
        return phrase(text, span, steps);
    }
    let has_signs = text.chars().any(|c| c.is_ascii_punctuation() && !matches!(c, '-' | '\'' | '#' | '@' | '$'));
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || matches!(c, '{' | '}')).collect();
    let became = format!("{{{}}}", words.join(" ").trim());
    if has_signs {
        let why = "signs beside a word are not compared: also found without them";
        steps.lose(&span, &became, why, Effect::Wider);
    }
    checked(became, span, steps)
}

/// A word as a term, for use after `title:` too.
pub(super) fn title_value(text: &str, is_phrase: bool) -> Result<(String, Option<&'static str>), &'static str> {
    if !is_phrase {
        let carried = wildcards(text)?;
        return Ok((quoted_if_needed(&carried.text), carried.change));
    }
    let mut change = None;
    let mut words = Vec::new();
    for word in text.split_whitespace() {
        let carried = wildcards(word)?;
        change = change.or(carried.change);
        words.push(carried.text);
    }
    Ok((joined(&words), change))
}

/// Ours has `*` at the end of a word after two letters, and `?` anywhere but first.
fn wildcards(word: &str) -> Result<Carried, &'static str> {
    let plain = || Carried { text: word.to_owned(), change: None };
    let Some(first) = word.find(['*', '?']) else { return Ok(plain()) };
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
    if letters(&word[..first]) == 0 {
        return Err("a word that begins with a wildcard cannot be looked for");
    }
    let Some(star) = word.find('*') else { return Ok(plain()) };
    if letters(&word[..star]) < 2 {
        return Err("* needs at least two letters before it");
    }
    if word[star..].bytes().all(|byte| byte == b'*') {
        return Ok(Carried { text: word[..=star].to_owned(), change: None });
    }
    let why = "* stands at the end of a word only: what followed it is left out";
    Ok(Carried { text: word[..=star].to_owned(), change: Some(why) })
}

fn joined(words: &[String]) -> String {
    match words {
        [only] => quoted_if_needed(only),
        words => format!("\"{}\"", words.join(" ")),
    }
}

/// A word as our language takes it: in quotes where a sign in it would mean something.
pub(super) fn quoted_if_needed(word: &str) -> String {
    let is_operator = matches!(word, "AND" | "OR" | "NOT" | "and" | "or" | "not") || word.starts_with("NEAR");
    let has_meaning = |c: char| ":~<>()[]{}\"\u{201c}\u{201d}\u{201e}".contains(c);
    let starts_badly = word.starts_with(['/', '-', '+', '*', '?']);
    if is_operator || starts_badly || word.contains(has_meaning) { format!("\"{word}\"") } else { word.to_owned() }
}

/// A term that our parser takes, or a loss that repeats what it says.
fn checked(text: String, span: Range<usize>, steps: &mut Steps<'_>) -> Tree {
    match crate::query::parse(&text) {
        Ok(_) => Tree::new(Form::Term(text), span),
        Err(faults) => {
            let why = faults.first().map_or("cannot be looked for", |fault| fault.message.as_str()).to_owned();
            lost(&span, &why, steps)
        }
    }
}

/// Nothing is left of it; the effect is said once its surroundings are known.
pub(super) fn lost(span: &Range<usize>, why: &str, steps: &mut Steps<'_>) -> Tree {
    let number = steps.lose(span, "", why, Effect::Other);
    Tree::new(Form::Lost(number), span.clone())
}
