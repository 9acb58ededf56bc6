//! `groundswell explain`: one payload through triage, and the decision record told to a person.
//!
//! Decides nothing itself: it shows what [`triage`] says, as a partition's very first record would be decided.

mod page;
mod story;

use super::check::{self, Format};
use super::normalize::{PlatformChoice, parse_platform};
use super::stored::Stored;
use super::{Exit, Io};
use crate::config::pack::read_pack;
use crate::config::{Config, Overrides, process_environment};
use crate::normalize::MAX_PAYLOAD_BYTES;
use crate::pipeline::{Context, Decided, Item, Memory, Outcome, Raw, triage};
use crate::rules::{self, Pack};
use crate::score::Model;
use crate::wire::{ITEM_TYPE, Links, MENTION_TYPE, RoutedItem};
use anyhow::Context as _;
use serde_json::{Value, json};
use std::io::Read as _;
use std::path::PathBuf;
use story::Story;

/// Records in which a mention read before is known again: more than one payload can hold.
const DUPLICATE_WINDOW: u64 = 16;

/// Explain what becomes of one payload: outcome, what matched, scores and their reasons, route, ticket.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  groundswell explain --rules rules/ < post.json\n  groundswell explain --id alert-5d0c… \
--config groundswell.yaml\n\n\
Exit codes: 0 decided, 1 the payload could not be read (or an item of it), 2 the pack cannot be used."
)]
pub struct ExplainArgs {
    /// The rule pack; without it, the one that is built in (`--config`: the accounts it knows are found with that key)
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Where the payload comes from: x, mastodon, bluesky, reddit …, or auto to tell by its shape
    #[arg(long, value_name = "PLATFORM", default_value = "auto", value_parser = parse_platform)]
    platform: PlatformChoice,
    /// How to say it: for people, or one JSON object an item
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Instead of deciding a payload: what the topics hold about this item, mention, alert, incident or case
    #[arg(long, value_name = "ID", conflicts_with_all = ["rules", "platform"])]
    id: Option<String>,
    #[command(flatten)]
    stored: Stored,
}

/// Runs it.
///
/// # Errors
/// When stdin cannot be read or the output not written.
pub fn run(args: &ExplainArgs, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    if let Some(id) = &args.id {
        return tell(id, args, io);
    }
    let Some(pack) = load(args, io)? else { return Ok(Exit::Unusable) };
    let mut payload = Vec::new();
    let limit = MAX_PAYLOAD_BYTES as u64 + 1;
    io.stdin.take(limit).read_to_end(&mut payload).context("cannot read stdin")?;
    let raw = Raw { platform: args.platform.0, topic: "stdin", partition: 0, offset: 0, value: payload.trim_ascii() };
    let mut context = Context::new(DUPLICATE_WINDOW);
    if let Some(path) = &args.stored.config {
        let (config, _) = Config::load(Some(path), process_environment(), &Overrides::new())?;
        context.phones = config.decisions.phone_key();
    }
    let items = triage(&raw, &mut context, &pack, Model::shipped(), &mut Memory::default());
    for (index, item) in items.iter().enumerate() {
        match args.format {
            Format::Json => {
                serde_json::to_writer(&mut *io.stdout, &as_json(item)).context("cannot write the item")?;
                writeln!(io.stdout)?;
            }
            Format::Text => {
                let title = (items.len() > 1).then(|| format!("Item {} of {}", index + 1, items.len()));
                write!(io.stdout, "{}", page::of(item, title.as_deref(), &pack))?;
            }
        }
    }
    let unreadable = items.iter().any(|item| item.outcome() == Outcome::DeadLetter);
    Ok(if unreadable { Exit::Findings } else { Exit::Ok })
}

/// What was decided about an id, and what became of it.
fn tell(id: &str, args: &ExplainArgs, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    let story = Story::read(&args.stored, id)?;
    if story.records.is_empty() {
        writeln!(io.stderr, "groundswell: the topics hold nothing about \"{id}\"; what has aged out is gone")?;
        return Ok(Exit::Findings);
    }
    match args.format {
        Format::Text => write!(io.stdout, "{}", story.in_words()).context("cannot write the story")?,
        Format::Json => {
            for (topic, record) in &story.records {
                io.write_json(&json!({ "topic": topic, "record": record }))?;
            }
        }
    }
    Ok(Exit::Ok)
}

fn load(args: &ExplainArgs, io: &mut Io<'_>) -> anyhow::Result<Option<Pack>> {
    let files = match &args.rules {
        None => rules::shipped(),
        Some(dir) => read_pack(dir)?,
    };
    let pack = check::load(&files, &[], io)?;
    if pack.is_none() {
        writeln!(io.stderr, "a pack with problems decides nothing: mend them first (groundswell check)")?;
    }
    Ok(pack)
}

/// The item as its consumers would get it, with its outcome.
fn as_json(item: &Item) -> Value {
    let outcome = item.outcome().as_str();
    match item {
        Item::DeadLetter(reject) => {
            json!({ "outcome": outcome, "reason": reject.reason.as_str(), "detail": reject.detail, "index": reject.index })
        }
        Item::NotContent(what) => json!({ "outcome": outcome, "what": what }),
        Item::Duplicate | Item::Unmatched => json!({ "outcome": outcome }),
        Item::Noise(decided) => noise(decided, outcome),
        Item::Routed(decided) => routed(decided, outcome),
    }
}

fn noise(decided: &Decided, outcome: &str) -> Value {
    json!({
        "outcome": outcome,
        "type": MENTION_TYPE,
        "item_id": decided.item_id,
        "revision": decided.revision,
        "noise": decided.noise.as_ref().map(|noise| &noise.kind),
        "reasons": decided.noise.iter().map(|noise| &noise.reason).collect::<Vec<_>>(),
        "mention": decided.mention,
        "matches": decided.matches,
        "brands": decided.brands,
        "scores": decided.scores,
    })
}

fn routed(decided: &Decided, outcome: &str) -> Value {
    let (Some(routing), Some(scores)) = (&decided.routing, &decided.scores) else {
        return json!({ "outcome": outcome, "item_id": decided.item_id });
    };
    let item = RoutedItem {
        kind_of_value: ITEM_TYPE.to_owned(),
        item_id: decided.item_id.clone(),
        revision: decided.revision,
        mention: decided.mention.clone(),
        scores: scores.clone(),
        route: routing.route.clone(),
        ticket: routing.ticket.clone(),
        decision: routing.decision.clone().explained(Some(scores), &["intent"]),
        matches: decided.matches.clone(),
        brands: decided.brands.clone(),
        links: Links { post: decided.mention.url.clone() },
        omitted: Vec::new(),
        redacted: decided.redacted.clone(),
    };
    let mut value = serde_json::to_value(item).unwrap_or_default();
    value["outcome"] = outcome.into();
    value
}
