// SPDX-License-Identifier: Apache-2.0
//! What went wrong in a call.

use jsnorm_sys as sys;
use std::ffi::CStr;
use std::fmt;

/// The status of a failed call and what went wrong: function, argument and values, in one line.
///
/// ```
/// use jsnorm::{Norm, Status};
///
/// let error = Norm::batch_norm().epsilon(-1.0).build().unwrap_err();
/// assert_eq!(error.status(), Status::BAD_PARAM);
/// assert_eq!(error.message(), "jsnormSetNormEpsilon: epsilon = -1 is not finite and 0 or more");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    status: sys::jsnormStatus_t,
    message: String,
}

/// The result of everything that may fail.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn new(status: sys::jsnormStatus_t, message: String) -> Self {
        Self { status, message }
    }

    /// The status as the library returned it, or as it would have, had it seen the slices. A
    /// library that cannot be loaded is `NOT_INITIALIZED`.
    pub fn status(&self) -> sys::jsnormStatus_t {
        self.status
    }

    /// What went wrong, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?})", self.message, self.status)
    }
}

impl std::error::Error for Error {}

impl From<sys::LoadError> for Error {
    fn from(why: sys::LoadError) -> Self {
        Self::new(sys::jsnormStatus_t::NOT_INITIALIZED, why.to_string())
    }
}

/// The library's message, where a status is not success.
pub(crate) fn check(status: sys::jsnormStatus_t) -> Result<()> {
    if status == sys::jsnormStatus_t::SUCCESS {
        return Ok(());
    }
    // SAFETY: the string is the thread's own, and stays until its next failed call.
    let message = unsafe { CStr::from_ptr(sys::jsnormGetLastErrorString()) };
    Err(Error::new(status, message.to_string_lossy().into_owned()))
}
