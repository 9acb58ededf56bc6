//! `groundswell run`: the roles of one process, on Kafka.

use super::{Exit, Io};
use crate::config::pack::read_pack;
use crate::config::{Config, Overrides, process_environment};
use crate::rules::{self, Pack};
use std::path::{Path, PathBuf};

/// Run the roles of one process on Kafka
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  groundswell run --config groundswell.yaml --roles triage,watch --rules rules")]
pub struct RunArgs {
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// What this process does: triage, watch, notify; all by default
    #[arg(long, value_name = "ROLES")]
    roles: Option<String>,
    /// The rule pack
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// What history has taught, from `replay --baseline`: where nothing is kept yet, watch begins with it
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Decide what is in the raw topics now, take its end as the end of the input, and stop
    #[arg(long)]
    until_end: bool,
    /// Print the effective configuration, secrets hidden, and stop
    #[arg(long)]
    print_config: bool,
}

/// Runs until stopped.
///
/// # Errors
/// When a role had to give up.
pub fn run(args: &RunArgs, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    let (config, warnings) = Config::load(args.config.as_deref(), process_environment(), &overrides(args))?;
    for warning in warnings {
        writeln!(io.stderr, "warning: {warning}")?;
    }
    if args.print_config {
        write!(io.stdout, "{}", config.render())?;
        return Ok(Exit::Ok);
    }
    let Some(pack) = load(&config.rules, io)? else { return Ok(Exit::Findings) };
    let mut found = rules::unfilled(&pack, &config.sources.platforms);
    found.extend(rules::of_other_keys(&pack, &config.decisions.phone_key().mark()));
    for finding in found {
        writeln!(io.stderr, "warning: {}", finding.problem)?;
    }
    let shadow = match &config.shadow {
        None => None,
        Some(folder) => match load(folder, io)? {
            None => return Ok(Exit::Findings),
            found => found,
        },
    };
    start(&config, pack, shadow, args.until_end)
}

/// A pack; none where it has problems, which go to stderr.
fn load(folder: &Path, io: &mut Io<'_>) -> anyhow::Result<Option<Pack>> {
    let files = read_pack(folder)?;
    let pack = super::check::load(&files, &[], io)?;
    if pack.is_none() {
        writeln!(io.stderr, "the pack is not loaded and nothing was started")?;
    }
    Ok(pack)
}

#[cfg(feature = "kafka")]
fn start(config: &Config, pack: Pack, shadow: Option<Pack>, until_end: bool) -> anyhow::Result<Exit> {
    crate::telemetry::init_logs(&config.log)?;
    crate::service::run::run(config, pack, shadow, until_end)?;
    Ok(Exit::Ok)
}

#[cfg(not(feature = "kafka"))]
fn start(_config: &Config, _pack: Pack, _shadow: Option<Pack>, _until_end: bool) -> anyhow::Result<Exit> {
    anyhow::bail!("this build has no Kafka client: build it with the `kafka` feature")
}

fn overrides(args: &RunArgs) -> Overrides {
    let mut overrides = Overrides::new();
    if let Some(roles) = &args.roles {
        overrides.push(("roles".to_owned(), roles.clone()));
    }
    if let Some(rules) = &args.rules {
        overrides.push(("rules".to_owned(), rules.display().to_string()));
    }
    if let Some(file) = &args.baseline {
        overrides.push(("baseline".to_owned(), file.display().to_string()));
    }
    overrides
}
