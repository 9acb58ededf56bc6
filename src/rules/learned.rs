//! The files of a pack that a command learned: `heads/*.head` (`train head`) and `layer.bin` (`train layer`).
//!
//! They are no text. What stands for them as text is an outline: what they are, their SHA-256, their labels. Problems
//! point at it, the pack's digest covers it, and whoever keeps the sources of a pack to read it again, but scores
//! nothing (the snapshots of watch), keeps the outline alone: conditions are checked against it, the weights stay away.

use super::SourceFile;
use super::fields::Fields;
use super::sheet::{Ctx, Kind};
use super::yaml::{Node, Place, Value};
use crate::mention::hex;
use crate::score::{Additions, Head, Layer, Model};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Where the heads of a pack stand.
pub(super) const HEADS: &str = "heads/";
/// Where its layer stands.
pub(super) const LAYER: &str = "layer.bin";
/// Ends the name of a head's file.
const EXTENSION: &str = ".head";

impl SourceFile {
    /// A file that is text.
    #[must_use]
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into(), learned: None }
    }

    /// A file that a command learned, with its outline as text.
    #[must_use]
    pub fn learned(path: impl Into<String>, bytes: Vec<u8>) -> Self {
        let path = path.into();
        let text = outline(&path, &bytes);
        Self { path, text, learned: Some(bytes.into()) }
    }
}

/// True for the path of a file that a command learned.
#[must_use]
pub fn is_learned(path: &str) -> bool {
    path.ends_with(EXTENSION) || path == LAYER
}

fn outline(path: &str, bytes: &[u8]) -> String {
    let sum = hex(&Sha256::digest(bytes));
    let unread = || (format!("{} bytes", bytes.len()), String::new());
    let (what, labels) = if path == LAYER {
        let told = |layer: Layer| format!("a layer of {} rows on model {}", layer.len(), layer.model());
        Layer::parse(bytes).map_or_else(|_| unread(), |layer| (told(layer), String::new()))
    } else {
        let told = |head: &Head| format!("a head of {} labels", head.labels().len());
        let labels = |head: &Head| serde_json::json!(head.labels()).to_string();
        Head::parse(bytes).map_or_else(|_| unread(), |head| (told(&head), labels(&head)))
    };
    format!("{what}, sha256 {sum}\n{labels}\n")
}

/// Labels of a head by its outline.
fn labels(outline: &str) -> Vec<String> {
    outline.lines().nth(1).and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default()
}

/// Reads a head: its name is its file's stem.
pub(super) fn read_head(ctx: Ctx<'_>, into: &mut Additions) {
    let inner = ctx.file.path.strip_prefix(HEADS).unwrap_or(&ctx.file.path);
    let name = inner.strip_suffix(EXTENSION).filter(|name| !name.is_empty() && !name.contains('/'));
    let Some(name) = name else {
        let message = format!("{HEADS} holds heads only, not \"{inner}\"");
        return ctx.problem(Place::TOP, message, format!("name it {HEADS}NAME{EXTENSION}, as written by train head"));
    };
    ctx.define(Kind::Head, name, Place::TOP);
    match ctx.file.learned.as_deref().map(Head::parse) {
        Some(Ok(head)) => {
            head.labels().iter().for_each(|label| ctx.define(Kind::Label, &place(name, label), Place::TOP));
            into.heads.insert(name.to_owned(), head);
        }
        Some(Err(error)) => {
            ctx.sheet.unsure_of(&[Kind::Label]);
            ctx.problem(
                Place::TOP,
                format!("head \"{name}\": {error}"),
                "train it again: groundswell train head".to_owned(),
            );
        }
        // kept without its weights
        None => {
            labels(&ctx.file.text).iter().for_each(|label| ctx.define(Kind::Label, &place(name, label), Place::TOP));
        }
    }
}

/// Reads the layer, which must be one of this release's model.
pub(super) fn read_layer(ctx: Ctx<'_>, into: &mut Additions) {
    let again = || "train it again (groundswell train layer), or remove it".to_owned();
    match ctx.file.learned.as_deref().map(Layer::parse) {
        None => {}
        Some(Err(error)) => ctx.problem(Place::TOP, error.to_string(), again()),
        Some(Ok(layer)) if layer.model() != Model::shipped().digest() => {
            let (its, ours) = (layer.model(), Model::shipped().digest());
            ctx.problem(Place::TOP, format!("the layer is one of model {its}, this release has model {ours}"), again());
        }
        Some(Ok(layer)) => into.layer = Some(layer),
    }
}

fn place(head: &str, label: &str) -> String {
    format!("{head}.{label}")
}

/// What is asked of a head: that its answer is one of these, with at least this probability.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadAsked {
    /// Its name.
    pub head: String,
    /// Labels with the least probability of each, 0..1.
    pub labels: Vec<(String, f64)>,
}

/// Least probability where a condition gives none.
pub(super) const USUAL_LEAST: f64 = 0.5;

/// Reads `heads: {desk: garden}` or `heads: {desk: {garden: 0.7, kitchen: 0.9}}`; `usual` is the probability of a label
/// that is given none.
pub(super) fn read_asked(parent: &Fields<'_>, usual: f64) -> Vec<HeadAsked> {
    let Some(node) = parent.node("heads") else { return Vec::new() };
    let Value::Map(entries) = &node.value else {
        let message = format!("\"heads\" must be a mapping, not {}", node.value.kind());
        parent.ctx.problem(node.at, message, "write heads: {NAME: {LABEL: 0.7}}".to_owned());
        return Vec::new();
    };
    let mut asked = Vec::with_capacity(entries.len());
    for (key, node) in entries {
        parent.ctx.refer(Kind::Head, &key.name, key.at);
        let labels = read_labels(parent.ctx, &key.name, node, usual);
        asked.push(HeadAsked { head: key.name.clone(), labels });
    }
    asked
}

fn read_labels(ctx: Ctx<'_>, head: &str, node: &Node, usual: f64) -> Vec<(String, f64)> {
    match &node.value {
        Value::Text(label) => {
            ctx.refer(Kind::Label, &place(head, label.trim()), node.at);
            vec![(label.trim().to_owned(), usual)]
        }
        Value::Map(entries) => {
            let names: Vec<&str> = entries.iter().map(|(key, _)| key.name.as_str()).collect();
            let Some(fields) = Fields::open(ctx, node, "the labels of a head", &names) else { return Vec::new() };
            entries.iter().for_each(|(key, _)| ctx.refer(Kind::Label, &place(head, &key.name), key.at));
            let least = |name: &str| fields.share(name).unwrap_or(usual);
            names.iter().map(|name| ((*name).to_owned(), least(name))).collect()
        }
        other => {
            let message = format!("what is asked of head \"{head}\" must be a label, not {}", other.kind());
            ctx.problem(node.at, message, "write a label, or {LABEL: 0.7}".to_owned());
            Vec::new()
        }
    }
}

/// Weights of a learned file, shared by all that hold the pack.
pub(super) type Bytes = Arc<[u8]>;
