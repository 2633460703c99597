//! The library under edits: what serves, what is reported, what is refused.

mod bench;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use bench::{catalogue, two_sides};
use orchestrator::{PatternFileText, PatternLibrary, PatternState};
use serde_json::Value;

fn named(id: &str) -> Value {
    let mut pattern = two_sides();
    pattern["id"] = id.into();
    pattern
}

fn put(folder: &Path, path: &str, text: impl AsRef<[u8]>) {
    let file = folder.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

fn library(folder: &Path) -> PatternLibrary {
    PatternLibrary::new(Arc::new(catalogue()), Vec::new(), vec![folder.to_path_buf()])
}

fn states(library: &PatternLibrary) -> Vec<(String, PatternState)> {
    library.list().iter().map(|listing| (listing.id.clone(), listing.state)).collect()
}

#[test]
fn patterns_and_views_are_found_and_other_files_are_not() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "first.json", named("first").to_string());
    put(folder.path(), "views/second.json", named("second").to_string());
    put(folder.path(), "first.test.json", "{\"cases\": []}");
    put(folder.path(), "schema/pattern.schema.json", "{}");
    put(folder.path(), ".hidden.json", "{}");
    put(folder.path(), "notes.txt", "");
    let library = library(folder.path());
    let report = library.reload();
    assert_eq!(report.changed, ["first", "second"]);
    assert!(report.bad.is_empty() && report.unreadable.is_empty());
    assert!(!library.get("first").unwrap().is_view);
    assert!(library.get("second").unwrap().is_view);
    assert_eq!(library.list().len(), 2);
    assert!(library.reload().is_empty(), "nothing changed");
}

#[test]
fn a_bad_file_leaves_its_last_good_version_serving() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "first.json", named("first").to_string());
    let library = library(folder.path());
    library.reload();
    let good = library.plan("first").unwrap();
    put(folder.path(), "first.json", "{ \"id\": \"first\", ");
    let report = library.reload();
    assert_eq!(report.bad, ["first"]);
    let listing = library.get("first").unwrap();
    assert_eq!(listing.state, PatternState::Outdated);
    assert!(!listing.diagnostics.is_empty(), "the message is shown");
    assert_eq!(library.plan("first").unwrap(), good);

    let mut better = named("first");
    better["version"] = "1.1.0".into();
    put(folder.path(), "first.json", better.to_string());
    assert_eq!(library.reload().changed, ["first"]);
    assert_eq!(library.plan("first").unwrap().version, "1.1.0");
    assert_eq!(good.version, "1.0.0", "a running execution keeps its own");
}

#[test]
fn a_file_that_never_was_good_answers_with_its_messages() {
    let folder = tempfile::tempdir().unwrap();
    let mut broken = named("broken");
    broken["steps"][2]["args"]["left"] = "{{nothing.value}}".into();
    put(folder.path(), "broken.json", serde_json::to_string_pretty(&broken).unwrap());
    put(folder.path(), "binary.json", [0xff, 0xfe, 0x00]);
    let library = library(folder.path());
    library.reload();
    assert_eq!(
        states(&library),
        [("binary".to_owned(), PatternState::Broken), ("broken".to_owned(), PatternState::Broken)]
    );
    let problem = library.plan("broken").unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (422, "pattern_invalid"));
    let error = &problem.errors[0];
    assert!(error.line.is_some_and(|line| line > 1) && error.code.starts_with("PAT"), "{error:?}");
}

#[test]
fn a_pattern_that_needs_what_this_build_lacks_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut ahead = named("ahead");
    ahead["steps"][0]["capability"] = "macro.detect_regime".into();
    ahead["steps"][0]["args"] = serde_json::json!({});
    put(folder.path(), "ahead.json", ahead.to_string());
    let library = library(folder.path());
    library.reload();
    let problem = library.plan("ahead").unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (501, "capability_unavailable"));
    assert!(problem.detail.contains("macro.detect_regime"), "{}", problem.detail);
}

#[test]
fn a_removed_file_retires_its_pattern_until_it_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "first.json", named("first").to_string());
    let library = library(folder.path());
    library.reload();
    fs::remove_file(folder.path().join("first.json")).unwrap();
    assert_eq!(library.reload().retired, ["first"]);
    let problem = library.plan("first").unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (410, "pattern_retired"));
    assert!(library.reload().is_empty(), "it is told once");
    put(folder.path(), "first.json", named("first").to_string());
    library.reload();
    assert!(library.plan("first").is_ok());
}

#[test]
fn an_unknown_pattern_is_named_with_the_nearest() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "portfolio_overview.json", named("portfolio_overview").to_string());
    let library = library(folder.path());
    library.reload();
    let problem = library.plan("portfolio_overvew").unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (404, "pattern_not_found"));
    assert!(problem.try_.as_ref().is_some_and(|try_| try_.contains("portfolio_overview")));
}

#[test]
fn the_first_of_two_files_with_one_id_serves_and_the_other_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let mut second = named("first");
    second["version"] = "2.0.0".into();
    put(folder.path(), "a/first.json", named("first").to_string());
    put(folder.path(), "b/first.json", second.to_string());
    let library = library(folder.path());
    library.reload();
    let listing = library.get("first").unwrap();
    assert_eq!((listing.path.as_str(), listing.plan.as_ref().unwrap().version.as_str()), ("a/first.json", "1.0.0"));
    let taken: Vec<&str> =
        listing.diagnostics.iter().filter(|d| d.rule == "PAT0002").map(|d| d.message.as_str()).collect();
    assert!(taken.len() == 1 && taken[0].contains("b/first.json"), "{taken:?}");
    assert!(library.reload().is_empty());
}

#[test]
fn a_users_file_lies_over_the_shipped_one() {
    let folder = tempfile::tempdir().unwrap();
    let shipped = PatternFileText { path: "first.json".into(), text: named("first").to_string() };
    let library = PatternLibrary::new(Arc::new(catalogue()), vec![shipped], vec![folder.path().to_path_buf()]);
    library.reload();
    assert_eq!(library.plan("first").unwrap().version, "1.0.0");
    let mut own = named("first");
    own["version"] = "1.5.0".into();
    put(folder.path(), "first.json", own.to_string());
    library.reload();
    assert_eq!(library.plan("first").unwrap().version, "1.5.0");
    fs::remove_file(folder.path().join("first.json")).unwrap();
    library.reload();
    assert_eq!(library.plan("first").unwrap().version, "1.0.0");
}

#[test]
fn a_folder_that_is_not_there_is_reported_and_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let library = library(&folder.path().join("missing"));
    assert_eq!(library.reload().unreadable.len(), 1);
}
