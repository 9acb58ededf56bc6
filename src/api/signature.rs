//! Whose word a request is: an HMAC over time and body by one of the secrets, or one of the bearer tokens.
//!
//! Several secrets hold at once, so that one can be changed without a gap. Macs are compared in constant time. A
//! signature holds for five minutes either way: what is caught on the way cannot be said again later.

use crate::config::Secret;
use crate::mention::{Timestamp, mac, unhex};
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Mac;

/// How far the time of a signature may lie from ours, seconds.
pub const TOLERANCE_SECONDS: i64 = 300;
/// Signatures looked at in one header, at most: a sender that changes its secret sends two.
const SIGNATURES_MAX: usize = 4;

/// `t=<unix>,v1=<hex>`, as our own webhooks sign.
const OURS: &str = "x-groundswell-signature";
/// Base64, as Zendesk's webhooks sign.
const ZENDESK: &str = "x-zendesk-webhook-signature";
/// The time that Zendesk signs, RFC 3339.
const ZENDESK_TIME: &str = "x-zendesk-webhook-signature-timestamp";

/// What opens the door: secrets that sign, and tokens that are shown.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    /// Secrets of signatures; any of them holds.
    pub secrets: Vec<Secret>,
    /// Bearer tokens, for senders that cannot sign; any of them holds.
    pub tokens: Vec<Secret>,
}

/// Why a request is nobody's word. Says what to send, never which part was wrong of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsigned {
    /// Nothing that says whose word it is.
    #[error(
        "no signature: send X-Groundswell-Signature (t=<unix>,v1=<hex hmac-sha256 of \"t.body\">), Zendesk's \
         signature headers, or Authorization: Bearer where http.feedback_tokens has one"
    )]
    Missing,
    /// The header is not of its form.
    #[error("{0} is not of its form")]
    Malformed(&'static str),
    /// Signed too long ago, or in the future.
    #[error("signed more than 5 minutes from now: check the sender's clock, and sign each attempt anew")]
    Old,
    /// By no secret that holds.
    #[error("the signature is of none of our secrets, or the body was changed on its way")]
    Wrong,
}

impl Keys {
    /// Whether nobody can be let in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty() && self.tokens.is_empty()
    }

    /// Whether `body`, as received, is the word of somebody who holds one of the keys.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<(), Unsigned> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(header) = text(OURS) {
            return self.check_ours(header, body, now);
        }
        if let Some(signature) = text(ZENDESK) {
            let time = text(ZENDESK_TIME).ok_or(Unsigned::Malformed(ZENDESK_TIME))?;
            return self.check_zendesk(signature, time, body, now);
        }
        match text("authorization").and_then(|value| value.strip_prefix("Bearer ")) {
            Some(token) if !self.tokens.is_empty() => self.check_token(token),
            _ => Err(Unsigned::Missing),
        }
    }

    fn check_ours(&self, header: &str, body: &[u8], now: Timestamp) -> Result<(), Unsigned> {
        let parts = || header.split(',').filter_map(|part| part.trim().split_once('='));
        let time = parts().find(|(name, _)| *name == "t").map(|(_, value)| value);
        let seconds: i64 = time.and_then(|text| text.parse().ok()).ok_or(Unsigned::Malformed(OURS))?;
        is_recent(Timestamp::from_seconds(seconds), now)?;
        let given: Vec<Vec<u8>> =
            parts().filter(|(name, _)| *name == "v1").take(SIGNATURES_MAX).filter_map(|(_, hex)| unhex(hex)).collect();
        if given.is_empty() {
            return Err(Unsigned::Malformed(OURS));
        }
        self.check_macs(&given, &[seconds.to_string().as_bytes(), b".", body])
    }

    fn check_zendesk(&self, signature: &str, time: &str, body: &[u8], now: Timestamp) -> Result<(), Unsigned> {
        is_recent(time.parse().ok(), now)?;
        let given = STANDARD.decode(signature).map_err(|_| Unsigned::Malformed(ZENDESK))?;
        self.check_macs(&[given], &[time.as_bytes(), body])
    }

    fn check_macs(&self, given: &[Vec<u8>], signed: &[&[u8]]) -> Result<(), Unsigned> {
        let holds = |secret: &Secret| {
            let ours = mac(secret.expose().as_bytes(), signed);
            given.iter().any(|given| ours.clone().verify_slice(given).is_ok())
        };
        if self.secrets.iter().any(holds) { Ok(()) } else { Err(Unsigned::Wrong) }
    }

    /// Macs of both are compared, so that the time it takes tells nothing of a token.
    fn check_token(&self, token: &str) -> Result<(), Unsigned> {
        let of = |token: &str| mac(b"groundswell bearer token", &[token.as_bytes()]);
        let shown = of(token).finalize().into_bytes();
        let holds = |known: &Secret| of(known.expose()).verify_slice(&shown).is_ok();
        if self.tokens.iter().any(holds) { Ok(()) } else { Err(Unsigned::Wrong) }
    }
}

fn is_recent(at: Option<Timestamp>, now: Timestamp) -> Result<(), Unsigned> {
    let at = at.ok_or(Unsigned::Malformed("the time of the signature"))?;
    let apart = at.as_micros().abs_diff(now.as_micros());
    if apart <= TOLERANCE_SECONDS.unsigned_abs() * 1_000_000 { Ok(()) } else { Err(Unsigned::Old) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_772_409_600;

    fn keys() -> Keys {
        let secrets = vec![Secret::new("an old secret of 1"), Secret::new("the secret of now")];
        Keys { secrets, tokens: vec![Secret::new("a token to show")] }
    }

    fn hex(secret: &str, parts: &[&[u8]]) -> String {
        mac(secret.as_bytes(), parts).finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn zendesk(secret: &str, parts: &[&[u8]]) -> String {
        STANDARD.encode(mac(secret.as_bytes(), parts).finalize().into_bytes())
    }

    fn asked(pairs: &[(&'static str, String)], body: &[u8]) -> Result<(), Unsigned> {
        let header = |(name, value): &(&'static str, String)| (name.parse().ok(), value.parse().expect("a header"));
        let pairs = pairs.iter().map(header).map(|(name, value)| (name.expect("a name"), value));
        let headers: HeaderMap = pairs.collect::<Vec<(axum::http::HeaderName, _)>>().into_iter().collect();
        keys().check(&headers, body, Timestamp::from_seconds(NOW).expect("a time"))
    }

    #[test]
    fn who_holds_a_key_is_let_in_and_nobody_else() {
        let body: &[u8] = b"{\"a\": 1}";
        let signed = |secret: &str, at: i64| hex(secret, &[at.to_string().as_bytes(), b".", body]);
        let ours = |secret: &str, at: i64| vec![(OURS, format!("t={at},v1={}", signed(secret, at)))];
        let theirs = |secret: &str, time: &str| {
            let signature = zendesk(secret, &[time.as_bytes(), body]);
            vec![(ZENDESK, signature), (ZENDESK_TIME, time.to_owned())]
        };
        let bearer = |token: &str| vec![("authorization", format!("Bearer {token}"))];
        let both = format!("t={NOW},v1={},v1={}", signed("of another age", NOW), signed("the secret of now", NOW));
        let zeros = "0".repeat(64);
        let cases = [
            ("now", ours("the secret of now", NOW), Ok(())),
            ("rotated", ours("an old secret of 1", NOW - 300), Ok(())),
            ("ahead", ours("the secret of now", NOW + 300), Ok(())),
            ("two signatures", vec![(OURS, both)], Ok(())),
            ("too old", ours("the secret of now", NOW - 301), Err(Unsigned::Old)),
            ("too new", ours("the secret of now", NOW + 301), Err(Unsigned::Old)),
            ("another secret", ours("the secret of then", NOW), Err(Unsigned::Wrong)),
            ("zeros", vec![(OURS, format!("t={NOW},v1={zeros}"))], Err(Unsigned::Wrong)),
            ("cut short", vec![(OURS, format!("t={NOW},v1=00"))], Err(Unsigned::Wrong)),
            ("no time", vec![(OURS, format!("v1={zeros}"))], Err(Unsigned::Malformed(OURS))),
            ("no signature", vec![(OURS, format!("t={NOW}"))], Err(Unsigned::Malformed(OURS))),
            ("not hex", vec![(OURS, format!("t={NOW},v1=xyz"))], Err(Unsigned::Malformed(OURS))),
            ("zendesk", theirs("the secret of now", "2026-03-02T00:01:00Z"), Ok(())),
            ("zendesk, old", theirs("the secret of now", "2026-03-01T23:50:00Z"), Err(Unsigned::Old)),
            ("zendesk, another", theirs("the secret of then", "2026-03-02T00:00:00Z"), Err(Unsigned::Wrong)),
            ("zendesk, no time", vec![(ZENDESK, "AAAA".to_owned())], Err(Unsigned::Malformed(ZENDESK_TIME))),
            ("token", bearer("a token to show"), Ok(())),
            ("another token", bearer("a token to shop"), Err(Unsigned::Wrong)),
            ("a secret is no token", bearer("the secret of now"), Err(Unsigned::Wrong)),
            ("nothing", vec![], Err(Unsigned::Missing)),
        ];
        for (name, headers, expected) in cases {
            assert_eq!(asked(&headers, body), expected, "{name}");
        }
        assert_eq!(asked(&ours("the secret of now", NOW), b"{\"a\": 2}"), Err(Unsigned::Wrong), "another body");
    }

    /// What notify signs is what is taken here: one form for both ways.
    #[test]
    fn our_own_webhooks_would_be_let_in() {
        let header = crate::notify::sign("the secret of now", NOW, "hello");
        assert_eq!(asked(&[(OURS, header)], b"hello"), Ok(()));
    }

    /// Zendesk's documentation signs with this secret in its examples; the value is of another implementation (Python).
    #[test]
    fn a_signature_of_zendesk_made_elsewhere() {
        let signature = ZENDESK_BY_PYTHON.to_owned();
        let secret = Secret::new("dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==");
        let keys = Keys { secrets: vec![secret], tokens: Vec::new() };
        let headers: HeaderMap = [
            (ZENDESK.parse().expect("a name"), signature.parse().expect("a value")),
            (ZENDESK_TIME.parse().expect("a name"), "2026-03-02T00:00:00Z".parse().expect("a value")),
        ]
        .into_iter()
        .collect::<Vec<(axum::http::HeaderName, axum::http::HeaderValue)>>()
        .into_iter()
        .collect();
        let now = Timestamp::from_seconds(NOW).expect("a time");
        assert_eq!(keys.check(&headers, b"{\"about\": \"item-1\"}", now), Ok(()));
    }

    const ZENDESK_BY_PYTHON: &str = "N2JpdqeJGYpsuXdfZGCDI3jg1L7lRGuu8fjIcaecpuk=";
}
