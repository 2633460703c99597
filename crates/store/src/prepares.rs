//! Every statement is prepared against the migrated schema: what compile-time checked SQL would give.

use std::collections::BTreeSet;
use std::path::Path;

use crate::queries;

fn sql_files(dir: &Path, root: &Path, out: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(dir).expect("folder of queries").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sql_files(&path, root, out);
        } else if path.extension().is_some_and(|e| e == "sql") {
            let name = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
            out.insert(name);
        }
    }
}

#[test]
fn every_file_is_registered_and_says_what_it_returns() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/queries");
    let mut files = BTreeSet::new();
    sql_files(&root, &root, &mut files);
    let registered: BTreeSet<String> = queries::all().iter().map(|sql| sql.name.to_owned()).collect();
    assert_eq!(files, registered);
    for sql in queries::all() {
        assert!(sql.text.starts_with("-- "), "{} has no comment", sql.name);
    }
}

#[tokio::test]
async fn every_statement_is_valid_with_its_declared_types() {
    let database = testkit::TestDatabase::create().await;
    // As the login role: what the pool prepares with.
    let client = database.login().await;
    let mut wrong = Vec::new();
    for sql in queries::all() {
        match client.prepare_typed(sql.text, sql.types).await {
            Ok(statement) if statement.params() == sql.types => {}
            Ok(statement) => wrong.push(format!("{}: parameters are {:?}", sql.name, statement.params())),
            Err(error) => {
                let text = error.as_db_error().map_or_else(|| error.to_string(), |db| db.message().to_owned());
                wrong.push(format!("{}: {text}", sql.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_list_of_migrations_is_the_folder() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let mut files = BTreeSet::new();
    sql_files(&folder, &folder, &mut files);
    let listed: BTreeSet<String> = crate::migrate::MIGRATIONS
        .iter()
        .flat_map(|m| {
            let stem = format!("{:04}_{}", m.version, m.name);
            [format!("{stem}.sql"), format!("{stem}.down.sql")]
        })
        .collect();
    assert_eq!(files, listed);
}
