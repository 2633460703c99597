//! A table with known columns becomes lines: the part that all delimited formats share.
//!
//! A format says which columns it has, what its words mean and how it departs from the rule; everything else is here.

use std::collections::HashMap;

use ledger::{Problem, TaxKind};
use money::Currency;

use crate::csv_text::Record;
use crate::day::DayOrder;
use crate::facts::{Facts, Meaning, fee, tax};
use crate::fields::{Cells, Columns, Style};
use crate::movement::{Content, Line, is_option_symbol, not_supported, short};
use crate::table::{Table, folded};
use crate::words::meaning_of;

/// How a delimited format is read.
pub(crate) struct Layout<'f> {
    /// Columns by field.
    pub columns: Columns,
    /// Currency of files that name none.
    pub currency: Option<Currency>,
    /// Currency of lines that change no money; found by reading.
    pub usual: Option<Currency>,
    /// What the line means; none leaves it to the words of many languages.
    pub meaning: &'f dyn Fn(&Cells<'_>) -> Option<Meaning>,
    /// Departures from the rule, line by line; what it returns stands in the place of the facts.
    pub adjust: &'f dyn Fn(Facts, &mut Cells<'_>) -> Result<Facts, Content>,
}

/// Order of day and month where the dates of a file do not tell: that of the United States for dollars.
pub(crate) fn order_of(currency: Option<Currency>) -> DayOrder {
    if currency == Some(Currency::USD) { DayOrder::MonthFirst } else { DayOrder::DayFirst }
}

/// Reads all lines: titles above the header, the body, totals below.
pub(crate) fn read(table: &Table<'_>, layout: &Layout<'_>, style: Style) -> Vec<Line> {
    let columns = &layout.columns;
    let title = |record: &Record<'_>| Line {
        line: record.line,
        raw: columns.raw(record),
        content: Content::Ignored("stands above the header".to_owned()),
    };
    // What changes no money may leave its currency open.
    let usual = table.body().iter().find_map(|record| Cells::new(record, columns, style).currency("currency"));
    let layout = &Layout { columns: columns.clone(), usual: usual.or(layout.usual), ..*layout };
    let mut lines: Vec<Line> = table.above().iter().map(title).collect();
    lines.extend(table.body().iter().map(|record| read_line(record, layout, style)));
    lines
}

pub(crate) fn read_line(record: &Record<'_>, layout: &Layout<'_>, style: Style) -> Line {
    let mut cells = Cells::new(record, &layout.columns, style);
    let raw = layout.columns.raw(record);
    let content = match no_transaction(&cells) {
        Some(why) => Content::Ignored(why),
        None => content_of(&mut cells, layout),
    };
    Line { line: record.line, raw, content }
}

/// Why a line is a title, a total or a remark.
pub(crate) fn no_transaction(cells: &Cells<'_>) -> Option<String> {
    if cells.filled() == 0 {
        return Some("is empty".to_owned());
    }
    if cells.has_day("trade_date") {
        return None;
    }
    let text = cells.joined();
    let first = folded(text.split([' ', ':']).next().unwrap_or_default());
    let is_total = [
        "total",
        "totals",
        "transactionstotal",
        "summe",
        "gesamt",
        "totale",
        "totaal",
        "suma",
        "end",
        "fin",
        "ende",
        "fine",
        "disclaimer",
    ]
    .contains(&first.as_str())
        || folded(&text).starts_with("transactionstotal");
    let says_little = cells.filled() <= 2 && cells.get("kind").is_none();
    let is_rule =
        text.starts_with("***") || text.starts_with("---") || text.starts_with("===") || text.starts_with('#');
    (is_total || says_little || is_rule).then(|| "is a total or a remark".to_owned())
}

fn content_of(cells: &mut Cells<'_>, layout: &Layout<'_>) -> Content {
    let facts = match facts_of(cells, layout) {
        Ok(facts) => facts,
        Err(content) => return content,
    };
    match (layout.adjust)(facts, cells) {
        Err(content) => content,
        Ok(_) if !cells.problems.is_empty() => Content::Problems(std::mem::take(&mut cells.problems)),
        Ok(facts) => facts.content(),
    }
}

/// What a line states, read by field.
fn facts_of(cells: &mut Cells<'_>, layout: &Layout<'_>) -> Result<Facts, Content> {
    let meaning = match (layout.meaning)(cells) {
        Some(Meaning::Ignored(why)) => return Err(Content::Ignored(why.to_owned())),
        Some(Meaning::NotSupported(what)) => return Err(Content::NotSupported(not_supported(what))),
        Some(meaning) => Some(meaning),
        None => guessed(cells),
    };
    if cells.get("symbol").is_some_and(is_option_symbol) {
        return Err(Content::NotSupported(not_supported("an option")));
    }
    if let Some(what) = unsupported_type(cells.get("security_type").unwrap_or_default()) {
        return Err(Content::NotSupported(not_supported(what)));
    }
    if cells.get("trade_date").is_none() {
        cells.problem("missing_field", "trade_date", "the date is missing".to_owned(), "give the date of the line");
    }
    let date = cells.day("trade_date");
    let currency = match cells.get("currency") {
        Some(_) => cells.currency("currency"),
        None => layout.currency.or_else(|| signed_currency(cells)).or_else(|| {
            let is_split = matches!(meaning, Some(Meaning::Split | Meaning::SplitAdded | Meaning::StockDividend));
            layout.usual.filter(|_| is_split)
        }),
    };
    if currency.is_none() && cells.get("currency").is_none() {
        cells.problem(
            "missing_field",
            "currency",
            "the currency is missing".to_owned(),
            "map its column, or give one currency for the whole file",
        );
    }
    if meaning.is_none() {
        match cells.get("kind") {
            Some(word) => {
                let detail = format!("{:?} is not a known kind of transaction", short(word));
                cells.problem("unknown_kind", "kind", detail, "map the word to a kind");
            }
            None => cells.problem(
                "missing_field",
                "kind",
                "what happened is not said".to_owned(),
                "give the kind of transaction",
            ),
        }
    }
    let numbers =
        ["quantity", "price", "gross_amount", "net_amount"].map(|field| cells.number_or_ratio(field, meaning));
    let [quantity, price, gross, cash] = numbers;
    let fees = cells.sum("fees");
    let taxes = cells.sum("taxes");
    let price_currency = cells.currency("price_currency");
    let (Some(meaning), Some(date), Some(currency)) = (meaning, date, currency) else {
        return Err(Content::Problems(std::mem::take(&mut cells.problems)));
    };
    let mut facts = Facts::new(meaning, date, currency);
    (facts.quantity, facts.price, facts.gross, facts.cash) = (quantity, price, gross, cash);
    facts.price_currency = price_currency;
    facts.fees = fees.map(|amount| fee(crate::dawsos_csv::DEFAULT_FEE_KIND, amount)).into_iter().collect();
    let tax_kind = match meaning {
        Meaning::Buy | Meaning::Sell | Meaning::Trade => TaxKind::Transaction,
        _ => TaxKind::Withholding,
    };
    facts.taxes = taxes.map(|amount| tax(tax_kind, amount)).into_iter().collect();
    facts.settlement_date = cells.day("settlement_date");
    facts.ex_date = cells.day("ex_date");
    facts.account = cells.text("account");
    facts.counter_account = cells.text("counter_account");
    // A description alone names a security only where there must be one.
    let is_named_by_text = |names: &crate::movement::SecurityNames| names.is_named_only();
    let needs_security = matches!(
        meaning,
        Meaning::Buy
            | Meaning::Sell
            | Meaning::Trade
            | Meaning::Dividend
            | Meaning::CapitalGain
            | Meaning::ReinvestedDividend
            | Meaning::ReturnOfCapital
            | Meaning::Split
            | Meaning::SplitAdded
            | Meaning::StockDividend
    ) || quantity.is_some_and(|quantity| !quantity.is_zero())
        && matches!(meaning, Meaning::Transfer | Meaning::TransferIn | Meaning::TransferOut);
    facts.security = cells.security().filter(|names| needs_security || !is_named_by_text(names));
    facts.ratio = cells.get("ratio").and_then(ledger::Ratio::parse).or_else(|| ratio_in(cells, meaning));
    if let (Some(currency), Some(amount)) = (cells.currency("counter_currency"), cells.number("counter_amount")) {
        facts.counter = Some((currency, amount));
    }
    if let (Some(date), Some(cost)) = (cells.day("lot_date"), cells.number("lot_cost")) {
        facts.lot = Some((date, cost));
    }
    facts.external_id = cells.text("external_id");
    facts.note = cells.text("note");
    facts.tags = cells.get("tags").map_or(Vec::new(), |tags| {
        tags.split(';').map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect()
    });
    Ok(facts)
}

/// What the word of the line means in any language; without a word, what its amounts can only be.
fn guessed(cells: &Cells<'_>) -> Option<Meaning> {
    meaning_of(cells.get("kind")?)
}

/// `10:1` in whatever column of a split.
fn ratio_in(cells: &Cells<'_>, meaning: Meaning) -> Option<ledger::Ratio> {
    if meaning != Meaning::Split {
        return None;
    }
    ["quantity", "price", "gross_amount", "net_amount", "note"]
        .into_iter()
        .find_map(|field| ledger::Ratio::parse(cells.get(field)?))
}

/// The currency whose sign the amounts carry.
fn signed_currency(cells: &Cells<'_>) -> Option<Currency> {
    let texts = ["net_amount", "gross_amount", "price"].into_iter().filter_map(|field| cells.get(field));
    let signs: HashMap<char, Currency> = [('$', Currency::USD), ('€', Currency::EUR), ('£', Currency::GBP)].into();
    texts.flat_map(str::chars).find_map(|char| signs.get(&char).copied())
}

/// Kinds of securities that books do not hold.
pub(crate) fn unsupported_type(text: &str) -> Option<&'static str> {
    match folded(text).as_str() {
        "option" | "options" | "opt" | "equityoption" | "fop" => Some("an option"),
        "future" | "futures" | "fut" => Some("a future"),
        "warrant" | "war" | "derivative" | "certificate" | "iopt" => Some("a warrant or certificate"),
        "cfd" => Some("a contract for difference"),
        _ => None,
    }
}

impl Cells<'_> {
    /// A number, except where a split writes its ratio into the column.
    fn number_or_ratio(&mut self, field: &'static str, meaning: Option<Meaning>) -> Option<money::Decimal> {
        let is_ratio = meaning == Some(Meaning::Split) && self.get(field).is_some_and(|text| text.contains(':'));
        if is_ratio { None } else { self.number(field) }
    }
}

/// A file whose header does not have the columns of its format.
pub(crate) fn wrong_header(table: &Table<'_>, format: crate::format::Format) -> Problem {
    let wanted = format.required_columns().join(", ");
    let line = table.records.first().map_or(1, |record| record.line);
    Problem::new("missing_column", "", format!("no line of the file is a header of {}", format.name()))
        .with_try(format!("the header needs {wanted}; or choose another format"))
        .at_line(line)
}
