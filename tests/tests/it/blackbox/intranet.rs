//! `is_intranet` of `/loginuser` over HTTP, with networks and proxies as the settings have them.

use http::Method;
use mapgate_tests::{Setup, Site, VARS};

async fn site(intranet: &str) -> Site {
    Setup::default()
        .vars(format!("{VARS}  intranet: {{ {intranet} }}\n"))
        .start()
        .await
}

async fn is_intranet(site: &Site, headers: &[(&str, &str)]) -> bool {
    let answer = site
        .anonymous()
        .send(Method::GET, "/loginuser", headers, Vec::new())
        .await;
    answer.is(200, "is_intranet").json()["is_intranet"]
        .as_bool()
        .unwrap()
}

#[tokio::test]
async fn t97_the_socket_s_address_is_in_a_network_of_any_form() {
    for (network, expected) in [
        ("127.0.0.0/8", true),
        ("127.0.0.0/255.0.0.0", true),
        ("127.0.0.0/0.255.255.255", true),
        ("127.1.2.3/8", true),
        ("127.0.0.1", true),
        ("'::ffff:127.0.0.0/104'", true),
        ("10.0.0.0/8", false),
        ("'::1'", false),
        ("2001:db00::0/ffff:ff00::", false),
    ] {
        let site = site(&format!("networks: [{network}]")).await;
        assert_eq!(is_intranet(&site, &[]).await, expected, "{network}");
        // From nobody whom the settings trust, so that it says nothing.
        for (name, value) in [
            ("x-forwarded-for", "127.0.0.1, 10.0.0.1"),
            ("forwarded", "for=10.0.0.1"),
        ] {
            assert_eq!(
                is_intranet(&site, &[(name, value)]).await,
                expected,
                "{network} {name}"
            );
        }
    }
}

#[tokio::test]
async fn t96_a_trusted_proxy_tells_the_address_and_a_client_does_not() {
    let site = site("networks: [10.0.0.0/8], trusted_proxies: [127.0.0.1, 192.0.2.0/24]").await;
    for (name, value, expected) in [
        ("x-forwarded-for", "10.0.0.1", true),
        ("x-forwarded-for", "10.0.0.1, 192.0.2.7", true),
        ("x-forwarded-for", "10.0.0.1, 203.0.113.7", false),
        ("x-forwarded-for", "10.0.0.1, 203.0.113.7, 192.0.2.7", false),
        ("forwarded", "for=10.0.0.1;proto=http", true),
        ("forwarded", "for=10.0.0.1, for=\"[2001:db8::1]:4711\"", false),
        ("x-real-ip", "10.0.0.1", false),
    ] {
        assert_eq!(
            is_intranet(&site, &[(name, value)]).await,
            expected,
            "{name}: {value}"
        );
    }
}

/// `X-Https`, `X-Forwarded-Proto` and `Forwarded` of a trusted proxy, and of nobody else.
#[tokio::test]
async fn https_is_what_a_trusted_proxy_says() {
    for (trusted, expected) in [("127.0.0.1", 200), ("192.0.2.1", 308)] {
        let vars = format!("{VARS}  intranet: {{ trusted_proxies: [{trusted}] }}\n");
        let setup = Setup::default()
            .vars(vars)
            .variable("MAPGATE_BASE_URL", "https://maps.example.com");
        let site = setup.start().await;
        for (name, value) in [
            ("x-https", "on"),
            ("x-https", "ON"),
            ("x-forwarded-proto", "https"),
            ("forwarded", "for=10.0.0.1;proto=https"),
        ] {
            let answer = site
                .anonymous()
                .send(Method::GET, "/loginuser", &[(name, value)], Vec::new())
                .await;
            assert_eq!(answer.status.as_u16(), expected, "{name}: {value}");
        }
        for (name, value) in [
            ("x-https", "off"),
            ("x-forwarded-proto", "http"),
            ("forwarded", "proto=http"),
        ] {
            let answer = site
                .anonymous()
                .send(Method::GET, "/loginuser?x", &[(name, value)], Vec::new())
                .await;
            answer
                .is(308, "")
                .has("location", Some("https://maps.example.com/loginuser?x"));
        }
    }
}
