//! The files of a pack that a command learned: `heads/*.head` (`train head`) and `layer.bin` (`train layer`).
//!
//! They are no text: an outline stands for them ([`super::outline`]), with the labels that conditions are checked against.

use super::fields::Fields;
use super::sheet::{Ctx, Kind};
use super::yaml::{Node, Place, Value};
use crate::score::{Additions, Head, Layer, Model};

/// Where the heads of a pack stand.
pub(super) const HEADS: &str = "heads/";
/// Where its layer stands.
pub(super) const LAYER: &str = "layer.bin";
/// Ends the name of a head's file.
pub(super) const EXTENSION: &str = ".head";

/// What such a file is, without its weights; none where it cannot be read.
pub(super) fn outline(path: &str, bytes: &[u8]) -> Option<(String, String)> {
    if path == LAYER {
        let layer = Layer::parse(bytes).ok()?;
        return Some((format!("a layer of {} rows on model {}", layer.len(), layer.model()), String::new()));
    }
    let head = Head::parse(bytes).ok()?;
    Some((format!("a head of {} labels", head.labels().len()), serde_json::json!(head.labels()).to_string()))
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
    match ctx.file.bytes.as_deref().map(Head::parse) {
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
    match ctx.file.bytes.as_deref().map(Layer::parse) {
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
