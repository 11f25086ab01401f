//! Bytes on the wire, for what an HTTP client would not send.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::site::Site;

/// Sends bytes and returns all that comes back until the site closes, so the bytes should ask it to.
///
/// # Panics
/// Where the site cannot be reached.
pub async fn raw(site: &Site, bytes: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(site.address()).await.unwrap();
    socket.write_all(bytes).await.unwrap();
    rest(socket).await
}

/// Sends bytes that are perhaps no request at all, hangs up, and returns what still comes back.
///
/// # Panics
/// Where the site cannot be reached.
pub async fn raw_and_away(site: &Site, bytes: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(site.address()).await.unwrap();
    socket.write_all(bytes).await.unwrap();
    // The site may have closed first.
    socket.shutdown().await.ok();
    rest(socket).await
}

async fn rest(mut socket: TcpStream) -> Vec<u8> {
    let mut answer = Vec::new();
    // A site that refuses the rest of a long request may reset the connection after its answer.
    socket.read_to_end(&mut answer).await.ok();
    answer
}
