//! Conventions and options by their names: many spellings, one meaning each.
//!
//! Invariant: a key that is no topic is reported as a warning; a value that is no choice of its topic leaves the topic
//! unresolved.

use rust_decimal::RoundingStrategy;
use serde_json::Value;

use crate::convention_names::{OPTIONS, TOPICS, VAGUE, plain, topic};
use crate::conventions::*;
use crate::num::Num;
use crate::problem::Problems;

/// Reads the conventions of a case (`text`: a product's name alone is one too).
pub fn read(value: &Value, pointer: &str, conventions: &mut Conventions, problems: &mut Problems) {
    match value {
        Value::Null => {}
        Value::String(text) => {
            // A product's name, a cost method, or both.
            let found = product(text);
            if let Some(product) = found {
                conventions.take(product);
            }
            let method = method_in(&words(value));
            conventions.method = method.unwrap_or(conventions.method);
            if found.is_none() && method.is_none() {
                problems.warn(
                    pointer,
                    format!("{text:?} names neither a product nor a cost method, so it changes nothing"),
                );
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                read(item, &format!("{pointer}/{index}"), conventions, problems);
            }
        }
        Value::Object(map) => {
            // The product first: single choices override its column.
            for pass in [true, false] {
                for (key, value) in map {
                    let topic = topic(key);
                    if (topic == Some("product")) == pass {
                        entry(topic, key, value, &format!("{pointer}/{}", escape(key)), conventions, problems, false);
                    }
                }
            }
        }
        _ => problems.error(pointer, "conventions are an object, or the name of a product"),
    }
}

/// Whether conventions choose a cost method themselves.
pub fn chooses_method(value: &Value) -> bool {
    match value {
        Value::Object(map) => map
            .iter()
            .any(|(key, value)| topic(key) == Some("cost_method") || value.is_object() && chooses_method(value)),
        Value::Array(items) => items.iter().any(chooses_method),
        _ => false,
    }
}

/// The cost method that a tag names.
pub fn method_of_tag(tag: &str) -> Option<Method> {
    match plain(tag).as_str() {
        "fifo" => Some(Method::Fifo),
        "lifo" => Some(Method::Lifo),
        "hifo" => Some(Method::Hifo),
        "average" => Some(Method::Average),
        "strict" => Some(Method::Strict),
        _ => None,
    }
}

/// Lets the options of a query override the conventions.
pub fn override_with(params: &Value, pointer: &str, conventions: &mut Conventions, problems: &mut Problems) {
    if let Value::Object(map) = params {
        for (key, value) in map {
            entry(topic(key), key, value, &format!("{pointer}/{}", escape(key)), conventions, problems, true);
        }
    }
}

fn entry(
    topic: Option<&'static str>,
    key: &str,
    value: &Value,
    pointer: &str,
    conventions: &mut Conventions,
    problems: &mut Problems,
    is_option: bool,
) {
    let is_plain_option = OPTIONS.iter().any(|option| plain(option) == plain(key));
    let Some(topic) = topic else {
        if let Value::Object(map) = value {
            for (inner, value) in map {
                let pointer = format!("{pointer}/{}", escape(inner));
                entry(crate::convention_names::topic(inner), inner, value, &pointer, conventions, problems, is_option);
            }
            return;
        }
        if !is_plain_option {
            let known = TOPICS.iter().map(|(name, _)| *name);
            let near = known
                .map(|name| (strsim::damerau_levenshtein(&plain(key), &plain(name)), name))
                .min()
                .filter(|(distance, _)| *distance <= 3)
                .map_or(String::new(), |(_, name)| format!("; the nearest is {name:?}"));
            problems.warn(pointer, format!("no convention is called {key:?}, so it changes nothing{near}"));
        }
        return;
    };
    if value.is_null() {
        return;
    }
    if let (Value::Object(map), true) = (value, topic != "rounding") {
        // Choices grouped under a heading.
        for (inner, value) in map {
            let pointer = format!("{pointer}/{}", escape(inner));
            // `{"cost": {"method": …}}`, or the heading's own value under a plain name.
            let own = matches!(plain(inner).as_str(), "value" | "choice" | "name" | "kind" | "type" | "mode");
            let found = if own { Some(topic) } else { crate::convention_names::topic(inner) };
            entry(found, inner, value, &pointer, conventions, problems, is_option);
        }
        return;
    }
    // Keys that ask the topic's question the other way round.
    let turned = matches!(plain(key).as_str(), "peraccount" | "pretax" | "beforetaxes");
    let value = &match (turned, truth(value)) {
        (true, Some(flag)) => Value::Bool(!flag),
        _ => value.clone(),
    };
    let alone = is_option && matches!(plain(key).as_str(), "fees" | "fee");
    if !choose(topic, value, alone, conventions) {
        // `year`, `price` and the like are options of metrics as well as keys of topics.
        if is_option && is_plain_option {
            return;
        }
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if VAGUE.contains(&plain(key).as_str()) {
            problems.warn(pointer, format!("{text:?} is no choice of {topic}, so it changes nothing"));
            return;
        }
        problems.warn(pointer, format!("{text:?} is no choice of {topic}; answers that need it are absent"));
        conventions.unresolved.insert(topic, text);
    } else {
        conventions.unresolved.remove(topic);
    }
}

/// Applies one choice; false where the value means nothing.
fn choose(topic: &'static str, value: &Value, alone: bool, c: &mut Conventions) -> bool {
    let text = words(value);
    let has = |word: &str| text.contains(word);
    let flag = truth(value);
    let number = number(value);
    if topic != "product"
        && value.is_string()
        && let Some(product) = product(&text)
    {
        // A product's name as the value of a topic: its choice of that topic.
        let mut column = Conventions::default();
        column.take(product);
        return adopt(topic, &column, c);
    }
    match topic {
        "product" => match product(&text) {
            Some(product) => c.take(product),
            None => return false,
        },
        "cost_method" => match method_in(&text) {
            Some(method) => c.method = method,
            None => return false,
        },
        "average_pool" => match () {
            _ if has("per account") || has("account only") || text == "account" => c.average_over_accounts = false,
            _ if has("all") || has("portfolio") || has("global") => c.average_over_accounts = true,
            _ => return false,
        },
        "lots_over_accounts" => match flag {
            Some(flag) => c.lots_over_accounts = flag,
            None if has("per account") || text == "account" => c.lots_over_accounts = false,
            None if has("all") || has("portfolio") || has("global") => c.lots_over_accounts = true,
            None => return false,
        },
        "fees_in_cost" => match included(value) {
            // Of a question, `fees` concerns fees alone, and its flows too.
            Some(flag) if alone => {
                c.fees_in_cost = flag;
                c.before_fees = !flag;
            }
            Some(flag) => {
                c.fees_in_cost = flag;
                c.taxes_in_cost = flag;
            }
            None => return false,
        },
        "taxes" => {
            if has("before tax") || has("pre tax") || has("pretax") || has("gross") {
                c.before_taxes = true;
                c.taxes_in_cost = false;
            } else if has("after tax") || text == "net" {
                c.before_taxes = false;
            } else {
                match included(value) {
                    Some(flag) => {
                        c.taxes_in_cost = flag;
                        c.before_taxes = !flag;
                    }
                    None => return false,
                }
            }
        }
        "price_lookup" => {
            c.price_lookup = if has("before the first")
                || has("first if")
                || has("first quote")
                || has("clamp")
                || has("extend")
                || has("first before")
            {
                PriceLookup::FirstBeforeFirst
            } else if has("exact") || has("same day") || has("on the day") {
                PriceLookup::Exact
            } else if has("nearest") || has("closest") {
                PriceLookup::Nearest
            } else if has("before") || has("forward") || has("ffill") || has("last") || has("previous") || has("carry")
            {
                PriceLookup::OnOrBefore
            } else if has("after") || has("next") || has("backward") {
                PriceLookup::OnOrAfter
            } else {
                return false;
            }
        }
        "same_day_order" => {
            let first = |words: &[&str]| words.iter().filter_map(|word| text.find(word)).min().unwrap_or(usize::MAX);
            let bought = first(&["purchase", "buy", "inbound", "acquisition"]);
            let sold = first(&["sale", "sell", "outbound", "disposal"]);
            c.same_day = if bought < sold {
                SameDay::PurchasesFirst
            } else if sold < bought {
                SameDay::SalesFirst
            } else if has("file")
                || has("time")
                || has("given")
                || has("booking")
                || has("seq")
                || has("list")
                || has("input")
            {
                SameDay::File
            } else {
                return false;
            }
        }
        "twr" => {
            let formula: String = text.replace(' ', "");
            c.twr = if has("hybrid") {
                Twr::Hybrid
            } else if has("in out") || has("inbound") || (formula.contains("out") && formula.contains("in")) {
                Twr::InOut
            } else if has("window") || has("linked") || has("unit") || has("valuation") {
                Twr::Windows
            } else if has("mid") || has("half") || has("dietz") {
                Twr::Mid
            } else if has("start") || has("begin") || has("net flow") || has("before") || formula.contains("prev+net") {
                Twr::Start
            } else if has("end") || has("after") || has("close") {
                Twr::End
            } else {
                return false;
            }
        }
        "money_weighted" | "irr" => {
            if let Some(days) = days_of_year(&text, number) {
                c.day_count = days;
                if topic == "money_weighted" {
                    c.money_weighted = MoneyWeighted::Irr;
                }
                c.closing_on_next_day |= has("day after") || has("next day");
            } else {
                c.money_weighted = if has("dietz") || has("linked") {
                    MoneyWeighted::DietzLinked
                } else if has("average") || has("roai") || has("invested") {
                    MoneyWeighted::AverageInvested
                } else if has("irr") || has("internal") {
                    MoneyWeighted::Irr
                } else {
                    return false;
                }
            }
        }
        "day_count" => match days_of_year(&text, number) {
            Some(days) => c.day_count = days,
            None => return false,
        },
        "closing_on_next_day" => match flag {
            Some(flag) => c.closing_on_next_day = flag,
            None if has("after") || has("next") => c.closing_on_next_day = true,
            None if has("end") || has("last") || has("same") => c.closing_on_next_day = false,
            None => return false,
        },
        "annualisation" => match days_of_year(&text, number) {
            Some(days) => {
                c.annualisation = days;
                c.annualise_short = true;
            }
            None if flag.is_some() => c.annualise_short = flag == Some(true),
            None => return false,
        },
        "annualise_short" => match flag {
            Some(flag) => c.annualise_short = flag,
            None => return false,
        },
        "volatility" => {
            c.volatility = if has("252") || has("annual") && !has("not annual") {
                Volatility::Annual252
            } else if has("log") || has("period") || has("not annual") || has("sqrt n") {
                Volatility::PeriodLog
            } else {
                return false;
            }
        }
        "sampling" => {
            c.sampling =
                if has("every") || has("calendar day") || has("none") || has("all") || has("24") || has("empty") {
                    Sampling::EveryDay
                } else if has("weekday") || has("business") || has("weekend") {
                    Sampling::Weekdays
                } else if has("default") || has("europe") || has("trading") || has("target") || has("holiday") {
                    Sampling::EuropeanTradingDays
                } else {
                    return false;
                }
        }
        "dividends_in_gain" => match included(value) {
            Some(flag) => c.dividends_in_gain = flag,
            None => return false,
        },
        "rounding" => return rounding(value, &text, number, c),
        "oversell" => {
            c.oversell = if flag == Some(true) || has("allow") && !has("not allow") || has("short") && !has("no short")
            {
                Oversell::Short
            } else if has("missing") || has("zero cost") || has("ignore") || has("warn") {
                Oversell::Missing
            } else if flag == Some(false) || has("error") || has("refuse") || has("reject") || has("no") {
                Oversell::Refuse
            } else {
                return false;
            }
        }
        "fx" => {
            let any = |words: &[&str]| words.iter().any(|word| text.contains(word));
            c.fx_day = if any(&["current", "valuation", "as of", "today", "now", "latest"]) {
                FxDay::Valuation
            } else if any(&[
                "trade",
                "transaction",
                "histor",
                "purchase",
                "booking",
                "acquisition",
                "each",
                "flow",
                "order",
            ]) {
                FxDay::Trade
            } else if any(&["end", "query"]) || text == "at" {
                FxDay::Valuation
            } else {
                return false;
            }
        }
        "long_term" => match number {
            Some(n) => match n.0.and_then(|n| i64::try_from(n).ok()) {
                // rotki writes seconds.
                Some(n) if n >= 86_400 => c.long_term = LongTerm::MoreThanDays(n / 86_400),
                Some(n) => c.long_term = LongTerm::MoreThanDays(n),
                None => return false,
            },
            None if has("day") => match text.split(' ').find_map(|word| word.parse().ok()) {
                Some(days) => c.long_term = LongTerm::MoreThanDays(days),
                None => return false,
            },
            None if has("year") => c.long_term = LongTerm::MoreThanAYear,
            None => return false,
        },
        "time_zone" => match value.as_str() {
            Some(zone) => c.time_zone = Some(zone.to_owned()),
            None => return false,
        },
        _ => return false,
    }
    true
}

/// The cost method that a text names.
fn method_in(text: &str) -> Option<Method> {
    let has = |word: &str| text.contains(word);
    Some(if has("fifo") || has("first in") {
        Method::Fifo
    } else if has("lifo") || has("last in") {
        Method::Lifo
    } else if has("hifo") || has("highest") {
        Method::Hifo
    } else if has("lofo") || has("lowest") {
        Method::Lofo
    } else if ["average", "avg", "acb", "moving", "pooled"].iter().any(|word| has(word)) {
        Method::Average
    } else if has("strict") && has("size") {
        Method::StrictWithSize
    } else if has("strict") {
        Method::Strict
    } else if has("specific") {
        Method::Specific
    } else {
        return None;
    })
}

/// The choice of one topic in a product's column.
fn adopt(topic: &str, column: &Conventions, c: &mut Conventions) -> bool {
    match topic {
        "cost_method" => c.method = column.method,
        "fees_in_cost" => {
            c.fees_in_cost = column.fees_in_cost;
            c.taxes_in_cost = column.taxes_in_cost;
        }
        "price_lookup" => c.price_lookup = column.price_lookup,
        "same_day_order" => c.same_day = column.same_day,
        "twr" => c.twr = column.twr,
        "money_weighted" | "irr" => {
            c.money_weighted = column.money_weighted;
            c.day_count = column.day_count;
            c.closing_on_next_day = column.closing_on_next_day;
        }
        "day_count" => c.day_count = column.day_count,
        "annualisation" => c.annualisation = column.annualisation,
        "volatility" => {
            c.volatility = column.volatility;
            c.sampling = column.sampling;
        }
        "dividends_in_gain" => c.dividends_in_gain = column.dividends_in_gain,
        "rounding" => c.rounding = column.rounding,
        "oversell" => c.oversell = column.oversell,
        "long_term" => c.long_term = column.long_term,
        _ => return false,
    }
    true
}

fn rounding(value: &Value, text: &str, number: Option<Num>, c: &mut Conventions) -> bool {
    if let Value::Object(map) = value {
        let mut understood = true;
        for (key, value) in map {
            let text = words(value);
            match plain(key).as_str() {
                "decimals" | "places" | "digits" | "precision" | "scale" | "unit" => {
                    understood &= rounding(value, &text, self::number(value), c);
                }
                "mode" | "half" | "strategy" | "halves" => match half(&text) {
                    Some(half) => c.rounding.half = half,
                    None => understood = false,
                },
                "at" | "when" | "each" | "stage" => match stage(&text) {
                    Some(at) => c.rounding.at = at,
                    None => understood = false,
                },
                _ => understood = false,
            }
        }
        return understood;
    }
    if text == "none" || text == "no" || text == "exact" || value == &Value::Bool(false) || text.is_empty() {
        c.rounding.decimals = None;
        return true;
    }
    let decimals = number.and_then(|n| n.0).and_then(|n| u32::try_from(n).ok()).or_else(|| {
        let digits = text.split(' ').find_map(|word| word.parse::<u32>().ok());
        if text.contains("cent") { Some(2) } else { digits }
    });
    let only_shown = text.contains("display") || text.contains("shown");
    match decimals {
        Some(decimals) if decimals <= 28 => {
            c.rounding.decimals = Some(decimals);
            c.rounding.half = half(text).unwrap_or(c.rounding.half);
            c.rounding.at = stage(text).unwrap_or(if decimals == 2 { RoundAt::Booking } else { RoundAt::Result });
            true
        }
        _ if text.starts_with("no ") || text.contains("unrounded") || text.contains("full precision") => {
            c.rounding.decimals = None;
            true
        }
        // What happens to halves, of whatever is rounded.
        _ if half(text).is_some() => {
            c.rounding.half = half(text).unwrap_or(c.rounding.half);
            true
        }
        // Quantised by commodity: what each amount of the file has already.
        _ if only_shown || text.contains("quanti") || text.contains("commodity") => {
            c.rounding.decimals = None;
            true
        }
        _ => false,
    }
}

fn half(text: &str) -> Option<RoundingStrategy> {
    if text.contains("even") || text.contains("bank") {
        Some(RoundingStrategy::MidpointNearestEven)
    } else if text.contains("half up") || text.contains("away") {
        Some(RoundingStrategy::MidpointAwayFromZero)
    } else if text.contains("down") || text.contains("trunc") {
        Some(RoundingStrategy::ToZero)
    } else {
        None
    }
}

fn stage(text: &str) -> Option<RoundAt> {
    if text.contains("booking") || text.contains("each") || text.contains("every") {
        Some(RoundAt::Booking)
    } else if text.contains("result") || text.contains("end") || text.contains("display") || text.contains("final") {
        Some(RoundAt::Result)
    } else {
        None
    }
}

/// 365 or 365.25, however written.
fn days_of_year(text: &str, number: Option<Num>) -> Option<Num> {
    if text.contains("365.25") || text.contains("36525") || text.contains("365 25") {
        return Some(year_with_leap_days());
    }
    if text.contains("365") {
        return Some(Num::whole(365));
    }
    if text.contains("360") {
        return Some(Num::whole(360));
    }
    number.filter(|n| n.order(Num::whole(300)).is_gt() && n.order(Num::whole(400)).is_lt())
}

/// The product of a name.
pub fn product(text: &str) -> Option<Product> {
    let text = plain(text);
    const NAMES: [(&str, Product); 6] = [
        ("ghostfolio", Product::Ghostfolio),
        ("portfolioperformance", Product::PortfolioPerformance),
        ("wealthfolio", Product::Wealthfolio),
        ("hledger", Product::Hledger),
        ("beancount", Product::Beancount),
        ("rotki", Product::Rotki),
    ];
    let mut named = NAMES.iter().filter(|(name, _)| text.contains(name)).map(|(_, product)| *product);
    match (named.next(), named.next()) {
        (Some(product), None) => return Some(product),
        // A text that compares products chooses none.
        (Some(_), Some(_)) => return None,
        (None, _) => {}
    }
    Some(match text.as_str() {
        "gf" => Product::Ghostfolio,
        "pp" => Product::PortfolioPerformance,
        "wf" => Product::Wealthfolio,
        _ => return None,
    })
}

/// Yes or no, for choices of in or out.
fn included(value: &Value) -> Option<bool> {
    let text = words(value);
    truth(value).or_else(|| {
        if text.starts_with("no ") {
            Some(false)
        } else if text.starts_with("yes ") {
            Some(true)
        } else if text.contains("exclud")
            || text.contains("not in")
            || text.contains("without")
            || text == "out"
            || text == "gross"
            || text == "ignore"
        {
            Some(false)
        } else if text.contains("includ") || text.contains("in cost") || text == "with" || text == "in" || text == "net"
        {
            Some(true)
        } else {
            None
        }
    })
}

/// Booleans and their words.
pub fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" => Some(true),
            "false" | "no" | "none" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn number(value: &Value) -> Option<Num> {
    match value {
        Value::String(text) => money::parse_decimal(text).ok().map(Num::from),
        Value::Number(number) => money::parse_decimal(&number.to_string()).ok().map(Num::from),
        _ => None,
    }
}

/// Lower case, punctuation as single spaces, but dots of decimals kept.
fn words(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        // Side by side: the first one is the default, options choose another.
        Value::Array(items) => return items.first().map(words).unwrap_or_default(),
        _ => return String::new(),
    };
    let spaced: String = text
        .to_lowercase()
        .chars()
        .map(|c| if c.is_alphanumeric() || c == '.' || c == '+' { c } else { ' ' })
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Escapes a key for a JSON pointer.
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
