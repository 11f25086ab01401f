//! What caches may keep, and for whom.

use mapgate_tests::gate::Answer;

use super::backend::World;
use super::map;

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
    for (path, stranger, jane) in [
        (map("roads"), never, never),
        (map("parcels"), never, never),
        (map("nosuch"), never, never),
        (feature.to_owned(), never, never),
        (stored.to_owned(), never, never),
        (
            "/mapserv_proxy?SERVICE=WMS&REQUEST=GetCapabilities".to_owned(),
            never,
            never,
        ),
        (
            "/mapserv_proxy?SERVICE=WFS&REQUEST=GetCapabilities".to_owned(),
            never,
            never,
        ),
        (legend("roads"), "public, max-age=3600", "public, max-age=3600"),
        (legend("parcels"), never, "private, max-age=3600"),
        (
            legend("roads").replace("main", "exception"),
            "public, max-age=3600",
            "public, max-age=3600",
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
            assert!(!answer.headers.contains_key("expires") && !answer.headers.contains_key("age"));
        }
    }
}
