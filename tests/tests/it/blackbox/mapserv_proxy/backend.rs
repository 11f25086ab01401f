//! A map server that is not there.

use std::sync::Arc;

use mapgate_tests::Site;

use super::get_map;

everywhere!(an_unreachable_server_is_502_in_the_protocols_form);

async fn an_unreachable_server_is_502_in_the_protocols_form(site: Arc<Site>) {
    let qgis = site.qgis("jane").await;
    for path in [
        get_map("roads"),
        get_map("lindmatt"),
        super::proxy("SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities"),
        super::get_feature("ms:roads"),
    ] {
        let path = path.replace("ogcserver=main", "ogcserver=nowhere");
        let answer = qgis.get(&path).await;
        answer.is(502, "Exception");
        assert!(!answer.text().contains("127.0.0.1"), "{}", answer.text());
    }
    // What is refused needs no server.
    site.anonymous()
        .get("/mapserv_proxy?ogcserver=nowhere&mode=map")
        .await
        .is(400, "MissingParameterValue");
    qgis.get(&get_map("roads")).await.is(200, "");
}
