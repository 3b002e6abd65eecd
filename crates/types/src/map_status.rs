//! Where a map output is and about how large its pieces are. Spark: `MapStatus`, `HighlyCompressedMapStatus`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{ExecutorId, TaskId};

/// The output of one finished map task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapStatus {
    /// Who serves it.
    pub executor: ExecutorId,
    /// The attempt that wrote it: the second half of the block's name.
    pub map_task: TaskId,
    /// About how many bytes each reduce partition gets.
    pub sizes: MapSizes,
}

/// Sizes of the pieces of one map output, in one byte each, as powers of 1.1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MapSizes {
    /// One code per reduce partition.
    Each(Arc<[u8]>),
    /// For many reduce partitions: which are not empty (one bit each), and the mean of those.
    Mean {
        /// Number of reduce partitions.
        partitions: u32,
        /// Bit `p % 8` of byte `p / 8` is set when partition `p` has records.
        non_empty: Arc<[u8]>,
        /// Code of the mean size of the non-empty ones.
        code: u8,
    },
}

impl MapSizes {
    /// From this number of reduce partitions on, only the mean is kept (`spark.shuffle.minNumPartitionsToHighlyCompress`).
    pub const MEAN_FROM: usize = 2_000;

    /// Compresses sizes in bytes.
    pub fn from_bytes(sizes: &[u64]) -> Self {
        if sizes.len() < Self::MEAN_FROM {
            return Self::Each(sizes.iter().map(|&size| encode(size)).collect());
        }
        let mut non_empty = vec![0u8; sizes.len().div_ceil(8)];
        let (mut sum, mut count) = (0u64, 0u64);
        for (at, &size) in sizes.iter().enumerate().filter(|(_, size)| **size > 0) {
            non_empty[at / 8] |= 1 << (at % 8);
            sum += size;
            count += 1;
        }
        let partitions = u32::try_from(sizes.len()).unwrap_or(u32::MAX);
        Self::Mean { partitions, non_empty: non_empty.into(), code: encode(sum / count.max(1)) }
    }

    /// Number of reduce partitions.
    pub fn partitions(&self) -> u32 {
        match self {
            Self::Each(codes) => u32::try_from(codes.len()).unwrap_or(u32::MAX),
            Self::Mean { partitions, .. } => *partitions,
        }
    }

    /// About how many bytes reduce partition `reduce` gets. Zero exactly when it is empty or out of range.
    pub fn size(&self, reduce: u32) -> u64 {
        let at = reduce as usize;
        match self {
            Self::Each(codes) => codes.get(at).map_or(0, |&code| decode(code)),
            Self::Mean { non_empty, code, .. } => {
                let has = non_empty.get(at / 8).is_some_and(|byte| byte & (1 << (at % 8)) != 0);
                if has { decode((*code).max(1)) } else { 0 }
            }
        }
    }
}

const LOG_BASE: f64 = 1.1;

fn encode(size: u64) -> u8 {
    match size {
        0 => 0,
        1 => 1,
        _ => (size as f64).log(LOG_BASE).ceil().min(255.0) as u8,
    }
}

fn decode(code: u8) -> u64 {
    if code == 0 { 0 } else { LOG_BASE.powi(i32::from(code)) as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_survives_within_a_tenth_and_zero_stays_zero() {
        let sizes: Vec<u64> = vec![0, 1, 2, 100, 1_000_000, 5_000_000_000];
        let kept = MapSizes::from_bytes(&sizes);
        for (at, &size) in sizes.iter().enumerate() {
            let got = kept.size(at as u32);
            assert!(got >= size && got as f64 <= size as f64 * 1.11 + 1.0, "{size} became {got}");
        }
        assert_eq!(kept.size(6), 0);
    }

    #[test]
    fn many_partitions_keep_which_are_empty() {
        let sizes: Vec<u64> = (0..3_000).map(|p| if p % 3 == 0 { 0 } else { 50 }).collect();
        let kept = MapSizes::from_bytes(&sizes);
        assert_eq!(kept.partitions(), 3_000);
        assert!((0..3_000).all(|p| (kept.size(p) == 0) == (p % 3 == 0)));
    }
}
