//! Fuzz targets: what must hold whatever bytes come. Each is a function that panics where it does not hold, in
//! [`TARGETS`] under the name of its file in `fuzz/fuzz_targets`, and is run in two ways: by `tests/run`, for a bounded
//! number of inputs made of its seeds and words, and by `fuzz/run` for as long as one likes, led by coverage.
//!
//! To add one, write the function here, list it, and add its file and `[[bin]]` to `fuzz/`; tests say what is missing.

mod answers;
mod authorize;
mod coverages;
mod multipart;
mod ogc;
mod ogcapi;
mod redirect_uri;
mod resourceproxy;

pub use answers::{answer_text, capabilities};
pub use authorize::authorize_query;
pub use coverages::coverage_query;
pub use multipart::multipart;
pub use ogc::ogc_request;
pub use ogcapi::{api_document, api_request};
pub use redirect_uri::redirect_uri;
pub use resourceproxy::resourceproxy_values;

/// A fuzz target.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, and its file's.
    pub name: &'static str,
    /// What must hold of any input.
    pub run: fn(&[u8]),
    /// Whole inputs to begin with, each different in kind. An input that was found to break something is added.
    pub seeds: &'static [&'static [u8]],
    /// Pieces that an input of this kind is made of.
    pub words: &'static [&'static [u8]],
    /// How many inputs `tests/run` tries: some seconds' worth.
    pub cases: u32,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target {
        name: "authorize_query",
        run: authorize_query,
        seeds: authorize::SEEDS,
        words: authorize::WORDS,
        cases: 1500,
    },
    Target {
        name: "ogc_request",
        run: ogc_request,
        seeds: ogc::SEEDS,
        words: ogc::WORDS,
        cases: 20_000,
    },
    Target {
        name: "coverage_query",
        run: coverage_query,
        seeds: coverages::SEEDS,
        words: coverages::WORDS,
        cases: 20_000,
    },
    Target {
        name: "api_request",
        run: api_request,
        seeds: ogcapi::REQUEST_SEEDS,
        words: ogcapi::REQUEST_WORDS,
        cases: 20_000,
    },
    Target {
        name: "api_document",
        run: api_document,
        seeds: ogcapi::DOCUMENT_SEEDS,
        words: ogcapi::DOCUMENT_WORDS,
        cases: 10_000,
    },
    Target {
        name: "answer_text",
        run: answer_text,
        seeds: answers::TEXT_SEEDS,
        words: answers::TEXT_WORDS,
        cases: 20_000,
    },
    Target {
        name: "capabilities",
        run: capabilities,
        seeds: answers::CAPABILITIES_SEEDS,
        words: answers::CAPABILITIES_WORDS,
        cases: 10_000,
    },
    Target {
        name: "multipart",
        run: multipart,
        seeds: multipart::SEEDS,
        words: multipart::WORDS,
        cases: 10_000,
    },
    Target {
        name: "redirect_uri",
        run: redirect_uri,
        seeds: redirect_uri::SEEDS,
        words: redirect_uri::WORDS,
        cases: 20_000,
    },
    Target {
        name: "resourceproxy_values",
        run: resourceproxy_values,
        seeds: resourceproxy::SEEDS,
        words: resourceproxy::WORDS,
        cases: 20_000,
    },
];

/// Writes a target's seeds to where `fuzz/run` begins.
///
/// # Panics
/// Where there is no such target, or no such folder.
pub fn plant(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let corpus = crate::repository().join("target/fuzz/corpus").join(name);
    for (index, seed) in target.seeds.iter().enumerate() {
        std::fs::write(corpus.join(format!("seed-{index}")), seed).unwrap();
    }
}
