//! What a shadow pack would have decided differently, on `social.shadow`: ids and fields, never text.

use super::{CloudEvent, Topics, WireError};
use crate::log::{Output, Place};
use crate::pipeline::Shadowed;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `type` of a difference.
pub const SHADOW_TYPE: &str = "groundswell.shadow.v1";

/// One mention that the live pack and its shadow decide differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShadowRecord {
    /// [`SHADOW_TYPE`].
    #[serde(rename = "type")]
    pub kind_of_value: String,
    /// The item.
    pub item_id: String,
    /// The mention.
    pub mention_id: String,
    /// Digest of the live pack.
    pub live: String,
    /// Digest of the shadow.
    pub shadow: String,
    /// How they differ.
    pub differences: Vec<ShadowDifference>,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShadowDifference {
    /// `outcome`, `team`, `severity` …
    pub field: String,
    /// As decided.
    pub live: String,
    /// As the shadow would have.
    pub shadow: String,
}

/// A difference, placed like its mention.
///
/// # Errors
/// When it has no JSON form.
pub fn shadow_record(topics: &Topics, (live, shadow): (&str, &str), shadowed: &Shadowed) -> Result<Output, WireError> {
    let differences = shadowed.differences.iter().map(|difference| ShadowDifference {
        field: difference.field.to_owned(),
        live: difference.old.clone(),
        shadow: difference.new.clone(),
    });
    let record = ShadowRecord {
        kind_of_value: SHADOW_TYPE.to_owned(),
        item_id: shadowed.item_id.clone(),
        mention_id: shadowed.mention_id.clone(),
        live: live.to_owned(),
        shadow: shadow.to_owned(),
        differences: differences.collect(),
    };
    let id = format!("{}:{live}:{shadow}", shadowed.item_id);
    Ok(Output {
        topic: topics.shadow.clone(),
        place: Place::Hashed(shadowed.thread.clone().into_bytes()),
        key: Some(shadowed.item_id.clone().into_bytes()),
        value: Some(serde_json::to_vec(&record)?),
        headers: CloudEvent { kind: SHADOW_TYPE, id: &id, at: shadowed.at, origin: None }.headers(),
    })
}
