//! The client of the API server: fenced, limited, counted and with a time limit for each request.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::{Method, Request, Response};
use kube::client::{Body, ClientBuilder};
use tower::{BoxError, Layer, Service};

use crate::lease::Fence;
use crate::metrics::Metrics;
use crate::rate_limit::TokenBucket;

/// How long the API server may take until it begins to answer. It ends what takes longer than a minute itself.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Refused: this operator does not lead any more, so it must not write.
#[derive(Debug, thiserror::Error)]
#[error("this operator is not the leader")]
pub struct NotLeader;

/// The API server did not begin to answer.
#[derive(Debug, thiserror::Error)]
#[error("no answer from the API server within {} s", ANSWER_TIMEOUT.as_secs())]
pub struct NoAnswer;

/// What every request of a client passes.
#[derive(Clone)]
pub struct Gate {
    /// Whether writes are allowed; absent for what elects the leader.
    pub fence: Option<Fence>,
    /// How fast requests may be sent.
    pub limit: Arc<TokenBucket>,
    /// Where requests are counted.
    pub metrics: Arc<Metrics>,
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").field("is_fenced", &self.fence.is_some()).finish_non_exhaustive()
    }
}

impl Gate {
    /// A client behind this gate.
    pub fn client(&self, config: kube::Config) -> Result<kube::Client, kube::Error> {
        Ok(ClientBuilder::try_from(config)?.with_layer(self).build())
    }
}

impl<S> Layer<S> for Gate {
    type Service = Gated<S>;

    fn layer(&self, inner: S) -> Gated<S> {
        Gated { gate: self.clone(), inner: Arc::new(tokio::sync::Mutex::new(inner)) }
    }
}

/// A service behind a [`Gate`].
///
/// The service within is asked whether it is ready only after the permit, so that a request that waits holds nothing.
#[derive(Debug)]
pub struct Gated<S> {
    gate: Gate,
    inner: Arc<tokio::sync::Mutex<S>>,
}

impl<S, B> Service<Request<Body>> for Gated<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = BoxError> + Send + 'static,
    S::Future: Send,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<B>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (gate, inner) = (self.gate.clone(), self.inner.clone());
        Box::pin(async move {
            gate.limit.acquire().await;
            let is_write = request.method() != Method::GET;
            if is_write && gate.fence.as_ref().is_some_and(|fence| !fence.is_open()) {
                return Err(NotLeader.into());
            }
            let (verb, resource) = describe(&request);
            let future = {
                let mut inner = inner.lock().await;
                std::future::poll_fn(|context| inner.poll_ready(context)).await?;
                inner.call(request)
            };
            let outcome = match tokio::time::timeout(ANSWER_TIMEOUT, future).await {
                Ok(outcome) => outcome,
                Err(_) => Err(NoAnswer.into()),
            };
            let code = outcome.as_ref().map_or(0, |response| response.status().as_u16());
            gate.metrics.api_request(verb, &resource, code);
            outcome
        })
    }
}

/// The verb and the resource of a request, as RBAC names them.
fn describe(request: &Request<Body>) -> (&'static str, String) {
    let mut parts = request.uri().path().trim_matches('/').split('/');
    // `api/v1/…` or `apis/GROUP/VERSION/…`.
    let prefix = if parts.next() == Some("api") { 1 } else { 2 };
    let rest: Vec<&str> = parts.skip(prefix).collect();
    let rest = match rest.as_slice() {
        ["namespaces", _, rest @ ..] if !rest.is_empty() => rest,
        all => all,
    };
    let resource = match rest {
        [] => String::new(),
        [kind] | [kind, _] => (*kind).to_owned(),
        [kind, _, subresource, ..] => format!("{kind}/{subresource}"),
    };
    let is_collection = rest.len() == 1;
    let is_watch = request.uri().query().is_some_and(|query| query.contains("watch=true"));
    let verb = match *request.method() {
        Method::GET if is_watch => "watch",
        Method::GET if is_collection => "list",
        Method::GET => "get",
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE => "delete",
        _ => "other",
    };
    (verb, resource)
}

#[cfg(test)]
mod tests {
    use parking_lot::Mutex;
    use tower::{ServiceExt, service_fn};

    use super::*;
    use crate::settings::MetricsSettings;

    #[tokio::test]
    async fn behind_a_closed_fence_only_questions_reach_the_api_server() {
        for fence in [Fence::default(), Fence::always_open()] {
            let reached = Arc::new(Mutex::new(Vec::new()));
            let server = {
                let reached = reached.clone();
                service_fn(move |request: Request<Body>| {
                    reached.lock().push(request.method().clone());
                    std::future::ready(Ok::<_, BoxError>(Response::new(())))
                })
            };
            let gate = Gate {
                fence: Some(fence.clone()),
                limit: Arc::new(TokenBucket::new(500.0, 10)),
                metrics: Arc::new(Metrics::new(&MetricsSettings::default()).unwrap()),
            };
            let mut client = gate.layer(server);
            let writes = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
            for method in writes.iter().chain([&Method::GET]) {
                let request = Request::builder().method(method).uri("/api/v1/namespaces/ns/pods/pi-driver");
                let answer = client.ready().await.unwrap().call(request.body(Body::empty()).unwrap()).await;
                let is_refused = answer.is_err_and(|error| error.is::<NotLeader>());
                assert_eq!(is_refused, !fence.is_open() && method != Method::GET, "{method}");
            }
            assert_eq!(reached.lock().len(), if fence.is_open() { 5 } else { 1 });
        }
    }

    fn described(method: Method, uri: &str) -> (&'static str, String) {
        describe(&Request::builder().method(method).uri(uri).body(Body::empty()).unwrap())
    }

    #[test]
    fn requests_are_named_as_rbac_names_them() {
        let of = |verb, resource: &str| (verb, resource.to_owned());
        assert_eq!(described(Method::GET, "/api/v1/pods?&limit=500"), of("list", "pods"));
        assert_eq!(described(Method::GET, "/api/v1/namespaces/a/pods?watch=true"), of("watch", "pods"));
        assert_eq!(described(Method::POST, "/api/v1/namespaces/a/secrets?"), of("create", "secrets"));
        assert_eq!(described(Method::GET, "/api/v1/namespaces?labelSelector=a"), of("list", "namespaces"));
        assert_eq!(
            described(
                Method::PATCH,
                "/apis/sparkoperator.k8s.io/v1beta2/namespaces/a/sparkapplications/pi/status?"
            ),
            of("patch", "sparkapplications/status")
        );
    }
}
