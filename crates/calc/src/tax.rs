//! Wash sales and losses worth taking.

use crate::lots::{number, positive, simple_lots};
use crate::{Function, Input, Key, Kind, Output, Problem, Problems};
use formulas::tax::{HarvestPosition, HarvestRates, Side, Trade, WashSaleRules};
use ledger::CostBasisMethod;
use money::Decimal;
use serde_json::{Value, json};

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "wash_sale",
        calculator: "wash_sales",
        summary: "losses that are not allowed because the same was bought within 30 days",
        keys: &[
            Key::required("trades", Kind::List, "{date, side, quantity, amount, account?} in one security"),
            Key::optional("sale_method", Kind::Text, "\"fifo\"", "order in which a sale takes the lots of its account"),
            Key::optional("window_days", Kind::Integer, "30", "days before and after"),
            Key::optional(
                "retirement_accounts",
                Kind::List,
                "",
                "accounts whose gains are not taxed; where absent, those named IRA, 401k and the like",
            ),
        ],
        outputs: &[
            ("sales", "{date, realised, disallowed, term} in order of date"),
            ("lots", "{date, quantity, basis, account}: lots still held, with what was added to their basis"),
            ("permanently_lost", "loss that no basis takes over"),
            ("matches", "{sale_date, buy_date, quantity, disallowed}"),
        ],
        page: "wash_sale",
        run: wash_sale,
    },
    Function {
        name: "tax_loss_harvest",
        calculator: "wash_sales",
        summary: "losses worth taking now, and those that would wash",
        keys: &[
            Key::required("date", Kind::Date, "day of the sales"),
            Key::optional("min_loss_fraction", Kind::Number, "0", "least loss as a fraction of the basis"),
            Key::required("short_rate", Kind::Number, "tax per 1 of short-term gain"),
            Key::required("long_rate", Kind::Number, "tax per 1 of long-term gain"),
            Key::required(
                "positions",
                Kind::List,
                "{id, lots: [[date, quantity, basis], …], price}; later dates are planned",
            ),
        ],
        outputs: &[
            ("candidates", "{id, loss, term, tax_value}, highest tax value first"),
            ("blocked", "{id, reason}: recent_purchase or scheduled_purchase"),
            ("ignored", "{id, reason}: no_loss or below_threshold"),
        ],
        page: "tax_loss_harvest",
        run: tax_loss_harvest,
    },
];

fn wash_sale(input: &Input<'_>) -> Result<Output, Problems> {
    let mut accounts: Vec<Option<String>> = Vec::new();
    let mut trades = Vec::new();
    for row in input.rows("trades")? {
        row.only(&["date", "side", "quantity", "amount", "account"])?;
        let account = row.optional_text("account")?;
        let index = accounts.iter().position(|known| *known == account).unwrap_or_else(|| {
            accounts.push(account.clone());
            accounts.len() - 1
        });
        let side = match row.text("side")?.as_str() {
            "buy" | "drip" | "reinvest" => Side::Buy,
            "sell" => Side::Sell,
            other => {
                let problem = row.problem("side", format!("`{other}` is neither buy nor sell"));
                return Err(problem.did_you_mean(other, ["buy", "sell"]).into());
            }
        };
        trades.push(Trade {
            date: row.date("date")?,
            side,
            quantity: positive(&row, "quantity")?,
            amount: row.decimal("amount")?,
            account: index,
            acquired: None,
        });
    }
    let listed = match input.given("retirement_accounts") {
        Some(_) => Some(input.texts("retirement_accounts")?),
        None => None,
    };
    let is_retirement = |name: &Option<String>| match (name, &listed) {
        (None, _) => false,
        (Some(name), Some(listed)) => listed.contains(name),
        (Some(name), None) => names_retirement(name),
    };
    let rules = WashSaleRules {
        method: method(input)?,
        window_days: i64::try_from(input.count("window_days")?).unwrap_or(i64::MAX),
        retirement: (0..accounts.len()).filter(|at| is_retirement(&accounts[*at])).collect(),
    };
    let mut output = Output::new();
    let found = formulas::tax::wash_sale(&trades, &rules);
    let found = match found.map_err(|reason| input.problem("trades", reason.to_string()))? {
        Some(found) => found,
        None => {
            for key in ["sales", "lots", "permanently_lost", "matches"] {
                output.null(key, "insufficient_quantity");
            }
            return Ok(output);
        }
    };
    let sales: Vec<Value> = found
        .sales
        .iter()
        .map(|sale| {
            json!({
                "date": sale.date, "realised": number(sale.realised), "disallowed": number(sale.disallowed),
                "term": sale.term.map_or("mixed", |term| term.name()),
            })
        })
        .collect();
    let lots: Vec<Value> = found
        .lots
        .iter()
        .map(|lot| {
            json!({
                "date": lot.date, "quantity": number(lot.quantity), "basis": number(lot.basis),
                "account": accounts[lot.account], "adjustment": number(lot.adjustment), "tacked_days": lot.tacked_days,
            })
        })
        .collect();
    let matches: Vec<Value> = found
        .matches
        .iter()
        .map(|found| {
            json!({
                "sale_date": trades[found.sale].date, "buy_date": trades[found.buy].date,
                "quantity": number(found.quantity), "disallowed": number(found.disallowed),
                "permanently_lost": found.is_lost, "tacked_days": found.tacked_days,
            })
        })
        .collect();
    output.put("sales", sales).put("lots", lots).put("permanently_lost", number(found.permanently_lost));
    output.put("matches", matches);
    Ok(output)
}

fn method(input: &Input<'_>) -> Result<CostBasisMethod, Problem> {
    let text = input.text("sale_method")?;
    let known = [CostBasisMethod::Fifo, CostBasisMethod::Lifo, CostBasisMethod::Hifo, CostBasisMethod::Average];
    match CostBasisMethod::parse(&text).filter(|method| known.contains(method)) {
        Some(method) => Ok(method),
        None => {
            let problem = input.problem("sale_method", format!("there is no method `{text}` here"));
            Err(problem.did_you_mean(&text, ["fifo", "lifo", "hifo", "average_cost"]))
        }
    }
}

/// Whether an account is called as those are whose gains are not taxed: `IRA`, `spouse_ira`, `Roth`, `401(k)`…
fn names_retirement(name: &str) -> bool {
    let name = name.to_lowercase();
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let is_word = |word: &str| {
        matches!(word, "ira" | "roth" | "401k" | "401" | "403b" | "403" | "457b" | "sep" | "retirement" | "pension")
            || word.ends_with("ira") && word.len() <= 8 && (word.starts_with("roth") || word.starts_with("sep"))
    };
    words.into_iter().any(is_word)
}

fn tax_loss_harvest(input: &Input<'_>) -> Result<Output, Problems> {
    let mut positions = Vec::new();
    for row in input.rows("positions")? {
        row.only(&["id", "lots", "price"])?;
        let price = row.decimal("price")?;
        if price < Decimal::ZERO {
            return Err(row.problem("price", format!("`price` is {price}, below zero")).into());
        }
        positions.push(HarvestPosition { id: row.text("id")?, lots: simple_lots(&row, "lots")?, price });
    }
    let rates = HarvestRates { short: input.decimal("short_rate")?, long: input.decimal("long_rate")? };
    let threshold = input.decimal("min_loss_fraction")?;
    let harvest = formulas::tax::tax_loss_harvest(input.date("date")?, threshold, rates, &positions);
    let harvest = harvest.map_err(|reason| input.problem("positions", reason.to_string()))?;
    let candidates: Vec<Value> = harvest
        .candidates
        .iter()
        .map(|found| {
            json!({
                "id": found.id, "loss": number(found.loss), "term": found.term.name(),
                "tax_value": number(found.tax_value), "quantity": number(found.quantity),
            })
        })
        .collect();
    let blocked: Vec<Value> =
        harvest.blocked.iter().map(|(id, why)| json!({ "id": id, "reason": why.name() })).collect();
    let ignored: Vec<Value> = harvest
        .ignored
        .iter()
        .map(|(id, has_loss)| json!({ "id": id, "reason": if *has_loss { "below_threshold" } else { "no_loss" } }))
        .collect();
    let mut output = Output::new();
    output.put("candidates", candidates).put("blocked", blocked).put("ignored", ignored);
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NoTables, calculate};

    #[test]
    fn accounts_are_told_by_their_names() {
        for name in ["IRA", "ira", "spouse_ira", "Roth IRA", "401(k)", "401k", "RothIRA"] {
            assert!(names_retirement(name), "{name}");
        }
        for name in ["taxable", "Miranda", "brokerage", "separate"] {
            assert!(!names_retirement(name), "{name}");
        }
    }

    #[test]
    fn a_replacement_in_a_retirement_account_loses_the_loss() {
        let trades = json!([
            {"date": "2021-01-04", "side": "buy", "quantity": 100, "amount": 1000, "account": "taxable"},
            {"date": "2021-06-01", "side": "sell", "quantity": 100, "amount": 750, "account": "taxable"},
            {"date": "2021-06-10", "side": "buy", "quantity": 100, "amount": 800, "account": "ira"},
        ]);
        let got = calculate("wash_sales", &json!({"trades": trades}), &NoTables).unwrap();
        assert_eq!((&got["permanently_lost"], &got["lots"][0]["basis"]), (&json!(250), &json!(800)));
        assert_eq!(got["sales"][0]["disallowed"], 250);
        let none = json!({"trades": trades, "retirement_accounts": []});
        assert_eq!(calculate("wash_sale", &none, &NoTables).unwrap()["lots"][0]["basis"], 1050);
        let short = json!([{"date": "2021-01-04", "side": "sell", "quantity": 1, "amount": 1}]);
        let got = calculate("wash_sale", &json!({"trades": short}), &NoTables).unwrap();
        assert_eq!((&got["sales"], &got["status"]), (&json!(null), &json!("insufficient_quantity")));
    }
}
