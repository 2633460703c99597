//! `portfolio.sector_allocation`: market value by sector; what has no sector is said to have none.

use std::collections::BTreeMap;

use capability::{CapabilityResult, Declaration, Failure, Field, Type, is_absent};
use money::{Currency, Decimal};
use serde_json::{Value, json};

use crate::agents::{Agents, Call};
use crate::scene::{Computed, Needs, Scene};
use crate::schema::{FINANCIAL_ANALYST, field, maybe, portfolio_or_rows, schema};
use crate::valued::weight;
use crate::values::{Absence, Maybe, amount, maybe as wire, statistic, total};

const UNCLASSIFIED: &str = "Unclassified";

/// What the capability promises.
pub fn declaration() -> Declaration {
    let row = Type::record([
        maybe("sector", Type::Text, "sector"),
        maybe("market_value", Type::Money, "value in base currency"),
    ]);
    let sector = Type::record([
        field("sector", Type::Text, "sector, or Unclassified"),
        maybe("market_value", Type::Money, "value in base currency; absent while one of its holdings has none"),
        maybe("weight", Type::Fraction, "share of the net asset value"),
        field("position_count", Type::Integer, "holdings in it"),
    ]);
    Declaration::read(
        "portfolio.sector_allocation",
        "1.0.0",
        FINANCIAL_ANALYST,
        "Market value by sector of the holdings.",
        schema([
            Field::optional(
                "valued_positions",
                Type::list(row),
                "rows of portfolio.get_valued_positions; those of the portfolio when absent",
            ),
            portfolio_or_rows(),
        ]),
        schema([
            field("sectors", Type::list(sector), "largest first"),
            field("sector_count", Type::Integer, "number of sectors"),
            maybe("net_asset_value", Type::Money, "holdings and cash of the portfolio"),
            field("currency", Type::Text, "currency of the values"),
        ]),
    )
}

/// Reads books and prices and computes.
pub async fn run(agents: &Agents, mut call: Call) -> Result<CapabilityResult, Failure> {
    let scene = agents.scene(&mut call, Needs::Books).await?;
    let rows = call.args.list("valued_positions").map(|rows| given_rows(rows, scene.base())).transpose()?;
    Ok(compute(&scene, rows).into())
}

/// Sector and value of each row.
type Rows = Vec<(Option<String>, Maybe<Decimal>)>;

/// Reads rows of a step before this one.
fn given_rows(rows: &[Value], base: Currency) -> Result<Rows, Failure> {
    let read = |(at, row): (usize, &Value)| -> Result<(Option<String>, Maybe<Decimal>), Failure> {
        let sector = row.get("sector").and_then(Value::as_str).map(str::to_owned);
        let found = row.get("market_value").unwrap_or(&Value::Null);
        if found.is_null() || is_absent(found) {
            let why = found["absent"]["why"].as_str().unwrap_or("a row has no market value");
            return Ok((sector, Err(Absence::new("incomplete", why.to_owned(), Value::Null))));
        }
        let pointer = format!("/valued_positions/{at}/market_value");
        let refuse = |what: &str| Failure::new("invalid_input", what).at(pointer.clone());
        if found["currency"].as_str() != Some(base.code()) {
            return Err(refuse(&format!("values are expected in {base}")));
        }
        let text = found["amount"].as_str().unwrap_or_default();
        let value = money::parse_decimal(text).map_err(|error| refuse(&error.to_string()))?;
        Ok((sector, Ok(value)))
    };
    rows.iter().enumerate().map(read).collect()
}

/// The sectors of rows, or of the scene's holdings.
pub fn compute(scene: &Scene, rows: Option<Rows>) -> Computed {
    let valued = scene.valued();
    let rows = rows.unwrap_or_else(|| {
        let sector = |id| scene.folio.securities.get(&id).and_then(|security| security.fields.sector.clone());
        valued
            .holdings
            .iter()
            .map(|holding| (sector(holding.holding.security_id), holding.market_value.clone()))
            .collect()
    });
    let mut sectors: BTreeMap<String, Vec<Maybe<Decimal>>> = BTreeMap::new();
    for (sector, value) in rows {
        sectors.entry(sector.unwrap_or_else(|| UNCLASSIFIED.to_owned())).or_default().push(value);
    }
    let mut sectors: Vec<(String, usize, Maybe<Decimal>)> =
        sectors.into_iter().map(|(sector, values)| (sector, values.len(), total(values))).collect();
    sectors.sort_by(|a, b| {
        b.2.clone().unwrap_or_default().cmp(&a.2.clone().unwrap_or_default()).then_with(|| a.0.cmp(&b.0))
    });
    let base = scene.base();
    let rows: Vec<Value> = sectors
        .into_iter()
        .map(|(sector, count, value)| {
            json!({
                "sector": sector,
                "weight": statistic(weight(&value, &valued.net_asset_value)),
                "market_value": wire(value, |value| amount(value, base)),
                "position_count": count,
            })
        })
        .collect();
    let value = json!({
        "sector_count": rows.len(),
        "sectors": rows,
        "net_asset_value": wire(valued.net_asset_value.clone(), |value| amount(value, base)),
        "currency": base.code(),
    });
    Computed { value, warnings: Vec::new(), sources: scene.sources() }
}
