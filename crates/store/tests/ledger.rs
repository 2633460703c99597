//! The ledger in the database: what is appended is read back, the chain holds, the projections follow, and every way
//! around that is refused by the database itself.

use std::time::Duration;

use chrono::{NaiveDate, Utc};
use ledger::projection::{Rows, diff};
use ledger::{Book, Draft, Entry, Kind, NewEntry, Resolver};
use money::Currency;
use rust_decimal::Decimal;
use store::queries::ledger::{Appended, Source};
use store::queries::portfolios::{NewPortfolio, PortfolioChange, ProjectedSettings};
use store::queries::transactions::{TransactionCursor, TransactionFilter};
use store::queries::{accounts, ledger as ledger_queries, lots, portfolios, projections, transactions};
use store::{LeaseTicket, Store, StoreError, UserTransaction};
use testkit::{Person, TestDatabase, append, two_users};
use uuid::Uuid;

fn ticket(user: Uuid) -> LeaseTicket {
    LeaseTicket::platform(user, Duration::from_secs(60))
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("date")
}

struct OneCurrency;

impl Resolver for OneCurrency {
    fn base_currency(&self) -> Currency {
        Currency::EUR
    }

    fn fx(&self, currency: Currency, _: NaiveDate) -> Option<Decimal> {
        (currency == Currency::EUR).then_some(Decimal::ONE)
    }
}

fn deposit(account: Uuid, date: &str, amount: i64) -> NewEntry {
    let mut draft = Draft::new(Kind::Deposit, account, day(date), Currency::EUR);
    draft.gross_amount = Some(Decimal::from(amount));
    draft.note = Some(format!("deposit of {amount} % _ \\"));
    draft.tags = vec!["salary".to_owned(), "second tag".to_owned()];
    draft.complete(&OneCurrency).expect("deposit")
}

fn trade(kind: Kind, person: &Person, date: &str, quantity: i64) -> NewEntry {
    let mut draft = Draft::new(kind, person.account, day(date), Currency::EUR);
    draft.security_id = Some(person.security);
    draft.quantity = Some(Decimal::from(quantity));
    draft.price = Some(Decimal::from(100));
    draft.external_id = Some(format!("{kind}-{date}"));
    draft.complete(&OneCurrency).expect("trade")
}

async fn setup() -> (TestDatabase, std::sync::Arc<Store>, Person) {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let people = two_users(&store).await;
    (database, store, people.a)
}

async fn everything(tx: &mut UserTransaction, person: &Person) -> Result<(Vec<Entry>, Rows), StoreError> {
    let stored = ledger_queries::entries(tx, person.user, person.portfolio).await?;
    let commits: Vec<_> = stored.iter().map(|(_, commit)| *commit).collect();
    let entries: Vec<Entry> = stored.into_iter().map(|(entry, _)| entry).collect();
    let head = portfolios::head(tx, person.user, person.portfolio).await?.expect("head");
    let verified = ledger::commit::verify_chain(person.portfolio, &entries, &commits).expect("chain");
    assert_eq!((head.seq, head.commit), (entries.len() as u64, verified));
    let rows = projections::rows_of(tx, person.user, person.portfolio).await?;
    Ok((entries, rows))
}

#[tokio::test]
async fn projections_are_the_replay_after_every_kind_of_write() {
    let (_database, store, person) = setup().await;
    let user = person.user;
    let steps: Vec<Vec<NewEntry>> = vec![
        vec![deposit(person.account, "2024-03-01", 10_000), trade(Kind::Buy, &person, "2024-03-04", 7)],
        // Before everything else: all later rows are projected anew.
        vec![trade(Kind::Buy, &person, "2024-01-02", 3)],
        vec![trade(Kind::Sell, &person, "2024-04-01", 9)],
    ];
    for step in steps {
        let (entries, stored) = store
            .as_user(ticket(user), user, async |tx| {
                append(tx, user, person.portfolio, step).await?;
                everything(tx, &person).await
            })
            .await
            .expect("append");
        let book = Book::replay(person.portfolio, &entries).expect("replay");
        assert!(stored == Rows::of(&book));
        let differences = ledger::verification::verify(
            person.portfolio,
            &entries,
            &ledger::commit::chain(&ledger::commit::genesis(person.portfolio), &entries),
            &stored,
        );
        assert!(differences.is_clean());
    }
    // The sale is taken back, then the first purchase is corrected: transactions change their state and lots go.
    let (entries, stored) = store
        .as_user(ticket(user), user, async |tx| {
            let (entries, _) = everything(tx, &person).await?;
            let void = NewEntry::void(entries.last().expect("sale"), Some("typing error".to_owned()));
            append(tx, user, person.portfolio, vec![void]).await?;
            let first = entries.iter().find(|e| e.effective_on == day("2024-01-02") && e.kind == Kind::Buy);
            let corrected = trade(Kind::Buy, &person, "2024-01-02", 5)
                .amending(first.expect("purchase").seq, Some("five, not three".to_owned()));
            append(tx, user, person.portfolio, vec![corrected]).await?;
            everything(tx, &person).await
        })
        .await
        .expect("corrections");
    assert!(stored == Rows::of(&Book::replay(person.portfolio, &entries).expect("replay")));
    let history = store
        .as_user(ticket(user), user, async |tx| {
            let amended = entries.iter().find(|e| e.effective_on == day("2024-01-02") && e.kind == Kind::Buy);
            ledger_queries::history_of(tx, user, amended.expect("purchase").entry_id).await
        })
        .await
        .expect("history");
    let actions: Vec<_> = history.iter().map(|(_, stored)| stored.entry.action.name()).collect();
    assert_eq!(actions, ["record", "amend"]);
    assert!(history.iter().all(|(portfolio, _)| *portfolio == person.portfolio));
}

#[tokio::test]
async fn a_failed_write_leaves_nothing() {
    let (_database, store, person) = setup().await;
    let user = person.user;
    let before = store.as_user(ticket(user), user, async |tx| everything(tx, &person).await).await.expect("before");
    let error = store
        .as_user(ticket(user), user, async |tx| {
            append(tx, user, person.portfolio, vec![deposit(person.account, "2024-05-01", 1)]).await?;
            // More than is held.
            append(tx, user, person.portfolio, vec![trade(Kind::Sell, &person, "2024-05-02", 1_000)]).await
        })
        .await
        .expect_err("oversell");
    assert!(matches!(error, StoreError::Invariant(_)), "{error:?}");
    let after = store.as_user(ticket(user), user, async |tx| everything(tx, &person).await).await.expect("after");
    assert!(before == after);
}

/// Appends entries as given, without the care of a capability.
async fn append_raw(
    store: &Store,
    person: &Person,
    change: impl FnOnce(&mut Vec<Entry>, &mut [u8; 32]),
) -> Result<(), StoreError> {
    let user = person.user;
    store
        .as_user(ticket(user), user, async |tx| {
            let head = portfolios::lock(tx, user, person.portfolio).await?.expect("head");
            let mut previous = head.commit;
            let now = Utc::now();
            let new = [deposit(person.account, "2024-06-01", 1), deposit(person.account, "2024-06-02", 2)];
            let mut entries: Vec<Entry> =
                (head.seq + 1..).zip(new).map(|(seq, entry)| entry.numbered(seq, Uuid::now_v7(), now)).collect();
            change(&mut entries, &mut previous);
            let commits = ledger::commit::chain(&previous, &entries);
            let appended = Appended {
                previous,
                entries: &entries,
                commits: &commits,
                source: Source::Api,
                import_id: None,
                recorded_by: user,
                diff: &diff(&Rows::default(), &Rows::default()),
                settings: ProjectedSettings {
                    base_currency: Currency::EUR,
                    benchmark_id: None,
                    cost_basis_method: "fifo".to_owned(),
                    valuation_calendar: "all_days".to_owned(),
                    risk_free: None,
                    opened_on: None,
                },
            };
            ledger_queries::append(tx, user, person.portfolio, &appended).await
        })
        .await
}

#[tokio::test]
async fn the_database_refuses_a_broken_chain() {
    let (_database, store, person) = setup().await;
    let invariant = |result: Result<(), StoreError>, part: &str| match result {
        Err(StoreError::Invariant(text)) => assert!(text.contains(part), "{part}: {text}"),
        other => panic!("{part}: {other:?}"),
    };
    invariant(append_raw(&store, &person, |entries, _| entries[1].seq += 1).await, "without gap");
    invariant(
        append_raw(&store, &person, |entries, _| {
            for entry in entries {
                entry.seq += 1;
            }
        })
        .await,
        "expected 6 onwards",
    );
    invariant(append_raw(&store, &person, |_, previous| previous[0] ^= 1).await, "continue the commit");
    let twice = append_raw(&store, &person, |entries, _| entries[1].entry_id = entries[0].entry_id).await;
    assert!(matches!(twice, Err(StoreError::AlreadyExists { .. })), "{twice:?}");
    let stranger = append_raw(&store, &person, |entries, _| entries[1].account_id = Some(Uuid::now_v7())).await;
    assert!(matches!(stranger, Err(StoreError::Reference { .. })), "{stranger:?}");
    append_raw(&store, &person, |_, _| {}).await.expect("the untouched one is accepted");
}

#[tokio::test]
async fn the_head_is_the_last_entry_and_nothing_else() {
    let (database, store, person) = setup().await;
    let admin = database.admin().await;
    for change in [
        "ledger_seq = ledger_seq - 1",
        "ledger_seq = 0, ledger_commit = sha256('dawsos-ledger-v1'::bytea || uuid_send(id))",
        "ledger_commit = sha256('x')",
    ] {
        let statement = format!("UPDATE dawsos.portfolios SET {change} WHERE id = '{}'", person.portfolio);
        let error = admin.batch_execute(&statement).await.expect_err(change);
        assert_eq!(error.as_db_error().and_then(|db| db.constraint()), Some("portfolios_head"), "{change}");
    }
    let statement = format!(
        "INSERT INTO dawsos.portfolios (user_id, id, name, ledger_seq, ledger_commit, base_currency)
         VALUES ('{}', '{}', 'x', 5, sha256('x'), 'EUR')",
        person.user,
        Uuid::now_v7()
    );
    let error = admin.batch_execute(&statement).await.expect_err("not empty");
    assert_eq!(error.as_db_error().and_then(|db| db.constraint()), Some("portfolios_head"));
    drop(store);
}

#[tokio::test]
async fn projections_refer_to_what_is_there_and_belongs_to_the_same_user() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let people = two_users(&store).await;
    let admin = database.admin().await;
    let (a, b) = (&people.a, &people.b);
    let columns =
        "security_id, opened_seq, acquired_on, holding_started_on, quantity_original, quantity_open, cost_basis,
                   cost_per_unit, fx_rate_to_base";
    let values = format!("'{}', 1, '2024-01-01', '2024-01-01', 1, 1, 1, 1, 1", a.security);
    let insert = |user: Uuid, portfolio: Uuid, account: Uuid, currency: &str| {
        format!(
            "INSERT INTO dawsos.lots (user_id, id, portfolio_id, account_id, cost_currency, {columns})
             VALUES ('{user}', '{}', '{portfolio}', '{account}', '{currency}', {values})",
            Uuid::now_v7()
        )
    };
    admin.batch_execute(&insert(a.user, a.portfolio, a.account, "EUR")).await.expect("own account");
    for (what, statement) in [
        ("account of another user", insert(a.user, a.portfolio, b.account, "EUR")),
        ("another portfolio", insert(a.user, b.portfolio, a.account, "EUR")),
        ("unknown currency", insert(a.user, a.portfolio, a.account, "QQQ")),
        (
            "unknown security",
            insert(a.user, a.portfolio, a.account, "EUR").replace(&a.security.to_string(), &Uuid::nil().to_string()),
        ),
    ] {
        let error = admin.batch_execute(&statement).await.expect_err(what);
        assert_eq!(error.code().map(|c| c.code()), Some("23503"), "{what}: {error:?}");
    }
    // What entries refer to cannot be deleted.
    for statement in [
        format!("DELETE FROM dawsos.accounts WHERE id = '{}'", a.account),
        format!("DELETE FROM dawsos.portfolios WHERE id = '{}'", a.portfolio),
        format!("DELETE FROM dawsos.securities WHERE id = '{}'", a.security),
        format!("DELETE FROM dawsos.users WHERE id = '{}'", b.user),
    ] {
        let error = admin.batch_execute(&statement).await.expect_err(&statement);
        assert_eq!(error.code().map(|c| c.code()), Some("23503"), "{statement}: {error:?}");
    }
}

#[tokio::test]
async fn checks_of_single_rows_hold() {
    let (database, _store, person) = setup().await;
    let admin = database.admin().await;
    for (statement, constraint) in [
        ("UPDATE dawsos.lots SET quantity_open = quantity_original + 1", "lots_quantity_open_check"),
        ("UPDATE dawsos.lots SET quantity_open = -1", "lots_quantity_open_check"),
        ("UPDATE dawsos.lots SET quantity_open = 0", "lots_closed_check"),
        (
            "UPDATE dawsos.lots SET quantity_original = 0, quantity_open = 0, closed_on = acquired_on",
            "lots_quantity_original_check",
        ),
        (
            "UPDATE dawsos.lot_events SET realized_gain = realized_gain + 0.01 WHERE realized_gain IS NOT NULL",
            "lot_events_realized_gain_check",
        ),
        ("UPDATE dawsos.manual_prices SET price = 0", "manual_prices_price_check"),
        ("UPDATE dawsos.transactions SET quantity = 0 WHERE kind = 'buy'", "transactions_trade_check"),
        ("UPDATE dawsos.transactions SET fx_rate = 0", "transactions_fx_rate_check"),
        (
            "UPDATE dawsos.transactions SET kind = 'dividend', ex_date = '2024-02-01', pay_date = '2024-01-01'",
            "transactions_pay_date_check",
        ),
        ("UPDATE dawsos.accounts SET opened_on = '2024-02-01', closed_on = '2024-01-01'", "accounts_closed_on_check"),
        ("UPDATE dawsos.portfolio_shares SET grantee_user_id = owner_user_id", ""),
    ] {
        let result = admin.execute(statement, &[]).await;
        match result {
            Err(error) => {
                let found = error.as_db_error().and_then(|db| db.constraint()).unwrap_or_default();
                assert_eq!(found, constraint, "{statement}: {error:?}");
            }
            Ok(rows) => assert!(rows == 0 && constraint.is_empty(), "{statement} changed {rows} rows"),
        }
    }
    let statement = format!(
        "INSERT INTO dawsos.portfolio_shares (id, owner_user_id, portfolio_id, grantee_user_id)
         VALUES ('{}', '{1}', '{2}', '{1}')",
        Uuid::now_v7(),
        person.user,
        person.portfolio
    );
    let error = admin.batch_execute(&statement).await.expect_err("share with oneself");
    assert_eq!(error.as_db_error().and_then(|db| db.constraint()), Some("portfolio_shares_grantee_check"));
}

#[tokio::test]
async fn an_external_transaction_is_recorded_once_until_it_is_taken_back() {
    let (database, store, person) = setup().await;
    let user = person.user;
    let buy = || vec![trade(Kind::Buy, &person, "2024-07-01", 1)];
    store.as_user(ticket(user), user, async |tx| append(tx, user, person.portfolio, buy()).await).await.expect("once");
    let admin = database.admin().await;
    let copy = format!(
        "INSERT INTO dawsos.transactions SELECT (jsonb_populate_record(t, jsonb_build_object('id', '{}', 'seq', 99))).*
         FROM dawsos.transactions t WHERE external_id = 'buy-2024-07-01'",
        Uuid::now_v7()
    );
    let error = admin.batch_execute(&copy).await.expect_err("twice");
    assert_eq!(error.as_db_error().and_then(|db| db.constraint()), Some("transactions_external_id_key"));
    let known = store
        .as_user(ticket(user), user, async |tx| {
            let id = buy()[0].external_id.clone().expect("external id");
            let known = ledger_queries::external_ids(tx, user, &[person.account], &[id, "unknown".to_owned()]).await?;
            let (entries, _) = everything(tx, &person).await?;
            append(tx, user, person.portfolio, vec![NewEntry::void(entries.last().expect("buy"), None)]).await?;
            append(tx, user, person.portfolio, buy()).await?;
            Ok(known)
        })
        .await
        .expect("again after the void");
    assert_eq!(known.len(), 1);
}

#[tokio::test]
async fn pages_of_transactions_join_without_gap_or_overlap() {
    let (_database, store, person) = setup().await;
    let user = person.user;
    let days = ["2024-08-01", "2024-08-01", "2024-08-01", "2024-08-02", "2024-08-05"];
    let new: Vec<NewEntry> = (1..).zip(days).map(|(i, date)| deposit(person.account, date, i * 100)).collect();
    let portfolio = person.portfolio;
    store.as_user(ticket(user), user, async |tx| append(tx, user, portfolio, new).await).await.expect("append");
    store
        .as_user(ticket(user), user, async |tx| {
            let all = transactions::page(tx, user, portfolio, &TransactionFilter::default(), None, 1_000).await?;
            let order: Vec<_> = all.iter().map(|row| (row.trade_date, row.seq)).collect();
            assert!(order.is_sorted_by(|a, b| a > b), "newest first");
            assert_eq!(all.len(), 8);
            let (mut pages, mut after) = (Vec::new(), None);
            loop {
                let page = transactions::page(tx, user, portfolio, &TransactionFilter::default(), after, 3).await?;
                let Some(last) = page.last() else { break };
                after = Some(TransactionCursor { trade_date: last.trade_date, seq: last.seq });
                pages.extend(page);
            }
            assert!(pages == all);
            for (filter, expected) in [
                (TransactionFilter { tag: Some("salary".to_owned()), ..Default::default() }, 5),
                (TransactionFilter { tag: Some("none".to_owned()), ..Default::default() }, 0),
                (TransactionFilter { kinds: Some(vec!["buy".to_owned(), "sell".to_owned()]), ..Default::default() }, 2),
                (TransactionFilter { security_id: Some(person.security), ..Default::default() }, 2),
                (TransactionFilter { account_id: Some(Uuid::nil()), ..Default::default() }, 0),
                (TransactionFilter { from: Some(day("2024-08-02")), ..Default::default() }, 2),
                (TransactionFilter { to: Some(day("2024-02-01")), ..Default::default() }, 3),
                (TransactionFilter { text: Some("OF 300".to_owned()), ..Default::default() }, 1),
                // Wildcards of LIKE are letters like any other.
                (TransactionFilter { text: Some("% _ \\".to_owned()), ..Default::default() }, 5),
                (TransactionFilter { text: Some("%0%".to_owned()), ..Default::default() }, 0),
                (TransactionFilter { statuses: Some(vec!["voided".to_owned()]), ..Default::default() }, 0),
            ] {
                let found = transactions::page(tx, user, portfolio, &filter, None, 1_000).await?;
                assert_eq!(found.len(), expected, "{filter:?}");
                let counted = transactions::count(tx, user, portfolio, &filter).await?;
                assert_eq!(counted, expected as u64, "{filter:?}");
            }
            let one = transactions::by_id(tx, user, all[0].id).await?.expect("by id");
            assert!(one.row == all[0] && one.portfolio_id == portfolio && one.user_id == user);
            assert_eq!(one.row.tags, ["salary", "second tag"]);
            Ok(())
        })
        .await
        .expect("pages");
}

#[tokio::test]
async fn lots_and_gains_are_found() {
    let (_database, store, person) = setup().await;
    let user = person.user;
    store
        .as_user(ticket(user), user, async |tx| {
            let open = lots::list(tx, user, person.portfolio, Some(person.security), Some(true)).await?;
            assert_eq!(open.len(), 1);
            assert_eq!(open[0].quantity_open, Decimal::from(6));
            assert!(lots::list(tx, user, person.portfolio, None, Some(false)).await?.is_empty());
            let found = lots::by_id(tx, user, open[0].id).await?.expect("lot");
            assert!(found.row == open[0] && found.portfolio_id == person.portfolio);
            let events = lots::events(tx, user, open[0].id).await?;
            assert_eq!(events.iter().map(|e| e.kind.name()).collect::<Vec<_>>(), ["open", "dispose"]);
            let realized =
                lots::realized(tx, user, person.portfolio, Some(day("2024-02-01")), Some(day("2024-02-01"))).await?;
            assert!(realized.len() == 1 && realized[0] == events[1]);
            assert_eq!(realized[0].realized_gain, Some(Decimal::from(40)));
            assert!(lots::realized(tx, user, person.portfolio, Some(day("2024-02-02")), None).await?.is_empty());
            Ok(())
        })
        .await
        .expect("lots");
}

#[tokio::test]
async fn records_are_changed_by_version_only() {
    let (_database, store, person) = setup().await;
    let user = person.user;
    let portfolio = person.portfolio;
    let rename = |name: &str| PortfolioChange { name: Some(name.to_owned()), ..Default::default() };
    store
        .as_user(ticket(user), user, async |tx| {
            let head = portfolios::head(tx, user, portfolio).await?.expect("head");
            let renamed = portfolios::update(tx, user, portfolio, head.version, &rename("New name")).await?;
            assert_eq!((renamed.version, renamed.name.as_str()), (head.version + 1, "New name"));
            let stale = portfolios::update(tx, user, portfolio, head.version, &rename("Other")).await;
            assert!(matches!(stale, Err(StoreError::VersionConflict { current, .. }) if current == renamed.version));
            let missing = portfolios::update(tx, user, Uuid::nil(), 1, &rename("Other")).await;
            assert!(matches!(missing, Err(StoreError::NotFound("portfolio"))));
            let account = accounts::by_id(tx, user, person.account).await?.expect("account");
            let mut fields = account.fields.clone();
            fields.closed_on = Some(day("2030-01-01"));
            let changed = accounts::update(tx, user, account.id, account.version, &fields).await?;
            assert_eq!(changed.fields, fields);
            Ok(())
        })
        .await
        .expect("versions");
    let in_use = store
        .as_user(ticket(user), user, async |tx| {
            let account = accounts::by_id(tx, user, person.account).await?.expect("account");
            accounts::delete(tx, user, account.id, account.version).await
        })
        .await;
    assert!(matches!(in_use, Err(StoreError::Reference { .. })), "{in_use:?}");
    let same_name = store
        .as_user(ticket(user), user, async |tx| {
            let new = NewPortfolio {
                id: Uuid::now_v7(),
                name: "NEW NAME".to_owned(),
                description: String::new(),
                base_currency: Currency::EUR,
                cost_basis_method: "fifo".to_owned(),
                valuation_calendar: "all_days".to_owned(),
                demo: false,
            };
            portfolios::insert(tx, user, &new).await
        })
        .await;
    match same_name {
        Err(StoreError::AlreadyExists { constraint }) => assert_eq!(constraint, "portfolios_name_key"),
        other => panic!("{other:?}"),
    }
}
