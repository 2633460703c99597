//! The `dawsos` binary: reads the command line, hands over to a command, prints problems in one form, sets the exit code.
//!
//! Exit codes: 0 done · 1 the work found something wrong (a verification that differs, a pattern with errors) or failed ·
//! 2 bad usage or bad input, with the same words that the API would send.

use clap::Parser;
use server::cli::Arguments;
use std::process::ExitCode;

/// Answers are trees of small values, made and dropped on all cores at once: the allocator of the C library spends about
/// half of a computed overview's time on them, this one a fraction, and it gives memory back (`docs/benchmarks.md`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("dawsos: the runtime does not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(server::commands::dispatch(arguments));
    // Blocking work (password hashing) must not hold the exit.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    if code == 0 && server::out::failed() { ExitCode::FAILURE } else { ExitCode::from(code) }
}
