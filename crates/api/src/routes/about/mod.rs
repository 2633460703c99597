//! Documentation from the binary.

pub mod errors;
pub mod openapi;
pub mod version;
