//! A summary without quantiles: how many and how much in all, which is what Kubeflow's summaries have.
//! The library has no such thing.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use prometheus::core::{Collector, Desc};
use prometheus::proto::{LabelPair, Metric, MetricFamily, MetricType, Summary};

use super::applications::LabelValues;

/// Sums by label.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    desc: Arc<Desc>,
    sums: Arc<Mutex<BTreeMap<LabelValues, (u64, f64)>>>,
}

impl Sums {
    pub(super) fn new(name: String, help: &str, labels: Vec<String>) -> Result<Self, prometheus::Error> {
        let desc = Desc::new(name, help.to_owned(), labels, std::collections::HashMap::new())?;
        Ok(Self { desc: Arc::new(desc), sums: Arc::default() })
    }

    pub(super) fn observe(&self, labels: &LabelValues, value: f64) {
        let mut sums = self.sums.lock();
        let sum = sums.entry(labels.clone()).or_default();
        sum.0 += 1;
        sum.1 += value;
    }
}

impl Collector for Sums {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.desc]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let metric = |(values, (count, sum)): (&LabelValues, &(u64, f64))| {
            let pairs = self.desc.variable_labels.iter().zip(values.iter()).map(|(name, value)| {
                let mut pair = LabelPair::default();
                pair.set_name(name.clone());
                pair.set_value(value.clone());
                pair
            });
            let mut summary = Summary::default();
            summary.set_sample_count(*count);
            summary.set_sample_sum(*sum);
            let mut metric = Metric::from_label(pairs.collect());
            metric.set_summary(summary);
            metric
        };
        let mut family = MetricFamily::default();
        family.set_name(self.desc.fq_name.clone());
        family.set_help(self.desc.help.clone());
        family.set_field_type(MetricType::SUMMARY);
        family.set_metric(self.sums.lock().iter().map(metric).collect());
        vec![family]
    }
}
