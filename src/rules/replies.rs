//! Approved wording: what people may say in public or in private, by intent, channel and language, until when, and whose
//! word it is. `{name}` stands for a variable: of the mention (`{handle}`, `{platform}`), or declared under `variables`.

use super::approvals::{self, Approval};
use super::calendars::read_date;
use super::fields::{Fields, Word};
use super::intents::NO_INTENT;
use super::problem::{Finding, Problem};
use super::sheet::{Ctx, Kind};
use super::yaml::{Node, Value, place_within};
use crate::mention::Timestamp;
use crate::query::lint::Severity as Lint;
use std::collections::BTreeMap;

/// A reply that ends so soon is told, seconds: 90 days, for whoever approves to have the time.
const SOON_SECONDS: i64 = 90 * 86_400;
/// Variables that a mention fills.
pub const MENTION_VARIABLES: [&str; 2] = ["handle", "platform"];

/// Everything of `replies/`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replies {
    /// In the order of files and lines.
    pub list: Vec<Reply>,
    /// Values of variables that the pack declares.
    pub variables: BTreeMap<String, String>,
    /// The language to fall back to where there is no wording in the mention's; none: no suggestion then.
    pub fallback: Option<String>,
}

/// One approved text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Its name.
    pub id: String,
    /// For which intent.
    pub intent: String,
    /// Only for these rows of the matrix; none named: for all of the intent that no other wording names.
    pub rows: Vec<String>,
    /// Where it may be said.
    pub channel: Channel,
    /// ISO 639-1.
    pub language: String,
    /// The wording, variables as written.
    pub text: String,
    /// Who approved it: a team or contact.
    pub approved_by: String,
    /// Whose word it needs each time it is said.
    pub approvals: Vec<Approval>,
    /// Who keeps it: a team or contact; the file's owner where it does not say.
    pub owner: String,
    /// The first moment at which it may no longer be said: the end of its last day, UTC.
    pub until: Option<Timestamp>,
    /// Where its end is written, or where it stands.
    place: Problem,
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

impl Channel {
    /// Whether it may be said there.
    #[must_use]
    pub fn is_for(self, private: bool) -> bool {
        match self {
            Self::Any => true,
            Self::Public => !private,
            Self::Private => private,
        }
    }
}

impl Reply {
    /// Whether it may be said at that time.
    #[must_use]
    pub fn is_valid(&self, at: Timestamp) -> bool {
        self.until.is_none_or(|until| at < until)
    }
}

impl Replies {
    /// The wording with every variable filled in; `None` where one has no value.
    #[must_use]
    pub fn filled(&self, text: &str, of_mention: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        let mut said = String::with_capacity(text.len());
        for part in parts(text) {
            match part {
                Part::Words(words) => said.push_str(words),
                Part::Variable { name, .. } => {
                    said.push_str(&of_mention(name).or_else(|| self.variables.get(name).cloned())?);
                }
            }
        }
        Some(said)
    }
}

/// A piece of a wording.
enum Part<'a> {
    Words(&'a str),
    /// `{name}`, with the byte at which it begins.
    Variable {
        name: &'a str,
        at: usize,
    },
}

/// A brace that is never closed is words.
fn parts(text: &str) -> Vec<Part<'_>> {
    let (mut parts, mut from) = (Vec::new(), 0);
    while let Some(open) = text[from..].find('{').map(|n| from + n) {
        let Some(close) = text[open..].find('}').map(|n| open + n) else { break };
        parts.push(Part::Words(&text[from..open]));
        parts.push(Part::Variable { name: &text[open + 1..close], at: open });
        from = close + 1;
    }
    parts.push(Part::Words(&text[from..]));
    parts
}

/// Wordings that are past at `now`, end soon, or never do.
pub(super) fn overdue(replies: &[Reply], now: Timestamp) -> Vec<Finding> {
    let finding = |reply: &Reply| {
        let Reply { id, owner, place, .. } = reply;
        let left = reply.until.map(|until| until.as_seconds().saturating_sub(now.as_seconds()));
        let (code, severity, message) = match left {
            None => ("endless-reply", Lint::Warning, format!("reply \"{id}\" never expires")),
            Some(..=0) => {
                ("expired-reply", Lint::Error, format!("reply \"{id}\" is expired: nobody is offered it any more"))
            }
            Some(left) if left <= SOON_SECONDS => {
                let days = left.div_euclid(86_400);
                ("expiring-reply", Lint::Warning, format!("reply \"{id}\" expires in {days} days"))
            }
            Some(_) => return None,
        };
        let fix = format!("{owner} owns it: have it approved anew, and write \"expires: YEAR-MONTH-DAY\"");
        let problem = Problem { message, suggestion: Some(fix), ..place.clone() };
        Some(Finding { problem, code, severity })
    };
    replies.iter().filter_map(finding).collect()
}

const CHANNELS: [(&str, Channel); 3] =
    [("public", Channel::Public), ("private", Channel::Private), ("any", Channel::Any)];

pub(super) fn read(fields: &Fields<'_>, into: &mut Replies) {
    read_variables(fields, into);
    if let Some(word) = fields.word_if("fallback") {
        into.fallback = read_language(fields.ctx, "fallback", &word).or(into.fallback.take());
    }
    let owner = fields.text_if("owner").unwrap_or_default();
    for node in fields.list("replies") {
        into.list.extend(read_reply(fields.ctx, node, &owner));
    }
}

fn read_variables(fields: &Fields<'_>, into: &mut Replies) {
    let Some(node) = fields.node("variables") else { return };
    let Value::Map(entries) = &node.value else {
        let message = format!("\"variables\" must be a mapping, not {}", node.value.kind());
        fields.ctx.problem(node.at, message, "write variables: {status_page: status.example.org}".to_owned());
        return;
    };
    let names: Vec<&str> = entries.iter().map(|(key, _)| key.name.as_str()).collect();
    let Some(table) = Fields::open(fields.ctx, node, "variables", &names) else { return };
    for (key, _) in entries {
        fields.ctx.define(Kind::Variable, &key.name, key.at);
        if MENTION_VARIABLES.contains(&key.name.as_str()) {
            let message = format!("\"{}\" is what the mention says", key.name);
            fields.ctx.problem(key.at, message, "give it another name".to_owned());
        }
        if let Some(value) = table.text(&key.name) {
            into.variables.insert(key.name.clone(), value);
        }
    }
}

fn read_language(ctx: Ctx<'_>, key: &str, word: &Word<'_>) -> Option<String> {
    let ok = word.text.len() == 2 && word.text.chars().all(|c| c.is_ascii_lowercase());
    if !ok {
        let fix = "write two letters (ISO 639-1): en, es, pt, fr, de".to_owned();
        ctx.problem(word.at, format!("\"{key}\" is no language: \"{}\"", word.text), fix);
    }
    ok.then(|| word.text.to_owned())
}

const KEYS: [&str; 10] =
    ["id", "intent", "rows", "channel", "language", "text", "approved_by", "approvals", "owner", "expires"];

fn read_reply(ctx: Ctx<'_>, node: &Node, owner: &str) -> Option<Reply> {
    let fields = Fields::open(ctx, node, "a reply", &KEYS)?;
    let id = fields.define(Kind::Reply);
    let intent = fields.word("intent");
    if let Some(word) = intent.as_ref().filter(|w| w.text != NO_INTENT) {
        ctx.refer(Kind::Intent, word.text, word.at);
    }
    let rows = fields.references("rows", Kind::Row);
    let text = fields.word("text");
    if let Some(word) = &text {
        read_wording(ctx, word);
    }
    let approved_by = fields.reference("approved_by", Kind::Party);
    let channel = fields.choice("channel", &CHANNELS).unwrap_or(Channel::Any);
    let language = fields.word_if("language").and_then(|word| read_language(ctx, "language", &word));
    let expires = fields.word_if("expires");
    let place = ctx.blank(expires.as_ref().map_or(fields.at, |word| word.at));
    Some(Reply {
        rows,
        channel,
        language: language.unwrap_or_else(|| "en".to_owned()),
        owner: fields.reference_if("owner", Kind::Party).unwrap_or_else(|| owner.to_owned()),
        until: expires.and_then(|word| read_end(ctx, &word)),
        place,
        id: id?,
        intent: intent?.text.to_owned(),
        text: text?.text.to_owned(),
        approved_by: approved_by?,
        approvals: approvals::read(&fields),
    })
}

/// Notes the variables that a wording uses, each at its place.
fn read_wording(ctx: Ctx<'_>, word: &Word<'_>) {
    for part in parts(word.text) {
        let Part::Variable { name, at } = part else { continue };
        if !MENTION_VARIABLES.contains(&name) {
            let mut place = place_within(&ctx.file.text, word.at, word.text, at + 1);
            place.len = name.len();
            ctx.refer(Kind::Variable, name, place);
        }
    }
}

/// The end of a day, UTC.
fn read_end(ctx: Ctx<'_>, word: &Word<'_>) -> Option<Timestamp> {
    let day = read_date(ctx, "expires", word)?.tomorrow().ok()?;
    let at = jiff::tz::TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()?;
    Some(Timestamp::clamped(at.as_microsecond()))
}
