use super::*;

fn fault(text: &str) -> String {
    format!("{:#}", Seed::parse(text).unwrap_err())
}

#[test]
fn the_demo_data_is_a_seed_file() {
    let seed = Seed::read(None).unwrap();
    assert_eq!(seed.users[0].value.username, "jane");
    assert_eq!(
        seed.oauth2_clients[0].value.secret.as_ref().map(Secret::expose),
        Some("lindmatt-qgis")
    );
    assert_eq!(seed.ogc_servers[0].value.url, None);
}

#[test]
fn the_documented_form_is_read() {
    let seed = Seed::parse(
            r#"
roles: [{name: editor, id: null, functionalities: {mapserver_substitution: ["name=value"]}}]
users: [{username: jane, id: null, display_name: Jane, password: secret, email: jane@example.com, roles: [editor],
         is_password_changed: true, deactivated: false, expire_on: null, password_hash: null}]
oauth2_clients: [{client_id: qgis, secret: "1234", redirect_uris: ["http://127.0.0.1:7070/"],
                  state_required: false, pkce_required: false, single_session: true, scopes: null}]
ogc_servers: [{name: main, url: "http://127.0.0.1:8090/mapserv", type: mapserver, auth: standard,
               default_access: private,
               layers: [{name: roads, public: true}, {name: parcels, roles: [editor], write_roles: []}]}]
"#,
        )
        .unwrap();
    assert_eq!(
        seed.roles[0].value.functionalities["mapserver_substitution"],
        ["name=value"]
    );
    assert!(seed.oauth2_clients[0].value.single_session);
    assert_eq!(seed.ogc_servers[0].value.layers[1].roles, ["editor"]);
    assert!(Seed::parse("").unwrap().users.is_empty());
}

#[test]
fn a_fault_names_its_line() {
    for (text, named) in [
        ("roles:\n  - name: a\n    nmae: b\n", ["nmae", "line 3"]),
        (
            "users:\n  - username: a\n    password: b\n    id: x\n",
            ["i64", "line 4"],
        ),
        (
            "users:\n  - username: a\n    password: b\n    roles: [x]\n",
            ["role x", "line 2"],
        ),
        (
            "users:\n  - username: a\n    password: b\n    password_hash: c\n",
            ["password_hash", "line 2"],
        ),
        ("roles:\n  - name: a\n  - name: a\n", ["twice", "line 3"]),
        ("ogc_servers:\n  - name: a\n    type: wms\n", ["wms", "line 3"]),
        (
            "users:\n  - username: a\n    password: b\n    expire_on: soon\n",
            ["RFC 3339", "line 4"],
        ),
        ("roles: [", ["bracket", "line 1"]),
        (
            "oauth2_clients:\n  - client_id: a\n    redirect_uris: ['https://a/', 'http://a/']\n",
            ["http://a/", "line 2"],
        ),
        (
            "oauth2_clients:\n  - client_id: a\n    redirect_uris: ['javascript:alert(1)']\n",
            ["javascript:", "line 2"],
        ),
        (
            "oauth2_clients:\n  - client_id: ''\n    redirect_uris: ['https://a/']\n",
            ["client's id", "line 2"],
        ),
        (
            "oauth2_clients:\n  - client_id: a\n    redirect_uris: ['https://a/']\n    scopes: [map, bake]\n",
            ["scope bake", "line 2"],
        ),
        (
            "oauth2_clients:\n  - client_id: a\n    redirect_uris: []\n",
            ["redirect URI", "line 2"],
        ),
        (
            "oauth2_clients:\n  - client_id: a\n    secret: ''\n    redirect_uris: []\n",
            ["secret", "line 2"],
        ),
    ] {
        let fault = fault(text);
        assert!(named.iter().all(|part| fault.contains(part)), "{fault}");
    }
}

#[test]
fn a_public_layer_has_no_roles() {
    let fault = fault(
        "roles: [{name: r}]\nogc_servers: [{name: a, url: x, type: other, auth: none, default_access: public, \
             layers: [{name: b, public: true, roles: [r]}]}]",
    );
    assert!(fault.contains("layer b is public"), "{fault}");
}

#[test]
fn a_map_servers_url_asks_nothing_by_itself() {
    for (key, other) in [("url", ""), ("url_wfs", "url: \"http://a/\", ")] {
        let text = format!(
            "roles: []\nogc_servers: [{{name: a, {other}{key}: \"http://a/?map=x&Layers=b\", type: other, auth: none, \
             default_access: public}}]"
        );
        let fault = fault(&text);
        assert!(fault.contains("must not hold LAYERS at line 2"), "{fault}");
    }
}

#[test]
fn secrets_are_not_printed() {
    let text = "users: [{username: a, password: hidden}]\noauth2_clients: [{client_id: c, secret: hidden, \
                    redirect_uris: []}]";
    assert!(!format!("{:?}", Seed::parse(text).unwrap()).contains("hidden"));
    assert!(!fault("users: [{username: a, password: [hidden]}]").contains("hidden"));
}
