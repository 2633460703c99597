//! Kind by kind: which fields a transaction needs, which it must not have, and how its amounts follow from each other.
//!
//! gross = quantity × price and net = ± gross − fees − taxes, each checked within half a minor unit where all are given.

use dates::Date;
use money::{Currency, Decimal, decimal_text};

use crate::arithmetic::{AMOUNT_DECIMALS, QUANTITY_DECIMALS, RATE_DECIMALS};
use crate::draft::{Draft, costs_total, value_of};
use crate::draft_actions;
use crate::kind::Kind;
use crate::problem::Problem;

/// Longest note.
pub const NOTE_CHARS_MAX: usize = 2_000;
/// Longest external identity.
pub const EXTERNAL_ID_CHARS_MAX: usize = 200;
/// Longest tag.
pub const TAG_CHARS_MAX: usize = 64;
/// Most tags.
pub const TAGS_MAX: usize = 50;

/// Amounts, prices and quantities beyond this are typing errors, and would not fit the tables after conversion.
fn magnitude_limit() -> Decimal {
    Decimal::from(1_000_000_000_000_000i64)
}

/// The amounts of a complete transaction.
pub(crate) struct Amounts {
    pub quantity: Option<Decimal>,
    pub price: Option<Decimal>,
    pub gross: Decimal,
    pub net: Decimal,
}

/// What a kind does to cash.
#[derive(Clone, Copy, PartialEq)]
enum Direction {
    /// Gross comes in.
    In,
    /// Gross goes out.
    Out,
    /// Only fees and taxes move cash.
    CostsOnly,
}

/// Checks presence, sign, size and dates of the single fields.
pub(crate) fn check_fields(draft: &Draft, problems: &mut Vec<Problem>) {
    if !draft.kind.is_transaction() {
        let detail = format!("{} is not a transaction", draft.kind);
        problems.push(Problem::new("not_a_transaction", "kind", detail));
        return;
    }
    check_presence(draft, problems);
    draft_actions::check(draft, problems);
    check_sizes(draft, problems);
    check_dates(draft, problems);
    check_texts(draft, problems);
}

/// Derives what is not given and checks what is given twice.
pub(crate) fn resolve_amounts(draft: &Draft, problems: &mut Vec<Problem>) -> Option<Amounts> {
    let blocks = |problem: &Problem| matches!(problem.code, "out_of_range" | "not_a_transaction");
    if problems.iter().any(blocks) {
        // Arithmetic below relies on the limits, and unknown kinds have no rules.
        return None;
    }
    let Some(costs) = costs_total(&draft.fees, &draft.taxes) else {
        problems.push(too_large("fees"));
        return None;
    };
    if draft.kind == Kind::Adjustment {
        let net = draft.net_amount?;
        return Some(Amounts { quantity: None, price: None, gross: net.abs(), net });
    }
    if draft.kind.is_corporate_action() {
        return draft_actions::amounts(draft, costs, problems);
    }
    let direction = direction(draft);
    let accrued = draft.accrued_interest.unwrap_or_default();
    let half_unit = half_minor_unit(draft.currency);
    let from_units = match (draft.quantity, draft.price) {
        (Some(quantity), Some(price)) => match value_of(quantity, price, draft.multiplier) {
            Some(value) => Some(value),
            None => {
                problems.push(too_large("quantity"));
                return None;
            }
        },
        _ => None,
    };
    let from_net = draft.net_amount.and_then(|net| match direction {
        Direction::In => net.checked_add(costs)?.checked_sub(accrued),
        Direction::Out => net.checked_neg_add(costs)?.checked_sub(accrued),
        Direction::CostsOnly => None,
    });
    let has_own_costs = matches!(draft.kind, Kind::Fee | Kind::Tax) && !costs.is_zero();
    // A net amount that contradicts quantity x price is reported as such, below.
    let from_net = from_net.filter(|net| from_units.is_none_or(|value| (*net - value).abs() <= half_unit));
    let Some(gross) = draft.gross_amount.or(from_net).or(from_units).or(has_own_costs.then_some(Decimal::ZERO)) else {
        let advice = match draft.kind {
            Kind::Buy | Kind::Sell | Kind::TransferIn | Kind::TransferOut if draft.security_id.is_some() => {
                "give price, or gross_amount"
            }
            _ => "give gross_amount",
        };
        let detail = format!("the amount of the {} is missing", draft.kind);
        problems.push(Problem::new("missing_field", "gross_amount", detail).with_try(advice));
        return None;
    };
    if let Some(value) = from_units.filter(|value| (gross - value).abs() > half_unit) {
        let detail = format!(
            "gross amount {} is not quantity x price = {} (difference {})",
            decimal_text(gross),
            decimal_text(value),
            decimal_text(gross - value)
        );
        problems.push(Problem::new("gross_mismatch", "gross_amount", detail).with_try("correct one of the three"));
    }
    let net = match direction {
        Direction::In => gross.checked_add(accrued).and_then(|net| net.checked_sub(costs)),
        Direction::Out => {
            let paid = gross.checked_add(accrued).and_then(|paid| paid.checked_add(costs));
            paid.and_then(|paid| Decimal::ZERO.checked_sub(paid))
        }
        Direction::CostsOnly => Decimal::ZERO.checked_sub(costs),
    };
    let net = net?;
    if let Some(given) = draft.net_amount.filter(|given| (given - net).abs() > half_unit) {
        let detail = format!(
            "net amount {} does not follow from the other amounts, which give {}",
            decimal_text(given),
            decimal_text(net)
        );
        let advice = if given == -net {
            "the sign is that of the change of cash: negative for a purchase"
        } else {
            "correct it or leave it empty"
        };
        problems.push(Problem::new("net_mismatch", "net_amount", detail).with_try(advice));
    }
    let needs_price = draft.security_id.is_some()
        && matches!(draft.kind, Kind::Buy | Kind::Sell | Kind::TransferIn | Kind::TransferOut);
    let derived_price = || {
        let quantity = draft.quantity.filter(|quantity| !quantity.is_zero())?;
        let units = quantity.checked_mul(draft.multiplier.unwrap_or(Decimal::ONE))?;
        Some(money::round_to(gross.checked_div(units)?, QUANTITY_DECIMALS))
    };
    let price = draft.price.or_else(|| if needs_price { derived_price() } else { None });
    Some(Amounts { quantity: draft.quantity, price, gross, net })
}

/// Checks that a quantity, price or rate fits the books.
pub(crate) fn check_unit_value(field: &str, value: Decimal, problems: &mut Vec<Problem>) {
    check_size(field, value, QUANTITY_DECIMALS, problems);
}

fn direction(draft: &Draft) -> Direction {
    match draft.kind {
        Kind::Sell | Kind::Dividend | Kind::Interest | Kind::Deposit | Kind::ReturnOfCapital => Direction::In,
        Kind::TransferIn if draft.security_id.is_none() => Direction::In,
        Kind::Buy | Kind::Fee | Kind::Tax | Kind::Withdrawal | Kind::Fx => Direction::Out,
        Kind::TransferOut if draft.security_id.is_none() => Direction::Out,
        _ => Direction::CostsOnly,
    }
}

/// Whether a kind changes the lots of a security in other ways than by a trade or a move.
fn is_lot_action(kind: Kind) -> bool {
    kind.is_corporate_action() || kind == Kind::ReturnOfCapital
}

pub(crate) fn half_minor_unit(currency: Currency) -> Decimal {
    // Half of the last decimal that the currency has.
    Decimal::new(5, currency.minor_units() + 1)
}

fn check_presence(draft: &Draft, problems: &mut Vec<Problem>) {
    let kind = draft.kind;
    let is_security_transfer = matches!(kind, Kind::TransferIn | Kind::TransferOut)
        && (draft.security_id.is_some() || draft.quantity.is_some());
    let mut require = |is_there: bool, field: &str, why: &str, advice: &str| {
        if !is_there {
            problems.push(Problem::new("missing_field", field, format!("{kind} needs {why}")).with_try(advice));
        }
    };
    if matches!(kind, Kind::Buy | Kind::Sell | Kind::Dividend) || is_lot_action(kind) || is_security_transfer {
        require(draft.security_id.is_some(), "security", "a security", "give isin, figi, or symbol with mic");
    }
    if matches!(kind, Kind::Buy | Kind::Sell) || is_security_transfer {
        require(draft.quantity.is_some(), "quantity", "a quantity", "give the number of units, greater than zero");
    }
    if kind == Kind::Fx {
        require(draft.counter_currency.is_some(), "counter_currency", "the currency bought", "give counter_currency");
        require(draft.counter_amount.is_some(), "counter_amount", "the amount bought", "give counter_amount");
    }
    if kind == Kind::Split {
        require(draft.ratio.is_some(), "ratio", "a ratio", "give new:old, for example 4:1");
    }
    if kind == Kind::Adjustment {
        let advice = "give the signed change of cash; a holding is corrected by transfer_in or transfer_out";
        require(draft.net_amount.is_some(), "net_amount", "the signed change of cash", advice);
    }
    if kind == Kind::TransferIn && is_security_transfer && draft.counter_account_id.is_none() {
        let advice = "give the original purchase; the day's price would make gains appear or vanish";
        require(draft.lot_date.is_some(), "lot_date", "the original purchase date of the lot", advice);
        require(draft.lot_cost.is_some(), "lot_cost", "the original total cost of the lot", advice);
    }
    let mut refuse = |is_there: bool, field: &str| {
        if is_there {
            let detail = format!("{kind} has no {field}");
            problems.push(Problem::new("unexpected_field", field, detail).with_try("leave it empty"));
        }
    };
    let has_security = !matches!(kind, Kind::Deposit | Kind::Withdrawal | Kind::Fx | Kind::Adjustment);
    refuse(draft.security_id.is_some() && !has_security, "security");
    let has_units = has_security && !matches!(kind, Kind::Fee | Kind::Tax);
    let is_given = |value: Option<Decimal>| value.is_some_and(|value| !value.is_zero());
    let is_paid_out = draft.cash_in_lieu.is_some_and(|cash| !cash.is_zero());
    // The units after a split follow from its ratio, but for the fraction that is paid out.
    refuse(is_given(draft.quantity) && (!has_units || kind == Kind::Split && !is_paid_out), "quantity");
    let has_price = has_units && !matches!(kind, Kind::Split | Kind::StockDividend | Kind::Merger);
    refuse(is_given(draft.price) && !has_price, "price");
    let has_gross = !matches!(kind, Kind::Split | Kind::StockDividend | Kind::SpinOff | Kind::Adjustment);
    refuse(is_given(draft.gross_amount) && !has_gross, "gross_amount");
    refuse(is_given(draft.net_amount) && kind == Kind::Split && !is_paid_out, "net_amount");
    let has_costs = !matches!(kind, Kind::Split | Kind::Adjustment);
    refuse(draft.fees.iter().any(|fee| !fee.amount.is_zero()) && !has_costs, "fees");
    refuse(draft.taxes.iter().any(|tax| !tax.amount.is_zero()) && !has_costs, "taxes");
    let is_traded = matches!(kind, Kind::Buy | Kind::Sell | Kind::TransferIn | Kind::TransferOut);
    refuse(draft.multiplier.is_some() && !is_traded, "multiplier");
    refuse(is_given(draft.accrued_interest) && !matches!(kind, Kind::Buy | Kind::Sell), "accrued_interest");
    refuse(draft.ratio.is_some() && !kind.is_corporate_action(), "ratio");
    refuse(is_paid_out && !kind.is_corporate_action(), "cash_in_lieu");
    let has_counter = matches!(kind, Kind::SpinOff | Kind::Merger);
    refuse(draft.counter_security_id.is_some() && !has_counter, "counter_security");
    refuse(draft.counter_price.is_some() && !has_counter, "counter_price");
    refuse(draft.cost_fraction.is_some() && kind != Kind::SpinOff, "cost_fraction");
    refuse(draft.treatment.is_some() && kind != Kind::Merger, "treatment");
    refuse(draft.counter_currency.is_some() && kind != Kind::Fx, "counter_currency");
    refuse(is_given(draft.counter_amount) && kind != Kind::Fx, "counter_amount");
    refuse(draft.counter_fx_rate.is_some() && kind != Kind::Fx, "counter_fx_rate");
    let is_outside_lot = kind == Kind::TransferIn && draft.counter_account_id.is_none();
    refuse(draft.lot_date.is_some() && !is_outside_lot, "lot_date");
    refuse(draft.lot_cost.is_some() && !is_outside_lot && kind != Kind::SpinOff, "lot_cost");
    refuse(draft.lot_fx_rate.is_some() && !is_outside_lot, "lot_fx_rate");
    let chooses_lots = matches!(kind, Kind::Sell | Kind::TransferOut)
        || (kind == Kind::TransferIn && draft.counter_account_id.is_some());
    refuse(!draft.lots.is_empty() && !chooses_lots, "lots");
    refuse(draft.lot_method.is_some() && !chooses_lots && kind != Kind::Buy, "lot_method");
    refuse(
        draft.counter_account_id.is_some() && !matches!(kind, Kind::TransferIn | Kind::TransferOut),
        "counter_account_id",
    );
    if draft.counter_account_id == Some(draft.account_id) {
        problems.push(Problem::new("same_account", "counter_account_id", "a transfer needs two different accounts"));
    }
    if kind == Kind::Fx && draft.counter_currency == Some(draft.currency) {
        let detail = format!("{} cannot be exchanged for itself", draft.currency);
        problems.push(Problem::new("same_currency", "counter_currency", detail));
    }
}

fn check_sizes(draft: &Draft, problems: &mut Vec<Problem>) {
    let never_negative = [
        ("quantity", draft.quantity, QUANTITY_DECIMALS),
        ("price", draft.price, QUANTITY_DECIMALS),
        ("counter_amount", draft.counter_amount, AMOUNT_DECIMALS),
        ("lot_cost", draft.lot_cost, AMOUNT_DECIMALS),
        ("accrued_interest", draft.accrued_interest, AMOUNT_DECIMALS),
        ("cash_in_lieu", draft.cash_in_lieu, AMOUNT_DECIMALS),
        ("counter_price", draft.counter_price, QUANTITY_DECIMALS),
        ("cost_fraction", draft.cost_fraction, RATE_DECIMALS),
        ("multiplier", draft.multiplier, QUANTITY_DECIMALS),
    ];
    for (field, value, decimals) in never_negative {
        let Some(value) = value else { continue };
        check_size(field, value, decimals, problems);
        check_not_negative(field, value, problems);
    }
    let costs =
        draft.fees.iter().map(|fee| ("fees", fee.amount)).chain(draft.taxes.iter().map(|tax| ("taxes", tax.amount)));
    for (field, amount) in costs {
        check_size(field, amount, AMOUNT_DECIMALS, problems);
        check_not_negative(field, amount, problems);
    }
    if let Some(gross) = draft.gross_amount {
        check_size("gross_amount", gross, AMOUNT_DECIMALS, problems);
        if draft.kind != Kind::Interest {
            check_not_negative("gross_amount", gross, problems);
        }
    }
    if let Some(net) = draft.net_amount {
        check_size("net_amount", net, AMOUNT_DECIMALS, problems);
    }
    // Rates may be given with any number of digits; they are kept with 14 decimals.
    for (field, rate) in
        [("fx_rate", draft.fx_rate), ("counter_fx_rate", draft.counter_fx_rate), ("lot_fx_rate", draft.lot_fx_rate)]
    {
        let Some(rate) = rate else { continue };
        if rate <= Decimal::ZERO {
            problems.push(Problem::new("not_positive", field, format!("a rate must be greater than zero, not {rate}")));
        } else if rate >= Decimal::from(1_000_000_000) || money::round_to(rate, RATE_DECIMALS).is_zero() {
            problems.push(too_large(field));
        }
    }
    let must_be_positive = [
        (
            "quantity",
            draft.quantity,
            matches!(draft.kind, Kind::Buy | Kind::Sell | Kind::TransferIn | Kind::TransferOut),
        ),
        ("counter_amount", draft.counter_amount, draft.kind == Kind::Fx),
        ("multiplier", draft.multiplier, true),
        ("gross_amount", draft.gross_amount, matches!(draft.kind, Kind::Fx | Kind::Deposit | Kind::Withdrawal)),
    ];
    for (field, value, applies) in must_be_positive {
        if applies && value.is_some_and(|value| value.is_zero()) {
            let detail = format!("{field} of a {} must be greater than zero", draft.kind);
            problems.push(Problem::new("not_positive", field, detail));
        }
    }
    if draft.kind == Kind::Adjustment && draft.net_amount.is_some_and(|net| net.is_zero()) {
        problems.push(Problem::new("no_effect", "net_amount", "an adjustment of zero changes nothing"));
    }
    if let Some(ratio) = draft.ratio {
        check_size("ratio", ratio.to, QUANTITY_DECIMALS, problems);
        check_size("ratio", ratio.from, QUANTITY_DECIMALS, problems);
        if ratio.to <= Decimal::ZERO || ratio.from <= Decimal::ZERO {
            problems.push(Problem::new("bad_ratio", "ratio", "both sides of a ratio must be greater than zero"));
        } else if ratio.to == ratio.from && draft.kind == Kind::Split {
            problems.push(Problem::new("no_effect", "ratio", format!("a split of {ratio} changes nothing")));
        } else if !is_within(ratio.to, ratio.from) || !is_within(ratio.from, ratio.to) {
            problems.push(Problem::new("bad_ratio", "ratio", format!("a split of {ratio} is beyond 100000:1")));
        }
    }
    check_lot_selection(draft, problems);
}

/// Whether a / b is at most 100,000; beyond that a ratio is a typing error.
fn is_within(a: Decimal, b: Decimal) -> bool {
    a.checked_div(b).is_some_and(|quotient| quotient <= Decimal::from(100_000))
}

fn check_lot_selection(draft: &Draft, problems: &mut Vec<Problem>) {
    if draft.lots.is_empty() {
        return;
    }
    for lot in &draft.lots {
        check_size("lots", lot.quantity, QUANTITY_DECIMALS, problems);
        if lot.quantity <= Decimal::ZERO {
            let detail = format!("the quantity taken from lot {} must be greater than zero", lot.lot_id);
            problems.push(Problem::new("not_positive", "lots", detail));
        }
    }
    let chosen = draft.lots.iter().try_fold(Decimal::ZERO, |sum, lot| sum.checked_add(lot.quantity));
    if let (Some(chosen), Some(quantity)) = (chosen, draft.quantity)
        && chosen != quantity
    {
        let detail = format!("the chosen lots hold {}, the quantity is {}", chosen.normalize(), quantity.normalize());
        problems.push(Problem::new("lots_mismatch", "lots", detail));
    }
}

fn check_dates(draft: &Draft, problems: &mut Vec<Problem>) {
    let mut not_before = |field: &str, later: Option<Date>, earlier_field: &str, earlier: Option<Date>| {
        let (Some(later), Some(earlier)) = (later, earlier) else { return };
        if later < earlier {
            let detail = format!("{field} {later} is before {earlier_field} {earlier}");
            problems.push(Problem::new("dates_out_of_order", field, detail));
        }
    };
    not_before("settlement_date", draft.settlement_date, "trade_date", Some(draft.trade_date));
    not_before("pay_date", draft.pay_date, "ex_date", draft.ex_date);
    not_before("pay_date", draft.pay_date, "record_date", draft.record_date);
    not_before("trade_date", Some(draft.trade_date), "lot_date", draft.lot_date);
}

fn check_texts(draft: &Draft, problems: &mut Vec<Problem>) {
    let mut check = |field: &str, text: &str, chars_max: usize| {
        let chars = text.chars().count();
        if chars > chars_max {
            let detail = format!("{field} has {chars} characters, at most {chars_max} are kept");
            problems.push(Problem::new("too_long", field, detail));
        }
        if text.contains('\0') {
            problems.push(Problem::new("bad_character", field, format!("{field} holds a NUL character")));
        }
    };
    check("note", draft.note.as_deref().unwrap_or(""), NOTE_CHARS_MAX);
    check("external_id", draft.external_id.as_deref().unwrap_or(""), EXTERNAL_ID_CHARS_MAX);
    draft.tags.iter().for_each(|tag| check("tags", tag, TAG_CHARS_MAX));
    draft.fees.iter().for_each(|fee| check("fees", &fee.kind, TAG_CHARS_MAX));
    if draft.tags.len() > TAGS_MAX {
        problems.push(Problem::new(
            "too_long",
            "tags",
            format!("{} tags, at most {TAGS_MAX} are kept", draft.tags.len()),
        ));
    }
}

fn check_size(field: &str, value: Decimal, decimals: u32, problems: &mut Vec<Problem>) {
    if value.abs() >= magnitude_limit() {
        problems.push(too_large(field));
    } else if value.normalize().scale() > decimals {
        let detail = format!("{} has more than {decimals} decimals", value.normalize());
        problems.push(Problem::new("too_precise", field, detail).with_try(format!("round to {decimals} decimals")));
    }
}

fn check_not_negative(field: &str, value: Decimal, problems: &mut Vec<Problem>) {
    if value.is_sign_negative() && !value.is_zero() {
        let detail = format!("{field} is never negative, the kind gives the direction; found {}", value.normalize());
        problems.push(Problem::new("negative", field, detail).with_try("remove the minus sign, or use the other kind"));
    }
}

pub(crate) fn too_large(field: &str) -> Problem {
    Problem::new("out_of_range", field, format!("{field} is beyond what books hold"))
}

trait CheckedNegAdd {
    /// −self − other.
    fn checked_neg_add(self, other: Decimal) -> Option<Decimal>;
}

impl CheckedNegAdd for Decimal {
    fn checked_neg_add(self, other: Decimal) -> Option<Decimal> {
        Decimal::ZERO.checked_sub(self)?.checked_sub(other)
    }
}
