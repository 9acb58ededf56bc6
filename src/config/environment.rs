//! Variables and flags laid over the file: which key each one means, and how its text is read.

use super::error::{ConfigError, Warning, unknown, without_value};
use super::sections::Config;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Variables with this prefix set keys: `GROUNDSWELL__KAFKA__BROKERS`.
pub const PREFIX: &str = "GROUNDSWELL__";

/// Sets one key from text: first as it stands, then as YAML, then as a list between commas; the first that the key's
/// type takes. So `GROUNDSWELL__ROLES=triage,watch` works, and an instance named `007` keeps its zeros.
pub(super) fn set(tree: &mut Value, path: &[String], name: &str, text: &str) -> Result<(), ConfigError> {
    let mut first_error = None;
    for candidate in candidates(text) {
        let mut changed = tree.clone();
        put(&mut changed, path, candidate);
        match Config::deserialize(&changed) {
            Ok(_) => {
                *tree = changed;
                return Ok(());
            }
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    let message = first_error.map_or_else(String::new, |error| without_value(&error.to_string()));
    Err(ConfigError::Value { name: name.to_owned(), message })
}

fn candidates(text: &str) -> Vec<Value> {
    let mut candidates = vec![Value::from(text)];
    candidates.extend(serde_saphyr::from_str::<Value>(text).ok());
    candidates.push(text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect());
    candidates
}

fn put(tree: &mut Value, path: &[String], value: Value) {
    let Some((last, parents)) = path.split_last() else { return };
    let mut node = tree;
    for key in parents {
        node = object(node).entry(key.clone()).or_insert(Value::Null);
    }
    object(node).insert(last.clone(), value);
}

fn object(node: &mut Value) -> &mut Map<String, Value> {
    if !node.is_object() {
        *node = Value::Object(Map::new());
    }
    node.as_object_mut().expect("made an object just above")
}

/// The key that a dotted path means, or what is wrong with it. `known` is the tree of defaults: an empty map in it
/// takes any key, in which `_` stands for `.` under `kafka.properties`.
pub(super) fn key_path(parts: &[&str], known: &Value) -> Result<Vec<String>, String> {
    let mut node = known;
    let mut path: Vec<String> = Vec::new();
    for (depth, part) in parts.iter().enumerate() {
        let key = part.to_ascii_lowercase();
        let Some(children) = node.as_object() else { return Err(format!("{} holds no keys", path.join("."))) };
        if children.is_empty() {
            path.push(free_key(&path, &parts[depth..].join("_").to_ascii_lowercase()));
            return Ok(path);
        }
        let Some(child) = children.get(&key) else {
            return Err(unknown("key", &key, children.keys().map(String::as_str)));
        };
        path.push(key);
        node = child;
    }
    Ok(path)
}

fn free_key(path: &[String], key: &str) -> String {
    if path == ["kafka", "properties"] { key.replace('_', ".") } else { key.to_owned() }
}

/// Lays the variables over the tree; unknown ones warn, because other programs may share the prefix.
pub(super) fn overlay<'a>(
    tree: &mut Value,
    variables: impl Iterator<Item = (&'a String, &'a String)>,
    known: &Value,
) -> Result<Vec<Warning>, ConfigError> {
    let mut warnings = Vec::new();
    for (name, text) in variables {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        let parts: Vec<&str> = rest.split("__").collect();
        match key_path(&parts, known) {
            Ok(path) => set(tree, &path, name, text)?,
            Err(problem) => warnings.push(Warning(format!("{name} is ignored: {problem}"))),
        }
    }
    Ok(warnings)
}
