//! The client's address and scheme: what the event's request context or the socket gives, and beyond it what trusted
//! proxies say, read right to left, only while each hop is trusted. So nobody names an address for himself.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderValue};

use crate::settings::Intranet;

/// Who is at the other end, as the event's request context or the socket says. In the request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// The other end's address.
    pub address: IpAddr,
    /// Whether it came over TLS.
    pub https: bool,
}

/// The client's address: the peer, or the first hop before trusted proxies, by `X-Forwarded-For` or `Forwarded` (RFC
/// 7239). Where that hop is not known for sure, it is the nearest one that is: an entry that is no address ends the
/// reading, and two headers that disagree are both not believed.
///
/// A proxy writes one of the two and passes on the other as the client wrote it, and nothing tells which is which. So who
/// writes one himself counts, for limits and in the audit trail, as the proxy.
#[must_use]
pub fn client_address(peer: Peer, headers: &HeaderMap, intranet: &Intranet) -> IpAddr {
    match client(peer, headers, intranet) {
        Ok(client) | Err(client) => client,
    }
}

/// Whether the client is in `intranet.networks`; one whose address is not known for sure is not, wherever the proxy is.
#[must_use]
pub fn is_intranet(peer: Peer, headers: &HeaderMap, intranet: &Intranet) -> bool {
    client(peer, headers, intranet).is_ok_and(|client| intranet.networks.contains(client))
}

/// The client's address; or the nearest one to it, where it is not known for sure.
fn client(peer: Peer, headers: &HeaderMap, intranet: &Intranet) -> Result<IpAddr, IpAddr> {
    let peer = peer.address.to_canonical();
    let by_list = headers
        .contains_key("x-forwarded-for")
        .then(|| before_proxies(peer, list(headers, "x-forwarded-for"), intranet));
    let by_forwarded = forwarded(headers, "for").map(|hops| before_proxies(peer, hops, intranet));
    match (by_list, by_forwarded) {
        (Some(client), Some(other)) if client != other => {
            tracing::info!(?client, ?other, %peer, "X-Forwarded-For and Forwarded disagree, so that neither is believed");
            Err(peer)
        }
        (Some(client), _) | (None, Some(client)) => client,
        (None, None) => Ok(peer),
    }
}

/// The first address before trusted proxies, `hops` being what the proxies wrote, each behind the others; or the last
/// proxy's, which wrote none.
fn before_proxies(peer: IpAddr, mut hops: Vec<String>, intranet: &Intranet) -> Result<IpAddr, IpAddr> {
    let mut client = peer;
    while intranet.trusted_proxies.contains(client) {
        let Some(hop) = hops.pop() else { break };
        client = node_address(&hop).ok_or(client)?.to_canonical();
    }
    Ok(client)
}

/// Whether the client speaks https: the peer does, or a trusted proxy says so by `Forwarded`, `X-Forwarded-Proto` or
/// `X-Https: on`.
#[must_use]
pub fn is_https(peer: Peer, headers: &HeaderMap, intranet: &Intranet) -> bool {
    if peer.https {
        return true;
    }
    if !intranet.trusted_proxies.contains(peer.address) {
        return false;
    }
    let last = |list: Vec<String>| {
        list.last()
            .is_some_and(|proto| proto.eq_ignore_ascii_case("https"))
    };
    last(forwarded(headers, "proto").unwrap_or_default())
        || last(list(headers, "x-forwarded-proto"))
        || list(headers, "x-https")
            .last()
            .is_some_and(|on| on.eq_ignore_ascii_case("on"))
}

/// A header's comma-separated entries, of all its lines, in order; an empty one where it is not ASCII: what a client wrote
/// must not make what a proxy wrote behind it unreadable.
fn list(headers: &HeaderMap, name: &str) -> Vec<String> {
    let lines = headers.get_all(name).iter().map(HeaderValue::as_bytes);
    let entries = lines.flat_map(|line| line.split(|byte| *byte == b','));
    let text = |entry: &[u8]| {
        std::str::from_utf8(entry)
            .ok()
            .filter(|text| text.is_ascii())
            .map(str::to_owned)
    };
    entries
        .map(|entry| text(entry.trim_ascii()).unwrap_or_default())
        .collect()
}

/// The values of one parameter of `Forwarded`, an empty one for a hop that does not say; `None` without the header.
fn forwarded(headers: &HeaderMap, parameter: &str) -> Option<Vec<String>> {
    headers.contains_key("forwarded").then(|| {
        let value_of = |hop: &str| {
            let mut pairs = hop.split(';').filter_map(|pair| pair.split_once('='));
            let value = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case(parameter));
            value
                .map(|(_, value)| value.trim().trim_matches('"').to_owned())
                .unwrap_or_default()
        };
        list(headers, "forwarded")
            .iter()
            .map(|hop| value_of(hop))
            .collect()
    })
}

/// An address, alone, in brackets, or with a port.
fn node_address(node: &str) -> Option<IpAddr> {
    let bare = node
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(node);
    bare.parse()
        .ok()
        .or_else(|| node.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
