// SPDX-License-Identifier: Apache-2.0
//! Running statistics: where they are, and how they are averaged.

use crate::call::{Call, pair};
use crate::layout::Descriptor;
use crate::{Element, Input, Result, Values, ValuesMut};
use std::ffi::c_void;

/// How much a new statistic counts in a running one.
#[derive(Clone, Copy)]
pub enum Average<'a> {
    /// The weight of the new value, from 0 to 1. PyTorch calls it momentum.
    Factor(f64),
    /// One number: how many updates there were. The new value weighs 1/(1 + it), which makes the
    /// average of all.
    Step(Input<'a, i64>),
}

/// Previous and next means and variances, or nothing.
pub(crate) struct Running<'a> {
    previous: [Option<Values<'a>>; 2],
    next: Option<[ValuesMut<'a>; 2]>,
    average: Average<'a>,
}

/// The fields of an argument struct. The descriptor must live until the call.
pub(crate) struct RunningPointers {
    pub(crate) descriptor: Option<Descriptor>,
    pub(crate) previous: [*mut c_void; 2],
    pub(crate) next: [*mut c_void; 2],
    pub(crate) factor: f64,
    pub(crate) step: *const i64,
}

impl<'a> Running<'a> {
    pub(crate) fn none() -> Self {
        Self { previous: [None, None], next: None, average: Average::Factor(0.0) }
    }

    pub(crate) fn new(
        previous: [Values<'a>; 2],
        next: [ValuesMut<'a>; 2],
        average: Average<'a>,
    ) -> Self {
        Self { previous: previous.map(Some), next: Some(next), average }
    }

    pub(crate) fn in_place(both: [ValuesMut<'a>; 2], average: Average<'a>) -> Self {
        let previous = [both[0].also_input(), both[1].also_input()];
        Self::new(previous, both, average)
    }

    pub(crate) fn pointers<T: Element>(&self, call: &Call, k: usize) -> Result<RunningPointers> {
        let names =
            ["running_mean", "running_variance", "next_running_mean", "next_running_variance"];
        let previous = self.previous.map(|given| given.map(|values| values.numbers));
        let next = pair(&self.next).map(|given| given.map(|values| values.numbers));
        let given = [previous[0], previous[1], next[0], next[1]];
        let (descriptor, [a, b, c, d]) = call.numbers::<T, 4>(names, given, k)?;
        let (factor, step) = match &self.average {
            Average::Factor(factor) => (*factor, std::ptr::null()),
            Average::Step(step) => (0.0, call.read("step", Some(step), 1)?),
        };
        Ok(RunningPointers { descriptor, previous: [a, b], next: [c, d], factor, step })
    }
}
