//! Named calendars of days on which nobody works, dated or of every year. Teams and contacts name those they keep.

use super::fields::{Fields, Word};
use super::sheet::{Ctx, Kind};
use super::yaml::Node;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// A leap year: in it every day of a year is there.
const LEAP_YEAR: i16 = 2024;

/// A day off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holiday {
    /// Its name for people.
    pub name: String,
    /// The calendar it stands in.
    pub calendar: String,
    day: Day,
}

/// When it is, by the clock of whoever keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Day {
    /// Once.
    On(Date),
    /// Every year; 29 February only in leap years.
    Every { month: i8, day: i8 },
}

impl Holiday {
    /// True when it is on this day.
    #[must_use]
    pub fn is_on(&self, date: Date) -> bool {
        match self.day {
            Day::On(day) => day == date,
            Day::Every { month, day } => (month, day) == (date.month(), date.day()),
        }
    }
}

/// The calendars of a pack, by id.
#[derive(Debug, Default)]
pub(super) struct Calendars(BTreeMap<String, Vec<Holiday>>);

impl Calendars {
    /// The days of a calendar; none for one that is not there.
    pub(super) fn days(&self, id: &str) -> &[Holiday] {
        self.0.get(id).map_or(&[], Vec::as_slice)
    }
}

pub(super) fn read(fields: &Fields<'_>) -> Calendars {
    let mut calendars = Calendars::default();
    for node in fields.list("calendars") {
        read_calendar(fields.ctx, node, &mut calendars);
    }
    calendars
}

fn read_calendar(ctx: Ctx<'_>, node: &Node, into: &mut Calendars) -> Option<()> {
    let fields = Fields::open(ctx, node, "a calendar", &["id", "about", "days"])?;
    let id = fields.define(Kind::Calendar);
    fields.text_if("about");
    let mut days: Vec<Holiday> = Vec::new();
    for node in fields.list("days") {
        let Some(holiday) = read_day(ctx, node, id.as_deref().unwrap_or_default()) else { continue };
        if days.iter().any(|other| other.day == holiday.day) {
            ctx.problem(node.at, format!("\"{}\" stands here twice", holiday.name), "remove one of the two".to_owned());
        }
        days.push(holiday);
    }
    if days.is_empty() && fields.node("days").is_none() {
        ctx.problem(fields.at, "a calendar lacks \"days\"", "add \"days: [{every: \"12-25\", name: …}]\"".to_owned());
    }
    into.0.insert(id?, days);
    Some(())
}

fn read_day(ctx: Ctx<'_>, node: &Node, calendar: &str) -> Option<Holiday> {
    let fields = Fields::open(ctx, node, "a holiday", &["date", "every", "name"])?;
    let name = fields.text("name");
    let day = match (fields.word_if("date"), fields.word_if("every")) {
        (Some(date), None) => read_date(ctx, "date", &date).map(Day::On),
        (None, Some(every)) => read_yearly(ctx, &every),
        (both, _) => {
            let message =
                if both.is_some() { "a holiday is dated or yearly, not both" } else { "a holiday lacks its day" };
            let fix = "write date: \"2026-04-03\" or every: \"12-25\"".to_owned();
            ctx.problem(fields.at, message, fix);
            None
        }
    };
    Some(Holiday { name: name?, calendar: calendar.to_owned(), day: day? })
}

/// `2026-04-03`.
pub(super) fn read_date(ctx: Ctx<'_>, key: &str, word: &Word<'_>) -> Option<Date> {
    let date = (word.text.len() == 10).then(|| word.text.parse().ok()).flatten();
    if date.is_none() {
        let fix = "write year, month and day: \"2026-04-03\"".to_owned();
        ctx.problem(word.at, format!("\"{key}\" is no date: \"{}\"", word.text), fix);
    }
    date
}

/// `12-25`, month and day.
fn read_yearly(ctx: Ctx<'_>, word: &Word<'_>) -> Option<Day> {
    let parts = word.text.split_once('-').and_then(|(month, day)| Some((month.parse().ok()?, day.parse().ok()?)));
    let found = parts.filter(|(month, day)| Date::new(LEAP_YEAR, *month, *day).is_ok());
    if found.is_none() {
        let fix = "write month and day: \"12-25\"".to_owned();
        ctx.problem(word.at, format!("\"every\" is no day of a year: \"{}\"", word.text), fix);
    }
    found.map(|(month, day)| Day::Every { month, day })
}
