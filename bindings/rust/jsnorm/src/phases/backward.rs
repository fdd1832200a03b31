// SPDX-License-Identifier: Apache-2.0
//! The phases of backward.

use crate::call::{Call, raw};
use crate::error::check;
use crate::setters::setters;
use crate::{
    Element, Handle, Input, Layout, Norm, Operation, Output, Result, Tensor, TensorMut, Values,
    ValuesMut, Workspace,
};
use jsnorm_sys as sys;

/// dy, x -> the sums of this part: of dy, and of dy times the deviation of x.
#[must_use = "nothing is computed before run()"]
pub struct BackwardReduce<'a, T> {
    x: Tensor<'a, T>,
    dy: Tensor<'a, T>,
    saved_mean: Input<'a, f64>,
    sums: Output<'a, f64>,
    gamma: Option<Values<'a>>,
    beta: Option<Values<'a>>,
    forward_coefficients: Option<Input<'a, u8>>,
    mask: Option<Input<'a, u32>>,
}

impl<'a, T: Element> BackwardReduce<'a, T> {
    /// With the K means of all parts, into 2K sums.
    pub fn new(
        x: Tensor<'a, T>,
        dy: Tensor<'a, T>,
        saved_mean: impl Into<Input<'a, f64>>,
        sums: impl Into<Output<'a, f64>>,
    ) -> Self {
        Self {
            x,
            dy,
            saved_mean: saved_mean.into(),
            sums: sums.into(),
            gamma: None,
            beta: None,
            forward_coefficients: None,
            mask: None,
        }
    }

    setters! { gamma beta forward_coefficients mask_in }

    /// Computes, or enqueues it on the handle's stream.
    ///
    /// # Errors
    /// A kind that is no batch kind; memory that is too small or out of the handle's reach; ReLU
    /// without mask and without coefficients. Nothing was written then.
    pub fn run(self, handle: &Handle, norm: &Norm, workspace: &mut Workspace) -> Result<()> {
        let x = self.x.layout;
        let call = Call::new("jsnormBackwardReduce", handle, norm, x)?;
        let k = call.shape.statistics_per_group;
        let mut args = sys::jsnormBackwardReduceArgs_t::default();
        (args.x_desc, args.x) = call.tensor("x", &self.x)?;
        (args.dy_desc, args.dy) = call.tensor("dy", &self.dy)?;
        let parameters = [self.gamma, self.beta].map(|given| given.map(|v| v.numbers));
        let (parameter_desc, [gamma, beta]) =
            call.numbers::<T, 2>(["gamma", "beta"], parameters, call.shape.parameter_count)?;
        (args.parameter_desc, args.gamma, args.beta) = (raw(&parameter_desc), gamma, beta);
        args.saved_mean = call.read("saved_mean", Some(&self.saved_mean), k)?;
        let bytes = norm.forward_coefficient_size(x)?;
        let coefficients = self.forward_coefficients.as_ref();
        args.coefficients = call.read("forward_coefficients", coefficients, bytes)?.cast();
        args.mask = call.mask(x, self.mask.map(|mask| mask.memory))?;
        args.sums = call.write("sums", Some(&self.sums), k.saturating_mul(2))?;
        (args.workspace, args.workspace_bytes) =
            call.workspace(workspace, x, Operation::BACKWARD_REDUCE)?;
        // SAFETY: every pointer has the memory that the call needs, or is NULL.
        check(unsafe { sys::jsnormBackwardReduce(handle.as_raw(), norm.as_raw(), &args) })
    }
}

/// The sums of all parts -> coefficients, dgamma, dbeta.
#[must_use = "nothing is computed before run()"]
pub struct BackwardFinalize<'a, T> {
    x: &'a Layout<T>,
    global_sums: Input<'a, f64>,
    total_count: Input<'a, i64>,
    saved: [Input<'a, f64>; 2],
    coefficients: Output<'a, u8>,
    local_sums: Option<Input<'a, f64>>,
    gamma: Option<Values<'a>>,
    dgamma: Option<ValuesMut<'a>>,
    dbeta: Option<ValuesMut<'a>>,
}

impl<'a, T: Element> BackwardFinalize<'a, T> {
    /// From the sums of all parts, 2K each, one after another, to
    /// [`Norm::backward_coefficient_size`] bytes at a multiple of 16. The sums are added in their
    /// order, so that every process gets the same bits. `total_count` and `saved` (means and
    /// variances) are what [`super::ForwardFinalize`] wrote.
    pub fn new(
        x: &'a Layout<T>,
        global_sums: impl Into<Input<'a, f64>>,
        total_count: impl Into<Input<'a, i64>>,
        saved: [impl Into<Input<'a, f64>>; 2],
        coefficients: impl Into<Output<'a, u8>>,
    ) -> Self {
        Self {
            x,
            global_sums: global_sums.into(),
            total_count: total_count.into(),
            saved: saved.map(Into::into),
            coefficients: coefficients.into(),
            local_sums: None,
            gamma: None,
            dgamma: None,
            dbeta: None,
        }
    }

    setters! { gamma dgamma dbeta }

    /// The 2K sums of this part: dgamma and dbeta of LOCAL scope need them.
    pub fn local_sums(mut self, local_sums: impl Into<Input<'a, f64>>) -> Self {
        self.local_sums = Some(local_sums.into());
        self
    }

    /// Computes, or enqueues it on the handle's stream.
    ///
    /// # Errors
    /// A kind that is no batch kind; no whole number of parts, or none; memory of another size or
    /// out of the handle's reach. Nothing was written then.
    pub fn run(self, handle: &Handle, norm: &Norm, workspace: &mut Workspace) -> Result<()> {
        let call = Call::new("jsnormBackwardFinalize", handle, norm, self.x)?;
        let k = call.shape.statistics_per_group;
        let of_a_part = k.saturating_mul(2);
        let (global_sums, record_count) =
            call.parts("global_sums", &self.global_sums, of_a_part)?;
        let mut args = sys::jsnormBackwardFinalizeArgs_t {
            x_desc: self.x.descriptor.0,
            global_sums,
            record_count,
            ..Default::default()
        };
        args.local_sums = call.read("local_sums", self.local_sums.as_ref(), of_a_part)?;
        args.total_count = call.read("total_count", Some(&self.total_count), 1)?;
        let numbers = [
            self.gamma.map(|given| given.numbers),
            self.dgamma.map(|given| given.numbers),
            self.dbeta.map(|given| given.numbers),
        ];
        let (parameter_desc, [gamma, dgamma, dbeta]) = call.numbers::<T, 3>(
            ["gamma", "dgamma", "dbeta"],
            numbers,
            call.shape.parameter_count,
        )?;
        (args.parameter_desc, args.gamma) = (raw(&parameter_desc), gamma);
        (args.dgamma, args.dbeta) = (dgamma, dbeta);
        args.saved_mean = call.read("saved_mean", Some(&self.saved[0]), k)?;
        args.saved_variance = call.read("saved_variance", Some(&self.saved[1]), k)?;
        let bytes = norm.backward_coefficient_size(self.x)?;
        args.coefficients = call.write("coefficients", Some(&self.coefficients), bytes)?.cast();
        (args.workspace, args.workspace_bytes) =
            call.workspace(workspace, self.x, Operation::BACKWARD_FINALIZE)?;
        // SAFETY: every pointer has the memory that the call needs, or is NULL.
        check(unsafe { sys::jsnormBackwardFinalize(handle.as_raw(), norm.as_raw(), &args) })
    }
}

/// dy, x -> dx, dz by coefficients.
#[must_use = "nothing is computed before run()"]
pub struct BackwardApply<'a, T> {
    x: Tensor<'a, T>,
    dy: Tensor<'a, T>,
    coefficients: Input<'a, u8>,
    gamma: Option<Values<'a>>,
    beta: Option<Values<'a>>,
    forward_coefficients: Option<Input<'a, u8>>,
    mask: Option<Input<'a, u32>>,
    dx: Option<TensorMut<'a, T>>,
    dz: Option<TensorMut<'a, T>>,
}

impl<'a, T: Element> BackwardApply<'a, T> {
    /// From dy, by what [`BackwardFinalize`] wrote, to what is given later.
    pub fn new(
        x: Tensor<'a, T>,
        dy: Tensor<'a, T>,
        coefficients: impl Into<Input<'a, u8>>,
    ) -> Self {
        Self {
            x,
            dy,
            coefficients: coefficients.into(),
            gamma: None,
            beta: None,
            forward_coefficients: None,
            mask: None,
            dx: None,
            dz: None,
        }
    }

    /// dx takes the place of dy.
    pub fn dx_in_place(
        x: Tensor<'a, T>,
        dy: TensorMut<'a, T>,
        coefficients: impl Into<Input<'a, u8>>,
    ) -> Self {
        Self::new(x, dy.also_input(), coefficients).dx(dy)
    }

    /// dz takes the place of dy.
    pub fn dz_in_place(
        x: Tensor<'a, T>,
        dy: TensorMut<'a, T>,
        coefficients: impl Into<Input<'a, u8>>,
    ) -> Self {
        Self::new(x, dy.also_input(), coefficients).dz(dy)
    }

    setters! { gamma beta forward_coefficients mask_in dx dz }

    /// Computes, or enqueues it on the handle's stream.
    ///
    /// # Errors
    /// As [`BackwardReduce::run`].
    pub fn run(self, handle: &Handle, norm: &Norm, workspace: &mut Workspace) -> Result<()> {
        let x = self.x.layout;
        let call = Call::new("jsnormBackwardApply", handle, norm, x)?;
        let mut args = sys::jsnormBackwardApplyArgs_t::default();
        (args.x_desc, args.x) = call.tensor("x", &self.x)?;
        (args.dy_desc, args.dy) = call.tensor("dy", &self.dy)?;
        let parameters = [self.gamma, self.beta].map(|given| given.map(|v| v.numbers));
        let (parameter_desc, [gamma, beta]) =
            call.numbers::<T, 2>(["gamma", "beta"], parameters, call.shape.parameter_count)?;
        (args.parameter_desc, args.gamma, args.beta) = (raw(&parameter_desc), gamma, beta);
        let bytes = norm.forward_coefficient_size(x)?;
        let coefficients = self.forward_coefficients.as_ref();
        args.forward_coefficients = call.read("forward_coefficients", coefficients, bytes)?.cast();
        let bytes = norm.backward_coefficient_size(x)?;
        let coefficients = call.read("backward_coefficients", Some(&self.coefficients), bytes)?;
        args.backward_coefficients = coefficients.cast();
        args.mask = call.mask(x, self.mask.map(|mask| mask.memory))?;
        (args.dx_desc, args.dx) = call.optional_mut("dx", self.dx.as_ref())?;
        (args.dz_desc, args.dz) = call.optional_mut("dz", self.dz.as_ref())?;
        (args.workspace, args.workspace_bytes) =
            call.workspace(workspace, x, Operation::BACKWARD_APPLY)?;
        // SAFETY: every pointer has the memory that the call needs, or is NULL.
        check(unsafe { sys::jsnormBackwardApply(handle.as_raw(), norm.as_raw(), &args) })
    }
}
