use crate::support::on_both;
#[test]
fn smoke() {
    on_both(|sc| assert_eq!(sc.range(0, 10, 1, 3).map(|n| (n % 3, n)).reduce_by_key(|a, b| a + b, 2).count().unwrap(), 3));
}
