//! What one raw record yields: items, each with its outcome and everything that was decided about it.

use super::Outcome;
use super::terms::terms;
use super::trouble::is_report;
use crate::case::{CaseItem, Crowd};
use crate::detect::{Contribution, PendingItem};
use crate::mention::{Action, Mention, Timestamp, hash64};
use crate::normalize::Reject;
use crate::query::{Disguise, Match};
use crate::route::{Noise, Routing, TicketAction, Tier};
use crate::rules::{Overlaid, Pack};
use crate::score::Scores;
use crate::text::brands::NamedBrand;
use crate::text::{Span, fingerprint};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

/// An account with so many followers is prominent.
const PROMINENT_FOLLOWERS: i64 = 50_000;
/// A verified one with so many: the mark alone is for sale.
const VERIFIED_FOLLOWERS: i64 = 5_000;

/// A query that matched, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Matched {
    /// Its id in the pack.
    pub query: String,
    /// What it matched, as byte ranges of the text.
    pub spans: Vec<Span>,
    /// How the words were hidden from word filters; absent where they were not.
    #[serde(default, skip_serializing_if = "Disguise::is_none")]
    pub disguise: Disguise,
}

impl Matched {
    /// What a query of a pack matched.
    #[must_use]
    pub fn new(query: &str, found: Match) -> Self {
        Self { query: query.to_owned(), spans: found.spans, disguise: found.disguise }
    }
}

/// A matched mention and what was decided about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// A pure function of the mention's identity.
    pub item_id: String,
    /// Of two revisions of an item the higher one counts.
    pub revision: u64,
    /// When it happened, clamped to its partition's clock.
    pub event_at: Timestamp,
    /// The mention.
    pub mention: Mention,
    /// The queries that matched, marks among them; where it was addressed to an own account there may be no other.
    pub matches: Vec<Matched>,
    /// Brands and products of the pack that it names, misspelt or not; the first ones.
    pub brands: Vec<NamedBrand>,
    /// Competitors of the pack that it names, as the pack writes them; none for own voice.
    pub competitors: Vec<String>,
    /// What the model says; none for own voice.
    pub scores: Option<Scores>,
    /// Why it is noise; none where it is not.
    pub noise: Option<Noise>,
    /// Where it goes; none for noise.
    pub routing: Option<Routing>,
    /// Entries of the overlay that changed what matched.
    pub overlaid: Vec<Overlaid>,
    /// Kinds of personal data that were taken out, in alphabetical order; see [`Decided::redacted`].
    pub redacted: Vec<String>,
}

impl Decided {
    /// A matched mention, before anything else is decided.
    #[must_use]
    pub fn new(mention: Mention, event_at: Timestamp) -> Self {
        Self {
            item_id: format!("item-{:032x}", xxh3_128(mention.identity().as_bytes())),
            // follow-ups of watch take the numbers in between
            revision: mention.version().saturating_mul(16),
            event_at,
            mention,
            matches: Vec::new(),
            brands: Vec::new(),
            competitors: Vec::new(),
            scores: None,
            noise: None,
            routing: None,
            overlaid: Vec::new(),
            redacted: Vec::new(),
        }
    }
}

/// One item.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// Not readable.
    DeadLetter(Reject),
    /// Receipts, joins, reactions, deletes …, by name.
    NotContent(&'static str),
    /// Seen before in this partition.
    Duplicate,
    /// No query matched.
    Unmatched,
    /// Matched, and no person needs to see it.
    Noise(Box<Decided>),
    /// Matched and routed.
    Routed(Box<Decided>),
}

impl Item {
    /// How it ended.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::DeadLetter(_) => Outcome::DeadLetter,
            Self::NotContent(_) => Outcome::NotContent,
            Self::Duplicate => Outcome::Duplicate,
            Self::Unmatched => Outcome::Unmatched,
            Self::Noise(_) => Outcome::Noise,
            Self::Routed(_) => Outcome::Routed,
        }
    }

    /// What was decided, where it matched.
    #[must_use]
    pub fn decided(&self) -> Option<&Decided> {
        match self {
            Self::Noise(decided) | Self::Routed(decided) => Some(decided),
            Self::DeadLetter(_) | Self::NotContent(_) | Self::Duplicate | Self::Unmatched => None,
        }
    }
}

/// What a decided item adds to the series of the queries it matched, by query id.
///
/// An item that waits for watch is handed over once, with the first watched query: one item, one decision.
/// Edits count nowhere, but they are decided anew. What an own account says is not what people say.
#[must_use]
pub fn contributions(decided: &Decided, pack: &Pack) -> Vec<(String, Contribution)> {
    if decided.scores.is_none() {
        return Vec::new();
    }
    let mut pending = pending(decided);
    let mut contributions: Vec<(String, Contribution)> = Vec::new();
    for matched in &decided.matches {
        if !pack.query_of(&matched.query).is_some_and(|query| query.watch) {
            continue;
        }
        let waiting = pending.take();
        if decided.mention.action == Action::Update && waiting.is_none() {
            continue;
        }
        // what is not public counts, and its words stay with its owner
        let is_public = decided.mention.is_public();
        let words = || if is_public { terms(&decided.mention) } else { Vec::new() };
        let terms = contributions.first().map_or_else(words, |(_, first)| first.terms.clone());
        let contribution = Contribution { terms, ..contribution(decided, &matched.spans, waiting) };
        contributions.push((matched.query.clone(), contribution));
    }
    contributions
}

/// What a routed item says of its case; none for noise. One that waits is kept where its query's incidents are.
#[must_use]
pub fn case_item(decided: &Decided, pack: &Pack) -> Option<CaseItem> {
    let routing = decided.routing.as_ref()?;
    let Routing { route, ticket, .. } = routing;
    let watched = |matched: &&Matched| pack.query_of(&matched.query).is_some_and(|query| query.watch);
    let waits = decided.matches.iter().filter(|_| ticket.action == TicketAction::Pending).find(watched);
    Some(CaseItem {
        at: decided.event_at,
        item_id: decided.item_id.clone(),
        revision: decided.revision,
        case_id: route.case_id.clone(),
        team: route.team.clone(),
        intent: route.intent.clone(),
        severity: route.severity,
        tier: route.tier,
        ticket: ticket.action != TicketAction::None,
        thread: decided.mention.thread().to_owned(),
        path: route.path.clone(),
        respond_by: route.respond_by,
        resolve_by: route.resolve_by,
        public: decided.mention.is_public(),
        starts: begun_thread(&decided.mention),
        approvers: routing.approvers.clone(),
        rungs: routing.rungs.clone(),
        crowd: waits.map(|matched| Crowd { group: pack.counted_by(&matched.query), query: matched.query.clone() }),
    })
}

/// The thread that a public post begins, by hash; none where it is part of another's.
fn begun_thread(mention: &Mention) -> Option<u64> {
    let own = mention.edit_of.as_deref().unwrap_or(&mention.mention_id);
    let is_own = mention.thread_id.as_deref().is_none_or(|thread| thread == own);
    (is_own && mention.is_public()).then(|| hash64(&[own]))
}

/// The thread of somebody else that a routed public post lengthens, by hash: it answers, quotes or passes it on. Edits
/// lengthen none.
#[must_use]
pub fn lengthened_thread(decided: &Decided) -> Option<u64> {
    let mention = &decided.mention;
    let counts = decided.routing.is_some() && mention.is_public() && mention.action == Action::Create;
    let own = mention.edit_of.as_deref().unwrap_or(&mention.mention_id);
    let thread = mention.reposted_id.as_deref().or(mention.quoted_id.as_deref()).or(mention.thread_id.as_deref());
    thread.filter(|thread| counts && *thread != own).map(|thread| hash64(&[thread]))
}

fn pending(decided: &Decided) -> Option<(String, PendingItem)> {
    let routing = decided.routing.as_ref().filter(|routing| routing.ticket.action == TicketAction::Pending)?;
    let waiting = PendingItem {
        revision: decided.revision,
        team: routing.route.team.clone(),
        thread: decided.mention.thread().to_owned(),
        intent: routing.route.intent.clone(),
    };
    Some((decided.item_id.clone(), waiting))
}

pub(super) fn contribution(decided: &Decided, spans: &[Span], pending: Option<(String, PendingItem)>) -> Contribution {
    let mention = &decided.mention;
    let author = mention.author.as_ref();
    let key = author.and_then(crate::mention::Author::key).unwrap_or(mention.identity());
    let scores = decided.scores.as_ref();
    let followers = author.and_then(|author| author.followers).unwrap_or(0).max(0);
    let is_verified = author.is_some_and(|author| author.verified == Some(true));
    let stands_alone = mention.thread_id.is_none() && mention.reposted_id.is_none() && mention.quoted_id.is_none();
    let thread = mention.reposted_id.as_deref().or(mention.quoted_id.as_deref()).unwrap_or_else(|| mention.thread());
    Contribution {
        counts: mention.action == Action::Create,
        at: decided.event_at,
        platform: mention.platform,
        language: mention.lang.clone().or_else(|| mention.lang_detected.clone()).unwrap_or_else(|| "unknown".into()),
        negative: scores.is_some_and(|scores| scores.sentiment.label == "negative"),
        sentiment_percent: scores
            .map_or(0, |scores| libm::round(scores.sentiment.score * 100.0).clamp(-80.0, 80.0) as i64),
        outage: is_report(decided, spans),
        noise: decided.noise.is_some(),
        repost: mention.reposted_id.is_some(),
        person: hash64(&[mention.platform.as_str(), key]),
        text: fingerprint(&mention.text),
        thread: (!stands_alone).then(|| hash64(&[thread])),
        followers: followers.unsigned_abs(),
        prominent: followers >= PROMINENT_FOLLOWERS || (is_verified && followers >= VERIFIED_FOLLOWERS),
        alarm: decided.routing.as_ref().is_some_and(|routing| routing.route.tier == Tier::Human),
        example: mention.is_public().then(|| mention.mention_id.clone()),
        terms: Vec::new(),
        pending,
    }
}
