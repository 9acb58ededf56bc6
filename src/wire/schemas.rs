//! JSON Schemas of the public values, made from the Rust types: what `deploy/schemas` holds and a test compares.
//!
//! They describe what is written, not what is read: a field that may be left out is not required, and new fields may
//! come, so a consumer must not refuse unknown ones. They must never be edited by hand.

use super::{
    CASE_TYPE, CaseRecord, FOLLOW_UP_TYPE, FeedbackRecord, FollowUpRecord, ITEM_TYPE, MENTION_TYPE, MentionRecord,
    RoutedItem, SHADOW_TYPE, ShadowRecord, VOICE_TYPE, VoiceRecord,
};
use crate::alert::{ALERT_TYPE, AlertEvent};
use crate::case::FEEDBACK_TYPE;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

/// Every public value, as (its `type`, its JSON Schema, draft 2020-12), in the order a mention flows.
#[must_use]
pub fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        (MENTION_TYPE, schema::<MentionRecord>(MENTION_TYPE)),
        (ITEM_TYPE, schema::<RoutedItem>(ITEM_TYPE)),
        (FOLLOW_UP_TYPE, schema::<FollowUpRecord>(FOLLOW_UP_TYPE)),
        (ALERT_TYPE, schema::<AlertEvent>(ALERT_TYPE)),
        (CASE_TYPE, schema::<CaseRecord>(CASE_TYPE)),
        (FEEDBACK_TYPE, schema::<FeedbackRecord>(FEEDBACK_TYPE)),
        (SHADOW_TYPE, schema::<ShadowRecord>(SHADOW_TYPE)),
        (VOICE_TYPE, schema::<VoiceRecord>(VOICE_TYPE)),
    ]
}

/// File name of the schema of a `type`.
#[must_use]
pub fn schema_file(kind: &str) -> String {
    format!("{kind}.schema.json")
}

fn schema<T: JsonSchema>(kind: &str) -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    // the Rust type is any text; on the wire it is this one
    schema["properties"]["type"] = json!({"const": kind, "description": "What this value is."});
    tidy(&mut schema);
    schema
}

/// What is unknown is left out, never null; and a reader of JSON has no use for links into Rust's documentation.
fn tidy(schema: &mut Value) {
    let is_null = |form: &Value| *form == json!("null") || *form == json!({"type": "null"});
    if let Some(rules) = schema.as_object_mut() {
        for keyword in ["type", "anyOf"] {
            let Some(Value::Array(forms)) = rules.get_mut(keyword) else { continue };
            forms.retain(|form| !is_null(form));
            let only = (forms.len() == 1).then(|| forms.remove(0));
            match only {
                Some(Value::Object(form)) => {
                    rules.remove(keyword);
                    rules.extend(form);
                }
                Some(form) => drop(rules.insert(keyword.to_owned(), form)),
                None => {}
            }
        }
        if let Some(Value::String(text)) = rules.get_mut("description") {
            *text = text.replace("[`", "`").replace("`]", "`");
        }
    }
    match schema {
        Value::Object(rules) => rules.values_mut().for_each(tidy),
        Value::Array(forms) => forms.iter_mut().for_each(tidy),
        _ => {}
    }
}
