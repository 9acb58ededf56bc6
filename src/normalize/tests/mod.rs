//! Tables of cases for every platform, malformed payloads, and properties.
