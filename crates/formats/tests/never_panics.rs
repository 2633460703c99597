//! Readers meet bytes from outside: whatever comes, they answer with rows or problems, and account for every record.
//!
//! `DAWSOS_FUZZ_SECONDS` makes the search as long as wanted; without it a few hundred cases run.

use std::time::{Duration, Instant};

use formats::{AccountName, Directory, Format, Mapping, Options, Outcome};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use uuid::Uuid;

fn directory() -> Directory {
    Directory::new(vec![AccountName { id: Uuid::from_u128(1), name: "Main".to_owned() }], Vec::new())
}

/// Reads bytes as every format, and as what they look like.
fn read_as_all(bytes: &[u8]) {
    let known = directory();
    let formats = std::iter::once(None).chain(Format::ALL.into_iter().map(Some));
    for format in formats {
        let options = Options { format, creates_unknown: true, ..Options::default() };
        let reading = formats::read(bytes, &options, &known);
        for row in &reading.rows {
            assert_eq!(row.row_key.len(), 64, "{format:?}");
            if let Outcome::Problems(problems) = &row.outcome {
                assert!(
                    !problems.is_empty() && problems.iter().all(|problem| problem.line.is_some()),
                    "{format:?} {problems:?}"
                );
            }
        }
        let says_something = !reading.rows.is_empty() || !reading.problems.is_empty();
        assert!(says_something, "{format:?} says nothing about {bytes:?}");
        let mut places: Vec<(u64, u32)> = reading.rows.iter().map(|row| (row.line, row.part)).collect();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), reading.rows.len(), "two rows have one place");
    }
    let _ = formats::detect(bytes);
    let _ = formats::json::parse(bytes);
}

/// A valid file of some format.
fn samples() -> Vec<Vec<u8>> {
    Format::ALL.into_iter().map(|format| format.example().as_bytes().to_vec()).chain(larger()).collect()
}

fn larger() -> Vec<Vec<u8>> {
    [
        "2024-01-03 * \"p\" \"n\" #t\n  id: \"1\"\n  Assets:A:X  5 X {2 EUR, 2024-01-01, \"l\"} @@ 3 EUR\n  Assets:A:Cash\n",
        "<OFX><INVSTMTRS><CURDEF>USD<INVACCTFROM><ACCTID>1</INVACCTFROM><INVTRANLIST><BUYSTOCK><INVBUY><INVTRAN><FITID>1<DTTRADE>20240103</INVTRAN><SECID><UNIQUEID>037833100<UNIQUEIDTYPE>CUSIP</SECID><UNITS>10<UNITPRICE>1<TOTAL>-10</INVBUY></BUYSTOCK></INVTRANLIST></INVSTMTRS></OFX>",
        "<FlexQueryResponse><FlexStatements><FlexStatement><Trades><Trade currency=\"USD\" assetCategory=\"STK\" symbol=\"A\" tradeDate=\"20240103\" quantity=\"1\" tradePrice=\"2\" proceeds=\"-2\" ibCommission=\"-1\"/></Trades></FlexStatement></FlexStatements></FlexQueryResponse>",
        "<client><version>70</version><accounts><account><name>M</name><transactions><account-transaction><date>2024-01-02</date><currencyCode>EUR</currencyCode><amount>500</amount><type>DEPOSIT</type></account-transaction><account-transaction reference=\"../account-transaction\"/></transactions></account></accounts></client>",
        "{\"activities\":[{\"type\":\"BUY\",\"symbol\":\"A\",\"date\":\"2024-01-03\",\"quantity\":1,\"unitPrice\":2.5,\"fee\":0,\"currency\":\"EUR\"}]}",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

/// A valid file with pieces removed, repeated, swapped or overwritten.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0u8..6, any::<u8>());
    (prop::sample::select(samples()), prop::collection::vec(change, 1..8)).prop_map(|(mut bytes, changes)| {
        for (first, second, kind, byte) in changes {
            if bytes.is_empty() {
                break;
            }
            let (a, b) = (first.index(bytes.len()), second.index(bytes.len()));
            let (from, to) = (a.min(b), a.max(b));
            match kind {
                0 => drop(bytes.drain(from..to)),
                1 => {
                    let piece = bytes[from..to.min(from + 200)].to_vec();
                    bytes.splice(a..a, piece);
                }
                2 => bytes.swap(a, b),
                3 => bytes[a] = byte,
                4 => bytes.insert(a, *b",;\"'<>{}\n\t-.\\@".get(usize::from(byte) % 15).unwrap_or(&b',')),
                _ => bytes.truncate(a),
            }
        }
        bytes
    })
}

/// The given number of cases, or as many as fit into the seconds of the environment.
fn search(strategy: impl Strategy<Value = Vec<u8>>, cases: u32) {
    let seconds: u64 = std::env::var("DAWSOS_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    loop {
        let outcome = runner.run(&strategy, |bytes| {
            read_as_all(&bytes);
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{error}"));
        if end <= Instant::now() {
            break;
        }
    }
}

#[test]
fn arbitrary_bytes() {
    search(prop::collection::vec(any::<u8>(), 0..300), 64);
}

#[test]
fn arbitrary_text() {
    search("[ -~\n\té€,;\"<>0-9]{0,300}".prop_map(String::into_bytes), 64);
}

#[test]
fn mutated_files() {
    search(mutated(), 200);
}

#[test]
fn every_example_is_detected_as_its_format() {
    for format in Format::ALL {
        let detected = formats::detect(format.example().as_bytes()).0;
        // Formats without a header of their own are found as what they look like.
        assert_eq!(detected.format, Some(format), "{format}");
    }
}

#[test]
fn mappings_of_anything() {
    let mut runner = TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&"[\\[\\]{}:,\"a-z0-9 ]{0,80}", |text| {
        if let Ok(value) = serde_json::from_str(&text) {
            let _ = Mapping::from_json(&value);
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}
