//! CPU, memory and devices of a pod's container. Spark: `BasicDriverFeatureStep`, `BasicExecutorFeatureStep`.

use std::collections::BTreeMap;

use hearth_crd::{ApplicationType, memory_mib};
use k8s_openapi::api::core::v1::ResourceRequirements;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::context::Context;
use super::fields::{PodFields, Role};

/// The memory of a program if nothing says another, in MiB.
const DEFAULT_MEMORY: u64 = 1024;
/// The least memory beside that of the program, in MiB.
const LEAST_OVERHEAD: u64 = 384;
/// The part of the memory that is added for what lives outside of the program's memory.
const OVERHEAD_FACTOR: f64 = 0.1;
/// The same where most of the memory is not managed: Python's workers, R.
const UNMANAGED_OVERHEAD_FACTOR: f64 = 0.4;

/// Task slots, and CPU cores unless another request is made.
pub(super) fn cores(ctx: &Context<'_>, role: Role) -> u32 {
    let cores = ctx.setting(&format!("spark.{}.cores", role.as_str()));
    cores.and_then(|cores| cores.parse().ok()).unwrap_or(1).max(1)
}

/// The memory of the program, in MiB.
pub(super) fn program_memory(ctx: &Context<'_>, role: Role) -> u64 {
    memory_setting(ctx, &format!("spark.{}.memory", role.as_str())).unwrap_or(DEFAULT_MEMORY)
}

/// The memory of the whole container, in MiB.
fn container_memory(ctx: &Context<'_>, role: Role) -> u64 {
    let program = program_memory(ctx, role);
    let beside = match role {
        Role::Driver => 0,
        Role::Executor => off_heap(ctx) + python(ctx),
    };
    program.saturating_add(overhead(ctx, role, program)).saturating_add(beside)
}

/// What is added to the program's memory: the amount given, or a part of it, which is at least 384 MiB.
fn overhead(ctx: &Context<'_>, role: Role, program: u64) -> u64 {
    let role_name = role.as_str();
    if let Some(given) = memory_setting(ctx, &format!("spark.{role_name}.memoryOverhead")) {
        return given;
    }
    let least =
        memory_setting(ctx, &format!("spark.{role_name}.minMemoryOverhead")).unwrap_or(LEAST_OVERHEAD);
    let factor = [
        format!("spark.{role_name}.memoryOverheadFactor"),
        "spark.kubernetes.memoryOverheadFactor".to_owned(),
    ]
    .iter()
    .find_map(|key| ctx.setting(key))
    .or(ctx.spec.memory_overhead_factor.as_deref())
    .and_then(|factor| factor.trim().parse::<f64>().ok())
    .unwrap_or_else(|| default_factor(ctx.spec.application_type));
    // A product too large for the type becomes its largest value.
    ((program as f64 * factor) as u64).max(least)
}

fn default_factor(application_type: ApplicationType) -> f64 {
    match application_type {
        ApplicationType::Rust | ApplicationType::Sql | ApplicationType::Java | ApplicationType::Scala => {
            OVERHEAD_FACTOR
        }
        ApplicationType::Python | ApplicationType::R => UNMANAGED_OVERHEAD_FACTOR,
    }
}

fn off_heap(ctx: &Context<'_>) -> u64 {
    let enabled =
        ctx.setting("spark.memory.offHeap.enabled").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    // Spark reads this one as bytes where there is no unit.
    let size = ctx.setting("spark.memory.offHeap.size").filter(|_| enabled);
    size.and_then(|size| match size.parse::<u64>() {
        Ok(bytes) => Some(bytes >> 20),
        Err(_) => memory_mib(size).ok(),
    })
    .unwrap_or(0)
}

fn python(ctx: &Context<'_>) -> u64 {
    match ctx.spec.application_type {
        ApplicationType::Python => memory_setting(ctx, "spark.executor.pyspark.memory").unwrap_or(0),
        ApplicationType::Rust
        | ApplicationType::Sql
        | ApplicationType::Java
        | ApplicationType::Scala
        | ApplicationType::R => 0,
    }
}

fn memory_setting(ctx: &Context<'_>, key: &str) -> Option<u64> {
    ctx.setting(key).and_then(|size| memory_mib(size).ok())
}

/// The requests and limits of the container.
///
/// Memory is requested and limited to the same amount, CPU is limited only if asked for.
/// What a template says about CPU or memory counts where neither the fields nor `sparkConf` say anything about it.
pub(super) fn build_resources(
    ctx: &Context<'_>,
    role: Role,
    fields: &PodFields<'_>,
    template: Option<ResourceRequirements>,
) -> ResourceRequirements {
    let mut resources = template.unwrap_or_default();
    let mut requests = resources.requests.take().unwrap_or_default();
    let mut limits = resources.limits.take().unwrap_or_default();

    let says_cpu = fields.says_cores
        || ctx.role_setting(role, "request.cores").is_some()
        || in_spark_conf(ctx, &format!("spark.{}.cores", role.as_str()));
    if says_cpu || !(requests.contains_key("cpu") || limits.contains_key("cpu")) {
        let request = fields.core_request.or_else(|| ctx.role_setting(role, "request.cores"));
        let request = request.map_or_else(|| cores(ctx, role).to_string(), str::to_owned);
        requests.insert("cpu".to_owned(), Quantity(request));
        limits.remove("cpu");
    }
    if let Some(limit) = fields.core_limit.or_else(|| ctx.role_setting(role, "limit.cores")) {
        limits.insert("cpu".to_owned(), Quantity(limit.to_owned()));
    }

    let says_memory = fields.says_memory
        || in_spark_conf(ctx, &format!("spark.{}.memory", role.as_str()))
        || in_spark_conf(ctx, &format!("spark.{}.memoryOverhead", role.as_str()));
    if says_memory || !(requests.contains_key("memory") || limits.contains_key("memory")) {
        let memory = Quantity(format!("{}Mi", container_memory(ctx, role)));
        requests.insert("memory".to_owned(), memory.clone());
        limits.insert("memory".to_owned(), memory);
    }
    if let Some(limit) = fields.memory_limit {
        limits.insert("memory".to_owned(), Quantity(limit.to_owned()));
    }

    limits.extend(devices(ctx, role));
    if let Some(gpu) = fields.gpu {
        limits.insert(gpu.name.clone(), Quantity(gpu.quantity.to_string()));
    }
    resources.requests = Some(requests);
    resources.limits = Some(limits);
    resources
}

fn in_spark_conf(ctx: &Context<'_>, key: &str) -> bool {
    ctx.spec.spark_conf.as_ref().is_some_and(|conf| conf.contains_key(key))
}

/// `spark.executor.resource.gpu.amount` with its vendor, as in `nvidia.com/gpu`.
fn devices(ctx: &Context<'_>, role: Role) -> BTreeMap<String, Quantity> {
    let prefix = format!("spark.{}.resource.", role.as_str());
    ctx.settings_below(&prefix)
        .filter_map(|(key, amount)| {
            let name = key.strip_suffix(".amount")?;
            let vendor = ctx.setting(&format!("{prefix}{name}.vendor"))?;
            Some((format!("{vendor}/{name}"), Quantity(amount.trim().to_owned())))
        })
        .collect()
}
