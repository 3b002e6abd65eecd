//! The one storage interface: what the rest of the crate may do with files. Spark: Hadoop's `FileSystem`.
//!
//! Below it is the `object_store` crate.
//! What it has no call for or does slowly on this machine's files is in `local`: directories, which are prefixes
//! elsewhere, and reading straight from the open file.
//! A store that needs a network also needs a runtime that drives it; it is to be started here, below the same calls.

mod block_on;
mod local;
mod location;
mod source;
mod upload;

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};

use crate::error::{Error, Result};
use block_on::block_on;
pub(crate) use location::Location;
pub(crate) use source::Source;
pub(crate) use upload::Upload;

/// A place for files. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    kind: Kind,
    inner: Arc<dyn ObjectStore>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Local,
    /// Stands for every store without directories and without an atomic rename.
    #[cfg(test)]
    Memory,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    File { size: u64 },
    Directory,
}

/// One entry of a directory.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) location: Location,
    pub(crate) status: Status,
}

impl Store {
    pub(crate) fn local() -> Self {
        static STORE: LazyLock<Arc<dyn ObjectStore>> = LazyLock::new(|| Arc::new(LocalFileSystem::new()));
        Self { kind: Kind::Local, inner: Arc::clone(&STORE) }
    }

    #[cfg(test)]
    fn memory() -> Self {
        static STORE: LazyLock<Arc<dyn ObjectStore>> =
            LazyLock::new(|| Arc::new(object_store::memory::InMemory::new()));
        Self { kind: Kind::Memory, inner: Arc::clone(&STORE) }
    }

    /// The store that serves a scheme.
    pub(crate) fn for_scheme(scheme: &str) -> Option<Self> {
        match scheme.to_ascii_lowercase().as_str() {
            "file" => Some(Self::local()),
            #[cfg(test)]
            "memory" => Some(Self::memory()),
            _ => None,
        }
    }

    pub(crate) fn scheme(&self) -> &'static str {
        match self.kind {
            Kind::Local => "file",
            #[cfg(test)]
            Kind::Memory => "memory",
        }
    }

    fn is_local(&self) -> bool {
        self.kind == Kind::Local
    }
}

impl Location {
    /// What is there, following symbolic links; `None` for nothing.
    pub(crate) fn status(&self) -> Result<Option<Status>> {
        if self.store.is_local() {
            return local::status(self);
        }
        match block_on(self.store.inner.head(&self.object()?)) {
            Ok(meta) => Ok(Some(Status::File { size: meta.size })),
            Err(object_store::Error::NotFound { .. }) => Ok(self.list()?.map(|_| Status::Directory)),
            Err(error) => Err(Error::store("look at", self.uri(), error)),
        }
    }

    /// The files and directories in this directory, sorted by name; `None` when it is not a directory.
    pub(crate) fn list(&self) -> Result<Option<Vec<Entry>>> {
        if self.store.is_local() {
            return local::list(self);
        }
        let listed = block_on(self.store.inner.list_with_delimiter(Some(&self.object()?)))
            .map_err(|error| Error::store("list", self.uri(), error))?;
        let directories = listed.common_prefixes.iter().map(|path| (path, Status::Directory));
        let files = listed.objects.iter().map(|meta| (&meta.location, Status::File { size: meta.size }));
        let mut entries: Vec<Entry> = directories
            .chain(files)
            .filter_map(|(path, status)| Some(Entry { location: self.child(path.filename()?), status }))
            .collect();
        entries.sort_by(|a, b| a.location.name().cmp(b.location.name()));
        Ok((!entries.is_empty()).then_some(entries))
    }

    /// The bytes from `offset` to the end.
    pub(crate) fn read(&self, offset: u64) -> Result<Source> {
        Source::open(self, offset)
    }

    /// A new file. It appears under its name when the upload is finished; an old one is replaced.
    pub(crate) fn create(&self) -> Result<Upload> {
        Upload::start(self)
    }

    /// A small file at once.
    pub(crate) fn put(&self, data: Bytes) -> Result<()> {
        block_on(self.store.inner.put(&self.object()?, PutPayload::from_bytes(data)))
            .map(drop)
            .map_err(|error| Error::store("write", self.uri(), error))
    }

    /// Moves one file, replacing another. Parent directories of `to` are made.
    pub(crate) fn rename_file(&self, to: &Self) -> Result<()> {
        block_on(self.store.inner.rename(&self.object()?, &to.object()?))
            .map_err(|error| Error::store("rename", self.uri(), error))
    }

    /// Removes one file. A missing one is no error.
    pub(crate) fn delete_file(&self) -> Result<()> {
        match block_on(self.store.inner.delete(&self.object()?)) {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(Error::store("delete", self.uri(), error)),
        }
    }

    /// Makes a directory that was not there, with its parents. `false` when anything is there already.
    pub(crate) fn create_new_directory(&self) -> Result<bool> {
        if self.store.is_local() {
            return local::create_new_directory(self);
        }
        Ok(self.status()?.is_none())
    }

    /// Removes a directory and everything below it. A missing one is no error.
    pub(crate) fn delete_tree(&self) -> Result<()> {
        if self.store.is_local() {
            return local::delete_tree(self);
        }
        let prefix = self.object()?;
        let found = self.store.inner.list(Some(&prefix)).map_ok(|meta| meta.location);
        block_on(async {
            let paths: Vec<_> = found.try_collect().await?;
            let paths = Box::pin(futures::stream::iter(paths.into_iter().map(Ok)));
            self.store.inner.delete_stream(paths).try_for_each(|_| std::future::ready(Ok(()))).await
        })
        .map_err(|error| Error::store("delete", self.uri(), error))
    }

    /// Removes a directory if nothing is in it; otherwise, and when it cannot be removed, it stays.
    pub(crate) fn delete_empty_directory(&self) {
        if self.store.is_local() {
            local::delete_empty_directory(self);
        }
    }
}
