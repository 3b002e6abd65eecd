//! `/healthz` and `/readyz`, for the kubelet.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;

/// Whether the operator can do its work, or stands by to.
#[derive(Clone, Debug, Default)]
pub struct Health {
    is_ready: Arc<AtomicBool>,
}

impl Health {
    /// It can, or it cannot yet.
    pub fn ready(&self, is_ready: bool) {
        self.is_ready.store(is_ready, Ordering::Release);
    }

    /// The service: the process answers, so it is healthy; it is ready while it leads with full caches or stands by.
    pub fn router(&self) -> Router {
        let is_ready = self.is_ready.clone();
        let ready = move || async move {
            if is_ready.load(Ordering::Acquire) {
                (StatusCode::OK, "ok")
            } else {
                (StatusCode::SERVICE_UNAVAILABLE, "the caches are being filled")
            }
        };
        Router::new().route("/healthz", get(async || "ok")).route("/readyz", get(ready))
    }
}
