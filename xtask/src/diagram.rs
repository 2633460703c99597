//! The dependency diagram of ARCHITECTURE.md, compared with what cargo knows.
//!
//! The diagram is the fenced block that starts with ```` ```dependencies ````: one line per crate, `a → b, c`.
//! A crate may use less than its line allows, never more; `everything` and `domain` are spelled out in the block itself.

use crate::shell::{Outcome, metadata, root};
use std::collections::{BTreeMap, BTreeSet};

/// Fails with every arrow that the diagram does not draw.
pub fn run() -> Outcome {
    let text =
        std::fs::read_to_string(root().join("ARCHITECTURE.md")).map_err(|error| format!("ARCHITECTURE.md: {error}"))?;
    let allowed = parse(&text)?;
    let problems = violations(&allowed, &actual(&metadata()?));
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

/// Which of our crates may use which, expanded.
fn parse(text: &str) -> Outcome<BTreeMap<String, BTreeSet<String>>> {
    let block = text
        .split("```dependencies\n")
        .nth(1)
        .and_then(|rest| rest.split("\n```").next())
        .ok_or("ARCHITECTURE.md has no ```dependencies block")?;
    let mut raw: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut groups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in block.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some((name, members)) = line.split_once(" = ") {
            groups.insert(name.trim().into(), words(members));
            continue;
        }
        let (users, used) =
            line.split_once('→').ok_or_else(|| format!("this line of the diagram has no arrow: {line}"))?;
        for user in words(users) {
            raw.entry(user).or_default().extend(words(used));
        }
    }
    let everything: BTreeSet<String> = raw.keys().cloned().collect();
    Ok(raw
        .into_iter()
        .map(|(user, used)| {
            let mut expanded = BTreeSet::new();
            for name in used {
                match name.as_str() {
                    "nothing" => {}
                    "everything" => expanded.extend(everything.iter().cloned()),
                    other => match groups.get(other) {
                        Some(members) => expanded.extend(members.iter().cloned()),
                        None => {
                            expanded.insert(name);
                        }
                    },
                }
            }
            (user, expanded)
        })
        .collect())
}

fn words(list: &str) -> BTreeSet<String> {
    list.split(',').map(|word| word.trim().to_string()).filter(|word| !word.is_empty()).collect()
}

/// The arrows between our own crates, build and normal dependencies; tests may use `testkit` freely.
fn actual(metadata: &serde_json::Value) -> BTreeMap<String, BTreeSet<String>> {
    let empty = Vec::new();
    let ours: BTreeSet<&str> =
        metadata["workspace_members"].as_array().unwrap_or(&empty).iter().filter_map(|id| id.as_str()).collect();
    let packages: Vec<_> = metadata["packages"]
        .as_array()
        .unwrap_or(&empty)
        .iter()
        .filter(|package| package["id"].as_str().is_some_and(|id| ours.contains(id)))
        .collect();
    let names: BTreeSet<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    packages
        .iter()
        .filter_map(|package| {
            let uses = package["dependencies"]
                .as_array()?
                .iter()
                .filter(|dependency| dependency["kind"].as_str() != Some("dev") && dependency["path"].is_string())
                .filter_map(|dependency| dependency["name"].as_str())
                .filter(|name| names.contains(name))
                .map(str::to_string)
                .collect();
            Some((package["name"].as_str()?.to_string(), uses))
        })
        .collect()
}

fn violations(
    allowed: &BTreeMap<String, BTreeSet<String>>,
    actual: &BTreeMap<String, BTreeSet<String>>,
) -> Vec<String> {
    let mut problems = Vec::new();
    for (user, used) in actual {
        match allowed.get(user) {
            None => problems.push(format!("crate `{user}` is not in the diagram of ARCHITECTURE.md")),
            Some(permitted) => {
                for name in used.difference(permitted) {
                    problems.push(format!(
                        "`{user}` uses `{name}`, the diagram of ARCHITECTURE.md does not draw that arrow"
                    ));
                }
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIAGRAM: &str = "# x\n```dependencies\ndomain = money, dates\nserver → everything\nstore → governor, domain\ngovernor, money → nothing\ndates → nothing\n```\n";

    fn uses(pairs: &[(&str, &[&str])]) -> BTreeMap<String, BTreeSet<String>> {
        pairs
            .iter()
            .map(|(user, used)| (user.to_string(), used.iter().map(|name| name.to_string()).collect()))
            .collect()
    }

    #[test]
    fn an_arrow_that_is_drawn_passes() {
        let allowed = parse(DIAGRAM).unwrap();
        assert_eq!(
            violations(&allowed, &uses(&[("store", &["governor", "money"]), ("server", &["store", "money"])])),
            Vec::<String>::new()
        );
    }

    #[test]
    fn an_arrow_that_is_not_drawn_is_named() {
        let allowed = parse(DIAGRAM).unwrap();
        let problems = violations(&allowed, &uses(&[("governor", &["store"]), ("stray", &[])]));
        assert_eq!(problems.len(), 2);
        assert!(problems[0].contains("`governor` uses `store`"));
        assert!(problems[1].contains("`stray` is not in the diagram"));
    }

    #[test]
    fn the_workspace_keeps_its_diagram() {
        run().unwrap();
    }
}
