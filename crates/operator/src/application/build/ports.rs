//! On which ports driver and executors listen. Spark: `spark.driver.port`, `spark.blockManager.port`.
//!
//! In a network of its own every pod has the same ports. In that of its node a pod has to get along with its neighbours: executors,
//! which tell their driver where they are, take a free port; the driver, whom executors have to find, says which one it needs, and
//! the scheduler keeps two that need the same one on different nodes.

use hearth_types::pod::{DRIVER_PORT, EXECUTOR_BLOCK_PORT};

use super::context::Context;
use super::fields::Role;
use super::template::Template;

/// The key of the driver's port.
pub(super) const DRIVER_PORT_KEY: &str = "spark.driver.port";
/// The key of the executors' port.
pub(super) const BLOCK_PORT_KEY: &str = "spark.blockManager.port";

/// The port of the driver and of its service. A free one would be found by nobody.
pub(super) fn driver_port(ctx: &Context<'_>) -> u16 {
    given(ctx, DRIVER_PORT_KEY).filter(|port| *port > 0).unwrap_or(DRIVER_PORT)
}

/// The port at which executors serve blocks; 0 is a free one.
pub(super) fn block_port(ctx: &Context<'_>) -> u16 {
    let usual = if is_on_host_network(ctx, Role::Executor) { 0 } else { EXECUTOR_BLOCK_PORT };
    given(ctx, BLOCK_PORT_KEY).unwrap_or(usual)
}

/// Whether the pods of a role are in the network of their node.
pub(super) fn is_on_host_network(ctx: &Context<'_>, role: Role) -> bool {
    let by_field = ctx.fields(role).host_network;
    by_field.or_else(|| Template::of(ctx, role).spec.host_network).unwrap_or(false)
}

/// The port that a policy cannot close to all but the application's own pods: it knows pods by their addresses, and those in the
/// network of a node have the node's. Who connects needs a certificate of the application all the same.
pub(super) fn port_for_host_network(ctx: &Context<'_>) -> Option<u16> {
    match (is_on_host_network(ctx, Role::Driver), is_on_host_network(ctx, Role::Executor)) {
        (false, true) => Some(driver_port(ctx)),
        (true, false) => Some(block_port(ctx)).filter(|port| *port > 0),
        // No policy reaches there, or all are in the network of pods.
        (true, true) | (false, false) => None,
    }
}

fn given(ctx: &Context<'_>, key: &str) -> Option<u16> {
    ctx.setting(key).and_then(|port| port.parse().ok())
}
