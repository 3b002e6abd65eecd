//! The manifest of `hearth run`: its text, and what it may say here.

use std::ffi::OsStr;
use std::io::Read;

use hearth_crd::{
    ApplicationType, FieldError, FieldPath, Manifest, Place, RestartPolicyType, SparkApplication, Warning,
};

use crate::error::Error;

/// The text of the manifest; `-` is stdin.
pub(crate) fn read_text(path: &OsStr, file: &str) -> Result<String, Error> {
    let mut bytes = Vec::new();
    let read = if path == "-" {
        std::io::stdin().read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|mut opened| opened.read_to_end(&mut bytes))
    };
    read.map_err(|source| Error::ReadManifest { file: file.to_owned(), source })?;
    String::from_utf8(bytes).map_err(|_| Error::ManifestEncoding { file: file.to_owned() })
}

/// Refuses an assignment to a field that does not exist. In a file such a field is pruned, as Kubernetes does;
/// on the command line it can only be a mistake.
pub(crate) fn check_assignments(warnings: &[Warning]) -> Result<(), Error> {
    match warnings.iter().find(|warning| matches!(warning.place, Place::Assignment(_))) {
        None => Ok(()),
        Some(warning) => {
            let nearest = warning.nearest.as_ref();
            let hint = nearest.map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default();
            let problem = FieldError::new(warning.path.clone(), format!("no such field{hint}"));
            Err(Error::Field(FieldError { place: Some(warning.place.clone()), ..problem }))
        }
    }
}

/// Refuses an application that waits to be let go.
pub(super) fn check_suspend(manifest: &Manifest<'_>, application: &SparkApplication) -> Result<(), Error> {
    if application.spec.suspend != Some(true) {
        return Ok(());
    }
    let problem = "found true, so the application is not to run; to run it: --set spec.suspend=false";
    Err(Error::Field(manifest.place(FieldError::new(FieldPath::of(["spec", "suspend"]), problem))))
}

/// Refuses the types of programs that cannot be run yet.
pub(super) fn check_type(manifest: &Manifest<'_>, application: &SparkApplication) -> Result<(), Error> {
    let found = application.spec.application_type;
    match found {
        ApplicationType::Rust => Ok(()),
        ApplicationType::Python
        | ApplicationType::Sql
        | ApplicationType::Java
        | ApplicationType::Scala
        | ApplicationType::R => {
            let problem = format!(
                "{} is not supported yet; use Rust, for a program that links the hearth crate",
                found.as_str()
            );
            Err(Error::Field(manifest.place(FieldError::new(FieldPath::of(["spec", "type"]), problem))))
        }
    }
}

/// Warns of what the manifest says without effect.
pub(super) fn warn(warnings: &[Warning], application: &SparkApplication) {
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let policy = application.spec.restart_policy.as_ref().and_then(|policy| policy.policy);
    if !matches!(policy, None | Some(RestartPolicyType::Never)) {
        tracing::warn!("spec.restartPolicy: on this machine the application is run once, whatever its end");
    }
    let (driver, executor) = (&application.spec.driver, &application.spec.executor);
    for (role, env, env_from, keys) in [
        ("driver", &driver.env, &driver.env_from, &driver.env_secret_key_refs),
        ("executor", &executor.env, &executor.env_from, &executor.env_secret_key_refs),
    ] {
        for variable in env.iter().flatten().filter(|variable| variable.value_from.is_some()) {
            tracing::warn!(
                "spec.{role}.env: {} comes from Kubernetes, so it is not set when run on this machine",
                variable.name
            );
        }
        if env_from.iter().flatten().next().is_some() || keys.iter().flatten().next().is_some() {
            tracing::warn!(
                "spec.{role}: variables from secrets and config maps are not set when run on this machine"
            );
        }
    }
}
