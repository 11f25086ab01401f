//! Answers other than capabilities and images: their text stays, but for the backend's URLs in it.

use super::urls::{UrlRewriter, ends_url};
use super::xml::XmlError;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};

/// A URL longer than this is none.
const MAX_URL: usize = 32 * 1024;

/// Replaces the backend's URLs in a text of any kind (GML, a schema, HTML, plain text) that arrives in pieces, with
/// constant memory.
pub struct AnswerRewriter {
    urls: UrlRewriter,
    held: Vec<u8>,
}

impl AnswerRewriter {
    /// Takes the URLs to replace.
    #[must_use]
    pub fn new(urls: UrlRewriter) -> Self {
        Self {
            urls,
            held: Vec::new(),
        }
    }

    /// Takes the next piece, and gives what is sure by now. Refuses a URL that does not end.
    pub fn push(&mut self, piece: &[u8]) -> Result<Vec<u8>, XmlError> {
        self.held.extend_from_slice(piece);
        let (out, used) = self.run(false);
        self.held.drain(..used);
        if self.held.len() > MAX_URL {
            return Err(XmlError::TooLarge);
        }
        Ok(out)
    }

    /// Gives the rest, at the end of the text.
    #[must_use]
    pub fn finish(&mut self) -> Vec<u8> {
        let (out, _) = self.run(true);
        self.held.clear();
        out
    }

    /// Rewrites what is held as far as it is complete: the text, and how much of it that was.
    fn run(&self, last: bool) -> (Vec<u8>, usize) {
        let mut out = Vec::with_capacity(self.held.len());
        let mut rest = self.held.as_slice();
        while let Some(start) = rest.iter().position(|byte| matches!(byte, b'h' | b'H')) {
            let (before, from) = rest.split_at(start);
            out.extend_from_slice(before);
            rest = from;
            let begins = begins_url(from);
            let end = end_of_url(from, last);
            match (begins, end) {
                (Some(true), Some(end)) => rest = self.write(from, end, &mut out),
                (Some(true), None) if last => rest = self.write(from, from.len(), &mut out),
                (Some(true), None) => break,
                (None, _) if !last => break,
                (Some(false) | None, _) => {
                    let (one, after) = from.split_at(1);
                    out.extend_from_slice(one);
                    rest = after;
                }
            }
        }
        if !rest.iter().any(|byte| matches!(byte, b'h' | b'H')) || last {
            out.extend_from_slice(rest);
            rest = &[];
        }
        (out, self.held.len() - rest.len())
    }

    /// Writes the URL of the first `end` bytes, and gives what follows it.
    fn write<'b>(&self, from: &'b [u8], end: usize, out: &mut Vec<u8>) -> &'b [u8] {
        let (url, after) = from.split_at(end);
        let replaced = std::str::from_utf8(url).ok().and_then(|url| {
            // Markup writes `&` as `&amp;`, JSON may write it, and slashes, with a backslash; the answer does as it did.
            let markup = url.contains("&amp;") || !url.contains(['&', '\\']);
            let plain = url
                .replace("&amp;", "&")
                .replace("\\/", "/")
                .replace("\\u0026", "&")
                .replace("\\u003d", "=");
            let ours = self.urls.rewrite_url(&plain)?;
            Some(if markup { ours.replace('&', "&amp;") } else { ours })
        });
        match replaced {
            Some(ours) => out.extend_from_slice(ours.as_bytes()),
            None => out.extend_from_slice(url),
        }
        after
    }
}

/// How a URL begins, also in JSON that escapes its slashes.
const BEGINNINGS: &[&[u8]] = &[b"http://", b"https://", b"http:\\/\\/", b"https:\\/\\/"];

/// Whether a URL begins here; `None` where too little has arrived to tell.
fn begins_url(text: &[u8]) -> Option<bool> {
    let like = |pattern: &&&[u8]| {
        let shorter = text.len().min(pattern.len());
        text.get(..shorter)
            .zip(pattern.get(..shorter))
            .is_some_and(|(have, want)| have.eq_ignore_ascii_case(want))
    };
    let mut possible = BEGINNINGS.iter().filter(like).peekable();
    if possible.peek().is_none() {
        return Some(false);
    }
    possible
        .any(|pattern| text.len() >= pattern.len())
        .then_some(true)
}

/// Where the URL at the start of a text ends; `None` where that has not arrived. A backslash ends it, but for JSON's
/// spellings of characters that URLs are made of.
fn end_of_url(text: &[u8], last: bool) -> Option<usize> {
    text.iter()
        .enumerate()
        .position(|(at, byte)| match (byte, text.get(at + 1)) {
            (b'\\', Some(b'/' | b'u')) => false,
            (b'\\', None) => last,
            (b'\\', Some(_)) => true,
            _ => ends_url(char::from(*byte)),
        })
}

/// Rewrites a body as it streams.
pub fn rewrite_answer<S, E>(
    body: S,
    rewriter: AnswerRewriter,
) -> impl Stream<Item = Result<Bytes, XmlError>> + Send
where
    S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
    E: std::fmt::Display,
{
    futures_util::stream::try_unfold(Some((body, rewriter)), async |state| {
        let Some((mut body, mut rewriter)) = state else {
            return Ok(None);
        };
        match body.next().await {
            Some(Ok(piece)) => {
                let out = rewriter.push(&piece)?;
                Ok(Some((Bytes::from(out), Some((body, rewriter)))))
            }
            Some(Err(error)) => Err(XmlError::Read(error.to_string())),
            None => Ok(Some((Bytes::from(rewriter.finish()), None))),
        }
    })
    .filter(|piece| std::future::ready(!matches!(piece, Ok(bytes) if bytes.is_empty())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rewritten(text: &[u8], size: usize) -> Vec<u8> {
        let urls = UrlRewriter::new(["http://backend:8090/mapserv"], "https://p/m?s=a&");
        let mut rewriter = AnswerRewriter::new(urls);
        let mut out = Vec::new();
        for piece in text.chunks(size) {
            out.extend(rewriter.push(piece).unwrap());
        }
        out.extend(rewriter.finish());
        out
    }

    #[test]
    fn urls_are_replaced_across_pieces() {
        let text = "hh <a x=\"http://ns http://backend:8090/mapserv?map=x&amp;TYPENAME=a&amp;SERVICE=WFS\">h</a>http";
        let expected = "hh <a x=\"http://ns https://p/m?s=a&amp;TYPENAME=a&amp;SERVICE=WFS\">h</a>http";
        for size in 1..text.len() {
            assert_eq!(
                std::str::from_utf8(&rewritten(text.as_bytes(), size)).unwrap(),
                expected,
                "{size}"
            );
        }
        assert_eq!(
            rewritten(b"http://backend:8090/mapserv?map=x&SERVICE=WFS", 5),
            b"https://p/m?s=a&SERVICE=WFS"
        );
        assert_eq!(
            rewritten(b"{\"u\":\"http://backend:8090/mapserv\"}", 5),
            b"{\"u\":\"https://p/m?s=a&amp;\"}"
        );
        let json = br#"{"a":"http:\/\/backend:8090\/mapserv?map=x\u0026SERVICE=WFS","b":"<a href=\"HTTPS://backend:8090/mapserv\">"}"#;
        let expected = br#"{"a":"https://p/m?s=a&SERVICE=WFS","b":"<a href=\"https://p/m?s=a&amp;\">"}"#;
        for size in 1..json.len() {
            assert_eq!(rewritten(json, size), expected, "{size}");
        }
    }

    #[test]
    fn an_endless_url_is_refused() {
        let mut rewriter = AnswerRewriter::new(UrlRewriter::new([], "p?"));
        assert!(
            rewriter
                .push(format!("http://{}", "x".repeat(MAX_URL)).as_bytes())
                .is_err()
        );
    }

    proptest! {
        #[test]
        fn other_bytes_stay(bytes in prop::collection::vec(any::<u8>(), 0..300), size in 1usize..50) {
            prop_assert_eq!(rewritten(&bytes, size), bytes);
        }
    }
}
