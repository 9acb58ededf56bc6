//! What the people of the demo world write: templates, all invented, widened by alternatives and lists.
//!
//! `{a|b}` picks one; `$list` picks from a list; alternatives may hold lists, not alternatives.

use super::rng::Rng;

/// What a post is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Topic {
    Chatter,
    Homonym,
    Brand,
    CloudPraise,
    CloudQuestion,
    CloudDefect,
    CloudBlip,
    PayPraise,
    PayBilling,
    PayQuestion,
    MailGood,
    MailBad,
    Account,
    Giveaway,
    Scam,
    Threat,
    Legal,
    Safety,
    Press,
    Direct,
    Support,
    Outage,
    Viral,
    Flood,
}

impl Topic {
    /// As a reader knows it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Chatter => "chatter",
            Self::Homonym => "homonym",
            Self::Brand => "brand",
            Self::CloudPraise => "cloud praise",
            Self::CloudQuestion => "cloud question",
            Self::CloudDefect => "cloud defect",
            Self::CloudBlip => "cloud blip",
            Self::PayPraise => "pay praise",
            Self::PayBilling => "pay billing",
            Self::PayQuestion => "pay question",
            Self::MailGood => "mail good",
            Self::MailBad => "mail bad",
            Self::Account => "account",
            Self::Giveaway => "giveaway",
            Self::Scam => "scam",
            Self::Threat => "threat",
            Self::Legal => "legal",
            Self::Safety => "safety",
            Self::Press => "press",
            Self::Direct => "direct",
            Self::Support => "support",
            Self::Outage => "outage",
            Self::Viral => "viral",
            Self::Flood => "flood",
        }
    }

    pub(super) fn templates(self) -> &'static [&'static str] {
        match self {
            Self::Chatter => CHATTER,
            Self::Homonym => HOMONYM,
            Self::Brand => BRAND,
            Self::CloudPraise => CLOUD_PRAISE,
            Self::CloudQuestion => CLOUD_QUESTION,
            Self::CloudDefect => CLOUD_DEFECT,
            Self::CloudBlip => CLOUD_BLIP,
            Self::PayPraise => PAY_PRAISE,
            Self::PayBilling => PAY_BILLING,
            Self::PayQuestion => PAY_QUESTION,
            Self::MailGood => MAIL_GOOD,
            Self::MailBad => MAIL_BAD,
            Self::Account => ACCOUNT,
            Self::Giveaway => GIVEAWAY,
            Self::Scam => SCAM,
            Self::Threat => THREAT,
            Self::Legal => LEGAL,
            Self::Safety => SAFETY,
            Self::Press => PRESS,
            Self::Direct => DIRECT,
            Self::Support => SUPPORT_REPLY,
            Self::Outage => OUTAGE,
            Self::Viral => VIRAL,
            Self::Flood => FLOOD,
        }
    }
}

/// A text about `topic`, as somebody may have typed it.
pub(super) fn write(topic: Topic, rng: &mut Rng) -> String {
    let text = expand(rng.pick(topic.templates()), rng);
    if matches!(topic, Topic::Flood | Topic::Support | Topic::Press) { text } else { typed(text, rng) }
}

/// A post of everyday talk in another language, with its tag.
pub(super) fn foreign(rng: &mut Rng) -> (String, &'static str) {
    let (lang, templates) = FOREIGN[rng.below(FOREIGN.len())];
    (expand(rng.pick(templates), rng), lang)
}

pub(super) fn expand(template: &str, rng: &mut Rng) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some(place) = rest.find(['{', '$']) {
        out.push_str(&rest[..place]);
        rest = &rest[place..];
        if let Some(inner) = rest.strip_prefix('{') {
            let end = inner.find('}').unwrap_or(inner.len());
            let options: Vec<&str> = inner[..end].split('|').collect();
            let chosen = rng.pick(&options);
            out.push_str(&expand(chosen, rng));
            rest = inner.get(end + 1..).unwrap_or_default();
        } else {
            let end = rest[1..].find(|c: char| !c.is_ascii_lowercase()).map_or(rest.len(), |end| end + 1);
            out.push_str(&word(&rest[1..end], rng));
            rest = &rest[end..];
        }
    }
    out.push_str(rest);
    out
}

fn word(list: &str, rng: &mut Rng) -> String {
    let from: &[&str] = match list {
        "city" => &["Oakport", "Brinmouth", "Halden", "Marlow Quay", "Estermond", "Tarnfield", "Quillon", "Westerby"],
        "food" => &["ramen", "dumplings", "pancakes", "lentil soup", "tacos", "fried rice", "apple pie", "flatbread"],
        "team" => &["the Harriers", "Oakport FC", "the Comets", "Tarnfield United", "the Lynx", "Halden Rovers"],
        "show" => &["Lanterns", "The Long Ferry", "Saltmarsh", "Night Shift", "Copper Hill", "Second Orbit"],
        "pet" => &["cat", "dog", "rabbit", "parrot", "hedgehog", "kitten", "puppy"],
        "day" => &["today", "this morning", "since lunch", "last night", "all week", "again today", "since yesterday"],
        "joy" => &["love it", "so good", "really happy", "great work", "thank you", "brilliant", "impressed"],
        "sigh" => &["so annoying", "please fix this", "really frustrating", "ugh", "not great", "this is tiring"],
        "code" => &["503", "502", "AUTH-41", "401", "a blank page", "\"service unavailable\"", "a spinner forever"],
        "lang" => &["Rust", "Python", "spreadsheets", "shell scripts", "SQL", "regex"],
        "job" => &["designer", "nurse", "teacher", "plumber", "student", "baker", "accountant", "developer"],
        "number" => return (rng.below(95) + 3).to_string(),
        "amount" => return format!("{}.{}", rng.below(180) + 4, ["00", "50", "90", "99"][rng.below(4)]),
        _ => return format!("${list}"),
    };
    rng.pick(from).to_owned()
}

/// How people type: some never use capitals, some end with a picture, some shout.
fn typed(text: String, rng: &mut Rng) -> String {
    let mut text = text;
    if rng.chance(0.30) {
        text = text.to_lowercase();
    }
    if rng.chance(0.12) {
        text.push_str(rng.pick(&["!", "!!", "...", " lol", " tbh", " smh", " ok?", " honestly"]));
    }
    if rng.chance(0.10) {
        text.push(' ');
        text.push_str(rng.pick(&["🙂", "😅", "🤷", "👀", "🙏", "☕", "🌧️", "🎉", "🚲", "📚"]));
    }
    text
}

const CHATTER: &[&str] = &[
    "{Made|Cooked|Burned|Finally tried} $food {for dinner|for the kids|at the new place in $city}, {would do again|never again|10/10}",
    "{Anyone|Is anybody} else watching $show? {That ending|The last episode|The first ten minutes} {wow|broke me|made no sense}",
    "$team {won|lost|drew} {again|at last|in the rain} and {I cannot feel my hands|the whole street heard it|my neighbour is singing}",
    "my $pet {has decided|has learned|is convinced} that {4am|breakfast|my keyboard|the sofa} {belongs to it|is a game|is negotiable}",
    "{Rain|Fog|Sun|Wind} in $city {again|all day|at last}, {taking the bike|staying in|the garden needed it}",
    "{Spent|Lost} $number minutes {looking for my keys|on the bus|in a queue|on hold with the landlord}",
    "{Learning|Fighting with|Teaching my nephew} $lang {tonight|on the train|for work} and {it finally clicks|I have questions|it is fun}",
    "Train from $city {cancelled|late by $number minutes|full|on time for once}",
    "{Looking for|Can anyone recommend} a good {book|podcast|bakery|dentist|hiking trail} {near $city|for the weekend|for a beginner}?",
    "Day $number of {running|not buying coffee|learning the cello|sketching every day}. {Small steps|Knees hurt|Still here}",
    "{Being a|As a} $job {in $city|these days|on a Monday} means {too many mails|good stories|never sitting down|cold coffee}",
    "{Unpopular opinion|Hot take|Reminder}: {naps|libraries|trams|houseplants|window seats} are {underrated|the answer|not optional}",
    "Larkspur Air {lost my bag|was on time|changed the gate three times|has the worst app} {again|today|in $city}",
    "Brightbank's {new card|app|queue|hold music} is {fine|terrible|growing on me|a crime}",
    "{Sunset|Sunrise|Market|Harbour} in $city {today|this evening|right now}, {no filter|worth the climb|bring a jacket}",
    "{Happy birthday|Good luck|Congratulations} to my {sister|oldest friend|favourite $job|flatmate} who {turns $number|starts a new job|got the flat}",
    "{Paint|Moss|Rust|Dust} everywhere. {Renovation|Spring cleaning|Moving} {week two|never ends|was a mistake}",
    "{Wrote|Read|Deleted} $number {pages|lines|messages} {before breakfast|today|and feel lighter}",
    "{The new|That old} {bridge|museum|cafe|cinema} in $city {opens|closes|smells of paint} {tomorrow|on Friday|again}",
    "{Phone|Laptop|Kettle|Washing machine} {died|is making a noise|works again}. {Of course|Send help|Rest in peace}",
];

const HOMONYM: &[&str] = &[
    "{Gorgeous|Huge|Dark} nimbus clouds over $city {tonight|right now}, {storm coming|take an umbrella}",
    "my kid wants a nimbus broom for {the play|her birthday} and I {cannot sew|am out of twigs}",
    "{TIL|Reminder that} cumulonimbus just means {heap and rain|a very tall rain cloud}",
];

const BRAND: &[&str] = &[
    "{Saw|Read} that Nimbus is {opening an office in $city|hiring $number people|sponsoring $team}, {interesting|good for them|hm}",
    "{Met|Had coffee with} someone who works at Nimbus {in $city|yesterday}, {nice people|interesting place}",
    "{Is Nimbus|Nimbus is} {the biggest employer in $city|bigger than I thought|everywhere now}{?|, apparently|, it seems}",
    "Nimbus {talk|booth|keynote} at the {$city developer day|small business fair} {was fine|was full|starts at $number past}",
    "{Comparing|We compared} Nimbus and {two others|Stratovault|Larchbox} for {the school|our $number person shop|the club}, {no winner yet|notes to follow}",
    "My {dad|team|landlord|book club} {just moved|is moving} to Nimbus {this week|after years of talking about it}",
    "Nimbus {shares|results|earnings} {are out tomorrow|were as expected|up $number cents}",
];

const CLOUD_PRAISE: &[&str] = &[
    "Nimbus Cloud {sync|search|sharing|version history} {just saved my thesis|is so fast now|works like magic}, $joy",
    "{Moved|Switched} {the whole office|our $number laptops|the family photos} to Nimbus Cloud {in an afternoon|today}, $joy",
    "{Credit where due|Have to say}: Nimbus Cloud {restored|found} {a file from last year|my deleted folder} in {seconds|one click}. $joy",
    "nimbus cloud offline mode on {a plane|the train to $city} {works perfectly|is great}, $joy",
];

const CLOUD_QUESTION: &[&str] = &[
    "Does Nimbus Cloud {support SSO|have a plan for nonprofits|keep data in the EU|come with an API} {on the team plan|for $number users}?",
    "{Thinking of buying|Looking at} Nimbus Cloud for {our $number person team|a school}: {what does it cost per seat|is there a yearly price|can we get a demo}?",
    "{Which|What} Nimbus Cloud plan {do I need|would you pick} for {$number terabytes|a small studio|two offices}? {Any discount|Thinking of upgrading}?",
];

const CLOUD_DEFECT: &[&str] = &[
    "Nimbus Cloud {desktop app|mobile app|web editor} {crashes|freezes} {every time I open a shared folder|when I rename a file|on export}, $sigh",
    "{Bug|Found a bug}: Nimbus Cloud {exports blank files|duplicates every folder|ignores my time zone} {since the update|on version 5.$number}. {Steps to reproduce on request|Happens every time}",
    "nimbus cloud keeps {uploading the same photo|showing the wrong date|losing my column widths} $day, $sigh",
];

const CLOUD_BLIP: &[&str] = &[
    "is nimbus cloud {slow|down} for anyone else or is it {my wifi|just me}?",
    "Nimbus Cloud {took a minute to load|logged me out} $day, {back now|fine again}",
];

const PAY_PRAISE: &[&str] = &[
    "Nimbus Pay {at the market|on the bus|in $city} {worked first time|is so quick}, $joy",
    "{Paid|Split} {the rent|dinner for $number|the whole trip} with Nimbus Pay, {no fees|done in seconds}. $joy",
    "{Refund|Payout} from Nimbus Pay {arrived the same day|in an hour}, $joy",
];

const PAY_BILLING: &[&str] = &[
    "Nimbus Pay {charged me twice|took the money twice} for {one order|the same subscription}, $amount each. {I want a refund|Where is my refund}?",
    "{Waiting|Still waiting} $number days for a refund of $amount from Nimbus Pay, $sigh",
    "@nimbushelp my nimbus pay payment of $amount {failed but the money is gone|was declined three times|is stuck on pending} $day",
    "Nimbus Pay {billed me after I cancelled|renewed without asking|added a $amount fee}. {How do I dispute this|Refund please}?",
];

const PAY_QUESTION: &[&str] = &[
    "Can I {use Nimbus Pay abroad|connect Nimbus Pay to my shop|pay rent with Nimbus Pay}? {What are the fees|Is there a limit}?",
    "{What is|Does anyone know} the {daily limit|business rate|exchange rate} of Nimbus Pay {for shops|in $city}?",
];

const MAIL_GOOD: &[&str] = &[
    "Nimbus Mail {search|snooze|filters|dark mode} {found a mail from years ago|makes my mornings|is so fast}, $joy",
    "{Reached inbox zero|Sorted $number newsletters} with Nimbus Mail {rules|filters} $day. $joy",
    "{Three years|Month $number} with Nimbus Mail and {no complaints|still my favourite inbox|never looked back}",
    "{Set up|Moved} {mum's|the club's|our shop's} {address|domain} on Nimbus Mail {in ten minutes|today}, {easy|$joy}",
    "Nimbus Mail {calendar view|undo send|templates} is {a lifesaver|exactly what I needed}, $joy",
    "{Writing|Sent} $number {mails|invitations} from Nimbus Mail {before lunch|on the train}, {smooth|no trouble at all}",
];

const MAIL_BAD: &[&str] = &[
    "The new Nimbus Mail {layout|sidebar|toolbar} is {awful|horrible|unusable|a mess}, {give me the old one back|who asked for this|I hate it}",
    "{Ads|Banners|Promotions} in my Nimbus Mail inbox {now|since the redesign}? {Terrible idea|I pay for this|Disgusting}, {leaving|so disappointed}",
    "Nimbus Mail {hides|buried|removed} {my folders|the archive button|the reply button} {after the redesign|$day}. {Worst update ever|So frustrating|Awful}",
    "Hate the new Nimbus Mail. {Everything takes two more clicks|My eyes hurt|I cannot find anything}, {terrible|who tested this|very bad}",
    "Nimbus Mail {used to be|was} {simple|the best}. Now it is {slow and ugly|full of ads|a disaster}. {Very disappointed|Sad|Looking for an alternative}",
    "{Cancelling|About to cancel} Nimbus Mail after $number months: {the redesign is a disaster|the ads are an insult|it got so much worse}",
];

const ACCOUNT: &[&str] = &[
    "@nimbushelp {how do I change|I need to update} {the mail address|the owner|the phone number} {of my nimbus account|on our team account}?",
    "{Forgot my|Reset my} nimbus password {three times today|and the mail never came}, {help please|what now}?",
];

const GIVEAWAY: &[&str] = &[
    "🎁 GIVEAWAY! Win {a year of Nimbus Cloud|$number Nimbus Pay gift cards}! {Follow + repost + tag 3 friends|Like, follow, repost} to enter #giveaway #win",
    "FREE Nimbus premium codes 👉 https://deals{one|two|three}.example/$number {limited time|only today} #free #promo #nimbus",
    "Earn {$number00|thousands} a day with Nimbus Pay referrals!!! DM me {now|today} 💰💰 #crypto #passiveincome",
    "{Check my bio|Link in bio} for {nimbus discount codes|cheap nimbus followers} 🔥🔥 {#follow4follow|#promo} $number",
];

const SCAM: &[&str] = &[
    "Warning: {@nimbus_refund_desk|@nimbushelp_team} is a fake Nimbus support account, it {asked for my card number|wants my login code}. {Scam|Phishing}!",
    "Got {a text|a mail} that looks like Nimbus Pay asking me to {confirm my card|log in at a strange link}. {Is this phishing|Scam}? Reporting it to @nimbushelp",
    "{Someone|An account} is impersonating Nimbus {and sold me a fake gift card|and took $amount from my mother}, fraud!",
];

const THREAT: &[&str] =
    &["Nimbus closed my account again. I know where your $city office is and I will come and hurt someone"];

const LEGAL: &[&str] = &[
    "My lawyer will be in touch, Nimbus. {You broke the contract|This is a data protection violation} and {I am suing|we go to court}.",
    "Filing a complaint {with the regulator|under data protection law} against Nimbus: {they ignored my deletion request|my data was shared without consent}",
];

const SAFETY: &[&str] = &[
    "The Nimbus Pay card reader in our shop got so hot that it {melted the counter|burned my hand}, this is dangerous @nimbushelp",
];

const PRESS: &[&str] = &[
    "I write for the $city Ledger and am looking for Nimbus customers affected by price changes. Messages open, sources protected.",
];

const DIRECT: &[&str] = &[
    "@nimbushelp my nimbus account is locked and the order number is {A|B|C}-$number$number, can you look please?",
    "@nimbushelp I think somebody else is using my nimbus pay card, $amount is missing, what should I do?",
];

const SUPPORT_REPLY: &[&str] = &[
    "Sorry about that! Please send us a direct message with your order number and we will look into it. ^{Ada|Ben|Caz|Dee}",
    "Thanks for telling us about Nimbus Cloud sharing. Our team is on it. ^{Ada|Ben|Caz|Dee}",
];

const OUTAGE: &[&str] = &[
    "{Can't|Cannot|can't even} log in to Nimbus Cloud, {getting|just} $code {for $number minutes|since a few minutes|here in $city}",
    "Nimbus Cloud login is down {again|for our whole office|in $city}, {anyone else|$number people waiting|nothing works}",
    "is nimbus cloud down?? {login fails|cannot sign in|error $code} {on every device|on phone and laptop|for all of us}",
    "Nimbus Cloud {outage|is down|login broken}: $code {when I sign in|on the login page|after entering my password}. {Deadline in $number minutes|Meeting in $number minutes|Great timing}",
    "{Locked out|Thrown out} of Nimbus Cloud {in the middle of a presentation|with $number students watching|right before the deadline}, {login error|it says} $code",
    "@nimbushelp nimbus cloud login not working {in $city|for $number of us|on any browser}, {error $code|what is going on|please say something}",
    "{Whole team|Entire school|All $number of us} cannot sign in to Nimbus Cloud {right now|this minute}, status page says {all green|nothing}, {seriously|come on}",
];

/// The post that starts the viral thread.
pub(super) const VIRAL_ROOT: &str = "Nimbus covered the emergency exit signs at Estermond airport with its ad. The actual exit signs. I have photos. Who at Nimbus approved this?";

const VIRAL: &[&str] = &[
    "{Nimbus|nimbus} {really|actually|honestly} {put an ad on|covered} the exit signs? {Unbelievable|I am speechless|Who signs this off}",
    "{Flew through|I was in} Estermond {on Sunday|this morning|with my kids}, can confirm the nimbus ad, {could not find the exit|staff were furious|it is huge}",
    "{Airport ad|Exit sign ad}: {a new low|peak marketing|someone gets fired} for Nimbus. {Deleting the app|Shame|Wow}",
    "lol nimbus {marketing team|intern|agency} {right now|seeing this thread}: {run|who has the ladder|delete everything}",
    "{This is dangerous|This is how people get hurt}, @nimbus. {Take it down|Answer her|Explain} {today|now}",
    "{My $job friend|A $job I know} {works there|says} the nimbus ad {went up overnight|was approved by nobody|blocks two signs}",
    "{Exit through|Follow the signs to} nimbus, {apparently|I guess} {😂|💀|🙃}",
    "{Not defending|Hate to defend} Nimbus but {was it the airport|did the airport agree|maybe a contractor did it}? {Still awful|Still}",
];

/// One text, copied: what makes it a flood.
const FLOOD: &[&str] = &[
    "Nimbus Pay is draining accounts tonight!! Withdraw your money from #NimbusPay NOW before it is gone, spread the word",
];

const FOREIGN: &[(&str, &[&str])] = &[
    (
        "es",
        &[
            "{Hoy|Esta mañana} llueve otra vez en $city y {no tengo paraguas|voy en bici igual}",
            "{Alguien|Quién} ha visto $show? {Menudo final|No entiendo nada}",
            "La app de Nimbus {va muy bien|me encanta|no me deja pagar}, {gracias|qué desastre|por fin}",
        ],
    ),
    (
        "de",
        &[
            "{Heute|Schon wieder} {Regen|Nebel} in $city, {der Zug kommt nicht|ich bleibe daheim}",
            "{Kennt jemand|Suche} {einen guten Bäcker|ein ruhiges Café} in $city?",
            "Nimbus Cloud {läuft hier prima|hängt bei mir}, {danke|was ist da los}?",
        ],
    ),
    (
        "fr",
        &[
            "{Encore|Toujours} $number minutes de retard pour le train de $city, {super|on s'habitue}",
            "{Quelqu'un|Vous} {connaît|connaissez} un bon livre pour {ce week-end|l'été} ?",
            "Nimbus Pay {marche bien à $city|a refusé ma carte}, {merci|pourquoi} ?",
        ],
    ),
    ("pt", &["{Hoje|Amanhã} tem jogo de $team, {vamos|quem vem}?", "Bom dia de $city, {café e sol|chuva outra vez}"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const ALL: [Topic; 24] = [
        Topic::Chatter,
        Topic::Homonym,
        Topic::Brand,
        Topic::CloudPraise,
        Topic::CloudQuestion,
        Topic::CloudDefect,
        Topic::CloudBlip,
        Topic::PayPraise,
        Topic::PayBilling,
        Topic::PayQuestion,
        Topic::MailGood,
        Topic::MailBad,
        Topic::Account,
        Topic::Giveaway,
        Topic::Scam,
        Topic::Threat,
        Topic::Legal,
        Topic::Safety,
        Topic::Press,
        Topic::Direct,
        Topic::Support,
        Topic::Outage,
        Topic::Viral,
        Topic::Flood,
    ];

    #[test]
    fn every_template_expands_whole() {
        let mut rng = Rng::new(1, 1);
        for topic in ALL {
            for template in topic.templates() {
                for _ in 0..50 {
                    let text = expand(template, &mut rng);
                    assert!(!text.contains(['{', '}', '|', '$']), "{text}");
                    assert!(text.len() < 300, "{text}");
                }
            }
        }
        for _ in 0..500 {
            let (text, _) = foreign(&mut rng);
            assert!(!text.contains(['{', '}', '|', '$']), "{text}");
        }
    }

    #[test]
    fn people_differ_and_bots_do_not() {
        let mut rng = Rng::new(2, 2);
        let mut distinct = |topic, n| (0..n).map(|_| write(topic, &mut rng)).collect::<BTreeSet<_>>().len();
        assert!(distinct(Topic::Outage, 400) > 250);
        assert!(distinct(Topic::MailBad, 400) > 150);
        assert!(distinct(Topic::Chatter, 2000) > 1200);
        assert_eq!(distinct(Topic::Flood, 100), 1);
    }

    #[test]
    fn everything_but_chatter_names_the_brand() {
        let mut rng = Rng::new(3, 3);
        for topic in ALL.into_iter().filter(|topic| !matches!(topic, Topic::Chatter | Topic::Support)) {
            for _ in 0..100 {
                let text = write(topic, &mut rng).to_lowercase();
                assert!(text.contains("nimbus"), "{topic:?}: {text}");
            }
        }
        for _ in 0..2000 {
            assert!(!write(Topic::Chatter, &mut rng).to_lowercase().contains("nimbus"));
        }
    }
}
