//! What the shipped model must do: by hand-written posts, and on sets it has never seen (measured only, where at hand).

use super::features::extract;
use super::tokens::Reading;
use super::train::metrics::Tally;
use super::*;
use proptest::prelude::*;
use std::path::PathBuf;

/// Posts written apart from the templates, with what a person would say: `head=label`.
const POSTS: [(&str, &str); 72] = [
    ("payment failed twice and I was charged anyway", "intent=billing"),
    ("is nimbus down for anyone else? error 503", "intent=outage"),
    ("someone pretending to be @nimbus support is asking for my password", "intent=safety"),
    ("app crashes whenever I open settings", "intent=defect"),
    ("how much is the pro plan, do you offer student discount?", "intent=presales"),
    ("boycott nimbus, what they did to their workers is disgusting", "intent=reputation"),
    ("You took $60 from my card and I never even signed up. Give it back.", "intent=billing"),
    ("Three months later and the refund still hasn't shown up on my statement", "intent=billing"),
    ("so @orbita just billed me for a whole year when I picked monthly??", "intent=billing"),
    ("What day of the month does the subscription renew?", "intent=billing"),
    ("why is there a 4.99 'service fee' on my bill I never agreed to that", "intent=billing"),
    ("me han cobrado dos veces la misma compra", "intent=billing"),
    ("fui cobrado em dobro e ninguém devolve o dinheiro", "intent=billing"),
    ("on m'a prélevé deux fois pour le même abonnement", "intent=billing"),
    ("doppelt abgebucht, bitte geld zurück", "intent=billing"),
    ("After the latest update the camera just shows a black screen on my Pixel", "intent=defect"),
    ("the zipper on my new backpack broke on the first day", "intent=defect"),
    ("Every time I hit export it freezes and I lose everything", "intent=defect"),
    ("my kestrel earbuds stopped charging after two weeks", "intent=defect"),
    ("login button does nothing on safari, tried three browsers", "intent=defect"),
    ("die app stürzt beim öffnen immer ab", "intent=defect"),
    ("la aplicación se cierra sola desde ayer", "intent=defect"),
    ("Nothing is loading, is the whole site offline?", "intent=outage"),
    ("anyone else in Leeds lost internet? router is fine", "intent=outage"),
    ("API has been returning 502s for the last twenty minutes across all regions", "intent=outage"),
    ("none of our shops can take card payments right now, your gateway is down", "intent=outage"),
    ("servers down again, third time this week smh", "intent=outage"),
    ("¿está caído orbita? no me carga nada", "intent=outage"),
    ("o serviço caiu aqui em Lisboa, mais alguém?", "intent=outage"),
    ("plus de réseau depuis ce matin à Lyon", "intent=outage"),
    ("orbita is back up for me, thanks for the quick fix", "intent=outage"),
    ("My account was hacked and they changed the email address", "intent=safety"),
    ("Got an SMS saying my parcel is on hold and to pay 2 pounds, is it phishing?", "intent=safety"),
    ("The driver followed me to my door and would not leave", "intent=safety"),
    ("I can see another customer's orders and home address in my account", "intent=safety"),
    ("fake page using the kestrel logo is stealing card numbers", "intent=safety"),
    ("mi cuenta fue hackeada, ayuda por favor", "intent=safety"),
    ("Does the X2 work with a USB-C dock?", "intent=presales"),
    ("When will the blue one be back in stock?", "intent=presales"),
    ("We are a team of 40, who can give me a quote?", "intent=presales"),
    ("do you ship to Portugal and how much is it", "intent=presales"),
    ("¿cuánto cuesta el plan familiar?", "intent=presales"),
    ("gibt es einen rabatt für studenten?", "intent=presales"),
    ("That commercial is so sexist, who thought this was ok", "intent=reputation"),
    ("Journalist with the Herald, can you comment on the lawsuit?", "intent=reputation"),
    ("deleted my account after what the CEO said about refugees", "intent=reputation"),
    ("plus jamais cette marque, leur pub est raciste", "intent=reputation"),
    ("loved the concert last night, what a voice", "intent=none"),
    ("you absolutely killed it on stage tonight!", "intent=none"),
    ("taking a crash course in pottery this weekend", "intent=none"),
    ("our striker is on fire this season", "intent=none"),
    ("totally bombed my maths test lol", "intent=none"),
    ("thanks for the help, all sorted now", "intent=none"),
    ("coffee first, then the world", "intent=none"),
    ("Barcelona vs Madrid tomorrow, who wins?", "intent=none"),
    ("I love this phone, best purchase in years", "sentiment=positive"),
    ("Absolutely terrible, waited four hours and nobody came", "sentiment=negative"),
    ("The meeting is at 3 pm on Tuesday", "sentiment=neutral"),
    ("your staff were so kind, thank you!!", "sentiment=positive"),
    ("they lost my suitcase and hung up on me", "sentiment=negative"),
    ("not good at all, really disappointed", "sentiment=negative"),
    ("RT and follow to win a brand new tablet! ends friday", "noise=giveaway"),
    ("Earn $700 a day from home, no experience, DM me now", "noise=spam"),
    ("CONGRATS! You have won a 1000 cash prize, call 0900 555 to claim", "noise=spam"),
    ("lol", "noise=low_value"),
    ("same 😂", "noise=low_value"),
    ("Just had lunch with my sister in Porto, lovely day", "noise=none"),
    ("my card got charged twice, please help", "noise=none"),
    ("there is smoke coming out of my charger right now", "urgency=now"),
    ("nice weather for a walk today", "urgency=routine"),
    ("I will find you and I will kill you", "threat=yes"),
    ("this joke is killing me", "threat=no"),
];

fn says(scores: &Scores, want: &str) -> bool {
    let (head, label) = want.split_once('=').expect("head=label");
    match head {
        "intent" => scores.intents[0].id == label,
        "sentiment" => scores.sentiment.label == label,
        "noise" => scores.noise.label == label,
        "urgency" => scores.urgency.label == label,
        "threat" => (scores.threat.probability >= 0.5) == (label == "yes"),
        other => panic!("no head {other}"),
    }
}

#[test]
fn hand_written_posts_are_read_rightly() {
    let model = Model::shipped();
    let wrong: Vec<_> = POSTS.iter().filter(|(text, want)| !says(&model.score(text, None), want)).collect();
    for (text, want) in &wrong {
        let scores = model.score(text, None);
        println!("{want}: {text} -> {:?} {:?} {:?}", &scores.intents[..2], scores.sentiment.label, scores.noise);
    }
    let share = 1.0 - wrong.len() as f64 / POSTS.len() as f64;
    println!("hand-written posts: {share:.3} right");
    assert!(share >= 0.85, "{share}");
}

#[test]
fn signs_numbers_and_one_name_are_never_noise() {
    for text in ["@nimbus ???", "@nimbus ......", "@nimbus 4471", "@nimbus 88-31 ?!", "@nimbus", "@ana @ben !!"] {
        for lang in [None, Some("en")] {
            let noise = Model::shipped().score(text, lang).noise;
            assert!(matches!(noise.label.as_ref(), "none" | "unknown"), "{text}: {noise:?}");
        }
    }
}

#[test]
fn explanations_sum_to_the_log_odds() {
    let model = Model::shipped();
    let mut told = 0;
    for (text, _) in POSTS {
        let scores = model.score(text, None);
        let intents = scores.intents.iter().map(|i| (format!("intent.{}", i.id), i.probability));
        let SentimentProbabilities { negative, neutral, positive } = scores.sentiment.probabilities;
        let sentiment = [("negative", negative), ("neutral", neutral), ("positive", positive)];
        let sentiment = sentiment.map(|(label, p)| (format!("sentiment.{label}"), p)).to_vec();
        for mut p in [intents.collect::<Vec<_>>(), sentiment] {
            p.sort_by(|a, b| b.1.total_cmp(&a.1));
            let parts: Vec<f64> = scores.explain.iter().filter(|e| e.head == p[0].0).map(|e| e.weight).collect();
            if p[1].1 < 0.01 {
                continue;
            }
            assert!(parts.len() >= 3, "{text}");
            let odds = (p[0].1 / p[1].1).ln();
            // probabilities are rounded to four decimals
            assert!((parts.iter().sum::<f64>() - odds).abs() < 2e-4 + 1e-4 / p[1].1, "{text} {odds} {parts:?}");
            told += 1;
        }
        for part in scores.explain {
            if let (Some(start), Some(end)) = (part.start, part.end) {
                assert!(text.get(start as usize..end as usize).is_some(), "{text}");
            }
        }
    }
    assert!(told > 20, "{told}");
}

#[test]
fn edges() {
    let model = Model::shipped();
    assert_eq!(model.digest().len(), 16);
    let nothing = model.score("", None);
    assert_eq!((nothing.language.code.as_str(), nothing.sentiment.label.as_ref()), ("unknown", "neutral"));
    assert_eq!((nothing.noise.label.as_ref(), nothing.intents[0].id.as_ref()), ("unknown", "none"));
    let unread = model.score("ここをクリックして無料でプレゼントを当てよう 今すぐフォロー", None);
    assert!(matches!(unread.noise.label.as_ref(), "unknown" | "none"), "{:?}", unread.noise);
    assert_eq!(model.score("Nimbus", None).language.code, "unknown");
    assert_eq!(model.score("ok", Some("pt-BR")).language.code, "pt");
    assert_eq!(model.score("@user https://x.example #tag", Some("und")).language.code, "unknown");
    assert_eq!(model.score("where is my refund, it has been three weeks", None).language.code, "en");
    assert_eq!(model.score("sin internet en Sevilla desde las nueve, ¿qué pasa?", None).language.code, "es");
    let long = "charged twice 😡 ".repeat(20_000);
    assert_eq!(model.score(&long, None).intents.len(), 7);
}

#[test]
fn the_heads_alone_answer_as_they_do_among_all_scores() {
    let (mut scratch, nothing) = (Scratch::default(), Additions::default());
    for text in ["", "🙂", "the app is down again, fix it!", "Gewinnt ein iPad! Folgt @us und teilt", "12 34"] {
        for lang in [None, Some("de")] {
            let answers = Model::shipped().answers_in(text, lang, &nothing, &mut scratch);
            let scores = Model::shipped().score(text, lang);
            let Scores { language, sentiment, emotion, intents, urgency, noise, .. } = scores;
            let Scores { abuse, threat, sarcasm, incident, risk, .. } = scores;
            let among_all = Answers {
                language,
                sentiment,
                emotion,
                intents,
                urgency,
                noise,
                abuse,
                threat,
                sarcasm,
                incident,
                risk,
            };
            assert_eq!(answers, among_all, "{text}");
        }
    }
}

#[test]
fn memory_changes_no_score() {
    let models = [Model::shipped(), &Model::parse(&artefact::tests::small().to_bytes()).expect("a model")];
    let (mut scratch, nothing) = (Scratch::default(), Additions::default());
    for (text, _) in POSTS.iter().chain(&POSTS) {
        // the memory of one model is of no use to the other
        for model in models {
            let scores = model.score_in(text, None, &nothing, &mut scratch);
            assert_eq!(scores, model.score(text, None), "{text}");
            scratch.take_back(scores);
        }
    }
}

#[test]
fn leet_and_look_alikes_read_as_plain() {
    let model = Model::shipped();
    let intents = |text: &str| model.score(text, None).intents;
    let plain = intents("my account was hacked");
    assert_eq!(intents("my аccоunt was hacked"), plain);
    assert_eq!(intents("my acc\u{200b}ount was hacked"), plain);
    // that a word has digits is a sign of its own, beside what it says
    let leet = intents("my account was h4ck3d");
    assert!(leet[0].id == plain[0].id && (leet[0].probability - plain[0].probability).abs() < 0.01, "{leet:?}");
}

proptest! {
    #[test]
    fn any_text_scores_the_same_twice(text in "\\PC{0,120}") {
        let model = Model::shipped();
        let scores = model.score(&text, None);
        prop_assert_eq!(&scores, &model.score(&text, None));
        let SentimentProbabilities { negative, neutral, positive } = scores.sentiment.probabilities;
        prop_assert!((negative + neutral + positive - 1.0).abs() < 1e-3);
        prop_assert!(scores.explain.iter().all(|e| e.weight.is_finite()));
    }
}

fn shared(path: &str) -> Option<String> {
    let root = std::env::var("GROUNDSWELL_SHARED")
        .map_or_else(|_| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")), PathBuf::from);
    let text = std::fs::read_to_string(root.join("data").join(path)).ok();
    if text.is_none() {
        println!("not run: no {path} beside the repository");
    }
    text
}

fn rows(path: &str, columns: &[&str]) -> Vec<Vec<String>> {
    shared(path).map_or_else(Vec::new, |t| train::data::table(&t, columns).expect("columns"))
}

/// The three probabilities decide, so that `unknown` does not count as a fourth answer.
fn mood(scores: &Scores) -> usize {
    let SentimentProbabilities { negative, neutral, positive } = scores.sentiment.probabilities;
    calibrate::best(&[negative, neutral, positive]).0
}

#[test]
fn sentiment_of_sets_never_trained_on() {
    let model = Model::shipped();
    let mut val = Tally::default();
    for row in rows("text/tweeteval/sentiment_val.tsv", &["label", "text"]) {
        let text = train::data::unescape(&row[1]);
        val.choice(row[0].parse().expect("label"), mood(&model.score(&text, None)));
    }
    let mut airline = Tally::default();
    for row in rows("text/airline/train.tsv", &["sentiment", "text"]) {
        let right = ["negative", "neutral", "positive"].iter().position(|m| *m == row[0]).expect("label");
        airline.choice(right, mood(&model.score(&row[1], None)));
    }
    if val.len() == 0 || airline.len() == 0 {
        return;
    }
    println!("tweeteval val: recall {:.4} accuracy {:.4}", val.macro_recall(), val.accuracy());
    println!("airline: macro-F1 {:.4} accuracy {:.4}", airline.macro_f1(), airline.accuracy());
    assert!(val.macro_recall() >= 0.63 && airline.macro_f1() >= 0.60);
}

#[test]
fn moods_of_recorded_posts_are_told_apart() {
    let Some(texts) = shared("load/texts.ndjson") else { return };
    let model = Model::shipped();
    let mut groups = BTreeMap::<(String, bool), (u32, u32)>::new();
    for line in texts.lines() {
        let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let Some(s) = row["s"].as_f64().filter(|s| s.abs() >= 0.4) else { continue };
        let scores = model.score(row["t"].as_str().expect("text"), None);
        let group = groups.entry((row["src"].as_str().expect("src").to_owned(), s > 0.0)).or_default();
        group.0 += 1;
        group.1 += u32::from(scores.sentiment.label == "negative");
    }
    for ((src, good), (all, negative)) in &groups {
        println!(
            "{src} {}: {:.3} of {all} labelled negative",
            if *good { "s>=0.4" } else { "s<=-0.4" },
            f64::from(*negative) / f64::from(*all)
        );
    }
    for ((src, good), (all, negative)) in groups.into_iter().filter(|g| g.1.0 >= 100) {
        let share = f64::from(negative) / f64::from(all);
        assert!(if good { share < 0.18 } else { share > 0.75 }, "{src} {good} {share}");
    }
}

#[test]
fn incidents_and_escalations_of_sets_never_trained_on() {
    let model = Model::shipped();
    let mut disaster = Tally::default();
    for row in rows("text/disaster_tweets/train.tsv", &["label", "text"]) {
        disaster.flag(row[0] == "1", model.score(&row[1], None).incident.probability);
    }
    let mut escalation = Tally::default();
    for row in rows("text/twcs_escalation/dev.tsv", &["escalate", "text"]) {
        let scores = model.score(&row[1], None);
        let soon = if scores.urgency.label == "routine" { 0.0 } else { scores.urgency.probability };
        let of = |id: &str| scores.intents.iter().find(|i| i.id == id).map_or(0.0, |i| i.probability);
        let want = of("billing") + of("safety") + 0.5 * scores.emotion.frustration + 0.3 * soon;
        escalation.flag(row[0] == "1", want / 2.0);
    }
    if disaster.len() > 0 && escalation.len() > 0 {
        println!("disaster AUROC {:.4}, escalation AUROC {:.4}", disaster.auroc(), escalation.auroc());
        assert!(disaster.auroc() > 0.7 && escalation.auroc() > 0.6);
    }
}

#[test]
fn six_intents_of_the_hand_written_probe() {
    let model = Model::shipped();
    let mut tally = Tally::default();
    let labels = heads::SPECS[heads::INTENT].labels;
    for row in rows("text/intents6/dev.tsv", &["intent", "text"]) {
        let right = if row[0] == "pr" { "reputation" } else { row[0].as_str() };
        let scores = model.score(&row[1], None);
        if scores.intents[0].id != right {
            println!("{right}: {} -> {:?}", row[1], &scores.intents[..2]);
        }
        let place = |l: &str| labels.iter().position(|x| *x == l).expect("label");
        tally.choice(place(right), place(&scores.intents[0].id));
    }
    if tally.len() > 0 {
        println!("intents6: accuracy {:.3} macro-F1 {:.3}", tally.accuracy(), tally.macro_f1());
        assert!(tally.accuracy() >= 0.6);
    }
}

#[test]
fn ordinary_posts_ask_for_nothing() {
    let Some(texts) = shared("load/texts.ndjson") else { return };
    let model = Model::shipped();
    let mut counts = BTreeMap::<String, [u32; 3]>::new();
    for line in texts.lines() {
        let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let scores = model.score(row["t"].as_str().expect("text"), None);
        let count = counts.entry(row["src"].as_str().expect("src").to_owned()).or_default();
        count[0] += 1;
        count[1] += u32::from(scores.intents[0].id != "none" && scores.intents[0].probability >= 0.5);
        count[2] += u32::from(scores.noise.label != "none" && scores.noise.probability >= 0.5);
    }
    for (src, [all, intent, noise]) in &counts {
        let share = |n: &u32| f64::from(*n) / f64::from(*all);
        println!("{src}: {:.3} with an intent, {:.3} noise of {all}", share(intent), share(noise));
        if src.starts_with("vader") && src != "vader_amazon" {
            assert!(share(intent) < 0.08 && share(noise) < 0.05, "{src}");
        }
    }
}

/// Whatever is written, work is counted in its bytes: what is looked up and added, and what is told back.
#[test]
fn work_grows_with_the_text_and_no_faster() {
    let odd =
        ["😀", "\u{301}", "a", "a ", "1 ", "! ", ":) ", "not #x ", "@a", "a.b", "refund me ", "паypal ", "日本", "no "];
    let new_words = (0..4000_u64).map(|n| format!("{:x} ", n.wrapping_mul(0x9E37_79B9_7F4A_7C15))).collect();
    let texts = odd.map(|unit| unit.repeat(60_000 / unit.len()));
    for text in texts.iter().chain([&new_words]) {
        let work = |text: &str| {
            let features = extract(&Reading::new(text));
            features.groups().map(<[_]>::len).iter().sum::<usize>() + features.units.len()
        };
        let half = &text[..text.floor_char_boundary(text.len() / 2)];
        let (whole, half) = (work(text), work(half));
        assert!(whole <= 2 * half + 100 && whole <= 5 * text.len() + 100, "{half}, {whole} of {text:.20}");
    }
}
