//! Sets of networks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, ip_mask_to_prefix};

/// A set of IPv4 and IPv6 networks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Whether `address` is in one of them; an IPv4-mapped IPv6 address counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Networks {
    /// Whether one of them is everything.
    #[must_use]
    pub fn is_everyone(&self) -> bool {
        self.0.iter().any(|network| network.prefix_len() == 0)
    }
}

impl FromIterator<IpNet> for Networks {
    fn from_iter<I: IntoIterator<Item = IpNet>>(networks: I) -> Self {
        Self(networks.into_iter().collect())
    }
}

/// `addr`, `addr/prefix`, `addr/netmask` or `addr/hostmask`; host bits may be set, as the chapter's Python allows.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    parse(text.trim()).ok_or_else(|| "a network, as 10.0.0.0/8 or 10.0.0.0/255.0.0.0".to_owned())
}

fn parse(text: &str) -> Option<IpNet> {
    let (address, suffix) = match text.split_once('/') {
        Some((address, suffix)) => (address, Some(suffix)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let prefix = match suffix {
        None => bits,
        Some(suffix) if suffix.bytes().all(|byte| byte.is_ascii_digit()) => suffix.parse().ok()?,
        Some(mask) => mask_prefix(address, mask.parse().ok()?)?,
    };
    Some(unmapped(IpNet::new(address, prefix).ok()?.trunc()))
}

/// The prefix that a netmask or, where it is none, a hostmask stands for.
fn mask_prefix(address: IpAddr, mask: IpAddr) -> Option<u8> {
    let inverted = match (address, mask) {
        (IpAddr::V4(_), IpAddr::V4(mask)) => IpAddr::V4(Ipv4Addr::from_bits(!mask.to_bits())),
        (IpAddr::V6(_), IpAddr::V6(mask)) => IpAddr::V6(Ipv6Addr::from_bits(!mask.to_bits())),
        _ => return None,
    };
    ip_mask_to_prefix(mask)
        .or_else(|_| ip_mask_to_prefix(inverted))
        .ok()
}

/// `::ffff:10.0.0.0/104` as `10.0.0.0/8`, since addresses are compared as IPv4.
fn unmapped(network: IpNet) -> IpNet {
    let IpNet::V6(mapped) = network else {
        return network;
    };
    let v4 = mapped
        .addr()
        .to_ipv4_mapped()
        .zip(mapped.prefix_len().checked_sub(96));
    v4.and_then(|(address, prefix)| Ipv4Net::new(address, prefix).ok())
        .map_or(network, IpNet::V4)
}
