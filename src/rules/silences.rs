//! Silences and maintenance windows: alerts that are written and not told, by whose word, why and until when.
//!
//! A silence must end: one without an end is refused. Whether its end is past is a matter of the wall clock, which a pack
//! does not know: whoever asks ([`overdue`]) brings it. Times without an offset are those of a team's clock.

use super::alerts::KINDS;
use super::condition::SEVERITIES;
use super::fields::{Fields, Word};
use super::hours::{Hours, read_week};
use super::overlay::OverlayEntry;
use super::problem::{Finding, Problem};
use super::sheet::{Ctx, Kind};
use super::teams::Team;
use super::yaml::Node;
use crate::alert::{AlertKind, Suppressed, SuppressedBy};
use crate::mention::Timestamp;
use crate::query::lint::Severity as Lint;
use crate::route::Severity;
use std::collections::BTreeMap;

/// Longest silence, seconds: a quarter. What is to be quiet for longer is a setting of the alert.
const SECONDS_MAX: i64 = 92 * 86_400;

/// A time as the pack writes it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Moment {
    /// With its offset.
    Exact(Timestamp),
    /// By the clock of a team.
    Local(jiff::civil::DateTime),
}

impl Moment {
    fn on(self, clock: &Hours) -> Timestamp {
        match self {
            Self::Exact(at) => at,
            Self::Local(local) => clock.instant(local),
        }
    }

    /// Seconds to a later one of the same writing; none where the two cannot be compared.
    fn seconds_to(self, later: Self) -> Option<i64> {
        match (self, later) {
            (Self::Exact(_), Self::Exact(_)) | (Self::Local(_), Self::Local(_)) => {
                let utc = Hours::default();
                Some(later.on(&utc).as_seconds() - self.on(&utc).as_seconds())
            }
            _ => None,
        }
    }
}

/// Alerts that are not told for a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Silence {
    /// Its name.
    pub id: String,
    /// Silence or maintenance.
    pub by: SuppressedBy,
    /// Only these queries; none named: all.
    pub queries: Vec<String>,
    /// Only these kinds; none named: all.
    pub kinds: Vec<AlertKind>,
    /// Only alerts of this team.
    pub team: Option<String>,
    /// What is graver is told all the same.
    pub up_to: Severity,
    /// Whose word it is.
    pub author: String,
    /// Why.
    pub reason: String,
    /// The team by whose clock its times are read; none: UTC.
    clock: Option<String>,
    from: Option<Moment>,
    until: Option<Moment>,
    /// Recurring: days and hours of a week.
    week: Option<Hours>,
    /// Where its end is written.
    place: Problem,
}

/// The alert that may be silenced.
#[derive(Debug, Clone, Copy)]
pub struct Silenceable<'a> {
    /// Its query.
    pub query: &'a str,
    /// Its kind.
    pub kind: AlertKind,
    /// Its owner.
    pub team: &'a str,
    /// How severe it is now.
    pub severity: Severity,
}

impl Silence {
    /// What keeps the alert back at that time, if this does.
    pub(super) fn keeps(
        &self,
        alert: Silenceable<'_>,
        at: Timestamp,
        teams: &BTreeMap<String, Team>,
    ) -> Option<Suppressed> {
        let Silenceable { query, kind, team, severity } = alert;
        let about = (self.queries.is_empty() || self.queries.iter().any(|one| one == query))
            && (self.kinds.is_empty() || self.kinds.contains(&kind))
            && self.team.as_ref().is_none_or(|one| one == team)
            && severity >= self.up_to;
        (about && self.is_on(at, teams)).then(|| Suppressed {
            by: self.by,
            id: self.id.clone(),
            reason: format!("{} by {}: {}", self.by.as_str(), self.author, self.reason),
        })
    }

    fn is_on(&self, at: Timestamp, teams: &BTreeMap<String, Team>) -> bool {
        let clock = self.clock(teams);
        let begun = self.from.is_none_or(|from| from.on(&clock) <= at);
        let ended = self.until.is_some_and(|until| until.on(&clock) <= at);
        begun && !ended && self.week.as_ref().is_none_or(|week| week.on_clock_of(&clock).is_open(at))
    }

    fn clock(&self, teams: &BTreeMap<String, Team>) -> Hours {
        let team = self.clock.as_ref().and_then(|team| teams.get(team));
        team.map(|team| team.hours.clone()).unwrap_or_default()
    }
}

/// Silences whose end is past, or so far ahead that it is none.
pub(super) fn overdue(silences: &[Silence], teams: &BTreeMap<String, Team>, now: Timestamp) -> Vec<Finding> {
    let finding = |silence: &Silence| {
        let until = silence.until?.on(&silence.clock(teams));
        let ahead = until.as_seconds().saturating_sub(now.as_seconds());
        let is_endless = ahead > SECONDS_MAX && silence.week.is_none();
        let (code, message, fix) = if ahead <= 0 {
            let message =
                format!("{} \"{}\" ended at {until}: it keeps nothing back any more", silence.by.as_str(), silence.id);
            ("past-silence", message, "remove it, or say anew until when")
        } else if is_endless {
            let message = format!("{} \"{}\" ends in more than 92 days", silence.by.as_str(), silence.id);
            ("endless-silence", message, "name a nearer end, or set \"enabled: false\" for these alerts")
        } else {
            return None;
        };
        let problem = Problem { message, suggestion: Some(fix.to_owned()), ..silence.place.clone() };
        Some(Finding { problem, code, severity: Lint::Error })
    };
    // those of the overlay are told as entries of it
    silences.iter().filter(|silence| !silence.id.starts_with("overlay:")).filter_map(finding).collect()
}

const SILENCE_KEYS: [&str; 10] =
    ["id", "queries", "kinds", "team", "up_to", "author", "reason", "clock", "from", "until"];
const MAINTENANCE_KEYS: [&str; 11] =
    ["id", "queries", "kinds", "team", "up_to", "author", "reason", "clock", "from", "until", "every"];

pub(super) fn read(fields: &Fields<'_>, into: &mut Vec<Silence>) {
    for node in fields.list("silences") {
        into.extend(read_silence(fields.ctx, node));
    }
    for node in fields.list("maintenance") {
        into.extend(read_maintenance(fields.ctx, node));
    }
}

/// The silence of an overlay entry.
pub(super) fn of_overlay(fields: &Fields<'_>, entry: &OverlayEntry) -> Silence {
    let silence = Silence {
        id: entry.rule(),
        by: SuppressedBy::Silence,
        queries: fields.references("queries", Kind::Query),
        kinds: fields.choices("kinds", &KINDS),
        team: fields.reference_if("team", Kind::Team),
        up_to: fields.choice("up_to", &SEVERITIES).unwrap_or(Severity::S2),
        author: entry.author.clone(),
        reason: entry.reason.clone(),
        clock: None,
        from: Some(Moment::Exact(entry.from)),
        until: Some(Moment::Exact(entry.until)),
        week: None,
        place: entry.place.clone(),
    };
    refuse_all(fields, &silence);
    silence
}

fn refuse_all(fields: &Fields<'_>, silence: &Silence) {
    if silence.queries.is_empty() && silence.kinds.is_empty() && silence.team.is_none() {
        let message = "a silence of everything";
        fields.ctx.problem(fields.at, message, "name its \"queries\", \"kinds\" or \"team\"".to_owned());
    }
}

fn read_silence(ctx: Ctx<'_>, node: &Node) -> Option<Silence> {
    let fields = Fields::open(ctx, node, "a silence", &SILENCE_KEYS)?;
    let until = fields.word("until");
    let silence = read_common(&fields, SuppressedBy::Silence, until.as_ref());
    if let Some(silence) = &silence {
        refuse_all(&fields, silence);
    }
    silence
}

fn read_maintenance(ctx: Ctx<'_>, node: &Node) -> Option<Silence> {
    let fields = Fields::open(ctx, node, "a maintenance window", &MAINTENANCE_KEYS)?;
    let recurring = fields.node("every").is_some();
    let until = if recurring {
        fields.word_if("until")
    } else {
        fields.word("from");
        fields.word("until")
    };
    let mut window = read_common(&fields, SuppressedBy::Maintenance, until.as_ref())?;
    if let Some(table) = fields.map("every", "a recurring window", &["days", "from", "to"]) {
        let mut week = Hours::default();
        read_week(&table, &mut week);
        window.week = Some(week);
    }
    Some(window)
}

/// What both have; `until` is read already, as it must be there for one of them.
fn read_common(fields: &Fields<'_>, by: SuppressedBy, until: Option<&Word<'_>>) -> Option<Silence> {
    let ctx = fields.ctx;
    let id = fields.define(Kind::Silence);
    let author = fields.reference("author", Kind::Party);
    let reason = fields.text("reason");
    let place = ctx.blank(until.map_or(fields.at, |word| word.at));
    let from = fields.word_if("from").and_then(|word| read_moment(ctx, "from", &word));
    let end = until.and_then(|word| read_moment(ctx, "until", word));
    if let (Some(from), Some(end), Some(word)) = (from, end, until) {
        check_length(ctx, from, end, word);
    }
    Some(Silence {
        id: id?,
        by,
        queries: fields.references("queries", Kind::Query),
        kinds: fields.choices("kinds", &KINDS),
        team: fields.reference_if("team", Kind::Team),
        up_to: fields.choice("up_to", &SEVERITIES).unwrap_or(Severity::S2),
        author: author?,
        reason: reason?,
        clock: fields.reference_if("clock", Kind::Team),
        from,
        until: end,
        week: None,
        place,
    })
}

fn check_length(ctx: Ctx<'_>, from: Moment, until: Moment, word: &Word<'_>) {
    match from.seconds_to(until) {
        Some(..=0) => ctx.problem(word.at, "it ends before it begins", "write an end after \"from\"".to_owned()),
        Some(seconds) if seconds > SECONDS_MAX => {
            let fix = "name a nearer end, or set \"enabled: false\" for these alerts".to_owned();
            ctx.problem(word.at, "it lasts for more than 92 days", fix);
        }
        _ => {}
    }
}

fn read_moment(ctx: Ctx<'_>, key: &str, word: &Word<'_>) -> Option<Moment> {
    let local = || word.text.parse().ok().map(Moment::Local);
    let moment = word.text.parse().ok().map(Moment::Exact).or_else(local);
    if moment.is_none() {
        let fix = "write \"2026-03-05T18:00\", by the clock of the team under \"clock\", or \"2026-03-05T17:00:00Z\""
            .to_owned();
        ctx.problem(word.at, format!("\"{key}\" is no time"), fix);
    }
    moment
}
