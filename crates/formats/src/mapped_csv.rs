//! Any CSV: columns by a mapping, or by what their headers are usually called.
//!
//! Invariant: with a mapping nothing else is assumed; without one, only header names and words that are known count.

use ledger::Problem;
use money::Currency;

use crate::facts::{Facts, Meaning};
use crate::fields::{Cells, Columns, FIELDS, Style, currency_named, suggested_field};
use crate::mapping::{Mapping, Source};
use crate::movement::{Content, Line};
use crate::table::{Table, folded};
use crate::tabular::{self, Layout, order_of};
use crate::words::{meaning_of, meaning_of_kind};

/// Reads a table through a mapping.
pub(crate) fn read(table: &mut Table<'_>, mapping: &Mapping) -> Result<(Vec<Line>, Style), Vec<Problem>> {
    if !find_header(table, mapping) {
        let line = table.records.first().map_or(1, |record| record.line);
        let problem = Problem::new("mapping_incomplete", "", "no line of the file looks like a header");
        return Err(vec![problem.with_try("map the columns, or say which line is the header").at_line(line)]);
    }
    let header = table.header_cells();
    let columns = columns_of(&header, mapping)?;
    let constant = match mapping.fields.get("currency") {
        Some(Source::Constant(text)) => currency_named(text).ok(),
        _ => None,
    };
    let currency = constant.or_else(|| currency_of_headers(&header));
    let mut style = Style::detect(table, &columns, order_of(currency.or_else(|| usual_currency(table, &columns))));
    style.mark = mapping.decimal_mark.unwrap_or(style.mark);
    if let Some(order) = mapping.day_order {
        (style.days.order, style.days.is_certain) = (order, true);
    }
    let has_kind = columns.has("kind");
    let meaning = |cells: &Cells<'_>| match cells.get("kind") {
        Some(word) => {
            mapping.kinds.get(&folded(word)).and_then(|kind| meaning_of_kind(kind)).or_else(|| meaning_of(word))
        }
        // Without a column of kinds, a security means a trade and no security means cash.
        None if !has_kind => Some(if cells.get("quantity").is_some() && cells.security().is_some() {
            Meaning::Trade
        } else {
            Meaning::Cash
        }),
        None => None,
    };
    let layout = Layout { columns, currency, usual: None, meaning: &meaning, adjust: &adjust };
    Ok((tabular::read(table, &layout, style), style))
}

fn find_header(table: &mut Table<'_>, mapping: &Mapping) -> bool {
    let wanted: Vec<String> = mapping
        .fields
        .values()
        .filter_map(|source| match source {
            Source::Columns(names) => Some(names.iter().map(|name| folded(name))),
            Source::Constant(_) => None,
        })
        .flatten()
        .collect();
    if mapping.header_line.is_some() || !wanted.is_empty() {
        return table.find_header(mapping.header_line, |cells| {
            wanted.iter().filter(|name| cells.contains(name)).count() * 2 > wanted.len()
        });
    }
    table.find_header(None, |cells| known_fields(cells) >= 3)
}

/// How many fields the cells of a record name.
pub(crate) fn known_fields(cells: &[String]) -> usize {
    let mut fields: Vec<&str> = cells.iter().filter_map(|cell| suggested_field(cell)).collect();
    fields.sort_unstable();
    fields.dedup();
    // A header has a date; a line of the body that holds the word "total" has none by name.
    if fields.contains(&"trade_date") { fields.len() } else { 0 }
}

fn columns_of(header: &[&str], mapping: &Mapping) -> Result<Columns, Vec<Problem>> {
    if mapping.fields.is_empty() {
        let mut columns = Columns::by_aliases(header, &FIELDS);
        add_costs(&mut columns, header);
        return Ok(columns);
    }
    let folded_header: Vec<String> = header.iter().map(|name| folded(name)).collect();
    let mut columns = Columns::of_header(header);
    let mut problems = Vec::new();
    for (field, source) in &mapping.fields {
        match source {
            Source::Constant(text) => columns.set_constant(field, text.clone()),
            Source::Columns(names) => {
                for name in names {
                    match folded_header.iter().position(|known| *known == folded(name)) {
                        Some(at) => columns.add(field, at),
                        None => {
                            let detail = format!("the file has no column {name:?}");
                            problems.push(
                                Problem::new("mapping_incomplete", *field, detail)
                                    .with_try(format!("columns are {}", header.join(", "))),
                            );
                        }
                    }
                }
            }
        }
    }
    if !columns.has("trade_date") {
        problems.push(Problem::new("mapping_incomplete", "trade_date", "no column is mapped to the date"));
    }
    if problems.is_empty() { Ok(columns) } else { Err(problems) }
}

/// Fees and taxes often stand in several columns; all of them count.
fn add_costs(columns: &mut Columns, header: &[&str]) {
    for (at, name) in header.iter().enumerate() {
        if let Some(field @ ("fees" | "taxes")) = suggested_field(name)
            && columns.header_of(field) != Some(*name)
        {
            columns.add(field, at);
        }
    }
}

/// `Amount (EUR)`: a currency in the header of an amount.
fn currency_of_headers(header: &[&str]) -> Option<Currency> {
    let inner = header.iter().filter_map(|name| name.rsplit_once('(')?.1.split(')').next());
    inner
        .filter(|text| text.len() == 3 || *text == "$" || *text == "€" || *text == "£")
        .find_map(|text| currency_named(text.trim()).ok())
}

/// The currency that most lines name, to tell which order of day and month is likely.
fn usual_currency(table: &Table<'_>, columns: &Columns) -> Option<Currency> {
    let first = table.body().iter().find_map(|record| {
        let cells = Cells::new(
            record,
            columns,
            Style { mark: Default::default(), days: crate::day::detect_order([].into_iter(), Default::default()) },
        );
        cells.get("currency").map(str::to_owned)
    });
    first.and_then(|text| currency_named(&text).ok())
}

/// `EURUSD`: units of the first currency at a price in the second.
fn adjust(mut facts: Facts, cells: &mut Cells<'_>) -> Result<Facts, Content> {
    if facts.meaning == Meaning::Exchange && facts.counter.is_none() {
        let pair: String = cells.get("symbol").unwrap_or_default().chars().filter(char::is_ascii_alphabetic).collect();
        let sides = pair
            .get(..3)
            .zip(pair.get(3..6))
            .map(|(base, quote)| (base.parse::<Currency>(), quote.parse::<Currency>()));
        if let (Some((Ok(base), Ok(quote))), Some(quantity), Some(price)) = (sides, facts.quantity, facts.price) {
            let other = quantity.checked_mul(price).map(|value| money::round_to(value, quote.minor_units()));
            facts.currency = quote;
            facts.counter = Some((base, quantity));
            (facts.cash, facts.gross) = (other.map(|other| -other), None);
        }
    }
    Ok(facts)
}
