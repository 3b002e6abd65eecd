//! Edits of the number of executors.

use expect_test::expect;
use serde_json::json;

use super::World;

#[test]
fn the_pool_follows_the_number_of_instances() {
    let world = World::running().spec(|spec| spec["executor"]["instances"] = json!(5));
    let mut world = world;
    world.check(&expect![[r#"
        scale pool to 5
        RUNNING run 1 submission 1
        event SparkApplicationScaled: spec.executor.instances is 5 now; the pool follows
    "#]]);
    world.apply();
    let world = world.edit_pool(|pool| {
        pool.spec.replicas = 5;
        pool.metadata.annotations.as_mut().unwrap().insert("hearth.dev/instances".to_owned(), "5".to_owned());
    });
    world.check(&expect!["nothing"]);
    // Somebody scales the pool: that stays.
    world.edit_pool(|pool| pool.spec.replicas = 9).check(&expect!["nothing"]);
}

#[test]
fn the_bounds_follow_dynamic_allocation() {
    let mut world = World::new().spec(|spec| {
        spec["dynamicAllocation"] = json!({"enabled": true, "minExecutors": 1, "maxExecutors": 4});
    });
    world.submit();
    world.observed.pool = Some(std::sync::Arc::new(world.pool()));
    let world = world.driver(&super::world::running()).after(2).edit_pool(|pool| {
        (pool.spec.min_replicas, pool.spec.max_replicas) = (Some(1), Some(4));
    });
    let mut world = world;
    world.apply();
    world.check(&expect!["nothing"]);
    world.spec(|spec| spec["dynamicAllocation"]["maxExecutors"] = json!(8)).check(&expect![[r#"
        bound pool by Some(1) and Some(8)
        RUNNING run 1 submission 1
    "#]]);
}
