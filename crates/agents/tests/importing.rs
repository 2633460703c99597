//! Files into the ledger: every problem with its line, all or nothing, nothing twice.

mod common;

use common::World;
use serde_json::{Value, json};
use store::queries::imports::{self, NewImport};
use uuid::Uuid;

const HEADER: &str = "external_id,kind,trade_date,symbol,mic,quantity,price,currency,gross_amount,net_amount\n";

fn file(rows: &[&str]) -> String {
    format!("{HEADER}{}\n", rows.join("\n"))
}

async fn preview(world: &World, content: &str) -> Value {
    world.call("ledger.import_preview", json!({ "content": content })).await.expect("a preview").value
}

async fn commit(world: &World, key: &str, content: &str) -> Result<Value, capability::Failure> {
    world.call("ledger.import", json!({ "content": content, "idempotency_key": key })).await.map(|result| result.value)
}

#[tokio::test]
async fn problems_have_lines_and_nothing_is_written() {
    let world = World::with_packs().await;
    let before = world.context().await.ledger.clone();
    let content = file(&[
        "A1,deposit,2021-03-01,,,,,EUR,10000,",
        "A2,buy,2021-03-02,APPL,XNAS,10,125,USD,,",
        "A3,buy,2021-03-02,AAPL,XNAS,ten,125,USD,,",
        "A4,buy,2012-03-02,AAPL,XNAS,10,125,USD,,",
        "A5,bye,2021-03-02,AAPL,XNAS,10,125,USD,,",
    ]);
    let shown = preview(&world, &content).await;
    let found: Vec<(u64, &str)> = shown["problems"]
        .as_array()
        .expect("list")
        .iter()
        .map(|p| (p["line"].as_u64().expect("line"), p["code"].as_str().expect("code")))
        .collect();
    assert_eq!(found, [(3, "unknown_security"), (4, "bad_number"), (5, "missing_fx"), (6, "unknown_kind")]);
    assert_eq!(shown["counts"], json!({"ok": 1, "warning": 0, "error": 4, "duplicate": 0, "ignored": 0}));
    assert!(shown["unknown_securities"][0]["try"].as_str().expect("advice").contains("nearest is AAPL"));
    let failure = commit(&world, "k", &content).await.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.errors.len()), ("import_rejected", 4));
    assert_eq!((failure.errors[0].line, failure.errors[0].column.as_deref()), (Some(3), Some("symbol")));
    // A sale of what is not held is found although every row is well formed.
    let content = file(&["A1,deposit,2021-03-01,,,,,EUR,10000,", "A2,sell,2021-03-02,AAPL,XNAS,10,125,USD,,"]);
    let failure = commit(&world, "l", &content).await.unwrap_err();
    assert_eq!((failure.errors[0].code.as_str(), failure.errors[0].line), ("oversell", Some(3)));
    for (content, code) in [
        ("", "empty_file"),
        ("kind;trade_date;currency\n", "wrong_delimiter"),
        ("kind,trade_date\nbuy,2021-01-01\n", "missing_column"),
    ] {
        let failure = commit(&world, "m", content).await.unwrap_err();
        assert_eq!((failure.code.as_str(), failure.errors[0].code.as_str()), ("import_rejected", code));
    }
    assert_eq!(world.context().await.ledger, before);
}

#[tokio::test]
async fn a_file_is_written_once_however_often_it_comes() {
    let mut world = World::with_packs().await;
    // Two equal rows without an id are two transactions.
    let rows = [
        ",deposit,2021-03-01,,,,,EUR,10000,",
        ",deposit,2021-03-01,,,,,EUR,10000,",
        "B1,buy,2021-03-02,AAPL,XNAS,10,125,USD,,",
    ];
    let written = commit(&world, "a", &file(&rows)).await.expect("written");
    assert_eq!((written["counts"]["ok"].as_u64(), written["counts"]["warning"].as_u64()), (Some(2), Some(1)));
    assert_eq!(written["to_seq"].as_u64().expect("seq") - written["from_seq"].as_u64().expect("seq"), 2);
    let ledger = world.context().await.ledger.clone();
    assert_eq!(commit(&world, "a", &file(&rows)).await.expect("the same answer"), written);
    world.restarted().await;
    let again = commit(&world, "b", &file(&rows)).await.expect("nothing to write");
    assert_eq!(again["counts"]["duplicate"], 3);
    assert_eq!(again["duplicates"], json!([2, 3, 4]));
    assert_eq!(world.context().await.ledger, ledger);
    // A longer file brings what is new.
    let longer = [rows[0], rows[1], rows[2], ",withdrawal,2021-03-05,,,,,EUR,500,"];
    let more = commit(&world, "c", &file(&longer)).await.expect("one more");
    assert_eq!((more["accepted"].clone(), more["counts"]["duplicate"].as_u64()), (json!([5]), Some(3)));
    let strict = json!({"content": file(&longer), "skip_duplicates": false, "mode": "commit", "idempotency_key": "d"});
    assert_eq!(world.call("ledger.import", strict).await.unwrap_err().code, "import_rejected");
    let careful = json!({"content": file(&["C1,buy,2021-03-03,AAPL,XNAS,1,900,USD,,"]), "allow_warnings": false, "idempotency_key": "e"});
    let failure = world.call("ledger.import", careful).await.unwrap_err();
    assert!(failure.errors[0].detail.contains("from the close"), "{:?}", failure.errors);
    let verified = world.call("ledger.verify", json!({})).await.expect("verified").value;
    assert_eq!(verified["matches"], true, "{verified}");
}

#[tokio::test]
async fn an_uploaded_file_is_read_where_it_was_kept() {
    let world = World::with_packs().await;
    let content = file(&["D1,deposit,2021-03-01,,,,,EUR,10000,"]);
    let (user, id, sha256) = (world.user, Uuid::now_v7(), [7; 32]);
    let new = NewImport {
        id,
        portfolio_id: world.portfolio,
        account_id: Some(world.account),
        filename: "trades.csv".to_owned(),
        format: "dawsos_csv".to_owned(),
        file_sha256: sha256,
        mapping: json!({}),
        options: json!({}),
        expires_at: chrono::Utc::now() + chrono::Days::new(1),
    };
    let ticket = || store::LeaseTicket::platform(user, std::time::Duration::from_secs(60));
    world
        .store
        .as_user(ticket(), user, async |tx| {
            imports::put_blob(tx, user, &sha256, "text/csv", content.as_bytes(), None).await?;
            imports::insert(tx, user, &new).await
        })
        .await
        .expect("an upload");
    let shown = world.call("ledger.import_preview", json!({ "import_id": id })).await.expect("shown").value;
    assert_eq!(
        (shown["rows"][0]["status"].as_str(), shown["import_id"].as_str()),
        (Some("ok"), Some(id.to_string().as_str()))
    );
    let args = json!({"import_id": id, "idempotency_key": "k"});
    let written = world.call("ledger.import", args).await.expect("written").value;
    let import = world
        .store
        .as_user(ticket(), user, async |tx| imports::by_id(tx, user, id).await)
        .await
        .expect("read")
        .expect("there");
    assert_eq!((import.status.name(), import.seqs.map(|seqs| seqs.1)), ("committed", written["to_seq"].as_i64()));
    let again = world.call("ledger.import", json!({"import_id": id, "idempotency_key": "l"})).await.unwrap_err();
    assert_eq!(again.code, "import_already_committed");
    let unknown = world.call("ledger.import_preview", json!({"import_id": Uuid::now_v7()})).await.unwrap_err();
    assert_eq!(unknown.code, "not_found");
}
