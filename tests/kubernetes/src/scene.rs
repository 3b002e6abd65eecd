//! One test: a namespace, what it does there, and the end of it.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use kube::api::{ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ObjectMeta, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use serde_json::{Value, json};

use crate::cluster::say;
use crate::turns::Turn;
use crate::{Application, Cluster, Manifest, Output, kubectl, limits, report, run};

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
        let _turn = Turn::together();
        play(cluster, name, test);
    }
}

/// As [`in_namespace`], while no other test runs: for tests that kill nodes or the operator.
///
/// # Panics
/// The test fails.
pub fn alone<F: Future<Output = anyhow::Result<()>>>(name: &str, test: impl FnOnce(Arc<Scene>) -> F) {
    if let Some(cluster) = Cluster::get() {
        let _turn = Turn::alone();
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
        // What follows `--` is the program's.
        let (verb, options) = arguments.split_first().context("a command of hearth")?;
        command.args([verb, "--namespace", &self.namespace]).args(options);
        let input = input.to_owned();
        tokio::task::spawn_blocking(move || run(command, &input)).await?
    }

    /// Follows the example of this name to its end: its file as it is, with the image of the tests, little CPU and these fields set.
    ///
    /// # Errors
    /// As [`Self::hearth`].
    pub async fn follow_example(
        &self,
        name: &str,
        fields: &[(&str, Value)],
        arguments: &[&str],
    ) -> anyhow::Result<Output> {
        let file = self.file(&format!("deploy/examples/{name}.yaml"));
        let own = [
            ("spec.image", json!(self.cluster.image)),
            ("spec.driver.coreRequest", json!("50m")),
            ("spec.executor.coreRequest", json!("50m")),
        ];
        let fields = own.iter().chain(fields).map(|(path, value)| format!("--set={path}={value}"));
        let words = ["submit", "--follow", "--timeout=2m"].map(str::to_owned).into_iter().chain(fields);
        let words: Vec<String> = words.chain([file.display().to_string()]).collect();
        let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
        if !arguments.is_empty() {
            words.push("--");
            words.extend(arguments);
        }
        self.hearth(&words, "").await
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
