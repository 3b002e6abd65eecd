//! The values of the options: durations and addresses as Go writes them, JSON, and what the pod knows of itself.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use serde::de::DeserializeOwned;

/// A duration as Go writes it: `1h30m`, `1.5s`, `500ms`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a duration; write it as in 30s, 1m30s or 500ms");
    let mut rest = text.trim();
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() {
        return Err(wrong());
    }
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let number: f64 = rest[..end].parse().map_err(|_| wrong())?;
        let unit = &rest[end..];
        let unit_end = unit.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(unit.len());
        let factor = match &unit[..unit_end] {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return Err(wrong()),
        };
        seconds += number * factor;
        rest = &unit[unit_end..];
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}

/// Where to listen: `:8080` is every address of the machine, `0` and nothing are nowhere.
pub(crate) fn bind_address(text: &str) -> Result<Bind, String> {
    let text = text.trim();
    if text.is_empty() || text == "0" {
        return Ok(Bind(None));
    }
    let wrong =
        || format!("{text:?} is not an address; write it as in :8080 or 127.0.0.1:8080, or 0 for none");
    if let Some(port) = text.strip_prefix(':') {
        let port = port.parse().map_err(|_| wrong())?;
        return Ok(Bind(Some(SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port))));
    }
    Ok(Bind(Some(text.parse().map_err(|_| wrong())?)))
}

/// Where to listen, or nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bind(pub(crate) Option<SocketAddr>);

/// A value in JSON; an empty text is the default.
pub(crate) fn json<T: DeserializeOwned + Default>(text: &str) -> Result<T, String> {
    if text.trim().is_empty() {
        return Ok(T::default());
    }
    serde_json::from_str(text).map_err(|error| format!("not the expected JSON: {error}"))
}

/// A number of requests a second.
pub(crate) fn rate(text: &str) -> Result<f64, String> {
    text.parse::<f64>()
        .ok()
        .filter(|rate| rate.is_finite() && *rate > 0.0)
        .ok_or_else(|| format!("{text:?} is not a number of requests a second; write one above 0, as in 500"))
}

/// The namespace of this pod.
pub(crate) fn own_namespace() -> String {
    let given = std::env::var("POD_NAMESPACE").ok();
    let mounted = || std::fs::read_to_string("/var/run/secrets/kubernetes.io/serviceaccount/namespace").ok();
    let namespace = given.filter(|name| !name.is_empty()).or_else(mounted);
    namespace.map_or_else(|| "default".to_owned(), |name| name.trim().to_owned())
}

/// A name that no other operator has: that of the pod, and a number for this process in it.
pub(crate) fn instance() -> String {
    let host = std::env::var("POD_NAME")
        .or_else(|_| std::env::var("HOSTNAME"))
        .unwrap_or_else(|_| "hearth".to_owned());
    let now = jiff::Timestamp::now().as_nanosecond();
    format!("{host}_{:x}-{now:x}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_go() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("1h1m1.5s"), Ok(Duration::from_millis(3_661_500)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("0"), Ok(Duration::ZERO));
        for wrong in ["", "30", "s", "1x", "-5s", "1.s.", "99999999999999999999h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn addresses_may_lack_a_host() {
        assert_eq!(bind_address(":8080"), Ok(Bind(Some("[::]:8080".parse().unwrap()))));
        assert_eq!(bind_address("127.0.0.1:1"), Ok(Bind(Some("127.0.0.1:1".parse().unwrap()))));
        assert_eq!(bind_address("0"), Ok(Bind(None)));
        assert!(bind_address("8080").is_err());
    }
}
