//! Phone numbers that stand for people become keyed hashes, before anything is decided, counted or written.
//!
//! Why here and not where payloads are read: own accounts are known by their numbers, so the number must be seen once.
//! Why in the `decisions` section of the configuration: the hash is the author of cases and counts, so every worker and
//! a replay that is to be equal must have the same key. The numbers of a country can all be tried, so without a key of
//! one's own the hash hides a number from readers, not from whoever wants to know it.
//!
//! The same key hides whom the accounts of a pack are about: an author is looked up by hash, so that a pack names nobody.

use crate::mention::{AccountFacts, Author, Mention, Platform, hex, mac};
use crate::rules::{KNOWN_HASH_BYTES, KnownAccounts, KnownHash, handle};
use hmac::Mac;
use std::fmt;
use std::sync::Arc;

/// Bytes of the hash that are kept: two numbers of all there are share one with odds of 1 in 10^18.
const KEPT: usize = 16;

/// What phone numbers are hashed with. Never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PhoneKey(Arc<[u8]>);

impl fmt::Debug for PhoneKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl PhoneKey {
    /// From the configuration; an empty one is that of every deployment without a key.
    #[must_use]
    pub fn new(key: &str) -> Self {
        Self(key.as_bytes().into())
    }

    /// Puts the hash in the place of an author's number.
    pub fn hide(&self, mention: &mut Mention) {
        let is_number = |id: &&mut String| id.strip_prefix('+').unwrap_or(id).bytes().all(|byte| byte.is_ascii_digit());
        let id = mention.author.as_mut().and_then(|author| author.id.as_mut());
        if mention.platform == Platform::Whatsapp
            && let Some(id) = id.filter(is_number)
        {
            *id = self.hash(id.strip_prefix('+').unwrap_or(id));
        }
    }

    /// `phone-` and the first 16 bytes of HMAC-SHA256 (RFC 2104) over the digits, in hexadecimal.
    fn hash(&self, digits: &str) -> String {
        format!("phone-{}", hex(&self.mac([digits])[..KEPT]))
    }

    /// The hashes by which a pack may know an author, whose number is hidden already: of the id, then of the handle.
    pub fn accounts(&self, platform: Platform, author: &Author) -> impl Iterator<Item = KnownHash> {
        let named = [("id", author.id.clone()), ("handle", author.handle.as_deref().map(handle))];
        let names = named.into_iter().filter_map(|(kind, name)| Some((kind, name?)));
        names.map(move |(kind, name)| {
            let mac = self.mac(["account", "\0", platform.as_str(), "\0", kind, "\0", &name]);
            let mut hash = [0; KNOWN_HASH_BYTES];
            hash.copy_from_slice(&mac[..KNOWN_HASH_BYTES]);
            hash
        })
    }

    /// Notes on the author what the accounts of a pack know of it.
    pub fn note_account(&self, mention: &mut Mention, known: &KnownAccounts) {
        let platform = mention.platform;
        if let Some(author) = mention.author.as_mut().filter(|_| !known.is_empty()) {
            author.account = self.known(platform, author, known);
        }
    }

    fn known(&self, platform: Platform, author: &Author, known: &KnownAccounts) -> Option<AccountFacts> {
        self.accounts(platform, author).find_map(|hash| known.get(&hash))
    }

    /// By what a file tells which key its hashes were made with; the key cannot be told from it.
    #[must_use]
    pub fn mark(&self) -> String {
        hex(&self.mac(["mark of the key"])[..4])
    }

    fn mac<const N: usize>(&self, parts: [&str; N]) -> [u8; 32] {
        mac(&self.0, &parts.map(str::as_bytes)).finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mention::Author;

    fn hidden(key: &str, platform: Platform, id: &str) -> String {
        let mut mention = Mention::new(platform, "", "1");
        mention.author = Some(Author { id: Some(id.to_owned()), ..Author::default() });
        PhoneKey::new(key).hide(&mut mention);
        mention.author.and_then(|author| author.id).unwrap_or_default()
    }

    #[test]
    fn a_number_becomes_a_hash_of_its_key() {
        // printf 15550100009 | openssl dgst -sha256 -hmac k3y
        assert_eq!(hidden("k3y", Platform::Whatsapp, "15550100009"), "phone-9eff5eec8e2a6b483cb00956daea3295");
        assert_eq!(
            hidden("k3y", Platform::Whatsapp, "+15550100009"),
            "phone-9eff5eec8e2a6b483cb00956daea3295",
            "however it is written"
        );
        assert_ne!(hidden("other", Platform::Whatsapp, "15550100009"), "phone-9eff5eec8e2a6b483cb00956daea3295");
        assert_ne!(hidden("k3y", Platform::Whatsapp, "15550100008"), "phone-9eff5eec8e2a6b483cb00956daea3295");
        assert!(hidden("", Platform::Whatsapp, "15550100009").starts_with("phone-"));
    }

    #[test]
    fn what_is_no_number_stays() {
        for (platform, id) in [(Platform::Whatsapp, "US.134"), (Platform::Telegram, "901"), (Platform::X, "901")] {
            assert_eq!(hidden("k3y", platform, id), id);
        }
    }
}
