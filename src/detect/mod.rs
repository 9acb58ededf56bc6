//! Detection: what is usual for a series, and how far from it the present is.

pub mod level;
pub mod poisson;
pub mod residual;
pub mod univariate;
