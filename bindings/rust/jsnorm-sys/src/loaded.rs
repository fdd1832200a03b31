// SPDX-License-Identifier: Apache-2.0
//! The functions of a library that is opened when it is first needed.

use crate::load_error::{LoadError, check_version};
use crate::types::*;
use std::env;
use std::ffi::{CStr, CString, OsString, c_char, c_int, c_void};
use std::mem::transmute;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::OnceLock;

unsafe extern "C" {
    fn dlopen(file: *const c_char, mode: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, symbol: *const c_char) -> *mut c_void;
    fn dlerror() -> *const c_char;
}

const RTLD_NOW: c_int = 2;

macro_rules! functions {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $type:ty),*) $(-> $result:ty)?;)*) => {
        /// Where every function is.
        struct Functions {
            $($name: unsafe extern "C" fn($($type),*) $(-> $result)?,)*
        }

        impl Functions {
            /// # Safety
            /// `library` is what dlopen gave for a libjsnorm.
            unsafe fn look_up(library: *mut c_void) -> Result<Self, LoadError> {
                Ok(Self {
                    // SAFETY: a function of this name has this type in the version of the bindings.
                    $($name: unsafe {
                        transmute::<*mut c_void, unsafe extern "C" fn($($type),*) $(-> $result)?>(
                            symbol(library, concat!(stringify!($name), "\0"))?)
                    },)*
                })
            }
        }

        $($(#[$doc])*
        ///
        /// # Safety
        /// As in C: pointers must be what is said of them.
        ///
        /// # Panics
        /// If the library cannot be loaded: see [`load`].
        pub unsafe fn $name($($arg: $type),*) $(-> $result)? {
            // SAFETY: the caller keeps what the documentation asks for.
            unsafe { (loaded().$name)($($arg),*) }
        })*
    };
}

include!("functions.rs");

static LIBRARY: OnceLock<Result<Functions, LoadError>> = OnceLock::new();

/// Opens the library, once in a process: the file that the environment variable `JSNORM_LIBRARY`
/// names, else the one that the dynamic linker finds. What the first call found stays.
///
/// # Errors
/// If there is none, it lacks a function, or its major or minor version is another one.
pub fn load() -> Result<(), LoadError> {
    load_by(|| env::var_os("JSNORM_LIBRARY").unwrap_or_else(default_name))
}

/// Opens this file instead. Has no effect once a library is open.
///
/// # Errors
/// As [`load`].
pub fn load_from(file: &Path) -> Result<(), LoadError> {
    load_by(|| file.as_os_str().to_owned())
}

fn default_name() -> OsString {
    format!("libjsnorm.so.{JSNORM_VERSION_MAJOR}.{JSNORM_VERSION_MINOR}").into()
}

fn load_by(file: impl FnOnce() -> OsString) -> Result<(), LoadError> {
    LIBRARY.get_or_init(|| open(&file())).as_ref().map(|_| ()).map_err(Clone::clone)
}

fn loaded() -> &'static Functions {
    match load() {
        Ok(()) => LIBRARY.get().and_then(|l| l.as_ref().ok()).expect("it was just loaded"),
        Err(why) => panic!("{why}"),
    }
}

fn open(file: &OsString) -> Result<Functions, LoadError> {
    let name = CString::new(file.as_bytes())
        .map_err(|_| LoadError(format!("{} is no file name", file.to_string_lossy())))?;
    // SAFETY: a string that ends in zero; the library's constructors need nothing of the program.
    let library = unsafe { dlopen(name.as_ptr(), RTLD_NOW) };
    if library.is_null() {
        return Err(LoadError(last_error()));
    }
    // The version first: a library of another one may lack functions.
    // SAFETY: every version has this function, with this type.
    let version = unsafe {
        let at = symbol(library, "jsnormGetVersion\0")?;
        transmute::<*mut c_void, unsafe extern "C" fn() -> u32>(at)()
    };
    check_version(version)?;
    // SAFETY: `library` was opened above, stays open, and is of the version of the bindings.
    unsafe { Functions::look_up(library) }
}

/// # Safety
/// `library` comes from dlopen. `name` ends in zero.
unsafe fn symbol(library: *mut c_void, name: &str) -> Result<*mut c_void, LoadError> {
    // SAFETY: the caller's promise.
    let found = unsafe { dlsym(library, name.as_ptr().cast()) };
    if found.is_null() { Err(LoadError(last_error())) } else { Ok(found) }
}

/// What the dynamic linker says of its last failure on this thread; it names the file.
fn last_error() -> String {
    // SAFETY: the string is valid until the next call of dlerror on this thread.
    unsafe {
        let message = dlerror();
        if message.is_null() {
            return "the library cannot be opened".into();
        }
        CStr::from_ptr(message).to_string_lossy().into_owned()
    }
}
