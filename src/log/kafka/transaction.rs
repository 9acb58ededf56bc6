//! The states of one producer's transaction, and what each error of the client does to them.
//!
//! ```text
//!          Begun            Ending
//!   Idle ────────▶ Open ────────────▶ Committing ──Landed──▶ Idle
//!     ▲             │ ▲                │   │  │
//!     ├──Aborted────┘ └───MustAbort────┘   │  └─Fenced, Fatal─▶ Dead
//!     └──Succeeded── Ambiguous ◀──NoAnswer─┘                (from anywhere)
//! ```
//! Why a time-out is never an abort: librdkafka has no client side of KIP-890, so a delayed request of this producer
//! could end a *later* transaction of it. Only a producer that succeeds it, by the same id, makes its end certain.
//!
//! It must never leave `Ambiguous` by anything the old producer says.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::client::is_connection_trouble;

/// Where a producer's transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// None is open.
    Idle,
    /// One has begun and takes outputs and offsets, or is to be aborted.
    Open,
    /// Its commit is asked for.
    Committing,
    /// It is not known how it ended or will end; a new producer must say.
    Ambiguous,
    /// This producer ends nothing and begins nothing any more.
    Dead,
}

/// What happens to a transaction. An error of the client is exactly one of the last five.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// The client began one.
    Begun,
    /// All is in it, and its commit is about to be asked for.
    Ending,
    /// The broker says it is committed.
    Landed,
    /// The broker says it is aborted.
    Aborted,
    /// Another producer with the same id has ended whatever this one left.
    Succeeded,
    /// Nothing happened: the same call may be made again.
    Again,
    /// Nothing of it will be committed; it must be aborted.
    MustAbort,
    /// A request was not answered: it may take effect now, later or never.
    NoAnswer,
    /// Another producer with the same id has begun, or the broker gave this one up.
    Fenced,
    /// The client refuses to go on.
    Fatal,
}

impl State {
    /// The state after `event`. What must not happen in a state ends in `Dead`: nothing is committed by mistake.
    pub(super) fn after(self, event: Event) -> Self {
        match (self, event) {
            (Self::Idle, Event::Begun) => Self::Open,
            (Self::Open, Event::Ending) => Self::Committing,
            (Self::Committing, Event::Landed)
            | (Self::Open, Event::Aborted)
            | (Self::Ambiguous | Self::Idle, Event::Succeeded) => Self::Idle,
            (Self::Open | Self::Committing, Event::MustAbort) => Self::Open,
            (Self::Idle | Self::Open | Self::Committing, Event::Again) => self,
            (Self::Idle | Self::Open | Self::Committing | Self::Ambiguous, Event::NoAnswer) => Self::Ambiguous,
            _ => Self::Dead,
        }
    }
}

/// What an error of the client is.
pub(super) fn event_of(error: &KafkaError) -> Event {
    match error {
        KafkaError::Transaction(cause) => {
            classify(cause.code(), cause.is_fatal(), cause.txn_requires_abort(), cause.is_retriable())
        }
        other => other.rdkafka_error_code().map_or(Event::Fatal, |code| classify(code, false, false, false)),
    }
}

/// The order matters: a time-out that librdkafka would let us abort is still one whose request may arrive later.
fn classify(code: RDKafkaErrorCode, fatal: bool, requires_abort: bool, retriable: bool) -> Event {
    if is_connection_trouble(code) {
        Event::NoAnswer
    } else if is_fence(code) && (fatal || !requires_abort) {
        Event::Fenced
    } else if fatal {
        Event::Fatal
    } else if requires_abort {
        Event::MustAbort
    } else if retriable {
        Event::Again
    } else {
        Event::Fatal
    }
}

/// Codes by which a broker refuses a producer for the sake of a newer one with its id.
pub(super) fn is_fence(code: RDKafkaErrorCode) -> bool {
    matches!(code, RDKafkaErrorCode::Fenced | RDKafkaErrorCode::ProducerFenced | RDKafkaErrorCode::InvalidProducerEpoch)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [State; 5] = [State::Idle, State::Open, State::Committing, State::Ambiguous, State::Dead];

    #[test]
    fn every_event_in_every_state() {
        use State::{Ambiguous as A, Committing as C, Dead as X, Idle as I, Open as O};
        // after each event, from: idle, open, committing, ambiguous, dead
        let table = [
            (Event::Begun, [O, X, X, X, X]),
            (Event::Ending, [X, C, X, X, X]),
            (Event::Landed, [X, X, I, X, X]),
            (Event::Aborted, [X, I, X, X, X]),
            (Event::Succeeded, [I, X, X, I, X]),
            (Event::Again, [I, O, C, X, X]),
            (Event::MustAbort, [X, O, O, X, X]),
            (Event::NoAnswer, [A, A, A, A, X]),
            (Event::Fenced, [X, X, X, X, X]),
            (Event::Fatal, [X, X, X, X, X]),
        ];
        for (event, expected) in table {
            for (from, expected) in STATES.into_iter().zip(expected) {
                assert_eq!(from.after(event), expected, "{event:?} in {from:?}");
            }
        }
    }

    #[test]
    fn every_class_of_error_is_one_event() {
        use RDKafkaErrorCode as Code;
        // (code, fatal, requires abort, retriable) → what it does
        let cases = [
            // a request that may still arrive, whatever the client thinks of it
            (Code::OperationTimedOut, false, false, true, Event::NoAnswer),
            (Code::OperationTimedOut, false, true, false, Event::NoAnswer),
            (Code::TimedOutQueue, false, false, true, Event::NoAnswer),
            (Code::RequestTimedOut, false, true, false, Event::NoAnswer),
            (Code::BrokerTransportFailure, false, true, true, Event::NoAnswer),
            (Code::NetworkException, false, false, true, Event::NoAnswer),
            (Code::AllBrokersDown, true, false, false, Event::NoAnswer),
            (Code::MessageTimedOut, false, true, false, Event::NoAnswer),
            // the group, the coordinator or a record says no
            (Code::UnknownMemberId, false, true, false, Event::MustAbort),
            (Code::IllegalGeneration, false, true, false, Event::MustAbort),
            (Code::FencedInstanceId, false, true, false, Event::MustAbort),
            (Code::Inconsistent, false, true, false, Event::MustAbort),
            (Code::UnknownProducerId, false, true, false, Event::MustAbort),
            (Code::InvalidProducerEpoch, false, true, false, Event::MustAbort),
            (Code::GroupAuthorizationFailed, false, true, false, Event::MustAbort),
            // not now
            (Code::CoordinatorLoadInProgress, false, false, true, Event::Again),
            (Code::CoordinatorNotAvailable, false, false, true, Event::Again),
            (Code::NotCoordinator, false, false, true, Event::Again),
            (Code::ConcurrentTransactions, false, false, true, Event::Again),
            (Code::PreviousInProgress, false, false, true, Event::Again),
            // a newer producer, or the broker's own time-out
            (Code::Fenced, true, false, false, Event::Fenced),
            (Code::ProducerFenced, true, false, false, Event::Fenced),
            (Code::ProducerFenced, false, false, false, Event::Fenced),
            (Code::InvalidProducerEpoch, true, false, false, Event::Fenced),
            // nothing helps
            (Code::InvalidTransactionalState, true, false, false, Event::Fatal),
            (Code::OutOfOrderSequenceNumber, true, false, false, Event::Fatal),
            (Code::TransactionalIdAuthorizationFailed, true, false, false, Event::Fatal),
            (Code::ClusterAuthorizationFailed, true, false, false, Event::Fatal),
            (Code::State, false, false, false, Event::Fatal),
            (Code::Conflict, false, false, false, Event::Fatal),
            (Code::InvalidArgument, false, false, false, Event::Fatal),
        ];
        for (code, fatal, abort, retriable, expected) in cases {
            assert_eq!(classify(code, fatal, abort, retriable), expected, "{code:?}");
        }
    }

    #[test]
    fn an_error_without_flags_is_judged_by_its_code() {
        use RDKafkaErrorCode as Code;
        assert_eq!(event_of(&KafkaError::Flush(Code::OperationTimedOut)), Event::NoAnswer);
        assert_eq!(event_of(&KafkaError::Canceled), Event::Fatal);
    }
}
