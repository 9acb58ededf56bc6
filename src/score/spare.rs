//! Memory of answers that are done with, used again for the next ones: an answer is some twenty small pieces of it.

use super::{Explanation, IntentScore, Label, Scores};

/// Names that are kept, more than one answer has.
const NAMES_MAX: usize = 32;
/// Bytes of a name that is made anew, as many as most have; longer ones grow.
const NAME_BYTES: usize = 32;

/// What answers left behind.
#[derive(Debug, Default)]
pub(crate) struct Spare {
    names: Vec<String>,
    intents: Vec<IntentScore>,
    explain: Vec<Explanation>,
}

impl Spare {
    /// Takes an answer apart.
    pub(crate) fn take(&mut self, scores: Scores) {
        let Scores { language, fingerprint, mut intents, mut explain, .. } = scores;
        let told = explain.drain(..).map(|part| part.feature);
        let owned = told.filter_map(|name| if let Label::Owned(name) = name { Some(name) } else { None });
        let room = NAMES_MAX.saturating_sub(self.names.len());
        self.names.extend([language.code, fingerprint].into_iter().chain(owned).take(room));
        intents.clear();
        (self.intents, self.explain) = (intents, explain);
    }

    /// An empty name.
    pub(crate) fn name(&mut self) -> String {
        let Some(mut name) = self.names.pop() else { return String::with_capacity(NAME_BYTES) };
        name.clear();
        name
    }

    /// This name.
    pub(crate) fn named(&mut self, text: &str) -> String {
        let mut name = self.name();
        name.push_str(text);
        name
    }

    /// An empty list of intents.
    pub(crate) fn intents(&mut self) -> Vec<IntentScore> {
        std::mem::take(&mut self.intents)
    }

    /// An empty list of what is told.
    pub(crate) fn explain(&mut self) -> Vec<Explanation> {
        std::mem::take(&mut self.explain)
    }
}
