//! What caches may keep, and for whom.

use super::*;

const LONG_AGO: &str = "Thu, 01 Jan 1970 00:00:00 GMT";

/// `Cache-Control` and `Vary`.
fn cached(answer: &Answer) -> (String, String) {
    (
        answer.header("cache-control").to_owned(),
        answer.header("vary").to_owned(),
    )
}

#[tokio::test]
async fn t109_no_cache_gives_one_role_set_what_another_was_given() {
    let world = World::new("  hide_capabilities: false").await;
    let feature = "/mapserv_proxy?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=roads";
    let stored = "/mapserv_proxy?SERVICE=WFS&VERSION=2.0.0&REQUEST=ListStoredQueries";
    let legend = |layer: &str| {
        format!(
            "/mapserv_proxy?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER={layer}&FORMAT=image/png"
        )
    };
    let never = "private, no-store";
    // A copy may be kept, and is asked about each time.
    let asked_about = "private, no-cache";
    for (path, stranger, jane) in [
        (map("roads"), never, never),
        (map("parcels"), never, never),
        (map("nosuch"), never, never),
        (feature.to_owned(), never, never),
        (stored.to_owned(), never, never),
        (
            "/mapserv_proxy?SERVICE=WMS&REQUEST=GetCapabilities".to_owned(),
            asked_about,
            asked_about,
        ),
        (
            "/mapserv_proxy?SERVICE=WFS&REQUEST=GetCapabilities".to_owned(),
            asked_about,
            asked_about,
        ),
        (legend("roads"), "public, max-age=3600", "public, max-age=3600"),
        (legend("parcels"), never, asked_about),
        (
            legend("roads").replace("/mapserv_proxy?", "/mapserv_proxy/exception?"),
            never,
            never,
        ),
        (
            "/mapserv_proxy/exception?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER=roads"
                .to_owned(),
            never,
            never,
        ),
        (
            "/mapserv_proxy/boom?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER=roads".to_owned(),
            never,
            never,
        ),
        (
            "/mapserv_proxy/broken?SERVICE=WMS&REQUEST=GetCapabilities".to_owned(),
            never,
            never,
        ),
        (
            "/mapserv_proxy?SERVICE=WMS&authentication_required".to_owned(),
            never,
            never,
        ),
    ] {
        for (answer, policy) in [
            (world.ask(&path).await, stranger),
            (world.jane(&path).await, jane),
        ] {
            let (cache_control, vary) = cached(&answer);
            assert_eq!(cache_control, policy, "{path}: {}", answer.status);
            assert_eq!(vary, "Cookie, Authorization, Origin", "{path}");
            // QGIS takes Cache-Control off, and then goes by this.
            let expires = if policy == asked_about { LONG_AGO } else { "" };
            assert_eq!(answer.header("expires"), expires, "{path}");
            assert!(!answer.headers.contains_key("age"));
        }
    }
}

/// QGIS's cache is one for all users of a profile, and knows an answer by its URL alone.
#[tokio::test]
async fn t109_a_copy_that_one_user_kept_is_none_for_another() {
    let world = World::new("  hide_capabilities: false").await;
    let legend =
        "/mapserv_proxy?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER=parcels&FORMAT=image/png";
    let asked = |path: &str, tag: &str| with_header(get(path), "if-none-match", tag);
    let as_jane = |request| with_header(request, "cookie", &world.cookie);
    for (path, stranger) in [
        (
            "/mapserv_proxy?SERVICE=WMS&REQUEST=GetCapabilities",
            StatusCode::OK,
        ),
        (
            "/mapserv_proxy?SERVICE=WFS&REQUEST=GetCapabilities",
            StatusCode::OK,
        ),
        (legend, StatusCode::UNAUTHORIZED),
    ] {
        let kept = world.jane(path).await;
        let tag = kept.header("etag").to_owned();
        assert!(tag.len() > 40, "{path}: {tag}");
        world.seen();
        let same = world.send(as_jane(asked(path, &tag))).await;
        assert_eq!(
            (same.status, same.body.as_str()),
            (StatusCode::NOT_MODIFIED, ""),
            "{path}"
        );
        assert_eq!(same.header("etag"), tag);
        assert_eq!(
            cached(&same),
            (
                "private, no-cache".to_owned(),
                "Cookie, Authorization, Origin".to_owned()
            )
        );
        is_sandboxed(&same);
        // The server's own word on a copy would be on one user's as on another's.
        let seen = world.seen().pop().expect("a request");
        assert!(!seen.headers.contains_key("if-none-match"), "{path}");
        let other = world.send(asked(path, &tag)).await;
        assert_eq!(other.status, stranger, "{path}: {}", other.body);
        assert!(
            !other.body.contains("parcels") && other.header("etag") != tag,
            "{path}"
        );
    }
}

/// There a condition that fails is 412 (RFC 9110 §13.1.2), and no answer is a copy of another.
#[tokio::test]
async fn t109_a_post_is_never_answered_with_304() {
    let world = World::new("  hide_capabilities: false").await;
    let form = "SERVICE=WMS&REQUEST=GetCapabilities";
    let kept = world.ask(&format!("/mapserv_proxy?{form}")).await;
    let request = Request::post("/mapserv_proxy")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("if-none-match", kept.header("etag"))
        .body(Body::from(form))
        .expect("a request");
    let posted = world.send(request).await;
    assert_eq!((posted.status, &posted.body), (StatusCode::OK, &kept.body));
    assert!(!posted.headers.contains_key("etag") && !posted.headers.contains_key("expires"));
    assert_eq!(posted.header("cache-control"), "private, no-store");
}

/// What is kept is gathered whole, so it has a limit.
#[tokio::test]
async fn t109_what_is_long_streams_and_is_kept_by_nobody() {
    const KEEPABLE: usize = 256 * 1024;
    let (world, server) = super::transport::raw().await;
    let legend = super::transport::LEGEND.replace("roads", "parcels");
    for (length, policy) in [
        (KEEPABLE, "private, no-cache"),
        (KEEPABLE + 1, "private, no-store"),
    ] {
        let head = format!("Content-Type: image/png\r\nContent-Length: {length}");
        server.answers(super::raw::Sent::ok(&head, "x".repeat(length)));
        let answer = world.jane(&legend).await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, length));
        assert_eq!(answer.header("cache-control"), policy, "{length}");
        let kept = policy == "private, no-cache";
        assert_eq!(answer.headers.contains_key("etag"), kept, "{length}");
        assert_eq!(answer.headers.contains_key("expires"), kept, "{length}");
    }
}

/// What a cache keeps sets no ticket.
#[tokio::test]
async fn t109_capabilities_that_renew_a_ticket_are_kept_nowhere() {
    let world = World::new("  hide_capabilities: false").await;
    world.test.clock.advance(Duration::from_secs(9001));
    let answer = world
        .jane("/mapserv_proxy?SERVICE=WMS&REQUEST=GetCapabilities")
        .await;
    assert_eq!(answer.header("cache-control"), "private, no-store");
    assert!(answer.headers.contains_key("set-cookie") && !answer.headers.contains_key("etag"));
}

/// What everybody may keep is drawn as nobody gets it drawn for himself.
#[tokio::test]
async fn t109_a_legend_for_everybody_is_asked_for_as_a_stranger_from_nowhere() {
    let world = World::new("  intranet: {networks: [203.0.113.0/24]}").await;
    let mut geo = world.record("geo", "/mapserv");
    (geo.r#type, geo.auth) = (ServerType::Geoserver, Auth::Geoserver);
    world.server(&geo).await;
    let legend = |server: &str, layer: &str| {
        format!(
            "/mapserv_proxy/{server}?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER={layer}&FORMAT=image/png"
        )
    };
    for jane in [false, true] {
        for server in ["main", "geo"] {
            let path = legend(server, "roads");
            let answer = if jane {
                world.jane(&path).await
            } else {
                world.ask(&path).await
            };
            assert_eq!(answer.header("cache-control"), "public, max-age=3600");
            let seen = world.seen().pop().expect("a request");
            assert!(!seen.headers.contains_key("sec-username") && !seen.headers.contains_key("sec-roles"));
            if server == "main" {
                assert!(seen.query.ends_with("&role_ids=1&user_id=-1"), "{}", seen.query);
            }
        }
    }
    // One's own is one's own.
    assert_eq!(
        world
            .jane(&legend("main", "parcels"))
            .await
            .header("cache-control"),
        "private, no-cache"
    );
    let seen = world.seen().pop().expect("a request");
    assert!(
        seen.query.ends_with("&role_ids=1,2,3,5&user_id=1"),
        "{}",
        seen.query
    );
    assert_eq!(
        world.jane(&map("roads")).await.header("cache-control"),
        "private, no-store"
    );
    let seen = world.seen().pop().expect("a request");
    assert!(
        seen.query.ends_with("&role_ids=1,2,3,5&user_id=1"),
        "{}",
        seen.query
    );
}
