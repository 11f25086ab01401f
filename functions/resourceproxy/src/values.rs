//! The parameter `values`: a tuple as Python writes it, of numbers and quoted strings.

use std::iter::Peekable;
use std::str::Chars;

/// Why a text is no tuple.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It is none of the forms that are read.
    #[error("values must be a tuple of numbers and quoted strings, as (175,'a b')")]
    Tuple,
    /// A string holds a control character, which has no place in a URL.
    #[error("values must hold no control characters")]
    Control,
}

/// Reads `(175,'a b')`, `(1,)`, `()`, or a single value with or without parentheses. Numbers stay as they are written:
/// decimal, with a minus, a fraction and an exponent where Python allows them. Strings have either quote, and the
/// escapes `\\`, `\'`, `\"`, `\x41`, `\u0041` and `\U00000041`.
///
/// Refuses everything else, which Python would refuse or read as something else.
pub fn parse(text: &str) -> Result<Vec<String>, Malformed> {
    let mut reader = Reader(text.chars().peekable());
    reader.skip_blanks();
    let values = if reader.take('(') {
        reader.tuple()?
    } else {
        vec![reader.value()?]
    };
    reader.skip_blanks();
    match reader.0.next() {
        None => Ok(values),
        Some(_) => Err(Malformed::Tuple),
    }
}

struct Reader<'a>(Peekable<Chars<'a>>);

impl Reader<'_> {
    fn skip_blanks(&mut self) {
        while self.0.next_if(|next| matches!(next, ' ' | '\t')).is_some() {}
    }

    fn take(&mut self, expected: char) -> bool {
        self.0.next_if_eq(&expected).is_some()
    }

    /// What stands behind the opening parenthesis, and the closing one.
    fn tuple(&mut self) -> Result<Vec<String>, Malformed> {
        let mut values = Vec::new();
        loop {
            self.skip_blanks();
            if self.take(')') {
                return Ok(values);
            }
            values.push(self.value()?);
            self.skip_blanks();
            if !self.take(',') {
                return if self.take(')') {
                    Ok(values)
                } else {
                    Err(Malformed::Tuple)
                };
            }
        }
    }

    fn value(&mut self) -> Result<String, Malformed> {
        match self.0.next_if(|next| matches!(next, '\'' | '"')) {
            Some(quote) => self.string(quote),
            None => self.number(),
        }
    }

    /// What stands behind the opening quote, and the closing one.
    fn string(&mut self, quote: char) -> Result<String, Malformed> {
        let mut string = String::new();
        loop {
            let character = match self.0.next().ok_or(Malformed::Tuple)? {
                '\\' => self.escape()?,
                end if end == quote => return Ok(string),
                other => other,
            };
            if character.is_control() {
                return Err(Malformed::Control);
            }
            string.push(character);
        }
    }

    fn escape(&mut self) -> Result<char, Malformed> {
        let digits = match self.0.next() {
            Some(own @ ('\\' | '\'' | '"')) => return Ok(own),
            // Python's own names of control characters.
            Some('a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v') => return Err(Malformed::Control),
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            _ => return Err(Malformed::Tuple),
        };
        let mut code = 0;
        for _ in 0..digits {
            let digit = self.0.next().and_then(|digit| digit.to_digit(16));
            code = code << 4 | digit.ok_or(Malformed::Tuple)?;
        }
        char::from_u32(code).ok_or(Malformed::Tuple)
    }

    fn number(&mut self) -> Result<String, Malformed> {
        let mut number = String::new();
        self.append(&mut number, |next| next == '-');
        let minus = number.len();
        if minus > 1 {
            return Err(Malformed::Tuple);
        }
        let whole = self.append(&mut number, |next| next.is_ascii_digit());
        let point = self.take('.');
        let fraction = if point {
            number.push('.');
            self.append(&mut number, |next| next.is_ascii_digit())
        } else {
            0
        };
        if whole + fraction == 0 {
            return Err(Malformed::Tuple);
        }
        let exponent = self.0.next_if(|next| matches!(next, 'e' | 'E'));
        if let Some(exponent) = exponent {
            number.push(exponent);
            number.extend(self.0.next_if(|next| matches!(next, '+' | '-')));
            if self.append(&mut number, |next| next.is_ascii_digit()) == 0 {
                return Err(Malformed::Tuple);
            }
        }
        // Octal once, an error now: so it means nothing.
        let leading_zero = whole > 1 && number.get(minus..).is_some_and(|digits| digits.starts_with('0'));
        if leading_zero && !point && exponent.is_none() {
            return Err(Malformed::Tuple);
        }
        Ok(number)
    }

    /// Appends what `belongs`, and says how much that was.
    fn append(&mut self, text: &mut String, belongs: impl Fn(char) -> bool) -> usize {
        let before = text.len();
        while let Some(next) = self.0.next_if(|next| belongs(*next)) {
            text.push(next);
        }
        text.len() - before
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tuples_are_read_as_python_writes_them() {
        let cases: &[(&str, &[&str])] = &[
            ("(175,2633)", &["175", "2633"]),
            ("(1,'a b')", &["1", "a b"]),
            ("(1,)", &["1"]),
            ("(1)", &["1"]),
            ("1", &["1"]),
            ("()", &[]),
            ("( )", &[]),
            (" ( 1 ,\t2 , ) ", &["1", "2"]),
            ("'a'", &["a"]),
            (r#"("it's",'say "x"')"#, &["it's", "say \"x\""]),
            (r#"('it\'s',"say \"x\"")"#, &["it's", "say \"x\""]),
            (r"('a\\b',)", &["a\\b"]),
            (r"('\x41\u00e9\U0001F5FA',)", &["Aé🗺"]),
            ("('é/?#&=%',)", &["é/?#&=%"]),
            ("('','')", &["", ""]),
            (
                "(0,-1,1.50,.5,1.,1e3,1E-3,1e+3,-.5e1)",
                &["0", "-1", "1.50", ".5", "1.", "1e3", "1E-3", "1e+3", "-.5e1"],
            ),
            ("(01.5,00e1)", &["01.5", "00e1"]),
            ("('(1,2)',)", &["(1,2)"]),
        ];
        for (text, values) in cases {
            assert_eq!(parse(text).unwrap(), *values, "{text}");
        }
    }

    #[test]
    fn what_is_no_tuple_is_refused() {
        for text in [
            "",
            " ",
            "(",
            ")",
            "(,)",
            "(1,,2)",
            "(,1)",
            "(1,2",
            "1,2)",
            "1,2",
            "(1 2)",
            "(1)2",
            "((1,2))",
            "(1,(2,))",
            "[1,2]",
            "{1}",
            "{'a':1}",
            "a",
            "(a,)",
            "None",
            "(True,)",
            "('a'",
            "('a)",
            "(\"a')",
            "('a' 'b',)",
            "'''a'''",
            "u'a'",
            "b'a'",
            "r'a'",
            "f'{1}'",
            "0x1f",
            "0b1",
            "0o7",
            "007",
            "(175,0263)",
            "1_000",
            "1j",
            "+1",
            "--1",
            "-",
            ".",
            "-.",
            "1e",
            "1e+",
            ".e1",
            "1.2.3",
            "1+1",
            "1/2",
            "'a'*9",
            "__import__('os')",
            "open('x')",
            r"'\q'",
            r"'\0'",
            r"'\101'",
            r"'\x4'",
            r"'\xzz'",
            r"'\u004'",
            r"'\ud800'",
            r"'\U00110000'",
            r"'\N{DASH}'",
            "'a\\",
            "1;",
            "1#",
            "(1,2)#",
            "(1,2);x",
            "１",
            "(1，2)",
            "‘a’",
            "1\u{a0}",
            "\u{feff}1",
        ] {
            assert_eq!(parse(text), Err(Malformed::Tuple), "{text}");
        }
        for text in [
            "'a\r\nb'",
            r"'\r\n'",
            r"'\n'",
            r"'\x00'",
            r"'\u0085'",
            "'\0'",
            "'\u{7f}'",
            r"'\t'",
        ] {
            assert_eq!(parse(text), Err(Malformed::Control), "{text}");
        }
    }

    /// As Python's `repr` writes a string.
    fn quoted(string: &str) -> String {
        let escaped = string.replace('\\', r"\\").replace('\'', r"\'");
        format!("'{escaped}'")
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(text in "\\PC{0,100}") {
            let _ = parse(&text);
        }

        #[test]
        fn what_looks_like_a_tuple_holds_no_control_characters(text in r#"[(]?([0-9.eE+'"\\xuUnr, \-\x00-\x1f]|,){0,40}[)]?"#) {
            for value in parse(&text).unwrap_or_default() {
                prop_assert!(!value.contains(char::is_control), "{text:?}: {value:?}");
            }
        }

        #[test]
        fn what_is_written_is_read(strings in proptest::collection::vec("[^\\p{Cc}]{0,20}", 0..6), number: i64, float: f32) {
            let mut written: Vec<String> = strings.iter().map(|string| quoted(string)).collect();
            written.push(number.to_string());
            let mut expected = strings.clone();
            expected.push(number.to_string());
            if float.is_finite() {
                written.push(format!("{float:e}"));
                expected.push(format!("{float:e}"));
            }
            prop_assert_eq!(parse(&format!("({},)", written.join(", "))), Ok(expected));
        }
    }
}
