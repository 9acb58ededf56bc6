use super::*;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A file in a folder of its own, gone afterwards.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("groundswell-config-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a temporary folder");
        let path = folder.join("groundswell.yaml");
        std::fs::File::create(&path).and_then(|mut f| f.write_all(text.as_bytes())).expect("a temporary file");
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().expect("a folder"));
    }
}

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn load(
    file: Option<&Path>,
    env: &[(&str, &str)],
    flags: &[(&str, &str)],
) -> Result<(Config, Vec<Warning>), ConfigError> {
    Config::load(file, variables(env).into_iter(), &variables(flags))
}

#[test]
fn nothing_given_is_the_defaults() {
    let (config, warnings) = load(None, &[("PATH", "/bin")], &[]).expect("defaults");
    assert_eq!((config.clone(), warnings), (Config::default(), Vec::new()));
    assert_eq!(config.http.bind.to_string(), "127.0.0.1:9464");
    assert_eq!(config.decisions.signals_partitions, 16);
    let empty = File::new("empty", "# only a comment\n\n");
    assert_eq!(load(Some(&empty.0), &[], &[]).expect("an empty file").0, Config::default());
}

#[test]
fn flags_over_environment_over_file() {
    let file = File::new("layers", "kafka:\n  brokers: file:1\n  prefix: acme.\ninstance: 7\ntick_after: 2m\n");
    let (config, _) = load(
        Some(&file.0),
        &[
            ("GROUNDSWELL__KAFKA__BROKERS", "env:2"),
            ("GROUNDSWELL__ROLES", "triage,watch"),
            ("GROUNDSWELL__INSTANCE", "007"),
        ],
        &[("kafka.brokers", "flag:3"), ("transaction.records_max", "77")],
    )
    .expect("a configuration");
    assert_eq!(config.kafka.brokers, "flag:3");
    assert_eq!(config.kafka.prefix, "acme.");
    assert_eq!(config.instance, "007");
    assert_eq!(config.roles, [Role::Triage, Role::Watch]);
    assert_eq!(config.tick_after, Period::seconds(120));
    assert_eq!(config.transaction.records_max, 77);
}

#[test]
fn problems_say_where_and_what_instead() {
    for (name, text, expected) in [
        ("key", "kafka:\n  brokrs: a:1\n", ":2:3: unknown key \"brokrs\": did you mean \"brokers\"?"),
        ("section", "log: {}\nnotfy: {}\n", ":2:1: unknown key \"notfy\": did you mean \"notify\"?"),
        ("value", "log:\n  format: jsn\n", ":2:11: unknown value \"jsn\": did you mean \"json\"?"),
        ("far", "http:\n  zzzzzz: 1\n", ":2:3: unknown key \"zzzzzz\": known are bind"),
        (
            "unit",
            "tick_after: 10s\ntransaction:\n  interval: 100\n",
            ":3:13: \"100\" has no unit: write for example 30s",
        ),
        (
            "platform",
            "sources:\n  platforms: [x, blusky]\n",
            ":2:18: unknown value \"blusky\": did you mean \"bluesky\"?",
        ),
    ] {
        let file = File::new(name, text);
        let error = load(Some(&file.0), &[], &[]).expect_err(name).to_string();
        assert!(error.contains(expected), "{name}: {error}");
        assert!(error.contains("groundswell.yaml:"), "{name}: {error}");
    }
    let error = load(Some(Path::new("/nowhere/at/all.yaml")), &[], &[]).expect_err("no file").to_string();
    assert_eq!(error, "cannot read /nowhere/at/all.yaml");
}

#[test]
fn values_that_cannot_be_meant_are_refused() {
    for (key, value, expected) in [
        ("decisions.signals_partitions", "0", "1 to 1024"),
        ("transaction.interval", "0s", "more than 0"),
        ("memory_budget", "1KiB", "at least 64MiB"),
        ("instance", "a b", "letters"),
        ("kafka.prefix", "social/", "letters"),
        ("kafka.brokers", " ", "host:port"),
        ("threads.watch", "many", "threads.watch"),
        ("threads.wach", "2", "did you mean \"watch\"?"),
    ] {
        let error = load(None, &[], &[(key, value)]).expect_err(key).to_string();
        assert!(error.starts_with(key) && error.contains(expected), "{error}");
    }
}

#[test]
fn unknown_variables_warn_and_known_ones_that_do_not_fit_fail() {
    let (config, warnings) =
        load(None, &[("GROUNDSWELL__KAFKA__BROKER", "a:1"), ("GROUNDSWELLX", "1")], &[]).expect("starts");
    assert_eq!(config, Config::default());
    assert_eq!(
        warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["GROUNDSWELL__KAFKA__BROKER is ignored: unknown key \"broker\": did you mean \"brokers\"?"]
    );
    let error = load(None, &[("GROUNDSWELL__TICK_AFTER", "10")], &[]).expect_err("no unit").to_string();
    assert_eq!(error, "GROUNDSWELL__TICK_AFTER: \"10\" has no unit: write for example 30s");
}

const RECEIVERS: &str = "
kafka:
  properties:
    security.protocol: SASL_SSL
    message.max.bytes: 1000000
    sasl.password: ${env:KAFKA_PASSWORD}
notify:
  receivers:
    comms:
      - slack: {url: \"${env:SLACK_URL}\"}
      - webhook: {url: https://tickets.example/in, secret: open-sesame}
";

#[test]
fn secrets_are_read_and_never_shown() {
    let file = File::new("secrets", RECEIVERS);
    let env = [
        ("KAFKA_PASSWORD", "hunter2"),
        ("SLACK_URL", "https://hooks.example/T/B/x"),
        ("GROUNDSWELL__KAFKA__PROPERTIES__SSL_KEY_PASSWORD", "in-the-open"),
    ];
    let (config, warnings) = load(Some(&file.0), &env, &[]).expect("a configuration");
    let properties: Vec<_> = config.kafka.properties.iter().collect();
    assert_eq!(
        properties,
        [
            ("message.max.bytes", "1000000"),
            ("sasl.password", "hunter2"),
            ("security.protocol", "SASL_SSL"),
            ("ssl.key.password", "in-the-open")
        ]
    );
    let comms = &config.notify.receivers["comms"];
    assert_eq!(comms[0].url().expose(), "https://hooks.example/T/B/x");
    let shown = format!("{config:?}\n{}", config.render());
    for secret in ["hunter2", "hooks.example", "open-sesame", "in-the-open", "tickets.example"] {
        assert!(!shown.contains(secret), "{secret} is shown");
    }
    assert!(config.render().contains("security.protocol: SASL_SSL"), "what is no secret is shown");
    assert!(config.render().contains("sasl.password: \"***\""), "{}", config.render());
    let warned: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warned.len(), 2, "{warned:?}");
    assert!(warned[0].starts_with("kafka.properties.ssl.key.password holds a secret in the open"), "{warned:?}");
    assert!(warned[1].starts_with("notify.receivers.comms[1].webhook.secret"), "{warned:?}");
}

#[test]
fn a_secret_that_is_not_there_is_an_error_that_names_it() {
    let password = |value: &str| load(None, &[("GROUNDSWELL__KAFKA__PROPERTIES__SASL_PASSWORD", value)], &[]);
    let error = password("${env:MISSING}").expect_err("missing");
    assert_eq!(error.to_string(), "kafka.properties.sasl.password: the environment variable MISSING is not set");
    let error = password("${vault:x}").expect_err("no such form");
    assert_eq!(error.to_string(), "kafka.properties.sasl.password: a secret is written ${env:NAME} or ${file:PATH}");
    let held = File::new("held", "k3y\n");
    let (config, _) = password(&format!("${{file:{}}}", held.0.display())).expect("read from a file");
    assert_eq!(config.kafka.properties.iter().next(), Some(("sasl.password", "k3y")));
}

#[test]
fn a_secret_in_the_wrong_place_is_not_quoted() {
    let file =
        File::new("misplaced", "notify:\n  receivers:\n    comms:\n      - slack: https://hooks.example/secret\n");
    let error = load(Some(&file.0), &[], &[]).expect_err("a text where a mapping belongs").to_string();
    assert!(error.contains(":4:") && !error.contains("hooks.example"), "{error}");
    let error =
        load(None, &[("GROUNDSWELL__NOTIFY__RECEIVERS__COMMS", "s3cret")], &[]).expect_err("no list").to_string();
    assert!(error.contains("expected") && !error.contains("s3cret"), "{error}");
}

#[test]
fn what_is_printed_can_be_read_again() {
    let file = File::new("rendered", &Config::default().render());
    assert_eq!(load(Some(&file.0), &[], &[]).expect("reads").0, Config::default());
}
