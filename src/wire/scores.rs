//! Scores as JSON, written straight into a buffer: what `groundswell score` puts out for every text.
//!
//! Byte for byte what serde writes of the same values, which a test holds it to; a third of the time of scoring a
//! stream went into writing keys and numbers one by one. Numbers of scores have four decimals, so they are written as
//! whole numbers with a point in them.

mod line;

use self::line::Line;
use crate::mention::{Entity, EntityKind};
use crate::score::{Explanation, Pii, Scores};
use serde_json::value::RawValue;

/// Appends one answer: an id as it came, the scores, and the cluster of the text.
pub fn write_scores(id: &RawValue, scores: &Scores, cluster: &str, out: &mut Vec<u8>) {
    let mut json = Line::behind(out);
    json.raw(b"{\"id\":").verbatim(id.get().as_bytes());
    json.raw(b",\"language\":{\"code\":").text(&scores.language.code);
    json.raw(b",\"confidence\":").number(scores.language.confidence);
    feelings(scores, &mut json);
    json.raw(b",\"intents\":").list(&scores.intents, |json, intent| {
        json.raw(b"{\"id\":").name(&intent.id).raw(b",\"probability\":").number(intent.probability).raw(b"}");
    });
    json.raw(b",\"urgency\":").label(&scores.urgency).raw(b",\"noise\":").label(&scores.noise);
    json.raw(b",\"abuse\":").probability(scores.abuse).raw(b",\"threat\":").probability(scores.threat);
    json.raw(b",\"sarcasm\":").probability(scores.sarcasm).raw(b",\"incident\":").probability(scores.incident);
    let risk = &scores.risk;
    json.raw(b",\"risk\":{\"danger\":").number(risk.danger).raw(b",\"distress\":").number(risk.distress);
    json.raw(b",\"legal\":").number(risk.legal).raw(b",\"press\":").number(risk.press);
    json.raw(b"},\"entities\":").list(&scores.entities, entity);
    json.raw(b",\"fingerprint\":").text(&scores.fingerprint);
    json.raw(b",\"pii\":").list(&scores.pii, pii);
    json.raw(b",\"heads\":{");
    for (n, (name, label)) in scores.heads.iter().enumerate() {
        json.verbatim(if n > 0 { b"," } else { b"" }).text(name).raw(b":").label(label);
    }
    json.raw(b"},\"explain\":").list(&scores.explain, explanation);
    json.raw(b",\"cluster\":").text(cluster).raw(b"}");
    json.finish();
}

fn feelings(scores: &Scores, json: &mut Line<'_>) {
    let (sentiment, emotion) = (&scores.sentiment, &scores.emotion);
    json.raw(b"},\"sentiment\":{\"label\":").name(&sentiment.label).raw(b",\"score\":").number(sentiment.score);
    let p = &sentiment.probabilities;
    json.raw(b",\"probabilities\":{\"negative\":").number(p.negative).raw(b",\"neutral\":").number(p.neutral);
    json.raw(b",\"positive\":").number(p.positive).raw(b"}},\"emotion\":{\"label\":").name(&emotion.label);
    let p = &emotion.probabilities;
    json.raw(b",\"probabilities\":{\"anger\":").number(p.anger).raw(b",\"joy\":").number(p.joy);
    json.raw(b",\"none\":").number(p.none).raw(b",\"optimism\":").number(p.optimism);
    json.raw(b",\"sadness\":").number(p.sadness).raw(b"},\"frustration\":").number(emotion.frustration).raw(b"}");
}

fn entity(json: &mut Line<'_>, entity: &Entity) {
    json.raw(b"{\"type\":").quoted(kind_name(entity.kind)).raw(b",\"value\":").text(&entity.value);
    json.span(entity.start, entity.end).raw(b"}");
}

fn kind_name(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Mention => "mention",
        EntityKind::Hashtag => "hashtag",
        EntityKind::Cashtag => "cashtag",
        EntityKind::Url => "url",
    }
}

fn pii(json: &mut Line<'_>, pii: &Pii) {
    json.raw(b"{\"type\":").name(&pii.kind).span(pii.start, pii.end).raw(b"}");
}

fn explanation(json: &mut Line<'_>, part: &Explanation) {
    json.raw(b"{\"head\":").name(&part.head).raw(b",\"feature\":").name(&part.feature);
    if let Some(start) = part.start {
        json.raw(b",\"start\":").whole(start);
    }
    if let Some(end) = part.end {
        json.raw(b",\"end\":").whole(end);
    }
    json.raw(b",\"weight\":").number(part.weight).raw(b"}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{LabelScore, Model};
    use serde::Serialize;

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
}
