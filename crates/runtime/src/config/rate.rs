//! `[server.rate]`: how many calls a second, and whose.

use super::Problem;
use super::rules::must_be;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// `[server.rate]`. Calls a second of 0: no limit.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateConfig {
    /// Calls a second of one API key.
    pub key_per_second: u32,
    /// Calls of one API key at once, after a rest.
    pub key_burst: u32,
    /// Calls a second from one address.
    pub address_per_second: u32,
    /// Calls from one address at once.
    pub address_burst: u32,
    /// Calls a second of everyone.
    pub total_per_second: u32,
    /// Calls of everyone at once.
    pub total_burst: u32,
    /// Networks of the proxies whose `x-forwarded-for` is believed, parted by commas.
    pub trusted_proxies: String,
}

impl Default for RateConfig {
    fn default() -> Self {
        Self {
            key_per_second: 500,
            key_burst: 2_000,
            address_per_second: 1_000,
            address_burst: 4_000,
            total_per_second: 5_000,
            total_burst: 20_000,
            trusted_proxies: String::new(),
        }
    }
}

impl RateConfig {
    /// The networks of the trusted proxies; of what is none, nothing.
    pub fn proxies(&self) -> Vec<IpNet> {
        self.named().filter_map(network).collect()
    }

    fn named(&self) -> impl Iterator<Item = &str> {
        let parts = self.trusted_proxies.split(',').map(str::trim);
        parts.filter(|part| !part.is_empty())
    }
}

/// `10.0.0.0/8`, or one address.
fn network(text: &str) -> Option<IpNet> {
    let alone = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| alone()).ok()
}

/// What is wrong with the section.
pub(super) fn check(rate: &RateConfig, problems: &mut Vec<Problem>) {
    if rate.named().any(|name| network(name).is_none()) {
        problems.push(must_be("server.rate.trusted_proxies"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (usize, usize) {
        let rate = RateConfig {
            trusted_proxies: text.to_owned(),
            ..RateConfig::default()
        };
        let mut problems = Vec::new();
        check(&rate, &mut problems);
        (rate.proxies().len(), problems.len())
    }

    #[test]
    fn proxies_are_networks_and_addresses_parted_by_commas() {
        assert_eq!(of(""), (0, 0));
        assert_eq!(of("10.0.0.0/8, 192.0.2.7,2001:db8::/32 ,"), (3, 0));
        for wrong in ["10.0.0.0/33", "proxy.example", "10.0.0.0/8;::1", "*"] {
            assert_eq!(of(wrong).1, 1, "{wrong}");
        }
    }
}
