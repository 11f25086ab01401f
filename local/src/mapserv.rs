//! The sample map server where `MapServer` is installed: its real `mapserv`, run as a CGI program (RFC 3875).

use std::borrow::Cow;
use std::ffi::OsStr;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use mapgate_core::identity::Peer;
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// Where distributions put the program; then `PATH` is searched.
const USUAL: &str = "/usr/lib/cgi-bin/mapserv";
/// The longest answer in time; the program is ended then.
const DEADLINE: Duration = Duration::from_secs(30);
/// The longest request body, as the map proxy's own limit.
const BODY_LIMIT: usize = 6 * 1024 * 1024;
/// The longest head of an answer.
const HEAD_LIMIT: usize = 16 * 1024;

/// The `MapServer` of this machine.
#[derive(Debug, Clone)]
pub struct MapServ {
    program: PathBuf,
    version: String,
}

impl MapServ {
    /// The installed program, if there is one that runs.
    pub async fn find() -> Option<Self> {
        let program = which::which(USUAL).or_else(|_| which::which("mapserv")).ok()?;
        let output = Command::new(&program)
            .arg("-v")
            .stdin(Stdio::null())
            .output()
            .await
            .ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let version = text
            .strip_prefix("MapServer version ")?
            .split_whitespace()
            .next()?
            .to_owned();
        Some(Self { program, version })
    }

    /// Its version, for example `8.0.0`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }
}

/// Serves `path` by running the program for each request, with `config` as its configuration file.
pub fn router(mapserv: &MapServ, config: &Path, path: &str, address: SocketAddr) -> Router {
    // Each request is a process that wants a core; the rest waits here and not in the scheduler.
    let places = std::thread::available_parallelism().map_or(2, |cores| cores.get() * 2);
    let cgi = Cgi {
        program: mapserv.program.clone(),
        config: config.to_owned(),
        script: path.to_owned(),
        address,
        places: Arc::new(Semaphore::new(places)),
    };
    Router::new()
        .route(path, get(answer).post(answer))
        .route(&format!("{path}/{{*rest}}"), get(answer).post(answer))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(Arc::new(cgi))
}

struct Cgi {
    program: PathBuf,
    config: PathBuf,
    script: String,
    address: SocketAddr,
    places: Arc<Semaphore>,
}

/// A process at work; dropping it, as when the client has gone, kills the process.
struct Running {
    stdout: ChildStdout,
    child: Child,
    deadline: Instant,
    _place: OwnedSemaphorePermit,
}

async fn answer(
    State(cgi): State<Arc<Cgi>>,
    Extension(peer): Extension<Peer>,
    head: Parts,
    body: Bytes,
) -> Response {
    match cgi.run(&head, peer.address, body).await {
        Ok(response) => response,
        Err(fault) => {
            tracing::warn!("the map server failed: {fault:#}");
            (StatusCode::BAD_GATEWAY, "the map server failed\n").into_response()
        }
    }
}

impl Cgi {
    async fn run(&self, head: &Parts, peer: IpAddr, body: Bytes) -> anyhow::Result<Response> {
        let place = self.places.clone().acquire_owned().await?;
        let mut child = self
            .command(head, peer, body.len())
            .spawn()
            .context("cannot run it")?;
        if let Some(mut stdin) = child.stdin.take() {
            // Beside the reading, so that a program that answers before it has read all cannot block us. One
            // that does not read its input is no fault.
            tokio::spawn(async move { stdin.write_all(&body).await.ok() });
        }
        let stdout = child.stdout.take().context("it has no output")?;
        let deadline = Instant::now() + DEADLINE;
        respond(Running {
            stdout,
            child,
            deadline,
            _place: place,
        })
        .await
    }

    /// The decoded path below the program's own (RFC 3875 section 4.1.5); what is no UTF-8 is none.
    fn path_info<'p>(&self, head: &'p Parts) -> Cow<'p, str> {
        let below = head.uri.path().strip_prefix(&self.script).unwrap_or_default();
        percent_decode_str(below).decode_utf8().unwrap_or_default()
    }

    /// The process with the meta-variables of RFC 3875 section 4.1, and nothing of our own environment.
    fn command(&self, head: &Parts, peer: IpAddr, length: usize) -> Command {
        let mut command = Command::new(&self.program);
        // CGI knows HEAD, but MapServer does not; axum drops the body.
        let method = if head.method == Method::HEAD {
            Method::GET
        } else {
            head.method.clone()
        };
        command
            .env_clear()
            .env("MAPSERVER_CONFIG_FILE", &self.config)
            .env("GATEWAY_INTERFACE", "CGI/1.1")
            .env("SERVER_SOFTWARE", "mapgate-local")
            .env("SERVER_PROTOCOL", "HTTP/1.1")
            .env("SERVER_NAME", self.address.ip().to_string())
            .env("SERVER_PORT", self.address.port().to_string())
            .env("SCRIPT_NAME", &self.script)
            .env("PATH_INFO", &*self.path_info(head))
            .env("REQUEST_METHOD", method.as_str())
            .env("QUERY_STRING", head.uri.query().unwrap_or_default())
            .env("REMOTE_ADDR", peer.to_string())
            .stdin(if length == 0 {
                Stdio::null()
            } else {
                Stdio::piped()
            })
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        if length > 0 {
            command.env("CONTENT_LENGTH", length.to_string());
        }
        if let Some(kind) = head.headers.get(header::CONTENT_TYPE) {
            command.env("CONTENT_TYPE", text(kind));
        }
        for (name, value) in &head.headers {
            // `Proxy` would become HTTP_PROXY, which libraries obey ("httpoxy"); credentials are no map's business.
            let withheld = [
                "proxy",
                "authorization",
                "cookie",
                "content-type",
                "content-length",
            ];
            if !withheld.contains(&name.as_str()) {
                let variable = name.as_str().to_ascii_uppercase().replace('-', "_");
                command.env(format!("HTTP_{variable}"), text(value));
            }
        }
        command
    }
}

fn text(value: &HeaderValue) -> &OsStr {
    OsStr::new(value.to_str().unwrap_or_default())
}

/// Reads the head of the answer, then hands its body on as it comes.
async fn respond(mut running: Running) -> anyhow::Result<Response> {
    let mut read = BytesMut::with_capacity(HEAD_LIMIT);
    loop {
        let count = timeout_at(running.deadline, running.stdout.read_buf(&mut read)).await??;
        if let Some((mut response, length)) = parse_head(&read)? {
            *response.body_mut() = Body::from_stream(rest(read.split_off(length).freeze(), running));
            return Ok(response);
        }
        if count == 0 || read.len() > HEAD_LIMIT {
            bail!("its answer has no head");
        }
    }
}

/// The answer's head and its length in bytes, once all of it has arrived (RFC 3875 section 6).
fn parse_head(read: &[u8]) -> anyhow::Result<Option<(Response, usize)>> {
    let mut fields = [httparse::EMPTY_HEADER; 32];
    let httparse::Status::Complete((length, fields)) = httparse::parse_headers(read, &mut fields)? else {
        return Ok(None);
    };
    let mut response = Response::default();
    for field in fields {
        if field.name.eq_ignore_ascii_case("status") {
            let code = field.value.get(..3).context("a status without a code")?;
            *response.status_mut() = StatusCode::from_bytes(code)?;
        } else {
            let name = HeaderName::from_bytes(field.name.as_bytes())?;
            response
                .headers_mut()
                .append(name, HeaderValue::from_bytes(field.value)?);
        }
    }
    Ok(Some((response, length)))
}

/// What was read beyond the head, then the program's output until it ends.
fn rest(first: Bytes, running: Running) -> impl stream::Stream<Item = std::io::Result<Bytes>> {
    stream::try_unfold((first, running), |(ready, mut running)| async move {
        if !ready.is_empty() {
            return Ok(Some((ready, (Bytes::new(), running))));
        }
        let mut read = BytesMut::with_capacity(32 * 1024);
        if timeout_at(running.deadline, running.stdout.read_buf(&mut read)).await?? > 0 {
            return Ok(Some((read.freeze(), (Bytes::new(), running))));
        }
        let status = running.child.wait().await?;
        if !status.success() {
            tracing::warn!(%status, "the map server ended badly");
        }
        Ok(None)
    })
}

#[cfg(test)]
mod tests;
