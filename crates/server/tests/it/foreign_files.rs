//! Files of other programs through the binary: detection, questions, undo, and everything out and in again.

use crate::rig::{Rig, text};

const SCHWAB: &str = "\"Date\",\"Action\",\"Symbol\",\"Description\",\"Quantity\",\"Price\",\"Fees & Comm\",\"Amount\"\n\
\"03/12/2021\",\"Buy\",\"ZZZZ\",\"NOBODY KNOWS IT\",\"5\",\"$10.00\",\"\",\"-$50.00\"\n\
\"03/10/2021\",\"Buy\",\"AAPL\",\"APPLE INC\",\"10\",\"$120.00\",\"$1.00\",\"-$1,201.00\"\n\
\"03/09/2021\",\"MoneyLink Deposit\",\"\",\"FROM BANK\",\"\",\"\",\"\",\"$5,000.00\"\n\
\"Transactions Total\",\"\",\"\",\"\",\"\",\"\",\"\",\"$3,749.00\"\n";

#[test]
fn a_broker_file_goes_in_and_out_again_and_the_books_move_as_a_whole() {
    let rig = Rig::demo("foreign");
    let file = rig.folder().join("schwab.csv");
    std::fs::write(&file, SCHWAB).expect("a file");
    let path = file.to_str().expect("a path");
    let shown = rig.run(&["import", path, "--dry-run"]);
    let out = text(&shown.stdout);
    assert_eq!(shown.status.code(), Some(2), "{out}");
    assert!(out.contains("format schwab_csv") && out.contains("which security is ZZZZ"), "{out}");
    let wrong = rig.run(&["import", path, "--format", "schwab"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("nearest is schwab_csv"), "{}", text(&wrong.stderr));
    let written = rig.json(&["import", path, "--security", "symbol:ZZZZ/USD=create", "--json"]);
    let import = written["import_id"].as_str().expect("an id");
    let again = rig.json(&["import", path, "--json"]);
    assert_eq!(again["counts"]["duplicate"], 3, "{again}");
    let undone = rig.json(&["import", "--undo", import, "--json"]);
    assert_eq!(undone["voided"], 3, "{undone}");
    // Everything, into an installation that is empty but for its user.
    let export = rig.folder().join("export.json");
    let export = export.to_str().expect("a path");
    rig.good(&["export", "--output", export]);
    let fresh = Rig::empty("fresh");
    let made = fresh.command(&["user", "create", "a@example.org", "--role", "USER"]);
    create_user(made);
    let restored = fresh.json(&["import", export, "--json"]);
    assert_eq!(restored["commit"], undone["commit"], "{restored}");
    fresh.good(&["ledger", "verify"]);
    for format in ["csv", "beancount", "json"] {
        assert!(!fresh.good(&["export", "--format", format]).is_empty(), "{format}");
    }
}

/// The password is read from standard input.
fn create_user(mut command: std::process::Command) {
    use std::io::Write;
    let mut child = command.stdin(std::process::Stdio::piped()).spawn().expect("the binary starts");
    let mut input = child.stdin.take().expect("standard input");
    input.write_all(b"correct horse battery staple\ncorrect horse battery staple\n").expect("written");
    drop(input);
    assert!(child.wait().expect("an end").success());
}
