//! What a ticketing system is told: one line, a few lines, tags. Never the whole text: that is in the item.

use super::facts::Facts;
use super::{Route, Severity, Ticket, TicketAction};
use crate::rules::Row;

/// Characters of the text that a ticket quotes.
const EXCERPT_CHARS: usize = 120;

pub(super) fn ticket(facts: &Facts<'_>, row: &Row, route: &Route, why: &[String]) -> Ticket {
    let action = if row.crowd { TicketAction::Pending } else { TicketAction::Upsert };
    let platform = facts.mention.platform.as_str();
    let mut tags = vec![platform.to_owned(), route.intent.clone(), route.severity.as_str().to_owned()];
    tags.extend(facts.matched.iter().filter(|query| !query.mark).map(|query| query.id.clone()));
    tags.push(format!("ticket:{}", row.ticket));
    Ticket {
        action,
        subject: format!("[{}] {} on {platform}{}", route.severity.as_str(), title(row, &route.intent), by(facts)),
        body: body(facts, route, why),
        priority: priority_word(route.severity).to_owned(),
        tags,
    }
}

impl Ticket {
    /// Quotes `new` where the start of `old` was quoted.
    pub(crate) fn requote(&mut self, old: &str, new: &str) {
        if let Some(rest) = self.body.strip_prefix(&quote(old)) {
            self.body = format!("{}{rest}", quote(new));
        }
    }
}

fn quote(text: &str) -> String {
    format!("\"{}\"", excerpt(text))
}

/// The intent for people; the row's name for the catch-all.
fn title<'a>(row: &'a Row, intent: &'a str) -> &'a str {
    if intent == crate::rules::NO_INTENT { &row.id } else { intent }
}

fn by(facts: &Facts<'_>) -> String {
    let handle = facts.mention.author.as_ref().and_then(|author| author.handle.as_deref());
    handle.map_or_else(String::new, |handle| format!(" by @{}", handle.chars().take(60).collect::<String>()))
}

fn body(facts: &Facts<'_>, route: &Route, why: &[String]) -> String {
    let mut lines = vec![quote(&facts.mention.text), String::new()];
    lines.push(format!("Why: {}.", why.join("; ")));
    lines.push(format!("In public: {}. In private: {}.", route.public_response, route.private_handoff));
    lines.push(format!("Answer by {}; next in line: {}.", route.respond_by, route.path.join(", ")));
    if !route.approvals.is_empty() {
        lines.push(format!("A public answer needs: {}.", route.approvals.join(", ")));
    }
    if let Some(reply) = &route.reply {
        lines.push(format!("Approved for {} ({}, {}): {}", reply.channel, reply.id, reply.language, reply.text));
    }
    lines.join("\n")
}

/// The start of the text on one line.
fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut excerpt: String = line.chars().take(EXCERPT_CHARS).collect();
    if excerpt.len() < line.len() {
        excerpt.push('…');
    }
    excerpt
}

/// The words that ticketing systems use.
fn priority_word(severity: Severity) -> &'static str {
    match severity {
        Severity::S1 => "urgent",
        Severity::S2 => "high",
        Severity::S3 => "normal",
        Severity::S4 => "low",
    }
}
