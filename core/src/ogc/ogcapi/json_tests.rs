use super::*;
use proptest::prelude::*;
use serde_json::json;

/// Even numbers stay, doubled.
struct Numbers;

impl Members for Numbers {
    fn treat(&mut self, key: &str) -> Treat {
        match key {
            "each" => Treat::Each,
            "whole" => Treat::Whole,
            "drop" => Treat::Drop,
            _ => Treat::Pass,
        }
    }

    fn value(&mut self, _: &str, value: Value) -> Result<Option<Value>, JsonError> {
        let even = value.as_i64().filter(|number| number % 2 == 0);
        Ok(even.map(|number| Value::from(number * 2)))
    }
}

fn split(document: &[u8], size: usize) -> Result<Value, JsonError> {
    let mut splitter = Splitter::new(Numbers);
    for piece in document.chunks(size) {
        splitter.push(piece)?;
    }
    splitter.finish()?;
    Ok(serde_json::from_slice(&splitter.out).unwrap())
}

#[test]
fn members_and_elements_are_looked_at_across_pieces() {
    let document = br#" { "a" : [1,{"each":[2]},"]}\"" ] ,"each":[ 1,2 ,"x]", 4, {"b":[]} ], "whole":6,"who\u006ce":7 ,"drop":{"x":"}"},"each":{"a":2},"z":-1.5e3 } "#;
    for size in 1..document.len() {
        assert_eq!(
            split(document, size).unwrap(),
            json!({"a": [1, {"each": [2]}, "]}\""], "each": [4, 8], "whole": 12, "z": -1500.0}),
            "{size}"
        );
    }
    assert_eq!(split(b"{}", 1).unwrap(), json!({}));
    assert_eq!(split(b"{\"each\":[]}", 1).unwrap(), json!({"each": []}));
}

#[test]
fn what_is_no_object_or_breaks_off_is_refused() {
    for document in [
        "",
        "[]",
        "1",
        "{",
        "{\"a\"",
        "{\"a\":1",
        "{\"a\":1,}",
        "{,}",
        "{a:1}",
        "{\"a\" 1}",
        "{}x",
        "{\"each\":[1,]}",
        "{\"each\":[,]}",
        "{\"a\":}",
        "{\"each\":[tru e]}",
        "{\"whole\":01}",
        "{\"a\":1 2}",
        "{\"each\":[1 2]}",
    ] {
        assert!(split(document.as_bytes(), 3).is_err(), "{document}");
    }
    let deep = format!("{{\"a\":{}", "[".repeat(200));
    assert!(matches!(split(deep.as_bytes(), 50), Err(JsonError::TooLarge)));
}

#[test]
fn memory_is_bounded() {
    let mut splitter = Splitter::new(Numbers);
    splitter.push(b"{\"a\":[").unwrap();
    for _ in 0..100 {
        splitter.push(&[b'1'; 8192]).unwrap();
        splitter.out.clear();
    }
    assert_eq!(splitter.held.capacity().max(4096), 4096);
    let mut splitter = Splitter::new(Numbers);
    splitter.push(b"{\"each\":[\"").unwrap();
    let endless = (0..1000).try_for_each(|_| splitter.push(&[b'x'; 8192]));
    assert!(matches!(endless, Err(JsonError::TooLarge)));
}

proptest! {
    #[test]
    fn nothing_panics(document in "[\\[\\]{}\":,a1e\\\\ each]{0,60}", size in 1usize..20) {
        let mut splitter = Splitter::new(Numbers);
        let _ = document.as_bytes().chunks(size).try_for_each(|piece| splitter.push(piece));
    }
}
