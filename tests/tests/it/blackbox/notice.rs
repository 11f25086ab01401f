//! Word of a password that an operator changed.

use mapgate_tests::VARS;

use super::manage_users::World;

#[tokio::test]
async fn a_password_set_by_manage_users_is_told_by_mail_and_a_new_account_is_not() {
    let mail = "  reset_password: {email_from: maps@example.com, email_subject: s, email_body: '{password}'}";
    let (world, _services) = World::start(&format!("{VARS}\n{mail}"), mapgate_tests::SEED).await;
    let make = ["-c", "-p", "long enough 12", "-e", "nina@example.com", "nina"];
    world.done(&make, &["made"]).await;
    let set = ["-p", "Hidden-from-all-7", "jane"];
    world.done(&set, &["the password is the one given"]).await;
    let notice = world.site.mail("jane@example.com", "was changed").await;
    assert!(notice.contains("jane") && !notice.contains("Hidden"), "{notice}");
    let mails = world.site.anonymous().get("/local/mails").await.json();
    assert!(!mails.to_string().contains("nina@example.com"), "{mails}");
}
