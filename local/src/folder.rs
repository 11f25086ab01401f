//! The folder of what lasts: keys, the table, caught mails.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use tempfile::{NamedTempFile, TempDir};

/// A folder that only its owner may enter: one that is kept, or one that goes when the program does.
#[derive(Debug)]
pub struct Folder(Kind);

#[derive(Debug)]
enum Kind {
    // The lock is held as long as the file is open.
    Kept { path: PathBuf, _lock: File },
    Passing(TempDir),
}

impl Folder {
    /// Opens `path`, making it where it is missing, or makes a passing folder where there is no path.
    ///
    /// Refuses a folder that another harness has open: two would spoil each other's table.
    pub fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else {
            return Ok(Self(Kind::Passing(
                tempfile::Builder::new().prefix("mapgate-").tempdir()?,
            )));
        };
        let named = || path.display().to_string();
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(named)?;
        let path = path.canonicalize().with_context(named)?;
        let lock = File::create(path.join("lock")).with_context(named)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self(Kind::Kept { path, _lock: lock })),
            Err(TryLockError::WouldBlock) => {
                bail!("{}: another mapgate-local uses this folder", path.display())
            }
            Err(TryLockError::Error(fault)) => Err(anyhow!(fault).context(path.display().to_string())),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        match &self.0 {
            Kind::Kept { path, .. } => path,
            Kind::Passing(folder) => folder.path(),
        }
    }

    /// Its path, where what is in it outlives the program.
    #[must_use]
    pub fn kept(&self) -> Option<&Path> {
        match &self.0 {
            Kind::Kept { path, .. } => Some(path),
            Kind::Passing(_) => None,
        }
    }

    /// Writes a file that only its owner may read, whole or not at all, and gives its path.
    pub fn write(&self, name: &str, content: &str) -> anyhow::Result<PathBuf> {
        let path = self.path().join(name);
        let mut file = NamedTempFile::new_in(self.path())?;
        file.write_all(content.as_bytes())?;
        file.persist(&path)?;
        Ok(path)
    }

    /// Gives the path of a file, which `make` fills where it is missing.
    pub fn write_once(
        &self,
        name: &str,
        make: impl FnOnce() -> anyhow::Result<String>,
    ) -> anyhow::Result<PathBuf> {
        let path = self.path().join(name);
        if fs::exists(&path)? {
            Ok(path)
        } else {
            self.write(name, &make()?)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_kept_folder_is_its_owners_and_one_programs() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/b");
        let folder = Folder::open(Some(&path)).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder.path()), 0o700);
        let file = folder.write_once("x", || Ok("first".to_owned())).unwrap();
        folder.write_once("x", || Ok("second".to_owned())).unwrap();
        assert_eq!(
            (mode(&file), fs::read_to_string(file).unwrap().as_str()),
            (0o600, "first")
        );
        assert!(
            Folder::open(Some(&path))
                .unwrap_err()
                .to_string()
                .contains("another mapgate-local")
        );
        drop(folder);
        assert!(Folder::open(Some(&path)).is_ok());
    }

    #[test]
    fn a_passing_folder_goes() {
        let folder = Folder::open(None).unwrap();
        let path = folder.path().to_owned();
        assert!(folder.kept().is_none() && path.exists());
        drop(folder);
        assert!(!path.exists());
    }
}
