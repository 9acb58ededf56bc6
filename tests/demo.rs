//! The demo as a newcomer runs it: four things happen, each is told once, and the figures add up.

#![allow(clippy::unwrap_used)]

use std::process::Command;

fn demo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_groundswell")).arg("demo").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "no bar where nobody looks: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Without the one line that tells wall time.
fn without_wall_time(story: &str) -> Vec<&str> {
    story.lines().filter(|line| !line.contains(" times as fast)")).collect()
}

/// Titles of alerts told for the first time, with the hour and minute.
fn opened(story: &str) -> Vec<&str> {
    let is_clock = |line: &&str| line.len() > 5 && line.as_bytes()[2] == b':' && line.as_bytes()[5] == b' ';
    let told = story.lines().filter(is_clock).filter_map(|line| line.split_once(" · ").map(|(_, told)| told));
    told.filter(|told| !["Escalated:", "Again:", "Over:", "Withdrawn:"].iter().any(|state| told.starts_with(state)))
        .collect()
}

/// `name → count` of the table under the line that begins so.
fn table(story: &str, begins: &str) -> Vec<(String, u64)> {
    let rows = story.lines().skip_while(|line| !line.contains(begins)).skip(1);
    rows.take_while(|line| line.starts_with("  "))
        .map(|line| {
            let mut words = line.split_whitespace();
            let name = words.next().unwrap().to_owned();
            (name, words.next().unwrap().replace(',', "").parse().unwrap())
        })
        .collect()
}

#[test]
fn a_day_tells_its_four_events_once_and_its_figures_add_up() {
    let story = demo(&["--duration", "0", "--seed", "3", "--no-console"]);
    assert_eq!(
        opened(&story),
        [
            "Probable outage: nimbus-cloud",
            "Mood is turning: nimbus-mail",
            "Viral thread: nimbus-company",
            "Few voices, many posts: nimbus-pay",
        ],
        "{story}"
    );
    assert_eq!(story.matches(" alert after ").count(), 4, "{story}");
    assert!(!story.contains('\x1b'), "colours are for terminals");

    let figures = story.lines().find(|line| line.contains(" times as fast)")).unwrap();
    let items = figures.split(", ").nth(1).unwrap().split(' ').next().unwrap().replace(',', "");
    let outcomes = table(&story, " times as fast)");
    assert_eq!(outcomes.len(), 6, "{outcomes:?}");
    assert_eq!(outcomes.iter().map(|(_, count)| count).sum::<u64>(), items.parse::<u64>().unwrap());
    for (rows, outcome) in
        [("Routed to", "routed"), ("Noise, set aside", "noise"), ("Could not be read", "dead_letter")]
    {
        let of_outcome = outcomes.iter().find(|(name, _)| name == outcome).unwrap().1;
        assert!(of_outcome > 0, "{outcome}");
        assert_eq!(table(&story, rows).iter().map(|(_, count)| count).sum::<u64>(), of_outcome, "{rows}");
    }

    let again = demo(&["--duration", "0", "--seed", "3"]);
    assert_eq!(without_wall_time(&story), without_wall_time(&again), "the same seed tells the same story");
}

#[test]
fn it_is_told_over_the_seconds_asked_for() {
    let began = std::time::Instant::now();
    let story = demo(&["--duration", "8", "--seed", "4"]);
    let seconds = began.elapsed().as_secs_f64();
    assert!((8.0..60.0).contains(&seconds), "{seconds}");
    assert_eq!(opened(&story).len(), 4, "{story}");
}
