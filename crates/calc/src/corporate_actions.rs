//! What corporate actions do to lots.

use crate::lots::{lots_value, number, positive, simple_lots};
use crate::{Function, Input, Key, Kind, Output, Problem, Problems};
use formulas::Undefined;
use formulas::lots::{Fractions, MergerTerms, MergerTreatment, SpinOffTerms};
use money::Decimal;
use serde_json::Value;

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "split",
        calculator: "lot_sale",
        summary: "units and cost after a split",
        keys: &[LOTS, RATIO_NEW, RATIO_OLD],
        outputs: &[("lots", "[[date, quantity, basis], …]")],
        page: "split",
        run: split,
    },
    Function {
        name: "reverse_split",
        calculator: "lot_sale",
        summary: "units, cost and the fraction that is paid out after a reverse split",
        keys: &[
            LOTS,
            RATIO_NEW,
            RATIO_OLD,
            Key::optional(
                "cash_in_lieu_price",
                Kind::Number,
                "",
                "cash for one new unit; without it the fraction is kept",
            ),
        ],
        outputs: &[
            ("quantity", "units held after"),
            ("basis", "their cost"),
            ("fraction_quantity", "units paid out"),
            ("fraction_basis", "their cost"),
            ("cash_in_lieu", "cash for them"),
            ("gain", "gain on them"),
        ],
        page: "reverse_split",
        run: reverse_split,
    },
    Function {
        name: "spin_off",
        calculator: "lot_sale",
        summary: "cost divided between a parent and what it spins off",
        keys: &[
            LOTS,
            RATIO_NEW,
            RATIO_OLD,
            Key::required("parent_price", Kind::Number, "price of the parent on the first day"),
            Key::required("spin_price", Kind::Number, "price of the spin-off on the first day"),
            Key::optional("fractions", Kind::Any, "", "keep, cash, or the cash price of a unit; kept where absent"),
        ],
        outputs: &[
            ("parent_basis", "cost that stays"),
            ("spin_basis", "cost that moves, without the fraction paid out"),
            ("spin_quantity", "units received and kept"),
            ("spin_acquired", "purchase date that carries over; a list where the lots differ"),
            ("cash_in_lieu", "cash for the fraction"),
            ("fraction_basis", "cost of the fraction"),
            ("gain", "gain on the fraction"),
        ],
        page: "spin_off",
        run: spin_off,
    },
    Function {
        name: "stock_dividend",
        calculator: "lot_sale",
        summary: "cost of a unit after a dividend in stock, and the fraction that is paid out",
        keys: &[
            Key::required("quantity", Kind::Number, "units held"),
            Key::required("basis", Kind::Number, "their total cost"),
            Key::required("rate", Kind::Number, "new units per unit held"),
            Key::required("market_price", Kind::Number, "price of a unit"),
            Key::optional("cash_in_lieu", Kind::Number, "0", "cash for the fraction"),
        ],
        outputs: &[
            ("basis_old_share", "cost of one unit after"),
            ("basis_fraction", "cost of the fraction"),
            ("gain", "gain on the fraction"),
        ],
        page: "stock_dividend",
        run: stock_dividend,
    },
    Function {
        name: "merger",
        calculator: "lot_sale",
        summary: "units, cost and gain after a merger for stock, cash or both",
        keys: &[
            LOTS,
            Key::optional("stock_ratio", Kind::Number, "0", "units of the acquirer for one held"),
            Key::optional("cash_per_share", Kind::Number, "0", "cash for one held"),
            Key::optional("acquirer_price", Kind::Number, "", "price of the acquirer"),
            Key::optional("treatment", Kind::Text, "", "tax_free (reorganisation) or taxable; tax_free where absent"),
        ],
        outputs: &[
            ("quantity", "units of the acquirer"),
            ("basis", "their cost"),
            ("gain", "gain that is taxed now"),
            ("acquired", "purchase date that carries over; null where the merger is a sale"),
            ("cash", "cash received"),
            ("realised_gain", "value received less cost"),
            ("recognised_gain", "the part that is taxed now"),
        ],
        page: "merger",
        run: merger,
    },
    Function {
        name: "return_of_capital",
        calculator: "lot_sale",
        summary: "cost and gain after cash that is paid out of capital",
        keys: &[LOTS, Key::required("amount_per_share", Kind::Number, "cash per unit")],
        outputs: &[("basis", "cost after"), ("gain", "what exceeds the cost"), ("lots", "the lots after")],
        page: "return_of_capital",
        run: return_of_capital,
    },
    Function {
        name: "drip",
        calculator: "lot_sale",
        summary: "a dividend that buys more of the same",
        keys: &[
            Key::required("quantity", Kind::Number, "units held"),
            Key::required("basis", Kind::Number, "their total cost"),
            Key::required("dividend_per_share", Kind::Number, "dividend of a unit"),
            Key::required("price", Kind::Number, "price of a unit"),
            Key::optional("decimals", Kind::Integer, "12", "the broker's precision of units"),
        ],
        outputs: &[
            ("cash", "the dividend, to the cent"),
            ("new_quantity", "units bought"),
            ("income", "the dividend"),
            ("total_basis", "cost of all units"),
            ("total_quantity", "all units"),
        ],
        page: "drip",
        run: drip,
    },
];

const LOTS: Key = Key::required("lots", Kind::List, "[[date, quantity, basis], …]; basis is the total cost of the lot");
const RATIO_NEW: Key = Key::required("ratio_new", Kind::Number, "new units");
const RATIO_OLD: Key = Key::required("ratio_old", Kind::Number, "for old ones");

fn split(input: &Input<'_>) -> Result<Output, Problems> {
    let lots = simple_lots(input, "lots")?;
    let after = formulas::lots::split(&lots, positive(input, "ratio_new")?, positive(input, "ratio_old")?);
    let mut output = Output::new();
    match after {
        Ok(after) => output.put("lots", lots_value(&after)),
        Err(reason) => undefined(&mut output, &["lots"], &reason),
    };
    Ok(output)
}

fn reverse_split(input: &Input<'_>) -> Result<Output, Problems> {
    let lots = simple_lots(input, "lots")?;
    let (new, old) = (positive(input, "ratio_new")?, positive(input, "ratio_old")?);
    let mut output = Output::new();
    match formulas::lots::reverse_split(&lots, new, old, input.optional_decimal("cash_in_lieu_price")?) {
        Ok(after) => put_all(
            &mut output,
            &[
                ("quantity", after.quantity),
                ("basis", after.basis),
                ("fraction_quantity", after.fraction_quantity),
                ("fraction_basis", after.fraction_basis),
                ("cash_in_lieu", after.cash_in_lieu),
                ("gain", after.gain),
            ],
        ),
        Err(reason) => undefined(&mut output, &["quantity", "basis", "fraction_basis", "gain"], &reason),
    };
    Ok(output)
}

fn spin_off(input: &Input<'_>) -> Result<Output, Problems> {
    let lots = simple_lots(input, "lots")?;
    let terms = SpinOffTerms {
        ratio_new: positive(input, "ratio_new")?,
        ratio_old: positive(input, "ratio_old")?,
        parent_price: not_negative(input, "parent_price")?,
        spin_price: not_negative(input, "spin_price")?,
        fractions: fractions(input)?,
    };
    let mut output = Output::new();
    match formulas::lots::spin_off(&lots, &terms) {
        Ok(spun) => {
            put_all(
                &mut output,
                &[
                    ("parent_basis", spun.parent_basis),
                    ("spin_basis", spun.spin_basis),
                    ("spin_quantity", spun.spin_quantity),
                    ("cash_in_lieu", spun.cash_in_lieu),
                    ("fraction_basis", spun.fraction_basis),
                    ("gain", spun.gain),
                ],
            );
            output.put("spin_acquired", dates_value(&spun.spin_acquired));
            output.put("spin_lots", lots_value(&spun.spin_lots)).put("parent_lots", lots_value(&spun.parent_lots))
        }
        Err(reason) => undefined(&mut output, &["parent_basis", "spin_basis", "spin_quantity"], &reason),
    };
    Ok(output)
}

fn fractions(input: &Input<'_>) -> Result<Fractions, Problem> {
    match input.given("fractions") {
        None | Some(Value::Bool(false)) => Ok(Fractions::Keep),
        Some(Value::Bool(true)) => Ok(Fractions::Cash(None)),
        Some(Value::Number(_)) => Ok(Fractions::Cash(Some(not_negative(input, "fractions")?))),
        Some(Value::String(word)) => match word.as_str() {
            "keep" | "kept" | "hold" | "fractional" | "none" => Ok(Fractions::Keep),
            "cash" | "cash_in_lieu" | "to_cash" | "sell" | "sold" => Ok(Fractions::Cash(None)),
            price if price.starts_with(|first: char| first.is_ascii_digit()) => {
                Ok(Fractions::Cash(Some(not_negative(input, "fractions")?)))
            }
            word => Err(input.problem("fractions", format!("`{word}` is neither keep nor cash"))),
        },
        Some(_) => Err(input.problem("fractions", "neither keep nor cash nor a price")),
    }
}

fn stock_dividend(input: &Input<'_>) -> Result<Output, Problems> {
    let after = formulas::lots::stock_dividend(
        positive(input, "quantity")?,
        not_negative(input, "basis")?,
        not_negative(input, "rate")?,
        not_negative(input, "market_price")?,
        not_negative(input, "cash_in_lieu")?,
    );
    let mut output = Output::new();
    match after {
        Ok(after) => put_all(
            &mut output,
            &[
                ("basis_old_share", after.basis_old_share),
                ("basis_fraction", after.basis_fraction),
                ("gain", after.gain),
                ("quantity", after.quantity),
                ("basis", after.basis),
                ("fraction_quantity", after.fraction_quantity),
            ],
        ),
        Err(reason) => undefined(&mut output, &["basis_old_share", "basis_fraction", "gain"], &reason),
    };
    Ok(output)
}

fn merger(input: &Input<'_>) -> Result<Output, Problems> {
    let lots = simple_lots(input, "lots")?;
    let terms = MergerTerms {
        stock_ratio: not_negative(input, "stock_ratio")?,
        cash_per_share: not_negative(input, "cash_per_share")?,
        acquirer_price: input.optional_decimal("acquirer_price")?,
        treatment: treatment(input)?,
    };
    if terms.stock_ratio.is_zero() && terms.cash_per_share.is_zero() {
        return Err(input.problem("stock_ratio", "a merger gives stock, cash or both").into());
    }
    let mut output = Output::new();
    match formulas::lots::merger(&lots, &terms) {
        Ok(after) => {
            put_all(
                &mut output,
                &[
                    ("quantity", after.quantity),
                    ("basis", after.basis),
                    ("gain", after.recognised_gain),
                    ("cash", after.cash),
                    ("recognised_gain", after.recognised_gain),
                ],
            );
            output.put("realised_gain", after.realised_gain.map_or(Value::Null, number));
            output.put("acquired", dates_value(&after.acquired)).put("lots", lots_value(&after.lots))
        }
        Err(reason) => undefined(&mut output, &["quantity", "basis", "gain"], &reason),
    };
    Ok(output)
}

fn treatment(input: &Input<'_>) -> Result<MergerTreatment, Problem> {
    let Some(text) = input.optional_text("treatment")? else { return Ok(MergerTreatment::TaxFree) };
    let word: String = text.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    match word.as_str() {
        "taxable" | "taxable_exchange" | "taxable_sale" | "sale" | "cash" => Ok(MergerTreatment::Taxable),
        _ if word.starts_with("tax_free") || word.starts_with("reorgani") || word.contains("stock") => {
            Ok(MergerTreatment::TaxFree)
        }
        _ => {
            let problem = input.problem("treatment", format!("there is no treatment `{text}`"));
            Err(problem.did_you_mean(&word, ["tax_free", "reorganisation", "taxable"]))
        }
    }
}

fn return_of_capital(input: &Input<'_>) -> Result<Output, Problems> {
    let lots = simple_lots(input, "lots")?;
    let mut output = Output::new();
    match formulas::lots::return_of_capital(&lots, not_negative(input, "amount_per_share")?) {
        Ok(after) => {
            put_all(&mut output, &[("basis", after.basis), ("gain", after.gain), ("cash", after.cash)]);
            let gains: Vec<Value> = after.gains.iter().map(|gain| number(*gain)).collect();
            output.put("lots", lots_value(&after.lots)).put("gains", gains)
        }
        Err(reason) => undefined(&mut output, &["basis", "gain"], &reason),
    };
    Ok(output)
}

fn drip(input: &Input<'_>) -> Result<Output, Problems> {
    let decimals = u32::try_from(input.count("decimals")?).unwrap_or(u32::MAX).min(12);
    let after = formulas::lots::drip(
        positive(input, "quantity")?,
        not_negative(input, "basis")?,
        not_negative(input, "dividend_per_share")?,
        not_negative(input, "price")?,
        decimals,
    );
    let mut output = Output::new();
    match after {
        Ok(after) => put_all(
            &mut output,
            &[
                ("cash", after.cash),
                ("new_quantity", after.new_quantity),
                ("income", after.income),
                ("total_basis", after.total_basis),
                ("total_quantity", after.total_quantity),
            ],
        ),
        Err(reason) => undefined(&mut output, &["cash", "new_quantity", "income", "total_basis"], &reason),
    };
    Ok(output)
}

fn put_all<'o>(output: &'o mut Output, values: &[(&str, Decimal)]) -> &'o mut Output {
    for (key, value) in values {
        output.put(key, number(*value));
    }
    output
}

fn undefined<'o>(output: &'o mut Output, keys: &[&str], reason: &Undefined) -> &'o mut Output {
    for key in keys {
        output.null(key, reason.code());
    }
    output.put("reason", reason.to_string())
}

/// One date where all lots share it, a list where they differ, null where there is none.
fn dates_value(dates: &[chrono::NaiveDate]) -> Value {
    match dates {
        [] => Value::Null,
        [one] => one.to_string().into(),
        many => many.iter().map(ToString::to_string).collect(),
    }
}

fn not_negative(input: &Input<'_>, key: &str) -> Result<Decimal, Problem> {
    let value = input.decimal(key)?;
    if value < Decimal::ZERO { Err(input.problem(key, format!("`{key}` is {value}, below zero"))) } else { Ok(value) }
}

#[cfg(test)]
mod tests {
    use crate::{NoTables, calculate};
    use serde_json::{Value, json};

    fn get(function: &str, input: Value) -> Value {
        Value::Object(calculate(function, &input, &NoTables).unwrap())
    }

    #[test]
    fn the_shapes_of_the_answers() {
        let lots = json!([["2021-03-01", "105", "1050.00"]]);
        let reverse =
            get("reverse_split", json!({"lots": lots, "ratio_new": 1, "ratio_old": 10, "cash_in_lieu_price": 120}));
        assert_eq!((&reverse["quantity"], &reverse["basis"], &reverse["gain"]), (&json!(10), &json!(1000), &json!(10)));
        let spun = json!({"lots": lots, "ratio_new": 1, "ratio_old": 10, "parent_price": 90, "spin_price": 100,
                          "fractions": "cash_in_lieu"});
        let spun = get("spin_off", spun);
        assert_eq!(
            (&spun["spin_quantity"], &spun["spin_basis"], &spun["cash_in_lieu"]),
            (&json!(10), &json!(100), &json!(50))
        );
        assert_eq!(spun["spin_acquired"], "2021-03-01");
        let merged = get("merger", json!({"lots": lots, "cash_per_share": 12}));
        assert_eq!((&merged["gain"], &merged["acquired"], &merged["quantity"]), (&json!(210), &json!(null), &json!(0)));
        let paid = get("return_of_capital", json!({"lots": lots, "amount_per_share": 11}));
        assert_eq!((&paid["basis"], &paid["gain"]), (&json!(0), &json!(105)));
        let example = json!({"quantity": 1, "basis": 100, "rate": 0.05, "market_price": 200, "cash_in_lieu": 10});
        assert!((get("stock_dividend", example)["gain"].as_f64().unwrap() - 5.238_095).abs() < 1e-6);
    }

    #[test]
    fn what_cannot_be_valued_is_null_and_what_cannot_be_read_is_refused() {
        let lots = json!([["2021-03-01", 10, 100]]);
        let mixed = get("merger", json!({"lots": lots, "stock_ratio": 1, "cash_per_share": 5}));
        assert_eq!((&mixed["gain"], &mixed["status"]), (&json!(null), &json!("invalid_input")));
        let refused = |input: Value| calculate("split", &input, &NoTables).unwrap_err().0[0].pointer.clone();
        assert_eq!(refused(json!({"lots": lots, "ratio_new": 0, "ratio_old": 1})), "/ratio_new");
        assert_eq!(refused(json!({"lots": [["2021-03-01", 10]], "ratio_new": 2, "ratio_old": 1})), "/lots/0");
        assert_eq!(refused(json!({"lots": [["2021-02-30", 10, 1]], "ratio_new": 2, "ratio_old": 1})), "/lots/0/0");
    }
}
