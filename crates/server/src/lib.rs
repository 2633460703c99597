//! The `dawsos` binary as a library: settings, wiring, the demo and the commands. Only this crate reads the environment.

// A failure is the rare end of a command that takes a thousand times as long as moving it.
#![allow(clippy::result_large_err)]

#[macro_use]
pub mod out;

pub mod app;
pub mod bench;
pub mod cli;
pub mod commands;
pub mod config;
pub mod demo;
pub mod market_data;
pub mod print;
pub mod problem;
pub mod serve;
pub mod wiring;
