//! Journeys in a real browser: the demo server on a free port with a data directory of its own, Chromium through Playwright.

use crate::shell::{Outcome, root, target_directory};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// Build the server, start the demo, run `npm run e2e`, stop the server.
pub fn run() -> Outcome {
    crate::shell::run(".", env!("CARGO"), &["build", "--quiet", "--locked", "-p", "server"])?;
    let data = std::env::temp_dir().join(format!("dawsos-e2e-{}", std::process::id()));
    let outcome = walk(&data);
    let _removed = std::fs::remove_dir_all(&data);
    outcome
}

fn walk(data: &std::path::Path) -> Outcome {
    let binary = target_directory()?.join("debug/dawsos");
    let mut server = Command::new(binary)
        .args(["demo", "--port", "0", "--data-dir"])
        .arg(data)
        .current_dir(root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("dawsos demo does not start: {error}"))?;
    let outcome = login_of(&mut server).and_then(|(address, email, password)| {
        let status = Command::new("npm")
            .args(["run", "--silent", "e2e"])
            .current_dir(root().join("web"))
            .env("DAWSOS_URL", address)
            .env("DAWSOS_EMAIL", email)
            .env("DAWSOS_PASSWORD", password)
            .stdin(Stdio::null())
            .status()
            .map_err(|error| format!("npm does not start: {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("the journeys failed with {status}")) }
    });
    stop(&mut server);
    outcome
}

/// The three lines `address`, `e-mail`, `password` that `dawsos demo` prints.
fn login_of(server: &mut Child) -> Outcome<(String, String, String)> {
    let output = server.stdout.take().ok_or("no standard output")?;
    let (mut address, mut email, mut password) = (None, None, None);
    let mut lines = BufReader::new(output).lines();
    for line in lines.by_ref() {
        let line = line.map_err(|error| error.to_string())?;
        println!("{line}");
        for (label, place) in [("address", &mut address), ("e-mail", &mut email), ("password", &mut password)] {
            if let Some(value) = line.trim().strip_prefix(label) {
                *place = Some(value.trim().to_string());
            }
        }
        if let (Some(address), Some(email), Some(password)) = (&address, &email, &password) {
            let found = (address.clone(), email.clone(), password.clone());
            // The pipe must stay drained, else the server would block on its own output.
            std::thread::spawn(move || lines.for_each(drop));
            return Ok(found);
        }
    }
    Err("dawsos demo ended without printing its login".into())
}

/// Ask politely, by process id, then wait.
fn stop(server: &mut Child) {
    let _sent = Command::new("kill").arg(server.id().to_string()).status();
    let _ended = server.wait();
}
