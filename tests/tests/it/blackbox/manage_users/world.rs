//! The program `manage-users`, and the harness on whose table it works.

use std::collections::BTreeMap;
use std::process::Stdio;

use mapgate_tests::{Setup, Site, program};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// What the program said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// A harness, and the variables with which the program reaches its table.
pub struct World {
    pub site: Site,
    pub variables: BTreeMap<String, String>,
}

/// The variables that a greeting for `cargo lambda watch` prints.
fn printed(log: &str) -> BTreeMap<String, String> {
    let lines = log.lines().filter_map(|line| line.strip_prefix("export "));
    let pairs = lines.map(|line| line.split_once('=').unwrap());
    pairs
        .map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()))
        .collect()
}

impl World {
    /// Services in one program, as an operator starts them, and the functions in this process on the same table.
    pub async fn start(vars: &str, seed: &str) -> (Self, mapgate_tests::Program) {
        let mut services = Setup::default()
            .vars(vars)
            .seed(seed)
            .argument("--services-only")
            .spawn();
        assert!(
            services.line_with("# ready ").await.is_some(),
            "{}",
            services.log()
        );
        let mut variables = printed(&services.log());
        let mut setup = Setup::default().vars(vars).seed("{}");
        for name in ["MAPGATE_TABLE", "MAPGATE_SECRETS", "AWS_ENDPOINT_URL_DYNAMODB"] {
            assert!(
                variables.contains_key(name),
                "{name} is not printed: {variables:?}"
            );
        }
        variables.insert("MAPGATE_IDENTITY_CACHE_SECONDS".to_owned(), "0".to_owned());
        for (name, value) in variables
            .iter()
            .filter(|(name, _)| !["MAPGATE_SETTINGS", "MAPGATE_BASE_URL"].contains(&name.as_str()))
        {
            setup = setup.variable(name, value);
        }
        // Where an endpoint is given, the configuration is the process's own: so the functions run in one of theirs.
        let site = setup.start_program().await;
        (Self { site, variables }, services)
    }

    /// Runs the program to its end.
    pub async fn run(&self, arguments: &[&str]) -> Said {
        self.run_with(arguments, "").await
    }

    pub async fn run_with(&self, arguments: &[&str], input: &str) -> Said {
        let mut child = Command::new(program("manage-users"))
            .args(arguments)
            .env_clear()
            .envs(&self.variables)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // It need not read what it is given.
        stdin.write_all(input.as_bytes()).await.ok();
        drop(stdin);
        let output = child.wait_with_output().await.unwrap();
        Said {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// It does what is asked, and says `parts`.
    pub async fn done(&self, arguments: &[&str], parts: &[&str]) -> Said {
        let said = self.run(arguments).await;
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{arguments:?}: {said:?}");
        for part in parts {
            assert!(
                said.out.contains(part),
                "{arguments:?}: {part} is not in {said:?}"
            );
        }
        said
    }

    /// It refuses, with one line that has `part`.
    pub async fn refused(&self, arguments: &[&str], part: &str) {
        let said = self.run(arguments).await;
        assert!(said.code != 0 && said.out.is_empty(), "{arguments:?}: {said:?}");
        assert!(
            said.err.lines().count() == 1 && said.err.contains(part),
            "{arguments:?}: {said:?}"
        );
    }

    pub async fn login(&self, username: &str, password: &str) -> mapgate_tests::Answer {
        let fields = [("login", username), ("password", password)];
        self.site.anonymous().post("/login", &fields).await
    }

    /// A gate on the same table.
    pub async fn gate(&self) -> mapgate_core::gate::Gate {
        let environment = self
            .variables
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()));
        let aws = mapgate_core::aws::Aws::at(&self.variables["AWS_ENDPOINT_URL_DYNAMODB"]);
        mapgate_core::lambda::gate_of(&environment.collect(), aws)
            .await
            .unwrap()
    }

    /// The audit entries of today about a user.
    pub async fn audit(&self, username: &str) -> Vec<mapgate_core::table::AuditEntry> {
        let gate = self.gate().await;
        let day = gate.clock.now().rfc3339();
        let entries = gate.table().await.audit(&day[..10]).await.unwrap();
        entries
            .into_iter()
            .filter(|entry| entry.username.as_deref() == Some(username))
            .collect()
    }
}
