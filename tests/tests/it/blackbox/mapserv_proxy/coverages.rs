//! WCS: everybody has the heights, editors the groundwater.

use std::sync::Arc;

use mapgate_tests::Site;

use super::proxy;

everywhere!(
    a_coverage_is_given_to_its_roles,
    capabilities_name_what_may_be_had,
    a_description_is_of_what_may_be_had,
);

/// A piece of a coverage, by each version's own parameters.
fn get_coverage(version: &str, name: &str) -> String {
    let rest = match version {
        "1.0.0" => {
            format!(
                "COVERAGE={name}&FORMAT=GTiff&CRS=EPSG:2056&BBOX=2600000,1200000,2600500,1200500&WIDTH=5&HEIGHT=5"
            )
        }
        "1.1.1" => format!(
            "IDENTIFIER={name}&FORMAT=image/tiff\
             &BOUNDINGBOX=2600000,1200000,2600500,1200500,urn:ogc:def:crs:EPSG::2056"
        ),
        _ => {
            format!("COVERAGEID={name}&FORMAT=image/tiff&SUBSET=x(2600000,2600500)&SUBSET=y(1200000,1200500)")
        }
    };
    proxy(&format!(
        "SERVICE=WCS&VERSION={version}&REQUEST=GetCoverage&{rest}"
    ))
}

async fn a_coverage_is_given_to_its_roles(site: Arc<Site>) {
    let (stranger, jane) = (site.anonymous(), site.user("jane").await);
    for (version, form) in [
        ("1.0.0", "<ServiceExceptionReport"),
        ("1.1.1", "<ows:ExceptionReport"),
        ("2.0.1", "NoSuchCoverage"),
    ] {
        let answer = stranger.get(&get_coverage(version, "heights")).await;
        answer.is(200, "");
        let tiff = answer.body.windows(4).any(|bytes| bytes == b"II*\0");
        assert!(tiff, "{version}: {:?}", answer.headers);
        for name in ["groundwater", "GROUNDWATER", "nosuch", "heights,groundwater"] {
            let answer = stranger.get(&get_coverage(version, name)).await;
            let status = if name.contains(',') { 400 } else { 401 };
            answer.is(status, if status == 400 { "" } else { form });
        }
        let answer = jane.get(&get_coverage(version, "groundwater")).await;
        answer.is(200, "");
        // A raster is for WCS alone, a vector layer for the others.
        jane.get(&get_coverage(version, "roads")).await.is(403, form);
    }
}

async fn capabilities_name_what_may_be_had(site: Arc<Site>) {
    for version in ["1.0.0", "1.1.1", "2.0.1"] {
        let path = proxy(&format!("SERVICE=WCS&VERSION={version}&REQUEST=GetCapabilities"));
        let answer = site.anonymous().get(&path).await;
        let text = answer.is(200, ">heights<").text();
        assert!(!text.contains("roundwater"), "{text}");
        let own = format!("{}/mapserv_proxy", site.url);
        for (at, _) in text.match_indices("http://127.0.0.1") {
            assert!(text[at..].starts_with(&own), "{}", &text[at..at + 80]);
        }
        site.user("jane").await.get(&path).await.is(200, ">groundwater<");
    }
    let tiles = proxy("SERVICE=WMTS&REQUEST=GetCapabilities");
    // MapServer has no WMTS: what it answers instead is read by nobody.
    site.anonymous().get(&tiles).await.is(502, "ExceptionReport");
}

async fn a_description_is_of_what_may_be_had(site: Arc<Site>) {
    for (version, parameter) in [
        ("1.0.0", "COVERAGE"),
        ("1.1.1", "IDENTIFIERS"),
        ("2.0.1", "COVERAGEID"),
    ] {
        let path = proxy(&format!("SERVICE=WCS&VERSION={version}&REQUEST=DescribeCoverage"));
        let answer = site.anonymous().get(&path).await;
        let text = answer.is(200, "heights").text();
        assert!(!text.contains("roundwater"), "{text}");
        let both = format!("{path}&{parameter}=heights,groundwater");
        site.anonymous().get(&both).await.is(401, "Exception");
        site.user("jane").await.get(&both).await.is(200, "groundwater");
    }
}
