//! Two operators and one lease.

use super::*;
use crate::testing::FakeApi;

const LEASE: &str = "/apis/coordination.k8s.io/v1/namespaces/hearth/leases/lock";

fn settings() -> LeaderElection {
    LeaderElection {
        lock_name: "lock".into(),
        lock_namespace: "hearth".into(),
        lease_duration: Duration::from_secs(15),
        renew_deadline: Duration::from_secs(10),
        retry_period: Duration::from_secs(2),
    }
}

fn elector(api: &FakeApi, identity: &str) -> Elector {
    Elector::new(api.client(), settings(), identity.to_owned(), Fence::default())
}

#[tokio::test(start_paused = true)]
async fn the_first_takes_the_lease_and_the_second_waits_until_it_is_over() {
    let api = FakeApi::default();
    let (mut one, mut two) = (elector(&api, "one"), elector(&api, "two"));
    one.acquire().await;
    assert!(one.fence.is_open());
    assert_eq!(api.get(LEASE).unwrap()["spec"]["holderIdentity"], "one");

    let start = Instant::now();
    two.acquire().await;
    // Without a renewal of the first, and never before its own term is over.
    assert!(start.elapsed() >= Duration::from_secs(15), "{:?}", start.elapsed());
    assert!(!one.fence.is_open());
    assert!(two.fence.is_open());
    assert_eq!(api.get(LEASE).unwrap()["spec"]["leaseTransitions"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_renews_is_left_alone() {
    let api = FakeApi::default();
    let (mut one, mut two) = (elector(&api, "one"), elector(&api, "two"));
    one.acquire().await;
    let fence = one.fence.clone();
    let hold = tokio::spawn(async move { one.hold().await });
    let taken = tokio::time::timeout(Duration::from_secs(300), two.acquire()).await;
    assert!(taken.is_err());
    assert!(fence.is_open() && !hold.is_finished());
}

#[tokio::test(start_paused = true)]
async fn a_leader_whose_lease_was_taken_stops() {
    let api = FakeApi::default();
    let mut one = elector(&api, "one");
    one.acquire().await;
    let mut lease = api.get(LEASE).unwrap();
    lease["spec"]["holderIdentity"] = "two".into();
    api.put(LEASE, lease);
    one.hold().await;
    assert!(!one.fence.is_open());
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_given_back_is_taken_at_once() {
    let api = FakeApi::default();
    let (mut one, mut two) = (elector(&api, "one"), elector(&api, "two"));
    one.acquire().await;
    one.release().await;
    assert!(!one.fence.is_open());
    let start = Instant::now();
    two.acquire().await;
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_lease_of_a_part_of_a_second_lasts_a_whole_one() {
    let api = FakeApi::default();
    let mut one = elector(&api, "one");
    one.settings.lease_duration = Duration::from_millis(500);
    one.acquire().await;
    assert_eq!(api.get(LEASE).unwrap()["spec"]["leaseDurationSeconds"], 1);
}
