//! Migrations go up, down and up again to the same schema, once each, whoever starts them.

use store::{StoreError, migrate};
use testkit::{TestDatabase, two_users};
use tokio_postgres::Client;

/// Everything in the catalogue that a migration makes, as sorted text.
async fn catalogue(client: &Client) -> Vec<String> {
    let queries = [
        "SELECT format('column %s.%s %s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum))
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'dawsos'
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
         WHERE c.relkind IN ('r', 'p')",
        "SELECT format('table %s %s %s %s %s %s', c.relname, c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.relacl,
                obj_description(c.oid, 'pg_class'))
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'dawsos' WHERE c.relkind IN ('r', 'p')",
        "SELECT format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
         FROM pg_constraint WHERE connamespace = 'dawsos'::regnamespace",
        "SELECT format('index %s', indexdef) FROM pg_indexes WHERE schemaname = 'dawsos'",
        "SELECT format('policy %s %s %s %s %s %s %s', tablename, policyname, roles, cmd, qual, with_check, permissive)
         FROM pg_policies WHERE schemaname = 'dawsos'",
        "SELECT format('policy comment %s %s', polname, obj_description(oid, 'pg_policy')) FROM pg_policy
         WHERE polrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'dawsos'::regnamespace)",
        "SELECT format('trigger %s', pg_get_triggerdef(t.oid)) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
         WHERE c.relnamespace = 'dawsos'::regnamespace AND NOT t.tgisinternal",
        "SELECT format('function %s %s %s %s', pg_get_functiondef(p.oid), pg_get_userbyid(p.proowner), p.proacl,
                obj_description(p.oid, 'pg_proc'))
         FROM pg_proc p WHERE p.pronamespace = 'dawsos'::regnamespace",
        "SELECT format('column grant %s.%s %s', c.relname, a.attname, a.attacl)
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
         WHERE c.relnamespace = 'dawsos'::regnamespace AND a.attacl IS NOT NULL",
    ];
    let mut lines = Vec::new();
    for query in queries {
        let rows = client.query(query, &[]).await.expect(query);
        lines.extend(rows.iter().map(|row| row.get::<_, String>(0)));
    }
    lines.sort();
    lines
}

#[tokio::test]
async fn up_down_up_gives_the_same_schema_on_a_filled_database() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    two_users(&store).await;
    drop(store);
    let client = database.admin().await;
    let before = catalogue(&client).await;
    assert!(before.len() > 1_000, "{}", before.len());
    let undone = migrate::down(&client, 0).await.expect("down");
    assert_eq!(undone.len(), migrate::MIGRATIONS.len());
    let left = catalogue(&client).await;
    let foreign: Vec<_> = left.iter().filter(|line| !line.contains("schema_migrations")).collect();
    assert!(foreign.is_empty(), "{foreign:#?}");
    let done = migrate::up(&client).await.expect("up again");
    assert_eq!(done.len(), migrate::MIGRATIONS.len());
    let after = catalogue(&client).await;
    let lost: Vec<_> = before.iter().filter(|line| !after.contains(line)).collect();
    let new: Vec<_> = after.iter().filter(|line| !before.contains(line)).collect();
    assert!(lost.is_empty() && new.is_empty(), "lost {lost:#?}\nnew {new:#?}");
}

#[tokio::test]
async fn each_step_down_can_be_taken_alone_and_undone() {
    let database = TestDatabase::create().await;
    let client = database.admin().await;
    let before = catalogue(&client).await;
    for migration in migrate::MIGRATIONS.iter().rev() {
        let undone = migrate::down(&client, migration.version - 1).await.expect(migration.name);
        assert_eq!(undone.iter().map(|m| m.version).collect::<Vec<_>>(), [migration.version]);
        assert_eq!(migrate::plan(&client).await.expect("plan").first().map(|m| m.version), Some(migration.version));
    }
    migrate::up(&client).await.expect("up again");
    assert_eq!(before, catalogue(&client).await);
}

#[tokio::test]
async fn two_servers_that_start_at_once_migrate_once() {
    let database = TestDatabase::empty().await;
    let (one, two) = (database.admin().await, database.admin().await);
    let (first, second) = tokio::join!(migrate::up(&one), migrate::up(&two));
    let (first, second) = (first.expect("first").len(), second.expect("second").len());
    assert_eq!(first + second, migrate::MIGRATIONS.len());
    assert!(first == 0 || second == 0);
    let status = migrate::status(&one).await.expect("status");
    assert!(status.iter().all(|s| s.applied_at.is_some()));
}

#[tokio::test]
async fn a_changed_migration_and_a_newer_schema_are_refused() {
    let database = TestDatabase::create().await;
    let client = database.admin().await;
    client
        .batch_execute("UPDATE dawsos.schema_migrations SET checksum = sha256('other') WHERE version = 3")
        .await
        .expect("change");
    let error = migrate::up(&client).await.expect_err("changed");
    assert!(error.to_string().contains("0003") && error.to_string().contains("changed"), "{error}");
    let error = database.try_store().await.expect_err("the server does not start");
    assert!(matches!(error, StoreError::Migration(_)), "{error:?}");

    let database = TestDatabase::create().await;
    let client = database.admin().await;
    client
        .batch_execute(
            "INSERT INTO dawsos.schema_migrations (version, name, checksum, duration_ms, phase)
             VALUES (9999, 'expand_the_future', sha256(''), 1, 'expand')",
        )
        .await
        .expect("newer");
    let error = migrate::up(&client).await.expect_err("newer");
    assert!(error.to_string().contains("9999") && error.to_string().contains("newer release"), "{error}");
    let error = database.try_store().await.expect_err("the server does not start");
    assert!(matches!(error, StoreError::Migration(_)), "{error:?}");
}

#[tokio::test]
async fn every_table_column_function_and_policy_is_explained() {
    let database = TestDatabase::create().await;
    let client = database.admin().await;
    let rows = client
        .query(
            "SELECT format('table %s', c.relname) FROM pg_class c
             WHERE c.relnamespace = 'dawsos'::regnamespace AND c.relkind IN ('r', 'p') AND obj_description(c.oid, 'pg_class') IS NULL
               AND c.relname NOT LIKE '%_other'
             UNION ALL
             SELECT format('column %s.%s', c.relname, a.attname) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
             WHERE c.relnamespace = 'dawsos'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
               AND a.attnum > 0 AND NOT a.attisdropped AND col_description(c.oid, a.attnum) IS NULL
             UNION ALL
             SELECT format('policy %s', polname) FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
             WHERE c.relnamespace = 'dawsos'::regnamespace AND obj_description(p.oid, 'pg_policy') IS NULL
             UNION ALL
             SELECT format('function %s', proname) FROM pg_proc p
             WHERE p.pronamespace = 'dawsos'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL",
            &[],
        )
        .await
        .expect("comments");
    let silent: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert!(silent.is_empty(), "{silent:#?}");
}

#[tokio::test]
async fn what_never_changes_is_refused_for_every_role() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    two_users(&store).await;
    let client = database.admin().await;
    for table in [
        "ledger_entries",
        "audit_log",
        "day_contents",
        "prices",
        "fx_rates",
        "pricing_packs",
        "pack_policies",
        "pack_supersessions",
        "price_observations",
        "fx_observations",
        "corporate_actions",
        "pattern_versions",
        "capability_versions",
        "prices_2024",
        "price_observations_other",
        "audit_log_other",
    ] {
        let column = client
            .query_one(
                "SELECT attname::text FROM pg_attribute WHERE attrelid = ('dawsos.' || $1)::regclass AND attnum = 1",
                &[&table],
            )
            .await
            .expect("column")
            .get::<_, String>(0);
        for statement in [
            format!("UPDATE dawsos.{table} SET {column} = {column}"),
            format!("DELETE FROM dawsos.{table}"),
            format!("TRUNCATE dawsos.{table} CASCADE"),
        ] {
            let error = client.batch_execute(&statement).await.expect_err(&statement);
            let message = error.as_db_error().map(|db| db.message().to_owned()).unwrap_or_default();
            assert!(message.contains("never change"), "{statement}: {message}");
        }
    }
}
