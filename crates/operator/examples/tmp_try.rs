use kube::CustomResourceExt;
#[tokio::main]
async fn main() {
    let arg = std::env::args().nth(1).unwrap_or_default();
    if arg == "crds" {
        for crd in [hearth_crd::SparkApplication::crd(), hearth_crd::ExecutorPool::crd(), hearth_crd::ScheduledSparkApplication::crd(), hearth_crd::SparkConnect::crd()] {
            let mut crd = crd;
            crd.metadata.annotations.get_or_insert_default().insert("api-approved.kubernetes.io".into(), "https://github.com/kubeflow/spark-operator/pull/1298".into());
            println!("---\n{}", serde_json::to_string(&crd).unwrap());
        }
        return;
    }
    tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).with_writer(std::io::stderr).init();
    let settings = hearth_operator::settings::Settings {
        metrics: Some(hearth_operator::settings::MetricsSettings { bind_address: "127.0.0.1:18080".parse().unwrap(), ..Default::default() }),
        health_probe_bind_address: Some("127.0.0.1:18081".parse().unwrap()),
        build: hearth_operator::application::build::Settings { default_image: Some("hearth:dev".into()), ..Default::default() },
        scope: hearth_operator::settings::Scope { namespaces: std::env::var("NAMESPACES").unwrap().split(',').map(str::to_owned).collect(), ..Default::default() },
        ..Default::default()
    };
    let stop = tokio_util::sync::CancellationToken::new();
    let s = stop.clone();
    tokio::spawn(async move { tokio::signal::ctrl_c().await.unwrap(); s.cancel(); });
    hearth_operator::run::run(settings, "try", stop).await.unwrap();
}
