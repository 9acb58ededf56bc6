//! Who there is: teams with a topic, hours and receivers, and the people a path can name.

use super::calendars::{self, Calendars};
use super::fields::Fields;
use super::hours::{self, Hours};
use super::problem::Problem;
use super::sheet::{Ctx, Kind};
use super::yaml::Node;
use crate::mention::Timestamp;
use std::collections::BTreeMap;

/// An owner with a routed topic.
#[derive(Debug, Clone, PartialEq)]
pub struct Team {
    /// Its name in the pack.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Suffix of its topic: `social.routed.<topic>`.
    pub topic: String,
    /// When it works.
    pub hours: Hours,
    /// Contacts of its own, first in line first.
    pub contacts: Vec<String>,
    /// Where its alerts go.
    pub receivers: Vec<Receiver>,
}

/// A person or a duty that a path can name.
#[derive(Debug, Clone, PartialEq)]
pub struct Contact {
    /// Its name in the pack.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The team it belongs to.
    pub team: Option<String>,
    /// Who approves in their place when they do not in time.
    pub deputy: Option<String>,
    /// When it is reached; none: at any hour.
    pub hours: Option<Hours>,
    /// Where it is reached.
    pub receivers: Vec<Receiver>,
    /// Where it stands.
    pub(super) place: Problem,
}

impl Contact {
    /// True when it can be reached at that time.
    #[must_use]
    pub fn is_reached(&self, at: Timestamp) -> bool {
        self.hours.as_ref().is_none_or(|hours| hours.is_open(at))
    }
}

/// Kinds of [`Receiver`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReceiverKind {
    /// Slack's incoming webhook.
    Slack,
    /// A signed generic webhook.
    Webhook,
}

/// Where alerts are sent. `url` and `secret` may hold `${env:…}` or `${file:…}`, filled in by whoever sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    /// In which format.
    pub kind: ReceiverKind,
    /// Where to.
    pub url: String,
    /// Key of the signature, always by reference.
    pub secret: Option<String>,
}

/// What teams.yaml holds.
#[derive(Debug, Default)]
pub(super) struct Teams {
    pub(super) teams: BTreeMap<String, Team>,
    pub(super) contacts: BTreeMap<String, Contact>,
}

pub(super) fn read(fields: &Fields<'_>) -> Teams {
    let mut all = Teams::default();
    let calendars = calendars::read(fields);
    for node in fields.list("teams") {
        if let Some(team) = read_team(fields.ctx, node, &calendars) {
            all.teams.insert(team.id.clone(), team);
        }
    }
    for node in fields.list("contacts") {
        if let Some(contact) = read_contact(fields.ctx, node, &all.teams, &calendars) {
            all.contacts.insert(contact.id.clone(), contact);
        }
    }
    all
}

fn read_team(ctx: Ctx<'_>, node: &Node, calendars: &Calendars) -> Option<Team> {
    let keys = ["id", "name", "topic", "time_zone", "hours", "holidays", "contacts", "receivers"];
    let fields = Fields::open(ctx, node, "a team", &keys)?;
    let id = fields.define(Kind::Team);
    let name = fields.text("name");
    let topic = read_topic(&fields);
    let hours = hours::read(&fields, calendars, Hours::default());
    let contacts = fields.references("contacts", Kind::Contact);
    let receivers = read_receivers(&fields);
    let id = id?;
    Some(Team {
        name: name.unwrap_or_else(|| id.clone()),
        topic: topic.unwrap_or_else(|| id.clone()),
        id,
        hours,
        contacts,
        receivers,
    })
}

/// The topic's suffix; the team's id where it is not given.
fn read_topic(fields: &Fields<'_>) -> Option<String> {
    let word = fields.word_if("topic")?;
    let ok = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if word.text.is_empty() || word.text.len() > 64 || !word.text.chars().all(ok) {
        let message = "a topic may have only a-z, 0-9, - and _, at most 64";
        fields.ctx.problem(word.at, message, "leave it out to use the team's id".to_owned());
        return None;
    }
    Some(word.text.to_owned())
}

const CONTACT_KEYS: [&str; 8] = ["id", "name", "team", "deputy", "time_zone", "hours", "holidays", "receivers"];

fn read_contact(ctx: Ctx<'_>, node: &Node, teams: &BTreeMap<String, Team>, calendars: &Calendars) -> Option<Contact> {
    let fields = Fields::open(ctx, node, "a contact", &CONTACT_KEYS)?;
    let id = fields.define(Kind::Contact);
    let name = fields.text("name");
    let team = fields.reference_if("team", Kind::Team);
    let hours = read_contact_hours(&fields, team.as_ref().and_then(|team| teams.get(team)), calendars);
    let receivers = read_receivers(&fields);
    let deputy = fields.reference_if("deputy", Kind::Party);
    let id = id?;
    let place = ctx.blank(fields.at);
    Some(Contact { name: name.unwrap_or_else(|| id.clone()), id, team, deputy, hours, receivers, place })
}

/// A contact that says nothing of hours is reached at any; one that does, in its own zone or its team's, and off on
/// its own holidays or its team's.
fn read_contact_hours(fields: &Fields<'_>, team: Option<&Team>, calendars: &Calendars) -> Option<Hours> {
    let usual = team.map(|team| team.hours.clone()).unwrap_or_default();
    let hours = hours::read(fields, calendars, usual);
    if fields.node("hours").is_none() {
        for key in ["time_zone", "holidays"] {
            if let Some(node) = fields.node(key) {
                let message = format!("\"{key}\" of a contact that is reached at any hour");
                fields.ctx.problem(node.at, message, format!("add \"hours: {{…}}\", or remove \"{key}\""));
            }
        }
        return None;
    }
    Some(hours)
}

fn read_receivers(fields: &Fields<'_>) -> Vec<Receiver> {
    fields.list("receivers").filter_map(|node| read_receiver(fields.ctx, node)).collect()
}

fn read_receiver(ctx: Ctx<'_>, node: &Node) -> Option<Receiver> {
    const KINDS: [(&str, ReceiverKind); 2] = [("slack", ReceiverKind::Slack), ("webhook", ReceiverKind::Webhook)];
    let fields = Fields::open(ctx, node, "a receiver", &["kind", "url", "secret"])?;
    fields.word("kind")?;
    let kind = fields.choice("kind", &KINDS)?;
    let url = fields.word("url")?;
    if !["https://", "http://", "${env:", "${file:"].iter().any(|start| url.text.starts_with(start)) {
        let message = "a receiver's url starts with https://, http://, ${env: or ${file:";
        ctx.problem(url.at, message, "write \"${env:SLACK_WEBHOOK_URL}\"".to_owned());
    }
    let secret = fields.word_if("secret");
    if let Some(secret) = secret.as_ref().filter(|s| !is_reference(s.text)) {
        let at = super::yaml::Place { len: 0, ..secret.at };
        let message = "a secret must not stand in the pack";
        ctx.problem(at, message, "write \"${env:WEBHOOK_SECRET}\" or \"${file:/run/secrets/…}\"".to_owned());
    }
    Some(Receiver { kind, url: url.text.to_owned(), secret: secret.map(|s| s.text.to_owned()) })
}

fn is_reference(text: &str) -> bool {
    (text.starts_with("${env:") || text.starts_with("${file:")) && text.ends_with('}')
}
