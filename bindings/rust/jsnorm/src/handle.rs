// SPDX-License-Identifier: Apache-2.0
//! The backend that computes.

use crate::error::check;
use crate::task_runner::Runner;
use crate::{Backend, Result};
use jsnorm_sys as sys;
use std::cell::Cell;
use std::ffi::{CStr, c_void};
use std::fmt;
use std::ptr;

/// A backend, ready to compute. It may be sent to another thread, but two threads cannot use it at a
/// time.
pub struct Handle {
    raw: sys::jsnormHandle_t,
    backend: Backend,
    /// An operation is under way; its task runner could reach the handle by a thread-local.
    pub(crate) busy: Cell<bool>,
    pub(crate) runner: Option<Box<Runner>>,
}

// SAFETY: a handle may move between threads, and so may its runner. The Cell keeps it from being
// shared.
unsafe impl Send for Handle {}

impl Handle {
    /// A handle of the CPU, of the CUDA device that is current, or (`AUTO`) of CUDA where there is
    /// a device and else of the CPU.
    ///
    /// ```
    /// use jsnorm::{Backend, Handle, Status};
    ///
    /// assert_eq!(Handle::new(Backend::AUTO)?.backend(), Handle::new(Backend::AUTO)?.backend());
    /// let error = Handle::new(Backend(77)).err().unwrap();
    /// assert_eq!(error.status(), Status::BAD_PARAM);
    /// # Ok::<(), jsnorm::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the library cannot be loaded, or the build or the machine lacks the backend.
    pub fn new(backend: Backend) -> Result<Self> {
        sys::load()?;
        let mut handle = Self::without_object(backend);
        // SAFETY: room for a handle, and then for its backend.
        unsafe {
            check(sys::jsnormCreate(&mut handle.raw, backend))?;
            check(sys::jsnormGetBackend(handle.raw, &mut handle.backend))?;
        }
        Ok(handle)
    }

    /// A handle that the library does not know.
    pub(crate) fn without_object(backend: Backend) -> Self {
        Self { raw: ptr::null_mut(), backend, busy: Cell::new(false), runner: None }
    }

    /// The backend in use: `CPU` or `CUDA`.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// The most threads that the CPU backend uses; 0, the default, is OpenMP's own number. Never
    /// changes a result.
    ///
    /// # Errors
    /// On a CUDA handle; for a number below 0 or above 4096.
    pub fn set_thread_count(&self, thread_count: i32) -> Result<()> {
        // SAFETY: the handle is there.
        check(unsafe { sys::jsnormSetThreadCount(self.raw, thread_count) })
    }

    /// How many multiprocessors the CUDA backend plans for; 0, the default, is all.
    ///
    /// # Errors
    /// On a CPU handle; for a number below 0.
    pub fn set_sm_count_target(&self, sm_count: i32) -> Result<()> {
        // SAFETY: the handle is there.
        check(unsafe { sys::jsnormSetSmCountTarget(self.raw, sm_count) })
    }

    /// For debugging: every operation checks that the device can reach the memory that it is given.
    ///
    /// # Errors
    /// None is known.
    pub fn set_pointer_checks(&self, enabled: bool) -> Result<()> {
        // SAFETY: the handle is there.
        check(unsafe { sys::jsnormSetPointerChecks(self.raw, i32::from(enabled)) })
    }

    /// Does now what first calls would do once: loading code, starting threads.
    ///
    /// # Errors
    /// If CUDA cannot load the code.
    pub fn warmup(&self) -> Result<()> {
        // SAFETY: the handle is there.
        check(unsafe { sys::jsnormWarmup(self.raw) })
    }

    /// The CUDA stream that operations are enqueued on; NULL, the initial value, is the default
    /// stream. Operations return before the stream has done them.
    ///
    /// # Safety
    /// `stream` is a stream of the handle's device, or NULL, and outlives every operation on it.
    ///
    /// # Errors
    /// On a CPU handle, if it is not NULL.
    pub unsafe fn set_stream(&self, stream: *mut c_void) -> Result<()> {
        // SAFETY: the caller's promise.
        check(unsafe { sys::jsnormSetStream(self.raw, stream.cast()) })
    }

    /// The handle for functions of [`crate::sys`]. It stays this object's: do not destroy it.
    pub fn as_raw(&self) -> sys::jsnormHandle_t {
        self.raw
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({:?})", self.backend)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: it was created once, and no operation is under way on another thread.
        unsafe { sys::jsnormDestroy(self.raw) };
    }
}

/// The version of the library and what was built in, e.g. "jsnorm 0.2.0 (cpu; openmp; nvtx)".
///
/// # Errors
/// If the library cannot be loaded.
pub fn version() -> Result<&'static str> {
    sys::load()?;
    // SAFETY: a static string.
    let text = unsafe { CStr::from_ptr(sys::jsnormGetVersionString()) };
    Ok(text.to_str().unwrap_or_default())
}
