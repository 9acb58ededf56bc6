//! Payloads as they arrive when something upstream is broken.

use super::rng::Rng;
use crate::mention::Platform;
use serde_json::{Value, json};

/// One broken variant of a sound payload.
pub(super) fn spoil(payload: &Value, platform: Platform, rng: &mut Rng) -> Vec<u8> {
    let (text, time) = fields(payload, platform);
    let sound = payload.to_string().into_bytes();
    match rng.below(7) {
        0 => sound[..sound.len() * 3 / 5].to_vec(),
        1 => {
            let middle = sound.len() / 2;
            [&sound[..middle], b"\xff\xfe\xc3", &sound[middle..]].concat()
        }
        2 => b"{}".to_vec(),
        3 => b"upstream connect error or disconnect/reset before headers".to_vec(),
        4 => replaced(payload, text, json!({ "value": 1 })),
        5 => replaced(payload, time, json!("yesterday-ish")),
        _ => [b"{\"data\":".to_vec(), b"[".repeat(2000), b"]".repeat(2000), b"}".to_vec()].concat(),
    }
}

/// Where the text and the time are.
fn fields(payload: &Value, platform: Platform) -> (&'static str, &'static str) {
    match platform {
        Platform::X => ("/data/text", "/data/created_at"),
        Platform::Bluesky => ("/commit/record/text", "/commit/record/createdAt"),
        Platform::Mastodon => ("/content", "/created_at"),
        _ if payload["kind"] == "t1" => ("/data/body", "/data/created_utc"),
        _ => ("/data/title", "/data/created_utc"),
    }
}

fn replaced(payload: &Value, pointer: &str, with: Value) -> Vec<u8> {
    let mut payload = payload.clone();
    if let Some(field) = payload.pointer_mut(pointer) {
        *field = with;
    }
    payload.to_string().into_bytes()
}
