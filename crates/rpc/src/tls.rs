//! Who may talk to whom: a certificate authority for each application, and TLS that asks both sides for a certificate.
//!
//! Whoever starts the application makes the authority: a driver on one machine in memory, the operator for a secret of the application.
//! Every executor gets its own key and certificate.
//! Whoever holds a certificate of the application is trusted by all of it; nobody else gets past the handshake.
//! Spark: `spark.authenticate` with `spark.network.crypto.enabled`; ours is always on.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hearth_types::pod;
use rcgen::KeyUsagePurpose;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use serde::{Deserialize, Serialize};
use tonic::transport::{Certificate, ClientTlsConfig, ServerTlsConfig};

/// The name in every certificate of an application: peers are reached by address, so their names cannot tell them apart.
const PEER_NAME: &str = "peer.hearth.internal";

/// How long a peer may take for its handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Why no certificate could be made.
#[derive(Debug, thiserror::Error)]
#[error("make a certificate for {name:?}")]
pub struct CertificateError {
    name: String,
    source: rcgen::Error,
}

/// The certificate authority of one application. `Debug` hides its key.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    ca_pem: String,
}

impl Authority {
    /// A fresh authority for the application `app_id`.
    pub fn new(app_id: &str) -> Result<Self, CertificateError> {
        let make = || {
            let key = KeyPair::generate()?;
            let params = authority_params(app_id)?;
            let ca_pem = params.self_signed(&key)?.pem();
            Ok(Self { issuer: Issuer::new(params, key), ca_pem })
        };
        make().map_err(|source| CertificateError { name: app_id.to_owned(), source })
    }

    /// The authority that [`Self::new`] made for the application `app_id`, from [`Self::ca_pem`] and [`Self::key_pem`].
    pub fn from_pem(app_id: &str, ca_pem: &str, key_pem: &str) -> Result<Self, CertificateError> {
        let make = || {
            let key = KeyPair::from_pem(key_pem)?;
            Ok(Self { issuer: Issuer::new(authority_params(app_id)?, key), ca_pem: ca_pem.to_owned() })
        };
        make().map_err(|source| CertificateError { name: app_id.to_owned(), source })
    }

    /// The certificate of the authority.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The private key of the authority: a secret that no process of the application needs.
    pub fn key_pem(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// A key and a certificate for one process of the application; `name` is for people.
    pub fn issue(&self, name: &str) -> Result<Identity, CertificateError> {
        let make = || {
            let key = KeyPair::generate()?;
            let mut params = named(name, vec![PEER_NAME.to_owned()])?;
            params.use_authority_key_identifier_extension = true;
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            params.extended_key_usages =
                vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
            let cert_pem = params.signed_by(&key, &self.issuer)?.pem();
            Ok(Identity { cert_pem, key_pem: key.serialize_pem(), ca_pem: self.ca_pem.clone() })
        };
        make().map_err(|source| CertificateError { name: name.to_owned(), source })
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

/// What makes a certificate that of the application's authority: its name and its rights.
fn authority_params(app_id: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut params = named(&format!("hearth {app_id}"), Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    Ok(params)
}

fn named(name: &str, alternative_names: Vec<String>) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(alternative_names)?;
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}

/// What a process needs to prove that it belongs to an application. The key is a secret: `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Its certificate.
    pub cert_pem: String,
    /// Its private key.
    pub key_pem: String,
    /// The certificate of the application's authority.
    pub ca_pem: String,
}

impl Identity {
    /// Reads the files `ca.crt`, `tls.crt` and `tls.key` of a directory.
    ///
    /// # Errors
    /// One of them cannot be read.
    pub fn read(dir: &Path) -> Result<Self, IdentityError> {
        let read = |name: &str| {
            let path = dir.join(name);
            std::fs::read_to_string(&path).map_err(|source| IdentityError { path, source })
        };
        Ok(Self { ca_pem: read(pod::CA_CERT)?, cert_pem: read(pod::TLS_CERT)?, key_pem: read(pod::TLS_KEY)? })
    }
}

/// Why a process has no identity.
#[derive(Debug, thiserror::Error)]
#[error("read {path:?}")]
pub struct IdentityError {
    path: PathBuf,
    source: std::io::Error,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

/// TLS for a server that lets in only clients with a certificate of the same application.
pub fn server_tls(identity: &Identity) -> ServerTlsConfig {
    install_crypto();
    ServerTlsConfig::new()
        .identity(tonic::transport::Identity::from_pem(&identity.cert_pem, &identity.key_pem))
        .client_ca_root(Certificate::from_pem(&identity.ca_pem))
        .timeout(HANDSHAKE_TIMEOUT)
}

/// TLS for a client that talks only to servers of the same application, and shows its own certificate.
pub fn client_tls(identity: &Identity) -> ClientTlsConfig {
    install_crypto();
    ClientTlsConfig::new()
        .domain_name(PEER_NAME)
        .identity(tonic::transport::Identity::from_pem(&identity.cert_pem, &identity.key_pem))
        .ca_certificate(Certificate::from_pem(&identity.ca_pem))
        .timeout(HANDSHAKE_TIMEOUT)
}

/// Makes ring the provider of the process, unless the program that links us chose one.
fn install_crypto() {
    // An error says that there is a provider already, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
}
