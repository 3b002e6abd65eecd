//! What is printed when a test fails: everything that a person would look at.

use crate::install::OPERATOR_NAMESPACE;
use crate::{Scene, kubectl, run};

/// Prints objects, events, logs, and the end of the operator's log.
pub(crate) fn print(scene: &Scene) {
    let here = ["--namespace", scene.namespace.as_str()];
    let questions: [(&str, &[&str]); 6] = [
        ("objects", &["get", "sparkapp,executorpools,pods,services,secrets", "-o", "wide"]),
        ("status", &["get", "sparkapp,executorpools", "-o", "yaml"]),
        ("pods", &["describe", "pods"]),
        ("events", &["get", "events", "--sort-by=.lastTimestamp"]),
        ("logs of drivers", &["logs", "-l", "spark-role=driver", "--tail=60", "--prefix"]),
        ("logs of executors", &["logs", "-l", "spark-role=executor", "--tail=40", "--prefix"]),
    ];
    for (title, arguments) in questions {
        ask(scene, title, &here, arguments);
    }
    let operator = ["--namespace", OPERATOR_NAMESPACE];
    ask(scene, "operator", &operator, &["get", "pods", "-o", "wide"]);
    ask(
        scene,
        "log of the operator",
        &operator,
        &["logs", "-l", "app.kubernetes.io/component=controller", "--tail=60"],
    );
}

#[expect(clippy::print_stderr, reason = "the output of a failed test")]
fn ask(scene: &Scene, title: &str, namespace: &[&str], arguments: &[&str]) {
    let mut command = kubectl(scene.cluster);
    command.args(namespace).args(arguments);
    match run(command, "") {
        Ok(output) => eprintln!("---- {title}\n{}{}", output.stdout, output.stderr),
        Err(error) => eprintln!("---- {title}: {error:#}"),
    }
}
