//! What happens to an application while its watch is broken is seen afterwards, and acted on once.

use super::*;
use crate::cache::watch_all;
use crate::queue::Queue;
use crate::settings::Scope;

/// Longer than any wait before a watch is begun again. The clock is not the real one.
const QUIET: Duration = Duration::from_secs(60);

/// Works until nothing happens any more.
async fn work(ctx: &Context, queue: &Queue) {
    while let Ok(Some(key)) = tokio::time::timeout(QUIET, queue.next()).await {
        let outcome = reconcile(ctx, &key).await.unwrap();
        // Nobody waits here for what comes by and by.
        let is_over = matches!(outcome, Outcome::After(_));
        queue.finish(&key, if is_over { Outcome::Done } else { outcome });
    }
}

#[tokio::test(start_paused = true)]
async fn an_application_that_is_edited_while_nobody_watches_is_changed_once() {
    let api = FakeApi::default();
    api.put(APPLICATION, application());
    let ctx = operator(&api);
    let queue = Arc::new(Queue::default());
    let scope = Scope { namespaces: vec!["ns".into()], namespace_selector: None, application_selector: None };
    let mut watches = watch_all(&ctx.client, &scope, &ctx.cache, &queue, &ctx.metrics);
    watches.synced(QUIET).await.unwrap();
    queue.push(&Key::new("ns", "pi"));
    work(&ctx, &queue).await;
    assert_eq!(state(&api), "SUBMITTED");
    api.take_log();

    api.break_watches();
    let mut edited = api.get(APPLICATION).unwrap();
    edited["spec"]["executor"]["instances"] = 3.into();
    edited["metadata"]["generation"] = 2.into();
    api.put(APPLICATION, edited);
    api.forget_changes(true);
    work(&ctx, &queue).await;
    let mut log = api.take_log();
    log.retain(|request| !request.starts_with("GET") && !request.starts_with("WATCH"));
    assert_eq!(log, ["PATCH executorpools", "PUT sparkapplications/status", "POST pods"]);
    assert_eq!(api.all("pods").len(), 4);
}
