//! On which line of a JSON text each element of a list begins: the parser does not tell, and people ask.

/// Lines (from 1) of the elements of the list under a key of the outermost object.
pub(crate) fn line_numbers(text: &str, key: &str) -> Vec<u64> {
    let mut scan = Scan { line: 1, depth: 0, in_list: None, last_key: String::new(), numbers: Vec::new() };
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        match char {
            '\n' => scan.line += 1,
            '"' => {
                let start = at + 1;
                let mut end = start;
                let mut is_escaped = false;
                for (at, char) in chars.by_ref() {
                    end = at;
                    match char {
                        '\n' => scan.line += 1,
                        '\\' if !is_escaped => {
                            is_escaped = true;
                            continue;
                        }
                        '"' if !is_escaped => break,
                        _ => {}
                    }
                    is_escaped = false;
                }
                if scan.depth == 1 {
                    scan.last_key = text.get(start..end).unwrap_or_default().to_owned();
                }
            }
            '{' | '[' => {
                if scan.in_list.is_some_and(|depth| depth == scan.depth) {
                    scan.numbers.push(scan.line);
                }
                scan.depth += 1;
                if char == '[' && scan.depth == 2 && scan.last_key == key && scan.in_list.is_none() {
                    scan.in_list = Some(scan.depth);
                }
            }
            '}' | ']' => {
                if scan.in_list == Some(scan.depth) && char == ']' {
                    return scan.numbers;
                }
                scan.depth = scan.depth.saturating_sub(1);
            }
            _ => {}
        }
    }
    scan.numbers
}

struct Scan {
    line: u64,
    depth: usize,
    in_list: Option<usize>,
    last_key: String,
    numbers: Vec<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_on_their_lines() {
        let text = "{\n \"meta\": {\"activities\": [{}]},\n \"activities\": [\n  {\"a\": \"}]\\\"\\n\"},\n  {\n \"b\": [1, {}]},\n {}]\n}";
        assert_eq!(line_numbers(text, "activities"), [4, 5, 7]);
        assert_eq!(line_numbers(text, "accounts"), Vec::<u64>::new());
        assert_eq!(line_numbers("\"unclosed", "a"), Vec::<u64>::new());
    }
}
