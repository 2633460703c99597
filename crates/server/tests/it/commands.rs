//! Bad input at the command line: exit 2 with the words of the API, nothing written; two servers do not share a directory.

use crate::rig::{Rig, text};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

#[test]
fn bad_input_is_refused_with_its_place_and_writes_nothing() {
    let rig = Rig::demo("bad-input");
    let before = rig.json(&["ledger", "verify", "--json"])["entries_checked"].clone();
    let csv = rig.folder().join("bad.csv");
    let path = csv.to_str().expect("a path");
    let header = "kind,trade_date,currency,symbol,mic,quantity,price,gross_amount";
    let rows: &[(&str, &str)] = &[
        ("buy,2021-03-01,USD,APPL,XNAS,1,100,", "unknown_security"),
        ("buy,2021-03-01,US,AAPL,XNAS,1,100,", "unknown_currency"),
        ("sell,2021-03-01,USD,AAPL,XNAS,99999,100,", "oversell"),
        ("buy,2012-03-01,USD,AAPL,XNAS,1,100,", "missing_fx"),
        ("buy,2021-02-30,USD,AAPL,XNAS,1,100,", "bad_date"),
        ("buy,2021-03-01,USD,AAPL,XNAS,one,100,", "bad_number"),
        ("bye,2021-03-01,USD,AAPL,XNAS,1,100,", "unknown_kind"),
    ];
    for (row, code) in rows {
        std::fs::write(&csv, format!("{header}\n{row}\n")).expect("a file");
        let output = rig.run(&["import", path]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{row}: {said}");
        assert!(said.contains(code) && said.contains("line 2"), "{row}: {said}");
    }
    for (arguments, words) in [
        (vec!["run", "portfolio_overvew"], "portfolio_overview"),
        (vec!["run", "portfolio_overview", "-i", "lookback_days=1"], "lookback_days"),
        (vec!["run", "portfolio_overview", "-i", "lookbak_days=10"], "lookback_days"),
        (vec!["run", "portfolio_overview", "--as-of", "yesterday"], "yesterday"),
        (vec!["run", "portfolio_overview", "--pack", "PP_1999-01-01"], "PP_1999-01-01"),
        (vec!["run", "portfolio_overview", "--user", "nobody@example.org"], "nobody@example.org"),
        (vec!["ledger", "verify", "--portfolio", "none"], "none"),
        (vec!["packs", "restate", "--date", "2021-01-04", "--price", "XNAS:AAPPL=1", "--reason", "x"], "XNAS:AAPL"),
        (vec!["import", "/no/such/file.csv"], "/no/such/file.csv"),
    ] {
        let output = rig.run(&arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
    assert_eq!(rig.json(&["ledger", "verify", "--json"])["entries_checked"], before);
}

#[test]
fn exports_come_back_as_the_same_books() {
    let rig = Rig::demo("exports");
    let csv = rig.folder().join("ledger.csv");
    rig.good(&["ledger", "export", "--format", "csv", "--output", csv.to_str().expect("a path")]);
    let again = rig.good(&["import", csv.to_str().expect("a path")]);
    assert!(again.contains("0 new"), "every row is known already: {again}");
    let json: serde_json::Value =
        serde_json::from_str(&rig.good(&["ledger", "export", "--format", "json"])).expect("JSON");
    assert_eq!(json["schema"], "dawsos-export/1");
    assert_eq!(json["entries"].as_array().map(Vec::len), Some(167));
}

#[test]
fn a_second_server_on_a_data_directory_is_refused_and_a_killed_one_is_followed() {
    let rig = Rig::demo("two-servers");
    let start = || {
        let mut server = rig
            .command(&["serve", "--port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        let mut lines = BufReader::new(server.stdout.take().expect("output")).lines();
        let is_up = lines.by_ref().any(|line| line.is_ok_and(|line| line.trim().starts_with("address")));
        (server, is_up)
    };
    let (mut first, is_up) = start();
    assert!(is_up);
    let second = rig.run(&["serve", "--port", "0"]);
    assert!(!second.status.success());
    first.kill().expect("killed");
    first.wait().expect("ended");
    let (mut third, is_up) = start();
    assert!(is_up, "the cluster of the killed server is adopted");
    third.kill().expect("killed");
    third.wait().expect("ended");
    rig.good(&["ledger", "verify"]);
}

#[test]
fn patterns_are_checked_without_a_database() {
    let rig = Rig::empty("patterns");
    std::fs::create_dir_all(rig.folder()).expect("a folder");
    let good = rig.run(&["patterns", "check"]);
    assert!(good.status.success(), "{}", text(&good.stdout));
    let bad = rig.folder().join("broken.json");
    std::fs::write(&bad, "{\"id\": \"broken\", \"steps\": [{\"capability\": \"portfolio.get_valued_position\"}]}")
        .expect("a file");
    let output = rig.run(&["patterns", "check", bad.to_str().expect("a path")]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("broken.json:1:") && said.contains("PAT0012") && said.contains("portfolio.get_valued_positions"),
        "{said}"
    );
}
