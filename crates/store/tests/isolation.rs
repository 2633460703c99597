//! A user sees its own rows only: proved by enumeration for every table, so that a new table without proof fails.

use std::collections::BTreeSet;

use store::{LeaseTicket, StoreError};
use testkit::{TestDatabase, TwoUsers, two_users};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

struct Table {
    name: String,
    class: String,
    has_user: bool,
    columns: Vec<String>,
}

/// Tables of the schema with the class that their comment begins with: `[T P]`, `[S]`, …
async fn tables(admin: &Client) -> Vec<Table> {
    let rows = admin
        .query(
            "SELECT c.relname::text, substring(obj_description(c.oid, 'pg_class') FROM '^\\[([^]]+)\\]'),
                    array_agg(a.attname::text ORDER BY a.attnum)
             FROM pg_class c
             JOIN pg_namespace n ON n.oid = c.relnamespace
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             WHERE n.nspname = 'dawsos' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
             GROUP BY c.oid ORDER BY c.relname",
            &[],
        )
        .await
        .expect("tables");
    rows.iter()
        .map(|row| {
            let columns: Vec<String> = row.get(2);
            Table {
                name: row.get(0),
                class: row.get::<_, Option<String>>(1).unwrap_or_default(),
                has_user: columns.iter().any(|c| c == "user_id"),
                columns,
            }
        })
        .collect()
}

/// Becomes the application role for a user (or nobody) until the transaction ends.
async fn become_user(login: &Client, user: Option<Uuid>) {
    let user = user.map(|u| u.to_string()).unwrap_or_default();
    login
        .batch_execute(&format!("BEGIN; SET LOCAL ROLE dawsos_app; SET LOCAL app.user_id = '{user}'"))
        .await
        .expect("application role");
}

async fn rollback(login: &Client) {
    login.batch_execute("ROLLBACK").await.expect("rollback");
}

/// Rows that a statement touched, 0 when the role may not run it at all.
async fn touched(login: &Client, user: Option<Uuid>, statement: &str) -> u64 {
    become_user(login, user).await;
    let result = login.execute(statement, &[]).await;
    rollback(login).await;
    match result {
        Ok(rows) => rows,
        Err(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => 0,
        // A statement-level trigger refuses before any row is looked at.
        Err(error) if error.code() == Some(&SqlState::INTEGRITY_CONSTRAINT_VIOLATION) => 0,
        Err(error) => panic!("{statement}: {error:?}"),
    }
}

async fn setup() -> (TestDatabase, Client, Client, TwoUsers) {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let people = two_users(&store).await;
    let (admin, login) = (database.admin().await, database.login().await);
    (database, admin, login, people)
}

#[tokio::test]
async fn every_table_is_protected_by_the_database() {
    let database = TestDatabase::create().await;
    let admin = database.admin().await;
    let mut wrong = Vec::new();
    for table in tables(&admin).await {
        let name = &table.name;
        let row = admin
            .query_one(
                "SELECT c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner)::text,
                        coalesce((SELECT array_agg(DISTINCT p.cmd::text) FROM pg_policies p
                                  WHERE p.schemaname = 'dawsos' AND p.tablename = c.relname
                                    AND 'dawsos_app' = ANY (p.roles)), '{}'),
                        (SELECT a.attname::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
                         WHERE i.indrelid = c.oid AND i.indisprimary)
                 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = 'dawsos' AND c.relname = $1",
                &[name],
            )
            .await
            .expect("table");
        let (enabled, forced): (bool, bool) = (row.get(0), row.get(1));
        let owner: String = row.get(2);
        let commands: Vec<String> = row.get(3);
        let first_key: Option<String> = row.get(4);
        if owner != "dawsos_owner" {
            wrong.push(format!("{name} belongs to {owner}"));
        }
        if table.class.is_empty() {
            wrong.push(format!("{name} has no class in its comment"));
        }
        let shared = table.class == "S";
        let protected = enabled && forced;
        if !shared && !protected {
            wrong.push(format!("{name} [{}] has no forced row-level security", table.class));
        }
        if table.has_user && shared {
            wrong.push(format!("{name} has a user and is of class S"));
        }
        if table.class.starts_with('T') {
            let all: BTreeSet<&str> = commands.iter().map(String::as_str).collect();
            if all != BTreeSet::from(["SELECT", "INSERT", "UPDATE", "DELETE"]) {
                wrong.push(format!("{name} has policies for {all:?}"));
            }
            if first_key.as_deref() != Some("user_id") {
                wrong.push(format!("the primary key of {name} begins with {first_key:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn partitions_are_reached_through_their_parent_only() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    store
        .as_worker(LeaseTicket::platform(Uuid::nil(), std::time::Duration::from_secs(30)), async |tx| {
            store::queries::executions::ensure_partitions(tx, 2).await
        })
        .await
        .expect("months");
    let admin = database.admin().await;
    let rows = admin
        .query(
            "SELECT c.relname::text, p.relrowsecurity AND NOT (c.relrowsecurity AND c.relforcerowsecurity),
                    (SELECT count(*) FROM aclexplode(c.relacl) a WHERE a.grantee <> c.relowner)
             FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class p ON p.oid = i.inhparent
             JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = 'dawsos' AND c.relkind = 'r'",
            &[],
        )
        .await
        .expect("partitions");
    assert!(rows.len() > 50);
    for row in &rows {
        let name: String = row.get(0);
        assert!(!row.get::<_, bool>(1), "{name} has no forced row-level security although its parent has");
        assert_eq!(row.get::<_, i64>(2), 0, "{name} is granted to somebody");
    }
    let months: Vec<&str> = rows.iter().map(|r| r.get(0)).filter(|n: &&str| n.starts_with("executions_2")).collect();
    assert_eq!(months.len(), 3, "{months:?}");
}

#[tokio::test]
async fn nobody_reaches_the_rows_of_another() {
    let (_database, admin, login, people) = setup().await;
    let (a, b) = (people.a.user, people.b.user);
    let mut checked = 0;
    for table in tables(&admin).await.into_iter().filter(|t| t.has_user) {
        let name = &table.name;
        let first = admin
            .query_opt(&format!("SELECT to_jsonb(t) FROM dawsos.{name} t WHERE user_id = $1 LIMIT 1"), &[&a])
            .await
            .expect("rows");
        let Some(first) = first else {
            panic!("{name} has a user_id, but the fixture has no row in it: add one to testkit");
        };
        let row: serde_json::Value = first.get(0);
        let of_a = format!("user_id = '{a}'");
        for (who, user) in [("another user", Some(b)), ("nobody", None)] {
            let count = touched(&login, user, &format!("SELECT user_id FROM dawsos.{name} WHERE {of_a}")).await;
            assert_eq!(count, 0, "{who} reads {name}");
            let column = table.columns.iter().find(|c| *c != "user_id").expect("a second column");
            let statement = format!("UPDATE dawsos.{name} SET {column} = {column} WHERE {of_a}");
            assert_eq!(touched(&login, user, &statement).await, 0, "{who} changes {name}");
            let statement = format!("DELETE FROM dawsos.{name} WHERE {of_a}");
            assert_eq!(touched(&login, user, &statement).await, 0, "{who} deletes from {name}");

            // The same row again, as its owner would write it.
            become_user(&login, user).await;
            let statement =
                format!("INSERT INTO dawsos.{name} SELECT * FROM jsonb_populate_record(NULL::dawsos.{name}, $1)");
            let error = login.execute(&statement, &[&row]).await.expect_err("insert");
            rollback(&login).await;
            let code = error.code().cloned();
            assert_eq!(code, Some(SqlState::INSUFFICIENT_PRIVILEGE), "{who} writes {name} as its owner: {error:?}");
        }
        // What isolation is proved against is really there.
        if table.class.starts_with('T') {
            let statement = format!("SELECT user_id FROM dawsos.{name} WHERE {of_a}");
            assert!(touched(&login, Some(a), &statement).await > 0, "the owner does not see its rows of {name}");
        }
        checked += 1;
    }
    assert!(checked >= 20, "{checked} tables");
}

#[tokio::test]
async fn a_user_sees_its_own_account_without_the_secrets() {
    let (_database, _, login, people) = setup().await;
    let (a, b) = (people.a.user, people.b.user);
    assert_eq!(touched(&login, Some(b), "SELECT id FROM dawsos.users").await, 1);
    assert_eq!(touched(&login, None, "SELECT id FROM dawsos.users").await, 0);
    for statement in [
        "SELECT password_hash FROM dawsos.users".to_owned(),
        "SELECT secret_hash FROM dawsos.sessions".to_owned(),
        "SELECT token_hash FROM dawsos.access_tokens".to_owned(),
        format!("UPDATE dawsos.users SET role = 'ADMIN' WHERE id = '{b}'"),
        format!("UPDATE dawsos.users SET display_name = 'x' WHERE id = '{a}'"),
        format!("DELETE FROM dawsos.users WHERE id = '{b}'"),
        format!("SELECT id FROM dawsos.securities WHERE id = '{}'", people.a.security),
        format!("SELECT id FROM dawsos.security_identifiers WHERE security_id = '{}'", people.a.security),
        format!("SELECT id FROM dawsos.audit_log WHERE actor_id = '{a}'"),
    ] {
        assert_eq!(touched(&login, Some(b), &statement).await, 0, "{statement}");
    }
}

#[tokio::test]
async fn a_row_cannot_be_given_away() {
    let (_database, admin, login, people) = setup().await;
    let (a, b) = (people.a.user, people.b.user);
    for table in tables(&admin).await.into_iter().filter(|t| t.class.starts_with('T')) {
        let name = &table.name;
        become_user(&login, Some(a)).await;
        let statement = format!("UPDATE dawsos.{name} SET user_id = '{b}' WHERE user_id = '{a}'");
        let result = login.execute(&statement, &[]).await;
        rollback(&login).await;
        assert!(!matches!(result, Ok(rows) if rows > 0), "{name}: a row changed hands");
    }
}

#[tokio::test]
async fn the_login_role_alone_may_do_nothing() {
    let (_database, admin, login, _) = setup().await;
    for table in tables(&admin).await {
        let statement = format!("SELECT FROM dawsos.{} LIMIT 1", table.name);
        let error = login.query(&statement, &[]).await.expect_err("select");
        assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{}", table.name);
    }
    for role in ["dawsos_owner", "dawsos_definer", "postgres"] {
        let error = login.batch_execute(&format!("SET ROLE {role}")).await.expect_err("set role");
        assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{role}");
    }
}

#[tokio::test]
async fn a_shared_portfolio_is_read_and_not_written() {
    let (database, _, login, people) = setup().await;
    let store = database.store().await;
    let (a, b) = (people.a.clone(), people.b.clone());
    let ticket = |user| LeaseTicket::platform(user, std::time::Duration::from_secs(30));
    let share = Uuid::now_v7();
    store
        .as_user(ticket(a.user), a.user, async |tx| {
            store::queries::shares::insert(tx, a.user, share, a.portfolio, b.user, "shown", None).await
        })
        .await
        .expect("share");
    let portfolio_tables = [
        ("portfolios", "id"),
        ("accounts", "portfolio_id"),
        ("ledger_entries", "portfolio_id"),
        ("transactions", "portfolio_id"),
        ("lots", "portfolio_id"),
        ("lot_events", "portfolio_id"),
        ("positions", "portfolio_id"),
        ("cash_balances", "portfolio_id"),
        ("cash_flows", "portfolio_id"),
        ("manual_prices", "portfolio_id"),
    ];
    for (table, column) in portfolio_tables {
        let condition = format!("WHERE {column} = '{}'", a.portfolio);
        let read = touched(&login, Some(b.user), &format!("SELECT user_id FROM dawsos.{table} {condition}")).await;
        assert!(read > 0, "the grantee does not read {table}");
        let locked = format!("SELECT user_id FROM dawsos.{table} {condition} FOR UPDATE");
        assert_eq!(touched(&login, Some(b.user), &locked).await, 0, "{table} is locked by the grantee");
        let update = format!("UPDATE dawsos.{table} SET {column} = {column} {condition}");
        assert_eq!(touched(&login, Some(b.user), &update).await, 0, "{table} is changed by the grantee");
        let delete = format!("DELETE FROM dawsos.{table} {condition}");
        assert_eq!(touched(&login, Some(b.user), &delete).await, 0, "{table} is deleted by the grantee");
    }
    let seen = store
        .as_user(ticket(b.user), b.user, async |tx| {
            let names = store::queries::securities::by_ids(tx, &[a.security]).await?;
            let portfolios = store::queries::portfolios::list(tx, b.user, None).await?;
            Ok((names.len(), portfolios.iter().map(|p| p.id).collect::<Vec<_>>()))
        })
        .await
        .expect("grantee");
    assert_eq!(seen, (1, vec![b.portfolio, a.portfolio]), "private security and portfolio of the owner are seen");
    // A grantee can give the share up, and nothing else.
    let widen = format!("UPDATE dawsos.portfolio_shares SET amounts = 'hidden' WHERE id = '{share}'");
    assert_eq!(touched(&login, Some(b.user), &widen).await, 0);
    let gone = store
        .as_user(ticket(b.user), b.user, async |tx| {
            let ended = store::queries::shares::revoke(tx, b.user, share).await?;
            let found = store::queries::portfolios::by_id(tx, b.user, a.portfolio).await?;
            Ok((ended, found))
        })
        .await
        .expect("revoke");
    assert_eq!(gone, (true, None));
}

#[tokio::test]
async fn an_expired_share_shows_nothing() {
    let (database, _, _, people) = setup().await;
    let store = database.store().await;
    let (a, b) = (people.a, people.b);
    let ticket = |user| LeaseTicket::platform(user, std::time::Duration::from_secs(30));
    let past = chrono::Utc::now() - chrono::Duration::seconds(1);
    store
        .as_user(ticket(a.user), a.user, async |tx| {
            store::queries::shares::insert(tx, a.user, Uuid::now_v7(), a.portfolio, b.user, "shown", Some(past)).await
        })
        .await
        .expect("share");
    let found = store
        .as_user(ticket(b.user), b.user, async |tx| store::queries::portfolios::by_id(tx, b.user, a.portfolio).await)
        .await
        .expect("query");
    assert_eq!(found, None);
}

/// The configuration of a store whose URL names another role, with password `x`.
fn as_role(database: &TestDatabase, role: &str) -> store::StoreConfig {
    let mut config = database.config();
    config.url = config.url.replacen("user=postgres", &format!("user={role}"), 1);
    let at = config.url.find("password=").expect("password");
    let end = config.url[at..].find(' ').expect("end") + at;
    config.url.replace_range(at..end, "password=x");
    config
}

#[tokio::test]
async fn an_insecure_role_is_refused_as_the_servers_role() {
    let database = TestDatabase::create().await;
    let admin = database.admin().await;
    // A role that neither serves requests nor may make the one that does.
    admin.batch_execute("CREATE ROLE stranger LOGIN PASSWORD 'x' NOCREATEROLE").await.expect("role");
    let error = store::Store::connect(as_role(&database, "stranger")).await.expect_err("stranger");
    admin.batch_execute("DROP ROLE stranger").await.expect("drop");
    let StoreError::Configuration(text) = &error else {
        panic!("{error:?}");
    };
    assert!(text.contains("CREATE ROLE dawsos_login"), "{text}");
}

#[tokio::test]
async fn a_role_that_may_create_roles_is_enough_to_set_everything_up() {
    // The roles of the cluster are there already, as where several installations share a server.
    let _migrated = TestDatabase::create().await;
    let database = TestDatabase::empty().await;
    let admin = database.admin().await;
    let name: String = admin.query_one("SELECT current_database()::text", &[]).await.expect("name").get(0);
    admin
        .batch_execute(&format!(
            "CREATE ROLE builder LOGIN PASSWORD 'x' CREATEROLE; GRANT CREATE ON DATABASE {name} TO builder"
        ))
        .await
        .expect("role");
    let built = store::Store::connect(as_role(&database, "builder")).await;
    let after = admin
        .query(
            "SELECT FROM pg_auth_members WHERE roleid = 'dawsos_definer'::regrole AND member = 'builder'::regrole",
            &[],
        )
        .await
        .expect("memberships");
    let people = match &built {
        Ok(store) => Some(two_users(store).await),
        Err(_) => None,
    };
    admin.batch_execute("DROP OWNED BY builder; DROP ROLE builder").await.expect("drop");
    assert!(people.is_some(), "{built:?}");
    assert!(after.is_empty(), "nobody keeps the right to act for the definer");
}
