//! The envelope of a change in the webhooks of Meta: Facebook, Instagram and WhatsApp wrap what they tell in the same way.

use super::Reject;
use super::json::{Text, missing};
use serde::Deserialize;
use serde_json::value::RawValue;

/// One change of an entry.
#[derive(Deserialize)]
pub(super) struct Change<'a> {
    #[serde(borrow)]
    field: Option<Text<'a>>,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
}

impl<'a> Change<'a> {
    /// What it is about; empty where it does not say.
    pub(super) fn field(&self) -> &str {
        self.field.as_ref().map_or("", Text::as_str)
    }

    /// What it tells, as JSON.
    pub(super) fn value(&self) -> Result<&'a str, Reject> {
        self.value.map(RawValue::get).ok_or_else(|| missing("value"))
    }
}
