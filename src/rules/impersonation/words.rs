//! What false accounts add to a name, in several languages, as skeletons.

use crate::text::are_within;
use crate::text::lookalike::skeleton;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a false account adds to a brand's name: what it claims to do for people, and that it is the real one.
const ADDED: &str = "
support supports supportteam suport supporrt supp help helps helpdesk helpline helpcenter helpcentre desk care cares
cust custcare customer custumer client clientele service services servise servicedesk official officials offical
officail verified verify verification validation authentic genuine real team hq admin administrator admins moderator
agent agents assist assists assistance assistant concierge contact contactus callcenter callcentre careno contactno
hotline livechat techsupport technicalsupport secure security kyc fraudteam fraudprevention frauddesk refund refunds
reimbursement reimbursements compensation chargeback dispute disputes billing recover recovery recoveries retrieval
unlock claims resolution resolutions resolve response escalation escalations ombudsman grievance grievances
enquiries inquiries giveaway giveaways airdrop promo promos promotions rewards bonus bonuses winners prize prizes
lottery giftcards vouchers dept department executiveoffice officeoftheceo relations noreply dmus messageus callus
ask the center centre inc ltd llc gmbh soporte ayuda teayuda tayuda oficial oficiales atencion atencionalcliente
atencionclientes atencionalusuario servicio servicios serviciocliente servicioalcliente asistencia cliente equipo
contacto contactanos verificado verificada reembolso reembolsos devoluciones reclamos reclamaciones premios sorteo
sorteos promociones gestor asesores noresponder responde
suporte ajuda atendimento centraldeatendimento sac ouvidoria relacionamento equipe assistencia reclamacoes
faleconosco promocoes sorteio brindes apresvente aide officiel officielle serviceclient serviceclients sav equipe
remboursement remboursements conseiller conseillers verifie relationclient litiges
hilfe offiziell offizielle offizieller offizielles kundenservice kundendienst kundenbetreuung kundensupport
kundencenter kundenhilfe kontakt erstattung erstattungen rueckerstattung ruckerstattung verifiziert gewinnspiel
abteilung zentrale betrugspravention
assistenza supporto aiuto ufficiale servizio servizioclienti rimborso rimborsi verificato numeroverde premi
klantenservice klantcontact hulp officieel terugbetaling klantendienst
pomoc obsługa obsługi obslugaklienta klienta wsparcie oficjalny oficjalna oficjalne zwroty reklamacje destek
canlıdestek canlidestek musteri müşteri hizmetleri hizmeti desteği destegi yardim yardım resmi iletisim iletişim
temsilcisi поддержка поддержки служба помощь официальный официальная официально техподдержка техпідтримка підтримка
допомога офіційний возврат bantuan layanan layananpelanggan khidmatpelanggan dukungan pengaduan undian hotro cskh
chamsockhachhang chinhthuc kundtjanst kundservice kundeservice kundesupport kundesenter hjalp hjelp hjælp officiell
offisiell asiakaspalvelu tuki virallinen podpora zakaznickapodpora zakaznicka oficialni podrska ugyfelszolgalat
vevoszolgalat hivatalos asistenta relatiiclienti ajutor υποστηριξη εξυπηρετηση εξυπηρετησηπελατων βοηθεια
الدعم دعم خدمة خدمات خدمةعملاء خدمةالعملاء الفني الرسمي مساعدة תמיכה שירותלקוחות רשמי सहायता ग्राहकसेवा आधिकारिक
ฝ่ายบริการลูกค้า ศูนย์บริการ
客服 官方 客服中心 在线客服 客户服务 客戶服務 售后 公式 センター サポート サポートセンター カスタマーサポート カスタマーサービス お客様サポート お客様窓口 ヘルプ
고객센터 고객지원 고객서비스 공식 상담
";

/// What may stand beside an added word, and says nothing alone: where such an account says it is (a place alone is a
/// branch or a town's), when it answers, what it is asked about, whom it serves.
const BESIDE: &str = "
uk us usa eu de fr es it br pt mx in int global canada india mexico brasil brazil deutschland france italia espana
portugal latam europe turkiye polska sverige nederland argentina colombia chile peru africa asia ireland australia
international worldwide 247 24x7 24h online live chat app web account accounts payment payments wallet vip priority
complaint complaints dm cs cx org com tech technical user users hello hey hi dear my we are this is for by of from
del di da do du von al et and x xx social media executive office fraud prevention protection alert alerts experience
happiness success satisfaction guest guests passenger passengers member members consumer consumers clients clientes
clienti clientow kunden klanten usuarios usuario pelanggan khach hang pusat клиентов العملاء عملاء 고객 お客様 カスタマー 中心
beschwerden beschwerde reclami reclamation reclamations biuro linka linea area crew staff division unit operations
solutions hub squad get claim line page number phone tollfree hours message msg email mail info information bank
banking banco airline airlines airways mobile telecom store shop hotel hotels crypto invest investment investments
loan loans credit credits card cards finance financial order orders delivery deliveries shipping tracking booking
bookings reservation reservations ticket tickets baggage luggage flights case cases compliance legal privacy trust
safety tecnico tecnica technique technischer techniczne центр безопасность безопасности линия отдел чат сервис
аккаунт central centro quejas incidencias
";

/// What says that an account is not who it is named after.
const DISCLAIMERS: &str = "
parody parodia parodie satire satira unofficial inofficial inoffiziell unoffiziell nooficial naooficial nonofficiel
nonufficiale пародия
";

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
    fn new(words: &str) -> Self {
        let words = skeletons(words);
        let (mut by_first, mut by_last) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
        for (at, word) in words.iter().enumerate() {
            by_first.entry(word.chars().next().unwrap_or_default()).or_default().push(at);
            by_last.entry(word.chars().next_back().unwrap_or_default()).or_default().push(at);
        }
        Self { words, by_first, by_last }
    }

    /// What each of the words that a name begins with leaves of it, the longest word first.
    fn all_off_start<'n>(&self, name: &'n str) -> impl Iterator<Item = &'n str> {
        let words = name.chars().next().and_then(|first| self.by_first.get(&first));
        words.into_iter().flatten().filter_map(|at| name.strip_prefix(self.words[*at].as_str()))
    }

    /// The same of those that it ends with. Figures at its end are part of what is added.
    fn all_off_end<'n>(&self, name: &'n str) -> impl Iterator<Item = &'n str> {
        let figures = name.trim_end_matches(|c: char| c.is_ascii_digit());
        [name, figures].into_iter().flat_map(|name| {
            let words = name.chars().next_back().and_then(|last| self.by_last.get(&last));
            words.into_iter().flatten().filter_map(|at| name.strip_suffix(self.words[*at].as_str()))
        })
    }

    /// A name without the longest of the words that it begins with.
    pub(super) fn off_start<'n>(&self, name: &'n str) -> Option<&'n str> {
        self.all_off_start(name).next()
    }

    /// The same of those that it ends with.
    pub(super) fn off_end<'n>(&self, name: &'n str) -> Option<&'n str> {
        self.all_off_end(name).next()
    }
}

/// Places where words of the lists, one after the other from the start of a skeleton on, end, and whether one of them was
/// an added one; its start first. Of several ways to a place that with the longest words counts: `clientes` is no `client`
/// in `es`. No more than [`PLACES_MAX`].
pub(super) fn ends_of_words(skeleton: &str) -> Vec<(usize, bool)> {
    reached(0, |place, words| words.all_off_start(&skeleton[place..]).map(|rest| skeleton.len() - rest.len()).collect())
}

/// The same where they start, from its end on.
pub(super) fn starts_of_words(skeleton: &str) -> Vec<(usize, bool)> {
    reached(skeleton.len(), |place, words| words.all_off_end(&skeleton[..place]).map(str::len).collect())
}

/// Places of a name that are looked at.
const PLACES_MAX: usize = 16;

/// Walks from place to place, the longest step first.
fn reached(from: usize, steps: impl Fn(usize, &Words) -> Vec<usize>) -> Vec<(usize, bool)> {
    let (mut reached, mut ahead) = (Vec::new(), vec![(from, false)]);
    while let Some((place, has_added)) = ahead.pop().filter(|_| reached.len() < PLACES_MAX) {
        if reached.iter().any(|(seen, _)| *seen == place) {
            continue;
        }
        reached.push((place, has_added));
        let added = steps(place, &ADDED_WORDS).into_iter().map(|place| (place, true));
        let beside = steps(place, &BESIDE_WORDS).into_iter().map(|place| (place, has_added));
        let start = ahead.len();
        ahead.extend(added.chain(beside));
        ahead[start..].sort_by_key(|(next, _)| next.abs_diff(place));
    }
    reached
}

/// Letters of the shortest added word that is known misspelt.
const MISSPELT_LETTERS_MIN: usize = 6;

/// True for an added word with one edit, and for one with another before or behind it. With a letter more or less at its
/// end it is another word: customers are no account of ours.
pub(super) fn is_misspelt(skeleton: &str) -> bool {
    let shorter = ADDED_WORDS.all_off_start(skeleton).chain(ADDED_WORDS.all_off_end(skeleton));
    std::iter::once(skeleton).chain(shorter).any(is_near_added)
}

fn is_near_added(word: &str) -> bool {
    let letters: Vec<char> = word.chars().collect();
    let is_near = |added: &String| {
        let added: Vec<char> = added.chars().collect();
        let is_longer = letters.starts_with(&added) || added.starts_with(&letters);
        added.len() >= MISSPELT_LETTERS_MIN && !is_longer && are_within(&letters, &added, 1)
    };
    letters.len() >= MISSPELT_LETTERS_MIN && ADDED_WORDS.words.iter().any(is_near)
}

/// True where a name says of itself that it is not who it is named after.
pub(super) fn disclaims(skeleton_of_name: &str) -> bool {
    static SKELETONS: LazyLock<Vec<String>> = LazyLock::new(|| skeletons(DISCLAIMERS));
    SKELETONS.iter().any(|word| skeleton_of_name.contains(word))
}

/// Longest first.
fn skeletons(words: &str) -> Vec<String> {
    let words: Vec<&str> = words.split_ascii_whitespace().collect();
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
