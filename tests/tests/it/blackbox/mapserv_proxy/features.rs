//! WFS by GET: `DescribeFeatureType` and `GetFeature`.

use std::sync::Arc;

use mapgate_tests::{Answer, Site};

use super::{get_feature, proxy};

everywhere!(
    a_private_type_is_given_to_its_roles,
    a_stranger_gets_no_private_feature,
    a_type_has_many_names,
    each_role_gets_its_own_projects,
    describing_needs_the_right_too,
    a_feature_id_names_a_type,
);

fn members(answer: &Answer) -> usize {
    let text = answer.is(200, "FeatureCollection").text();
    text.matches("<wfs:member>").count()
}

async fn a_private_type_is_given_to_its_roles(site: Arc<Site>) {
    for actor in [site.user("jane").await, site.qgis("jane").await] {
        let answer = actor.get(&get_feature("ms:parcels")).await;
        assert_eq!(members(&answer), 132);
        // QGIS follows every address that it is given.
        let own = format!("{}/mapserv_proxy", site.url);
        for (at, _) in answer.text().match_indices("http://127.0.0.1") {
            assert!(
                answer.text()[at..].starts_with(&own),
                "{}",
                &answer.text()[at..at + 80]
            );
        }
        for version in ["1.0.0&TYPENAME=parcels", "1.1.0&TYPENAME=parcels"] {
            let path = proxy(&format!("SERVICE=WFS&REQUEST=GetFeature&VERSION={version}"));
            actor.get(&path).await.is(200, "ms:parcels");
        }
        let first = format!("{}&COUNT=1", get_feature("ms:parcels"));
        assert_eq!(members(&actor.get(&first).await), 1);
    }
}

async fn a_stranger_gets_no_private_feature(site: Arc<Site>) {
    let answer = site.anonymous().get(&get_feature("ms:parcels")).await;
    answer
        .is(401, "ExceptionReport")
        .has("www-authenticate", Some("Bearer"));
    site.user("pia")
        .await
        .get(&get_feature("ms:parcels"))
        .await
        .is(403, "ExceptionReport");
    site.anonymous()
        .get(&get_feature("ms:roads,ms:parcels"))
        .await
        .is(401, "ExceptionReport");
    site.anonymous().get(&get_feature("(ms:roads)(ms:parcels)")).await;
    let old = proxy("SERVICE=WFS&VERSION=1.0.0&REQUEST=GetFeature&TYPENAME=parcels");
    site.anonymous().get(&old).await.is(401, "ServiceException");
    assert!(members(&site.anonymous().get(&get_feature("ms:roads")).await) > 0);
}

async fn a_type_has_many_names(site: Arc<Site>) {
    for typename in [
        "parcels",
        "ms:parcels",
        "PARCELS",
        "ms%3Aparcels",
        "xx:parcels",
        "(ms:parcels)",
        "ms:roads,parcels",
        "%20parcels",
    ] {
        for name in ["TYPENAMES", "TYPENAME", "typeName", "typeNames", "TypeName"] {
            let path = proxy(&format!(
                "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&{name}={typename}"
            ));
            let answer = site.anonymous().get(&path).await;
            assert!(
                [400, 401].contains(&answer.status.as_u16()),
                "{name}={typename}: {answer:?}"
            );
        }
    }
    // Two spellings at once: the backend takes another than the one looked at.
    for query in [
        "TYPENAMES=roads&TYPENAME=parcels",
        "TYPENAME=parcels&TYPENAMES=roads",
        "TYPENAMES=parcels&typenames=roads",
    ] {
        let path = proxy(&format!("SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&{query}"));
        let answer = site.anonymous().get(&path).await;
        assert!(
            [400, 401].contains(&answer.status.as_u16()),
            "{query}: {answer:?}"
        );
    }
}

async fn each_role_gets_its_own_projects(site: Arc<Site>) {
    let path = get_feature("ms:projects");
    let anonymous = members(&site.anonymous().get(&path).await);
    let (jane, pia) = (
        site.user("jane").await.get(&path).await,
        site.qgis("pia").await.get(&path).await,
    );
    assert_eq!(anonymous, 1, "only the public one");
    assert!(members(&jane) > anonymous && members(&pia) > anonymous);
    assert_ne!(jane.body, pia.body);
}

async fn describing_needs_the_right_too(site: Arc<Site>) {
    for (name, version) in [
        ("TYPENAME", "1.1.0"),
        ("TYPENAMES", "2.0.0"),
        ("TYPENAME", "2.0.0"),
    ] {
        let path = |typename: &str| {
            proxy(&format!(
                "SERVICE=WFS&VERSION={version}&REQUEST=DescribeFeatureType&{name}={typename}"
            ))
        };
        site.anonymous()
            .get(&path("ms:parcels"))
            .await
            .is(401, "ExceptionReport");
        site.qgis("jane")
            .await
            .get(&path("ms:parcels"))
            .await
            .is(200, "parcelsType");
        site.anonymous().get(&path("ms:roads")).await.is(200, "roadsType");
    }
}

async fn a_feature_id_names_a_type(site: Arc<Site>) {
    for query in [
        "FEATUREID=parcels.1",
        "RESOURCEID=parcels.1",
        "featureid=roads.1,parcels.1",
        "TYPENAMES=roads&RESOURCEID=parcels.1",
        "STOREDQUERY_ID=urn:ogc:def:query:OGC-WFS::GetFeatureById&ID=parcels.1",
    ] {
        let path = proxy(&format!("SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&{query}"));
        let answer = site.anonymous().get(&path).await;
        assert!(
            [400, 401].contains(&answer.status.as_u16()),
            "{query}: {answer:?}"
        );
        assert!(!answer.text().contains("<ms:parcels"), "{query}");
    }
}
