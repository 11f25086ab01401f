//! `manage-users`, the program, on the table of a running harness (contract, section 11).

mod world;

use mapgate_tests::{VARS, password};

pub use world::{Said, World};

const KEY: &str = "lindmatt-lindmatt-lindmatt-32byt";

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
