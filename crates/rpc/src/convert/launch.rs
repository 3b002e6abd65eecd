//! Launches. The properties of a job travel once per launch, however many of its tasks are in it.

use std::sync::Arc;

use hearth_types::{JobId, JobProperties, TaskBinaryId, TaskDescription, TaskLocality};

use super::{Malformed, required};
use crate::generated::control as pb;
use crate::message::{LaunchTask, StageBinary};

/// Builds the protobuf of a launch.
pub(super) fn launch_to_pb(binaries: Vec<StageBinary>, tasks: Vec<LaunchTask>) -> pb::Launch {
    let mut table: Vec<Arc<JobProperties>> = Vec::new();
    let tasks = tasks
        .into_iter()
        .map(|LaunchTask { description, input, properties }| {
            // Tasks of one job come one after another, so the last entry is nearly always the right one.
            let at = table.iter().rposition(|known| Arc::ptr_eq(known, &properties)).unwrap_or_else(|| {
                table.push(properties);
                table.len() - 1
            });
            let TaskDescription { id, index, job, binary, epoch, locality } = description;
            pb::LaunchTask {
                id: Some(id.into()),
                index,
                job: job.0,
                binary: binary.0,
                epoch,
                locality: pb::TaskLocality::from(locality).into(),
                input,
                properties: u32::try_from(at).unwrap_or(u32::MAX),
            }
        })
        .collect();
    pb::Launch {
        binaries: binaries
            .into_iter()
            .map(|StageBinary { id, bytes }| pb::StageBinary { id: id.0, binary: bytes })
            .collect(),
        tasks,
        properties: table.iter().map(|properties| properties.as_ref().into()).collect(),
    }
}

/// Reads the protobuf of a launch.
pub(super) fn launch_from_pb(launch: pb::Launch) -> Result<(Vec<StageBinary>, Vec<LaunchTask>), Malformed> {
    let table: Vec<Arc<JobProperties>> =
        launch.properties.into_iter().map(|properties| Arc::new(properties.into())).collect();
    let binaries = launch
        .binaries
        .into_iter()
        .map(|binary| StageBinary { id: TaskBinaryId(binary.id), bytes: binary.binary })
        .collect();
    let tasks = launch.tasks.into_iter().map(|task| task_from_pb(task, &table)).collect::<Result<_, _>>()?;
    Ok((binaries, tasks))
}

fn task_from_pb(task: pb::LaunchTask, table: &[Arc<JobProperties>]) -> Result<LaunchTask, Malformed> {
    let pb::LaunchTask { id, index, job, binary, epoch, locality, input, properties } = task;
    let Some(properties) = table.get(properties as usize).cloned() else {
        let value = properties.into();
        return Err(Malformed::OutOfRange { message: "LaunchTask", field: "properties", value });
    };
    let description = TaskDescription {
        id: required(id, "LaunchTask", "id")?.into(),
        index,
        job: JobId(job),
        binary: TaskBinaryId(binary),
        epoch,
        locality: task_locality(locality)?,
    };
    Ok(LaunchTask { description, input, properties })
}

impl From<TaskLocality> for pb::TaskLocality {
    fn from(locality: TaskLocality) -> Self {
        match locality {
            TaskLocality::ProcessLocal => Self::ProcessLocal,
            TaskLocality::NodeLocal => Self::NodeLocal,
            TaskLocality::NoPref => Self::NoPref,
            TaskLocality::Any => Self::Any,
        }
    }
}

fn task_locality(value: i32) -> Result<TaskLocality, Malformed> {
    match pb::TaskLocality::try_from(value) {
        Ok(pb::TaskLocality::ProcessLocal) => Ok(TaskLocality::ProcessLocal),
        Ok(pb::TaskLocality::NodeLocal) => Ok(TaskLocality::NodeLocal),
        Ok(pb::TaskLocality::NoPref) => Ok(TaskLocality::NoPref),
        Ok(pb::TaskLocality::Any) => Ok(TaskLocality::Any),
        Ok(pb::TaskLocality::Unspecified) | Err(_) => {
            Err(Malformed::OutOfRange { message: "LaunchTask", field: "locality", value: value.into() })
        }
    }
}

impl From<&JobProperties> for pb::JobProperties {
    fn from(properties: &JobProperties) -> Self {
        let JobProperties { pool, group, description, tags, interrupt_on_cancel, call_site, local } =
            properties;
        Self {
            pool: pool.clone(),
            group: group.clone(),
            description: description.clone(),
            tags: tags.clone(),
            interrupt_on_cancel: *interrupt_on_cancel,
            call_site: call_site.clone(),
            local: local.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        }
    }
}

impl From<pb::JobProperties> for JobProperties {
    fn from(properties: pb::JobProperties) -> Self {
        let pb::JobProperties { pool, group, description, tags, interrupt_on_cancel, call_site, local } =
            properties;
        let local = local.into_iter().collect();
        Self { pool, group, description, tags, interrupt_on_cancel, call_site, local }
    }
}
