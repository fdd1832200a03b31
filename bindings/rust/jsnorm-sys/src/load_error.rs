// SPDX-License-Identifier: Apache-2.0
//! Why the library cannot be used by this program.

use crate::types::{JSNORM_VERSION, JSNORM_VERSION_MAJOR, JSNORM_VERSION_MINOR};
use std::error::Error;
use std::fmt;

/// The library was not found, lacks a function, or is of another version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError(pub(crate) String);

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for LoadError {}

/// Before 1.0 every minor version may change structs: major and minor version must be these.
pub(crate) fn check_version(library: u32) -> Result<(), LoadError> {
    if library / 100 == JSNORM_VERSION / 100 {
        return Ok(());
    }
    Err(LoadError(format!(
        "libjsnorm is version {}.{}, and these bindings are for {}.{}",
        library / 10000,
        library / 100 % 100,
        JSNORM_VERSION_MAJOR,
        JSNORM_VERSION_MINOR
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_does_not_matter_and_a_minor_version_does() {
        assert_eq!(check_version(JSNORM_VERSION + 7), Ok(()));
        let refused = check_version(20900).unwrap_err().to_string();
        assert!(refused.starts_with("libjsnorm is version 2.9, and"), "{refused}");
        assert!(check_version(JSNORM_VERSION - 100).is_err());
        assert!(check_version(JSNORM_VERSION + 100).is_err());
    }
}
