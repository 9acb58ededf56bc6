//! The command `match`.
