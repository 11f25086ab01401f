//! Whose addresses are the intranet's, and who says so (contract, section 3; T96, T97).

use std::net::IpAddr;

use mapgate_tests::gate::{TestGate, get, with_header};

async fn test(networks: &str, trusted: &str) -> TestGate {
    TestGate::with(
        &format!("  intranet: {{networks: [{networks}], trusted_proxies: [{trusted}]}}"),
        &[],
    )
    .await
}

async fn is_intranet(test: &TestGate, peer: &str, headers: &[(&'static str, &str)]) -> bool {
    let request = headers.iter().fold(get("/loginuser"), |request, (name, value)| {
        with_header(request, name, value)
    });
    let peer: IpAddr = peer.parse().unwrap();
    let answer = test
        .send_from(mapgate_login::router(test.gate.clone()), request, peer)
        .await;
    answer.json()["is_intranet"].as_bool().unwrap()
}

#[tokio::test]
async fn t97_networks_in_every_form() {
    for (network, inside, outside) in [
        (
            "192.168.1.0/24",
            &["192.168.1.0", "192.168.1.255", "::ffff:192.168.1.7"][..],
            &["192.168.0.255", "192.168.2.0", "::192.168.1.7"][..],
        ),
        ("192.168.1.0/255.255.255.0", &["192.168.1.7"], &["192.168.2.7"]),
        (
            "192.168.1.0/0.0.0.255",
            &["192.168.1.7"],
            &["192.168.2.7", "1.2.3.4"],
        ),
        (
            "192.168.1.77/24",
            &["192.168.1.0", "192.168.1.255"],
            &["192.168.2.7"],
        ),
        ("10.1.2.3", &["10.1.2.3", "::ffff:10.1.2.3"], &["10.1.2.4"]),
        ("10.1.2.3/32", &["10.1.2.3"], &["10.1.2.2"]),
        ("10.0.0.0/255.254.0.0", &["10.1.255.255"], &["10.2.0.0"]),
        ("10.0.0.0/0.1.255.255", &["10.1.255.255"], &["10.2.0.0"]),
        (
            "2001:db00::0/24",
            &["2001:db00::1", "2001:dbff:ffff::"],
            &["2001:dc00::", "2001:da00::"],
        ),
        ("2001:db00::0/ffff:ff00::", &["2001:dbff::1"], &["2001:dc00::"]),
        (
            "2001:db00::0/0:ff:ffff:ffff:ffff:ffff:ffff:ffff",
            &["2001:dbff::1"],
            &["2001:dc00::"],
        ),
        ("2001:db8::1", &["2001:db8::1"], &["2001:db8::2"]),
        (
            "'::ffff:10.0.0.0/104'",
            &["10.9.9.9", "::ffff:10.9.9.9"],
            &["11.0.0.0"],
        ),
        ("0.0.0.0/0", &["1.2.3.4", "::ffff:1.2.3.4"], &["2001:db8::1"]),
        ("'::/0'", &["2001:db8::1"], &["1.2.3.4"]),
        ("", &[], &["127.0.0.1", "10.0.0.1", "0.0.0.0", "::1"]),
    ] {
        let test = test(network, "").await;
        for (addresses, expected) in [(inside, true), (outside, false)] {
            for address in addresses {
                assert_eq!(
                    is_intranet(&test, address, &[]).await,
                    expected,
                    "{address} in {network}"
                );
            }
        }
    }
}

#[tokio::test]
async fn t96_nobody_names_an_address_for_himself() {
    let test = test("192.168.0.0/16, '2001:db8::/32'", "10.0.0.0/8, '2001:db9::1'").await;
    for (headers, expected) in [
        // The proxy's word, right to left, while the hop is trusted.
        (&[("x-forwarded-for", "192.168.1.1")][..], true),
        (&[("x-forwarded-for", "192.168.1.1, 10.9.9.9")], true),
        (&[("x-forwarded-for", "192.168.1.1,2001:db9::1,10.9.9.9")], true),
        (
            &[
                ("x-forwarded-for", "192.168.1.1"),
                ("x-forwarded-for", "10.9.9.9"),
            ],
            true,
        ),
        (&[("x-forwarded-for", "192.168.1.1:4711")], true),
        (&[("x-forwarded-for", "[2001:db8::1]:4711")], true),
        (&[("x-forwarded-for", "::ffff:192.168.1.1")], true),
        (&[("forwarded", "for=192.168.1.1;proto=https;by=10.1.1.1")], true),
        (&[("forwarded", "For=\"[2001:db8::1]:4711\"")], true),
        (&[("forwarded", "for=192.168.1.1, for=10.2.2.2")], true),
        // What stands left of a stranger is the stranger's.
        (&[("x-forwarded-for", "192.168.1.1, 203.0.113.9")], false),
        (
            &[("x-forwarded-for", "192.168.1.1, 203.0.113.9, 10.9.9.9")],
            false,
        ),
        (
            &[
                ("x-forwarded-for", "192.168.1.1"),
                ("x-forwarded-for", "203.0.113.9"),
            ],
            false,
        ),
        (&[("forwarded", "for=192.168.1.1, for=203.0.113.9")], false),
        (&[("forwarded", "for=\"192.168.1.1, for=203.0.113.9")], false),
        (&[("forwarded", "for=192.168.1.1, for=_hidden")], false),
        (&[("forwarded", "for=192.168.1.1, for=unknown")], false),
        (&[("forwarded", "host=192.168.1.1")], false),
        (&[("x-forwarded-for", "192.168.1.1, nonsense")], false),
        (&[("x-forwarded-for", "192.168.1.1,")], false),
        (&[("x-forwarded-for", "192.168.001.001")], false),
        (&[("x-forwarded-for", "0xC0A80101")], false),
        (&[("x-forwarded-for", "192.168.1.1\u{e9}")], false),
        (&[("x-real-ip", "192.168.1.1")], false),
        (
            &[
                ("x-forwarded-for", "192.168.1.1"),
                ("forwarded", "for=203.0.113.9"),
            ],
            false,
        ),
        (
            &[
                ("x-forwarded-for", "203.0.113.9"),
                ("forwarded", "for=192.168.1.1"),
            ],
            false,
        ),
        (&[], false),
    ] {
        for peer in ["10.1.1.1", "::ffff:10.1.1.1", "2001:db9::1"] {
            assert_eq!(
                is_intranet(&test, peer, headers).await,
                expected,
                "{headers:?} from {peer}"
            );
        }
        for stranger in ["203.0.113.7", "2001:db9::2"] {
            assert!(
                !is_intranet(&test, stranger, headers).await,
                "{headers:?} from {stranger}"
            );
        }
        assert!(
            is_intranet(&test, "192.168.7.7", headers).await,
            "{headers:?}: a peer of the intranet is its own word"
        );
    }
}
