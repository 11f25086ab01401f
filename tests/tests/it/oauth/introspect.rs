//! `POST /oauth/introspect` (RFC 7662).

use std::time::Duration;

use mapgate_core::table::UserChange;
use mapgate_tests::gate::{BASE, post, with_header};
use serde_json::json;

use super::{House, Someone, claims, text};

const PATH: &str = "/oauth/introspect";
const API: &str = "https://api.example.com/";

#[tokio::test]
async fn an_active_access_token_is_told_with_all_that_is_in_it() {
    let house = House::new().await;
    let token = text(&house.tokens().await, "access_token");
    let _ = house.test.table_requests();
    let answer = house.present(PATH, &token).await;
    assert_eq!(house.test.table_requests(), ["BatchGetItem", "BatchGetItem"]);
    assert_eq!(
        (answer.header("cache-control"), answer.header("content-type")),
        ("no-store", "application/json")
    );
    let claims = claims(&token);
    assert_eq!(
        answer.json(),
        json!({
            "active": true, "scope": "map openid profile email", "client_id": "qgis", "username": "jane",
            "token_type": "Bearer", "exp": claims.exp, "iat": claims.iat, "sub": house.jane.0.to_string(),
            "aud": BASE, "iss": BASE, "jti": claims.jti,
        })
    );
}

#[tokio::test]
async fn a_refresh_token_is_active_while_it_is_the_one_in_force() {
    let house = House::new().await;
    let first = text(&house.tokens().await, "refresh_token");
    let told = house.introspect(&first).await;
    assert_eq!(
        (&told["active"], &told["client_id"], &told["username"]),
        (&json!(true), &json!("qgis"), &json!("jane"))
    );
    let month = house.test.clock.now().plus(Duration::from_hours(30 * 24));
    assert_eq!(told["exp"], month.seconds());
    assert!(told.get("token_type").is_none(), "it opens nothing: {told}");
    let second = text(&house.refresh(&first).await, "refresh_token");
    assert_eq!(house.introspect(&first).await, json!({ "active": false }));
    assert_eq!(house.introspect(&second).await["active"], true);
}

#[tokio::test]
async fn t52_only_a_client_with_its_secret_may_ask_and_any_other_is_challenged() {
    let house = House::new().await;
    let token = text(&house.tokens().await, "access_token");
    let strangers: [&[(&str, &str)]; 5] = [
        &[("token", &token)],
        &[("token", &token), ("client_id", "qgis")],
        &[
            ("token", &token),
            ("client_id", "qgis"),
            ("client_secret", "1235"),
        ],
        &[
            ("token", &token),
            ("client_id", "nobody"),
            ("client_secret", "1234"),
        ],
        // Anyone can say so.
        &[("token", &token), ("client_id", "public")],
    ];
    for fields in strangers {
        let answer = house.post(PATH, fields).await;
        assert_eq!(answer.status, 401, "{fields:?}");
        assert_eq!(answer.json()["error"], "invalid_client");
        assert!(answer.header("www-authenticate").starts_with("Basic realm="));
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let bearer = with_header(
        post(PATH, &[("token", token.as_str())]),
        "authorization",
        &format!("Bearer {token}"),
    );
    assert_eq!(house.test.send(house.token_router(), bearer).await.status, 401);
    // By the header as well as by the form.
    let basic = with_header(
        post(PATH, &[("token", token.as_str())]),
        "authorization",
        "Basic cWdpczoxMjM0",
    );
    let answer = house.test.send(house.token_router(), basic).await;
    assert_eq!(answer.json()["active"], true);
}

#[tokio::test]
async fn t53_what_is_not_active_is_exactly_that() {
    let house = House::new().await;
    let (other_house, tokens) = (House::new().await, house.tokens().await);
    let inactive = json!({ "active": false });
    let foreign = other_house.tokens().await;
    for field in ["access_token", "refresh_token", "id_token"] {
        let told = house.introspect(&text(&foreign, field)).await;
        assert_eq!(told, inactive, "another deployment's {field}");
    }
    for garbage in [
        "x",
        "a.b",
        "a.b.c",
        ".",
        "\0",
        &text(&tokens, "id_token"),
        &"x".repeat(100_000),
    ] {
        assert_eq!(house.introspect(garbage).await, inactive);
    }
    house.test.clock.advance(Duration::from_hours(1));
    assert_eq!(
        house.introspect(&text(&tokens, "access_token")).await,
        inactive,
        "expired"
    );
    assert_eq!(
        house.introspect(&text(&tokens, "refresh_token")).await["active"],
        true
    );
    let missing = house.present(PATH, "").await;
    assert_eq!(
        (missing.status.as_u16(), missing.json()["error"].clone()),
        (400, json!("invalid_request"))
    );
}

#[tokio::test]
async fn t53_the_end_of_a_family_or_a_change_of_its_user_shows_at_once() {
    let expires = |house: &House| Some(Some(house.test.clock.now()));
    for what in [
        "revoked",
        "replaced",
        "deactivated",
        "expired",
        "generation",
        "must change",
    ] {
        let house = House::new().await;
        let tokens = house.tokens().await;
        let both = [text(&tokens, "access_token"), text(&tokens, "refresh_token")];
        // Nothing that a token hangs on.
        let mut change = UserChange {
            last_login: Some(house.test.clock.now()),
            ..UserChange::default()
        };
        house.change_jane(&change).await;
        for token in &both {
            assert_eq!(house.introspect(token).await["active"], true);
        }
        match what {
            "revoked" => {
                house.present("/oauth/revoke_token", &both[1]).await;
            }
            "replaced" => {
                house.tokens().await;
            }
            "deactivated" => change.deactivated = Some(true),
            "expired" => change.expire_on = expires(&house),
            "generation" => change.ends_sessions = Some(house.test.clock.now()),
            _ => change.is_password_changed = Some(false),
        }
        house.change_jane(&change).await;
        for token in &both {
            assert_eq!(
                house.introspect(token).await,
                json!({ "active": false }),
                "{what}"
            );
        }
    }
}

#[tokio::test]
async fn t54_a_token_is_nobodys_but_its_clients_and_its_audiences() {
    let house = House::new().await;
    house.client(API, Some("api"), |_| {}).await;
    let ask = async |client: &str, secret: &str, token: &str| {
        let fields = [("client_id", client), ("client_secret", secret), ("token", token)];
        house.post(PATH, &fields).await.json()
    };
    let inactive = json!({ "active": false });
    let plain = house.tokens().await;
    for field in ["access_token", "refresh_token"] {
        let token = text(&plain, field);
        assert_eq!(ask("other", "5678", &token).await, inactive, "{field}");
        assert_eq!(ask(API, "api", &token).await, inactive, "{field}");
    }
    let code = house.code(|code| code.resource = Some(API.to_owned())).await;
    let tokens = house.exchange(&code, &[]).await;
    let token = text(&tokens, "access_token");
    assert_eq!(ask("other", "5678", &token).await, inactive);
    for (client, secret) in [(API, "api"), ("qgis", "1234")] {
        let told = ask(client, secret, &token).await;
        assert_eq!(
            (&told["active"], &told["aud"]),
            (&json!(true), &json!(API)),
            "{client}"
        );
        assert_eq!(told["client_id"], "qgis");
    }
    // A refresh token is between its client and mapgate.
    assert_eq!(ask(API, "api", &text(&tokens, "refresh_token")).await, inactive);
}

#[tokio::test]
async fn a_namesake_made_later_is_someone_else() {
    let house = House::new().await;
    let someone: Someone = house.user_with("joe", |_| {}).await;
    let code = house
        .code(|code| {
            someone.of(code);
            code.user_id = house.jane;
        })
        .await;
    assert_eq!(house.exchange(&code, &[]).await.status, 400);
}
