//! What is shipped beside the program fits it: example configuration, Prometheus rules, commands named in documents.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test say by panicking what is wrong")]

use clap::CommandFactory as _;
use groundswell::cli::Cli;
use groundswell::config::Config;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Words of `text` that begin with `prefix`, without it.
fn words_after<'t>(text: &'t str, prefix: &'t str) -> impl Iterator<Item = &'t str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let end = move |rest: &str| rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    text.split(prefix).skip(1).map(move |rest| &rest[..end(rest)]).filter(|word| !word.is_empty())
}

#[test]
fn the_example_configuration_is_the_defaults_and_names_every_key() {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/groundswell.example.yaml");
    let (config, warnings) = Config::load(Some(&path), std::iter::empty(), &Vec::new()).unwrap();
    assert_eq!((&config, warnings.len()), (&Config::default(), 0));
    let text = file("deploy/groundswell.example.yaml");
    let written: BTreeSet<&str> = text.lines().filter_map(|line| Some(line.trim().split_once(':')?.0)).collect();
    for line in config.render().lines() {
        let Some((key, _)) = line.trim().split_once(':') else { continue };
        assert!(written.contains(key) || key.starts_with('-'), "{key} is not in the example");
    }
}

#[test]
fn what_is_commented_out_in_the_example_is_sound() {
    let text = file("deploy/groundswell.example.yaml");
    let open = |line: &str| {
        let line = line.replace("properties: {}  ", "properties:").replace("receivers: {}  ", "receivers:");
        line.strip_prefix("  #  ").map_or(line.clone(), |rest| format!("    {rest}"))
    };
    let opened: String = text.lines().map(|line| open(line) + "\n").collect();
    let path = std::env::temp_dir().join(format!("groundswell-example-{}.yaml", std::process::id()));
    std::fs::write(&path, opened.replace("${file:/run/secrets/pager}", "${env:PAGER}")).unwrap();
    let secrets = ["KAFKA_PASSWORD", "SLACK_WEBHOOK_ENGINEERING", "SLACK_WEBHOOK", "PAGER"];
    let environment = secrets.map(|name| (name.to_owned(), "https://hooks.example/x".to_owned()));
    let loaded = Config::load(Some(&path), environment.into_iter(), &Vec::new());
    std::fs::remove_file(&path).unwrap();
    let (config, warnings) = loaded.unwrap();
    assert_eq!((config.notify.receivers.len(), config.kafka.properties.iter().count()), (2, 4));
    assert!(warnings.is_empty(), "{warnings:?}");
}

#[test]
fn documents_name_only_metrics_that_exist() {
    let source = ["metrics", "voice", "work"].map(|name| file(&format!("src/telemetry/{name}.rs"))).concat();
    for path in ["deploy/prometheus/groundswell.rules.yaml", "README.md"] {
        let text = file(path);
        let names: BTreeSet<&str> = words_after(&text, "groundswell_").collect();
        assert!(names.len() > 8, "{path}: {names:?}");
        for name in names {
            let name = ["_bucket", "_sum", "_count"].iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name);
            assert!(source.contains(&format!("\"{name}\"")), "{path}: no metric is called groundswell_{name}");
        }
    }
}

#[test]
fn documents_name_only_commands_that_exist() {
    let cli = Cli::command();
    let commands: BTreeSet<&str> = cli.get_subcommands().map(clap::Command::get_name).collect();
    for path in ["deploy/prometheus/groundswell.rules.yaml", "README.md", "deploy/groundswell.example.yaml"] {
        let text = file(path);
        // commands stand in code: after a backtick or at the beginning of a line
        let named = ["`groundswell ", "\ngroundswell "].map(|prefix| words_after(&text, prefix).collect::<Vec<_>>());
        let named: BTreeSet<&str> = named.into_iter().flatten().collect();
        assert!(!named.is_empty(), "{path}");
        for name in named {
            assert!(commands.contains(name), "{path}: there is no command `groundswell {name}`");
        }
    }
}
