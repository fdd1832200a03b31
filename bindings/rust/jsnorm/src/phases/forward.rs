// SPDX-License-Identifier: Apache-2.0
//! The phases of forward.

use crate::call::{Call, pair, raw};
use crate::error::check;
use crate::running::Running;
use crate::setters::setters;
use crate::{
    Element, Handle, Input, Layout, Norm, Operation, Output, RecordFormat, Result, Tensor,
    TensorMut, Values, Workspace,
};
use jsnorm_sys as sys;

/// x -> a record of its statistics.
#[must_use = "nothing is computed before run()"]
pub struct ForwardStatistics<'a, T> {
    x: Tensor<'a, T>,
    record: Output<'a, u8>,
    format: RecordFormat,
}

impl<'a, T: Element> ForwardStatistics<'a, T> {
    /// Into a record of [`Norm::record_size`] bytes at a multiple of 16.
    pub fn new(x: Tensor<'a, T>, record: impl Into<Output<'a, u8>>) -> Self {
        Self { x, record: record.into(), format: RecordFormat::MOMENTS }
    }

    setters! { record_format }

    /// Computes, or enqueues it on the handle's stream.
    ///
    /// # Errors
    /// A kind that is no batch kind, an input-only format, a record of another size or place.
    pub fn run(self, handle: &Handle, norm: &Norm, workspace: &mut Workspace) -> Result<()> {
        let x = self.x.layout;
        let call = Call::new("jsnormForwardStatistics", handle, norm, x)?;
        let bytes = norm.record_size(x, self.format)?;
        let mut args =
            sys::jsnormForwardStatisticsArgs_t { record_format: self.format, ..Default::default() };
        (args.x_desc, args.x) = call.tensor("x", &self.x)?;
        args.record = call.write("record", Some(&self.record), bytes)?.cast();
        (args.workspace, args.workspace_bytes) =
            call.workspace(workspace, x, Operation::FORWARD_STATISTICS)?;
        // SAFETY: every pointer has the memory that the call needs, or is NULL.
        check(unsafe { sys::jsnormForwardStatistics(handle.as_raw(), norm.as_raw(), &args) })
    }
}

/// Records of all parts -> statistics, coefficients, running statistics.
#[must_use = "nothing is computed before run()"]
pub struct ForwardFinalize<'a, T> {
    x: &'a Layout<T>,
    records: Input<'a, u8>,
    format: RecordFormat,
    coefficients: Output<'a, u8>,
    saved: Option<[Output<'a, f64>; 2]>,
    shrunk: Option<[Output<'a, f64>; 2]>,
    total_count: Option<Output<'a, i64>>,
    running: Running<'a>,
}

impl<'a, T: Element> ForwardFinalize<'a, T> {
    /// From records, one after another, to [`Norm::forward_coefficient_size`] bytes, both at
    /// multiples of 16. Of `x` the number of statistics and the type matter.
    pub fn new(
        x: &'a Layout<T>,
        records: impl Into<Input<'a, u8>>,
        coefficients: impl Into<Output<'a, u8>>,
    ) -> Self {
        Self {
            x,
            records: records.into(),
            format: RecordFormat::MOMENTS,
            coefficients: coefficients.into(),
            saved: None,
            shrunk: None,
            total_count: None,
            running: Running::none(),
        }
    }

    setters! { record_format saved_out shrunk running }

    /// Receives one number, the elements of a statistic in all parts, which backward needs.
    pub fn total_count(mut self, total_count: impl Into<Output<'a, i64>>) -> Self {
        self.total_count = Some(total_count.into());
        self
    }

    /// Computes, or enqueues it on the handle's stream.
    ///
    /// # Errors
    /// A kind that is no batch kind; no whole number of records, or none; on the CPU also headers
    /// of another format or number of statistics.
    pub fn run(self, handle: &Handle, norm: &Norm, workspace: &mut Workspace) -> Result<()> {
        let call = Call::new("jsnormForwardFinalize", handle, norm, self.x)?;
        let k = call.shape.statistics_per_group;
        let bytes = norm.record_size(self.x, self.format)?;
        let (records, record_count) = call.parts("records", &self.records, bytes)?;
        let mut args = sys::jsnormForwardFinalizeArgs_t {
            x_desc: self.x.descriptor.0,
            records: records.cast(),
            record_count,
            record_format: self.format,
            ..Default::default()
        };
        let [saved_mean, saved_variance] = pair(&self.saved);
        args.saved_mean = call.write("saved_mean", saved_mean, k)?;
        args.saved_variance = call.write("saved_variance", saved_variance, k)?;
        let [shrunk_mean, shrunk_variance] = pair(&self.shrunk);
        args.shrunk_mean = call.write("shrunk_mean", shrunk_mean, k)?;
        args.shrunk_variance = call.write("shrunk_variance", shrunk_variance, k)?;
        args.total_count = call.write("total_count", self.total_count.as_ref(), 1)?;
        let running = self.running.pointers::<T>(&call, k)?;
        args.running_desc = raw(&running.descriptor);
        [args.running_mean, args.running_variance] = running.previous;
        [args.next_running_mean, args.next_running_variance] = running.next;
        (args.factor, args.step) = (running.factor, running.step);
        let bytes = norm.forward_coefficient_size(self.x)?;
        args.coefficients = call.write("coefficients", Some(&self.coefficients), bytes)?.cast();
        (args.workspace, args.workspace_bytes) =
            call.workspace(workspace, self.x, Operation::FORWARD_FINALIZE)?;
        // SAFETY: every pointer has the memory that the call needs, or is NULL.
        check(unsafe { sys::jsnormForwardFinalize(handle.as_raw(), norm.as_raw(), &args) })
    }
}

/// x -> y by coefficients.
#[must_use = "nothing is computed before run()"]
pub struct ForwardApply<'a, T> {
    x: Tensor<'a, T>,
    z: Option<Tensor<'a, T>>,
    y: TensorMut<'a, T>,
    gamma: Option<Values<'a>>,
    beta: Option<Values<'a>>,
    coefficients: Input<'a, u8>,
    mask: Option<Output<'a, u32>>,
}

impl<'a, T: Element> ForwardApply<'a, T> {
    /// From x to y, by what [`ForwardFinalize`] wrote.
    pub fn new(
        x: Tensor<'a, T>,
        y: TensorMut<'a, T>,
        coefficients: impl Into<Input<'a, u8>>,
    ) -> Self {
        let coefficients = coefficients.into();
        Self { x, z: None, y, gamma: None, beta: None, coefficients, mask: None }
    }

    /// y takes the place of x.
    pub fn in_place(x: TensorMut<'a, T>, coefficients: impl Into<Input<'a, u8>>) -> Self {
        Self::new(x.also_input(), x, coefficients)
    }

    /// y takes the place of the residual z.
    pub fn in_place_of_residual(
        x: Tensor<'a, T>,
        z: TensorMut<'a, T>,
        coefficients: impl Into<Input<'a, u8>>,
    ) -> Self {
        let residual = z.also_input();
        Self::new(x, z, coefficients).z(residual)
    }

    setters! { z gamma beta mask_out }

    /// Computes, or enqueues it on the handle's stream.
    ///
    /// # Errors
    /// A kind that is no batch kind; memory that is too small or out of the handle's reach; types
    /// that do not fit. Nothing was written then.
    pub fn run(self, handle: &Handle, norm: &Norm, workspace: &mut Workspace) -> Result<()> {
        let x = self.x.layout;
        let call = Call::new("jsnormForwardApply", handle, norm, x)?;
        let mut args = sys::jsnormForwardApplyArgs_t::default();
        (args.x_desc, args.x) = call.tensor("x", &self.x)?;
        (args.z_desc, args.z) = call.optional("z", self.z.as_ref())?;
        (args.y_desc, args.y) = call.tensor_mut("y", &self.y)?;
        let parameters = [self.gamma, self.beta].map(|given| given.map(|v| v.numbers));
        let (parameter_desc, [gamma, beta]) =
            call.numbers::<T, 2>(["gamma", "beta"], parameters, call.shape.parameter_count)?;
        (args.parameter_desc, args.gamma, args.beta) = (raw(&parameter_desc), gamma, beta);
        let bytes = norm.forward_coefficient_size(x)?;
        args.coefficients = call.read("coefficients", Some(&self.coefficients), bytes)?.cast();
        args.mask = call.mask(x, self.mask.map(|mask| mask.memory))?;
        (args.workspace, args.workspace_bytes) =
            call.workspace(workspace, x, Operation::FORWARD_APPLY)?;
        // SAFETY: every pointer has the memory that the call needs, or is NULL.
        check(unsafe { sys::jsnormForwardApply(handle.as_raw(), norm.as_raw(), &args) })
    }
}
