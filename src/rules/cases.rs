//! The pack's own tests: a post in, what must become of it out. They stand beside the definitions they test.
//!
//! Only reads them and compares; whoever composes match, score and route runs them.

use super::checks::{self, Check};
use super::condition::{SEVERITIES, SHARES, UNKNOWN_MARKET, kinds, platforms, read_market};
use super::fields::{Fields, Word};
use super::intents::{NO_INTENT, TIERS};
use super::learned::{self, HeadAsked};
use super::sheet::{Ctx, Kind as Names};
use super::yaml::{Node, Value};
use crate::mention::{AccountFacts, Author, Geo, Kind, Mention, Platform, Timestamp, Visibility};
use crate::route::{Severity, TicketAction, Tier};
use crate::score::Risk;
use std::collections::BTreeMap;

/// The kind of noise that an own account's post is.
pub const OWN_VOICE: &str = "own_voice";

/// One test of a pack.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The file it stands in.
    pub path: String,
    /// Its line.
    pub line: u32,
    /// What it shows; the start of its text where it has no name.
    pub name: String,
    /// What comes in.
    pub mention: Mention,
    /// When it is read as having happened.
    pub at: Timestamp,
    /// Scores given by hand: where they are given, the model is not asked, so that rules are tested apart from it.
    pub given: Option<Given>,
    /// What must come out.
    pub expect: Expect,
}

/// Scores given by hand; all else is neutral.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Given {
    /// Probabilities by intent.
    pub intents: BTreeMap<String, f64>,
    /// Probabilities by noise label.
    pub noise: BTreeMap<String, f64>,
    /// Probability of a threat.
    pub threat: f64,
    /// Probability of abuse.
    pub abuse: f64,
    /// Probability of anger.
    pub anger: f64,
    /// Frustration.
    pub frustration: f64,
    /// Probability of a real incident.
    pub incident: f64,
    /// Probability of negative sentiment.
    pub negative: f64,
    /// Probability of urgency `now`.
    pub urgency_now: f64,
    /// What a person must decide.
    pub risk: Risk,
    /// The language it is detected to be in; none: unknown.
    pub language: Option<String>,
    /// Answers of the pack's own heads: label and probability.
    pub heads: BTreeMap<String, (String, f64)>,
}

/// What must come out; what is absent is not asked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Expect {
    /// These queries match.
    pub hits: Vec<String>,
    /// These do not.
    pub misses: Vec<String>,
    /// Noise of this label, or `none`.
    pub noise: Option<String>,
    /// Answers of the pack's own heads.
    pub heads: BTreeMap<String, String>,
    /// The owning intent.
    pub intent: Option<String>,
    /// The owner.
    pub team: Option<String>,
    /// Teams told as well, all of them, in order.
    pub also: Option<Vec<String>>,
    /// How severe.
    pub severity: Option<Severity>,
    /// Which tier.
    pub tier: Option<Tier>,
    /// What the ticketing system is to do.
    pub action: Option<TicketAction>,
    /// What kind of ticket it is.
    pub ticket: Option<String>,
    /// The public answer.
    pub public_response: Option<String>,
    /// The private handoff.
    pub private_handoff: Option<String>,
    /// The whole path, in order.
    pub path: Option<Vec<String>>,
    /// All approvals, in order.
    pub approvals: Option<Vec<String>>,
    /// The same with their time and deputy, in words.
    pub approve: Option<Vec<String>>,
    /// Seconds from the event to `respond_by`.
    pub respond_seconds: Option<i64>,
    /// Seconds from the event to `resolve_by`.
    pub resolve_seconds: Option<i64>,
    /// Id of the suggested wording, or `none`.
    pub reply: Option<String>,
    /// The whole suggested wording.
    pub reply_says: Option<String>,
    /// These rules are among those that decided.
    pub rules: Vec<String>,
}

impl Expect {
    /// Whether anything is said about the route.
    #[must_use]
    pub fn asks_for_route(&self) -> bool {
        let rest = Self { hits: Vec::new(), misses: Vec::new(), noise: None, heads: BTreeMap::new(), ..self.clone() };
        rest != Self::default()
    }
}

const CASE_KEYS: [&str; 21] = [
    "name",
    "text",
    "title",
    "platform",
    "language",
    "country",
    "kind",
    "followers",
    "verified",
    "author",
    "account",
    "visibility",
    "at",
    "given",
    "match",
    "no_match",
    "noise",
    "heads",
    "route",
    "id",
    "container",
];

/// Reads the `tests:` of a file.
pub(super) fn read(fields: &Fields<'_>, into: &mut Vec<Case>, checks: &mut Vec<Check>) {
    for node in fields.list("tests") {
        if needs_no_post(node) {
            checks.extend(checks::read(fields.ctx, node));
        } else {
            into.extend(read_case(fields.ctx, node));
        }
    }
}

fn needs_no_post(node: &Node) -> bool {
    let Value::Map(entries) = &node.value else { return false };
    entries.iter().any(|(key, _)| ["alert", "hours", "raise"].contains(&key.name.as_str()))
}

fn read_case(ctx: Ctx<'_>, node: &Node) -> Option<Case> {
    let fields = Fields::open(ctx, node, "a test", &CASE_KEYS)?;
    let text = fields.text_if("text").unwrap_or_default();
    if text.is_empty() {
        ctx.problem(fields.at, "a test lacks \"text\"", "add \"text: …\"".to_owned());
    }
    let name = fields.text_if("name").unwrap_or_else(|| text.chars().take(60).collect());
    let mention = read_mention(&fields, text);
    let at = read_at(&fields);
    let given = read_given(&fields);
    let mut expect = Expect {
        hits: fields.references("match", Names::Query),
        misses: fields.references("no_match", Names::Query),
        noise: read_noise(&fields),
        heads: read_answers(&fields).into_iter().map(|(head, (label, _))| (head, label)).collect(),
        ..Expect::default()
    };
    read_route(&fields, &mut expect);
    if expect == Expect::default() {
        ctx.problem(
            fields.at,
            "a test expects nothing",
            "add \"match: […]\", \"no_match: […]\" or \"route: {…}\"".to_owned(),
        );
    }
    Some(Case { path: ctx.file.path.clone(), line: fields.at.line, name, mention, at, given, expect })
}

fn read_noise(fields: &Fields<'_>) -> Option<String> {
    let word = fields.word_if("noise")?;
    let known = super::intents::NOISE_LABELS.iter().chain(&["none", OWN_VOICE]).copied();
    if !known.clone().any(|label| label == word.text) {
        let message = format!("\"{}\" is no kind of noise", word.text);
        fields.ctx.problem(word.at, message, super::problem::suggest(word.text, known));
    }
    Some(word.text.to_owned())
}

fn read_mention(fields: &Fields<'_>, text: String) -> Mention {
    const VISIBILITIES: [(&str, Visibility); 4] = [
        ("public", Visibility::Public),
        ("unlisted", Visibility::Unlisted),
        ("private", Visibility::Private),
        ("direct", Visibility::Direct),
    ];
    let platform = fields.choice("platform", &platforms()).unwrap_or(Platform::X);
    let id = fields.text_if("id").unwrap_or_else(|| "1".to_owned());
    let mut mention = Mention::new(platform, "", &id);
    mention.text = text;
    mention.title = fields.text_if("title");
    mention.lang = fields.text_if("language");
    mention.kind = fields.choice("kind", &kinds()).unwrap_or(Kind::Post);
    mention.visibility = fields.choice("visibility", &VISIBILITIES).unwrap_or(Visibility::Public);
    mention.geo = fields.text_if("country").map(|country| Geo { country: Some(country), lat: None, lon: None });
    mention.container =
        fields.text_if("container").map(|id| crate::mention::Container { kind: "page".to_owned(), id, name: None });
    let handle = fields.text_if("author").unwrap_or_else(|| "somebody".to_owned());
    mention.author = Some(Author {
        handle: Some(handle),
        followers: fields.count("followers", 1e12),
        verified: fields.flag("verified"),
        account: read_account(fields),
        ..Author::default()
    });
    mention
}

/// What the pack's accounts are to know of the author: a test has no key to look anybody up.
fn read_account(parent: &Fields<'_>) -> Option<AccountFacts> {
    let fields = parent.map("account", "a known account", &["tier", "market", "language"])?;
    let market = fields.word_if("market").filter(|word| read_market(fields.ctx, word).is_some());
    Some(AccountFacts {
        tier: fields.reference_if("tier", Names::AccountTier),
        market: market.map(|word| word.text.to_owned()).filter(|market| market != UNKNOWN_MARKET),
        language: fields.text_if("language"),
    })
}

/// A Tuesday at noon, UTC, where the test does not say.
pub(super) fn read_at(fields: &Fields<'_>) -> Timestamp {
    let usual = Timestamp::clamped(1_772_539_200_000_000);
    fields.word_if("at").and_then(|word| read_time(fields, &word)).unwrap_or(usual)
}

pub(super) fn read_time(fields: &Fields<'_>, word: &Word<'_>) -> Option<Timestamp> {
    let at = word.text.parse().ok();
    if at.is_none() {
        let message = format!("\"{}\" is no time", word.text.chars().take(40).collect::<String>());
        fields.ctx.problem(word.at, message, "write \"2026-03-03T12:00:00Z\"".to_owned());
    }
    at
}

/// What is given apart from shares.
const GIVEN_KEYS: [&str; 4] = ["language", "intents", "noise", "heads"];

fn read_given(parent: &Fields<'_>) -> Option<Given> {
    let fields = parent.map("given", "given scores", &[&GIVEN_KEYS[..], &SHARES].concat())?;
    let share = |key: &str| fields.share(key).unwrap_or(0.0);
    Some(Given {
        intents: read_shares(&fields, "intents", Some(Names::Intent)),
        noise: read_shares(&fields, "noise", None),
        threat: share("threat"),
        abuse: share("abuse"),
        anger: share("anger"),
        frustration: share("frustration"),
        incident: share("incident"),
        negative: share("negative"),
        urgency_now: share("urgency_now"),
        risk: Risk {
            danger: share("danger"),
            distress: share("distress"),
            legal: share("legal"),
            press: share("press"),
        },
        language: fields.text_if("language"),
        heads: read_answers(&fields),
    })
}

/// The likeliest answer of each head; one for sure where no probability is given.
fn read_answers(fields: &Fields<'_>) -> BTreeMap<String, (String, f64)> {
    let best = |asked: HeadAsked| {
        let answer = asked.labels.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
        Some((asked.head, answer))
    };
    learned::read_asked(fields, 1.0).into_iter().filter_map(best).collect()
}

pub(super) fn read_shares(parent: &Fields<'_>, key: &str, names: Option<Names>) -> BTreeMap<String, f64> {
    let mut shares = BTreeMap::new();
    let Some(node) = parent.node(key) else { return shares };
    let Value::Map(entries) = &node.value else {
        let message = format!("\"{key}\" must be a mapping, not {}", node.value.kind());
        parent.ctx.problem(node.at, message, format!("write {key}: {{billing: 0.9}}"));
        return shares;
    };
    let labels: Vec<&str> = entries.iter().map(|(k, _)| k.name.as_str()).collect();
    let Some(fields) = Fields::open(parent.ctx, node, "given shares", &labels) else { return shares };
    for (name, _) in entries {
        if let Some(kind) = names.filter(|_| name.name != NO_INTENT) {
            parent.ctx.refer(kind, &name.name, name.at);
        }
        if let Some(share) = fields.share(&name.name) {
            shares.insert(name.name.clone(), share);
        }
    }
    shares
}

const ROUTE_KEYS: [&str; 17] = [
    "ticket",
    "intent",
    "team",
    "also",
    "severity",
    "tier",
    "action",
    "public_response",
    "private_handoff",
    "path",
    "approvals",
    "approve",
    "respond_within",
    "resolve_within",
    "reply",
    "reply_says",
    "rules",
];

fn read_route(parent: &Fields<'_>, expect: &mut Expect) {
    const ACTIONS: [(&str, TicketAction); 3] =
        [("upsert", TicketAction::Upsert), ("pending", TicketAction::Pending), ("none", TicketAction::None)];
    let Some(fields) = parent.map("route", "an expected route", &ROUTE_KEYS) else { return };
    if let Some(word) = fields.word_if("intent") {
        if word.text != NO_INTENT {
            fields.ctx.refer(Names::Intent, word.text, word.at);
        }
        expect.intent = Some(word.text.to_owned());
    }
    expect.team = fields.reference_if("team", Names::Team);
    expect.also = fields.node("also").map(|_| fields.references("also", Names::Team));
    expect.severity = fields.choice("severity", &SEVERITIES);
    expect.tier = fields.choice("tier", &TIERS);
    expect.action = fields.choice("action", &ACTIONS);
    expect.ticket = fields.text_if("ticket");
    expect.public_response = fields.text_if("public_response");
    expect.private_handoff = fields.text_if("private_handoff");
    expect.path = fields.node("path").map(|_| fields.references("path", Names::Party));
    expect.approvals = fields.node("approvals").map(|_| fields.references("approvals", Names::Party));
    expect.approve = fields.node("approve").map(|_| fields.texts("approve"));
    expect.respond_seconds = fields.duration("respond_within");
    expect.resolve_seconds = fields.duration("resolve_within");
    if let Some(word) = fields.word_if("reply") {
        if word.text != "none" {
            fields.ctx.refer(Names::Reply, word.text, word.at);
        }
        expect.reply = Some(word.text.to_owned());
    }
    expect.reply_says = fields.text_if("reply_says");
    expect.rules = fields.texts("rules");
}
