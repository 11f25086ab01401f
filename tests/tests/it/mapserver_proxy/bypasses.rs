//! Ways past the layer check that somebody may try, each against a map server that notes what reaches it: every one is
//! refused, or goes on without what it was tried for, and no name of a closed layer ever arrives, in no encoding.

mod documents;
mod odd;
mod resources;

use std::collections::BTreeSet;

use super::*;
use crate::identity::bearer::token;
use backend::Seen;
use mapgate_core::table::OgcServer;

/// What anybody but an editor must not reach on the private servers: parcels is the editors', the others are nobody's.
const CLOSED: [&str; 6] = ["parcels", "buildings", "cadastre", "water", "forest", "nature"];

/// A request to a server of the world, whose name stands for `{server}`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Attempt {
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Attempt {
    fn get(query: &str) -> Self {
        Self {
            method: "GET",
            path: format!("/mapserv_proxy/{{server}}?{query}"),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    fn post(query: &str, kind: &str, body: &[u8]) -> Self {
        Self {
            method: "POST",
            headers: vec![("content-type", kind.to_owned())],
            body: body.to_vec(),
            ..Self::get(query)
        }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn request(&self, server: &str) -> Request<Body> {
        let path = self.path.replace("{server}", server);
        let mut request = Request::builder().method(self.method).uri(path);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        request.body(Body::from(self.body.clone())).expect("a request")
    }
}

/// Every spelling of a closed layer, as it stands in a query string.
const SPELLINGS: [&str; 24] = [
    "parcels",
    "PARCELS",
    "pArCeLs",
    "%70arcels",
    "%50%41%52%43%45%4C%53",
    "%2570arcels",
    "parcels%00",
    "parcels%0A",
    "parcels%20",
    "+parcels",
    "parcels;",
    "roads;parcels",
    "roads,parcels",
    "roads%2Cparcels",
    "demo,parcels",
    "ms:parcels",
    "x:parcels",
    "cadastre",
    "%C0%B0arcels",
    "%E0%81%B0arcels",
    "%EF%BB%BFparcels",
    "parc%E2%80%8Bels",
    "%27parcels%27",
    "%28parcels%29",
];

/// Every way to name a layer in a query string; `{}` is where.
const PLACES: [&str; 40] = [
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&CRS=EPSG:4326&BBOX=1,2,3,4&WIDTH=1&HEIGHT=1&FORMAT=image/png&STYLES=&LAYERS={}",
    "SERVICE=WMS&VERSION=1.1.1&REQUEST=GetMap&SRS=EPSG:4326&BBOX=1,2,3,4&WIDTH=1&HEIGHT=1&FORMAT=image/png&STYLES=&LAYERS={}",
    "SERVICE=WMS&VERSION=1.1.0&REQUEST=GetMap&FORMAT=image/png&LAYERS={}",
    "WMTVER=1.0.0&REQUEST=map&FORMAT=PNG&LAYERS={}",
    "sErViCe=wms&vErSiOn=1.3.0&rEqUeSt=gEtMaP&lAyErS={}",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetFeatureInfo&LAYERS=roads&I=1&J=1&QUERY_LAYERS={}",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetFeatureInfo&QUERY_LAYERS=roads&I=1&J=1&LAYERS={}",
    "SERVICE=WMS&VERSION=1.1.1&REQUEST=GetFeatureInfo&X=1&Y=1&QUERY_LAYERS={}",
    "WMTVER=1.0.0&REQUEST=feature_info&LAYERS=roads&QUERY_LAYERS={}",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&FORMAT=image/png&LAYER={}",
    "SERVICE=WMS&REQUEST=GetLegendGraphic&FORMAT=image/png&LAYERS={}",
    "SERVICE=WMS&VERSION=1.1.1&REQUEST=DescribeLayer&LAYERS={}",
    "SERVICE=WMS&VERSION=1.1.1&REQUEST=GetStyles&LAYERS={}",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&SLD_BODY=%3CStyledLayerDescriptor%3E%3CNamedLayer%3E%3CName%3E{}%3C/Name%3E%3C/NamedLayer%3E%3C/StyledLayerDescriptor%3E",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&SLD_BODY=%3CStyledLayerDescriptor%3E%3CNamedLayer%3E%3CName%3E{}%3C/Name%3E%3C/NamedLayer%3E%3C/StyledLayerDescriptor%3E",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES={}",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=(roads)({})",
    "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&TYPENAME={}",
    "SERVICE=WFS&VERSION=1.0.0&REQUEST=GetFeature&TYPENAME={}",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=DescribeFeatureType&TYPENAMES={}",
    "SERVICE=WFS&VERSION=1.0.0&REQUEST=DescribeFeatureType&TYPENAME={}",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetPropertyValue&VALUEREFERENCE=name&TYPENAMES={}",
    "SERVICE=WFS&VERSION=1.1.0&REQUEST=LockFeature&TYPENAME={}",
    "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeatureWithLock&TYPENAME={}",
    "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&FEATUREID={}.1",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&RESOURCEID={}.1",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=roads&RESOURCEID={}.1",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&STOREDQUERY_ID=urn:ogc:def:query:OGC-WFS::GetFeatureById&ID={}.1",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=roads&FILTER=%3CFilter%3E%3CResourceId%20rid=%22{}.1%22/%3E%3C/Filter%3E",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=roads&FILTER=%3CFilter%3E%3CPropertyIsNull%3E%3CPropertyName%3E{}/owner%3C/PropertyName%3E%3C/PropertyIsNull%3E%3C/Filter%3E",
    "SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetTile&FORMAT=image/png&STYLE=default&TILEMATRIXSET=EPSG:3857&TILEMATRIX=0&TILEROW=0&TILECOL=0&LAYER={}",
    "service=wmts&version=1.0.0&request=gettile&tilematrixset=EPSG:3857&tilematrix=0&tilerow=0&tilecol=0&layer={}",
    "SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetFeatureInfo&TILEMATRIXSET=EPSG:3857&TILEMATRIX=0&TILEROW=0&TILECOL=0&I=1&J=1&INFOFORMAT=text/plain&LAYER={}",
    "SERVICE=WCS&VERSION=1.0.0&REQUEST=DescribeCoverage&COVERAGE={}",
    "SERVICE=WCS&VERSION=1.0.0&REQUEST=GetCoverage&FORMAT=image/tiff&CRS=EPSG:4326&BBOX=1,2,3,4&WIDTH=1&HEIGHT=1&COVERAGE={}",
    "SERVICE=WCS&VERSION=1.1.1&REQUEST=DescribeCoverage&IDENTIFIERS={}",
    "SERVICE=WCS&VERSION=1.1.1&REQUEST=GetCoverage&FORMAT=image/tiff&IDENTIFIER={}",
    "SERVICE=WCS&VERSION=2.0.1&REQUEST=DescribeCoverage&COVERAGEID={}",
    "SERVICE=WCS&VERSION=2.0.1&REQUEST=GetCoverage&FORMAT=image/tiff&COVERAGEID={}",
    "sErViCe=wcs&vErSiOn=2.0.1&rEqUeSt=gEtCoVeRaGe&cOvErAgEiD={}",
];

fn every_place() -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for place in PLACES {
        for spelling in SPELLINGS {
            let query = place.replace("{}", spelling);
            attempts.push(Attempt::get(&query));
            attempts.push(Attempt::post(
                "",
                "application/x-www-form-urlencoded",
                query.as_bytes(),
            ));
        }
    }
    attempts
}

/// Servers of each program, private by default; and one that is public by default, where only parcels is closed.
async fn servers(world: &World) -> Vec<OgcServer> {
    let mut servers = Vec::new();
    for (name, kind, auth, default_access) in [
        (
            "main",
            ServerType::Mapserver,
            Auth::Standard,
            DefaultAccess::Private,
        ),
        ("qgis", ServerType::Qgisserver, Auth::None, DefaultAccess::Private),
        (
            "geo",
            ServerType::Geoserver,
            Auth::Geoserver,
            DefaultAccess::Private,
        ),
        (
            "open",
            ServerType::Mapserver,
            Auth::Standard,
            DefaultAccess::Public,
        ),
    ] {
        let mut record = world.record(name, "/mapserv?map=/srv/demo.map");
        (record.r#type, record.auth, record.default_access) = (kind, auth, default_access);
        world.server(&record).await;
        servers.push(record);
    }
    servers
}

/// Who tries: nobody, a user without the role, an editor's token that is not for maps.
async fn callers(world: &World) -> [(&'static str, Option<(&'static str, String)>); 3] {
    world.test.user("joe", "correct horse", &[], false).await;
    let token = token(&world.test, "jane", "f", "profile").await;
    [
        ("nobody", None),
        ("joe", Some(("cookie", world.ticket("joe").await))),
        ("a token without map", Some(("authorization", token))),
    ]
}

/// Everything that arrived, as whoever decodes it once, twice or three times may read it.
fn readings(seen: &Seen) -> Vec<String> {
    let headers = seen.headers.iter();
    let headers: Vec<String> = headers
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    let mut text = format!("{} {} {} {}", seen.path, seen.query, headers.join(" "), seen.body);
    let mut readings = vec![text.to_lowercase()];
    for _ in 0..3 {
        let spaced = text.replace('+', " ");
        text = percent_encoding::percent_decode_str(&spaced)
            .decode_utf8()
            .expect("UTF-8")
            .into_owned();
        // Nothing of what goes on needs a character reference that is not one of XML's own five.
        assert!(!text.contains("&#"), "{text}");
        readings.push(text.to_lowercase());
        readings.push(
            text.replace(|c: char| !c.is_ascii_alphanumeric(), "")
                .to_lowercase(),
        );
    }
    readings
}

fn reads_legend(seen: &Seen) -> bool {
    let asked = [&seen.query, &seen.body];
    asked
        .iter()
        .any(|asked| asked.contains("REQUEST=GetLegendGraphic"))
}

/// Nothing closed arrived, nothing of the user, and no identity but the caller's own.
#[track_caller]
fn assert_harmless(attempt: &Attempt, server: &OgcServer, closed: &[&str], caller: &str, seen: &[Seen]) {
    for seen in seen {
        for reading in readings(seen) {
            for name in closed {
                assert!(
                    !reading.contains(name),
                    "{attempt:?} as {caller}: {name} arrived: {seen:?}"
                );
            }
        }
        let own = |wanted: &str| {
            let pairs = url::form_urlencoded::parse(seen.query.as_bytes());
            let own = pairs.filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
            own.map(|(_, value)| value.into_owned()).collect::<Vec<_>>()
        };
        // What everybody may keep is asked for as a stranger.
        let told = caller == "joe" && !reads_legend(seen);
        let (roles, user) = if told { ("1,3", "2") } else { ("1", "-1") };
        if server.auth == Auth::Standard {
            assert_eq!(
                (own("role_ids"), own("user_id")),
                (vec![roles.to_owned()], vec![user.to_owned()])
            );
        }
        assert_eq!(own("map"), ["/srv/demo.map"], "{attempt:?}");
        for name in [
            "cookie",
            "authorization",
            "x-http-method-override",
            "x-remote-user",
        ] {
            assert!(!seen.headers.contains_key(name), "{attempt:?}: {name}");
        }
        let sent = |name: &str| {
            let value = seen.headers.get(name).map(|value| value.to_str().expect("ASCII"));
            value.map(str::to_owned)
        };
        let known = server.auth == Auth::Geoserver && told;
        assert_eq!(sent("sec-username"), known.then(|| "joe".to_owned()));
        assert_eq!(
            sent("sec-roles"),
            known.then(|| "anonymous;registered".to_owned())
        );
        assert_eq!(sent("x-forwarded-for").as_deref(), Some("203.0.113.7"));
        let qgis = server.r#type == ServerType::Qgisserver;
        let url = "http://maps.example.com/mapserv_proxy/qgis".to_owned();
        assert_eq!(sent("x-qgis-service-url"), qgis.then_some(url));
    }
}

/// Tries each attempt as everybody on each server; `refused` where none may go on at all.
async fn try_all(attempts: &[Attempt], refused: bool) -> usize {
    let world = world().await;
    let (servers, callers) = (servers(&world).await, callers(&world).await);
    let distinct: BTreeSet<String> = attempts.iter().map(|attempt| format!("{attempt:?}")).collect();
    assert_eq!(distinct.len(), attempts.len(), "an attempt stands there twice");
    for attempt in attempts {
        for server in &servers {
            let open = server.default_access == DefaultAccess::Public;
            let closed = if open { &CLOSED[..1] } else { &CLOSED[..] };
            for (caller, credential) in &callers {
                let mut request = attempt.request(&server.name);
                if let Some((name, value)) = credential {
                    // What an attempt says of itself is tried by nobody.
                    if request.headers().contains_key(*name) {
                        continue;
                    }
                    request = with_header(request, name, value);
                }
                let answer = world.send(request).await;
                let (seen, status) = (world.seen(), answer.status);
                let text = || {
                    format!(
                        "{attempt:?} as {caller} on {}: {status} {}",
                        server.name, answer.body
                    )
                };
                if refused && !open || *caller == "a token without map" {
                    assert!(status.is_client_error() && seen.is_empty(), "{} {seen:?}", text());
                } else {
                    assert!(!status.is_server_error(), "{}", text());
                }
                assert!(!answer.body.to_lowercase().contains("parcels"), "{}", text());
                assert_harmless(attempt, server, closed, caller, &seen);
            }
        }
    }
    attempts.len()
}

#[tokio::test]
async fn no_spelling_of_a_closed_layer_goes_on_from_any_place_that_names_one() {
    let tried = try_all(&every_place(), true).await;
    assert_eq!(tried, PLACES.len() * SPELLINGS.len() * 2);
}

#[tokio::test]
async fn t108_no_spelling_of_a_closed_collection_goes_on_by_any_resource() {
    let tried = try_all(&resources::attempts(), true).await;
    assert!(tried > 400, "{tried}");
}

#[tokio::test]
async fn no_document_reaches_a_closed_layer() {
    let tried = try_all(&documents::attempts(), true).await;
    assert!(tried > 150, "{tried}");
}

#[tokio::test]
async fn no_other_way_to_ask_reaches_a_closed_layer() {
    let tried = try_all(&odd::refused(), true).await;
    assert!(tried > 150, "{tried}");
}

#[tokio::test]
async fn t103_what_is_sent_beside_a_request_does_not_arrive() {
    let tried = try_all(&odd::stripped(), false).await;
    assert!(tried > 40, "{tried}");
}

/// The spellings and places are real: an editor comes through with those that are proper.
#[tokio::test]
async fn an_editor_may_ask_for_the_same_in_every_place() {
    let world = world().await;
    let mut passed = 0;
    for place in PLACES
        .iter()
        .filter(|place| !place.contains("owner") && !place.contains("TYPENAMES=roads&"))
    {
        // By POST, since what locks is refused by GET.
        let query = place.replace("{}", "parcels");
        let form = Attempt::post("", "application/x-www-form-urlencoded", query.as_bytes());
        let request = with_header(form.request("main"), "cookie", &world.cookie);
        let answer = world.send(request).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.body);
        let arrived = world.seen();
        passed += arrived
            .iter()
            .filter(|seen| seen.body.contains("parcels"))
            .count();
    }
    assert_eq!(passed, PLACES.len() - 3);
}
