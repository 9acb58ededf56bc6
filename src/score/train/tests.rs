//! Training as a whole: repeatable, bounded by the allow-list, and of use.

use super::*;
use crate::score::{Additions, Model};

/// A tiny corpus in the shapes of the public sets.
fn tiny(path: &str) -> Result<String, String> {
    let (set, file) = path.split_once('/').ok_or("no set")?;
    let moods = [("awful broken sad mess", "0"), ("the meeting is at noon", "1"), ("great lovely happy win", "2")];
    let lines = |rows: Vec<String>| rows.join("\n");
    let numbered =
        |header: &str, row: &dyn Fn(usize) -> String| format!("{header}\n{}\n", lines((0..60).map(row).collect()));
    Ok(match (set, file.split('_').next().unwrap_or_default()) {
        ("tweeteval", "sentiment") => {
            numbered("label\ttext", &|i| format!("{}\t{} {i}", moods[i % 3].1, moods[i % 3].0))
        }
        ("tweeteval", _) => {
            numbered("label\ttext", &|i| format!("{}\tpost number {i} {}", i % 2, ["fine", "vile"][i % 2]))
        }
        ("vader", _) => numbered("id\tmean_valence\ttext", &|i| format!("{i}\t{}\t{}", i % 3 * 2, moods[i % 3].0)),
        ("crisislex_t26", _) => numbered("event\tinformativeness\ttype\tsource\ttext", &|i| {
            format!(
                "e\t{}\t\t\t{}",
                ["Not related", "Related and informative"][i % 2],
                ["music", "flood damage"][i % 2]
            )
        }),
        ("davidson_abuse", _) => numbered("label\ttext", &|i| format!("{}\tperson {i}", ["neither", "hate"][i % 2])),
        ("banking77" | "clinc150", _) => numbered("intent\ttext", &|i| format!("request_refund\trefund number {i}")),
        ("sms_spam", _) => numbered("label\ttext", &|i| format!("{}\ttext {i}", ["ham", "spam"][i % 2])),
        ("langid_short", _) => numbered("lang\ttext", &|i| {
            format!("{}\t{} {i}", ["de", "en"][i % 2], ["der hund und die katze", "the dog and the cat"][i % 2])
        }),
        _ => return Err(format!("{path} should not be asked for")),
    })
}

#[test]
fn equal_data_and_seed_give_equal_bytes() {
    let train = |seed| train_model(&mut tiny, seed, 6_000).expect("trains");
    let first = train(5);
    assert_eq!(first.bytes, train(5).bytes);
    assert_ne!(first.bytes, train(6).bytes);
    let model = Model::parse(&first.bytes).expect("parses");
    assert_eq!(first.manifest["artefact"]["digest"], model.digest());
    assert_eq!(model.score("the dog was here and the cat", None).language.code, "en");
    let names: Vec<&str> =
        first.manifest["data"].as_array().unwrap().iter().filter_map(|d| d["name"].as_str()).collect();
    assert!(names.contains(&"tweeteval") && names.contains(&"own posts") && !names.contains(&"airline"));
}

#[test]
fn a_set_that_cannot_be_read_stops_training() {
    let mut broken = |path: &str| if path.starts_with("sms") { Err("gone".to_owned()) } else { tiny(path) };
    let error = train_model(&mut broken, 1, 12).expect_err("stops");
    assert_eq!(error.to_string(), "cannot read sms_spam/train.tsv: gone");
}

#[test]
fn the_shipped_manifest_names_the_shipped_artefact_and_only_allowed_sets() {
    let manifest: Value = serde_json::from_str(include_str!("../artefact/manifest.json")).expect("JSON");
    assert_eq!(manifest["artefact"]["digest"], Model::shipped().digest());
    for set in manifest["data"].as_array().expect("data") {
        let name = set["name"].as_str().expect("name");
        assert!(name == "own posts" || ALLOWED.iter().any(|s| s.name == name), "{name}");
        assert!(set["licence"].as_str().is_some_and(|l| !l.is_empty()), "{name}");
    }
}

fn complaints() -> String {
    let rows = (0..200).map(|i| {
        let (team, words) = [("garden", "lawn mower hedge"), ("kitchen", "oven pan kettle")][i % 2];
        format!("{i}\tmy {words} broke, number {i}\t{team}")
    });
    format!("id\tpost\tteam\n{}\n", rows.collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_head_of_the_users_own_learns_and_repeats_itself() {
    let trained = train_head(&complaints(), "post", "team", 1).expect("trains");
    assert_eq!(trained.metrics["rows"], 200);
    assert!(trained.metrics["accuracy"].as_f64().expect("number") > 0.95, "{}", trained.metrics);
    assert_eq!(trained.head, train_head(&complaints(), "post", "team", 1).expect("trains").head);
    let additions = Additions { heads: [("team".to_owned(), trained.head)].into(), ..Additions::default() };
    let answer = &Model::shipped().score_with("the hedge and the lawn", None, &additions).heads["team"];
    assert_eq!(answer.label, "garden");
    assert!(answer.probability > 0.5);
}

#[test]
fn a_table_that_cannot_teach_is_told() {
    for (table, want) in [
        ("id\tpost\n1\tx\n", "the table has no columns post and team"),
        ("post\tteam\nx\ta\n", "a head needs 2 to 100 labels, the table has 1"),
        ("post\tteam\nx\ta\ny\tb\n", "a head needs at least 10 rows, the table has 2"),
    ] {
        assert_eq!(train_head(table, "post", "team", 1).expect_err("told").to_string(), want);
    }
}
