//! OGC servers and their rules, read from the table and kept as long as an identity is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use mapgate_core::clock::Timestamp;
use mapgate_core::gate::Gate;
use mapgate_core::map_server::Server;
use mapgate_core::ogc::{OgcCode, OgcError};
use mapgate_core::table::TableError;

use crate::Proxy;
use crate::fault::Fault;

/// The servers read lately.
#[derive(Debug, Default)]
pub struct Servers(Mutex<HashMap<String, (Timestamp, Arc<Server>)>>);

/// A name that no server has.
#[derive(Debug)]
pub struct Unknown {
    /// The names there are.
    pub known: Vec<String>,
}

impl Servers {
    /// The server of that name, or the names there are. That a name is unknown is not kept.
    pub async fn find(
        &self,
        gate: &Gate,
        name: Option<&str>,
    ) -> Result<Result<Arc<Server>, Unknown>, TableError> {
        let now = gate.clock.now();
        if let Some(name) = name {
            let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let fresh = known
                .get(name)
                .filter(|(read_at, _)| now.since(*read_at) < gate.settings.identity_cache);
            if let Some((_, server)) = fresh {
                return Ok(Ok(server.clone()));
            }
        }
        Box::pin(self.read(gate, name, now)).await
    }

    async fn read(
        &self,
        gate: &Gate,
        name: Option<&str>,
        now: Timestamp,
    ) -> Result<Result<Arc<Server>, Unknown>, TableError> {
        let table = gate.table().await;
        let servers = table.ogc_servers().await?;
        let names = servers.iter().map(|server| server.name.clone()).collect();
        let asked = servers
            .into_iter()
            .find(|server| Some(server.name.as_str()) == name);
        let Some(record) = asked else {
            self.forget(name);
            return Ok(Err(Unknown { known: names }));
        };
        let layers = table.layers(&record.name).await?;
        let server = Arc::new(Server::new(record, layers));
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(server.record.name.clone(), (now, server.clone()));
        Ok(Ok(server))
    }

    fn forget(&self, name: Option<&str>) {
        if let Some(name) = name {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        }
    }
}

impl Proxy {
    /// The server of that name. Refuses an unknown one, naming those there are.
    pub async fn server(&self, name: Option<&str>) -> Result<Arc<Server>, Fault> {
        self.servers.find(&self.gate, name).await?.map_err(|unknown| {
            let text = format!(
                "The OGC server is unknown; there are: {}.",
                unknown.known.join(", ")
            );
            Fault::bad_request(OgcError::at(OgcCode::InvalidParameterValue, "ogcserver", text))
        })
    }
}
