//! Files of other programs into the ledger and out again: choices, what is left out, undo, the round trip of everything.

mod common;

use common::World;
use serde_json::{Value, json};

/// Purchases, a dividend with its reinvestment, an option, a total: newest first, as the broker writes it.
const SCHWAB: &str = "\"Transactions for account ...123 as of 04/01/2021\"\n\
\"Date\",\"Action\",\"Symbol\",\"Description\",\"Quantity\",\"Price\",\"Fees & Comm\",\"Amount\"\n\
\"03/12/2021\",\"Sell to Open\",\"AAPL  210416P00100000\",\"PUT APPLE INC $100\",\"1\",\"$2.00\",\"$0.66\",\"$199.34\"\n\
\"03/11/2021\",\"Reinvest Shares\",\"ABCD\",\"A FUND NOBODY KNOWS\",\"0.5\",\"$20.00\",\"\",\"-$10.00\"\n\
\"03/11/2021\",\"Reinvest Dividend\",\"ABCD\",\"A FUND NOBODY KNOWS\",\"\",\"\",\"\",\"$10.00\"\n\
\"03/10/2021\",\"Buy\",\"ABCD\",\"A FUND NOBODY KNOWS\",\"50\",\"$19.00\",\"\",\"-$950.00\"\n\
\"03/10/2021\",\"Buy\",\"AAPL\",\"APPLE INC\",\"10\",\"$120.00\",\"$1.00\",\"-$1,201.00\"\n\
\"03/09/2021\",\"MoneyLink Deposit\",\"\",\"FROM BANK\",\"\",\"\",\"\",\"$5,000.00\"\n\
\"Transactions Total\",\"\",\"\",\"\",\"\",\"\",\"\",\"$3,048.34\"\n";

async fn preview(world: &World, args: Value) -> Value {
    world.call("ledger.import_preview", args).await.expect("a preview").value
}

#[tokio::test]
async fn a_broker_file_asks_what_it_cannot_know_and_lists_what_books_do_not_hold() {
    let world = World::with_packs().await;
    let shown = preview(&world, json!({ "content": SCHWAB })).await;
    assert_eq!(shown["detected"]["format"], "schwab_csv");
    assert_eq!((&shown["detected"]["is_newest_first"], &shown["not_supported"]), (&json!(true), &json!([3])));
    assert_eq!(shown["counts"], json!({"ok": 2, "warning": 0, "error": 4, "duplicate": 0, "ignored": 2}));
    let question = &shown["questions"][0];
    assert_eq!((question["key"].as_str(), question["rows"].as_u64()), (Some("symbol:ABCD/USD"), Some(3)));
    // Nothing is written before the questions are answered.
    let failure = world.call("ledger.import", json!({"content": SCHWAB, "idempotency_key": "a"})).await.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.errors.len()), ("import_rejected", 4));
    let answered = json!({
        "content": SCHWAB,
        "security_choices": { "symbol:ABCD/USD": "create" },
        "skip_not_supported": true,
        "idempotency_key": "b",
    });
    let written = world.call("ledger.import", answered).await.expect("written").value;
    let written_rows =
        written["counts"]["ok"].as_u64().unwrap_or(0) + written["counts"]["warning"].as_u64().unwrap_or(0);
    assert_eq!((written_rows, written["counts"]["ignored"].as_u64()), (5, Some(3)), "{}", written["counts"]);
    assert_eq!(written["created_securities"], json!(["ABCD (A FUND NOBODY KNOWS)"]));
    let positions = world.call("ledger.positions", json!({})).await.expect("positions").value.to_string();
    assert!(positions.contains("50.5"), "{positions}");
    // The same file again: the security that was created is known now, and every row is there.
    let again = preview(&world, json!({"content": SCHWAB, "skip_not_supported": true})).await;
    assert_eq!((&again["counts"]["duplicate"], &again["questions"]), (&json!(5), &json!([])), "{again}");
    let verified = world.call("ledger.verify", json!({})).await.expect("verified").value;
    assert_eq!(verified["matches"], true, "{verified}");
}

#[tokio::test]
async fn lines_are_corrected_and_skipped_by_choice() {
    let world = World::with_packs().await;
    let content = "Trade Date,Side,Symbol,Quantity,Unit Price,Amount,Currency\n\
                   2021-03-09,Deposit,,,,5000,USD\n2021-03-10,Buy,AAPL,ten,120,-1200,USD\n2021-03-10,Bye,AAPL,1,120,-120,USD\n";
    let shown = preview(&world, json!({ "content": content })).await;
    assert_eq!((&shown["detected"]["format"], &shown["counts"]["error"]), (&json!("mapped_csv"), &json!(2)), "{shown}");
    let corrected = json!({"content": content, "corrections": {"3": {"Quantity": "10"}}, "skip": ["4"]});
    let shown = preview(&world, corrected).await;
    assert_eq!((&shown["counts"]["error"], &shown["counts"]["ignored"]), (&json!(0), &json!(1)), "{shown}");
    let mapping = json!({"kinds": {"Bye": "buy"}});
    let shown =
        preview(&world, json!({"content": content, "mapping": mapping, "corrections": {"3": {"quantity": "10"}}}))
            .await;
    assert_eq!(shown["counts"]["error"], 0, "{shown}");
    let wrong = json!({"content": content, "mapping": {"fields": {"quantty": "Quantity"}}});
    let failure = world.call("ledger.import_preview", wrong).await.unwrap_err();
    assert_eq!(failure.code, "mapping_incomplete");
    assert!(failure.errors[0].try_.as_deref().unwrap_or_default().contains("quantity"), "{:?}", failure.errors);
    // Latin letters in a code page of Windows.
    let content =
        b"Datum;Umsatz;Bezeichnung;St\xfcck;Kurs;Betrag;W\xe4hrung\n09.03.2021;Einzahlung;;;;5.000,00;EUR\n".to_vec();
    let shown = preview(&world, json!({ "content_hex": hex_of(&content) })).await;
    assert_eq!(
        (&shown["detected"]["encoding"], &shown["counts"]["ok"]),
        (&json!("windows-1252"), &json!(1)),
        "{shown}"
    );
}

fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn an_import_is_undone_as_a_whole_and_can_be_brought_in_again() {
    let world = World::with_packs().await;
    let before = preview(&world, json!({"content": SCHWAB})).await;
    assert_eq!(before["counts"]["duplicate"], 0);
    let args =
        json!({"content": SCHWAB, "create_securities": true, "skip_not_supported": true, "idempotency_key": "a"});
    let written = world.call("ledger.import", args).await.expect("written").value;
    let import = written["import_id"].as_str().expect("an id").to_owned();
    let undo = json!({"import_id": import, "reason": "wrong account", "idempotency_key": "u"});
    let undone = world.call("ledger.revert_import", undo.clone()).await.expect("undone").value;
    assert_eq!(undone["voided"], 5);
    assert_eq!(world.call("ledger.revert_import", undo).await.expect("the same answer").value, undone);
    let cash = undone["effects"]["cash"].as_array().expect("cash");
    assert!(cash.iter().all(|row| row["after"]["amount"] == "0"), "{cash:?}");
    let again = json!({"import_id": import, "reason": "again", "idempotency_key": "v"});
    assert_eq!(world.call("ledger.revert_import", again).await.unwrap_err().code, "conflict");
    let shown = preview(&world, json!({"content": SCHWAB, "skip_not_supported": true})).await;
    assert_eq!(shown["counts"]["duplicate"], 0, "{}", shown["counts"]);
    let unknown = json!({"import_id": uuid::Uuid::now_v7(), "reason": "x", "idempotency_key": "w"});
    assert_eq!(world.call("ledger.revert_import", unknown).await.unwrap_err().code, "not_found");
}

#[tokio::test]
async fn everything_exported_comes_back_with_the_same_commit() {
    let mut world = World::demo().await;
    let content = SCHWAB.to_owned();
    let args =
        json!({"content": content, "create_securities": true, "skip_not_supported": true, "idempotency_key": "a"});
    world.call("ledger.import", args).await.expect("written");
    let exported = world.call("ledger.export", json!({"format": "json"})).await.expect("an export").value;
    let text = exported["content"].as_str().expect("a text").to_owned();
    // Into an empty database.
    let mut fresh = World::empty().await;
    let restore = json!({"content": text, "idempotency_key": "r"});
    let restored = fresh.call_without_portfolio("ledger.restore", restore).await.expect("restored").value;
    assert_eq!(restored["commit"], exported["commit"]);
    assert_eq!((&restored["entries_written"], &restored["entries_read"]), (&exported["entries"], &exported["entries"]));
    fresh.portfolio = restored["portfolio"]["portfolio_id"].as_str().expect("an id").parse().expect("an id");
    let again = fresh.call("ledger.export", json!({"format": "json"})).await.expect("again").value;
    // The new owner had a portfolio of that name already; nothing else differs.
    assert_eq!(again["content"].as_str().expect("a text").replace("Demo (2)", "Demo"), text);
    let verified = fresh.call("ledger.verify", json!({})).await.expect("verified").value;
    assert_eq!((&verified["matches"], &verified["commit_ok"]), (&json!(true), &json!(true)), "{verified}");
    // A second time nothing is left to write; what has another history is refused.
    let twice = fresh
        .call_without_portfolio("ledger.restore", json!({"content": text, "idempotency_key": "s"}))
        .await
        .expect("again")
        .value;
    assert_eq!((&twice["entries_written"], &twice["commit"]), (&json!(0), &exported["commit"]));
    let entry = json!({"kind": "deposit", "account_id": account_of(&text), "trade_date": "2022-01-03", "currency": "EUR", "gross_amount": "1"});
    let args = json!({"entries": [entry], "idempotency_key": "d"});
    fresh.call("ledger.record", args).await.expect("recorded");
    let parted = fresh.call_without_portfolio("ledger.restore", json!({"content": text, "idempotency_key": "t"})).await;
    assert_eq!(parted.unwrap_err().code, "conflict");
    let changed = text.replace("\"5000\"", "\"5001\"");
    let failure = world
        .call_without_portfolio("ledger.restore", json!({"content": changed, "idempotency_key": "c"}))
        .await
        .unwrap_err();
    assert_eq!((failure.code.as_str(), failure.errors[0].code.as_str()), ("import_rejected", "commit_mismatch"));
    world.restarted().await;
    for (format, part) in [("csv", "kind"), ("beancount", "option \"title\"")] {
        let exported = world.call("ledger.export", json!({ "format": format })).await.expect(format).value;
        assert!(exported["content"].as_str().expect("a text").contains(part), "{format}");
    }
}

fn account_of(export: &str) -> Value {
    let export: Value = serde_json::from_str(export).expect("JSON");
    export["accounts"][0]["id"].clone()
}
