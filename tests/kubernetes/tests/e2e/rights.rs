//! What a driver's token can do at the API server: scale its own pool, and nothing else.

use anyhow::{Context as _, ensure};
use hearth_cluster_tests::{Scene, in_namespace};
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::authorization::v1::{
    ResourceRule, SelfSubjectRulesReview, SelfSubjectRulesReviewSpec, SubjectRulesReviewStatus,
};
use k8s_openapi::api::core::v1::{ConfigMap, Pod, Secret, ServiceAccount};
use kube::api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde_json::json;

#[test]
fn the_token_of_a_driver_scales_its_own_pool_and_is_refused_everything_else() {
    in_namespace("rights", async |scene| {
        scene.apply(&scene.program("other", "scenario", &["wait", "/tmp"])?).await?;
        let manifest = scene
            .program("mine", "scenario", &["wait", "/tmp"])?
            .without("/spec/driver/serviceAccount")
            .with(
                "/spec/dynamicAllocation",
                json!({ "enabled": true, "initialExecutors": 1, "maxExecutors": 2 }),
            );
        let mine = scene.apply(&manifest).await?;
        mine.reaches("RUNNING").await?;
        ensure!(has_token(&scene, "mine").await?, "the driver cannot scale without its token");

        let client = scene.client_with_token(&token(&scene, "mine-driver").await?).await?;
        only_scales(&scene, client.clone(), "mine").await?;
        let pools = scene.pools_of(client.clone());
        pools.get_scale("mine").await.context("get its own scale")?;
        let (params, scale) = (PatchParams::default(), Patch::Merge(json!({ "spec": { "replicas": 1 } })));
        pools.patch_scale("mine", &params, &scale).await.context("patch its own scale")?;

        let replicas = Patch::Merge(json!({ "spec": { "replicas": 2, "maxReplicas": 100 } }));
        refused("get the pool", pools.get("mine").await)?;
        refused("list pools", pools.list(&ListParams::default()).await)?;
        refused("patch the pool", pools.patch("mine", &params, &replicas).await)?;
        refused("delete the pool", pools.delete("mine", &DeleteParams::default()).await)?;
        refused("get the scale of another", pools.get_scale("other").await)?;
        refused("patch the scale of another", pools.patch_scale("other", &params, &scale).await)?;

        let pods = Api::<Pod>::namespaced(client.clone(), &scene.namespace);
        refused("list pods", pods.list(&ListParams::default()).await)?;
        refused("get its own pod", pods.get("mine-driver").await)?;
        refused("delete a pod", pods.delete("other-driver", &DeleteParams::default()).await)?;
        let pod = serde_json::from_value(json!({
            "metadata": { "name": "foreign" },
            "spec": { "containers": [{ "name": "foreign", "image": "foreign" }] },
        }))?;
        refused("create a pod", pods.create(&PostParams::default(), &pod).await)?;

        let secrets = Api::<Secret>::namespaced(client.clone(), &scene.namespace);
        refused("get its own secret", secrets.get("mine-hearth").await)?;
        refused("list secrets", secrets.list(&ListParams::default()).await)?;
        let maps = Api::<ConfigMap>::namespaced(client.clone(), &scene.namespace);
        refused("list config maps", maps.list(&ListParams::default()).await)?;
        let accounts = Api::<ServiceAccount>::namespaced(client.clone(), &scene.namespace);
        let request = accounts.create_token_request("default", &PostParams::default(), &request()).await;
        refused("have a token of another account", request)?;

        let applications: Api<DynamicObject> = scene.applications_of(client);
        let suspend = Patch::Merge(json!({ "spec": { "suspend": true } }));
        refused("patch its application", applications.patch("mine", &params, &suspend).await)?;
        refused("get its application", applications.get("mine").await)
    });
}

#[test]
fn a_driver_without_dynamic_allocation_and_executors_have_no_token() {
    in_namespace("no-token", async |scene| {
        // An account that somebody names is given, with its token.
        let manifest =
            scene.program("plain", "scenario", &["wait", "/tmp"])?.without("/spec/driver/serviceAccount");
        scene.apply(&manifest).await?.reaches("RUNNING").await?;
        ensure!(!has_token(&scene, "plain").await?, "the driver has a token");
        for executor in scene.running("plain", "executor", 2).await? {
            ensure!(!mounts_token(&executor), "an executor has a token");
        }
        Ok(())
    });
}

/// What the API server itself lists: what everybody may, and to scale this pool.
async fn only_scales(scene: &Scene, client: Client, pool: &str) -> anyhow::Result<()> {
    let nobody = scene.client_with_token(&token(scene, "default").await?).await?;
    let (mut mine, everybodys) = (rules(scene, client).await?, rules(scene, nobody).await?);
    mine.resource_rules.retain(|rule| !everybodys.resource_rules.contains(rule));
    mine.non_resource_rules.retain(|rule| !everybodys.non_resource_rules.contains(rule));
    ensure!(mine.non_resource_rules.is_empty(), "{mine:?}");
    let scale = ResourceRule {
        api_groups: Some(vec!["hearth.dev".to_owned()]),
        resources: Some(vec!["executorpools/scale".to_owned()]),
        resource_names: Some(vec![pool.to_owned()]),
        verbs: vec!["get".to_owned(), "patch".to_owned()],
    };
    ensure!(mine.resource_rules == [scale], "{mine:?}");
    Ok(())
}

async fn rules(scene: &Scene, client: Client) -> anyhow::Result<SubjectRulesReviewStatus> {
    let review = SelfSubjectRulesReview {
        spec: SelfSubjectRulesReviewSpec { namespace: Some(scene.namespace.clone()) },
        ..SelfSubjectRulesReview::default()
    };
    let answer = Api::all(client).create(&PostParams::default(), &review).await?;
    let rules = answer.status.context("the rules")?;
    ensure!(!rules.incomplete, "{rules:?}");
    Ok(rules)
}

/// Whether the driver of this application has a token.
async fn has_token(scene: &Scene, application: &str) -> anyhow::Result<bool> {
    let driver = scene.pods(application, "driver").await?.pop().context("a driver")?;
    Ok(mounts_token(&driver))
}

fn mounts_token(pod: &Pod) -> bool {
    let volumes = pod.spec.as_ref().and_then(|spec| spec.volumes.as_ref());
    volumes.into_iter().flatten().any(|volume| {
        let sources = volume.projected.as_ref().and_then(|projected| projected.sources.as_ref());
        sources.into_iter().flatten().any(|source| source.service_account_token.is_some())
    })
}

async fn token(scene: &Scene, account: &str) -> anyhow::Result<String> {
    let accounts = scene.api::<ServiceAccount>();
    let answer = accounts.create_token_request(account, &PostParams::default(), &request()).await?;
    answer.status.and_then(|status| status.token).context("a token")
}

fn request() -> TokenRequest {
    TokenRequest { spec: Some(TokenRequestSpec::default()), ..TokenRequest::default() }
}

fn refused<T>(what: &str, answer: kube::Result<T>) -> anyhow::Result<()> {
    match answer {
        Err(kube::Error::Api(status)) if status.code == 403 => Ok(()),
        Err(error) => Err(anyhow::Error::new(error).context(format!("{what}: not refused, but failed"))),
        Ok(_) => anyhow::bail!("{what}: it may"),
    }
}
