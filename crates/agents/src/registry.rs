//! All capabilities on one screen.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use capability::{CapabilityResult, Declaration, Failure};
use futures::future::BoxFuture;

use crate::agents::{Agents, Call};
use crate::{data_harvester, financial_analyst};

/// Runs one capability.
pub(crate) type Run = for<'a> fn(&'a Agents, Call) -> BoxFuture<'a, Result<CapabilityResult, Failure>>;

/// A capability with what runs it.
pub(crate) struct Entry {
    pub declaration: Declaration,
    pub run: Run,
}

macro_rules! capabilities {
    ($($agent:ident::$module:ident),* $(,)?) => {
        vec![$(Entry {
            declaration: $agent::$module::declaration(),
            run: |agents, call| Box::pin($agent::$module::run(agents, call)),
        }),*]
    };
}

static ENTRIES: LazyLock<BTreeMap<String, Entry>> = LazyLock::new(|| {
    let entries = capabilities![
        financial_analyst::ledger_positions,
        financial_analyst::ledger_lots,
        financial_analyst::ledger_transactions,
        financial_analyst::ledger_cash,
        financial_analyst::ledger_history,
        financial_analyst::ledger_verify,
        financial_analyst::ledger_record,
        financial_analyst::ledger_preview,
        financial_analyst::ledger_void,
        financial_analyst::ledger_amend,
        financial_analyst::ledger_import,
        financial_analyst::ledger_import_preview,
        financial_analyst::ledger_revert_import,
        financial_analyst::ledger_export,
        financial_analyst::ledger_restore,
        financial_analyst::portfolio_list,
        financial_analyst::portfolio_create,
        financial_analyst::portfolio_update,
        financial_analyst::portfolio_get_valued_positions,
        financial_analyst::portfolio_allocation,
        financial_analyst::portfolio_sector_allocation,
        financial_analyst::portfolio_historical_nav,
        financial_analyst::pricing_pack_status,
        financial_analyst::pricing_history,
        financial_analyst::pricing_fx,
        financial_analyst::pricing_restatement_impact,
        financial_analyst::pricing_supersede,
        financial_analyst::metrics_compute_twr,
        financial_analyst::metrics_compute_mwr,
        financial_analyst::metrics_drawdowns,
        financial_analyst::metrics_calendar_returns,
        financial_analyst::metrics_unrealized_pl,
        financial_analyst::attribution_currency,
        data_harvester::securities_search,
    ];
    entries.into_iter().map(|entry| (entry.declaration.name.clone(), entry)).collect()
});

/// A capability by its canonical name.
pub(crate) fn entry(name: &str) -> Option<&'static Entry> {
    ENTRIES.get(capability::canonical_name(name))
}

/// All names.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ENTRIES.keys().map(String::as_str)
}

/// Everything that this build offers, by name.
pub fn declarations() -> Vec<Declaration> {
    ENTRIES.values().map(|entry| entry.declaration.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use capability::Effect;

    #[test]
    fn declarations_are_complete() {
        let all = declarations();
        assert_eq!(all.len(), 34);
        for declaration in &all {
            let name = &declaration.name;
            assert!(name.contains('.') && !declaration.summary.is_empty(), "{name}");
            assert!(!declaration.output.fields.is_empty() && !declaration.rights.is_empty(), "{name}");
            for field in declaration.input.fields.iter().chain(&declaration.output.fields) {
                assert!(!field.description.is_empty(), "{name}: {}", field.name);
            }
            if declaration.effect == Effect::Once {
                assert!(
                    declaration.input.field("idempotency_key").is_some(),
                    "{name} can be asked for once only by key"
                );
                assert!(declaration.transient.is_empty(), "{name} has an effect and may not be retried");
            }
        }
    }
}
