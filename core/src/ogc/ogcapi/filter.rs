//! Answers of an API as one user may see them.

use super::super::answer::AnswerRewriter;
use super::super::urls::UrlRewriter;
use super::Resource;
use super::json::{JsonError, Members, Splitter, Treat};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Send what is ready in pieces of about this size.
const PIECE: usize = 16 * 1024;
/// What is told of a collection.
const COLLECTION: &[&str] = &[
    "id",
    "title",
    "description",
    "attribution",
    "keywords",
    "extent",
    "itemType",
    "crs",
    "storageCrs",
    "storageCrsCoordinateEpoch",
    "timeStamp",
];

/// What kind of document an answer is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// The landing page.
    Landing,
    /// What the API conforms to.
    Conformance,
    /// The collections.
    Collections,
    /// One of them.
    Collection,
    /// Features, or the properties of a collection: all but its links is the collection's own.
    Data,
}

impl Kind {
    /// The kind of a resource's document. The proxy writes the API's definition itself: there is none of it here.
    #[must_use]
    pub fn of(resource: &Resource) -> Option<Self> {
        match resource {
            Resource::Landing => Some(Self::Landing),
            Resource::Conformance => Some(Self::Conformance),
            Resource::Definition => None,
            Resource::Collections => Some(Self::Collections),
            Resource::Collection(_) => Some(Self::Collection),
            Resource::Queryables(_) | Resource::Items(_) | Resource::Item(..) => Some(Self::Data),
        }
    }
}

/// Filters an answer as it streams.
///
/// - Collections that are not readable are left out, and so is every link to one.
/// - Links within the API become the proxy's; those to what the proxy does not offer (HTML, other services of the
///   server) are left out. So are members that the standard does not know, but for those of features.
/// - Every other URL of the backend becomes the proxy's.
pub struct ApiFilter {
    splitter: Splitter<Document>,
    rewriter: AnswerRewriter,
}

struct Document {
    kind: Kind,
    readable: BTreeSet<String>,
    urls: UrlRewriter,
}

impl ApiFilter {
    /// Takes the kind of document, the collections that may be read, and the URLs to replace, those of the API among
    /// them.
    #[must_use]
    pub fn new(kind: Kind, readable: BTreeSet<String>, urls: UrlRewriter) -> Self {
        Self {
            rewriter: AnswerRewriter::new(urls.clone()),
            splitter: Splitter::new(Document { kind, readable, urls }),
        }
    }

    /// Takes the next piece, and gives what is sure by now.
    fn push(&mut self, piece: &[u8]) -> Result<Vec<u8>, JsonError> {
        self.splitter.push(piece)?;
        let ready = std::mem::take(&mut self.splitter.out);
        self.rewriter.push(&ready).map_err(|_| JsonError::TooLarge)
    }

    /// Gives the rest; refuses a document that breaks off.
    fn finish(&mut self) -> Result<Vec<u8>, JsonError> {
        self.splitter.finish()?;
        Ok(self.rewriter.finish())
    }
}

impl Members for Document {
    fn treat(&mut self, key: &str) -> Treat {
        let known: &[&str] = match (self.kind, key) {
            (_, "links") | (Kind::Collections, "collections") => return Treat::Each,
            (Kind::Data, _) => return Treat::Pass,
            (Kind::Landing, _) => &["title", "description", "attribution", "timeStamp"],
            (Kind::Conformance, _) => &["conformsTo", "timeStamp"],
            (Kind::Collections, _) => &["crs", "timeStamp", "title", "description"],
            (Kind::Collection, _) => COLLECTION,
        };
        if known.contains(&key) {
            Treat::Whole
        } else {
            Treat::Drop
        }
    }

    fn value(&mut self, key: &str, value: Value) -> Result<Option<Value>, JsonError> {
        match key {
            "links" => Ok(self.link(value)),
            "collections" => self.collection(value).map(Some).or_else(|refused| match refused {
                None => Ok(None),
                Some(error) => Err(error),
            }),
            "conformsTo" => Ok(Some(conforms(value))),
            _ => Ok(Some(value)),
        }
    }
}

/// What the API conforms to behind the proxy, which has no HTML.
fn conforms(mut value: Value) -> Value {
    if let Value::Array(classes) = &mut value {
        classes.retain(|class| class.as_str().is_some_and(|class| !class.ends_with("/html")));
    }
    value
}

impl Document {
    /// A collection, with what is known of it; `Err(None)` where it is not readable.
    fn collection(&self, value: Value) -> Result<Value, Option<JsonError>> {
        let Value::Object(mut members) = value else {
            return Err(Some(JsonError::Malformed));
        };
        let id = members
            .get("id")
            .and_then(Value::as_str)
            .ok_or(Some(JsonError::Malformed))?;
        if !self.readable.contains(id) {
            return Err(None);
        }
        let links = members.remove("links");
        members.retain(|name, _| COLLECTION.contains(&name.as_str()));
        if let Some(Value::Array(links)) = links {
            let links = links.into_iter().filter_map(|link| self.link(link)).collect();
            members.insert("links".to_owned(), Value::Array(links));
        }
        Ok(Value::Object(members))
    }

    /// A link as it stays.
    fn link(&self, mut link: Value) -> Option<Value> {
        let href = link.get("href")?.as_str()?.to_owned();
        let media = link.get("type").and_then(Value::as_str).unwrap_or_default();
        let ours = match self.urls.api_url(&href) {
            Some(_) if media.contains("html") => return None,
            Some((resource, ours)) => {
                if !resource.collection().is_none_or(|id| self.readable.contains(id)) {
                    return None;
                }
                ours
            }
            // Another service of the server, or a resource that the proxy does not know.
            None if self.urls.rewrite_url(&href).is_some() => return None,
            None if href.starts_with("http://") || href.starts_with("https://") => href,
            None => return None,
        };
        *link.get_mut("href")? = json!(ours);
        Some(link)
    }
}

/// Filters a body as it streams. Where the document is refused at its beginning, that is the stream's first item; later
/// on the stream breaks off with the error.
pub fn filter_api<S, E>(body: S, filter: ApiFilter) -> impl Stream<Item = Result<Bytes, JsonError>> + Send
where
    S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
    E: std::fmt::Display + Send,
{
    futures_util::stream::try_unfold(Some((body, filter)), async |state| {
        let Some((mut body, mut filter)) = state else {
            return Ok(None);
        };
        let mut ready = Vec::new();
        loop {
            match body.next().await {
                Some(Ok(piece)) => ready.extend(filter.push(&piece)?),
                Some(Err(error)) => return Err(JsonError::Read(error.to_string())),
                None => {
                    ready.extend(filter.finish()?);
                    return Ok(Some((Bytes::from(ready), None)));
                }
            }
            if ready.len() >= PIECE {
                return Ok(Some((Bytes::from(ready), Some((body, filter)))));
            }
        }
    })
}
