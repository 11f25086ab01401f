//! OGC servers and their rules, read from the table and kept as long as an identity is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mapgate_core::clock::Timestamp;
use mapgate_core::gate::Gate;
use mapgate_core::map_server::Server;
use mapgate_core::ogc::{OgcCode, OgcError};
use mapgate_core::table::TableError;

use crate::Proxy;
use crate::fault::Fault;

/// The servers read lately.
#[derive(Debug, Default)]
pub struct Servers(Mutex<Lately>);

#[derive(Debug, Default)]
struct Lately {
    servers: HashMap<String, (Timestamp, Arc<Server>)>,
    /// The names of all servers, once somebody asked for another: what is not among them is unknown, whatever it is.
    names: Option<(Timestamp, Arc<Vec<String>>)>,
}

/// A name that no server has.
#[derive(Debug)]
pub struct Unknown {
    /// The names there are.
    pub known: Arc<Vec<String>>,
}

impl Servers {
    /// The server of that name, or the names there are. Both are kept as long as an identity is, so nobody makes the table
    /// be read by asking for what it does not have.
    pub async fn find(
        &self,
        gate: &Gate,
        name: Option<&str>,
    ) -> Result<Result<Arc<Server>, Unknown>, TableError> {
        let now = gate.clock.now();
        let is_fresh = |read_at: &Timestamp| now.since(*read_at) < gate.settings.identity_cache;
        {
            let lately = self.lately();
            let found = name.and_then(|name| lately.servers.get(name));
            if let Some((_, server)) = found.filter(|(read_at, _)| is_fresh(read_at)) {
                return Ok(Ok(server.clone()));
            }
            if let Some((read_at, known)) = &lately.names
                && is_fresh(read_at)
                && !name.is_some_and(|name| known.iter().any(|known| known == name))
            {
                let known = known.clone();
                return Ok(Err(Unknown { known }));
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
        let names: Vec<String> = servers.iter().map(|server| server.name.clone()).collect();
        let known = Arc::new(names);
        let asked = servers
            .into_iter()
            .find(|server| Some(server.name.as_str()) == name);
        let Some(record) = asked else {
            let mut lately = self.lately();
            lately.servers.retain(|name, _| known.contains(name));
            lately.names = Some((now, known.clone()));
            return Ok(Err(Unknown { known }));
        };
        let layers = table.layers(&record.name).await?;
        let server = Arc::new(Server::new(record, layers));
        let name = server.record.name.clone();
        self.lately().servers.insert(name, (now, server.clone()));
        Ok(Ok(server))
    }

    fn lately(&self) -> MutexGuard<'_, Lately> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
