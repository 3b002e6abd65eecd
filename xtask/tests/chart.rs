//! Tests of the Helm chart with Helm itself: what it renders for several values, and which values it refuses.
//!
//! Without `helm` in `PATH` or `$HELM` there is nothing to test with; `$HEARTH_REQUIRE_HELM` makes that a failure.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::ffi::OsString;
use std::io::ErrorKind;
use std::process::{Command, Output};

const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../charts/hearth");

/// Runs Helm on the chart; none where there is no Helm.
fn helm(arguments: &[&str]) -> Option<Output> {
    let program = std::env::var_os("HELM").unwrap_or_else(|| OsString::from("helm"));
    match Command::new(program).args(arguments).current_dir(CHART).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            assert!(std::env::var_os("HEARTH_REQUIRE_HELM").is_none(), "helm is required and not there");
            None
        }
        output => Some(output.unwrap()),
    }
}

/// What Helm renders for the chart's own values and these; none where there is no Helm.
fn render(arguments: &[&str]) -> Option<String> {
    let arguments = [&["template", "hearth", ".", "--namespace", "operators"], arguments].concat();
    let output = helm(&arguments)?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// The rendered objects of one kind.
fn of_kind<'r>(rendered: &'r str, kind: &str) -> Vec<&'r str> {
    let line = format!("\nkind: {kind}\n");
    rendered.split("\n---\n").filter(|object| object.contains(&line)).collect()
}

#[test]
fn it_is_well_formed_with_all_sets_of_values() {
    for values in ["values.yaml", "ci/kubeflow-values.yaml", "ci/all-namespaces-values.yaml"] {
        let Some(output) = helm(&["lint", "--strict", ".", "--values", values]) else { return };
        assert!(output.status.success(), "{values}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn values_that_mean_nothing_are_refused() {
    for (value, complaint) in [
        ("image.tga=x", "image"),
        ("controler.replicas=2", "controler"),
        ("controller.replicas=two", "controller"),
        ("controller.replicas=-1", "controller"),
        ("controller.leaderElection.leaseDuration=15", "leaseDuration"),
        ("controller.leaderElection.leaseDuration=soon", "leaseDuration"),
        ("controller.leaderElection.renewDeadline=1m", "renewDeadline must be less than leaseDuration"),
        ("controller.leaderElection.leaseDuration=10000ms", "renewDeadline must be less than leaseDuration"),
        ("controller.leaderElection.retryPeriod=10s", "retryPeriod must be less than renewDeadline"),
        ("controller.logLevel=loud", "logLevel"),
        ("image.pullPolicy=Sometimes", "pullPolicy"),
        ("spark.jobNamespaces={A}", "jobNamespaces"),
        ("spark.jobNamespaces=default", "jobNamespaces"),
        ("networkPolicy.uiFrom[0].pods.a=b", "uiFrom"),
        ("prometheus.metrics.port=0", "port"),
        ("controller.uiIngress.enable=true", "controller.uiIngress.urlFormat is needed"),
        ("controller.podDisruptionBudget.enable=true", "needs controller.replicas of at least 2"),
    ] {
        let Some(output) = helm(&["template", "hearth", ".", "--set", value]) else { return };
        assert!(!output.status.success(), "{value} is accepted");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains(complaint), "{value}: {error}");
    }
}

#[test]
fn several_operators_have_to_agree_on_one() {
    let values = "controller.replicas=2,controller.leaderElection.enable=false";
    let Some(output) = helm(&["template", "hearth", ".", "--set", values]) else { return };
    assert!(!output.status.success());
    let one = render(&["--set", "controller.leaderElection.enable=false"]).unwrap();
    assert!(of_kind(&one, "Deployment")[0].contains("type: Recreate"));
    assert!(!one.contains("leases"));
}

#[test]
fn the_operator_has_no_rights_in_the_cluster_unless_it_serves_namespaces_without_names() {
    let Some(named) = render(&["--set", "spark.jobNamespaces={default,jobs}"]) else { return };
    assert!(of_kind(&named, "ClusterRole").is_empty());
    assert!(of_kind(&named, "ClusterRoleBinding").is_empty());
    // The job namespaces, the lock and the test of the chart.
    assert_eq!(of_kind(&named, "Role").len(), 4);
    assert!(named.contains("--namespaces=default,jobs\n"));
    for values in
        ["spark.jobNamespaceSelector=spark=enabled", "spark.jobNamespaces[0]=", "spark.jobNamespaces=null"]
    {
        let rendered = render(&["--set", values]).unwrap();
        assert_eq!(of_kind(&rendered, "ClusterRole").len(), 1, "{values}");
    }
    let all = render(&["--values", "ci/all-namespaces-values.yaml"]).unwrap();
    assert!(all.contains("--namespaces=\n"));
    assert!(!all.contains("spark-operator-spark"));
}

#[test]
fn the_operator_has_no_right_to_everything() {
    for values in ["values.yaml", "ci/kubeflow-values.yaml", "ci/all-namespaces-values.yaml"] {
        let Some(rendered) = render(&["--values", values]) else { return };
        for role in [of_kind(&rendered, "Role"), of_kind(&rendered, "ClusterRole")].concat() {
            assert!(!role.contains('*'), "{values}: {role}");
            assert!(!role.contains("escalate") && !role.contains("bind]"), "{values}: {role}");
        }
    }
}

#[test]
fn the_operator_runs_without_privileges() {
    let Some(rendered) = render(&[]) else { return };
    let deployment = of_kind(&rendered, "Deployment")[0];
    for line in [
        "runAsNonRoot: true",
        "runAsUser: 185",
        "readOnlyRootFilesystem: true",
        "allowPrivilegeEscalation: false",
        "type: RuntimeDefault",
        "- ALL",
    ] {
        assert!(deployment.contains(line), "{line}\n{deployment}");
    }
}

#[test]
fn values_of_kubeflows_chart_reach_the_operator() {
    let Some(rendered) = render(&["--values", "ci/kubeflow-values.yaml"]) else { return };
    let deployment = of_kind(&rendered, "Deployment")[0];
    for line in [
        "image: \"registry.example.com/team/hearth:1.2.3\"",
        "replicas: 2",
        "- --controller-threads=10",
        "- --namespaces=default,spark",
        "- --namespace-selector=spark=enabled",
        "- --log-level=debug",
        "- --log-format=json",
        "- --driver-pod-creation-grace-period=20s",
        "- --max-tracked-executor-per-app=100",
        "- --default-time-to-live-seconds=3600",
        "- --enable-driver-pdb=true",
        "- --kube-api-qps=20",
        "- --kube-api-burst=30",
        "- \"--ingress-url-format={{$appName}}.{{$appNamespace}}.example.com\"",
        "- --ingress-class-name=nginx",
        "- --kube-scheduler-names=coscheduling",
        "- --default-batch-scheduler=volcano",
        "- --metrics-bind-address=:9090",
        "- --metrics-prefix=spark_",
        "- --metrics-labels=app_type,namespace",
        "- --metrics-job-start-latency-buckets=1,2,3",
        "- --leader-election-lock-name=hearth-controller-lock",
        "- --leader-election-lock-namespace=operators",
        "priorityClassName: system-cluster-critical",
        "hostUsers: false",
        "name: sidecar",
        "topologyKey: kubernetes.io/hostname",
        "team: data",
    ] {
        assert!(deployment.contains(line), "{line}\n{deployment}");
    }
    assert_eq!(of_kind(&rendered, "PodDisruptionBudget").len(), 1);
    assert_eq!(of_kind(&rendered, "PodMonitor").len(), 1);
    let accounts = of_kind(&rendered, "ServiceAccount");
    assert_eq!(accounts.iter().filter(|account| account.contains("\n  name: spark\n")).count(), 2);
    assert!(of_kind(&rendered, "ClusterRole")[0].contains("podgroups"));
}

#[test]
fn the_test_of_a_release_runs_where_applications_are_served() {
    for (values, namespace) in [
        ("spark.jobNamespaces={jobs,default}", Some("jobs")),
        ("spark.jobNamespaces[0]=", Some("operators")),
        ("spark.jobNamespaces=null,spark.jobNamespaceSelector=spark=enabled", None),
    ] {
        let Some(rendered) = render(&["--set", values]) else { return };
        let pods = of_kind(&rendered, "Pod");
        let submits = |namespace| pods.iter().any(|pod| pod.contains(&format!("--namespace, {namespace}, ")));
        assert_eq!(pods.len(), usize::from(namespace.is_some()), "{values}");
        assert!(namespace.is_none_or(submits), "{values}: {pods:?}");
    }
}

#[test]
fn definitions_stay_when_the_release_goes() {
    let Some(rendered) = render(&[]) else { return };
    let definitions = of_kind(&rendered, "CustomResourceDefinition");
    assert_eq!(definitions.len(), 4);
    for definition in definitions {
        assert!(definition.contains("helm.sh/resource-policy: keep"));
    }
    let without = render(&["--set", "crds.install=false"]).unwrap();
    assert!(of_kind(&without, "CustomResourceDefinition").is_empty());
    let all = render(&["--values", "ci/all-namespaces-values.yaml"]).unwrap();
    assert!(!of_kind(&all, "CustomResourceDefinition")[0].contains("resource-policy"));
}

#[test]
fn names_follow_the_release() {
    let Some(rendered) = render(&["--set", "fullnameOverride=spark-operator"]) else { return };
    assert!(rendered.contains("name: spark-operator-controller\n"));
    let Some(output) = helm(&["template", "data", "."]) else { return };
    assert!(String::from_utf8(output.stdout).unwrap().contains("name: data-hearth-controller\n"));
}
