//! The texts of the function admin, as core's own tests look at core's: every language has every text, with the same
//! arguments, and the code names none that is not there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What is the same word in English and elsewhere.
const SAME: [(&str, &str); 3] = [("fr", "public-client"), ("fr", "services"), ("it", "no")];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The texts of a file by their ids. Each is one line.
fn texts(folder: &str, language: &str) -> BTreeMap<String, String> {
    let file = root().join(folder).join(format!("{language}.ftl"));
    let file = std::fs::read_to_string(file).unwrap();
    let mut texts = BTreeMap::new();
    for line in file
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
    {
        let (id, text) = line.split_once(" = ").expect(line);
        assert!(!text.trim().is_empty(), "{language}: {id} is empty");
        assert!(
            texts.insert(id.to_owned(), text.to_owned()).is_none(),
            "{language} has {id} twice"
        );
    }
    texts
}

fn arguments(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = text
        .split("{ $")
        .skip(1)
        .map(|rest| rest.split_once(" }").expect("a closed argument").0)
        .collect();
    found.sort_unstable();
    found
}

#[test]
fn every_language_has_every_text_of_the_administration() {
    let english = texts("functions/admin/src/texts", "en");
    assert!(english.len() > 200);
    for language in ["fr", "de", "it"] {
        let other = texts("functions/admin/src/texts", language);
        assert!(english.keys().eq(other.keys()), "{language}");
        for (id, text) in &other {
            assert_eq!(arguments(text), arguments(&english[id]), "{language}: {id}");
            // Names of programs are nobody's words.
            let may_be_same = id.starts_with("type-") || SAME.contains(&(language, id));
            assert!(
                may_be_same || *text != english[id],
                "{id} is English in {language}"
            );
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

/// What is said by an id that is put together, and begins so.
const COMPOSED: [&str; 9] = [
    "because-",
    "event-",
    "mail-",
    "done-",
    "type-",
    "auth-",
    "access-",
    "default-p",
    "source-",
];

#[test]
fn the_administration_says_no_text_that_is_not_there_and_has_none_that_nobody_says() {
    let own: BTreeSet<String> = texts("functions/admin/src/texts", "en").into_keys().collect();
    let shared = std::fs::read_to_string(root().join("core/src/pages/texts/en.ftl")).unwrap();
    let sources = files(&root().join("functions/admin/src"));
    let sources = sources.iter().filter(|file| {
        let extension = file.extension().and_then(|extension| extension.to_str());
        matches!(extension, Some("rs" | "html"))
    });
    let code: String = sources
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect();
    let said = code.split("say(\"").skip(1).chain(code.split(".with(\"").skip(1));
    for id in said.filter_map(|rest| rest.split('"').next()) {
        let looks_like_one = !id.is_empty()
            && id
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter == '-');
        let is_there = own.contains(id) || shared.contains(&format!("\n{id} ="));
        assert!(is_there || !looks_like_one, "{id} is not there");
    }
    let unsaid: Vec<&String> = own
        .iter()
        .filter(|id| !COMPOSED.iter().any(|begin| id.starts_with(begin)))
        .filter(|id| !code.contains(&format!("\"{id}\"")) && !id.ends_with("-hint"))
        .collect();
    assert_eq!(unsaid, Vec::<&String>::new());
}

/// The variants of an enum, as a text's id spells them.
fn variants(file: &str, name: &str) -> Vec<String> {
    let source = std::fs::read_to_string(root().join(file)).unwrap();
    let body = source.split_once(&format!("pub enum {name} {{\n")).expect(name).1;
    let body = body.split_once("\n}").expect("its end").0;
    let lines = body.lines().filter(|line| !line.starts_with("     "));
    let names = lines.filter_map(|line| line.trim().split([',', ' ']).next());
    let names = names.filter(|name| name.starts_with(|letter: char| letter.is_ascii_uppercase()));
    let spelled = names.map(|name| {
        let letters = name.chars().enumerate().flat_map(|(at, letter)| {
            let dash = (at > 0 && letter.is_ascii_uppercase()).then_some('-');
            dash.into_iter().chain([letter.to_ascii_lowercase()])
        });
        letters.collect()
    });
    spelled.collect()
}

#[test]
fn every_event_and_every_kind_and_stage_of_a_mail_has_its_text() {
    let english = texts("functions/admin/src/texts", "en");
    for (file, name, begin, many) in [
        ("core/src/table/audit.rs", "Event", "event-", 35),
        ("core/src/table/mails.rs", "MailKind", "mail-", 3),
        ("core/src/table/mails.rs", "MailStage", "mail-", 5),
    ] {
        let variants = variants(file, name);
        assert!(variants.len() >= many, "{name}: {variants:?}");
        for variant in variants {
            let id = format!("{begin}{variant}");
            assert!(english.contains_key(&id), "{id} is not there");
        }
    }
}
