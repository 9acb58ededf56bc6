//! The organisation's own accounts: their posts are its own voice, and what is addressed to them always matches.

use super::condition::platforms;
use super::fields::Fields;
use super::impersonation::{Official, impersonated};
use super::sheet::Ctx;
use super::yaml::Node;
use crate::mention::{Author, Impersonation, Kind, Mention, Platform};
use std::collections::BTreeSet;

/// Names that authors are compared with, beyond which those of products are left out: all are compared with each author.
const OFFICIALS_MAX: usize = 256;

/// Handles and ids of own accounts, pages, apps and channels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accounts {
    handles: BTreeSet<(Platform, String)>,
    ids: BTreeSet<(Platform, String)>,
    /// Handles and names that others may pass themselves off as, each once.
    officials: Vec<Official>,
}

impl Accounts {
    /// True when `key` is a handle (without case, with or without `@`) or an id of an own account there.
    #[must_use]
    pub fn is_own(&self, platform: Platform, key: &str) -> bool {
        self.ids.contains(&(platform, key.to_owned())) || self.handles.contains(&(platform, handle(key)))
    }

    /// True when an own account posted it.
    #[must_use]
    pub fn is_own_author(&self, platform: Platform, author: &Author) -> bool {
        let id = author.id.as_deref().is_some_and(|id| self.ids.contains(&(platform, id.to_owned())));
        id || author.handle.as_deref().is_some_and(|h| self.handles.contains(&(platform, handle(h))))
    }

    /// True for what is addressed to an own account: a direct message, or anything on an own page, app or channel.
    #[must_use]
    pub fn is_addressed(&self, mention: &Mention) -> bool {
        let on_own = mention.container.as_ref().is_some_and(|place| self.is_own(mention.platform, &place.id));
        mention.kind == Kind::Dm || on_own
    }

    /// The own account that an author passes itself off as; none for an own account.
    #[must_use]
    pub fn impersonated(&self, platform: Platform, author: &Author) -> Option<Impersonation> {
        if self.is_own_author(platform, author) { None } else { impersonated(&self.officials, platform, author) }
    }

    /// Notes names of products: those named after an own account stand for it, too.
    pub(super) fn add_products<'n>(&mut self, names: impl Iterator<Item = &'n str>) {
        for name in names {
            if self.officials.len() >= OFFICIALS_MAX {
                break;
            }
            self.officials.extend(Official::of_product(name, &self.officials));
        }
    }

    /// How many accounts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.handles.len() + self.ids.len()
    }

    /// True when the pack names none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A handle without case and `@`.
#[must_use]
pub fn handle(written: &str) -> String {
    written.trim_start_matches('@').to_lowercase()
}

pub(super) fn read(fields: &Fields<'_>) -> Accounts {
    let mut accounts = Accounts::default();
    for node in fields.list("accounts") {
        read_account(fields.ctx, node, &mut accounts);
    }
    accounts
}

fn read_account(ctx: Ctx<'_>, node: &Node, into: &mut Accounts) -> Option<()> {
    let fields = Fields::open(ctx, node, "an account", &["platform", "handle", "id", "name", "about"])?;
    fields.text_if("about");
    fields.word("platform")?;
    let platform = fields.choice("platform", &platforms())?;
    let (handle_word, id) = (fields.word_if("handle"), fields.word_if("id"));
    if handle_word.is_none() && id.is_none() && fields.node("id").is_none() && fields.node("handle").is_none() {
        ctx.problem(fields.at, "an account needs a handle or an id", "add \"handle: …\" or \"id: \"…\"\"".to_owned());
    }
    let of_handle = handle_word.as_ref().and_then(|word| Official::of_handle(platform, word.text));
    let of_name = fields.text_if("name").as_deref().and_then(Official::of_name);
    for official in [of_handle, of_name].into_iter().flatten() {
        if !into.officials.contains(&official) {
            into.officials.push(official);
        }
    }
    let mut fresh = true;
    if let Some(word) = &handle_word {
        fresh &= into.handles.insert((platform, handle(word.text)));
    }
    if let Some(word) = &id {
        fresh &= into.ids.insert((platform, word.text.to_owned()));
    }
    if !fresh {
        ctx.problem(fields.at, "this account stands here twice", "remove one of the two".to_owned());
    }
    Some(())
}
