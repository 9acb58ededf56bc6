use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Joins a text.
fn join<C: Clone>(near: &mut Near<C>, text: &str, own: C) -> C {
    let mut template = Template::default();
    template.read(text);
    near.join(text, &template, || own)
}

/// True where the second text joins the first one's cluster.
fn are_near(one: &str, other: &str) -> bool {
    let mut near = Near::new(16);
    join(&mut near, one, 1);
    join(&mut near, other, 2) == 1
}

const POST: &str = "Nimbus is down again in Porto, third time this week, and support only says to wait #nimbusdown";

#[test]
fn edited_copies_are_near() {
    for copy in [
        "RT @joe: Nimbus is down again in Porto, third time this week, and support only says to wait #nimbusdown",
        "BREAKING Nimbus is down again in Porto, third time this week, and support only says to wait, pls share",
        "Nimbus is down again in Porto, third time this week, and supp…",
        "again in Porto, third time this week, and support only says to wait #nimbusdown",
        "down again in Porto, third time this week, and support only says",
        "Nimbus down again in Porto, time this week, and support only says to wait",
        "Nimbus is dwon again in Porto, thrid time this week, and suport only says to wait",
        "is Nimbus again down in Porto, third time week this, and only support says wait to",
        "third time this week, and support only says to wait: Nimbus is down again in Porto",
        "Nimmbus is doooown aggain in Pporto, thiird timee this weeek, and suppport only saays to wait",
        "N i m b u s is d o w n again in Porto, t h i r d time this week, and s u p p o r t only says to wait",
        "N1mbu5 15 d0wn 4g41n 1n P0r70, 7h1rd t1m3 th1s w33k, @nd $upp0rt 0nly $@y$ t0 w@1t",
        "Nіmbuѕ іѕ dоwn аgаіn іn Роrtо, thіrd tіmе thіѕ wееk, аnd ѕuрроrt оnlу ѕауѕ tо wаіt",
        "N\u{200b}i\u{200b}mbus is do\u{200d}wn again in Por\u{ad}to, third time this week, and support only says to wait",
        "“NIMBUS IS DOWN AGAIN — in Porto!\nThird time this week…\nAnd support only says: to wait” 😡😡",
        "#fail #news Nimbus is down again in #Porto, third time this week, and #support only says to wait https://t.co/a",
    ] {
        assert!(are_near(POST, copy) && are_near(copy, POST), "{copy}");
    }
}

#[test]
fn other_posts_are_not_near() {
    for (one, other) in [
        (POST, "Nimbus is up again in Porto, and support even called me this week, third company to do so"),
        (POST, "Third time this week that I wait for support in Lisbon #nimbusdown"),
        (POST, ""),
        ("", "😡"),
        ("Nimbus is down again", "Nimbus is up again"),
        ("Nimbus is down", "Nimbus is not down"),
        ("Nimbus is down", "Fjordpay is down"),
        ("I love Nimbus", "I hate Nimbus"),
        ("thank you", "thank you so much for the quick refund"),
        ("good morning", "good evening"),
    ] {
        assert!(!are_near(one, other) && !are_near(other, one), "{one} / {other}");
    }
}

#[test]
fn posts_of_one_template_about_something_else_are_not_near() {
    for (one, other) in [
        (POST, "Nimbus is down again in Lisbon, third time this week, and support only says to wait #nimbusdown"),
        (POST, "Quillon Mobile is down again in Porto, third time this week, and support only says to wait"),
        (POST, "Nimbus is up again in Porto, third time this week, and support only says to wait"),
        (POST, "Nimbus is not down again in Porto, third time this week, and support only says to wait"),
        (
            "I moved from Fjordpay to Tavo Bank and it is far better",
            "I moved from Tavo Bank to Fjordpay and it is far better",
        ),
        ("My account was hacked, I am sure of it", "My account wasn't hacked, I am sure of it"),
        ("Recomiendo esta tienda a todo el mundo", "No recomiendo esta tienda a todo el mundo"),
        ("Le colis est arrivé chez moi ce matin", "Le colis n'est pas arrivé chez moi ce matin"),
        ("Das Geld ist auf meinem Konto angekommen", "Das Geld ist nicht auf meinem Konto angekommen"),
        ("Danke an Jonas vom Kundendienst, sehr freundlich", "Danke an Beatriz vom Kundendienst, sehr freundlich"),
        ("O meu pedido chegou no prazo", "O meu pedido não chegou no prazo"),
        ("Orbita is better than Kestrel and cheaper too", "Kestrel is better than Orbita and cheaper too"),
        ("it is faster by train than by bus from here", "it is faster by bus than by train from here"),
    ] {
        assert!(!are_near(one, other) && !are_near(other, one), "{one} / {other}");
    }
}

#[test]
fn posts_of_one_template_about_another_thing_are_not_near() {
    for (one, other) in [
        (
            "my stapler came without its spring and the shop says wait",
            "my doorbell came without its spring and the shop says wait",
        ),
        ("no trams from brixham to the harbour since noon", "NO TRAMS FROM OKEHAMPTON TO THE HARBOUR SINCE NOON!!! 😡"),
        ("can i bring my own tent to the campsite", "can i bring my own boat to the campsite?? thx"),
        ("they approved my claim after two months of waiting", "they rejected my claim after two months of waiting"),
        ("it was possible to change the date at the counter", "it was impossible to change the date at the counter"),
        ("se rompió la tetera al segundo día y nadie contesta", "se rompió la mochila al segundo día y nadie contesta"),
        ("a cafeteira parou de funcionar depois de um mês", "a furadeira parou de funcionar depois de um mês"),
        (
            "der Wasserkocher ist nach einer Woche kaputt gegangen",
            "der Rasenmäher ist nach einer Woche kaputt gegangen",
        ),
        ("мой самокат приехал без колеса и никто не отвечает", "мой рюкзак приехал без колеса и никто не отвечает"),
        ("昨日届いた炊飯器がもう壊れてしまいました", "昨日届いた冷蔵庫がもう壊れてしまいました"),
    ] {
        assert!(!are_near(one, other) && !are_near(other, one), "{one} / {other}");
    }
}

#[test]
fn posts_in_other_words_of_the_same_meaning_are_near() {
    for (one, other) in [
        (
            "my stapler came without its spring and the shop says wait",
            "my stapler arrived without its spring and the store says wait",
        ),
        ("two weeks without hot water and nobody answers", "three weeks without hot water and nobody replies..."),
        (
            "please send somebody, the lift is stuck between floors again",
            "please send someone, the elevator is stuck between floors again",
        ),
        ("40 euros for a bag that I could carry, what a joke", "55 dollars for a bag that I could carry, what a joke"),
        ("waited 3hrs at the desk and 1h on the plane", "waited 45min at the desk and 13h on the plane"),
        (
            "the f***ing printer is jammed again in the middle of a letter",
            "the fucking printer is jammed again in the middle of a letter",
        ),
        (
            "they have never once answered the telephone before noon",
            "they have nveer once answerd the telehpone before nono",
        ),
        (
            "my stapler came without its spring and the shop says wait",
            "my sta pler came without itsspring and the shop says wait",
        ),
    ] {
        assert!(are_near(one, other) && are_near(other, one), "{one} / {other}");
    }
}

#[test]
fn names_misspelt_left_out_or_in_other_capitals_are_the_same() {
    for (one, other) in [
        (POST, "Nimbsu is down again in Proto, third time this week, and support only says to wait"),
        (POST, "Nimbus Is Down Again In Porto, Third Time This Week, And Support Only Says To Wait!!"),
        (POST, "nimbus is down again in porto, third time this week, and suport only says to wait"),
        (POST, "is down again in Porto, third time this week, and support only says to wait"),
        (POST, "Ana: Nimbus is down again in Porto, third time this week, and support only says to wait"),
        ("They cannot find my parcel from Leeds anywhere", "They can't find my parcel from Leeds anywhere"),
        ("No trains again from Leeds to Manchester", "No trains again from Leeds to Manch…"),
        ("sent from gate A9 to gate B13 in Leeds again", "sent from gate A9 to gate B26 in Leeds again"),
        ("what does it say on my boarding pass today?", "what does it say on my boarding today?"),
        ("they did not find it, not even in Leeds", "they did not find it, even in Leeds"),
        ("NO SIGNAL IN LEEDS SINCE EIGHT O'CLOCK", "No signal in Leeds since eight oclock..."),
    ] {
        assert!(are_near(one, other) && are_near(other, one), "{one} / {other}");
    }
}

#[test]
fn short_texts_bear_small_edits_only() {
    assert!(are_near("Nimbus app is broken", "Nimbus app is brokne"));
    assert!(are_near("order 12 from Fjordpay never came", "order 99 from Fjordpay never came"));
    assert!(!are_near("so slow", "so slwo"));
}

proptest! {
    #[test]
    fn a_text_that_joins_has_the_sketch_that_is_kept_of_it(text in "([a-e]{1,9}|é|任|#[a-c]{2}|@x|[0-9]{1,3}|[ .,!]){0,200}") {
        let (mut near, mut template) = (Near::<u8>::new(2), Template::default());
        template.read(&text);
        near.shingles.read(template.letters());
        prop_assert_eq!(near.sketch_of(&template), Kept::new(&text, &template).sketch());
        prop_assert_eq!(near.sketch_of(&template), Kept::new("", &template).sketch());
    }
}

#[test]
fn the_oldest_is_forgotten_and_work_is_bounded() {
    let mut near = Near::new(2);
    for (number, text) in
        ["first of all posts here", "a second one about rain", "and the third on football"].iter().enumerate()
    {
        assert_eq!(join(&mut near, text, number), number);
    }
    assert_eq!(join(&mut near, "and the third on football!", 7), 2);
    assert_eq!(join(&mut near, "a second one about the rain", 8), 1);
    assert_eq!(join(&mut near, "first of all posts here", 9), 9);
    assert!(near.texts.len() == 2 && near.same.len() == 2);
}

#[test]
fn long_texts_are_compared_by_a_sample() {
    let words =
        |seed: usize| (0..2_000).map(move |i: usize| format!("{:x} ", (i * seed).wrapping_mul(0x9e37_79b9) % 65_521));
    let one: String = words(1).collect();
    let edited: String = words(1).enumerate().filter(|(i, _)| i % 20 != 0).map(|(_, word)| word).collect();
    let other: String = words(77).collect();
    assert!(are_near(&one, &edited));
    assert!(!are_near(&one, &other));
}

/// The shared pairs, all texts in one stream as a reader of `groundswell score` would have them.
#[test]
fn clusters_of_the_shared_pairs() {
    let shared = std::env::var("GROUNDSWELL_SHARED")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared").to_owned());
    let Ok(pairs) = std::fs::read_to_string(format!("{shared}/data/text/neardup/dev.tsv")) else {
        println!("not run: the shared near-duplicate pairs are not there");
        return;
    };
    let mut near = Near::default();
    let mut shares = BTreeMap::<(&str, &str), (u32, u32)>::new();
    for (number, line) in pairs.lines().skip(1).enumerate() {
        let columns: Vec<&str> = line.split('\t').collect();
        let [label, kind, one, other] = columns[..] else { continue };
        let first = join(&mut near, one, 2 * number);
        let is_same = join(&mut near, other, 2 * number + 1) == first;
        for kind in [kind, "all"] {
            let share = shares.entry((label, kind)).or_default();
            share.0 += u32::from(is_same);
            share.1 += 1;
        }
    }
    println!("same cluster, of pairs: {shares:?}");
    let of = |label| shares[&(label, "all")];
    let ((copies, copies_all), (others, _), (twins, twins_all)) = (of("1"), of("0"), of("2"));
    assert!(copies * 100 >= copies_all * 97, "recall: {copies} of {copies_all}");
    assert!(others * 995 <= copies * 5, "precision: {others} others beside {copies} copies");
    assert!(twins * 100 >= twins_all * 99, "number twins: {twins} of {twins_all}");
}
