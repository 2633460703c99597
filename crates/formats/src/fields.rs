//! The cells of a delimited line by what they mean, read in the style of the file.
//!
//! Invariant: what cannot be read becomes a problem that names the column of the file; nothing is guessed per cell.

use std::borrow::Cow;
use std::collections::HashMap;

use dates::Date;
use ledger::Problem;
use money::{Currency, CurrencyError, Decimal};

use crate::csv_text::Record;
use crate::day::{DayForm, DayOrder, detect_order, is_day, parse_day};
use crate::movement::{SecurityNames, is_isin, short};
use crate::number::{DecimalMark, detect_mark, parse_number};
use crate::table::{Table, folded};

/// Every field that a column can stand for, with the header names (folded) under which it is known.
pub const FIELDS: [(&str, &[&str]); 33] = [
    (
        "trade_date",
        &[
            "tradedate",
            "date",
            "datum",
            "fecha",
            "data",
            "dateoperation",
            "datedoperation",
            "buchungstag",
            "transactiondate",
            "rundate",
            "activitydate",
            "executedat",
            "timestamp",
            "time",
            "datetime",
            "orderdate",
            "handelstag",
            "dato",
            "paiva",
            "datetrade",
        ],
    ),
    (
        "settlement_date",
        &[
            "settlementdate",
            "settledate",
            "settledatetarget",
            "valuedate",
            "valuta",
            "valutadatum",
            "datedevaleur",
            "datavaluta",
            "fechavalor",
            "settlement",
        ],
    ),
    ("ex_date", &["exdate", "exdividenddate"]),
    ("pay_date", &["paydate", "paymentdate"]),
    (
        "kind",
        &[
            "kind",
            "type",
            "action",
            "side",
            "operation",
            "transaction",
            "transactiontype",
            "tradetype",
            "activitytype",
            "typ",
            "art",
            "buysell",
            "operationtype",
            "tipo",
            "umsatzart",
            "soort",
            "transaktion",
        ],
    ),
    (
        "account",
        &[
            "account",
            "accountid",
            "accountname",
            "konto",
            "depot",
            "compte",
            "cuenta",
            "conto",
            "rekening",
            "portfolio",
            "accountnumber",
        ],
    ),
    ("counter_account", &["counteraccount", "offsetaccount", "toaccount"]),
    ("isin", &["isin", "isincode"]),
    ("figi", &["figi"]),
    (
        "symbol",
        &[
            "symbol",
            "ticker",
            "code",
            "security",
            "instrument",
            "tickersymbol",
            "stock",
            "asset",
            "symbole",
            "wertpapier",
        ],
    ),
    ("mic", &["mic", "exchange", "listingexchange", "market"]),
    ("cusip", &["cusip"]),
    ("wkn", &["wkn"]),
    (
        "name",
        &[
            "name",
            "securityname",
            "description",
            "company",
            "libelle",
            "bezeichnung",
            "product",
            "produkt",
            "wertpapiername",
            "instrumentname",
            "nombre",
            "nome",
            "omschrijving",
        ],
    ),
    ("security_type", &["instrumenttype", "assettype", "securitytype", "assetclass", "assetcategory"]),
    (
        "quantity",
        &[
            "quantity",
            "qty",
            "shares",
            "units",
            "noofshares",
            "volume",
            "quantite",
            "stuck",
            "anzahl",
            "nominale",
            "cantidad",
            "quantita",
            "aantal",
            "menge",
            "antal",
            "quantidade",
        ],
    ),
    (
        "price",
        &[
            "price",
            "unitprice",
            "tradeprice",
            "shareprice",
            "priceshare",
            "pricepershare",
            "executionprice",
            "costpershare",
            "pershareprice",
            "persharecost",
            "avgprice",
            "averageprice",
            "kurs",
            "cours",
            "precio",
            "prezzo",
            "koers",
            "ausfuhrungskurs",
            "preis",
        ],
    ),
    ("price_currency", &["currencypriceshare", "pricecurrency"]),
    ("gross_amount", &["grossamount", "gross", "grosswert", "bruttobetrag", "montantbrut"]),
    (
        "net_amount",
        &[
            "netamount",
            "amount",
            "total",
            "net",
            "settleamountnet",
            "settlementamount",
            "totalamount",
            "betrag",
            "montant",
            "importe",
            "importo",
            "bedrag",
            "netcash",
            "value",
            "wert",
            "valeur",
            "netto",
            "nettobetrag",
        ],
    ),
    (
        "fees",
        &[
            "fee",
            "fees",
            "commission",
            "commissions",
            "ibcommission",
            "gebuhren",
            "gebuhr",
            "frais",
            "costs",
            "kosten",
            "comision",
            "commissioni",
            "provision",
            "courtage",
            "feescomm",
        ],
    ),
    (
        "taxes",
        &[
            "tax",
            "taxes",
            "steuer",
            "steuern",
            "taxe",
            "impots",
            "withholdingtax",
            "stampduty",
            "quellensteuer",
            "belasting",
            "impuestos",
            "tasse",
        ],
    ),
    (
        "currency",
        &[
            "currency",
            "ccy",
            "currencyprimary",
            "wahrung",
            "devise",
            "divisa",
            "moneda",
            "munt",
            "waluta",
            "valutacode",
            "transactioncurrency",
        ],
    ),
    ("fx_rate", &["fxrate", "exchangerate", "wechselkurs", "tauxdechange", "wisselkoers", "devisenkurs"]),
    ("counter_currency", &["countercurrency", "tocurrency"]),
    ("counter_amount", &["counteramount", "toamount"]),
    ("ratio", &["ratio", "splitratio"]),
    ("lot_date", &["lotdate", "acquisitiondate", "purchasedate"]),
    ("lot_cost", &["lotcost", "costbasis"]),
    ("external_id", &["externalid", "id", "transactionid", "reference", "orderid", "ordernumber", "tradeid"]),
    ("note", &["note", "notes", "comment", "comments", "memo", "notiz", "kommentar", "remark", "opmerking"]),
    ("tags", &["tags", "labels"]),
    ("subtype", &["subtype"]),
];

/// The field of that name.
pub fn field_named(name: &str) -> Option<&'static str> {
    FIELDS.iter().map(|(field, _)| *field).find(|field| *field == name)
}

/// The field that a header name looks like.
pub fn suggested_field(header: &str) -> Option<&'static str> {
    let folded = folded(header);
    FIELDS.iter().find(|(_, names)| names.contains(&folded.as_str())).map(|(field, _)| *field)
}

/// Where each field stands in a line: columns, or one value for all lines.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    at: HashMap<&'static str, Vec<usize>>,
    constants: HashMap<&'static str, String>,
    names: Vec<String>,
}

impl Columns {
    /// No fields yet; the header names are kept for messages and raw rows.
    pub fn of_header(header: &[&str]) -> Columns {
        let name = |(at, name): (usize, &&str)| {
            if name.is_empty() { format!("column {}", at + 1) } else { (*name).to_owned() }
        };
        Columns { names: header.iter().enumerate().map(name).collect(), ..Columns::default() }
    }

    /// Fields by the header names of `aliases` (folded), each column once; the first alias that is there wins.
    pub fn by_aliases(header: &[&str], aliases: &[(&'static str, &[&str])]) -> Columns {
        let mut columns = Columns::of_header(header);
        let folded: Vec<String> = header.iter().map(|name| folded(name)).collect();
        for (field, names) in aliases {
            let found = names.iter().find_map(|alias| folded.iter().position(|name| name == alias));
            if let Some(at) = found {
                columns.add(field, at);
            }
        }
        columns
    }

    /// Adds a column to a field; where it has several, the first that is not empty counts, and fees and taxes add up.
    pub fn add(&mut self, field: &'static str, at: usize) {
        self.at.entry(field).or_default().push(at);
    }

    /// Gives a field the same text in all lines.
    pub fn set_constant(&mut self, field: &'static str, text: impl Into<String>) {
        self.constants.insert(field, text.into());
    }

    /// Whether anything is known about a field.
    pub fn has(&self, field: &str) -> bool {
        self.at.contains_key(field) || self.constants.contains_key(field)
    }

    /// Name of a field's first column, as in the file.
    pub fn header_of(&self, field: &str) -> Option<&str> {
        self.at.get(field).and_then(|at| self.names.get(*at.first()?)).map(String::as_str)
    }

    fn cells<'c>(&'c self, field: &str, record: &'c Record<'_>) -> impl Iterator<Item = &'c str> {
        let at = self.at.get(field).map_or(&[][..], Vec::as_slice);
        at.iter().filter_map(|at| record.cells.get(*at)).map(|cell| cell.trim()).filter(|cell| !is_blank(cell))
    }

    /// The cells of a record that are not empty, with their column names.
    pub fn raw(&self, record: &Record<'_>) -> Vec<(String, String)> {
        let named = record.cells.iter().enumerate().filter(|(_, cell)| !cell.trim().is_empty());
        let name = |at: usize| self.names.get(at).cloned().unwrap_or_else(|| format!("column {}", at + 1));
        named.map(|(at, cell)| (name(at), cell.trim().to_owned())).collect()
    }
}

/// Cells that say that there is nothing.
fn is_blank(cell: &str) -> bool {
    cell.is_empty() || matches!(cell, "-" | "--" | "N/A" | "n/a" | "null" | "NULL" | "Not available")
}

/// How numbers and dates of a file are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Decimal mark.
    pub mark: DecimalMark,
    /// Dates.
    pub days: DayForm,
}

impl Style {
    /// What the numbers and dates of a table agree on.
    pub fn detect(table: &Table<'_>, columns: &Columns, otherwise: DayOrder) -> Style {
        const NUMBERS: [&str; 9] = [
            "quantity",
            "price",
            "gross_amount",
            "net_amount",
            "fees",
            "taxes",
            "fx_rate",
            "counter_amount",
            "lot_cost",
        ];
        const DAYS: [&str; 4] = ["trade_date", "settlement_date", "ex_date", "pay_date"];
        let of = |fields: &'static [&'static str]| {
            table
                .body()
                .iter()
                .flat_map(move |record| fields.iter().flat_map(move |field| columns.cells(field, record)))
        };
        let has_numbers = NUMBERS.iter().any(|field| columns.at.contains_key(field));
        let otherwise_mark = if table.delimiter == ';' { DecimalMark::Comma } else { DecimalMark::Point };
        let mark = if has_numbers { detect_mark(of(&NUMBERS), otherwise_mark) } else { table.decimal_mark() };
        let days: Vec<&str> = of(&DAYS).collect();
        Style { mark, days: detect_order(days.iter().copied(), otherwise) }
    }
}

/// One line, read by field.
pub struct Cells<'a> {
    /// Line on which it starts.
    pub line: u64,
    record: &'a Record<'a>,
    columns: &'a Columns,
    style: Style,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

impl<'a> Cells<'a> {
    /// A record of a table.
    pub fn new(record: &'a Record<'a>, columns: &'a Columns, style: Style) -> Self {
        Self { line: record.line, record, columns, style, problems: Vec::new() }
    }

    /// The text of a field: its first cell that is not empty, else its constant.
    pub fn get(&self, field: &str) -> Option<&'a str> {
        let cell = self.columns.cells(field, self.record).next();
        cell.or_else(|| self.columns.constants.get(field).map(String::as_str))
    }

    /// An owned text.
    pub fn text(&self, field: &str) -> Option<String> {
        self.get(field).map(str::to_owned)
    }

    /// The cell under a header name (folded), whatever field it is.
    pub fn under(&self, header: &str) -> Option<&'a str> {
        let at = self.columns.names.iter().position(|name| folded(name) == header)?;
        self.record.cells.get(at).map(|cell| cell.trim()).filter(|cell| !is_blank(cell))
    }

    /// A cell by its position.
    pub fn at(&self, position: usize) -> Option<&'a str> {
        self.record.cells.get(position).map(|cell| cell.trim()).filter(|cell| !is_blank(cell))
    }

    /// How many cells are not empty.
    pub fn filled(&self) -> usize {
        self.record.cells.iter().filter(|cell| !cell.trim().is_empty()).count()
    }

    /// All cells as one text.
    pub fn joined(&self) -> String {
        let cells: Vec<&str> =
            self.record.cells.iter().map(|cell: &Cow<'_, str>| cell.trim()).filter(|cell| !cell.is_empty()).collect();
        cells.join(" ")
    }

    /// A number.
    pub fn number(&mut self, field: &'static str) -> Option<Decimal> {
        let text = self.get(field)?;
        self.number_of(field, text)
    }

    /// The sum of all columns of a field.
    pub fn sum(&mut self, field: &'static str) -> Option<Decimal> {
        let texts: Vec<&str> = self.columns.cells(field, self.record).collect();
        let constant = || self.columns.constants.get(field).map(String::as_str);
        let texts = if texts.is_empty() { constant().into_iter().collect() } else { texts };
        let numbers: Vec<Decimal> = texts.into_iter().filter_map(|text| self.number_of(field, text)).collect();
        numbers.into_iter().reduce(|a, b| a.checked_add(b).unwrap_or(a))
    }

    /// A number from a text of this line.
    pub fn number_of(&mut self, field: &str, text: &str) -> Option<Decimal> {
        match parse_number(text, self.style.mark) {
            Ok(number) => Some(number),
            Err(error) => {
                let detail = format!("{:?}: {error}", short(text));
                let advice = format!("write it like 1234{}56", self.style.mark.text());
                self.problem("bad_number", field, detail, &advice);
                None
            }
        }
    }

    /// A date.
    pub fn day(&mut self, field: &'static str) -> Option<Date> {
        let text = self.get(field)?;
        self.day_of(field, text)
    }

    /// A date from a text of this line.
    pub fn day_of(&mut self, field: &str, text: &str) -> Option<Date> {
        match parse_day(text, self.style.days.order) {
            Ok(date) => Some(date),
            Err(error) => {
                self.problem(
                    "bad_date",
                    field,
                    error.to_string(),
                    "write it like 2024-03-28, or choose the date format of the file",
                );
                None
            }
        }
    }

    /// Whether the field holds something that looks like a date.
    pub fn has_day(&self, field: &str) -> bool {
        self.get(field).is_some_and(is_day)
    }

    /// A currency.
    pub fn currency(&mut self, field: &'static str) -> Option<Currency> {
        let text = self.get(field)?;
        self.currency_of(field, text)
    }

    /// A currency from a text of this line.
    pub fn currency_of(&mut self, field: &str, text: &str) -> Option<Currency> {
        match currency_named(text) {
            Ok(currency) => Some(currency),
            Err(CurrencyError::Unknown { nearest, .. }) => {
                let detail = format!("unknown currency {:?}", short(text));
                self.problem("unknown_currency", field, detail, &format!("nearest is {nearest}"));
                None
            }
        }
    }

    /// The names of the security; an ISIN in the column of symbols is an ISIN.
    pub fn security(&self) -> Option<SecurityNames> {
        let isin = self.get("isin").filter(|isin| isin.len() == 12).map(str::to_ascii_uppercase);
        let symbol = self.get("symbol").filter(|symbol| !symbol.starts_with('$') && !symbol.starts_with("CASH:"));
        let mut names = symbol.map(SecurityNames::of_code).unwrap_or_default();
        names.isin = isin.or(names.isin);
        names.figi = self.text("figi");
        names.mic = self.get("mic").filter(|mic| mic.len() == 4).map(str::to_ascii_uppercase);
        names.cusip = self.text("cusip");
        names.wkn = self.text("wkn").filter(|wkn| wkn.len() == 6);
        if names.is_empty() {
            names.symbol = self.get("isin").filter(|code| !is_isin(code)).map(str::to_owned);
        }
        names.name = self.text("name");
        (!names.is_empty()).then_some(names)
    }

    /// Adds a problem of a field, under the name that its column has in the file.
    pub fn problem(&mut self, code: &'static str, field: &str, detail: String, advice: &str) {
        let column = self.columns.header_of(field).unwrap_or(field).to_owned();
        self.problems.push(Problem::new(code, column, detail).with_try(advice).at_line(self.line));
    }
}

/// A currency by code, sign, or one of the names that files use.
pub fn currency_named(text: &str) -> Result<Currency, CurrencyError> {
    let text = text.trim();
    match text {
        "€" | "Euro" | "EURO" => Ok(Currency::EUR),
        "$" | "US$" => Ok(Currency::USD),
        "£" => Ok(Currency::GBP),
        "p" => Ok(Currency::GBX),
        _ => text.parse(),
    }
}
