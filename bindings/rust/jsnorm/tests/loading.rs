// SPDX-License-Identifier: Apache-2.0
//! Without a library every object is an Err that names the file.
#![cfg(feature = "dynamic-loading")]

use jsnorm::{Backend, Handle, Layout, Norm, Status, sys, version};
use std::path::Path;

#[test]
fn without_a_library_nothing_can_be_made_and_nothing_crashes() {
    assert!(sys::load_from(Path::new("/nowhere/libjsnorm.so")).is_err());
    let errors = [
        Handle::new(Backend::CPU).unwrap_err(),
        Norm::batch_norm().build().unwrap_err(),
        Layout::<f32>::packed(&[2, 3]).unwrap_err(),
        version().unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.status(), Status::NOT_INITIALIZED);
        assert!(error.message().contains("/nowhere/libjsnorm.so"), "{error}");
    }
}
