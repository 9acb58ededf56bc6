//! Tables of cases for every platform, malformed payloads, and properties. Brands and people are invented.

#![allow(clippy::panic, clippy::needless_pass_by_value, reason = "tests")]

mod bluesky;
mod discord;
mod malformed;
mod mastodon;
mod meta;
mod properties;
mod reddit;
mod telegram;
mod whatsapp;
mod x_v1;
mod x_v2;

use super::*;
use crate::mention::{Action, EntityKind, Kind, Visibility};
use serde_json::{Value, json};

/// The items of a payload, read as `platform` and by its shape: both must agree.
fn read(platform: Platform, payload: &Value) -> Vec<Item> {
    let text = payload.to_string();
    let items = normalize(Some(platform), text.as_bytes());
    assert_eq!(normalize(None, text.as_bytes()), items, "by shape: {text}");
    assert_eq!(detect(text.as_bytes()), Some(platform), "{text}");
    items
}

/// The only mention of a payload.
fn one(platform: Platform, payload: &Value) -> Mention {
    let mut items = read(platform, payload);
    assert_eq!(items.len(), 1, "{items:?}");
    match items.remove(0) {
        Ok(Normalized::Mention(mention)) => *mention,
        other => panic!("{other:?} of {payload}"),
    }
}

/// What each item is: `create:post`, `not_content:like` or `reject:missing_field`.
fn outcomes(items: &[Item]) -> Vec<String> {
    let name = |value: &dyn erased::Json| value.name();
    items
        .iter()
        .map(|item| match item {
            Ok(Normalized::Mention(mention)) => format!("{}:{}", name(&mention.action), mention.kind.as_str()),
            Ok(Normalized::NotContent(what)) => format!("not_content:{what}"),
            Err(reject) => format!("reject:{}", reject.reason),
        })
        .collect()
}

mod erased {
    /// The JSON name of an enum's value.
    pub(super) trait Json {
        fn name(&self) -> String;
    }
    impl<T: serde::Serialize> Json for T {
        fn name(&self) -> String {
            serde_json::to_value(self).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
        }
    }
}

/// The entities of a mention as (kind, value, text they cover).
fn marked(mention: &Mention) -> Vec<(EntityKind, &str, &str)> {
    let cover = |e: &crate::mention::Entity| &mention.text[e.start as usize..e.end as usize];
    mention.entities.iter().map(|e| (e.kind, e.value.as_str(), cover(e))).collect()
}

/// A time as written.
fn at(time: Option<crate::mention::Timestamp>) -> String {
    time.map(|time| time.to_string()).unwrap_or_default()
}
