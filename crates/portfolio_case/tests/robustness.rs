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
}
