// SPDX-License-Identifier: Apache-2.0
//! Finds libjsnorm: by feature `vendored`, else JSNORM_LIB_DIR, else pkg-config. With the feature
//! `dynamic-loading` there is nothing to find before the program runs.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=JSNORM_LIB_DIR");
    println!("cargo::rerun-if-env-changed=JSNORM_SOURCE_DIR");
    println!("cargo::rerun-if-env-changed=PKG_CONFIG_PATH");
    let has = |feature: &str| env::var_os(format!("CARGO_FEATURE_{feature}")).is_some();
    // Documentation is made without the library, where nothing is linked.
    if has("DYNAMIC_LOADING") || env::var_os("DOCS_RS").is_some() {
        return;
    }
    let found = if has("VENDORED") {
        vendored()
    } else if let Some(folder) = env::var_os("JSNORM_LIB_DIR") {
        in_folder(Path::new(&folder))
    } else {
        by_pkg_config()
    };
    if let Err(why) = found {
        eprintln!("jsnorm-sys: {why}");
        exit(1);
    }
}

fn in_folder(folder: &Path) -> Result<(), String> {
    for (file, kind) in [("libjsnorm.so", "dylib"), ("libjsnorm.dylib", "dylib")] {
        if folder.join(file).exists() {
            link_from(folder, kind);
            return Ok(());
        }
    }
    Err(format!("JSNORM_LIB_DIR is {}, which holds no shared libjsnorm", folder.display()))
}

fn link_from(folder: &Path, kind: &str) {
    println!("cargo::rustc-link-search=native={}", folder.display());
    println!("cargo::rustc-link-lib={kind}=jsnorm");
    println!("cargo::metadata=lib_dir={}", folder.display());
}

fn by_pkg_config() -> Result<(), String> {
    let minor = env::var("CARGO_PKG_VERSION_MINOR").expect("cargo sets it");
    let major = env::var("CARGO_PKG_VERSION_MAJOR").expect("cargo sets it");
    let wanted = format!("jsnorm >= {major}.{minor}");
    let flags = output(Command::new("pkg-config").args(["--libs", &wanted])).map_err(|why| {
        format!(
            "{why}\nthe library was not found; name its folder by JSNORM_LIB_DIR, or jsnorm.pc's by \
             PKG_CONFIG_PATH, or use the feature vendored or dynamic-loading"
        )
    })?;
    flags.split_whitespace().for_each(link_flag);
    Ok(())
}

/// One flag of a linker, as pkg-config prints it.
fn link_flag(flag: &str) {
    if let Some(folder) = flag.strip_prefix("-L") {
        println!("cargo::rustc-link-search=native={folder}");
        println!("cargo::metadata=lib_dir={folder}");
    } else if let Some(library) = flag.strip_prefix("-l") {
        println!("cargo::rustc-link-lib={library}");
    }
}

/// Builds the static library without CUDA, and links what it needs, as its jsnorm.pc names it.
fn vendored() -> Result<(), String> {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let source = env::var_os("JSNORM_SOURCE_DIR").map_or(manifest.join("../../.."), PathBuf::from);
    if !source.join("include/jsnorm/jsnorm.h").exists() {
        return Err(format!(
            "feature vendored: {} does not hold the sources of jsnorm; name their folder by \
             JSNORM_SOURCE_DIR",
            source.display()
        ));
    }
    for part in ["CMakeLists.txt", "cmake", "include", "src"] {
        println!("cargo::rerun-if-changed={}", source.join(part).display());
    }
    let build = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("cmake");
    let options = [
        "-DCMAKE_BUILD_TYPE=Release",
        "-DJSNORM_CUDA=OFF",
        "-DJSNORM_TESTS=OFF",
        "-DJSNORM_EXAMPLES=OFF",
    ];
    output(Command::new("cmake").arg("-S").arg(&source).arg("-B").arg(&build).args(options))?;
    let jobs = env::var("NUM_JOBS").unwrap_or_else(|_| "1".into());
    output(Command::new("cmake").arg("--build").arg(&build).args([
        "--target",
        "jsnorm_static",
        "--parallel",
        &jobs,
    ]))?;
    link_from(&build, "static");
    let read = |file| std::fs::read_to_string(build.join(file)).map_err(|why| why.to_string());
    let package = read("jsnorm.pc")?;
    let private = package.lines().find_map(|line| line.strip_prefix("Libs.private:"));
    private.unwrap_or_default().split_whitespace().for_each(link_flag);
    // The flag -fopenmp is for a compiler; cmake knows which libraries it means.
    let cache = read("CMakeCache.txt")?;
    let openmp = cache.lines().find_map(|line| line.strip_prefix("OpenMP_CXX_LIB_NAMES:STRING="));
    for library in openmp.unwrap_or_default().split(';').filter(|name| !name.is_empty()) {
        println!("cargo::rustc-link-lib={library}");
    }
    Ok(())
}

/// What a command prints; its messages, where it fails.
fn output(command: &mut Command) -> Result<String, String> {
    let result = command.output().map_err(|why| format!("{command:?}: {why}"))?;
    if result.status.success() {
        return Ok(String::from_utf8_lossy(&result.stdout).into_owned());
    }
    let messages = String::from_utf8_lossy(&result.stderr);
    Err(format!("{command:?} failed:\n{messages}"))
}
