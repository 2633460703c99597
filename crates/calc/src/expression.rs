//! Expressions over the columns of a table: `Mkt-RF + RF`, `GS10 - TB3MS`, `pct_change(INDPRO, 12) < 0`.
//!
//!   comparison   a < b, a <= b, a > b, a >= b: 1 if true, else 0
//!   arithmetic   + − * / with the usual precedence, parentheses, numbers
//!   functions    log(x), exp(x), abs(x), lag(x, k), diff(x, k), pct_change(x, k) (k rows, 1 unless stated)
//!
//! A column is written as the table calls it; of several that fit, the longest name is meant (`Mkt-RF` before `Mkt`).
//! Words in parentheses after a complete expression are a remark (`(percent, monthly)`). A row in which a cell is empty,
//! a lag reaches before the table, or the arithmetic has no result has no value. Invariant: every value is finite.

use crate::{Problem, Table};

/// Values of an expression, one per row of the table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Evaluated {
    pub values: Vec<Option<f64>>,
    /// What stood in parentheses behind it.
    pub remark: String,
}

/// Evaluates `text` over `table`.
pub(crate) fn evaluate(text: &str, table: &Table, pointer: &str) -> Result<Evaluated, Problem> {
    let mut parser = Parser { text, at: 0, table, pointer, depth: 0, remark: String::new() };
    let values = parser.comparison()?;
    parser.remarks();
    if parser.at < text.len() {
        return Err(parser.problem());
    }
    Ok(Evaluated { values, remark: parser.remark })
}

type Column = Vec<Option<f64>>;

/// More parentheses than anyone writes.
const DEPTH_MAX: usize = 40;

struct Parser<'a> {
    text: &'a str,
    at: usize,
    table: &'a Table,
    pointer: &'a str,
    depth: usize,
    remark: String,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn takes(&mut self, token: &str) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn problem(&self) -> Problem {
        Problem::new(self.pointer, format!("`{}` cannot be read from `{}` on", self.text, self.rest()))
            .advising(format!("columns: {}", self.table.columns.join(", ")))
    }

    /// Parentheses that follow a complete expression.
    fn remarks(&mut self) {
        self.skip_space();
        while self.rest().starts_with('(') && self.rest().contains(')') {
            let end = self.at + self.rest().find(')').unwrap_or_default();
            self.remark.push_str(&self.text[self.at + 1..end]);
            self.at = end + 1;
            self.skip_space();
        }
    }

    fn comparison(&mut self) -> Result<Column, Problem> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.problem());
        }
        let left = self.sum()?;
        let compared = [("<=", 0), (">=", 1), ("<", 2), (">", 3)].into_iter().find(|(token, _)| self.takes(token));
        let result = match compared {
            None => left,
            Some((_, kind)) => {
                let right = self.sum()?;
                let holds = |a: f64, b: f64| match kind {
                    0 => a <= b,
                    1 => a >= b,
                    2 => a < b,
                    _ => a > b,
                };
                both(&left, &right, |a, b| f64::from(u8::from(holds(a, b))))
            }
        };
        self.depth -= 1;
        Ok(result)
    }

    fn sum(&mut self) -> Result<Column, Problem> {
        let mut left = self.product()?;
        loop {
            if self.takes("+") {
                left = both(&left, &self.product()?, |a, b| a + b);
            } else if self.takes("-") || self.takes("−") {
                left = both(&left, &self.product()?, |a, b| a - b);
            } else {
                return Ok(left);
            }
        }
    }

    fn product(&mut self) -> Result<Column, Problem> {
        let mut left = self.factor()?;
        loop {
            if self.takes("*") {
                left = both(&left, &self.factor()?, |a, b| a * b);
            } else if self.takes("/") {
                left = both(&left, &self.factor()?, |a, b| a / b);
            } else {
                return Ok(left);
            }
        }
    }

    fn factor(&mut self) -> Result<Column, Problem> {
        self.skip_space();
        if let Some(column) = self.column()? {
            return Ok(column);
        }
        if self.takes("(") {
            let inner = self.comparison()?;
            return if self.takes(")") { Ok(inner) } else { Err(self.problem()) };
        }
        if self.takes("-") || self.takes("−") {
            self.depth += 1;
            let inner = if self.depth > DEPTH_MAX { return Err(self.problem()) } else { self.factor()? };
            self.depth -= 1;
            return Ok(inner.iter().map(|value| value.map(|value| -value)).collect());
        }
        for name in ["log", "exp", "abs", "lag", "diff", "pct_change"] {
            if self.rest().strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('(')) {
                self.at += name.len();
                return self.call(name);
            }
        }
        self.number()
    }

    fn call(&mut self, name: &str) -> Result<Column, Problem> {
        if !self.takes("(") {
            return Err(self.problem());
        }
        let inner = self.comparison()?;
        let mut rows = 1;
        if self.takes(",") {
            self.skip_space();
            let digits: String = self.rest().chars().take_while(char::is_ascii_digit).collect();
            rows = digits.parse().map_err(|_| self.problem())?;
            self.at += digits.len();
        }
        if !self.takes(")") {
            return Err(self.problem());
        }
        let before = |at: usize| inner[at.checked_sub(rows)?];
        let value = |at: usize| match name {
            "log" => Some(inner[at]?.ln()),
            "exp" => Some(inner[at]?.exp()),
            "abs" => Some(inner[at]?.abs()),
            "lag" => before(at),
            "diff" => Some(inner[at]? - before(at)?),
            _ => Some(inner[at]? / before(at)? - 1.0),
        };
        Ok((0..inner.len()).map(|at| value(at).filter(|value| value.is_finite())).collect())
    }

    fn number(&mut self) -> Result<Column, Problem> {
        let digits: String = self.rest().chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        let number: f64 = digits.parse().map_err(|_| self.problem())?;
        self.at += digits.len();
        Ok(vec![Some(number); self.table.rows.len()])
    }

    /// The column whose name stands here, the longest of several; not when a longer word does.
    fn column(&mut self) -> Result<Option<Column>, Problem> {
        let ends = |name: &str| {
            let after = self.rest()[name.len()..].chars().next();
            !after.is_some_and(|c| c.is_alphanumeric() || c == '_')
        };
        let fits = |name: &&String| !name.is_empty() && self.rest().starts_with(name.as_str()) && ends(name);
        // The first column labels the rows.
        let Some(name) = self.table.columns.iter().skip(1).filter(fits).max_by_key(|name| name.len()).cloned() else {
            return Ok(None);
        };
        self.at += name.len();
        let position = self.table.position(&name).unwrap_or_default();
        let cell = |row: &Vec<String>| -> Result<Option<f64>, Problem> {
            let text = row[position].as_str();
            if ["", "NA", "NaN", "nan", "."].contains(&text) {
                return Ok(None);
            }
            crate::input::number_at(&serde_json::Value::String(text.to_owned()), self.pointer).map(Some).map_err(|_| {
                Problem::new(self.pointer, format!("`{text}` in column `{name}` at {} is not a number", row[0]))
            })
        };
        self.table.rows.iter().map(cell).collect::<Result<Column, Problem>>().map(Some)
    }
}

fn both(left: &Column, right: &Column, of: impl Fn(f64, f64) -> f64) -> Column {
    left.iter().zip(right).map(|(a, b)| Some(of((*a)?, (*b)?)).filter(|value| value.is_finite())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table::from_csv("month,Mkt-RF,RF,Mkt,P\n1,1,0.5,9,100\n2,2,0.5,9,110\n3,,0.5,9,99\n").unwrap()
    }

    fn of(text: &str) -> Result<Evaluated, Problem> {
        evaluate(text, &table(), "/equity")
    }

    #[test]
    fn the_longest_column_is_meant_and_remarks_are_kept() {
        let found = of("Mkt-RF + RF (percent, monthly)").unwrap();
        assert_eq!((found.values, found.remark.as_str()), (vec![Some(1.5), Some(2.5), None], "percent, monthly"));
        assert_eq!(of("Mkt - RF").unwrap().values, vec![Some(8.5); 3]);
    }

    #[test]
    fn precedence_functions_and_comparisons() {
        assert_eq!(of("2 + 3 * RF - (1 - 2) / 2").unwrap().values[0], Some(4.0));
        assert_eq!(of("-RF").unwrap().values[0], Some(-0.5));
        let change = of("pct_change(P)").unwrap().values;
        assert!(change[0].is_none() && (change[1].unwrap() - 0.1).abs() < 1e-15);
        assert_eq!(of("diff(P, 2)").unwrap().values, [None, None, Some(-1.0)]);
        assert_eq!(of("lag(P, 1) > 105").unwrap().values, [None, Some(0.0), Some(1.0)]);
        assert_eq!(of("log(0 - P)").unwrap().values, [None; 3]);
        assert_eq!(of("1 / (RF - RF)").unwrap().values, [None; 3]);
    }

    #[test]
    fn what_cannot_be_read_is_a_problem() {
        for text in ["", "XYZ", "RF +", "(RF", "RF RF", "lag(RF", "month", "log RF", "RF,"] {
            assert!(of(text).is_err(), "{text}");
        }
        assert!(of(&"(".repeat(10_000)).is_err() && of(&"-".repeat(10_000)).is_err());
        assert!(of("XYZ").unwrap_err().advice.unwrap().contains("Mkt-RF"));
    }
}
