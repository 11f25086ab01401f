//! `manage-users`, the program, on the table of a running harness (contract, section 11).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;

use mapgate_tests::{Setup, Site, VARS, password};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

const KEY: &str = "lindmatt-lindmatt-lindmatt-32byt";

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
    variables: BTreeMap<String, String>,
}

/// The variables that a greeting for `cargo lambda watch` prints.
fn printed(log: &str) -> BTreeMap<String, String> {
    let lines = log.lines().filter_map(|line| line.strip_prefix("export "));
    let pairs = lines.map(|line| line.split_once('=').unwrap());
    pairs
        .map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()))
        .collect()
}

fn program() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let folder = own
        .ancestors()
        .find(|folder| folder.join("manage-users").is_file());
    folder
        .expect("manage-users is not built: cargo build --workspace")
        .join("manage-users")
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

    async fn run_with(&self, arguments: &[&str], input: &str) -> Said {
        let mut child = Command::new(program())
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
    async fn refused(&self, arguments: &[&str], part: &str) {
        let said = self.run(arguments).await;
        assert!(said.code != 0 && said.out.is_empty(), "{arguments:?}: {said:?}");
        assert!(
            said.err.lines().count() == 1 && said.err.contains(part),
            "{arguments:?}: {said:?}"
        );
    }

    async fn login(&self, username: &str, password: &str) -> mapgate_tests::Answer {
        let fields = [("login", username), ("password", password)];
        self.site.anonymous().post("/login", &fields).await
    }

    /// A gate on the same table.
    pub async fn gate(&self) -> mapgate_core::gate::Gate {
        let environment = self
            .variables
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()));
        let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
            .endpoint_url(&self.variables["AWS_ENDPOINT_URL_DYNAMODB"])
            .region(aws_config::Region::new("local"))
            .credentials_provider(aws_sdk_dynamodb::config::Credentials::new(
                "local", "local", None, None, "test",
            ));
        let aws = mapgate_core::aws::Aws::with(config.load().await);
        mapgate_core::lambda::gate_of(&environment.collect(), aws)
            .await
            .unwrap()
    }

    /// The audit entries of today about a user.
    async fn audit(&self, username: &str) -> Vec<mapgate_core::table::AuditEntry> {
        let gate = self.gate().await;
        let day = gate.clock.now().rfc3339();
        let entries = gate.table().await.audit(&day[..10]).await.unwrap();
        entries
            .into_iter()
            .filter(|entry| entry.username.as_deref() == Some(username))
            .collect()
    }
}

async fn world(more: &str) -> (World, mapgate_tests::Program) {
    World::start(&format!("{VARS}\n{more}"), mapgate_tests::SEED).await
}

#[tokio::test]
async fn a_new_user_is_made_and_must_choose_another_password() {
    let (world, _services) = world("").await;
    let made = world
        .done(
            &[
                "-c",
                "-p",
                "Hidden-from-all-7",
                "-r",
                "editor",
                "-e",
                "nina@example.com",
                "nina",
            ],
            &["nina: made", "role editor", "first login"],
        )
        .await;
    assert!(!made.out.contains("Hidden"), "{made:?}");
    let first = world.login("nina", "Hidden-from-all-7").await;
    first.is(200, "\"is_password_changed\":false");
    let default = [
        "--create",
        "--password",
        "Hidden-from-all-7",
        "--email",
        "ops@example.com",
        "ops",
    ];
    world.done(&default, &["role role_admin"]).await;
    // Once more: the user is there, and gets the password that is given.
    world.done(&default, &["the password is the one given"]).await;
    let events: Vec<String> = world
        .audit("ops")
        .await
        .iter()
        .map(|entry| format!("{:?}", entry.event))
        .collect();
    assert_eq!(events, ["UserCreated", "UserChanged"]);
    for entry in world.audit("nina").await {
        assert!(!format!("{entry:?}").contains("Hidden"), "{entry:?}");
    }
    assert_eq!(world.audit("nina").await[0].details["by"], "manage-users");
}

#[tokio::test]
async fn an_existing_users_password_becomes_the_name_and_all_sessions_die() {
    let (world, _services) = world("").await;
    let jane = world.site.user("jane").await;
    let said = world
        .done(&["jane"], &["the password is the user name", "dead"])
        .await;
    assert!(
        !said.out.contains("role"),
        "the role is only for who asks: {said:?}"
    );
    assert!(jane.get("/loginuser").await.json()["username"].is_null());
    world.login("jane", &password("jane")).await.is(401, "error");
    world
        .login("jane", "jane")
        .await
        .is(200, "\"is_password_changed\":false");
    let fields = [
        ("login", "jane"),
        ("oldPassword", "jane"),
        ("newPassword", "a better one for Jane"),
        ("confirmNewPassword", "a better one for Jane"),
    ];
    let changed = world.site.anonymous().post("/loginchangepassword", &fields).await;
    changed.is(200, "editor").is(200, "jane@example.com");
    world
        .done(
            &["-e", "jane@lindmatt.example", "-r", "role_admin", "jane"],
            &["has the role role_admin", "jane@lindmatt.example"],
        )
        .await;
    let fields = fields.map(|(name, value)| (name, if name == "oldPassword" { "jane" } else { value }));
    let changed = world.site.anonymous().post("/loginchangepassword", &fields).await;
    changed
        .is(200, "editor")
        .is(200, "role_admin")
        .is(200, "jane@lindmatt.example");
    let audit = world.audit("jane").await;
    let entry = audit
        .iter()
        .find(|entry| entry.details.contains_key("role_added"))
        .unwrap();
    assert_eq!(entry.details["email_before"], "jane@example.com");
    assert_eq!(entry.details["email_after"], "jane@lindmatt.example");
}

#[tokio::test]
async fn a_locked_account_is_unlocked() {
    let (world, _services) = world("  authentication: {max_consecutive_failures: 3}").await;
    for turn in 0..3 {
        world
            .login("jane", &format!("wrong {turn}"))
            .await
            .is(401, "error");
    }
    world.login("jane", &password("jane")).await.is(401, "error");
    let said = world
        .done(&["-p", "unlocked again 12", "jane"], &["the lockout is lifted"])
        .await;
    assert!(!said.out.contains("unlocked again"), "{said:?}");
    world
        .login("jane", "unlocked again 12")
        .await
        .is(200, "is_password_changed");
    world.login("jane", "wrong once more").await.is(401, "error");
    world
        .login("jane", "unlocked again 12")
        .await
        .is(200, "is_password_changed");
}

#[tokio::test]
async fn what_cannot_be_done_is_one_line_and_changes_nothing() {
    let (world, _services) = world("").await;
    world.refused(&["nobody"], "--create").await;
    world.refused(&["-c", "nobody"], "--password").await;
    world
        .refused(&["-c", "-p", "long enough 12", "nobody"], "--email")
        .await;
    world
        .refused(
            &[
                "-c",
                "-p",
                "long enough 12",
                "-e",
                "a@b.example",
                "-r",
                "nosuch",
                "nobody",
            ],
            "no role nosuch",
        )
        .await;
    world
        .refused(
            &["-c", "-p", "long enough 12", "-e", "no address", "nobody"],
            "e-mail",
        )
        .await;
    world
        .refused(
            &["-c", "-p", "long enough 12", "-e", "a@b.example", "JANE"],
            "another case",
        )
        .await;
    world.refused(&["-r", "nosuch", "jane"], "no role nosuch").await;
    for (short, why) in [
        ("short", "too short"),
        ("password1", "most common"),
        ("johannes", "user name"),
    ] {
        let username = if short == "johannes" { "johannes" } else { "jane" };
        world.refused(&["-p", short, username], why).await;
    }
    world.refused(&["", "-p", "long enough 12"], "user name").await;
    world.refused(&["urllogin", "jane", "pw"], "aes_key").await;
    world.refused(&[], "USERNAME").await;
    world.site.user("jane").await;
    world.refused(&["nobody"], "no user nobody").await;
}

#[tokio::test]
async fn the_password_may_come_from_standard_input() {
    let (world, _services) = world("").await;
    let said = world
        .run_with(&["-p", "-", "jane"], "from the input 12\r\n")
        .await;
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    world
        .login("jane", "from the input 12")
        .await
        .is(200, "is_password_changed");
}

#[tokio::test]
async fn of_two_at_once_both_succeed_and_one_user_is_made() {
    let (world, _services) = world("").await;
    let make = [
        "-c",
        "-p",
        "at the same time 12",
        "-e",
        "twin@example.com",
        "twin",
    ];
    let all = futures_util::future::join_all((0..4).map(|_| world.run(&make))).await;
    assert!(all.iter().all(|said| said.code == 0), "{all:?}");
    let creations = all
        .iter()
        .filter(|said| said.out.contains("made, with the id"))
        .count();
    assert_eq!(creations, 1, "{all:?}");
    world
        .login("twin", "at the same time 12")
        .await
        .is(200, "is_password_changed");
    assert_eq!(
        world
            .audit("twin")
            .await
            .iter()
            .filter(|entry| entry.details.contains_key("by"))
            .count(),
        4
    );
}

#[tokio::test]
async fn its_url_logs_in_and_is_nowhere_in_the_log() {
    let (world, _services) = world(&format!("  urllogin: {{aes_key: {KEY}}}")).await;
    let said = world
        .done(
            &["urllogin", "jane", &password("jane"), "7"],
            &["/?auth=", "good until"],
        )
        .await;
    assert!(!said.out.contains(&password("jane")), "{said:?}");
    let token = said.out.lines().next().unwrap();
    assert_eq!(
        said.out.lines().nth(1).unwrap(),
        format!("{}/?auth={token}", world.variables["MAPGATE_BASE_URL"])
    );
    let visitor = world.site.anonymous();
    visitor
        .get(&format!("/loginuser?auth={token}"))
        .await
        .is(200, "\"username\":\"jane\"");
    visitor.get("/loginuser").await.is(200, "\"username\":\"jane\"");
    world
        .site
        .anonymous()
        .get("/loginuser?auth=00")
        .await
        .is(401, "error");
    let log = world.site.log();
    assert!(
        log.contains("a URL login token was refused") && !log.contains(token),
        "{log}"
    );
}
