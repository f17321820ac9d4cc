//! Worlds made up by a seed, of which is known what is true: samples, chaos that disturbs them, and load.

pub mod chaos;
pub mod load;
pub mod sample;
