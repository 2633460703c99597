//! OFX and QFX, versions 1 (SGML) and 2 (XML): investment statements and bank statements.
//!
//! Identity of a transaction: BROKERID, ACCTID and FITID; a FITID that a file uses for two contents gets a number.
//! Positions, balances and the list of securities are no transactions and are listed as such.

use std::collections::HashMap;

use dates::Date;
use ledger::{Problem, Ratio, TaxKind};
use money::{Currency, Decimal};

use crate::day::{DayOrder, parse_day};
use crate::facts::{Facts, Meaning, fee, tax};
use crate::fields::currency_named;
use crate::markup::Tree;
use crate::movement::{Content, Line, SecurityNames, is_isin, not_supported, short};
use crate::number::{DecimalMark, parse_number};

/// Whether a text is such a file.
pub(crate) fn is_such(text: &str) -> bool {
    let head: String = text.chars().take(4_000).collect::<String>().to_ascii_uppercase();
    head.contains("OFXHEADER") || head.contains("<OFX>") || head.contains("<?OFX")
}

/// Reads all statements.
pub(crate) fn read(text: &str) -> Result<Vec<Line>, Problem> {
    let tree = Tree::read(text)?;
    let securities = securities_of(&tree);
    let mut lines = Vec::new();
    for statement in tree.all("INVSTMTRS") {
        investment(&tree, statement, &securities, &mut lines);
    }
    for statement in tree.all("STMTRS").chain(tree.all("CCSTMTRS")) {
        bank(&tree, statement, &mut lines);
    }
    if let Some(list) = tree.all("SECLIST").next() {
        for security in tree.elements[list].children.clone() {
            lines.push(ignored(&tree, security, "describes a security"));
        }
    }
    // Elements of one kind stand together in the file; for people they go by line.
    lines.sort_by_key(|line| line.line);
    Ok(lines)
}

fn ignored(tree: &Tree, at: usize, why: &str) -> Line {
    Line { line: tree.elements[at].line, raw: tree.leaves(at), content: Content::Ignored(why.to_owned()) }
}

/// Names of securities by the identity that transactions use.
fn securities_of(tree: &Tree) -> HashMap<String, SecurityNames> {
    let mut found = HashMap::new();
    for info in tree.all("SECINFO") {
        let Some(id) = tree.text(info, &["SECID", "UNIQUEID"]) else { continue };
        let parent = tree.elements[info].parent.map_or("", |parent| tree.elements[parent].name.as_str());
        let kind = match parent.to_ascii_uppercase().as_str() {
            "STOCKINFO" => Some("stock"),
            "MFINFO" => Some("fund"),
            "DEBTINFO" => Some("bond"),
            "OPTINFO" => Some("option"),
            _ => None,
        };
        let mut names = names_of_id(id, tree.text(info, &["SECID", "UNIQUEIDTYPE"]).unwrap_or_default());
        names.symbol = tree.text(info, &["TICKER"]).filter(|ticker| *ticker != id).map(str::to_owned);
        names.name = tree.text(info, &["SECNAME"]).map(str::to_owned);
        names.kind = kind;
        found.insert(id.to_owned(), names);
    }
    found
}

fn names_of_id(id: &str, scheme: &str) -> SecurityNames {
    match scheme.to_ascii_uppercase().as_str() {
        _ if is_isin(id) => SecurityNames { isin: Some(id.to_ascii_uppercase()), ..SecurityNames::default() },
        "CUSIP" => SecurityNames { cusip: Some(id.to_owned()), ..SecurityNames::default() },
        "FIGI" => SecurityNames { figi: Some(id.to_owned()), ..SecurityNames::default() },
        "WKN" => SecurityNames { wkn: Some(id.to_owned()), ..SecurityNames::default() },
        "TICKER" | "SYMBOL" => SecurityNames { symbol: Some(id.to_owned()), ..SecurityNames::default() },
        // An identity of the broker's own: the list of securities has the names.
        _ => SecurityNames { name: Some(id.to_owned()), ..SecurityNames::default() },
    }
}

/// What all transactions of a statement share.
struct Account<'t> {
    tree: &'t Tree,
    currency: Option<Currency>,
    name: Option<String>,
    key: String,
    securities: &'t HashMap<String, SecurityNames>,
}

fn investment(tree: &Tree, statement: usize, securities: &HashMap<String, SecurityNames>, lines: &mut Vec<Line>) {
    let broker = tree.text(statement, &["INVACCTFROM", "BROKERID"]).unwrap_or_default();
    let id = tree.text(statement, &["INVACCTFROM", "ACCTID"]).unwrap_or_default();
    let account = Account {
        tree,
        currency: tree.text(statement, &["CURDEF"]).and_then(|text| currency_named(text).ok()),
        name: (!id.is_empty()).then(|| id.to_owned()),
        key: format!("{broker} {id}"),
        securities,
    };
    if let Some(list) = tree.child(statement, "INVTRANLIST") {
        for at in tree.elements[list].children.clone() {
            if matches!(tree.elements[at].name.to_ascii_uppercase().as_str(), "DTSTART" | "DTEND") {
                continue;
            }
            lines.push(Line { line: tree.elements[at].line, raw: tree.leaves(at), content: account.transaction(at) });
        }
    }
    if let Some(list) = tree.child(statement, "INVPOSLIST") {
        lines.extend(
            tree.elements[list].children.iter().map(|at| ignored(tree, *at, "is a position, for reconciliation")),
        );
    }
    lines.extend(tree.child(statement, "INVBAL").map(|at| ignored(tree, at, "is a balance, for reconciliation")));
    if let Some(list) = tree.child(statement, "INVOOLIST") {
        lines.extend(tree.elements[list].children.iter().map(|at| ignored(tree, *at, "is an open order")));
    }
}

fn bank(tree: &Tree, statement: usize, lines: &mut Vec<Line>) {
    let from = tree.child(statement, "BANKACCTFROM").or_else(|| tree.child(statement, "CCACCTFROM"));
    let id = from.and_then(|from| tree.text(from, &["ACCTID"])).unwrap_or_default();
    let bank = from.and_then(|from| tree.text(from, &["BANKID"])).unwrap_or_default();
    let none = HashMap::new();
    let account = Account {
        tree,
        currency: tree.text(statement, &["CURDEF"]).and_then(|text| currency_named(text).ok()),
        name: (!id.is_empty()).then(|| id.to_owned()),
        key: format!("{bank} {id}"),
        securities: &none,
    };
    if let Some(list) = tree.child(statement, "BANKTRANLIST") {
        let transactions: Vec<usize> = tree.children(list, "STMTTRN").collect();
        lines.extend(transactions.into_iter().map(|at| Line {
            line: tree.elements[at].line,
            raw: tree.leaves(at),
            content: account.bank_transaction(at, at),
        }));
    }
    lines.extend(
        ["LEDGERBAL", "AVAILBAL"]
            .into_iter()
            .filter_map(|name| tree.child(statement, name))
            .map(|at| ignored(tree, at, "is a balance, for reconciliation")),
    );
}

impl Account<'_> {
    fn transaction(&self, at: usize) -> Content {
        let name = self.tree.elements[at].name.to_ascii_uppercase();
        match name.as_str() {
            "BUYOPT" | "SELLOPT" | "CLOSUREOPT" => return Content::NotSupported(not_supported("an option")),
            "INVBANKTRAN" => {
                return match self.tree.child(at, "STMTTRN") {
                    Some(inner) => self.bank_transaction(inner, at),
                    None => Content::Problems(vec![missing("STMTTRN")]),
                };
            }
            "JRNLFUND" | "JRNLSEC" => return Content::Ignored("moves between parts of the same account".to_owned()),
            _ => {}
        }
        let mut problems = Vec::new();
        // BUYMF → INVBUY → INVTRAN; INCOME → INVTRAN.
        let body = ["INVBUY", "INVSELL"].into_iter().find_map(|inner| self.tree.child(at, inner)).unwrap_or(at);
        let date = self.day(body, &["INVTRAN", "DTTRADE"], &mut problems);
        let currency = self.currency_of(body).or(self.currency);
        if currency.is_none() {
            problems.push(Problem::new("missing_field", "CURDEF", "the currency of the statement is missing"));
        }
        let meaning = match name.as_str() {
            buy if buy.starts_with("BUY") => Some(Meaning::Buy),
            sell if sell.starts_with("SELL") => Some(Meaning::Sell),
            "INCOME" => self.income(at),
            "REINVEST" => Some(Meaning::ReinvestedDividend),
            "RETOFCAP" => Some(Meaning::ReturnOfCapital),
            "SPLIT" => Some(Meaning::Split),
            "TRANSFER" => match self.tree.text(at, &["TFERACTION"]) {
                Some("OUT") => Some(Meaning::TransferOut),
                _ => Some(Meaning::TransferIn),
            },
            "INVEXPENSE" => Some(Meaning::Fee),
            "MARGININTEREST" => Some(Meaning::InterestPaid),
            _ => None,
        };
        let Some(meaning) = meaning else {
            problems.push(Problem::new("unknown_kind", name.clone(), format!("{name} is not a known transaction")));
            return Content::Problems(problems);
        };
        let names = self.tree.text(body, &["SECID", "UNIQUEID"]).map(|id| {
            let scheme = self.tree.text(body, &["SECID", "UNIQUEIDTYPE"]).unwrap_or_default();
            self.securities.get(id).cloned().unwrap_or_else(|| names_of_id(id, scheme))
        });
        if names.as_ref().is_some_and(|names| names.kind == Some("option")) {
            return Content::NotSupported(not_supported("an option"));
        }
        let mut number = |tag: &str| self.number(body, tag, &mut problems);
        let (units, price, total) = (number("UNITS"), number("UNITPRICE"), number("TOTAL"));
        let costs: Vec<Decimal> = ["COMMISSION", "FEES", "LOAD"].into_iter().filter_map(&mut number).collect();
        let (taxes, withheld, accrued) = (number("TAXES"), number("WITHHOLDING"), number("ACCRDINT"));
        let (numerator, denominator) = (number("NUMERATOR"), number("DENOMINATOR"));
        let cost_basis = number("AVGCOSTBASIS");
        let purchase = self.tree.text(at, &["DTPURCHASE"]).and_then(|text| ofx_day(text).ok());
        let (Some(date), Some(currency), true) = (date, currency, problems.is_empty()) else {
            return Content::Problems(problems);
        };
        let mut facts = Facts::new(meaning, date, currency);
        facts.account = self.name.clone();
        facts.security = names;
        facts.settlement_date = self.tree.text(body, &["INVTRAN", "DTSETTLE"]).and_then(|text| ofx_day(text).ok());
        facts.external_id = self.tree.text(body, &["INVTRAN", "FITID"]).map(|id| self.identity(id));
        facts.note = self.tree.text(body, &["INVTRAN", "MEMO"]).map(str::to_owned);
        if self.tree.text(body, &["INVTRAN", "REVERSALFITID"]).is_some() {
            let problem = Problem::new("reversal", "REVERSALFITID", "the transaction takes another one back");
            return Content::Problems(vec![problem.with_try("void the transaction that it names, and skip the line")]);
        }
        (facts.quantity, facts.price) = (units, price);
        facts.fees = costs.into_iter().filter(|cost| !cost.is_zero()).map(|cost| fee("commission", cost)).collect();
        facts.taxes =
            taxes.into_iter().filter(|tax| !tax.is_zero()).map(|amount| tax(TaxKind::Transaction, amount)).collect();
        facts
            .taxes
            .extend(withheld.into_iter().filter(|tax| !tax.is_zero()).map(|amount| tax(TaxKind::Withholding, amount)));
        match meaning {
            Meaning::Buy | Meaning::Sell => {
                facts.cash = total;
                if let Some(accrued) = accrued.filter(|accrued| !accrued.is_zero()) {
                    return self.with_accrued_interest(facts, accrued);
                }
            }
            Meaning::ReinvestedDividend => facts.cash = total,
            Meaning::TransferIn => {
                let cost = cost_basis.zip(units).and_then(|(cost, units)| cost.checked_mul(units.abs()));
                facts.lot = purchase.zip(cost.map(|cost| money::round_to(cost, currency.minor_units())));
                if units.is_none_or(|units| units.is_zero()) {
                    return Content::Ignored("transfers nothing: the units are zero".to_owned());
                }
            }
            Meaning::TransferOut if units.is_none_or(|units| units.is_zero()) => {
                return Content::Ignored("transfers nothing: the units are zero".to_owned());
            }
            Meaning::Split => {
                facts.ratio = numerator
                    .zip(denominator)
                    .filter(|(to, from)| Decimal::ZERO < *to && Decimal::ZERO < *from)
                    .map(|(to, from)| Ratio { from, to });
                facts.quantity = None;
            }
            _ => {
                facts.gross = total.map(|total| total.abs());
                if meaning == Meaning::Dividend && total.is_some_and(|total| total.is_sign_negative()) {
                    facts.gross = total;
                }
                (facts.quantity, facts.price) = (None, None);
            }
        }
        facts.content()
    }

    /// Interest that a bond had accrued: paid with a purchase, received with a sale.
    fn with_accrued_interest(&self, mut trade: Facts, accrued: Decimal) -> Content {
        let sign = if trade.meaning == Meaning::Buy { -Decimal::ONE } else { Decimal::ONE };
        let change = accrued.abs().checked_mul(sign).unwrap_or_default();
        trade.cash = trade.cash.and_then(|cash| cash.checked_sub(change));
        let mut interest = Facts::new(Meaning::Interest, trade.date, trade.currency);
        interest.gross = Some(change);
        interest.account = trade.account.clone();
        interest.security = trade.security.clone();
        interest.external_id = trade.external_id.as_ref().map(|id| format!("{id}/interest"));
        interest.tags = vec!["accrued_interest".to_owned()];
        let mut movements = Vec::new();
        for part in [trade, interest] {
            match part.content() {
                Content::Movements(made) => movements.extend(made),
                other => return other,
            }
        }
        Content::Movements(movements)
    }

    fn income(&self, at: usize) -> Option<Meaning> {
        Some(match self.tree.text(at, &["INCOMETYPE"])?.to_ascii_uppercase().as_str() {
            "DIV" => Meaning::Dividend,
            "INTEREST" => Meaning::Interest,
            "CGLONG" | "CGSHORT" => Meaning::CapitalGain,
            "MISC" => Meaning::Reward,
            _ => return None,
        })
    }

    /// `inner` is the bank's part of the transaction, `outer` the whole of it.
    fn bank_transaction(&self, inner: usize, outer: usize) -> Content {
        let mut problems = Vec::new();
        let date = self.day(inner, &["DTPOSTED"], &mut problems);
        let amount = self.number(inner, "TRNAMT", &mut problems);
        let currency = self.currency_of(outer).or(self.currency);
        let (Some(date), Some(amount), Some(currency), true) = (date, amount, currency, problems.is_empty()) else {
            if problems.is_empty() {
                problems.push(missing("TRNAMT"));
            }
            return Content::Problems(problems);
        };
        let word = self.tree.text(inner, &["TRNTYPE"]).unwrap_or_default().to_ascii_uppercase();
        let meaning = match word.as_str() {
            "INT" => Meaning::Interest,
            "DIV" => Meaning::Interest,
            "FEE" | "SRVCHG" if amount.is_sign_negative() => Meaning::Fee,
            "FEE" | "SRVCHG" => Meaning::FeeRefund,
            _ => Meaning::Cash,
        };
        let mut facts = Facts::new(meaning, date, currency);
        facts.account = self.name.clone();
        facts.cash = Some(amount);
        facts.external_id = self.tree.text(inner, &["FITID"]).map(|id| self.identity(id));
        let texts: Vec<&str> = ["NAME", "MEMO"].into_iter().filter_map(|name| self.tree.text(inner, &[name])).collect();
        facts.note = (!texts.is_empty()).then(|| texts.join(" "));
        if amount.is_zero() {
            return Content::Ignored("changes nothing: the amount is zero".to_owned());
        }
        facts.content()
    }

    fn identity(&self, fitid: &str) -> String {
        format!("{} {fitid}", self.key).chars().take(ledger::draft_rules::EXTERNAL_ID_CHARS_MAX - 10).collect()
    }

    fn day(&self, of: usize, path: &[&str], problems: &mut Vec<Problem>) -> Option<Date> {
        let Some(text) = self.tree.text(of, path) else {
            problems.push(missing(path.last().copied().unwrap_or("date")));
            return None;
        };
        ofx_day(text)
            .map_err(|detail| problems.push(Problem::new("bad_date", path.last().copied().unwrap_or_default(), detail)))
            .ok()
    }

    fn number(&self, of: usize, tag: &str, problems: &mut Vec<Problem>) -> Option<Decimal> {
        let text = self.tree.text(of, &[tag])?;
        // The standard allows both marks and no thousands.
        let mark = if text.contains(',') && !text.contains('.') { DecimalMark::Comma } else { DecimalMark::Point };
        parse_number(text, mark)
            .map_err(|error| problems.push(Problem::new("bad_number", tag, format!("{:?}: {error}", short(text)))))
            .ok()
    }

    /// The currency of a transaction that is not in the statement's: `CURRENCY` says so, `ORIGCURRENCY` was converted.
    fn currency_of(&self, of: usize) -> Option<Currency> {
        self.tree.text(of, &["CURRENCY", "CURSYM"]).and_then(|text| currency_named(text).ok())
    }
}

/// `20170307150000.000[-5:EST]`: the day where the broker is.
fn ofx_day(text: &str) -> Result<Date, String> {
    let digits = text.get(..8).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let digits = digits.ok_or_else(|| format!("{:?} is not a date of OFX", short(text)))?;
    parse_day(digits, DayOrder::DayFirst).map_err(|error| error.to_string())
}

fn missing(tag: &str) -> Problem {
    Problem::new("missing_field", tag, format!("{tag} is missing"))
}
