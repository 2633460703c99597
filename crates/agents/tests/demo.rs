//! The demo through every layer of the agents, against figures computed independently (`demo/expected.json`).

mod common;

use std::sync::Arc;

use capability::ExecutionContext;
use common::{World, day, near, number};
use serde_json::{Value, json};

#[tokio::test]
async fn the_demo_has_the_expected_figures() {
    let world = World::demo().await;
    let expected = testkit::golden::demo_expected();
    let context = world.context().await;
    assert_eq!(context.as_of, day("2022-06-15"));
    positions_and_cash(&world, &context, &expected).await;
    returns(&world, &context, &expected).await;
    books(&world, &context, &expected).await;
    series(&world, &context, &expected).await;
    splits_of_value(&world, &context).await;
    lookups(&world, &context).await;
    warm_calls_read_nothing(&world, &context).await;
}

async fn value(world: &World, context: &Arc<ExecutionContext>, name: &str, args: Value) -> Value {
    world.call_in(Arc::clone(context), name, args).await.unwrap_or_else(|failure| panic!("{name}: {failure:?}")).value
}

async fn positions_and_cash(world: &World, context: &Arc<ExecutionContext>, expected: &Value) {
    let valued = value(world, context, "portfolio.get_valued_positions", json!({})).await;
    near(&valued["net_asset_value"], number(&expected["nav_base"]), 0.01, "nav");
    near(&valued["cash_value"], number(&expected["cash_base"]), 0.01, "cash");
    near(&valued["positions_value"], number(&expected["market_value_base"]), 0.01, "positions");
    assert_eq!((valued["missing"].clone(), valued["coverage"].as_f64()), (json!([]), Some(1.0)));
    let rows = valued["positions"].as_array().expect("rows");
    let wanted = expected["positions"].as_array().expect("rows");
    assert_eq!(rows.len(), wanted.len());
    for wanted in wanted {
        let symbol = wanted["symbol"].as_str().expect("a symbol");
        let row = rows
            .iter()
            .find(|row| row["symbol"].as_str().is_some_and(|s| s.ends_with(&format!(":{symbol}"))))
            .expect(symbol);
        near(&row["quantity"], number(&wanted["quantity"]), 1e-6, symbol);
        near(&row["cost_basis"], number(&wanted["cost_fifo_base"]), 0.01, symbol);
        near(&row["cost_basis_local"], number(&wanted["cost_fifo"]), 0.01, symbol);
        near(&row["market_value"], number(&wanted["market_value_base"]), 0.01, symbol);
        near(&row["value_local"], number(&wanted["market_value"]), 0.01, symbol);
        near(&row["unrealized_gain"], number(&wanted["unrealized_base"]), 0.02, symbol);
        near(&row["weight"], number(&wanted["weight_of_nav"]), 1e-6, symbol);
        assert_eq!(row["price_date"], wanted["price_date"], "{symbol}");
        assert_eq!(row["lot_count"].as_u64(), wanted["lots"].as_array().map(|lots| lots.len() as u64));
        let parts = number(&row["price_gain"]) + number(&row["currency_gain"]);
        assert!((parts - number(&row["unrealized_gain"])).abs() < 1e-8, "{symbol}");
    }
    for (currency, balance) in expected["cash"].as_object().expect("cash") {
        let row = valued["cash"]
            .as_array()
            .and_then(|rows| rows.iter().find(|row| row["currency"] == *currency))
            .expect(currency);
        near(&row["amount"], number(balance), 0.005, currency);
    }
    let weights: f64 =
        rows.iter().chain(valued["cash"].as_array().expect("cash")).map(|row| number(&row["weight"])).sum();
    assert!((weights - 1.0).abs() < 1e-9, "{weights}");
    let gains = value(world, context, "metrics.unrealized_pl", json!({})).await;
    near(&gains["total_unrealized_gain"], number(&expected["unrealized_base_total"]), 0.02, "unrealized");
    let terms = number(&gains["short_term_total"]) + number(&gains["long_term_total"]);
    near(&gains["total_unrealized_gain"], terms, 1e-6, "terms");
}

async fn returns(world: &World, context: &Arc<ExecutionContext>, expected: &Value) {
    for timing in ["start", "hybrid", "end"] {
        let metrics = value(world, context, "metrics.compute_twr", json!({ "flow_timing": timing })).await;
        near(&metrics["time_weighted_return_itd"], number(&expected["twr"]["cash_basis"][timing]), 1e-7, timing);
    }
    let metrics = value(world, context, "metrics.compute_twr", json!({})).await;
    assert_eq!(metrics["inception_date"], "2019-12-02");
    assert_eq!((metrics["observations"].as_u64(), metrics["periods_per_year"].as_f64()), (Some(252), Some(252.0)));
    assert_eq!(metrics["time_weighted_return_3y"]["absent"]["code"], "insufficient_data");
    let inception = number(&metrics["time_weighted_return_itd"]);
    // 926 days from the close of 2019-12-01 to that of 2022-06-15.
    let annual = (1.0 + inception).powf(365.0 / 927.0) - 1.0;
    near(&metrics["time_weighted_return_itd_annualized"], annual, 1e-12, "annualised");
    near(&metrics["money_weighted_return_itd"], number(&expected["xirr"]), 1e-7, "xirr");
    near(&metrics["risk_free_used"], 0.01, 0.0, "risk-free");
    for ratio in
        ["sharpe_ratio", "sortino_ratio", "calmar_ratio", "volatility", "volatility_30d", "volatility_1y", "skewness"]
    {
        assert!(metrics[ratio].is_f64(), "{ratio}: {}", metrics[ratio]);
    }
    let drawdown = number(&metrics["maximum_drawdown"]);
    assert!(drawdown < 0.0 && drawdown <= number(&metrics["current_drawdown"]), "{metrics}");
    let money = value(world, context, "metrics.compute_mwr", json!({})).await;
    near(&money["money_weighted_return"], number(&expected["xirr"]), 1e-7, "xirr");
    assert_eq!(money["status"], "ok");
    near(&money["closing_value"], number(&expected["nav_base"]), 0.01, "closing value");
    let flows: f64 = money["flows"].as_array().expect("flows").iter().map(|flow| number(&flow["amount"])).sum();
    assert!((flows - number(&expected["net_external_flows_base"])).abs() < 0.05, "{flows}");
    let short = value(world, context, "metrics.compute_mwr", json!({"period": "range", "from": "2022-06-01"})).await;
    assert_eq!(short["money_weighted_return"]["absent"]["code"], "not_annualisable");
    assert!(short["period_return"].is_f64());
}

async fn books(world: &World, context: &Arc<ExecutionContext>, expected: &Value) {
    let page = value(world, context, "ledger.transactions", json!({"limit": 1000})).await;
    assert_eq!(page["total_count"], 164);
    let gains: f64 = page["transactions"]
        .as_array()
        .expect("rows")
        .iter()
        .filter(|row| row["realized_gain"]["absent"].is_null())
        .map(|row| number(&row["realized_gain"]))
        .sum();
    assert!((gains - number(&expected["realized"]["total_base"])).abs() < 0.02, "{gains}");
    // Pages are the whole list, in order and without repetition.
    let (mut seen, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let part = value(
            world,
            context,
            "ledger.transactions",
            json!({"limit": 50, "cursor": cursor, "kinds": ["buy", "sell"]}),
        )
        .await;
        seen.extend(part["transactions"].as_array().expect("rows").iter().map(|row| row["seq"].as_u64().expect("seq")));
        cursor = part["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    let distinct: std::collections::BTreeSet<_> = seen.iter().collect();
    assert_eq!((seen.len(), distinct.len()), (73, 73));
    let verified = value(world, context, "ledger.verify", json!({})).await;
    assert_eq!(
        (verified["matches"].as_bool(), verified["commit_ok"].as_bool()),
        (Some(true), Some(true)),
        "{verified}"
    );
    let history = value(world, context, "ledger.history", json!({"limit": 2})).await;
    assert_eq!(history["entries"][0]["commit"], context.ledger.as_ref().expect("books").commit.as_str());
    let lots = value(world, context, "ledger.lots", json!({"status": "all"})).await;
    let open = lots["lots"].as_array().expect("lots").iter().filter(|lot| lot["closed"]["absent"].is_object()).count();
    let wanted: usize =
        expected["positions"].as_array().expect("rows").iter().map(|p| p["lots"].as_array().map_or(0, Vec::len)).sum();
    assert_eq!(open, wanted);
    let cash = value(world, context, "ledger.cash", json!({})).await;
    near(&cash["total"], number(&expected["cash_base"]), 0.01, "cash");
    let by_lot = value(world, context, "ledger.positions", json!({"by": "lot", "include_closed": true})).await;
    assert_eq!(by_lot["position_count"].as_u64(), lots["lots"].as_array().map(|lots| lots.len() as u64));
    let past = value(world, &at(context, "2021-12-31"), "portfolio.get_valued_positions", json!({})).await;
    near(&past["net_asset_value"], number(&expected["nav_at"]["2021-12-31"]["nav"]), 0.01, "nav of a past day");
}

fn at(context: &Arc<ExecutionContext>, date: &str) -> Arc<ExecutionContext> {
    Arc::new(ExecutionContext { as_of: day(date), ..context.as_ref().clone() })
}

async fn series(world: &World, context: &Arc<ExecutionContext>, expected: &Value) {
    let history = value(world, context, "portfolio.historical_nav", json!({"lookback_days": 5000})).await;
    let points = history["series"]["points"].as_array().expect("points");
    let daily = common::table("nav_daily.csv");
    assert_eq!(points.len(), daily.len());
    for (point, row) in points.iter().zip(&daily) {
        assert_eq!(point[0], row["date"].as_str());
        near(&point[1], row["nav"].parse().expect("a number"), 0.011, &row["date"]);
    }
    near(&history["total_return"], number(&expected["twr"]["cash_basis"]["hybrid"]), 1e-7, "total return");
    let index = history["time_weighted_index"]["points"].as_array().expect("points");
    near(&index[index.len() - 1][1], 1.0 + number(&history["total_return"]), 1e-9, "index");
    let year = value(world, context, "portfolio.historical_nav", json!({"lookback_days": 252})).await;
    let metrics = value(world, context, "metrics.compute_twr", json!({"lookback_days": 252})).await;
    near(&year["total_return"], number(&metrics["lookback_return"]), 1e-12, "the same window");
    let calendar = value(world, context, "metrics.calendar_returns", json!({})).await;
    let linked = calendar["years"]
        .as_array()
        .expect("years")
        .iter()
        .fold(1.0, |wealth, year| wealth * (1.0 + number(&year["total"])));
    assert!((linked - 1.0 - number(&history["total_return"])).abs() < 1e-9, "{linked}");
    let falls = value(world, context, "metrics.drawdowns", json!({"top": 3})).await;
    assert_eq!(falls["drawdowns"].as_array().map(Vec::len), Some(3));
    near(&falls["current_drawdown"], number(&metrics["current_drawdown"]), 1e-12, "current drawdown");
}

async fn splits_of_value(world: &World, context: &Arc<ExecutionContext>) {
    let attributed = value(world, context, "attribution.currency", json!({"lookback_days": 252})).await;
    let parts: f64 =
        ["local_return", "currency_return", "interaction"].iter().map(|part| number(&attributed[part])).sum();
    assert!((parts - number(&attributed["total_return"])).abs() < 1e-5, "{attributed}");
    assert!(number(&attributed["residual_bps"]).abs() < 0.1);
    let valued = value(world, context, "portfolio.get_valued_positions", json!({})).await;
    let sectors = value(world, context, "portfolio.sector_allocation", json!({})).await;
    assert_eq!(sectors["net_asset_value"], valued["net_asset_value"]);
    let sum: f64 = sectors["sectors"].as_array().expect("rows").iter().map(|row| number(&row["weight"])).sum();
    assert!((sum - number(&valued["positions_value"]) / number(&valued["net_asset_value"])).abs() < 1e-9);
    // Rows of the step before give the same as reading the books.
    let rows: Vec<Value> = valued["positions"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| json!({"sector": row["sector"], "market_value": row["market_value"]}))
        .collect();
    let of_rows = value(world, context, "portfolio.sector_allocation", json!({ "valued_positions": rows })).await;
    assert_eq!(of_rows["sectors"].as_array().map(Vec::len), sectors["sectors"].as_array().map(Vec::len));
    for (a, b) in of_rows["sectors"].as_array().expect("rows").iter().zip(sectors["sectors"].as_array().expect("rows"))
    {
        assert_eq!(a["sector"], b["sector"]);
        near(&a["market_value"], number(&b["market_value"]), 1e-8, "sector");
    }
    for by in ["sector", "asset_class", "currency", "country", "account", "security"] {
        let groups = value(world, context, "portfolio.allocation", json!({ "by": by })).await;
        let sum: f64 = groups["groups"].as_array().expect("rows").iter().map(|row| number(&row["weight"])).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{by}: {sum}");
    }
    let listed = value(world, context, "portfolio.list", json!({})).await;
    let own =
        listed["portfolios"].as_array().expect("rows").iter().find(|row| row["name"] == "Demo").expect("the demo");
    assert_eq!(own["net_asset_value"], valued["net_asset_value"]);
}

async fn lookups(world: &World, context: &Arc<ExecutionContext>) {
    let rate = value(world, context, "pricing.fx", json!({"base": "USD", "quote": "HKD", "lookback_days": 5})).await;
    assert_eq!(rate["route"], json!(["cross", "EUR"]));
    assert_eq!(rate["series"]["points"].as_array().map(Vec::len), Some(5));
    let missing = value(world, context, "pricing.fx", json!({"base": "NOK", "quote": "EUR"})).await;
    assert_eq!(missing["rate"]["absent"]["code"], "missing_fx");
    let failure =
        world.call_in(Arc::clone(context), "pricing.fx", json!({"base": "XXQ", "quote": "EUR"})).await.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.pointer.as_deref()), ("unknown_currency", Some("/base")));
    let id = world.security_id("AAPL");
    let prices = value(
        world,
        context,
        "pricing.history",
        json!({"security_id": id, "from": "2020-08-28", "to": "2020-08-31", "adjust": "none"}),
    )
    .await;
    assert_eq!(prices["series"]["points"].as_array().map(Vec::len), Some(2));
    let status = value(world, context, "pricing.pack_status", json!({})).await;
    assert_eq!(
        (status["pack"]["id"].as_str(), status["pack"]["status"].as_str()),
        (Some("PP_2022-06-15"), Some("fresh"))
    );
    let found = value(world, context, "securities.search", json!({"text": "aap"})).await;
    assert_eq!(found["candidates"][0]["symbol"], "XNAS:AAPL");
}

async fn warm_calls_read_nothing(world: &World, context: &Arc<ExecutionContext>) {
    for name in [
        "portfolio.get_valued_positions",
        "metrics.compute_twr",
        "attribution.currency",
        "portfolio.historical_nav",
        "portfolio.sector_allocation",
    ] {
        let first = world.call_in(Arc::clone(context), name, json!({})).await.expect(name);
        let second = world.call_in(Arc::clone(context), name, json!({})).await.expect(name);
        assert_eq!((first.rows_read, second.rows_read), (0, 0), "{name}");
        assert_eq!(capability::canonical(&first.value), capability::canonical(&second.value), "{name}");
    }
}
