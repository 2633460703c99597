//! Random ledgers and random edits: extending a book is replaying all, and nothing is lost on the way.

mod common;

use common::{cur, dec, draft, id, numbered, trade};
use ledger::currency_gains::{CashMethod, currency_gains};
use ledger::projection::{Rows, changes, diff};
use ledger::{
    Book, CostBasisMethod, Draft, Entry, Fee, FlowKind, Kind, LotEventKind, NewEntry, Ratio, ReplayOptions, Treatment,
};
use money::Decimal;
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeMap;
use std::sync::Arc;

fn portfolio() -> uuid::Uuid {
    id("portfolio")
}

/// One random transaction on a day, in one of two accounts and three securities.
fn step() -> impl Strategy<Value = Draft> {
    let amounts = (1u32..400, 1u32..5_000, 0u32..300, 50u32..150);
    (0u8..16, 0usize..3, 0u32..700, amounts, any::<bool>()).prop_map(|(what, which, days, amounts, is_other)| {
        let (units, price, fee, rate) = amounts;
        let date = (common::day("2020-01-01") + chrono::Duration::days(i64::from(days))).to_string();
        let symbols = ["X", "Y", "Z"];
        let number = |value: u32, decimals: u32| Decimal::new(i64::from(value), decimals);
        let text = |value: Decimal| value.to_string();
        let (units, price) = (number(units, 1), number(price, 2));
        let mut made = match what {
            0..=6 => trade(Kind::Buy, &date, symbols[which], &text(units), &text(price)),
            7..=9 => trade(Kind::Sell, &date, symbols[which], &text(units / Decimal::TEN), &text(price)),
            10 => trade(Kind::TransferOut, &date, symbols[which], &text(units / Decimal::TEN), &text(price)),
            11 => {
                let mut lot = trade(Kind::TransferIn, &date, symbols[which], &text(units), &text(price));
                (lot.lot_date, lot.lot_cost) = (Some(common::day("2015-05-05")), Some(price));
                lot
            }
            12 => {
                let mut split = draft(Kind::Split, &date);
                split.ratio = Some(Ratio { from: dec("2"), to: Decimal::from(1 + which as u64 * 4) });
                split
            }
            13 => {
                let mut spun = draft(Kind::SpinOff, &date);
                (spun.counter_security_id, spun.cost_fraction) = (Some(id("S")), Some(dec("0.1")));
                spun.ratio = Some(Ratio { from: dec("5"), to: dec("2") });
                spun
            }
            14 => {
                let mut moved = trade(Kind::TransferOut, &date, symbols[which], &text(units / Decimal::TEN), "1");
                moved.counter_account_id = Some(id(if is_other { "A" } else { "B" }));
                moved
            }
            _ => {
                let mut merged = draft(Kind::Merger, &date);
                (merged.counter_security_id, merged.treatment) = (Some(id("N")), Some(Treatment::TaxFree));
                merged.ratio = Some(Ratio { from: dec("3"), to: dec("2") });
                merged
            }
        };
        made.security_id = Some(id(symbols[which]));
        if is_other {
            made.account_id = id("B");
        }
        if matches!(made.kind, Kind::Buy | Kind::Sell) {
            made.fees = vec![Fee { kind: "commission".to_owned(), amount: number(fee, 2) }];
        }
        if !matches!(made.kind, Kind::Split | Kind::SpinOff | Kind::Merger) {
            made.fx_rate = Some(number(rate, 2));
        }
        if made.kind == Kind::TransferIn {
            made.lot_fx_rate = made.fx_rate;
        }
        made
    })
}

/// What is recorded, voided or amended one after the other; what makes no book is left out.
#[derive(Debug, Clone)]
enum Edit {
    Record(Draft),
    Void(Index),
    Amend(Index, Draft),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = prop_oneof![
        8 => step().prop_map(Edit::Record),
        1 => any::<Index>().prop_map(Edit::Void),
        1 => (any::<Index>(), step()).prop_map(|(at, draft)| Edit::Amend(at, draft)),
    ];
    proptest::collection::vec(edit, 1..60)
}

fn complete(draft: &Draft) -> Option<NewEntry> {
    let rates = common::Rates::constant("EUR", &[("USD", "0.8")]);
    draft.complete(&rates).ok()
}

/// Settings, then a method for account B, in a ledger whose accounts may be short or not.
fn opening(method: CostBasisMethod, may_be_short: bool) -> Vec<Entry> {
    let on = common::day("2020-01-01");
    let settings = [
        NewEntry::setting("cost_basis_method", method.name().into(), on),
        NewEntry::setting("cost_basis_method", "average".into(), common::day("2021-01-01")).of_account(id("B")),
        NewEntry::setting("allow_short", may_be_short.into(), on).of_account(id("A")),
    ];
    numbered("EUR", settings)
}

/// Applies edits one by one; calls back with the book before and after each that makes a book.
fn edited(
    method: CostBasisMethod,
    may_be_short: bool,
    edits: &[Edit],
    mut seen: impl FnMut(&Book, &Book, &[Entry]) -> Result<(), TestCaseError>,
) -> Result<Book, TestCaseError> {
    let mut entries = opening(method, may_be_short);
    let mut book = Book::replay(portfolio(), &entries).expect("settings make a book");
    for edit in edits {
        let seq = entries.len() as u64 + 1;
        let target = |at: &Index, entries: &[Entry]| entries[at.index(entries.len())].clone();
        let new = match edit {
            Edit::Record(draft) => complete(draft),
            Edit::Void(at) => {
                let target = target(at, &entries);
                target.kind.is_transaction().then(|| NewEntry::void(&target, None))
            }
            Edit::Amend(at, draft) => {
                let target = target(at, &entries);
                let amended = complete(draft).map(|new| new.amending(target.seq, None));
                amended.filter(|_| target.kind.is_transaction())
            }
        };
        let Some(new) = new else { continue };
        let entry = new.numbered(seq, id(&format!("entry {seq}")), entries[0].recorded_at);
        let extended = book.extend(std::slice::from_ref(&entry));
        entries.push(entry);
        let replayed = Book::replay(portfolio(), &entries);
        match (extended, replayed) {
            (Ok(extended), Ok(replayed)) => {
                prop_assert_eq!(Rows::of(&extended), Rows::of(&replayed));
                prop_assert_eq!(extended.warnings(), replayed.warnings());
                seen(&book, &extended, &entries)?;
                book = extended;
            }
            (Err(extended), Err(replayed)) => {
                prop_assert_eq!(extended.code(), replayed.code());
                entries.pop();
            }
            (extended, replayed) => {
                prop_assert!(false, "{:?} {:?}", extended.err(), replayed.err());
            }
        }
    }
    Ok(book)
}

fn method() -> impl Strategy<Value = CostBasisMethod> {
    proptest::sample::select(CostBasisMethod::ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn an_edit_is_a_replay_and_its_changes_are_the_difference(
        method in method(), may_be_short in any::<bool>(), edits in edits(),
    ) {
        edited(method, may_be_short, &edits, |before, after, _| {
            prop_assert_eq!(changes(before, after), diff(&Rows::of(before), &Rows::of(after)));
            Ok(())
        })?;
    }

    #[test]
    fn nothing_is_lost(method in method(), may_be_short in any::<bool>(), edits in edits()) {
        let book = edited(method, may_be_short, &edits, |_, _, _| Ok(()))?;
        let mut cash: BTreeMap<_, Decimal> = BTreeMap::new();
        for flow in book.cash_flows() {
            *cash.entry((flow.account_id, flow.currency)).or_default() += flow.amount;
        }
        prop_assert_eq!(&cash, &book.cash);
        for ((account_id, security_id), position) in &book.positions {
            let open = || book.open_lots(*account_id, *security_id);
            prop_assert_eq!(open().map(|lot| lot.quantity_open).sum::<Decimal>(), position.quantity);
            prop_assert_eq!(open().map(|lot| lot.cost_basis).sum::<Decimal>(), position.cost_basis);
        }
        for lot in book.lots() {
            let events = || book.lot_events().filter(|event| event.lot_id == lot.id);
            prop_assert_eq!(events().map(|event| event.quantity_delta).sum::<Decimal>(), lot.quantity_open);
            prop_assert_eq!(events().map(|event| event.cost_delta).sum::<Decimal>(), lot.cost_basis);
            let (least, most) = if lot.is_short() { (lot.quantity_original, Decimal::ZERO) } else { (Decimal::ZERO, lot.quantity_original) };
            prop_assert!(least <= lot.quantity_open && lot.quantity_open <= most);
            prop_assert_eq!(lot.closed_on.is_some(), lot.quantity_open.is_zero());
        }
        // Cost of open lots = what was paid − what was received + what was gained, moves in and out by their cost.
        let open: Decimal = book.positions.values().map(|position| position.cost_basis).sum();
        let paid: Decimal = -book.cash_flows().filter(|flow| matches!(flow.kind, FlowKind::Trade | FlowKind::Fee)).map(|flow| flow.amount).sum::<Decimal>();
        // A move across the boundary is paid for by an external flow at its value; its lot has its own cost.
        let crossing: BTreeMap<u64, Decimal> = book.cash_flows().filter(|flow| flow.kind == FlowKind::External).map(|flow| (flow.seq, flow.amount)).collect();
        let moved: Decimal = book.lot_events().filter(|event| crossing.contains_key(&event.seq)).map(|event| event.cost_delta).sum();
        let gains: Decimal = book.lot_events().filter_map(|event| event.realized_gain_local).sum();
        prop_assert_eq!(open, paid - crossing.values().sum::<Decimal>() + moved + gains);
        for event in book.lot_events().filter(|event| event.kind == LotEventKind::Dispose) {
            let gain = event.realized.expect("a gain");
            prop_assert_eq!(gain.total, gain.price.expect("price") + gain.fx.expect("fx"));
        }
    }

    #[test]
    fn the_past_is_the_same_from_here(method in method(), edits in edits(), days in 0i64..700) {
        let book = edited(method, false, &edits, |_, _, _| Ok(()))?;
        let date = common::day("2020-01-01") + chrono::Duration::days(days);
        let options = ReplayOptions { as_of: Some(date), ..ReplayOptions::default() };
        let until = Book::replay_with(portfolio(), book.entries().to_vec(), options).expect("sound");
        prop_assert_eq!(book.positions_as_of(date), until.positions.clone());
        prop_assert_eq!(book.cash_as_of(date), until.cash.clone());
        let sorted = |mut lots: Vec<ledger::Lot>| { lots.sort_by_key(|lot| lot.id); lots };
        prop_assert_eq!(sorted(book.lots_as_of(date)), sorted(until.lots().cloned().collect()));
    }

    #[test]
    fn the_order_of_recording_does_not_matter_where_the_day_decides(drafts in proptest::collection::vec(step(), 2..25), seed in any::<u64>()) {
        // One transaction a day: then days alone decide the order of effect.
        let mut drafts: Vec<Draft> = drafts;
        for (nth, draft) in drafts.iter_mut().enumerate() {
            draft.trade_date = common::day("2020-01-01") + chrono::Duration::days(nth as i64);
            // Lots of one day are told apart by their sequence: the days of transferred ones differ too.
            draft.lot_date = draft.lot_date.map(|day| day + chrono::Duration::days(nth as i64));
        }
        let mut shuffled: Vec<&Draft> = drafts.iter().collect();
        let mut state = seed;
        for at in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(at, (state >> 33) as usize % (at + 1));
        }
        let book = |drafts: Vec<&Draft>| {
            let entries = numbered("EUR", drafts.into_iter().filter_map(complete));
            Book::replay(portfolio(), &entries)
        };
        match (book(drafts.iter().collect()), book(shuffled)) {
            (Ok(one), Ok(other)) => {
                let shown = |book: &Book| book.positions.iter().map(|(key, p)| (*key, p.quantity, p.cost_basis, p.lot_count)).collect::<Vec<_>>();
                prop_assert_eq!(shown(&one), shown(&other));
                prop_assert_eq!(one.cash, other.cash);
            }
            (one, other) => prop_assert_eq!(one.err().map(|e| e.code()), other.err().map(|e| e.code())),
        }
    }

    #[test]
    fn currency_gains_and_what_is_left_are_what_came_in(edits in edits()) {
        let book = edited(CostBasisMethod::Fifo, false, &edits, |_, _, _| Ok(()))?;
        for method in [CashMethod::Fifo, CashMethod::Average] {
            let gains = currency_gains(&book, method, None).expect("small");
            let realized: Decimal = gains.realized.iter().map(|gain| gain.gain).sum();
            let left = gains.left.get(&cur("USD")).copied().unwrap_or_default();
            let base: Decimal = book.cash_flows().map(|flow| flow.base_amount).sum();
            let units: Decimal = book.cash.values().sum();
            prop_assert_eq!((left.0, left.1 - realized), (units, base));
        }
    }
}

#[test]
fn a_conversion_gains_what_the_rate_moved() {
    let cash = |kind: Kind, date: &str, amount: &str, rate: &str| {
        let mut draft = draft(kind, date);
        (draft.gross_amount, draft.fx_rate) = (Some(dec(amount)), Some(dec(rate)));
        draft
    };
    let mut exchange = cash(Kind::Fx, "2020-03-01", "150", "0.7");
    (exchange.counter_currency, exchange.counter_amount) = (Some(cur("EUR")), Some(dec("105")));
    let drafts =
        [cash(Kind::Deposit, "2020-01-01", "100", "0.9"), cash(Kind::Deposit, "2020-02-01", "100", "0.8"), exchange];
    let entries = numbered("EUR", drafts.iter().filter_map(complete));
    let shared: Vec<Arc<Entry>> = entries.into_iter().map(Arc::new).collect();
    let book = Book::replay_shared(portfolio(), shared).expect("sound");
    for (method, cost, left) in [(CashMethod::Fifo, "130", "40"), (CashMethod::Average, "127.5", "42.5")] {
        let gains = currency_gains(&book, method, None).expect("small");
        assert_eq!(gains.realized.len(), 1);
        assert_eq!((gains.realized[0].cost, gains.realized[0].proceeds), (dec(cost), dec("105")));
        assert_eq!(gains.realized[0].gain, dec("105") - dec(cost));
        assert_eq!(gains.left[&cur("USD")], (dec("50"), dec(left)));
    }
}
