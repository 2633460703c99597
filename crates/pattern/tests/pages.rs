//! Each rule of the checker has a page, and each page a rule.

use std::path::Path;

#[test]
fn rules_and_pages_are_the_same_list() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors");
    let mut pages: Vec<String> = std::fs::read_dir(&folder)
        .expect("docs/errors")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".md").filter(|stem| stem.starts_with("PAT")).map(str::to_owned))
        .collect();
    pages.sort();
    let rules: Vec<&str> = pattern::RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(pages, rules);
    for rule in pattern::RULES {
        let text = std::fs::read_to_string(folder.join(format!("{}.md", rule.id))).expect("page");
        for part in ["## What happened", "## What to try", "## Example"] {
            assert!(text.contains(part), "{} lacks `{part}`", rule.id);
        }
    }
}
