//! `groundswell score`: NDJSON of texts in, NDJSON of scores out, one line for one line.

use super::check;
use super::{Exit, Io};
use crate::config::pack::read_pack;
use crate::score::{Additions, Head, Layer, Model, Scratch};
use crate::text::near::Near;
use crate::wire::write_scores;
use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::io::{BufRead as _, Read as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Score texts.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  echo '{\"id\":1,\"text\":\"charged twice, want my money back\"}' | groundswell score"
)]
pub struct ScoreArgs {
    /// A rule pack: its heads and its layer are used.
    #[arg(long)]
    pub rules: Option<PathBuf>,
    /// A head of your own, as written by `train head`; its file's stem is its name. May be repeated.
    #[arg(long = "head")]
    pub heads: Vec<PathBuf>,
    /// A layer of corrections, as written by `train layer`; in place of the pack's.
    #[arg(long)]
    pub layer: Option<PathBuf>,
}

/// Longest line read, in bytes; a longer one is an error of that line.
const LINE_BYTES_MAX: u64 = 4 << 20;

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(borrow)]
    text: Cow<'a, str>,
    #[serde(borrow, default)]
    lang: Option<Cow<'a, str>>,
}

/// Runs the command.
///
/// # Errors
/// When a head, layer or pack cannot be read, or output cannot be written. A bad line is told on stderr and passed over.
pub fn run(args: &ScoreArgs, io: &mut Io<'_>) -> Result<Exit> {
    let Some(additions) = read_additions(args, io)? else { return Ok(Exit::Unusable) };
    let (scratch, clusters, written) = (Scratch::default(), Near::default(), Vec::new());
    let mut scorer = Scorer { model: Model::shipped(), additions, scratch, clusters, written, exit: Exit::Ok };
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        if io.stdin.take(LINE_BYTES_MAX).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if !line.ends_with(b"\n") && line.len() as u64 == LINE_BYTES_MAX {
            skip_line(io)?;
            scorer.fail(io, number, "is too long")?;
            continue;
        }
        scorer.line(io, number, &line)?;
    }
    io.stdout.flush()?;
    Ok(scorer.exit)
}

/// Reads on to the end of a line without keeping it.
fn skip_line(io: &mut Io<'_>) -> Result<()> {
    loop {
        let buffer = io.stdin.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|&b| b == b'\n');
        let used = end.map_or(buffer.len(), |n| n + 1);
        io.stdin.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}

/// What the pack and the arguments add to the model; none where the pack has problems, which are told.
fn read_additions(args: &ScoreArgs, io: &mut Io<'_>) -> Result<Option<Additions>> {
    let mut additions = Additions::default();
    if let Some(folder) = &args.rules {
        let files = read_pack(folder)?;
        let Some(pack) = check::load(&files, &[], io)? else {
            writeln!(io.stderr, "a pack with problems adds nothing: mend them first (groundswell check)")?;
            return Ok(None);
        };
        additions = pack.additions;
    }
    for file in &args.heads {
        let bytes = std::fs::read(file).with_context(|| format!("cannot read the head {}", file.display()))?;
        let head = Head::parse(&bytes).with_context(|| format!("cannot use the head {}", file.display()))?;
        let name = file.file_stem().and_then(|s| s.to_str()).context("a head's file needs a name in UTF-8")?;
        if additions.heads.insert(name.to_owned(), head).is_some() {
            bail!("two heads are named {name}");
        }
    }
    if let Some(file) = &args.layer {
        additions.layer = Some(read_layer(file)?);
    }
    Ok(Some(additions))
}

fn read_layer(file: &Path) -> Result<Layer> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read the layer {}", file.display()))?;
    let layer = Layer::parse(&bytes).with_context(|| format!("cannot use the layer {}", file.display()))?;
    let ours = Model::shipped().digest();
    if layer.model() != ours {
        bail!(
            "{} is a layer of model {}, this release has model {ours}: train it again",
            file.display(),
            layer.model()
        );
    }
    Ok(layer)
}

struct Scorer {
    model: &'static Model,
    additions: Additions,
    scratch: Scratch,
    /// A cluster is named by the id of its first text.
    clusters: Near<Rc<str>>,
    /// One line, written at once.
    written: Vec<u8>,
    exit: Exit,
}

impl Scorer {
    fn line(&mut self, io: &mut Io<'_>, number: u64, line: &[u8]) -> Result<()> {
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        let parsed: Line<'_> = match serde_json::from_slice(line) {
            Ok(parsed) => parsed,
            Err(error) => return self.fail(io, number, &reason(&error)),
        };
        let scores = self.model.score_in(&parsed.text, parsed.lang.as_deref(), &self.additions, &mut self.scratch);
        let cluster = self.clusters.join(&parsed.text, self.scratch.template(), || name_of(parsed.id));
        self.written.clear();
        write_scores(parsed.id, &scores, &cluster, &mut self.written);
        self.written.push(b'\n');
        self.scratch.take_back(scores);
        io.stdout.write_all(&self.written)?;
        Ok(())
    }

    fn fail(&mut self, io: &mut Io<'_>, number: u64, what: &str) -> Result<()> {
        self.exit = Exit::Findings;
        writeln!(io.stderr, "line {number} {what}: expected {{\"id\", \"text\", \"lang\"?}}")?;
        Ok(())
    }
}

/// An id as the name of a cluster: a text as it is, anything else as it was written.
fn name_of(id: &RawValue) -> Rc<str> {
    // what is no text is not asked to be one: the answer would be an error put into words
    if !id.get().starts_with('"') {
        return id.get().into();
    }
    serde_json::from_str::<Cow<'_, str>>(id.get()).map_or_else(|_| id.get().into(), Into::into)
}

/// Why a line could not be read, without its content.
fn reason(error: &serde_json::Error) -> String {
    let kind = match error.classify() {
        serde_json::error::Category::Data => "has not the expected fields",
        _ => "is not JSON",
    };
    format!("{kind} (column {})", error.column())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn run_on(args: &ScoreArgs, input: &str) -> (Exit, Vec<Value>, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut stdin = input.as_bytes();
        let mut io = Io { stdin: &mut stdin, stdout: &mut out, stderr: &mut err };
        let exit = run(args, &mut io).expect("runs");
        let out = String::from_utf8(out).expect("UTF-8");
        let lines = out.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
        (exit, lines, String::from_utf8(err).expect("UTF-8"))
    }

    const PLAIN: ScoreArgs = ScoreArgs { rules: None, heads: Vec::new(), layer: None };

    #[test]
    fn every_field_of_the_contract_is_there() {
        let (exit, lines, _) = run_on(&PLAIN, "{\"id\":7,\"text\":\"is nimbus down? error 503 @nimbus\"}\n");
        assert_eq!((exit, lines.len()), (Exit::Ok, 1));
        let answer = &lines[0];
        assert_eq!(answer["id"], 7);
        for path in [
            "/language/code",
            "/language/confidence",
            "/sentiment/label",
            "/sentiment/score",
            "/sentiment/probabilities/negative",
            "/emotion/label",
            "/emotion/probabilities/anger",
            "/emotion/frustration",
            "/intents/6/probability",
            "/urgency/label",
            "/urgency/probability",
            "/noise/label",
            "/noise/probability",
            "/abuse/probability",
            "/threat/probability",
            "/sarcasm/probability",
            "/incident/probability",
            "/entities",
            "/fingerprint",
            "/cluster",
            "/pii",
            "/heads",
            "/explain/0/weight",
        ] {
            assert!(answer.pointer(path).is_some(), "{path}");
        }
    }

    #[test]
    fn near_duplicates_share_a_cluster_and_bad_lines_are_told() {
        let input = "{\"id\":\"a\",\"text\":\"Nimbus is down!\"}\nnonsense\n{\"id\":2}\n\n{\"id\":\"b\",\"text\":\"nimbus is down https://t.co/1\"}\n{\"id\":\"c\",\"text\":\"good morning\"}";
        let (exit, lines, err) = run_on(&PLAIN, input);
        assert_eq!(exit, Exit::Findings);
        let clusters: Vec<&Value> = lines.iter().map(|l| &l["cluster"]).collect();
        assert_eq!(clusters, ["a", "a", "c"]);
        assert!(err.contains("line 2 is not JSON") && err.contains("line 3 has not the expected fields"), "{err}");
        assert!(!err.contains("nonsense"));
    }

    #[test]
    fn a_missing_pack_or_head_is_an_error() {
        let mut none = std::io::empty();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut io = Io { stdin: &mut none, stdout: &mut out, stderr: &mut err };
        let rules = ScoreArgs { rules: Some("no/such/pack".into()), ..PLAIN };
        assert!(run(&rules, &mut io).is_err());
        let heads = ScoreArgs { heads: vec!["no/such.head".into()], ..PLAIN };
        assert!(run(&heads, &mut io).is_err());
        let layer = ScoreArgs { layer: Some("no/such/layer.bin".into()), ..PLAIN };
        assert!(run(&layer, &mut io).is_err());
    }
}
