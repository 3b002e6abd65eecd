//! Sums of Kubernetes' quantities, for batch schedulers that are told what an application needs in all.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, PodSpec};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// Amounts of resources by name, in thousandths.
pub(super) type Amounts = BTreeMap<String, i128>;

/// What the containers of a pod request together; a limit counts where there is no request.
pub(super) fn requests_of(spec: &PodSpec) -> Amounts {
    let mut sum = Amounts::new();
    for container in &spec.containers {
        add(&mut sum, requests_of_container(container), 1);
    }
    sum
}

/// Adds `amounts` `times` over.
pub(super) fn add(sum: &mut Amounts, amounts: Amounts, times: i32) {
    for (name, amount) in amounts {
        *sum.entry(name).or_default() += amount * i128::from(times);
    }
}

/// The amounts as quantities.
pub(super) fn to_quantities(amounts: Amounts) -> BTreeMap<String, Quantity> {
    amounts.into_iter().map(|(name, amount)| (name, Quantity(format(amount)))).collect()
}

fn requests_of_container(container: &Container) -> Amounts {
    let resources = container.resources.clone().unwrap_or_default();
    let mut all = resources.limits.unwrap_or_default();
    all.extend(resources.requests.unwrap_or_default());
    all.into_iter().filter_map(|(name, quantity)| Some((name, thousandths(&quantity.0)?))).collect()
}

/// Reads a quantity, rounded up to a thousandth.
pub fn thousandths(text: &str) -> Option<i128> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let scale = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let (times, divided) = unit(suffix)?;
    let product = digits.checked_mul(times)?.checked_mul(1000)?;
    let by = scale.checked_mul(divided)?;
    Some((product + by - 1) / by)
}

/// A suffix as a multiplier and a divisor.
fn unit(suffix: &str) -> Option<(i128, i128)> {
    let decimal = |power: u32| 10_i128.checked_pow(power);
    if let Some(power) = suffix.strip_prefix(['e', 'E']).and_then(|power| power.parse::<i32>().ok()) {
        let factor = decimal(power.unsigned_abs())?;
        return Some(if power < 0 { (1, factor) } else { (factor, 1) });
    }
    let shift = match suffix {
        "Ki" => 10,
        "Mi" => 20,
        "Gi" => 30,
        "Ti" => 40,
        "Pi" => 50,
        "Ei" => 60,
        _ => 0,
    };
    match suffix {
        "" => Some((1, 1)),
        "n" => Some((1, decimal(9)?)),
        "u" => Some((1, decimal(6)?)),
        "m" => Some((1, 1000)),
        "k" => Some((decimal(3)?, 1)),
        "M" => Some((decimal(6)?, 1)),
        "G" => Some((decimal(9)?, 1)),
        "T" => Some((decimal(12)?, 1)),
        "P" => Some((decimal(15)?, 1)),
        "E" => Some((decimal(18)?, 1)),
        _ if shift > 0 => Some((1 << shift, 1)),
        _ => None,
    }
}

fn format(amount: i128) -> String {
    const MIB: i128 = 1 << 20;
    let whole = amount / 1000;
    if amount % 1000 != 0 {
        format!("{amount}m")
    } else if whole >= MIB && whole % MIB == 0 {
        format!("{}Mi", whole / MIB)
    } else {
        whole.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_and_written() {
        let cases = [
            ("1", "1"),
            ("500m", "500m"),
            ("1.5", "1500m"),
            ("2Gi", "2048Mi"),
            ("1e3", "1000"),
            ("1408Mi", "1408Mi"),
            ("1n", "1m"),
            ("0.5Gi", "512Mi"),
        ];
        for (text, written) in cases {
            assert_eq!(thousandths(text).map(format).as_deref(), Some(written), "{text}");
        }
        assert_eq!(thousandths("x"), None);
        assert_eq!(thousandths("1x"), None);
    }
}
