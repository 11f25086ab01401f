//! The fuzz targets for a bounded number of inputs, made of each one's seeds and words. `PROPTEST_CASES` asks for more;
//! `fuzz/run` goes on by coverage.

use std::collections::BTreeSet;

use mapgate_tests::fuzz::{TARGETS, Target};
use mapgate_tests::repository;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{TestError, TestRunner};

/// One change of an input.
#[derive(Debug, Clone)]
enum Edit {
    Insert(&'static [u8]),
    Remove(usize),
    Repeat(usize),
    Set(u8),
}

impl Edit {
    fn on(&self, input: &mut Vec<u8>, at: Index) {
        let at = at.index(input.len() + 1);
        let end = |length: usize| (at + length).min(input.len());
        match *self {
            Self::Insert(word) => drop(input.splice(at..at, word.iter().copied())),
            Self::Remove(length) => drop(input.drain(at..end(length))),
            Self::Repeat(length) => {
                let piece = input[at..end(length)].to_vec();
                drop(input.splice(at..at, piece));
            }
            Self::Set(byte) => {
                if let Some(changed) = input.get_mut(at) {
                    *changed = byte;
                }
            }
        }
    }
}

fn edit(words: &'static [&'static [u8]]) -> impl Strategy<Value = Edit> {
    prop_oneof![
        3 => select(words).prop_map(Edit::Insert),
        1 => (1usize..20).prop_map(Edit::Remove),
        1 => (1usize..40).prop_map(Edit::Repeat),
        1 => any::<u8>().prop_map(Edit::Set),
    ]
}

/// Seeds with some changes, words strung together, and bytes of any kind.
fn inputs(target: &Target) -> impl Strategy<Value = Vec<u8>> + use<> {
    let (seeds, words) = (target.seeds, target.words);
    let changed = (select(seeds), vec((any::<Index>(), edit(words)), 0..6));
    let changed = changed.prop_map(|(seed, edits)| {
        let mut input = seed.to_vec();
        for (at, edit) in edits {
            edit.on(&mut input, at);
        }
        input
    });
    prop_oneof![
        6 => changed,
        3 => vec(select(words), 0..16).prop_map(|words| words.concat()),
        1 => vec(any::<u8>(), 0..200),
    ]
}

fn holds(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    for seed in target.seeds {
        (target.run)(seed);
    }
    let usual = ProptestConfig::default();
    let config = ProptestConfig {
        cases: usual.cases.max(target.cases),
        failure_persistence: None,
        ..usual
    };
    let outcome = TestRunner::new(config).run(&inputs(target), |input| {
        (target.run)(&input);
        Ok(())
    });
    let outcome = outcome.map_err(|fault| match fault {
        TestError::Fail(reason, input) => format!("{reason}, for b\"{}\"", input.escape_ascii()),
        TestError::Abort(reason) => reason.to_string(),
    });
    assert_eq!(outcome, Ok(()), "{name}");
}

#[test]
fn authorize_query() {
    holds("authorize_query");
}

#[test]
fn ogc_request() {
    holds("ogc_request");
}

#[test]
fn coverage_query() {
    holds("coverage_query");
}

#[test]
fn api_request() {
    holds("api_request");
}

#[test]
fn api_document() {
    holds("api_document");
}

#[test]
fn answer_text() {
    holds("answer_text");
}

#[test]
fn capabilities() {
    holds("capabilities");
}

#[test]
fn multipart() {
    holds("multipart");
}

#[test]
fn redirect_uri() {
    holds("redirect_uri");
}

#[test]
fn resourceproxy_values() {
    holds("resourceproxy_values");
}

#[test]
fn every_target_is_run_here_and_can_be_run_by_coverage() {
    let listed: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    let files = std::fs::read_dir(repository().join("fuzz/fuzz_targets")).unwrap();
    let files: BTreeSet<String> = files
        .map(|file| {
            file.unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(listed, files);
    let manifest = std::fs::read_to_string(repository().join("fuzz/Cargo.toml")).unwrap();
    for name in listed {
        assert!(
            manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")),
            "{name}"
        );
        assert!(
            include_str!("fuzz.rs").contains(&format!("holds(\"{name}\");")),
            "{name}"
        );
    }
}
