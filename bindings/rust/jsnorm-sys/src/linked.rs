// SPDX-License-Identifier: Apache-2.0
//! The functions of the library that this program is linked with.

use crate::load_error::{LoadError, check_version};
use crate::types::*;
use std::ffi::{c_char, c_void};

macro_rules! functions {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $type:ty),*) $(-> $result:ty)?;)*) => {
        unsafe extern "C" {
            $($(#[$doc])* pub fn $name($($arg: $type),*) $(-> $result)?;)*
        }
    };
}

include!("functions.rs");

/// Checks that the library is of the version that these bindings describe.
///
/// # Errors
/// If its major or minor version is another one.
pub fn load() -> Result<(), LoadError> {
    // SAFETY: the function takes nothing and is there in every version.
    check_version(unsafe { jsnormGetVersion() })
}
