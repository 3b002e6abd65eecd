//! The executor's end of its stream.

use hearth_types::ExecutorId;
use tonic::transport::Channel;

use super::batch::{Batches, pump};
use super::{LARGEST_BATCH, Receiver, Sender, channel};
use crate::generated::control::ConfigureRequest;
use crate::generated::control::driver_client::DriverClient;
use crate::message::{AppConfig, FromExecutor, Registration, ToExecutor};
use crate::version::{PROTOCOL_VERSION, build_id};

/// Why an executor has no stream to its driver.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// Nobody there, a foreign certificate, or not a driver.
    #[error("open the stream to the driver")]
    Open {
        /// What the transport says.
        source: Box<tonic::Status>,
    },
}

/// Why an executor does not know its application.
#[derive(Debug, thiserror::Error)]
pub enum ConfigureError {
    /// The driver will not have it; asking again does not help.
    #[error("{reason}")]
    Refused {
        /// Why, and what to do about it.
        reason: String,
    },
    /// Nobody there yet, a foreign certificate, or not a driver.
    #[error("ask the driver for the application's settings")]
    Ask {
        /// What the transport says.
        source: Box<tonic::Status>,
    },
}

/// Asks a driver for what its executors must know.
pub async fn configure(driver: Channel, executor: ExecutorId) -> Result<AppConfig, ConfigureError> {
    let request = ConfigureRequest {
        executor: executor.0,
        protocol_version: PROTOCOL_VERSION,
        build_id: build_id().to_owned(),
    };
    match DriverClient::new(driver).configure(request).await {
        Ok(response) => Ok(response.into_inner().into()),
        Err(status) if status.code() == tonic::Code::FailedPrecondition => {
            Err(ConfigureError::Refused { reason: status.message().to_owned() })
        }
        Err(source) => Err(ConfigureError::Ask { source: Box::new(source) }),
    }
}

/// Opens the stream and sends the registration. The answer, `Registered` or `Refused`, is the first message received.
///
/// The stream closes when the sender is dropped; the receiver ends when the driver is gone.
pub async fn attach(
    driver: Channel,
    registration: Registration,
) -> Result<(Sender<FromExecutor>, Receiver<ToExecutor>), AttachError> {
    let (to_driver, queue) = channel();
    let executor = registration.executor;
    // Cannot fail: the other half is right here.
    drop(to_driver.send(FromExecutor::Register(registration)));
    let mut client = DriverClient::new(driver).max_decoding_message_size(LARGEST_BATCH);
    let response = client.attach(Batches::new(queue)).await;
    let response = response.map_err(|source| AttachError::Open { source: Box::new(source) })?;
    let mut stream = response.into_inner();
    let (sender, from_driver) = channel();
    tokio::spawn(async move {
        if let Err(error) = pump(&mut stream, &sender).await {
            let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            tracing::warn!(%executor, "lost the driver: {error}: {source}");
        }
    });
    Ok((to_driver, from_driver))
}
