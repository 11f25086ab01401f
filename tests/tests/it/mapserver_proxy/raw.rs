//! A map server that answers byte by byte what a test wants, proper HTTP or not.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::backend::{WFS, WMS};

/// What is sent for a request.
#[derive(Clone, Default)]
pub struct Sent {
    /// The bytes, head and all.
    pub bytes: Vec<u8>,
    /// One more byte after each such pause, for ever; zero for none.
    pub dripping: Duration,
    /// Whether the connection ends with it.
    pub closes: bool,
}

impl Sent {
    /// A head without its first line, and a body; the connection stays.
    pub fn ok(head: &str, body: impl AsRef<[u8]>) -> Self {
        Self::of("200 OK", head, body)
    }

    pub fn of(status: &str, head: &str, body: impl AsRef<[u8]>) -> Self {
        let mut bytes = format!("HTTP/1.1 {status}\r\n{head}\r\n\r\n").into_bytes();
        bytes.extend_from_slice(body.as_ref());
        Self {
            bytes,
            ..Self::default()
        }
    }

    pub fn then_closes(self) -> Self {
        Self { closes: true, ..self }
    }
}

/// The server. It ends with the test.
pub struct RawServer {
    pub url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    answer: Mutex<Sent>,
    seen: Mutex<Vec<String>>,
    connections: AtomicUsize,
}

impl RawServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/ows", listener.local_addr().expect("an address"));
        let shared = Arc::new(Shared::default());
        let served = shared.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                served.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(socket, served.clone()));
            }
        });
        Self { url, shared }
    }

    /// From now on every request but that for its tree is answered so.
    pub fn answers(&self, sent: Sent) {
        *self.shared.answer.lock().unwrap_or_else(PoisonError::into_inner) = sent;
    }

    /// The head of the last request but that for its tree, in lower case.
    pub fn seen(&self) -> String {
        let seen = self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.last().cloned().unwrap_or_default()
    }

    /// How many connections were made to it.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

async fn serve(mut socket: TcpStream, shared: Arc<Shared>) {
    let mut read = Vec::new();
    loop {
        while !read.windows(4).any(|end| end == b"\r\n\r\n") {
            let mut piece = [0; 4096];
            match socket.read(&mut piece).await {
                Ok(0) | Err(_) => return,
                Ok(length) => read.extend_from_slice(&piece[..length]),
            }
        }
        let head = String::from_utf8(std::mem::take(&mut read))
            .expect("a head")
            .to_ascii_lowercase();
        // The tree is read without anything of a user.
        let sent = if head.contains("\r\nforwarded:") {
            shared
                .seen
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(head);
            shared
                .answer
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone()
        } else {
            let own = if head.contains("service=wfs") { WFS } else { WMS };
            let length = own.len();
            Sent::ok(
                &format!("Content-Type: text/xml\r\nContent-Length: {length}"),
                own,
            )
        };
        if socket.write_all(&sent.bytes).await.is_err() {
            return;
        }
        while !sent.dripping.is_zero() {
            tokio::time::sleep(sent.dripping).await;
            if socket.write_all(b" ").await.is_err() {
                return;
            }
        }
        if sent.closes {
            return;
        }
    }
}
