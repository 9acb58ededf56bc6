//! Lists that conditions ask for: competitors, executives, authors whom many hear, markets with rules of their own
//! (`lists.yaml`).

use super::accounts::handle;
use super::condition::{Folded, Phrase, platforms, read_market, read_phrases};
use super::fields::Fields;
use super::sheet::Ctx;
use super::yaml::Node;
use crate::mention::{Author, Platform};
use std::collections::BTreeSet;

/// Everything of `lists.yaml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lists {
    /// Names of companies that do what we do.
    pub competitors: Vec<Phrase>,
    /// Names of people who stand for the company.
    pub executives: Vec<Phrase>,
    /// Handles of authors whom many hear, whatever their followers, in lower case without `@`.
    visible: BTreeSet<(Platform, String)>,
    /// Countries (ISO 3166-1 alpha-2) where the product is regulated.
    pub regulated_markets: Vec<String>,
}

impl Lists {
    /// The competitors that a mention names, as the pack writes them.
    #[must_use]
    pub fn named_competitors(&self, said: &Folded) -> Vec<String> {
        let named = self.competitors.iter().filter(|name| said.says(name));
        named.map(|name| name.written.clone()).collect()
    }

    /// True for an author of the list.
    #[must_use]
    pub fn is_visible(&self, platform: Platform, author: &Author) -> bool {
        author.handle.as_deref().is_some_and(|name| self.visible.contains(&(platform, handle(name))))
    }
}

pub(super) fn read(fields: &Fields<'_>) -> Lists {
    let mut lists = Lists {
        competitors: read_phrases(fields, "competitors"),
        executives: read_phrases(fields, "executives"),
        visible: BTreeSet::new(),
        regulated_markets: fields
            .words("regulated_markets")
            .iter()
            .filter_map(|word| read_market(fields.ctx, word))
            .collect(),
    };
    for node in fields.list("visible_authors") {
        read_author(fields.ctx, node, &mut lists.visible);
    }
    lists
}

fn read_author(ctx: Ctx<'_>, node: &Node, into: &mut BTreeSet<(Platform, String)>) -> Option<()> {
    let fields = Fields::open(ctx, node, "an author", &["platform", "handle", "about"])?;
    fields.text_if("about");
    fields.word("platform")?;
    let platform = fields.choice("platform", &platforms())?;
    let word = fields.word("handle")?;
    if !into.insert((platform, handle(word.text))) {
        ctx.problem(fields.at, "this author stands here twice", "remove one of the two".to_owned());
    }
    Some(())
}
