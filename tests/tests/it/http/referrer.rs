//! From where a browser may use a credential (contract, section 3; T72): each header that tells of a page, each kind of
//! route, each kind of credential.

use axum::Router;
use axum::body::Body;
use base64::Engine as _;
use http::{Request, StatusCode};
use mapgate_core::identity::sign_ticket;
use mapgate_tests::gate::{TestGate, get, post, with_header};

type Headers = &'static [(&'static str, &'static str)];

/// What a browser says of the page, and whether that page is one of ours.
const PAGES: &[(Headers, bool)] = &[
    (&[], true),
    (&[("referer", "http://maps.example.com/")], true),
    (&[("referer", "http://maps.example.com:80/x?y")], true),
    (&[("referer", "HTTP://Maps.Example.COM/x")], true),
    (&[("referer", "https://maps.example.com/")], true),
    (&[("referer", "https://friend.ch/portal")], true),
    (&[("referer", "http://friend.ch/portal")], true),
    (&[("referer", "https://friend.ch:8443/portal")], true),
    (&[("referer", "http://maps.example.com:8080/")], false),
    (&[("referer", "https://friend.ch:9443/")], false),
    (&[("referer", "https://friend.ch.evil.com/")], false),
    (&[("referer", "https://evil.com/friend.ch")], false),
    (
        &[("referer", "https://evil.com/?https://maps.example.com/")],
        false,
    ),
    (&[("referer", "https://maps.example.com@evil.com/")], false),
    (&[("referer", "https://notmaps.example.com/")], false),
    (&[("referer", "https://example.com/")], false),
    (&[("referer", "https://friend.ch./")], false),
    (&[("referer", "about:blank")], false),
    (&[("referer", "nonsense")], false),
    (&[("referer", "")], false),
    (&[("referer", "null")], false),
    (&[("sec-fetch-site", "same-origin")], true),
    (&[("sec-fetch-site", "same-site")], true),
    (&[("sec-fetch-site", "none")], true),
    (&[("sec-fetch-site", "cross-site")], false),
    (
        &[
            ("sec-fetch-site", "cross-site"),
            ("referer", "https://friend.ch/"),
        ],
        true,
    ),
    (
        &[
            ("sec-fetch-site", "same-origin"),
            ("referer", "https://evil.com/"),
        ],
        false,
    ),
    (&[("origin", "http://maps.example.com")], true),
    (&[("origin", "https://friend.ch")], true),
    (
        &[
            ("origin", "https://friend.ch"),
            ("sec-fetch-site", "cross-site"),
            ("referer", "https://friend.ch/"),
        ],
        true,
    ),
    (&[("origin", "null")], false),
    (&[("origin", "https://evil.com")], false),
    (&[("origin", "https://friend.ch.evil.com")], false),
    (
        &[
            ("origin", "https://evil.com"),
            ("referer", "http://maps.example.com/"),
        ],
        false,
    ),
    (
        &[
            ("origin", "http://maps.example.com"),
            ("referer", "https://evil.com/"),
        ],
        false,
    ),
    (
        &[("host", "127.0.0.1:8080"), ("referer", "http://127.0.0.1:8080/")],
        true,
    ),
    (
        &[("host", "other.ch:443"), ("referer", "https://other.ch/")],
        true,
    ),
    (
        &[("host", "other.ch"), ("referer", "http://other.ch:8080/")],
        false,
    ),
];

struct World {
    test: TestGate,
    router: Router,
    ticket: String,
}

impl World {
    async fn new() -> Self {
        let vars = "  authorized_referers: ['https://friend.ch', 'friend.ch:8443']";
        let test = TestGate::with(vars, &[("BASICAUTH", "true")]).await;
        test.user("jane", "correct horse", &[], false).await;
        let secrets = test.gate.secrets().await.unwrap();
        let user = test.gate.table().await.user("jane").await.unwrap().unwrap();
        let ticket = sign_ticket(&secrets, &test.gate.random, test.clock.now(), &user, None)
            .unwrap()
            .unwrap();
        let router = mapgate_login::router(test.gate.clone());
        Self {
            router,
            ticket: format!("auth_tkt={ticket}"),
            test,
        }
    }

    async fn ask(&self, request: Request<Body>, page: Headers) -> mapgate_tests::gate::Answer {
        let request = page.iter().fold(request, |request, (name, value)| {
            with_header(request, name, value)
        });
        self.test.send(self.router.clone(), request).await
    }
}

#[tokio::test]
async fn t72_a_ticket_is_believed_only_from_pages_of_ours() {
    let world = World::new().await;
    for (page, own) in PAGES {
        let request = with_header(get("/loginuser"), "cookie", &world.ticket);
        let answer = world.ask(request, page).await;
        assert_eq!(answer.status, StatusCode::OK, "{page:?}");
        assert_eq!(answer.body.contains("jane"), *own, "{page:?}: {}", answer.body);
    }
}

#[tokio::test]
async fn t72_basic_and_bearer_are_believed_from_everywhere() {
    let world = World::new().await;
    let pair = base64::engine::general_purpose::STANDARD.encode("jane:correct horse");
    for (page, _) in PAGES {
        let basic = with_header(get("/loginuser"), "authorization", &format!("Basic {pair}"));
        let answer = world.ask(basic, page).await;
        assert_eq!(
            (answer.status, answer.json()["username"].as_str()),
            (StatusCode::OK, Some("jane")),
            "{page:?}"
        );
        // A wrong one is wrong from everywhere as well: it is never anonymous.
        for wrong in ["Bearer x", "Basic eDp4"] {
            let request = with_header(get("/loginuser"), "authorization", wrong);
            let request = with_header(request, "cookie", &world.ticket);
            assert_eq!(
                world.ask(request, page).await.status,
                StatusCode::UNAUTHORIZED,
                "{page:?} {wrong}"
            );
        }
    }
}

/// The page of the login may be reached from anywhere; that a stranger's page posts to it, with the visitor's ticket or a
/// password of the stranger's own, it may not.
#[tokio::test]
async fn t72_a_page_is_reached_from_everywhere_and_a_form_from_ours_alone() {
    let world = World::new().await;
    for (page, own) in PAGES {
        let answer = world
            .ask(with_header(get("/login.html"), "cookie", &world.ticket), page)
            .await;
        assert!(
            answer.status == StatusCode::OK && answer.body.contains("jane"),
            "{page:?}: {}",
            answer.body
        );
        let login = world
            .ask(
                post("/login", &[("login", "jane"), ("password", "correct horse")]),
                page,
            )
            .await;
        let expected = if *own {
            StatusCode::OK
        } else {
            StatusCode::FORBIDDEN
        };
        assert_eq!(login.status, expected, "{page:?}: {}", login.body);
        assert_eq!(login.headers.contains_key("set-cookie"), *own, "{page:?}");
        let fields = [
            ("oldPassword", "correct horse"),
            ("newPassword", "x"),
            ("confirmNewPassword", "y"),
        ];
        let change = with_header(post("/loginchangepassword", &fields), "cookie", &world.ticket);
        let change = world.ask(change, page).await;
        let refused = matches!(change.status, StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED);
        assert!(
            *own || refused || change.body.contains("login"),
            "{page:?}: {} {}",
            change.status,
            change.body
        );
    }
}

#[tokio::test]
async fn t72_a_foreign_page_logs_nobody_out() {
    let world = World::new().await;
    for (page, _) in PAGES.iter().filter(|(_, own)| !own) {
        let answer = world
            .ask(with_header(get("/logout"), "cookie", &world.ticket), page)
            .await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{page:?}");
    }
    let still = world
        .ask(with_header(get("/loginuser"), "cookie", &world.ticket), &[])
        .await;
    assert_eq!(still.json()["username"], "jane");
}
