//! What is printed when a test fails: everything that a person would look at.

use crate::install::OPERATOR_NAMESPACE;
use crate::{Cluster, Scene, kubectl, run};

/// Prints objects, events, logs, and the end of the operator's log.
pub(crate) fn print(scene: &Scene) {
    let here = ["--namespace", scene.namespace.as_str()];
    let questions: [(&str, &[&str]); 6] = [
        ("objects", &["get", "sparkapp,executorpools,pods,services,secrets,networkpolicies", "-o", "wide"]),
        ("status", &["get", "sparkapp,executorpools", "-o", "yaml"]),
        ("pods", &["describe", "pods"]),
        ("events", &["get", "events", "--sort-by=.lastTimestamp"]),
        ("logs of drivers", &["logs", "-l", "spark-role=driver", "--tail=60", "--prefix"]),
        ("logs of executors", &["logs", "-l", "spark-role=executor", "--tail=40", "--prefix"]),
    ];
    for (title, arguments) in questions {
        ask(scene.cluster, title, &here, arguments);
    }
    operator(scene.cluster);
}

/// Prints what the operator is doing.
pub(crate) fn operator(cluster: &Cluster) {
    let namespace = ["--namespace", OPERATOR_NAMESPACE];
    ask(cluster, "operator", &namespace, &["get", "pods", "-o", "wide"]);
    ask(cluster, "events of the operator", &namespace, &["get", "events", "--sort-by=.lastTimestamp"]);
    let log = ["logs", "-l", "app.kubernetes.io/component=controller", "--tail=60"];
    ask(cluster, "log of the operator", &namespace, &log);
}

#[expect(clippy::print_stderr, reason = "the output of a failed test")]
fn ask(cluster: &Cluster, title: &str, namespace: &[&str], arguments: &[&str]) {
    let mut command = kubectl(cluster);
    command.args(namespace).args(arguments);
    match run(command, "") {
        Ok(output) => eprintln!("---- {title}\n{}{}", output.stdout, output.stderr),
        Err(error) => eprintln!("---- {title}: {error:#}"),
    }
}
