//! Series and matrices: arrays, dated pairs, or columns of a CSV table with a transform.
//!
//!   none          the cell                      percent        cell / 100
//!   simple_return P_t/P_{t−1} − 1               log_return     ln(P_t/P_{t−1})
//!   monthly_last_simple_return                  simple return between the last rows of consecutive months
//!
//! `from` and `to` are inclusive, compared as text with the first column, and cut before the transform; so returns begin
//! one row later. Prices that two references take from different calendars are carried forward for up to five business
//! days before returns are taken. `reduce: mean` averages the columns of each row after the transform. An empty cell is a problem unless
//! `drop_missing` is true, which leaves the row out before the transform.

use crate::input::{child, number_at};
use crate::{Problem, Table, Tables};
use chrono::{Datelike, NaiveDate, Weekday};
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// The transforms.
pub(crate) const TRANSFORMS: [&str; 5] =
    ["none", "percent", "simple_return", "log_return", "monthly_last_simple_return"];
const REFERENCE_KEYS: [&str; 8] = ["csv", "column", "columns", "from", "to", "transform", "reduce", "drop_missing"];

/// Values, one per period, with their labels if there are any.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dated {
    /// The label of each value.
    pub dates: Option<Vec<String>>,
    /// The label of the price before the first return, where the values were differenced.
    pub opened: Option<String>,
    /// The values.
    pub values: Vec<f64>,
    /// The name of the column that the values come from.
    pub name: Option<String>,
}

impl Dated {
    /// The first column of a matrix.
    pub(crate) fn of(matrix: Matrix) -> Dated {
        Dated {
            values: matrix.column(0),
            dates: matrix.dates,
            opened: matrix.opened,
            name: matrix.names.and_then(|names| names.into_iter().next()),
        }
    }

    /// Labels of positions 0 (the opening value) to n; none without dates. Where the opening has no date of its own it
    /// bears the first date of the window.
    pub fn position(&self, position: usize) -> Option<&str> {
        let dates = self.dates.as_ref()?;
        match position {
            0 => self.opened.as_ref().or(dates.first()).map(String::as_str),
            after => dates.get(after - 1).map(String::as_str),
        }
    }
}

/// Rows of dates × columns.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matrix {
    /// Names of the columns, if given.
    pub names: Option<Vec<String>>,
    /// The label of each row, if given.
    pub dates: Option<Vec<String>>,
    /// The label of the row before the first, where rows were differenced.
    pub opened: Option<String>,
    /// The rows, all of one length.
    pub rows: Vec<Vec<f64>>,
}

impl Matrix {
    /// Number of columns.
    pub fn width(&self) -> usize {
        self.rows.first().map_or_else(|| self.names.as_ref().map_or(0, Vec::len), Vec::len)
    }

    /// The values of one column.
    pub fn column(&self, index: usize) -> Vec<f64> {
        self.rows.iter().map(|row| row[index]).collect()
    }

    /// The names, or x1, x2, … where none are given.
    pub fn names_or_numbered(&self) -> Vec<String> {
        self.names.clone().unwrap_or_else(|| (1..=self.width()).map(|i| format!("x{i}")).collect())
    }
}

/// Keeps the rows that all have, by label, in the order of the first. Without labels on both sides the lengths decide.
pub(crate) fn common_labels(all: &[Option<&[String]>]) -> Option<Vec<String>> {
    let labelled: Vec<&[String]> = all.iter().copied().collect::<Option<Vec<_>>>()?;
    let (first, rest) = labelled.split_first()?;
    if rest.iter().all(|other| *other == *first) {
        return None;
    }
    let sets: Vec<BTreeSet<&String>> = rest.iter().map(|labels| labels.iter().collect()).collect();
    Some(first.iter().filter(|label| sets.iter().all(|set| set.contains(label))).cloned().collect())
}

impl Dated {
    /// The values at `labels`.
    pub(crate) fn select(&mut self, labels: &[String]) {
        if let Some(dates) = &self.dates {
            let at: HashMap<&String, f64> = dates.iter().zip(self.values.iter().copied()).collect();
            self.values = labels.iter().filter_map(|label| at.get(label).copied()).collect();
            self.dates = Some(labels.to_vec());
        }
    }
}

impl Matrix {
    /// The rows at `labels`.
    pub(crate) fn select(&mut self, labels: &[String]) {
        if let Some(dates) = self.dates.take() {
            let mut at: HashMap<String, Vec<f64>> = dates.into_iter().zip(std::mem::take(&mut self.rows)).collect();
            self.rows = labels.iter().filter_map(|label| at.remove(label)).collect();
            self.dates = Some(labels.to_vec());
        }
    }
}

/// A series from its JSON form.
pub(crate) fn series(value: &Value, pointer: &str, tables: &dyn Tables) -> Result<Dated, Problem> {
    match value {
        Value::Array(items) => {
            let is_dated = items.first().is_some_and(|item| item.is_array());
            if !is_dated {
                return Ok(Dated { values: numbers(items, pointer)?, ..Dated::default() });
            }
            let mut dated = Dated { dates: Some(Vec::new()), ..Dated::default() };
            for (index, item) in items.iter().enumerate() {
                let pointer = format!("{pointer}/{index}");
                let Some([Value::String(date), number]) = item.as_array().map(Vec::as_slice) else {
                    return Err(Problem::new(pointer, "not a pair of date and number"));
                };
                dated.dates.get_or_insert_with(Vec::new).push(date.clone());
                dated.values.push(number_at(number, &format!("{pointer}/1"))?);
            }
            Ok(dated)
        }
        Value::Object(object) if object.contains_key("csv") => {
            let matrix = reference(object, pointer, tables)?;
            match matrix.width() {
                1 => Ok(Dated::of(matrix)),
                n => Err(Problem::new(pointer, format!("{n} columns where one series is wanted"))
                    .advising("name one `column`, or add \"reduce\": \"mean\"")),
            }
        }
        Value::Object(object) if object.contains_key("values") => {
            only(object, pointer, &["dates", "values"])?;
            let values = list(object, "values", pointer)?;
            let values = numbers(values, &child(pointer, "values"))?;
            let dates = labels(object, pointer, values.len())?;
            Ok(Dated { dates, values, ..Dated::default() })
        }
        _ => Err(Problem::new(pointer, "not a series").advising(
            "write [x, …], [[date, x], …], {\"dates\": […], \"values\": […]} or {\"csv\": …, \"column\": …}",
        )),
    }
}

/// A matrix from its JSON form. A flat array of numbers is one column.
pub(crate) fn matrix(value: &Value, pointer: &str, tables: &dyn Tables) -> Result<Matrix, Problem> {
    match value {
        Value::Array(items) => rows(items, pointer),
        Value::Object(object) if object.contains_key("csv") => reference(object, pointer, tables),
        Value::Object(object) if object.contains_key("rows") || object.contains_key("values") => {
            only(object, pointer, &["names", "columns", "dates", "rows", "values"])?;
            let key = if object.contains_key("rows") { "rows" } else { "values" };
            let mut matrix = rows(list(object, key, pointer)?, &child(pointer, key))?;
            if let Some(dates) = labels(object, pointer, matrix.rows.len())? {
                matrix.dates = Some(dates);
            }
            for key in ["names", "columns"] {
                if object.contains_key(key) {
                    let names = texts(list(object, key, pointer)?, &child(pointer, key))?;
                    if !matrix.rows.is_empty() && names.len() != matrix.width() {
                        let detail = format!("{} names for {} columns", names.len(), matrix.width());
                        return Err(Problem::new(child(pointer, key), detail));
                    }
                    matrix.names = Some(names);
                }
            }
            Ok(matrix)
        }
        _ => Err(Problem::new(pointer, "not a matrix")
            .advising("write [[x, …], …], {\"names\": […], \"rows\": […]} or {\"csv\": …, \"columns\": […]}")),
    }
}

/// The whole table that `{"csv": path}` names.
pub(crate) fn table(value: &Value, pointer: &str, tables: &dyn Tables) -> Result<Arc<Table>, Problem> {
    let path = value.get("csv").and_then(Value::as_str);
    let path = path.ok_or_else(|| Problem::new(pointer, "not a table").advising("write {\"csv\": \"file.csv\"}"))?;
    tables.table(path).map_err(|error| Problem::new(child(pointer, "csv"), error.to_string()))
}

fn rows(items: &[Value], pointer: &str) -> Result<Matrix, Problem> {
    let mut matrix = Matrix::default();
    if items.iter().any(Value::is_array) {
        for (index, item) in items.iter().enumerate() {
            let pointer = format!("{pointer}/{index}");
            let cells = item.as_array().ok_or_else(|| Problem::new(&pointer, "not a row of numbers"))?;
            // A row may begin with its date.
            let (label, cells, skipped) = match cells.split_first() {
                Some((Value::String(label), rest)) if number_at(&cells[0], "").is_err() || is_date(label) => {
                    (Some(label.clone()), rest, 1)
                }
                _ => (None, cells.as_slice(), 0),
            };
            let mut row = Vec::with_capacity(cells.len());
            for (column, cell) in cells.iter().enumerate() {
                row.push(number_at(cell, &format!("{pointer}/{}", column + skipped))?);
            }
            if let Some(first) = matrix.rows.first()
                && first.len() != row.len()
            {
                return Err(Problem::new(
                    pointer,
                    format!("{} numbers where the first row has {}", row.len(), first.len()),
                ));
            }
            match (label, &mut matrix.dates) {
                (Some(label), Some(dates)) => dates.push(label),
                (Some(label), none) if index == 0 => *none = Some(vec![label]),
                (None, None) => {}
                _ => return Err(Problem::new(pointer, "some rows have a date and some have none")),
            }
            matrix.rows.push(row);
        }
        return Ok(matrix);
    }
    matrix.rows = numbers(items, pointer)?.into_iter().map(|number| vec![number]).collect();
    Ok(matrix)
}

fn is_date(text: &str) -> bool {
    text.parse::<chrono::NaiveDate>().is_ok()
}

/// Numbers of a table as they stand there, and what is to become of them.
struct Cells {
    names: Vec<String>,
    labels: Vec<String>,
    rows: Vec<Vec<f64>>,
    transform: String,
    reduce: bool,
}

fn reference(object: &Map<String, Value>, pointer: &str, tables: &dyn Tables) -> Result<Matrix, Problem> {
    finish(read(object, pointer, tables)?, pointer)
}

/// Transform and reduction.
fn finish(cells: Cells, pointer: &str) -> Result<Matrix, Problem> {
    let Cells { names, labels, rows, transform, reduce } = cells;
    let mut matrix = Matrix { names: Some(names), dates: None, opened: None, rows };
    transformed(&transform, labels, &mut matrix, pointer)?;
    if reduce {
        let mean = |row: &Vec<f64>| vec![row.iter().sum::<f64>() / row.len() as f64];
        matrix.rows = matrix.rows.iter().map(mean).collect();
        matrix.names = Some(vec!["mean".to_owned()]);
    }
    Ok(matrix)
}

/// Returns of prices with different calendars: every price stands for up to five business days, then returns are taken on
/// all dates that both can be priced on. None where there is nothing to fill.
pub(crate) fn on_common_calendar(
    references: &[(&Value, String)],
    tables: &dyn Tables,
) -> Result<Option<Vec<Matrix>>, Problem> {
    let mut all = Vec::with_capacity(references.len());
    for (value, pointer) in references {
        let Some(object) = value.as_object().filter(|object| object.contains_key("csv")) else { return Ok(None) };
        let cells = read(object, pointer, tables)?;
        if !["simple_return", "log_return"].contains(&cells.transform.as_str()) {
            return Ok(None);
        }
        all.push(cells);
    }
    if all.windows(2).all(|pair| pair[0].labels == pair[1].labels) {
        return Ok(None);
    }
    let dates: Option<Vec<Vec<NaiveDate>>> =
        all.iter().map(|cells| cells.labels.iter().map(|label| label.parse().ok()).collect()).collect();
    let Some(dates) = dates.filter(|dates| dates.iter().all(|dates| !dates.is_empty() && dates.is_sorted())) else {
        return Ok(None);
    };
    let first = dates.iter().filter_map(|dates| dates.first()).max().copied();
    let last = dates.iter().filter_map(|dates| dates.last()).min().copied();
    let union: BTreeSet<NaiveDate> = dates.iter().flatten().copied().collect();
    let within = union.into_iter().filter(|date| first.is_some_and(|f| f <= *date) && last.is_some_and(|l| *date <= l));
    let mut labels = Vec::new();
    let mut rows: Vec<Vec<Vec<f64>>> = vec![Vec::new(); all.len()];
    for date in within {
        let carried: Option<Vec<usize>> = dates
            .iter()
            .map(|own| {
                let at = own.partition_point(|known| *known <= date).checked_sub(1)?;
                (business_days(own[at], date) <= CARRIED_AT_MOST).then_some(at)
            })
            .collect();
        if let Some(carried) = carried {
            labels.push(date.to_string());
            carried.iter().enumerate().for_each(|(series, at)| rows[series].push(all[series].rows[*at].clone()));
        }
    }
    let finished = all
        .into_iter()
        .zip(rows)
        .zip(references)
        .map(|((cells, rows), (_, pointer))| finish(Cells { labels: labels.clone(), rows, ..cells }, pointer));
    finished.collect::<Result<Vec<Matrix>, Problem>>().map(Some)
}

/// Business days that a price may be carried.
const CARRIED_AT_MOST: usize = 5;

/// Weekdays after `from`, up to and including `to`.
fn business_days(from: NaiveDate, to: NaiveDate) -> usize {
    let is_weekday = |date: &NaiveDate| !matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
    from.iter_days().skip(1).take_while(|date| *date <= to).filter(is_weekday).take(CARRIED_AT_MOST + 1).count()
}

fn read(object: &Map<String, Value>, pointer: &str, tables: &dyn Tables) -> Result<Cells, Problem> {
    only(object, pointer, &REFERENCE_KEYS)?;
    let text = |key: &str| match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(Problem::new(child(pointer, key), format!("`{key}` is not a text"))),
    };
    let table = table(&Value::Object(object.clone()), pointer, tables)?;
    let named: Vec<(String, String)> = match (text("column")?, object.get("columns")) {
        (Some(column), None) => vec![(column.to_owned(), child(pointer, "column"))],
        (None, Some(Value::Array(columns))) => texts(columns, &child(pointer, "columns"))?
            .into_iter()
            .enumerate()
            .map(|(index, name)| (name, format!("{pointer}/columns/{index}")))
            .collect(),
        (None, Some(_)) => return Err(Problem::new(child(pointer, "columns"), "`columns` is not a list")),
        (Some(_), Some(_)) => return Err(Problem::new(pointer, "both `column` and `columns` are given")),
        // A table of labels and one column leaves no choice.
        (None, None) if table.columns.len() == 2 => vec![(table.columns[1].clone(), child(pointer, "csv"))],
        (None, None) => {
            return Err(Problem::new(pointer, "neither `column` nor `columns` is given")
                .advising(format!("columns: {}", table.columns.join(", "))));
        }
    };
    let mut positions = Vec::with_capacity(named.len());
    for (name, at) in &named {
        positions.push(table.position(name).ok_or_else(|| {
            Problem::new(at, format!("the table has no column `{name}`"))
                .advising(format!("columns: {}", table.columns.join(", ")))
        })?);
    }
    let drop_missing = match object.get("drop_missing") {
        None | Some(Value::Null) => false,
        Some(value) => value
            .as_bool()
            .ok_or_else(|| Problem::new(child(pointer, "drop_missing"), "`drop_missing` is neither true nor false"))?,
    };
    let transform = text("transform")?.unwrap_or("none");
    if !TRANSFORMS.contains(&transform) {
        return Err(Problem::new(child(pointer, "transform"), format!("there is no transform `{transform}`"))
            .did_you_mean(transform, TRANSFORMS));
    }
    let reduce = match text("reduce")? {
        None => false,
        Some("mean") => true,
        Some(other) => {
            return Err(Problem::new(child(pointer, "reduce"), format!("there is no reduction `{other}`"))
                .did_you_mean(other, ["mean"]));
        }
    };
    let (from, to) = (text("from")?, text("to")?);
    let (mut labels, mut rows) = (Vec::new(), Vec::new());
    for row in &table.rows {
        let label = row[0].as_str();
        if from.is_some_and(|from| label < from) || to.is_some_and(|to| to < label) {
            continue;
        }
        match cells(&table, row, &positions, pointer)? {
            Some(cells) => {
                labels.push(label.to_owned());
                rows.push(cells);
            }
            None if drop_missing => {}
            None => {
                return Err(Problem::new(pointer, format!("the table has an empty cell at {label}"))
                    .advising("add \"drop_missing\": true to leave such rows out"));
            }
        }
    }
    let names = named.into_iter().map(|(name, _)| name).collect();
    Ok(Cells { names, labels, rows, transform: transform.to_owned(), reduce })
}

/// The numbers of a row, none if one is empty.
fn cells(table: &Table, row: &[String], positions: &[usize], pointer: &str) -> Result<Option<Vec<f64>>, Problem> {
    let mut cells = Vec::with_capacity(positions.len());
    for position in positions {
        let cell = row[*position].as_str();
        if cell.is_empty() || ["NA", "NaN", "nan", "."].contains(&cell) {
            return Ok(None);
        }
        let number = number_at(&Value::String(cell.to_owned()), pointer).map_err(|_| {
            Problem::new(
                pointer,
                format!("`{cell}` in column `{}` at {} is not a number", table.columns[*position], row[0]),
            )
        })?;
        cells.push(number);
    }
    Ok(Some(cells))
}

fn transformed(transform: &str, labels: Vec<String>, matrix: &mut Matrix, pointer: &str) -> Result<(), Problem> {
    let labels = match transform {
        "percent" => {
            matrix.rows.iter_mut().flatten().for_each(|cell| *cell /= 100.0);
            labels
        }
        "simple_return" => differenced(labels, matrix, pointer, |before, after| after / before - 1.0)?,
        "log_return" => differenced(labels, matrix, pointer, |before, after| (after / before).ln())?,
        "monthly_last_simple_return" => {
            let month = |label: &String| label.chars().take(7).collect::<String>();
            let is_last = |index: usize| labels.get(index + 1).is_none_or(|next| month(next) != month(&labels[index]));
            let last: Vec<usize> = (0..labels.len()).filter(|index| is_last(*index)).collect();
            matrix.rows = last.iter().map(|index| std::mem::take(&mut matrix.rows[*index])).collect();
            let labels = last.iter().map(|index| labels[*index].clone()).collect();
            differenced(labels, matrix, pointer, |before, after| after / before - 1.0)?
        }
        _ => labels,
    };
    matrix.dates = Some(labels);
    Ok(())
}

fn differenced(
    mut labels: Vec<String>,
    matrix: &mut Matrix,
    pointer: &str,
    change: fn(f64, f64) -> f64,
) -> Result<Vec<String>, Problem> {
    let mut rows = Vec::with_capacity(matrix.rows.len().saturating_sub(1));
    for (index, pair) in matrix.rows.windows(2).enumerate() {
        let row: Vec<f64> = pair[0].iter().zip(&pair[1]).map(|(before, after)| change(*before, *after)).collect();
        if row.iter().any(|cell| !cell.is_finite()) {
            let detail = format!("no return is defined from {} to {}", labels[index], labels[index + 1]);
            return Err(Problem::new(pointer, detail));
        }
        rows.push(row);
    }
    matrix.rows = rows;
    if !labels.is_empty() {
        matrix.opened = Some(labels.remove(0));
    }
    Ok(labels)
}

fn numbers(items: &[Value], pointer: &str) -> Result<Vec<f64>, Problem> {
    items.iter().enumerate().map(|(index, item)| number_at(item, &format!("{pointer}/{index}"))).collect()
}

fn texts(items: &[Value], pointer: &str) -> Result<Vec<String>, Problem> {
    let text = |(index, item): (usize, &Value)| {
        item.as_str().map(str::to_owned).ok_or_else(|| Problem::new(format!("{pointer}/{index}"), "not a text"))
    };
    items.iter().enumerate().map(text).collect()
}

fn list<'v>(object: &'v Map<String, Value>, key: &str, pointer: &str) -> Result<&'v [Value], Problem> {
    object
        .get(key)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .ok_or_else(|| Problem::new(child(pointer, key), format!("`{key}` is not a list")))
}

fn labels(object: &Map<String, Value>, pointer: &str, wanted: usize) -> Result<Option<Vec<String>>, Problem> {
    if object.get("dates").is_none_or(Value::is_null) {
        return Ok(None);
    }
    let dates = texts(list(object, "dates", pointer)?, &child(pointer, "dates"))?;
    if dates.len() != wanted {
        return Err(Problem::new(child(pointer, "dates"), format!("{} dates for {wanted} values", dates.len())));
    }
    Ok(Some(dates))
}

fn only(object: &Map<String, Value>, pointer: &str, known: &[&str]) -> Result<(), Problem> {
    match object.keys().find(|key| !known.contains(&key.as_str()) && *key != "notes") {
        Some(key) => Err(Problem::new(child(pointer, key), format!("there is no key `{key}` here"))
            .did_you_mean(key, known.iter().copied())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TableError;
    use serde_json::json;

    struct One;
    impl Tables for One {
        fn table(&self, path: &str) -> Result<Arc<Table>, TableError> {
            let text = match path {
                "p.csv" => "date,A,B\n2024-01-30,100,10\n2024-01-31,110,20\n2024-02-29,121,10\n2024-03-01,60.5,30\n",
                "q.csv" => "date,C\n2024-01-30,50\n2024-01-31,50\n2024-02-28,50\n2024-03-01,55\n",
                "gap.csv" => "month,A\n2024-01,100\n2024-02,\n2024-03,110\n",
                _ => return Err(TableError(format!("there is no file `{path}`"))),
            };
            Table::from_csv(text).map(Arc::new)
        }
    }

    fn of(reference: Value) -> Result<Matrix, Problem> {
        matrix(&reference, "/returns", &One)
    }

    fn close(a: &[f64], b: &[f64]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12)
    }

    #[test]
    fn transforms() {
        for (transform, from, expected, opened) in [
            ("none", "2024-02", vec![121.0, 60.5], None),
            ("percent", "2024-02", vec![1.21, 0.605], None),
            ("simple_return", "2024-01-31", vec![0.1, -0.5], Some("2024-01-31")),
            ("log_return", "2024-02-29", vec![0.5_f64.ln()], Some("2024-02-29")),
            ("monthly_last_simple_return", "2024-01-30", vec![0.1, -0.5], Some("2024-01-31")),
        ] {
            let got = of(json!({ "csv": "p.csv", "column": "A", "from": from, "transform": transform })).unwrap();
            assert!(close(&got.column(0), &expected), "{transform}: {got:?}");
            assert_eq!(got.opened.as_deref(), opened, "{transform}");
        }
    }

    #[test]
    fn the_mean_of_columns_is_a_series() {
        let reference =
            json!({ "csv": "p.csv", "columns": ["A", "B"], "transform": "simple_return", "reduce": "mean" });
        let got = series(&reference, "", &One).unwrap();
        assert!(close(&got.values, &[0.55, -0.2, 0.75]));
        assert_eq!((got.position(0), got.position(3)), (Some("2024-01-30"), Some("2024-03-01")));
    }

    #[test]
    fn problems_say_where_and_what_to_try() {
        let problem = of(json!({ "csv": "p.csv", "column": "C" })).unwrap_err();
        assert_eq!(
            (problem.pointer.as_str(), problem.advice.as_deref()),
            ("/returns/column", Some("columns: date, A, B"))
        );
        let problem = of(json!({ "csv": "p.csv", "column": "A", "transform": "simple_retrun" })).unwrap_err();
        assert_eq!(problem.advice.as_deref(), Some("did you mean `simple_return`?"));
        let problem = of(json!({ "csv": "p.csv", "colum": "A" })).unwrap_err();
        assert_eq!(problem.pointer, "/returns/colum");
        assert!(of(json!({ "csv": "gap.csv", "column": "A" })).unwrap_err().detail.contains("2024-02"));
        let kept = of(json!({ "csv": "gap.csv", "column": "A", "drop_missing": true, "transform": "simple_return" }));
        assert!(close(&kept.unwrap().column(0), &[0.1]));
        assert_eq!(of(json!([[1, 2], [3]])).unwrap_err().pointer, "/returns/1");
        assert_eq!(of(json!([[1, null]])).unwrap_err().pointer, "/returns/0/1");
    }

    #[test]
    fn arrays_may_carry_dates() {
        let pairs = series(&json!([["2024-01-01", 1], ["2024-01-02", "2.5"]]), "", &One).unwrap();
        assert_eq!((pairs.values, pairs.dates.unwrap().len()), (vec![1.0, 2.5], 2));
        let split = series(&json!({ "dates": ["2024-01-01"], "values": [1] }), "", &One).unwrap();
        assert_eq!(split.dates.unwrap(), ["2024-01-01"]);
        assert!(series(&json!({ "dates": [], "values": [1] }), "/r", &One).is_err());
        let rows = of(json!([["2024-01-01", 1, 2], ["2024-01-02", 3, 4]])).unwrap();
        assert_eq!((rows.width(), rows.dates.unwrap().len()), (2, 2));
        assert_eq!(of(json!([1, 2, 3])).unwrap().width(), 1);
    }

    #[test]
    fn prices_are_carried_across_a_holiday_but_not_for_ever() {
        let price = |csv: &str, column: &str| json!({ "csv": csv, "column": column, "transform": "simple_return" });
        let (a, c) = (price("p.csv", "A"), price("q.csv", "C"));
        let both = on_common_calendar(&[(&a, "/a".into()), (&c, "/c".into())], &One).unwrap().unwrap();
        // 2024-02-28 is priced in q alone, four weeks after the last price of p; on 2024-02-29 q's price is a day old.
        assert_eq!(both[0].dates.as_deref().unwrap(), ["2024-01-31", "2024-02-29", "2024-03-01"]);
        assert!(close(&both[0].column(0), &[0.1, 0.1, -0.5]));
        assert!(close(&both[1].column(0), &[0.0, 0.0, 0.1]));
        // Equal calendars, and values that are no prices, are left alone.
        assert_eq!(on_common_calendar(&[(&a, "/a".into()), (&a, "/b".into())], &One).unwrap(), None);
        let plain = json!([1.0]);
        assert_eq!(on_common_calendar(&[(&a, "/a".into()), (&plain, "/b".into())], &One).unwrap(), None);
    }

    #[test]
    fn labels_in_common_are_kept_in_order() {
        let a: Vec<String> = ["1", "2", "3"].map(String::from).to_vec();
        let b: Vec<String> = ["3", "2", "9"].map(String::from).to_vec();
        assert_eq!(common_labels(&[Some(&a), Some(&b)]).unwrap(), ["2", "3"]);
        assert_eq!(common_labels(&[Some(&a), Some(&a)]), None);
        assert_eq!(common_labels(&[Some(&a), None]), None);
    }
}
