//! Files that are no import, by every way in which one can be malformed: a problem with its line, nothing written, no 5xx.

use serde_json::Value;

use crate::world::{Answer, World};

const HEADER: &str = "kind,trade_date,currency,gross_amount,external_id";

struct Case {
    what: &'static str,
    bytes: Vec<u8>,
    code: &'static str,
    line: u64,
}

fn case(what: &'static str, bytes: impl AsRef<[u8]>, code: &'static str, line: u64) -> Case {
    Case { what, bytes: bytes.as_ref().to_vec(), code, line }
}

/// A file with this text after the header and a good first row.
fn rows(what: &'static str, text: &str, code: &'static str, line: u64) -> Case {
    case(what, format!("{HEADER}\nfee,2024-03-01,EUR,1,G1\n{text}"), code, line)
}

fn cases() -> Vec<Case> {
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(HEADER.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let latin1 = [HEADER.as_bytes(), b"\nfee,2024-03-01,EUR,1,caf\xe9\n"].concat();
    vec![
        // The file
        case("no line but blank ones", "\n\n \n", "empty_file", 1),
        case("UTF-16", utf16, "not_utf8", 1),
        case("ISO 8859-1", latin1, "not_utf8", 2),
        case("a program", b"\x7fELF\x02\x01\x01\0\0\0", "bad_character", 1),
        rows("a NUL byte", "fee,2024-03-01,EUR,1,a\0b\n", "bad_character", 3),
        case("semicolons", "kind;trade_date;currency\nfee;2024-03-01;EUR\n", "wrong_delimiter", 1),
        case("tabulators", "kind\ttrade_date\tcurrency\n", "wrong_delimiter", 1),
        case("a header alone", HEADER, "no_rows", 1),
        // The header
        case("no header", "fee,2024-03-01,EUR,1,G1\n", "unknown_column", 1),
        case("an unknown column", "kind,trade_date,currency,gros_amount\nfee,2024-03-01,EUR,1\n", "unknown_column", 1),
        case("a column without a name", "kind,trade_date,currency,\nfee,2024-03-01,EUR,1\n", "unknown_column", 1),
        case("a column twice", "kind,trade_date,currency,kind\nfee,2024-03-01,EUR,fee\n", "duplicate_column", 1),
        case("a column missing", "kind,currency,gross_amount\nfee,EUR,1\n", "missing_column", 1),
        // Quotation and cells
        rows(
            "a quotation that never ends",
            "fee,2024-03-01,EUR,1,\"G2\nfee,2024-03-02,EUR,1,G3\n",
            "unterminated_quote",
            3,
        ),
        rows("a quotation mark in the middle", "fee,2024-03-01,EUR,1,G\"2\n", "stray_quote", 3),
        rows("text after a quotation", "fee,2024-03-01,EUR,1,\"G2\"x\n", "stray_quote", 3),
        rows("a cell too many", "fee,2024-03-01,EUR,1,50,G2\n", "cell_count", 3),
        rows("a cell too few", "fee,2024-03-01,EUR,1\n", "cell_count", 3),
        rows("an endless cell", &format!("fee,2024-03-01,EUR,1,{}\n", "G".repeat(30_000)), "too_long", 3),
        // Values
        rows("a required cell empty", "fee,,EUR,1,G2\n", "missing_field", 3),
        rows("an unknown kind", "fees,2024-03-01,EUR,1,G2\n", "unknown_kind", 3),
        rows("a German date", "fee,01.03.2024,EUR,1,G2\n", "bad_date", 3),
        rows("a day that is none", "fee,2024-02-30,EUR,1,G2\n", "bad_date", 3),
        rows("a day far from now", "fee,9999-12-31,EUR,1,G2\n", "out_of_range", 3),
        rows("a decimal comma", "fee,2024-03-01,EUR,\"1,50\",G2\n", "bad_number", 3),
        rows("an exponent", "fee,2024-03-01,EUR,1e3,G2\n", "bad_number", 3),
        rows("no number", "fee,2024-03-01,EUR,NaN,G2\n", "bad_number", 3),
        rows("a number of sixty digits", &format!("fee,2024-03-01,EUR,{},G2\n", "9".repeat(60)), "bad_number", 3),
        rows("an unknown currency", "fee,2024-03-01,EUX,1,G2\n", "unknown_currency", 3),
        rows("a currency without a rate", "fee,2024-03-01,XOF,1,G2\n", "missing_fx", 3),
        rows("an identity twice", "fee,2024-03-02,EUR,1,G1\n", "duplicate_external_id", 3),
        case(
            "an unknown account",
            "kind,trade_date,currency,gross_amount,account\nfee,2024-03-01,EUR,1,Swiss\n",
            "unknown_account",
            2,
        ),
        case(
            "an unknown symbol",
            "kind,trade_date,currency,symbol,quantity,price\nbuy,2024-03-01,EUR,NOPE,1,1\n",
            "unknown_security",
            2,
        ),
        case(
            "a market without a symbol",
            "kind,trade_date,currency,mic,quantity,price\nbuy,2024-03-01,EUR,XNAS,1,1\n",
            "unknown_security",
            2,
        ),
        case("a ratio of nothing", "kind,trade_date,currency,ratio\nsplit,2024-03-01,EUR,4:0\n", "bad_ratio", 2),
        case(
            "an unknown tax",
            "kind,trade_date,currency,gross_amount,taxes\ninterest,2024-03-01,EUR,10,church=1\n",
            "unknown_tax",
            2,
        ),
    ]
}

async fn upload(world: &World, bytes: &[u8]) -> Answer {
    let id = world.people.a.portfolio;
    let mut body = format!(
        "--b\r\ncontent-disposition: form-data; name=\"portfolio_id\"\r\n\r\n{id}\r\n\
         --b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"x.csv\"\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--b--\r\n");
    world.request("POST", "/api/imports").by(&world.people.a).raw("multipart/form-data; boundary=b", body).send().await
}

/// Codes and lines of the problems of an answer.
fn problems(list: &Value) -> Vec<(String, u64)> {
    let problem =
        |one: &Value| (one["code"].as_str().unwrap_or_default().to_owned(), one["line"].as_u64().unwrap_or(0));
    list.as_array().map(|list| list.iter().map(problem).collect()).unwrap_or_default()
}

#[tokio::test]
async fn each_kind_is_refused_with_its_line_and_nothing_is_written() {
    let world = World::new().await;
    let before = world.count("SELECT count(*) FROM dawsos.ledger_entries").await;
    let cases = cases();
    assert!(cases.len() >= 20);
    for Case { what, bytes, code, line } in cases {
        let wanted = (code.to_owned(), line);
        let made = upload(&world, &bytes).await.expect(201);
        let id = made.body["data"]["id"].as_str().expect("an id").to_owned();
        let preview = world.get_a(&format!("/api/imports/{id}/preview")).await.expect(200);
        let text = String::from_utf8_lossy(&preview.bytes).into_owned();
        assert!(text.contains(&format!("\"{code}\"")), "{what}: {text}");
        let refused = world.send_a("POST", &format!("/api/imports/{id}/commit"), serde_json::json!({})).await;
        let refused = refused.refused(422, "import_rejected");
        let found = problems(&refused.body["errors"]);
        assert!(found.contains(&wanted), "{what}: {wanted:?} is not among {found:?}");
        assert!(found.iter().all(|(_, line)| *line > 0), "{what}: a problem without a line: {}", refused.body);
    }
    // More is sold than is held: found although each row is well formed.
    let sale = "kind,trade_date,currency,symbol,quantity,price\nsell,2024-03-01,EUR,PRIVATE,7,1\n";
    let id = upload(&world, sale.as_bytes()).await.expect(201).body["data"]["id"].as_str().expect("id").to_owned();
    let refused = world.send_a("POST", &format!("/api/imports/{id}/commit"), serde_json::json!({})).await;
    assert!(problems(&refused.refused(422, "import_rejected").body["errors"]).contains(&("oversell".to_owned(), 2)));
    assert_eq!(world.count("SELECT count(*) FROM dawsos.ledger_entries").await, before);
}

#[tokio::test]
async fn a_file_of_several_megabytes_is_taken() {
    let world = World::new().await;
    let mut file = format!("{HEADER}\n");
    for row in 0..100_000 {
        file.push_str(&format!("fee,2024-03-01,EUR,0.01,L{row:06}\n"));
    }
    assert!(file.len() > 3_000_000);
    let made = upload(&world, file.as_bytes()).await.expect(201);
    let id = made.body["data"]["id"].as_str().expect("an id").to_owned();
    let preview = world.get_a(&format!("/api/imports/{id}/preview?limit=1")).await.expect(200);
    assert_eq!(preview.body["data"]["counts"]["ok"], 100_000, "{}", preview.body);
}
