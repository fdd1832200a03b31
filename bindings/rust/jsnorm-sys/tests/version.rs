// SPDX-License-Identifier: Apache-2.0
//! The library is found, and is the one that the bindings describe.

use jsnorm_sys::*;
use std::ffi::CStr;

#[test]
fn the_library_has_the_version_of_the_bindings() {
    load().unwrap();
    // SAFETY: functions without arguments; the string is static.
    let (version, text) = unsafe { (jsnormGetVersion(), CStr::from_ptr(jsnormGetVersionString())) };
    assert_eq!(version, JSNORM_VERSION);
    let wanted = format!("jsnorm {}", env!("CARGO_PKG_VERSION"));
    assert!(text.to_string_lossy().starts_with(&wanted), "{text:?}");
}

#[test]
fn values_without_a_name_are_numbers() {
    assert_eq!(format!("{:?}", jsnormEstimator_t::RIDGE), "JSNORM_ESTIMATOR_RIDGE");
    assert_eq!(format!("{:?}", jsnormEstimator_t(77)), "jsnormEstimator_t(77)");
}

#[test]
fn default_is_what_init_writes() {
    let mut written = jsnormBackwardArgs_t { workspace_bytes: 7, ..Default::default() };
    // SAFETY: the struct is of the size that is given.
    let status = unsafe { jsnormBackwardArgsInit(&mut written, size_of::<jsnormBackwardArgs_t>()) };
    assert_eq!(status, jsnormStatus_t::SUCCESS);
    assert_eq!(format!("{written:?}"), format!("{:?}", jsnormBackwardArgs_t::default()));
}
