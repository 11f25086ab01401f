use super::*;
use crate::settings::Networks;

fn intranet(trusted: &str) -> Intranet {
    Intranet {
        networks: Networks::default(),
        trusted_proxies: [trusted.parse().unwrap()].into_iter().collect::<Networks>(),
    }
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
        .collect()
}

fn client(peer: &str, pairs: &[(&'static str, &str)]) -> String {
    let peer = Peer {
        address: peer.parse().unwrap(),
        https: false,
    };
    client_address(peer, &headers(pairs), &intranet("10.0.0.0/8")).to_string()
}

#[test]
fn what_a_stranger_says_of_his_address_is_ignored() {
    for pairs in [
        ("x-forwarded-for", "192.168.1.1"),
        ("forwarded", "for=192.168.1.1"),
    ] {
        assert_eq!(client("203.0.113.7", &[pairs]), "203.0.113.7");
    }
}

#[test]
fn a_byte_of_a_clients_hides_nothing_that_a_proxy_wrote_behind_it() {
    let peer = Peer {
        address: "10.1.1.1".parse().unwrap(),
        https: false,
    };
    for (name, value) in [
        ("x-forwarded-for", &b"\xff, 203.0.113.7"[..]),
        ("x-forwarded-for", b"192.168.1.1\xe9, 203.0.113.7, 10.2.2.2"),
        ("forwarded", b"for=\xff, for=203.0.113.7"),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_bytes(value).unwrap());
        let client = client_address(peer, &headers, &intranet("10.0.0.0/8"));
        assert_eq!(client.to_string(), "203.0.113.7", "{value:?}");
    }
}

#[test]
fn hops_are_read_right_to_left_while_they_are_trusted() {
    assert_eq!(
        client("10.1.1.1", &[("x-forwarded-for", "192.168.1.1, 203.0.113.7")]),
        "203.0.113.7"
    );
    assert_eq!(
        client(
            "10.1.1.1",
            &[("x-forwarded-for", "192.168.1.1, 203.0.113.7, 10.2.2.2")]
        ),
        "203.0.113.7"
    );
    assert_eq!(
        client("::ffff:10.1.1.1", &[("x-forwarded-for", "203.0.113.7")]),
        "203.0.113.7"
    );
    assert_eq!(client("10.1.1.1", &[("x-forwarded-for", "")]), "10.1.1.1");
    assert_eq!(
        client("10.1.1.1", &[("x-forwarded-for", "203.0.113.7, unknown")]),
        "10.1.1.1"
    );
    assert_eq!(
        client(
            "10.1.1.1",
            &[("forwarded", "for=1.2.3.4, for=\"[2001:db8::1]:4711\";proto=https")]
        ),
        "2001:db8::1"
    );
}

/// A proxy writes one of the headers, and the other is the client's own: neither makes him someone else.
#[test]
fn of_two_headers_that_disagree_neither_is_believed() {
    for (list, forwarded, expected) in [
        ("203.0.113.7", "for=198.51.100.9", "10.1.1.1"),
        ("198.51.100.9, 203.0.113.7", "for=198.51.100.9", "10.1.1.1"),
        ("198.51.100.9", "for=198.51.100.9, for=203.0.113.7", "10.1.1.1"),
        ("203.0.113.7", "for=unknown", "10.1.1.1"),
        ("203.0.113.7", "for=_hidden", "10.1.1.1"),
        ("203.0.113.7", "proto=https", "10.1.1.1"),
        ("203.0.113.7", "", "10.1.1.1"),
        ("", "for=203.0.113.7", "10.1.1.1"),
        // Two proxies of which the nearer writes one of them.
        ("203.0.113.7, 10.2.2.2", "for=203.0.113.7", "203.0.113.7"),
        ("203.0.113.7", "for=\"203.0.113.7:4711\"", "203.0.113.7"),
        ("198.51.100.9, 203.0.113.7", "for=203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "for=203.0.113.7", "203.0.113.7"),
    ] {
        let both = [("x-forwarded-for", list), ("forwarded", forwarded)];
        assert_eq!(client("10.1.1.1", &both), expected, "{both:?}");
        assert_eq!(client("192.0.2.1", &both), "192.0.2.1", "{both:?} of a stranger");
    }
}

#[test]
fn who_is_not_known_for_sure_is_not_of_the_intranet_though_the_proxy_is() {
    let intranet = Intranet {
        networks: ["192.168.0.0/16".parse().unwrap(), "10.0.0.0/8".parse().unwrap()]
            .into_iter()
            .collect::<Networks>(),
        ..intranet("10.0.0.0/8")
    };
    let is_intranet = |pairs: &[(&'static str, &str)]| {
        let peer = Peer {
            address: "10.1.1.1".parse().unwrap(),
            https: false,
        };
        is_intranet(peer, &headers(pairs), &intranet)
    };
    let of = |list, forwarded| is_intranet(&[("x-forwarded-for", list), ("forwarded", forwarded)]);
    assert!(!of("203.0.113.7", "for=192.168.1.1"));
    assert!(!of("192.168.1.1", "for=203.0.113.7"));
    assert!(!of("192.168.1.1", "for=192.168.1.2"));
    assert!(!of("10.3.3.3", "for=192.168.1.2"));
    assert!(!is_intranet(&[("x-forwarded-for", "unknown")]));
    assert!(!is_intranet(&[("forwarded", "for=_hidden")]));
    assert!(of("192.168.1.1", "for=192.168.1.1"));
    assert!(is_intranet(&[("x-forwarded-for", "192.168.1.1")]));
    assert!(is_intranet(&[]), "the proxy's own request");
}

#[test]
fn https_is_the_peers_word_or_a_trusted_proxys() {
    let said = |peer: &str, https, pairs: &[(&'static str, &str)]| {
        is_https(
            Peer {
                address: peer.parse().unwrap(),
                https,
            },
            &headers(pairs),
            &intranet("10.0.0.0/8"),
        )
    };
    assert!(said("203.0.113.7", true, &[]));
    assert!(
        said("10.1.1.1", false, &[("x-https", "on")])
            && said("10.1.1.1", false, &[("x-forwarded-proto", "https")])
    );
    assert!(said(
        "10.1.1.1",
        false,
        &[("forwarded", "for=1.2.3.4;proto=https")]
    ));
    for stranger in [
        ("x-https", "on"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "proto=https"),
    ] {
        assert!(!said("203.0.113.7", false, &[stranger]));
    }
    assert!(!said("10.1.1.1", false, &[("x-forwarded-proto", "https, http")]));
}
