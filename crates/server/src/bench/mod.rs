//! `dawsos bench`: latency, throughput, import, start and memory, against the table of speeds; a database of its own.

pub mod generate;
pub mod load;
mod measure;

pub use measure::run;
