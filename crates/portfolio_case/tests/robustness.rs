//! Whatever the file says, reading and answering it ends with answers or problems, never with a panic.

use proptest::prelude::*;
use serde_json::{Value, json};

fn answers(case: Value) -> Vec<Value> {
    portfolio_case::answer(&case, false).expect("a readable case")["answers"].as_array().expect("answers").clone()
}

#[test]
fn all_faults_are_listed_with_their_places() {
    let case = json!({
        "title": "faults everywhere", "area": "lots",
        "accounts": [{ "currency": "EUR" }],
        "transactions": [
            { "date": "2024-02-30", "type": "BUY", "symbol": "A", "quantity": "1", "price": "x" },
            { "date": "2024-01-01", "type": "SPLIT", "symbol": "A" },
            { "date": "2024-01-01", "type": "SELL", "quantity": "-1", "price": "1" },
        ],
        "prices": { "A/B": [["2024-01-01"]] },
        "period": { "start": "2024-02-01", "end": "2024-01-01" },
        "queries": [{ "scope": { "symbl": "A" } }],
    });
    let problems = portfolio_case::answer(&case, false).expect_err("a faulty case");
    let pointers: Vec<&str> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
    for expected in [
        "/id",
        "/accounts/0/id",
        "/transactions/0/date",
        "/transactions/0/price",
        "/transactions/1/ratio_new",
        "/transactions/2/symbol",
        "/transactions/2/quantity",
        "/prices/A~1B/0",
        "/period/end",
        "/queries/0/metric",
        "/queries/0/scope/symbl",
    ] {
        assert!(pointers.contains(&expected), "{expected} is not among {pointers:?}");
    }
}

#[test]
fn what_nobody_understands_is_reported_or_absent() {
    let case = json!({
        "id": "unknown", "conventions": { "cost_method": "guess", "fees_in_cots": true }, "base_currency": "EUR",
        "transactions": [{ "date": "2024-01-01", "type": "BUY", "symbol": "A", "quantity": "1", "price": "1" }],
        "as_of": "2024-01-02",
        "queries": [{ "metric": "cost_basis" }, { "metric": "quantity" }, { "metric": "cost_bases" }, { "metric": "market_value" }],
    });
    let output = portfolio_case::answer(&case, false).expect("a readable case");
    assert_eq!(output["answers"][0]["absent"], "unknown_convention");
    assert_eq!(output["answers"][1]["value"], "1");
    assert_eq!(output["answers"][2]["absent"], "unknown_metric");
    assert_eq!(output["answers"][3]["absent"], "no_price");
    let pointers: Vec<&str> =
        output["warnings"].as_array().expect("warnings").iter().filter_map(|w| w["pointer"].as_str()).collect();
    assert_eq!(pointers, ["/conventions/cost_method", "/conventions/fees_in_cots"]);
}

#[test]
fn numbers_out_of_range_are_absent() {
    let most = "79228162514264337593543950335";
    let found = answers(json!({
        "id": "large", "base_currency": "EUR",
        "transactions": [{ "date": "2024-01-01", "type": "BUY", "symbol": "A", "quantity": most, "price": most }],
        "prices": { "A": [["2024-01-01", most]] }, "as_of": "2024-01-01",
        "queries": [{ "metric": "market_value" }, { "metric": "cost_basis" }, { "metric": "twr" }, { "metric": "irr" }],
    }));
    for answer in found {
        assert!(answer.get("absent").is_some(), "{answer}");
    }
}

fn small_decimal() -> impl Strategy<Value = String> {
    (0i64..2_000_000, 0u32..5).prop_map(|(mantissa, scale)| rust_decimal::Decimal::new(mantissa, scale).to_string())
}

fn transaction() -> impl Strategy<Value = Value> {
    let kinds: Vec<&'static str> = portfolio_case::case::Kind::ALL.iter().map(|(name, _)| *name).collect();
    (0usize..kinds.len(), 1u32..28, small_decimal(), small_decimal(), small_decimal(), 0usize..2, 1u32..4).prop_map(
        move |(kind, day, quantity, price, fee, symbol, ratio)| {
            json!({ "date": format!("2024-01-{day:02}"), "type": kinds[kind], "symbol": if symbol == 0 { "A" } else { "B" },
                "quantity": quantity, "price": price, "amount": price, "fee": fee, "account": "one", "to_account": "two",
                "ratio_new": ratio.to_string(), "ratio_old": "2" })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_books_are_answered(
        transactions in proptest::collection::vec(transaction(), 0..12),
        product in prop::sample::select(vec!["ghostfolio", "portfolio_performance", "wealthfolio", "hledger", "beancount", "rotki"]),
        currency in prop::sample::select(vec!["EUR", "USD"]),
    ) {
        let queries: Vec<Value> = portfolio_case::metrics::METRICS
            .iter()
            .flat_map(|metric| [json!({ "metric": metric }), json!({ "metric": metric, "scope": { "symbol": "A" }, "currency": currency })])
            .collect();
        let asked = queries.len();
        let case = json!({
            "id": "any", "base_currency": "EUR", "conventions": { "product": product }, "transactions": transactions,
            "instruments": [{ "symbol": "A", "currency": "USD" }],
            "fx": [{ "base": "EUR", "quote": "USD", "rates": [["2023-12-31", "1.1"], ["2024-01-15", "1.2"]] }],
            "prices": { "A": [["2024-01-02", "10"], ["2024-01-20", "12.5"]], "B": [["2024-01-01", "0"]] },
            "period": { "start": "2024-01-05", "end": "2024-01-28" }, "queries": queries,
        });
        let found = answers(case);
        prop_assert_eq!(found.len(), asked);
        for answer in found {
            prop_assert!(answer.get("value").is_some() != answer.get("absent").is_some(), "{}", answer);
        }
    }

    #[test]
    fn costs_are_conserved(
        trades in proptest::collection::vec((prop::bool::ANY, 1u32..28, 1i64..50, 1i64..5000, 0i64..300), 1..14),
        method in prop::sample::select(vec!["FIFO", "LIFO", "HIFO", "AVERAGE"]),
        cents in prop::bool::ANY,
    ) {
        let transactions: Vec<Value> = trades
            .iter()
            .map(|(buy, day, quantity, price, fee)| {
                json!({ "date": format!("2024-01-{day:02}"), "type": if *buy { "BUY" } else { "SELL" }, "symbol": "A",
                    "quantity": quantity.to_string(), "price": format!("{}.{:02}", price / 100, price % 100),
                    "fee": format!("{}.{:02}", fee / 100, fee % 100) })
            })
            .collect();
        let rounding = if cents { "cents_half_up_each_booking" } else { "none" };
        let found = answers(json!({
            "id": "conserved", "base_currency": "EUR", "transactions": transactions, "as_of": "2024-02-01",
            "conventions": { "cost_method": method, "oversell": "missing", "rounding": rounding },
            "queries": [{ "metric": "cost_basis" }, { "metric": "cost_of_sold" }, { "metric": "quantity_missing" },
                { "metric": "net_proceeds" }, { "metric": "realized_gain" }],
        }));
        let number = |at: usize| portfolio_case::case::number_of(&found[at]["value"]).expect("a number");
        let paid: i64 = trades.iter().filter(|t| t.0).map(|(_, _, quantity, price, fee)| quantity * price + fee).sum();
        let off = (number(0) + number(1)).to_f64() - paid as f64 / 100.0;
        prop_assert!(off.abs() < 1e-9, "paid {paid} cents, off by {off}");
        let gain = (number(3) - number(1) - number(4)).to_f64();
        prop_assert!(gain.abs() < 1e-9, "proceeds − cost − gain is {gain}");
    }

    #[test]
    fn the_bridge_closes_whatever_was_booked(
        rows in proptest::collection::vec((0usize..14, 1i64..360, 1i64..30, 100i64..9000, 0i64..300, prop::bool::ANY, prop::bool::ANY), 1..30),
        start in 5i64..200,
        conventions in prop::sample::select(vec!["{}", r#"{"product":"portfolio_performance"}"#, r#"{"method":"AVERAGE"}"#, r#"{"method":"HIFO"}"#]),
    ) {
        const KINDS: [&str; 14] = ["DEPOSIT", "WITHDRAWAL", "BUY", "BUY", "DELIVERY_IN", "SELL", "DELIVERY_OUT", "TRANSFER",
            "DIVIDEND", "INTEREST", "INTEREST_CHARGE", "FEE", "TAX", "CASH_TRANSFER"];
        let first = dates::parse_date("2020-01-01").expect("a day");
        let cents = |amount: i64| format!("{}.{:02}", amount / 100, amount % 100);
        let mut rows = rows;
        rows.sort_by_key(|row| row.1);
        let mut held = std::collections::BTreeMap::<(bool, bool), i64>::new();
        let mut transactions = Vec::new();
        for (kind, day, units, amount, charge, dollar, second) in rows {
            let kind = KINDS[kind];
            let (depot, cash) = if dollar { ("depot usd", "usd") } else { ("depot eur", "eur") };
            let other = if dollar { ("depot eur", "eur") } else { ("depot usd", "usd") };
            let here = held.entry((dollar, second)).or_insert(0);
            let units = if matches!(kind, "SELL" | "DELIVERY_OUT" | "TRANSFER") { units.min(*here) } else { units };
            if units == 0 {
                continue;
            }
            let mut t = json!({ "date": (first + chrono::Duration::days(day)).to_string(), "type": kind });
            let is_trade = matches!(kind, "BUY" | "SELL" | "DELIVERY_IN" | "DELIVERY_OUT" | "TRANSFER" | "DIVIDEND");
            if is_trade {
                t["symbol"] = json!(if second { "B" } else { "A" });
                t["account"] = json!(depot);
                t["currency"] = json!(if dollar { "USD" } else { "EUR" });
            } else {
                t["account"] = json!(cash);
                t["amount"] = json!(cents(amount));
            }
            if is_trade && kind != "DIVIDEND" {
                t["quantity"] = json!(units.to_string());
            }
            match kind {
                "BUY" | "DELIVERY_IN" => *here += units,
                "SELL" | "DELIVERY_OUT" | "TRANSFER" => *here -= units,
                _ => {}
            }
            match kind {
                "TRANSFER" => {
                    t["to_account"] = json!(other.0);
                    *held.entry((!dollar, second)).or_insert(0) += units;
                }
                "CASH_TRANSFER" => {
                    t["to_account"] = json!(other.1);
                    t["to_amount"] = json!(cents(amount + charge));
                }
                _ if is_trade => {
                    t["net"] = json!(cents(amount * units));
                    t["fee"] = json!(cents(charge));
                    t["tax"] = json!(cents(charge / 3));
                }
                _ => {}
            }
            transactions.push(t);
        }
        let quotes = |seed: i64| -> Value {
            (0..60).map(|week| json!([(first + chrono::Duration::days(7 * week - 7)).to_string(), cents(1000 + (week * seed) % 700)])).collect()
        };
        let rates: Value = (0..60)
            .map(|week| json!([(first + chrono::Duration::days(7 * week - 7)).to_string(), format!("1.{:03}", (week * 37) % 250)]))
            .collect();
        let scopes = [json!({}), json!({ "symbol": "A" }), json!({ "symbol": "B" }), json!({ "account": "eur" }),
            json!({ "account": "usd" }), json!({ "account": "depot eur" }), json!({ "account": "depot usd" })];
        let queries: Vec<Value> = scopes.iter().map(|scope| json!({ "metric": "bridge_closes", "scope": scope })).collect();
        let found = answers(json!({
            "id": "bridge", "base_currency": "EUR", "transactions": transactions,
            "conventions": serde_json::from_str::<Value>(conventions).expect("conventions"),
            "accounts": [{ "id": "eur", "currency": "EUR" }, { "id": "usd", "currency": "USD" },
                { "id": "depot eur", "kind": "securities", "cash_account": "eur" },
                { "id": "depot usd", "kind": "securities", "cash_account": "usd" }],
            "instruments": [{ "symbol": "A", "currency": "EUR" }, { "symbol": "B", "currency": "USD" }],
            "prices": { "A": quotes(37), "B": quotes(53) }, "fx": [{ "base": "EUR", "quote": "USD", "rates": rates }],
            "period": { "start": (first + chrono::Duration::days(start)).to_string(), "end": "2020-12-31" }, "queries": queries,
        }));
        for (scope, answer) in scopes.iter().zip(found) {
            prop_assert_eq!(&answer["value"], &json!(true), "{} {}", scope, answer);
        }
    }
}
