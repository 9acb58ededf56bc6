//! The door, and `POST /v1/feedback`: its bounds, in this order (a place, the body's size, the signature, every event, the log), and
//! its answers, as JSON or as a problem (RFC 9457) that says what to do.

use super::feedback::{Flaw, read_batch};
use super::inbox::{Inbox, Undelivered};
use super::overlay::{self, Desk};
use super::signature::{Keys, Unsigned};
use crate::case::Said;
use crate::mention::Timestamp;
use crate::telemetry::events::{FeedbackRequested, Taken};
use crate::telemetry::{Event as _, Metrics};
use crate::wire::{self, Topics};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The largest body, bytes.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// Requests that are read or wait at once, at most: so many bodies are in memory.
const REQUESTS_MAX: usize = 32;
/// A body must have come within so long.
const BODY_PATIENCE: Duration = Duration::from_secs(10);

/// What the route works with.
#[derive(Clone)]
pub struct Door {
    /// Who is let in.
    pub keys: Arc<Keys>,
    /// Where it goes to; none where nobody is let in.
    pub inbox: Option<Inbox>,
    /// Topic names.
    pub topics: Topics,
    /// Counts of requests.
    pub metrics: Arc<Metrics>,
    /// Wall time: only the age of signatures is judged by it.
    pub now: fn() -> Timestamp,
}

/// Who waits at the door: so many requests are read or wait at once, and their bodies are in memory.
#[derive(Clone)]
pub(super) struct Gate(Arc<Semaphore>);

impl Gate {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(REQUESTS_MAX)))
    }

    /// The body of a request whose sender holds one of the keys, and its place, to be kept until it is answered.
    pub(super) async fn signed(
        &self,
        request: Request<Body>,
        keys: &Keys,
        bytes_max: usize,
        now: Timestamp,
    ) -> Result<(Bytes, OwnedSemaphorePermit), Refusal> {
        let Ok(place) = Arc::clone(&self.0).try_acquire_owned() else {
            return Err(Refusal::new(Taken::Busy, "too many requests at once: try again"));
        };
        let (parts, body) = request.into_parts();
        let body = whole(body, bytes_max).await?;
        let unsigned = |unsigned: Unsigned| Refusal::new(Taken::Unsigned, unsigned.to_string());
        keys.check(&parts.headers, &body, now).map_err(unsigned)?;
        Ok((body, place))
    }
}

#[derive(Clone)]
struct Served {
    door: Door,
    gate: Gate,
}

/// The routes of both: what is said, and what changes for a time.
pub fn routes(door: Door, desk: Desk) -> Router {
    let served = Served { door, gate: Gate::new() };
    Router::new().route("/v1/feedback", post(feedback)).with_state(served).merge(overlay::routes(desk))
}

/// How a request ended otherwise than well.
pub(super) struct Refusal {
    result: Taken,
    detail: String,
    flaws: Vec<Flaw>,
}

impl Refusal {
    pub(super) fn new(result: Taken, detail: impl Into<String>) -> Self {
        Self { result, detail: detail.into(), flaws: Vec::new() }
    }
}

async fn feedback(State(served): State<Served>, request: Request<Body>) -> Response {
    let metrics = Arc::clone(&served.door.metrics);
    match take(&served, request).await {
        Ok(events) => {
            FeedbackRequested { result: Taken::Accepted, events, cause: "" }.emit(&metrics);
            let body = json!({ "accepted": events }).to_string();
            (StatusCode::ACCEPTED, [(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
        Err(refusal) => {
            FeedbackRequested { result: refusal.result, events: 0, cause: &refusal.detail }.emit(&metrics);
            refusal.into_response()
        }
    }
}

/// How many events of a request are in the log now: all of them, or an error.
async fn take(served: &Served, request: Request<Body>) -> Result<usize, Refusal> {
    let Door { keys, inbox, topics, now, .. } = &served.door;
    let Some(inbox) = inbox.as_ref().filter(|_| !keys.is_empty()) else {
        let detail = "feedback over HTTP is not served here: set http.feedback_secrets or http.feedback_tokens";
        return Err(Refusal::new(Taken::Off, detail));
    };
    let (body, _place) = served.gate.signed(request, keys, BODY_BYTES_MAX, now()).await?;
    let said = read_batch(&body).map_err(|flaws| {
        let detail = format!("{} of the events cannot be read: nothing was taken", flaws.len());
        Refusal { flaws, ..Refusal::new(Taken::Refused, detail) }
    })?;
    let outputs = said.iter().map(|said: &Said| wire::said_record(topics, said)).collect::<Result<Vec<_>, _>>();
    let outputs = outputs.map_err(|error| Refusal::new(Taken::Refused, error.to_string()))?;
    inbox.deliver(outputs).await.map_err(|undelivered| {
        let again = "send the same again: what was written already counts once";
        let result = if undelivered == Undelivered::Busy { Taken::Busy } else { Taken::Unreachable };
        Refusal::new(result, format!("{undelivered}: {again}"))
    })?;
    Ok(said.len())
}

async fn whole(body: Body, bytes_max: usize) -> Result<Bytes, Refusal> {
    let too_large = || Refusal::new(Taken::TooLarge, format!("send at most {bytes_max} bytes at once"));
    match tokio::time::timeout(BODY_PATIENCE, to_bytes(body, bytes_max)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        // the other way to fail is a sender that went away: it hears nothing of it
        Ok(Err(_)) => Err(too_large()),
        Err(_) => Err(Refusal::new(Taken::Refused, "the body did not come in time")),
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { result, detail, flaws } = self;
        let (status, retry_after) = match result {
            Taken::Accepted => (StatusCode::ACCEPTED, None),
            Taken::Off => (StatusCode::NOT_FOUND, None),
            Taken::Unsigned => (StatusCode::UNAUTHORIZED, None),
            Taken::Refused => (StatusCode::BAD_REQUEST, None),
            Taken::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, None),
            Taken::Busy => (StatusCode::SERVICE_UNAVAILABLE, Some("1")),
            Taken::Unreachable => (StatusCode::SERVICE_UNAVAILABLE, Some("5")),
        };
        let mut response = problem(status, &detail, &flaws);
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static(seconds));
        }
        response
    }
}

/// A problem document (RFC 9457), with what is wrong of each event.
#[must_use]
pub fn problem(status: StatusCode, detail: &str, errors: &[Flaw]) -> Response {
    let title = status.canonical_reason().unwrap_or_default();
    let mut body = json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail });
    if !errors.is_empty() {
        body["errors"] = json!(errors);
    }
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}
