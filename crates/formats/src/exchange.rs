//! Trades that a broker settles in another currency than the security's: the trade in the security's currency and the
//! exchange that paid for it.
//!
//! Invariant: the cash of the two together is exactly what the account was charged, and zero in the security's currency.

use ledger::Problem;
use money::{Currency, Decimal};

use crate::facts::{Facts, Meaning, fee};
use crate::movement::Content;

/// What the account was charged or credited.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Charge {
    /// Currency of the account.
    pub currency: Currency,
    /// Change of cash, all costs included; its sign does not matter.
    pub total: Decimal,
    /// Costs within it.
    pub costs: Decimal,
}

/// The trade (in its own currency, without costs) and its exchange; costs are converted at the rate of the exchange.
pub(crate) fn with_exchange(mut trade: Facts, charge: Charge) -> Content {
    let (total, costs) = (charge.total.abs(), charge.costs.abs());
    let is_buy = trade.meaning == Meaning::Buy;
    trade.quantity = trade.quantity.map(|quantity| quantity.abs());
    let value = || trade.quantity?.checked_mul(trade.price?.abs());
    let Some(gross) = trade.gross.map(|gross| gross.abs()).or_else(value) else {
        return problem("gross_amount", "the amount in the currency of the security is missing");
    };
    let gross = money::round_to(gross, trade.currency.minor_units());
    let value_in_account = if is_buy { total.checked_sub(costs) } else { total.checked_add(costs) };
    let rate = value_in_account.filter(|value| Decimal::ZERO < *value).and_then(|value| gross.checked_div(value));
    let Some(rate) = rate.filter(|rate| Decimal::ZERO < *rate) else {
        return problem("net_amount", "the amount in the currency of the account gives no rate");
    };
    let costs =
        costs.checked_mul(rate).map(|costs| money::round_to(costs, trade.currency.minor_units())).unwrap_or_default();
    let net = if is_buy { gross.checked_add(costs) } else { gross.checked_sub(costs) };
    let Some(net) = net.filter(|net| Decimal::ZERO < *net) else {
        return problem("fees", "the costs are more than the amount");
    };
    let to_account = Decimal::ONE.checked_div(rate).map(|rate| money::round_to(rate, 12));
    trade.gross = Some(gross);
    trade.cash = None;
    trade.fees = vec![fee(crate::dawsos_csv::DEFAULT_FEE_KIND, costs)];
    trade.rate = to_account.map(|rate| (charge.currency, rate));
    let mut exchange = Facts::new(Meaning::Exchange, trade.date, trade.currency);
    exchange.account = trade.account.clone();
    exchange.settlement_date = trade.settlement_date;
    exchange.external_id = trade.external_id.as_ref().map(|id| format!("{id}/fx"));
    exchange.rate = trade.rate;
    // The bought side of a purchase is the security's currency, that of a sale the account's.
    if is_buy {
        exchange.currency = charge.currency;
        exchange.rate = None;
        (exchange.cash, exchange.counter) = (Some(-total), Some((trade.currency, net)));
    } else {
        (exchange.cash, exchange.counter) = (Some(-net), Some((charge.currency, total)));
    }
    let parts = if is_buy { [exchange, trade] } else { [trade, exchange] };
    let mut movements = Vec::new();
    for part in parts {
        match part.content() {
            Content::Movements(made) => movements.extend(made),
            other => return other,
        }
    }
    Content::Movements(movements)
}

fn problem(field: &str, detail: &str) -> Content {
    let problem = Problem::new("missing_field", field, detail);
    Content::Problems(vec![problem.with_try("record trade and exchange by hand, and skip the line")])
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::Kind;

    #[test]
    fn trade_and_exchange_leave_nothing_in_the_security_currency() {
        let day = dates::parse_date("2024-01-03").expect("a day");
        for (meaning, kinds) in [(Meaning::Buy, [Kind::Fx, Kind::Buy]), (Meaning::Sell, [Kind::Sell, Kind::Fx])] {
            let mut trade = Facts::new(meaning, day, Currency::USD);
            trade.quantity = Some(Decimal::from(10));
            trade.price = Some(Decimal::new(10_000, 2));
            trade.external_id = Some("t1".to_owned());
            let charge =
                Charge { currency: Currency::EUR, total: Decimal::new(92_500, 2), costs: Decimal::new(250, 2) };
            let Content::Movements(movements) = with_exchange(trade, charge) else { panic!("movements") };
            assert_eq!([movements[0].draft.kind, movements[1].draft.kind], kinds);
            let is_buy = meaning == Meaning::Buy;
            let (exchange, trade) =
                if is_buy { (&movements[0], &movements[1]) } else { (&movements[1], &movements[0]) };
            let fees: Decimal = trade.draft.fees.iter().map(|fee| fee.amount).sum();
            let gross = trade.draft.gross_amount.expect("gross");
            assert_eq!(gross, Decimal::from(1_000));
            if is_buy {
                assert_eq!(exchange.draft.counter_amount, Some(gross + fees));
                assert_eq!(
                    (exchange.draft.currency, exchange.draft.gross_amount),
                    (Currency::EUR, Some(Decimal::new(92_500, 2)))
                );
            } else {
                assert_eq!(exchange.draft.gross_amount, Some(gross - fees));
                assert_eq!(
                    (exchange.draft.counter_currency, exchange.draft.counter_amount),
                    (Some(Currency::EUR), Some(Decimal::new(92_500, 2)))
                );
            }
            assert_eq!(exchange.draft.external_id.as_deref(), Some("t1/fx"));
        }
    }
}
