//! The default pack with one fault each.

use groundswell::rules::{SourceFile, shipped};

/// File, what, with what; lines from there to the fault; what is said of it; what the suggestion holds.
pub(crate) type Fault = (&'static str, &'static str, &'static str, i32, &'static str, &'static str);

#[rustfmt::skip]
pub(crate) const FAULTS: &[Fault] = &[
    // ── keys ──
    ("teams.yaml", "    time_zone: UTC", "    timezone: UTC", 0, "unknown key \"timezone\"", "\"time_zone\""),
    ("teams.yaml", "calendars:\n", "calenders:\n", 0, "unknown key \"calenders\"", "\"calendars\""),
    ("teams.yaml", "    holidays: [germany]", "    holiday: [germany]", 0, "unknown key \"holiday\"", "\"holidays\""),
    ("matrix.yaml", "    private_handoff: crisis_line", "    private_handof: crisis_line", 0, "unknown key", "\"private_handoff\""),
    ("matrix.yaml", "when: {impersonation: true}", "when: {impersonations: true}", 0, "unknown key", "\"impersonation\""),
    ("matrix.yaml", "crisis: 15m", "crises: 15m", 0, "unknown key \"crises\"", "\"crisis\""),
    ("matrix.yaml", "like: reputation\n", "lik: reputation\n", 0, "unknown key \"lik\"", "\"like\""),
    ("intents/intents.yaml", "threshold: 0.8", "treshold: 0.8", 0, "unknown key", "\"threshold\""),
    ("matrix.yaml", "when: {triggers: [minors]}", "when: {triggers: [minor]}", 0, "unknown trigger \"minor\"", "\"minors\""),
    ("intents/triggers.yaml", "when: {threat: 0.8}", "when: {triggers: [minors]}", 0, "a trigger cannot ask for other triggers", "matrix rows"),
    ("intents/triggers.yaml", "when: {threat: 0.8}", "when: {treat: 0.5}", 0, "unknown key", "\"threat\""),
    ("alerts/alerts.yaml", "  outage:\n", "  outtage:\n", 0, "unknown key \"outtage\"", "\"outage\""),
    ("alerts/alerts.yaml", "    acknowledge: 30m", "    acknowlege: 30m", 0, "unknown key", "\"acknowledge\""),
    ("replies/replies.yaml", "    expires: ", "    expire: ", 0, "unknown key \"expire\"", "\"expires\""),
    ("accounts.yaml", "handle: nimbushelp", "handel: nimbushelp", 0, "unknown key", "\"handle\""),
    ("lists.yaml", "executives:", "executive:", 0, "unknown key", "\"executives\""),
    ("brands.yaml", "    products:", "    product:", 0, "unknown key", "\"products\""),
    ("queries/brand.yaml", "    query: 'brand:\"nimbus pay\"'", "    qeury: 'brand:\"nimbus pay\"'", 0, "unknown key", "\"query\""),
    // ── types ──
    ("teams.yaml", "contacts: [finance-lead]", "contacts: finance-lead", 0, "must be a list", "contacts: [finance-lead]"),
    ("intents/triggers.yaml", "private: false", "private: 'no'", 0, "must be true or false", "write true or false"),
    ("alerts/alerts.yaml", "floor: 6 ", "floor: six ", 0, "must be a number", "write a number"),
    ("accounts.yaml", "id: \"900100\"", "id: 900100", 0, "must be text", "quotes"),
    ("matrix.yaml", "respond: {crisis: 15m, urgent: 30m, business: 1h, outside: 4h}", "respond: 1h", 0, "must be a mapping", "crisis"),
    // ── values ──
    ("teams.yaml", "time_zone: Europe/Dublin", "time_zone: Europe/Dublni", 0, "unknown time zone", "\"Europe/Dublin\""),
    ("teams.yaml", "from: \"07:00\"", "from: \"7:00\"", 0, "no time of day", "\"09:00\""),
    ("teams.yaml", "to: \"23:00\"", "to: \"06:00\"", 0, "end before they begin", "from"),
    ("teams.yaml", "days: [fri]", "days: [thu]", 0, "\"thu\" has hours twice", "once"),
    ("teams.yaml", "{date: \"2026-04-03\"", "{date: \"2026-04-31\"", 0, "\"date\" is no date", "2026-04-03"),
    ("teams.yaml", "{every: \"05-01\"", "{every: \"02-30\"", 0, "no day of a year", "12-25"),
    ("teams.yaml", "{every: \"12-26\"", "{every: \"12-25\"", 0, "stands here twice", "remove"),
    ("matrix.yaml", "urgent: 30m", "urgent: 30", 0, "no duration", "30m"),
    ("matrix.yaml", "    tier: human", "    tier: humane", 0, "no tier", "\"human\""),
    ("matrix.yaml", "severity: [S1, S2]", "severity: [S0, S2]", 0, "no severity", "known: S1"),
    ("matrix.yaml", "channels: [review]", "channels: [reviews]", 0, "no channels", "\"review\""),
    ("intents/intents.yaml", "threshold: 0.55", "threshold: 55", 0, "from 0 to 1", "write 1"),
    ("intents/triggers.yaml", "severity: S1", "severity: S5", 0, "no severity", "known: S1"),
    ("alerts/alerts.yaml", "ratio: 2.5", "ratio: 0.5", 0, "from 1 to 1000", "write 1"),
    ("alerts/alerts.yaml", "people: 5 ", "people: 4.5 ", 0, "whole number", "write 5"),
    ("replies/replies.yaml", "language: pt", "language: por", 0, "no language", "two letters"),
    ("replies/replies.yaml", "expires: 2028-06-30", "expires: june", 0, "no date", "2026-04-03"),
    ("replies/replies.yaml", "channel: public", "channel: pubic", 0, "no channel", "\"public\""),
    ("replies/replies.yaml", "{status_page}.", "{status_pge}.", 0, "unknown variable", "\"status_page\""),
    ("replies/replies.yaml", "reach {product} at", "reach {handle} at", -8, "which has no {handle}", "take"),
    ("lists.yaml", "[BR, IN]", "[Brazil, IN]", 0, "no market", "two capital letters"),
    ("accounts.yaml", "platform: linkedin", "platform: linkdin", 0, "no platform", "\"linkedin\""),
    // ── names ──
    ("teams.yaml", "holidays: [united-states]", "holidays: [united-state]", 0, "unknown calendar", "\"united-states\""),
    ("matrix.yaml", "path: [safety-lead, duty-manager]", "path: [safety-lead, duty-manger]", 0, "unknown team or contact", "\"duty-manager\""),
    ("matrix.yaml", "    team: finance\n", "    team: finances\n", 0, "unknown team", "\"finance\""),
    ("matrix.yaml", "    like: billing\n", "    like: biling\n", 0, "unknown matrix row", "\"billing\""),
    ("matrix.yaml", "queries: [says-recall]", "queries: [says-recal]", 0, "unknown query", "\"says-recall\""),
    ("intents/triggers.yaml", "    intent: safety\n", "    intent: safty\n", 0, "unknown intent", "\"safety\""),
    ("alerts/alerts.yaml", "reply: outage-status\n", "reply: outage-state\n", 0, "unknown reply", "\"outage-status\""),
    ("alerts/alerts.yaml", "query: nimbus-pay,", "query: nimbus-play,", 0, "unknown query", "\"nimbus-pay\""),
    ("replies/replies.yaml", "rows: [billing-double]", "rows: [billing-doubel]", 0, "unknown matrix row", "\"billing-double\""),
    ("queries/risk.yaml", "    team: sales\n", "    team: sale\n", 0, "unknown team", "\"sales\""),
    // ── crisis, approvals, what time raises ──
    ("alerts/alerts.yaml", "  statement: viral-hold", "  statment: viral-hold", 0, "unknown key", "\"statement\""),
    ("alerts/alerts.yaml", "  statement: viral-hold", "  statement: viral-hld", 0, "unknown reply", "\"viral-hold\""),
    ("alerts/alerts.yaml", "  statement: viral-hold\n", "", -9, "has no holding statement", "statement:"),
    ("alerts/alerts.yaml", "incident_lead: duty-manager", "incident_lead: duty-manger", 0, "unknown team or contact", "\"duty-manager\""),
    ("alerts/alerts.yaml", "deputy: duty-manager}", "deputy: operations-lead}", 0, "stands in for itself", "somebody else"),
    ("alerts/alerts.yaml", "  path: [duty-manager, comms-lead, operations-lead]", "  path: [comms, legal]", 0, "ends without a person", "add"),
    ("alerts/alerts.yaml", "{who: general-counsel, by: 30m}", "{who: general-counsel, by: 30}", 0, "no duration", "30m"),
    ("matrix.yaml", "approvals: [sales-lead]", "approvals: [support-lead]", 0, "nobody stands in", "deputy"),
    ("intents/raises.yaml", "    contacts: 3\n", "    contacts: 1\n", 0, "must be from 2 to 16", "write 2"),
    ("intents/raises.yaml", "    within: 24h\n", "    within: 24\n", 0, "no duration", "24m"),
    ("intents/raises.yaml", "    posts: 50\n    within: 1h", "    posts: 50\n    within: 9h", 1, "at most 6 h", "write 6h"),
    // ── what is there twice, never, or not at all ──
    ("matrix.yaml", "  - id: outage-urgent\n", "  - id: outage-pay\n", 0, "defined twice", "another id"),
    ("matrix.yaml", "    like: outage\n    when: {severity: [S1, S2]}\n", "    like: outage-urgent\n    when: {severity: [S1, S2]}\n", 0, "like itself", "stands alone"),
    ("matrix.yaml", "when: {queries: [says-payout]}", "when: {queries: [says-double-charge]}", -3, "same condition", "remove"),
    ("matrix.yaml", "    when: {queries: [says-bank]}\n", "    when: {}\n", 6, "never reached", "before that row"),
    ("matrix.yaml", "    path: [support-lead, duty-manager]\n    tier: automatic", "    path: []\n    tier: automatic", 0, "names nobody", "path: ["),
    ("queries/brand.yaml", "owner: comms\n", "", 1, "lacks \"owner\"", "owner"),
    ("replies/replies.yaml", "    approved_by: sales-lead\n", "", -5, "lacks \"approved_by\"", "add"),
    // ── queries ──
    ("queries/brand.yaml", "nimbushelp OR nimbussupport\n\n  - id: nimbus-heard", "nimbushelp OR (nimbussupport\n\n  - id: nimbus-heard", 0, "query \"nimbus-help\"", ""),
    ("queries/risk.yaml", "NOT (refund OR scam)", "AND (refund OR scam) OR x", 0, "query \"nimbus-presales\"", ""),
    ("queries/brand.yaml", "'brand:\"nimbus mail\"'", "'brand:\"nimbus mial\"'", 0, "no brand or product", "Nimbus Mail"),
    ("queries/brand.yaml", "author_followers:[", "author_folowers:[", 0, "query \"nimbus-heard\"", "author_followers"),
    // ── what works and must not stay ──
    ("matrix.yaml", "path: [general-counsel]\n", "path: [legal, finance]\n", 0, "ends without a person", "\"finance-lead\""),
    ("matrix.yaml", "path: [general-counsel]\n", "path: [finance-lead]\n", 0, "reaches nobody on Monday at 00:00 UTC in winter", "duty manager"),
    ("alerts/alerts.yaml", "path: [comms-lead, legal, general-counsel]", "path: [comms]", 0, "reaches nobody", "duty manager"),
    ("alerts/alerts.yaml", "    path: [comms-lead, legal, general-counsel]\n", "", -3, "have no path", "write path"),
    ("replies/replies.yaml", "expires: 2028-06-30", "expires: 2026-03-02", 0, "is expired", "approved anew"),
    ("replies/replies.yaml", "expires: 2028-06-30", "expires: 2026-03-20", 0, "expires in 17 days", "approved anew"),
    ("replies/replies.yaml", "    expires: 2028-06-30\n    text: >-\n      We have seen", "    text: >-\n      We have seen", -6, "never expires", "expires"),
    ("alerts/alerts.yaml", "groups:\n", "silences:\n  - {id: quiet, queries: [nimbus-pay], author: duty-manager, reason: none, until: \"2026-03-01T00:00:00Z\"}\ngroups:\n", 1, "keeps nothing back", "remove"),
    ("alerts/alerts.yaml", "groups:\n", "silences:\n  - {id: quiet, queries: [nimbus-pay], author: duty-manager, reason: none, until: \"2031-03-01T00:00:00Z\"}\ngroups:\n", 1, "more than 92 days", "nearer"),
    ("queries/risk.yaml", "NOT (refund OR scam)", "NOT nimbus", -2, "can never match", "remove the branch"),
];

/// The pack with one fault, and the line at which it was put in.
pub(crate) fn broken((path, from, to, ..): &Fault) -> (Vec<SourceFile>, u32) {
    let mut files = shipped();
    let file = files.iter_mut().find(|file| file.path == *path).unwrap();
    let at = file.text.find(from).unwrap_or_else(|| panic!("{path} holds {from:?}"));
    let line = file.text[..at].matches('\n').count() + 1;
    file.text.replace_range(at..at + from.len(), to);
    (files, u32::try_from(line).unwrap())
}
