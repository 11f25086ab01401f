//! The administrator's own programs at the administration's routes: of an administrator too, only a token that has the
//! scope `admin` opens them.

use http::Method;
use mapgate_tests::{Setup, Site, code_of, password};

use super::{admin, admin_pages};

#[tokio::test]
async fn of_an_administrators_programs_only_one_with_the_scope_comes_in() {
    let site = Setup::default().variable("BASICAUTH", "true").start().await;
    let scoped = format!("{}&scope=admin", Site::authorize("sysadmin"));
    let browser = site.anonymous();
    let code = code_of(&browser.sign_in(&scoped, "admin", &password("admin")).await);
    let token = mapgate_tests::Grant::of(&site.exchange("sysadmin", &code).await).access_token;
    let scoped = site.anonymous().authorized(format!("Bearer {token}"));
    // In the columns of the table: what its administrator, its bearer and its Basic get.
    let callers = [
        ("with the scope", scoped, 2),
        ("without it", site.qgis("admin").await, 3),
        ("Basic", site.basic("admin", &password("admin")), 4),
    ];
    let (mut wrong, mut opened) = (Vec::new(), 0);
    for (method, _, asked, expected) in admin::ROWS.iter().chain(admin_pages::PAGES) {
        for (caller, actor, column) in &callers {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let form = [("content-type", "application/x-www-form-urlencoded")];
            let headers = if method == Method::POST { &form[..] } else { &[] };
            let answer = actor.send(method.clone(), asked, headers, Vec::new()).await;
            let status = answer.status.as_u16();
            opened += usize::from(status == 200);
            if status != expected[*column] {
                wrong.push(format!(
                    "{method} {asked} {caller}: {status}, not {}",
                    expected[*column]
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(opened > 20, "the scope opens them: {opened}");
}
