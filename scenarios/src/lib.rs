//! Worlds made up by a seed, of which is known what is true: samples, chaos that disturbs them, and load; and a day whose calls
//! of AWS are counted.

pub mod chaos;
pub mod economy;
pub mod load;
pub mod parts;
pub mod sample;
pub mod year;
