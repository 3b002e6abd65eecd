//! Which crate may use which: the table of the architecture, as data.

/// The rules for one package.
#[derive(Debug)]
pub(super) struct CrateRule {
    /// Its name.
    pub(super) name: &'static str,
    /// The packages of this workspace that it may depend on.
    pub(super) may_use: &'static [&'static str],
    /// What it must not depend on directly; through others it may.
    pub(super) not_directly: &'static [&'static str],
    /// What must not be anywhere below it.
    pub(super) never: &'static [&'static str],
}

/// Nothing that waits, talks or knows a cluster.
const PURE: &[&str] =
    &["tokio", "tonic", "kube", "k8s-openapi", "prost", "object_store", "async-trait", "futures"];
/// No Kubernetes. What stands on `hearth-cluster` has it below, and must not see it.
const KUBE: &[&str] = &["kube", "k8s-openapi"];

/// One rule for every package; a package without one is refused.
pub(super) const RULES: &[CrateRule] = &[
    CrateRule { name: "hearth-types", may_use: &[], not_directly: &[], never: PURE },
    CrateRule { name: "hearth-conf", may_use: &["hearth-types"], not_directly: &[], never: PURE },
    CrateRule {
        name: "hearth-scheduler",
        may_use: &["hearth-types"],
        not_directly: &["hearth-conf"],
        never: PURE,
    },
    CrateRule {
        name: "hearth-scheduler-sim",
        may_use: &["hearth-types", "hearth-scheduler"],
        not_directly: &[],
        never: PURE,
    },
    CrateRule { name: "hearth-rpc", may_use: &["hearth-types"], not_directly: &[], never: KUBE },
    CrateRule {
        name: "hearth-storage",
        may_use: &["hearth-types", "hearth-rpc"],
        not_directly: &[],
        never: KUBE,
    },
    CrateRule {
        name: "hearth-files",
        may_use: &["hearth-types", "hearth-conf"],
        not_directly: &["tonic"],
        never: KUBE,
    },
    CrateRule {
        name: "hearth-rdd",
        may_use: &[
            "hearth-types",
            "hearth-conf",
            "hearth-scheduler",
            "hearth-rpc",
            "hearth-storage",
            "hearth-files",
            "hearth-cluster",
            "hearth-driver",
            "hearth-executor",
        ],
        not_directly: &["tonic", "kube", "k8s-openapi"],
        never: &[],
    },
    CrateRule {
        name: "hearth-cluster",
        may_use: &["hearth-types", "hearth-conf"],
        not_directly: &[],
        never: &[],
    },
    CrateRule {
        name: "hearth-driver",
        may_use: &[
            "hearth-types",
            "hearth-conf",
            "hearth-scheduler",
            "hearth-rpc",
            "hearth-cluster",
            "hearth-storage",
            "hearth-status",
        ],
        not_directly: KUBE,
        never: &["hearth-rdd", "hearth-files"],
    },
    CrateRule {
        name: "hearth-executor",
        may_use: &["hearth-types", "hearth-conf", "hearth-rpc", "hearth-storage"],
        not_directly: &[],
        never: &["kube", "k8s-openapi", "hearth-scheduler", "hearth-driver", "hearth-rdd"],
    },
    CrateRule {
        name: "hearth-status",
        may_use: &["hearth-types", "hearth-conf"],
        not_directly: &[],
        never: &["kube", "k8s-openapi", "tonic"],
    },
    CrateRule {
        name: "hearth-crd",
        may_use: &[],
        not_directly: &[],
        never: &["tokio", "kube-client", "kube-runtime"],
    },
    CrateRule {
        name: "hearth-operator",
        may_use: &["hearth-types", "hearth-conf", "hearth-crd", "hearth-rpc"],
        not_directly: &["tonic"],
        never: &["hearth-scheduler", "hearth-driver", "hearth-executor", "hearth-rdd", "hearth-storage"],
    },
    CrateRule {
        name: "hearth",
        may_use: &[
            "hearth-types",
            "hearth-conf",
            "hearth-scheduler",
            "hearth-rpc",
            "hearth-storage",
            "hearth-files",
            "hearth-rdd",
            "hearth-cluster",
            "hearth-driver",
            "hearth-executor",
            "hearth-status",
        ],
        not_directly: KUBE,
        never: &[],
    },
    CrateRule { name: "hearth-operator-bench", may_use: &["hearth-crd"], not_directly: &[], never: &[] },
    CrateRule { name: "hearth-bench", may_use: &["hearth"], not_directly: KUBE, never: &[] },
    CrateRule {
        name: "hearth-cli",
        may_use: &[
            "hearth",
            "hearth-types",
            "hearth-conf",
            "hearth-scheduler",
            "hearth-rpc",
            "hearth-storage",
            "hearth-files",
            "hearth-rdd",
            "hearth-cluster",
            "hearth-driver",
            "hearth-executor",
            "hearth-status",
            "hearth-crd",
            "hearth-operator",
        ],
        not_directly: &[],
        never: &[],
    },
    CrateRule { name: "hearth-examples", may_use: &["hearth"], not_directly: KUBE, never: &[] },
    CrateRule {
        name: "hearth-tests",
        may_use: &["hearth", "hearth-types", "hearth-conf", "hearth-status"],
        not_directly: KUBE,
        never: &[],
    },
    CrateRule { name: "hearth-examples-image", may_use: &["hearth"], not_directly: &[], never: &[] },
    CrateRule { name: "hearth-cluster-tests", may_use: &[], not_directly: &[], never: &[] },
    CrateRule {
        name: "xtask",
        may_use: &["hearth-conf", "hearth-crd"],
        not_directly: &[],
        never: &["kube-client", "kube-runtime"],
    },
];

/// External packages that only some of ours may depend on directly.
pub(super) const OWNERS: &[(&str, &[&str])] = &[
    (
        "kube",
        &["hearth-operator", "hearth-cluster", "hearth-cli", "hearth-cluster-tests", "hearth-operator-bench"],
    ),
    ("kube-core", &["hearth-crd"]),
    ("kube-derive", &["hearth-crd"]),
    (
        "k8s-openapi",
        &[
            "hearth-crd",
            "hearth-operator",
            "hearth-cluster",
            "hearth-cluster-tests",
            "hearth-cli",
            "hearth-operator-bench",
        ],
    ),
    ("prost", &["hearth-rpc"]),
    ("tonic-prost", &["hearth-rpc"]),
    ("tonic", &["hearth-rpc", "hearth-storage", "hearth-driver", "hearth-executor"]),
    ("rustls", &["hearth-rpc"]),
    ("rcgen", &["hearth-rpc"]),
    ("object_store", &["hearth-files"]),
    ("protox", &["xtask"]),
    ("tonic-prost-build", &["xtask"]),
    ("serde_norway", &["hearth-crd", "hearth-cli", "hearth-cluster-tests"]),
];
