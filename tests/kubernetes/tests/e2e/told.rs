//! What `kubectl` shows to whoever wants to know: columns, events, and what the fields mean.

use anyhow::{Context as _, ensure};
use hearth_cluster_tests::in_namespace;
use serde_json::{Value, json};

#[test]
fn get_has_kubeflows_columns_and_describe_tells_the_story() {
    in_namespace("described", async |scene| {
        let pi = scene.apply(&scene.example("pi")?).await?;
        pi.reaches("COMPLETED").await?;
        let table = scene.kubectl(&["get", "sparkapp", "pi"], "").await?.success()?;
        let mut rows = table.lines().map(|row| row.split_whitespace().collect::<Vec<_>>());
        let head = rows.next().context("a header")?;
        ensure!(head == ["NAME", "SUSPEND", "STATUS", "ATTEMPTS", "START", "FINISH", "AGE"], "{table}");
        // Without `suspend` its column is empty.
        let row = rows.next().context("a row")?;
        ensure!(row.len() == 6 && row[..3] == ["pi", "COMPLETED", "1"], "{table}");
        for reason in ["SparkDriverRunning", "SparkApplicationCompleted"] {
            scene.event("pi", reason).await?;
        }
        let described = scene.kubectl(&["describe", "sparkapp/pi"], "").await?.success()?;
        let (_, events) = described.split_once("\nEvents:").context("events")?;
        let (running, completed) =
            (events.find("SparkDriverRunning"), events.find("SparkApplicationCompleted"));
        ensure!(running.is_some() && running < completed, "{events}");
        Ok(())
    });
}

#[test]
fn explain_says_what_each_field_means() {
    in_namespace("explained", async |scene| {
        for (field, meaning) in [
            ("sparkapplication.spec.driver", "podName\t<string>"),
            ("sparkapplication.spec.driver.memory", "The memory of the program"),
            ("sparkapplication.spec.timeouts.runSeconds", "From the start of the driver to its end"),
            ("sparkapplication.status.attempts", "How it ended"),
            ("executorpool.spec.replicas", "How many executors there are to be"),
        ] {
            let text = scene.kubectl(&["explain", field], "").await?.success()?;
            ensure!(text.contains(meaning), "{field}: {text}");
        }
        Ok(())
    });
}

#[test]
fn fields_without_effect_are_named_once_by_an_event_and_by_a_condition_and_the_program_runs() {
    in_namespace("no-effect", async |scene| {
        // As people bring it along from Kubeflow's operator.
        let manifest = scene
            .example("pi")?
            .with("/spec/mainClass", json!("org.apache.spark.examples.SparkPi"))
            .with("/spec/deps/jars", json!(["https://example.com/my.jar"]))
            .with("/spec/deps/packages", json!(["org.apache.hadoop:hadoop-aws:3.4.1"]))
            .with("/spec/hadoopConf", json!({ "fs.gs.project.id": "mine" }))
            .with("/spec/driver/javaOptions", json!("-Dkey=value"))
            .with("/spec/executor/javaOptions", json!("-XX:+UseG1GC"));
        let pi = scene.apply(&manifest).await?;
        pi.reaches("COMPLETED").await?;
        let condition = pi
            .status()
            .pointer("/conditions")
            .and_then(Value::as_array)
            .and_then(|all| all.iter().find(|one| one.get("type") == Some(&json!("Valid"))).cloned());
        let condition = condition.context("the condition Valid")?;
        ensure!(condition.get("status") == Some(&json!("True")), "{condition}");
        ensure!(condition.get("reason") == Some(&json!("FieldsIgnored")), "{condition}");
        let told = condition.get("message").and_then(Value::as_str).unwrap_or_default();
        // The last event of all comes after it.
        scene.event("pi", "SparkApplicationCompleted").await?;
        let events = scene.events("pi", "SparkApplicationFieldsIgnored").await?;
        ensure!(events.len() == 1 && events[0].series.is_none(), "{events:?}");
        let note = events[0].message.as_deref().unwrap_or_default();
        for field in [
            "spec.mainClass",
            "spec.deps.jars",
            "spec.deps.packages",
            "spec.hadoopConf[fs.gs.project.id]",
            "spec.driver.javaOptions",
            "spec.executor.javaOptions",
        ] {
            let sentence = format!("{field} has no effect");
            ensure!(told.contains(&sentence) && note.contains(&sentence), "{sentence}: {told}; {note}");
        }
        Ok(())
    });
}
