//! A small proxy between Kafka's clients and one broker: it knows requests and answers, and asks what is to become of
//! each answer.
//!
//! Every request reaches the broker; only answers are lost, late or refused. That is the point: the client must find
//! out what happened. It must never change what a client sends.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// As Kafka's own `socket.request.max.bytes`.
const FRAME_BYTES_MAX: usize = 104_857_600;
/// `GROUP_AUTHORIZATION_FAILED`: librdkafka wants the transaction aborted.
const REFUSAL: i16 = 30;

/// A kind of request that transactions and groups hang on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Api {
    Produce,
    Heartbeat,
    InitProducerId,
    AddPartitionsToTxn,
    AddOffsetsToTxn,
    EndTxn,
    TxnOffsetCommit,
}

impl Api {
    fn of(key: i16) -> Option<Self> {
        Some(match key {
            0 => Self::Produce,
            12 => Self::Heartbeat,
            22 => Self::InitProducerId,
            24 => Self::AddPartitionsToTxn,
            25 => Self::AddOffsetsToTxn,
            26 => Self::EndTxn,
            28 => Self::TxnOffsetCommit,
            _ => return None,
        })
    }
}

/// What becomes of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The client gets it.
    Pass,
    /// The connection is closed instead.
    Drop,
    /// The client gets it later, and everything behind it.
    Delay(Duration),
    /// The client is told that it may not (`AddOffsetsToTxn` only).
    Refuse,
}

/// Asked once the broker has answered: client id and kind of request.
pub type Decide = dyn Fn(&str, Api) -> Fate + Send + Sync;

/// A request that waits for its answer.
struct Asked {
    api: Api,
    version: i16,
    client: String,
}

type Waiting = Arc<Mutex<BTreeMap<i32, Asked>>>;

/// Listens on `port` for as long as this process lives, and carries everything to `broker_port`.
pub fn start(listener: TcpListener, broker_port: u16, decide: Arc<Decide>) {
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let decide = Arc::clone(&decide);
            // a client whose broker is not there finds its connection closed
            if let Ok(broker) = TcpStream::connect(("127.0.0.1", broker_port)) {
                let _ = join(&client, &broker, decide);
            }
        }
    });
}

fn join(client: &TcpStream, broker: &TcpStream, decide: Arc<Decide>) -> Result<()> {
    client.set_nodelay(true)?;
    broker.set_nodelay(true)?;
    let waiting = Waiting::default();
    let (mut from, mut to, noted) = (client.try_clone()?, broker.try_clone()?, Arc::clone(&waiting));
    std::thread::spawn(move || {
        while carry_request(&mut from, &mut to, &noted).is_ok() {}
        close(&from, &to);
    });
    let (mut from, mut to) = (broker.try_clone()?, client.try_clone()?);
    std::thread::spawn(move || {
        while carry_answer(&mut from, &mut to, &waiting, &*decide).is_ok() {}
        close(&from, &to);
    });
    Ok(())
}

fn close(one: &TcpStream, other: &TcpStream) {
    let _ = one.shutdown(Shutdown::Both);
    let _ = other.shutdown(Shutdown::Both);
}

fn carry_request(client: &mut TcpStream, broker: &mut TcpStream, waiting: &Waiting) -> Result<()> {
    let frame = read_frame(client)?;
    if let Some((correlation, asked)) = parse_request(&frame) {
        waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(correlation, asked);
    }
    write_frame(broker, &frame)
}

fn carry_answer(broker: &mut TcpStream, client: &mut TcpStream, waiting: &Waiting, decide: &Decide) -> Result<()> {
    let mut frame = read_frame(broker)?;
    let correlation = frame.first_chunk().map(|bytes| i32::from_be_bytes(*bytes));
    let asked = correlation.and_then(|id| waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&id));
    if let Some(asked) = asked {
        match decide(&asked.client, asked.api) {
            Fate::Pass => {}
            Fate::Drop => return Err(ErrorKind::ConnectionAborted.into()),
            Fate::Delay(time) => std::thread::sleep(time),
            Fate::Refuse => refuse(&mut frame, asked.version),
        }
    }
    write_frame(client, &frame)
}

/// Length, then so many bytes.
fn read_frame(from: &mut TcpStream) -> Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = usize::try_from(i32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > FRAME_BYTES_MAX {
        return Err(Error::from(ErrorKind::InvalidData));
    }
    let mut frame = vec![0; length];
    from.read_exact(&mut frame)?;
    Ok(frame)
}

fn write_frame(to: &mut TcpStream, frame: &[u8]) -> Result<()> {
    let length = i32::try_from(frame.len()).map_err(|_| Error::from(ErrorKind::InvalidData))?;
    to.write_all(&[&length.to_be_bytes(), frame].concat())
}

/// Kind, version, correlation id, client id: the header of every request, up to version 2 of it.
fn parse_request(frame: &[u8]) -> Option<(i32, Asked)> {
    let short = |at: usize| Some(i16::from_be_bytes(frame.get(at..at + 2)?.try_into().ok()?));
    let (api, version) = (Api::of(short(0)?)?, short(2)?);
    let correlation = i32::from_be_bytes(frame.get(4..8)?.try_into().ok()?);
    let length = usize::try_from(short(8)?).unwrap_or(0);
    let client = String::from_utf8_lossy(frame.get(10..10 + length)?).into_owned();
    Some((correlation, Asked { api, version, client }))
}

/// Writes an error code into an answer to `AddOffsetsToTxn`: correlation id, from version 3 on a byte of tags, the
/// throttle time, the code.
fn refuse(frame: &mut [u8], version: i16) {
    let at = if version >= 3 { 9 } else { 8 };
    if let Some(code) = frame.get_mut(at..at + 2) {
        code.copy_from_slice(&REFUSAL.to_be_bytes());
    }
}

/// What is read of a request, and what is written into an answer.
pub fn test_frames() {
    let mut frame = Vec::new();
    for part in [&25i16.to_be_bytes()[..], &3i16.to_be_bytes(), &7i32.to_be_bytes(), &2i16.to_be_bytes(), b"me\0"] {
        frame.extend_from_slice(part);
    }
    let (correlation, asked) = parse_request(&frame).expect("a request that counts");
    assert_eq!((correlation, asked.api, asked.version), (7, Api::AddOffsetsToTxn, 3));
    assert_eq!(asked.client, "me");
    assert!(parse_request(&[0, 3, 0, 0]).is_none(), "metadata is let through");
    assert!(parse_request(&frame[..9]).is_none(), "a cut one too");
    let mut answer = [0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0];
    refuse(&mut answer, 3);
    assert_eq!(answer, [0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 30, 0]);
}
