//! Networks, in every way that the contract writes them.

use super::super::Networks;
use super::super::networks::network;

fn contains(text: &str, address: &str) -> bool {
    let networks: Networks = [network(text).unwrap()].into_iter().collect();
    networks.contains(address.parse().unwrap())
}

#[test]
fn every_form_of_the_contract_is_the_same_network() {
    for text in [
        "192.168.1.0/24",
        "192.168.1.0/255.255.255.0",
        "192.168.1.0/0.0.0.255",
        "192.168.1.77/24",
        " 192.168.1.0/24 ",
    ] {
        assert!(contains(text, "192.168.1.200"), "{text}");
        assert!(contains(text, "::ffff:192.168.1.200"), "{text}");
        assert!(!contains(text, "192.168.2.1"), "{text}");
    }
    for text in [
        "2001:db00::0/24",
        "2001:db00::0/ffff:ff00::",
        "2001:db00::0/0:ff:ffff:ffff:ffff:ffff:ffff:ffff",
    ] {
        assert!(contains(text, "2001:db42::1"), "{text}");
        assert!(!contains(text, "2001:dc00::1"), "{text}");
    }
}

#[test]
fn a_bare_address_is_itself() {
    assert!(contains("10.1.2.3", "10.1.2.3") && !contains("10.1.2.3", "10.1.2.4"));
    assert!(contains("::1", "::1") && !contains("::1", "::2"));
}

#[test]
fn a_mapped_network_counts_as_ipv4() {
    assert!(contains("::ffff:10.0.0.0/104", "10.200.0.1"));
    assert!(!contains("::/0", "10.200.0.1"));
    assert!(contains("0.0.0.0/0", "10.200.0.1") && !contains("0.0.0.0/0", "::1"));
}

#[test]
fn masks_at_the_ends() {
    assert!(contains("10.0.0.1/255.255.255.255", "10.0.0.1"));
    assert!(!contains("10.0.0.1/255.255.255.255", "10.0.0.2"));
    assert!(
        contains("10.0.0.1/0.0.0.0", "192.0.2.1"),
        "a netmask before a hostmask, as Python reads it"
    );
}

#[test]
fn what_is_no_network_is_refused() {
    for text in [
        "",
        "/",
        "10.0.0.0/",
        "/8",
        "10.0.0.0/33",
        "10.0.0.0/+8",
        "10.0.0.0/-1",
        "10.0.0/8",
        "10.0.0.0/255.0.255.0",
        "10.0.0.0/8/8",
        "::/129",
        "::/255.0.0.0",
        "10.0.0.0/ffff::",
        "example.com",
        "fe80::1%eth0",
        "10.0.0.0 /8",
        // Octal to some, decimal to others: refused, as Python does.
        "192.168.001.000/24",
        "010.0.0.1",
    ] {
        assert!(network(text).is_err(), "{text}");
    }
}
