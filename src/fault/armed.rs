//! The faults themselves, as the environment asks for them.
//!
//! `GROUNDSWELL_FAULT=kill:POINT:N` kills this process with SIGKILL when it comes to a point for the N-th time (counted
//! from one) with at least one output in its transaction, or for `polled`, `restoring` and `revoking` with any number;
//! `stop:POINT:N` stops it there with SIGSTOP instead, so that it goes on as a zombie when it is continued.
//! `GROUNDSWELL_BUG=NAME` plants a bug. `GROUNDSWELL_WALL_OFF=SECONDS` puts the wall clock fast, or slow where negative.

use super::{Bug, Point};
use std::io::Write as _;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

#[derive(Debug, Clone, Copy)]
struct Kill {
    signal: Signal,
    point: Point,
    reach: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signal {
    Kill,
    Stop,
}

/// Bit by place in [`Bug::ALL`].
static PLANTED: AtomicU32 = AtomicU32::new(0);
static REACHED: AtomicU64 = AtomicU64::new(0);

/// See [`Point`].
pub fn reach(point: Point, outputs: usize) {
    let Some(kill) = kill() else { return };
    let counts = outputs > 0 || matches!(point, Point::Polled | Point::Restoring | Point::Revoking);
    if point != kill.point || !counts || REACHED.fetch_add(1, Ordering::Relaxed) + 1 != kill.reach {
        return;
    }
    // one write: another thread's line must not fall into it
    let (done, signal) = match kill.signal {
        Signal::Kill => ("killed", "-KILL"),
        Signal::Stop => ("stopped", "-STOP"),
    };
    let line = format!("fault: {done} at {}, reach {}, outputs {outputs}\n", point.as_str(), kill.reach);
    let _ = std::io::stderr().write_all(line.as_bytes());
    let pid = std::process::id().to_string();
    let _ = Command::new("kill").args([signal, &pid]).status();
    // the signal is on its way: nothing more may happen on this thread
    if kill.signal == Signal::Kill {
        loop {
            std::thread::park();
        }
    }
}

/// Whether a bug is planted, by [`plant`] or by the environment.
#[must_use]
pub fn is_planted(bug: Bug) -> bool {
    static ASKED: OnceLock<()> = OnceLock::new();
    ASKED.get_or_init(|| {
        if let Ok(name) = std::env::var("GROUNDSWELL_BUG") {
            let bug = Bug::ALL.into_iter().find(|bug| bug.as_str() == name);
            plant(Some(bug.unwrap_or_else(|| unknown("GROUNDSWELL_BUG", &name))));
        }
    });
    PLANTED.load(Ordering::Relaxed) & bit(bug) != 0
}

/// Plants one bug in this process, or none.
pub fn plant(bug: Option<Bug>) {
    PLANTED.store(bug.map_or(0, bit), Ordering::Relaxed);
}

/// How much the wall clock is fast, µs.
pub fn wall_off_micros() -> i64 {
    static OFF: OnceLock<i64> = OnceLock::new();
    *OFF.get_or_init(|| {
        let Ok(asked) = std::env::var("GROUNDSWELL_WALL_OFF") else { return 0 };
        let seconds = asked.parse::<i64>().ok().and_then(|seconds| seconds.checked_mul(1_000_000));
        seconds.unwrap_or_else(|| unknown("GROUNDSWELL_WALL_OFF", &asked))
    })
}

fn bit(bug: Bug) -> u32 {
    1 << Bug::ALL.iter().position(|one| *one == bug).unwrap_or(0)
}

fn kill() -> Option<Kill> {
    static KILL: OnceLock<Option<Kill>> = OnceLock::new();
    *KILL.get_or_init(|| {
        let asked = std::env::var("GROUNDSWELL_FAULT").ok()?;
        Some(parse(&asked).unwrap_or_else(|| unknown("GROUNDSWELL_FAULT", &asked)))
    })
}

fn parse(asked: &str) -> Option<Kill> {
    let (signal, rest) = asked.split_once(':')?;
    let signal = match signal {
        "kill" => Signal::Kill,
        "stop" => Signal::Stop,
        _ => return None,
    };
    let (point, reach) = rest.split_once(':')?;
    let point = Point::ALL.into_iter().find(|known| known.as_str() == point)?;
    Some(Kill { signal, point, reach: reach.parse().ok()? })
}

/// A test that misspells its fault must not pass for want of it.
fn unknown(variable: &str, value: &str) -> ! {
    let _ = writeln!(std::io::stderr(), "fault: {variable}={value} is not known");
    std::process::exit(2)
}
