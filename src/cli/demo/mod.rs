//! The demo: a seeded day through the same triage and watch as in production.

pub mod render;
pub mod world;
