//! Links to charts: what a chart shows, written into its own address and signed, so that whoever serves it needs to know
//! nothing but the key.
//!
//! Why not by the alert's id: a chart would have to be kept, by every process that may be asked, for as long as a chat
//! shows its messages. An address says the words and numbers of one event, none of any post; without the key nobody can
//! make one, so nobody can have us draw words of theirs.

use crate::alert::Plot;
use crate::mention::mac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac;

/// Where charts are served.
pub const CHARTS_PATH: &str = "/v1/charts/";
/// The longest name of a chart, bytes: chats take addresses of 3,000.
pub const CHART_NAME_BYTES_MAX: usize = 2_800;
/// Before what is signed, so that no signature of anything else is one of a chart.
const SIGNED_AS: &[u8] = b"chart.";
/// Bytes of a signature: nobody guesses 128 bits.
const SIGNATURE_BYTES: usize = 16;

/// The name of a chart without its ending, `<plot>.<signature>`; none where it would be too long for a chat.
#[must_use]
pub fn chart_name(plot: &Plot, key: &str) -> Option<String> {
    let said = postcard::to_allocvec(plot).ok()?;
    let signature = mac(key.as_bytes(), &[SIGNED_AS, &said]).finalize().into_bytes();
    let name = format!("{}.{}", URL_SAFE_NO_PAD.encode(&said), URL_SAFE_NO_PAD.encode(&signature[..SIGNATURE_BYTES]));
    (name.len() <= CHART_NAME_BYTES_MAX).then_some(name)
}

/// What a name that was signed with `key` says; none of any other name.
#[must_use]
pub fn chart_named(name: &str, key: &str) -> Option<Plot> {
    let (said, signature) = name.split_once('.').filter(|_| name.len() <= CHART_NAME_BYTES_MAX)?;
    let (said, signature) = (URL_SAFE_NO_PAD.decode(said).ok()?, URL_SAFE_NO_PAD.decode(signature).ok()?);
    if signature.len() != SIGNATURE_BYTES {
        return None;
    }
    mac(key.as_bytes(), &[SIGNED_AS, &said]).verify_truncated_left(&signature).ok()?;
    postcard::from_bytes(&said).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "a key of the tests";

    fn plot(points: u64) -> Plot {
        let counts: Vec<u64> = (0..points).map(|point| point * 977 % 100_000).collect();
        let value = serde_json::json!({
            "title": "Probable outage: q", "observed": 30.0, "expected": 6.6, "upper": 20.0, "window_seconds": 300,
            "step_seconds": 300, "counts": counts, "at": "2026-03-02T09:43:00Z",
        });
        serde_json::from_value(value).expect("a plot")
    }

    #[test]
    fn a_name_says_its_chart_to_whoever_has_the_key() {
        let name = chart_name(&plot(72), KEY).expect("a name");
        assert_eq!(chart_named(&name, KEY), Some(plot(72)));
        assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)), "{name}");
        assert_eq!(chart_named(&name, "another key of tests"), None);
        assert_eq!(chart_name(&plot(2_000), KEY), None, "too long for a chat");
    }

    #[test]
    fn no_other_name_is_one() {
        let name = chart_name(&plot(3), KEY).expect("a name");
        let (said, signature) = name.split_once('.').expect("two parts");
        for place in 0..name.len() {
            let mut other = name.clone().into_bytes();
            other[place] = if other[place] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(other).expect("letters");
            assert_eq!(chart_named(&other, KEY), None, "{other}");
        }
        for other in [said, signature, "", ".", &format!("{said}."), &format!("{said}.{}", &signature[..8])] {
            assert_eq!(chart_named(other, KEY), None, "{other}");
        }
    }
}
