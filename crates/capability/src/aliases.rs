//! Accepted spellings and the canonical names that they stand for (`capabilities.md` §1.1).

const NAMES: &[(&str, &str)] = &[
    ("get_position_details", "position.details"),
    ("compute_position_return", "position.performance"),
    ("compute_portfolio_contribution", "position.contribution"),
    ("compute_position_currency_attribution", "position.currency_attribution"),
    ("compute_position_risk", "position.risk"),
    ("get_transaction_history", "position.transactions"),
    ("get_security_fundamentals", "fundamentals.security"),
    ("get_comparable_positions", "position.comparables"),
    ("optimizer.rebalance", "optimizer.propose_trades"),
    ("optimizer.suggest_trades", "optimizer.propose_trades"),
    ("portfolio.valued_positions", "portfolio.get_valued_positions"),
    ("risk.compute_dar", "macro.compute_dar"),
    ("risk.drawdown_at_risk", "macro.compute_dar"),
    ("macro.classify_regime", "macro.detect_regime"),
    ("macro.scenario_apply", "macro.run_scenario"),
    ("scenarios.apply", "macro.run_scenario"),
    ("macro.compute_cycles", "cycles.aggregate_overview"),
    ("charts.scenario_deltas", "charts.scenario"),
    ("data_harvester.export_excel", "reports.export_xlsx"),
    ("reports.export_excel", "reports.export_xlsx"),
    ("ratings.compute_buffett_score", "ratings.aggregate"),
    ("corporate_actions.load", "corporate_actions.upcoming"),
];

const FIELDS: &[(&str, &str)] = &[
    ("asof_date", "as_of"),
    ("asof", "as_of"),
    ("valuation_date", "as_of"),
    ("pack_id", "pricing_pack_id"),
    ("ledger_commit_hash", "ledger_commit"),
    ("ledger_hash", "ledger_commit"),
    ("qty", "quantity"),
    ("qty_open", "quantity"),
    ("shares", "quantity"),
    ("transaction_date", "trade_date"),
    ("transaction_type", "kind"),
    ("unrealized_pnl", "unrealized_gain"),
    ("unrealized_pl", "unrealized_gain"),
    ("unrealized_pnl_pct", "unrealized_gain_fraction"),
    ("realized_pl", "realized_gain"),
    ("realized_pnl", "realized_gain"),
    ("total_value", "net_asset_value"),
    ("nav_value", "net_asset_value"),
    ("avg_cost", "average_cost"),
    ("max_drawdown", "maximum_drawdown"),
    ("fx_return", "currency_return"),
    ("fx_contribution", "currency_contribution"),
    ("zscores", "z_scores"),
    ("regime_scores", "probabilities"),
    ("dar_value", "drawdown_at_risk"),
    ("dar", "drawdown_at_risk"),
    ("shock_type", "scenario_id"),
    ("shock_name", "scenario_name"),
    ("phase_label", "phase"),
    ("total_pnl_delta", "total_gain"),
    ("total_delta_pl", "total_gain"),
    ("pnl_delta", "total_gain"),
    ("return_delta", "return_impact"),
    ("total_delta_pl_pct", "return_impact"),
];

const LOCAL: &[(&str, &str, &str)] = &[
    ("ledger.transactions", "total_value", "amount"),
    ("ledger.transactions", "commission", "fees"),
    ("ledger.lots", "qty_open", "quantity_open"),
    ("portfolio.sector_allocation", "value", "market_value"),
    ("macro.run_scenario", "factor_breakdown", "factor_contributions"),
    ("macro.run_scenario", "fx_impact", "currency_contribution"),
    ("metrics.compute_mwr", "ann_mwr", "money_weighted_return"),
    ("metrics.compute_mwr", "mwr", "money_weighted_return"),
];

/// Aliases that begin the same and keep what follows.
const PREFIXES: &[(&str, &str)] =
    &[("twr_", "time_weighted_return_"), ("mwr_", "money_weighted_return_"), ("max_drawdown_", "maximum_drawdown_")];

/// The canonical name of a capability; the name itself when it is no alias.
pub fn canonical_name(name: &str) -> &str {
    NAMES.iter().find(|(accepted, _)| *accepted == name).map_or(name, |(_, canonical)| canonical)
}

/// The canonical name of a field that is an alias everywhere; `None` when it is not one.
pub fn canonical_field(name: &str) -> Option<String> {
    for (prefix, canonical) in PREFIXES {
        if let Some(rest) = name.strip_prefix(prefix).filter(|rest| !rest.is_empty()) {
            return Some(format!("{canonical}{rest}"));
        }
    }
    FIELDS.iter().find(|(accepted, _)| *accepted == name).map(|(_, canonical)| canonical.to_string())
}

/// All aliases of a canonical field that hold everywhere, in the order of the table: what an old client may look for.
pub fn field_aliases(canonical: &str) -> Vec<String> {
    let prefixed = PREFIXES
        .iter()
        .filter_map(|(accepted, full)| Some(format!("{accepted}{}", canonical.strip_prefix(full)?)))
        .filter(|alias| !alias.ends_with('_'));
    let named = FIELDS.iter().filter(|(_, full)| *full == canonical).map(|(accepted, _)| (*accepted).to_owned());
    prefixed.chain(named).collect()
}

/// The canonical name of a field that is an alias in one capability alone.
pub fn local_field(capability: &str, name: &str) -> Option<&'static str> {
    LOCAL
        .iter()
        .find(|(owner, accepted, _)| *owner == capability && *accepted == name)
        .map(|(_, _, canonical)| *canonical)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_spellings_resolve() {
        assert_eq!(canonical_name("portfolio.valued_positions"), "portfolio.get_valued_positions");
        assert_eq!(canonical_name("ledger.positions"), "ledger.positions");
        assert_eq!(canonical_field("twr_1y").as_deref(), Some("time_weighted_return_1y"));
        assert_eq!(canonical_field("max_drawdown_3y").as_deref(), Some("maximum_drawdown_3y"));
        assert_eq!(canonical_field("max_drawdown").as_deref(), Some("maximum_drawdown"));
        assert_eq!(canonical_field("max_drawdowns"), None);
        assert_eq!(canonical_field("market_value"), None);
        assert_eq!(local_field("ledger.transactions", "commission"), Some("fees"));
    }

    #[test]
    fn aliases_lead_back_to_their_field() {
        for canonical in ["as_of", "quantity", "time_weighted_return_ytd", "maximum_drawdown", "maximum_drawdown_1y"] {
            let aliases = field_aliases(canonical);
            assert!(!aliases.is_empty(), "{canonical}");
            for alias in aliases {
                assert_eq!(canonical_field(&alias).as_deref(), Some(canonical), "{alias}");
            }
        }
        assert_eq!(field_aliases("market_value"), Vec::<String>::new());
    }
}
