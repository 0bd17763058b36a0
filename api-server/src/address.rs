//! Where a call comes from, also when it comes through proxies.

use http::HeaderMap;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// What proxies add the address of their client to, at its end.
pub(crate) const FORWARDED: &str = "x-forwarded-for";

/// Where a call comes from: put into its extensions by the layer of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

/// The client of a call whose connection comes from `peer`: the last address that no trusted proxy has. What stands left of it in the header
/// was written by the client, or by somebody it came through, and may be anything.
pub(crate) fn client(peer: IpAddr, headers: &HeaderMap, proxies: &[IpNet]) -> IpAddr {
    let mut client = peer.to_canonical();
    let lines: Vec<&str> = headers
        .get_all(FORWARDED)
        .iter()
        .map(|line| line.to_str().unwrap_or_default())
        .collect();
    let lines = lines.iter().rev();
    for named in lines.flat_map(|line| line.rsplit(',')) {
        if !proxies.iter().any(|proxy| proxy.contains(&client)) {
            return client;
        }
        match read(named.trim()) {
            Some(address) => client = address,
            None => return client,
        }
    }
    client
}

/// An address, with or without a port.
fn read(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    let alone = || bare.parse::<IpAddr>().ok();
    let address = text.parse::<SocketAddr>().map(|with_port| with_port.ip());
    address.ok().or_else(alone).map(|address| address.to_canonical())
}

/// What is counted as one address: of IPv6 the network that one customer has, within which he has 2^64 of them.
pub(crate) fn counted(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    const PROXIES: [&str; 2] = ["10.0.0.0/8", "2001:db8:1::/48"];

    fn found(peer: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        let proxies: Vec<IpNet> = PROXIES.iter().map(|net| net.parse().unwrap()).collect();
        client(peer.parse().unwrap(), &headers, &proxies).to_string()
    }

    #[test]
    fn who_is_no_trusted_proxy_cannot_say_that_he_is_somebody_else() {
        let cases: [(&str, &[&str], &str); 18] = [
            // Without a proxy the header is not looked at.
            ("192.0.2.1", &[], "192.0.2.1"),
            ("192.0.2.1", &["198.51.100.9"], "192.0.2.1"),
            ("192.0.2.1", &["10.0.0.1"], "192.0.2.1"),
            // Through one proxy: what it has added, not what the client wrote.
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["192.0.2.1"], "192.0.2.1"),
            ("10.0.0.1", &["198.51.100.9, 192.0.2.1"], "192.0.2.1"),
            ("10.0.0.1", &["10.0.0.2, 192.0.2.1"], "192.0.2.1"),
            ("10.0.0.1", &["127.0.0.1,10.9.9.9 ,192.0.2.1"], "192.0.2.1"),
            // Through two, and in lines of their own.
            ("10.0.0.1", &["192.0.2.1, 10.0.0.2"], "192.0.2.1"),
            ("10.0.0.1", &["198.51.100.9", "192.0.2.1, 10.0.0.2"], "192.0.2.1"),
            ("10.0.0.1", &["192.0.2.1", "10.0.0.2"], "192.0.2.1"),
            // What is no address ends the walk at the last proxy.
            ("10.0.0.1", &["192.0.2.1, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["192.0.2.1, , 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &["192.0.2.1\u{e9}"], "10.0.0.1"),
            // Ports, brackets, and addresses that are written as IPv6.
            ("10.0.0.1", &["192.0.2.1:4711"], "192.0.2.1"),
            ("::ffff:10.0.0.1", &["::ffff:192.0.2.1"], "192.0.2.1"),
            ("2001:db8:1::1", &["[2001:db8:2::7]:443"], "2001:db8:2::7"),
            // Proxies alone: the first of them.
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ];
        for (peer, lines, expected) in cases {
            assert_eq!(found(peer, lines), expected, "{peer} {lines:?}");
        }
    }

    #[test]
    fn a_customer_of_ipv6_is_counted_once() {
        let count = |text: &str| counted(text.parse().unwrap());
        assert_eq!(count("2001:db8:2:3::7"), count("2001:db8:2:3:ffff::1"));
        assert_ne!(count("2001:db8:2:3::7"), count("2001:db8:2:4::7"));
        assert_eq!(count("192.0.2.1"), "192.0.2.1");
    }

    proptest! {
        #[test]
        fn whatever_a_client_writes_the_proxy_s_word_counts(written in "[ -~]{0,60}") {
            let line = format!("{written}, 192.0.2.1");
            prop_assert_eq!(found("10.0.0.1", &[&line]), "192.0.2.1");
            prop_assert_eq!(found("192.0.2.1", &[&written]), "192.0.2.1");
        }
    }
}
