//! # Groundswell
//!
//! Public posts in, work for the right team and one explained alert per event out, on Kafka, exactly once.
//!
//! The map of the house, in the order a mention flows:
//!
//! | module | ring | what it is for |
//! | --- | --- | --- |
//! | [`fault`] | test | points and bugs that tests plant; nothing without the feature `faults` |
//! | [`mention`] | core | the nouns: mention, author, counts, ids, time |
//! | [`normalize`] | core | payload → mentions or a reject with its reason |
//! | [`text`] | core | folding with an offset map, tokens, entities, fingerprint |
//! | [`query`] | core | boolean queries: parse → compile → matches with spans |
//! | [`score`] | core | one learned model, many heads, each explained |
//! | [`route`] | core | the matrix: intent × severity → team, path, clock, tier |
//! | [`detect`] | core | partition clocks, buckets, windows, baselines, statistics |
//! | [`alert`] | core | the lifecycle of an alert, its evidence and words |
//! | [`report`] | core | what people made of it: a week in figures, the story of an incident |
//! | [`case`] | core | cases, the clocks that run on them, and what people say back |
//! | [`rules`] | core | text → validated pack, problems with file and line |
//! | [`pipeline`] | core | `triage` and `watch`: the two functions that are the product |
//! | [`wire`] | edge | JSON and binary shapes of what is written, headers, schemas |
//! | [`log`] | edge | the port and its two adapters: local and Kafka |
//! | [`api`] | edge | what others say to us over HTTP, signed and bounded |
//! | [`notify`] | edge | alerts to people, at least once |
//! | [`telemetry`] | edge | metrics, health, logs |
//! | [`config`] | edge | one file, environment, flags; reading pack folders |
//! | [`service`] | shell | the worker loop, and wiring of roles |
//! | [`cli`] | shell | one file per command |
//!
//! Imports go one way: cli → service → edge → pipeline → the core's parts → text, mention. The core has no I/O, no
//! wall clock, no async and no logging; `tests/structure.rs` holds it to that.

pub mod alert;
pub mod api;
pub mod case;
pub mod cli;
pub mod config;
pub mod detect;
pub mod fault;
pub mod log;
pub mod mention;
pub mod normalize;
pub mod notify;
pub mod pipeline;
pub mod query;
pub mod report;
pub mod route;
pub mod rules;
pub mod score;
pub mod service;
pub mod telemetry;
pub mod text;
pub mod wire;
