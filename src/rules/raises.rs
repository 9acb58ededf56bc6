//! What only time can tell of an issue: its author writes again and has no answer, or the thread of the post grows.
//!
//! Only reads; watch, which sees the posts of a case and of its threads, decides.

use super::condition::SEVERITIES;
use super::fields::Fields;
use super::sheet::{Ctx, Kind};
use super::yaml::Node;
use crate::route::{CONTACTS_MAX, Raise, Sign, THREAD_WITHIN_MAX};

/// Longest time over which posts of one author are counted, seconds: a week.
const CONTACTS_WITHIN_MAX: i64 = 7 * 86_400;
/// Rules of a pack at most.
const RAISES_MAX: usize = 16;

pub(super) fn read(fields: &Fields<'_>, into: &mut Vec<Raise>) {
    for node in fields.list("raises") {
        into.extend(read_raise(fields.ctx, node));
        if into.len() > RAISES_MAX {
            let message = format!("a pack has at most {RAISES_MAX} rules that raise");
            fields.ctx.problem(node.at, message, "remove one, or name several intents in one".to_owned());
            into.truncate(RAISES_MAX);
        }
    }
}

const KEYS: [&str; 7] = ["id", "about", "intents", "contacts", "posts", "within", "severity"];

fn read_raise(ctx: Ctx<'_>, node: &Node) -> Option<Raise> {
    let fields = Fields::open(ctx, node, "a rule that raises", &KEYS)?;
    let id = fields.define(Kind::Raise);
    fields.text_if("about");
    let intents = fields.references("intents", Kind::Intent);
    fields.word("severity");
    let severity = fields.choice("severity", &SEVERITIES);
    let (sign, least) = read_sign(&fields)?;
    let within = fields.node("within").map(|_| fields.duration("within"));
    let most = if sign == Sign::Contacts { CONTACTS_WITHIN_MAX } else { THREAD_WITHIN_MAX };
    let within_seconds = match within {
        None => {
            ctx.problem(fields.at, "a rule that raises lacks \"within\"", "add \"within: 24h\"".to_owned());
            return None;
        }
        Some(seconds) => seconds?,
    };
    if within_seconds > most {
        let at = fields.node("within").map_or(fields.at, |node| node.at);
        let message = format!("\"within\" is at most {} h here", most / 3_600);
        ctx.problem(at, message, format!("write {}h", most / 3_600));
    }
    Some(Raise { id: id?, intents, sign, least, within_seconds, severity: severity? })
}

/// Either contacts or posts are counted.
fn read_sign(fields: &Fields<'_>) -> Option<(Sign, u32)> {
    let (contacts, posts) = (fields.small("contacts"), fields.small("posts"));
    let (sign, least, low, high) = match (contacts, posts) {
        (Some(contacts), None) => (Sign::Contacts, contacts, 2, CONTACTS_MAX as u32),
        (None, Some(posts)) => (Sign::Thread, posts, 1, 1_000_000),
        _ => {
            let message = "a rule that raises counts either \"contacts\" or \"posts\"";
            fields.ctx.problem(fields.at, message, "write \"contacts: 3\", or \"posts: 50\"".to_owned());
            return None;
        }
    };
    if !(low..=high).contains(&least) {
        let key = if sign == Sign::Contacts { "contacts" } else { "posts" };
        let at = fields.node(key).map_or(fields.at, |node| node.at);
        let message = format!("\"{key}\" must be from {low} to {high}, not {least}");
        fields.ctx.problem(at, message, format!("write {}", least.clamp(low, high)));
    }
    Some((sign, least))
}
