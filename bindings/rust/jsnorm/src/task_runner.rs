// SPDX-License-Identifier: Apache-2.0
//! The caller's threads for the loops of the CPU backend.

use crate::error::check;
use crate::{Handle, Result};
use jsnorm_sys as sys;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicI64, Ordering};

/// The pieces of a loop. Threads take one after another; each piece runs once.
pub struct Tasks {
    next: AtomicI64,
    count: i64,
    task: unsafe extern "C" fn(i64, *mut c_void),
    task_data: *mut c_void,
}

// SAFETY: pieces may run on any threads at the same time, and the counter gives each out once.
unsafe impl Sync for Tasks {}

impl Tasks {
    /// How many pieces the loop has.
    pub fn count(&self) -> i64 {
        self.count
    }

    /// Runs a piece that no thread has taken; false if there is none left.
    pub fn run_next(&self) -> bool {
        // Beyond the end the counter stands still, so that it never overflows.
        let taken = self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| {
            (next < self.count).then_some(next + 1)
        });
        let Ok(index) = taken else { return false };
        // SAFETY: an index of the loop, which nobody else got, while the loop is under way.
        unsafe { (self.task)(index, self.task_data) };
        true
    }
}

/// What runs the loops of a handle.
pub(crate) type Runner = Box<dyn Fn(&Tasks) + Send + Sync>;

impl Handle {
    /// Lends the CPU backend threads, as a framework's pool has them, in place of OpenMP's. Never
    /// changes a result.
    ///
    /// The runner calls [`Tasks::run_next`] on any threads, at the same time, until it is false.
    /// What it leaves is run on the calling thread when it returns; so it is if it panics, and the
    /// panic goes no further than its message.
    ///
    /// ```
    /// use jsnorm::{Backend, Handle};
    ///
    /// let mut handle = Handle::new(Backend::CPU)?;
    /// handle.set_task_runner(|tasks| {
    ///     std::thread::scope(|scope| {
    ///         for _ in 1..tasks.count() {
    ///             scope.spawn(|| while tasks.run_next() {});
    ///         }
    ///         while tasks.run_next() {}
    ///     });
    /// })?;
    /// # Ok::<(), jsnorm::Error>(())
    /// ```
    ///
    /// # Errors
    /// On a CUDA handle.
    pub fn set_task_runner(
        &mut self,
        runner: impl Fn(&Tasks) + Send + Sync + 'static,
    ) -> Result<()> {
        let runner: Box<Runner> = Box::new(Box::new(runner));
        let user_data = (&raw const *runner).cast_mut().cast();
        // SAFETY: the runner stays where it is for as long as the handle has it.
        check(unsafe { sys::jsnormSetTaskRunner(self.as_raw(), Some(run), user_data) })?;
        self.runner = Some(runner);
        Ok(())
    }

    /// Brings OpenMP's threads back.
    ///
    /// # Errors
    /// None is known.
    pub fn reset_task_runner(&mut self) -> Result<()> {
        // SAFETY: without a function nothing is called.
        check(unsafe { sys::jsnormSetTaskRunner(self.as_raw(), None, std::ptr::null_mut()) })?;
        self.runner = None;
        Ok(())
    }
}

/// # Safety
/// `user_data` is the runner of the handle; `task` runs pieces with `task_data`.
unsafe extern "C" fn run(
    count: i64,
    task: sys::jsnormTask_t,
    task_data: *mut c_void,
    user_data: *mut c_void,
) {
    let Some(task) = task else { return };
    // SAFETY: the handle keeps its runner, and nobody changes it during an operation.
    let runner = unsafe { &*user_data.cast_const().cast::<Runner>() };
    let tasks = Tasks { next: AtomicI64::new(0), count, task, task_data };
    // A panic must not go through C; its message was written where it began.
    let _ = catch_unwind(AssertUnwindSafe(|| runner(&tasks)));
    while tasks.run_next() {}
}
