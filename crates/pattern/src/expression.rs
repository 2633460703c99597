//! Conditions: typed, total, without side effects and without arithmetic (`patterns.md` §3).
//!
//! A comparison with an absent value is neither true nor false: it skips, and says which path was absent.

use crate::reference::{Reference, Root};
use capability::{Type, is_absent};
use serde_json::Value;
use std::cmp::Ordering;

/// A parsed condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// A constant; `null` stands for absent.
    Literal(Value),
    /// A value by reference.
    Reference(Reference),
    /// A list of constants.
    List(Vec<Value>),
    /// A function of a reference.
    Call(Function, Reference),
    /// A comparison.
    Compare(Operator, Measure, Box<Expression>, Box<Expression>),
    /// Both.
    And(Box<Expression>, Box<Expression>),
    /// Either.
    Or(Box<Expression>, Box<Expression>),
    /// The opposite.
    Not(Box<Expression>),
}

/// Functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// Number of elements.
    Count,
    /// Not absent.
    Exists,
    /// Absent.
    IsAbsent,
    /// The step was skipped.
    IsSkipped,
    /// Code of an absent value.
    Code,
}

/// Comparison operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    Is,
    IsNot,
}

/// How two texts of the wire form are ordered; the checker knows the types and says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// By their characters.
    Text,
    /// As exact decimals: quantities.
    Decimal,
}

/// What a condition came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    /// True.
    True,
    /// False.
    False,
    /// It compares an absent value: false, with this reason.
    Absent(String),
}

const LENGTH_MAX: usize = 500;
const DEPTH_MAX: usize = 16;

impl Expression {
    /// Parse; the error says what is wrong. `bare`: references may stand without braces (format 2).
    pub fn parse(text: &str, bare: bool) -> Result<Expression, String> {
        if text.chars().count() > LENGTH_MAX {
            return Err(format!("longer than {LENGTH_MAX} characters"));
        }
        let mut parser = Parser { tokens: tokens(text, bare)?, at: 0 };
        let expression = parser.or(0)?;
        match parser.peek() {
            None => Ok(expression),
            Some(token) => Err(format!("unexpected {token}")),
        }
    }

    /// All references in it.
    pub fn references(&self) -> Vec<&Reference> {
        match self {
            Expression::Literal(_) | Expression::List(_) => Vec::new(),
            Expression::Reference(reference) | Expression::Call(_, reference) => vec![reference],
            Expression::Compare(_, _, a, b) | Expression::And(a, b) | Expression::Or(a, b) => {
                let mut found = a.references();
                found.extend(b.references());
                found
            }
            Expression::Not(inner) => inner.references(),
        }
    }

    /// Put each reference through a function: canonical field names for accepted ones.
    pub(crate) fn map_references(&mut self, change: &dyn Fn(&Reference) -> Option<Reference>) {
        match self {
            Expression::Literal(_) | Expression::List(_) => {}
            Expression::Reference(reference) | Expression::Call(_, reference) => {
                if let Some(changed) = change(reference) {
                    *reference = changed;
                }
            }
            Expression::Compare(_, _, a, b) | Expression::And(a, b) | Expression::Or(a, b) => {
                a.map_references(change);
                b.map_references(change);
            }
            Expression::Not(inner) => inner.map_references(change),
        }
    }

    /// The type error that it would meet at run time, if any.
    pub fn type_error(&self, type_of: &dyn Fn(&Reference) -> Option<Type>) -> Option<String> {
        match self {
            Expression::Call(Function::Count, _) => Some("`count` is a number, not a truth value".into()),
            Expression::Call(Function::Code, _) => Some("`code` is a text, not a truth value".into()),
            Expression::Call(Function::IsSkipped, reference) if !matches!(reference.root, Root::Step(_)) => {
                Some(format!("`is_skipped` needs a step, not {reference}"))
            }
            Expression::Literal(Value::Bool(_)) | Expression::Call(..) => None,
            Expression::Literal(other) => Some(format!("{other} is not a truth value")),
            Expression::List(_) => Some("a list is not a truth value".into()),
            Expression::Reference(reference) => match type_of(reference)?.required() {
                Type::Boolean | Type::Any => None,
                other => Some(format!("{reference} is {other}, not boolean")),
            },
            Expression::And(a, b) | Expression::Or(a, b) => a.type_error(type_of).or_else(|| b.type_error(type_of)),
            Expression::Not(inner) => inner.type_error(type_of),
            Expression::Compare(operator, _, a, b) => [a, b]
                .into_iter()
                .filter(|side| {
                    matches!(
                        ***side,
                        Expression::And(..) | Expression::Or(..) | Expression::Not(..) | Expression::Compare(..)
                    )
                })
                .find_map(|side| side.type_error(type_of))
                .or_else(|| compare_error(*operator, a, b, type_of)),
        }
    }

    /// The truth that no reference can change, if there is one: `true or x`, `1 == 2`.
    pub fn constant(&self) -> Option<bool> {
        match self {
            Expression::Literal(value) => value.as_bool(),
            Expression::And(a, b) => match (a.constant(), b.constant()) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Expression::Or(a, b) => match (a.constant(), b.constant()) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Expression::Not(inner) => inner.constant().map(|truth| !truth),
            Expression::Compare(..) if self.references().is_empty() => {
                Some(evaluate(self, &|_| Value::Null, &|_| false) == Truth::True)
            }
            _ => None,
        }
    }

    /// A word that an enumeration is compared with and cannot be, with all that it can be.
    pub(crate) fn impossible_word(
        &self,
        type_of: &dyn Fn(&Reference) -> Option<Type>,
    ) -> Option<(String, Vec<String>)> {
        match self {
            Expression::Compare(_, _, a, b) => {
                let (reference, other) = match (&**a, &**b) {
                    (Expression::Reference(reference), other) | (other, Expression::Reference(reference)) => {
                        (reference, other)
                    }
                    _ => return None,
                };
                let Type::Enum(words) = type_of(reference)?.required().clone() else { return None };
                let given = match other {
                    Expression::Literal(value) => std::slice::from_ref(value),
                    Expression::List(values) => values,
                    _ => return None,
                };
                let word = given.iter().filter_map(Value::as_str).find(|word| !words.iter().any(|one| one == word))?;
                Some((word.to_owned(), words))
            }
            Expression::And(a, b) | Expression::Or(a, b) => {
                a.impossible_word(type_of).or_else(|| b.impossible_word(type_of))
            }
            Expression::Not(inner) => inner.impossible_word(type_of),
            _ => None,
        }
    }

    /// Note where texts are decimals.
    pub(crate) fn set_measures(&mut self, type_of: &dyn Fn(&Reference) -> Option<Type>) {
        match self {
            Expression::Compare(_, measure, a, b) => {
                if [&**a, &**b].into_iter().any(|side| kind_of(side, type_of) == Some("number")) {
                    *measure = Measure::Decimal;
                }
                a.set_measures(type_of);
                b.set_measures(type_of);
            }
            Expression::And(a, b) | Expression::Or(a, b) => {
                a.set_measures(type_of);
                b.set_measures(type_of);
            }
            Expression::Not(inner) => inner.set_measures(type_of),
            _ => {}
        }
    }
}

/// Kinds that may be compared with each other.
fn kind_of(expression: &Expression, type_of: &dyn Fn(&Reference) -> Option<Type>) -> Option<&'static str> {
    let of_type = |ty: &Type| match ty.required() {
        Type::Integer | Type::Number | Type::Ratio | Type::Fraction | Type::Bps | Type::Score10 | Type::Score100 => {
            "number"
        }
        Type::Decimal | Type::Quantity => "number",
        Type::Text | Type::Id(_) | Type::Enum(_) => "text",
        Type::Boolean => "boolean",
        Type::Date | Type::Timestamp => "date",
        Type::Money | Type::Price => "money",
        Type::Any => "any",
        _ => "record",
    };
    Some(match expression {
        Expression::Literal(Value::Number(_)) | Expression::Call(Function::Count, _) => "number",
        Expression::Literal(Value::String(_)) | Expression::Call(Function::Code, _) => "text",
        Expression::Literal(Value::Bool(_)) | Expression::Call(..) => "boolean",
        Expression::Literal(Value::Null) => "null",
        Expression::List(_) => "list",
        Expression::Reference(reference) => return type_of(reference).map(|ty| of_type(&ty)),
        _ => "boolean",
    })
}

fn compare_error(
    operator: Operator,
    a: &Expression,
    b: &Expression,
    type_of: &dyn Fn(&Reference) -> Option<Type>,
) -> Option<String> {
    let (left, right) = (kind_of(a, type_of)?, kind_of(b, type_of)?);
    let is_null = left == "null" || right == "null";
    match operator {
        Operator::Is | Operator::IsNot if !is_null => Some("`is` compares with null only".into()),
        _ if is_null => None,
        Operator::In | Operator::NotIn if !["list", "any", "record"].contains(&right) => {
            Some("`in` needs a list on its right".into())
        }
        Operator::In | Operator::NotIn => None,
        _ if left == "any" || right == "any" || left == right => None,
        _ if (left == "date" && right == "text") || (left == "text" && right == "date") => None,
        _ => Some(format!("{left} cannot be compared with {right}")),
    }
}

/// Evaluate with a way to look up references; a lookup gives absent for what is not there.
pub(crate) fn evaluate(
    expression: &Expression,
    look_up: &dyn Fn(&Reference) -> Value,
    is_skipped: &dyn Fn(&Reference) -> bool,
) -> Truth {
    let truth = |is_true: bool| if is_true { Truth::True } else { Truth::False };
    match expression {
        Expression::Literal(value) => truth(value.as_bool().unwrap_or(false)),
        Expression::List(_) => Truth::False,
        Expression::Reference(reference) => {
            let value = look_up(reference);
            if is_absent(&value) {
                Truth::Absent(reference.to_string())
            } else {
                truth(value.as_bool().unwrap_or(false))
            }
        }
        Expression::Call(function, reference) => {
            let value = look_up(reference);
            match function {
                Function::Exists => truth(!is_absent(&value)),
                Function::IsAbsent => truth(is_absent(&value)),
                Function::IsSkipped => truth(is_skipped(reference)),
                Function::Count | Function::Code => Truth::False,
            }
        }
        Expression::And(a, b) => match evaluate(a, look_up, is_skipped) {
            Truth::True => evaluate(b, look_up, is_skipped),
            other => other,
        },
        Expression::Or(a, b) => match evaluate(a, look_up, is_skipped) {
            Truth::True => Truth::True,
            first => match evaluate(b, look_up, is_skipped) {
                Truth::False => first,
                other => other,
            },
        },
        Expression::Not(inner) => match evaluate(inner, look_up, is_skipped) {
            Truth::True => Truth::False,
            Truth::False => Truth::True,
            absent => absent,
        },
        Expression::Compare(operator, measure, a, b) => compare(*operator, *measure, a, b, look_up, is_skipped),
    }
}

fn operand(
    expression: &Expression,
    look_up: &dyn Fn(&Reference) -> Value,
    is_skipped: &dyn Fn(&Reference) -> bool,
) -> Value {
    match expression {
        Expression::Literal(value) => value.clone(),
        Expression::List(values) => Value::Array(values.clone()),
        Expression::Reference(reference) => look_up(reference),
        Expression::Call(Function::Count, reference) => match look_up(reference) {
            Value::Array(elements) => elements.len().into(),
            Value::Object(members) if !members.contains_key("absent") => members.len().into(),
            other => other,
        },
        Expression::Call(Function::Code, reference) => {
            let value = look_up(reference);
            capability::absence_code(&value).map_or(Value::Null, |code| code.into())
        }
        other => match evaluate(other, look_up, is_skipped) {
            Truth::Absent(path) => capability::absent("condition", path, Value::Null),
            truth => Value::Bool(truth == Truth::True),
        },
    }
}

fn compare(
    operator: Operator,
    measure: Measure,
    a: &Expression,
    b: &Expression,
    look_up: &dyn Fn(&Reference) -> Value,
    is_skipped: &dyn Fn(&Reference) -> bool,
) -> Truth {
    let truth = |is_true: bool| if is_true { Truth::True } else { Truth::False };
    let (left, right) = (operand(a, look_up, is_skipped), operand(b, look_up, is_skipped));
    if left.is_null() || right.is_null() {
        let other = if left.is_null() { &right } else { &left };
        let is_null = is_absent(other) || other.is_null();
        return truth(match operator {
            Operator::Equal | Operator::Is => is_null,
            Operator::NotEqual | Operator::IsNot => !is_null,
            _ => false,
        });
    }
    for (value, expression) in [(&left, a), (&right, b)] {
        if is_absent(value) {
            let path = expression.references().first().map(|reference| reference.to_string()).unwrap_or_default();
            return Truth::Absent(path);
        }
    }
    match operator {
        Operator::In | Operator::NotIn => {
            let is_in = right.as_array().is_some_and(|elements| {
                elements.iter().any(|element| order(element, &left, measure) == Some(std::cmp::Ordering::Equal))
            });
            truth(is_in == (operator == Operator::In))
        }
        _ => {
            let order = order(&left, &right, measure);
            use Ordering::{Equal, Greater, Less};
            truth(match operator {
                Operator::Equal => order == Some(Equal),
                // Amounts of two currencies are neither equal nor unequal.
                Operator::NotEqual if left.is_object() && right.is_object() => {
                    order.is_some_and(|order| order != Equal)
                }
                Operator::NotEqual => order != Some(Equal),
                Operator::Less => order == Some(Less),
                Operator::LessOrEqual => matches!(order, Some(Less | Equal)),
                Operator::Greater => order == Some(Greater),
                Operator::GreaterOrEqual => matches!(order, Some(Greater | Equal)),
                _ => false,
            })
        }
    }
}

/// Order of two values of one kind; money only within a currency; `None` when they cannot be compared.
fn order(a: &Value, b: &Value, measure: Measure) -> Option<Ordering> {
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str().and_then(|text| text.parse::<f64>().ok()));
    match (a, b) {
        (Value::Object(_), Value::Object(_)) if a["amount"].is_string() || b["amount"].is_string() => {
            if a["currency"] != b["currency"] {
                return None;
            }
            order(&a["amount"], &b["amount"], Measure::Decimal)
        }
        (Value::Number(_), _) | (_, Value::Number(_)) => number(a)?.partial_cmp(&number(b)?),
        (Value::String(a), Value::String(b)) => match measure {
            Measure::Text => Some(a.cmp(b)),
            Measure::Decimal => decimal_order(a, b),
        },
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        _ => (a == b).then_some(Ordering::Equal),
    }
}

/// Order of two decimals of the wire form, exact at any length.
fn decimal_order(a: &str, b: &str) -> Option<Ordering> {
    fn parts(text: &str) -> Option<(bool, &str, &str)> {
        let (is_negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() || !whole.bytes().chain(rest.bytes()).all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let (whole, rest) = (whole.trim_start_matches('0'), rest.trim_end_matches('0'));
        Some((is_negative && !(whole.is_empty() && rest.is_empty()), whole, rest))
    }
    let ((a_negative, a_whole, a_rest), (b_negative, b_whole, b_rest)) = (parts(a)?, parts(b)?);
    if a_negative != b_negative {
        return Some(if a_negative { Ordering::Less } else { Ordering::Greater });
    }
    let size = a_whole.len().cmp(&b_whole.len()).then_with(|| a_whole.cmp(b_whole)).then_with(|| a_rest.cmp(b_rest));
    Some(if a_negative { size.reverse() } else { size })
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Reference(Reference),
    Literal(Value),
    Symbol(&'static str),
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Token::Word(word) => write!(f, "`{word}`"),
            Token::Reference(reference) => write!(f, "`{reference}`"),
            Token::Literal(value) => write!(f, "{value}"),
            Token::Symbol(symbol) => write!(f, "`{symbol}`"),
        }
    }
}

const SYMBOLS: [&str; 14] = ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")", "[", "]", ","];
const WORDS: [&str; 10] = ["or", "and", "not", "in", "is", "count", "exists", "is_absent", "is_skipped", "code"];

fn tokens(text: &str, bare: bool) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let after = if let Some(inside) = rest.strip_prefix("{{") {
            let (inner, after) = inside.split_once("}}").ok_or("`{{` is not closed")?;
            found.push(Token::Reference(Reference::parse(inner, false)?));
            after
        } else if let Some(quote) = rest.chars().next().filter(|c| *c == '\'' || *c == '"') {
            let inside = &rest[1..];
            let end = inside.find(quote).ok_or("the text is not closed")?;
            found.push(Token::Literal(inside[..end].into()));
            &inside[end + 1..]
        } else if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            found.push(Token::Symbol(symbol));
            &rest[symbol.len()..]
        } else {
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || "_.$-".contains(c)))
                .filter(|end| *end > 0)
                .unwrap_or(if rest.chars().next().is_some_and(|c| c.is_alphanumeric() || "_.$-".contains(c)) {
                    rest.len()
                } else {
                    0
                });
            let end = if bare && end > 0 && !WORDS.contains(&&rest[..end]) { with_indices(rest, end) } else { end };
            let word = &rest[..end];
            if word.is_empty() {
                return Err(format!("unexpected `{}`", rest.chars().next().unwrap_or(' ')));
            }
            found.push(word_token(word, bare)?);
            &rest[end..]
        };
        rest = after.trim_start();
    }
    Ok(found)
}

/// Where a reference without braces ends when indices follow its first part: `valued.positions[0].weight`.
fn with_indices(text: &str, end: usize) -> usize {
    let mut at = end;
    while text[at..].starts_with('[') {
        let Some(close) = text[at..].find(']') else { return at };
        at += close + 1;
        at += text[at..].find(|c: char| !(c.is_alphanumeric() || "_.$".contains(c))).unwrap_or(text.len() - at);
    }
    at
}

fn word_token(word: &str, bare: bool) -> Result<Token, String> {
    Ok(match word {
        "true" => Token::Literal(true.into()),
        "false" => Token::Literal(false.into()),
        "null" => Token::Literal(Value::Null),
        word if WORDS.contains(&word) => Token::Word(word.to_owned()),
        word if word.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
            if let Ok(number) = serde_json::from_str::<serde_json::Number>(word) {
                Token::Literal(Value::Number(number))
            } else if word.len() == 10 && word.as_bytes()[4] == b'-' {
                Token::Literal(word.into())
            } else {
                return Err(format!("`{word}` is neither a number nor a date"));
            }
        }
        word if bare => Token::Reference(Reference::parse(word, false)?),
        word => return Err(format!("`{word}` must be written `{{{{{word}}}}}`")),
    })
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn take(&mut self, word: &str) -> bool {
        let is_it = matches!(self.peek(), Some(Token::Word(found)) if found == word)
            || matches!(self.peek(), Some(Token::Symbol(found)) if *found == word);
        self.at += usize::from(is_it);
        is_it
    }

    fn or(&mut self, depth: usize) -> Result<Expression, String> {
        if depth > DEPTH_MAX {
            return Err(format!("nested deeper than {DEPTH_MAX}"));
        }
        let mut left = self.and(depth)?;
        while self.take("or") || self.take("||") {
            left = Expression::Or(Box::new(left), Box::new(self.and(depth)?));
        }
        Ok(left)
    }

    fn and(&mut self, depth: usize) -> Result<Expression, String> {
        let mut left = self.not(depth)?;
        while self.take("and") || self.take("&&") {
            left = Expression::And(Box::new(left), Box::new(self.not(depth)?));
        }
        Ok(left)
    }

    fn not(&mut self, depth: usize) -> Result<Expression, String> {
        if depth > DEPTH_MAX {
            return Err(format!("nested deeper than {DEPTH_MAX}"));
        }
        if self.take("not") || self.take("!") {
            return Ok(Expression::Not(Box::new(self.not(depth + 1)?)));
        }
        self.comparison(depth)
    }

    fn comparison(&mut self, depth: usize) -> Result<Expression, String> {
        let left = self.term(depth)?;
        let operator = if self.take("==") {
            Operator::Equal
        } else if self.take("!=") {
            Operator::NotEqual
        } else if self.take("<=") {
            Operator::LessOrEqual
        } else if self.take(">=") {
            Operator::GreaterOrEqual
        } else if self.take("<") {
            Operator::Less
        } else if self.take(">") {
            Operator::Greater
        } else if self.take("in") {
            Operator::In
        } else if self.take("is") {
            if self.take("not") { Operator::IsNot } else { Operator::Is }
        } else if matches!((self.peek(), self.tokens.get(self.at + 1)), (Some(Token::Word(a)), Some(Token::Word(b))) if a == "not" && b == "in")
        {
            self.at += 2;
            Operator::NotIn
        } else {
            return Ok(left);
        };
        Ok(Expression::Compare(operator, Measure::Text, Box::new(left), Box::new(self.term(depth)?)))
    }

    fn term(&mut self, depth: usize) -> Result<Expression, String> {
        if self.take("(") {
            let inner = self.or(depth + 1)?;
            return if self.take(")") { Ok(inner) } else { Err("`(` is not closed".into()) };
        }
        if self.take("[") {
            let mut values = Vec::new();
            while !self.take("]") {
                match self.tokens.get(self.at) {
                    Some(Token::Literal(value)) => values.push(value.clone()),
                    _ => return Err("a list holds constants".into()),
                }
                self.at += 1;
                if !self.take(",") && !matches!(self.peek(), Some(Token::Symbol("]"))) {
                    return Err("`[` is not closed".into());
                }
            }
            return Ok(Expression::List(values));
        }
        for (name, function) in [
            ("count", Function::Count),
            ("exists", Function::Exists),
            ("is_absent", Function::IsAbsent),
            ("is_skipped", Function::IsSkipped),
            ("code", Function::Code),
        ] {
            if self.take(name) {
                if !self.take("(") {
                    return Err(format!("`{name}` needs its argument in parentheses"));
                }
                let Some(Token::Reference(reference)) = self.peek().cloned() else {
                    return Err(format!("`{name}` needs a reference"));
                };
                self.at += 1;
                return if self.take(")") {
                    Ok(Expression::Call(function, reference))
                } else {
                    Err("`(` is not closed".into())
                };
            }
        }
        let token = self.peek().cloned();
        self.at += 1;
        match token {
            Some(Token::Literal(value)) => Ok(Expression::Literal(value)),
            Some(Token::Reference(reference)) => Ok(Expression::Reference(reference)),
            Some(other) => Err(format!("unexpected {other}")),
            None => Err("something is missing at the end".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn truth(text: &str) -> Truth {
        let data = json!({"a": 1, "b": "equity", "on": true, "rows": [1, 2], "m": {"amount": "5", "currency": "EUR"},
            "more": {"amount": "12.5", "currency": "EUR"}, "other": {"amount": "5", "currency": "USD"}});
        let expression = Expression::parse(text, true).unwrap_or_else(|error| panic!("{text}: {error}"));
        evaluate(
            &expression,
            &|reference| match (reference.path.first(), reference.path.get(1)) {
                (_, Some(crate::reference::Segment::Index(index))) => data["rows"][usize::from(*index != 0)].clone(),
                (Some(crate::reference::Segment::Name(name)), _) => {
                    data.get(name).cloned().unwrap_or_else(|| capability::absent("not_given", "not given", Value::Null))
                }
                _ => Value::Null,
            },
            &|_| false,
        )
    }

    #[test]
    fn conditions_come_to_what_the_language_says() {
        for (text, expected) in [
            ("inputs.on", Truth::True),
            ("not inputs.on", Truth::False),
            ("inputs.a == 1", Truth::True),
            ("inputs.a < 1 or inputs.b == 'equity'", Truth::True),
            ("inputs.b in ['equity', 'etf']", Truth::True),
            ("inputs.b not in ['equity']", Truth::False),
            ("inputs.rows[0] == 1 and inputs.rows[-1] > inputs.rows[0]", Truth::True),
            ("exists(inputs.a) == true", Truth::True),
            ("exists(inputs.a) and is_absent(inputs.gone)", Truth::True),
            ("count(inputs.rows) >= 2", Truth::True),
            ("inputs.gone == 3", Truth::Absent("inputs.gone".into())),
            ("inputs.gone != 3", Truth::Absent("inputs.gone".into())),
            ("inputs.gone is null", Truth::True),
            ("inputs.a != null", Truth::True),
            ("code(inputs.gone) == 'not_given'", Truth::True),
            ("not (inputs.a == 1 and inputs.on)", Truth::False),
            ("!inputs.on || inputs.on && true", Truth::True),
            ("inputs.m == inputs.m", Truth::True),
            ("inputs.m < inputs.more", Truth::True),
            ("inputs.m == inputs.other", Truth::False),
            ("inputs.m != inputs.other", Truth::False),
        ] {
            assert_eq!(truth(text), expected, "{text}");
        }
    }

    #[test]
    fn decimals_are_ordered_exactly() {
        use Ordering::{Equal, Greater, Less};
        for (a, b, expected) in [
            ("12.5", "9", Greater),
            ("-12.5", "9", Less),
            ("-12.5", "-9", Less),
            ("0", "-0.0", Equal),
            ("1.50", "1.5", Equal),
            ("0.1", "0.09", Greater),
            ("123456789012345678901.1", "123456789012345678901.2", Less),
        ] {
            assert_eq!(decimal_order(a, b), Some(expected), "{a} {b}");
        }
        assert_eq!(decimal_order("a", "1"), None);
    }

    #[test]
    fn what_no_reference_can_change_is_known() {
        for (text, expected) in [
            ("true", Some(true)),
            ("1 == 2", Some(false)),
            ("inputs.a == 1 or true", Some(true)),
            ("not (false and inputs.on)", Some(true)),
            ("inputs.on", None),
            ("inputs.on or false", None),
        ] {
            assert_eq!(Expression::parse(text, true).unwrap().constant(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        for text in [
            "",
            "a ==",
            "(inputs.a",
            "inputs.a = 1",
            "exists inputs.a",
            "[inputs.a]",
            "1 + 1",
            "'open",
            &"not ".repeat(200),
        ] {
            assert!(Expression::parse(text, true).is_err(), "{text}");
        }
        assert!(Expression::parse("inputs.a == 1", false).is_err());
        assert!(Expression::parse("{{inputs.a}} == 1", false).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn no_text_can_panic(text in "[a-z{}()\\[\\]<>=!&|', .0-9\\-é]{0,40}") {
            let _ = Expression::parse(&text, true);
        }
    }
}
