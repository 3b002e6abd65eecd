//! Serves the text to Prometheus.

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use parking_lot::Mutex;

use super::Metrics;

/// What is counted only when somebody asks.
pub type Refresh = Arc<dyn Fn(&Metrics) + Send + Sync>;

/// The service that answers at `endpoint`; `refresh` is called before. One after the other, as it begins to count anew.
pub fn serve(metrics: Arc<Metrics>, endpoint: &str, refresh: Refresh) -> Router {
    let turn = Arc::new(Mutex::new(()));
    let answer = move || {
        let (metrics, refresh, turn) = (metrics.clone(), refresh.clone(), turn.clone());
        async move {
            let _turn = turn.lock();
            refresh(&metrics);
            answer(&metrics)
        }
    };
    Router::new().route(endpoint, get(answer))
}

fn answer(metrics: &Metrics) -> Response {
    match metrics.text() {
        Ok(text) => ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response(),
        Err(error) => {
            tracing::error!(error = %hearth_types::error_chain(&error), "cannot write the metrics");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
