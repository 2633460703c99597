//! The books, their prices and their returns: one file per capability, named after it.

pub(crate) mod ledger_amend;
pub(crate) mod ledger_cash;
pub(crate) mod ledger_export;
pub(crate) mod ledger_history;
pub(crate) mod ledger_import;
pub(crate) mod ledger_import_preview;
pub(crate) mod ledger_lots;
pub(crate) mod ledger_positions;
pub(crate) mod ledger_preview;
pub(crate) mod ledger_record;
pub(crate) mod ledger_restore;
pub(crate) mod ledger_revert_import;
pub(crate) mod ledger_transactions;
pub(crate) mod ledger_verify;
pub(crate) mod ledger_void;

pub(crate) mod portfolio_allocation;
pub(crate) mod portfolio_create;
pub(crate) mod portfolio_get_valued_positions;
pub(crate) mod portfolio_historical_nav;
pub(crate) mod portfolio_list;
pub(crate) mod portfolio_sector_allocation;
pub(crate) mod portfolio_update;

pub(crate) mod pricing_fx;
pub(crate) mod pricing_history;
pub(crate) mod pricing_pack_status;
pub(crate) mod pricing_restatement_impact;
pub(crate) mod pricing_supersede;

pub(crate) mod attribution_currency;
pub(crate) mod metrics_calendar_returns;
pub(crate) mod metrics_compute_mwr;
pub(crate) mod metrics_compute_twr;
pub(crate) mod metrics_drawdowns;
pub(crate) mod metrics_unrealized_pl;

#[cfg(test)]
mod tests;
