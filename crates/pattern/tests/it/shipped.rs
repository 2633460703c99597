//! The files in `patterns/`: checked without a word, planned as documented.

use crate::check;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../patterns")
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let name = entry.file_name().into_string().unwrap();
        if path.is_dir() {
            if name != "schema" {
                files(&path, found);
            }
        } else if name.ends_with(".json") && !name.ends_with(".test.json") {
            found.push(path);
        }
    }
    found.sort();
}

#[test]
fn every_file_is_checked_without_a_word() {
    let mut all = Vec::new();
    files(&folder(), &mut all);
    assert!(all.len() >= 4, "{all:?}");
    for path in all {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let (plan, found) = check(&name, &text);
        assert!(plan.is_some() && found.is_empty(), "{}", pattern::render_text(&name, &text, &found));
        assert_eq!(plan.unwrap().format, 2, "{name}");
    }
}

fn explained(path: &str) -> String {
    let text = std::fs::read_to_string(folder().join(path)).unwrap();
    pattern::explain_text(&crate::plan(path, &text))
}

#[test]
fn plans_are_as_documented() {
    insta::assert_snapshot!(explained("portfolio_overview.json"), @r"
    portfolio_overview@2.0.0   level 1: valued_positions[FA] perf_metrics[FA] currency_attr[FA] historical_nav[FA] allocation[FA]   level 2: sector_allocation[FA]
    critical path valued_positions → sector_allocation, predicted 10 ms · peak leases 5 (FA 5) · rights portfolio_read
    ");
    insta::assert_snapshot!(explained("portfolio_performance.json"), @r"
    portfolio_performance@2.0.0   level 1: perf[FA] mwr[FA] drawdowns[FA] calendar[FA] currency_attr[FA]
    critical path perf, predicted 5 ms · peak leases 5 (FA 5) · rights portfolio_read
    ");
    insta::assert_snapshot!(explained("views/holdings.json"), @r"
    holdings@1.0.0   level 1: valued_positions[FA]
    critical path valued_positions, predicted 5 ms · peak leases 1 (FA 1) · rights portfolio_read
    ");
    insta::assert_snapshot!(explained("views/lots.json"), @r"
    lots@1.0.0   level 1: lots[FA] unrealized[FA]
    critical path lots, predicted 5 ms · peak leases 2 (FA 2) · rights portfolio_read
    ");
}
