//! Identity of a file row, so that bringing a file in again finds what is already there.
//!
//! The external id of the source where there is one; else a hash of what the row says, and its number among equal rows:
//! two equal purchases on one day are two transactions, but the same two rows in another file are not four.

use std::collections::HashMap;

use serde_json::json;
use sha2::{Digest, Sha256};

use ledger::draft::Draft;

/// Gives keys to the rows of one file, in file order.
#[derive(Debug, Default)]
pub struct RowKeys {
    seen: HashMap<String, u32>,
}

impl RowKeys {
    /// Key of the next row (64 hexadecimal digits).
    pub fn key_of(&mut self, draft: &Draft) -> String {
        if let Some(external_id) = &draft.external_id {
            return hash(&format!("external\n{}\n{external_id}", draft.account_id));
        }
        let fingerprint = fingerprint(draft);
        let ordinal = self.seen.entry(fingerprint.clone()).or_insert(0);
        *ordinal += 1;
        hash(&format!("{fingerprint}\n{ordinal}"))
    }

    /// Key of a row that could not be read, from its cells.
    pub fn key_of_cells<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) -> String {
        let text = cells.into_iter().collect::<Vec<_>>().join("\u{1f}");
        let fingerprint = hash(&format!("cells\n{text}"));
        let ordinal = self.seen.entry(fingerprint.clone()).or_insert(0);
        *ordinal += 1;
        hash(&format!("{fingerprint}\n{ordinal}"))
    }
}

/// Hash of what a draft says happened; note and tags are no part of it.
pub fn fingerprint(draft: &Draft) -> String {
    let number = |value: Option<money::Decimal>| value.map(|value| value.normalize().to_string());
    let costs = |amounts: Vec<(String, money::Decimal)>| -> Vec<String> {
        let given = amounts.into_iter().filter(|(_, amount)| !amount.is_zero());
        given.map(|(kind, amount)| format!("{kind}={}", amount.normalize())).collect()
    };
    let content = json!([
        draft.kind.name(),
        draft.account_id,
        draft.security_id,
        draft.trade_date,
        draft.currency.code(),
        [draft.settlement_date, draft.ex_date, draft.record_date, draft.pay_date, draft.lot_date],
        [number(draft.quantity), number(draft.price), number(draft.gross_amount), number(draft.net_amount)],
        costs(draft.fees.iter().map(|fee| (fee.kind.clone(), fee.amount)).collect()),
        costs(draft.taxes.iter().map(|tax| (format!("{:?}", tax.kind), tax.amount)).collect()),
        [number(draft.fx_rate), number(draft.counter_amount), number(draft.lot_cost)],
        draft.counter_currency.map(|currency| currency.code().to_owned()),
        draft.ratio.map(|ratio| ratio.to_string()),
        draft.counter_account_id,
    ]);
    hash(&content.to_string())
}

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}
