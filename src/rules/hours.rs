//! Business hours: a week in a time zone, less the holidays of named calendars.

use super::calendars::{Calendars, Holiday};
use super::fields::Fields;
use super::sheet::Kind;
use super::yaml::{Node, Value};
use crate::mention::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// Days by name, Monday first.
pub(super) const DAYS: [(&str, usize); 7] =
    [("mon", 0), ("tue", 1), ("wed", 2), ("thu", 3), ("fri", 4), ("sat", 5), ("sun", 6)];

/// Hours of one day, in minutes after midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Inclusive.
    pub from_minute: u16,
    /// Exclusive, at most 1440.
    pub to_minute: u16,
}

/// Whether somebody works at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening<'a> {
    /// In business hours.
    Open,
    /// Outside them.
    Closed,
    /// It would be in business hours, were it not this holiday.
    Holiday(&'a Holiday),
}

/// Business hours in a time zone (from the bundled time zone database, so the same everywhere).
#[derive(Debug, Clone, PartialEq)]
pub struct Hours {
    /// IANA name.
    pub zone_name: String,
    zone: TimeZone,
    /// Monday first; none on a day off.
    pub week: [Option<Span>; 7],
    /// Days off, those of all its calendars.
    pub holidays: Vec<Holiday>,
}

impl Default for Hours {
    /// Monday to Friday, 9 to 17, UTC.
    fn default() -> Self {
        let day = Some(Span { from_minute: 540, to_minute: 1020 });
        let week = [day, day, day, day, day, None, None];
        Self { zone_name: "UTC".to_owned(), zone: TimeZone::UTC, week, holidays: Vec::new() }
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

    /// The same week by the clock of another team.
    #[must_use]
    pub fn on_clock_of(&self, other: &Self) -> Self {
        Self { zone_name: other.zone_name.clone(), zone: other.zone.clone(), ..self.clone() }
    }

    /// True when `at` lies in business hours, by the team's own calendar: a holiday lies outside.
    #[must_use]
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.opening(at) == Opening::Open
    }

    /// The same, and which holiday decided.
    #[must_use]
    pub fn opening(&self, at: Timestamp) -> Opening<'_> {
        let local = self.zone.to_datetime(at.to_jiff());
        let day = usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or(0);
        let minute = u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
        let in_hours = self.week[day].is_some_and(|span| (span.from_minute..span.to_minute).contains(&minute));
        if !in_hours {
            return Opening::Closed;
        }
        self.holidays.iter().find(|holiday| holiday.is_on(local.date())).map_or(Opening::Open, Opening::Holiday)
    }
}

/// Reads `time_zone`, `hours` and `holidays` of a team or contact. `usual` is what holds where they say nothing.
pub(super) fn read(fields: &Fields<'_>, calendars: &Calendars, usual: Hours) -> Hours {
    let mut hours = usual;
    read_zone(fields, &mut hours);
    match fields.node("hours").map(|node| &node.value) {
        Some(Value::List(blocks)) => {
            hours.week = [None; 7];
            blocks.iter().for_each(|block| read_block(fields, block, &mut hours));
        }
        Some(_) => {
            if let Some(table) = fields.map("hours", "hours", &["days", "from", "to"]) {
                read_week(&table, &mut hours);
            }
        }
        None => {}
    }
    if fields.node("holidays").is_some() {
        let names = fields.references("holidays", Kind::Calendar);
        hours.holidays = names.iter().flat_map(|name| calendars.days(name)).cloned().collect();
    }
    hours
}

fn read_zone(fields: &Fields<'_>, hours: &mut Hours) {
    let Some(zone) = fields.word_if("time_zone") else { return };
    let database = TimeZoneDatabase::bundled();
    if let Ok(found) = database.get(zone.text) {
        (hours.zone_name, hours.zone) = (zone.text.to_owned(), found);
        return;
    }
    let names: Vec<String> = database.available().map(|name| name.to_string()).collect();
    let near = super::problem::suggest(zone.text, names.iter().map(String::as_str));
    let near = near.filter(|s| s.starts_with("did"));
    let fix = near.or_else(|| Some("write an IANA name such as \"Europe/Berlin\"".to_owned()));
    fields.ctx.problem(zone.at, format!("unknown time zone \"{}\"", zone.text), fix);
}

/// One entry of `hours: [{days: [mon], from: "09:00", to: "17:00"}, …]`: a day stands in one of them at most.
fn read_block(parent: &Fields<'_>, node: &Node, hours: &mut Hours) {
    let Some(table) = Fields::open(parent.ctx, node, "hours", &["days", "from", "to"]) else { return };
    if table.node("days").is_none() {
        parent.ctx.problem(table.at, "hours in a list lack \"days\"", "add \"days: [mon, tue]\"".to_owned());
    }
    let mut block = Hours::default();
    read_week(&table, &mut block);
    for ((name, day), span) in DAYS.iter().zip(block.week) {
        if span.is_some() && hours.week[*day].is_some() {
            parent.ctx.problem(table.at, format!("\"{name}\" has hours twice"), "name each day once".to_owned());
        }
        hours.week[*day] = hours.week[*day].or(span);
    }
}

/// Reads days and hours of a week, the same on each of its days.
pub(super) fn read_week(table: &Fields<'_>, hours: &mut Hours) {
    let usual = hours.week.iter().flatten().next().copied().unwrap_or(Span { from_minute: 540, to_minute: 1020 });
    let span = Span {
        from_minute: read_minute(table, "from").unwrap_or(usual.from_minute),
        to_minute: read_minute(table, "to").unwrap_or(usual.to_minute),
    };
    let mut days = hours.week.map(|day| day.is_some());
    if table.node("days").is_some() {
        days = [false; 7];
        for day in table.choices("days", &DAYS) {
            days[day] = true;
        }
    }
    hours.week = days.map(|works| works.then_some(span));
    if span.from_minute >= span.to_minute {
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
