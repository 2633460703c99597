//! From what a line of a file states (a meaning, amounts, fees) to the transactions that book it.
//!
//! Invariant: the cash of the movements is the cash that the line states. Where quantity × price does not give it, the
//! cash counts and the price follows from it, with a warning if the two are far apart.

use dates::Date;
use ledger::{Draft, Fee, Kind, Problem, Ratio, Tax, TaxKind};
use money::{Currency, Decimal};
use uuid::Uuid;

use crate::movement::{Content, Movement, SecurityNames, not_supported};

/// What a line says happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Purchase against cash.
    Buy,
    /// Sale against cash.
    Sell,
    /// Purchase or sale, by the sign of the quantity, else of the cash.
    Trade,
    /// Dividend; a negative one takes an earlier one back.
    Dividend,
    /// Distribution of a fund's capital gains.
    CapitalGain,
    /// Dividend that is invested again at once: income and purchase in one line.
    ReinvestedDividend,
    /// Interest received; negative: paid.
    Interest,
    /// Interest paid, written without a sign.
    InterestPaid,
    /// A fee; given back where the sign says so.
    Fee,
    /// A fee given back.
    FeeRefund,
    /// A tax; given back where the sign says so.
    Tax,
    /// A tax given back.
    TaxRefund,
    /// Tax withheld from income, booked on its own.
    Withholding,
    /// Cash in.
    Deposit,
    /// Cash out.
    Withdrawal,
    /// Cash in or out, by its sign.
    Cash,
    /// Income of no other kind: a reward, a rebate.
    Reward,
    /// Securities or cash that come in from elsewhere.
    TransferIn,
    /// Securities or cash that leave for elsewhere.
    TransferOut,
    /// Either, by the sign of the quantity, else of the cash.
    Transfer,
    /// Split with a ratio.
    Split,
    /// Split told as the units that were added.
    SplitAdded,
    /// Dividend paid in shares.
    StockDividend,
    /// Distribution that reduces the cost.
    ReturnOfCapital,
    /// Exchange of currencies.
    Exchange,
    /// Real, and not booked by this version.
    NotSupported(&'static str),
    /// An event that needs what the file does not tell.
    ByHand(&'static str),
    /// No transaction.
    Ignored(&'static str),
}

/// What a line states. Amounts have the signs that the file gives them.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// What happened.
    pub meaning: Meaning,
    /// When.
    pub date: Date,
    /// Currency of the amounts.
    pub currency: Currency,
    /// Currency of the price, where it is another one (pence).
    pub price_currency: Option<Currency>,
    /// When cash and securities change hands.
    pub settlement_date: Option<Date>,
    /// First day without the dividend.
    pub ex_date: Option<Date>,
    /// The account in the words of the file.
    pub account: Option<String>,
    /// The other account.
    pub counter_account: Option<String>,
    /// The security in the words of the file.
    pub security: Option<SecurityNames>,
    /// Units.
    pub quantity: Option<Decimal>,
    /// Amount per unit.
    pub price: Option<Decimal>,
    /// Amount before fees and taxes.
    pub gross: Option<Decimal>,
    /// Change of cash after fees and taxes.
    pub cash: Option<Decimal>,
    /// Fees by kind; their sign does not matter.
    pub fees: Vec<Fee>,
    /// Taxes; a positive one costs.
    pub taxes: Vec<Tax>,
    /// Other currency of an exchange and what was bought or sold of it.
    pub counter: Option<(Currency, Decimal)>,
    /// Units of the currency for one unit of `currency`.
    pub rate: Option<(Currency, Decimal)>,
    /// Split: new for old.
    pub ratio: Option<Ratio>,
    /// Original purchase of what was transferred in.
    pub lot: Option<(Date, Decimal)>,
    /// Identity in the source.
    pub external_id: Option<String>,
    /// Free text.
    pub note: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
}

impl Facts {
    /// A line without amounts, to be filled by assignment.
    pub fn new(meaning: Meaning, date: Date, currency: Currency) -> Self {
        Self {
            meaning,
            date,
            currency,
            price_currency: None,
            settlement_date: None,
            ex_date: None,
            account: None,
            counter_account: None,
            security: None,
            quantity: None,
            price: None,
            gross: None,
            cash: None,
            fees: Vec::new(),
            taxes: Vec::new(),
            counter: None,
            rate: None,
            ratio: None,
            lot: None,
            external_id: None,
            note: None,
            tags: Vec::new(),
        }
    }

    /// The transactions that book the line, or why there are none.
    pub fn content(self) -> Content {
        match self.meaning {
            Meaning::NotSupported(what) => Content::NotSupported(not_supported(what)),
            Meaning::Ignored(why) => Content::Ignored(why.to_owned()),
            Meaning::ByHand(what) => Content::Problems(vec![
                Problem::new("needs_details", "kind", format!("{what} needs what the file does not tell"))
                    .with_try("record it in the corporate actions or as a transaction, and skip the line"),
            ]),
            _ => match self.movements() {
                Ok(movements) => Content::Movements(movements),
                Err(problem) => Content::Problems(vec![problem]),
            },
        }
    }

    fn movements(mut self) -> Result<Vec<Movement>, Problem> {
        self.in_currency_of_amounts()?;
        self.by_sign();
        let movement = match self.meaning {
            Meaning::Buy => self.trade(Kind::Buy)?,
            Meaning::Sell => self.trade(Kind::Sell)?,
            Meaning::Dividend | Meaning::CapitalGain | Meaning::ReturnOfCapital => self.income()?,
            Meaning::ReinvestedDividend => return self.reinvested(),
            Meaning::Interest | Meaning::InterestPaid | Meaning::Reward => self.interest()?,
            Meaning::Fee | Meaning::Tax | Meaning::Withholding | Meaning::FeeRefund | Meaning::TaxRefund => {
                self.cost()?
            }
            Meaning::Deposit | Meaning::Withdrawal => self.cash_flow()?,
            Meaning::TransferIn | Meaning::TransferOut => self.transfer()?,
            Meaning::Split | Meaning::SplitAdded => self.split()?,
            Meaning::StockDividend => self.stock_dividend(),
            Meaning::Exchange => self.exchange()?,
            // `by_sign` and `content` leave none of the others.
            _ => return Err(missing("kind", "what happened is not clear")),
        };
        Ok(vec![movement])
    }

    /// A price in pence becomes one in pounds where the amounts are in pounds.
    fn in_currency_of_amounts(&mut self) -> Result<(), Problem> {
        let Some(quoted) = self.price_currency.filter(|quoted| *quoted != self.currency) else { return Ok(()) };
        let converted = match quoted.parent() {
            Some((parent, factor)) if parent == self.currency => self.price.map(|price| price.checked_mul(factor)),
            _ if self.price.is_none() => None,
            _ => {
                let detail = format!("the price is in {quoted}, the amounts are in {}", self.currency);
                return Err(
                    Problem::new("currency_mismatch", "price", detail).with_try("map the currency of the price")
                );
            }
        };
        self.price = converted.flatten();
        self.price_currency = None;
        Ok(())
    }

    /// Meanings that depend on a sign become the one that it says.
    fn by_sign(&mut self) {
        let sign = self.quantity.filter(|quantity| !quantity.is_zero()).or(self.cash).unwrap_or_default();
        let cash = self.cash.or(self.gross).unwrap_or_default();
        self.meaning =
            match self.meaning {
                Meaning::Trade if self.quantity.is_some_and(|quantity| !quantity.is_zero()) => {
                    if sign.is_sign_negative() { Meaning::Sell } else { Meaning::Buy }
                }
                // Only the cash tells: money in is a sale.
                Meaning::Trade => {
                    if sign.is_sign_negative() {
                        Meaning::Buy
                    } else {
                        Meaning::Sell
                    }
                }
                Meaning::Transfer => {
                    if sign.is_sign_negative() {
                        Meaning::TransferOut
                    } else {
                        Meaning::TransferIn
                    }
                }
                Meaning::Cash => {
                    if cash.is_sign_negative() {
                        Meaning::Withdrawal
                    } else {
                        Meaning::Deposit
                    }
                }
                other => other,
            };
    }

    fn draft(&self, kind: Kind) -> Draft {
        let mut draft = Draft::new(kind, Uuid::nil(), self.date, self.currency);
        draft.settlement_date = self.settlement_date.filter(|settlement| self.date <= *settlement);
        draft.external_id = self.external_id.clone();
        draft.note = self.note.clone().map(|note| note.chars().take(ledger::draft_rules::NOTE_CHARS_MAX).collect());
        draft.tags = self.tags.clone();
        draft
    }

    fn movement(&self, draft: Draft) -> Movement {
        Movement {
            account: self.account.clone(),
            counter_account: self.counter_account.clone(),
            security: self.security.clone(),
            rate: self.rate,
            ..Movement::new(draft)
        }
    }

    fn costs(&self) -> (Vec<Fee>, Vec<Tax>, Decimal) {
        let fees: Vec<Fee> = self
            .fees
            .iter()
            .filter(|fee| !fee.amount.is_zero())
            .map(|fee| Fee { kind: fee.kind.clone(), amount: fee.amount.abs() })
            .collect();
        let taxes: Vec<Tax> = self.taxes.iter().filter(|tax| !tax.amount.is_zero()).cloned().collect();
        let total =
            fees.iter().map(|fee| fee.amount).chain(taxes.iter().map(|tax| tax.amount)).fold(Decimal::ZERO, add);
        (fees, taxes, total)
    }

    /// A purchase or sale. The cash of the line counts; the price is kept where it gives the same amount.
    fn trade(&self, kind: Kind) -> Result<Movement, Problem> {
        let mut draft = self.draft(kind);
        let (fees, taxes, costs) = self.costs();
        let quantity = self.quantity.map(|quantity| quantity.abs());
        let price = self.price.map(|price| price.abs());
        let value = quantity.zip(price).and_then(|(quantity, price)| quantity.checked_mul(price));
        let value = value.map(|value| money::round_to(value, 10));
        let half = Decimal::new(5, self.currency.minor_units() + 1);
        let cash = self.cash.map(|cash| cash.abs()).filter(|cash| !cash.is_zero() || value.is_none());
        let gross = match (cash, self.gross.map(|gross| gross.abs())) {
            (Some(cash), stated) => {
                let net_of_costs = if kind == Kind::Buy { sub(cash, costs) } else { add(cash, costs) };
                // Some files put the fee beside the amount instead of into it.
                let is_beside = |value: Decimal| (cash - value).abs() <= half && (net_of_costs - value).abs() > half;
                Some(if stated.or(value).is_some_and(is_beside) { cash } else { net_of_costs })
            }
            (None, gross) => gross,
        };
        if gross.is_some_and(|gross| gross.is_sign_negative() && !gross.is_zero()) {
            let detail = "fees and taxes are more than the amount";
            return Err(
                Problem::new("negative", "gross_amount", detail).with_try("check the columns of amount and fees")
            );
        }
        let mut warning = None;
        let fits = |gross: Decimal| value.is_none_or(|value| (gross - value).abs() <= half);
        if let Some(gross) = gross.filter(|gross| !fits(*gross)) {
            warning = value
                .and_then(|value| far_apart(gross, value, quantity.unwrap_or_default(), price.unwrap_or_default()));
        } else {
            draft.price = price;
        }
        draft.quantity = quantity;
        draft.gross_amount = gross.or_else(|| value.map(|value| cents(value, self.currency)));
        if draft.gross_amount.is_some_and(|gross| !fits(gross)) {
            draft.price = None;
        }
        (draft.fees, draft.taxes) = (fees, taxes);
        let mut movement = self.movement(draft);
        movement.warnings.extend(warning);
        Ok(movement)
    }

    /// The amount before costs that the line states, with its sign.
    fn stated_gross(&self, costs: Decimal) -> Option<Decimal> {
        let from_units = || self.quantity?.abs().checked_mul(self.price?).map(|value| cents(value, self.currency));
        let from_cash = self.cash.map(|cash| add(cash, costs));
        self.gross.or(from_cash).or_else(from_units)
    }

    fn income(&self) -> Result<Movement, Problem> {
        let (fees, taxes, costs) = self.costs();
        let gross =
            self.stated_gross(costs).ok_or_else(|| missing("amount", "the amount of the dividend is missing"))?;
        let takes_back = gross.is_sign_negative() && !gross.is_zero();
        if takes_back || taxes.iter().any(|tax| tax.amount.is_sign_negative()) {
            return Ok(self.taken_back(sub(gross, costs), "dividend_reversal", "takes a dividend back"));
        }
        let kind = if self.meaning == Meaning::ReturnOfCapital { Kind::ReturnOfCapital } else { Kind::Dividend };
        let mut draft = self.draft(kind);
        draft.ex_date = self.ex_date.filter(|ex_date| *ex_date <= self.date);
        draft.gross_amount = Some(gross);
        // Units are kept where they give the amount.
        if let (Some(quantity), Some(price)) = (self.quantity, self.price) {
            let half = Decimal::new(5, self.currency.minor_units() + 1);
            if quantity.abs().checked_mul(price).is_some_and(|value| (value - gross).abs() <= half) {
                (draft.quantity, draft.price) = (Some(quantity.abs()), Some(price));
            }
        }
        (draft.fees, draft.taxes) = (fees, taxes);
        if self.meaning == Meaning::CapitalGain {
            draft.tags.push("capital_gain_distribution".to_owned());
        }
        Ok(self.movement(draft))
    }

    /// What takes income or costs back is interest with the opposite sign: it changes cash and income, and is no flow.
    fn taken_back(&self, cash: Decimal, tag: &str, what: &str) -> Movement {
        let mut draft = self.draft(Kind::Interest);
        draft.gross_amount = Some(cash);
        draft.tags.push(tag.to_owned());
        let mut movement = self.movement(draft);
        let detail = format!("the line {what}; it is booked as interest of {} {}", cash.normalize(), self.currency);
        movement.warnings.push(
            Problem::new("reversal", "kind", detail)
                .with_try("void or amend the transaction that it corrects, if that is in the books"),
        );
        movement
    }

    /// Income and the purchase that it paid for.
    fn reinvested(&self) -> Result<Vec<Movement>, Problem> {
        let (_, _, costs) = self.costs();
        let bought = self.trade(Kind::Buy)?;
        let paid = bought.draft.gross_amount.map(|gross| add(gross, costs));
        let paid = paid.ok_or_else(|| missing("amount", "the amount of the reinvested dividend is missing"))?;
        let mut income = self.draft(Kind::Dividend);
        income.gross_amount = Some(paid);
        income.external_id = self.external_id.as_ref().map(|id| format!("{id}/dividend"));
        Ok(vec![self.movement(income), bought])
    }

    fn interest(&self) -> Result<Movement, Problem> {
        let (fees, taxes, costs) = self.costs();
        let gross =
            self.stated_gross(costs).ok_or_else(|| missing("amount", "the amount of the interest is missing"))?;
        if taxes.iter().any(|tax| tax.amount.is_sign_negative()) {
            return Ok(self.taken_back(sub(gross, costs), "tax_refund", "gives a tax back"));
        }
        let gross = if self.meaning == Meaning::InterestPaid { -gross.abs() } else { gross };
        let mut draft = self.draft(Kind::Interest);
        draft.gross_amount = Some(gross);
        (draft.fees, draft.taxes) = (fees, taxes);
        if self.meaning == Meaning::Reward {
            draft.tags.push("reward".to_owned());
        }
        Ok(self.movement(draft))
    }

    /// A fee or tax on its own. Files write it with and without a sign; only a refund says so in words or has both signs.
    fn cost(&self) -> Result<Movement, Problem> {
        let (_, _, costs) = self.costs();
        let stated = self.cash.or(self.gross).filter(|amount| !amount.is_zero());
        let amount = stated.or_else(|| (!costs.is_zero()).then_some(-costs));
        let amount = amount.ok_or_else(|| missing("amount", "the amount of the fee or tax is missing"))?;
        match self.meaning {
            Meaning::FeeRefund => return Ok(self.taken_back(amount.abs(), "fee_refund", "gives a fee back")),
            Meaning::TaxRefund => return Ok(self.taken_back(amount.abs(), "tax_refund", "gives a tax back")),
            Meaning::Withholding if amount.is_sign_positive() => {
                return Ok(self.taken_back(amount, "tax_refund", "gives a withheld tax back"));
            }
            _ => {}
        }
        let is_fee = self.meaning == Meaning::Fee;
        let mut draft = self.draft(if is_fee { Kind::Fee } else { Kind::Tax });
        draft.gross_amount = Some(amount.abs());
        if self.meaning == Meaning::Withholding {
            draft.tags.push("withholding".to_owned());
        }
        let mut movement = self.movement(draft);
        if is_fee && self.security.is_none() {
            movement.security = None;
        }
        Ok(movement)
    }

    fn cash_flow(&self) -> Result<Movement, Problem> {
        let (fees, taxes, costs) = self.costs();
        let is_in = self.meaning == Meaning::Deposit;
        let amount = match (self.cash, self.gross) {
            (Some(cash), _) if is_in => add(cash.abs(), costs),
            (Some(cash), _) => sub(cash.abs(), costs),
            (None, Some(gross)) => gross.abs(),
            (None, None) => match (self.quantity, self.price) {
                // Cash as units of a currency at a price of one.
                (Some(quantity), Some(price)) => quantity.checked_mul(price).unwrap_or_default().abs(),
                (Some(quantity), None) => quantity.abs(),
                _ => return Err(missing("amount", "the amount is missing")),
            },
        };
        let mut draft = self.draft(if is_in { Kind::Deposit } else { Kind::Withdrawal });
        draft.gross_amount = Some(amount);
        (draft.fees, draft.taxes) = (fees, taxes);
        let mut movement = self.movement(draft);
        movement.security = None;
        Ok(movement)
    }

    fn transfer(&self) -> Result<Movement, Problem> {
        let is_in = self.meaning == Meaning::TransferIn;
        let kind = if is_in { Kind::TransferIn } else { Kind::TransferOut };
        let mut draft = self.draft(kind);
        let is_security = self.security.is_some() && self.quantity.is_some_and(|quantity| !quantity.is_zero());
        if !is_security {
            let amount =
                self.cash.or(self.gross).ok_or_else(|| missing("amount", "the amount of the transfer is missing"))?;
            draft.gross_amount = Some(amount.abs());
            let mut movement = self.movement(draft);
            movement.security = None;
            return Ok(movement);
        }
        draft.quantity = self.quantity.map(|quantity| quantity.abs());
        let (fees, taxes, _) = self.costs();
        (draft.fees, draft.taxes) = (fees, taxes);
        let stated = self.gross.or(self.cash).filter(|amount| !amount.is_zero()).map(|amount| amount.abs());
        let from_units = || {
            let value = self.quantity?.abs().checked_mul(self.price.filter(|price| !price.is_zero())?)?;
            Some(cents(value, self.currency))
        };
        let value = stated.or_else(from_units);
        let mut movement = self.movement(draft);
        if is_in {
            let lot = self.lot.or_else(|| value.map(|value| (self.date, value)));
            if self.lot.is_none() && lot.is_some() {
                let detail =
                    "the original purchase is not in the file; date and value of the transfer count as purchase";
                movement.warnings.push(
                    Problem::new("assumed_cost", "lot_cost", detail)
                        .with_try("amend it with the original date and cost"),
                );
            }
            if let Some((date, cost)) = lot {
                (movement.draft.lot_date, movement.draft.lot_cost) = (Some(date), Some(cost));
            }
        }
        movement.draft.gross_amount = value;
        Ok(movement)
    }

    fn split(&self) -> Result<Movement, Problem> {
        let mut draft = self.draft(Kind::Split);
        draft.settlement_date = None;
        draft.ratio = self.ratio;
        let mut movement = self.movement(draft);
        if self.ratio.is_none() {
            let added = self.quantity.filter(|quantity| !quantity.is_zero());
            movement.added_units = Some(added.ok_or_else(|| missing("ratio", "the ratio of the split is missing"))?);
        }
        Ok(movement)
    }

    fn stock_dividend(&self) -> Movement {
        let mut draft = self.draft(Kind::StockDividend);
        draft.quantity = self.quantity.map(|quantity| quantity.abs());
        self.movement(draft)
    }

    /// What was sold of one currency for the other; both amounts are known.
    fn exchange(&self) -> Result<Movement, Problem> {
        let own = self.cash.or(self.gross).ok_or_else(|| missing("amount", "the amount of the exchange is missing"))?;
        let (currency, other) =
            self.counter.ok_or_else(|| missing("counter_amount", "the other side of the exchange is missing"))?;
        // The side with the minus sign was sold; without signs, the line's own.
        let is_own_sold = own.is_sign_negative() || other.is_sign_positive() && self.cash.is_none();
        let ((sold_in, sold), (bought_in, bought)) = if is_own_sold {
            ((self.currency, own), (currency, other))
        } else {
            ((currency, other), (self.currency, own))
        };
        let mut draft = Facts { currency: sold_in, ..self.clone() }.draft(Kind::Fx);
        let (fees, taxes, _) = self.costs();
        (draft.fees, draft.taxes) = if is_own_sold { (fees, taxes) } else { (Vec::new(), Vec::new()) };
        draft.gross_amount = Some(sold.abs());
        draft.counter_currency = Some(bought_in);
        draft.counter_amount = Some(bought.abs());
        let mut movement = self.movement(draft);
        movement.security = None;
        if !is_own_sold {
            movement.rate = None;
        }
        Ok(movement)
    }
}

/// A tax that costs, whatever its sign in the file.
pub fn tax(kind: TaxKind, amount: Decimal) -> Tax {
    Tax { kind, amount: amount.abs() }
}

/// A fee.
pub fn fee(kind: &str, amount: Decimal) -> Fee {
    Fee { kind: kind.to_owned(), amount: amount.abs() }
}

/// A warning where the amount and quantity × price differ by more than the price's own rounding and one percent.
fn far_apart(gross: Decimal, value: Decimal, quantity: Decimal, price: Decimal) -> Option<Problem> {
    let difference = (gross - value).abs();
    let rounding = quantity.checked_mul(Decimal::new(5, (price.scale() + 1).min(28)))?;
    let percent = value.abs().checked_mul(Decimal::new(1, 2))?;
    if difference <= rounding || difference <= percent {
        return None;
    }
    let detail = format!("the amount is {}, quantity x price is {}", gross.normalize(), value.normalize());
    let problem = Problem::new("price_mismatch", "price", detail);
    Some(problem.with_try("the amount counts; check price, quantity and currency of the price"))
}

fn missing(field: &str, detail: &str) -> Problem {
    Problem::new("missing_field", field, detail).with_try("map the column that holds it, or correct the line")
}

fn add(a: Decimal, b: Decimal) -> Decimal {
    a.checked_add(b).unwrap_or(Decimal::MAX)
}

fn sub(a: Decimal, b: Decimal) -> Decimal {
    a.checked_sub(b).unwrap_or(Decimal::MAX)
}

/// Rounded to the minor unit.
fn cents(value: Decimal, currency: Currency) -> Decimal {
    money::round_to(value, currency.minor_units())
}
