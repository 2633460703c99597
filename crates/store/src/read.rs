//! Reading columns of a row into domain types. Invariant: a value that does not fit is an error that names the column.

use money::Currency;
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use crate::error::StoreError;

/// The value of a column by position.
pub(crate) fn column<'a, T: FromSql<'a>>(row: &'a Row, index: usize) -> Result<T, StoreError> {
    row.try_get(index).map_err(|e| corrupt(row, index, e))
}

/// A currency column.
pub(crate) fn currency(row: &Row, index: usize) -> Result<Currency, StoreError> {
    column::<&str>(row, index)?.parse().map_err(|e| corrupt(row, index, e))
}

/// A currency column that may be null.
pub(crate) fn currency_opt(row: &Row, index: usize) -> Result<Option<Currency>, StoreError> {
    column::<Option<&str>>(row, index)?.map(|text| text.parse().map_err(|e| corrupt(row, index, e))).transpose()
}

/// A hash column.
pub(crate) fn hash(row: &Row, index: usize) -> Result<[u8; 32], StoreError> {
    column::<&[u8]>(row, index)?.try_into().map_err(|_| corrupt(row, index, "not 32 bytes"))
}

/// A hash column that may be null.
pub(crate) fn hash_opt(row: &Row, index: usize) -> Result<Option<[u8; 32]>, StoreError> {
    column::<Option<&[u8]>>(row, index)?
        .map(|bytes| bytes.try_into().map_err(|_| corrupt(row, index, "not 32 bytes")))
        .transpose()
}

/// A non-negative whole number column.
pub(crate) fn unsigned(row: &Row, index: usize) -> Result<u64, StoreError> {
    u64::try_from(column::<i64>(row, index)?).map_err(|e| corrupt(row, index, e))
}

/// A non-negative whole number column of four bytes.
pub(crate) fn unsigned32(row: &Row, index: usize) -> Result<u32, StoreError> {
    u32::try_from(column::<i32>(row, index)?).map_err(|e| corrupt(row, index, e))
}

/// A column that holds the name of a value.
pub(crate) fn named<T>(row: &Row, index: usize, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, StoreError> {
    let text: &str = column(row, index)?;
    parse(text).ok_or_else(|| corrupt(row, index, format!("unknown value {text}")))
}

fn corrupt(row: &Row, index: usize, detail: impl ToString) -> StoreError {
    let name = row.columns().get(index).map_or("?", |c| c.name());
    StoreError::corrupt(name, detail)
}

/// A number for a `bigint` parameter.
pub(crate) fn big(value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|e| StoreError::corrupt("bigint parameter", e))
}

/// A number for an `integer` parameter.
pub(crate) fn int(value: u32) -> Result<i32, StoreError> {
    i32::try_from(value).map_err(|e| StoreError::corrupt("integer parameter", e))
}
