//! The commit chain of a ledger: one hash that pins all entries up to it.
//!
//!   commitₙ = SHA-256(commitₙ₋₁ ‖ RFC 8785 JSON of entry n)      commit₀ = SHA-256("dawsos-ledger-v1" ‖ portfolio id)
//!
//! Of an entry everything is hashed but what differs after a move to another installation: `user_id`, `recorded_by`,
//! `source`, `import_id`.

use crate::{Function, Input, Key, Kind, Output, Problem, Problems};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The functions of this area.
pub const FUNCTIONS: &[Function] = &[Function {
    name: "ledger_hash",
    calculator: "ledger_hash",
    summary: "the commits after each entry of a ledger",
    keys: &[
        Key::required("entries", Kind::List, "entries as exported, in their order"),
        Key::optional("previous", Kind::Text, "", "commit before the first entry, 64 hexadecimal digits"),
        Key::optional("portfolio_id", Kind::Text, "", "without `previous`: the portfolio whose ledger begins here"),
    ],
    outputs: &[("commits", "one per entry, hexadecimal"), ("previous", "the commit that the chain begins with")],
    page: "ledger_hash",
    run: ledger_hash,
}];

const NOT_HASHED: [&str; 4] = ["user_id", "recorded_by", "source", "import_id"];

fn ledger_hash(input: &Input<'_>) -> Result<Output, Problems> {
    let mut head = start(input)?;
    let previous = hex::encode(head);
    let mut commits = Vec::new();
    for (index, entry) in input.list("entries")?.into_iter().enumerate() {
        let pointer = format!("{}/{index}", input.pointer("entries"));
        let Value::Object(mut entry) = entry else {
            return Err(Problem::new(pointer, "an entry is an object").into());
        };
        entry.retain(|key, _| !NOT_HASHED.contains(&key.as_str()));
        let canonical = canonical_json::canonical(&Value::Object(entry));
        let mut hash = Sha256::new();
        hash.update(head);
        hash.update(&canonical);
        head = hash.finalize().into();
        commits.push(hex::encode(head));
    }
    let mut output = Output::new();
    output.put("commits", commits).put("previous", previous);
    Ok(output)
}

/// `previous`, or the commit of the empty ledger.
fn start(input: &Input<'_>) -> Result<[u8; 32], Problem> {
    if let Some(previous) = input.optional_text("previous")? {
        let bytes = hex::decode(previous.trim()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        return bytes.ok_or_else(|| input.problem("previous", "a commit has 64 hexadecimal digits"));
    }
    let mut hash = Sha256::new();
    hash.update(b"dawsos-ledger-v1");
    if let Some(id) = input.optional_text("portfolio_id")? {
        let id = uuid::Uuid::parse_str(id.trim()).map_err(|_| input.problem("portfolio_id", "not a UUID"))?;
        hash.update(id.as_bytes());
    }
    Ok(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use crate::{NoTables, calculate};
    use serde_json::json;

    #[test]
    fn the_chain_is_that_of_the_ledger() {
        // The same entry through the ledger itself.
        let id = uuid::Uuid::nil();
        let entry = json!({
            "seq": 1, "entry_id": id, "action": "record", "kind": "setting", "target_seq": null, "account_id": null,
            "security_id": null, "effective_on": "2024-01-02", "payload": { "key": "base_currency", "value": "CAD" },
            "external_id": null, "recorded_at": "2024-01-02T10:00:00.000000Z"
        });
        let parsed = ledger::wire::entry_from_json(entry.clone()).unwrap();
        let expected = hex::encode(ledger::commit::commit(&ledger::commit::genesis(id), &parsed));
        let mut with_source = entry.clone();
        with_source["source"] = json!("import");
        let got =
            calculate("ledger_hash", &json!({ "entries": [with_source], "portfolio_id": id }), &NoTables).unwrap();
        assert_eq!(got["commits"], json!([expected]));
        // Two at once are one after the other.
        let second = json!({ "seq": 2 });
        let both =
            calculate("ledger_hash", &json!({ "entries": [entry, second], "portfolio_id": id }), &NoTables).unwrap();
        let alone = calculate("ledger_hash", &json!({ "entries": [second], "previous": expected }), &NoTables).unwrap();
        assert_eq!(both["commits"][1], alone["commits"][0]);
    }

    #[test]
    fn refusals_point_at_their_cause() {
        let of = |input| calculate("ledger_hash", &input, &NoTables).unwrap_err().0[0].pointer.clone();
        assert_eq!(of(json!({ "entries": [1] })), "/entries/0");
        assert_eq!(of(json!({ "entries": [], "previous": "ab" })), "/previous");
        assert_eq!(of(json!({ "entries": [], "portfolio_id": "x" })), "/portfolio_id");
    }
}
