//! What people see in the terminal: tables of typed values, the log.

use std::io::IsTerminal;

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets::UTF8_BORDERS_ONLY};
use serde_json::Value;

use crate::config::Log;

/// Send the log to standard error, in the form of the settings. A second call changes nothing.
pub fn start_log(settings: &Log) {
    let filter = tracing_subscriber::EnvFilter::try_new(&settings.level)
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    // "Already exists, skipping" and its like are no news, unless one asks for them.
    let filter = match "tokio_postgres=warn".parse() {
        Ok(quiet) if !settings.level.contains('=') => filter.add_directive(quiet),
        _ => filter,
    };
    let has_colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(has_colours);
    let _already = if settings.format == "json" { builder.json().try_init() } else { builder.try_init() };
}

/// A table for people; numbers are aligned right.
pub fn table(header: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header.iter().copied());
    for row in rows {
        table.add_row(row.into_iter().map(|text| {
            let is_number = text.trim_start_matches(['-', '+', '−']).starts_with(|c: char| c.is_ascii_digit());
            let cell = Cell::new(text);
            if is_number { cell.set_alignment(CellAlignment::Right) } else { cell }
        }));
    }
    table.to_string()
}

/// A typed value by the format of its panel: money with its currency, a fraction as percent, an absence by its reason.
pub fn value(value: &Value, format: &str) -> String {
    if capability::is_absent(value) {
        return format!("— ({})", value["absent"]["code"].as_str().unwrap_or("absent"));
    }
    match (value, format) {
        (Value::Object(members), _) if members.contains_key("amount") => {
            let amount = members["amount"].as_str().unwrap_or_default();
            let shown = amount
                .parse::<money::Decimal>()
                .map_or_else(|_| amount.to_owned(), |amount| grouped(&amount.round_dp(2)));
            format!("{shown} {}", members["currency"].as_str().unwrap_or_default())
        }
        (Value::Number(number), "percentage" | "percent") => {
            format!("{:.2} %", number.as_f64().unwrap_or_default() * 100.0)
        }
        (Value::Number(number), "decimal_2") => format!("{:.2}", number.as_f64().unwrap_or_default()),
        (Value::String(text), _) => text.clone(),
        (Value::Null, _) => String::new(),
        (other, _) => other.to_string(),
    }
}

fn grouped(amount: &money::Decimal) -> String {
    let text = format!("{amount:.2}");
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, "00"));
    let mut shown = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            shown.push(',');
        }
        shown.push(digit);
    }
    format!("{sign}{shown}.{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_shown_with_their_unit_or_reason() {
        for (given, format, expected) in [
            (json!({"amount": "153694.0649", "currency": "EUR"}), "currency", "153,694.06 EUR"),
            (json!({"amount": "-371.59", "currency": "HKD"}), "currency", "-371.59 HKD"),
            (json!(0.0123), "percentage", "1.23 %"),
            (json!({"absent": {"code": "missing_price", "why": "w"}}), "currency", "— (missing_price)"),
            (json!("XNAS:AAPL"), "text", "XNAS:AAPL"),
        ] {
            assert_eq!(value(&given, format), expected);
        }
    }
}
