//! mapgate deployed by the README's commands into an AWS on this machine: the cases that hold everywhere, QGIS Desktop, and
//! what only AWS has.

use std::sync::Arc;

use mapgate_local::harness::FUNCTIONS;
use mapgate_tests::{Place, Setup, Site, Stack, VARS};

use super::everywhere;
use super::qgis;

const RESET: &str = "  reset_password: {email_from: geoportal@lindmatt.example, email_subject: Welcome back, email_body: '{user} {reset_url}'}\n";

#[tokio::test]
async fn what_the_readme_deploys_is_mapgate() {
    let stack = Stack::deploy(&format!("{VARS}{RESET}"), Setup::default()).await;
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

    // A rotation: who is logged in stays so.
    let jane = site.user("jane").await;
    let said = stack.run("manage-users", &["keys"]).await;
    assert!(said.contains("new keys sign from"), "{said}");
    jane.get("/loginuser").await.is(200, "jane");

    everywhere::all_hold(&site, || stack.aws.log()).await;
}
