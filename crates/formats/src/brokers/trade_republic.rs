//! Trade Republic: `datetime;date;account_type;category;type;asset_class;name;symbol;shares;price;amount;fee;tax;currency;
//! original_amount;original_currency;fx_rate;description;transaction_id;…`, the separator differs between versions.
//!
//! The symbol is an ISIN (or the name of a cryptocurrency); amount is before fee and tax, all three signed as cash.

use ledger::{Problem, TaxKind};
use money::{Currency, Decimal};

use crate::day::DayOrder;
use crate::facts::{Facts, Meaning, fee};
use crate::fields::{Cells, Columns, Style};
use crate::movement::{Content, Line, not_supported};
use crate::table::{Table, folded};
use crate::tabular::{self, Layout};

const COLUMNS: [(&str, &[&str]); 14] = [
    ("trade_date", &["date", "datetime"]),
    ("kind", &["type"]),
    ("symbol", &["symbol"]),
    ("name", &["name"]),
    ("quantity", &["shares"]),
    ("price", &["price"]),
    ("gross_amount", &["amount"]),
    ("fees", &["fee"]),
    ("taxes", &["tax"]),
    ("currency", &["currency"]),
    ("settlement_date", &["valuedate"]),
    ("external_id", &["transactionid"]),
    ("note", &["description"]),
    ("category", &["category"]),
];

/// Whether the cells are the header of such a file.
pub(crate) fn is_header(cells: &[String]) -> bool {
    ["accounttype", "category", "type", "assetclass", "symbol", "transactionid"]
        .iter()
        .all(|name| cells.iter().any(|cell| cell == name))
}

pub(crate) fn read(table: &Table<'_>) -> (Vec<Line>, Style) {
    let columns = Columns::by_aliases(&table.header_cells(), &COLUMNS);
    let style = Style::detect(table, &columns, DayOrder::DayFirst);
    let layout = Layout { columns, currency: Some(Currency::EUR), usual: None, meaning: &meaning, adjust: &adjust };
    (tabular::read(table, &layout, style), style)
}

fn meaning(cells: &Cells<'_>) -> Option<Meaning> {
    let class = cells.under("assetclass").unwrap_or_default();
    if class == "DERIVATIVE" {
        return Some(Meaning::NotSupported("a warrant or certificate"));
    }
    let is_action = cells.get("category") == Some("CORPORATE_ACTION");
    Some(match cells.get("kind")? {
        "BUY" | "SAVINGS_PLAN" | "PRIVATE_MARKET_BUY" | "ROUND_UP" | "SAVEBACK" => Meaning::Buy,
        "SELL" | "PRIVATE_MARKET_SELL" => Meaning::Sell,
        "DIVIDEND" | "DISTRIBUTION" | "DIVIDEND_EQUIVALENT_PAYMENT" | "EARNINGS" => Meaning::Dividend,
        "INTEREST_PAYMENT" | "COUPON_PAYMENT" => Meaning::Interest,
        // The cash of a bond that ends comes on a line of its own; the units on another.
        "FINAL_MATURITY" if is_action => {
            Meaning::Ignored("is the units' side of a redemption, which the line of the cash books")
        }
        "REDEMPTION" if is_action => {
            Meaning::Ignored("is the units' side of a redemption, which the line of the cash books")
        }
        "FINAL_MATURITY" | "REDEMPTION" => Meaning::Sell,
        "CUSTOMER_INPAYMENT"
        | "CUSTOMER_INBOUND"
        | "TRANSFER_INBOUND"
        | "TRANSFER_INSTANT_INBOUND"
        | "TRANSFER_DIRECT_DEBIT_INBOUND"
        | "CUSTOMER_OUTBOUND_REQUEST"
        | "TRANSFER_OUTBOUND"
        | "TRANSFER_INSTANT_OUTBOUND"
        | "CARD_TRANSACTION"
        | "CARD_REFUND"
        | "CARD_ORDERING_FEE"
        | "GIFT"
        | "REFUND" => Meaning::Cash,
        "BENEFITS_SAVEBACK" | "BENEFITS_SPARE_CHANGE" | "BONUS" | "STOCKPERK" | "REFERRAL" => Meaning::Reward,
        "TAX_OPTIMIZATION" | "PRE_DETERMINED_TAX_BASE" | "SEC_ACCOUNT" | "TAX_REFUND" | "TAX_CORRECTION" => {
            Meaning::Tax
        }
        "SPLIT" | "REVERSE_SPLIT" => Meaning::SplitAdded,
        "FREE_RECEIPT" | "TRANSFER_IN" => Meaning::TransferIn,
        "FREE_DELIVERY" | "TRANSFER_OUT" => Meaning::TransferOut,
        "MERGER" | "SPINOFF" | "SPIN_OFF" | "EXCHANGE" => Meaning::ByHand("an exchange of securities"),
        _ => return None,
    })
}

fn adjust(mut facts: Facts, cells: &mut Cells<'_>) -> Result<Facts, Content> {
    let class = cells.under("assetclass").unwrap_or_default().to_owned();
    if let Some(names) = &mut facts.security {
        names.kind = match folded(&class).as_str() {
            "stock" => Some("stock"),
            "fund" => Some("etf"),
            "bond" => Some("bond"),
            "crypto" => Some("crypto"),
            "privatefund" => Some("fund"),
            _ => None,
        };
    }
    // Signs of fee and tax are those of cash: minus costs.
    let tax = cells.number("taxes").unwrap_or_default();
    let amount = facts.gross.unwrap_or_default();
    let fees = cells.number("fees").unwrap_or_default();
    let net = amount.checked_add(tax).and_then(|net| net.checked_add(fees)).unwrap_or_default();
    facts.taxes = Vec::new();
    match facts.meaning {
        Meaning::Tax => {
            let zero = net.is_zero();
            (facts.cash, facts.gross, facts.fees) = (Some(net), None, Vec::new());
            facts.settlement_date = None;
            if zero {
                return Err(Content::Ignored("changes nothing: amount, fee and tax are zero".to_owned()));
            }
            if net.is_sign_positive() {
                facts.meaning = Meaning::TaxRefund;
            }
            facts.security = None;
        }
        Meaning::Buy | Meaning::Sell => {
            if facts.quantity.is_none_or(|quantity| quantity.is_zero()) {
                return Err(Content::Problems(vec![
                    Problem::new("missing_field", "shares", "the units of the trade are not in the file")
                        .with_try("record it by hand with the units of the confirmation, and skip the line"),
                ]));
            }
            facts.cash = Some(net);
            facts.gross = Some(amount);
            facts.fees = vec![fee("commission", fees)];
            facts.taxes = signed_tax(TaxKind::Other, tax);
            if facts.taxes.iter().any(|tax| tax.amount.is_sign_negative()) {
                return Err(with_refund(facts, tax));
            }
        }
        Meaning::Dividend | Meaning::Interest | Meaning::Reward => {
            facts.cash = None;
            facts.fees = vec![fee("commission", fees)];
            facts.taxes = signed_tax(TaxKind::Withholding, tax);
            (facts.quantity, facts.price) = (None, None);
            // An amount that is taken back with its tax is one reversal of what remains.
            if amount.is_sign_negative() && !amount.is_zero() {
                facts.taxes = Vec::new();
                facts.fees = Vec::new();
                facts.gross = Some(net);
            }
        }
        Meaning::Cash => {
            facts.cash = Some(net);
            facts.gross = None;
            facts.fees = if amount.is_sign_positive() { vec![fee("commission", fees)] } else { Vec::new() };
            facts.security = None;
        }
        _ => {}
    }
    if class == "DERIVATIVE" {
        return Err(Content::NotSupported(not_supported("a warrant or certificate")));
    }
    Ok(facts)
}

/// A tax as a cost: the file's minus costs, its plus gives back.
fn signed_tax(kind: TaxKind, tax: Decimal) -> Vec<ledger::Tax> {
    if tax.is_zero() { Vec::new() } else { vec![ledger::Tax { kind, amount: -tax }] }
}

/// A trade that gives tax back: the trade without it, and the refund.
fn with_refund(mut facts: Facts, tax: Decimal) -> Content {
    let mut refund = Facts::new(Meaning::TaxRefund, facts.date, facts.currency);
    refund.cash = Some(tax);
    refund.account = facts.account.clone();
    refund.external_id = facts.external_id.as_ref().map(|id| format!("{id}/tax"));
    facts.cash = facts.cash.and_then(|cash| cash.checked_sub(tax));
    facts.taxes = Vec::new();
    let mut movements = Vec::new();
    for part in [facts, refund] {
        match part.content() {
            Content::Movements(made) => movements.extend(made),
            other => return other,
        }
    }
    Content::Movements(movements)
}
