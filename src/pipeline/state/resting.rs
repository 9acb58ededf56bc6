//! A query's state as it is kept: encoded while nothing is heard of it.
//!
//! Why so: of a million queries most are quiet, and encoded they take a third. Whether a query rests is no part of the
//! state: its bytes in snapshots and hashes are the same, and it wakes as it was.

use super::QueryState;
use crate::detect::Bucket;
use std::borrow::Cow;

/// Series and alerts of one query.
#[derive(Debug, Clone)]
pub enum Watched {
    /// As they are.
    Awake(Box<QueryState>),
    /// As their bytes: silent for hours, and without an alert.
    Resting(Box<[u8]>),
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
    pub fn wake(&mut self, started: Bucket) -> &mut QueryState {
        match *self {
            Self::Awake(ref mut state) => state,
            Self::Resting(ref bytes) => {
                let state = postcard::from_bytes(bytes).unwrap_or_else(|_| QueryState::new(started));
                *self = Self::Awake(Box::new(state));
                self.wake(started)
            }
        }
    }

    /// Lays it to rest where time has made it still by now.
    pub fn rest(&mut self, closed: Bucket) {
        if let Self::Awake(state) = self
            && state.may_rest(closed)
            && let Ok(bytes) = postcard::to_allocvec(state)
        {
            *self = Self::Resting(bytes.into());
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
