//! The house stays as `docs/architecture.md` draws it: rooms import only those above them, functions only core, and
//! what weighs stays with whom it serves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_owned()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn rooms() -> Vec<String> {
    let lib = std::fs::read_to_string(root().join("core/src/lib.rs")).expect("core/src/lib.rs");
    let rooms = lib
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    rooms.map(str::to_owned).collect()
}

/// A file's code without its tests, which may look anywhere.
fn code(file: &Path) -> String {
    let text = std::fs::read_to_string(file).expect("a source file");
    text.split("#[cfg(test)]").next().unwrap_or_default().to_owned()
}

#[test]
fn a_room_of_core_imports_only_rooms_above_it() {
    let (rooms, core) = (rooms(), root().join("core/src"));
    assert!(rooms.len() > 10, "{rooms:?}");
    let mut wrong = Vec::new();
    for file in sources(&core) {
        let inner = file.strip_prefix(&core).expect("inside core");
        let name = inner
            .iter()
            .next()
            .and_then(|first| first.to_str())
            .expect("a name")
            .trim_end_matches(".rs");
        let Some(at) = rooms.iter().position(|room| room == name) else {
            continue;
        };
        let text = code(&file);
        let imports = text
            .split("crate::")
            .skip(1)
            .filter_map(|rest| rest.split([':', ';', '}', ' ', ',']).next());
        for import in imports.filter(|import| rooms.iter().skip(at + 1).any(|below| below == import)) {
            wrong.push(format!("{}: {import}", inner.display()));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn only_the_table_names_what_dynamodb_holds() {
    let core = root().join("core/src");
    // The gate makes the client and hands it over.
    let allowed = |file: &Path| file.starts_with(core.join("table")) || file == core.join("gate.rs");
    let names: Vec<PathBuf> = ["core/src", "functions"]
        .iter()
        .flat_map(|folder| sources(&root().join(folder)))
        .filter(|file| !allowed(file) && code(file).contains("aws_sdk_dynamodb"))
        .collect();
    assert_eq!(names, Vec::<PathBuf>::new());
}

#[test]
fn no_file_outgrows_its_room() {
    let folders = ["core", "functions", "local", "tests"];
    let lines = |file: &PathBuf| {
        std::fs::read_to_string(file)
            .expect("a source file")
            .lines()
            .count()
    };
    let long: Vec<(PathBuf, usize)> = folders
        .iter()
        .flat_map(|folder| sources(&root().join(folder)))
        .map(|file| (file.clone(), lines(&file)))
        .filter(|(_, lines)| *lines > 420)
        .collect();
    assert_eq!(long, []);
}

/// Every package of the workspace, with all it links, development aside.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let workspace = [
        "core",
        "login",
        "oauth-authorize",
        "oauth-token",
        "mapserver-proxy",
        "resourceproxy",
        "reset-password",
        "admin",
        "local",
        "tests",
    ];
    let tree = |package: &str| {
        let cargo = Command::new(env!("CARGO"))
            .args([
                "tree",
                "--offline",
                "--prefix",
                "none",
                "--edges",
                "normal",
                "--format",
                "{p}",
                "--package",
                package,
            ])
            .current_dir(root())
            .output()
            .expect("cargo runs");
        assert!(
            cargo.status.success(),
            "{}",
            String::from_utf8(cargo.stderr).expect("text")
        );
        let text = String::from_utf8(cargo.stdout).expect("text");
        text.lines()
            .skip(1)
            .filter_map(|line| line.split(' ').next())
            .map(str::to_owned)
            .collect()
    };
    workspace
        .iter()
        .map(|name| format!("mapgate-{name}"))
        .map(|name| (name.clone(), tree(&name)))
        .collect()
}

#[test]
fn functions_depend_on_core_and_only_their_own_weight() {
    let all = dependencies();
    for (package, linked) in &all {
        let mapgate: Vec<&String> = linked
            .iter()
            .filter(|name| name.starts_with("mapgate-"))
            .collect();
        match package.as_str() {
            "mapgate-core" => assert_eq!(mapgate, Vec::<&String>::new()),
            "mapgate-local" | "mapgate-tests" => {}
            _ => assert_eq!(mapgate, ["mapgate-core"], "{package}"),
        }
        let may = |only: &[&str]| only.contains(&package.as_str());
        for (heavy, may) in [
            ("dynoxide-rs", may(&["mapgate-local", "mapgate-tests"])),
            (
                "lettre",
                may(&["mapgate-reset-password", "mapgate-local", "mapgate-tests"]),
            ),
            (
                "aws-sdk-ses",
                may(&["mapgate-reset-password", "mapgate-local", "mapgate-tests"]),
            ),
            (
                "openidconnect",
                may(&["mapgate-login", "mapgate-local", "mapgate-tests"]),
            ),
            // One crypto provider: aws-lc-rs.
            ("ring", false),
            ("native-tls", false),
            ("openssl", false),
        ] {
            assert!(may || !linked.contains(heavy), "{package} links {heavy}");
        }
    }
}
