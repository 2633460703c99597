//! `dawsos migrate`: the schema up, down, or what would be done.

use crate::app::{cluster_options, settings};
use crate::cli::Common;
use crate::problem::Stopped;
use private_postgres::Cluster;
use store::migrate::{self, MigrationStatus};

pub(super) async fn run(common: &Common, plan: bool, down: Option<i64>) -> Result<u8, Stopped> {
    let (settings, directory) = settings(common)?;
    let (_cluster, url) = if settings.database.url.is_empty() {
        let cluster = Cluster::open(cluster_options(&directory))?;
        let url = cluster.connection_string();
        (Some(cluster), url)
    } else {
        (None, settings.database.url.clone())
    };
    if plan {
        let status: Vec<MigrationStatus> = migrate::status_of(&url).await?;
        for migration in &status {
            println!(
                "{:04} {:<40} {}",
                migration.version,
                migration.name,
                if migration.applied_at.is_some() { "applied" } else { "to apply" }
            );
        }
        return Ok(0);
    }
    let (word, names) = match down {
        Some(target) => {
            let target = i32::try_from(target).map_err(|_| Stopped::input("invalid_input", "no such version"))?;
            ("undone", migrate::down_of(&url, target).await?)
        }
        None => ("applied", migrate::up_of(&url).await?),
    };
    for name in &names {
        println!("{word} {name}");
    }
    println!("{} migrations {word}", names.len());
    Ok(0)
}
