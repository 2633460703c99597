//! Recording, voiding and amending: all or nothing, once, on the state that the caller saw.

mod common;

use capability::Failure;
use common::{World, near, number};
use serde_json::{Value, json};

fn deposit(world: &World, date: &str, amount: &str) -> Value {
    json!({"kind": "deposit", "account_id": world.account, "trade_date": date, "currency": "EUR", "gross_amount": amount})
}

fn buy(world: &World, date: &str, units: &str, price: &str) -> Value {
    json!({"kind": "buy", "account_id": world.account, "trade_date": date, "currency": "USD", "quantity": units, "price": price,
           "security": {"symbol": "AAPL", "mic": "XNAS"}, "fees": [{"kind": "commission", "amount": "1"}]})
}

async fn record(world: &World, key: &str, entries: Value) -> Result<Value, Failure> {
    world.call("ledger.record", json!({"entries": entries, "idempotency_key": key})).await.map(|result| result.value)
}

fn pointers(failure: &Failure) -> Vec<String> {
    failure.errors.iter().filter_map(|error| error.pointer.clone()).collect()
}

#[tokio::test]
async fn entries_are_written_once_with_the_rate_of_their_day() {
    let world = World::with_packs().await;
    let entries = json!([deposit(&world, "2021-03-01", "10000"), buy(&world, "2021-03-06", "10", "121")]);
    let before = world.context().await.ledger.clone().expect("books");
    let written = record(&world, "first", entries.clone()).await.expect("recorded");
    assert_eq!(
        (written["seq"].as_u64(), written["transaction_ids"].as_array().map(Vec::len)),
        (Some(before.seq + 2), Some(2))
    );
    assert_eq!(written["effects"]["positions"][0]["quantity_after"], "10");
    assert_eq!(written["effects"]["realized_gain"]["absent"]["code"], "not_applicable");
    // Dollars were never bought, and a Saturday takes Friday's rate: 1.1938 dollars for a euro.
    assert_eq!(written["warnings"][0]["code"], "negative_cash");
    assert_eq!(written["warnings"][0]["pointer"], "/entries/1");
    let page = world.call("ledger.transactions", json!({"kinds": ["buy"]})).await.expect("rows").value;
    near(&page["transactions"][0]["fx_rate"]["rate"], 1.0 / 1.1938, 1e-10, "rate of the day");
    assert_eq!(page["transactions"][0]["source"], "api");

    let again = record(&world, "first", entries).await.expect("the same answer");
    assert_eq!(again, written);
    let other = record(&world, "first", json!([deposit(&world, "2021-03-02", "1")])).await.unwrap_err();
    assert_eq!((other.code.as_str(), other.pointer.as_deref()), ("conflict", Some("/idempotency_key")));
    let after = world.context().await.ledger.clone().expect("books");
    assert_eq!((after.seq, after.commit.as_str()), (before.seq + 2, written["commit"].as_str().expect("a commit")));
    let verified = world.call("ledger.verify", json!({})).await.expect("verified").value;
    assert_eq!(verified["matches"], true, "{verified}");
}

#[tokio::test]
async fn every_problem_is_pointed_at_and_nothing_is_written() {
    let world = World::with_packs().await;
    let before = world.context().await.ledger.clone();
    let mut early = buy(&world, "2013-01-02", "1", "100");
    early["security"] = json!({"symbol": "APPL", "mic": "XNAS"});
    let entries = json!([
        deposit(&world, "2021-03-01", "100"),
        early,
        {"kind": "buy", "account_id": uuid::Uuid::now_v7(), "trade_date": "2021-03-01", "currency": "XXZ", "quantity": "1", "price": "10"},
        {"kind": "dividend", "account_id": world.account, "trade_date": "2015-06-01", "currency": "USD", "gross_amount": "10",
         "security": {"symbol": "AAPL"}},
    ]);
    let failure = record(&world, "k", entries).await.unwrap_err();
    let found = pointers(&failure);
    for wanted in ["/entries/1/security", "/entries/2/account_id", "/entries/2/currency", "/entries/3/fx_rate"] {
        assert!(found.iter().any(|pointer| pointer == wanted), "{wanted} in {found:?}");
    }
    let unknown = failure.errors.iter().find(|error| error.code == "unknown_security").expect("unknown security");
    assert_eq!(unknown.try_.as_deref(), Some("nearest is AAPL"));
    assert!(failure.errors.iter().any(|error| error.code == "missing_fx"));
    assert_eq!(world.context().await.ledger, before);

    let mut malformed = deposit(&world, "2021-03-01", "1,5");
    malformed["trade_date"] = "2021-02-30".into();
    let failure = record(&world, "w", json!([malformed])).await.unwrap_err();
    assert_eq!(pointers(&failure), ["/entries/0/trade_date", "/entries/0/gross_amount"]);

    let mismatch = json!({"kind": "buy", "account_id": world.account, "trade_date": "2021-03-01", "currency": "EUR", "quantity": "1", "price": "100",
                          "security": {"symbol": "AAPL"}});
    let failure = record(&world, "m", json!([mismatch])).await.unwrap_err();
    assert_eq!(
        (failure.errors[0].code.as_str(), pointers(&failure)),
        ("currency_mismatch", vec!["/entries/0/currency".to_owned()])
    );
    for (entries, pointer) in [
        (json!([]), "/entries"),
        (json!([{"kind": "setting", "key": "base_curency", "value": "USD"}]), "/entries/0/key"),
    ] {
        let failure = record(&world, "n", entries).await.unwrap_err();
        assert_eq!(
            (failure.code.as_str(), pointers(&failure).first().map(String::as_str).or(failure.pointer.as_deref())),
            ("invalid_input", Some(pointer))
        );
    }
    let unknown = record(&world, "o", json!([{"kind": "setting", "key": "cost_basis_method", "value": "dearest"}]))
        .await
        .unwrap_err();
    assert_eq!((unknown.code.as_str(), unknown.errors[0].code.as_str()), ("invalid_input", "bad_setting"));
}

#[tokio::test]
async fn more_cannot_be_sold_than_is_held() {
    let world = World::with_packs().await;
    record(&world, "a", json!([deposit(&world, "2021-03-01", "10000"), buy(&world, "2021-03-02", "10", "125")]))
        .await
        .expect("bought");
    let mut sale = buy(&world, "2021-03-03", "12", "126");
    sale["kind"] = "sell".into();
    let failure = record(&world, "b", json!([sale.clone()])).await.unwrap_err();
    assert_eq!((failure.code.as_str(), pointers(&failure)), ("oversell", vec!["/entries/0/quantity".to_owned()]));
    assert!(failure.message.contains("12 XNAS:AAPL on 2021-03-03, 10 are open"), "{}", failure.message);
    // Before it was bought there was nothing.
    sale["trade_date"] = "2021-03-01".into();
    sale["quantity"] = "1".into();
    assert_eq!(record(&world, "c", json!([sale.clone()])).await.unwrap_err().code, "oversell");
    // A sale that a purchase depends on keeps the purchase from being taken back.
    sale["trade_date"] = "2021-03-04".into();
    sale["quantity"] = "4".into();
    let sold = record(&world, "d", json!([sale])).await.expect("sold");
    // 4 units cost 125.1 dollars each with the fee; the sale brings 504 less 1.
    assert!(number(&sold["effects"]["realized_gain"]) > 0.0);
    let page = world.call("ledger.transactions", json!({"kinds": ["buy"]})).await.expect("rows").value;
    let id = page["transactions"][0]["transaction_id"].clone();
    let args = json!({"transaction_id": id, "reason": "typed twice", "idempotency_key": "e"});
    let failure = world.call("ledger.void", args).await.unwrap_err();
    assert_eq!(failure.code, "oversell");
    assert!(failure.message.contains("recorded before"), "{}", failure.message);
}

#[tokio::test]
async fn corrections_are_entries_of_their_own() {
    let world = World::with_packs().await;
    record(&world, "a", json!([deposit(&world, "2021-03-01", "10000"), buy(&world, "2021-03-02", "10", "125")]))
        .await
        .expect("bought");
    let page = world.call("ledger.transactions", json!({})).await.expect("rows").value;
    let (bought, funded) =
        (page["transactions"][0]["transaction_id"].clone(), page["transactions"][1]["transaction_id"].clone());
    let args = json!({"transaction_id": bought, "entry": buy(&world, "2021-03-02", "11", "125"), "reason": "eleven", "idempotency_key": "b"});
    let amended = world.call("ledger.amend", args.clone()).await.expect("amended").value;
    assert_eq!(amended["effects"]["positions"][0]["quantity_after"], "11");
    assert_eq!(world.call("ledger.amend", args).await.expect("once").value, amended);
    let again = json!({"transaction_id": bought, "reason": "gone", "idempotency_key": "c"});
    let failure = world.call("ledger.void", again).await.unwrap_err();
    assert_eq!(failure.code, "conflict");
    let stale =
        json!({"transaction_id": funded, "reason": "gone", "idempotency_key": "d", "if_ledger_commit": "0".repeat(64)});
    let failure = world.call("ledger.void", stale).await.unwrap_err();
    let commit = world.context().await.ledger.clone().expect("books").commit;
    assert_eq!((failure.code.as_str(), failure.subject["ledger_commit"].as_str()), ("conflict", Some(commit.as_str())));
    let args = json!({"transaction_id": funded, "reason": "gone", "idempotency_key": "e", "if_ledger_commit": commit});
    world.call("ledger.void", args).await.expect("voided");
    let all = world.call("ledger.transactions", json!({"include_voided": true})).await.expect("rows").value;
    let statuses: Vec<&str> =
        all["transactions"].as_array().expect("rows").iter().filter_map(|row| row["status"].as_str()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == "recorded").count(), 1);
    assert!(statuses.contains(&"voided") && statuses.contains(&"amended"), "{statuses:?}");
    let unknown = json!({"transaction_id": uuid::Uuid::now_v7(), "reason": "gone", "idempotency_key": "f"});
    assert_eq!(world.call("ledger.void", unknown).await.unwrap_err().code, "transaction_not_found");
    let verified = world.call("ledger.verify", json!({})).await.expect("verified").value;
    assert_eq!(verified["matches"], true, "{verified}");
    assert_eq!(verified["entries_checked"].as_u64(), world.context().await.ledger.as_ref().map(|l| l.seq));
}

#[tokio::test]
async fn a_preview_writes_nothing_and_says_the_same() {
    let world = World::with_packs().await;
    record(&world, "a", json!([deposit(&world, "2021-03-01", "10000")])).await.expect("funded");
    let before = world.context().await.ledger.clone();
    let entries = json!([deposit(&world, "2021-03-01", "10000"), buy(&world, "2021-03-02", "10", "300")]);
    let shown = world.call("ledger.preview", json!({"entries": entries})).await.expect("shown").value;
    assert_eq!(world.context().await.ledger, before);
    let codes: Vec<&str> =
        shown["warnings"].as_array().expect("list").iter().filter_map(|warning| warning["code"].as_str()).collect();
    assert_eq!(codes, ["negative_cash", "possible_duplicate", "price_far_from_market"]);
    let written = record(&world, "b", entries).await.expect("recorded");
    assert_eq!(written["effects"], shown["effects"]);
}

#[tokio::test]
async fn own_prices_stand_in_where_the_pack_has_none_and_holes_stay_visible() {
    let world = World::with_packs().await;
    let other = world.call("securities.search", json!({"text": "PRIVATE"})).await.expect("found").value;
    let id = other["candidates"][0]["security_id"].clone();
    let entries = json!([
        deposit(&world, "2022-05-02", "10000"),
        {"kind": "buy", "account_id": world.account, "trade_date": "2022-05-03", "currency": "EUR", "quantity": "10", "price": "100", "security": {"id": id}},
    ]);
    record(&world, "a", entries).await.expect("bought");
    let valued = world.call("portfolio.get_valued_positions", json!({})).await.expect("valued").value;
    assert_eq!(valued["positions"][0]["market_value"]["absent"]["code"], "missing_price");
    assert_eq!(valued["positions"][0]["market_value"]["absent"]["why"], "missing_price: PRIVATE on 2022-06-15");
    assert_eq!(valued["net_asset_value"]["absent"]["code"], "incomplete");
    assert_eq!(valued["partial_value"], json!({"amount": "9000", "currency": "EUR"}));
    near(&valued["coverage"], 0.9, 1e-12, "coverage");
    let metrics = world.call("metrics.compute_twr", json!({})).await.expect("metrics").value;
    assert_eq!(metrics["volatility"]["absent"]["code"], "insufficient_coverage");
    let prices = json!([
        {"kind": "manual_price", "security": {"id": id}, "date": "2022-05-03", "price": "100", "currency": "EUR"},
        {"kind": "manual_price", "security": {"id": id}, "date": "2022-06-01", "price": "110", "currency": "EUR", "note": "last round"},
    ]);
    record(&world, "b", prices).await.expect("stated");
    let valued = world.call("portfolio.get_valued_positions", json!({})).await.expect("valued").value;
    assert_eq!(valued["net_asset_value"], json!({"amount": "10100", "currency": "EUR"}));
    assert_eq!(valued["positions"][0]["price_state"], "manual");
    let metrics = world.call("metrics.compute_twr", json!({})).await.expect("metrics").value;
    near(&metrics["time_weighted_return_itd"], 0.01, 1e-12, "return");
}

#[tokio::test]
async fn nobody_reaches_anothers_portfolio() {
    let world = World::empty().await;
    let request = agents::ContextRequest { portfolio_id: Some(world.other_portfolio), ..world.request() };
    let failure = world.agents.resolve_context(request).await.unwrap_err();
    assert_eq!(failure.code, "portfolio_not_found");
    // Also where a context is forged, the transaction sees nothing.
    let mut forged = world.context().await.as_ref().clone();
    forged.portfolio_id = Some(world.other_portfolio);
    let forged = std::sync::Arc::new(forged);
    for (name, args) in [
        ("ledger.positions", json!({})),
        ("ledger.verify", json!({})),
        ("ledger.record", json!({"entries": [deposit(&world, "2021-03-01", "1")], "idempotency_key": "x"})),
        ("portfolio.update", json!({"name": "mine"})),
    ] {
        let failure = world.call_in(forged.clone(), name, args).await.unwrap_err();
        assert_eq!(failure.code, "portfolio_not_found", "{name}");
    }
    let args = json!({"portfolio_id": world.other_portfolio, "entries": [deposit(&world, "2021-03-01", "1")], "idempotency_key": "y"});
    assert_eq!(world.call("ledger.record", args).await.unwrap_err().code, "invalid_input");
    let listed = world.call("portfolio.list", json!({})).await.expect("list").value;
    let ids: Vec<&str> =
        listed["portfolios"].as_array().expect("rows").iter().filter_map(|row| row["portfolio_id"].as_str()).collect();
    assert!(
        ids.contains(&world.portfolio.to_string().as_str())
            && !ids.contains(&world.other_portfolio.to_string().as_str())
    );
}

#[tokio::test]
async fn settings_are_entries_and_a_portfolio_begins_with_them() {
    let world = World::empty().await;
    let history = world.call("ledger.history", json!({})).await.expect("entries").value;
    let summaries: Vec<&str> =
        history["entries"].as_array().expect("rows").iter().filter_map(|row| row["summary"].as_str()).collect();
    assert_eq!(summaries, ["risk_free = 0.01", "cost_basis_method = \"fifo\"", "base_currency = \"EUR\""]);
    let changed =
        world.call("portfolio.update", json!({"name": "Renamed", "risk_free": "RF_EUR"})).await.expect("changed").value;
    assert_eq!(
        (changed["portfolio"]["name"].as_str(), changed["portfolio"]["risk_free"].as_str()),
        (Some("Renamed"), Some("RF_EUR"))
    );
    let seq = world.context().await.ledger.clone().expect("books").seq;
    world.call("portfolio.update", json!({"name": "Renamed", "risk_free": "RF_EUR"})).await.expect("idempotent");
    assert_eq!(world.context().await.ledger.clone().expect("books").seq, seq);
    let taken = json!({"name": "renamed", "base_currency": "EUR", "idempotency_key": "z"});
    assert_eq!(world.call_without_portfolio("portfolio.create", taken).await.unwrap_err().code, "already_exists");
    for (args, code) in [
        (json!({"name": " ", "base_currency": "EUR", "idempotency_key": "p"}), "invalid_input"),
        (json!({"name": "P", "base_currency": "EUX", "idempotency_key": "p"}), "unknown_currency"),
        (json!({"name": "P", "base_currency": "GBX", "idempotency_key": "p"}), "unknown_currency"),
        (json!({"name": "P", "base_currency": "EUR", "risk_free": 7, "idempotency_key": "p"}), "invalid_input"),
    ] {
        assert_eq!(
            world.call_without_portfolio("portfolio.create", args.clone()).await.unwrap_err().code,
            code,
            "{args}"
        );
    }
    // Before the first pack there are books without prices.
    record(&world, "a", json!([deposit(&world, "2022-05-02", "10000")])).await.expect("funded");
    let valued = world.call("portfolio.get_valued_positions", json!({})).await.expect("valued").value;
    assert_eq!(valued["net_asset_value"], json!({"amount": "10000", "currency": "EUR"}));
    let metrics = world.call("metrics.compute_twr", json!({})).await.unwrap_err();
    assert_eq!(metrics.code, "pricing_pack_not_found");
    let failure = world.call("metrics.compute_twr", json!({"lookback_day": 5})).await.unwrap_err();
    assert_eq!(
        (failure.code.as_str(), failure.errors[0].try_.as_deref()),
        ("invalid_input", Some("nearest is lookback_days"))
    );
}
