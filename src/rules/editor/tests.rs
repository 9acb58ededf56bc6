//! The schemas against the readers: the same keys, the same types, the same required fields.

use super::*;
use crate::rules::sheet::Sheet;
use crate::rules::{Draft, SourceFile, open};
use std::collections::{BTreeMap, BTreeSet};

/// A file of each section, by the name of its schema.
const PATHS: [(&str, &str); 10] = [
    ("queries", "queries/a.yaml"),
    ("intents", "intents/a.yaml"),
    ("alerts", "alerts/a.yaml"),
    ("replies", "replies/a.yaml"),
    ("teams", "teams.yaml"),
    ("matrix", "matrix.yaml"),
    ("accounts", "accounts.yaml"),
    ("brands", "brands.yaml"),
    ("lists", "lists.yaml"),
    ("overlay", "overlay.yaml"),
];

/// A value that keeps to a schema and has everything that it names: every key, every form in lists, every word.
fn sample(schema: &Value) -> Value {
    if let Some(forms) = schema["anyOf"].as_array() {
        return sample(&forms[0]);
    }
    if let Some(example) = schema["examples"].get(0) {
        return example.clone();
    }
    match schema["type"].as_str() {
        Some("object") => match schema["properties"].as_object() {
            Some(properties) => properties.iter().map(|(key, value)| (key.clone(), sample(value))).collect(),
            None => json!({"anything": sample(&schema["additionalProperties"])}),
        },
        Some("array") => {
            let of = &schema["items"];
            if let Some(forms) = of["anyOf"].as_array() {
                return forms.iter().map(sample).collect();
            }
            of["enum"].as_array().cloned().map_or_else(|| json!([sample(of)]), Value::Array)
        }
        Some("boolean") => json!(true),
        Some("number" | "integer") => schema["minimum"].clone(),
        _ => schema["enum"].get(0).cloned().unwrap_or_else(|| json!("thing")),
    }
}

/// Mappings of a schema by what messages call them: their keys.
fn shapes(schema: &Value, into: &mut BTreeMap<String, BTreeSet<String>>) {
    if let (Some(what), Some(properties)) = (schema["title"].as_str(), schema["properties"].as_object()) {
        into.entry(what.to_owned()).or_default().extend(properties.keys().cloned());
    }
    match schema {
        Value::Object(map) => map.values().for_each(|inner| shapes(inner, into)),
        Value::Array(list) => list.iter().for_each(|inner| shapes(inner, into)),
        _ => {}
    }
}

/// What the readers say of a file, and the keys that they know by mapping.
fn read(path: &str, value: &Value) -> (Vec<String>, BTreeMap<String, BTreeSet<String>>) {
    let sheet = Sheet::default();
    let file = SourceFile::new(path, &*value.to_string());
    if let Some((ctx, section, node)) = open(&file, &sheet) {
        Draft::default().read(ctx, section, &node);
    }
    let said = sheet.finish().into_iter().map(|problem| problem.message).collect();
    (said, sheet.opened())
}

/// Faults of a type or a key; names that nothing defines and what does not fit together are no matter of an editor.
fn of_types(said: &[String]) -> Vec<&String> {
    let wrong = |message: &&String| {
        let unknown = ["unknown key", "unknown time zone"].iter().any(|start| message.starts_with(start));
        let of_form = [" must be ", " is no ", " lacks ", " may have only ", "is empty"];
        unknown || of_form.iter().any(|part| message.contains(part))
    };
    said.iter().filter(wrong).collect()
}

#[test]
fn the_readers_know_every_key_and_type_of_the_schemas_and_no_other() {
    let (mut declared, mut known) = (BTreeMap::new(), BTreeMap::<String, BTreeSet<String>>::new());
    for (name, schema) in pack_schemas() {
        let path = PATHS.iter().find(|(of, _)| *of == name).expect("a path").1;
        assert_eq!(schema_of(path), Some(name));
        let keys: BTreeSet<&str> = Section::of(path).expect("a section").keys().iter().copied().collect();
        let has: BTreeSet<&str> = schema["properties"].as_object().expect("keys").keys().map(String::as_str).collect();
        assert_eq!(has, keys, "{name}");
        let (said, opened) = read(path, &sample(&schema));
        assert_eq!(of_types(&said), Vec::<&String>::new(), "{name}: {said:#?}");
        shapes(&schema, &mut declared);
        opened.into_iter().for_each(|(what, keys)| known.entry(what).or_default().extend(keys));
    }
    // keys of one's own
    let free = ["the file", "the labels of a head", "given shares", "variables"];
    for of in [&mut declared, &mut known] {
        of.retain(|what, _| !free.contains(&what.as_str()));
    }
    let names = |of: &BTreeMap<String, BTreeSet<String>>| of.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&declared), names(&known));
    for (what, keys) in &declared {
        assert_eq!(keys, &known[what], "{what}");
    }
}

#[test]
fn what_a_schema_requires_the_readers_miss() {
    /// Every place in a sample at which a mapping stands, with what it requires.
    fn required(schema: &Value, place: &str, into: &mut Vec<(String, String)>) {
        if !schema.is_object() {
            return;
        }
        for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            into.push((place.to_owned(), key.to_owned()));
        }
        for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
            required(inner, &format!("{place}/{key}"), into);
        }
        let items = &schema["items"];
        match items["anyOf"].as_array() {
            Some(forms) => {
                forms.iter().enumerate().for_each(|(at, form)| required(form, &format!("{place}/{at}"), into));
            }
            None => required(items, &format!("{place}/0"), into),
        }
    }
    let mut asked = 0;
    for (name, schema) in pack_schemas() {
        let path = PATHS.iter().find(|(of, _)| *of == name).expect("a path").1;
        let mut places = Vec::new();
        required(&schema, "", &mut places);
        // tests are the same in every file; without their key they are of another kind
        places.retain(|(place, key)| {
            let of_test = place.starts_with("/tests");
            !of_test || (name == "lists" && !["alert", "hours", "raise", "expect"].contains(&key.as_str()))
        });
        for (place, key) in places {
            let mut value = sample(&schema);
            let map = value.pointer_mut(&place).and_then(Value::as_object_mut).expect("a mapping");
            map.remove(&key);
            let (said, _) = read(path, &value);
            let missed = said.iter().any(|message| message.contains(&format!("lacks \"{key}\"")));
            assert!(missed, "{name}{place} without {key}: {said:#?}");
            asked += 1;
        }
    }
    assert!(asked > 30, "{asked}");
}
