//! `groundswell train`: learns the shipped artefact, or a head of the user's own.

use super::{Exit, Io};
use crate::score::train::{train_head, train_model};
use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

/// Learn a model or a head.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  groundswell train head --data complaints.tsv --text post --label team --output team.head\n  groundswell train model --data data/text --output model.bin"
)]
pub struct TrainArgs {
    /// What to learn.
    #[command(subcommand)]
    pub what: TrainWhat,
}

/// What to learn.
#[derive(Debug, Subcommand)]
pub enum TrainWhat {
    /// The shipped artefact, from the data sets on its allow-list.
    Model(ModelArgs),
    /// A classifier of your own, from a table with a header line.
    Head(HeadArgs),
}

/// Learn the shipped artefact.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  groundswell train model --data data/text --output src/score/artefact/model.bin")]
pub struct ModelArgs {
    /// Folder with one folder per data set.
    #[arg(long)]
    pub data: PathBuf,
    /// Where to write the artefact; its manifest goes beside it, as manifest.json.
    #[arg(long, default_value = "model.bin")]
    pub output: PathBuf,
    /// Equal data and seed give equal bytes.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Read only about so many rows of each file, to try it out.
    #[arg(long, default_value_t = 0)]
    pub slice: usize,
}

/// Learn a head of your own.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  groundswell train head --data complaints.tsv --text post --label team --output team.head"
)]
pub struct HeadArgs {
    /// Table: tab-separated, with a header line.
    #[arg(long)]
    pub data: PathBuf,
    /// Column with the label.
    #[arg(long)]
    pub label: String,
    /// Column with the text.
    #[arg(long)]
    pub text: String,
    /// Where to write the head; the name of the file will be the name of the head.
    #[arg(long)]
    pub output: PathBuf,
    /// Equal data and seed give equal bytes.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Runs the command.
///
/// # Errors
/// When data cannot be read or the output cannot be written.
pub fn run(args: &TrainArgs, io: &mut Io<'_>) -> Result<Exit> {
    match &args.what {
        TrainWhat::Model(args) => model(args, io),
        TrainWhat::Head(args) => head(args, io),
    }
}

fn model(args: &ModelArgs, io: &mut Io<'_>) -> Result<Exit> {
    let mut read = |path: &str| std::fs::read_to_string(args.data.join(path)).map_err(|e| e.to_string());
    let trained = train_model(&mut read, args.seed, args.slice)?;
    let manifest = serde_json::to_string_pretty(&trained.manifest)?;
    write(&args.output, &trained.bytes)?;
    write(&args.output.with_file_name("manifest.json"), format!("{manifest}\n").as_bytes())?;
    writeln!(io.stdout, "{manifest}")?;
    Ok(Exit::Ok)
}

fn head(args: &HeadArgs, io: &mut Io<'_>) -> Result<Exit> {
    let table = std::fs::read_to_string(&args.data).with_context(|| format!("cannot read {}", args.data.display()))?;
    let trained = train_head(&table, &args.text, &args.label, args.seed)?;
    write(&args.output, &trained.head.to_bytes())?;
    writeln!(io.stdout, "{}", serde_json::to_string_pretty(&trained.metrics)?)?;
    Ok(Exit::Ok)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
