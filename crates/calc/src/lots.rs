//! Lots: relief, holding period.

use crate::input::{date_at, decimal_at};
use crate::{Function, Input, Key, Kind, Output, Problem, Problems};
use formulas::lots::{Bought, Relief, SimpleLot, Sold};
use ledger::CostBasisMethod;
use money::Decimal;
use serde_json::{Value, json};

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "lot_sale",
        calculator: "lot_sale",
        summary: "what a sale takes of which lot, and what is gained, by each method",
        keys: &[
            Key::required(
                "buys",
                Kind::List,
                "purchases: {lot, date, quantity, cost}; cost is total, with commissions",
            ),
            Key::required("sale", Kind::Object, "{date, quantity, proceeds}; proceeds net of fees"),
            Key::optional("methods", Kind::List, METHODS, "fifo, lifo, hifo, average_cost, specific_id, minimum_tax"),
            Key::optional(
                "specific_order",
                Kind::List,
                "",
                "lots in the order of specific_id: names, or [name, quantity]",
            ),
        ],
        outputs: &[
            ("fifo", "per method: basis_sold, gain, short_term, long_term, remaining_basis, rows, status"),
            ("lifo", "the same"),
            ("hifo", "the same"),
            ("average_cost", "the same"),
            ("specific_id", "the same"),
        ],
        page: "lot_sale",
        run: lot_sale,
    },
    Function {
        name: "holding_period",
        calculator: "lot_sale",
        summary: "whether holdings are short-term or long-term when sold",
        keys: &[Key::required("pairs", Kind::List, "pairs of trade dates: [bought, sold]")],
        outputs: &[("terms", "short or long, one per pair")],
        page: "holding_period",
        run: holding_period,
    },
];

/// Methods where none are named.
const METHODS: &str = "[\"fifo\", \"lifo\", \"hifo\", \"average_cost\"]";

fn lot_sale(input: &Input<'_>) -> Result<Output, Problems> {
    let mut buys = Vec::new();
    for (index, row) in input.rows("buys")?.into_iter().enumerate() {
        row.only(&["lot", "date", "quantity", "cost"])?;
        let lot = match row.given("lot") {
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => row.text("lot")?,
            None => (index + 1).to_string(),
        };
        let buy =
            Bought { lot, date: row.date("date")?, quantity: positive(&row, "quantity")?, cost: row.decimal("cost")? };
        buys.push(buy);
    }
    let row = input.object("sale")?;
    row.only(&["date", "quantity", "proceeds"])?;
    let sale =
        Sold { date: row.date("date")?, quantity: positive(&row, "quantity")?, proceeds: row.decimal("proceeds")? };
    let chosen = chosen(input, &buys)?;
    let mut output = Output::new();
    let mut status: Option<&str> = None;
    for (index, name) in input.texts("methods")?.iter().enumerate() {
        let pointer = format!("{}/{index}", input.pointer("methods"));
        let Some(method) = CostBasisMethod::parse(name) else {
            let known = ["fifo", "lifo", "hifo", "average_cost", "specific_id", "minimum_tax"];
            return Err(Problem::new(pointer, format!("there is no method `{name}`")).did_you_mean(name, known).into());
        };
        if method == CostBasisMethod::Specific && input.given("specific_order").is_none() {
            return Err(input.problem("specific_order", "the key `specific_order` is missing").into());
        }
        let relief = formulas::lots::lot_sale(&buys, &sale, method, &chosen);
        let relief = relief.map_err(|reason| input.problem("buys", reason.to_string()))?;
        if relief.is_none() {
            status = Some("insufficient_quantity");
        }
        output.put(name, relief_value(relief.as_ref()));
    }
    if let Some(status) = status {
        output.status(status);
    }
    Ok(output)
}

fn chosen(input: &Input<'_>, buys: &[Bought]) -> Result<Vec<(String, Option<Decimal>)>, Problem> {
    if input.given("specific_order").is_none() {
        return Ok(Vec::new());
    }
    let mut chosen = Vec::new();
    for (index, item) in input.list("specific_order")?.iter().enumerate() {
        let pointer = format!("{}/{index}", input.pointer("specific_order"));
        let (lot, quantity) = match item {
            Value::Array(pair) if pair.len() == 2 => (&pair[0], Some(&pair[1])),
            Value::Object(row) => (row.get("lot").unwrap_or(&Value::Null), row.get("quantity")),
            lot => (lot, None),
        };
        let name = match lot {
            Value::String(name) => name.clone(),
            Value::Number(name) => name.to_string(),
            _ => return Err(Problem::new(pointer, "not the name of a lot")),
        };
        if !buys.iter().any(|buy| buy.lot == name) {
            let known: Vec<&str> = buys.iter().map(|buy| buy.lot.as_str()).collect();
            return Err(Problem::new(pointer, format!("there is no lot `{name}`")).did_you_mean(&name, known));
        }
        let quantity = quantity.map(|quantity| decimal_at(quantity, &pointer)).transpose()?;
        chosen.push((name, quantity));
    }
    Ok(chosen)
}

fn relief_value(relief: Option<&Relief>) -> Value {
    let Some(relief) = relief else {
        return json!({
            "status": "insufficient_quantity", "basis_sold": null, "gain": null, "short_term": null, "long_term": null,
            "remaining_basis": null, "rows": null,
        });
    };
    let rows = relief.rows.iter().map(|row| {
        json!({
            "lot": row.lot, "acquired": row.acquired, "quantity": number(row.quantity), "basis": number(row.basis),
            "gain": number(row.gain), "term": row.term.name(),
        })
    });
    json!({
        "status": "ok",
        "basis_sold": number(relief.basis_sold),
        "gain": number(relief.gain),
        "short_term": number(relief.short_term),
        "long_term": number(relief.long_term),
        "remaining_basis": number(relief.remaining_basis),
        "rows": rows.collect::<Vec<_>>(),
    })
}

fn holding_period(input: &Input<'_>) -> Result<Output, Problems> {
    let mut terms = Vec::new();
    for (index, pair) in input.list("pairs")?.iter().enumerate() {
        let pointer = format!("{}/{index}", input.pointer("pairs"));
        let (acquired, sold) = match pair {
            Value::Array(pair) if pair.len() == 2 => (&pair[0], &pair[1]),
            Value::Object(row) => {
                let get = |names: [&str; 3]| names.iter().find_map(|name| row.get(*name)).unwrap_or(&Value::Null);
                (get(["acquired", "bought", "buy"]), get(["sold", "sale", "sell"]))
            }
            _ => return Err(Problem::new(pointer, "not a pair of dates").into()),
        };
        let (acquired, sold) = (date_at(acquired, &format!("{pointer}/0"))?, date_at(sold, &format!("{pointer}/1"))?);
        if sold < acquired {
            return Err(Problem::new(pointer, format!("sold on {sold}, before it was bought on {acquired}")).into());
        }
        terms.push(formulas::lots::holding_period(acquired, sold).name());
    }
    let mut output = Output::new();
    output.put("terms", terms);
    Ok(output)
}

/// Lots as `[date, quantity, basis]` or `{date, quantity, basis}`.
pub(crate) fn simple_lots(input: &Input<'_>, key: &str) -> Result<Vec<SimpleLot>, Problem> {
    let mut lots = Vec::new();
    for (index, item) in input.list(key)?.iter().enumerate() {
        let pointer = format!("{}/{index}", input.pointer(key));
        let parts: [&Value; 3] = match item {
            Value::Array(parts) if parts.len() == 3 => [&parts[0], &parts[1], &parts[2]],
            Value::Object(row) => {
                let get = |names: &[&str]| names.iter().find_map(|name| row.get(*name)).unwrap_or(&Value::Null);
                [get(&["date", "acquired"]), get(&["quantity"]), get(&["basis", "cost"])]
            }
            _ => return Err(Problem::new(pointer, "not a lot: write [date, quantity, basis]")),
        };
        let at = |part: usize| format!("{pointer}/{part}");
        lots.push(SimpleLot {
            acquired: date_at(parts[0], &at(0))?,
            quantity: decimal_at(parts[1], &at(1))?,
            basis: decimal_at(parts[2], &at(2))?,
        });
    }
    Ok(lots)
}

/// Lots as `[date, quantity, basis]`.
pub(crate) fn lots_value(lots: &[SimpleLot]) -> Value {
    let row = |lot: &SimpleLot| json!([lot.acquired, number(lot.quantity), number(lot.basis)]);
    Value::Array(lots.iter().map(row).collect())
}

/// A decimal as a JSON number: whole numbers stay whole, others are the nearest float.
pub(crate) fn number(value: Decimal) -> Value {
    let value = value.normalize();
    match i64::try_from(value) {
        Ok(whole) if value.scale() == 0 => whole.into(),
        _ => serde_json::Number::from_f64(money::float::to_f64(value)).map_or(Value::Null, Value::Number),
    }
}

/// A decimal above zero.
pub(crate) fn positive(input: &Input<'_>, key: &str) -> Result<Decimal, Problem> {
    let value = input.decimal(key)?;
    if value > Decimal::ZERO {
        Ok(value)
    } else {
        Err(input.problem(key, format!("`{key}` is {value}, not above zero")))
    }
}
