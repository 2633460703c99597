//! kill −9 in the middle of an import, at twenty moments: the books verify, the import is wholly there or wholly absent,
//! and running it again completes it.

use crate::rig::Rig;
use std::fmt::Write;
use std::time::Duration;

const ROWS: usize = 800;

fn file(round: usize) -> String {
    let mut text = String::from("external_id,kind,trade_date,currency,gross_amount,note\n");
    for row in 0..ROWS {
        let day = 1 + row % 28;
        let _ =
            writeln!(text, "K{round:02}-{row:04},fee,2021-{:02}-{day:02},EUR,0.01,interrupted", 1 + (row / 28) % 12);
    }
    text
}

#[test]
fn a_killed_import_is_all_or_nothing() {
    let rig = Rig::demo("killed");
    let mut entries = rig.json(&["ledger", "verify", "--json"])["entries_checked"].as_u64().expect("a count");
    let path = rig.folder().join("rows.csv");
    let arguments = ["import", path.to_str().expect("a path")];
    // How long an import takes here, so that the kills fall all over it.
    std::fs::write(&path, file(99)).expect("a file");
    let begin = std::time::Instant::now();
    rig.good(&arguments);
    let whole = begin.elapsed();
    entries += ROWS as u64;
    let (mut absent, mut seed) = (0, 0x9E37_79B9_7F4A_7C15_u64);
    for round in 0..20 {
        std::fs::write(&path, file(round)).expect("a file");
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let share = (seed >> 40) as f64 / f64::from(1 << 24);
        let mut child = rig.command(&arguments).stdout(std::process::Stdio::null()).spawn().expect("the binary starts");
        std::thread::sleep(Duration::from_secs_f64(whole.as_secs_f64() * 1.05 * share));
        let _killed = child.kill();
        let _ended = child.wait();
        let verified = rig.json(&["ledger", "verify", "--json"]);
        assert_eq!(
            (&verified["matches"], &verified["commit_ok"]),
            (&true.into(), &true.into()),
            "round {round}: {verified}"
        );
        let now = verified["entries_checked"].as_u64().expect("a count");
        assert!(now == entries || now == entries + ROWS as u64, "round {round}: {now} entries, {entries} before");
        absent += usize::from(now == entries);
        rig.good(&arguments);
        entries += ROWS as u64;
    }
    let completed = rig.json(&["ledger", "verify", "--json"]);
    assert_eq!(completed["entries_checked"].as_u64(), Some(entries));
    assert_eq!((&completed["matches"], &completed["commit_ok"]), (&true.into(), &true.into()));
    assert!(absent > 0, "no kill was early enough to interrupt an import");
}
