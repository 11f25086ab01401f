//! One connection to a directory: TCP, TLS, and ldap3 behind a relay that lets through only answers to what was asked.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use ldap3::{LdapConnAsync, LdapConnSettings, LdapError, Scope, SearchEntry, SearchOptions, StdStream};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;

use super::wire::{self, Answer};

/// `success` (RFC 4511, appendix A).
pub const SUCCESS: u32 = 0;
const SIZE_LIMIT_EXCEEDED: u32 = 4;

/// Why a directory could not be asked; for the log alone. It never holds a password or a name.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The URL.
    #[error("its URL cannot be used: {0}")]
    Url(String),
    /// No connection.
    #[error("no connection: {0}")]
    Connect(io::Error),
    /// Nothing to check certificates with.
    #[error("no certificates to trust: {0}")]
    Certificates(String),
    /// The certificate, most often.
    #[error("TLS failed: {0}")]
    Tls(io::Error),
    /// The directory does not do TLS on this port.
    #[error("StartTLS was refused")]
    StartTls,
    /// The connection ended before the answer.
    #[error("it closed the connection, or said what is no answer")]
    Lost,
    /// ldap3 could not ask.
    #[error("{0}")]
    Ldap(LdapError),
    /// The system.
    #[error("{0}")]
    System(#[from] io::Error),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] crate::random::NoRandomness),
    /// Settings without a password for `bind_dn`; an empty one would be an anonymous bind.
    #[error("bind_dn has no password: neither bind_password nor the secret's ldap_bind_password")]
    NoPassword,
    /// An answer that ends the matter, by its result code.
    #[error("{0} was answered with result code {1}")]
    Code(&'static str, u32),
    /// An answer that cannot be.
    #[error("{0}")]
    Absurd(&'static str),
}

impl From<LdapError> for Fault {
    fn from(error: LdapError) -> Self {
        match error {
            LdapError::ResultRecv { .. } | LdapError::OpSend { .. } | LdapError::EndOfStream => Self::Lost,
            error => Self::Ldap(error),
        }
    }
}

/// Where a directory is, and how it is spoken to.
#[derive(Debug, Clone)]
pub struct Address {
    /// A name, or an address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// `ldaps://`.
    pub tls: bool,
    /// `ldap://`, upgraded.
    pub starttls: bool,
}

/// What a search found.
#[derive(Debug)]
pub enum Found {
    /// No entry.
    Nobody,
    /// This one.
    One(SearchEntry),
    /// More than one.
    Several,
}

/// A connection. It ends with its value.
pub struct Connection {
    ldap: ldap3::Ldap,
    // Aborted when dropped.
    tasks: JoinSet<()>,
}

impl Connection {
    /// Connects, with TLS where the address asks for it; `tls` is what certificates are checked with.
    pub async fn open(address: &Address, tls: Option<Arc<ClientConfig>>) -> Result<Self, Fault> {
        let tcp = TcpStream::connect((address.host.as_str(), address.port)).await;
        let mut tcp = tcp.map_err(Fault::Connect)?;
        tcp.set_nodelay(true)?;
        let Some(tls) = tls else {
            return Self::over(tcp).await;
        };
        if address.starttls {
            start_tls(&mut tcp).await?;
        }
        let host =
            ServerName::try_from(address.host.clone()).map_err(|error| Fault::Url(error.to_string()))?;
        let stream = TlsConnector::from(tls).connect(host, tcp).await;
        Self::over(stream.map_err(Fault::Tls)?).await
    }

    async fn over(network: impl AsyncRead + AsyncWrite + Send + 'static) -> Result<Self, Fault> {
        let (inner, outer) = UnixStream::pair()?;
        let settings = LdapConnSettings::new().set_std_stream(StdStream::Unix(outer.into_std()?));
        let (driver, ldap) = LdapConnAsync::with_settings(settings, "ldapi:///").await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(async {
            if let Err(error) = driver.drive().await {
                tracing::debug!(%error, "the connection to the LDAP directory ended");
            }
        });
        tasks.spawn(async {
            match relay(network, inner).await {
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    tracing::warn!("the LDAP directory said what is no answer to what was asked");
                }
                end => tracing::debug!(?end, "the connection to the LDAP directory ended"),
            }
        });
        Ok(Self { ldap, tasks })
    }

    /// Binds; gives the result code.
    pub async fn bind(&mut self, dn: &str, password: &str) -> Result<u32, Fault> {
        Ok(self.ldap.simple_bind(dn, password).await?.rc)
    }

    /// Searches for one entry. References to other directories are not followed.
    pub async fn search(
        &mut self,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: Vec<String>,
    ) -> Result<Found, Fault> {
        // Two show that there is more than one.
        self.ldap.with_search_options(SearchOptions::new().sizelimit(2));
        let mut answers = self
            .ldap
            .streaming_search(base, scope, filter, attributes)
            .await?;
        let mut found = Found::Nobody;
        while let Some(answer) = answers.next().await? {
            if answer.is_ref() {
                continue;
            }
            found = match found {
                Found::Nobody => Found::One(SearchEntry::construct(answer)),
                Found::One(_) | Found::Several => Found::Several,
            };
        }
        match answers.finish().await.rc {
            SUCCESS => Ok(found),
            SIZE_LIMIT_EXCEEDED => Ok(Found::Several),
            code => Err(Fault::Code("the search", code)),
        }
    }

    /// Takes leave. Nothing depends on it: a connection that is dropped closes too.
    pub async fn close(mut self) {
        if self.ldap.unbind().await.is_ok() {
            drop(self.ldap);
            while self.tasks.join_next().await.is_some() {}
        }
    }
}

/// Asks for TLS (RFC 4511, section 4.14). Byte for byte, so that nothing said before TLS is taken for said within it.
async fn start_tls(tcp: &mut TcpStream) -> Result<(), Fault> {
    tcp.write_all(wire::START_TLS).await.map_err(Fault::Connect)?;
    let message = wire::read(tcp)
        .await
        .map_err(Fault::Connect)?
        .ok_or(Fault::StartTls)?;
    let asked = wire::asked(wire::START_TLS).ok_or(Fault::StartTls)?;
    match wire::answer(&message, asked) {
        Some(Answer::Result(SUCCESS)) => Ok(()),
        _ => Err(Fault::StartTls),
    }
}

/// Carries messages both ways until either side ends. What does not answer the last request ends it.
async fn relay(network: impl AsyncRead + AsyncWrite, ldap3: UnixStream) -> io::Result<()> {
    let (heard, mut said) = tokio::io::split(network);
    let (mut asks, mut told) = ldap3.into_split();
    let mut heard = BufReader::new(heard);
    let last = Mutex::new(None);
    let requests = async {
        while let Some(message) = wire::read(&mut asks).await? {
            *last.lock().unwrap_or_else(PoisonError::into_inner) = wire::asked(&message);
            said.write_all(&message).await?;
            said.flush().await?;
        }
        said.shutdown().await
    };
    let answers = async {
        while let Some(message) = wire::read(&mut heard).await? {
            let last = *last.lock().unwrap_or_else(PoisonError::into_inner);
            last.and_then(|asked| wire::answer(&message, asked))
                .ok_or(io::ErrorKind::InvalidData)?;
            told.write_all(&message).await?;
        }
        Ok(())
    };
    tokio::select! {
        end = requests => end,
        end = answers => end,
    }
}
