//! `POST /v1/overlay`: what changes of the pack for at most 72 hours, from whoever holds one of `http.overlay_secrets`.
//!
//! It writes the file that `groundswell overlay add` writes, where the pack's folder can be written, and leaves the rest
//! to the reload. It must never be opened by a key of feedback: whoever closes tickets does not change rules.

use super::http::{Gate, Refusal, problem};
use super::{Flaw, Keys};
use crate::config::overlay::{self, OverlayChanged, OverlayError, OverlayWanted};
use crate::mention::Timestamp;
use crate::rules::Problem;
use crate::telemetry::events::{OverlayAdded, Taken};
use crate::telemetry::{Event as _, Metrics};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Mutex;

/// The largest body, bytes.
const BODY_BYTES_MAX: usize = 64 << 10;

/// What the route works with.
#[derive(Clone)]
pub struct Desk {
    /// Who is let in.
    pub keys: Arc<Keys>,
    /// The pack's folder.
    pub folder: PathBuf,
    /// Counts and lines.
    pub metrics: Arc<Metrics>,
    /// Wall time: the age of signatures, and when an entry begins that does not say so.
    pub now: fn() -> Timestamp,
}

#[derive(Clone)]
struct Served {
    desk: Desk,
    gate: Gate,
    /// One changes the file at a time.
    writing: Arc<Mutex<()>>,
}

/// The route of `desk`.
pub(super) fn routes(desk: Desk) -> Router {
    let served = Served { desk, gate: Gate::new(), writing: Arc::default() };
    Router::new().route("/v1/overlay", post(take)).with_state(served)
}

async fn take(State(served): State<Served>, request: Request<Body>) -> Response {
    match add(&served, request).await {
        Ok((id, changed)) => {
            OverlayAdded { id: &id, digest: &changed.digest }.emit(&served.desk.metrics);
            let body = json!({ "id": id, "until": changed.until, "digest": changed.digest }).to_string();
            (StatusCode::CREATED, [(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
        Err(response) => response,
    }
}

async fn add(served: &Served, request: Request<Body>) -> Result<(String, OverlayChanged), Response> {
    let Desk { keys, folder, now, .. } = &served.desk;
    if keys.is_empty() {
        let detail = "overlays over HTTP are not served here: set http.overlay_secrets";
        return Err(Refusal::new(Taken::Off, detail).into_response());
    }
    let (body, _place) =
        served.gate.signed(request, keys, BODY_BYTES_MAX, now()).await.map_err(Refusal::into_response)?;
    let wanted: OverlayWanted = serde_json::from_slice(&body).map_err(|error| {
        // what serde quotes may be a value
        let place = format!("line {} column {}", error.line(), error.column());
        let detail = format!(
            "{place}: send id, author, reason, \"until\" or \"for\", and one of watch, exclude, threshold, silence"
        );
        problem(StatusCode::BAD_REQUEST, &detail, &[])
    })?;
    let (folder, now, id) = (folder.clone(), now(), wanted.id.clone());
    let _alone = served.writing.lock().await;
    let changed = tokio::task::spawn_blocking(move || overlay::add(&folder, &wanted, now)).await;
    match changed {
        Ok(Ok(changed)) => Ok((id, changed)),
        Ok(Err(error)) => Err(refused(&error)),
        Err(_) => Err(problem(StatusCode::INTERNAL_SERVER_ERROR, "the change was not finished", &[])),
    }
}

fn refused(error: &OverlayError) -> Response {
    let flaw = |found: &Problem| Flaw {
        place: format!("{}:{}:{}", found.path, found.line, found.column),
        reason: "pack",
        detail: found.message.clone(),
        action: found.suggestion.clone().unwrap_or_default(),
    };
    let (status, errors) = match error {
        OverlayError::Refused { problems, .. } => (StatusCode::BAD_REQUEST, problems.iter().map(flaw).collect()),
        OverlayError::Times(_) => (StatusCode::BAD_REQUEST, Vec::new()),
        OverlayError::NotWritable { .. } | OverlayError::Folder(_) | OverlayError::Unknown { .. } => {
            (StatusCode::CONFLICT, Vec::new())
        }
    };
    problem(status, &format!("{error}: nothing was changed"), &errors)
}
