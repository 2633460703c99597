//! `dawsos patterns check|list|explain`: no database needed.

use std::path::{Path, PathBuf};

use pattern::{Diagnostic, Severity};

use crate::app::{library, settings};
use crate::cli::{CheckFormat, Common, ExplainFormat, Patterns};
use crate::print;
use crate::problem::Stopped;

pub(super) fn run(common: &Common, command: Patterns) -> Result<u8, Stopped> {
    match command {
        Patterns::Check { paths, format, strict } => check(&paths, format, strict),
        Patterns::List => {
            let (settings, directory) = settings(common)?;
            let rows = library(&settings, Some(&directory))
                .list()
                .iter()
                .map(|listing| {
                    let plan = listing.plan.as_ref();
                    vec![
                        listing.id.clone(),
                        plan.map(|plan| plan.version.clone()).unwrap_or_default(),
                        if listing.is_view { "view" } else { "pattern" }.to_owned(),
                        format!("{:?}", listing.state).to_lowercase(),
                        plan.map(|plan| plan.name.clone()).unwrap_or_default(),
                    ]
                })
                .collect();
            println!("{}", print::table(&["id", "version", "kind", "state", "name"], rows));
            Ok(0)
        }
        Patterns::Explain { pattern, format } => {
            let (settings, directory) = settings(common)?;
            let plan = library(&settings, Some(&directory)).plan(&pattern)?;
            match format {
                ExplainFormat::Text => print!("{}", pattern::explain_text(&plan)),
                ExplainFormat::Json => super::print_json(&pattern::explain_json(&plan)),
                ExplainFormat::Mermaid => print!("{}", pattern::explain_mermaid(&plan)),
            }
            Ok(0)
        }
    }
}

/// Files of the given paths, folders searched recursively; tests and schemas left out.
fn files_of(path: &Path, found: &mut Vec<PathBuf>) -> Result<(), Stopped> {
    if path.is_dir() {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(path)?.filter_map(Result::ok).map(|entry| entry.path()).collect();
        entries.sort();
        for entry in entries {
            let name = entry.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if entry.is_dir() && name != "schema" {
                files_of(&entry, found)?;
            } else if name.ends_with(".json") && !name.ends_with(".test.json") {
                found.push(entry);
            }
        }
        return Ok(());
    }
    if !path.is_file() {
        return Err(Stopped::input("invalid_input", format!("{} is neither a file nor a folder", path.display())));
    }
    found.push(path.to_path_buf());
    Ok(())
}

fn check(paths: &[PathBuf], format: CheckFormat, strict: bool) -> Result<u8, Stopped> {
    let catalogue = pattern::Catalogue::new(agents::declarations());
    let mut files = Vec::new();
    if paths.is_empty() {
        let plain = crate::config::Settings::defaults();
        for listing in library(&plain, None).list() {
            files.push((listing.path.clone(), listing.text.to_string()));
        }
    } else {
        let mut found = Vec::new();
        for path in paths {
            files_of(path, &mut found)?;
        }
        for path in found {
            let bytes = std::fs::read(&path)?;
            files.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    let checked: Vec<(String, String, Vec<Diagnostic>)> = files
        .into_iter()
        .map(|(name, text)| {
            let found = match pattern::parse(&name, &text) {
                Ok(file) => pattern::check(&file, &catalogue).1,
                Err(found) => found,
            };
            (name, text, found)
        })
        .collect();
    let count = |severity: Severity| {
        checked.iter().flat_map(|(.., found)| found).filter(|one| one.severity == severity).count()
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let pairs = || checked.iter().map(|(name, _, found)| (name.clone(), found.clone())).collect::<Vec<_>>();
    match format {
        CheckFormat::Text => {
            for (name, text, found) in &checked {
                print!("{}", pattern::render_text(name, text, found));
            }
            println!("{} files, {errors} errors, {warnings} warnings", checked.len());
        }
        CheckFormat::Json => super::print_json(&pattern::render_json(&pairs())),
        CheckFormat::Sarif => super::print_json(&pattern::render_sarif(&pairs())),
    }
    Ok(u8::from(errors > 0 || (strict && warnings > 0)))
}
