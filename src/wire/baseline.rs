//! A baseline: what history has taught watch, as one file that a deployment may begin with.
//!
//! It holds a snapshot for each partition of the signals, as `social.state` would, without the clocks and the people of
//! the run that learned it. Written with the hash of itself; a file that is damaged, of another format, of another pack
//! or for another number of partitions is refused whole.

use super::snapshot::{Cut, STATE_FORMAT, StateRecords, Written, read_snapshot, snapshot};
use super::{Topics, WireError};
use crate::pipeline::{UndoLimits, WatchState};
use crate::rules::Pack;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

/// What a file begins with, before the version byte.
const MAGIC: &[u8] = b"groundswell baseline\n";
/// Bytes of the hash that ends it.
const HASH_BYTES: usize = 16;

/// What history has taught, by partition of the signals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// Digest of the pack it was learned by.
    pub pack: String,
    partitions: Vec<StateRecords>,
}

/// Why a baseline cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// Something else, or damaged.
    #[error("not a baseline, or a damaged one: make it again with replay --baseline")]
    NotOne,
    /// Of another release, or its records cannot be read.
    #[error("the baseline is of another release: make it again with this one")]
    Format(#[from] WireError),
    /// Of another pack.
    #[error(
        "the baseline was learned by pack {learned}, the rules are pack {rules}: replay the history with these rules"
    )]
    Pack {
        /// Digest it was learned by.
        learned: String,
        /// Digest of the rules.
        rules: String,
    },
    /// Made for another deployment.
    #[error(
        "the baseline is for {learned} partitions of the signals, there are {found}: replay the history with \
         decisions.signals_partitions: {found}"
    )]
    Partitions {
        /// Partitions of the baseline.
        learned: usize,
        /// Partitions of the topic.
        found: usize,
    },
}

impl Baseline {
    /// What these states have learned; one for each partition of the signals, in order.
    ///
    /// # Errors
    /// When something has no binary form.
    pub fn of<'a>(states: impl IntoIterator<Item = &'a WatchState>, pack: &Pack) -> Result<Self, WireError> {
        let topics = Topics::new("");
        let records = |state: &WatchState| {
            let cut = Cut { partition: 0, next: 0, pack };
            let taken = snapshot(&topics, cut, &state.learned(), &Written::default())?;
            let record = |output: crate::log::Output| Some((output.key?, output.value?));
            Ok(taken.records.into_iter().filter_map(record).collect())
        };
        let partitions = states.into_iter().map(records).collect::<Result<_, WireError>>()?;
        Ok(Self { pack: pack.digest.clone(), partitions })
    }

    /// As a file.
    ///
    /// # Errors
    /// When it has no binary form.
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        let mut bytes = postcard::to_extend(self, [MAGIC, &[STATE_FORMAT]].concat())?;
        bytes.extend(xxh3_128(&bytes).to_le_bytes());
        Ok(bytes)
    }

    /// From a file.
    ///
    /// # Errors
    /// When it is no baseline, damaged, or of another format.
    pub fn decode(bytes: &[u8]) -> Result<Self, BaselineError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(BaselineError::NotOne)?;
        let (&found, rest) = rest.split_first().ok_or(BaselineError::NotOne)?;
        if found != STATE_FORMAT {
            return Err(WireError::Version { found, reads: STATE_FORMAT }.into());
        }
        let at = rest.len().checked_sub(HASH_BYTES).ok_or(BaselineError::NotOne)?;
        let (body, seal) = rest.split_at(at);
        if xxh3_128(&bytes[..bytes.len() - HASH_BYTES]).to_le_bytes() != *seal {
            return Err(BaselineError::NotOne);
        }
        postcard::from_bytes(body).map_err(|_| BaselineError::NotOne)
    }

    /// Whether it is for so many partitions of the signals.
    ///
    /// # Errors
    /// When it is not.
    pub fn fits(&self, partitions: usize) -> Result<(), BaselineError> {
        let learned = self.partitions.len();
        if learned == partitions { Ok(()) } else { Err(BaselineError::Partitions { learned, found: partitions }) }
    }

    /// The state with which a partition begins that decides by `pack`; blank for a partition it does not know.
    ///
    /// # Errors
    /// When it was learned by another pack, or is not whole.
    pub fn state(&self, partition: i32, pack: &Pack, undo: UndoLimits) -> Result<WatchState, BaselineError> {
        if self.pack != pack.digest {
            return Err(BaselineError::Pack { learned: self.pack.clone(), rules: pack.digest.clone() });
        }
        let records = usize::try_from(partition).ok().and_then(|number| self.partitions.get(number));
        let restored = records.map(|records| read_snapshot(records.clone())).transpose()?.flatten();
        Ok(restored
            .map_or_else(|| WatchState::new(undo), |kept| WatchState::begun(kept.header.head, kept.queries, undo)))
    }
}
