//! Reads a mapping field by field, noting every fault and going on. What is faulty reads as absent.

use super::problem::suggest;
use super::sheet::{Ctx, Kind};
use super::yaml::{Key, Node, Place, Value};

/// A mapping of a file, with its keys checked against the known ones.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    pub(super) ctx: Ctx<'a>,
    pub(super) at: Place,
    what: &'static str,
    entries: &'a [(Key, Node)],
}

/// A text with its place.
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) at: Place,
}

impl<'a> Fields<'a> {
    /// Opens a mapping; notes keys that are not in `keys`. `what` names it in messages.
    pub(super) fn open(ctx: Ctx<'a>, node: &'a Node, what: &'static str, keys: &[&str]) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            let example = format!("write \"{}: …\" and its other fields", keys.first().unwrap_or(&"id"));
            ctx.problem(node.at, format!("{what} must be a mapping, not {}", node.value.kind()), example);
            return None;
        };
        #[cfg(test)]
        ctx.sheet.note_opened(what, keys);
        for (key, _) in entries {
            if !keys.contains(&key.name.as_str()) {
                let message = format!("unknown key \"{}\" in {what}", key.name);
                ctx.problem(key.at, message, suggest(&key.name, keys.iter().copied()));
            }
        }
        let at = entries.first().map_or(node.at, |(key, _)| key.at);
        Some(Self { ctx, at, what, entries })
    }

    /// The same over entries put together from several mappings, whose keys are known already.
    pub(super) fn of_entries(ctx: Ctx<'a>, at: Place, what: &'static str, entries: &'a [(Key, Node)]) -> Self {
        Self { ctx, at, what, entries }
    }

    /// The value of a key; `key:` with nothing after it is absent.
    pub(super) fn node(&self, key: &str) -> Option<&'a Node> {
        self.entries.iter().find(|(k, n)| k.name == key && n.value != Value::Null).map(|(_, n)| n)
    }

    fn required(&self, key: &str) -> Option<&'a Node> {
        let node = self.node(key);
        if node.is_none() {
            let message = format!("{} lacks \"{key}\"", self.what);
            // nothing offends: something is missing
            self.ctx.problem(Place { len: 0, ..self.at }, message, format!("add \"{key}: …\""));
        }
        node
    }

    fn wrong(&self, node: &Node, key: &str, wanted: &str) {
        let message = format!("\"{key}\" must be {wanted}, not {}", node.value.kind());
        let fix = match (&node.value, wanted) {
            (Value::Bool(_) | Value::Number(_), "text") => "put it in quotes".to_owned(),
            (Value::Text(_), "a list") => format!("write {key}: [{}]", first_chars(node)),
            _ => format!("write {wanted}"),
        };
        self.ctx.problem(node.at, message, fix);
    }

    fn word_of(&self, node: &'a Node, key: &str) -> Option<Word<'a>> {
        let Value::Text(text) = &node.value else {
            self.wrong(node, key, "text");
            return None;
        };
        Some(Word { text: text.trim(), at: node.at })
    }

    /// A required text.
    pub(super) fn word(&self, key: &str) -> Option<Word<'a>> {
        let word = self.word_of(self.required(key)?, key)?;
        if word.text.is_empty() {
            self.ctx.problem(word.at, format!("\"{key}\" is empty"), format!("write a {key}"));
            return None;
        }
        Some(word)
    }

    /// A required text.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.word(key).map(|w| w.text.to_owned())
    }

    /// A text that may be absent.
    pub(super) fn text_if(&self, key: &str) -> Option<String> {
        self.word_of(self.node(key)?, key).map(|w| w.text.to_owned())
    }

    /// A text with its place, that may be absent.
    pub(super) fn word_if(&self, key: &str) -> Option<Word<'a>> {
        self.word_of(self.node(key)?, key)
    }

    /// A list of texts; absent reads as empty.
    pub(super) fn words(&self, key: &str) -> Vec<Word<'a>> {
        self.list(key).filter_map(|node| self.word_of(node, key)).collect()
    }

    /// A list of texts; absent reads as empty.
    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        self.words(key).into_iter().map(|w| w.text.to_owned()).collect()
    }

    /// The items of a list; absent reads as empty.
    pub(super) fn list(&self, key: &str) -> std::slice::Iter<'a, Node> {
        match self.node(key) {
            None => [].iter(),
            Some(Node { value: Value::List(items), .. }) => items.iter(),
            Some(node) => {
                self.wrong(node, key, "a list");
                [].iter()
            }
        }
    }

    /// A required id: lower-case letters, digits, `-`, `_`, at most 64; noted as defined.
    pub(super) fn define(&self, kind: Kind) -> Option<String> {
        let word = self.word("id")?;
        self.ctx.define(kind, word.text, word.at);
        let ok = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if word.text.len() > 64 || !word.text.chars().all(ok) {
            let slug: String = word.text.to_lowercase().chars().map(|c| if ok(c) { c } else { '-' }).take(64).collect();
            let message = format!("id \"{}\" may have only a-z, 0-9, - and _, at most 64", first_chars_of(word.text));
            self.ctx.problem(word.at, message, format!("write \"{slug}\""));
            return None;
        }
        Some(word.text.to_owned())
    }

    /// A required name defined elsewhere.
    pub(super) fn reference(&self, key: &str, kind: Kind) -> Option<String> {
        let word = self.word(key)?;
        self.ctx.refer(kind, word.text, word.at);
        Some(word.text.to_owned())
    }

    /// A name defined elsewhere, that may be absent.
    pub(super) fn reference_if(&self, key: &str, kind: Kind) -> Option<String> {
        self.node(key)?;
        self.reference(key, kind)
    }

    /// Names defined elsewhere.
    pub(super) fn references(&self, key: &str, kind: Kind) -> Vec<String> {
        let words = self.words(key);
        for word in &words {
            self.ctx.refer(kind, word.text, word.at);
        }
        words.into_iter().map(|w| w.text.to_owned()).collect()
    }

    /// A number within `low..=high`.
    pub(super) fn number(&self, key: &str, low: f64, high: f64) -> Option<f64> {
        let node = self.node(key)?;
        let Value::Number(number) = node.value else {
            self.wrong(node, key, "a number");
            return None;
        };
        if !(low..=high).contains(&number) {
            let message = format!("\"{key}\" must be from {low} to {high}, not {number}");
            self.ctx.problem(node.at, message, format!("write {}", number.clamp(low, high)));
            return None;
        }
        Some(number)
    }

    /// A probability or share.
    pub(super) fn share(&self, key: &str) -> Option<f64> {
        self.number(key, 0.0, 1.0)
    }

    /// A whole number from 0 to `high` (at most 2⁵³).
    pub(super) fn count(&self, key: &str, high: f64) -> Option<i64> {
        let number = self.number(key, 0.0, high)?;
        if number.fract() != 0.0 {
            let at = self.node(key).map_or(self.at, |n| n.at);
            self.ctx.problem(at, format!("\"{key}\" must be a whole number"), format!("write {}", number.round()));
            return None;
        }
        Some(number as i64)
    }

    /// A small whole number.
    pub(super) fn small(&self, key: &str) -> Option<u32> {
        self.count(key, 1e9).and_then(|n| u32::try_from(n).ok())
    }

    /// True or false.
    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        let node = self.node(key)?;
        let Value::Bool(flag) = node.value else {
            let message = format!("\"{key}\" must be true or false, not {}", node.value.kind());
            self.ctx.problem(node.at, message, "write true or false".to_owned());
            return None;
        };
        Some(flag)
    }

    /// A duration with its unit, in seconds, from 1 s to 366 d.
    pub(super) fn duration(&self, key: &str) -> Option<i64> {
        let node = self.node(key)?;
        let written = match &node.value {
            Value::Text(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            other => {
                let message = format!("\"{key}\" must be a duration, not {}", other.kind());
                self.ctx.problem(node.at, message, "write a number with a unit: 30m, 4h, 2d".to_owned());
                return None;
            }
        };
        let seconds = seconds_of(&written);
        if seconds.is_none() {
            let bare: String = written.chars().take_while(char::is_ascii_digit).collect();
            let example = if bare.is_empty() { "30m, 4h, 2d".to_owned() } else { format!("{bare}m, {bare}h, {bare}d") };
            let message = format!("\"{key}\" is no duration of 1s to 366d: \"{}\"", first_chars_of(&written));
            self.ctx.problem(node.at, message, format!("write a number with a unit: {example}"));
        }
        seconds
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let word = self.word_of(self.node(key)?, key)?;
        self.pick(key, &word, choices)
    }

    /// Several of a few words.
    pub(super) fn choices<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Vec<T> {
        self.words(key).iter().filter_map(|word| self.pick(key, word, choices)).collect()
    }

    fn pick<T: Copy>(&self, key: &str, word: &Word<'_>, choices: &[(&str, T)]) -> Option<T> {
        let found = choices.iter().find(|(name, _)| *name == word.text).map(|(_, value)| *value);
        if found.is_none() {
            let message = format!("\"{}\" is no {key}", first_chars_of(word.text));
            self.ctx.problem(word.at, message, suggest(word.text, choices.iter().map(|(name, _)| *name)));
        }
        found
    }

    /// A mapping below a key.
    pub(super) fn map(&self, key: &str, what: &'static str, keys: &[&str]) -> Option<Self> {
        Self::open(self.ctx, self.node(key)?, what, keys)
    }

    /// Key and value of every entry, in order.
    pub(super) fn entries(&self) -> std::slice::Iter<'a, (Key, Node)> {
        self.entries.iter()
    }
}

fn first_chars(node: &Node) -> String {
    if let Value::Text(text) = &node.value { first_chars_of(text) } else { "…".to_owned() }
}

fn first_chars_of(text: &str) -> String {
    text.chars().take(40).collect()
}

/// `90s`, `30m`, `1h30m`, `2d` in seconds.
fn seconds_of(written: &str) -> Option<i64> {
    const MAX: i64 = 366 * 86_400;
    let (mut total, mut number) = (0_i64, None::<i64>);
    for c in written.chars() {
        if let Some(digit) = c.to_digit(10) {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(i64::from(digit))?);
            continue;
        }
        let unit = match c {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    (number.is_none() && (1..=MAX).contains(&total)).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (written, want) in [
            ("90s", Some(90)),
            ("30m", Some(1800)),
            ("1h30m", Some(5400)),
            ("2d", Some(172_800)),
            ("366d", Some(366 * 86_400)),
            ("367d", None),
            ("0m", None),
            ("30", None),
            ("m", None),
            ("4 hours", None),
            ("-1h", None),
            ("", None),
            ("99999999999999999999h", None),
        ] {
            assert_eq!(seconds_of(written), want, "{written}");
        }
    }
}
