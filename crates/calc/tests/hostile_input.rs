//! Whatever numbers come in: no panic, and every number that goes out is one. What is not there has a status.

use calc::{Function, Key, Kind, NoTables};
use formulas::Stream;
use serde_json::{Map, Value, json};

/// Outputs that may be null although nothing is undefined: dates that did not come, days without exposure.
const MAY_BE_NULL: &[&str] = &[
    "peak_date",
    "trough_date",
    "recovery_date",
    "acquired",
    "spin_acquired",
    "peak_position",
    "trough_position",
    "recovery_position",
    "periods_to_recover",
    "daily",
    "daily_before",
    // Companions of a ratio, which has the status.
    "standard_error",
    "autocorrelation_adjusted_factor",
    "autocorrelation_adjusted",
    "variance_inflation",
    // A formula knows the mean of plain plans only.
    "mean_closed_form",
    // Inputs that were not given leave the figures made of them out.
    "ratios",
    "book_equity_to_liabilities",
    "z_prime_private",
    "zone_prime_private",
    "z_double_prime",
    "zone_double_prime",
    "label_probability",
    // At the edge of the parameters a likelihood has no curvature to measure errors by.
    "standard_errors",
    // Where no path fails there is no mean of the failed ones.
    "depletion_period_mean",
    "shortfall_mean",
    "mean_standard_error",
];

/// Inputs tried for each function.
const SEEDS: u64 = 150;

/// One shape and one kind of numbers for a whole input, so that it gets past the first checks.
struct Case {
    random: Stream,
    rows: usize,
    columns: usize,
    temper: usize,
}

impl Case {
    fn number(&mut self) -> f64 {
        const HOSTILE: [f64; 14] = [
            0.0,
            -0.0,
            1e308,
            -1e308,
            f64::MIN_POSITIVE,
            5e-324,
            -5e-324,
            1e-300,
            1e154,
            -1e154,
            -1.0,
            -1.000001,
            1.0,
            0.5,
        ];
        match self.temper {
            0 => 0.02 * self.random.normal(),
            1 => HOSTILE[self.random.index(HOSTILE.len())],
            2 => 0.013,
            3 => 1e150 * self.random.normal(),
            4 => 1e-160 * self.random.normal(),
            5 => self.random.uniform(),
            _ if self.random.index(5) == 0 => HOSTILE[self.random.index(HOSTILE.len())],
            _ => 0.05 * self.random.normal(),
        }
    }

    fn value(&mut self) -> Value {
        let number = self.number();
        if self.random.index(20) == 0 { json!(format!("{number}")) } else { json!(number) }
    }

    fn list(&mut self, length: usize) -> Value {
        (0..length).map(|_| self.value()).collect()
    }

    fn matrix(&mut self, rows: usize) -> Value {
        let columns = self.columns;
        (0..rows).map(|_| self.list(columns)).collect()
    }

    fn date(&mut self) -> Value {
        let day = 1 + self.random.index(28);
        json!(format!("20{:02}-{:02}-{day:02}", 10 + self.random.index(30), 1 + self.random.index(12)))
    }

    fn of(&mut self, key: &Key) -> Value {
        let (rows, columns) = (self.rows, self.columns);
        match key.kind {
            // Sizes of simulations stay small; what they mean is not at stake here.
            Kind::Integer => json!(self.random.index(12)),
            Kind::Number => match self.random.index(3) {
                0 => json!(self.random.uniform()),
                1 => json!(self.random.index(300)),
                _ => self.value(),
            },
            Kind::Text => serde_json::from_str(key.default).unwrap_or_else(|_| json!("x")),
            Kind::Choice(words) => json!(words[self.random.index(words.len())]),
            Kind::Flag => json!(self.random.index(2) == 0),
            Kind::Date => self.date(),
            Kind::Series if key.name.contains("weights") && self.random.index(2) == 0 => self.list(columns),
            Kind::Series => self.list(rows),
            Kind::NumberOrSeries => {
                if self.random.index(2) == 0 {
                    self.value()
                } else {
                    self.list(rows)
                }
            }
            Kind::Matrix => {
                let square = self.random.index(3) == 0;
                self.matrix(if square { columns } else { rows })
            }
            Kind::Flows => (0..rows).map(|_| json!([self.date(), self.value()])).collect(),
            Kind::Object => {
                let object: Map<String, Value> = (0..columns).map(|at| (format!("S{at}"), self.value())).collect();
                Value::Object(object)
            }
            Kind::List | Kind::Any => match self.random.index(4) {
                0 => self.matrix(rows),
                1 => self.matrix(columns),
                2 => self.list(columns),
                _ => self.list(rows),
            },
            Kind::Table => json!({ "csv": "none.csv" }),
        }
    }

    fn input(&mut self, function: &Function) -> Value {
        let mut object = Map::new();
        for key in function.keys {
            if key.required || self.random.index(2) == 0 {
                let value = if ["paths", "horizon", "steps", "starts"].contains(&key.name) {
                    json!(1 + self.random.index(40))
                } else {
                    self.of(key)
                };
                object.insert(key.name.to_owned(), value);
            }
        }
        Value::Object(object)
    }
}

/// Names of nulls that nothing explains.
fn unexplained(result: &Map<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    if result["status"] == "ok" {
        for (key, value) in result {
            collect(key, value, &mut found);
        }
    }
    found
}

fn collect(key: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Null if !MAY_BE_NULL.contains(&key) => found.push(key.to_owned()),
        Value::Array(items) => items.iter().for_each(|item| collect(key, item, found)),
        // An object with a status of its own explains itself.
        Value::Object(fields) if !fields.get("status").is_some_and(|status| status != "ok") => {
            fields.iter().for_each(|(key, value)| collect(key, value, found));
        }
        _ => {}
    }
}

/// The shape and the numbers follow from the seed, so that a failure comes again.
fn case(seed: u64, path: usize) -> Case {
    let mut shape = Stream::new(seed, u64::MAX);
    let (rows, columns, temper) = (shape.index(14), 1 + shape.index(3), shape.index(7));
    Case { random: Stream::new(seed, path as u64), rows, columns, temper }
}

#[test]
fn every_number_is_one_and_every_hole_has_a_reason() {
    for seed in 0..SEEDS {
        for (path, function) in calc::functions().enumerate() {
            let input = case(seed, path).input(function);
            if let Ok(result) = calc::calculate(function.name, &input, &NoTables) {
                let found = unexplained(&result);
                assert!(found.is_empty(), "{}: {found:?} in {} for {input}", function.name, Value::Object(result));
            }
        }
    }
}

#[test]
fn the_inputs_get_past_the_first_checks() {
    // The property above means something only if functions are computed, not refused.
    let functions: Vec<&Function> = calc::functions().collect();
    let mut computed = vec![false; functions.len()];
    for seed in 0..SEEDS {
        for (path, function) in functions.iter().enumerate() {
            let input = case(seed, path).input(function);
            computed[path] |= calc::calculate(function.name, &input, &NoTables).is_ok();
        }
    }
    let count = computed.iter().filter(|computed| **computed).count();
    let never: Vec<&str> = functions.iter().zip(&computed).filter(|(_, c)| !**c).map(|(f, _)| f.name).collect();
    assert!(3 * count > 2 * functions.len(), "never computed: {never:?}");
}
