//! Where map outputs are and how large their pieces are.

use bytes::Bytes;
use hearth_types::{ExecutorId, MapSizes, MapStatus, ShuffleId, TaskId};

use super::{Malformed, required};
use crate::generated::control as pb;
use crate::message::MapOutputs;
use pb::map_sizes::Kind;

impl From<&MapSizes> for pb::MapSizes {
    fn from(sizes: &MapSizes) -> Self {
        let kind = match sizes {
            MapSizes::Each(codes) => Kind::Each(Bytes::copy_from_slice(codes)),
            MapSizes::Mean { partitions, non_empty, code } => Kind::Mean(pb::MeanMapSizes {
                partitions: *partitions,
                non_empty: Bytes::copy_from_slice(non_empty),
                code: u32::from(*code),
            }),
        };
        Self { kind: Some(kind) }
    }
}

impl TryFrom<pb::MapSizes> for MapSizes {
    type Error = Malformed;

    fn try_from(sizes: pb::MapSizes) -> Result<Self, Malformed> {
        match required(sizes.kind, "MapSizes", "kind")? {
            Kind::Each(codes) => Ok(Self::Each(codes.as_ref().into())),
            Kind::Mean(pb::MeanMapSizes { partitions, non_empty, code }) => {
                let out_of_range =
                    |field, value| Malformed::OutOfRange { message: "MeanMapSizes", field, value };
                let code = u8::try_from(code).map_err(|_| out_of_range("code", i64::from(code)))?;
                if non_empty.len() != (partitions as usize).div_ceil(8) {
                    return Err(out_of_range("partitions", i64::from(partitions)));
                }
                Ok(Self::Mean { partitions, non_empty: non_empty.as_ref().into(), code })
            }
        }
    }
}

impl From<&MapStatus> for pb::MapStatus {
    fn from(status: &MapStatus) -> Self {
        let MapStatus { executor, map_task, sizes } = status;
        Self { executor: executor.0, map_task: map_task.0, sizes: Some(sizes.into()) }
    }
}

impl TryFrom<pb::MapStatus> for MapStatus {
    type Error = Malformed;

    fn try_from(status: pb::MapStatus) -> Result<Self, Malformed> {
        let pb::MapStatus { executor, map_task, sizes } = status;
        let sizes = required(sizes, "MapStatus", "sizes")?.try_into()?;
        Ok(Self { executor: ExecutorId(executor), map_task: TaskId(map_task), sizes })
    }
}

impl From<MapOutputs> for pb::MapOutputs {
    fn from(outputs: MapOutputs) -> Self {
        let MapOutputs { shuffle, epoch, outputs, addresses } = outputs;
        Self {
            shuffle: shuffle.0,
            epoch,
            outputs: outputs
                .iter()
                .map(|status| pb::MapOutput { status: status.as_ref().map(pb::MapStatus::from) })
                .collect(),
            addresses: addresses.into_iter().map(|(executor, address)| (executor.0, address)).collect(),
        }
    }
}

impl TryFrom<pb::MapOutputs> for MapOutputs {
    type Error = Malformed;

    fn try_from(outputs: pb::MapOutputs) -> Result<Self, Malformed> {
        let pb::MapOutputs { shuffle, epoch, outputs, addresses } = outputs;
        Ok(Self {
            shuffle: ShuffleId(shuffle),
            epoch,
            outputs: outputs
                .into_iter()
                .map(|output| output.status.map(MapStatus::try_from).transpose())
                .collect::<Result<_, _>>()?,
            addresses: addresses
                .into_iter()
                .map(|(executor, address)| (ExecutorId(executor), address))
                .collect(),
        })
    }
}
