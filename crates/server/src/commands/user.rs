//! `dawsos user create|list|password|setup-link`.

use std::io::{BufRead, IsTerminal, Write};

use api::auth::{lockout, password, permission::Role, secret};
use chrono::{Duration, Utc};
use store::queries::links::{self, NewLink};
use store::queries::sessions;
use store::queries::users::{self, NewUser};
use uuid::Uuid;

use crate::app::App;
use crate::cli::{Common, User};
use crate::market_data::ticket;
use crate::print;
use crate::problem::Stopped;

/// Life of a setup link.
const SETUP_MINUTES: i64 = 60;

pub(super) async fn run(common: &Common, command: User) -> Result<u8, Stopped> {
    let app = App::open(common).await?;
    match command {
        User::Create { email, name, role } => {
            let role: Role = role.to_uppercase().parse().map_err(|error: api::auth::permission::UnknownRole| {
                Stopped::input("invalid_input", format!("{error}; roles are VIEWER, USER, MANAGER, ADMIN"))
            })?;
            let hash = new_password(&email).await?;
            let new = NewUser {
                id: Uuid::now_v7(),
                email_normalized: lockout::normalized_email(&email),
                display_name: name.unwrap_or_else(|| email.clone()),
                email: email.clone(),
                password_hash: Some(hash),
                role: role.name().to_owned(),
                status: "active".to_owned(),
                locale: "en".to_owned(),
                time_zone: "UTC".to_owned(),
            };
            app.store.as_auth(ticket(), async |tx| users::insert(tx, &new).await).await?;
            println!("{email} is {role}");
        }
        User::List => {
            let all = app.store.as_auth(ticket(), async |tx| users::list(tx, None, 1_000).await).await?;
            let rows = all
                .iter()
                .map(|user| {
                    vec![
                        user.profile.email.clone(),
                        user.profile.role.clone(),
                        user.profile.status.clone(),
                        user.profile.id.to_string(),
                    ]
                })
                .collect();
            println!("{}", print::table(&["e-mail", "role", "status", "id"], rows));
        }
        User::Password { email } => {
            let normalized = lockout::normalized_email(&email);
            let found = app.store.as_auth(ticket(), async |tx| users::by_email(tx, &normalized).await).await?;
            let user =
                found.ok_or_else(|| Stopped::input("not_found", format!("there is no user {email}")))?.profile.id;
            let hash = new_password(&email).await?;
            let now = Utc::now();
            app.store
                .as_auth(ticket(), async |tx| {
                    users::set_password(tx, user, &hash).await?;
                    sessions::revoke_all(tx, user, None, now).await.map(drop)
                })
                .await?;
            println!("password of {email} changed, all sessions ended");
        }
        User::SetupLink => {
            let url = if app.settings.server.public_url.is_empty() {
                format!("http://{}:{}", app.settings.server.host, app.settings.server.port)
            } else {
                app.settings.server.public_url.clone()
            };
            match first_setup_link(&app, &url).await? {
                Some(link) => println!("{link}"),
                None => return Err(Stopped::input("setup_closed", "there is an administrator already")),
            }
        }
    }
    Ok(0)
}

/// A new setup link while no administrator exists; the one before stops working.
pub async fn first_setup_link(app: &App, public_url: &str) -> Result<Option<String>, Stopped> {
    let token = secret::random_token();
    let now = Utc::now();
    let link = NewLink {
        id: Uuid::now_v7(),
        purpose: "setup".to_owned(),
        token_hash: secret::hash(&token),
        user_id: None,
        role: Some("ADMIN".to_owned()),
        expires_at: now + Duration::minutes(SETUP_MINUTES),
        created_by: None,
    };
    let made = app
        .store
        .as_auth(ticket(), async |tx| {
            if users::count(tx).await?.1 > 0 {
                return Ok(false);
            }
            links::insert(tx, &link, now).await?;
            Ok(true)
        })
        .await?;
    Ok(made.then(|| format!("{public_url}/setup#{token}")))
}

/// A password from the terminal or the first line of standard input, checked and hashed.
async fn new_password(email: &str) -> Result<String, Stopped> {
    let input = std::io::stdin();
    if input.is_terminal() {
        eprint!("password for {email} (shown while you type): ");
        std::io::stderr().flush()?;
    }
    let mut line = String::new();
    input.lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    password::accept(&password, email, "/password")
        .map_err(|problem| Stopped::input("weak_password", problem.detail.clone()))?;
    tokio::task::spawn_blocking(move || password::hash_blocking(&password))
        .await
        .map_err(Stopped::internal)?
        .map_err(|problem| Stopped::internal(&problem.detail))
}
