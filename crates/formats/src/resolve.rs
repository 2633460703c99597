//! From lines in the words of a file to rows in the words of the books: order, accounts, securities, identities.
//!
//! Invariant: every line gives at least one row; rows stand in the order in which they are applied.

use std::collections::{HashMap, HashSet};

use dates::Date;
use ledger::{Draft, Kind, Problem, Ratio};
use money::Decimal;
use uuid::Uuid;

use crate::directory::AccountsAndSecurities;
use crate::movement::{Content, Line, Movement, short};
use crate::reading::{Options, Outcome, Row};
use crate::row_key::RowKeys;
use crate::security::{Found, Matcher, NewSecurity, Question};

/// Rows between two notices of progress.
const PROGRESS_STEP: usize = 1_000;
/// Most accounts that advice lists.
const ACCOUNTS_SHOWN: usize = 10;

/// What resolving gives.
pub(crate) struct Resolved {
    pub rows: Vec<Row>,
    pub questions: Vec<Question>,
    pub created: Vec<NewSecurity>,
    pub unknown_accounts: Vec<String>,
    pub is_newest_first: bool,
}

/// Matches names and gives identities.
pub(crate) fn resolve(mut lines: Vec<Line>, options: &Options<'_>, known: &dyn AccountsAndSecurities) -> Resolved {
    let is_newest_first = is_newest_first(&lines);
    let mut records: Vec<usize> = (0..lines.len()).collect();
    if is_newest_first {
        // Without a time of day, the reverse of the file is the only order of a day that it tells.
        lines.reverse();
        records.reverse();
    }
    let total = lines.len();
    let mut resolver = Resolver {
        known,
        options,
        matcher: Matcher::new(known, &options.security_choices, options.creates_unknown, options.owner),
        keys: RowKeys::default(),
        external_ids: HashMap::new(),
        parts: HashMap::new(),
        file_accounts: accounts_of(&lines),
        unknown_accounts: Vec::new(),
        rows: Vec::with_capacity(total),
        added: Vec::new(),
    };
    for (done, (line, record)) in lines.into_iter().zip(records).enumerate() {
        if let Some(progress) = options.progress.filter(|_| done % PROGRESS_STEP == 0) {
            progress(done, total);
        }
        resolver.line(line, record);
    }
    resolver.ratios_of_added_units();
    resolver.identities();
    if let Some(progress) = options.progress {
        progress(total, total);
    }
    Resolved {
        rows: resolver.rows,
        questions: resolver.matcher.questions,
        created: resolver.matcher.created,
        unknown_accounts: resolver.unknown_accounts,
        is_newest_first,
    }
}

fn movements_of(line: &Line) -> &[Movement] {
    match &line.content {
        Content::Movements(movements) => movements,
        _ => &[],
    }
}

/// Whether the days run backwards.
fn is_newest_first(lines: &[Line]) -> bool {
    let days: Vec<Date> =
        lines.iter().filter_map(|line| movements_of(line).first()).map(|movement| movement.draft.trade_date).collect();
    let (mut up, mut down) = (0usize, 0usize);
    for pair in days.windows(2) {
        up += usize::from(pair[0] < pair[1]);
        down += usize::from(pair[1] < pair[0]);
    }
    up < down
}

fn accounts_of(lines: &[Line]) -> HashSet<String> {
    let movements = lines.iter().flat_map(movements_of);
    movements.flat_map(|movement| [&movement.account, &movement.counter_account]).flatten().cloned().collect()
}

struct Resolver<'a> {
    known: &'a dyn AccountsAndSecurities,
    options: &'a Options<'a>,
    matcher: Matcher<'a>,
    keys: RowKeys,
    external_ids: HashMap<(Uuid, String), usize>,
    parts: HashMap<u64, u32>,
    file_accounts: HashSet<String>,
    unknown_accounts: Vec<String>,
    rows: Vec<Row>,
    /// Splits told as added units: row and units.
    added: Vec<(usize, Decimal)>,
}

impl Resolver<'_> {
    fn line(&mut self, line: Line, record: usize) {
        let Line { line: number, raw, content } = line;
        match content {
            Content::Movements(movements) => {
                for movement in movements {
                    let warnings = movement.warnings.iter().map(|warning| warning.clone().at_line(number)).collect();
                    let added = movement.added_units;
                    let outcome = self.movement(movement, number);
                    if let (Some(added), Outcome::Draft(_)) = (added, &outcome) {
                        self.added.push((self.rows.len(), added));
                    }
                    self.push(number, record, raw.clone(), outcome, warnings);
                }
            }
            Content::Problems(problems) => {
                let problems = problems.into_iter().map(|problem| problem.at_line(number)).collect();
                self.push(number, record, raw, Outcome::Problems(problems), Vec::new());
            }
            Content::NotSupported(problem) => {
                self.push(number, record, raw, Outcome::NotSupported(problem.at_line(number)), Vec::new());
            }
            Content::Ignored(why) => self.push(number, record, raw, Outcome::Ignored(why), Vec::new()),
        }
    }

    fn push(&mut self, line: u64, record: usize, raw: Vec<(String, String)>, outcome: Outcome, warnings: Vec<Problem>) {
        let next = self.parts.entry(line).or_insert(0);
        let part = *next;
        *next += 1;
        self.rows.push(Row { line, part, record, raw, row_key: String::new(), outcome, warnings });
    }

    fn movement(&mut self, movement: Movement, line: u64) -> Outcome {
        let mut problems = Vec::new();
        let mut draft = movement.draft;
        if let Some(corrections) = self.options.corrections.get(&line) {
            correct(&mut draft, corrections, &mut problems);
        }
        match self.account(movement.account.as_deref()) {
            Ok(account) => draft.account_id = account,
            Err(problem) => problems.push(problem),
        }
        if let Some(name) = &movement.counter_account {
            match self.account(Some(name)) {
                Ok(account) => draft.counter_account_id = Some(account),
                Err(problem) => problems.push(problem),
            }
        }
        if let Some(names) = movement.security.filter(|names| !names.is_empty()) {
            let trades = matches!(draft.kind, Kind::Buy | Kind::Sell | Kind::TransferIn | Kind::TransferOut);
            match self.matcher.security(&names, draft.currency, trades, line) {
                Found::Security(id) => draft.security_id = Some(id),
                Found::Ignored => return Outcome::Ignored(format!("{} is left out, as chosen", names.label())),
                Found::Asked { key, why } => problems.push(
                    Problem::new("unknown_security", "security", why)
                        .with_try(format!("choose a security for {key}, create it, or leave it out")),
                ),
            }
        }
        if let Some((currency, rate)) = movement.rate
            && draft.fx_rate.is_none()
            && self.known.base_currency() == Some(currency)
            && draft.currency != currency
            && !rate.is_zero()
        {
            draft.fx_rate = Some(rate);
        }
        if problems.is_empty() {
            return Outcome::Draft(Box::new(draft));
        }
        Outcome::Problems(problems.into_iter().map(|problem| problem.at_line(line)).collect())
    }

    fn account(&mut self, name: Option<&str>) -> Result<Uuid, Problem> {
        let names = || self.known.account_names().into_iter().take(ACCOUNTS_SHOWN).collect::<Vec<_>>().join(", ");
        let Some(name) = name.filter(|name| !name.trim().is_empty()) else {
            return self.known.only_account().ok_or_else(|| {
                let detail = "the line names no account, and the portfolio does not have exactly one";
                Problem::new("missing_field", "account", detail)
                    .with_try(format!("choose the account of the file: {}", names()))
            });
        };
        let chosen = self.options.account_choices.get(name).copied();
        let only = || if self.file_accounts.len() == 1 { self.known.only_account() } else { None };
        if let Some(account) = chosen.or_else(|| self.known.account(name)).or_else(only) {
            return Ok(account);
        }
        let problem = Problem::new("unknown_account", "account", format!("no account is named {:?}", short(name)))
            .with_try(format!("create it, or choose one for it: {}", names()));
        if !self.unknown_accounts.iter().any(|known| known == name) {
            self.unknown_accounts.push(name.to_owned());
        }
        Err(problem)
    }

    /// A split told as added units gets the ratio that the units held before it give.
    fn ratios_of_added_units(&mut self) {
        for (at, added) in std::mem::take(&mut self.added) {
            let Outcome::Draft(draft) = &self.rows[at].outcome else { continue };
            let (account, security, date) = (draft.account_id, draft.security_id, draft.trade_date);
            if draft.ratio.is_some() {
                continue;
            }
            let in_file = security.map_or(Decimal::ZERO, |security| self.units_in_file(account, security, date, at));
            let in_books =
                security.and_then(|security| self.known.units_held(account, security, date)).unwrap_or_default();
            let both = in_file.checked_add(in_books).unwrap_or_default();
            let ratio = [both, in_file, in_books].into_iter().find_map(|held| ratio_of(held, added));
            let line = self.rows[at].line;
            match (ratio, &mut self.rows[at].outcome) {
                (Some(ratio), Outcome::Draft(draft)) => draft.ratio = Some(ratio),
                (None, outcome) => {
                    let detail = format!(
                        "{} units were added by the split, what was held before gives no ratio",
                        added.normalize()
                    );
                    *outcome = Outcome::Problems(vec![
                        Problem::new("missing_field", "ratio", detail)
                            .with_try("give the ratio of the line, new:old, for example 4:1")
                            .at_line(line),
                    ]);
                }
                _ => {}
            }
        }
    }

    fn units_in_file(&self, account: Uuid, security: Uuid, before: Date, split_at: usize) -> Decimal {
        let earlier = self.rows.iter().enumerate().filter_map(|(at, row)| match &row.outcome {
            Outcome::Draft(draft) if draft.trade_date < before || draft.trade_date == before && at < split_at => {
                Some(draft)
            }
            _ => None,
        });
        let mut drafts: Vec<&Draft> = earlier
            .map(|draft| draft.as_ref())
            .filter(|draft| draft.account_id == account && draft.security_id == Some(security))
            .collect();
        drafts.sort_by_key(|draft| draft.trade_date);
        let mut units = Decimal::ZERO;
        for draft in drafts {
            let quantity = draft.quantity.unwrap_or_default();
            units = match draft.kind {
                Kind::Buy | Kind::TransferIn | Kind::StockDividend => units.checked_add(quantity),
                Kind::Sell | Kind::TransferOut => units.checked_sub(quantity),
                Kind::Split => draft.ratio.and_then(|ratio| units.checked_mul(ratio.to)?.checked_div(ratio.from)),
                _ => Some(units),
            }
            .unwrap_or(units);
        }
        units
    }

    /// Identities come last: they are those of the finished drafts. Two rows of a file with one external id that say
    /// the same are one transaction; if they differ, the source reuses its ids and the later gets a number.
    fn identities(&mut self) {
        for at in 0..self.rows.len() {
            if let Outcome::Draft(draft) = &self.rows[at].outcome
                && let Some(external_id) = draft.external_id.clone()
            {
                self.identity(at, draft.account_id, &external_id);
            }
            let row = &mut self.rows[at];
            row.row_key = match &row.outcome {
                Outcome::Draft(draft) => self.keys.key_of(draft),
                _ => self.keys.key_of_cells(row.raw.iter().map(|(_, cell)| cell.as_str())),
            };
        }
    }

    fn identity(&mut self, at: usize, account: Uuid, external_id: &str) {
        let mut candidate = external_id.to_owned();
        let mut number = 2;
        while let Some(first) = self.external_ids.get(&(account, candidate.clone())).copied() {
            let first_record = self.rows[first].record;
            let (first_line, record) = (self.rows[first].line, self.rows[at].record);
            let (Outcome::Draft(known), Outcome::Draft(own)) = (&self.rows[first].outcome, &self.rows[at].outcome)
            else {
                break;
            };
            let same = Draft { external_id: known.external_id.clone(), ..own.as_ref().clone() };
            if same == **known && first_record != record {
                self.rows[at].outcome = Outcome::Ignored(format!("the same transaction as on line {first_line}"));
                return;
            }
            candidate = format!("{external_id}#{number}");
            number += 1;
        }
        if let Outcome::Draft(draft) = &mut self.rows[at].outcome {
            draft.external_id = Some(candidate.clone());
            self.external_ids.insert((account, candidate), at);
        }
    }
}

/// new:old of a split that added units to what was held, where that is a ratio of small numbers.
fn ratio_of(held: Decimal, added: Decimal) -> Option<Ratio> {
    let after = held.checked_add(added)?;
    if held <= Decimal::ZERO || after <= Decimal::ZERO {
        return None;
    }
    // Fractions that the broker paid out in cash leave less than one unit of doubt.
    let tolerance = Decimal::new(1, 6);
    (1..=20u32).find_map(|from| {
        let exact = after.checked_mul(Decimal::from(from))?.checked_div(held)?;
        let to = exact.round();
        let off = (exact - to).abs();
        let fits = off.checked_div(exact).is_some_and(|relative| relative <= tolerance);
        (fits && Decimal::ONE <= to && to <= Decimal::from(200) && to != Decimal::from(from))
            .then(|| Ratio { from: Decimal::from(from), to })
    })
}

/// Corrections of fields that a file may leave open.
fn correct(draft: &mut Draft, corrections: &[(String, String)], problems: &mut Vec<Problem>) {
    for (field, text) in corrections {
        let text = text.trim();
        let is_read = match field.as_str() {
            "ratio" => Ratio::parse(text).map(|ratio| draft.ratio = Some(ratio)).is_some(),
            "lot_date" => dates::parse_date(text).map(|date| draft.lot_date = Some(date)).is_ok(),
            "lot_cost" => money::parse_decimal(text).map(|cost| draft.lot_cost = Some(cost)).is_ok(),
            // Columns of the file were corrected before the line was read.
            _ => true,
        };
        if !is_read {
            let detail = format!("the correction {:?} cannot be read", short(text));
            problems.push(Problem::new("invalid_correction", field.clone(), detail));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_units_give_the_ratio_of_a_split() {
        let dec = |text: &str| -> Decimal { text.parse().expect(text) };
        for (held, added, expected) in [
            ("10", "30", Some("4:1")),
            ("0.0455660000", "0.4100940000", Some("10:1")),
            ("100", "-90", Some("1:10")),
            ("10", "5", Some("3:2")),
            ("0", "40", None),
            ("10", "0.137", None),
            ("10", "-10", None),
        ] {
            assert_eq!(
                ratio_of(dec(held), dec(added)).map(|ratio| ratio.to_string()).as_deref(),
                expected,
                "{held} {added}"
            );
        }
    }
}
