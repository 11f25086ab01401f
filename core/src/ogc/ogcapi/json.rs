//! A JSON object taken apart as it streams, in bounded memory: its members, and the elements of those that are arrays.

use serde_json::Value;
use thiserror::Error;

/// The longest name of a member, in bytes.
const MAX_KEY: usize = 4 * 1024;
/// The longest value that is looked at as one.
const MAX_VALUE: usize = 4 * 1024 * 1024;
/// Deeper than any geometry.
const MAX_DEPTH: usize = 128;

/// Why a document is refused.
#[derive(Debug, Error)]
pub enum JsonError {
    /// It is not the JSON object that it should be.
    #[error("the document is not the expected JSON")]
    Malformed,
    /// A part of it is larger than it may be.
    #[error("a part of the document is too large")]
    TooLarge,
    /// It could not be read to its end.
    #[error("the document could not be read: {0}")]
    Read(String),
}

/// What becomes of a member.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Treat {
    /// Its value, an array, is looked at element by element.
    Each,
    /// Its value is looked at.
    Whole,
    /// Its value stays, byte by byte.
    Pass,
    /// It goes.
    Drop,
}

/// Decides on the members of a document.
pub(super) trait Members {
    /// What becomes of a member of this name.
    fn treat(&mut self, key: &str) -> Treat;

    /// What is written instead of a value, or an element; `None` leaves it out.
    fn value(&mut self, key: &str, value: Value) -> Result<Option<Value>, JsonError>;
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum At {
    Start,
    /// Behind `{` or a comma: a name; or, behind `{`, the end.
    Name {
        may_end: bool,
    },
    InName,
    Colon,
    Value,
    InValue,
    /// In an array that is looked at: an element; or, at its beginning, the end.
    Element {
        may_end: bool,
    },
    InElement,
    AfterElement,
    AfterValue,
    End,
}

/// Takes a document in pieces; what stays is in `out`.
pub(super) struct Splitter<M> {
    pub members: M,
    pub out: Vec<u8>,
    at: At,
    held: Vec<u8>,
    key: String,
    treat: Treat,
    scan: Scan,
    /// Whether a member, or an element, has been written.
    some_member: bool,
    some_element: bool,
}

/// Where in a value we are.
#[derive(Clone, Copy, Debug, Default)]
struct Scan {
    depth: usize,
    in_string: bool,
    escaped: bool,
    scalar: bool,
}

/// Whether a byte is the value's.
#[derive(Eq, PartialEq)]
enum Step {
    More,
    Last,
    /// It stands behind the value already.
    Behind,
}

impl Scan {
    fn step(&mut self, byte: u8) -> Result<Step, JsonError> {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => {
                    self.in_string = false;
                    if self.depth == 0 {
                        return Ok(Step::Last);
                    }
                }
                _ => {}
            }
            return Ok(Step::More);
        }
        match byte {
            b',' | b'}' | b']' if self.depth == 0 => {
                return if self.scalar {
                    Ok(Step::Behind)
                } else {
                    Err(JsonError::Malformed)
                };
            }
            _ if self.scalar && byte.is_ascii_whitespace() => return Ok(Step::Behind),
            b'"' | b'{' | b'[' if self.scalar => return Err(JsonError::Malformed),
            b'"' => self.in_string = true,
            b'{' | b'[' => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err(JsonError::TooLarge);
                }
            }
            b'}' | b']' => {
                self.depth -= 1;
                if self.depth == 0 {
                    return Ok(Step::Last);
                }
            }
            _ if self.depth == 0 => self.scalar = true,
            _ => {}
        }
        Ok(Step::More)
    }
}

impl<M: Members> Splitter<M> {
    pub fn new(members: M) -> Self {
        Self {
            members,
            out: Vec::new(),
            at: At::Start,
            held: Vec::new(),
            key: String::new(),
            treat: Treat::Drop,
            scan: Scan::default(),
            some_member: false,
            some_element: false,
        }
    }

    /// Takes the next piece.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), JsonError> {
        piece.iter().try_for_each(|byte| self.byte(*byte))
    }

    /// Refuses a document that breaks off.
    pub fn finish(&self) -> Result<(), JsonError> {
        if self.at == At::End {
            Ok(())
        } else {
            Err(JsonError::Malformed)
        }
    }

    fn byte(&mut self, byte: u8) -> Result<(), JsonError> {
        match self.at {
            At::InName => return self.in_name(byte),
            At::InValue => return self.in_value(byte),
            At::InElement => return self.in_element(byte),
            _ if byte.is_ascii_whitespace() => return Ok(()),
            _ => {}
        }
        self.at = match (self.at, byte) {
            (At::Start, b'{') => {
                self.out.push(b'{');
                At::Name { may_end: true }
            }
            (At::Name { .. }, b'"') => {
                self.held.clear();
                self.held.push(byte);
                self.scan = Scan::default();
                self.scan.step(byte)?;
                At::InName
            }
            (At::Name { may_end: true } | At::AfterValue, b'}') => {
                self.out.push(b'}');
                At::End
            }
            (At::AfterValue, b',') => At::Name { may_end: false },
            (At::Colon, b':') => At::Value,
            (At::Value, b'[') if self.treat == Treat::Each => {
                self.name();
                self.out.push(b'[');
                self.some_element = false;
                At::Element { may_end: true }
            }
            (At::Value, _) => {
                match self.treat {
                    // Not the array that it should be.
                    Treat::Each => self.treat = Treat::Drop,
                    Treat::Pass => self.name(),
                    Treat::Whole | Treat::Drop => {}
                }
                self.held.clear();
                self.scan = Scan::default();
                self.at = At::InValue;
                return self.in_value(byte);
            }
            (At::Element { may_end: true } | At::AfterElement, b']') => {
                self.out.push(b']');
                At::AfterValue
            }
            (At::AfterElement, b',') => At::Element { may_end: false },
            (At::Element { .. }, _) => {
                self.held.clear();
                self.scan = Scan::default();
                self.at = At::InElement;
                return self.in_element(byte);
            }
            _ => return Err(JsonError::Malformed),
        };
        Ok(())
    }

    fn in_name(&mut self, byte: u8) -> Result<(), JsonError> {
        self.hold(byte, MAX_KEY)?;
        if self.scan.step(byte)? == Step::Last {
            self.key = serde_json::from_slice(&self.held).map_err(|_| JsonError::Malformed)?;
            self.treat = self.members.treat(&self.key);
            self.at = At::Colon;
        }
        Ok(())
    }

    fn in_value(&mut self, byte: u8) -> Result<(), JsonError> {
        let step = self.scan.step(byte)?;
        if step != Step::Behind {
            match self.treat {
                Treat::Pass => self.out.push(byte),
                Treat::Whole => self.hold(byte, MAX_VALUE)?,
                Treat::Each | Treat::Drop => {}
            }
        }
        if step == Step::More {
            return Ok(());
        }
        if self.treat == Treat::Whole {
            let value = serde_json::from_slice(&self.held).map_err(|_| JsonError::Malformed)?;
            if let Some(value) = self.members.value(&self.key, value)? {
                self.name();
                write(&mut self.out, &value)?;
            }
        }
        self.at = At::AfterValue;
        if step == Step::Behind {
            self.byte(byte)?;
        }
        Ok(())
    }

    fn in_element(&mut self, byte: u8) -> Result<(), JsonError> {
        let step = self.scan.step(byte)?;
        if step != Step::Behind {
            self.hold(byte, MAX_VALUE)?;
        }
        if step == Step::More {
            return Ok(());
        }
        let value = serde_json::from_slice(&self.held).map_err(|_| JsonError::Malformed)?;
        if let Some(value) = self.members.value(&self.key, value)? {
            self.element(&value)?;
        }
        self.at = At::AfterElement;
        if step == Step::Behind {
            self.byte(byte)?;
        }
        Ok(())
    }

    fn hold(&mut self, byte: u8, most: usize) -> Result<(), JsonError> {
        if self.held.len() == most {
            return Err(JsonError::TooLarge);
        }
        self.held.push(byte);
        Ok(())
    }

    /// Writes the member's name.
    fn name(&mut self) {
        if std::mem::replace(&mut self.some_member, true) {
            self.out.push(b',');
        }
        let name = Value::String(self.key.clone()).to_string();
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b':');
    }

    fn element(&mut self, value: &Value) -> Result<(), JsonError> {
        if std::mem::replace(&mut self.some_element, true) {
            self.out.push(b',');
        }
        write(&mut self.out, value)
    }
}

fn write(out: &mut Vec<u8>, value: &Value) -> Result<(), JsonError> {
    serde_json::to_writer(out, value).map_err(|_| JsonError::Malformed)
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
