//! What time may raise the severity of an issue by: its author writes again unanswered, or its thread grows. Rules of the
//! pack; watch counts.

use super::Severity;

/// Longest time over which posts of a thread are counted, seconds: 6 h.
pub const THREAD_WITHIN_MAX: i64 = 6 * 3_600;
/// Most posts of one author that are asked for.
pub const CONTACTS_MAX: usize = 16;
/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Public posts of one author about one issue, since the last answer.
    Contacts,
    /// Posts of others in the threads that the author began.
    Thread,
}

/// A rule that raises the severity of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raise {
    /// Its name in reasons.
    pub id: String,
    /// For these intents; none named: for all.
    pub intents: Vec<String>,
    /// What is counted.
    pub sign: Sign,
    /// So many, at least.
    pub least: u32,
    /// Within so many seconds.
    pub within_seconds: i64,
    /// At least this severe then.
    pub severity: Severity,
}

impl Raise {
    /// Whether it is for that intent.
    #[must_use]
    pub fn concerns(&self, intent: &str) -> bool {
        self.intents.is_empty() || self.intents.iter().any(|one| one == intent)
    }

    /// Whether so many within so many seconds are enough.
    #[must_use]
    pub fn holds(&self, sign: Sign, count: u64, within_seconds: i64) -> bool {
        sign == self.sign && count >= u64::from(self.least) && within_seconds <= self.within_seconds
    }

    /// Why it raises, with the numbers compared.
    #[must_use]
    pub fn reason(&self, count: u64) -> String {
        let within = span(self.within_seconds);
        let (least, severity) = (self.least, self.severity.as_str());
        match self.sign {
            Sign::Contacts => {
                format!("repeat_contact: {count} in {within} without an answer, at least {least}: at least {severity}")
            }
            Sign::Thread => format!("thread_growth: {count} in {within}, at least {least}: at least {severity}"),
        }
    }
}

/// In the largest unit that tells it whole.
fn span(seconds: i64) -> String {
    match seconds {
        whole if whole % 3_600 == 0 => format!("{} h", whole / 3_600),
        whole if whole % 60 == 0 => format!("{} min", whole / 60),
        _ => format!("{seconds} s"),
    }
}
