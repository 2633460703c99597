//! Restating a day: new packs from that day on, old results reproducible, effects told.

mod common;

use std::sync::Arc;

use agents::packs::{self, Changes, PackError, PriceChange, RateChange};
use agents::{ContextRequest, packs::build_range};
use common::{World, day, dec, near, number};
use serde_json::json;

fn price(world: &World, symbol: &str, price: &str, currency: &str) -> Changes {
    let change = PriceChange {
        security_id: world.security_id(symbol),
        price: dec(price),
        currency: currency.parse().expect("currency"),
    };
    Changes { prices: vec![change], rates: Vec::new() }
}

#[tokio::test]
async fn a_restated_price_makes_new_packs_and_keeps_the_old_results() {
    let mut world = World::demo().await;
    let old = world.context().await;
    let before = world.call_in(old.clone(), "portfolio.get_valued_positions", json!({})).await.expect("valued").value;
    let old_returns = world.call_in(old.clone(), "metrics.compute_twr", json!({})).await.expect("metrics").value;
    // 85 MSFT closed at 251.76 on the last day.
    let changes = price(&world, "MSFT", "241.76", "USD");
    let dry = json!({"date": "2022-06-15", "reason": "wrong close", "dry_run": true,
                     "changes": {"prices": [{"security_id": world.security_id("MSFT"), "price": {"amount": "241.76", "currency": "USD"}}]}});
    let shown = world.call("pricing.supersede", dry).await.expect("a dry run").value;
    assert_eq!(
        (shown["days"].as_u64(), shown["changed_prices"].as_u64(), shown["written"].as_bool()),
        (Some(1), Some(1), Some(false))
    );
    assert_eq!(world.context().await.pack, old.pack);
    let report =
        packs::restate(&world.store, "default", day("2022-06-15"), &changes, "wrong close").await.expect("restated");
    world.agents.packs_changed();
    assert_eq!(report.packs[0].new, "PP_2022-06-15_R1");
    let new = world.context().await;
    let (old_pack, new_pack) = (old.pack.clone().expect("a pack"), new.pack.clone().expect("a pack"));
    assert_ne!(old_pack.hash, new_pack.hash);
    assert_eq!(
        (new_pack.display_id.as_str(), new_pack.restated_reason.as_deref()),
        ("PP_2022-06-15_R1", Some("wrong close"))
    );
    let after = world.call_in(new.clone(), "portfolio.get_valued_positions", json!({})).await.expect("valued").value;
    let rate = number(
        &after["positions"].as_array().expect("rows").iter().find(|row| row["symbol"] == "XNAS:MSFT").expect("MSFT")["fx_rate"]
            ["rate"],
    );
    near(&after["net_asset_value"], number(&before["net_asset_value"]) - 850.0 * rate, 1e-6, "nav");
    // The old pack by its name or hash, also after a restart: the same bytes.
    world.restarted().await;
    for id in ["PP_2022-06-15", old_pack.hash.as_str()] {
        let request = ContextRequest { pricing_pack_id: Some(id.to_owned()), ..world.request() };
        let context = Arc::new(world.agents.resolve_context(request).await.expect("the old pack"));
        assert_eq!(context.pack.as_ref().and_then(|pack| pack.superseded_by.as_deref()), Some("PP_2022-06-15_R1"));
        let again =
            world.call_in(context.clone(), "portfolio.get_valued_positions", json!({})).await.expect("valued").value;
        assert_eq!(capability::canonical(&again), capability::canonical(&before));
        let returns = world.call_in(context, "metrics.compute_twr", json!({})).await.expect("metrics").value;
        assert_eq!(capability::canonical(&returns), capability::canonical(&old_returns));
    }
    let impact =
        world.call("pricing.restatement_impact", json!({"old_pack": "PP_2022-06-15"})).await.expect("an impact").value;
    near(&impact["nav_delta"], -850.0 * rate, 1e-6, "impact");
    assert!(number(&impact["return_delta_bps"]) < 0.0);
    assert_eq!(
        (impact["positions"].as_array().map(Vec::len), impact["new_pack"].as_str()),
        (Some(1), Some("PP_2022-06-15_R1"))
    );
    let status = world.call("pricing.pack_status", json!({"date": "2022-06-15"})).await.expect("a status").value;
    assert_eq!(status["history"].as_array().map(Vec::len), Some(2));
    let unknown = ContextRequest { pricing_pack_id: Some("PP_2030-01-01".to_owned()), ..world.request() };
    assert_eq!(world.agents.resolve_context(unknown).await.unwrap_err().code, "pricing_pack_not_found");
}

#[tokio::test]
async fn what_was_carried_forward_is_restated_too() {
    let world = World::with_packs().await;
    // A Friday: Saturday and Sunday carry it, Monday has its own price.
    let friday = day("2022-06-03");
    let mut changes = price(&world, "MSFT", "260", "USD");
    changes.rates.push(RateChange { base: "EUR".parse().unwrap(), quote: "USD".parse().unwrap(), rate: dec("1.08") });
    let report = packs::restate(&world.store, "default", friday, &changes, "wrong close").await.expect("restated");
    assert_eq!((report.packs.len(), report.changed_prices, report.changed_rates), (13, 1, 1));
    let changed: Vec<bool> = report.packs.iter().map(|pack| pack.content_changed).collect();
    // Whit Monday: the central bank fixes as on every weekday, so Monday stands.
    assert_eq!(changed.iter().filter(|changed| **changed).count(), 3, "{changed:?}");
    world.agents.packs_changed();
    let sunday = ContextRequest { as_of: Some(day("2022-06-05")), ..world.request() };
    let context = Arc::new(world.agents.resolve_context(sunday).await.expect("a context"));
    let rate =
        world.call_in(context, "pricing.fx", json!({"base": "EUR", "quote": "USD"})).await.expect("a rate").value;
    assert_eq!((rate["rate"]["rate"].as_str(), rate["quoted_on"].as_str()), (Some("1.08"), Some("2022-06-03")));
    // Twice is once more.
    let again = packs::restate(&world.store, "default", friday, &changes, "again").await.unwrap_err();
    assert!(matches!(again, PackError::NothingChanges(_)), "{again}");
    let other = packs::restate(&world.store, "default", friday, &price(&world, "MSFT", "261", "USD"), "better")
        .await
        .expect("restated");
    assert_eq!(other.packs[0].new, "PP_2022-06-03_R2");
}

#[tokio::test]
async fn what_cannot_be_right_is_refused() {
    let world = World::with_packs().await;
    let last = day("2022-06-15");
    for (changes, wanted) in
        [(price(&world, "MSFT", "25176", "USD"), "a hundred times"), (price(&world, "MSFT", "0", "USD"), "is 0 on")]
    {
        let error = packs::restate(&world.store, "default", last, &changes, "wrong").await.unwrap_err();
        assert!(error.to_string().contains(wanted), "{error}");
    }
    let missing = packs::restate(&world.store, "default", day("2030-01-01"), &price(&world, "MSFT", "1", "USD"), "x")
        .await
        .unwrap_err();
    assert!(matches!(missing, PackError::NoPack(_)));
    // Days that have a pack are left alone; a range that lacks prices fails and says what is missing.
    let again = build_range(&world.store, "default", day("2018-01-02"), last).await.expect("nothing to do");
    assert_eq!((again.packs, again.head.as_deref()), (0, Some("PP_2022-06-15")));
    let error = build_range(&world.store, "default", last, day("2022-06-30")).await.unwrap_err();
    assert!(error.to_string().contains("missing_price: XNAS:AAPL on 2022-06-30"), "{error}");
    let status = world.call("pricing.pack_status", json!({"date": "2022-06-30"})).await.expect("a status").value;
    assert_eq!(
        (status["pack"]["status"].as_str(), status["pack"]["date"].as_str()),
        (Some("failed"), Some("2022-06-30"))
    );
    // The next day is carried: nothing is older than five sessions.
    let carried = build_range(&world.store, "default", last, day("2022-06-17")).await.expect("two days");
    assert_eq!((carried.packs, carried.head.as_deref()), (2, Some("PP_2022-06-17")));
    world.agents.packs_changed();
    assert_eq!(world.context().await.as_of, day("2022-06-17"));
}
