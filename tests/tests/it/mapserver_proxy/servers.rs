//! What servers are told, and what may be kept of their answers.

use super::*;

#[tokio::test]
async fn each_kind_of_auth_tells_the_server_its_own() {
    let world = world().await;
    let table = world.test.gate.table().await;
    let mut roles = table.roles().await.expect("the roles");
    let values = vec![
        "canton=BE".to_owned(),
        "canton=VD&x".to_owned(),
        "nonsense".to_owned(),
    ];
    let functionalities = BTreeMap::from([("mapserver_substitution".to_owned(), values)]);
    roles.set("editor", None, functionalities).expect("a role");
    table
        .save_roles(&roles)
        .await
        .expect("an answer")
        .expect("written");
    let asked = async |auth: Auth, kind: ServerType| {
        let mut record = world.record("x", "/mapserv");
        (record.auth, record.r#type) = (auth, kind);
        world.server(&record).await;
        world.test.clock.advance(Duration::from_secs(11));
        assert_eq!(
            world.jane(&map("roads").replace("main", "x")).await.status,
            StatusCode::OK
        );
        world.seen().pop().expect("a request")
    };
    let seen = asked(Auth::Standard, ServerType::Mapserver).await;
    assert!(
        seen.query
            .ends_with("&s_canton=BE,VD%26x&role_ids=1,3,5&user_id=1"),
        "{}",
        seen.query
    );
    for auth in [Auth::None, Auth::Proxy] {
        let seen = asked(auth, ServerType::Mapserver).await;
        assert!(!seen.query.contains("role_ids") && !seen.headers.contains_key("sec-username"));
    }
    let seen = asked(Auth::Geoserver, ServerType::Geoserver).await;
    assert_eq!(seen.headers["sec-username"], "jane");
    assert_eq!(seen.headers["sec-roles"], "anonymous;registered;editor");
    let seen = asked(Auth::None, ServerType::Qgisserver).await;
    assert_eq!(
        seen.headers["x-qgis-service-url"],
        "http://maps.example.com/mapserv_proxy/x"
    );
}

#[tokio::test]
async fn a_legend_may_be_kept_by_everybody_only_where_everybody_may_see_it() {
    let world = world().await;
    let legend = |layer: &str| {
        format!(
            "/mapserv_proxy?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER={layer}&FORMAT=image/png"
        )
    };
    assert_eq!(
        world.ask(&legend("roads")).await.header("cache-control"),
        "public, max-age=3600"
    );
    assert_eq!(
        world.jane(&legend("parcels")).await.header("cache-control"),
        "private, no-cache"
    );
}

#[tokio::test]
async fn a_closed_group_closes_its_features_too() {
    let world = world().await;
    let mut record = world.record("open", "/mapserv");
    record.default_access = DefaultAccess::Public;
    let group = Layer {
        name: "cadastre".to_owned(),
        public: false,
        roles: [world.editor].into(),
        write_roles: [].into(),
    };
    world
        .test
        .gate
        .table()
        .await
        .put_ogc_server(&record, &[group])
        .await
        .expect("written");
    let feature = |name: &str| {
        format!("/mapserv_proxy/open?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=ms:{name}")
    };
    assert_eq!(
        world.ask(&feature("parcels")).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(world.ask(&feature("roads")).await.status, StatusCode::OK);
    assert_eq!(world.jane(&feature("parcels")).await.status, StatusCode::OK);
    let capabilities = world
        .ask("/mapserv_proxy/open?SERVICE=WFS&REQUEST=GetCapabilities")
        .await;
    assert!(!capabilities.body.contains("parcels") && capabilities.body.contains("roads"));
}

#[tokio::test]
async fn an_old_ticket_is_handed_out_anew_but_not_on_what_a_cache_keeps() {
    let world = world().await;
    world.test.clock.advance(Duration::from_secs(9001));
    let legend = "/mapserv_proxy?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER=roads";
    assert_eq!(world.jane(legend).await.header("set-cookie"), "");
    let answer = world.jane(&map("parcels")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.header("set-cookie").starts_with("auth_tkt="));
}

#[tokio::test]
async fn in_the_steady_state_the_table_is_not_asked() {
    let world = world().await;
    assert_eq!(world.jane(&map("parcels")).await.status, StatusCode::OK);
    let _ = world.test.table_requests();
    for _ in 0..5 {
        assert_eq!(world.jane(&map("parcels")).await.status, StatusCode::OK);
    }
    assert_eq!(world.test.table_requests(), [""; 0]);
    // A right taken away is gone within the ten seconds.
    world
        .test
        .gate
        .table()
        .await
        .put_ogc_server(&world.record("main", "/mapserv"), &[])
        .await
        .expect("written");
    world.test.clock.advance(Duration::from_secs(11));
    assert_eq!(world.jane(&map("parcels")).await.status, StatusCode::FORBIDDEN);
}

/// A servlet reads headers as ISO-8859-1.
#[tokio::test]
async fn geoserver_is_told_a_name_that_it_can_read_or_nothing_is_asked() {
    let world = world().await;
    let mut geo = world.record("geo", "/mapserv");
    (geo.r#type, geo.auth) = (ServerType::Geoserver, Auth::Geoserver);
    world.server(&geo).await;
    let mut roles = Vec::new();
    for name in ["éditeur", "редактор", "two;roles"] {
        roles.push(world.test.role(name).await);
    }
    for name in ["zoë", "зоя", "ZoÃ«"] {
        world.test.user(name, "correct horse", &roles, false).await;
    }
    let asked = async |name: &str| {
        let cookie = world.ticket(name).await;
        let answer = world
            .with_header(&map("roads").replace("main", "geo"), "cookie", &cookie)
            .await;
        (answer, world.seen())
    };
    for (name, bytes) in [("zoë", &b"zo\xeb"[..]), ("ZoÃ«", &b"Zo\xc3\xab"[..])] {
        let (answer, seen) = asked(name).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}: {}", answer.body);
        let headers = &seen[0].headers;
        assert_eq!(headers["sec-username"].as_bytes(), bytes);
        assert_eq!(
            headers["sec-roles"].as_bytes(),
            b"anonymous;registered;\xe9diteur"
        );
    }
    let (answer, seen) = asked("зоя").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(
        answer.body.contains("cannot be told your user name"),
        "{}",
        answer.body
    );
    assert!(seen.is_empty(), "{seen:?}");
    is_sandboxed(&answer);
}

#[tokio::test]
async fn unknown_names_are_remembered_for_as_long_as_an_identity() {
    let world = world().await;
    let ask = async |name: &str| world.ask(&map("roads").replace("main", name)).await.status;
    assert_eq!(ask("nosuch0").await, StatusCode::BAD_REQUEST);
    let _ = world.test.table_requests();
    for at in 0..20 {
        assert_eq!(ask(&format!("nosuch{at}")).await, StatusCode::BAD_REQUEST);
    }
    assert_eq!(world.test.table_requests(), [""; 0]);
    world.server(&world.record("nosuch1", "/mapserv")).await;
    assert_eq!(ask("main").await, StatusCode::OK);
    world.test.clock.advance(Duration::from_secs(11));
    assert_eq!(ask("nosuch1").await, StatusCode::OK);
}

#[tokio::test]
async fn t103_a_servers_url_that_asks_by_itself_is_not_called() {
    let world = world().await;
    for (field, path) in [
        ("url", "/mapserv?map=/x&LAYERS=parcels"),
        ("url", "/mapserv?map=/x&l%61yers=parcels"),
        ("url", "/mapserv?map=/x;SERVICE=WMS"),
        ("url_wfs", "/mapserv?TypeName=parcels&map=/x"),
    ] {
        let mut record = world.record("asks", path);
        if field == "url_wfs" {
            record.url_wfs = Some(std::mem::replace(
                &mut record.url,
                format!("{}/mapserv", world.url),
            ));
        }
        world.server(&record).await;
        world.test.clock.advance(Duration::from_secs(11));
        let wfs = "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=roads";
        let mut paths = vec![format!("asks?{wfs}"), "asks/ogcapi/collections".to_owned()];
        if field == "url" {
            paths.push(format!("asks?{MAP}&LAYERS=roads"));
            paths.push("asks?SERVICE=WMS&REQUEST=GetCapabilities".to_owned());
        }
        for path in paths {
            let answer = world.jane(&format!("/mapserv_proxy/{path}")).await;
            assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{path}: {}", answer.body);
        }
        assert!(world.seen().is_empty() && world.read().is_empty());
    }
    // A program's own parameters are no request.
    world
        .server(&world.record("asks", "/mapserv?map=/x&dpiMode=7&key=layers"))
        .await;
    world.test.clock.advance(Duration::from_secs(11));
    let map = format!("/mapserv_proxy/asks?{MAP}&LAYERS=roads");
    assert_eq!(world.ask(&map).await.status, StatusCode::OK);
}

/// Such URLs are copied from requests.
#[tokio::test]
async fn a_servers_url_with_an_operation_is_called_without_it_and_not_with_more() {
    let world = world().await;
    let own = "/mapserv?map=/srv/demo.map&Service=WMS&REQUEST=GetCapabilities&version=1.1.1";
    world.server(&world.record("copied", own)).await;
    let asking = format!("{own}&layers=parcels");
    world.server(&world.record("asking", &asking)).await;
    let map = |name: &str| map("roads").replace("main", name);
    let answer = world.ask(&map("copied")).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "PNG"));
    let seen = world.seen().pop().expect("a request");
    assert!(
        seen.query
            .starts_with("map=/srv/demo.map&SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&"),
        "{}",
        seen.query
    );
    let wfs = "/mapserv_proxy/copied?SERVICE=WFS&REQUEST=GetCapabilities";
    let answer = world.ask(wfs).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(answer.body.contains("<Name>ms:roads</Name>"), "{}", answer.body);
    let _ = world.seen();
    let answer = world.ask(&map("asking")).await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{}", answer.body);
    assert!(world.seen().is_empty());
}
