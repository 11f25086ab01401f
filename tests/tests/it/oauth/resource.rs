//! `resource` (RFC 8707): known ones, what is granted, and where a token for one counts.

use axum::body::Body;
use http::Request;
use mapgate_core::oauth::is_known_resource;
use mapgate_core::settings::BaseUrl;
use mapgate_core::table::{Auth, DefaultAccess, OgcServer, ServerType};
use mapgate_tests::gate::{BASE, TestGate, with_header};

use super::{House, assert_refused, claims, refresh_form, text};

const MAIN: &str = "http://maps.example.com/mapserv_proxy/main";
const API: &str = "https://api.example.com/";

impl House {
    /// With the servers `main` and `other`, where nobody listens: a request that passes gets 502.
    pub async fn with_servers() -> Self {
        let house = Self::on(TestGate::with("  main_ogc_server: main", &[]).await).await;
        for name in ["main", "other", "a b-é"] {
            let server = OgcServer {
                name: name.to_owned(),
                url: "http://127.0.0.1:1/".to_owned(),
                url_wfs: None,
                r#type: ServerType::Mapserver,
                auth: Auth::Standard,
                default_access: DefaultAccess::Private,
            };
            let table = house.test.gate.table().await;
            table
                .put_ogc_server(&server, &[])
                .await
                .expect("the server is written");
        }
        house.client(API, Some("api"), |_| {}).await;
        house.client("https://public.example.com/", None, |_| {}).await;
        house
    }

    async fn token_for(&self, resource: &str) -> String {
        let code = self.code(|code| code.resource = Some(resource.to_owned())).await;
        text(&self.exchange(&code, &[]).await, "access_token")
    }
}

#[tokio::test]
async fn known_are_the_base_url_servers_that_there_are_and_confidential_clients_named_by_a_uri() {
    let house = House::with_servers().await;
    let base_url = BaseUrl::parse(BASE).unwrap();
    let known = async |resource: &str| {
        let table = house.test.gate.table().await;
        is_known_resource(table, &base_url, resource).await.unwrap()
    };
    for good in [BASE, MAIN, &format!("{BASE}/mapserv_proxy/a%20b-%C3%A9"), API] {
        assert!(known(good).await, "{good}");
    }
    for bad in [
        "",
        "qgis",
        "http://maps.example.com/",
        "http://maps.example.com/mapserv_proxy/nosuch",
        "http://maps.example.com/mapserv_proxy/main/",
        "http://maps.example.com/oauth",
        "https://api.example.com",
        "https://api.example.com/#x",
        "https://public.example.com/",
        "https://unknown.example.com/",
        &format!("https://{}", "x".repeat(5000)),
    ] {
        assert!(!known(bad).await, "{bad}");
    }
}

#[tokio::test]
async fn t55_what_was_granted_becomes_the_audience_and_nothing_else_can_be_asked_for() {
    let house = House::with_servers().await;
    for (granted, audience) in [
        (None, BASE),
        (Some(BASE), BASE),
        (Some(MAIN), MAIN),
        (Some(API), API),
    ] {
        let code = house
            .code(|code| code.resource = granted.map(str::to_owned))
            .await;
        for other in [BASE, MAIN, API, "https://unknown.example.com/", "x"] {
            if other != audience {
                let answer = house.exchange(&code, &[("resource", other)]).await;
                assert_refused(&answer, "invalid_target");
            }
        }
        // None of it spent the code, and naming it again is right.
        let first = house.exchange(&code, &[("resource", audience)]).await;
        assert_eq!(claims(&text(&first, "access_token")).aud, audience);
        let token = text(&first, "refresh_token");
        let mut form = refresh_form(&token);
        form.push(("resource", "https://unknown.example.com/"));
        assert_refused(&house.token(&form).await, "invalid_target");
        form.pop();
        let second = house.token(&form).await;
        assert_eq!(claims(&text(&second, "access_token")).aud, audience);
        let token = text(&second, "refresh_token");
        let mut form = refresh_form(&token);
        form.push(("resource", audience));
        assert_eq!(
            claims(&text(&house.token(&form).await, "access_token")).aud,
            audience
        );
    }
}

#[tokio::test]
async fn t55_a_token_for_one_server_counts_at_its_routes_alone() {
    let house = House::with_servers().await;
    let query = "SERVICE=WMS&REQUEST=GetCapabilities";
    let own = [
        format!("/mapserv_proxy/main?{query}"),
        format!("/mapserv_proxy/m%61in?{query}"),
        format!("/mapserv_proxy?ogcserver=main&{query}"),
        format!("/mapserv_proxy?OgcServer=m%61in&{query}"),
        // The main one, where none is named.
        format!("/mapserv_proxy?{query}"),
        format!("/mapserv_proxy?ogcserver=&{query}"),
        "/mapserv_proxy/m%61in/ogcapi/collections".to_owned(),
    ];
    let others = [
        format!("/mapserv_proxy/other?{query}"),
        // The path decides.
        format!("/mapserv_proxy/other?ogcserver=main&{query}"),
        format!("/mapserv_proxy?ogcserver=other&{query}"),
        format!("/mapserv_proxy?ogcserver=nosuch&{query}"),
        // In doubt it is none.
        format!("/mapserv_proxy?ogcserver=main&OGCSERVER=main&{query}"),
        format!("/mapserv_proxy?ogcserver=main&ogcserver=other&{query}"),
        format!("/mapserv_proxy?ogcserver=%ff&{query}"),
        "/mapserv_proxy/MAIN?SERVICE=WMS".to_owned(),
        "/mapserv_proxy/other/ogcapi/collections".to_owned(),
        "/mapserv_proxy/other/wfs3/collections?ogcserver=main".to_owned(),
    ];
    let router = || mapgate_mapserver_proxy::router(house.test.gate.clone());
    let status = async |path: &str, token: &str| {
        let answer = house.bearing(router(), path, token).await;
        if answer.status == 401 {
            assert_eq!(
                answer.header("www-authenticate"),
                "Bearer error=\"invalid_token\"",
                "{path}"
            );
        }
        answer.status.as_u16()
    };
    let (everywhere, main) = (house.token_for(BASE).await, house.token_for(MAIN).await);
    // A second one would end the first: one session a user.
    assert_eq!(status(&own[0], &everywhere).await, 401);
    for path in &own {
        assert_eq!(status(path, &main).await, 502, "{path}");
    }
    for path in &others {
        assert_eq!(status(path, &main).await, 401, "{path}");
    }
    let post = Request::post("/mapserv_proxy/other").body(Body::empty()).unwrap();
    let post = with_header(post, "authorization", &format!("Bearer {main}"));
    assert_eq!(house.test.send(router(), post).await.status, 401);
    let everywhere = house.token_for(BASE).await;
    for path in own.iter().chain(&others[..3]) {
        assert_eq!(status(path, &everywhere).await, 502, "{path}");
    }
}

#[tokio::test]
async fn t55_a_token_for_something_else_counts_nowhere_here() {
    let house = House::with_servers().await;
    for (resource, user) in [(MAIN, 401), (API, 401), (BASE, 200)] {
        let token = house.token_for(resource).await;
        let login = mapgate_login::router(house.test.gate.clone());
        let answer = house.bearing(login, "/loginuser", &token).await;
        assert_eq!(answer.status, user, "{resource}");
        let userinfo = house
            .bearing(house.token_router(), "/oauth/userinfo", &token)
            .await;
        assert_eq!(userinfo.status, user, "{resource}");
    }
    let api = house.token_for(API).await;
    let proxy = mapgate_mapserver_proxy::router(house.test.gate.clone());
    let path = "/mapserv_proxy/main?SERVICE=WMS&REQUEST=GetCapabilities";
    assert_eq!(house.bearing(proxy, path, &api).await.status, 401);
}
