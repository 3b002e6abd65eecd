//! The driver's end of the streams of its executors.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use hearth_types::ExecutorId;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};

use super::batch::{Batches, pump};
use super::{LARGEST_BATCH, Receiver, Sender, channel};
use crate::generated::control::driver_server::{Driver, DriverServer};
use crate::generated::control::{ConfigureRequest, ConfigureResponse, FromExecutorBatch, ToExecutorBatch};
use crate::message::{AppConfig, FromExecutor, Registration, ToExecutor};
use crate::version::{check_registration, check_version};

/// How long a stream may stay without a registration.
const REGISTRATION_TIMEOUT: Duration = Duration::from_secs(30);

/// An executor that has registered, with an acceptable version and build, and waits for `Registered`.
///
/// Dropping `to_executor` closes the stream after what was sent; dropping `from_executor` too cuts it.
#[derive(Debug)]
pub struct AttachedExecutor {
    /// Who it is.
    pub registration: Registration,
    /// What to tell it.
    pub to_executor: Sender<ToExecutor>,
    /// What it says; ends when it is gone.
    pub from_executor: Receiver<FromExecutor>,
}

/// The gRPC service to which executors attach.
#[derive(Clone, Debug)]
pub struct DriverService {
    build_id: String,
    config: Arc<AppConfig>,
    attached: Sender<AttachedExecutor>,
}

impl DriverService {
    /// Hands every executor of the build `build_id` to `attached`; others are refused with the reason.
    /// Tells `config` to those who ask.
    pub fn new(build_id: &str, config: AppConfig, attached: Sender<AttachedExecutor>) -> DriverServer<Self> {
        DriverServer::new(Self { build_id: build_id.to_owned(), config: Arc::new(config), attached })
            .max_decoding_message_size(LARGEST_BATCH)
    }
}

#[tonic::async_trait]
impl Driver for DriverService {
    type AttachStream = BoxStream<ToExecutorBatch>;

    async fn configure(
        &self,
        request: Request<ConfigureRequest>,
    ) -> Result<Response<ConfigureResponse>, Status> {
        let ConfigureRequest { executor, protocol_version, build_id } = request.into_inner();
        if let Err(reason) = check_version(ExecutorId(executor), protocol_version, &build_id, &self.build_id)
        {
            tracing::warn!("refused an executor: {reason}");
            return Err(Status::failed_precondition(reason));
        }
        Ok(Response::new(AppConfig::clone(&self.config).into()))
    }

    async fn attach(
        &self,
        request: Request<Streaming<FromExecutorBatch>>,
    ) -> Result<Response<Self::AttachStream>, Status> {
        let (to_executor, queue) = channel();
        tokio::spawn(self.clone().converse(request.into_inner(), to_executor));
        Ok(Response::new(Box::pin(Batches::new(queue).map(Ok))))
    }
}

impl DriverService {
    async fn converse(self, mut stream: Streaming<FromExecutorBatch>, to_executor: Sender<ToExecutor>) {
        let (sender, mut from_executor) = channel();
        let pumping = pump(&mut stream, &sender);
        tokio::pin!(pumping);
        let first = tokio::select! {
            first = from_executor.recv() => first,
            end = &mut pumping => {
                tracing::debug!("a stream ended before it registered: {end:?}");
                from_executor.try_recv().ok()
            }
            () = tokio::time::sleep(REGISTRATION_TIMEOUT) => None,
        };
        let registration = match first {
            Some(FromExecutor::Register(registration)) => registration,
            Some(_) => return refuse(&to_executor, "the first message must be a registration".to_owned()),
            None => return refuse(&to_executor, "no registration came".to_owned()),
        };
        if let Err(reason) = check_registration(&registration, &self.build_id) {
            return refuse(&to_executor, reason);
        }
        let executor = registration.executor;
        let attached = AttachedExecutor { registration, to_executor, from_executor };
        if self.attached.send(attached).is_err() {
            // The driver stops; the dropped channels close the stream.
            return;
        }
        if let Err(error) = pumping.await {
            let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            tracing::debug!(%executor, "the executor's stream ended: {error}: {source}");
        }
    }
}

fn refuse(to_executor: &Sender<ToExecutor>, reason: String) {
    tracing::warn!("refused an executor: {reason}");
    // An error says that it is gone already.
    drop(to_executor.send(ToExecutor::Refused(reason)));
}
