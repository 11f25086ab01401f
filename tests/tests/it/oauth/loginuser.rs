//! What `/loginuser` tells a program of its user: what the scopes open at the userinfo endpoint, and no more.

use std::collections::BTreeMap;

use mapgate_core::table::UserChange;
use mapgate_tests::gate::{get, post, with_header};
use serde_json::{Value, json};

use super::{House, PASSWORD, text};

impl House {
    fn login_router(&self) -> axum::Router {
        // A function of its own, which has nothing in its cache.
        mapgate_login::router(self.test.another())
    }

    async fn told_with(&self, scope: &str) -> Value {
        let code = self.code(|code| scope.clone_into(&mut code.scope)).await;
        let token = text(&self.exchange(&code, &[]).await, "access_token");
        let answer = self.bearing(self.login_router(), "/loginuser", &token).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }
}

#[tokio::test]
async fn a_token_shows_of_its_user_what_its_scopes_open() {
    let house = House::new().await;
    let editor = house.test.role("editor").await;
    let table = house.test.gate.table().await;
    let mut roles = table.roles().await.unwrap();
    let prints = BTreeMap::from([("print".to_owned(), vec!["A4".to_owned()])]);
    roles.set("editor", Some(editor), prints).unwrap();
    table.save_roles(&roles).await.unwrap().unwrap();
    let change = UserChange {
        roles: Some([editor].into()),
        display_name: Some("Jane Müller".to_owned()),
        ..UserChange::default()
    };
    house.change_jane(&change).await;
    let of_the_request = json!({
        "username": "jane", "functionalities": {"print": ["A4"]}, "is_intranet": false, "login_type": "local",
        "two_factor_enable": false,
    });
    let expected = |more: Value| {
        let mut expected = of_the_request.clone();
        let fields = expected.as_object_mut().unwrap();
        fields.extend(more.as_object().unwrap().clone());
        expected
    };
    let of_profile = json!({"display_name": "Jane Müller", "roles": [{"name": "editor", "id": editor.0}]});
    let of_email = json!({"email": "jane@example.com"});
    for scope in ["map", "openid", "map openid", "maps profiles emails"] {
        assert_eq!(house.told_with(scope).await, expected(json!({})), "{scope}");
    }
    assert_eq!(house.told_with("map profile").await, expected(of_profile.clone()));
    assert_eq!(house.told_with("email").await, expected(of_email.clone()));
    let mut all = of_profile;
    all["email"] = of_email["email"].clone();
    // What QGIS has, which asks for no scope: as much as a ticket.
    assert_eq!(
        house.told_with("map openid profile email").await,
        expected(all.clone())
    );
    let login = post("/login", &[("login", "jane"), ("password", PASSWORD)]);
    let ticket = house.test.send(house.login_router(), login).await.cookies();
    let request = with_header(get("/loginuser"), "cookie", &ticket);
    let by_ticket = house.test.send(house.login_router(), request).await;
    assert_eq!(by_ticket.json(), expected(all));
}

#[tokio::test]
async fn an_address_that_is_not_there_is_null_where_it_may_be_known() {
    let house = House::new().await;
    let change = UserChange {
        email: Some(None),
        ..UserChange::default()
    };
    house.change_jane(&change).await;
    assert_eq!(house.told_with("map email").await["email"], json!(null));
    assert!(house.told_with("map").await.get("email").is_none());
}
