//! A report as rows, and the rows as CSV, as a page and for a terminal.

use crate::report::{BrandVoice, IncidentReport, Mood, Ratio, Spread, WeekReport, mentions_of};
use std::collections::BTreeMap;

/// One figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What is counted.
    pub metric: &'static str,
    /// Of which intent, team, person …; empty for all.
    pub of: String,
    /// The figure.
    pub value: String,
    /// Of how many; empty where that is no question.
    pub count: String,
}

/// What stands in a cell.
struct Cell(String);

impl From<u64> for Cell {
    fn from(count: u64) -> Self {
        Self(count.to_string())
    }
}

impl From<i64> for Cell {
    fn from(seconds: i64) -> Self {
        Self(seconds.to_string())
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// A report, ready to be written.
#[derive(Debug)]
pub struct Table {
    /// Its title.
    pub title: String,
    /// What stands below it.
    pub about: String,
    /// Its figures.
    pub rows: Vec<Row>,
}

impl Table {
    fn add(&mut self, metric: &'static str, of: impl Into<String>, value: impl Into<Cell>, count: impl Into<Cell>) {
        let (value, count) = (value.into().0, count.into().0);
        self.rows.push(Row { metric, of: of.into(), value, count });
    }

    fn ratio(&mut self, metric: &'static str, of: impl Into<String>, ratio: Ratio) {
        let value = ratio.value().map_or_else(|| "none".to_owned(), |value| format!("{value:.4}"));
        self.add(metric, of, value, ratio.whole);
    }

    fn spread(&mut self, [median, p90]: [&'static str; 2], spread: Spread) {
        self.add(median, "", spread.median_seconds, spread.count);
        self.add(p90, "", spread.p90_seconds, spread.count);
    }

    fn mood(&mut self, mood: &Mood) {
        let of = format!("{} at {}", mood.about, mood.at);
        let told = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), |value| format!("{value:.4}"));
        self.add("mood_before", of.clone(), told(mood.sentiment_before), mood.mentions_before);
        self.add("mood_after", of, told(mood.sentiment_after), mood.mentions_after);
    }

    /// A week.
    #[must_use]
    pub fn of_week(report: &WeekReport, from: &str, until: &str) -> Self {
        let about = format!("What was posted from {from} on and before {until}.");
        let mut table = Self { title: "What people made of it".to_owned(), about, rows: Vec::new() };
        table.add("items_routed", "", report.routed, "");
        table.ratio("noise_filtered_ratio", "", report.noise_filtered);
        table.ratio("tag_agreement_ratio", "", report.tags_agreed);
        for (intent, ratio) in &report.tags_agreed_by_intent {
            table.ratio("tag_agreement_ratio", intent, *ratio);
        }
        for (tagged, said) in &report.confusion {
            for (right, count) in said {
                table.add("confusion", format!("{tagged} → {right}"), *count, "");
            }
        }
        table.ratio("routed_right_ratio", "", report.routed_right);
        table.ratio("in_time_ratio", "", report.in_time);
        for (owner, ratio) in &report.in_time_by_owner {
            table.ratio("in_time_ratio", owner, *ratio);
        }
        table.ratio("within_hour_ratio", "target 0.9", report.within_hour);
        table.ratio("without_escalation_ratio", "target 0.8", report.without_escalation);
        for (why, count) in [
            ("nobody answered", report.called.unanswered),
            ("time raised it", report.called.raised),
            ("an approval did not come", report.called.deputies),
        ] {
            table.add("called_items", why, count, report.routed);
        }
        table.spread(["first_response_median_seconds", "first_response_p90_seconds"], report.first_response);
        table.spread(["handling_median_seconds", "handling_p90_seconds"], report.handling);
        table.ratio("reopened_ratio", "", report.reopened);
        table.ratio("closed_by_itself_ratio", "", report.closed_by_itself);
        table.people(report);
        report.responses.iter().for_each(|mood| table.mood(mood));
        for (topic, brands) in &report.voice {
            table.voice(topic, brands);
        }
        table
    }

    /// What was said of the brands on one topic.
    fn voice(&mut self, topic: &str, brands: &BTreeMap<String, BrandVoice>) {
        let told = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), |value| format!("{value:.4}"));
        let all = mentions_of(brands);
        for (brand, voice) in brands {
            let of = format!("{topic}/{brand}");
            self.add("voice_mentions", &of, voice.mentions, all);
            self.add("voice_share_ratio", &of, told(voice.share), all);
            self.add("voice_sentiment_mean", &of, told(voice.sentiment), voice.mentions);
            for (mood, count) in
                [("positive", voice.positive), ("neutral", voice.neutral), ("negative", voice.negative)]
            {
                self.add("voice_sentiment", format!("{of}/{mood}"), count, voice.mentions);
            }
            self.add("voice_reach", &of, voice.reach, "");
        }
    }

    fn people(&mut self, report: &WeekReport) {
        for (queue, load) in &report.load {
            self.add("load_items", queue, load.items, "");
            self.add("load_tickets", queue, load.tickets, load.items);
            self.add("load_claimed", queue, load.claimed, load.items);
            for (severity, count) in &load.severities {
                self.add("load_severity", format!("{queue}/{severity}"), *count, load.items);
            }
        }
        for (who, count) in &report.reviewers {
            self.add("claimed_by", who, *count, "");
        }
        let satisfaction = &report.satisfaction;
        let mean = satisfaction.mean.map_or_else(|| "none".to_owned(), |mean| format!("{mean:.4}"));
        self.add("csat_mean", "", mean, satisfaction.ratings);
        self.ratio("csat_satisfied_ratio", "", satisfaction.satisfied);
        let approvals = &report.approvals;
        self.add("approvals_requested", "", approvals.requested, "");
        self.add("approvals_approved", "", approvals.approved, "");
        self.add("approvals_rejected", "", approvals.rejected, "");
        self.ratio("approvals_in_time_ratio", "", approvals.in_time);
        self.ratio("approvals_by_deputy_ratio", "", approvals.by_deputy);
        self.spread(["approval_median_seconds", "approval_p90_seconds"], approvals.answered);
    }

    /// An incident.
    #[must_use]
    pub fn of_incident(report: &IncidentReport) -> Self {
        let told = |seconds: Option<i64>| seconds.map_or_else(|| "none".to_owned(), |seconds| seconds.to_string());
        let about = format!("Incident {}, owned by {}.", report.incident_id, report.team);
        let mut table = Self { title: report.headline.clone(), about, rows: Vec::new() };
        table.add("severity", "", report.severity.as_str(), "");
        table.add("onset", "", report.onset.to_string(), "");
        table.add("told_after_seconds", "", report.told_after_seconds, "");
        table.add("acknowledged_after_seconds", "", told(report.acknowledged_after_seconds), "");
        table.add("over_after_seconds", "", told(report.over_after_seconds), "");
        table.add("people_most", "", report.people_most, "");
        table.add("reach_most", "", report.reach_most, "");
        table.add("items_attached", "", report.attached, "");
        table.add("items_with_ticket", "", report.tickets, "");
        for alert in &report.alerts {
            table.add("alert", alert, "", "");
        }
        for pack in &report.packs {
            table.add("pack", pack, "", "");
        }
        for moment in &report.moments {
            let by = moment.by.as_ref().map(|by| format!(" ({by})")).unwrap_or_default();
            table.add("moment", moment.at.to_string(), format!("{}{by}", moment.what), "");
        }
        report.responses.iter().for_each(|mood| table.mood(mood));
        table
    }

    /// RFC 4180, with a header.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = "metric,of,value,count\r\n".to_owned();
        for row in &self.rows {
            let fields = [row.metric, &row.of, &row.value, &row.count].map(csv_field);
            text.push_str(&fields.join(","));
            text.push_str("\r\n");
        }
        text
    }

    /// One page that needs nothing else.
    #[must_use]
    pub fn html(&self) -> String {
        let (title, about) = (escaped(&self.title), escaped(&self.about));
        let mut rows = String::new();
        for row in &self.rows {
            let cells = [row.metric, &row.of, &row.value, &row.count].map(|cell| format!("<td>{}</td>", escaped(cell)));
            rows.push_str(&format!("<tr>{}</tr>\n", cells.concat()));
        }
        format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\n<style>{STYLE}</style></head>\n\
             <body><h1>{title}</h1><p>{about}</p>\n<table><thead><tr><th>figure</th><th>of</th><th>value</th><th>of how many</th></tr></thead>\n\
             <tbody>\n{rows}</tbody></table></body></html>\n"
        )
    }

    /// For a terminal.
    #[must_use]
    pub fn words(&self) -> String {
        let mut text = format!("{}\n{}\n\n", self.title, self.about);
        for row in &self.rows {
            let of = if row.of.is_empty() { String::new() } else { format!(" [{}]", row.of) };
            let count = if row.count.is_empty() { String::new() } else { format!(" of {}", row.count) };
            text.push_str(&format!("{}{of}: {}{count}\n", row.metric, row.value));
        }
        text
    }
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1b1b1b}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}\
td:nth-child(3),td:nth-child(4){font-variant-numeric:tabular-nums}";

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Quoted where it must be. What a spreadsheet would take for a formula is text.
fn csv_field(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '@']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        for (text, want) in
            [("a b", "a b"), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""), ("=1+1", "'=1+1"), ("-3", "-3")]
        {
            assert_eq!(csv_field(text), want);
        }
        assert_eq!(escaped("<b a=\"1\">&"), "&lt;b a=&quot;1&quot;&gt;&amp;");
    }
}
