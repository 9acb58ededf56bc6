//! YAML as a tree in which every key and value knows its place, so that a whole file can be judged before anything is
//! refused. Decides nothing about meaning.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{DuplicateKeyPolicy, Location, Options, Spanned};
use std::fmt;

/// Where something stands in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    /// From 1.
    pub(super) line: u32,
    /// In characters, from 1.
    pub(super) column: u32,
    /// First byte.
    pub(super) start: usize,
    /// Bytes; 0 where unknown.
    pub(super) len: usize,
}

impl Place {
    /// The first character of a file.
    pub(super) const TOP: Self = Self { line: 1, column: 1, start: 0, len: 0 };
}

impl From<Location> for Place {
    fn from(at: Location) -> Self {
        let small = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            line: small(at.line()).max(1),
            column: small(at.column()).max(1),
            start: at.span().byte_offset().and_then(|n| usize::try_from(n).ok()).unwrap_or(0),
            len: at.span().byte_len().and_then(|n| usize::try_from(n).ok()).unwrap_or(0),
        }
    }
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) at: Place,
    pub(super) value: Value,
}

/// A key with its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Key {
    pub(super) at: Place,
    pub(super) name: String,
}

/// What a YAML value can be.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

impl Value {
    /// The kind of value, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

/// Reads one file.
///
/// # Errors
/// The first fault of its YAML, with its place and in words.
pub(super) fn parse(text: &str) -> Result<Node, (Place, String)> {
    if text.trim().is_empty() {
        return Ok(Node { at: Place::TOP, value: Value::Null });
    }
    let options: Options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::Error,
        strict_booleans: true,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let error = error.without_snippet();
        let place = error.location().map_or(Place::TOP, Place::from);
        (place, first_line(&error.to_string()))
    })
}

fn first_line(message: &str) -> String {
    let line = message.lines().next().unwrap_or("not YAML");
    let line = line.find(" at line ").map_or(line, |end| &line[..end]);
    line.strip_prefix("error: ").unwrap_or(line).trim_end_matches('.').chars().take(200).collect()
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Value>::deserialize(deserializer)?;
        Ok(Self { at: spanned.referenced.into(), value: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(Self)
    }
    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }
    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(Value::Number(v as f64))
    }
    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(Value::Number(v as f64))
    }
    fn visit_i128<E>(self, v: i128) -> Result<Value, E> {
        Ok(Value::Number(v as f64))
    }
    fn visit_u128<E>(self, v: u128) -> Result<Value, E> {
        Ok(Value::Number(v as f64))
    }
    fn visit_f64<E>(self, v: f64) -> Result<Value, E> {
        Ok(Value::Number(v))
    }
    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(Value::Text(v.to_owned()))
    }
    fn visit_string<E>(self, v: String) -> Result<Value, E> {
        Ok(Value::Text(v))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(node) = items.next_element::<Node>()? {
            list.push(node);
        }
        Ok(Value::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some(key) = entries.next_key::<Spanned<String>>()? {
            let node = entries.next_value::<Node>()?;
            map.push((Key { at: key.referenced.into(), name: key.value }, node));
        }
        Ok(Value::Map(map))
    }
}

/// The place in the file of byte `offset` of a text value whose node stands at `at`.
///
/// Folding, quoting and indentation change only white space and add escapes, so walking both texts past the same
/// characters finds it, whatever the style of the scalar.
pub(super) fn place_within(file: &str, at: Place, value: &str, offset: usize) -> Place {
    let Some(rest) = file.get(at.start..) else { return at };
    let mut cursor = 0;
    let mut found = cursor;
    for (index, wanted) in value.char_indices().filter(|(_, c)| !c.is_whitespace()) {
        let Some(step) = rest[cursor..].find(wanted) else { break };
        found = cursor + step;
        cursor = found + wanted.len_utf8();
        if index >= offset {
            return locate(file, at.start + found);
        }
    }
    // past the last character: right after it
    locate(file, at.start + cursor.max(found))
}

/// Line and column of a byte of a file.
pub(super) fn locate(file: &str, byte: usize) -> Place {
    let before = file.get(..byte).unwrap_or(file);
    let line_start = before.rfind('\n').map_or(0, |n| n + 1);
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Place {
        line: small(before.matches('\n').count() + 1),
        column: small(before[line_start..].chars().count() + 1),
        start: before.len(),
        len: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn child<'a>(node: &'a Node, key: &str) -> &'a Node {
        let Value::Map(entries) = &node.value else { panic!("a mapping") };
        &entries.iter().find(|(k, _)| k.name == key).expect("key").1
    }

    #[test]
    fn every_value_and_key_knows_its_place() {
        let node = parse("a: 1\nb:\n  - c: \"x\"\n    d: [no, true]\n").expect("YAML");
        assert_eq!(child(&node, "a").value, Value::Number(1.0));
        let Value::List(items) = &child(&node, "b").value else { panic!("a list") };
        let c = child(&items[0], "c");
        assert_eq!((c.at.line, c.at.column, &c.value), (3, 8, &Value::Text("x".into())));
        let Value::List(d) = &child(&items[0], "d").value else { panic!("a list") };
        assert_eq!(d[0].value, Value::Text("no".into()), "Norwegian is a language");
        assert_eq!(d[1].value, Value::Bool(true));
        assert_eq!((d[1].at.line, d[1].at.column), (4, 13));
        let Value::Map(entries) = &items[0].value else { panic!("a mapping") };
        assert_eq!((entries[1].0.at.line, entries[1].0.at.column), (4, 5));
    }

    #[test]
    fn faults_have_a_place() {
        for (text, line) in [("a: [1\nb: 2\n", 2), ("a: 1\na: 2\n", 2), ("a: 1\n\tb: 2\n", 1), ("a: 'x\n", 1)] {
            let (place, message) = parse(text).expect_err(text);
            assert!(place.line >= line && !message.is_empty(), "{text:?}: {place:?} {message}");
        }
        assert_eq!(parse("").expect("empty").value, Value::Null);
        assert_eq!(parse("# only a remark\n").expect("remark").value, Value::Null);
    }

    #[test]
    fn places_within_scalars_of_every_style() {
        for (file, value_of, needle, want) in [
            ("q: nimbus AND (down\n", "q", "(", (1, 15)),
            ("q: \"say \\\"hi\\\" AND (x\"\n", "q", "(", (1, 20)),
            ("q: 'it''s AND (x'\n", "q", "(", (1, 15)),
            ("a: 1\nq: >-\n  nimbus AND\n  (down OR\n  up\n", "q", "up", (5, 3)),
            ("a: 1\nq: |\n  > nimbus\n  (down\n", "q", "(", (4, 3)),
        ] {
            let node = parse(file).expect(file);
            let scalar = child(&node, value_of);
            let Value::Text(value) = &scalar.value else { panic!("text") };
            let place = place_within(file, scalar.at, value, value.find(needle).expect("needle"));
            assert_eq!((place.line, place.column), want, "{file:?} {:?}", scalar.at);
        }
    }
}
