//! Words that say nothing of what a post is about, and words that say the same. Written for this list; never complete,
//! which is why a word that is not on it is taken for what the post is about.

use super::super::super::Template;
use super::super::claim::looks;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// What a word says beside others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It is of grammar, or said to whoever reads it.
    Nothing,
    /// It is a number, or what is counted: posts that differ in those are copies.
    Number,
    /// The same as the others of this number.
    Same(u16),
}

/// Of grammar: articles, pronouns, auxiliaries, prepositions, conjunctions, in the commonest languages.
const GRAMMAR: &str = "a an the this that these those my your his her its our their mine yours i me you he she it we us \
    they them who whom which what am is are was were be been being do does did done have has had having will would shall \
    should can could may might must at by for from in into of off on onto out over to with about than then there here \
    and or but if so as because since while when where why how just really very quite even still yet also too already \
    again once only now please well oh hey hi hello ok okay yes yeah omg wtf lol lmao smh tbh imo btw fyi pls plz thx \
    some any all each every both such one ones anyone someone somebody anybody everyone everybody \
    el la los las un una unos unas lo al del de en con por para que se me te le les nos mi tu su mis tus sus este esta \
    estos estas ese esa eso aquel es era fue ser sido estar estoy está están he ha han hay y o pero como cuando donde \
    muy ya más bien también todo toda todos todas \
    o os as um uma uns umas do da dos das no na nos nas ao aos pelo pela em com que meu minha seu sua nosso nossa isto \
    isso esse essa foi são está estou tem tenho há e ou mas muito já mais tudo \
    le la les un une des du au aux en dans sur avec pour par qui que quoi dont je tu il elle on nous vous ils elles mon ma \
    mes ton ta tes sa ses notre votre leur ce cet cette ces est sont était être ai as a avons avez ont et ou mais très \
    bien aussi tout toute tous toutes plus \
    der die das den dem des ein eine einen einem einer eines und oder aber wenn weil dass ich du er sie es wir ihr mich \
    dich sich uns euch mein meine meinen meinem meiner dein deine sein seine ihre unser unsere ist sind waren bist \
    sein gewesen habe haben wird werden wurde im am an auf aus bei mit nach seit von vom zu zum zur über \
    sehr auch noch schon doch ja wie was wo wer hier da \
    il lo gli i uno una della dello delle dei degli nel nella sul sulla con per che mi ti si ci vi mio mia tuo tua suo sua \
    questo questa è sono era stato ho hai ha hanno e o ma come molto già anche tutto \
    het een de en in op met voor aan bij uit naar ik jij je hij zij we wij ons mijn jouw zijn haar is was heb heeft \
    maar als ook nog al wel";

/// Said to whoever reads it, before what is said and beside it.
const ASIDES: &str = "rt mt qt via icymi breaking psa repost edit plz everyone";

/// Numbers, which count as one; what is counted in money.
const NUMBERS: &str = "zero one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty \
    hundred thousand million half dozen first second third fourth fifth twice uno dos tres cuatro cinco seis siete ocho \
    nueve diez doce veinte cien mil um dois três quatro sete oito nove dez vinte cem deux trois quatre cinq sept huit neuf \
    dix vingt cent mille zwei drei vier fünf sechs sieben acht neun zehn zwanzig hundert tausend due tre quattro cinque sei \
    sette otto dieci venti euro euros eur dollar dollars usd pound pounds gbp quid bucks pesos reais";

/// Words of one meaning, by groups.
const SAME: &str = "broken/damaged/busted/smashed came/arrived comes/arrives got/received get/receive bought/purchased \
    buy/purchase fix/repair/mend fixed/repaired/mended big/large/huge quick/fast/rapid quickly/fast/rapidly \
    awful/terrible/horrible/dreadful/atrocious \
    great/amazing/awesome/fantastic/brilliant/excellent/wonderful/superb begin/start began/started \
    ended/finished angry/furious/mad happy/glad/pleased/delighted reply/respond/answer replies/responds/answers \
    replied/responded/answered shop/store shops/stores parcel/package parcels/packages kid/child kids/children \
    mum/mom/mother dad/father people/ppl message/msg messages/msgs tomorrow/tmrw/tmr information/info \
    account/acct application/app thanks/thank/thx/ty/cheers because/cuz/coz/bc want/wanna going/gonna \
    nobody/none anymore/longer cancel/terminate help/assist helped/assisted wait/waiting car/automobile \
    film/movie phone/telephone mobile/cellphone lift/elevator holiday/vacation absurd/ridiculous \
    disgusting/gross rude/impolite tired/fed worst/poorest cheap/inexpensive pricey/expensive \
    whole/entire/complete coche/carro móvil/celular/telemóvel tb/también/também vc/você pq/porque xq/porque \
    q/que x/por bcp/beaucoup fatal/pésimo genial/estupendo/fantástico super/toll/klasse/großartig \
    schlecht/mies/furchtbar handy/smartphone sofort/umgehend geschickt/gesendet contestan/responden \
    reservation/booking wifi/internet sent/shipped/dispatched vite/rapidement rápido/rápidamente tarde/atrasado";

/// Words between two things that say how they stand to each other.
const RELATIONS: &str = "than to from over before after against que als nach vor dan naar di";

/// True for such a word of a template.
pub(super) fn is_relation(word: &str) -> bool {
    static RELATED: LazyLock<HashSet<String>> = LazyLock::new(|| {
        let mut template = Template::default();
        RELATIONS.split_ascii_whitespace().map(|word| looks(&mut template, word)).collect()
    });
    RELATED.contains(word)
}

/// What a word of a template says beside others; nothing is known of most.
pub(super) fn meaning(word: &str) -> Option<Meaning> {
    static MEANINGS: LazyLock<HashMap<String, Meaning>> = LazyLock::new(|| {
        let mut template = Template::default();
        let groups = SAME.split_ascii_whitespace().zip(0..);
        let same = groups.flat_map(|(group, number)| group.split('/').map(move |word| (word, Meaning::Same(number))));
        let numbers = NUMBERS.split_ascii_whitespace().map(|word| (word, Meaning::Number));
        let nothing = [GRAMMAR, ASIDES].into_iter().flat_map(str::split_ascii_whitespace);
        let all = same.chain(numbers).chain(nothing.map(|word| (word, Meaning::Nothing)));
        all.map(|(word, meaning)| (looks(&mut template, word), meaning)).collect()
    });
    MEANINGS.get(word).copied()
}
