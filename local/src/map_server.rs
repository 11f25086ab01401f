//! The sample map server: the machine's `MapServer` where it is installed, else the small built-in WMS.

use std::net::IpAddr;

use axum::Router;
use tempfile::TempDir;

use crate::mapserv::{self, MapServ};
use crate::service::{Service, free_port_of};
use crate::{builtin_wms, sample_map};

/// The path at which either serves.
const PATH: &str = "/mapserv";

/// A running map server with a port of its own.
#[derive(Debug)]
pub struct MapServer {
    service: Service,
    name: String,
    // The mapfile and its data; removed when the server goes.
    folder: Option<TempDir>,
}

impl MapServer {
    /// Starts the machine's `mapserv`, or the built-in WMS where there is none.
    pub async fn start(address: IpAddr) -> anyhow::Result<Self> {
        match MapServ::find().await {
            Some(mapserv) => Self::start_mapserv(&mapserv, address).await,
            None => Self::start_builtin(address).await,
        }
    }

    async fn start_mapserv(mapserv: &MapServ, address: IpAddr) -> anyhow::Result<Self> {
        let listener = free_port_of(address).await?;
        let address = listener.local_addr()?;
        let folder = tempfile::Builder::new().prefix("mapgate-map-").tempdir()?;
        let config = sample_map::write(
            folder.path(),
            &format!("http://{address}{PATH}/{}", sample_map::NAME),
        )?;
        let router = mapserv::router(mapserv, &config, PATH, address);
        let name = format!("MapServer {}: WMS, WFS, WCS and OGC API", mapserv.version());
        Ok(Self {
            service: Service::http(listener, router)?,
            name,
            folder: Some(folder),
        })
    }

    async fn start_builtin(address: IpAddr) -> anyhow::Result<Self> {
        let listener = free_port_of(address).await?;
        let url = format!("http://{}{PATH}", listener.local_addr()?);
        let router: Router = builtin_wms::router(PATH, &url)?;
        let name = "built-in, since no mapserv is installed: WMS only".to_owned();
        Ok(Self {
            service: Service::http(listener, router)?,
            name,
            folder: None,
        })
    }

    /// The address for an OGC server's `url`: of `MapServer`, with the map's alias, below which its OGC API is.
    #[must_use]
    pub fn url(&self) -> String {
        match self.folder {
            Some(_) => format!("{}{PATH}/{}", self.service.url(), sample_map::NAME),
            None => format!("{}{PATH}", self.service.url()),
        }
    }

    /// What it is, for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Ends it and removes its files.
    pub async fn stop(self) {
        self.service.stop().await;
        drop(self.folder);
    }
}

#[cfg(test)]
mod tests {
    const LOCALHOST: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// The whole answer to a GET or, with a body, a POST of XML.
    async fn ask(server: &MapServer, query: &str, body: &str) -> Vec<u8> {
        let method = if body.is_empty() { "GET" } else { "POST" };
        let request = format!(
            "{method} {PATH}?{query} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: text/xml\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut socket = tokio::net::TcpStream::connect(server.service.address())
            .await
            .unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).await.unwrap();
        answer
    }

    async fn ask_text(server: &MapServer, query: &str, body: &str) -> String {
        String::from_utf8(ask(server, query, body).await).unwrap()
    }

    /// The machine's own, or none, said aloud; where CI is set it must be there.
    async fn real() -> Option<MapServer> {
        let Some(mapserv) = MapServ::find().await else {
            #[expect(
                clippy::disallowed_methods,
                reason = "CI is the test's setting, not mapgate's"
            )]
            let ci = std::env::var_os("CI");
            assert!(
                ci.is_none(),
                "mapserv is not installed: apt-get install cgi-mapserver"
            );
            eprintln!("SKIPPED: mapserv is not installed (apt-get install cgi-mapserver)");
            return None;
        };
        Some(MapServer::start_mapserv(&mapserv, LOCALHOST).await.unwrap())
    }

    #[tokio::test]
    async fn the_real_mapserv_draws_and_describes_the_sample_map() {
        let Some(server) = real().await else { return };
        let area = "CRS=EPSG:2056&BBOX=2599940,1199940,2601480,1201020&WIDTH=200&HEIGHT=140";
        let map = "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&STYLES=&FORMAT=image/png";
        let picture = ask(&server, &format!("{map}&LAYERS=lindmatt&{area}"), "").await;
        assert!(picture.windows(8).any(|bytes| bytes == b"\x89PNG\r\n\x1a\n"));
        let document = ask_text(&server, "SERVICE=WMS&REQUEST=GetCapabilities", "").await;
        assert!(
            document.contains(&format!("xlink:href=\"{}?\"", server.url())),
            "{document}"
        );
        assert!(!document.contains("WARNING"), "{document}");
        let info =
            format!("{map}&LAYERS=parcels&QUERY_LAYERS=parcels&{area}&I=15&J=127&INFO_FORMAT=text/plain");
        let info = ask_text(&server, &info.replace("GetMap", "GetFeatureInfo"), "").await;
        assert!(info.contains("owner = "), "{info}");
        server.stop().await;
    }

    #[tokio::test]
    async fn the_real_mapserv_gives_each_role_its_projects() {
        let Some(server) = real().await else { return };
        let query = "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=projects";
        for (who, count) in [
            ("", 1),
            ("&role_ids=3,101", 3),
            ("&user_id=1001", 2),
            ("&role_ids=1)--", 1),
        ] {
            let found = ask_text(&server, &format!("{query}{who}"), "").await;
            assert_eq!(found.matches("<wfs:member>").count(), count, "{who}: {found}");
        }
        let post = r#"<GetFeature xmlns="http://www.opengis.net/wfs/2.0" service="WFS" version="2.0.0">
                      <Query typeNames="projects"/></GetFeature>"#;
        let found = ask_text(&server, "role_ids=101", post).await;
        assert_eq!(found.matches("<wfs:member>").count(), 3, "{found}");
        server.stop().await;
    }

    #[tokio::test]
    async fn the_real_mapserv_takes_no_map_of_a_client() {
        let Some(server) = real().await else { return };
        let answer = ask_text(&server, "map=/etc/passwd&SERVICE=WMS&REQUEST=GetCapabilities", "").await;
        assert!(
            !answer.contains("root:") && !answer.contains("<Layer"),
            "{answer}"
        );
        let folder = server.folder.as_ref().unwrap().path().to_owned();
        server.stop().await;
        assert!(!folder.exists());
    }

    #[tokio::test]
    async fn the_builtin_one_takes_its_place() {
        let server = MapServer::start_builtin(LOCALHOST).await.unwrap();
        let document = ask_text(&server, "SERVICE=WMS&REQUEST=GetCapabilities", "").await;
        assert!(
            document.contains(&format!("xlink:href=\"{}?\"", server.url())),
            "{document}"
        );
        server.stop().await;
    }
}
