// SPDX-License-Identifier: Apache-2.0
//! The C interface of jsnorm as it is: functions, structs and enumerations of
//! `include/jsnorm/jsnorm.h`, whose text is the documentation here. The crate `jsnorm` is the safe
//! one.
//!
//! ```
//! use jsnorm_sys::*;
//!
//! load()?; // the library is there, and of this version
//! let mut handle = std::ptr::null_mut();
//! // SAFETY: `handle` is room for a handle, and what was created is destroyed once.
//! unsafe {
//!     assert_eq!(jsnormCreate(&mut handle, jsnormBackend_t::CPU), jsnormStatus_t::SUCCESS);
//!     assert_eq!(jsnormDestroy(handle), jsnormStatus_t::SUCCESS);
//! }
//! # Ok::<(), LoadError>(())
//! ```
//!
//! The library is found by the environment variable `JSNORM_LIB_DIR`, then by pkg-config. The
//! feature `vendored` builds it from the sources; `dynamic-loading` opens it when the program runs:
//! the file that `JSNORM_LIBRARY` names, else the one that the dynamic linker finds.

#![allow(non_camel_case_types, non_snake_case)]

#[cfg_attr(feature = "dynamic-loading", path = "loaded.rs")]
#[cfg_attr(not(feature = "dynamic-loading"), path = "linked.rs")]
mod functions_of_the_library;
mod load_error;
#[rustfmt::skip]
mod types;

pub use functions_of_the_library::*;
pub use load_error::LoadError;
pub use types::*;
