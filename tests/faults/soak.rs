//! The long run: rounds of everything at once until the time is over, and a report file.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::cases::{World, kill_plan, told};
use crate::load::Expected;
use crate::meddling::Rates;
use crate::report::{self, Totals};
use crate::round::Plan;
use crate::support::load::number;

/// Mentions of one deployment in one round, and how long they last.
const MENTIONS: u64 = 500_000;
const WINDOW: Duration = Duration::from_secs(12 * 60);
/// Larger transactions than elsewhere: what is killed has more to lose, and more mentions come through in an hour.
const SETTINGS: &str = "snapshot: { interval: 1s }\ntransaction: { interval: 100ms, records_max: 2000 }";
const RATES: Rates =
    Rates { drop_one_in: 600, drop_end_one_in: 400, delay_one_in: 100, delay_max: Duration::from_millis(1_000) };

/// `soak --hours N --seed S`.
pub fn main(arguments: &[String]) -> ExitCode {
    let option = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)?.parse::<f64>().ok()
    };
    let (hours, seed) = (option("--hours").unwrap_or(1.0), option("--seed").unwrap_or(1.0) as u64);
    let (begun, lasts) = (Instant::now(), Duration::from_secs_f64(hours * 3_600.0));
    let (world, totals, failures) = (World::default(), Mutex::new(Totals::default()), Mutex::new(Vec::new()));
    let mut round = 0;
    while begun.elapsed() < lasts {
        let seed = seed * 1_000 + round;
        let Some(load) = Expected::generate(number("GROUNDSWELL_TEST_MENTIONS", MENTIONS), seed) else {
            return ExitCode::from(2);
        };
        let window = WINDOW.min(lasts.saturating_sub(begun.elapsed()).max(Duration::from_secs(60)));
        std::thread::scope(|scope| {
            for plan in plans(seed, round, window) {
                let (world, load, totals, failures) = (&world, &load, &totals, &failures);
                scope.spawn(move || {
                    if let Err(failure) = told(&plan, &world.place(), load, totals, |_| {}) {
                        println!("FAILED: {failure}");
                        failures.lock().unwrap().push(failure);
                    }
                });
            }
        });
        round += 1;
        let command = format!("tests/run soak --hours {hours} --seed {}", seed / 1_000);
        let (totals, failures) = (totals.lock().unwrap(), failures.lock().unwrap());
        let text = report::soak(&totals, seed / 1_000, &command, begun.elapsed(), &failures);
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/soak-report.md");
        std::fs::write(&file, text).unwrap();
        println!("round {round} is over: {}", file.display());
    }
    println!("{}", totals.lock().unwrap().text());
    let failed = failures.lock().unwrap().len();
    println!("test result: {round} rounds, {failed} failed");
    ExitCode::from(u8::from(failed > 0))
}

/// Kills with meddled answers, the same with visitors, and zombies with visitors.
fn plans(seed: u64, round: u64, window: Duration) -> Vec<Plan> {
    let plan = |name: &str, more: u64| {
        let name = format!("soak-{round}-{name}");
        let settings = SETTINGS.to_owned();
        Plan { hits: usize::MAX, window, rates: Some(RATES), settings, ..kill_plan(&name, seed * 10 + more) }
    };
    vec![
        plan("kills", 1),
        Plan { storm: true, ..plan("visited", 2) },
        Plan { storm: true, zombies: true, processes: 3, ..plan("zombies", 3) },
    ]
}
