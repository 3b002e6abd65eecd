//! Sizes and quantities as manifests write them.
//!
//! Spark: `JavaUtils.byteStringAsMb`, which this follows for memory; Kubernetes' quantities for limits.

/// Why a text is not a memory size of Spark.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is not a memory size; write a whole number and a unit (k, m, g or t), as in {example}")]
pub struct ParseMemoryError {
    /// The text.
    pub found: String,
    /// A size that may have been meant, or two examples.
    pub example: String,
}

/// Reads a memory size of Spark (`512m`, `2g`, `1024`) into whole MiB, rounded down.
///
/// Without a unit the number is MiB. Units may be of either case, and may end with `b`.
///
/// # Errors
///
/// Anything else, a fraction and Kubernetes' units (`1Gi`) too, as in Spark.
pub fn memory_mib(text: &str) -> Result<u64, ParseMemoryError> {
    let error = || ParseMemoryError { found: text.to_owned(), example: example_for(text) };
    let lower = text.trim().to_lowercase();
    let (digits, unit) = split_number(&lower);
    let number: u64 = digits.parse().map_err(|_| error())?;
    let mib = |shift: u32| number.checked_mul(1 << shift).ok_or_else(error);
    match unit {
        "b" => Ok(number >> 20),
        "k" | "kb" => Ok(number >> 10),
        "" | "m" | "mb" => Ok(number),
        "g" | "gb" => mib(10),
        "t" | "tb" => mib(20),
        "p" | "pb" => mib(30),
        _ => Err(error()),
    }
}

/// A size in Spark's form that the writer of `text` may have meant.
fn example_for(text: &str) -> String {
    let lower = text.trim().to_lowercase();
    let (digits, unit) = split_number(&lower);
    if let (Ok(number), Some(unit)) = (digits.parse::<u64>(), unit.strip_suffix('i'))
        && matches!(unit, "k" | "m" | "g" | "t")
    {
        return format!("{number}{unit}");
    }
    let fraction_end = lower.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(lower.len());
    if let (Ok(number), "g" | "gb" | "gi") = (lower[..fraction_end].parse::<f64>(), &lower[fraction_end..]) {
        return format!("{}m", (number * 1024.0) as u64);
    }
    "512m or 2g".to_owned()
}

fn split_number(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// Whether `text` is a quantity of Kubernetes that is not negative: `1`, `100m`, `1.5`, `2Gi`, `1e3`.
pub(crate) fn is_quantity(text: &str) -> bool {
    let number = text.strip_prefix('+').unwrap_or(text);
    let end = number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
    let (number, suffix) = number.split_at(end);
    let has_number = number.contains(|c: char| c.is_ascii_digit()) && number.matches('.').count() <= 1;
    let is_exponent = || {
        let power = suffix.strip_prefix(['e', 'E'])?;
        power.parse::<i32>().ok()
    };
    has_number
        && (matches!(suffix, "" | "n" | "u" | "m" | "k" | "M" | "G" | "T" | "P" | "E")
            || matches!(suffix, "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei")
            || is_exponent().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_as_spark_reads_it() {
        let sizes = [
            ("512m", 512),
            ("512M", 512),
            ("2g", 2048),
            ("2GB", 2048),
            ("1t", 1 << 20),
            ("1024", 1024),
            ("2048k", 2),
            ("1048576b", 1),
            ("1p", 1 << 30),
            ("0", 0),
        ];
        for (text, mib) in sizes {
            assert_eq!(memory_mib(text), Ok(mib), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_memory_size_says_what_to_write() {
        let error = |text: &str| memory_mib(text).unwrap_err().to_string();
        assert_eq!(
            error("12x"),
            "\"12x\" is not a memory size; write a whole number and a unit (k, m, g or t), as in 512m or 2g"
        );
        assert!(error("1Gi").ends_with("as in 1g"));
        assert!(error("1.5g").ends_with("as in 1536m"));
        for text in ["", "g", "-1g", "1 g", "99999999999999999999g", "18446744073709551615t"] {
            assert!(memory_mib(text).is_err(), "{text}");
        }
    }

    #[test]
    fn quantities_are_those_of_kubernetes() {
        for text in ["1", "100m", "1.5", "2Gi", "1e3", "1E-3", "+2", ".5", "5E"] {
            assert!(is_quantity(text), "{text}");
        }
        for text in ["", "Gi", "12x", "-1", "1.2.3", "1 Gi", "2gi", "1e"] {
            assert!(!is_quantity(text), "{text}");
        }
    }
}
