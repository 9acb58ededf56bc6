//! The decision record as a page of plain text: a word in the margin, what it means beside it.

use crate::mention::{Likeness, Mention};
use crate::notify::{platform_name, span_words};
use crate::pipeline::{Decided, Item, Matched};
use crate::query::Disguise;
use crate::route::{Route, Routing, Ticket, TicketAction, Tier};
use crate::rules::Pack;
use crate::score::{Explanation, Scores};
use crate::text::brands::{NamedBrand, Why};
use crate::text::{Document, Span};
use std::fmt::Write as _;

/// Columns that text is wrapped at.
const WIDTH: usize = 100;
/// Columns of the margin.
const MARGIN: usize = 12;
/// Characters of the post that are shown.
const TEXT_CHARS: usize = 600;
/// Words told of what a score was made of.
const PARTS_MAX: usize = 5;
/// Probabilities below this are not told beside the best one.
const ALSO_FROM: f64 = 0.05;

/// One item.
pub(super) fn of(item: &Item, title: Option<&str>, pack: &Pack) -> String {
    let mut page = Page::default();
    if let Some(title) = title {
        page.line("", title);
    }
    page.line("Outcome", &outcome(item));
    if let Item::DeadLetter(reject) = item {
        page.line("Reason", reject.reason.as_str());
        page.line("Where", &reject.detail);
    }
    if let Some(decided) = item.decided() {
        post(&mut page, &decided.mention);
        matched(&mut page, decided, pack);
        brands(&mut page, &decided.brands);
        if let Some(scores) = &decided.scores {
            self::scores(&mut page, scores);
        }
        if let Some(routing) = &decided.routing {
            route(&mut page, decided, routing, pack);
            ticket(&mut page, &routing.ticket);
            let decision = &routing.decision;
            let layer = decision.layer.as_ref().map(|layer| format!(", layer {layer}")).unwrap_or_default();
            page.section("Decided by", &format!("pack {}, model {}{layer}", decision.pack, decision.model));
        }
    }
    page.text.push('\n');
    page.text
}

fn outcome(item: &Item) -> String {
    let why = match item {
        Item::DeadLetter(_) => "the payload could not be read; it would be kept untouched on social.dead-letter".into(),
        Item::NotContent(what) => format!("nothing that anybody wrote: {what}"),
        Item::Duplicate => "the same version of the same mention stood before it".into(),
        Item::Unmatched => "no query matched: it is counted, neither scored nor kept".into(),
        Item::Noise(decided) => {
            let reason = decided.noise.as_ref().map(|noise| noise.reason.as_str()).unwrap_or_default();
            format!("{reason}; published, but nobody's work")
        }
        Item::Routed(decided) => {
            let route = decided.routing.as_ref().map(|routing| &routing.route);
            let to = |route: &Route| format!("to {}, {}, {}", route.team, route.severity.as_str(), tier(route.tier));
            route.map(to).unwrap_or_default()
        }
    };
    format!("{}: {why}", item.outcome().as_str())
}

fn post(page: &mut Page, mention: &Mention) {
    let author = mention.author.as_ref();
    let handle = author.and_then(|author| author.handle.as_deref().or(author.name.as_deref()));
    let mut who = handle.map_or_else(|| "nobody named".to_owned(), |handle| format!("@{handle}"));
    if let Some(followers) = author.and_then(|author| author.followers) {
        let _ = write!(who, ", {followers} followers");
    }
    if author.is_some_and(|author| author.is_brand) {
        who.push_str(", our own account");
    }
    if let Some(found) = author.and_then(|author| author.impersonates.as_ref()) {
        let how = match found.how {
            Likeness::Same => "the same name",
            Likeness::LookAlike => "letters that look the same",
            Likeness::AddedWord => "a word added",
            Likeness::Edited => "a letter or two changed",
        };
        let _ = write!(who, ", bears our name: “{}” beside {} ({how})", found.seen, found.official);
    }
    let when = mention.edited_at.or(mention.created_at);
    let when = when.map(|at| format!(", {at}")).unwrap_or_default();
    let public = if mention.is_public() { "" } else { ", not public" };
    let (platform, kind) = (platform_name(mention.platform.as_str()), mention.kind.as_str());
    page.section("Post", &format!("{platform} {kind} by {who}{when}{public}"));
    let text: String = mention.text.chars().take(TEXT_CHARS).collect();
    let more = if text.len() < mention.text.len() { "…" } else { "" };
    page.line("", &format!("“{text}{more}”"));
}

fn matched(page: &mut Page, decided: &Decided, pack: &Pack) {
    let is_mark = |query: &str| pack.query_of(query).is_some_and(|rule| rule.mark);
    let by_words = decided.matches.iter().any(|matched| !is_mark(&matched.query));
    if !by_words {
        page.section("Matched", "no query: it is addressed to an own account");
    }
    let document = Document::new(&decided.mention.text);
    for (place, Matched { query, spans, disguise }) in decided.matches.iter().enumerate() {
        let words = format!("{}{}", words(spans, &document), disguised(*disguise));
        let rule = pack.query_of(query);
        let use_of = match rule {
            Some(rule) if rule.watch => ", watched for alerts",
            Some(rule) if rule.mark => ", a mark for triggers",
            _ => "",
        };
        let line = format!("{query} ({words}{use_of})");
        if place == 0 && by_words { page.section("Matched", &line) } else { page.line("", &line) }
    }
}

/// Names that were written otherwise than the pack spells them.
fn brands(page: &mut Page, named: &[NamedBrand]) {
    for (place, NamedBrand { brand, product, written, how, .. }) in
        named.iter().filter(|named| named.why != Why::Exact).enumerate()
    {
        let line = format!("“{written}” read as {}: {how}", product.as_deref().unwrap_or(brand));
        if place == 0 { page.section("Names", &line) } else { page.line("", &line) }
    }
}

fn disguised(disguise: Disguise) -> &'static str {
    match (disguise.look_alike, disguise.zero_width) {
        (false, false) => "",
        (true, false) => ", in look-alike letters",
        (false, true) => ", with invisible characters within",
        (true, true) => ", in look-alike letters, with invisible characters within",
    }
}

/// The words under the spans, each once.
fn words(spans: &[Span], document: &Document) -> String {
    let mut words: Vec<String> = Vec::new();
    for span in spans {
        let word = format!("“{}”", document.original(*span));
        if !words.contains(&word) {
            words.push(word);
        }
    }
    if words.is_empty() { "by its fields".to_owned() } else { words.join(", ") }
}

fn scores(page: &mut Page, scores: &Scores) {
    let intents = scores.intents.iter().map(|intent| (intent.id.as_ref(), intent.probability)).collect();
    page.section("Scores", &format!("intent {}", ranked(intents)));
    because(page, &scores.explain, "intent");
    let shares = scores.sentiment.probabilities;
    let sentiment = vec![("negative", shares.negative), ("neutral", shares.neutral), ("positive", shares.positive)];
    page.line(
        "",
        &format!("sentiment {} ({:+.2}): {}", scores.sentiment.label, scores.sentiment.score, ranked(sentiment)),
    );
    because(page, &scores.explain, "sentiment");
    let emotion = &scores.emotion;
    let sure = emotion.probabilities.of(&emotion.label).map(|p| format!(" {p:.2}")).unwrap_or_default();
    page.line("", &format!("emotion {}{sure}, frustration {:.2}", emotion.label, emotion.frustration));
    page.line(
        "",
        &format!(
            "urgency {} {:.2}; noise {} {:.2}; abuse {:.2}; threat {:.2}; sarcasm {:.2}; incident {:.2}",
            scores.urgency.label,
            scores.urgency.probability,
            scores.noise.label,
            scores.noise.probability,
            scores.abuse.probability,
            scores.threat.probability,
            scores.sarcasm.probability,
            scores.incident.probability
        ),
    );
    let risk = scores.risk;
    page.line(
        "",
        &format!(
            "risk: danger {:.2}; distress {:.2}; legal {:.2}; press {:.2}",
            risk.danger, risk.distress, risk.legal, risk.press
        ),
    );
    if !scores.heads.is_empty() {
        let answers =
            scores.heads.iter().map(|(head, answer)| format!("{head} {} {:.2}", answer.label, answer.probability));
        page.line("", &format!("own heads: {}", answers.collect::<Vec<_>>().join(", ")));
    }
    because(page, &scores.explain, "noise");
    page.line("", &format!("language {} {:.2}", scores.language.code, scores.language.confidence));
    if !scores.pii.is_empty() {
        let kinds: Vec<&str> = scores.pii.iter().map(|pii| &*pii.kind).collect();
        page.line("", &format!("personal data: {}", kinds.join(", ")));
    }
}

/// `billing 0.93, defect 0.06`: the best, and what comes near it.
fn ranked(mut all: Vec<(&str, f64)>) -> String {
    all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    let told = all.iter().enumerate().filter(|(place, (_, p))| *place == 0 || *p >= ALSO_FROM);
    told.map(|(_, (name, p))| format!("{name} {p:.2}")).collect::<Vec<_>>().join(", ")
}

/// What a score was made of: the largest parts with their sign, then the rest of the sum in one.
fn because(page: &mut Page, explain: &[Explanation], head: &str) {
    let of_head = |part: &&Explanation| part.head.split('.').next() == Some(head);
    let (words, others): (Vec<&Explanation>, Vec<&Explanation>) =
        explain.iter().filter(of_head).partition(|part| part.feature != "bias" && part.feature != "rest");
    let Some(first) = words.first() else { return };
    let mut parts: Vec<String> =
        words.iter().take(PARTS_MAX).map(|part| format!("{} {:+.1}", named(&part.feature), part.weight)).collect();
    let rest = words.iter().skip(PARTS_MAX).chain(&others).map(|part| part.weight).sum::<f64>();
    parts.push(format!("all else {rest:+.1}"));
    let label = first.head.split_once('.').map_or("", |(_, label)| label);
    page.line("", &format!("  for {label}: {}", parts.join(", ")));
}

/// Words in quotes, other features as they are.
fn named(feature: &str) -> String {
    if feature.contains(':') { feature.to_owned() } else { format!("“{feature}”") }
}

fn route(page: &mut Page, decided: &Decided, routing: &Routing, pack: &Pack) {
    let route = &routing.route;
    let team = pack.name_of(&route.team);
    page.section(
        "Route",
        &format!(
            "to {} ({team}) on social.routed.{}: {}, priority {}, {}",
            route.team,
            pack.topic(&route.team),
            route.severity.as_str(),
            route.priority,
            tier(route.tier)
        ),
    );
    if !route.also.is_empty() {
        page.line("", &format!("told as well: {}", route.also.join(", ")));
    }
    let within =
        |at: crate::mention::Timestamp| span_words(at.as_seconds().saturating_sub(decided.event_at.as_seconds()));
    page.line("", &format!("answer within {} (by {})", within(route.respond_by), route.respond_by));
    page.line("", &format!("resolve within {} (by {})", within(route.resolve_by), route.resolve_by));
    let path: Vec<&str> = route.path.iter().map(|party| pack.name_of(party)).collect();
    page.line("", &format!("when the clock runs out: {}", path.join(", then ")));
    let (public, private) = (plain(&route.public_response), plain(&route.private_handoff));
    page.line("", &format!("in public: {public}; in private: {private}"));
    if !route.approvals.is_empty() {
        let names: Vec<&str> = route.approvals.iter().map(|party| pack.name_of(party)).collect();
        page.line("", &format!("a public answer needs: {}", names.join(", ")));
    }
    if let Some(reply) = &route.reply {
        page.line("", &format!("approved for {} ({}): {}", reply.channel, reply.id, reply.text));
    }
    page.line("", &format!("case {}", route.case_id));
    for (place, (reason, rule)) in routing.decision.reasons.iter().zip(&routing.decision.rules).enumerate() {
        let line = format!("{}. {reason}  [{rule}]", place + 1);
        if place == 0 { page.section("Why", &line) } else { page.line("", &line) }
    }
}

fn ticket(page: &mut Page, ticket: &Ticket) {
    let action = match ticket.action {
        TicketAction::Upsert => "upsert: one ticket for the case, made or added to",
        TicketAction::Pending => "pending: watch releases it, or attaches it to an incident, at the next bucket",
        TicketAction::None => "none",
    };
    page.section("Ticket", action);
    page.line("", &format!("{} (priority {})", ticket.subject, ticket.priority));
    page.line("", &format!("tags: {}", ticket.tags.join(", ")));
}

fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Automatic => "no person needed (automatic)",
        Tier::Assisted => "a person decides, with help (assisted)",
        Tier::Human => "a person owns it (human)",
    }
}

fn plain(word: &str) -> String {
    word.replace('_', " ")
}

/// Lines with a margin.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    /// A line after an empty one.
    fn section(&mut self, margin: &str, text: &str) {
        self.text.push('\n');
        self.line(margin, text);
    }

    /// Wraps `text` beside the margin; leading blanks set it in.
    fn line(&mut self, margin: &str, text: &str) {
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let blanks = text.len() - text.trim_start_matches(' ').len();
        let mut head = format!("{margin:<MARGIN$}{:blanks$}", "");
        let mut line = String::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            if !line.is_empty() && MARGIN + blanks + line.chars().count() + 1 + word.chars().count() > WIDTH {
                let _ = writeln!(self.text, "{head}{line}");
                line.clear();
                head = format!("{:width$}", "", width = MARGIN + blanks + 2);
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        let _ = writeln!(self.text, "{}", format!("{head}{line}").trim_end());
    }
}
