//! Reading of XML, element by element, with a bounded memory and nothing but UTF-8, elements and text in it.

use bytes::Bytes;
use futures_util::Stream;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use thiserror::Error;
use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};

/// One tag, comment or run of text longer than this is not a document of ours.
const MAX_PIECE: usize = 1024 * 1024;
/// Deeper than any capabilities document.
const MAX_DEPTH: usize = 128;

/// Why a document is refused.
#[derive(Debug, Error)]
pub enum XmlError {
    /// It is not well-formed.
    #[error("the document is not well-formed: {0}")]
    Malformed(String),
    /// It is well-formed, but not what it should be.
    #[error("the document is not the expected one")]
    Unexpected,
    /// It is an OGC exception instead, with this code.
    #[error("the document is an exception: {}", .0.as_str())]
    Exception(super::OgcCode),
    /// It is not in UTF-8.
    #[error("the document is not in UTF-8")]
    Encoding,
    /// It declares or uses entities of its own.
    #[error("the document declares or uses entities")]
    Entity,
    /// A part of it is larger than it may be.
    #[error("a part of the document is too large")]
    TooLarge,
    /// It could not be read to its end.
    #[error("the document could not be read: {0}")]
    Read(String),
}

/// A start tag, decoded.
pub(super) struct Element<'a> {
    /// The name as written, with its prefix.
    pub name: &'a str,
    /// The name without its prefix.
    pub local: &'a str,
    /// Names as written and decoded values, in their order.
    pub attributes: Vec<(&'a str, String)>,
}

impl Element<'_> {
    /// The value of the first attribute of this local name.
    pub fn attribute(&self, local: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(name, _)| local_name(name) == local)
            .map(|(_, value)| value.as_str())
    }
}

/// The part of a name after its prefix.
pub(super) fn local_name(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// What is done with a document; comments and processing instructions do not arrive.
pub(super) trait Handler {
    /// An element begins; an empty one ends at once.
    fn open(&mut self, element: &Element<'_>) -> Result<(), XmlError>;

    /// A document type is declared, without entities.
    fn doctype(&mut self) -> Result<(), XmlError> {
        Ok(())
    }

    /// The whole text between two tags, decoded: character references, CDATA and what a comment parts are one.
    fn text(&mut self, _text: &str) -> Result<(), XmlError> {
        Ok(())
    }

    /// An element ends.
    fn close(&mut self, _name: &str) -> Result<(), XmlError> {
        Ok(())
    }
}

/// Turns a parser's events into a [`Handler`]'s calls.
#[derive(Default)]
pub(super) struct Walker {
    depth: usize,
    seen_root: bool,
    run: String,
}

impl Walker {
    /// Takes one event; `true` at the proper end of the document.
    pub fn event(&mut self, event: &Event<'_>, handler: &mut impl Handler) -> Result<bool, XmlError> {
        match event {
            Event::Start(start) => self.start(start, handler)?,
            Event::Empty(start) => {
                self.start(start, handler)?;
                self.end(start.name().into_inner(), handler)?;
            }
            Event::End(end) => self.end(end.name().into_inner(), handler)?,
            Event::Text(text) => self.add(&text.xml10_content())?,
            Event::CData(text) => self.add(&text.xml10_content())?,
            Event::GeneralRef(reference) => {
                let resolved = match reference.resolve_char_ref().map_err(malformed)? {
                    Some(character) if is_xml_char(character) => character,
                    Some(_) => return Err(XmlError::Malformed("a character that XML forbids".to_owned())),
                    None => predefined(&reference.xml10_content()).ok_or(XmlError::Entity)?,
                };
                self.add(resolved.encode_utf8(&mut [0; 4]))?;
            }
            Event::DocType(doctype) => {
                // A document type without entities is harmless, and WMS 1.1.1 has one.
                if self.seen_root
                    || doctype.to_ascii_uppercase().contains("<!ENTITY")
                    || doctype.contains('%')
                {
                    return Err(XmlError::Entity);
                }
                handler.doctype()?;
            }
            Event::Decl(declaration) => match declaration.encoding() {
                Some(Ok(name)) if !matches!(&*name.to_ascii_lowercase(), "utf-8" | "utf8" | "us-ascii") => {
                    return Err(XmlError::Encoding);
                }
                Some(Err(error)) => return Err(malformed(error)),
                Some(Ok(_)) | None => {}
            },
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => {
                if self.depth > 0 || !self.seen_root || !self.run.trim().is_empty() {
                    return Err(XmlError::Malformed("it breaks off".to_owned()));
                }
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn start(&mut self, start: &BytesStart<'_>, handler: &mut impl Handler) -> Result<(), XmlError> {
        self.flush(handler)?;
        if self.depth == 0 && std::mem::replace(&mut self.seen_root, true) {
            return Err(XmlError::Malformed("two root elements".to_owned()));
        }
        if self.depth == MAX_DEPTH {
            return Err(XmlError::TooLarge);
        }
        self.depth += 1;
        let name = start.name().into_inner();
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(malformed)?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(malformed)?
                .into_owned();
            if !value.chars().all(is_xml_char) {
                return Err(XmlError::Malformed("a character that XML forbids".to_owned()));
            }
            attributes.push((attribute.key.into_inner(), value));
        }
        handler.open(&Element {
            name,
            local: local_name(name),
            attributes,
        })
    }

    fn end(&mut self, name: &str, handler: &mut impl Handler) -> Result<(), XmlError> {
        self.flush(handler)?;
        self.depth = self.depth.saturating_sub(1);
        handler.close(name)
    }

    fn add(&mut self, text: &str) -> Result<(), XmlError> {
        if self.run.len() + text.len() > MAX_PIECE {
            return Err(XmlError::TooLarge);
        }
        self.run.push_str(text);
        Ok(())
    }

    fn flush(&mut self, handler: &mut impl Handler) -> Result<(), XmlError> {
        if self.run.is_empty() {
            return Ok(());
        }
        if self.depth > 0 {
            handler.text(&self.run)?;
        } else if !self.run.trim().is_empty() {
            return Err(XmlError::Malformed("text outside of the root element".to_owned()));
        }
        self.run.clear();
        Ok(())
    }
}

/// XML 1.0's production `Char`.
fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

fn predefined(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => None,
    }
}

/// That a parser could not go on.
pub(super) fn malformed(error: impl std::fmt::Display) -> XmlError {
    XmlError::Malformed(error.to_string())
}

/// Hands a document that is at hand to a handler.
pub(super) fn walk_slice(document: &[u8], handler: &mut impl Handler) -> Result<(), XmlError> {
    let mut reader = Reader::from_reader(document);
    let mut buffer = Vec::new();
    let mut walker = Walker::default();
    while !walker.event(&reader.read_event_into(&mut buffer).map_err(malformed)?, handler)? {
        buffer.clear();
    }
    Ok(())
}

/// Reads a document that arrives in pieces.
pub(super) struct Incoming<S> {
    reader: Reader<Feed<S>>,
    walker: Walker,
    buffer: Vec<u8>,
}

impl<S, E> Incoming<S>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: std::fmt::Display,
{
    /// Nothing is read yet.
    pub fn new(stream: S) -> Self {
        let feed = Feed {
            stream,
            chunk: Bytes::new(),
            left: MAX_PIECE,
        };
        Self {
            reader: Reader::from_reader(feed),
            walker: Walker::default(),
            buffer: Vec::new(),
        }
    }

    /// Reads up to the next piece of markup; `true` at the proper end.
    pub async fn step(&mut self, handler: &mut impl Handler) -> Result<bool, XmlError> {
        self.buffer.clear();
        self.reader.get_mut().left = MAX_PIECE;
        let event = self.reader.read_event_into_async(&mut self.buffer).await;
        self.walker.event(&event.map_err(read_error)?, handler)
    }
}

fn read_error(error: quick_xml::Error) -> XmlError {
    match error {
        quick_xml::Error::Io(error) if error.kind() == std::io::ErrorKind::FileTooLarge => XmlError::TooLarge,
        quick_xml::Error::Io(error) => XmlError::Read(error.to_string()),
        quick_xml::Error::Encoding(_) => XmlError::Encoding,
        other => malformed(other),
    }
}

/// A stream of bytes as a buffered reader that gives at most `left` bytes.
struct Feed<S> {
    stream: S,
    chunk: Bytes,
    left: usize,
}

impl<S, E> AsyncBufRead for Feed<S>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: std::fmt::Display,
{
    fn poll_fill_buf(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<&[u8]>> {
        let feed = self.get_mut();
        if feed.left == 0 {
            return Poll::Ready(Err(std::io::ErrorKind::FileTooLarge.into()));
        }
        while feed.chunk.is_empty() {
            match ready!(Pin::new(&mut feed.stream).poll_next(context)) {
                Some(Ok(chunk)) => feed.chunk = chunk,
                Some(Err(error)) => return Poll::Ready(Err(std::io::Error::other(error.to_string()))),
                None => return Poll::Ready(Ok(&[])),
            }
        }
        let give = feed.chunk.len().min(feed.left);
        Poll::Ready(Ok(feed.chunk.get(..give).unwrap_or_default()))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        let feed = self.get_mut();
        let taken = amount.min(feed.chunk.len());
        bytes::Buf::advance(&mut feed.chunk, taken);
        feed.left = feed.left.saturating_sub(taken);
    }
}

impl<S, E> AsyncRead for Feed<S>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: std::fmt::Display,
{
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let taken = {
            let have = ready!(self.as_mut().poll_fill_buf(context))?;
            let taken = have.len().min(into.remaining());
            into.put_slice(have.get(..taken).unwrap_or_default());
            taken
        };
        self.consume(taken);
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
#[path = "xml_tests.rs"]
mod tests;
