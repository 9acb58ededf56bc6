//! Which row of which set teaches which head: the mapping from public labels and our own posts to examples.

use super::TrainError;
use super::data::{Loader, Row, unescape};
use super::posts::{Post, generate};
use super::rng::Rng;
use super::sgd::{Example, Store};
use crate::score::concepts::Lexicon;
use crate::score::features::{FINE_BITS, concept_feature, extract};
use crate::score::heads::{
    ABUSE, DANGER, DISTRESS, EMOTION, FRUSTRATION, HEADS, INCIDENT, INTENT, LEGAL, NOISE, PRESS, SARCASM, SENTIMENT,
    SPECS, THREAT, URGENCY,
};
use crate::score::language::language_ids;
use crate::score::tokens::{Kind, Reading};
use std::collections::BTreeMap;

/// Where an example is from.
pub(crate) const OWN: u8 = 0;
pub(crate) const PUBLIC: u8 = 1;
pub(crate) const TWEETS: u8 = 2;
pub(crate) const VADER: u8 = 3;
/// The three lengths of the language set.
pub(crate) const LENGTHS: [(u8, &str); 3] = [(4, "sentences"), (5, "word_pairs"), (6, "single_words")];
pub(crate) const SMS: u8 = 7;
/// The sources and their names, for the manifest.
pub(crate) const SOURCES: [(u8, &str); 5] =
    [(OWN, "own"), (PUBLIC, "public"), (TWEETS, "tweeteval"), (VADER, "vader"), (SMS, "sms")];

/// Everything to learn from.
#[derive(Debug, Default)]
pub(crate) struct Corpus {
    pub(crate) store: Store,
    pub(crate) heads: [Vec<Example>; HEADS],
    /// Emoji of tweets, predicted only so that sentiment can lean on it.
    pub(crate) emoji: Vec<Example>,
    pub(crate) language_store: Store,
    pub(crate) language: Vec<Example>,
    pub(crate) languages: Vec<String>,
    pub(crate) own_posts: usize,
}

/// Emoji labels of the auxiliary task.
pub(crate) const EMOJI: usize = 20;

/// Pairs of words taken from one sentence, to learn its language from.
const WORD_PAIRS: usize = 6;

/// Reads all sets and maps them.
///
/// # Errors
/// When a set cannot be read.
pub(crate) fn build(loader: &mut Loader<'_>, seed: u64) -> Result<Corpus, TrainError> {
    let corpus = Corpus { store: Store::fine(FINE_BITS), ..Corpus::default() };
    let mut build = Build { corpus, rng: Rng::new(seed ^ 0xC0) };
    build.sentiment(loader)?;
    build.emotion(loader)?;
    build.vader(loader)?;
    build.abuse(loader)?;
    build.irony(loader)?;
    build.emoji(loader)?;
    build.crises(loader)?;
    build.intents(loader)?;
    build.spam(loader)?;
    build.languages(loader)?;
    build.own(loader, seed);
    Ok(build.corpus)
}

struct Build {
    corpus: Corpus,
    rng: Rng,
}

/// Says what one text teaches.
struct Teach<'a> {
    corpus: &'a mut Corpus,
    text: u32,
    held: bool,
    source: u8,
}

impl Teach<'_> {
    fn label(&mut self, head: usize, label: &str, weight: f32) -> &mut Self {
        let spec = &SPECS[head];
        let place = spec.labels.iter().position(|l| *l == label);
        let index = place.expect("labels of the mapping are labels of the head");
        self.push(head, index, weight)
    }

    fn flag(&mut self, head: usize, yes: bool, weight: f32) -> &mut Self {
        self.push(head, usize::from(yes), weight)
    }

    /// Not noise, like nearly all texts of every set: so many say it that each counts less.
    fn no_noise(&mut self, weight: f32) -> &mut Self {
        self.label(NOISE, "none", weight * 0.05)
    }

    fn push(&mut self, head: usize, label: usize, weight: f32) -> &mut Self {
        let label = u8::try_from(label).expect("heads have few labels");
        let example = Example { text: self.text, label, weight, held: self.held, source: self.source };
        self.corpus.heads[head].push(example);
        self
    }

    /// What a person must decide. A post of a file that does not tell, and speaks of such things, teaches nothing.
    fn risks(&mut self, post: &Post) {
        for (head, flag, intent, concepts) in RISKS {
            let speaks_of_it = || concepts.iter().any(|name| self.corpus.store.has(self.text, about(name)));
            if post.tells_risk {
                self.flag(head, post.has(flag), 1.0);
            } else if post.intent != intent && !speaks_of_it() {
                self.flag(head, false, 0.3);
            }
        }
    }

    /// An ordinary post: nothing for anyone to do, and no noise.
    fn chatter(&mut self, weight: f32) -> &mut Self {
        self.idle(weight).no_noise(weight)
    }

    /// Nothing for anyone to do.
    fn idle(&mut self, weight: f32) -> &mut Self {
        self.label(INTENT, "none", weight).label(URGENCY, "routine", weight);
        for head in [LEGAL, DISTRESS, DANGER, PRESS] {
            self.flag(head, false, weight / 2.0);
        }
        self.flag(THREAT, false, weight)
    }
}

/// The risk heads, the flags of their posts, and what makes an untold post doubtful: an intent, concepts.
const RISKS: [(usize, &str, &str, &[&str]); 4] = [
    (LEGAL, "legal", "", &["lawsuit", "regulator", "chargeback", "police", "legal_step"]),
    (DISTRESS, "distress", "safety", &["self_harm"]),
    (
        DANGER,
        "danger",
        "safety",
        &["injury", "hazard", "violence", "minors", "self_harm", "harass", "police", "danger_place"],
    ),
    (PRESS, "press", "reputation", &["press", "scandal", "press_contact"]),
];

fn about(concept: &str) -> u32 {
    concept_feature(Lexicon::shipped().concept(concept).expect("concepts of the lexicon"))
}

impl Build {
    fn teach(&mut self, text: &str, source: u8, held: bool) -> Teach<'_> {
        let reading = Reading::new(text);
        let features = extract(&reading);
        let number = self.corpus.store.add(features.groups().map(|group| group.iter().map(|f| f.id)));
        Teach { corpus: &mut self.corpus, text: number, held, source }
    }

    /// One in five, drawn.
    fn fifth(&mut self) -> bool {
        self.rng.below(5) == 0
    }

    fn sentiment(&mut self, loader: &mut Loader<'_>) -> Result<(), TrainError> {
        for (file, official) in [("sentiment_train.tsv", false), ("sentiment_val.tsv", true)] {
            for row in loader.rows("tweeteval", file, &["label", "text"])? {
                let text = unescape(&row[1]);
                let (chatter, frustrated, held) = (self.rng.below(3) == 0, self.rng.below(4) == 0, self.fifth());
                let label = ["negative", "neutral", "positive"][digit(&row[0], 3)];
                let mut teach = self.teach(&text, TWEETS, official);
                teach.label(SENTIMENT, label, 1.0);
                if official {
                    continue;
                }
                teach.held = held;
                if chatter {
                    teach.chatter(1.0).flag(INCIDENT, false, 0.5).flag(SARCASM, false, 0.3);
                    teach.flag(ABUSE, false, if label == "negative" { 0.1 } else { 0.4 });
                    if label == "neutral" {
                        teach.label(EMOTION, "none", 0.5);
                    }
                }
                if frustrated && label != "negative" {
                    teach.flag(FRUSTRATION, false, 1.0);
                }
            }
        }
        Ok(())
    }

    fn emotion(&mut self, loader: &mut Loader<'_>) -> Result<(), TrainError> {
        for (file, held) in [("emotion_train.tsv", false), ("emotion_val.tsv", true)] {
            for row in loader.rows("tweeteval", file, &["label", "text"])? {
                let label = ["anger", "joy", "optimism", "sadness"][digit(&row[0], 4)];
                let mut teach = self.teach(&unescape(&row[1]), TWEETS, held);
                teach.label(EMOTION, label, 1.0).chatter(0.5);
                if label != "anger" {
                    teach.flag(FRUSTRATION, false, 0.5);
                }
            }
        }
        Ok(())
    }

    fn vader(&mut self, loader: &mut Loader<'_>) -> Result<(), TrainError> {
        for (file, chatter) in [("tweets_dev.tsv", 1.0), ("amazon_dev.tsv", 0.0), ("nyt_dev.tsv", 1.0)] {
            for row in loader.rows("vader", file, &["mean_valence", "text"])? {
                let valence: f32 = row[0].trim().parse().unwrap_or(0.0);
                let held = self.fifth();
                let mut teach = self.teach(&row[1], VADER, held);
                let label = if valence > 0.05 {
                    "positive"
                } else if valence < -0.05 {
                    "negative"
                } else {
                    "neutral"
                };
                // raters agree where they feel much; near zero the sign is a coin's
                teach.label(SENTIMENT, label, if label == "neutral" { 0.5 } else { (0.2 + valence.abs()).min(1.5) });
                teach.no_noise(1.0).flag(SARCASM, false, 0.3).flag(THREAT, false, 1.0);
                teach.flag(ABUSE, false, 0.5).flag(INCIDENT, false, 0.3);
                if chatter > 0.0 {
                    teach.label(INTENT, "none", chatter).label(URGENCY, "routine", chatter);
                }
                if valence > 0.0 {
                    teach.flag(FRUSTRATION, false, 0.5);
                }
            }
        }
        Ok(())
    }

    fn abuse(&mut self, loader: &mut Loader<'_>) -> Result<(), TrainError> {
        for row in loader.rows("davidson_abuse", "train.tsv", &["label", "text"])? {
            let held = self.fifth();
            let mut teach = self.teach(&unescape(&row[1]), PUBLIC, held);
            let (yes, weight) = match row[0].as_str() {
                "hate" => (true, 1.0),
                "offensive" => (true, 0.4),
                _ => (false, 1.0),
            };
            teach.flag(ABUSE, yes, weight).no_noise(0.3).label(INTENT, "none", 0.3);
            teach.flag(THREAT, false, 0.5);
        }
        for (file, held) in [
            ("hate_train.tsv", false),
            ("hate_val.tsv", true),
            ("offensive_train.tsv", false),
            ("offensive_val.tsv", true),
        ] {
            for row in loader.rows("tweeteval", file, &["label", "text"])? {
                self.teach(&unescape(&row[1]), TWEETS, held).flag(ABUSE, row[0] == "1", 0.8).no_noise(0.2);
            }
        }
        Ok(())
    }

    fn irony(&mut self, loader: &mut Loader<'_>) -> Result<(), TrainError> {
        for (file, held) in [("irony_train.tsv", false), ("irony_val.tsv", true)] {
            for row in loader.rows("tweeteval", file, &["label", "text"])? {
                let mut teach = self.teach(&unescape(&row[1]), TWEETS, held);
                teach.flag(SARCASM, row[0] == "1", 1.0).chatter(0.5);
            }
        }
        Ok(())
    }

    fn emoji(&mut self, loader: &mut Loader<'_>) -> Result<(), TrainError> {
        for row in loader.rows("tweeteval", "emoji_train.tsv", &["label", "text"])? {
            let label = u8::try_from(digit(&row[0], EMOJI)).unwrap_or(0);
            let chatter = self.rng.below(8) == 0;
            let mut teach = self.teach(&row[1], TWEETS, false);
            if chatter {
                teach.chatter(0.7).flag(INCIDENT, false, 0.5).flag(FRUSTRATION, false, 0.5);
            }
            let text = teach.text;
            self.corpus.emoji.push(Example { text, label, weight: 1.0, held: false, source: TWEETS });
        }
        Ok(())
    }

    fn crises(&mut self, loader: &mut Loader<'_>) -> Result<(), TrainError> {
        for row in loader.rows("crisislex_t26", "train.tsv", &["event", "informativeness", "text"])? {
            // whole events are held back, so that what is measured is a new one
            let held = ["2013_NY_train_crash", "2012_Philipinnes_floods", "2013_Australia_bushfire"]
                .contains(&row[0].as_str());
            let mut teach = self.teach(&unescape(&row[2]), PUBLIC, held);
            match row[1].as_str() {
                "Related and informative" => teach.flag(INCIDENT, true, 1.0),
                "Related - but not informative" => teach.flag(INCIDENT, false, 0.3).label(URGENCY, "routine", 0.2),
                "Not related" => teach.flag(INCIDENT, false, 1.5).label(URGENCY, "routine", 0.5),
                _ => &mut teach,
            };
            teach.no_noise(0.5).label(INTENT, "none", 0.5);
        }
        Ok(())
    }

    fn intents(&mut self, loader: &mut Loader<'_>) -> Result<(), TrainError> {
        for row in loader.rows("banking77", "train.tsv", &["intent", "text"])? {
            let held = self.fifth();
            let mut teach = self.teach(&row[1], PUBLIC, held);
            if let Some((intent, urgency)) = banking(&row[0]) {
                teach.label(INTENT, intent, 0.3).label(URGENCY, urgency, 0.2);
            }
            teach.no_noise(0.3).flag(THREAT, false, 0.3);
        }
        for (file, held) in [("train.tsv", false), ("val.tsv", true), ("oos_train.tsv", false), ("oos_val.tsv", true)] {
            for row in loader.rows("clinc150", file, &["intent", "text"])? {
                let mut teach = self.teach(&row[1], PUBLIC, held);
                if let Some(intent) = clinc(&row[0]) {
                    teach.label(INTENT, intent, 0.4).label(URGENCY, "routine", 0.4);
                }
                teach.no_noise(0.4).flag(INCIDENT, false, 0.3).flag(ABUSE, false, 0.3);
                teach.flag(THREAT, false, 0.4).label(EMOTION, "none", 0.1);
            }
        }
        Ok(())
    }

    fn spam(&mut self, loader: &mut Loader<'_>) -> Result<(), TrainError> {
        for row in loader.rows("sms_spam", "train.tsv", &["label", "text"])? {
            let held = self.fifth();
            let mut teach = self.teach(&row[1], SMS, held);
            if row[0] == "spam" {
                teach.label(NOISE, "spam", 10.0).label(INTENT, "none", 0.5);
            } else {
                teach.idle(0.5).label(NOISE, "none", 5.0).flag(INCIDENT, false, 0.5);
            }
        }
        Ok(())
    }

    fn languages(&mut self, loader: &mut Loader<'_>) -> Result<(), TrainError> {
        let mut rows: Vec<(Row, f32, u8)> = Vec::new();
        let files = [("sentences_dev.tsv", 1.0), ("word-pairs_dev.tsv", 1.0), ("single-words_dev.tsv", 0.7)];
        for ((file, weight), (source, _)) in files.into_iter().zip(LENGTHS) {
            let read = loader.rows("langid_short", file, &["lang", "text"])?;
            rows.extend(read.into_iter().map(|row| (row, weight, source)));
        }
        let names: BTreeMap<String, ()> = rows.iter().map(|(row, _, _)| (row[0].clone(), ())).collect();
        self.corpus.languages = names.into_keys().collect();
        for (number, (row, weight, source)) in rows.into_iter().enumerate() {
            let held = self.fifth();
            // sentences of the news: what no head but this one knows the language of is no cause for alarm
            if number % 6 == 0 && row[1].len() > 40 && !held {
                let mut teach = self.teach(&row[1], PUBLIC, false);
                teach.chatter(0.4).label(SENTIMENT, "neutral", 0.1).flag(FRUSTRATION, false, 0.2);
                teach.flag(ABUSE, false, 0.3).flag(INCIDENT, false, 0.2).flag(SARCASM, false, 0.3);
            }
            self.language(&row[0], &row[1], weight, held, source);
            if source == LENGTHS[0].0 {
                self.word_pairs(&row, number, held);
            }
        }
        // how English is written in posts and questions
        for row in loader.rows("tweeteval", "sentiment_train.tsv", &["text"])?.into_iter().step_by(12) {
            self.language("en", &unescape(&row[0]), 0.4, false, TWEETS);
        }
        Ok(())
    }

    /// Two neighbouring words of a sentence, here and there: people write short texts, and those are the hard ones.
    fn word_pairs(&mut self, row: &Row, number: usize, held: bool) {
        // a generator of its own: what is drawn for other rows does not depend on it
        let mut rng = Rng::new(number as u64);
        let words: Vec<&str> = row[1].split_whitespace().collect();
        for _ in 0..if words.len() < 4 { 0 } else { WORD_PAIRS } {
            let at = rng.below(words.len() - 1);
            self.language(&row[0], &words[at..at + 2].join(" "), 0.3, held, PUBLIC);
        }
    }

    fn language(&mut self, code: &str, text: &str, weight: f32, held: bool, source: u8) {
        let Some(label) = self.corpus.languages.iter().position(|l| l == code) else { return };
        let reading = Reading::new(text);
        let mut ids = Vec::new();
        language_ids(&reading, &mut ids);
        if ids.is_empty() || reading.tokens.iter().all(|t| t.kind != Kind::Word) {
            return;
        }
        let text = self.corpus.language_store.add([ids.iter().copied(), [].iter().copied(), [].iter().copied()]);
        let label = u8::try_from(label).expect("fewer than 256 languages");
        self.corpus.language.push(Example { text, label, weight, held, source });
    }

    fn own(&mut self, loader: &Loader<'_>, seed: u64) {
        let mut posts = generate(seed);
        let step = loader.step(posts.len());
        posts = posts.into_iter().step_by(step).collect();
        self.corpus.own_posts = posts.len();
        for post in posts {
            let mut teach = self.teach(&post.text, OWN, post.held());
            teach.corpus.store.is_variant(teach.text, post.template);
            let noise = ["spam", "giveaway", "bot", "low_value"].into_iter().find(|n| post.has(n));
            match noise {
                Some(kind) => teach.label(NOISE, kind, 1.0),
                None => teach.no_noise(1.0),
            };
            // most posts complain, most people do not: praise in the words of complaints says more
            let mood = if post.sentiment == "negative" { 0.1 } else { 0.15 };
            for (head, label, weight) in
                [(INTENT, post.intent, 3.0), (URGENCY, post.urgency, 1.5), (SENTIMENT, post.sentiment, mood)]
            {
                if label != "-" && (head != SENTIMENT || noise.is_none()) {
                    teach.label(head, label, weight);
                }
            }
            for (head, flag, weight) in [
                (FRUSTRATION, "frustrated", 1.0),
                (THREAT, "threat", 1.0),
                (INCIDENT, "incident", 0.5),
                (SARCASM, "sarcasm", 0.3),
                (ABUSE, "abuse", 0.5),
            ] {
                teach.flag(head, post.has(flag), weight);
            }
            teach.risks(&post);
            if post.has("frustrated") {
                teach.label(EMOTION, "anger", 0.15);
            } else if post.sentiment == "neutral" {
                teach.label(EMOTION, "none", 0.3);
            } else if post.sentiment == "positive" && noise.is_none() {
                teach.label(EMOTION, "joy", 0.1);
            }
            self.language(post.language, &post.text, 0.2, post.held(), OWN);
        }
    }
}

fn digit(text: &str, limit: usize) -> usize {
    text.trim().parse::<usize>().unwrap_or(0).min(limit - 1)
}

/// What a bank's customer wants, in our intents; nothing where it is none of ours or several.
fn banking(intent: &str) -> Option<(&'static str, &'static str)> {
    Some(match intent {
        "card_payment_fee_charged"
        | "transaction_charged_twice"
        | "extra_charge_on_statement"
        | "Refund_not_showing_up"
        | "request_refund"
        | "direct_debit_payment_not_recognised"
        | "cash_withdrawal_charge"
        | "card_payment_wrong_exchange_rate"
        | "wrong_exchange_rate_for_cash_withdrawal"
        | "transfer_fee_charged"
        | "exchange_charge"
        | "reverted_card_payment?"
        | "declined_card_payment"
        | "top_up_by_card_charge"
        | "wrong_amount_of_cash_received"
        | "balance_not_updated_after_bank_transfer"
        | "pending_card_payment"
        | "failed_transfer"
        | "top_up_by_bank_transfer_charge" => ("billing", "soon"),
        "compromised_card"
        | "lost_or_stolen_phone"
        | "lost_or_stolen_card"
        | "cash_withdrawal_not_recognised"
        | "card_payment_not_recognised" => ("safety", "now"),
        "contactless_not_working" | "virtual_card_not_working" | "card_not_working" => ("defect", "soon"),
        "card_acceptance"
        | "country_support"
        | "age_limit"
        | "supported_cards_and_currencies"
        | "fiat_currency_support"
        | "getting_spare_card"
        | "visa_or_mastercard"
        | "edit_personal_details"
        | "order_physical_card"
        | "getting_virtual_card"
        | "get_disposable_virtual_card"
        | "apple_pay_or_google_pay"
        | "disposable_card_limits"
        | "change_pin"
        | "card_delivery_estimate" => ("presales", "routine"),
        _ => return None,
    })
}

/// What an assistant is asked; most of it is nothing a brand must act on.
fn clinc(intent: &str) -> Option<&'static str> {
    match intent {
        "report_fraud" | "report_lost_card" | "account_blocked" => Some("safety"),
        "transactions"
        | "bill_balance"
        | "pay_bill"
        | "bill_due"
        | "order_status"
        | "card_declined"
        | "damaged_card"
        | "lost_luggage"
        | "flight_status"
        | "cancel_reservation"
        | "interest_rate"
        | "international_fees"
        | "replacement_card_duration"
        | "new_card"
        | "credit_limit_change"
        | "sync_device"
        | "redeem_rewards"
        | "order_checks"
        | "cancel"
        | "min_payment"
        | "apr"
        | "carry_on"
        | "restaurant_reservation"
        | "book_flight"
        | "book_hotel"
        | "freeze_account"
        | "pin_change" => None,
        _ => Some("none"),
    }
}
