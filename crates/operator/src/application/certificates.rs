//! The certificates of an application: a new authority for each submission, kept while drivers of that submission follow each other.

use hearth_rpc::Authority;
use hearth_types::pod::CA_CERT;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;

use super::build::Certificates;
use super::submission::Submission;
use crate::api::Result;
use crate::names::SUBMISSION_ID_LABEL;

/// The certificates of a submission whose pods do not run yet.
pub fn fresh(submission: &Submission) -> Result<Certificates> {
    issue(&Authority::new(&submission.spark_application_id)?)
}

/// The certificates for the next driver of a submission, from the secret of the last one: the same authority, whose certificates the
/// executors hold, and a new one for the driver. `None` if the secret is not of this submission, or not whole.
pub fn next_driver(submission: &Submission, secret: &Secret) -> Result<Option<Certificates>> {
    if !is_of(secret, submission) {
        return Ok(None);
    }
    let (Some(ca_cert), Some(ca_key)) = (text(secret, CA_CERT), text(secret, "ca.key")) else {
        return Ok(None);
    };
    let (Some(executor_cert), Some(executor_key)) =
        (text(secret, "executor.crt"), text(secret, "executor.key"))
    else {
        return Ok(None);
    };
    let authority = Authority::from_pem(&submission.spark_application_id, ca_cert, ca_key)?;
    let driver = authority.issue("driver")?;
    Ok(Some(Certificates {
        ca_cert: ca_cert.to_owned(),
        ca_key: ca_key.to_owned(),
        driver_cert: driver.cert_pem,
        driver_key: driver.key_pem,
        executor_cert: executor_cert.to_owned(),
        executor_key: executor_key.to_owned(),
    }))
}

/// Whether a secret was made for this submission.
pub fn is_of(secret: &Secret, submission: &Submission) -> bool {
    let labels = secret.metadata.labels.as_ref();
    labels.and_then(|labels| labels.get(SUBMISSION_ID_LABEL)) == Some(&submission.id)
}

fn issue(authority: &Authority) -> Result<Certificates> {
    let (driver, executor) = (authority.issue("driver")?, authority.issue("executor")?);
    Ok(Certificates {
        ca_cert: authority.ca_pem().to_owned(),
        ca_key: authority.key_pem(),
        driver_cert: driver.cert_pem,
        driver_key: driver.key_pem,
        executor_cert: executor.cert_pem,
        executor_key: executor.key_pem,
    })
}

fn text<'a>(secret: &'a Secret, key: &str) -> Option<&'a str> {
    let ByteString(bytes) = secret.data.as_ref()?.get(key)?;
    std::str::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

    use super::*;

    fn secret(submission: &Submission, certificates: &Certificates) -> Secret {
        let data = [
            (CA_CERT, &certificates.ca_cert),
            ("ca.key", &certificates.ca_key),
            ("executor.crt", &certificates.executor_cert),
            ("executor.key", &certificates.executor_key),
        ];
        Secret {
            metadata: ObjectMeta {
                labels: Some(BTreeMap::from([(SUBMISSION_ID_LABEL.to_owned(), submission.id.clone())])),
                ..ObjectMeta::default()
            },
            data: Some(
                data.map(|(key, value)| (key.to_owned(), ByteString(value.clone().into_bytes()))).into(),
            ),
            ..Secret::default()
        }
    }

    #[test]
    fn the_next_driver_has_a_certificate_of_the_same_authority_and_a_key_of_its_own() {
        let submission = Submission::first("uid", 1);
        let first = fresh(&submission).unwrap();
        let next =
            next_driver(&submission.clone().next_driver(), &secret(&submission, &first)).unwrap().unwrap();
        assert_eq!(next.ca_cert, first.ca_cert);
        assert_eq!(next.executor_key, first.executor_key);
        assert_ne!(next.driver_key, first.driver_key);
    }

    #[test]
    fn another_submission_takes_no_certificates_from_the_last() {
        let first = Submission::first("uid", 1);
        let found = secret(&first, &fresh(&first).unwrap());
        assert_eq!(next_driver(&Submission::first("uid", 2), &found).unwrap(), None);
    }
}
