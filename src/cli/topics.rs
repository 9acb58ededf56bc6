//! `groundswell topics {plan,apply}`: the topics a pack needs, compared with a cluster and made.
//!
//! It must never touch a topic outside of the table.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;

use super::{Exit, Io};
use crate::config::pack::read_pack;
use crate::config::{Config, process_environment};
use crate::log::kafka::topics::{TopicAction, TopicAdmin, TopicOptions, TopicPlan};

/// Plans or makes the topics that a pack and its platforms need
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  groundswell topics plan --brokers localhost:9092 --rules rules --platform x \
                        --platform reddit\n  groundswell topics apply --brokers localhost:9092 --rules rules \
                        --platform x --raw-partitions 12\n\n`plan` exits with 1 when there is something to do.")]
pub struct TopicsArgs {
    /// What to do
    #[command(subcommand)]
    pub command: TopicsCommand,
}

/// What to do with the topics.
#[derive(Debug, clap::Subcommand)]
pub enum TopicsCommand {
    /// Says what would be created or changed; exits with 1 when there is something to do
    Plan(TopicsOptions),
    /// Creates and changes topics; doing it again changes nothing
    Apply(TopicsOptions),
}

/// Which topics, where.
#[derive(Debug, Default, clap::Args)]
pub struct TopicsOptions {
    /// Configuration file
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Brokers, host:port, comma separated
    #[arg(long, value_name = "LIST")]
    pub brokers: Option<String>,
    /// The pack whose teams get a routed topic
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
    /// What every topic's name begins with
    #[arg(long, value_name = "TEXT")]
    pub prefix: Option<String>,
    /// A platform with a raw topic; may be given more than once
    #[arg(long = "platform", value_name = "SLUG")]
    pub platforms: Vec<String>,
    /// A team with a routed topic, besides the pack's; may be given more than once
    #[arg(long = "team", value_name = "NAME")]
    pub teams: Vec<String>,
    /// Partitions of raw topics that do not exist yet
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=10_000))]
    pub raw_partitions: Option<i32>,
    /// Partitions of the signals if they do not exist yet: fixed from then on
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=10_000))]
    pub signals_partitions: Option<i32>,
    /// Copies of each partition; three, or as many as there are brokers, unless given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=100))]
    pub replication: Option<i32>,
    /// How to print the plan
    #[arg(long, value_enum, default_value_t = PlanFormat::Table)]
    pub format: PlanFormat,
}

/// How a plan is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum PlanFormat {
    /// For people
    #[default]
    Table,
    /// For programs: one array
    Json,
}

/// What the configuration and the pack say; flags win over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicsDefaults {
    /// Brokers, host:port, comma separated.
    pub brokers: String,
    /// librdkafka properties.
    pub properties: BTreeMap<String, String>,
    /// The table's options, with the pack's teams.
    pub options: TopicOptions,
}

impl Default for TopicsDefaults {
    fn default() -> Self {
        Self { brokers: "localhost:9092".to_owned(), properties: BTreeMap::new(), options: TopicOptions::default() }
    }
}

impl TopicsCommand {
    /// The options of either.
    #[must_use]
    pub fn options(&self) -> &TopicsOptions {
        match self {
            Self::Plan(options) | Self::Apply(options) => options,
        }
    }
}

/// Runs the command: flags over the configuration, and the pack's teams.
///
/// # Errors
/// When the configuration or the pack cannot be read, or the cluster is out of reach or refuses.
pub fn run(args: &TopicsArgs, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    let flags = args.command.options();
    let (config, warnings) = Config::load(flags.config.as_deref(), process_environment(), &Vec::new())?;
    for warning in warnings {
        writeln!(io.stderr, "warning: {warning}")?;
    }
    let folder = flags.rules.as_ref().unwrap_or(&config.rules);
    let files = read_pack(folder)?;
    let Some(pack) = super::check::load(&files, &[], io)? else { return Ok(Exit::Unusable) };
    let properties = config.kafka.properties.iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
    let defaults = TopicsDefaults {
        brokers: config.kafka.brokers.clone(),
        properties: properties.collect(),
        options: TopicOptions {
            prefix: config.kafka.prefix.clone(),
            platforms: config.sources.platforms.iter().map(ToString::to_string).collect(),
            teams: pack.topics().into_iter().collect(),
            signals_partitions: i32::try_from(config.decisions.signals_partitions).unwrap_or(i32::MAX),
            ..TopicOptions::default()
        },
    };
    run_with(args, &defaults, io)
}

/// Runs the command with what the configuration and the pack say.
///
/// # Errors
/// When the cluster is out of reach or refuses.
pub fn run_with(args: &TopicsArgs, defaults: &TopicsDefaults, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    let flags = args.command.options();
    let brokers = flags.brokers.as_deref().unwrap_or(&defaults.brokers);
    let admin = TopicAdmin::new(brokers, &defaults.properties)?;
    let options = merged(flags, &defaults.options);
    let reach = || format!("cannot ask the brokers at {brokers}: are they up, and is --brokers right?");
    let plans = admin.plan(&options).with_context(reach)?;
    print(&plans, flags.format, io.stdout)?;
    let to_do = plans.iter().filter(|plan| plan.is_to_do()).count();
    match args.command {
        TopicsCommand::Plan(_) if to_do > 0 => Ok(Exit::Findings),
        TopicsCommand::Plan(_) => Ok(Exit::Ok),
        TopicsCommand::Apply(_) => {
            admin.apply(&options, &plans)?;
            if flags.format == PlanFormat::Table {
                writeln!(io.stdout, "applied: {to_do} topics created or changed")?;
            }
            Ok(Exit::Ok)
        }
    }
}

fn merged(flags: &TopicsOptions, defaults: &TopicOptions) -> TopicOptions {
    let mut options = defaults.clone();
    if let Some(prefix) = &flags.prefix {
        options.prefix.clone_from(prefix);
    }
    if !flags.platforms.is_empty() {
        options.platforms.clone_from(&flags.platforms);
    }
    options.teams.extend(flags.teams.iter().cloned());
    options.teams.sort();
    options.teams.dedup();
    options.raw_partitions = flags.raw_partitions.unwrap_or(options.raw_partitions);
    options.signals_partitions = flags.signals_partitions.unwrap_or(options.signals_partitions);
    options.replication = flags.replication.or(options.replication);
    options
}

fn print(plans: &[TopicPlan], format: PlanFormat, out: &mut dyn Write) -> anyhow::Result<()> {
    if format == PlanFormat::Json {
        serde_json::to_writer_pretty(&mut *out, plans)?;
        writeln!(out)?;
        return Ok(());
    }
    let width = plans.iter().map(|plan| plan.topic.len()).max().unwrap_or(0);
    for plan in plans {
        let (action, detail) = describe(&plan.action);
        writeln!(out, "{action:<7} {:<width$}  {detail}", plan.topic)?;
        for kept in &plan.kept {
            writeln!(out, "{:<7} {:<width$}  has {kept}: left as it is", "", "")?;
        }
    }
    Ok(())
}

fn describe(action: &TopicAction) -> (&'static str, String) {
    match action {
        TopicAction::None => ("ok", String::new()),
        TopicAction::Create { partitions, replication, settings } => {
            let settings: Vec<String> = settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
            ("create", format!("{partitions} partitions, {replication} copies, {}", settings.join(" ")))
        }
        TopicAction::Alter { changes } => {
            let change = |c: &crate::log::kafka::topics::SettingChange| format!("{} {} → {}", c.setting, c.from, c.to);
            ("change", changes.iter().map(change).collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::kafka::topics::SettingChange;

    #[test]
    fn flags_win_and_teams_add_up() {
        let defaults = TopicOptions {
            platforms: vec!["x".into()],
            teams: vec!["support".into(), "comms".into()],
            ..TopicOptions::default()
        };
        let flags = TopicsOptions {
            prefix: Some("acme.".into()),
            teams: vec!["legal".into(), "support".into()],
            raw_partitions: Some(12),
            ..TopicsOptions::default()
        };
        let options = merged(&flags, &defaults);
        assert_eq!((options.prefix.as_str(), options.raw_partitions, options.signals_partitions), ("acme.", 12, 16));
        assert_eq!(
            (options.platforms, options.teams),
            (vec!["x".into()], vec![String::from("comms"), "legal".into(), "support".into()])
        );
    }

    #[test]
    fn a_plan_reads_as_a_table_and_as_json() {
        let change = SettingChange { setting: "retention.ms".into(), from: "1".into(), to: "2".into() };
        let plans = [
            TopicPlan {
                topic: "social.a".into(),
                action: TopicAction::None,
                kept: vec!["8 partitions, asked for 4".into()],
            },
            TopicPlan { topic: "social.bb".into(), action: TopicAction::Alter { changes: vec![change] }, kept: vec![] },
        ];
        let printed = |format| {
            let mut out = Vec::new();
            print(&plans, format, &mut out).expect("a vector takes all");
            String::from_utf8(out).expect("text")
        };
        let table = printed(PlanFormat::Table);
        assert_eq!(
            table.lines().map(str::trim_end).collect::<Vec<_>>(),
            [
                "ok      social.a",
                "                   has 8 partitions, asked for 4: left as it is",
                "change  social.bb  retention.ms 1 → 2",
            ]
        );
        let json: serde_json::Value = serde_json::from_str(&printed(PlanFormat::Json)).expect("valid");
        assert_eq!(json[1]["action"], "alter");
        assert_eq!(json[1]["changes"][0]["to"], "2");
    }
}
