//! The functions' own programs behind each kind of gateway, by events as its documents have them: bodies in base64, two cookies at
//! once, a stage before the path, and a Host header that is none.

use mapgate_tests::{Function, Gateway, Sent, Setup};
use serde_json::Value;

const LOGIN: &str = "login=jane&password=lindmatt-jane";

/// A login, and who is logged in with its ticket.
async fn log_in(function: &mut Function, gateway: Gateway, prefix: &str) -> (Value, Value) {
    let path = format!("{prefix}/login");
    let sent = Sent {
        path: &path,
        form: Some(LOGIN),
        // A browser that brings a ticket of before has two cookies set: that one is cleared first.
        cookie: Some("auth_tkt=old; theme=dark"),
        ..Sent::default()
    };
    let entered = function.invoke(gateway.event(&sent)).await.json();
    assert_eq!(entered["statusCode"], 200, "{gateway:?}: {entered}");
    let cookies = gateway.set_cookies(&entered);
    let ticket = cookies.last().and_then(|cookie| cookie.split(';').next());
    let path = format!("{prefix}/loginuser");
    let sent = Sent {
        path: &path,
        cookie: ticket,
        ..Sent::default()
    };
    let user = function.invoke(gateway.event(&sent)).await;
    (entered, serde_json::from_slice(&user.body()).unwrap())
}

#[tokio::test]
async fn a_login_goes_through_each_kind_of_gateway() {
    let mut function = Function::start("login", Setup::default(), &[]).await;
    for gateway in Gateway::ALL {
        let (entered, user) = log_in(&mut function, gateway, "").await;
        assert_eq!(user["username"], "jane", "{gateway:?}");
        let cookies = gateway.set_cookies(&entered);
        assert_eq!(cookies.len(), 2, "{gateway:?}: {cookies:?}");
        assert!(
            cookies.iter().all(|cookie| cookie.starts_with("auth_tkt=")),
            "{gateway:?}: {cookies:?}"
        );
    }
}

#[tokio::test]
async fn a_host_that_is_none_does_not_end_the_instance() {
    let mut function = Function::start("login", Setup::default(), &[]).await;
    for gateway in Gateway::ALL {
        for host in ["a b", "maps.example.com:port", "[::1", "<script>", "ä"] {
            let sent = Sent {
                path: "/loginuser",
                host: Some(host),
                ..Sent::default()
            };
            let answer = function.invoke(gateway.event(&sent)).await.json();
            assert_eq!(answer["statusCode"], 400, "{gateway:?} {host}: {answer}");
        }
        let (_, user) = log_in(&mut function, gateway, "").await;
        assert_eq!(user["username"], "jane", "{gateway:?}");
    }
}

#[tokio::test]
async fn a_query_comes_as_it_was_sent() {
    let mut function = Function::start("login", Setup::default(), &[]).await;
    for gateway in Gateway::ALL {
        let sent = Sent {
            path: "/login.html",
            query: &[
                ("lang", "de"),
                ("came_from", "http://maps.example.com/a?b=ü&c=%20+"),
            ],
            ..Sent::default()
        };
        let page = function.invoke(gateway.event(&sent)).await;
        let page = String::from_utf8(page.body()).unwrap();
        assert!(page.contains("<html lang=\"de\">"), "{gateway:?}: {page}");
        let kept = "name=\"came_from\" value=\"http://maps.example.com/a?b=ü&#38;c=%20+\"";
        assert!(page.contains(kept), "{gateway:?}: {page}");
    }
}

/// The stage stands in the public path where the API's own URL is called, and not behind a custom domain. The function is called
/// with it or without it.
#[tokio::test]
async fn a_stage_before_the_path_is_no_part_of_it() {
    for base in ["http://maps.example.com/prod", "http://maps.example.com"] {
        let mut function = Function::start("login", Setup::default(), &[("MAPGATE_BASE_URL", base)]).await;
        let (_, user) = log_in(&mut function, Gateway::RestApi, "").await;
        assert_eq!(user["username"], "jane", "{base}");
        for prefix in ["", "/prod"] {
            for path in ["/loginuser", "/login.html"] {
                let path = format!("{prefix}{path}");
                let mut event = Gateway::HttpApi.event(&Sent {
                    path: &path,
                    ..Sent::default()
                });
                event["requestContext"]["stage"] = "prod".into();
                let answer = function.invoke(event).await.json();
                assert_eq!(answer["statusCode"], 200, "{base} {path}: {answer}");
            }
        }
    }
}
