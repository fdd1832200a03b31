// SPDX-License-Identifier: Apache-2.0
//! A library that cannot be opened is an error with the dynamic linker's words, not a crash.
#![cfg(feature = "dynamic-loading")]

use jsnorm_sys::{load, load_from};
use std::path::Path;

#[test]
fn a_file_that_is_not_there_is_an_error_that_names_it() {
    let why = load_from(Path::new("/nowhere/libjsnorm.so")).unwrap_err().to_string();
    assert!(why.contains("/nowhere/libjsnorm.so"), "{why}");
    assert_eq!(load().unwrap_err().to_string(), why, "what the first call found stays");
}
