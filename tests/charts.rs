//! The chart of an alert over HTTP: the address of a message leads to the picture of its event, and no other does.
#![allow(clippy::panic, clippy::unwrap_used)]

use groundswell::alert::Plot;
use groundswell::api::chart_routes;
use groundswell::config::Secret;
use groundswell::telemetry::serve;
use groundswell::wire::{CHARTS_PATH, chart_name};
use serde_json::json;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

const KEY: &str = "a key of the tests";

/// Status, head and body.
fn get(address: SocketAddr, path: &str) -> (u16, String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap().to_ascii_lowercase();
    (head[9..12].parse().unwrap(), head, answer[end + 4..].to_vec())
}

#[test]
fn the_signed_address_of_a_chart_is_drawn_and_no_other_is() {
    let plot: Plot = serde_json::from_value(json!({
        "title": "Probable outage: nimbus-login", "observed": 47.0, "expected": 3.2, "upper": 8.0,
        "window_seconds": 720, "step_seconds": 300, "counts": [3, 2, 4, 47], "at": "2026-03-02T09:43:00Z",
    }))
    .unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (bind, routes) = ("127.0.0.1:0".parse().unwrap(), chart_routes(Secret::new(KEY)));
    let (address, _) = runtime.block_on(serve(bind, routes, std::future::pending())).unwrap();

    let name = chart_name(&plot, KEY).unwrap();
    let (status, head, body) = get(address, &format!("{CHARTS_PATH}{name}.png"));
    assert!(status == 200 && head.contains("content-type: image/png") && head.contains("immutable"), "{head}");
    assert_eq!(body, plot.png().unwrap());
    let (status, head, body) = get(address, &format!("{CHARTS_PATH}{name}.svg"));
    assert!(status == 200 && head.contains("content-type: image/svg+xml") && head.contains("default-src"), "{head}");
    assert_eq!(String::from_utf8(body).unwrap(), plot.svg());

    let forged = chart_name(&plot, "a key of somebody else").unwrap();
    for other in [format!("{forged}.png"), name.clone(), format!("{name}.gif"), ".png".to_owned(), "x.y.svg".to_owned()]
    {
        let (status, _, body) = get(address, &format!("{CHARTS_PATH}{other}"));
        assert_eq!(status, 404, "{other}");
        assert!(!String::from_utf8(body).unwrap().contains("nimbus"), "{other}");
    }
}
