//! The dawsos binary.
fn main() {}
