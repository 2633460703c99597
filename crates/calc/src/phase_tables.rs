//! Phases and series of `phase_likelihood` from JSON: a definition by name, or phases with bands.
//!
//! A band is `[low, high, weight]` with null for an open end. Levels are named with the distance that counts as one; other
//! indicators are z-scores. Months are written `YYYY-MM`, years `YYYY`; a date counts for its month.

use crate::input::{child, number_at};
use crate::{Input, Problem};
use formulas::macro_statistics::{Band, CycleDefinition, Measure, Phase, PhaseTable, SeriesOfPeriods};
use serde_json::Value;
use std::collections::BTreeMap;

/// The table of the input and whether its periods are years.
pub(crate) fn phase_table(input: &Input<'_>) -> Result<(PhaseTable, bool), Problem> {
    let pointer = input.pointer("table");
    match input.given("table") {
        Some(Value::String(name)) => {
            let cycle = CycleDefinition::named(if name == "regime" { "regime_v2" } else { name });
            let cycle = cycle.ok_or_else(|| {
                let known = CycleDefinition::all().iter().map(|cycle| cycle.id.as_str());
                Problem::new(pointer, format!("there is no cycle `{name}`")).did_you_mean(name, known)
            })?;
            Ok((cycle.table.clone(), cycle.is_annual))
        }
        Some(Value::Object(object)) if object.contains_key("phases") => {
            let inner = input.object("table")?;
            inner.only(&["phases", "levels", "stay", "window", "minimum", "frequency"])?;
            let mut measures = BTreeMap::new();
            if inner.given("levels").is_some() {
                let levels = inner.object("levels")?;
                for id in levels.names() {
                    measures.insert(id.to_owned(), Measure::Level { scale: levels.positive(id)? });
                }
            }
            let phases = phases(&object["phases"], &child(&pointer, "phases"))?;
            let whole = |key: &str, default: usize| Ok::<usize, Problem>(inner.optional_count(key)?.unwrap_or(default));
            let table = PhaseTable {
                phases,
                measures,
                stay: inner.optional_number("stay")?.unwrap_or(0.85),
                window: whole("window", 120)?,
                minimum: whole("minimum", 60)?,
            };
            Ok((table, inner.optional_text("frequency")?.as_deref() == Some("year")))
        }
        Some(value @ (Value::Object(_) | Value::Array(_))) => {
            let phases = phases(value, &pointer)?;
            Ok((PhaseTable { phases, measures: BTreeMap::new(), stay: 0.85, window: 120, minimum: 60 }, false))
        }
        _ => Err(Problem::new(pointer, "`table` is neither the name of a cycle nor phases with bands")),
    }
}

/// `{phase: {indicator: band}}`, or `[{"name": phase, "bands": {…}}]` where the order of phases matters.
fn phases(value: &Value, pointer: &str) -> Result<Vec<Phase>, Problem> {
    let of = |name: &str, bands: &Value, pointer: String| -> Result<Phase, Problem> {
        let bands = bands.as_object().ok_or_else(|| Problem::new(&pointer, "bands are not an object"))?;
        let band = |(id, value): (&String, &Value)| band(id, value, &child(&pointer, id));
        Ok(Phase { name: name.to_owned(), bands: bands.iter().map(band).collect::<Result<_, _>>()? })
    };
    match value {
        Value::Object(object) => object.iter().map(|(name, bands)| of(name, bands, child(pointer, name))).collect(),
        Value::Array(items) => {
            let phase = |(at, item): (usize, &Value)| {
                let pointer = format!("{pointer}/{at}");
                let name = item.get("name").or(item.get("phase")).and_then(Value::as_str);
                let name = name.ok_or_else(|| Problem::new(&pointer, "a phase has no `name`"))?;
                of(name, item.get("bands").unwrap_or(&Value::Null), child(&pointer, "bands"))
            };
            items.iter().enumerate().map(phase).collect()
        }
        _ => Err(Problem::new(pointer, "phases are neither an object nor a list")),
    }
}

fn band(indicator: &str, value: &Value, pointer: &str) -> Result<Band, Problem> {
    let (low, high, weight) = match value {
        Value::Array(parts) if parts.len() == 3 => (&parts[0], &parts[1], &parts[2]),
        Value::Object(object) => {
            let part = |names: [&str; 2]| names.iter().find_map(|name| object.get(*name)).unwrap_or(&Value::Null);
            (part(["lo", "low"]), part(["hi", "high"]), part(["w", "weight"]))
        }
        _ => {
            return Err(Problem::new(pointer, "not a band").advising("write [low, high, weight], null for an open end"));
        }
    };
    let bound = |value: &Value| match value {
        Value::Null => Ok(None),
        value => number_at(value, pointer).map(Some),
    };
    let (low, high, weight) = (bound(low)?, bound(high)?, number_at(weight, pointer)?);
    Ok(Band { indicator: indicator.to_owned(), low, high, weight, trend: None })
}

/// Series by indicator, their labels as period numbers.
pub(crate) fn series_of_periods(
    series: &Input<'_>,
    annual: bool,
) -> Result<BTreeMap<String, SeriesOfPeriods>, Problem> {
    let mut all = BTreeMap::new();
    for id in series.names() {
        let dated = series.series(id)?;
        let dates = match dated.dates {
            Some(dates) => dates,
            None if dated.values.is_empty() => Vec::new(),
            None => {
                let problem = series.problem(id, format!("`{id}` has no months"));
                return Err(problem.advising("write [[\"2024-01\", 1.2], …]"));
            }
        };
        let mut values = SeriesOfPeriods::new();
        for (at, (date, value)) in dates.iter().zip(dated.values).enumerate() {
            let number = number(date, annual).ok_or_else(|| {
                Problem::new(format!("{}/{at}", series.pointer(id)), format!("`{date}` is not a month"))
                    .advising(if annual { "write it as YYYY" } else { "write it as YYYY-MM" })
            })?;
            values.insert(number, value);
        }
        all.insert(id.to_owned(), values);
    }
    Ok(all)
}

fn number(label: &str, annual: bool) -> Option<i32> {
    let year: i32 = label.get(..4)?.parse().ok()?;
    if annual {
        return Some(year);
    }
    let month: i32 = label.get(4..7)?.strip_prefix('-')?.parse().ok()?;
    ((1..=12).contains(&month) && label.get(7..).is_none_or(|rest| rest.is_empty() || rest.starts_with('-')))
        .then_some(year * 12 + month - 1)
}

/// The label of a period.
pub(crate) fn label(period: i32, annual: bool) -> String {
    if annual {
        return format!("{period:04}");
    }
    format!("{:04}-{:02}", period.div_euclid(12), period.rem_euclid(12) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_numbers_are_inverse() {
        for text in ["2024-01", "1999-12", "0001-06"] {
            assert_eq!(label(number(text, false).unwrap(), false), text);
        }
        assert_eq!(number("2024-03-31", false), number("2024-03", false));
        assert_eq!(number("2024", true), Some(2024));
        for text in ["2024", "2024-13", "2024-3", "2024Q1", "x", "2024-011"] {
            assert_eq!(number(text, false), None, "{text}");
        }
    }
}
