//! A process that is killed or stopped at a named point, noticed, and started again with the next order.

use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use groundswell::fault::Point;

use crate::meddling::Meddling;
use crate::support::process::Process;
use crate::synthetic::Dice;

/// A process that does not end for so long is killed.
const PATIENCE: Duration = Duration::from_secs(25);
/// Stopped for longer than its session (6 s) and its transaction (10 s, looked at every second) may last.
const STOPPED_FOR: Duration = Duration::from_secs(13);
/// What a zombie has to do its harm.
const CONTINUED_FOR: Duration = Duration::from_secs(4);

/// What is to happen to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Live,
    /// Killed at a point, when it comes there for the so-manieth time.
    Kill(Point, u64),
    /// Killed when the broker has ended its so-manieth transaction, before it learns of it.
    KillAtEnd(u64),
    /// Stopped at a point for [`STOPPED_FOR`], continued, and killed later.
    Stop(Point, u64),
}

/// What happened to a process.
#[derive(Debug, Clone)]
pub struct Hit {
    pub process: String,
    /// `kill` or `stop`.
    pub kind: &'static str,
    /// Name of the point; `end-answered` when the broker had ended the transaction, `anywhere` when the point was
    /// not reached.
    pub point: String,
    pub at_ms: i64,
}

impl Hit {
    /// Whether the broker had ended the transaction that the process had open.
    pub fn has_ended(&self) -> bool {
        self.point == "ended" || self.point == "end-answered"
    }
}

/// One process of a deployment, and what is to happen to it.
pub struct Victim {
    pub process: Process,
    prefix: String,
    instance: String,
    meddling: Meddling,
    /// How much its wall clock is fast, seconds.
    wall_off: i64,
    /// A point that is not reached for so long is given up: the process is killed wherever it is.
    patience: Duration,
    order: Order,
    since: Instant,
    stopped: Option<Instant>,
    continued: Option<Instant>,
}

impl Victim {
    /// A process that has not started.
    pub fn new(process: Process, prefix: &str, instance: &str, meddling: Meddling, patience: Duration) -> Self {
        let (prefix, instance) = (prefix.to_owned(), instance.to_owned());
        let (since, stopped, continued) = (Instant::now(), None, None);
        let (order, wall_off) = (Order::Live, 0);
        Self { process, prefix, instance, meddling, wall_off, patience, order, since, stopped, continued }
    }

    /// The same with a wall clock so many seconds fast.
    pub fn wall_off(self, seconds: i64) -> Self {
        Self { wall_off: seconds, ..self }
    }

    /// Starts it with an order; `bug` is planted in it.
    pub fn start(&mut self, order: Order, bug: Option<&str>) {
        self.meddling.forget(&self.prefix, &self.instance);
        let fault = match order {
            Order::Kill(point, reach) => Some(format!("kill:{}:{reach}", point.as_str())),
            Order::Stop(point, reach) => Some(format!("stop:{}:{reach}", point.as_str())),
            Order::Live | Order::KillAtEnd(_) => None,
        };
        let fault = fault.map(|fault| ("GROUNDSWELL_FAULT", fault));
        let bug = bug.map(|bug| ("GROUNDSWELL_BUG", bug.to_owned()));
        let wall = ("GROUNDSWELL_WALL_OFF", self.wall_off.to_string());
        self.process.environment = fault.into_iter().chain(bug).chain([wall]).collect();
        self.process.start();
        (self.order, self.since, self.stopped, self.continued) = (order, Instant::now(), None, None);
        match order {
            Order::KillAtEnd(ends) => self.meddling.kill_at_end(&self.prefix, &self.instance, self.process.pid(), ends),
            Order::Kill(Point::Aborting, reach) => self.meddling.refuse(&self.prefix, &self.instance, reach),
            _ => {}
        }
    }

    /// Why it ended, in its own words.
    pub fn last_word(&self) -> String {
        let text = self.process.log_text();
        text.lines().rfind(|line| line.starts_with("groundswell: ")).unwrap_or("it does not say why").to_owned()
    }

    /// Looks at it; what has happened since, and whether it is to be started again.
    ///
    /// # Errors
    /// When it ended by itself.
    pub fn look(&mut self) -> Result<(Option<Hit>, bool), String> {
        if let Some(status) = self.process.ended() {
            if status.signal() != Some(9) {
                return Err(format!("process {} ended by itself, {status}: {}", self.instance, self.last_word()));
            }
            let was_zombie = matches!(self.order, Order::Stop(..)) && self.continued.is_some();
            let hit = (!was_zombie).then(|| self.hit("kill", self.point_of_death()));
            return Ok((hit, true));
        }
        match (self.order, self.stopped, self.continued) {
            (Order::Live, ..) => {}
            (Order::Stop(point, _), None, _) if self.is_stopped() => {
                self.stopped = Some(Instant::now());
                return Ok((Some(self.hit("stop", point.as_str().to_owned())), false));
            }
            (_, Some(stopped), None) if stopped.elapsed() >= STOPPED_FOR => {
                self.process.signal("-CONT");
                self.continued = Some(Instant::now());
            }
            (_, _, Some(continued)) if continued.elapsed() >= CONTINUED_FOR => self.process.signal("-KILL"),
            (_, None, _) if self.since.elapsed() >= self.patience => {
                self.order = Order::Live;
                self.process.signal("-KILL");
            }
            _ => {}
        }
        Ok((None, false))
    }

    fn hit(&self, kind: &'static str, point: String) -> Hit {
        let at_ms = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
        let at_ms = i64::try_from(at_ms).expect("a time of ours");
        let hit = Hit { process: self.instance.clone(), kind, point, at_ms };
        if let Ok(mut log) = std::fs::OpenOptions::new().append(true).open(&self.process.log) {
            let _ = writeln!(log, "fault seen: {kind} at {}", hit.point);
        }
        hit
    }

    fn point_of_death(&self) -> String {
        match self.order {
            Order::Kill(point, _) => point.as_str().to_owned(),
            Order::KillAtEnd(_) => "end-answered".to_owned(),
            Order::Live | Order::Stop(..) => "anywhere".to_owned(),
        }
    }

    /// As the kernel says.
    fn is_stopped(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.pid())).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with('T'))
    }

    /// Ends it, in good order if it can.
    pub fn stop(&mut self) {
        self.meddling.forget(&self.prefix, &self.instance);
        if self.process.ended().is_none() {
            if self.continued.is_none() && self.is_stopped() {
                // one that rises before it is fenced is no zombie: its transaction may land
                let stopped = self.stopped.unwrap_or_else(Instant::now);
                std::thread::sleep(STOPPED_FOR.saturating_sub(stopped.elapsed()));
            }
            self.process.signal("-CONT");
            self.process.signal("-TERM");
        }
        let deadline = Instant::now() + PATIENCE;
        while self.process.ended().is_none() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(50));
        }
        self.process.kill();
    }
}

/// The orders of one victim, one after the other: kills that land and kills that abort in turn, now and then one with
/// no transaction open.
pub struct Orders {
    dice: Dice,
    given: u64,
    zombies: bool,
}

impl Orders {
    pub fn new(seed: u64, zombies: bool) -> Self {
        // not all begin alike
        Self { dice: Dice(seed), given: seed % 7, zombies }
    }

    pub fn next(&mut self) -> Order {
        self.given += 1;
        let reach = 1 + self.dice.roll(6);
        if self.zombies {
            let points = [Point::OffsetsSent, Point::Flushed, Point::Ending, Point::Polled];
            return Order::Stop(*self.dice.pick(&points), reach);
        }
        let aborting = [Point::Produced, Point::OffsetsSent, Point::Flushed, Point::Ending, Point::Aborting];
        match self.given % 13 {
            6 => Order::Kill(*self.dice.pick(&[Point::Polled, Point::Begun]), reach),
            12 => Order::Kill(*self.dice.pick(&[Point::Restoring, Point::Revoking]), 1),
            n if n % 4 == 0 => Order::KillAtEnd(reach),
            n if n % 2 == 0 => Order::Kill(Point::Ended, reach),
            _ => match *self.dice.pick(&aborting) {
                Point::Aborting => Order::Kill(Point::Aborting, 1),
                Point::Produced => Order::Kill(Point::Produced, 17 * reach),
                point => Order::Kill(point, reach),
            },
        }
    }
}
