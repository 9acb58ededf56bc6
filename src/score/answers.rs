//! What the heads answer, from their probabilities: labels, floors, and nothing where nothing was read.

use super::calibrate::{best, round4};
use super::heads::{
    ABUSE, COLUMNS, DANGER, DISTRESS, EMOTION, FRUSTRATION, INCIDENT, INTENT, LEGAL, NOISE, PRESS, SARCASM, SENTIMENT,
    SPECS, THREAT, UNKNOWN, URGENCY,
};
use super::tokens::{Kind, Reading};
use super::{
    EmotionProbabilities, EmotionScore, IntentScore, LabelScore, LanguageScore, Probability, Risk,
    SentimentProbabilities, SentimentScore,
};

/// What the model's heads say of one text: its scores without their reasons, and without what is found in the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    /// Which language.
    pub language: LanguageScore,
    /// How it feels about its subject.
    pub sentiment: SentimentScore,
    /// Which emotion.
    pub emotion: EmotionScore,
    /// What the author wants, best first.
    pub intents: Vec<IntentScore>,
    /// How soon someone must look.
    pub urgency: LabelScore,
    /// Whether a person needs to see it.
    pub noise: LabelScore,
    /// Insult, slur, hate.
    pub abuse: Probability,
    /// Threat of harm.
    pub threat: Probability,
    /// Says the opposite of what it means.
    pub sarcasm: Probability,
    /// A real incident, not a figure of speech.
    pub incident: Probability,
    /// What a person must decide.
    pub risk: Risk,
}

/// The probabilities of all columns, and the floors that labels are told from.
pub(super) struct Asked<'a> {
    pub(super) p: &'a [f64; COLUMNS],
    pub(super) floor: &'a [f32],
    pub(super) reading: &'a Reading,
    /// Nothing was read.
    pub(super) is_empty: bool,
}

impl Asked<'_> {
    /// The answers; `intents` is an empty list whose memory is used.
    pub(super) fn answers(&self, language: LanguageScore, intents: Vec<IntentScore>) -> Answers {
        let noise = self.noise(&language.code);
        Answers {
            language,
            sentiment: self.sentiment(),
            emotion: self.emotion(),
            intents: self.intents(intents),
            urgency: self.label(URGENCY),
            noise,
            abuse: self.flag(ABUSE),
            threat: self.flag(THREAT),
            sarcasm: self.flag(SARCASM),
            incident: self.flag(INCIDENT),
            risk: Risk {
                danger: self.flag(DANGER).probability,
                distress: self.flag(DISTRESS).probability,
                legal: self.flag(LEGAL).probability,
                press: self.flag(PRESS).probability,
            },
        }
    }

    fn of(&self, head: usize) -> &[f64] {
        &self.p[SPECS[head].columns()]
    }

    fn flag(&self, head: usize) -> Probability {
        Probability { probability: round4(self.p[SPECS[head].first]) }
    }

    /// The likeliest label, or `unknown` below the floor of the head.
    fn label(&self, head: usize) -> LabelScore {
        let (top, probability) = best(self.of(head));
        let known = probability >= f64::from(self.floor[head]);
        let label = if known { SPECS[head].labels[top] } else { UNKNOWN };
        LabelScore { label: label.into(), probability: round4(probability) }
    }

    fn noise(&self, language: &str) -> LabelScore {
        let score = self.label(NOISE);
        // of nothing it is not even known that it is none
        let is_told = !self.is_empty && (score.label == "none" || is_read(language, self.reading));
        if is_told { score } else { LabelScore { label: UNKNOWN.into(), ..score } }
    }

    fn sentiment(&self) -> SentimentScore {
        let &[negative, neutral, positive] = self.array(SENTIMENT);
        SentimentScore {
            label: self.label(SENTIMENT).label,
            score: round4(positive - negative),
            probabilities: SentimentProbabilities {
                negative: round4(negative),
                neutral: round4(neutral),
                positive: round4(positive),
            },
        }
    }

    fn emotion(&self) -> EmotionScore {
        let [anger, joy, optimism, sadness, none] = self.array(EMOTION).map(round4);
        EmotionScore {
            label: self.label(EMOTION).label,
            probabilities: EmotionProbabilities { anger, joy, none, optimism, sadness },
            frustration: self.flag(FRUSTRATION).probability,
        }
    }

    /// The probabilities of a head of so many labels.
    fn array<const N: usize>(&self, head: usize) -> &[f64; N] {
        self.of(head).first_chunk().unwrap_or(&[0.0; N])
    }

    /// Best first.
    fn intents(&self, mut intents: Vec<IntentScore>) -> Vec<IntentScore> {
        let labels = SPECS[INTENT].labels.iter().zip(self.of(INTENT));
        intents.extend(labels.map(|(&label, &p)| IntentScore { id: label.into(), probability: round4(p) }));
        intents.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        intents
    }
}

/// What is said of a text without anything to read: nothing to act on.
pub(super) fn silence(p: &mut [f64; COLUMNS]) {
    *p = [0.0; COLUMNS];
    for (head, spec) in SPECS.iter().enumerate() {
        let wanted = match head {
            SENTIMENT => "neutral",
            URGENCY => "routine",
            _ => "none",
        };
        if let Some(top) = spec.labels.iter().position(|label| *label == wanted) {
            p[spec.first + top] = 1.0;
        }
    }
}

/// Languages whose noise the model was taught.
const TAUGHT: [&str; 5] = ["en", "es", "pt", "fr", "de"];
/// Below so many words a language that is not known may be any of them.
const SHORT_WORDS: usize = 4;

/// Whether the model can tell noise in this text: what it cannot read it must not throw away.
fn is_read(language: &str, reading: &Reading) -> bool {
    let count = |kind: Kind| reading.tokens.iter().filter(|t| t.kind == kind).count();
    let (signs, names) = (count(Kind::Marks) + count(Kind::Number), count(Kind::Handle));
    // signs, numbers and one name say nothing at all; names alone tag people
    let says_anything = reading.tokens.len() > signs + names || (signs == 0 && names > 1);
    let may_be_taught = TAUGHT.contains(&language) || (language == UNKNOWN && count(Kind::Word) < SHORT_WORDS);
    says_anything && may_be_taught
}
