//! A book after more entries, at the cost of what they change: a month of cash, a chain of lots from the day on.
//!
//! Invariant: the same book as a replay of all entries. What an edit does not touch is shared with the old book.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use dates::Date;
use uuid::Uuid;

use crate::book::Book;
use crate::book_error::BookError;
use crate::entry::Entry;
use crate::kind::Kind;
use crate::replay::chain::Chain;
use crate::replay::rules::ReplayOptions;
use crate::replay::{
    Active, Page, ROWS_PER_CHUNK, active_at, chain_of, check_payloads, link_of, manual_prices_of, replay, row_at, total,
};

/// What leaves one list of transactions, and what joins it.
#[derive(Default)]
struct Change {
    removed: HashSet<u64>,
    added: Vec<Active>,
    /// First day of either.
    day: Option<Date>,
}

pub(crate) fn extend(book: &Book, new: &[Entry]) -> Result<Book, BookError> {
    let shared = new.iter().cloned().map(Arc::new);
    let is_setting = |entry: &Entry| entry.kind == Kind::Setting;
    if book.rules.options != ReplayOptions::default() || new.iter().any(is_setting) {
        let entries = book.entries.iter().cloned().chain(shared).collect();
        return replay(book.portfolio_id, entries, ReplayOptions::default());
    }
    let mut extended = book.clone();
    extended.entries.extend(shared);
    let mut removed: BTreeSet<usize> = BTreeSet::new();
    let first_new = book.entries.len();
    for at in first_new..extended.entries.len() {
        let target = extended.standing.push(&extended.entries, at)?;
        // A target among the new entries never took effect.
        removed.extend(target.filter(|target| *target < first_new));
    }
    let new = first_new..extended.entries.len();
    let added: Vec<Active> = new
        .filter(|at| extended.standing.is_in_force(*at))
        .map(|at| active_at(&extended.entries, &extended.standing, at))
        .collect();
    let removed_actives: Vec<Active> =
        removed.iter().map(|at| active_at(&extended.entries, &extended.standing, *at)).collect();
    let touched = || removed_actives.iter().chain(&added);
    if touched().any(|active| link_of(active).is_some()) {
        // Other securities become tied together, or no longer are.
        return replay(book.portfolio_id, extended.entries, ReplayOptions::default());
    }
    check_payloads(&added)?;
    check_new_external_ids(&extended, &added)?;
    if touched().any(|active| active.entry.kind == Kind::ManualPrice) {
        let all = (0..extended.entries.len()).filter(|at| extended.standing.is_in_force(*at));
        let priced = all.filter(|at| extended.entries[*at].kind == Kind::ManualPrice);
        let mut actives: Vec<Active> = priced.map(|at| active_at(&extended.entries, &extended.standing, at)).collect();
        actives.sort_by_key(Active::order);
        extended.manual_prices = Arc::new(manual_prices_of(actives.iter())?);
    }
    rewrite_pages(&mut extended, &removed_actives, &added)?;
    rewrite_chains(&mut extended, &removed_actives, &added)?;
    rewrite_rows(&mut extended, &removed, first_new)?;
    total(&mut extended)?;
    Ok(extended)
}

fn rewrite_pages(book: &mut Book, removed: &[Active], added: &[Active]) -> Result<(), BookError> {
    let month = |active: &Active| active.entry.kind.is_transaction().then(|| Page::month(active.entry.effective_on));
    for (month, change) in changes(removed, added, month) {
        let old = book.pages.get(&month).map(|page| page.actives.as_slice()).unwrap_or_default();
        let actives = change.applied(old);
        if actives.is_empty() {
            book.pages.remove(&month);
        } else {
            book.pages.insert(month, Arc::new(Page::of(actives, book.base_currency)?));
        }
    }
    Ok(())
}

fn rewrite_chains(book: &mut Book, removed: &[Active], added: &[Active]) -> Result<(), BookError> {
    let groups = Arc::clone(&book.groups);
    for (key, change) in changes(removed, added, |active| chain_of(active, &groups)) {
        let day = change.day;
        let chain = match (book.chains.get(&key), day) {
            (Some(old), Some(day)) => old.rebooked(change.applied(&old.actives), day, &book.rules)?,
            _ => Chain::of(change.applied(&[]), &book.rules)?,
        };
        if chain.actives.is_empty() {
            book.chains.remove(&key);
        } else {
            book.chains.insert(key, Arc::new(chain));
        }
    }
    Ok(())
}

fn rewrite_rows(book: &mut Book, removed: &BTreeSet<usize>, first_new: usize) -> Result<(), BookError> {
    for at in removed {
        let Some(row) = row_at(&book.entries, &book.standing, &book.rules, *at)? else { continue };
        let seq = row.seq;
        let chunk = book.rows.partition_point(|chunk| chunk.last().is_some_and(|last| last.seq < seq));
        if let Some(chunk) = book.rows.get_mut(chunk)
            && let Ok(found) = chunk.binary_search_by_key(&seq, |row| row.seq)
        {
            Arc::make_mut(chunk)[found] = row;
        }
    }
    for at in first_new..book.entries.len() {
        let Some(row) = row_at(&book.entries, &book.standing, &book.rules, at)? else { continue };
        match book.rows.last_mut() {
            Some(last) if last.len() < ROWS_PER_CHUNK => Arc::make_mut(last).push(row),
            _ => {
                let mut chunk = Vec::with_capacity(ROWS_PER_CHUNK);
                chunk.push(row);
                book.rows.push(Arc::new(chunk));
            }
        }
    }
    Ok(())
}

/// Sorts what leaves and what joins by the list that it is about.
fn changes<K: Ord>(removed: &[Active], added: &[Active], key: impl Fn(&Active) -> Option<K>) -> BTreeMap<K, Change> {
    let mut changes: BTreeMap<K, Change> = BTreeMap::new();
    for (active, is_removed) in removed.iter().map(|active| (active, true)).chain(added.iter().map(|a| (a, false))) {
        let Some(key) = key(active) else { continue };
        let change = changes.entry(key).or_default();
        let day = active.entry.effective_on;
        change.day = Some(change.day.map_or(day, |first| first.min(day)));
        if is_removed {
            change.removed.insert(active.entry.seq);
        } else {
            change.added.push(active.clone());
        }
    }
    changes
}

impl Change {
    /// The list after the change, in order of effect.
    fn applied(mut self, old: &[Active]) -> Vec<Active> {
        let kept = old.iter().filter(|active| !self.removed.contains(&active.entry.seq)).cloned();
        let mut actives: Vec<Active> = kept.collect();
        actives.append(&mut self.added);
        // Nearly sorted: one run each.
        actives.sort_by_key(Active::order);
        actives
    }
}

fn check_new_external_ids(book: &Book, added: &[Active]) -> Result<(), BookError> {
    let mut wanted: std::collections::HashMap<(Uuid, &str), u64> = std::collections::HashMap::new();
    for active in added {
        let entry = active.entry.as_ref();
        let (Some(external_id), Some(account_id)) = (&entry.external_id, entry.account_id) else { continue };
        if let Some(first_seq) = wanted.insert((account_id, external_id), entry.seq) {
            let external_id = external_id.clone();
            return Err(BookError::DuplicateExternalId { seq: entry.seq, first_seq, external_id });
        }
    }
    if wanted.is_empty() {
        return Ok(());
    }
    for (at, entry) in book.entries.iter().enumerate() {
        let (Some(external_id), Some(account_id)) = (&entry.external_id, entry.account_id) else { continue };
        let seq = wanted.get(&(account_id, external_id.as_str())).copied();
        if let Some(seq) = seq.filter(|seq| *seq != entry.seq && book.standing.is_in_force(at)) {
            let external_id = external_id.clone();
            return Err(BookError::DuplicateExternalId { seq, first_seq: entry.seq, external_id });
        }
    }
    Ok(())
}
