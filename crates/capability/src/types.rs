//! The closed set of types that flow from capability to capability (`patterns.md` §2).

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// A type of the pattern language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// Text.
    Text,
    /// Whole number.
    Integer,
    /// Number without unit.
    Number,
    /// Exact decimal as text.
    Decimal,
    /// Truth.
    Boolean,
    /// Calendar date.
    Date,
    /// RFC 3339 UTC.
    Timestamp,
    /// Amount with currency.
    Money,
    /// Money per unit.
    Price,
    /// Units of a security, exact.
    Quantity,
    /// Number without unit, as a Sharpe ratio.
    Ratio,
    /// 0.0123 is 1.23 %.
    Fraction,
    /// Basis points.
    Bps,
    /// 0 to 10.
    Score10,
    /// 0 to 100.
    Score100,
    /// Base, quote, rate.
    FxRate,
    /// An id; the kind says of what (`portfolio`, `security`, `lot`, `pricing_pack`…).
    Id(String),
    /// One of the given words.
    Enum(Vec<String>),
    /// A list.
    List(Box<Type>),
    /// Named fields.
    Record(Schema),
    /// A record whose keys are data (currency codes, factor names).
    Map(Box<Type>),
    /// Dated points with a unit.
    Series(Box<Type>),
    /// A chart of the neutral schema.
    Chart,
    /// The value or absent.
    Optional(Box<Type>),
    /// Anything.
    Any,
}

impl Type {
    /// An id of a kind.
    pub fn id(kind: &str) -> Type {
        Type::Id(kind.into())
    }

    /// One of some words.
    pub fn one_of<const N: usize>(words: [&str; N]) -> Type {
        Type::Enum(words.iter().map(|word| word.to_string()).collect())
    }

    /// A list of a type.
    pub fn list(element: Type) -> Type {
        Type::List(Box::new(element))
    }

    /// A record of fields.
    pub fn record(fields: impl IntoIterator<Item = Field>) -> Type {
        Type::Record(Schema::record(fields))
    }

    /// A record with keys that are data.
    pub fn map(value: Type) -> Type {
        Type::Map(Box::new(value))
    }

    /// Dated points.
    pub fn series(point: Type) -> Type {
        Type::Series(Box::new(point))
    }

    /// The value or absent.
    pub fn optional(self) -> Type {
        match self {
            Type::Optional(_) => self,
            other => Type::Optional(Box::new(other)),
        }
    }

    /// The type without the possibility of absence.
    pub fn required(&self) -> &Type {
        match self {
            Type::Optional(inner) => inner.required(),
            other => other,
        }
    }

    /// True if a value of this type may be absent.
    pub fn is_optional(&self) -> bool {
        matches!(self, Type::Optional(_))
    }

    /// May a value of type `given` stand where this type is wanted? Absence is judged elsewhere (a step is skipped).
    ///
    /// Implicit conversions (`patterns.md` §2): integer→number, money from number or integer (base currency), text→date
    /// and ids where a constant parses, T→T?. A fraction is not a bps.
    pub fn accepts(&self, given: &Type) -> bool {
        let (want, given) = (self.required(), given.required());
        match (want, given) {
            (Type::Any, _) | (_, Type::Any) => true,
            (a, b) if a == b => true,
            (Type::Number | Type::Ratio | Type::Fraction | Type::Decimal, Type::Integer) => true,
            (Type::Number, Type::Ratio) | (Type::Ratio, Type::Number) => true,
            (Type::Fraction, Type::Number) => true,
            (Type::Money, Type::Number | Type::Integer) => true,
            (Type::Quantity, Type::Decimal | Type::Integer) | (Type::Decimal, Type::Quantity) => true,
            (Type::Text, Type::Id(_) | Type::Enum(_)) | (Type::Id(_), Type::Text) => true,
            (Type::Id(a), Type::Id(b)) => a == b || a == "any" || b == "any",
            (Type::Enum(a), Type::Enum(b)) => b.iter().all(|word| a.contains(word)),
            (Type::List(a), Type::List(b)) => a.accepts(b),
            (Type::Map(a), Type::Map(b)) | (Type::Series(a), Type::Series(b)) => a.accepts(b),
            (Type::Map(a), Type::Record(b)) => b.fields.iter().all(|field| a.accepts(&field.ty)),
            (Type::Record(a), Type::Record(b)) => a.fields.iter().all(|field| match b.field(&field.name) {
                Some(other) => field.ty.accepts(&other.ty),
                None => !field.required,
            }),
            // Keys that are data, given by the caller: the fields are judged when they are there.
            (Type::Record(_), Type::Map(value)) => **value == Type::Any,
            _ => false,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Text => f.write_str("text"),
            Type::Integer => f.write_str("integer"),
            Type::Number => f.write_str("number"),
            Type::Decimal => f.write_str("decimal"),
            Type::Boolean => f.write_str("boolean"),
            Type::Date => f.write_str("date"),
            Type::Timestamp => f.write_str("timestamp"),
            Type::Money => f.write_str("money"),
            Type::Price => f.write_str("price"),
            Type::Quantity => f.write_str("quantity"),
            Type::Ratio => f.write_str("ratio"),
            Type::Fraction => f.write_str("fraction"),
            Type::Bps => f.write_str("bps"),
            Type::Score10 => f.write_str("score10"),
            Type::Score100 => f.write_str("score100"),
            Type::FxRate => f.write_str("fx_rate"),
            Type::Id(kind) => write!(f, "{kind}_id"),
            Type::Enum(words) => write!(f, "one of {}", words.join("|")),
            Type::List(element) => write!(f, "list<{element}>"),
            Type::Record(_) => f.write_str("record"),
            Type::Map(value) => write!(f, "record of {value}"),
            Type::Series(point) => write!(f, "series<{point}>"),
            Type::Chart => f.write_str("chart"),
            Type::Optional(inner) => write!(f, "{inner}?"),
            Type::Any => f.write_str("any"),
        }
    }
}

/// Named fields in a declared order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Schema {
    /// The fields.
    pub fields: Vec<Field>,
}

impl Schema {
    /// A record of fields.
    pub fn record(fields: impl IntoIterator<Item = Field>) -> Schema {
        Schema { fields: fields.into_iter().collect() }
    }

    /// The field of a name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| field.name.as_str())
    }
}

/// A named field or argument.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Canonical name.
    pub name: String,
    /// Type.
    pub ty: Type,
    /// Must be given (arguments); is always there, be it absent (outputs).
    pub required: bool,
    /// Value when it is not given.
    pub default: Option<Value>,
    /// Smallest value, for numbers.
    pub minimum: Option<f64>,
    /// Greatest value, for numbers.
    pub maximum: Option<f64>,
    /// One sentence with unit and sign.
    pub description: String,
}

impl Field {
    /// A field that is always there.
    pub fn required(name: &str, ty: Type, description: &str) -> Field {
        Field {
            name: name.into(),
            ty,
            required: true,
            default: None,
            minimum: None,
            maximum: None,
            description: description.into(),
        }
    }

    /// A field whose value may be absent, an argument that may be left out.
    pub fn optional(name: &str, ty: Type, description: &str) -> Field {
        Field { required: false, ..Field::required(name, ty.optional(), description) }
    }

    /// An argument with a default.
    pub fn with_default(name: &str, ty: Type, default: impl Into<Value>, description: &str) -> Field {
        Field { required: false, default: Some(default.into()), ..Field::required(name, ty, description) }
    }

    /// The same with bounds, both inclusive.
    pub fn between(mut self, minimum: f64, maximum: f64) -> Field {
        self.minimum = Some(minimum);
        self.maximum = Some(maximum);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions_are_the_listed_ones() {
        let cases = [
            (Type::Number, Type::Integer, true),
            (Type::Money, Type::Number, true),
            (Type::Fraction, Type::Bps, false),
            (Type::Bps, Type::Fraction, false),
            (Type::Money, Type::Price, false),
            (Type::Text.optional(), Type::Text, true),
            (Type::list(Type::Number), Type::list(Type::Integer), true),
            (Type::list(Type::Number), Type::Number, false),
            (Type::one_of(["a", "b"]), Type::one_of(["a"]), true),
            (Type::one_of(["a"]), Type::one_of(["a", "b"]), false),
            (Type::id("security"), Type::id("lot"), false),
            (Type::id("security"), Type::id("any"), true),
            (Type::record([]), Type::map(Type::Any), true),
            (Type::Any, Type::Chart, true),
        ];
        for (want, given, expected) in cases {
            assert_eq!(want.accepts(&given), expected, "{want} from {given}");
        }
    }

    #[test]
    fn a_record_accepts_one_with_more_fields() {
        let want = Type::record([Field::required("a", Type::Text, "")]);
        let more = Type::record([Field::required("a", Type::Text, ""), Field::required("b", Type::Text, "")]);
        assert!(want.accepts(&more));
        assert!(!more.accepts(&want));
    }
}
