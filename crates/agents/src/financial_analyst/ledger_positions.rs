//! `ledger.positions`: what is held and what it cost, without market prices.

use capability::{CapabilityResult, Declaration, Failure, Field, Type};
use ledger::Lot;
use money::Decimal;
use serde_json::{Map, Value};

use crate::agents::{Agents, Call};
use crate::args::Args;
use crate::books::asset_class;
use crate::scene::{Computed, Needs, Scene};
use crate::schema::{FINANCIAL_ANALYST, field, maybe, portfolio, schema, sometimes};
use crate::valued::{Costs, Holding, cash_on, costs, holdings, rate_in_force};
use crate::values::{amount, maybe as maybe_wire, over, price, quantity, text_or_absent, times};

/// Fields of a row of holdings; market values build on them.
pub fn position_fields() -> Vec<Field> {
    vec![
        field("security_id", Type::id("security"), "security"),
        field("symbol", Type::Text, "market and symbol, as XTSE:CNR"),
        field("name", Type::Text, "name of the security"),
        field("asset_class", Type::one_of(ASSET_CLASSES), "asset class"),
        maybe("sector", Type::Text, "sector"),
        maybe("country", Type::Text, "country of the issuer, ISO 3166"),
        field("currency", Type::Text, "currency of the security's price"),
        field("quantity", Type::Quantity, "units held"),
        maybe(
            "cost_basis",
            Type::Money,
            "cost in base currency at the rates of the purchases, fees and transaction taxes included",
        ),
        maybe("cost_basis_local", Type::Money, "cost in the currency of the purchases"),
        maybe("average_cost", Type::Price, "cost per unit in the currency of the purchases"),
        field("lot_count", Type::Integer, "number of lots"),
        field("first_acquired", Type::Date, "earliest purchase"),
        field("account_ids", Type::list(Type::id("account")), "accounts that hold it"),
        sometimes("account_id", Type::id("account"), "the account, where rows are by account or lot"),
        sometimes("lot_id", Type::id("lot"), "the lot, where rows are by lot"),
    ]
}

const ASSET_CLASSES: [&str; 10] =
    ["equity", "etf", "fund", "bond", "commodity", "crypto", "option", "future", "cash", "other"];

/// What the capability promises.
pub fn declaration() -> Declaration {
    let cash = Type::record([
        field("currency", Type::Text, "currency"),
        field("amount", Type::Money, "balance over all accounts"),
        maybe("base_value", Type::Money, "in base currency"),
    ]);
    let mut declaration = Declaration::read(
        "ledger.positions",
        "1.0.0",
        FINANCIAL_ANALYST,
        "What is held at a date and what it cost, with cash by currency.",
        schema([
            portfolio(),
            Field::with_default("by", Type::one_of(["security", "account", "lot"]), "security", "one row per"),
            Field::with_default("include_closed", Type::Boolean, false, "holdings of which nothing is left as well"),
        ]),
        schema([
            field("positions", Type::list(Type::record(position_fields())), "holdings by symbol"),
            field("cash", Type::list(cash), "cash by currency"),
            field("position_count", Type::Integer, "number of rows"),
            field("base_currency", Type::Text, "currency of the portfolio's totals"),
        ]),
    );
    declaration.calculators = vec!["lots_replay".into()];
    declaration
}

/// Reads the books and computes.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let scene = agents.scene(&mut call, Needs::Books).await?;
    Ok(compute(&scene, &call.args).into())
}

/// The rows of a scene.
pub fn compute(scene: &Scene, args: &Args) -> Computed {
    let mut rows = Vec::new();
    for holding in holdings(scene, args.is("include_closed")) {
        match args.text("by") {
            Some("account") => {
                for account in &holding.account_ids {
                    let lots: Vec<Lot> =
                        holding.lots.iter().filter(|lot| lot.account_id == *account).cloned().collect();
                    let part = Holding { account_ids: vec![*account], lots, ..holding.clone() };
                    let mut row = position(scene, &part);
                    row.insert("account_id".into(), account.to_string().into());
                    rows.push(Value::Object(row));
                }
            }
            Some("lot") => {
                for lot in &holding.lots {
                    let part =
                        Holding { account_ids: vec![lot.account_id], lots: vec![lot.clone()], ..holding.clone() };
                    let mut row = position(scene, &part);
                    row.insert("account_id".into(), lot.account_id.to_string().into());
                    row.insert("lot_id".into(), lot.id.to_string().into());
                    rows.push(Value::Object(row));
                }
            }
            _ => rows.push(Value::Object(position(scene, &holding))),
        }
    }
    let base = scene.base();
    let cash = cash_on(scene).into_iter().map(|(currency, balance)| {
        let value = rate_in_force(scene, currency).and_then(|rate| times(balance, rate));
        serde_json::json!({
            "currency": currency.code(),
            "amount": amount(balance, currency),
            "base_value": maybe_wire(value, |value| amount(value, base)),
        })
    });
    let cash: Vec<Value> = cash.collect();
    let value = serde_json::json!({
        "position_count": rows.len(),
        "positions": rows,
        "cash": cash,
        "base_currency": base.code(),
    });
    value.into()
}

/// The row of a holding.
pub fn position(scene: &Scene, holding: &Holding) -> Map<String, Value> {
    position_at_cost(scene, holding, costs(scene, &holding.lots))
}

/// The same where the cost in base currency and in that of the purchases is known.
pub fn position_at_cost(scene: &Scene, holding: &Holding, (cost_base, cost_local): Costs) -> Map<String, Value> {
    let units: Decimal = holding.lots.iter().map(|lot| lot.quantity_open).sum();
    let average = cost_local.clone().and_then(|(cost, currency)| Ok((over(cost, units)?, currency)));
    let security = scene.folio.securities.get(&holding.security_id);
    let fields = security.map(|security| &security.fields);
    let own = fields.map_or_else(|| holding.lots.first().map_or(scene.base(), |lot| lot.cost_currency), |f| f.currency);
    let first = holding.lots.iter().map(|lot| lot.acquired_on).min().unwrap_or(scene.as_of);
    let accounts: Vec<Value> = holding.account_ids.iter().map(|id| id.to_string().into()).collect();
    let mut row = Map::new();
    let mut put = |name: &str, value: Value| row.insert(name.to_owned(), value);
    put("security_id", holding.security_id.to_string().into());
    put("symbol", scene.folio.symbol(holding.security_id).into());
    put("name", fields.map_or_else(|| holding.security_id.to_string(), |f| f.name.clone()).into());
    put("asset_class", asset_class(fields.map_or("", |f| f.kind.as_str())).into());
    put("sector", text_or_absent(fields.and_then(|f| f.sector.as_deref()), "sector"));
    put("country", text_or_absent(fields.and_then(|f| f.country.as_deref()), "country"));
    put("currency", own.code().into());
    put("quantity", quantity(units));
    put("cost_basis", maybe_wire(cost_base, |cost| amount(cost, scene.base())));
    put("cost_basis_local", maybe_wire(cost_local, |(cost, currency)| amount(cost, currency)));
    put("average_cost", maybe_wire(average, |(cost, currency)| price(cost, currency)));
    put("lot_count", holding.lots.len().into());
    put("first_acquired", crate::values::date(first));
    put("account_ids", accounts.into());
    row
}
