//! Scores as JSON, written straight into a buffer: what `groundswell score` puts out for every text.
//!
//! Byte for byte what serde writes of the same values, which a test holds it to; a third of the time of scoring a
//! stream went into writing keys and numbers one by one. Numbers of scores have four decimals, so they are written as
//! whole numbers with a point in them.

use crate::mention::{Entity, EntityKind};
use crate::score::{Explanation, Label, LabelScore, Pii, Probability, Scores};
use serde::Serialize;
use serde_json::value::RawValue;

/// Digits of the largest whole number.
const DIGITS_MAX: usize = 10;

/// Appends one answer: an id as it came, the scores, and the cluster of the text.
pub fn write_scores(id: &RawValue, scores: &Scores, cluster: &str, out: &mut Vec<u8>) {
    let mut json = Json(out);
    json.raw("{\"id\":").raw(id.get());
    json.raw(",\"language\":{\"code\":").text(&scores.language.code);
    json.raw(",\"confidence\":").number(scores.language.confidence);
    feelings(scores, &mut json);
    json.raw(",\"intents\":").list(&scores.intents, |json, intent| {
        json.raw("{\"id\":").name(&intent.id).raw(",\"probability\":").number(intent.probability).raw("}");
    });
    json.raw(",\"urgency\":").label(&scores.urgency).raw(",\"noise\":").label(&scores.noise);
    json.raw(",\"abuse\":").probability(scores.abuse).raw(",\"threat\":").probability(scores.threat);
    json.raw(",\"sarcasm\":").probability(scores.sarcasm).raw(",\"incident\":").probability(scores.incident);
    let risk = &scores.risk;
    json.raw(",\"risk\":{\"danger\":").number(risk.danger).raw(",\"distress\":").number(risk.distress);
    json.raw(",\"legal\":").number(risk.legal).raw(",\"press\":").number(risk.press);
    json.raw("},\"entities\":").list(&scores.entities, entity);
    json.raw(",\"fingerprint\":").text(&scores.fingerprint);
    json.raw(",\"pii\":").list(&scores.pii, pii);
    json.raw(",\"heads\":{");
    for (n, (name, label)) in scores.heads.iter().enumerate() {
        json.raw(if n > 0 { "," } else { "" }).text(name).raw(":").label(label);
    }
    json.raw("},\"explain\":").list(&scores.explain, explanation);
    json.raw(",\"cluster\":").text(cluster).raw("}");
}

fn feelings(scores: &Scores, json: &mut Json<'_>) {
    let (sentiment, emotion) = (&scores.sentiment, &scores.emotion);
    json.raw("},\"sentiment\":{\"label\":").name(&sentiment.label).raw(",\"score\":").number(sentiment.score);
    let p = &sentiment.probabilities;
    json.raw(",\"probabilities\":{\"negative\":").number(p.negative).raw(",\"neutral\":").number(p.neutral);
    json.raw(",\"positive\":").number(p.positive).raw("}},\"emotion\":{\"label\":").name(&emotion.label);
    let p = &emotion.probabilities;
    json.raw(",\"probabilities\":{\"anger\":").number(p.anger).raw(",\"joy\":").number(p.joy);
    json.raw(",\"none\":").number(p.none).raw(",\"optimism\":").number(p.optimism);
    json.raw(",\"sadness\":").number(p.sadness).raw("},\"frustration\":").number(emotion.frustration).raw("}");
}

fn entity(json: &mut Json<'_>, entity: &Entity) {
    json.raw("{\"type\":").quoted(kind_name(entity.kind)).raw(",\"value\":").text(&entity.value);
    json.span(entity.start, entity.end).raw("}");
}

fn kind_name(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Mention => "mention",
        EntityKind::Hashtag => "hashtag",
        EntityKind::Cashtag => "cashtag",
        EntityKind::Url => "url",
    }
}

fn pii(json: &mut Json<'_>, pii: &Pii) {
    json.raw("{\"type\":").name(&pii.kind).span(pii.start, pii.end).raw("}");
}

fn explanation(json: &mut Json<'_>, part: &Explanation) {
    json.raw("{\"head\":").name(&part.head).raw(",\"feature\":").name(&part.feature);
    if let Some(start) = part.start {
        json.raw(",\"start\":").whole(start);
    }
    if let Some(end) = part.end {
        json.raw(",\"end\":").whole(end);
    }
    json.raw(",\"weight\":").number(part.weight).raw("}");
}

/// Bytes that JSON writes another way.
static SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        special[byte] = true;
        byte += 1;
    }
    (special[b'"' as usize], special[b'\\' as usize]) = (true, true);
    special
};

/// Two digits of every number below a hundred.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut value = 0;
    while value < 100 {
        pairs[value] = [b'0' + value as u8 / 10, b'0' + value as u8 % 10];
        value += 1;
    }
    pairs
};

/// Both digits of a number below a hundred.
fn pair(value: u32) -> [u8; 2] {
    PAIRS[value as usize % 100]
}

/// The digits of a number, and where in them it begins.
fn decimal(value: u32) -> ([u8; DIGITS_MAX], usize) {
    let (mut digits, mut from, mut left) = ([0; DIGITS_MAX], DIGITS_MAX, value);
    loop {
        from -= 1;
        digits[from] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            return (digits, from);
        }
    }
}

/// A buffer that JSON is appended to.
struct Json<'a>(&'a mut Vec<u8>);

impl Json<'_> {
    // of a size that is known where it is written, a piece is a few moves and no call
    #[inline(always)]
    fn raw(&mut self, json: &str) -> &mut Self {
        self.0.extend_from_slice(json.as_bytes());
        self
    }

    /// As serde writes it.
    fn any(&mut self, value: &(impl Serialize + ?Sized)) -> &mut Self {
        let length = self.0.len();
        if serde_json::to_writer(&mut *self.0, value).is_err() {
            // texts and numbers have a form in JSON, and a buffer takes everything
            self.0.truncate(length);
            self.raw("null");
        }
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        if text.bytes().any(|byte| SPECIAL[usize::from(byte)]) {
            return self.any(text);
        }
        self.quoted(text)
    }

    /// A text that holds nothing special.
    fn quoted(&mut self, text: &str) -> &mut Self {
        self.0.reserve(text.len() + 2);
        self.0.push(b'"');
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(b'"');
        self
    }

    /// A label: those that are borrowed are names of the model, and hold nothing special.
    fn name(&mut self, label: &Label) -> &mut Self {
        match label {
            Label::Borrowed(name) => self.quoted(name),
            Label::Owned(name) => self.text(name),
        }
    }

    fn whole(&mut self, value: u32) -> &mut Self {
        match value {
            0..10 => self.0.push(b'0' + value as u8),
            10..100 => self.0.extend_from_slice(&pair(value)),
            100..1000 => {
                let [tens, ones] = pair(value % 100);
                self.0.extend_from_slice(&[b'0' + (value / 100) as u8, tens, ones]);
            }
            _ => {
                let (digits, from) = decimal(value);
                self.0.extend_from_slice(&digits[from..]);
            }
        }
        self
    }

    /// A number of at most four decimals.
    fn number(&mut self, value: f64) -> &mut Self {
        // adding half and cutting rounds right where the number has four decimals, and is told from it where not
        let steps = (value.abs() * 1e4 + 0.5) as u32;
        let is_fixed = (f64::from(steps) / 1e4).to_bits() == value.abs().to_bits();
        if !is_fixed || (steps == 0 && value.is_sign_negative()) {
            return self.any(&value);
        }
        let (whole, part) = (steps / 10_000, steps % 10_000);
        let ([a, b], [c, d]) = (pair(part / 100), pair(part % 100));
        // the digits but the first of them, zeros as zero: how many are behind the last that is none
        let zeros = (u32::from_le_bytes([1, b, c, d]) ^ 0x3030_3000).leading_zeros() as usize / 8;
        if whole < 10 {
            // no branch depends on the sign or the digits, and a copy of a fixed size is a move: what is too much is
            // written and taken back
            let is_negative = value < 0.0;
            let text = u64::from_le_bytes([b'-', b'0' + whole as u8, b'.', a, b, c, d, 0]);
            let text = if is_negative { text } else { text >> 8 };
            self.0.extend_from_slice(&text.to_le_bytes());
            self.0.truncate(self.0.len() - 2 + usize::from(is_negative) - zeros);
        } else {
            if value < 0.0 {
                self.0.push(b'-');
            }
            self.whole(whole).0.extend_from_slice(&[b'.', a, b, c, d]);
            self.0.truncate(self.0.len() - zeros);
        }
        self
    }

    fn span(&mut self, start: u32, end: u32) -> &mut Self {
        self.raw(",\"start\":").whole(start).raw(",\"end\":").whole(end)
    }

    fn label(&mut self, score: &LabelScore) -> &mut Self {
        self.raw("{\"label\":").name(&score.label).raw(",\"probability\":").number(score.probability).raw("}")
    }

    fn probability(&mut self, score: Probability) -> &mut Self {
        self.raw("{\"probability\":").number(score.probability).raw("}")
    }

    fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) -> &mut Self {
        let mut mark = b'[';
        for item in items {
            self.0.push(std::mem::replace(&mut mark, b','));
            write(self, item);
        }
        self.raw(if items.is_empty() { "[]" } else { "]" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Model;
    use proptest::prelude::*;

    #[derive(Serialize)]
    struct Answer<'a> {
        id: &'a RawValue,
        #[serde(flatten)]
        scores: &'a Scores,
        cluster: &'a str,
    }

    fn check(id: &str, text: &str, cluster: &str) {
        let id = RawValue::from_string(id.to_owned()).expect("an id in JSON");
        let mut scores = Model::shipped().score(text, None);
        scores.heads.insert(text.to_owned(), LabelScore { label: "a \"b\"".to_owned().into(), probability: 0.25 });
        let mut written = Vec::new();
        write_scores(&id, &scores, cluster, &mut written);
        let want = serde_json::to_string(&Answer { id: &id, scores: &scores, cluster }).expect("JSON");
        assert_eq!(String::from_utf8(written).expect("UTF-8"), want);
    }

    #[test]
    fn answers_are_what_serde_writes() {
        for text in ["", "refund \"me\" \\ now @nimbus #fail $NMB https://a.example/x", "línea\u{1}\n😡", "a@b.example"]
        {
            check("7", text, "c\"1");
            check("{\"a\": [1.50]}", text, "");
        }
    }

    fn number(value: f64) -> String {
        let mut out = Vec::new();
        Json(&mut out).number(value);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn odd_numbers() {
        for value in [0.0, -0.0, 1.0, -1.0, 0.5, 0.0001, -12.3456, 1e-9, 1e300, 0.12345, 123_456.789_1, 4e5, 5e5] {
            assert_eq!(number(value), serde_json::to_string(&value).expect("a number"));
        }
    }

    proptest! {
        #[test]
        fn numbers_are_what_serde_writes(steps in -100_000_i64..100_000) {
            let value = steps as f64 / 1e4;
            prop_assert_eq!(number(value), serde_json::to_string(&value).expect("a number"));
        }
    }
}
