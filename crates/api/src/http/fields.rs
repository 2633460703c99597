//! Reads a body or a query string field by field and collects everything that is wrong with it.
//!
//! Invariant: readers return a placeholder for a wrong field, and [`Fields::finish`] refuses the whole when there was
//! one, so no placeholder ever reaches a handler.

use chrono::NaiveDate;
use money::Currency;
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::problem::{FieldError, Problem};

/// Where the fields came from: decides names and codes of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A JSON body: errors carry pointers.
    Body,
    /// A query string: errors carry parameter names, values are text.
    Query,
}

/// A request type: knows how to read itself.
pub trait Input: Sized + Send {
    /// Reads all fields; wrong ones leave an error in `fields`.
    fn read(fields: &mut Fields<'_>) -> Self;
}

/// No fields at all: any field is unknown.
impl Input for () {
    fn read(_: &mut Fields<'_>) -> Self {}
}

/// The fields of one object.
#[derive(Debug)]
pub struct Fields<'a> {
    values: &'a Map<String, Value>,
    base: String,
    place: Place,
    known: Vec<&'static str>,
    errors: Vec<FieldError>,
}

/// Reads `T` from an object, or says everything that is wrong.
///
/// # Errors
/// `invalid_input`/`unknown_input` for a body, `invalid_parameter`/`unknown_parameter` for a query.
pub fn read<T: Input>(place: Place, values: &Map<String, Value>) -> Result<T, Problem> {
    let mut fields = Fields::new(place, values);
    let value = T::read(&mut fields);
    fields.finish()?;
    Ok(value)
}

/// Names of the fields that `T` knows, for tests and suggestions.
#[must_use]
pub fn known_fields<T: Input>(place: Place) -> Vec<&'static str> {
    let empty = Map::new();
    let mut fields = Fields::new(place, &empty);
    T::read(&mut fields);
    fields.known
}

impl<'a> Fields<'a> {
    /// The fields of a whole body or query.
    #[must_use]
    pub fn new(place: Place, values: &'a Map<String, Value>) -> Self {
        Self { values, base: String::new(), place, known: Vec::new(), errors: Vec::new() }
    }

    /// Whether the field was sent.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|v| !v.is_null())
    }

    /// Adds an error at a field.
    pub fn refuse(&mut self, name: &str, detail: impl Into<String>) {
        let code = match self.place {
            Place::Body => "invalid_input",
            Place::Query => "invalid_parameter",
        };
        self.push(name, code, detail.into(), None);
    }

    fn push(&mut self, name: &str, code: &str, detail: String, allowed: Option<Vec<String>>) {
        let mut error = match self.place {
            Place::Body => FieldError::at(format!("{}/{}", self.base, escape(name)), code, detail),
            Place::Query => FieldError::parameter(name, code, detail),
        };
        error.allowed = allowed;
        self.errors.push(error);
    }

    fn get(&mut self, name: &'static str) -> Option<&'a Value> {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
        self.values.get(name).filter(|v| !v.is_null())
    }

    fn required<T: Default>(&mut self, name: &'static str, value: Option<T>) -> T {
        if value.is_none() && !self.has(name) {
            self.refuse(name, format!("{name} is required"));
        }
        value.unwrap_or_default()
    }

    /// Optional text of `min..=max` characters.
    pub fn opt_text(&mut self, name: &'static str, min: usize, max: usize) -> Option<String> {
        let Some(text) = self.get(name)?.as_str() else {
            self.refuse(name, format!("{name} must be a text"));
            return None;
        };
        let length = text.chars().count();
        if length < min || max < length {
            self.refuse(name, format!("{name} must have {min} to {max} characters, has {length}"));
            return None;
        }
        if text.contains('\0') {
            self.refuse(name, format!("{name} must not contain the character U+0000"));
            return None;
        }
        Some(text.to_owned())
    }

    /// Required text of `min..=max` characters.
    pub fn text(&mut self, name: &'static str, min: usize, max: usize) -> String {
        let value = self.opt_text(name, min, max);
        self.required(name, value)
    }

    /// Optional UUID.
    pub fn opt_uuid(&mut self, name: &'static str) -> Option<Uuid> {
        let value = self.get(name)?;
        let id = value.as_str().and_then(|s| Uuid::try_parse(s).ok());
        if id.is_none() {
            self.refuse(name, format!("{name} must be a UUID, is {}", show(value)));
        }
        id
    }

    /// Required UUID.
    pub fn uuid(&mut self, name: &'static str) -> Uuid {
        let value = self.opt_uuid(name);
        self.required(name, value)
    }

    /// Optional calendar date.
    pub fn opt_date(&mut self, name: &'static str) -> Option<NaiveDate> {
        let value = self.get(name)?;
        let date = value.as_str().and_then(parse_date);
        if date.is_none() {
            self.refuse(name, format!("{name} must be a date such as 2024-03-28, is {}", show(value)));
        }
        date
    }

    /// Optional truth value; a query writes `true`, `false`, `1` or `0`.
    pub fn opt_boolean(&mut self, name: &'static str) -> Option<bool> {
        let value = self.get(name)?;
        let parsed = match (self.place, value) {
            (_, Value::Bool(b)) => Some(*b),
            (Place::Query, Value::String(s)) => match s.as_str() {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        };
        if parsed.is_none() {
            self.refuse(name, format!("{name} must be true or false, is {}", show(value)));
        }
        parsed
    }

    /// Truth value with a default.
    pub fn boolean(&mut self, name: &'static str, default: bool) -> bool {
        self.opt_boolean(name).unwrap_or(default)
    }

    /// Optional whole number in `min..=max`.
    pub fn opt_integer(&mut self, name: &'static str, min: i64, max: i64) -> Option<i64> {
        let value = self.get(name)?;
        let parsed = match (self.place, value) {
            (_, Value::Number(n)) => n.as_i64(),
            (Place::Query, Value::String(s)) => s.parse().ok(),
            _ => None,
        };
        let number = parsed.filter(|n| min <= *n && *n <= max);
        if number.is_none() {
            self.refuse(name, format!("{name} must be a whole number from {min} to {max}, is {}", show(value)));
        }
        number
    }

    /// Optional word out of `allowed`.
    pub fn opt_choice(&mut self, name: &'static str, allowed: &[&str]) -> Option<String> {
        let value = self.get(name)?;
        match value.as_str() {
            Some(word) if allowed.contains(&word) => Some(word.to_owned()),
            _ => {
                self.refuse_choice(name, value, allowed);
                None
            }
        }
    }

    /// Required word out of `allowed`.
    pub fn choice(&mut self, name: &'static str, allowed: &[&str]) -> String {
        let value = self.opt_choice(name, allowed);
        self.required(name, value)
    }

    fn refuse_choice(&mut self, name: &str, value: &Value, allowed: &[&str]) {
        let code = match self.place {
            Place::Body => "invalid_input",
            Place::Query => "invalid_parameter",
        };
        let near = value.as_str().and_then(|v| nearest(v, allowed.iter().copied()));
        let hint = near.map(|n| format!("; did you mean {n}?")).unwrap_or_default();
        let detail = format!("{name} must be one of {}, is {}{hint}", allowed.join(", "), show(value));
        let allowed = allowed.iter().map(|s| (*s).to_owned()).collect();
        self.push(name, code, detail, Some(allowed));
    }

    /// Optional list of words; a query separates them by commas or repeats the parameter.
    pub fn words(&mut self, name: &'static str, allowed: Option<&[&str]>) -> Option<Vec<String>> {
        let value = self.get(name)?;
        let mut words = Vec::new();
        let items: Vec<&Value> = match value {
            Value::Array(items) => items.iter().collect(),
            one => vec![one],
        };
        for item in items {
            match item.as_str() {
                Some(text) if self.place == Place::Query => {
                    words.extend(text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned));
                }
                Some(text) => words.push(text.to_owned()),
                None => {
                    self.refuse(name, format!("{name} must be a list of texts, has {}", show(item)));
                    return None;
                }
            }
        }
        if let Some(allowed) = allowed {
            for word in &words {
                if !allowed.contains(&word.as_str()) {
                    self.refuse_choice(name, &Value::String(word.clone()), allowed);
                    return None;
                }
            }
        }
        Some(words)
    }

    /// Optional currency code.
    pub fn opt_currency(&mut self, name: &'static str) -> Option<Currency> {
        let value = self.get(name)?;
        let Some(text) = value.as_str() else {
            self.refuse(name, format!("{name} must be a currency code such as EUR, is {}", show(value)));
            return None;
        };
        match text.parse::<Currency>() {
            Ok(currency) => Some(currency),
            Err(error) => {
                self.push(name, "unknown_currency", error.to_string(), None);
                None
            }
        }
    }

    /// Required currency code.
    pub fn currency(&mut self, name: &'static str) -> Option<Currency> {
        let value = self.opt_currency(name);
        if value.is_none() && !self.has(name) {
            self.refuse(name, format!("{name} is required"));
        }
        value
    }

    /// Optional decimal, sent as text.
    pub fn opt_decimal(&mut self, name: &'static str) -> Option<Decimal> {
        let value = self.get(name)?;
        let number = value.as_str().and_then(parse_decimal);
        if number.is_none() {
            self.refuse(name, format!("{name} must be a decimal sent as text such as \"12.5\", is {}", show(value)));
        }
        number
    }

    /// Optional amount with its currency.
    pub fn opt_money(&mut self, name: &'static str) -> Option<(Decimal, Currency)> {
        let value = self.get(name)?;
        let Value::Object(object) = value else {
            self.refuse(
                name,
                format!("{name} must be {{\"amount\":\"12.50\",\"currency\":\"EUR\"}}, is {}", show(value)),
            );
            return None;
        };
        self.nested(name, object, |f| {
            let amount = f.opt_decimal("amount");
            let amount = f.required("amount", amount);
            f.currency("currency").map(|c| (amount, c))
        })
    }

    /// Optional object, read by `T`.
    pub fn opt_object<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Fields<'a>) -> T) -> Option<T> {
        let value = self.get(name)?;
        let Value::Object(object) = value else {
            self.refuse(name, format!("{name} must be an object, is {}", show(value)));
            return None;
        };
        Some(self.nested(name, object, read))
    }

    /// Optional list of objects.
    pub fn opt_objects<T>(
        &mut self,
        name: &'static str,
        max: usize,
        mut read: impl FnMut(&mut Fields<'a>) -> T,
    ) -> Option<Vec<T>> {
        let value = self.get(name)?;
        let Value::Array(items) = value else {
            self.refuse(name, format!("{name} must be a list, is {}", show(value)));
            return None;
        };
        if max < items.len() {
            self.refuse(name, format!("{name} may have at most {max} items, has {}", items.len()));
            return None;
        }
        let mut read_items = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let path = format!("{name}/{index}");
            match item {
                Value::Object(object) => read_items.push(self.nested_at(&path, object, &mut read)),
                other => {
                    let pointer = format!("{}/{path}", self.base);
                    let detail = format!("{name}[{index}] must be an object, is {}", show(other));
                    self.errors.push(FieldError::at(pointer, "invalid_input", detail));
                }
            }
        }
        Some(read_items)
    }

    /// Required list of 1 to `max` objects.
    pub fn objects<T>(&mut self, name: &'static str, max: usize, read: impl FnMut(&mut Fields<'a>) -> T) -> Vec<T> {
        let items = self.opt_objects(name, max, read);
        if items.as_ref().is_some_and(Vec::is_empty)
            && self.values.get(name).and_then(Value::as_array).is_some_and(Vec::is_empty)
        {
            self.refuse(name, format!("{name} must have at least one item"));
        }
        self.required(name, items)
    }

    /// Optional free object, taken as it is (inputs of a pattern, arguments of a capability).
    pub fn opt_free_object(&mut self, name: &'static str) -> Option<Map<String, Value>> {
        let value = self.get(name)?;
        let Value::Object(object) = value else {
            self.refuse(name, format!("{name} must be an object, is {}", show(value)));
            return None;
        };
        Some(object.clone())
    }

    /// The value as it was sent.
    pub fn opt_any(&mut self, name: &'static str) -> Option<Value> {
        self.get(name).cloned()
    }

    /// Whether the field was sent as an explicit `null`, which clears a value in PATCH.
    #[must_use]
    pub fn is_null(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(Value::is_null)
    }

    fn nested<T>(&mut self, name: &str, object: &'a Map<String, Value>, read: impl FnOnce(&mut Fields<'a>) -> T) -> T {
        self.nested_at(&escape(name), object, read)
    }

    fn nested_at<T>(
        &mut self,
        path: &str,
        object: &'a Map<String, Value>,
        read: impl FnOnce(&mut Fields<'a>) -> T,
    ) -> T {
        let mut inner = Fields {
            values: object,
            base: format!("{}/{path}", self.base),
            place: self.place,
            known: Vec::new(),
            errors: Vec::new(),
        };
        let value = read(&mut inner);
        inner.refuse_unknown();
        self.errors.append(&mut inner.errors);
        value
    }

    fn refuse_unknown(&mut self) {
        let code = match self.place {
            Place::Body => "unknown_input",
            Place::Query => "unknown_parameter",
        };
        let unknown: Vec<String> = self.values.keys().filter(|k| !self.known.contains(&k.as_str())).cloned().collect();
        for name in unknown {
            let detail = match nearest(&name, self.known.iter().copied()) {
                Some(near) => format!("{name} is not known here; did you mean {near}?"),
                None => format!("{name} is not known here"),
            };
            self.push(&name, code, detail, None);
        }
    }

    /// Refuses unknown fields and reports everything at once.
    ///
    /// # Errors
    /// When any field was wrong or unknown.
    pub fn finish(mut self) -> Result<(), Problem> {
        self.refuse_unknown();
        if self.errors.is_empty() {
            return Ok(());
        }
        let general = match self.place {
            Place::Body => "invalid_input",
            Place::Query => "invalid_parameter",
        };
        Err(together(general, self.errors))
    }
}

/// One problem for many errors: their own code where they all agree, else `general`.
#[must_use]
pub fn together(general: &str, errors: Vec<FieldError>) -> Problem {
    let first = errors.first().map_or(general, |e| e.code.as_str());
    let same = errors.iter().all(|e| e.code == first);
    let general_status = crate::problem::codes::find(general).map(|c| c.status);
    let code = match crate::problem::codes::find(first) {
        Some(row) if same && Some(row.status) == general_status => row.code,
        _ => general,
    };
    let detail = match errors.as_slice() {
        [one] => one.detail.clone(),
        many => format!("{} problems; the first: {}", many.len(), many.first().map_or("", |e| e.detail.as_str())),
    };
    Problem::new(code, detail).with_errors(errors)
}

/// A strict `YYYY-MM-DD`.
#[must_use]
pub fn parse_date(text: &str) -> Option<NaiveDate> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

/// A decimal without exponent and without separators.
#[must_use]
pub fn parse_decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.as_bytes()[0].is_ascii_digit();
    if plain { Decimal::from_str_exact(text).ok() } else { None }
}

/// The known name that is nearest to `name`, where one is near enough to be meant.
pub fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn show(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// Pairs of a query string as an object; a repeated name becomes a list.
///
/// # Errors
/// `invalid_parameter` when the percent-encoding is not UTF-8.
pub fn query_object(query: &str) -> Result<Map<String, Value>, Problem> {
    let mut object = Map::new();
    for pair in query.split('&').filter(|p| !p.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (Some(name), Some(value)) = (decode(name), decode(value)) else {
            return Err(Problem::new(
                "invalid_parameter",
                format!("query part {} is not percent-encoded UTF-8", show(&pair.into())),
            ));
        };
        // `security_id[]=…` is accepted for `security_id=…`.
        let name = name.strip_suffix("[]").map(str::to_owned).unwrap_or(name);
        match object.get_mut(&name) {
            None => {
                object.insert(name, Value::String(value));
            }
            Some(Value::Array(items)) => items.push(Value::String(value)),
            Some(first) => *first = Value::Array(vec![first.take(), Value::String(value)]),
        }
    }
    Ok(object)
}

fn decode(text: &str) -> Option<String> {
    if !text.contains(['%', '+']) {
        return Some(text.to_owned());
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'+' => out.push(b' '),
            b'%' => {
                let hex = bytes.get(at + 1..at + 3)?;
                let hex = std::str::from_utf8(hex).ok()?;
                out.push(u8::from_str_radix(hex, 16).ok()?);
                at += 2;
            }
            other => out.push(other),
        }
        at += 1;
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct Sample;
    impl Input for Sample {
        fn read(f: &mut Fields<'_>) -> Self {
            f.text("name", 1, 5);
            f.opt_uuid("portfolio_id");
            f.opt_date("as_of");
            f.opt_money("price");
            f.opt_choice("kind", &["buy", "sell"]);
            f.opt_objects("items", 2, |f| f.opt_integer("count", 1, 3));
            Self
        }
    }

    fn check(body: Value, expected: &[(&str, &str)]) {
        let object = body.as_object().expect("an object");
        let found = match read::<Sample>(Place::Body, object) {
            Ok(_) => Vec::new(),
            Err(problem) => problem.errors.clone(),
        };
        let found: Vec<(&str, &str)> =
            found.iter().map(|e| (e.pointer.as_deref().unwrap_or(""), e.code.as_str())).collect();
        assert_eq!(found, expected, "{body}");
    }

    #[test]
    fn every_wrong_field_is_reported_with_its_pointer() {
        check(json!({"name": "abc"}), &[]);
        check(json!({}), &[("/name", "invalid_input")]);
        check(json!({"name": "toolong"}), &[("/name", "invalid_input")]);
        check(
            json!({"name": 7, "portfolio_id": "x", "as_of": "2024-02-30"}),
            &[("/name", "invalid_input"), ("/portfolio_id", "invalid_input"), ("/as_of", "invalid_input")],
        );
        check(json!({"name": "a", "price": 12.5}), &[("/price", "invalid_input")]);
        check(
            json!({"name": "a", "price": {"amount": 1, "currency": "ZZZ"}}),
            &[("/price/amount", "invalid_input"), ("/price/currency", "unknown_currency")],
        );
        check(
            json!({"name": "a", "items": [{"count": 9}, 3]}),
            &[("/items/0/count", "invalid_input"), ("/items/1", "invalid_input")],
        );
        check(json!({"name": "a", "a/b~c": 1}), &[("/a~1b~0c", "unknown_input")]);
    }

    #[test]
    fn an_unknown_name_brings_the_nearest_known_one() {
        let body = json!({"name": "a", "portfolo_id": "x"});
        let problem = read::<Sample>(Place::Body, body.as_object().expect("object")).err().expect("refused");
        assert_eq!(problem.code.code, "unknown_input");
        assert!(problem.errors[0].detail.contains("portfolio_id"), "{}", problem.errors[0].detail);
    }

    #[test]
    fn query_strings_decode_and_repeat() {
        let object = query_object("a=1&b=x%20y+z&a=2&c[]=3").expect("decodes");
        assert_eq!(Value::Object(object), json!({"a": ["1", "2"], "b": "x y z", "c": "3"}));
        assert!(query_object("a=%ff").is_err());
        assert!(query_object("a=%4").is_err());
    }

    #[test]
    fn decimals_are_plain() {
        for good in ["0", "12.5", "-3", "0.0000000001"] {
            assert!(parse_decimal(good).is_some(), "{good}");
        }
        for bad in ["", "1e5", "1,000", ".5", "NaN", "+1", "--1", "1.2.3", "Infinity"] {
            assert!(parse_decimal(bad).is_none(), "{bad}");
        }
    }
}
