//! The lots of one security, or of several that corporate actions tie together, through all accounts.
//!
//! Invariant: a chain is a pure function of its transactions and the rules; no other chain matters to it. So an edit
//! touches one chain, from its day on: what was before is rewound from the events, exactly.

use std::collections::{BTreeMap, HashMap};

use dates::Date;
use uuid::Uuid;

use crate::book::Position;
use crate::book_error::{BookError, Oversold};
use crate::lots::{Lot, LotEvent, LotKey};
use crate::replay::Active;
use crate::replay::booking::Booking;
use crate::replay::positions::positions_of;
use crate::replay::rules::Rules;

/// Account and security.
pub(crate) type Holding = (Uuid, Uuid);

/// Lots with what made them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chain {
    /// Transactions in order of effect.
    pub actives: Vec<Active>,
    /// All lots in the order in which they were opened.
    pub lots: Vec<Lot>,
    /// What happened to them, in order of effect.
    pub events: Vec<LotEvent>,
    /// Open lots in the order of FIFO.
    pub open: BTreeMap<Holding, BTreeMap<LotKey, usize>>,
    /// The last entry that changed a holding.
    pub last_seq: BTreeMap<Holding, u64>,
    /// Sums of the open lots.
    pub positions: BTreeMap<Holding, Position>,
    /// Corporate actions on something that was not held.
    pub idle: Vec<(Date, u64)>,
    /// Transactions that take more than is there.
    pub oversold: Vec<Oversold>,
}

impl Chain {
    /// Books transactions, which are in order of effect.
    pub fn of(actives: Vec<Active>, rules: &Rules) -> Result<Chain, BookError> {
        let mut chain = Chain { actives, ..Chain::default() };
        chain.book_from(0, rules)?;
        Ok(chain)
    }

    /// The chain with other transactions, of which those effective before `day` are the same.
    pub fn rebooked(&self, actives: Vec<Active>, day: Date, rules: &Rules) -> Result<Chain, BookError> {
        let first = actives.partition_point(|active| active.entry.effective_on < day);
        let mut chain = self.rewound(day);
        chain.actives = actives;
        chain.book_from(first, rules)?;
        Ok(chain)
    }

    /// Lots as they stood after the events before `day`; those opened later are left out.
    pub fn lots_before(&self, day: Date) -> Vec<Lot> {
        let kept = self.events.partition_point(|event| event.effective_on < day);
        let mut lots: Vec<Lot> = Vec::new();
        let mut index: HashMap<Uuid, usize> = HashMap::new();
        for event in &self.events[..kept] {
            let at = *index.entry(event.lot_id).or_insert_with(|| {
                // Lots are opened in the order in which they are kept.
                let zero = money::Decimal::ZERO;
                let opened = &self.lots[lots.len()];
                lots.push(Lot { quantity_open: zero, cost_basis: zero, closed_on: None, ..opened.clone() });
                lots.len() - 1
            });
            lots[at].apply(event);
        }
        lots
    }

    fn rewound(&self, day: Date) -> Chain {
        let lots = self.lots_before(day);
        let kept = self.events.partition_point(|event| event.effective_on < day);
        let events = self.events[..kept].to_vec();
        let mut open: BTreeMap<Holding, BTreeMap<LotKey, usize>> = BTreeMap::new();
        let mut holding: HashMap<Uuid, Holding> = HashMap::with_capacity(lots.len());
        for (at, lot) in lots.iter().enumerate() {
            holding.insert(lot.id, (lot.account_id, lot.security_id));
            if lot.is_open() {
                open.entry((lot.account_id, lot.security_id)).or_default().insert(lot.key(at), at);
            }
        }
        let last_seq = events.iter().map(|event| (holding[&event.lot_id], event.seq)).collect();
        let idle = self.idle.iter().copied().filter(|(on, _)| *on < day).collect();
        let oversold = self.oversold.iter().filter(|sale| sale.on < day).cloned().collect();
        Chain { actives: Vec::new(), lots, events, open, last_seq, positions: BTreeMap::new(), idle, oversold }
    }

    fn book_from(&mut self, first: usize, rules: &Rules) -> Result<(), BookError> {
        let actives = std::mem::take(&mut self.actives);
        for active in &actives[first..] {
            if let Some(transaction) = active.entry.transaction() {
                Booking::new(self, rules, active, transaction)?.apply()?;
            }
        }
        let last_seq = actives.last().map_or(0, |active| active.entry.seq);
        self.actives = actives;
        let open = self.open.values().flat_map(|lots| lots.values().map(|at| &self.lots[*at]));
        self.positions = positions_of(open, rules.base_currency, &self.last_seq)
            .ok_or(BookError::TooLarge { seq: last_seq, what: "position" })?;
        Ok(())
    }
}
