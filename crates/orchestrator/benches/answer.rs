//! Time of an answer inside the orchestrator: from memory, and computed with steps that cost nothing.
//!
//! `cargo bench -p orchestrator` prints median and 95th percentile in microseconds. The store, the network and the
//! capabilities are not part of it.

#[path = "../tests/bench/mod.rs"]
mod bench;

use std::time::Instant;

use bench::{Bench, request, two_sides};
use orchestrator::{CacheOutcome, Include};
use serde_json::json;

const ROUNDS: usize = 20_000;

fn main() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let bench = Bench::new(&[two_sides()]);
        let rows: Vec<_> = (0..50)
            .map(|row| json!({ "symbol": format!("XETR:S{row}"), "quantity": "12.5", "market_value": { "amount": "1234.56", "currency": "EUR" }, "weight": 0.02 }))
            .collect();
        bench.runner.value("test.left", json!({ "value": 1, "maybe": 2, "rows": rows }));
        bench.runner.value("test.right", json!({ "value": 2 }));
        bench.runner.value("test.join", json!({ "value": 3 }));

        report("from memory", measure(ROUNDS, async || {
            let answer = bench.orchestrator.execute(request("two_sides")).await.expect("an answer");
            std::hint::black_box(answer.cache == CacheOutcome::Hit);
        }).await);
        report("from memory, as JSON", measure(ROUNDS, async || {
            let answer = bench.orchestrator.execute(request("two_sides")).await.expect("an answer");
            std::hint::black_box(answer.to_json(Include::ALL, None));
        }).await);
        report("computed, 3 steps", measure(ROUNDS / 4, async || {
            let mut fresh = request("two_sides");
            fresh.no_cache = true;
            std::hint::black_box(bench.orchestrator.execute(fresh).await.expect("an answer"));
        }).await);
    });
}

async fn measure(rounds: usize, one: impl AsyncFn()) -> Vec<f64> {
    let mut times = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let begun = Instant::now();
        one().await;
        times.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    times
}

fn report(what: &str, times: Vec<f64>) {
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!("{what:24} median {:8.1} µs   p95 {:8.1} µs", at(0.5), at(0.95));
}
