//! The RDD API as an application sees it: one module per topic.

mod support;
mod smoke;
