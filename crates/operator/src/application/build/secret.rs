//! The secret of a submission: certificates and configuration. The key of the authority is in it for the operator, which
//! needs it to make the certificate of the next driver; no pod mounts it.

use std::collections::BTreeMap;

use hearth_types::pod::{CA_CERT, CONF_JSON};
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;

use super::conf::driver_conf;
use super::context::Context;

/// Key: the key of the authority.
pub(super) const CA_KEY: &str = "ca.key";
/// Key: the certificate of the driver.
pub(super) const DRIVER_CERT: &str = "driver.crt";
/// Key: the key of the driver.
pub(super) const DRIVER_KEY: &str = "driver.key";
/// Key: the certificate of executors.
pub(super) const EXECUTOR_CERT: &str = "executor.crt";
/// Key: the key of executors.
pub(super) const EXECUTOR_KEY: &str = "executor.key";

/// The certificates and keys of one application, as PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificates {
    /// The authority's certificate.
    pub ca_cert: String,
    /// The authority's key.
    pub ca_key: String,
    /// The driver's certificate.
    pub driver_cert: String,
    /// The driver's key.
    pub driver_key: String,
    /// The executors' certificate.
    pub executor_cert: String,
    /// The executors' key.
    pub executor_key: String,
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Keys are in no log.
        f.debug_struct("Certificates").finish_non_exhaustive()
    }
}

/// Builds the secret.
pub(super) fn build_secret(ctx: &Context<'_>, certificates: &Certificates) -> Secret {
    let conf = serde_json::json!(driver_conf(ctx)).to_string();
    let data = [
        (CA_CERT, &certificates.ca_cert),
        (CA_KEY, &certificates.ca_key),
        (DRIVER_CERT, &certificates.driver_cert),
        (DRIVER_KEY, &certificates.driver_key),
        (EXECUTOR_CERT, &certificates.executor_cert),
        (EXECUTOR_KEY, &certificates.executor_key),
        (CONF_JSON, &conf),
    ];
    Secret {
        metadata: ctx.metadata(ctx.names.secret()),
        data: Some(
            data.into_iter()
                .map(|(key, value)| (key.to_owned(), ByteString(value.clone().into_bytes())))
                .collect::<BTreeMap<_, _>>(),
        ),
        type_: Some("Opaque".to_owned()),
        ..Secret::default()
    }
}
