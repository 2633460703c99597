//! Dividend income of a position.

use crate::{Function, Input, Key, Kind, Output, Problem, Problems};
use formulas::portfolio::Dividends;
use serde_json::Value;
use std::collections::BTreeMap;

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[Function {
    name: "income",
    calculator: "rating",
    summary: "what a position pays on its price and on its cost, and whether that grows",
    keys: &[
        Key::required("quantity", Kind::Number, "shares held"),
        Key::required("cost_basis", Kind::Number, "remaining cost of all of them"),
        Key::required("price", Kind::Number, "of one share"),
        Key::required(
            "dividends_by_year",
            Kind::Any,
            "per share, split-adjusted, without specials: {\"2023\": 1.2, …}, [[2023, 1.2], …] or [1.2, …] ascending",
        ),
        Key::required("last_declared", Kind::Number, "last declared dividend per share"),
        Key::optional(
            "frequency",
            Kind::Any,
            "4",
            "payments a year: a number, monthly, quarterly, semiannual, annual, or irregular (also 0)",
        ),
    ],
    outputs: &[
        ("yield_on_cost", "declared dividends on the remaining cost"),
        ("forward_yield", "declared dividends on the price"),
        ("trailing_yield", "dividends of the last year on the price"),
        ("growth_1y", "over the last year"),
        ("cagr_5y", "per year over the last five"),
        ("streak_years", "consecutive years of increase"),
        ("years_without_cut", "consecutive years of increase or hold"),
        ("projected_income", "of the whole position over a year, gross"),
        ("irregular", "whether trailing dividends stand for declared ones"),
    ],
    page: "income",
    run: income,
}];

fn income(input: &Input<'_>) -> Result<Output, Problems> {
    let by_year = by_year(input)?;
    let measured = formulas::portfolio::income(&Dividends {
        quantity: input.number("quantity")?,
        cost_basis: input.number("cost_basis")?,
        price: input.number("price")?,
        by_year: &by_year,
        last_declared: input.number("last_declared")?,
        frequency: frequency(input)?,
    });
    let mut output = Output::new();
    output.result("yield_on_cost", measured.yield_on_cost).result("forward_yield", measured.forward_yield);
    output.result("trailing_yield", measured.trailing_yield).result("growth_1y", measured.growth_1y);
    output.result("cagr_5y", measured.cagr_5y).put("streak_years", measured.streak_years);
    output.put("years_without_cut", measured.years_without_cut).result("projected_income", measured.projected_income);
    output.put("irregular", measured.irregular);
    Ok(output)
}

/// Dividends of consecutive years; a year between two others without an entry paid nothing.
fn by_year(input: &Input<'_>) -> Result<Vec<f64>, Problem> {
    const KEY: &str = "dividends_by_year";
    let pointer = input.pointer(KEY);
    let mut years: BTreeMap<i32, f64> = BTreeMap::new();
    let mut add = |pointer: String, year: Option<i32>, amount: &Value| -> Result<(), Problem> {
        let year = year.filter(|year| (1000..=9999).contains(year));
        let year = year.ok_or_else(|| Problem::new(&pointer, "not a year of four digits"))?;
        let amount = crate::input::number_at(amount, &pointer)?;
        if years.insert(year, amount).is_some() {
            return Err(Problem::new(pointer, format!("the year {year} is given twice")));
        }
        Ok(())
    };
    match input.given(KEY) {
        Some(Value::Object(object)) if !object.contains_key("csv") && !object.contains_key("values") => {
            for (year, amount) in object {
                add(crate::input::child(&pointer, year), year.parse().ok(), amount)?;
            }
        }
        Some(Value::Array(items)) if items.iter().any(Value::is_array) => {
            for (index, item) in items.iter().enumerate() {
                let pointer = format!("{pointer}/{index}");
                let Some([year, amount]) = item.as_array().map(Vec::as_slice) else {
                    return Err(Problem::new(pointer, "not a pair of year and amount"));
                };
                let year = match year {
                    Value::String(text) => text.get(..4).unwrap_or(text).parse().ok(),
                    other => other.as_i64().and_then(|year| i32::try_from(year).ok()),
                };
                add(pointer, year, amount)?;
            }
        }
        _ => return Ok(input.series(KEY)?.values),
    }
    let (Some((first, _)), Some((last, _))) = (years.first_key_value(), years.last_key_value()) else {
        return Ok(Vec::new());
    };
    Ok((*first..=*last).map(|year| years.get(&year).copied().unwrap_or(0.0)).collect())
}

fn frequency(input: &Input<'_>) -> Result<Option<f64>, Problem> {
    const WORDS: [(&str, Option<f64>); 5] = [
        ("monthly", Some(12.0)),
        ("quarterly", Some(4.0)),
        ("semiannual", Some(2.0)),
        ("annual", Some(1.0)),
        ("irregular", None),
    ];
    if let Some(Value::String(text)) = input.given("frequency")
        && text.parse::<f64>().is_err()
    {
        let known = WORDS.map(|(word, _)| word);
        return WORDS.iter().find(|(word, _)| word == text).map(|(_, frequency)| *frequency).ok_or_else(|| {
            input.problem("frequency", format!("there is no frequency `{text}`")).did_you_mean(text, known)
        });
    }
    match input.number("frequency")? {
        0.0 => Ok(None),
        number if number > 0.0 => Ok(Some(number)),
        number => Err(input.problem("frequency", format!("{number} payments a year"))),
    }
}

#[cfg(test)]
mod tests {
    use crate::{NoTables, calculate};
    use serde_json::{Value, json};

    fn of(by_year: Value, frequency: Value) -> Value {
        let input = json!({ "quantity": 100, "cost_basis": "4000", "price": 50, "dividends_by_year": by_year,
            "last_declared": 0.5, "frequency": frequency });
        Value::Object(calculate("income", &input, &NoTables).unwrap())
    }

    #[test]
    fn years_may_be_written_in_three_ways() {
        let expected = of(json!([1.0, 1.2, 1.5]), json!(4));
        assert_eq!(of(json!({ "2023": 1.5, "2021": 1.0, "2022": "1.2" }), json!("quarterly")), expected);
        assert_eq!(of(json!([[2021, 1.0], [2022, 1.2], ["2023-12-31", 1.5]]), json!("4")), expected);
        assert_eq!((&expected["streak_years"], &expected["status"]), (&json!(2), &json!("insufficient_data")));
    }

    #[test]
    fn a_year_without_a_payment_ends_the_streak() {
        assert_eq!(of(json!({ "2020": 1.0, "2022": 1.1, "2023": 1.2 }), json!(4))["streak_years"], 2);
        assert_eq!(of(json!([1.0, 1.1]), json!("irregular"))["irregular"], true);
    }
}
