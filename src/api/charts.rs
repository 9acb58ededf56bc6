//! `GET /v1/charts/NAME.png` and `.svg`: the chart of an alert, drawn from its signed name.
//!
//! Chats fetch the pictures of their messages themselves and show no SVG. Nothing is kept and nothing is looked up; of a
//! name that we have not signed there is no chart, and what it says is not answered with.

use super::http::problem;
use crate::alert::Plot;
use crate::config::Secret;
use crate::wire::{CHARTS_PATH, chart_named};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Charts drawn at once, at most: each takes a paper of 600 kB and some milliseconds.
const DRAWN_MAX: usize = 4;

#[derive(Clone)]
struct Served {
    key: Arc<Secret>,
    places: Arc<Semaphore>,
}

/// The kinds of picture.
#[derive(Debug, Clone, Copy)]
enum Form {
    Png,
    Svg,
}

/// The route, for names that were signed with `key`.
pub fn chart_routes(key: Secret) -> Router {
    let served = Served { key: Arc::new(key), places: Arc::new(Semaphore::new(DRAWN_MAX)) };
    Router::new().route(&format!("{CHARTS_PATH}{{name}}"), get(chart)).with_state(served)
}

async fn chart(State(served): State<Served>, Path(name): Path<String>) -> Response {
    let named = |form: Form, ending: &str| Some((form, name.strip_suffix(ending)?));
    let found = named(Form::Png, ".png").or_else(|| named(Form::Svg, ".svg"));
    let Some((form, plot)) = found.and_then(|(form, name)| Some((form, chart_named(name, served.key.expose())?)))
    else {
        return problem(StatusCode::NOT_FOUND, "no chart of ours: take the address as the message has it", &[]);
    };
    let Ok(_place) = served.places.acquire().await else {
        return problem(StatusCode::SERVICE_UNAVAILABLE, "charts are served no more", &[]);
    };
    // on a thread of its own: this one answers probes
    match tokio::task::spawn_blocking(move || drawn(form, &plot)).await {
        Ok(Some(response)) => response,
        Ok(None) | Err(_) => problem(StatusCode::INTERNAL_SERVER_ERROR, "the chart cannot be drawn", &[]),
    }
}

fn drawn(form: Form, plot: &Plot) -> Option<Response> {
    let (kind, bytes) = match form {
        Form::Png => ("image/png", plot.png().ok()?),
        Form::Svg => ("image/svg+xml", plot.svg().into_bytes()),
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        // the name says all that is shown
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
    ];
    Some((headers, bytes).into_response())
}
