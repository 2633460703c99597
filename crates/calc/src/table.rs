//! Tables that inputs name: the caller reads the files, so that a calculation stays pure.
//!
//! Invariant: every row has as many cells as there are columns.

use std::sync::Arc;

/// A table of text cells; the first column labels the rows (day, month `YYYY-MM`, quarter `YYYYQn`, or an index).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Cells, trimmed.
    pub rows: Vec<Vec<String>>,
}

/// Why a table cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct TableError(pub String);

/// Gives tables by the path that an input names.
pub trait Tables {
    /// The table at `path`.
    fn table(&self, path: &str) -> Result<Arc<Table>, TableError>;
}

/// No table at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTables;

impl Tables for NoTables {
    fn table(&self, path: &str) -> Result<Arc<Table>, TableError> {
        Err(TableError(format!("there is no table `{path}` here")))
    }
}

impl Table {
    /// Reads CSV text (RFC 4180) with a header; a byte order mark is skipped.
    pub fn from_csv(text: &str) -> Result<Table, TableError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let refuse = |error: csv::Error| TableError(format!("not a CSV table: {error}"));
        let columns: Vec<String> = reader.headers().map_err(refuse)?.iter().map(str::to_owned).collect();
        let mut rows = Vec::new();
        for record in reader.records() {
            rows.push(record.map_err(refuse)?.iter().map(str::to_owned).collect());
        }
        Ok(Table { columns, rows })
    }

    /// Position of the column called `name`.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_quotes_and_refuses_ragged_rows() {
        let table = Table::from_csv("\u{feff}date,\"A, B\"\n2024-01-01, 1.5\n").unwrap();
        assert_eq!((table.position("A, B"), table.rows[0][1].as_str()), (Some(1), "1.5"));
        assert!(Table::from_csv("a,b\n1\n").unwrap_err().to_string().contains("not a CSV table"));
    }
}
