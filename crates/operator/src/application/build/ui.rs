//! The web UI: its port and where it is reached from outside.

use hearth_types::pod::UI_PORT;

use super::context::Context;

/// What `{{$…}}` in an address stands for, and the address in its parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct IngressUrl {
    /// The host.
    pub(super) host: String,
    /// The path: empty, or with a slash in front and none behind.
    pub(super) path: String,
}

impl IngressUrl {
    /// Fills in an address such as `{{$appName}}.example.com/{{$appNamespace}}`.
    pub(super) fn of(ctx: &Context<'_>, format: &str) -> Self {
        let filled = format
            .replace("{{$appName}}", ctx.name)
            .replace("{{$appNamespace}}", ctx.namespace)
            .replace("{{$appId}}", &ctx.submission.spark_application_id);
        let address = filled.split_once("://").map_or(filled.as_str(), |(_, address)| address);
        let (host, path) = address.split_once('/').unwrap_or((address, ""));
        let path = path.trim_matches('/');
        let path = if path.is_empty() { String::new() } else { format!("/{path}") };
        Self { host: host.to_owned(), path }
    }
}

/// Whether the driver has a web UI.
pub(super) fn has_ui(ctx: &Context<'_>) -> bool {
    ctx.setting("spark.ui.enabled").is_none_or(|value| !value.eq_ignore_ascii_case("false"))
}

/// Whether it has a service.
pub(super) fn has_ui_service(ctx: &Context<'_>) -> bool {
    ctx.settings.ui_service && has_ui(ctx)
}

/// Its port: `spark.ui.port`.
pub(super) fn ui_port(ctx: &Context<'_>) -> i32 {
    let given = ctx.setting("spark.ui.port").and_then(|port| port.parse::<u16>().ok());
    i32::from(given.filter(|port| *port > 0).unwrap_or(UI_PORT))
}

/// Where it is reached from outside.
pub(super) fn ui_url(ctx: &Context<'_>) -> Option<IngressUrl> {
    let format = ctx.settings.ingress_url_format.as_deref().filter(|format| !format.is_empty())?;
    has_ui_service(ctx).then(|| IngressUrl::of(ctx, format))
}

/// What the UI has to know when its ingress cuts a path off.
pub(super) fn proxy_conf(ctx: &Context<'_>) -> Vec<(&'static str, String)> {
    match ui_url(ctx) {
        Some(url) if !url.path.is_empty() => {
            vec![("spark.ui.proxyBase", url.path), ("spark.ui.proxyRedirectUri", "/".to_owned())]
        }
        _ => Vec::new(),
    }
}
