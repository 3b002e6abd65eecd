//! An operator that has been upgraded goes on with the applications of the one before it.

use super::*;
use crate::application::build;

fn operator_with_image(api: &FakeApi, image: &str) -> Context {
    let build = build::Settings { default_image: Some(image.to_owned()), ..build::Settings::default() };
    Context { settings: Arc::new(Settings { build, ..Settings::default() }), ..operator(api) }
}

/// Name and image of every pod.
fn images(api: &FakeApi) -> Vec<String> {
    let image = |pod: Value| format!("{} {}", pod["metadata"]["name"], pod["spec"]["containers"][0]["image"]);
    api.all("pods").into_iter().map(image).collect()
}

#[tokio::test]
async fn pods_that_are_made_after_an_upgrade_have_the_image_of_those_that_they_join() {
    let api = FakeApi::default();
    let mut without_image = application();
    without_image["spec"].as_object_mut().unwrap().remove("image");
    without_image["spec"]["restartPolicy"] = json!({ "type": "OnFailure", "onFailureRetries": 3 });
    api.put(APPLICATION, without_image);
    let ctx = operator_with_image(&api, "hearth:1");
    settle(&ctx).await.unwrap();
    for name in ["pi-driver", "pi-1-exec-1", "pi-1-exec-2"] {
        tell(&api, &ctx, name, "Running", &json!({ "running": { "startedAt": ago(100) } }));
    }
    settle(&ctx).await.unwrap();
    let mut old = api.get(APPLICATION).unwrap();
    old["status"]["lastSubmissionAttemptTime"] = ago(100).into();
    api.put(APPLICATION, old);
    api.remove("/api/v1/namespaces/ns/pods/pi-driver");
    let failed = json!({ "terminated": { "exitCode": 1, "finishedAt": ago(1), "startedAt": ago(100) } });
    tell(&api, &ctx, "pi-1-exec-1", "Failed", &failed);

    settle(&operator_with_image(&api, "hearth:2")).await.unwrap();
    assert_eq!(
        images(&api),
        [r#""pi-1-exec-2" "hearth:1""#, r#""pi-1-exec-3" "hearth:1""#, r#""pi-driver" "hearth:1""#]
    );
    let driver = api.get("/api/v1/namespaces/ns/pods/pi-driver").unwrap();
    assert_eq!(driver["metadata"]["annotations"]["hearth.dev/driver-epoch"], "2");
}
