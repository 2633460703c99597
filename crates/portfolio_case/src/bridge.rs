//! From the opening to the closing value of a period, part by part.
//!
//!   initial + capital gains + realized capital gains + earnings − fees − taxes + currency gains + transfers = final
//!
//! Gains are before fees and taxes, which stand on their own. Positions held at the start count with their opening
//! price. Currency gains are those of cash: what balances and conversions earned against the rates of their days.
//!
//! Invariant: the parts are computed independently of the closing value, so that their closing is a proof.

use crate::absent::Absent;
use crate::case::Kind;
use crate::context::Context;
use crate::conventions::{Product, RoundAt};
use crate::lots::Ask;
use crate::num::Num;
use crate::output::{Answer, decimal};
use crate::read::cash_account_of;
use crate::returns::in_scope;

/// The parts, in the currency of the answer.
#[derive(Debug, Clone, Copy)]
pub struct Bridge {
    /// Value at the close of the start.
    pub initial: Num,
    /// Gains on what is held at the end.
    pub capital_gains: Num,
    /// Gains on what was sold.
    pub realized: Num,
    /// Dividends and interest, interest paid negative.
    pub earnings: Num,
    /// Fees.
    pub fees: Num,
    /// Taxes.
    pub taxes: Num,
    /// Currency gains of cash.
    pub currency_gains: Num,
    /// Flows across the boundary.
    pub transfers: Num,
    /// Value at the close of the end.
    pub closing: Num,
}

/// Builds the bridge of the question's scope and period.
pub fn bridge(c: &Context<'_>) -> Result<Bridge, Absent> {
    let currency = c.currency()?;
    let (start, end) = c.period()?;
    let scope = c.scope();
    let initial = c.value(scope, start, &currency)?;
    let closing = c.value(scope, end, &currency)?;
    let transfers = transfers(c, start, end, &currency)?;
    let across = scope.account.is_some();
    let run = c.run(&Ask { from: Some(start), transfers_are_deliveries: across, ..c.ask(Some(&currency), end) })?;
    let mut cost = Num::ZERO;
    for lot in run.lots.iter().filter(|lot| in_scope(scope, &lot.symbol, &lot.account)) {
        cost += if lot.quantity.is_negative() { -lot.cost.gross } else { lot.cost.gross };
    }
    let capital_gains = c.securities_value(scope, end, &currency)? - cost;
    let sold = run.disposals.iter().filter(|d| in_scope(scope, &d.symbol, &d.account));
    let mut realized: Num = sold.map(|d| d.proceeds.gross - d.cost.gross).sum();
    realized += run.missing.iter().filter(|m| in_scope(scope, &m.symbol, &m.account)).map(|m| m.proceeds.gross).sum();
    let (mut earnings, mut fees, mut taxes) = (Num::ZERO, Num::ZERO, Num::ZERO);
    for t in c.transactions(end).filter(|t| t.date > start && c.concerns(t, scope)) {
        let income = c.income(t, &currency)?;
        earnings += income.earnings;
        fees += income.fees;
        taxes += income.taxes;
    }
    let currency_gains = currency_gains(c, Some(start), end, &currency)?;
    Ok(Bridge { initial, capital_gains, realized, earnings, fees, taxes, currency_gains, transfers, closing })
}

/// Flows across the boundary as they were: with their charges, which the bridge shows apart, and at their amounts.
fn transfers(c: &Context<'_>, start: dates::Date, end: dates::Date, currency: &str) -> Result<Num, Absent> {
    let mut conventions = c.conventions.clone();
    conventions.before_fees = false;
    conventions.before_taxes = false;
    if conventions.product == Some(Product::Wealthfolio) {
        conventions.product = None;
    }
    let plain = Context::new(c.case, c.query, conventions, c.refused, false);
    Ok(plain.flows(c.scope(), Some(start), end, currency)?.iter().map(|flow| flow.amount).sum())
}

/// Half a cent, and where bookings are rounded half a cent for each amount that is converted on its own: those of the
/// period, and what was bought before it, which counts with its opening price.
fn tolerance(c: &Context<'_>) -> Result<Num, Absent> {
    let half_cent = Num(Some(rust_decimal::Decimal::new(5, 3)));
    if c.conventions.rounding.at != RoundAt::Booking {
        return Ok(half_cent);
    }
    let (currency, (_, end)) = (c.currency()?, c.period()?);
    let foreign = c.transactions(end).filter(|t| t.currency != currency).count();
    Ok(half_cent * Num::whole(1 + 2 * i64::try_from(foreign).unwrap_or(i64::MAX / 4)))
}

/// Gains of cash: the change of each balance's value, less its movements at the rates of their days; and what a
/// conversion or a settlement moved beyond its own value.
pub fn currency_gains(
    c: &Context<'_>,
    start: Option<dates::Date>,
    end: dates::Date,
    currency: &str,
) -> Result<Num, Absent> {
    let scope = c.scope();
    if scope.symbol.is_some() || !c.tracks_cash() {
        return Ok(Num::ZERO);
    }
    let wanted = |account: &str| scope.account.as_deref().is_none_or(|wanted| wanted == account);
    let mut gain = c.cash_value(scope, end, currency)?;
    if let Some(start) = start {
        gain -= c.cash_value(scope, start, currency)?;
    }
    for posting in c.postings(end)?.into_iter().filter(|posting| wanted(&posting.account)) {
        let day = match (posting.date, start) {
            (Some(date), Some(start)) if date <= start => continue,
            (None, Some(_)) => continue,
            (Some(date), _) => date,
            (None, None) => c.first_day().unwrap_or(end),
        };
        gain -= match posting.transaction {
            Some(t) if t.currency == posting.currency => c.money_in(t, posting.amount, currency)?,
            _ => c.convert(posting.amount, &posting.currency, currency, day)?,
        };
    }
    // The two legs of a conversion differ by what it earned; a trade that settles in another currency likewise.
    for posting in c.postings(end)? {
        let Some(t) = posting.transaction.filter(|t| start.is_none_or(|start| t.date > start)) else { continue };
        if t.currency == posting.currency || t.kind == Kind::CashTransfer || !wanted(&posting.account) {
            continue;
        }
        gain += c.convert(posting.amount, &posting.currency, currency, t.date)? - booked_value(c, t, currency)?;
    }
    if scope.account.is_none() {
        for t in
            c.transactions(end).filter(|t| t.kind == Kind::CashTransfer && start.is_none_or(|start| t.date > start))
        {
            let legs = c.postings(end)?;
            for leg in legs.iter().filter(|leg| leg.transaction.is_some_and(|other| other.place == t.place)) {
                gain += if leg.currency == t.currency {
                    c.money_in(t, leg.amount, currency)?
                } else {
                    c.convert(leg.amount, &leg.currency, currency, t.date)?
                };
            }
            // Charges of the conversion are fees and taxes, not a loss of currency.
            let charges = c.money_in(t, t.fee + t.tax, currency)?;
            gain += charges;
        }
    }
    Ok(gain)
}

/// What a transaction moves in cash, at its own value rather than at what settled.
fn booked_value(c: &Context<'_>, t: &crate::case::Transaction, currency: &str) -> Result<Num, Absent> {
    let (local, own) = c.local_parts(t)?;
    let total = c.parts_in(t, local, &own, currency, None)?.total;
    Ok(match t.kind {
        Kind::Buy => -total,
        Kind::Sell | Kind::Dividend | Kind::Interest => total,
        _ => {
            let income = c.income(t, currency)?;
            let moved = c.money_in(t, crate::books::moved(t), currency)?;
            match t.kind {
                Kind::Deposit | Kind::OpeningCash | Kind::TransferInCash => moved - income.fees - income.taxes,
                Kind::Withdrawal | Kind::TransferOutCash => -moved - income.fees - income.taxes,
                _ => income.earnings - income.fees - income.taxes,
            }
        }
    })
}

/// Answers of this family.
pub fn answer(c: &Context<'_>, metric: &str) -> Option<Answer> {
    let part = |pick: fn(&Bridge) -> Num| -> Answer { decimal(c.conventions.shown(pick(&bridge(c)?))) };
    Some(match metric {
        "initial_value" | "opening_value" => opening(c),
        "final_value" => closing(c),
        "total_value" => total(c),
        "capital_gains" => part(|b| b.capital_gains),
        "realized_capital_gains" => part(|b| b.realized),
        "earnings" => earnings(c),
        "currency_gains" => part(|b| b.currency_gains),
        "transfers" => part(|b| b.transfers),
        "absolute_gain" => part(|b| b.closing - b.initial - b.transfers),
        "bridge_closes" => bridge(c).and_then(|b| {
            let tolerance = tolerance(c)?;
            let sum = b.initial + b.capital_gains + b.realized + b.earnings - b.fees - b.taxes
                + b.currency_gains
                + b.transfers;
            let off = (sum - b.closing).abs();
            c.note(|| {
                let show = crate::context::show;
                format!(
                    "{} + {} + {} + {} − {} − {} + {} + {} = {} against {}",
                    show(b.initial),
                    show(b.capital_gains),
                    show(b.realized),
                    show(b.earnings),
                    show(b.fees),
                    show(b.taxes),
                    show(b.currency_gains),
                    show(b.transfers),
                    show(sum),
                    show(b.closing)
                )
            });
            Ok((off.0.is_some() && off.order(tolerance).is_lt()).into())
        }),
        _ => return None,
    })
}

fn opening(c: &Context<'_>) -> Answer {
    let (start, _) = c.period()?;
    decimal(c.conventions.shown(c.value(c.scope(), start, &c.currency()?)?))
}

fn closing(c: &Context<'_>) -> Answer {
    let (_, end) = c.period()?;
    decimal(c.conventions.shown(c.value(c.scope(), end, &c.currency()?)?))
}

fn total(c: &Context<'_>) -> Answer {
    decimal(c.conventions.shown(c.value(c.scope(), c.at()?, &c.currency()?)?))
}

/// Income needs no prices, so it is answered on its own.
fn earnings(c: &Context<'_>) -> Answer {
    let currency = c.currency()?;
    let (start, end) = c.period()?;
    let mut total = Num::ZERO;
    for t in c.transactions(end).filter(|t| t.date > start && c.concerns(t, c.scope())) {
        // Income of a security belongs to the account that gets it.
        let pays = cash_account_of(&t.account, t.cash_account.as_deref(), &c.case.accounts);
        c.note(|| format!("transaction {} ({}) on account {:?}", t.place, t.kind.name(), pays.unwrap_or_default()));
        total += c.income(t, &currency)?.earnings;
    }
    decimal(c.conventions.shown(total))
}
