//! What false accounts add to a name, in several languages, as skeletons.

use crate::text::lookalike::skeleton;
use std::sync::LazyLock;

/// What a false account adds to a brand's name.
#[rustfmt::skip]
const ADDED: &[&str] = &[
    "support", "supports", "supportteam", "help", "helps", "helpdesk", "helpline", "desk", "care", "cares", "customer",
    "client", "service", "services", "official", "oficial", "officiel", "offiziell", "ufficiale", "verified",
    "verify", "team", "hq", "admin", "agent", "agents", "assist", "assists", "assistance", "contact", "secure",
    "security", "refund", "refunds", "billing", "recover", "recovery", "recoveries", "claims", "giveaway", "giveaways",
    "airdrop", "promo", "rewards", "bonus", "real", "resolution", "resolutions", "response", "dept", "department",
    "supp", "ask", "inc", "ltd", "llc", "gmbh", "sav", "sac",
    "soporte", "ayuda", "suporte", "ajuda", "atendimento", "aide", "hilfe", "kundenservice", "kontakt",
    "the", "atencion", "atencionalcliente", "cliente", "assistenza", "assistencia", "servizioclienti",
    "serviceclient", "klantenservice", "destek", "pomoc", "поддержка", "サポート", "客服", "官方", "center", "centre",
    "hotline", "techsupport", "technicalsupport", "livechat", "verification", "verificado", "kundendienst",
    "kundenbetreuung", "offizielle", "offizieller", "supporto", "aiuto", "officieel", "hulp", "resmi", "yardim",
    "bantuan", "oficjalny", "официальный", "atencionclientes", "serviceclients", "suport", "supporrt", "offical",
    "officail", "custumer", "servise",
];

/// What may stand beside an added word, and says nothing alone: where such an account says it is (a place alone is a
/// branch or a town's), when it answers, what it is asked about.
#[rustfmt::skip]
const BESIDE: &[&str] = &[
    "uk", "us", "usa", "eu", "de", "fr", "es", "it", "br", "pt", "mx", "in", "int", "global", "canada", "india",
    "mexico", "brasil", "brazil", "deutschland", "france", "italia", "espana", "portugal", "latam", "europe",
    "247", "24x7", "24h", "online", "live", "chat", "app", "web", "account", "accounts", "payment", "payments",
    "wallet", "vip", "priority", "complaint", "complaints", "dm", "cs", "cx", "org", "com", "tech", "user", "users",
];

/// Words that alone make a name pass for another.
pub(super) fn added() -> impl Iterator<Item = &'static String> {
    static SKELETONS: LazyLock<Vec<String>> = LazyLock::new(|| skeletons(ADDED));
    SKELETONS.iter()
}

/// Words that may stand beside those.
pub(super) fn beside() -> impl Iterator<Item = &'static String> {
    static SKELETONS: LazyLock<Vec<String>> = LazyLock::new(|| skeletons(BESIDE));
    SKELETONS.iter()
}

/// Longest first, so that `helpdesk` goes before `desk`.
fn skeletons(words: &[&str]) -> Vec<String> {
    // figures are read as letters where letters follow: `nimbus247help`
    let within = words.iter().filter(|word| word.ends_with(|c: char| c.is_ascii_digit())).map(|word| {
        let longer = skeleton(&format!("{word}x"));
        longer.trim_end_matches('x').to_owned()
    });
    let mut skeletons: Vec<String> = words.iter().map(|word| skeleton(word)).chain(within).collect();
    skeletons.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    skeletons
}
