//! Which addresses may be called. Registries: RFC 6890 and what IANA added since.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// Which addresses may be called; each kind leaves out more than the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Addresses {
    /// All: map servers stand in private networks as a rule.
    Any,
    /// All but loopback, link-local and the metadata services: under Lambda the runtime API and the credentials live
    /// there.
    NotLocal,
    /// Those of the public internet alone.
    Public,
}

impl Addresses {
    /// Whether `address` may be called. An IPv6 address that stands for an IPv4 one is as good as that one.
    #[must_use]
    pub fn allow(self, address: IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::NotLocal => !is_local(address),
            Self::Public => is_public(address),
        }
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(start: [u16; 4], prefix: u8) -> Ipv6Net {
    let [a, b, c, d] = start;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0), prefix)
}

/// This host, loopback, link-local.
const LOCAL_V4: [Ipv4Net; 3] = [v4(0, 0, 0, 0, 8), v4(127, 0, 0, 0, 8), v4(169, 254, 0, 0, 16)];

/// The rest of what is not public.
const PRIVATE_V4: [Ipv4Net; 13] = [
    v4(10, 0, 0, 0, 8),
    // Carriers' own (CGNAT), and Alibaba's metadata service.
    v4(100, 64, 0, 0, 10),
    // Azure's platform, under a public address.
    v4(168, 63, 129, 16, 32),
    v4(172, 16, 0, 0, 12),
    // Protocol assignments; Oracle's metadata service.
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    // Relays of 6to4, given up.
    v4(192, 88, 99, 0, 24),
    v4(192, 168, 0, 0, 16),
    // Benchmarks, documentation.
    v4(198, 18, 0, 0, 15),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    // Multicast, reserved, broadcast.
    v4(224, 0, 0, 0, 4),
    v4(240, 0, 0, 0, 4),
];

/// Link-local, and Amazon's own services beside an instance.
const LOCAL_V6: [Ipv6Net; 2] = [v6([0xfe80, 0, 0, 0], 10), v6([0xfd00, 0xec2, 0, 0], 32)];

/// All of IPv6 that is given out: what is private, multicast or reserved lies outside of it.
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0, 0], 3);

/// What is not public within it: protocol assignments (Teredo and benchmarks among them), documentation.
const PRIVATE_V6: [Ipv6Net; 3] = [
    v6([0x2001, 0, 0, 0], 23),
    v6([0x2001, 0xdb8, 0, 0], 32),
    v6([0x3fff, 0, 0, 0], 20),
];

/// NAT64's prefix (RFC 6052): in an IPv6-only network the way to all of IPv4; and the one for local use (RFC 8215).
const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0, 0], 96);
const NAT64_LOCAL: Ipv6Net = v6([0x64, 0xff9b, 1, 0], 48);

fn is_local(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => LOCAL_V4.iter().any(|network| network.contains(&address)),
        IpAddr::V6(address) => {
            let within = || {
                let old = address.to_ipv4();
                let local_use = NAT64_LOCAL.contains(&address).then(|| last(address));
                translated(address).or(old).or(local_use)
            };
            address.is_loopback()
                || LOCAL_V6.iter().any(|network| network.contains(&address))
                || within().is_some_and(|address| is_local(IpAddr::V4(address)))
        }
    }
}

fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let mut refused = LOCAL_V4.iter().chain(&PRIVATE_V4);
            !refused.any(|network| network.contains(&address))
        }
        IpAddr::V6(address) => match translated(address) {
            Some(address) => is_public(IpAddr::V4(address)),
            None => {
                GLOBAL_V6.contains(&address) && !PRIVATE_V6.iter().any(|network| network.contains(&address))
            }
        },
    }
}

/// The IPv4 address that a translator on the way would go on to: of NAT64 or 6to4 (RFC 3056).
fn translated(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [first, high, low, ..] = address.segments();
    if first == 0x2002 {
        return Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    }
    NAT64.contains(&address).then(|| last(address))
}

/// The last 32 bits.
fn last(address: Ipv6Addr) -> Ipv4Addr {
    let [.., a, b, c, d] = address.octets();
    Ipv4Addr::new(a, b, c, d)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Each form of an IPv4 address in IPv6 that something on the way could take for it.
    fn in_v6(address: Ipv4Addr) -> [IpAddr; 3] {
        let [a, b, c, d] = address.octets().map(u16::from);
        let (high, low) = (a << 8 | b, c << 8 | d);
        [
            Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, high, low),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
        ]
        .map(IpAddr::V6)
    }

    const LOCAL: [&str; 15] = [
        "0.0.0.0",
        "0.1.2.3",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.0.1",
        "169.254.169.254",
        "::",
        "::1",
        "::127.0.0.1",
        "fe80::1",
        "febf::1",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "64:ff9b:1::7f00:1",
        "64:ff9b:1:1:1:1:a9fe:a9fe",
    ];
    const PRIVATE: [&str; 32] = [
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.100.100.200",
        "100.127.255.255",
        "168.63.129.16",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "fc00::1",
        "fdff::1",
        "fec0::1",
        "feff::1",
        "ff02::1",
        "::8.8.8.8",
        "100::1",
        "2001::1",
        "2001:2::1",
        "2001:db8::1",
        "3fff::1",
        "64:ff9b:1::808:808",
    ];
    const PUBLIC: [&str; 15] = [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.1",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "198.17.255.255",
        "223.255.255.255",
        "2001:200::1",
        "2606:4700::1111",
        "2a05:d018::1",
    ];

    #[test]
    fn t115_what_is_no_public_address_is_refused_in_every_form() {
        let forms = |text: &&str| {
            let address: IpAddr = text.parse().unwrap();
            let others = match address {
                IpAddr::V4(address) => in_v6(address).to_vec(),
                IpAddr::V6(_) => Vec::new(),
            };
            std::iter::once(address).chain(others).collect::<Vec<_>>()
        };
        for (addresses, not_local, public) in [
            (&LOCAL[..], false, false),
            (&PRIVATE[..], true, false),
            (&PUBLIC[..], true, true),
        ] {
            for address in addresses.iter().flat_map(forms) {
                assert!(Addresses::Any.allow(address), "{address}");
                assert_eq!(Addresses::NotLocal.allow(address), not_local, "{address}");
                assert_eq!(Addresses::Public.allow(address), public, "{address}");
            }
        }
    }

    proptest! {
        #[test]
        fn each_kind_leaves_out_what_the_one_before_it_does(bits: u128, v4: u32) {
            let addresses = [IpAddr::V6(Ipv6Addr::from_bits(bits)), IpAddr::V4(Ipv4Addr::from_bits(v4))];
            for address in addresses.into_iter().chain(in_v6(Ipv4Addr::from_bits(v4))) {
                prop_assert!(!Addresses::Public.allow(address) || Addresses::NotLocal.allow(address));
            }
        }
    }
}
