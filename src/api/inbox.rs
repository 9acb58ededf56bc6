//! The bounded way of requests into the log: one thread writes, what waits for it goes into one transaction.
//!
//! Bounds: so many letters wait, a transaction holds so many records, and an answer is waited for so long. It must never
//! answer before the log has acknowledged, nor keep a letter that could not be written: its sender says it again.

use crate::log::{Append, Output};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Letters that wait, at most.
const WAITING_MAX: usize = 64;
/// Records of one transaction; the letter in hand may go over.
const RECORDS_MAX: usize = 5_000;
/// An acknowledgement is waited for so long: looking for a broker, and a transaction.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why a letter is not in the log, as far as is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undelivered {
    /// Too many wait.
    #[error("too many requests wait for the log")]
    Busy,
    /// The log did not take it; or it is open whether it did.
    #[error("{0}")]
    Unreachable(String),
}

struct Letter {
    outputs: Vec<Output>,
    answer: oneshot::Sender<Result<(), String>>,
}

/// Where letters are handed in. Clones share it; the thread ends when the last is gone.
#[derive(Clone)]
pub struct Inbox {
    letters: mpsc::Sender<Letter>,
    patience: Duration,
}

impl Inbox {
    /// Starts the thread that writes to `log`.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn open(log: impl Append + 'static) -> std::io::Result<Self> {
        let (letters, waiting) = mpsc::channel(WAITING_MAX);
        std::thread::Builder::new().name("inbox".to_owned()).spawn(move || write_all(waiting, log))?;
        Ok(Self { letters, patience: PATIENCE })
    }

    /// Hands records in, and waits until all of them are in the log.
    ///
    /// # Errors
    /// When they are not, or that is in doubt.
    pub async fn deliver(&self, outputs: Vec<Output>) -> Result<(), Undelivered> {
        let (answer, answered) = oneshot::channel();
        self.letters.try_send(Letter { outputs, answer }).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => Undelivered::Busy,
            mpsc::error::TrySendError::Closed(_) => Undelivered::Unreachable("stopping".to_owned()),
        })?;
        match tokio::time::timeout(self.patience, answered).await {
            Ok(Ok(result)) => result.map_err(Undelivered::Unreachable),
            Ok(Err(_)) => Err(Undelivered::Unreachable("stopping".to_owned())),
            Err(_) => Err(Undelivered::Unreachable("no answer from the log yet".to_owned())),
        }
    }
}

fn write_all(mut waiting: mpsc::Receiver<Letter>, mut log: impl Append) {
    while let Some(first) = waiting.blocking_recv() {
        let (mut outputs, mut answers) = (first.outputs, vec![first.answer]);
        while outputs.len() < RECORDS_MAX
            && let Ok(next) = waiting.try_recv()
        {
            outputs.extend(next.outputs);
            answers.push(next.answer);
        }
        // who has gone need not be told, but is not worth a request less either: nobody knows what it has seen
        let result = log.append(outputs).map_err(|error| error.to_string());
        for answer in answers {
            let _ = answer.send(result.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{LogError, Place};
    use std::sync::mpsc as sync;

    /// A log that takes what it is told to take, when it is told to.
    struct Gate {
        go: sync::Receiver<Result<(), LogError>>,
        took: sync::Sender<usize>,
    }

    impl Append for Gate {
        fn append(&mut self, outputs: Vec<Output>) -> Result<(), LogError> {
            self.took.send(outputs.len()).expect("somebody counts");
            self.go.recv().expect("somebody lets it go on")
        }
    }

    fn letter() -> Vec<Output> {
        let place = Place::Hashed(b"k".to_vec());
        vec![Output { topic: "t".into(), place, key: None, value: None, headers: Vec::new() }]
    }

    fn gate() -> (Inbox, sync::Sender<Result<(), LogError>>, sync::Receiver<usize>, tokio::runtime::Runtime) {
        let ((go, gate), (took, counted)) = (sync::channel(), sync::channel());
        let inbox = Inbox::open(Gate { go: gate, took }).expect("a thread");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        (inbox, go, counted, runtime.expect("a runtime"))
    }

    #[test]
    fn what_waits_goes_in_one_transaction_and_what_is_too_much_is_refused_at_once() {
        let (inbox, go, counted, runtime) = gate();
        let deliver = || {
            let inbox = inbox.clone();
            runtime.spawn(async move { inbox.deliver(letter()).await })
        };
        let first = deliver();
        assert_eq!(counted.recv(), Ok(1), "the first is being written");
        let waiting: Vec<_> = (0..WAITING_MAX).map(|_| deliver()).collect();
        while inbox.letters.capacity() > 0 {
            std::thread::yield_now();
        }
        assert_eq!(runtime.block_on(inbox.deliver(letter())), Err(Undelivered::Busy));
        go.send(Ok(())).expect("it waits");
        assert_eq!(runtime.block_on(first).expect("no panic"), Ok(()));
        assert_eq!(counted.recv(), Ok(WAITING_MAX), "all that waited at once");
        let cause = || LogError::Retriable { doing: "writing", cause: "no broker".to_owned() };
        go.send(Err(cause())).expect("it waits");
        for answer in waiting {
            let answer = runtime.block_on(answer).expect("no panic");
            assert_eq!(answer, Err(Undelivered::Unreachable(cause().to_string())), "nobody is told otherwise");
        }
    }

    #[test]
    fn an_answer_is_not_waited_for_for_ever() {
        let (mut inbox, _go, _counted, runtime) = gate();
        inbox.patience = Duration::from_millis(20);
        let answer = runtime.block_on(inbox.deliver(letter()));
        assert_eq!(answer, Err(Undelivered::Unreachable("no answer from the log yet".to_owned())));
    }
}
