//! A catalogue for tests: capabilities as `capabilities.md` §2 lists them, written in its short notation.
//!
//! Fields are `name type`, lists of records `name[{…}]`, lists `name[] type`, records `name{…}`; `?` after the type means
//! that the value may be absent (or the argument left out), `= x` a default, anything else is required.

use capability::{Declaration, Effect, Field, Reads, Schema, Type};
use pattern::Catalogue;

const POSITION: &str = "security_id id:security, symbol text, name text, asset_class text, sector text?, country text?, \
    currency text, quantity quantity, cost_basis money, cost_basis_local money, average_cost price, lot_count integer, \
    first_acquired date, account_ids[] id:account";

const PERIODS: [&str; 8] = ["1d", "mtd", "qtd", "ytd", "1y", "3y", "5y", "itd"];

/// Everything that the tests call.
pub fn catalogue() -> Catalogue {
    let valued = format!(
        "positions[{{{POSITION}, price price?, price_date date?, value_local money?, market_value money?, \
         fx_rate fx_rate?, weight fraction?, unrealized_gain money?, unrealized_gain_fraction fraction?, \
         price_gain money?, currency_gain money?, day_return fraction?, stale boolean, dividend_safety score10?, \
         moat_strength score10?, rating_grade text?}}], cash[{{currency text, amount money, base_value money?}}], \
         positions_value money?, cash_value money?, net_asset_value money?, partial_value money, \
         missing[{{symbol text, code text, why text}}], coverage fraction, currency text, position_count integer"
    );
    let periods: Vec<String> =
        PERIODS.iter().map(|period| format!("time_weighted_return_{period} fraction?")).collect();
    let twr = format!(
        "{}, time_weighted_return_3y_annualized fraction?, time_weighted_return_5y_annualized fraction?, \
         time_weighted_return_itd_annualized fraction?, lookback_return fraction?, money_weighted_return_1y fraction?, \
         money_weighted_return_itd fraction?, volatility fraction?, sharpe_ratio ratio?, sortino_ratio ratio?, \
         calmar_ratio ratio?, maximum_drawdown fraction?, maximum_drawdown_1y fraction?, maximum_drawdown_3y fraction?, \
         current_drawdown fraction?, skewness ratio?, excess_kurtosis ratio?, best_day fraction?, worst_day fraction?, \
         positive_days fraction?, observations integer, first_date date?, last_date date?, risk_free_used fraction?",
        periods.join(", ")
    );
    let effects = "residual_bps bps?, by_currency[{currency text, weight fraction, local_return fraction, \
         currency_return fraction, interaction fraction, contribution fraction}], by_position[{symbol text, \
         contribution fraction}], start_date date?, end_date date?";
    let attribution = format!(
        "local_return fraction?, currency_return fraction?, interaction fraction?, total_return fraction?, {effects}"
    );
    let lookback = "portfolio_id id:portfolio, lookback_days integer = 252";
    let own = "portfolio_id id:portfolio";
    let analyst = |name: &str, input: &str, output: &str| read(name, "financial_analyst", input, output);
    let mut record = analyst(
        "ledger.record",
        "portfolio_id id:portfolio, entries[] any, if_ledger_commit text?, idempotency_key text",
        "commit text, transaction_ids[] id:transaction",
    );
    record.effect = Effect::Once;
    record.rights = vec!["portfolio_write".into()];
    let mut archive = analyst("portfolio.archive", own, "portfolio_id id:portfolio");
    archive.effect = Effect::Idempotent;
    archive.rights = vec!["portfolio_write".into()];
    let mut regime = read("macro.detect_regime", "macro_hound", "as_of date?", "regime text, confidence fraction?");
    regime.reads = Reads { macro_store: true, ..Reads::NONE };
    regime.rights = vec!["macro_data_read".into()];
    let mut chart =
        read("charts.table", "charts_agent", "rows any, columns[] text?", "charts[] chart, chart_count integer");
    chart.reads = Reads::NONE;
    chart.rights = Vec::new();
    chart.lease = false;
    let mut fundamentals = read(
        "fundamentals.security",
        "data_harvester",
        "security_id id:security",
        "sector text?, pe_ratio ratio?, scores map score10",
    );
    fundamentals.rights = vec!["fundamentals_read".into()];
    let mut comparables = read(
        "position.comparables",
        "financial_analyst",
        "security_id id:security, sector text, limit integer = 5",
        "comparables[{symbol text}], count integer, basis text",
    );
    comparables.rights = vec!["fundamentals_read".into()];
    Catalogue::new([
        analyst("portfolio.get_valued_positions", own, &valued),
        analyst("metrics.compute_twr", &format!("{lookback}, flow_timing start|mid|end|hybrid = hybrid"), &twr),
        analyst(
            "metrics.compute_mwr",
            &format!("{own}, period 1y|3y|5y|itd|range = itd, from date?, to date?"),
            "money_weighted_return fraction?, period_return fraction?, status text, roots[] fraction, \
             flows[{date date, amount money}], opening_value money?, closing_value money?",
        ),
        analyst(
            "metrics.drawdowns",
            &format!("{own}, series series:ratio?, top integer = 5"),
            "drawdowns[{depth fraction, peak_date date, trough_date date, recovery_date date?, periods_to_trough integer, \
             periods_to_recover integer?, periods_total integer}], current_drawdown fraction?, ulcer_index fraction?, \
             average_drawdown fraction?, underwater series:fraction?",
        ),
        analyst("metrics.calendar_returns", own, "years[{year integer, months[] fraction?, total fraction?}]"),
        analyst(
            "metrics.unrealized_pl",
            &format!("{own}, positions[{{security_id id:security}}]?"),
            "positions[{security_id id:security, symbol text, unrealized_gain money?, unrealized_gain_fraction fraction?, \
             price_gain money?, currency_gain money?, short_term money?, long_term money?, holding_days_min integer, \
             holding_days_max integer}], total_unrealized_gain money?, short_term_total money?, long_term_total money?",
        ),
        analyst("attribution.currency", &format!("{lookback}, model simple|karnosky_singer = simple"), &attribution),
        analyst(
            "portfolio.historical_nav",
            "portfolio_id id:portfolio, lookback_days integer = 365",
            "series series:money?, time_weighted_index series:ratio?, flows[{date date, amount money}], \
             total_return fraction?, start_date date?, end_date date?, dates[] date, values[] decimal",
        ),
        analyst(
            "portfolio.sector_allocation",
            &format!("{own}, valued_positions[{{sector text?, market_value money?}}]?"),
            "sectors[{sector text, market_value money?, weight fraction?, position_count integer}], sector_count integer, \
             net_asset_value money?, currency text",
        ),
        analyst(
            "portfolio.allocation",
            &format!("{own}, by sector|asset_class|currency|country|account|security = sector"),
            "groups[{key text, label text, market_value money?, weight fraction?, position_count integer}], \
             unclassified fraction?, concentration{hhi ratio?, effective_n ratio?, top1 fraction?, top10 fraction?}",
        ),
        analyst(
            "ledger.lots",
            &format!("{own}, security_id id:security?, status open|closed|all = open"),
            "lots[{lot_id id:lot, account_id id:account, security_id id:security, symbol text, acquired date, \
             quantity_original quantity, quantity_open quantity, cost_basis money, cost_basis_base money?, \
             cost_per_unit price?, cost_currency text, fx_rate_at_trade fx_rate, holding_period_days integer, \
             term short|long, market_value money?, unrealized_gain money?, closed date?, \
             adjustments[{date date, kind text, delta quantity}]}]",
        ),
        analyst(
            "position.details",
            &format!("{own}, security_id id:security"),
            "symbol text, asset_class equity|etf|bond|cash, quantity quantity, current_price price?, weight fraction?",
        ),
        record,
        archive,
        regime,
        chart,
        fundamentals,
        comparables,
    ])
}

fn read(name: &str, agent: &str, input: &str, output: &str) -> Declaration {
    Declaration::read(name, "1.0.0", agent, "For tests.", schema(input), schema(output))
}

/// Fields in the short notation.
pub fn schema(text: &str) -> Schema {
    Schema { fields: split(text).into_iter().map(field).collect() }
}

/// Parts between commas that stand in no braces.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

fn field(text: &str) -> Field {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let (rest, default) = match rest.split_once(" = ") {
        Some((rest, default)) => (rest, Some(serde_json::from_str(default).unwrap_or_else(|_| default.into()))),
        None => (rest, None),
    };
    let (rest, is_optional) = match rest.trim().strip_suffix('?') {
        Some(rest) => (rest, true),
        None => (rest.trim(), false),
    };
    let ty = ty(rest);
    match default {
        Some(default) => Field { default: Some(default), required: false, ..Field::required(name, ty, "") },
        None if is_optional => Field::optional(name, ty, ""),
        None => Field::required(name, ty, ""),
    }
}

fn ty(text: &str) -> Type {
    let inside = |text: &str, open: &str, close: &str| {
        text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).map(str::to_owned)
    };
    if let Some(fields) = inside(text, "[{", "}]") {
        return Type::list(Type::Record(schema(&fields)));
    }
    if let Some(fields) = inside(text, "{", "}") {
        return Type::Record(schema(&fields));
    }
    if let Some(element) = text.strip_prefix("[] ") {
        return Type::list(ty(element));
    }
    if let Some(value) = text.strip_prefix("map ") {
        return Type::map(ty(value));
    }
    if let Some(point) = text.strip_prefix("series:") {
        return Type::series(ty(point));
    }
    if let Some(kind) = text.strip_prefix("id:") {
        return Type::id(kind);
    }
    if text.contains('|') {
        return Type::Enum(text.split('|').map(str::to_owned).collect());
    }
    match text {
        "text" => Type::Text,
        "integer" => Type::Integer,
        "number" => Type::Number,
        "decimal" => Type::Decimal,
        "boolean" => Type::Boolean,
        "date" => Type::Date,
        "money" => Type::Money,
        "price" => Type::Price,
        "quantity" => Type::Quantity,
        "ratio" => Type::Ratio,
        "fraction" => Type::Fraction,
        "bps" => Type::Bps,
        "score10" => Type::Score10,
        "fx_rate" => Type::FxRate,
        "chart" => Type::Chart,
        "any" => Type::Any,
        other => panic!("no type {other}"),
    }
}
