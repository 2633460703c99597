//! The commands, one file each; here only which one runs and how its end is told.

mod calc;
mod export;
mod import;
mod ledger;
mod migrate;
mod packs;
mod patterns;
mod portfolio_case;
mod run;
pub mod user;

use crate::app::App;
use crate::cli::{Arguments, Command, Common};
use crate::problem::Stopped;
use serde_json::Value;
use store::queries::portfolios::{self, PortfolioHead};
use store::queries::users::{self, Profile};
use uuid::Uuid;

/// Runs a command; gives the exit code.
pub async fn dispatch(arguments: Arguments) -> u8 {
    let common = &arguments.common;
    if !matches!(arguments.command, Command::Serve(_) | Command::Demo { .. }) {
        quiet_log();
    }
    let outcome = match arguments.command {
        Command::Serve(listen) => crate::serve::run(common, &listen, false, false).await.map(|()| 0),
        Command::Demo { listen, prepare_only } => {
            crate::serve::run(common, &listen, true, prepare_only).await.map(|()| 0)
        }
        Command::Run(run) => run::run(common, run).await,
        Command::Import(import) => import::run(common, import).await,
        Command::Export(command) => export::run(common, command).await,
        Command::Ledger(command) => ledger::run(common, command).await,
        Command::Packs(command) => packs::run(common, command).await,
        Command::Patterns(command) => patterns::run(common, command),
        Command::User(command) => user::run(common, command).await,
        Command::Migrate { plan, down } => migrate::run(common, plan, down).await,
        Command::Calc(arguments) => calc::run(common, arguments),
        Command::Config => {
            print!("{}", crate::config::DEFAULT);
            Ok(0)
        }
        Command::Bench(bench) => crate::bench::run(bench).await.map(|()| 0),
    };
    match outcome {
        Ok(code) => code,
        Err(stopped) => {
            if common.json {
                eprintln!("{}", stopped.body);
            } else {
                eprintln!("dawsos: {}", stopped.text());
            }
            stopped.exit_code
        }
    }
}

/// Commands log warnings only, unless the environment asks for more.
fn quiet_log() {
    let level = crate::app::variable("DAWSOS_LOG").unwrap_or_else(|| "warn".into());
    crate::print::start_log(&crate::config::Log { level, format: "text".into() });
}

/// Who acts: `--user`, else the only user, else the demo user.
pub async fn acting_user(app: &App, common: &Common) -> Result<Profile, Stopped> {
    let all = app.store.as_auth(crate::market_data::ticket(), async |tx| users::list(tx, None, 1_000).await).await?;
    if let Some(email) = &common.user {
        let wanted = api::auth::lockout::normalized_email(email);
        return all
            .into_iter()
            .map(|user| user.profile)
            .find(|profile| api::auth::lockout::normalized_email(&profile.email) == wanted)
            .ok_or_else(|| Stopped::input("not_found", format!("there is no user {email}")));
    }
    match all.as_slice() {
        [] => Err(Stopped::of(&capability::Failure::new("not_found", "there is no user yet").advising(
            "start `dawsos serve` and open its setup link, or run `dawsos user create E-MAIL --role ADMIN`",
        ))),
        [only] => Ok(only.profile.clone()),
        several => several
            .iter()
            .map(|user| &user.profile)
            .find(|profile| profile.email == crate::demo::EMAIL)
            .cloned()
            .ok_or_else(|| {
                Stopped::input(
                    "invalid_input",
                    format!("there are {} users; name one with --user E-MAIL", several.len()),
                )
            }),
    }
}

/// Which portfolio: by id or name, else the only active one. Never "the first".
pub async fn portfolio_of(app: &App, user: Uuid, wanted: Option<&str>) -> Result<PortfolioHead, Stopped> {
    let all = app
        .store
        .as_user(crate::market_data::ticket(), user, async |tx| portfolios::list(tx, user, None).await)
        .await?;
    let names = || all.iter().map(|head| format!("\"{}\"", head.name)).collect::<Vec<_>>().join(", ");
    match wanted {
        Some(wanted) => {
            let id = Uuid::parse_str(wanted).ok();
            let found: Vec<_> = all
                .iter()
                .filter(|head| Some(head.id) == id || head.name.to_lowercase() == wanted.to_lowercase())
                .collect();
            match found.as_slice() {
                [one] => Ok((*one).clone()),
                _ => Err(Stopped::of(
                    &capability::Failure::new("portfolio_not_found", format!("there is no portfolio `{wanted}`"))
                        .advising(format!("portfolios: {}", names())),
                )),
            }
        }
        None => match all.as_slice() {
            [one] => Ok(one.clone()),
            [] => {
                Err(Stopped::input("portfolio_not_found", "there is no portfolio yet: create one in the web interface"))
            }
            _ => Err(Stopped::of(
                &capability::Failure::new("portfolio_required", "there are several portfolios")
                    .advising(format!("name one with --portfolio: {}", names())),
            )),
        },
    }
}

/// JSON for programs.
pub fn print_json(value: &Value) {
    println!("{}", serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string()));
}
