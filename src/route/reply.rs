//! Which approved wording goes with an item: by its row, intent, channel and language, while it is valid, with its
//! variables filled in. Never for what a person owns, nor in public where the row says nothing is said there.

use super::facts::Facts;
use super::{Route, SuggestedReply, Tier};
use crate::mention::Timestamp;
use crate::rules::{Pack, Reply, Row};

/// Characters of a handle that a wording repeats.
const HANDLE_CHARS: usize = 60;

/// The wording to suggest. Of several the one that names the row, then the earliest of the pack; in the mention's
/// language, else in the one the pack falls back to.
pub(super) fn suggested(
    facts: &Facts<'_>,
    row: &Row,
    route: &Route,
    at: Timestamp,
    pack: &Pack,
) -> Option<SuggestedReply> {
    let is_silent = facts.mention.is_public() && row.public_response == "none";
    if route.tier == Tier::Human || is_silent {
        return None;
    }
    let fallback = pack.replies.fallback.as_deref();
    let languages = [Some(facts.language()), fallback];
    languages.into_iter().flatten().find_map(|language| {
        [true, false].into_iter().find_map(|by_name| {
            let fits = |reply: &&Reply| is_for(reply, row, route, by_name) && reply.language == language;
            let valid = pack.replies.list.iter().filter(fits).filter(|reply| reply.is_valid(at));
            { valid }.find_map(|reply| told(facts, reply, pack))
        })
    })
}

fn is_for(reply: &Reply, row: &Row, route: &Route, by_name: bool) -> bool {
    let named = if by_name { reply.rows.contains(&row.id) } else { reply.rows.is_empty() };
    named && reply.intent == route.intent
}

fn told(facts: &Facts<'_>, reply: &Reply, pack: &Pack) -> Option<SuggestedReply> {
    let private = !facts.mention.is_public();
    let of_mention = |name: &str| match name {
        "handle" => handle(facts),
        "platform" => Some(facts.mention.platform.as_str().to_owned()),
        _ => None,
    };
    let text = reply.channel.is_for(private).then(|| pack.replies.filled(&reply.text, &of_mention))??;
    let channel = if private { "private" } else { "public" }.to_owned();
    Some(SuggestedReply { id: reply.id.clone(), text, channel, language: reply.language.clone() })
}

/// `@name`, with nothing in it but what names are made of.
fn handle(facts: &Facts<'_>) -> Option<String> {
    let handle = facts.mention.author.as_ref()?.handle.as_deref()?;
    let is_of_names = |c: &char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    let clean: String = handle.trim_start_matches('@').chars().filter(is_of_names).take(HANDLE_CHARS).collect();
    (!clean.is_empty()).then(|| format!("@{clean}"))
}
