//! mapgate deployed by the README's commands into an AWS on this machine: the cases that hold everywhere, QGIS Desktop, and
//! what only AWS has.

use std::path::PathBuf;
use std::sync::Arc;

use mapgate_local::harness::FUNCTIONS;
use mapgate_tests::{Place, Setup, Site, Stack};

use tempfile::TempDir;

use super::everywhere;
use super::qgis;

#[tokio::test]
async fn what_the_readme_deploys_is_mapgate() {
    let stack = Stack::deploy(Setup::default()).await;
    let site = Arc::new(Site::new(stack.url.clone(), Place::Elsewhere));

    // Each function is there and reaches its table and keys.
    for (function, ..) in FUNCTIONS {
        site.anonymous()
            .get(&format!("/health/{function}"))
            .await
            .is(200, "ok");
    }
    qgis::loads(&site).await;
    // The queue's stream or its schedule wakes the sender, which hands the mail to SES.
    let fields = [("login", "jane")];
    site.anonymous()
        .post("/loginresetpassword", &fields)
        .await
        .is(200, "");
    let mails = stack.aws.mails_with("jane@example.com").await;
    assert!(mails.contains("/loginresetpassword/"), "{mails}");

    // The tests' world has one server where nobody listens, and ministack's CloudFormation no time to live.
    let (_, said) = stack.try_run("mapgate-local", &["doctor"]).await;
    let wrong = said.lines().filter_map(|line| line.strip_prefix("wrong "));
    let expected = [
        "table: it has no time to live",
        "proxy nowhere: ",
        "backend nowhere: ",
    ];
    let others: Vec<&str> = wrong
        .map(str::trim_start)
        .filter(|line| !expected.iter().any(|expected| line.starts_with(expected)))
        .collect();
    assert!(others.is_empty() && said.contains("functions: all 7"), "{said}");

    // A rotation: who is logged in stays so.
    let jane = site.user("jane").await;
    let said = stack.run("manage-users", &["keys"]).await;
    assert!(said.contains("new keys sign from"), "{said}");
    jane.get("/loginuser").await.is(200, "jane");

    everywhere::all_hold(&site, || stack.aws.log()).await;
    a_change_comes_in_and_goes_back(&stack, &site).await;
    a_backup_is_restored(&stack, &site).await;
}

/// The settings go with a version, and so back with it.
async fn a_change_comes_in_and_goes_back(stack: &Stack, site: &Arc<Site>) {
    let other = Settings::with("{headers: {login: {headers: {X-Release: second}}}}");
    let release = async || site.anonymous().get("/loginuser").await.header("x-release");
    assert_eq!(release().await, None);
    stack.upgrade(&other.path()).await;
    assert_eq!(release().await.as_deref(), Some("second"));
    let said = stack.type_in("**Back by hand**", &other.path()).await;
    assert!(said.contains("\n2\t"), "two versions: {said}");
    assert_eq!(release().await, None);
}

/// What has come since is not there, what was before is.
async fn a_backup_is_restored(stack: &Stack, site: &Arc<Site>) {
    let other = Settings::with("{}");
    stack.type_in("## Back from a backup", &other.path()).await;
    let before = site.user("jane").await;
    before.get("/loginuser").await.is(200, "jane");
    let health = site.anonymous().get("/health/admin").await;
    health.is(200, "ok");
}

/// The settings of the deployed tests with something else in them.
struct Settings(TempDir);

impl Settings {
    fn with(vars: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["vars.yaml", "deployed.yaml"] {
            let world = mapgate_tests::repository().join("tests/world");
            std::fs::copy(world.join(name), folder.path().join(name)).unwrap();
        }
        let settings = Self(folder);
        std::fs::write(settings.path(), format!("extends: deployed.yaml\nvars: {vars}\n")).unwrap();
        settings
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("other.yaml")
    }
}
