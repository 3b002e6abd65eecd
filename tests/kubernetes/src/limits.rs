//! How long tests wait, in one place. Generous: a limit tells a hang from an answer, not fast from slow.

use std::time::Duration;

/// For one thing to happen: a state, a pod, an event.
pub const STEP: Duration = Duration::from_secs(150);
/// For one thing to happen that Kubernetes itself takes its time for: a lost node, a pull that backs off.
pub const LONG_STEP: Duration = Duration::from_secs(300);
/// For a whole test.
pub const TEST: Duration = Duration::from_secs(600);
/// For the operator to be installed and ready.
pub const INSTALL: Duration = Duration::from_secs(300);
