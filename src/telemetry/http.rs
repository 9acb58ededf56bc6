//! `/metrics`, `/livez`, `/readyz` over HTTP: read-only. The address comes from the configuration, loopback by default;
//! what else is served there is for whoever starts it to add.

use super::{Component, Health, Metrics};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Why HTTP is not served.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address cannot be had.
    #[error("cannot listen on {address}: choose another http.bind")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The system's word.
        #[source]
        source: std::io::Error,
    },
}

/// Serves `router` on `bind` (port 0: a free one) until `stop` completes. Returns the address it got.
///
/// # Errors
/// When the address cannot be had.
pub async fn serve(
    bind: SocketAddr,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(SocketAddr, JoinHandle<()>), HttpError> {
    let failed = |source| HttpError::Bind { address: bind, source };
    let listener = TcpListener::bind(bind).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let task = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stop).await {
            tracing::error!(%error, "HTTP is no longer served");
        }
    });
    Ok((address, task))
}

/// What operators and their tools ask for.
pub fn routes(metrics: Arc<Metrics>, health: Health) -> Router {
    Router::new()
        .route("/metrics", get(metrics_text))
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .with_state(Served { metrics, health })
}

#[derive(Clone)]
struct Served {
    metrics: Arc<Metrics>,
    health: Health,
}

async fn metrics_text(State(served): State<Served>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], served.metrics.render()).into_response()
}

async fn livez(State(served): State<Served>) -> Response {
    let threads = served.health.liveness();
    let ok = threads.values().all(|thread| thread.ok);
    answer("live", ok, &threads)
}

async fn readyz(State(served): State<Served>) -> Response {
    answer("ready", served.health.is_ready(), &served.health.readiness())
}

/// `{"ready": false, "not": ["kafka"], "components": {…}}` with 200 or 503.
fn answer(what: &str, ok: bool, components: &BTreeMap<String, Component>) -> Response {
    let not: Vec<&String> = components.iter().filter(|(_, part)| !part.ok).map(|(name, _)| name).collect();
    let body = serde_json::json!({ what: ok, "not": not, "components": components }).to_string();
    let status = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::time::Duration;

    fn fetch(address: SocketAddr, path: &str) -> (u16, String) {
        let mut stream = std::net::TcpStream::connect(address).expect("connects");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("writes");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("reads");
        let status = answer[9..12].parse().expect("a status");
        (status, answer.split_once("\r\n\r\n").expect("a body").1.to_owned())
    }

    #[test]
    fn serves_metrics_and_says_what_is_not_ready() {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let (metrics, health) = (Arc::new(Metrics::new().expect("metrics")), Health::default());
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let bind = "127.0.0.1:0".parse().expect("an address");
        let served = serve(bind, routes(metrics, health.clone()), async move {
            let _ = stopped.await;
        });
        let (address, task) = runtime.block_on(served).expect("serves");
        assert!(address.ip().is_loopback() && address.port() != 0);

        let (status, body) = fetch(address, "/metrics");
        assert!(status == 200 && body.contains("groundswell_items_total{outcome=\"noise\"} 0"), "{body}");
        assert_eq!(fetch(address, "/livez"), (200, r#"{"components":{},"live":true,"not":[]}"#.to_owned()));
        health.set_ready("pack");
        health.set_not_ready("kafka", "no broker at b:1");
        let (status, body) = fetch(address, "/readyz");
        let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!((status, &body["not"]), (503, &serde_json::json!(["kafka"])));
        assert_eq!(body["components"]["kafka"]["reason"], "no broker at b:1");
        health.set_ready("kafka");
        assert_eq!(fetch(address, "/readyz").0, 200);
        health.beat("triage-0", Duration::ZERO);
        std::thread::sleep(Duration::from_millis(5));
        assert_eq!(fetch(address, "/livez").0, 503);
        assert_eq!(fetch(address, "/elsewhere").0, 404);

        let taken = serve(address, Router::new(), async {});
        let error = runtime.block_on(taken).expect_err("the port is taken");
        assert!(error.to_string().contains(&address.to_string()));
        stop.send(()).expect("still running");
        runtime.block_on(task).expect("stops when told");
    }
}
