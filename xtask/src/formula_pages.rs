//! `docs/formulas/`: one page per formula, made from the `//!` header of its file.
//!
//! The header is the page (style: a formula is a page), so the two cannot drift: `check` compares, `docs` writes.

use crate::shell::{Outcome, root};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Write all pages, remove pages whose formula is gone.
pub fn write() -> Outcome {
    let folder = root().join("docs/formulas");
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let pages = pages()?;
    for (name, text) in &pages {
        std::fs::write(folder.join(name), text).map_err(|error| format!("{name}: {error}"))?;
    }
    for name in existing(&folder)? {
        if !pages.contains_key(&name) {
            std::fs::remove_file(folder.join(&name)).map_err(|error| format!("{name}: {error}"))?;
        }
    }
    println!("{} formula pages written", pages.len());
    Ok(())
}

/// Fails when a page is missing, stale or orphaned.
pub fn verify() -> Outcome {
    let folder = root().join("docs/formulas");
    let pages = pages()?;
    let mut problems = Vec::new();
    for (name, text) in &pages {
        if std::fs::read_to_string(folder.join(name)).ok().as_deref() != Some(text) {
            problems.push(format!("docs/formulas/{name} is not what its formula says; run `cargo xtask docs`"));
        }
    }
    for name in existing(&folder)? {
        if !pages.contains_key(&name) {
            problems.push(format!("docs/formulas/{name} has no formula; run `cargo xtask docs`"));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

fn existing(folder: &Path) -> Outcome<Vec<String>> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("docs/formulas: {error}"))?;
    Ok(entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.ends_with(".md"))
        .collect())
}

fn pages() -> Outcome<BTreeMap<String, String>> {
    let mut files = Vec::new();
    for source in ["crates/formulas/src", "crates/optimizer/src"] {
        collect(&root().join(source), &mut files)?;
    }
    // What is computed on the books and has no file of its own among the formulas.
    files.push(root().join("crates/calc/src/ledger_hash.rs"));
    let mut pages = BTreeMap::new();
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if ["lib", "mod", "test_problems"].contains(&stem) {
            continue;
        }
        let relative = file.strip_prefix(root()).unwrap_or(&file).display().to_string();
        pages.insert(format!("{stem}.md"), page(stem, &relative, &text)?);
    }
    Ok(pages)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Outcome {
    for entry in
        std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?.filter_map(Result::ok)
    {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(())
}

fn page(name: &str, file: &str, text: &str) -> Outcome<String> {
    let header: Vec<&str> = text
        .lines()
        .take_while(|line| line.starts_with("//!"))
        .map(|line| line.strip_prefix("//! ").unwrap_or(line.trim_start_matches("//!")))
        .collect();
    if header.iter().all(|line| line.trim().is_empty()) {
        return Err(format!("{file} has no `//!` header: a formula is a page"));
    }
    let title = name.replace('_', " ");
    Ok(format!(
        "# {title}\n\n{}\n\nSource: `{file}`. Generated from its header by `cargo xtask docs`.\n",
        header.join("\n").trim_end()
    ))
}
