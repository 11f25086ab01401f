//! What an access token is for (RFC 8707 §2): the base URL, one OGC server's routes, or a resource server that is a
//! client whose `client_id` is its URI.

use percent_encoding::percent_decode_str;
use url::Url;

use crate::settings::BaseUrl;
use crate::table::{Table, TableError};

/// What a resource's URI stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// The base URL: all of mapgate.
    Mapgate,
    /// `<base>/mapserv_proxy/NAME`: the routes of that OGC server.
    OgcServer(String),
    /// Someone else, who asks the introspection endpoint.
    Other,
}

impl Resource {
    /// Reads a URI: a request's `resource`, or a token's `aud`.
    #[must_use]
    pub fn of(uri: &str, base_url: &BaseUrl) -> Self {
        let Some(path) = uri.strip_prefix(base_url.as_str()) else {
            return Self::Other;
        };
        if path.is_empty() {
            return Self::Mapgate;
        }
        let name = path
            .strip_prefix("/mapserv_proxy/")
            .filter(|name| !name.is_empty() && !name.contains(['/', '?', '#']));
        let name = name.and_then(|name| percent_decode_str(name).decode_utf8().ok());
        name.map_or(Self::Other, |name| Self::OgcServer(name.into_owned()))
    }

    /// Whether a token for this counts at mapgate's own routes: at those of `ogc_server`, or at such as belong to none.
    #[must_use]
    pub fn counts_at(&self, ogc_server: Option<&str>) -> bool {
        match self {
            Self::Mapgate => true,
            Self::OgcServer(name) => ogc_server == Some(name),
            Self::Other => false,
        }
    }
}

/// Whether tokens can be for `resource`; where not, the request is answered `invalid_target` (RFC 8707 §2).
///
/// Known are the base URL, `<base>/mapserv_proxy/NAME` of an OGC server that there is, and the `client_id` of a
/// confidential client where that is an absolute URI without a fragment.
pub async fn is_known_resource(
    table: &Table,
    base_url: &BaseUrl,
    resource: &str,
) -> Result<bool, TableError> {
    match Resource::of(resource, base_url) {
        Resource::Mapgate => Ok(true),
        Resource::OgcServer(name) => table.has_ogc_server(&name).await,
        Resource::Other if !is_absolute(resource) => Ok(false),
        Resource::Other => {
            let client = table.client(resource).await?;
            Ok(client.is_some_and(|client| !client.is_public()))
        }
    }
}

fn is_absolute(uri: &str) -> bool {
    let graphic = uri.bytes().all(|byte| byte.is_ascii_graphic());
    graphic && Url::parse(uri).is_ok_and(|url| url.fragment().is_none())
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::{prop_assert_eq, prop_assert_ne, proptest};

    use super::*;

    fn of(uri: &str) -> Resource {
        Resource::of(uri, &BaseUrl::parse("https://maps.example.com/geo").unwrap())
    }

    #[test]
    fn the_base_url_is_all_of_mapgate_and_a_server_is_its_routes() {
        let (base, server) = ("https://maps.example.com/geo", |name: &str| {
            Resource::OgcServer(name.to_owned())
        });
        assert_eq!(of(base), Resource::Mapgate);
        assert_eq!(of(&format!("{base}/mapserv_proxy/main")), server("main"));
        // As the proxy writes it in its capabilities, and as a person does.
        assert_eq!(
            of(&format!("{base}/mapserv_proxy/a%2Db%20%C3%A9")),
            server("a-b é")
        );
        assert!(of(base).counts_at(None) && of(base).counts_at(Some("main")));
        assert!(server("main").counts_at(Some("main")));
        assert!(!server("main").counts_at(Some("Main")) && !server("main").counts_at(None));
    }

    #[test]
    fn anything_else_is_someone_elses() {
        for uri in [
            "",
            "https://maps.example.com",
            "https://maps.example.com/geo/",
            "https://maps.example.com/geography",
            "https://maps.example.com/geo/mapserv_proxy",
            "https://maps.example.com/geo/mapserv_proxy/",
            "https://maps.example.com/geo/mapserv_proxy/main/access",
            "https://maps.example.com/geo/mapserv_proxy/main?x",
            "https://maps.example.com/geo/mapserv_proxy/main#x",
            "https://maps.example.com/geo/mapserv_proxy/%ff",
            "https://MAPS.example.com/geo",
            "https://evil.example/geo",
        ] {
            assert_eq!(of(uri), Resource::Other, "{uri}");
            assert!(
                !of(uri).counts_at(None) && !of(uri).counts_at(Some("main")),
                "{uri}"
            );
        }
    }

    proptest! {
        #[test]
        fn every_name_has_its_uri_and_no_other(name in "\\PC{1,40}", rest in ".*") {
            let encoded = utf8_percent_encode(&name, NON_ALPHANUMERIC);
            let uri = format!("https://maps.example.com/geo/mapserv_proxy/{encoded}");
            prop_assert_eq!(of(&uri), Resource::OgcServer(name));
            // Whatever follows: another server or nobody's, never all of mapgate.
            prop_assert_ne!(of(&format!("https://maps.example.com/geo/{rest}")), Resource::Mapgate);
        }
    }

    #[test]
    fn a_resource_is_an_absolute_uri_without_a_fragment() {
        for good in ["https://api.example.com/", "urn:example:api"] {
            assert!(is_absolute(good), "{good}");
        }
        for bad in ["qgis", "/api", "https://api.example.com/#x", "https://a/ b", ""] {
            assert!(!is_absolute(bad), "{bad}");
        }
    }
}
