//! Contract: business hours are right in five time zones, across both changes of the clock and on a holiday, by the
//! answers of another library (Python's zoneinfo).
//!
//! The table is committed (`fixtures/clocks`); where Python is there, it is made anew and must be the same.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test say by panicking what is wrong")]

use groundswell::mention::Timestamp;
use groundswell::rules::{Hours, Opening, Pack, SourceFile, load};
use std::path::PathBuf;
use std::process::Command;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const QUARTER_SECONDS: i64 = 900;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clocks").join(name)
}

fn table() -> String {
    std::fs::read_to_string(fixture("table.txt")).unwrap()
}

/// A pack whose team `desk` works so.
fn pack(zone: &str, hours: &str, days: &str) -> Pack {
    let (from, to) = hours.split_once('-').unwrap();
    let days: Vec<&str> = days.split(',').map(|day| DAYS[day.parse::<usize>().unwrap()]).collect();
    let teams = format!(
        "owner: desk\ncalendars:\n  - {{id: feasts, days: [{{every: \"12-25\", name: Christmas Day}}]}}\nteams:\n  - id: desk\n    \
         name: Desk\n    time_zone: {zone}\n    hours: {{days: [{}], from: \"{from}\", to: \"{to}\"}}\n    holidays: [feasts]\n",
        days.join(", ")
    );
    let matrix = "owner: desk\nrows:\n  - {id: other, intent: none, team: desk, public_response: acknowledge, private_handoff: ticket, path: [desk]}\n";
    let queries = "owner: desk\nqueries:\n  - {id: brand, query: acme}\n";
    let files = [("teams.yaml", teams.as_str()), ("matrix.yaml", matrix), ("queries/brand.yaml", queries)];
    let files: Vec<SourceFile> = files.iter().map(|(path, text)| SourceFile::new(*path, *text)).collect();
    load(&files, &[]).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn letter(hours: &Hours, at: Timestamp) -> char {
    match hours.opening(at) {
        Opening::Open => '#',
        Opening::Closed => '.',
        Opening::Holiday(holiday) => {
            assert_eq!((holiday.name.as_str(), holiday.calendar.as_str()), ("Christmas Day", "feasts"));
            'h'
        }
    }
}

#[test]
fn hours_are_those_of_another_library() {
    let (mut quarters, mut holidays) = (0, 0);
    for line in table().lines().filter(|line| !line.starts_with("local ")) {
        let [zone, hours, days, start, answers] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let start: Timestamp = start.parse().unwrap();
        let pack = pack(zone, hours, days);
        let desk = &pack.teams["desk"].hours;
        let ours: String = (0_i64..)
            .zip(answers.chars())
            .map(|(step, _)| letter(desk, start.plus_seconds(step * QUARTER_SECONDS)))
            .collect();
        assert_eq!(ours, answers, "{zone} from {start}");
        quarters += answers.len();
        holidays += answers.matches('h').count();
        assert_eq!(desk.is_open(start), answers.starts_with('#'));
    }
    assert_eq!(quarters, 5 * 3 * 3 * 96);
    assert!(holidays >= 5 * 4 * 4, "{holidays}");
}

#[test]
fn local_times_that_are_there_twice_or_never_are_those_of_another_library() {
    let mut times = 0;
    for line in table().lines().filter_map(|line| line.strip_prefix("local ")) {
        let [zone, local, utc] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let pack = pack(zone, "09:00-17:00", "0");
        let ours = pack.teams["desk"].hours.instant(local.parse().unwrap());
        assert_eq!(ours, utc.parse().unwrap(), "{zone} {local}");
        times += 1;
    }
    assert_eq!(times, 10);
}

#[test]
fn the_table_is_what_its_script_makes() {
    match Command::new("python3").arg(fixture("make.py")).output() {
        Ok(made) if made.status.success() => assert_eq!(String::from_utf8(made.stdout).unwrap(), table()),
        Ok(made) => skipped(&String::from_utf8_lossy(&made.stderr)),
        Err(error) => skipped(&error.to_string()),
    }
}

#[allow(clippy::print_stderr, reason = "a test that compares nothing says so")]
fn skipped(why: &str) {
    eprintln!(
        "python3 with its zones is not here, the committed table stands: {}",
        why.lines().last().unwrap_or_default()
    );
}
