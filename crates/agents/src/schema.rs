//! Types and fields that several declarations share.

use capability::{Field, Schema, Type};

/// The agent of the books, prices and returns.
pub const FINANCIAL_ANALYST: &str = "financial_analyst";
/// The agent of securities and providers.
pub const DATA_HARVESTER: &str = "data_harvester";

/// The portfolio, required.
pub fn portfolio() -> Field {
    Field::required("portfolio_id", Type::id("portfolio"), "portfolio, checked against the user's rows")
}

/// The portfolio where rows may be given instead.
pub fn portfolio_or_rows() -> Field {
    Field::optional("portfolio_id", Type::id("portfolio"), "portfolio; that of the execution when absent")
}

/// Observations to look back on.
pub fn lookback(default: i64) -> Field {
    Field::with_default(
        "lookback_days",
        Type::Integer,
        default,
        "observations on the valuation calendar (252 is about a year)",
    )
    .between(1.0, 12_600.0)
}

/// A key that makes an effect happen once.
pub fn idempotency_key() -> Field {
    Field::required("idempotency_key", Type::Text, "the same key with the same arguments has one effect")
}

/// The commit that the caller has seen.
pub fn if_ledger_commit() -> Field {
    Field::optional("if_ledger_commit", Type::Text, "refuse unless the ledger still has this commit (64 hex digits)")
}

/// A field that is always there.
pub fn field(name: &str, ty: Type, description: &str) -> Field {
    Field::required(name, ty, description)
}

/// A field that may be absent with a reason.
pub fn maybe(name: &str, ty: Type, description: &str) -> Field {
    Field::required(name, ty.optional(), description)
}

/// A field that only some rows have.
pub fn sometimes(name: &str, ty: Type, description: &str) -> Field {
    Field::optional(name, ty, description)
}

/// A schema of fields.
pub fn schema<const N: usize>(fields: [Field; N]) -> Schema {
    Schema::record(fields)
}

/// What a ledger write moved.
pub fn effects() -> Field {
    let position = Type::record([
        field("account_id", Type::id("account"), "account"),
        field("security_id", Type::id("security"), "security"),
        field("symbol", Type::Text, "symbol"),
        field("quantity_before", Type::Quantity, "units before"),
        field("quantity_after", Type::Quantity, "units after"),
    ]);
    let cash = Type::record([
        field("account_id", Type::id("account"), "account"),
        field("currency", Type::Text, "currency"),
        field("before", Type::Money, "balance before"),
        field("after", Type::Money, "balance after"),
    ]);
    field(
        "effects",
        Type::record([
            field("positions", Type::list(position), "holdings that change"),
            field("cash", Type::list(cash), "balances that change"),
            maybe("realized_gain", Type::Money, "change of realized gains in base currency"),
        ]),
        "what the entries change",
    )
}

/// Things worth a look.
pub fn warnings() -> Field {
    let warning = Type::record([
        field("code", Type::Text, "code"),
        field("message", Type::Text, "sentence"),
        sometimes("pointer", Type::Text, "entry it is about"),
        sometimes("line", Type::Integer, "line of the file"),
    ]);
    field("warnings", Type::list(warning), "possible but worth a look")
}
