//! Forms in parts (RFC 7578).

use std::convert::Infallible;

use axum::body::Body;
use bytes::Bytes;
use futures_util::{FutureExt as _, stream};
use http::HeaderValue;
use mapgate_core::http::{Failure, Form};

pub(super) const SEEDS: &[&[u8]] = &[
    b"1--b\r\nContent-Disposition: form-data; name=\"LAYERS\"\r\n\r\nroads\r\n--b\r\nContent-Disposition: form-data; \
      name=\"FILTER\"; filename=\"a\"\r\nContent-Type: text/xml\r\n\r\n<Filter/>\r\n--b--\r\n",
    b"7preamble\r\n--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--b--epilogue",
];
pub(super) const WORDS: &[&[u8]] = &[
    b"--b",
    b"--b--",
    b"\r\n",
    b"\r\n\r\n",
    b"\n",
    b"--",
    b"Content-Disposition: form-data; name=\"LAYERS\"",
    b"Content-Disposition: form-data",
    b"Content-Type: text/plain; charset=utf-7",
    b"Content-Transfer-Encoding: base64",
    b"; name=\"layers\"",
    b"; name*=UTF-8''LAYERS",
    b"; filename=\"x\"",
    b"\"",
    b"\\",
    b":",
    b";",
    b"parcels",
    b"\xff",
    b"\xc3\xa9",
    b"\x00",
];

/// The same fields, or the same refusal, in whatever pieces it comes; none has more than was sent, nor than may be.
///
/// # Panics
/// Where it is not so.
pub fn multipart(input: &[u8]) {
    const LIMIT: usize = 300;
    let Some((size, body)) = input.split_first() else {
        return;
    };
    let read = |size: usize| -> (Vec<(String, String)>, Result<(), Failure>) {
        let pieces: Vec<_> = body
            .chunks(size)
            .map(|piece| Ok::<_, Infallible>(Bytes::copy_from_slice(piece)))
            .collect();
        let kind = HeaderValue::from_static("multipart/form-data; boundary=b");
        let mut form = Form::default();
        let read = form.read_parts(Some(kind), Body::from_stream(stream::iter(pieces)), LIMIT);
        let read = read.now_or_never().expect("nothing waits");
        let fields = form.fields();
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        (fields.collect(), read)
    };
    let (fields, ended) = read(body.len().max(1));
    // How much of a body past the limit was read by then is the pieces' affair.
    if body.len() <= LIMIT {
        assert_eq!(
            (&fields, &ended),
            (&read(usize::from(*size % 32) + 1).0, &read(1).1)
        );
        assert_ne!(ended, Err(Failure::TooLarge));
    }
    let length: usize = fields.iter().map(|(name, value)| name.len() + value.len()).sum();
    assert!(length <= body.len(), "{fields:?}");
    assert!(!matches!(ended, Err(Failure::UnsupportedMediaType)), "{ended:?}");
}
