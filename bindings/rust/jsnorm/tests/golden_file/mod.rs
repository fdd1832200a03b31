// SPDX-License-Identifier: Apache-2.0
//! Reads golden files: lines of a key and its values; tests/golden/README.md has the grammar.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

pub struct Golden {
    pub name: String,
    entries: BTreeMap<String, Vec<String>>,
}

impl Golden {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let mut entries = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split_whitespace().map(str::to_owned);
            if let Some(key) = words.next() {
                let again = entries.insert(key, words.collect());
                assert!(again.is_none(), "{}: a key stands twice", path.display());
            }
        }
        Self { name: path.display().to_string(), entries }
    }

    pub fn word<'s>(&'s self, key: &str, otherwise: &'s str) -> &'s str {
        self.entries.get(key).map_or(otherwise, |values| &values[0])
    }

    pub fn number(&self, key: &str, otherwise: f64) -> f64 {
        self.numbers(key).map_or(otherwise, |values| values[0])
    }

    pub fn numbers(&self, key: &str) -> Option<Vec<f64>> {
        let values = self.entries.get(key)?;
        Some(values.iter().map(|value| value.parse().unwrap()).collect())
    }

    pub fn sizes(&self, key: &str) -> Vec<usize> {
        self.entries[key].iter().map(|value| value.parse().unwrap()).collect()
    }

    pub fn is_relu(&self) -> bool {
        self.word("activation", "none") == "relu"
    }
}

/// The files of JSNORM_GOLDEN_DIR, or of the repository.
pub fn every_file() -> Vec<Golden> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/golden");
    let folder = env::var_os("JSNORM_GOLDEN_DIR").map_or(own, PathBuf::from);
    let mut files: Vec<PathBuf> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    files.iter().map(|path| Golden::read(path)).collect()
}
