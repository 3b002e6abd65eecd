//! Looks for a driver until one answers. Spark: `CoarseGrainedExecutorBackend.run`, which tries three times.
//!
//! Driver and executors are started together, and a driver that is lost is followed by another at the same address.

use std::time::Duration;

use hearth_rpc::control::{ConfigureError, configure};
use hearth_rpc::message::AppConfig;
use hearth_rpc::{Connector, Identity, TlsConnector};
use hearth_types::error_chain;
use tokio::time::{Instant, sleep, timeout};

use super::super::AnyError;
use super::place::Place;

/// The first wait between two tries; doubled with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// How long one try may take.
const TRY: Duration = Duration::from_secs(10);
/// How often it is logged that there is no driver yet.
const LOG: Duration = Duration::from_secs(10);

/// What a driver answered.
pub(super) enum Answer {
    /// Come in.
    Welcome(AppConfig),
    /// Go away, and why.
    Refused(String),
}

/// Nobody answered for all the time that there was.
#[derive(Debug, thiserror::Error)]
#[error("no driver at {address} for {waited:?}: {last}")]
struct NoDriver {
    address: String,
    waited: Duration,
    last: String,
}

/// Asks at the driver's address until a driver answers that is not older than one seen before.
pub(super) async fn dial(place: &Place, identity: &Identity) -> Result<Answer, AnyError> {
    let connector = TlsConnector::new(identity);
    let channel = connector.channel(&place.driver_address)?;
    let begin = Instant::now();
    let mut log_at = begin + LOG;
    let mut wait = FIRST_WAIT;
    loop {
        let problem = match timeout(TRY, configure(channel.clone(), place.executor)).await {
            Ok(Ok(config)) if config.driver_epoch >= place.driver_epoch => {
                return Ok(Answer::Welcome(config));
            }
            Ok(Ok(config)) => format!(
                "a driver of epoch {} answers, and there was one of epoch {} already",
                config.driver_epoch, place.driver_epoch
            ),
            Ok(Err(ConfigureError::Refused { reason })) => return Ok(Answer::Refused(reason)),
            Ok(Err(error @ ConfigureError::Ask { .. })) => error_chain(&error),
            Err(_) => format!("no answer within {TRY:?}"),
        };
        if begin.elapsed() >= place.driver_wait {
            let address = place.driver_address.clone();
            return Err(NoDriver { address, waited: place.driver_wait, last: problem }.into());
        }
        if Instant::now() >= log_at {
            log_at += LOG;
            tracing::warn!("waits for a driver at {}: {problem}", place.driver_address);
        }
        sleep(jittered(wait)).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// Between three quarters and all of it, so that not all executors ask at the same moment.
pub(super) fn jittered(wait: Duration) -> Duration {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    wait - wait / 1024 * (now.subsec_micros() % 256)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_shortened_by_a_quarter_at_most() {
        for _ in 0..1_000 {
            let wait = jittered(LONGEST_WAIT);
            assert!(wait <= LONGEST_WAIT && wait >= LONGEST_WAIT * 3 / 4, "{wait:?}");
        }
    }
}
