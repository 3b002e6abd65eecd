//! What a thread says about the jobs it submits. Spark: local properties of `SparkContext`.
//!
//! They belong to the thread that set them and, unlike Spark's, do not pass on to threads it starts.

use std::cell::RefCell;

use hearth_types::JobProperties;

use super::SparkContext;

thread_local! {
    static PROPERTIES: RefCell<JobProperties> = RefCell::default();
}

/// What the current thread has said.
pub(crate) fn current_properties() -> JobProperties {
    PROPERTIES.with_borrow(Clone::clone)
}

impl SparkContext {
    /// Puts the jobs that this thread submits from now on into a group, to be cancelled together.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// sc.set_job_group("nightly", "the nightly report", true);
    /// assert_eq!(sc.range(0, 10, 1, 2).count()?, 10);
    /// sc.clear_job_group();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.setJobGroup`
    pub fn set_job_group(&self, group: &str, description: &str, interrupt_on_cancel: bool) {
        PROPERTIES.with_borrow_mut(|properties| {
            properties.group = Some(group.to_owned());
            properties.description = Some(description.to_owned());
            properties.interrupt_on_cancel = interrupt_on_cancel;
        });
    }

    /// Takes this thread's jobs out of their group again.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// sc.set_job_group("report", "the report", true);
    /// sc.clear_job_group();
    /// assert_eq!(sc.local_property("spark.jobGroup.id"), None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.clearJobGroup`
    pub fn clear_job_group(&self) {
        PROPERTIES.with_borrow_mut(|properties| {
            properties.group = None;
            properties.description = None;
            properties.interrupt_on_cancel = false;
        });
    }

    /// Says for people what the jobs of this thread are for; `None` takes it back.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// sc.set_job_description(Some("counting the lines"));
    /// assert_eq!(sc.local_property("spark.job.description").as_deref(), Some("counting the lines"));
    /// # sc.set_job_description(None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.setJobDescription`
    pub fn set_job_description(&self, description: Option<&str>) {
        PROPERTIES.with_borrow_mut(|properties| properties.description = description.map(str::to_owned));
    }

    /// Sets a property of this thread's jobs; `spark.scheduler.pool` chooses their FAIR pool. `None` takes it back.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// sc.set_local_property("spark.scheduler.pool", Some("reports"));
    /// sc.set_local_property("asked.by", Some("ann"));
    /// let seen = sc.range(0, 1, 1, 1).map(|_| TaskContext::get().and_then(|task| task.local_property("asked.by")));
    /// assert_eq!(seen.first()?.as_deref(), Some("ann"));
    /// # sc.set_local_property("spark.scheduler.pool", None);
    /// # sc.set_local_property("asked.by", None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.setLocalProperty`
    pub fn set_local_property(&self, key: &str, value: Option<&str>) {
        PROPERTIES.with_borrow_mut(|properties| match (key, value) {
            ("spark.scheduler.pool", value) => properties.pool = value.map(str::to_owned),
            ("spark.jobGroup.id", value) => properties.group = value.map(str::to_owned),
            ("spark.job.description", value) => properties.description = value.map(str::to_owned),
            (key, Some(value)) => {
                properties.local.insert(key.to_owned(), value.to_owned());
            }
            (key, None) => {
                properties.local.remove(key);
            }
        });
    }

    /// A property that this thread has set.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// sc.set_local_property("asked.by", Some("ann"));
    /// assert_eq!(sc.local_property("asked.by").as_deref(), Some("ann"));
    /// sc.set_local_property("asked.by", None);
    /// assert_eq!(sc.local_property("asked.by"), None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.getLocalProperty`
    pub fn local_property(&self, key: &str) -> Option<String> {
        PROPERTIES.with_borrow(|properties| match key {
            "spark.scheduler.pool" => properties.pool.clone(),
            "spark.jobGroup.id" => properties.group.clone(),
            "spark.job.description" => properties.description.clone(),
            key => properties.local.get(key).cloned(),
        })
    }

    /// Adds a tag to this thread's jobs.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// sc.add_job_tag("report");
    /// sc.add_job_tag("ann");
    /// assert_eq!(sc.job_tags(), ["ann", "report"]);
    /// # sc.clear_job_tags();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.addJobTag`
    pub fn add_job_tag(&self, tag: &str) {
        PROPERTIES.with_borrow_mut(|properties| {
            if let Err(at) = properties.tags.binary_search_by(|has| has.as_str().cmp(tag)) {
                properties.tags.insert(at, tag.to_owned());
            }
        });
    }

    /// Takes a tag off this thread's jobs.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// sc.add_job_tag("report");
    /// sc.add_job_tag("ann");
    /// sc.remove_job_tag("ann");
    /// assert_eq!(sc.job_tags(), ["report"]);
    /// # sc.clear_job_tags();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.removeJobTag`
    pub fn remove_job_tag(&self, tag: &str) {
        PROPERTIES.with_borrow_mut(|properties| properties.tags.retain(|has| has != tag));
    }

    /// The tags of this thread's jobs, sorted.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert!(sc.job_tags().is_empty());
    /// sc.add_job_tag("report");
    /// assert_eq!(sc.job_tags(), ["report"]);
    /// # sc.clear_job_tags();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.getJobTags`
    pub fn job_tags(&self) -> Vec<String> {
        PROPERTIES.with_borrow(|properties| properties.tags.clone())
    }

    /// Takes every tag off this thread's jobs.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// sc.add_job_tag("report");
    /// sc.clear_job_tags();
    /// assert!(sc.job_tags().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.clearJobTags`
    pub fn clear_job_tags(&self) {
        PROPERTIES.with_borrow_mut(|properties| properties.tags.clear());
    }
}
