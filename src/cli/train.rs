//! `groundswell train`: learns the shipped artefact, a head of the user's own, a layer of corrections, or what cascades
//! become.

mod forecast;
mod layer;

pub use forecast::ForecastArgs;

use super::{Exit, Io};
use crate::score::train::{train_head, train_model};
use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

/// Learn a model, a head or a layer.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  groundswell train head --data complaints.tsv --text post --label team --output team.head\n  groundswell train layer --items routed.ndjson --feedback feedback.ndjson --output rules/layer.bin\n  groundswell train model --data data/text --output model.bin"
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
    /// The table of known cascades that `forecast` reads multipliers off, and how good it is.
    Forecast(ForecastArgs),
    /// Corrections of people, on top of the shipped model.
    Layer(layer::LayerArgs),
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
    /// Read only about so many rows of each file, and so many of our own posts, to try it out.
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
        TrainWhat::Forecast(args) => forecast::run(args, io),
        TrainWhat::Layer(args) => layer::run(args, io),
    }
}

fn model(args: &ModelArgs, io: &mut Io<'_>) -> Result<Exit> {
    let folder = args.output.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    anyhow::ensure!(folder.is_dir(), "there is no folder {} to write to", folder.display());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::score::{ScoreArgs, run as run_score};

    fn with_io<T>(input: &str, act: impl FnOnce(&mut Io<'_>) -> Result<T>) -> (Result<T>, String) {
        let (mut stdin, mut out, mut err) = (input.as_bytes(), Vec::new(), Vec::new());
        let done = act(&mut Io { stdin: &mut stdin, stdout: &mut out, stderr: &mut err });
        (done, String::from_utf8(out).expect("UTF-8"))
    }

    #[test]
    fn a_trained_head_answers_in_score() {
        let folder = std::env::temp_dir().join(format!("groundswell-train-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let rows = (0..100).map(|i| ["lawn mower and hedge\tgarden", "oven and pan\tkitchen"][i % 2].to_owned());
        let table = format!("post\tteam\n{}\n", rows.collect::<Vec<_>>().join("\n"));
        std::fs::write(folder.join("t.tsv"), table).expect("written");
        let (data, output) = (folder.join("t.tsv"), folder.join("desk.head"));
        let (label, text) = ("team".to_owned(), "post".to_owned());
        let args = TrainArgs { what: TrainWhat::Head(HeadArgs { data, label, text, output: output.clone(), seed: 1 }) };
        let (exit, metrics) = with_io("", |io| run(&args, io));
        assert_eq!(exit.expect("trains"), Exit::Ok);
        let metrics: serde_json::Value = serde_json::from_str(&metrics).expect("JSON");
        assert_eq!(metrics["labels"]["garden"]["rows"], 50);
        let args = ScoreArgs { rules: None, heads: vec![output], layer: None };
        let (exit, line) = with_io("{\"id\":1,\"text\":\"the pan in the oven\"}\n", |io| run_score(&args, io));
        assert_eq!(exit.expect("scores"), Exit::Ok);
        let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(line["heads"]["desk"]["label"], "kitchen");
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
