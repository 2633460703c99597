//! The CSV of DawsOS: every problem with its line and column, and round trips.

#[path = "../../ledger/tests/common/mod.rs"]
mod common;

use common::{Rates, demo_book, demo_names, id, numbered, security};
use formats::{AccountName, Directory, SecurityName, dawsos_csv, dawsos_csv_write};
use ledger::Book;
use proptest::prelude::*;

fn two_accounts() -> Directory {
    let account = |name: &str| AccountName { id: id(name), name: name.to_owned() };
    let twin = |mic: &str| SecurityName { id: id(&format!("TWIN {mic}")), ..security("TWIN", Some(mic)) };
    let with_isin = SecurityName {
        isin: Some("US0378331005".to_owned()),
        figi: Some("BBG000B9XRY4".to_owned()),
        ..security("AAPL", Some("XNAS"))
    };
    let securities = vec![with_isin, security("BTC-USD", None), twin("XNYS"), twin("XLON")];
    Directory::new(vec![account("A"), account("B")], securities)
}

/// `code field@line` of every problem of a file.
fn problems(text: &str) -> Vec<String> {
    let parsed = dawsos_csv::parse(text.as_bytes(), &two_accounts());
    let show = |problem: &ledger::Problem| format!("{} {}@{}", problem.code, problem.field, problem.line.unwrap_or(0));
    parsed.all_problems().iter().map(show).collect()
}

/// Problems of one row under a header of the usual columns.
#[track_caller]
fn row_problems(row: &str, expected: &[&str]) {
    let header = "kind,trade_date,currency,account,symbol,mic,quantity,price,gross_amount,fees,taxes,net_amount,ratio,isin,figi,external_id";
    let outside_quotes: String = row.split('"').step_by(2).collect();
    let missing = header.matches(',').count() - outside_quotes.matches(',').count();
    let text = format!("{header}\n{row}{}\n", ",".repeat(missing));
    let expected: Vec<String> = expected.iter().map(|problem| format!("{problem}@2")).collect();
    assert_eq!(problems(&text), expected, "{row}");
}

#[test]
fn problems_of_a_file() {
    for (text, expected) in [
        ("", vec!["empty_file @1"]),
        ("\n\n", vec!["empty_file @1"]),
        ("kind,trade_date,currency\n", vec!["no_rows @1"]),
        ("kind;trade_date;currency\nbuy;2024-01-02;USD\n", vec!["wrong_delimiter @1"]),
        ("kind,trade_date\nbuy,2024-01-02\n", vec!["missing_column currency@1"]),
        ("kind,trade_date,currency,kind\n", vec!["duplicate_column kind@1"]),
        ("kind,trade_date,currency,\n", vec!["unknown_column @1"]),
        ("kind,trade_date,currency,qty\n", vec!["unknown_column qty@1"]),
        ("kind,trade_date,currency\nfee,2024-01-02,\"USD\n", vec!["unterminated_quote @2", "missing_field account@2"]),
    ] {
        assert_eq!(problems(text), expected, "{text:?}");
    }
    let nearest = dawsos_csv::parse(b"kind,tradedate,currency\n", &two_accounts()).problems;
    assert!(nearest[0].try_.as_deref().is_some_and(|advice| advice.contains("nearest is trade_date")), "{nearest:?}");
}

#[test]
fn problems_of_a_row() {
    row_problems("buy,2024-01-02,USD,A,AAPL,XNAS,10,100", &[]);
    row_problems("byu,2024-01-02,USD,A", &["unknown_kind kind"]);
    row_problems("setting,2024-01-02,USD,A", &["unknown_kind kind"]);
    row_problems(",2024-01-02,USD,A", &["missing_field kind"]);
    row_problems("fee,02.01.2024,USD,A", &["bad_date trade_date"]);
    row_problems("fee,2024-02-30,USD,A", &["bad_date trade_date"]);
    row_problems("fee,0024-02-03,USD,A", &["out_of_range trade_date"]);
    row_problems("fee,2024-01-02,USX,A", &["unknown_currency currency"]);
    row_problems("fee,2024-01-02,USD", &["missing_field account"]);
    row_problems("fee,2024-01-02,USD,C", &["unknown_account account"]);
    row_problems("buy,2024-01-02,USD,A,AAPK", &["unknown_security symbol"]);
    row_problems("buy,2024-01-02,USD,A,TWIN", &["ambiguous_security symbol"]);
    row_problems("buy,2024-01-02,USD,A,TWIN,XLON", &[]);
    row_problems("buy,2024-01-02,USD,A,AAPL,XLON", &["security_conflict symbol"]);
    row_problems("buy,2024-01-02,USD,A,,XNAS", &["unknown_security mic"]);
    row_problems("buy,2024-01-02,USD,A,,,,,,,,,,US0378331005", &[]);
    row_problems("buy,2024-01-02,USD,A,,,,,,,,,,US0378331006", &["unknown_security isin"]);
    row_problems("buy,2024-01-02,USD,A,,,,,,,,,,,BBG000B9XRY4", &[]);
    for number in
        ["\"1,000\"", "\"1000,5\"", "NaN", "inf", "1e400", "$5", "1 000", "0x10", "12345678901234567890123456789"]
    {
        row_problems(&format!("buy,2024-01-02,USD,A,AAPL,XNAS,{number}"), &["bad_number quantity"]);
    }
    row_problems("split,2024-01-02,USD,A,AAPL,XNAS,,,,,,,4/1", &["bad_ratio ratio"]);
    row_problems("fee,2024-01-02,USD,A,,,,,,,stamp=1", &["unknown_tax taxes"]);
    row_problems(
        "byu,2024-01-32,USX,C,ZZZZZZ,,x",
        &[
            "unknown_kind kind",
            "bad_date trade_date",
            "unknown_currency currency",
            "unknown_account account",
            "unknown_security symbol",
            "bad_number quantity",
        ],
    );
}

#[test]
fn rows_with_the_wrong_number_of_cells_are_not_guessed_at() {
    let text = "kind,trade_date,currency,account\nfee,2024-01-02,USD\nfee,2024-01-02,USD,A,1\n";
    assert_eq!(problems(text), ["cell_count @2", "cell_count @3"]);
}

#[test]
fn completing_reports_line_and_column() {
    let text = "kind,trade_date,currency,account,gross_amount,symbol,quantity\n\
                deposit,2024-01-02,USD,A,-5,,\nbuy,2024-01-02,JPY,A,,AAPL,-1\n";
    let parsed = dawsos_csv::parse(text.as_bytes(), &two_accounts());
    let rows = parsed.complete(&Rates::constant("EUR", &[("USD", "0.8")]));
    let found: Vec<String> = rows
        .iter()
        .flat_map(|row| row.entry.as_ref().expect_err("refused"))
        .map(|problem| format!("{} {}@{}", problem.code, problem.field, problem.line.unwrap_or(0)))
        .collect();
    let expected =
        ["negative gross_amount@2", "negative quantity@3", "missing_field gross_amount@3", "missing_fx fx_rate@3"];
    assert_eq!(found, expected);
}

#[test]
fn header_names_in_any_order_and_with_a_byte_order_mark() {
    let text =
        "\u{feff}Currency,KIND,account,trade_date,tags,gross_amount\r\nUSD,deposit,b,2024-01-02, salary ; x;,10\r\n";
    let parsed = dawsos_csv::parse(text.as_bytes(), &two_accounts());
    let draft = parsed.rows[0].draft.as_ref().expect("sound");
    assert_eq!((draft.account_id, draft.tags.as_slice()), (id("B"), &["salary".to_owned(), "x".to_owned()][..]));
    assert_eq!(parsed.rows[0].raw[0], ("currency", "USD".to_owned()));
}

#[test]
fn the_same_row_has_the_same_key_in_another_file() {
    let header = "kind,trade_date,currency,account,gross_amount,note,external_id\n";
    let keys = |rows: &str| -> Vec<String> {
        let parsed = dawsos_csv::parse(format!("{header}{rows}").as_bytes(), &two_accounts());
        assert_eq!(parsed.all_problems(), []);
        parsed.rows.into_iter().map(|row| row.row_key).collect()
    };
    let first = keys("deposit,2024-01-02,USD,A,10,,\ndeposit,2024-01-02,USD,A,10.00,twin,\nfee,2024-01-02,USD,A,1,,\n");
    assert_ne!(first[0], first[1], "legitimate twins differ");
    let other =
        keys("fee,2024-01-02,USD,A,1.0,other note,\ndeposit,2024-01-02,USD,A,10,,\ndeposit,2024-01-02,USD,A,10,,\n");
    assert_eq!([&other[1], &other[2], &other[0]], [&first[0], &first[1], &first[2]]);
    let named = keys("fee,2024-01-02,USD,A,1,,T1\n");
    assert_eq!(named, keys("fee,2024-01-03,USD,A,2,corrected,T1\n"), "the external id is the identity");
    assert_ne!(named, keys("fee,2024-01-02,USD,B,1,,T1\n"), "in its account");
    let twice = format!("{header}fee,2024-01-02,USD,A,1,,T1\nfee,2024-01-02,USD,A,1,,T1\n");
    assert_eq!(problems(&twice), ["duplicate_external_id external_id@3"]);
}

#[test]
fn the_demo_ledger_survives_writing_and_reading() {
    let book = demo_book();
    let text = dawsos_csv_write::write(&book, &demo_names()).expect("all names are known");
    let parsed = dawsos_csv::parse(text.as_bytes(), &demo_names());
    assert_eq!(parsed.all_problems(), []);
    // Written rates are kept, so the reader needs none.
    let rows = parsed.complete(&Rates::constant("EUR", &[]));
    let again =
        Book::replay(id("portfolio"), &numbered("EUR", rows.into_iter().map(|row| row.entry.expect("complete"))));
    let again = again.expect("sound");
    let entries = book.entries().iter().zip(again.entries());
    assert_eq!(book.entries().len(), again.entries().len());
    for (before, after) in entries {
        assert_eq!(before.payload, after.payload, "entry {}", before.seq);
        assert_eq!(before, after);
    }
}

#[test]
fn what_one_cell_cannot_say_is_written_with_its_kind() {
    let text = "kind,trade_date,currency,account,symbol,quantity,price,fees,taxes,counter_account,lot_date,lot_cost,record_date\n\
                buy,2024-01-02,USD,A,AAPL,10,100,custody=1;exchange=2.5,withholding=3;transaction=4,,,,\n\
                transfer_out,2024-01-03,USD,A,AAPL,4,100,,,B,,,2024-01-02\n\
                transfer_in,2024-01-04,USD,B,BTC-USD,4,100,,,,2020-01-02,55,\n";
    let names = two_accounts();
    let rates = Rates::constant("EUR", &[("USD", "0.8")]);
    let book_of = |text: &str| {
        let parsed = dawsos_csv::parse(text.as_bytes(), &names);
        assert_eq!(parsed.all_problems(), []);
        let entries = parsed.complete(&rates).into_iter().map(|row| row.entry.expect("complete"));
        Book::replay(id("portfolio"), &numbered("EUR", entries)).expect("sound")
    };
    let book = book_of(text);
    let written = dawsos_csv_write::write(&book, &names).expect("all names are known");
    assert_eq!(book_of(&written).entries(), book.entries());
    let unnamed = dawsos_csv_write::write(&book, &Directory::default());
    assert_eq!(unnamed.expect_err("no names"), dawsos_csv_write::NameError::Account(id("A")));
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        prop::sample::select(vec![
            "buy",
            "sell",
            "dividend",
            "fx",
            "split",
            "USD",
            "EUR",
            "2024-01-02",
            "A",
            "AAPL",
            "10",
            "-1",
            "4:1",
            "0"
        ])
        .prop_map(str::to_owned),
        "[ -~é\n]{0,8}",
    ]
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let parsed = dawsos_csv::parse(&bytes, &two_accounts());
        let _ = parsed.complete(&Rates::constant("EUR", &[]));
    }

    /// Rows under a good header: each becomes an entry or problems with its line.
    #[test]
    fn random_rows_never_panic(rows in proptest::collection::vec(proptest::collection::vec(cell(), dawsos_csv::COLUMNS.len()), 1..6)) {
        let mut text = dawsos_csv::COLUMNS.join(",") + "\n";
        for row in &rows {
            formats::csv_text::write_record(&mut text, row.iter().map(String::as_str));
        }
        let parsed = dawsos_csv::parse(text.as_bytes(), &two_accounts());
        prop_assert_eq!(parsed.rows.len(), rows.len());
        for row in parsed.complete(&Rates::constant("EUR", &[("USD", "0.8")])) {
            if let Err(problems) = row.entry {
                prop_assert!(!problems.is_empty());
                prop_assert!(problems.iter().all(|problem| problem.line == Some(row.line)));
            }
        }
    }

    /// A good file with a few bytes changed.
    #[test]
    fn damaged_files_never_panic(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..10)) {
        let mut bytes = b"kind,trade_date,currency,account,symbol,quantity,price\nbuy,2024-01-02,USD,A,\"AAPL\",10,100\nsplit,2024-01-02,USD,A,AAPL,,\n".to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let parsed = dawsos_csv::parse(&bytes, &two_accounts());
        let _ = parsed.complete(&Rates::constant("EUR", &[("USD", "0.8")]));
    }
}
