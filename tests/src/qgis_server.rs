//! Real QGIS Server, on a port of its own, with the sample map in a `GeoPackage` that can be edited.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::client::repository;
use crate::program::Program;
use crate::{SEED, free_port};

/// The sample map's layers.
const LAYERS: [&str; 8] = [
    "landcover",
    "parcels",
    "projects",
    "buildings",
    "roads",
    "gas_pipes",
    "owners",
    "places",
];

fn temporary() -> TempDir {
    tempfile::Builder::new()
        .prefix("mapgate-qgis-server-")
        .tempdir()
        .unwrap()
}

/// A running QGIS Server. It ends with its value.
#[derive(Debug)]
pub struct QgisServer {
    program: Program,
    port: u16,
    /// The project and its data.
    folder: TempDir,
}

impl QgisServer {
    /// Makes the project by `clients/qgis_project.py`, starts `qgis_mapserver` on it and waits until it serves: WMS,
    /// WFS with transactions, WMTS and WCS at [`QgisServer::url`], OGC API Features at `/wfs3` beside it.
    ///
    /// The root is `lindmatt`, parcels and owners are the group `cadastre`; a feature's id is that of the `GeoJSON`
    /// (`parcels.1`). All but landcover and buildings can be edited. A layout, `A4`, has one map, `map0`.
    ///
    /// # Panics
    /// Where it does not start: `tests/run` installs qgis-server and python3-qgis.
    pub async fn start() -> Self {
        let mut folder = temporary();
        for layer in LAYERS {
            let file = PathBuf::from(layer).with_extension("geojson");
            let source = repository().join("local/demo").join(&file);
            std::fs::copy(source, folder.path().join(file)).unwrap();
        }
        let made = Command::new("/usr/bin/python3")
            .arg(repository().join("tests/clients/qgis_project.py"))
            .arg(folder.path())
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        assert!(
            made.status.success(),
            "the project cannot be made: {}",
            String::from_utf8(made.stderr).unwrap()
        );
        // A port may be taken between the look and the server's own.
        for _ in 0..5 {
            let (port, scratch) = (free_port(), temporary());
            let mut command = Command::new("qgis_mapserver");
            command
                .arg("-p")
                .arg(folder.path().join("lindmatt.qgs"))
                .arg(format!("127.0.0.1:{port}"))
                .env("QT_QPA_PLATFORM", "offscreen")
                // Attributes in the same order each time.
                .env("QT_HASH_SEED", "0")
                .env("XDG_RUNTIME_DIR", scratch.path());
            let mut server = Self {
                program: Program::of(command, scratch),
                port,
                folder,
            };
            if server.serves().await {
                return server;
            }
            folder = server.folder;
        }
        panic!("qgis_mapserver does not start");
    }

    async fn serves(&mut self) -> bool {
        for _ in 0..1500 {
            if self.program.child.try_wait().unwrap().is_some() {
                return false;
            }
            if TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }

    /// The address for an OGC server's `url`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/ows", self.port)
    }

    /// The `GeoPackage` of its layers.
    #[must_use]
    pub fn package(&self) -> PathBuf {
        self.folder.path().join("lindmatt.gpkg")
    }

    /// What it has said until now, each request among it.
    #[must_use]
    pub fn log(&self) -> String {
        self.program.log()
    }

    /// The tests' seed with this server in it as `qgis`, private by default: roads and landcover are public, roads the
    /// editors' to write; parcels and owners the editors' to read, parcels to write as well; gas pipes the planners' for
    /// both; places are public and nobody's to write.
    #[must_use]
    pub fn seed(&self) -> String {
        format!(
            "{SEED}  - name: qgis\n    url: \"{}\"\n    type: qgisserver\n    auth: none\n    default_access: private\n\
             \x20   layers:\n\
             \x20     - {{ name: landcover, public: true }}\n\
             \x20     - {{ name: roads, public: true, write_roles: [editor] }}\n\
             \x20     - {{ name: places, public: true }}\n\
             \x20     - {{ name: parcels, roles: [editor], write_roles: [editor] }}\n\
             \x20     - {{ name: owners, roles: [editor] }}\n\
             \x20     - {{ name: gas_pipes, roles: [planner], write_roles: [planner] }}\n",
            self.url()
        )
    }
}
