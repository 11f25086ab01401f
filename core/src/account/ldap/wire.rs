//! What a directory says, looked at before ldap3 reads it (RFC 4511, section 4; BER as section 5.1 allows it). ldap3
//! takes a message of any length, follows its nesting without a bound and panics at what it does not expect, so that
//! whoever answers in a directory's place could end the process.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// The longest message taken, in bytes; some thousand groups of one user fit.
pub const LONGEST: usize = 1 << 20;

const INTEGER: u8 = 0x02;
const BOOLEAN: u8 = 0x01;
const OCTET_STRING: u8 = 0x04;
const ENUMERATED: u8 = 0x0a;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const CONTROLS: u8 = 0xa0;

const BIND: u8 = 0x60;
const SEARCH: u8 = 0x63;
const EXTENDED: u8 = 0x77;
const BIND_RESPONSE: u8 = 0x61;
const SEARCH_ENTRY: u8 = 0x64;
const SEARCH_DONE: u8 = 0x65;
const SEARCH_REFERENCE: u8 = 0x73;
const EXTENDED_RESPONSE: u8 = 0x78;

/// The request for TLS (RFC 4511, section 4.14), message 1.
pub const START_TLS: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";

/// What was asked last: nothing else may be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    id: u32,
    operation: u8,
}

/// One answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The last one, with its result code.
    Result(u32),
    /// An entry or a reference; others follow.
    Part,
}

/// Reads one message, its header included. `None` at the end of the stream; an error at what is no message, or a
/// longer one than [`LONGEST`].
pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut message = vec![0; 2];
    if stream.read(&mut message[..1]).await? == 0 {
        return Ok(None);
    }
    stream.read_exact(&mut message[1..]).await?;
    let mut length = [0; 4];
    match (message[0], message[1]) {
        (SEQUENCE, short @ ..=0x7f) => length[3] = short,
        (SEQUENCE, long @ 0x81..=0x84) => {
            let bytes = &mut length[4 - usize::from(long & 0x7f)..];
            stream.read_exact(bytes).await?;
            message.extend_from_slice(bytes);
        }
        _ => return Err(io::ErrorKind::InvalidData.into()),
    }
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > LONGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let header = message.len();
    message.resize(header + length, 0);
    stream.read_exact(&mut message[header..]).await?;
    Ok(Some(message))
}

/// What a message asks. `None`: no request.
pub fn asked(message: &[u8]) -> Option<Asked> {
    let mut content = only(message, SEQUENCE)?;
    let id = number(take(&mut content, INTEGER)?)?;
    let (operation, _) = element(&mut content)?;
    Some(Asked { id, operation })
}

/// What a message answers. `None`: it does not answer what was asked, or is not as RFC 4511 has it.
pub fn answer(message: &[u8], asked: Asked) -> Option<Answer> {
    let mut content = only(message, SEQUENCE)?;
    let id = number(take(&mut content, INTEGER)?)?;
    let (operation, said) = element(&mut content)?;
    if !content.is_empty() {
        controls(only(content, CONTROLS)?)?;
    }
    if id != asked.id {
        return None;
    }
    match (asked.operation, operation) {
        (BIND, BIND_RESPONSE) | (SEARCH, SEARCH_DONE) | (EXTENDED, EXTENDED_RESPONSE) => {
            result(said).map(Answer::Result)
        }
        (SEARCH, SEARCH_ENTRY) => entry(said).map(|()| Answer::Part),
        (SEARCH, SEARCH_REFERENCE) => all(said, OCTET_STRING, text).map(|()| Answer::Part),
        _ => None,
    }
}

/// An `LDAPResult` with what a bind or an extended response adds.
fn result(mut said: &[u8]) -> Option<u32> {
    let code = number(take(&mut said, ENUMERATED)?)?;
    text(take(&mut said, OCTET_STRING)?)?;
    text(take(&mut said, OCTET_STRING)?)?;
    while !said.is_empty() {
        match element(&mut said)? {
            // Where else to ask.
            (0xa3, referral) => all(referral, OCTET_STRING, text)?,
            // The name of an extended response.
            (0x8a, name) => text(name)?,
            // SASL's credentials, the value of an extended response.
            (0x87 | 0x8b, _) => {}
            _ => return None,
        }
    }
    Some(code)
}

fn entry(mut said: &[u8]) -> Option<()> {
    text(take(&mut said, OCTET_STRING)?)?;
    all(only(said, SEQUENCE)?, SEQUENCE, |mut attribute| {
        text(take(&mut attribute, OCTET_STRING)?)?;
        all(only(attribute, SET)?, OCTET_STRING, |_| Some(()))
    })
}

fn controls(said: &[u8]) -> Option<()> {
    all(said, SEQUENCE, |mut control| {
        text(take(&mut control, OCTET_STRING)?)?;
        if control.first() == Some(&BOOLEAN) && take(&mut control, BOOLEAN)?.len() != 1 {
            return None;
        }
        if !control.is_empty() {
            only(control, OCTET_STRING)?;
        }
        Some(())
    })
}

/// Every element has the tag and is as it must be.
fn all(mut rest: &[u8], tag: u8, is: impl Fn(&[u8]) -> Option<()>) -> Option<()> {
    while !rest.is_empty() {
        is(take(&mut rest, tag)?)?;
    }
    Some(())
}

/// The content of the one element that there is.
fn only(mut rest: &[u8], tag: u8) -> Option<&[u8]> {
    take(&mut rest, tag).filter(|_| rest.is_empty())
}

/// The content of the next element, which must have the tag.
fn take<'a>(rest: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    let (found, content) = element(rest)?;
    (found == tag).then_some(content)
}

/// The next element: tag and content. Tags of more than a byte and lengths without a number are none of LDAP's.
fn element<'a>(rest: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let [tag, length, after @ ..] = *rest else {
        return None;
    };
    let (length, after) = match length {
        0..=0x7f => (usize::from(*length), after),
        0x81..=0x84 => {
            let (bytes, after) = after.split_at_checked(usize::from(length & 0x7f))?;
            (usize::try_from(number(bytes)?).ok()?, after)
        }
        _ => return None,
    };
    let (content, after) = after.split_at_checked(length)?;
    *rest = after;
    (tag & 0x1f != 0x1f).then_some((*tag, content))
}

fn number(bytes: &[u8]) -> Option<u32> {
    let is_one = matches!(bytes.len(), 1..=4);
    is_one.then(|| {
        bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u32::from(*byte))
    })
}

fn text(bytes: &[u8]) -> Option<()> {
    std::str::from_utf8(bytes).is_ok().then_some(())
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
