//! One test: a namespace, what it does there, and the end of it.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use futures::{AsyncBufReadExt as _, TryStreamExt as _};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{Namespace, Pod, ServiceAccount};
use kube::api::{
    ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, LogParams, ObjectMeta, PostParams,
};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use serde_json::json;

use crate::cluster::say;
use crate::{Application, Cluster, Manifest, Output, kubectl, limits, report, run};

/// Tests that break what others need hold it alone.
static SHARED: RwLock<()> = RwLock::new(());

/// What a test works with.
pub struct Scene {
    /// The cluster.
    pub cluster: &'static Cluster,
    /// A client, as administrator.
    pub client: Client,
    /// The test's own namespace.
    pub namespace: String,
}

impl fmt::Debug for Scene {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Scene").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}

/// Runs a test in a namespace of its own, beside others. `name` is the first part of the namespace's name.
///
/// # Panics
/// The test fails.
pub fn in_namespace<F: Future<Output = anyhow::Result<()>>>(name: &str, test: impl FnOnce(Arc<Scene>) -> F) {
    if let Some(cluster) = Cluster::get() {
        let _together = SHARED.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        play(cluster, name, test);
    }
}

/// As [`in_namespace`], while no other test runs: for tests that kill nodes or the operator.
///
/// # Panics
/// The test fails.
pub fn alone<F: Future<Output = anyhow::Result<()>>>(name: &str, test: impl FnOnce(Arc<Scene>) -> F) {
    if let Some(cluster) = Cluster::get() {
        let _alone = SHARED.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        play(cluster, name, test);
    }
}

fn play<F: Future<Output = anyhow::Result<()>>>(
    cluster: &'static Cluster,
    name: &str,
    test: impl FnOnce(Arc<Scene>) -> F,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcome = runtime.block_on(async {
        let scene = Arc::new(Scene::open(cluster, name).await?);
        let start = Instant::now();
        let outcome = tokio::time::timeout(limits::TEST, test(scene.clone()))
            .await
            .unwrap_or_else(|_| Err(anyhow!("the test took more than {} s", limits::TEST.as_secs())));
        say(&format!(
            "cluster test {name} {} after {:.1} s",
            if outcome.is_ok() { "passed" } else { "FAILED" },
            start.elapsed().as_secs_f64()
        ));
        if outcome.is_err() {
            report::print(&scene);
        }
        scene.close().await?;
        outcome
    });
    if let Err(error) = outcome {
        panic!("{name}: {error:?}");
    }
}

impl Scene {
    async fn open(cluster: &'static Cluster, name: &str) -> anyhow::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let client = Client::try_from(config(cluster).await?)?;
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let namespace = format!("t-{name}-{}-{count}", std::process::id());
        let scene = Self { cluster, client, namespace };
        let object = Namespace {
            metadata: ObjectMeta {
                name: Some(scene.namespace.clone()),
                labels: Some(BTreeMap::from([("hearth.dev/test".to_owned(), "true".to_owned())])),
                ..ObjectMeta::default()
            },
            ..Namespace::default()
        };
        Api::all(scene.client.clone())
            .create(&PostParams::default(), &object)
            .await
            .context("create namespace")?;
        // A pod that comes before it is refused.
        crate::until_one(
            &scene.api::<ServiceAccount>(),
            "default",
            "the default account",
            limits::STEP,
            |_| Some(()),
        )
        .await?;
        // The account that the examples name; the chart makes it in the namespaces that it is told of.
        let account = ServiceAccount {
            metadata: ObjectMeta { name: Some("spark-operator-spark".to_owned()), ..ObjectMeta::default() },
            ..ServiceAccount::default()
        };
        scene.api().create(&PostParams::default(), &account).await.context("create service account")?;
        Ok(scene)
    }

    async fn close(&self) -> anyhow::Result<()> {
        let namespaces = Api::<Namespace>::all(self.client.clone());
        namespaces.delete(&self.namespace, &DeleteParams::background()).await.context("delete namespace")?;
        Ok(())
    }

    /// Objects of a kind in the test's namespace.
    pub fn api<K>(&self) -> Api<K>
    where
        K: kube::Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// The applications of the test's namespace.
    pub fn applications(&self) -> Api<DynamicObject> {
        self.applications_of(self.client.clone())
    }

    /// As [`Self::applications`], as another user sees them.
    pub fn applications_of(&self, client: Client) -> Api<DynamicObject> {
        self.objects(client, "sparkoperator.k8s.io", "v1beta2", "SparkApplication")
    }

    /// The executor pools of the test's namespace.
    pub fn pools(&self) -> Api<DynamicObject> {
        self.pools_of(self.client.clone())
    }

    /// As [`Self::pools`], as another user sees them.
    pub fn pools_of(&self, client: Client) -> Api<DynamicObject> {
        self.objects(client, "hearth.dev", "v1alpha1", "ExecutorPool")
    }

    fn objects(&self, client: Client, group: &str, version: &str, kind: &str) -> Api<DynamicObject> {
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
        Api::namespaced_with(client, &self.namespace, &resource)
    }

    /// A client that shows this token, and nothing of the tests' own rights.
    ///
    /// # Errors
    /// The kubeconfig cannot be read.
    pub async fn client_with_token(&self, token: &str) -> anyhow::Result<Client> {
        let mut config = config(self.cluster).await?;
        config.auth_info = serde_json::from_value(json!({ "token": token }))?;
        Ok(Client::try_from(config)?)
    }

    /// An example with the image of the tests.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn example(&self, name: &str) -> anyhow::Result<Manifest> {
        Manifest::example(name, &self.cluster.image)
    }

    /// So many applications `pi-0`, `pi-1` and so on, each with one executor and as small as can be.
    ///
    /// # Errors
    /// The example cannot be read.
    pub fn small_examples(&self, count: usize) -> anyhow::Result<Vec<Manifest>> {
        let example = self
            .example("pi")?
            .with("/spec/executor/instances", json!(1))
            .with("/spec/executor/memory", json!("200m"))
            .with("/spec/executor/memoryOverhead", json!("100m"))
            .with("/spec/driver/memory", json!("200m"))
            .with("/spec/driver/memoryOverhead", json!("100m"));
        Ok((0..count).map(|n| example.clone().with("/metadata/name", json!(format!("pi-{n}")))).collect())
    }

    /// Another program of the image as an application with two executors.
    ///
    /// # Errors
    /// The example that it is made of cannot be read.
    pub fn program(&self, name: &str, program: &str, arguments: &[&str]) -> anyhow::Result<Manifest> {
        Manifest::program(name, &self.cluster.image, program, arguments)
    }

    /// Applies an application as a user does, and watches it from the beginning.
    ///
    /// # Errors
    /// `kubectl apply` fails.
    pub async fn apply(&self, manifest: &Manifest) -> anyhow::Result<Application> {
        let application = Application::watch(self.applications(), manifest.name()).await?;
        self.kubectl(&["apply", "-f", "-"], &manifest.text()).await?.success()?;
        Ok(application)
    }

    /// Makes an application as a program does, that is without the checks of `kubectl`, and watches it from the beginning.
    ///
    /// # Errors
    /// The API server refuses.
    pub async fn post(&self, manifest: &Manifest) -> anyhow::Result<Application> {
        let application = Application::watch(self.applications(), manifest.name()).await?;
        let object = serde_json::from_str(&manifest.text())?;
        self.applications().create(&PostParams::default(), &object).await?;
        Ok(application)
    }

    /// Applies objects of any kind, as YAML.
    ///
    /// # Errors
    /// `kubectl apply` fails.
    pub async fn apply_yaml(&self, yaml: &str) -> anyhow::Result<()> {
        self.kubectl(&["apply", "-f", "-"], yaml).await?.success()?;
        Ok(())
    }

    /// Runs `kubectl` for the test's namespace.
    ///
    /// # Errors
    /// It cannot be started.
    pub async fn kubectl(&self, arguments: &[&str], input: &str) -> anyhow::Result<Output> {
        let mut command = kubectl(self.cluster);
        command.args(["--namespace", &self.namespace]).args(arguments);
        let input = input.to_owned();
        tokio::task::spawn_blocking(move || run(command, &input)).await?
    }

    /// Runs `hearth` for the test's namespace.
    ///
    /// # Errors
    /// It is not built, or cannot be started.
    pub async fn hearth(&self, arguments: &[&str], input: &str) -> anyhow::Result<Output> {
        let mut command = crate::hearth(self.cluster)?;
        command.args(arguments).args(["--namespace", &self.namespace]);
        let input = input.to_owned();
        tokio::task::spawn_blocking(move || run(command, &input)).await?
    }

    /// The pods of an application with this role, `driver` or `executor`.
    ///
    /// # Errors
    /// The API server refuses.
    pub async fn pods(&self, application: &str, role: &str) -> anyhow::Result<Vec<Pod>> {
        Ok(self.api::<Pod>().list(&of_role(application, role)).await?.items)
    }

    /// The log of a pod's main container.
    ///
    /// # Errors
    /// The API server refuses.
    pub async fn log(&self, pod: &str) -> anyhow::Result<String> {
        Ok(self.api::<Pod>().logs(pod, &LogParams::default()).await?)
    }

    /// Follows a pod's log until a line has this text, and returns that line.
    ///
    /// # Errors
    /// The pod does not start, its log ends before, or the time is over.
    pub async fn log_says(&self, pod: &str, text: &str) -> anyhow::Result<String> {
        let started = |pod: &Pod| {
            let phase = pod.status.as_ref()?.phase.as_deref()?;
            (phase != "Pending").then_some(())
        };
        crate::until_one(&self.api::<Pod>(), pod, &format!("pod {pod} to start"), limits::STEP, started)
            .await?;
        let follow = LogParams { follow: true, ..LogParams::default() };
        let mut lines = self.api::<Pod>().log_stream(pod, &follow).await?.lines();
        let find = async {
            while let Some(line) = lines.try_next().await? {
                if line.contains(text) {
                    return Ok(line);
                }
            }
            // A log that is followed may end before its last lines.
            let log = self.log(pod).await?;
            let line = log.lines().find(|line| line.contains(text)).map(str::to_owned);
            line.ok_or_else(|| anyhow!("the log of {pod} ended without {text:?}"))
        };
        tokio::time::timeout(limits::STEP, find)
            .await
            .map_err(|_| anyhow!("the log of {pod} never said {text:?}"))?
    }

    /// Waits until an application has so many pods of a role that run, and returns them.
    ///
    /// # Errors
    /// The time is over.
    pub async fn running(&self, application: &str, role: &str, count: usize) -> anyhow::Result<Vec<Pod>> {
        let what = format!("{count} running pods with role {role}");
        crate::until_all(&self.api::<Pod>(), &of_role(application, role), &what, limits::LONG_STEP, |pods| {
            let run = |pod: &&Pod| {
                let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
                phase == Some("Running") && pod.metadata.deletion_timestamp.is_none()
            };
            let running: Vec<Pod> = pods.iter().filter(run).cloned().collect();
            (running.len() == count).then_some(running)
        })
        .await
    }

    /// A pod is gone at once, as after `kubectl delete --force --grace-period=0`.
    ///
    /// # Errors
    /// The API server refuses.
    pub async fn kill_pod(&self, pod: &str) -> anyhow::Result<()> {
        self.api::<Pod>().delete(pod, &DeleteParams::default().grace_period(0)).await?;
        Ok(())
    }

    /// A file of this checkout.
    pub fn file(&self, path: &str) -> std::path::PathBuf {
        Path::new(crate::workspace()).join(path)
    }
}

async fn config(cluster: &Cluster) -> anyhow::Result<Config> {
    let kubeconfig = Kubeconfig::read_from(&cluster.kubeconfig)?;
    Ok(Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?)
}

/// Selects the pods of an application with this role.
pub(crate) fn of_role(application: &str, role: &str) -> ListParams {
    ListParams::default().labels(&format!("sparkoperator.k8s.io/app-name={application},spark-role={role}"))
}
