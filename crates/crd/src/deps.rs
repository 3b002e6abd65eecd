//! What a program needs beside its main file. Spark: `--jars`, `--files`, `--py-files` and their kin.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Files and packages that the driver and the executors need.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Dependencies {
    /// Java archives, as paths or URIs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jars: Option<Vec<String>>,
    /// Files that each executor finds in its working directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<String>>,
    /// Python files and archives for the import path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub py_files: Option<Vec<String>>,
    /// Maven packages as `group:artifact:version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packages: Option<Vec<String>>,
    /// Maven packages as `group:artifact` that are left out of what `packages` brings along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclude_packages: Option<Vec<String>>,
    /// Maven repositories that are searched for `packages`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repositories: Option<Vec<String>>,
    /// Archives that are unpacked in the working directory of each executor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archives: Option<Vec<String>>,
}
