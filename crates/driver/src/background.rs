//! The threads that move bytes between executors and the loop.

use std::ops::Deref;

use tokio::runtime::{Builder, Handle, Runtime};

/// How many there are.
const THREADS: usize = 2;

/// A runtime that may be dropped anywhere: in an asynchronous program too, where waiting for its threads is forbidden.
#[derive(Debug)]
pub(crate) struct Background {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl Background {
    pub(crate) fn new() -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("driver-rpc")
            .enable_all()
            .build()?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }
}

impl Deref for Background {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
