//! Typed access to an input, with a pointer to whatever is wrong.
//!
//! Invariant: numbers are finite, dates are calendar dates, decimals are exact. A key that is absent has its declared
//! default. `Input` is the whole object or an object nested in it ([`Input::rows`], [`Input::object`]).

use crate::{Key, Problem, Tables};
use chrono::NaiveDate;
use formulas::PerPeriod;
use money::Decimal;
use serde_json::{Map, Value};

/// An object of the input.
#[derive(Clone)]
pub struct Input<'a> {
    object: &'a Map<String, Value>,
    pointer: String,
    keys: &'static [Key],
    tables: &'a dyn Tables,
}

/// A rate that is one number, or one number per period.
#[derive(Debug, Clone, PartialEq)]
pub enum Rate {
    /// The same in every period.
    Constant(f64),
    /// One for each period, with the dates if given.
    Series(crate::Dated),
}

impl Rate {
    /// For formulas.
    pub fn per_period(&self) -> PerPeriod<'_> {
        match self {
            Rate::Constant(rate) => PerPeriod::Constant(*rate),
            Rate::Series(dated) => PerPeriod::Series(&dated.values),
        }
    }
}

impl<'a> Input<'a> {
    pub(crate) fn new(object: &'a Map<String, Value>, keys: &'static [Key], tables: &'a dyn Tables) -> Input<'a> {
        Input { object, pointer: String::new(), keys, tables }
    }

    /// The tables that the input may name.
    pub fn tables(&self) -> &'a dyn Tables {
        self.tables
    }

    /// Where `key` is.
    pub fn pointer(&self, key: &str) -> String {
        child(&self.pointer, key)
    }

    /// What the caller wrote for `key`, null as nothing; no default.
    pub fn given(&self, key: &str) -> Option<&'a Value> {
        self.object.get(key).filter(|value| !value.is_null())
    }

    /// The names in this object, in order.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.object.keys().map(String::as_str)
    }

    /// A problem at `key`.
    pub fn problem(&self, key: &str, detail: impl Into<String>) -> Problem {
        Problem::new(self.pointer(key), detail)
    }

    /// Refuses keys of a nested object other than `known`.
    pub fn only(&self, known: &[&str]) -> Result<(), Problem> {
        match self.object.keys().find(|key| !known.contains(&key.as_str()) && *key != "notes") {
            Some(key) => Err(Problem::new(self.pointer(key), format!("there is no key `{key}` here"))
                .did_you_mean(key, known.iter().copied())),
            None => Ok(()),
        }
    }

    /// The value or its declared default, if any.
    fn resolved(&self, key: &str) -> Option<std::borrow::Cow<'a, Value>> {
        if let Some(value) = self.given(key) {
            return Some(std::borrow::Cow::Borrowed(value));
        }
        let declared = self.keys.iter().find(|known| known.name == key)?;
        serde_json::from_str(declared.default).ok().map(std::borrow::Cow::Owned)
    }

    fn needed(&self, key: &str) -> Result<std::borrow::Cow<'a, Value>, Problem> {
        self.resolved(key).ok_or_else(|| self.problem(key, format!("the key `{key}` is missing")))
    }

    /// A finite number.
    pub fn number(&self, key: &str) -> Result<f64, Problem> {
        number_at(&*self.needed(key)?, &self.pointer(key))
    }

    /// A finite number, or nothing.
    pub fn optional_number(&self, key: &str) -> Result<Option<f64>, Problem> {
        self.resolved(key).map(|value| number_at(&value, &self.pointer(key))).transpose()
    }

    /// A number above zero.
    pub fn positive(&self, key: &str) -> Result<f64, Problem> {
        let number = self.number(key)?;
        if number > 0.0 { Ok(number) } else { Err(self.problem(key, format!("`{key}` is {number}, not above zero"))) }
    }

    /// A probability: above 0, below or equal to 1.
    pub fn probability(&self, key: &str) -> Result<f64, Problem> {
        let number = self.number(key)?;
        if 0.0 < number && number <= 1.0 {
            return Ok(number);
        }
        let problem = self.problem(key, format!("`{key}` is {number}, not a fraction above 0 and up to 1"));
        Err(if 1.0 < number && number <= 100.0 {
            problem.advising(format!("{number} % is {}", number / 100.0))
        } else {
            problem
        })
    }

    /// A whole number of at least zero.
    pub fn count(&self, key: &str) -> Result<usize, Problem> {
        let number = self.number(key)?;
        if number >= 0.0 && number.fract() == 0.0 && number <= 9_007_199_254_740_992.0 {
            return Ok(number as usize);
        }
        Err(self.problem(key, format!("`{key}` is {number}, not a whole number of at least zero")))
    }

    /// A whole number of at least zero, or nothing.
    pub fn optional_count(&self, key: &str) -> Result<Option<usize>, Problem> {
        if self.resolved(key).is_none() { Ok(None) } else { self.count(key).map(Some) }
    }

    /// A seed: a whole number of up to 64 bits, also as text.
    pub fn seed(&self, key: &str) -> Result<u64, Problem> {
        let value = self.needed(key)?;
        let parsed = match &*value {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        parsed.ok_or_else(|| self.problem(key, format!("`{key}` is not a whole number of up to 64 bits")))
    }

    /// An exact decimal.
    pub fn decimal(&self, key: &str) -> Result<Decimal, Problem> {
        decimal_at(&*self.needed(key)?, &self.pointer(key))
    }

    /// An exact decimal, or nothing.
    pub fn optional_decimal(&self, key: &str) -> Result<Option<Decimal>, Problem> {
        self.resolved(key).map(|value| decimal_at(&value, &self.pointer(key))).transpose()
    }

    /// Text.
    pub fn text(&self, key: &str) -> Result<String, Problem> {
        match &*self.needed(key)? {
            Value::String(text) => Ok(text.clone()),
            _ => Err(self.problem(key, format!("`{key}` is not a text"))),
        }
    }

    /// Text, or nothing.
    pub fn optional_text(&self, key: &str) -> Result<Option<String>, Problem> {
        if self.resolved(key).is_none() { Ok(None) } else { self.text(key).map(Some) }
    }

    /// One of the words that the key declares, or of `words` in a nested object.
    pub fn choice(&self, key: &str, words: &[&'static str]) -> Result<&'static str, Problem> {
        let text = self.text(key)?;
        words.iter().copied().find(|word| *word == text).ok_or_else(|| {
            self.problem(key, format!("`{key}` is `{text}`, which is none of its words"))
                .did_you_mean(&text, words.iter().copied())
        })
    }

    /// True or false.
    pub fn flag(&self, key: &str) -> Result<bool, Problem> {
        self.needed(key)?.as_bool().ok_or_else(|| self.problem(key, format!("`{key}` is neither true nor false")))
    }

    /// A calendar date.
    pub fn date(&self, key: &str) -> Result<NaiveDate, Problem> {
        date_at(&*self.needed(key)?, &self.pointer(key))
    }

    /// A calendar date, or nothing.
    pub fn optional_date(&self, key: &str) -> Result<Option<NaiveDate>, Problem> {
        self.resolved(key).map(|value| date_at(&value, &self.pointer(key))).transpose()
    }

    /// A list.
    pub fn list(&self, key: &str) -> Result<Vec<Value>, Problem> {
        match &*self.needed(key)? {
            Value::Array(items) => Ok(items.clone()),
            _ => Err(self.problem(key, format!("`{key}` is not a list"))),
        }
    }

    /// A list of texts.
    pub fn texts(&self, key: &str) -> Result<Vec<String>, Problem> {
        let texts = self.list(key)?;
        let text = |(index, value): (usize, &Value)| {
            let pointer = format!("{}/{index}", self.pointer(key));
            value.as_str().map(str::to_owned).ok_or_else(|| Problem::new(pointer, "not a text"))
        };
        texts.iter().enumerate().map(text).collect()
    }

    /// A list of finite numbers.
    pub fn numbers(&self, key: &str) -> Result<Vec<f64>, Problem> {
        Ok(self.series(key)?.values)
    }

    /// A list of numbers of which some may be null.
    pub fn optional_numbers(&self, key: &str) -> Result<Vec<Option<f64>>, Problem> {
        let items = self.list(key)?;
        let number = |(index, value): (usize, &Value)| match value {
            Value::Null => Ok(None),
            value => number_at(value, &format!("{}/{index}", self.pointer(key))).map(Some),
        };
        items.iter().enumerate().map(number).collect()
    }

    /// Dated amounts: `[[date, amount], …]`.
    pub fn flows(&self, key: &str) -> Result<Vec<(NaiveDate, f64)>, Problem> {
        let items = self.list(key)?;
        let flow = |(index, item): (usize, &Value)| {
            let pointer = format!("{}/{index}", self.pointer(key));
            match item.as_array().map(Vec::as_slice) {
                Some([date, amount]) => {
                    Ok((date_at(date, &format!("{pointer}/0"))?, number_at(amount, &format!("{pointer}/1"))?))
                }
                _ => Err(Problem::new(pointer, "not a pair of date and amount")),
            }
        };
        items.iter().enumerate().map(flow).collect()
    }

    /// A nested object.
    pub fn object(&self, key: &str) -> Result<Input<'a>, Problem> {
        match self.given(key) {
            Some(Value::Object(object)) => {
                Ok(Input { object, pointer: self.pointer(key), keys: &[], tables: self.tables })
            }
            Some(_) => Err(self.problem(key, format!("`{key}` is not an object"))),
            None => Err(self.problem(key, format!("the key `{key}` is missing"))),
        }
    }

    /// A list of nested objects.
    pub fn rows(&self, key: &str) -> Result<Vec<Input<'a>>, Problem> {
        let items = match self.given(key) {
            Some(Value::Array(items)) => items,
            Some(_) => return Err(self.problem(key, format!("`{key}` is not a list"))),
            None => return Err(self.problem(key, format!("the key `{key}` is missing"))),
        };
        let row = |(index, item): (usize, &'a Value)| {
            let pointer = format!("{}/{index}", self.pointer(key));
            match item {
                Value::Object(object) => Ok(Input { object, pointer, keys: &[], tables: self.tables }),
                _ => Err(Problem::new(pointer, "not an object")),
            }
        };
        items.iter().enumerate().map(row).collect()
    }

    /// A series.
    pub fn series(&self, key: &str) -> Result<crate::Dated, Problem> {
        crate::series::series(&*self.needed(key)?, &self.pointer(key), self.tables)
    }

    /// A series, or nothing.
    pub fn optional_series(&self, key: &str) -> Result<Option<crate::Dated>, Problem> {
        self.resolved(key).map(|value| crate::series::series(&value, &self.pointer(key), self.tables)).transpose()
    }

    /// One number for all periods, or a series.
    pub fn rate(&self, key: &str) -> Result<Rate, Problem> {
        match &*self.needed(key)? {
            value @ (Value::Number(_) | Value::String(_)) => number_at(value, &self.pointer(key)).map(Rate::Constant),
            value => crate::series::series(value, &self.pointer(key), self.tables).map(Rate::Series),
        }
    }

    /// A matrix: rows of dates × columns.
    pub fn matrix(&self, key: &str) -> Result<crate::Matrix, Problem> {
        crate::series::matrix(&*self.needed(key)?, &self.pointer(key), self.tables)
    }

    /// A table that the key names as `{"csv": path}`.
    pub fn table(&self, key: &str) -> Result<std::sync::Arc<crate::Table>, Problem> {
        crate::series::table(&*self.needed(key)?, &self.pointer(key), self.tables)
    }
}

/// The pointer to a member.
pub(crate) fn child(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// A finite number, also as decimal text.
pub(crate) fn number_at(value: &Value, pointer: &str) -> Result<f64, Problem> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        // Not every text that the language reads as a float is a decimal: "inf", "nan".
        Value::String(text) if text.trim().starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) => {
            text.trim().parse().ok()
        }
        Value::Null => return Err(Problem::new(pointer, "a number is missing here")),
        _ => None,
    };
    number.filter(|number| number.is_finite()).ok_or_else(|| Problem::new(pointer, format!("{value} is not a number")))
}

/// An exact decimal: a text, or the shortest text of a number.
pub(crate) fn decimal_at(value: &Value, pointer: &str) -> Result<Decimal, Problem> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return Err(Problem::new(pointer, format!("{value} is not a number"))),
    };
    text.parse()
        .or_else(|_| Decimal::from_scientific(&text))
        .map_err(|_| Problem::new(pointer, format!("{value} is not a decimal of up to 28 digits")))
}

/// A calendar date.
pub(crate) fn date_at(value: &Value, pointer: &str) -> Result<NaiveDate, Problem> {
    value
        .as_str()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Problem::new(pointer, format!("{value} is not a date")).advising("write it as YYYY-MM-DD"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_may_be_decimal_texts_but_never_infinite() {
        assert_eq!(number_at(&json!("0.05"), ""), Ok(0.05));
        assert_eq!(number_at(&json!("-1e3"), ""), Ok(-1000.0));
        for hostile in [json!("inf"), json!("NaN"), json!("-inf"), json!("1e999"), json!(null), json!([]), json!("")] {
            assert!(number_at(&hostile, "/x").is_err(), "{hostile}");
        }
    }

    #[test]
    fn decimals_stay_exact() {
        assert_eq!(decimal_at(&json!(0.1), "").unwrap().to_string(), "0.1");
        assert_eq!(decimal_at(&json!("12.340"), "").unwrap().to_string(), "12.340");
        assert_eq!(decimal_at(&json!(1e-7), "").unwrap().to_string(), "0.0000001");
        assert!(decimal_at(&json!("x"), "").is_err());
    }
}
