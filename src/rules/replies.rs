//! Approved wording: what people may say in public or in private, by intent, channel and language.

use super::fields::Fields;
use super::intents::NO_INTENT;
use super::sheet::{Ctx, Kind};
use super::yaml::Node;

/// One approved text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Its name.
    pub id: String,
    /// For which intent.
    pub intent: String,
    /// Where it may be said.
    pub channel: Channel,
    /// ISO 639-1.
    pub language: String,
    /// The wording.
    pub text: String,
    /// Who approved it: a team or contact.
    pub approved_by: String,
}

/// Where a reply may be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// In public answers.
    Public,
    /// In direct messages and tickets.
    Private,
    /// Anywhere.
    Any,
}

const CHANNELS: [(&str, Channel); 3] =
    [("public", Channel::Public), ("private", Channel::Private), ("any", Channel::Any)];

pub(super) fn read(fields: &Fields<'_>, into: &mut Vec<Reply>) {
    for node in fields.list("replies") {
        into.extend(read_reply(fields.ctx, node));
    }
}

fn read_reply(ctx: Ctx<'_>, node: &Node) -> Option<Reply> {
    let fields = Fields::open(ctx, node, "a reply", &["id", "intent", "channel", "language", "text", "approved_by"])?;
    let id = fields.define(Kind::Reply);
    let intent = fields.word("intent");
    if let Some(word) = intent.as_ref().filter(|w| w.text != NO_INTENT) {
        ctx.refer(Kind::Intent, word.text, word.at);
    }
    let text = fields.text("text");
    let approved_by = fields.reference("approved_by", Kind::Party);
    let channel = fields.choice("channel", &CHANNELS).unwrap_or(Channel::Any);
    let language = fields.text_if("language").unwrap_or_else(|| "en".to_owned());
    let intent = intent.map(|w| w.text.to_owned());
    Some(Reply { id: id?, intent: intent?, channel, language, text: text?, approved_by: approved_by? })
}
