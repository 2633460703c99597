//! The shipped `agents.toml` is a roster that works and has the published bulkheads.

use governor::{PLATFORM_AGENT, Roster};

#[test]
fn the_shipped_roster_has_the_published_bulkheads() {
    let text = include_str!("../../../agents.toml");
    let roster: Roster = toml::from_str(text).expect("agents.toml is a roster");
    assert_eq!(roster.check(), Ok(()));
    let limits = roster.limits();
    let table = [
        ("financial_analyst", "financial_analyst", 8),
        ("macro_hound", "macro_hound", 4),
        ("optimizer_agent", "optimizer_agent", 3),
        ("data_harvester", "others", 5),
        ("ratings_agent", "others", 5),
        ("alerts_agent", "others", 5),
        ("reports_agent", "others", 5),
        ("operations_agent", "others", 5),
        (PLATFORM_AGENT, "others", 5),
        ("claude_agent", "claude_agent", 0),
        ("charts_agent", "charts_agent", 0),
    ];
    for (agent, bulkhead, limit) in table {
        assert!(roster.agents.contains_key(agent), "{agent}");
        assert_eq!(limits.bulkhead_of(agent), (bulkhead, limit), "{agent}");
    }
    assert_eq!(limits.total, 20);
    assert_eq!(limits.bulkheads.values().sum::<u32>() + limits.others, limits.total);
    assert_eq!(roster.agent_of("attribution.currency"), Some("financial_analyst"));
}

#[test]
fn an_unknown_key_is_an_error() {
    assert!(toml::from_str::<Roster>("total = 1\nothers = 1\nleeses = 2\n[agents]\n").is_err());
}
