//! Which addresses may be dialled. The check sits in the resolver, so the address that was checked is the one that is
//! dialled: a name that answers differently the second time gains nothing.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// A host that resolves to no address that may be dialled.
#[derive(Debug, thiserror::Error)]
#[error("{host} resolves to a private or reserved address: name it in notify.allow_private if that is meant")]
pub(super) struct Refused {
    host: String,
}

/// The usual resolver, less the addresses that are not public unless the host is allowed by name.
pub(super) struct CheckedResolver {
    inner: DefaultResolver,
    allow_private: Vec<String>,
}

impl CheckedResolver {
    pub(super) fn new(allow_private: &[String]) -> Self {
        Self { inner: DefaultResolver::default(), allow_private: allow_private.to_vec() }
    }
}

/// Whether `uri` names a host of the list.
pub(super) fn is_allowed(uri: &Uri, allow_private: &[String]) -> bool {
    let host = uri.host().unwrap_or_default();
    allow_private.iter().any(|allowed| allowed.eq_ignore_ascii_case(host))
}

impl Resolver for CheckedResolver {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        if is_allowed(uri, &self.allow_private) {
            return Ok(found);
        }
        let mut public = self.empty();
        for address in found.iter().filter(|address| is_public(address.ip())) {
            public.push(*address);
        }
        if public.is_empty() {
            let host = uri.host().unwrap_or_default().to_owned();
            return Err(ureq::Error::Other(Box::new(Refused { host })));
        }
        Ok(public)
    }
}

impl fmt::Debug for CheckedResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckedResolver").field("allow_private", &self.allow_private).finish_non_exhaustive()
    }
}

/// True for what the IANA registries call globally reachable.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => match embedded_v4(v6) {
            Some(v4) => is_public_v4(v4),
            None => is_public_v6(v6),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let reserved = match (a, b, c) {
        (0 | 10 | 127 | 224.., _, _) => true, // this host, private, loopback, multicast and reserved
        (100, 64..=127, _) => true,           // shared address space of carriers
        (169, 254, _) => true,                // link-local: cloud metadata lives here
        (172, 16..=31, _) | (192, 168, _) => true, // private
        (192, 0, 0 | 2) | (192, 88, 99) => true, // protocol assignments, documentation, 6to4 relays
        (198, 18..=19, _) => true,            // benchmarks
        (198, 51, 100) | (203, 0, 113) => true, // documentation
        _ => false,
    };
    !reserved
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let global_unicast = segments[0] & 0xe000 == 0x2000;
    let reserved = match (segments[0], segments[1]) {
        (0x2001, 0x0000..=0x01ff) => true, // protocol assignments, Teredo
        (0x2001, 0x0db8) => true,          // documentation
        (0x2002, _) => true,               // 6to4: routes to any IPv4 address
        (0x3fff, 0x0000..=0x0fff) => true, // documentation
        _ => false,
    };
    global_unicast && !reserved
}

/// The IPv4 address that an IPv6 one stands for: mapped, compatible or NAT64.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let nat64 = segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0];
    if nat64 {
        Ipv4Addr::from_bits(u32::from(segments[6]) << 16 | u32::from(segments[7])).into()
    } else {
        address.to_ipv4()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_pass() {
        let refused = [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.2.5",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::10.0.0.1",
            "64:ff9b::a00:1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2001::1",
            "100::1",
            "3fff::1",
        ];
        for text in refused {
            assert!(!is_public(text.parse().expect(text)), "{text} must be refused");
        }
        let passed = [
            "1.1.1.1",
            "8.8.8.8",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "192.167.1.1",
            "2606:4700::1111",
            "64:ff9b::101:101",
            "::ffff:8.8.8.8",
        ];
        for text in passed {
            assert!(is_public(text.parse().expect(text)), "{text} must pass");
        }
    }
}
