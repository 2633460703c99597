//! The names under which conventions and options are found.
//!
//! Invariant: a name, compared without case and punctuation, belongs to one topic at most.

/// Topics and the keys under which they are found (compared without case and punctuation).
#[rustfmt::skip]
pub const TOPICS: &[(&str, &[&str])] = &[
    ("product", &["product", "preset", "style", "profile", "like", "as", "column", "software", "engine", "system"]),
    ("cost_method", &["costmethod", "method", "costbasismethod", "costbasis", "lotmethod", "lots", "lotrelief",
        "booking", "bookingmethod", "accountingmethod", "matching", "cost", "relief", "lotselection", "inventory"]),
    ("average_pool", &["averagepool", "averageover", "pool", "averagecostpool", "averagescope"]),
    ("lots_over_accounts", &["lotsoveraccounts", "lotsacrossaccounts", "lotscope", "acrossaccounts", "peraccount"]),
    ("fees_in_cost", &["feesincost", "feeincost", "feesincostbasis", "includefeesincostbasis", "includefeesincost",
        "includefees", "fees", "fee", "costincludesfees", "feesinbasis", "feesin"]),
    ("taxes", &["taxes", "taxesincost", "tax", "includetaxes", "taxesincostbasis", "taxesandfees", "pretax",
        "beforetaxes"]),
    ("price_lookup", &["pricelookup", "prices", "price", "pricefill", "quotelookup", "quotes", "missingprice",
        "missingprices", "valuationprice", "pricepolicy"]),
    ("same_day_order", &["samedayorder", "sameday", "order", "intraday", "intradayorder", "ordering",
        "bookingorder", "samedate", "samedateorder", "sort"]),
    ("twr", &["twr", "twrday", "twrofaday", "twrmethod", "twrvariant", "twrdaily", "twrdailyformula", "flowtiming",
        "timeweighted", "twrflowtiming", "ttwror", "timing", "dailyreturn", "twrformula", "twrflows"]),
    ("money_weighted", &["moneyweighted", "mwr", "mwrmethod", "moneyweightedmethod", "moneyweightedreturn"]),
    ("irr", &["irr", "irrmethod", "xirr"]),
    ("day_count", &["daycount", "irrdaycount", "irrdays", "irryear", "irryeardays", "irrbasis", "daycountconvention"]),
    ("closing_on_next_day", &["closingonnextday", "closingvalue", "closingvalueday", "irrclosing", "closingday",
        "irrend", "endvalueday", "finalvalueday", "terminalvalue", "terminalday", "irrclosingdate", "irrterminal"]),
    ("annualisation", &["annualisation", "annualization", "annualise", "annualize", "annualisationdays",
        "annualizationdays", "yeardays", "daysperyear", "year", "annualisationbasis", "annualizationbasis", "annual"]),
    ("annualise_short", &["annualiseshort", "annualizeshort", "annualiseshortperiods", "annualiseunderayear",
        "annualizeunderayear", "annualizeshortperiods"]),
    ("volatility", &["volatility", "volatilitymethod", "vol", "volatilityvariant"]),
    ("sampling", &["sampling", "calendar", "tradingdays", "holidays", "tradecalendar", "returndays",
        "volatilitydays"]),
    ("dividends_in_gain", &["dividendsingain", "dividendingain", "dividends", "includedividends",
        "gainincludesdividends"]),
    ("rounding", &["rounding", "moneyrounding", "round", "roundmoney", "decimals", "precision"]),
    ("oversell", &["oversell", "short", "shorts", "allowshort", "shortselling", "shortpositions",
        "negativepositions", "overselling", "missinglots", "missingacquisition", "oversold"]),
    ("fx", &["fx", "fxrate", "fxday", "fxconversion", "fxdate", "fxlookup", "costfx", "conversion",
        "currencyconversion", "exchangerate"]),
    ("long_term", &["longterm", "longtermdays", "longtermafter", "holdingperiod", "holdingperioddays",
        "taxfreeafter", "taxfreeafterperiod", "longtermrule", "taxfreeafterdays"]),
    ("time_zone", &["timezone", "tz", "zone", "usertimezone"]),
];

/// Keys whose everyday meaning is wider than their topic: a value that is no choice may be a remark.
#[rustfmt::skip]
pub const VAGUE: &[&str] = &[
    "prices", "price", "quotes", "lots", "cost", "booking", "order", "ordering", "sort", "fx", "conversion",
    "calendar", "year", "annual", "irr", "as", "like", "system", "engine", "column", "style", "profile",
    "software", "taxes", "tax", "fees", "fee", "dividends", "round", "precision", "decimals", "inventory",
    "timing", "holidays", "tradingdays", "currencyconversion", "exchangerate", "fxrate", "fxlookup",
    "accountingmethod", "matching", "valuationprice", "zone",
];

/// Options of single metrics, which no topic needs to know.
#[rustfmt::skip]
pub const OPTIONS: &[&str] = &[
    "range", "start", "end", "from", "to", "at", "date", "dates", "interval", "period", "lower", "upper", "min",
    "max", "low", "high", "bounds", "between", "window", "n", "timestamp", "guess", "targets", "target", "rate",
    "payment", "principal", "newcash", "side", "group", "groupby", "base", "quote", "ratio", "ratio_new",
    "ratio_old", "index", "symbol", "account", "currency", "net", "gross", "accumulated", "method_options",
    "tolerance", "unit", "frequency", "mode", "with", "note", "comment", "source", "description", "notes",
    "reference", "basecurrency", "lookback", "dividendyear", "year", "years", "series", "exclude", "include",
    "cash", "trade", "sale", "lot", "split", "what", "quantity", "amount", "value", "price", "total", "sum",
    "name", "day", "month", "kind", "type", "code", "periods", "lower_bound", "upper_bound", "lowerbound",
    "upperbound", "minimum", "maximum", "greaterthan", "lessthan",
];

/// The topic of a key.
pub fn topic(key: &str) -> Option<&'static str> {
    let key = plain(key);
    TOPICS.iter().find(|(name, keys)| plain(name) == key || keys.contains(&key.as_str())).map(|(name, _)| *name)
}

/// Letters and digits only, lower case.
pub fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_topic() {
        let mut names: Vec<&str> = TOPICS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        names.sort_unstable();
        let twice: Vec<&[&str]> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
        assert!(twice.is_empty(), "{twice:?}");
        assert!(names.iter().all(|name| plain(name) == *name));
    }
}
