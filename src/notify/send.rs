//! One attempt to deliver one request: blocking, with a time limit, no redirects, checked addresses.

use super::address::{CheckedResolver, Refused, is_allowed};
use super::request::Request;
use crate::config::Notify;
use std::time::{Duration, SystemTime};
use ureq::http::Uri;
use ureq::http::{HeaderMap, StatusCode, header};
use ureq::unversioned::transport::DefaultConnector;

/// Bytes read of a receiver's answer, to say why it refused.
const ANSWER_BYTES_MAX: u64 = 512;
/// Characters of it that are shown.
const ANSWER_CHARS_MAX: usize = 80;

/// Why an attempt failed, and whether another may succeed. Never holds the address, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Another attempt may succeed.
    #[error("{cause}")]
    Retryable {
        /// What went wrong.
        cause: String,
        /// The receiver's wish.
        after: Option<Duration>,
    },
    /// No other attempt will.
    #[error("{cause}")]
    Fatal {
        /// What went wrong.
        cause: String,
    },
}

/// Sends requests. One per worker.
#[derive(Debug)]
pub struct Sender {
    agent: ureq::Agent,
    allow_private: Vec<String>,
}

impl Sender {
    /// A sender with the time limit and the allowed hosts of `config`.
    #[must_use]
    pub fn new(config: &Notify) -> Self {
        let http = ureq::Agent::config_builder()
            .timeout_global(Some(config.timeout.get()))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            // A proxy would dial for us, past the address check.
            .proxy(None)
            // A kept connection would be one whose name was checked long ago.
            .max_idle_connections(0)
            .user_agent(concat!("groundswell/", env!("CARGO_PKG_VERSION")))
            .build();
        let resolver = CheckedResolver::new(&config.allow_private);
        let agent = ureq::Agent::with_parts(http, DefaultConnector::default(), resolver);
        Self { agent, allow_private: config.allow_private.clone() }
    }

    /// One attempt.
    ///
    /// # Errors
    /// [`Failure::Retryable`] for 408, 425, 429, 5xx, time-outs and the network; [`Failure::Fatal`] for other
    /// statuses, redirects, refused addresses and addresses that are none.
    pub fn send(&self, request: &Request) -> Result<(), Failure> {
        let uri = self.checked(&request.url)?;
        let mut post = self.agent.post(uri);
        for (name, value) in &request.headers {
            post = post.header(*name, value);
        }
        let mut response = post.send(request.body.as_str()).map_err(|error| of_transport(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let after = retry_after(response.headers(), SystemTime::now());
        let answer = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).lossy_utf8(true).read_to_string();
        Err(of_status(status, after, &answer.unwrap_or_default()))
    }

    fn checked(&self, url: &str) -> Result<Uri, Failure> {
        let fatal = |cause: &str| Failure::Fatal { cause: cause.to_owned() };
        let uri: Uri = url.trim().parse().map_err(|_| fatal("the address is not a URL"))?;
        match uri.scheme_str() {
            Some("https") => Ok(uri),
            Some("http") if is_allowed(&uri, &self.allow_private) => Ok(uri),
            Some("http") => Err(fatal("only https is spoken to hosts that are not in notify.allow_private")),
            _ => Err(fatal("the address does not begin with https://")),
        }
    }
}

fn of_status(status: StatusCode, after: Option<Duration>, answer: &str) -> Failure {
    let answer: String = answer.chars().filter(|c| !c.is_control()).take(ANSWER_CHARS_MAX).collect();
    let cause = match status.as_u16() {
        300..400 => format!("answered {}: redirects are not followed", status.as_u16()),
        code if answer.trim().is_empty() => format!("answered {code}"),
        code => format!("answered {code}: {}", answer.trim()),
    };
    let retryable = status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429);
    if retryable { Failure::Retryable { cause, after } } else { Failure::Fatal { cause } }
}

fn of_transport(error: &ureq::Error) -> Failure {
    match error {
        ureq::Error::Other(other) if other.is::<Refused>() => Failure::Fatal { cause: other.to_string() },
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
            Failure::Fatal { cause: "the address is not a URL".to_owned() }
        }
        ureq::Error::HostNotFound => Failure::Retryable { cause: "host not found".to_owned(), after: None },
        ureq::Error::Timeout(what) => Failure::Retryable { cause: format!("timed out: {what}"), after: None },
        other => Failure::Retryable { cause: other.to_string(), after: None },
    }
}

/// `Retry-After` in seconds or as a date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    SystemTime::from(at).duration_since(now).ok()
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_603_600); // 2026-01-05T09:00:00Z
        for (text, expected) in [
            ("7", Some(7)),
            ("Mon, 05 Jan 2026 09:01:00 GMT", Some(60)),
            ("Mon, 05 Jan 2026 08:00:00 GMT", None),
            ("soon", None),
            ("-3", None),
        ] {
            let headers = HeaderMap::from_iter([(header::RETRY_AFTER, text.parse().expect("a header"))]);
            assert_eq!(retry_after(&headers, now), expected.map(Duration::from_secs), "{text}");
        }
    }
}
