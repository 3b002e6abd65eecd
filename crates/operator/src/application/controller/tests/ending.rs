//! The end of a run, in the middle of which the operator is killed.

use super::*;

/// Runs an application of which `edit` was changed, whose driver is in `phase` and `container` then, and kills the operator that
/// sees it after each of its requests. Answers with the attempts that its successor knows of, one for each time.
async fn attempts(edit: &Value, phase: &str, container: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    for last_is_obeyed in [false, true] {
        for requests in 1..=8 {
            let api = FakeApi::default();
            let mut edited = application();
            edited["spec"].as_object_mut().unwrap().extend(edit.as_object().unwrap().clone());
            api.put(APPLICATION, edited);
            let ctx = operator(&api);
            settle(&ctx).await.unwrap();
            for name in ["pi-driver", "pi-1-exec-1", "pi-1-exec-2"] {
                tell(&api, &ctx, name, "Running", &json!({ "running": { "startedAt": ago(2) } }));
            }
            settle(&ctx).await.unwrap();
            tell(&api, &ctx, "pi-driver", phase, container);
            api.break_after(requests, last_is_obeyed);
            drop(settle(&ctx).await);
            api.mend();
            // Its successor knows only what the API server has.
            settle(&operator(&api)).await.unwrap();
            all.push(api.get(APPLICATION).unwrap()["status"]["attempts"].clone());
        }
    }
    all
}

#[tokio::test]
async fn a_success_that_is_run_again_is_one_whenever_the_operator_is_killed() {
    let ended = json!({ "terminated": { "exitCode": 0, "finishedAt": ago(1) } });
    let always = json!({ "restartPolicy": { "type": "Always" } });
    for attempts in attempts(&always, "Succeeded", &ended).await {
        assert_eq!(
            (attempts[0]["outcome"].as_str(), &attempts[1]),
            (Some("Succeeded"), &Value::Null),
            "{attempts}"
        );
    }
}

#[tokio::test]
async fn a_limit_that_has_passed_is_told_whenever_the_operator_is_killed() {
    let limit = json!({ "timeouts": { "runSeconds": 50 } });
    for attempts in attempts(&limit, "Running", &json!({ "running": { "startedAt": ago(100) } })).await {
        assert_eq!(
            (attempts[0]["cause"].as_str(), &attempts[1]),
            (Some("DeadlineExceeded"), &Value::Null),
            "{attempts}"
        );
    }
}
