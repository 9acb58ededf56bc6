//! Text → validated pack. Every problem with its file, line, the offending text and a suggestion, all at once.
//!
//! Reads no files: it is given their names and texts, and says what they mean or what is wrong with them.
