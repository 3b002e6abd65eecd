//! Lets Kubernetes' clients read and watch pods as [`PodView`]s.

use std::borrow::Cow;

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::{NamespaceResourceScope, Resource as _};

use super::PodView;

impl kube::Resource for PodView {
    type DynamicType = ();
    type Scope = NamespaceResourceScope;

    fn kind((): &()) -> Cow<'_, str> {
        Pod::KIND.into()
    }

    fn group((): &()) -> Cow<'_, str> {
        Pod::GROUP.into()
    }

    fn version((): &()) -> Cow<'_, str> {
        Pod::VERSION.into()
    }

    fn plural((): &()) -> Cow<'_, str> {
        Pod::URL_PATH_SEGMENT.into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}
