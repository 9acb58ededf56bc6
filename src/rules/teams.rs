//! Who there is: teams with a topic, hours and receivers, and the people a path can name.

use super::fields::Fields;
use super::sheet::{Ctx, Kind};
use super::yaml::{Node, Value};
use crate::mention::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Its name in the pack.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The team it belongs to.
    pub team: Option<String>,
    /// Where it is reached.
    pub receivers: Vec<Receiver>,
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

/// Business hours in a time zone (from the bundled time zone database, so the same everywhere).
#[derive(Debug, Clone, PartialEq)]
pub struct Hours {
    /// IANA name.
    pub zone_name: String,
    zone: TimeZone,
    /// Monday first.
    pub days: [bool; 7],
    /// Minutes after midnight, inclusive.
    pub from_minute: u16,
    /// Minutes after midnight, exclusive, at most 1440.
    pub to_minute: u16,
}

impl Default for Hours {
    /// Monday to Friday, 9 to 17, UTC.
    fn default() -> Self {
        let days = [true, true, true, true, true, false, false];
        Self { zone_name: "UTC".to_owned(), zone: TimeZone::UTC, days, from_minute: 540, to_minute: 1020 }
    }
}

impl Hours {
    /// The hour of the team's own clock, 0..24.
    #[must_use]
    pub fn hour(&self, at: Timestamp) -> u8 {
        u8::try_from(self.zone.to_datetime(at.to_jiff()).hour()).unwrap_or(0)
    }

    /// When the team's own clock shows this. Of an hour that is there twice the first, of one that is not there the next.
    #[must_use]
    pub fn instant(&self, local: jiff::civil::DateTime) -> Timestamp {
        let at = self.zone.to_ambiguous_timestamp(local).compatible();
        at.map_or(Timestamp::clamped(0), |at| Timestamp::clamped(at.as_microsecond()))
    }

    /// The same days and hours by the clock of another team.
    #[must_use]
    pub fn on_clock_of(&self, other: &Self) -> Self {
        Self { zone_name: other.zone_name.clone(), zone: other.zone.clone(), ..self.clone() }
    }

    /// True when `at` lies in business hours, by the team's own calendar.
    #[must_use]
    pub fn is_open(&self, at: Timestamp) -> bool {
        let local = self.zone.to_datetime(at.to_jiff());
        let day = usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or(0);
        let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
        self.days[day] && (i32::from(self.from_minute)..i32::from(self.to_minute)).contains(&minute)
    }
}

/// What teams.yaml holds.
#[derive(Debug, Default)]
pub(super) struct Teams {
    pub(super) teams: BTreeMap<String, Team>,
    pub(super) contacts: BTreeMap<String, Contact>,
}

pub(super) fn read(fields: &Fields<'_>) -> Teams {
    let mut all = Teams::default();
    for node in fields.list("teams") {
        if let Some(team) = read_team(fields.ctx, node) {
            all.teams.insert(team.id.clone(), team);
        }
    }
    for node in fields.list("contacts") {
        if let Some(contact) = read_contact(fields.ctx, node) {
            all.contacts.insert(contact.id.clone(), contact);
        }
    }
    all
}

fn read_team(ctx: Ctx<'_>, node: &Node) -> Option<Team> {
    let keys = ["id", "name", "topic", "time_zone", "hours", "contacts", "receivers"];
    let fields = Fields::open(ctx, node, "a team", &keys)?;
    let id = fields.define(Kind::Team);
    let name = fields.text("name");
    let topic = read_topic(&fields);
    let hours = read_hours(&fields);
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

fn read_contact(ctx: Ctx<'_>, node: &Node) -> Option<Contact> {
    let fields = Fields::open(ctx, node, "a contact", &["id", "name", "team", "receivers"])?;
    let id = fields.define(Kind::Contact);
    let name = fields.text("name");
    let team = fields.reference_if("team", Kind::Team);
    let receivers = read_receivers(&fields);
    let id = id?;
    Some(Contact { name: name.unwrap_or_else(|| id.clone()), id, team, receivers })
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

fn read_hours(fields: &Fields<'_>) -> Hours {
    let mut hours = Hours::default();
    if let Some(zone) = fields.word_if("time_zone") {
        match TimeZoneDatabase::bundled().get(zone.text) {
            Ok(found) => (hours.zone_name, hours.zone) = (zone.text.to_owned(), found),
            Err(_) => {
                let database = TimeZoneDatabase::bundled();
                let names: Vec<String> = database.available().map(|name| name.to_string()).collect();
                let near = super::problem::suggest(zone.text, names.iter().map(String::as_str));
                let near = near.filter(|s| s.starts_with("did"));
                let message = format!("unknown time zone \"{}\"", zone.text);
                fields.ctx.problem(
                    zone.at,
                    message,
                    near.or_else(|| Some("write an IANA name such as \"Europe/Berlin\"".to_owned())),
                );
            }
        }
    }
    if let Some(table) = fields.map("hours", "hours", &["days", "from", "to"]) {
        read_week(&table, &mut hours);
    }
    hours
}

pub(super) fn read_week(table: &Fields<'_>, hours: &mut Hours) {
    const DAYS: [(&str, usize); 7] =
        [("mon", 0), ("tue", 1), ("wed", 2), ("thu", 3), ("fri", 4), ("sat", 5), ("sun", 6)];
    if table.node("days").is_some() {
        hours.days = [false; 7];
        for day in table.choices("days", &DAYS) {
            hours.days[day] = true;
        }
    }
    if let Some(minute) = read_minute(table, "from") {
        hours.from_minute = minute;
    }
    if let Some(minute) = read_minute(table, "to") {
        hours.to_minute = minute;
    }
    if hours.from_minute >= hours.to_minute {
        table.ctx.problem(table.at, "hours end before they begin", "write from: \"09:00\", to: \"17:00\"".to_owned());
    }
}

/// `HH:MM`, 00:00 to 24:00.
fn read_minute(table: &Fields<'_>, key: &str) -> Option<u16> {
    let node = table.node(key)?;
    let written = if let Value::Text(text) = &node.value { text.as_str() } else { "" };
    let parts = written.split_once(':').filter(|(h, m)| h.len() == 2 && m.len() == 2);
    let minute = parts.and_then(|(h, m)| Some((h.parse::<u16>().ok()?, m.parse::<u16>().ok()?)));
    let minute = minute.filter(|(h, m)| *m < 60 && h * 60 + m <= 1440).map(|(h, m)| h * 60 + m);
    if minute.is_none() {
        table.ctx.problem(node.at, format!("\"{key}\" is no time of day"), "write \"09:00\", in quotes".to_owned());
    }
    minute
}
