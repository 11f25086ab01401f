//! The files for QGIS. That QGIS itself takes them, `blackbox::qgis` shows.

use std::collections::{BTreeMap, BTreeSet};

use mapgate_core::oauth::check_client;
use mapgate_core::table::{Auth, Client, DefaultAccess, Layer, OgcServer, RoleId, ServerType};
use mapgate_tests::gate::{Answer, START, TestGate, get, with_header};
use quick_xml::events::Event;
use quick_xml::{Reader, XmlVersion};

use super::{Browser, PASSWORD, jane, jane_with, log_in, send};

fn client(client_id: &str, is_public: bool) -> Client {
    Client {
        client_id: client_id.to_owned(),
        secret_hash: (!is_public).then(|| "hash".to_owned()),
        redirect_uris: vec!["http://127.0.0.1:7070/".to_owned()],
        state_required: false,
        pkce_required: is_public,
        single_session: true,
        scopes: Vec::new(),
        made_at: START,
    }
}

async fn with_clients(test: &TestGate, clients: &[Client]) {
    for client in clients {
        let client = check_client(client.clone()).expect("a client");
        test.gate
            .table()
            .await
            .put_client(&client)
            .await
            .expect("written");
    }
}

async fn server(test: &TestGate, name: &str, default_access: DefaultAccess, layers: &[(bool, &[RoleId])]) {
    let server = OgcServer {
        name: name.to_owned(),
        url: "http://127.0.0.1:1/mapserv".to_owned(),
        url_wfs: None,
        r#type: ServerType::Mapserver,
        auth: Auth::Standard,
        default_access,
    };
    let layer = |(number, (public, roles)): (usize, &(bool, &[RoleId]))| Layer {
        name: format!("layer{number}"),
        public: *public,
        roles: roles.iter().copied().collect(),
        write_roles: BTreeSet::new(),
    };
    let layers: Vec<Layer> = layers.iter().enumerate().map(layer).collect();
    let table = test.gate.table().await;
    table.put_ogc_server(&server, &layers).await.expect("written");
}

/// The browser's page, with the lists' index as it is now.
async fn page(test: &TestGate) -> Browser {
    let browser = Browser::of_jane(test, PASSWORD).await;
    Browser::with(test, &browser.cookies, "/account/qgis").await
}

async fn authentication(test: &TestGate, browser: &Browser, fields: &[(&str, &str)]) -> Answer {
    browser
        .post(test, "/account/qgis/authentication.xml", fields)
        .await
}

/// The elements of a file, with their attributes.
fn elements(file: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let mut reader = Reader::from_str(file);
    let mut elements = Vec::new();
    loop {
        let element = match reader.read_event().expect("XML") {
            Event::Eof => return elements,
            Event::Start(element) | Event::Empty(element) => element,
            _ => continue,
        };
        let attributes = element.attributes().map(|attribute| {
            let attribute = attribute.expect("an attribute");
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).expect("text");
            let name = attribute.key.as_ref().to_owned();
            (name, value.into_owned())
        });
        let name = element.name().as_ref().to_owned();
        elements.push((name, attributes.collect()));
    }
}

/// The attributes of the elements of that name.
fn named(file: &str, name: &str) -> Vec<BTreeMap<String, String>> {
    let all = elements(file).into_iter();
    all.filter(|(own, _)| own == name)
        .map(|(_, attributes)| attributes)
        .collect()
}

#[tokio::test]
async fn the_page_offers_the_clients_that_qgis_can_be_and_no_others() {
    let test = jane().await;
    let mut web = client("web", false);
    web.redirect_uris = vec!["https://portal.example.com/back".to_owned()];
    let mut stateful = client("stateful", false);
    stateful.state_required = true;
    with_clients(
        &test,
        &[client("qgis", false), client("tablets", true), web, stateful],
    )
    .await;
    let browser = page(&test).await;
    let body = &browser.page.body;
    assert!(body.contains("<option value=\"qgis\">qgis</option>"), "{body}");
    assert!(
        body.contains("<option value=\"tablets\">tablets (without a secret"),
        "{body}"
    );
    assert!(!body.contains(">web<") && !body.contains(">stateful<"));
    assert!(body.contains("name=\"client_secret\" type=\"password\""));
    for refused in ["web", "stateful", "nobody", ""] {
        let answer = authentication(&test, &browser, &[("client_id", refused)]).await;
        assert_eq!(answer.status, 400, "{refused}");
    }
}

#[tokio::test]
async fn without_a_client_or_a_server_the_page_says_so() {
    let test = jane_with("  hide_capabilities: true", &[]).await;
    let browser = page(&test).await;
    let body = &browser.page.body;
    for told in [
        "No program is registered here that QGIS could log in with.",
        "There are no maps here that you may see.",
        "This portal does not tell QGIS which layers there are",
    ] {
        assert!(body.contains(told), "{told}: {body}");
    }
    assert!(!body.contains("authentication.xml") && !body.contains("wms.xml"));
}

#[tokio::test]
async fn where_there_are_too_many_clients_to_look_through_one_is_typed() {
    let test = jane().await;
    for number in 0..301 {
        let mut web = client(&format!("a{number:03}"), false);
        web.redirect_uris = vec!["https://portal.example.com/back".to_owned()];
        with_clients(&test, &[web]).await;
    }
    with_clients(&test, &[client("qgis", false)]).await;
    let browser = page(&test).await;
    assert!(
        browser.page.body.contains("<input id=\"client_id\""),
        "{}",
        browser.page.body
    );
    let answer = authentication(&test, &browser, &[("client_id", "qgis")]).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn an_authentication_file_holds_what_was_typed_and_nothing_that_is_stored() {
    let test = jane_with("", &[("MAPGATE_BASE_URL", "http://maps.example.com/geo")]).await;
    let odd = "q&<\"'>é gis";
    with_clients(&test, &[client(odd, false), client("tablets", true)]).await;
    let secret = "a\"b<c>&'d é\n";
    let ticket = log_in(&test, "jane", PASSWORD).await.cookies();
    let browser = Browser::with(&test, &ticket, "/account/qgis").await;
    let escaped = "q&#38;&#60;&#34;&#39;&#62;é gis";
    assert!(browser.page.body.contains(escaped), "{}", browser.page.body);
    for (client_id, typed, secret, flow) in [
        (odd, Some(secret), secret, 0),
        (odd, None, "", 0),
        // Who types something into the field for a program without a secret has not understood it.
        ("tablets", Some(secret), "", 3),
    ] {
        let mut fields = vec![("client_id", client_id)];
        fields.extend(typed.map(|typed| ("client_secret", typed)));
        let answer = authentication(&test, &browser, &fields).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.header("cache-control"), "private, no-store");
        assert_eq!(answer.header("content-type"), "application/xml; charset=utf-8");
        let saved = "attachment; filename=\"qgis-authentication.xml\"";
        assert_eq!(answer.header("content-disposition"), saved);
        let config = &named(&answer.body, "Config")[0]["oauth2config"];
        let config: serde_json::Value = serde_json::from_str(config).expect("JSON");
        assert_eq!(config["clientId"], client_id);
        assert_eq!(config["clientSecret"], secret);
        assert_eq!(config["grantFlow"], flow);
        assert_eq!(config["redirectPort"], 7070);
        assert_eq!(config["requestUrl"], "http://maps.example.com/geo/oauth/login");
        assert_eq!(config["tokenUrl"], "http://maps.example.com/geo/oauth/token");
        assert_eq!(config["scope"], "map");
        let method = &named(&answer.body, "AuthMethodConfig")[0];
        assert_eq!(method["name"], format!("{client_id} (maps.example.com)"));
        assert_eq!(method["method"], "OAuth2");
        let id = &method["id"];
        assert!(
            id.len() == 7 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            "{id}"
        );
        assert!(!answer.body.contains("hash"), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_configurations_id_stays_and_differs_from_client_to_client() {
    let test = jane().await;
    with_clients(&test, &[client("qgis", false), client("other", false)]).await;
    let browser = page(&test).await;
    let mut ids = Vec::new();
    for client_id in ["qgis", "other", "qgis"] {
        let file = authentication(&test, &browser, &[("client_id", client_id)])
            .await
            .body;
        let (_, rest) = file.split_once("AuthMethodConfig id=\"").expect("an id");
        ids.push(rest.get(..7).expect("seven letters").to_owned());
    }
    assert!(ids[0] == ids[2] && ids[0] != ids[1], "{ids:?}");
}

#[tokio::test]
async fn connections_lead_to_the_servers_of_which_one_may_read_something() {
    let test = jane().await;
    let roles = test.gate.table().await.roles().await.expect("the roles");
    let id = |name: &str| roles.named(name).expect("a role").id;
    let (editor, admin) = (id("editor"), id("role_admin"));
    server(&test, "public", DefaultAccess::Public, &[]).await;
    server(&test, "one layer", DefaultAccess::Private, &[(true, &[])]).await;
    server(
        &test,
        "ours/ü&\"",
        DefaultAccess::Private,
        &[(false, &[admin]), (false, &[editor])],
    )
    .await;
    server(
        &test,
        "registered",
        DefaultAccess::Private,
        &[(false, &[id("registered")])],
    )
    .await;
    server(&test, "theirs", DefaultAccess::Private, &[(false, &[admin])]).await;
    server(&test, "empty", DefaultAccess::Private, &[]).await;
    let browser = page(&test).await;
    let expected = [
        ("one layer (maps.example.com)", "one%20layer"),
        ("ours-ü&\" (maps.example.com)", "ours%2F%C3%BC%26%22"),
        ("public (maps.example.com)", "public"),
        ("registered (maps.example.com)", "registered"),
    ];
    for (path, root, element) in [
        ("/account/qgis/wms.xml", "qgsWMSConnections", "wms"),
        ("/account/qgis/wfs.xml", "qgsWFSConnections", "wfs"),
    ] {
        let answer = send(&test, with_header(get(path), "cookie", &browser.cookies)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.header("cache-control"), "private, no-store");
        let name = format!("attachment; filename=\"qgis-{element}.xml\"");
        assert_eq!(answer.header("content-disposition"), name);
        assert_eq!(elements(&answer.body)[0].0, root);
        let found: Vec<(String, String)> = named(&answer.body, element)
            .into_iter()
            .map(|connection| (connection["name"].clone(), connection["url"].clone()))
            .collect();
        let url = |server: &str| format!("http://maps.example.com/mapserv_proxy?ogcserver={server}");
        let expected = expected
            .iter()
            .map(|(name, server)| ((*name).to_owned(), url(server)));
        assert_eq!(found, expected.collect::<Vec<_>>());
    }
    assert!(browser.page.body.contains("one layer (maps.example.com)"));
    assert!(!browser.page.body.contains("theirs") && !browser.page.body.contains("empty"));
}

#[tokio::test]
async fn the_page_asks_the_table_for_clients_servers_and_each_closed_servers_layers() {
    let test = jane().await;
    with_clients(&test, &[client("qgis", false)]).await;
    server(&test, "open", DefaultAccess::Public, &[]).await;
    server(&test, "closed", DefaultAccess::Private, &[(true, &[])]).await;
    let browser = Browser::of_jane(&test, PASSWORD).await;
    let _ = test.table_requests();
    Browser::with(&test, &browser.cookies, "/account/qgis").await;
    // The clients by their index, the servers, and the layers of the closed one. Jane is in the cache.
    assert_eq!(test.table_requests(), ["Query", "BatchGetItem", "Query", "Query"]);
    authentication(&test, &browser, &[("client_id", "qgis")]).await;
    assert_eq!(test.table_requests(), ["GetItem"]);
    send(
        &test,
        with_header(get("/account/qgis/wfs.xml"), "cookie", &browser.cookies),
    )
    .await;
    assert_eq!(test.table_requests(), ["Query", "Query"]);
}
