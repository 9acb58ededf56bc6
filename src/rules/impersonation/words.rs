//! What false accounts add to a name, in several languages, as skeletons.

use crate::text::lookalike::skeleton;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a false account adds to a brand's name.
#[rustfmt::skip]
const ADDED: &[&str] = &[
    "support", "supports", "supportteam", "help", "helps", "helpdesk", "helpline", "desk", "care", "cares", "customer",
    "client", "clientele", "service", "services", "official", "oficial", "officiel", "offiziell", "ufficiale", "verified",
    "verify", "team", "hq", "admin", "agent", "agents", "assist", "assists", "assistance", "contact", "secure",
    "security", "refund", "refunds", "billing", "recover", "recovery", "recoveries", "claims", "giveaway", "giveaways",
    "airdrop", "promo", "rewards", "bonus", "real", "resolution", "resolutions", "response", "dept", "department",
    "supp", "ask", "inc", "ltd", "llc", "gmbh", "sav", "sac",
    "soporte", "ayuda", "suporte", "ajuda", "atendimento", "aide", "hilfe", "kundenservice", "kontakt",
    "the", "atencion", "atencionalcliente", "cliente", "assistenza", "canlidestek", "canlıdestek", "assistencia", "servizioclienti",
    "serviceclient", "klantenservice", "destek", "pomoc", "поддержка", "サポート", "客服", "官方", "center", "centre",
    "hotline", "techsupport", "technicalsupport", "livechat", "verification", "verificado", "kundendienst",
    "kundenbetreuung", "offizielle", "offizieller", "supporto", "aiuto", "officieel", "hulp", "resmi", "yardim",
    "bantuan", "oficjalny", "официальный", "atencionclientes", "serviceclients", "suport", "supporrt", "offical",
    "officail", "custumer", "servise", "relations", "fraudprevention", "fraudteam", "escalation", "escalations", "resolve",
    "noreply", "noresponder", "dmus", "messageus", "callus", "winners", "prizes", "giftcards", "ombudsman",
    "executiveoffice", "officeoftheceo", "reclamos", "reclamaciones", "reclamacoes", "ouvidoria", "servicioalcliente",
    "serviciocliente", "equipo", "equipe", "relacionamento", "klantcontact", "kundservice", "kundeservice",
    "kundesupport", "kundtjanst", "asiakaspalvelu", "obslugaklienta", "obsługaklienta", "podpora", "zakaznickapodpora",
    "ugyfelszolgalat", "musterihizmetleri", "musteridestek", "layananpelanggan", "khidmatpelanggan", "cskh",
    "chamsockhachhang", "relatiiclienti", "podrska", "службаподдержки", "техподдержка", "помощь", "підтримка",
    "εξυπηρετησηπελατων", "υποστηριξη", "カスタマーサポート", "カスタマーサービス", "お客様サポート", "公式", "客户服务", "客戶服務",
    "客服中心", "在线客服", "고객센터", "고객지원", "공식", "خدمةعملاء", "خدمةالعملاء", "الدعم", "دعم", "الرسمي", "ग्राहकसेवा",
    "सहायता", "ฝ่ายบริการลูกค้า", "ศูนย์บริการ",
];

/// What may stand beside an added word, and says nothing alone: where such an account says it is (a place alone is a
/// branch or a town's), when it answers, what it is asked about.
#[rustfmt::skip]
const BESIDE: &[&str] = &[
    "uk", "us", "usa", "eu", "de", "fr", "es", "it", "br", "pt", "mx", "in", "int", "global", "canada", "india",
    "mexico", "brasil", "brazil", "deutschland", "france", "italia", "espana", "portugal", "latam", "europe",
    "247", "24x7", "24h", "online", "live", "chat", "app", "web", "account", "accounts", "payment", "payments",
    "wallet", "vip", "priority", "complaint", "complaints", "dm", "cs", "cx", "org", "com", "tech", "user", "users",
    "hello", "hey", "my", "we", "are", "this", "is", "for", "by", "of", "from", "del", "di", "da", "do", "du", "von", "al",
    "and", "social", "media", "executive", "office", "fraud", "prevention", "protection", "alert", "alerts", "experience",
    "clients", "clientes", "clienti", "beschwerden", "reclami", "reclamations", "bank", "banking", "banco", "airline",
    "airlines", "airways", "mobile", "telecom", "store", "shop", "crypto", "invest", "loan", "loans", "order", "orders",
    "delivery", "deliveries", "booking", "bookings", "ticket", "tickets", "case", "cases", "unit", "operations", "line",
    "page", "turkiye", "polska", "sverige", "nederland", "argentina", "colombia", "chile", "peru", "africa", "asia",
    "ireland", "australia", "international", "worldwide",
];

/// What says that an account is not who it is named after.
const DISCLAIMERS: &[&str] = &[
    "parody",
    "parodia",
    "paródia",
    "parodie",
    "satire",
    "satira",
    "sátira",
    "unofficial",
    "inofficial",
    "inoffiziell",
    "unoffiziell",
    "nooficial",
    "naooficial",
    "nonofficiel",
    "nonufficiale",
    "пародия",
];

/// Words that alone make a name pass for another.
pub(super) static ADDED_WORDS: LazyLock<Words> = LazyLock::new(|| Words::new(ADDED));

/// Words that may stand beside those.
pub(super) static BESIDE_WORDS: LazyLock<Words> = LazyLock::new(|| Words::new(BESIDE));

/// A list of words, longest first, so that `helpdesk` goes before `desk`; found by their first and last letters, since
/// every author's names are asked for all of them.
pub(super) struct Words {
    words: Vec<String>,
    by_first: HashMap<char, Vec<usize>>,
    by_last: HashMap<char, Vec<usize>>,
}

impl Words {
    fn new(words: &[&str]) -> Self {
        let words = skeletons(words);
        let (mut by_first, mut by_last) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
        for (at, word) in words.iter().enumerate() {
            by_first.entry(word.chars().next().unwrap_or_default()).or_default().push(at);
            by_last.entry(word.chars().next_back().unwrap_or_default()).or_default().push(at);
        }
        Self { words, by_first, by_last }
    }

    /// A name without the longest of the words that it begins with.
    pub(super) fn off_start<'n>(&self, name: &'n str) -> Option<&'n str> {
        self.by_first.get(&name.chars().next()?)?.iter().find_map(|at| name.strip_prefix(self.words[*at].as_str()))
    }

    /// The same of those that it ends with. Figures at its end are part of what is added.
    pub(super) fn off_end<'n>(&self, name: &'n str) -> Option<&'n str> {
        let off = |name: &'n str| {
            self.by_last
                .get(&name.chars().next_back()?)?
                .iter()
                .find_map(|at| name.strip_suffix(self.words[*at].as_str()))
        };
        off(name).or_else(|| off(name.trim_end_matches(|c: char| c.is_ascii_digit())))
    }
}

/// True where a name says of itself that it is not who it is named after.
pub(super) fn disclaims(skeleton_of_name: &str) -> bool {
    static SKELETONS: LazyLock<Vec<String>> = LazyLock::new(|| skeletons(DISCLAIMERS));
    SKELETONS.iter().any(|word| skeleton_of_name.contains(word))
}

/// Longest first.
fn skeletons(words: &[&str]) -> Vec<String> {
    // figures are read as letters where letters follow: `nimbus247help`
    let within = words.iter().filter(|word| word.ends_with(|c: char| c.is_ascii_digit())).map(|word| {
        let longer = skeleton(&format!("{word}x"));
        longer.trim_end_matches('x').to_owned()
    });
    // letters beyond ASCII may look like Latin ones in one case only
    let cases = words.iter().flat_map(|word| {
        let mut letters = word.chars();
        let capital = letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>());
        [Some((*word).to_owned()), capital, Some(word.to_uppercase())]
    });
    let mut skeletons: Vec<String> = cases.flatten().map(|word| skeleton(&word)).chain(within).collect();
    skeletons.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    skeletons.dedup();
    skeletons
}
