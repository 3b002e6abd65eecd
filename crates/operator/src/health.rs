//! `/healthz` and `/readyz`, for the kubelet.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;

/// For how long work may stand still. Every request ends within a minute, and a turn is some requests: one that makes or deletes
/// thousands of executors at a slow API server takes minutes, and is well all the same.
const LONGEST_STALL: Duration = Duration::from_secs(15 * 60);

/// Tells for how long no work was done although there is some. It hangs where the operator does, which is an answer too.
pub type Stalled = Arc<dyn Fn() -> Option<Duration> + Send + Sync>;

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

    /// The service: the operator is healthy as long as it answers and its work gets on; it is ready while it leads with full caches
    /// or stands by.
    pub fn router(&self, stalled: Stalled) -> Router {
        let healthy = move || {
            let stalled = stalled().filter(|stalled| *stalled >= LONGEST_STALL);
            async move {
                match stalled {
                    None => (StatusCode::OK, "ok".to_owned()),
                    Some(stalled) => {
                        let message = format!("there is work, and none was done for {} s", stalled.as_secs());
                        (StatusCode::SERVICE_UNAVAILABLE, message)
                    }
                }
            }
        };
        let is_ready = self.is_ready.clone();
        let ready = move || async move {
            if is_ready.load(Ordering::Acquire) {
                (StatusCode::OK, "ok")
            } else {
                (StatusCode::SERVICE_UNAVAILABLE, "the caches are being filled")
            }
        };
        Router::new().route("/healthz", get(healthy)).route("/readyz", get(ready))
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::Request;
    use tower::ServiceExt;

    use super::*;

    async fn healthz(stalled: Option<Duration>) -> u16 {
        let router = Health::default().router(Arc::new(move || stalled));
        let request = Request::get("/healthz").body(Body::empty()).unwrap();
        router.oneshot(request).await.unwrap().status().as_u16()
    }

    #[tokio::test]
    async fn an_operator_whose_work_stands_still_is_not_healthy() {
        assert_eq!(healthz(None).await, 200);
        assert_eq!(healthz(Some(Duration::from_secs(600))).await, 200);
        assert_eq!(healthz(Some(LONGEST_STALL)).await, 503);
    }
}
