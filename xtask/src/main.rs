//! Automation: `cargo xtask check` runs what CI runs.
fn main() {}
