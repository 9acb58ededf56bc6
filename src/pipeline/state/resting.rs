//! A query's state as it is kept: encoded while little is heard of it.
//!
//! Why so: of a million queries most are quiet, and encoded they take a fourth. So a quiet query is awake only while a
//! bucket of it is decided. Whether a query rests is no part of the state: its bytes in snapshots and hashes are the
//! same, and it wakes as it was. Nothing that is told or decided may depend on it.

use super::QueryState;
use crate::detect::{Bucket, Series};
use serde::Deserialize;
use std::borrow::Cow;

/// Series and alerts of one query.
#[derive(Debug, Clone)]
pub enum Watched {
    /// As they are.
    Awake(Box<QueryState>),
    /// As their bytes: quiet, and without an alert.
    Resting(Box<[u8]>),
}

/// Room that those left who were laid to rest: the next to wake takes it.
#[derive(Debug, Clone, Default)]
#[expect(clippy::vec_box, reason = "the box itself moves between here and a query")]
pub struct Spare(Vec<Box<QueryState>>);

/// As many as are awake at once while a bucket is decided, about.
const SPARE_MAX: usize = 256;

impl Spare {
    fn put(&mut self, state: Box<QueryState>) {
        if self.0.len() < SPARE_MAX && state.series.is_quiet() {
            self.0.push(state);
        }
    }
}

/// The bytes of most are no more than this.
const SMALL: usize = 512;

/// What the bytes of a state begin with.
#[derive(Deserialize)]
struct Begins {
    _started: Bucket,
    now: Bucket,
}

impl Watched {
    /// From its bytes, which rest where time has made them.
    ///
    /// # Errors
    /// When they are no state of a query.
    pub fn decode(bytes: &[u8], closed: Option<Bucket>) -> Result<Self, postcard::Error> {
        let state: QueryState = postcard::from_bytes(bytes)?;
        let rests = closed.is_some_and(|closed| state.may_rest(closed));
        Ok(if rests { Self::Resting(bytes.into()) } else { Self::Awake(Box::new(state)) })
    }

    /// Its bytes, awake or not.
    ///
    /// # Errors
    /// When it has no binary form.
    pub fn encode(&self) -> Result<Cow<'_, [u8]>, postcard::Error> {
        match self {
            Self::Awake(state) => postcard::to_allocvec(state).map(Cow::Owned),
            Self::Resting(bytes) => Ok(Cow::Borrowed(bytes)),
        }
    }

    /// The state, unless it rests.
    #[must_use]
    pub fn awake(&self) -> Option<&QueryState> {
        match self {
            Self::Awake(state) => Some(state),
            Self::Resting(_) => None,
        }
    }

    /// The state, to be changed. What was encoded here can be read; anything else is silent since `started`.
    pub fn wake(&mut self, started: Bucket, spare: &mut Spare) -> &mut QueryState {
        match *self {
            Self::Awake(ref mut state) => state,
            Self::Resting(ref bytes) => {
                let mut state = spare.0.pop().unwrap_or_else(|| Box::new(QueryState::new(started)));
                if state.unpack(bytes).is_err() {
                    *state = QueryState::new(started);
                }
                *self = Self::Awake(state);
                self.wake(started, spare)
            }
        }
    }

    /// Lays it to rest where it is quiet, or time has made it still by now.
    pub fn rest(&mut self, closed: Bucket, spare: &mut Spare) {
        if let Self::Awake(state) = self
            && state.may_rest(closed)
            && let Some(bytes) = bytes(state)
            && let Self::Awake(state) = std::mem::replace(self, Self::Resting(bytes))
        {
            spare.put(state);
        }
    }

    /// Drops what nothing can read any more where time has made it still by `closed`, and lays it to rest.
    pub fn sweep(&mut self, closed: Bucket, spare: &mut Spare) {
        if self.is_still(closed) {
            self.wake(closed, spare).drop_stale(closed);
            self.rest(closed, spare);
        }
    }

    fn is_still(&self, closed: Bucket) -> bool {
        match self {
            Self::Awake(state) => state.is_still(closed),
            Self::Resting(bytes) => {
                let begins = postcard::take_from_bytes::<Begins>(bytes);
                begins.is_ok_and(|(begins, _)| Series::is_still_since(begins.now, closed))
            }
        }
    }

    /// The state, where nothing was heard of it for so long that its details are of no use any more.
    pub(super) fn still(&self, closed: Bucket) -> Option<Cow<'_, QueryState>> {
        if !self.is_still(closed) {
            return None;
        }
        match self {
            Self::Awake(state) => Some(Cow::Borrowed(state)),
            Self::Resting(bytes) => postcard::from_bytes(bytes).ok().map(Cow::Owned),
        }
    }

    /// Bytes of a copy that shares its details, about.
    pub(in crate::pipeline) fn weight(&self) -> usize {
        match self {
            Self::Awake(state) => state.series.weight() + state.threads.weight(),
            Self::Resting(bytes) => bytes.len(),
        }
    }
}

/// Written where it costs nothing first, for its length is not known before.
fn bytes(state: &QueryState) -> Option<Box<[u8]>> {
    let mut room = [0; SMALL];
    let bytes = postcard::to_slice(state, &mut room).map(|bytes| Box::from(&*bytes));
    bytes.or_else(|_| postcard::to_allocvec(state).map(Box::from)).ok()
}
