// SPDX-License-Identifier: Apache-2.0
//! The gradient of forward in training.

use crate::call::{Call, raw};
use crate::error::check;
use crate::setters::setters;
use crate::{
    Element, Handle, Input, Norm, Operation, Result, Tensor, TensorMut, Values, ValuesMut,
    Workspace,
};
use jsnorm_sys as sys;

/// dy -> dx, dz, dgamma, dbeta, through the statistics and their shrinkage.
///
/// ```
/// use jsnorm::{Backend, Backward, ForwardTraining, Handle, Layout, Norm, Workspace};
///
/// let (handle, norm) = (Handle::new(Backend::CPU)?, Norm::layer_norm().build()?);
/// let layout = Layout::<f64>::packed(&[1, 4, 3])?;
/// let x: Vec<f64> = (0..12).map(|i| f64::from(i * i % 7)).collect();
/// let (mut y, mut mean, mut variance) = (vec![0.0; 12], [0.0; 4], [0.0; 4]);
/// let mut workspace = Workspace::new();
/// ForwardTraining::new(layout.of(&x), layout.of_mut(&mut y))
///     .saved(&mut mean, &mut variance)
///     .run(&handle, &norm, &mut workspace)?;
/// let mut gradient = y; // of half the sum of squares
/// let mut dgamma = [0.0; 3];
/// Backward::dx_in_place(layout.of(&x), layout.of_mut(&mut gradient), &mean, &variance)
///     .dgamma(&mut dgamma)
///     .run(&handle, &norm, &mut workspace)?;
/// assert!(dgamma.iter().all(|&squares| squares > 0.0));
/// # Ok::<(), jsnorm::Error>(())
/// ```
#[must_use = "nothing is computed before run()"]
pub struct Backward<'a, T> {
    x: Tensor<'a, T>,
    dy: Tensor<'a, T>,
    saved: [Input<'a, f64>; 2],
    gamma: Option<Values<'a>>,
    beta: Option<Values<'a>>,
    mask: Option<Input<'a, u32>>,
    dx: Option<TensorMut<'a, T>>,
    dgamma: Option<ValuesMut<'a>>,
    dbeta: Option<ValuesMut<'a>>,
    dz: Option<TensorMut<'a, T>>,
}

impl<'a, T: Element> Backward<'a, T> {
    /// From dy, with x and the statistics that forward saved, to what is given later.
    pub fn new(
        x: Tensor<'a, T>,
        dy: Tensor<'a, T>,
        saved_mean: impl Into<Input<'a, f64>>,
        saved_variance: impl Into<Input<'a, f64>>,
    ) -> Self {
        Self {
            x,
            dy,
            saved: [saved_mean.into(), saved_variance.into()],
            gamma: None,
            beta: None,
            mask: None,
            dx: None,
            dgamma: None,
            dbeta: None,
            dz: None,
        }
    }

    /// dx takes the place of dy.
    pub fn dx_in_place(
        x: Tensor<'a, T>,
        dy: TensorMut<'a, T>,
        saved_mean: impl Into<Input<'a, f64>>,
        saved_variance: impl Into<Input<'a, f64>>,
    ) -> Self {
        Self::new(x, dy.also_input(), saved_mean, saved_variance).dx(dy)
    }

    /// dz takes the place of dy.
    pub fn dz_in_place(
        x: Tensor<'a, T>,
        dy: TensorMut<'a, T>,
        saved_mean: impl Into<Input<'a, f64>>,
        saved_variance: impl Into<Input<'a, f64>>,
    ) -> Self {
        Self::new(x, dy.also_input(), saved_mean, saved_variance).dz(dy)
    }

    setters! { gamma beta mask_in dx dgamma dbeta dz }

    /// Computes, or enqueues it on the handle's stream.
    ///
    /// # Errors
    /// Memory that is too small or out of the handle's reach; a mask that is needed and not given;
    /// types or values that do not fit. Nothing was written then.
    pub fn run(self, handle: &Handle, norm: &Norm, workspace: &mut Workspace) -> Result<()> {
        let x = self.x.layout;
        let call = Call::new("jsnormBackward", handle, norm, x)?;
        let mut args = sys::jsnormBackwardArgs_t::default();
        (args.x_desc, args.x) = call.tensor("x", &self.x)?;
        (args.dy_desc, args.dy) = call.tensor("dy", &self.dy)?;
        let numbers = [
            self.gamma.map(|given| given.numbers),
            self.beta.map(|given| given.numbers),
            self.dgamma.map(|given| given.numbers),
            self.dbeta.map(|given| given.numbers),
        ];
        let names = ["gamma", "beta", "dgamma", "dbeta"];
        let (parameter_desc, [gamma, beta, dgamma, dbeta]) =
            call.numbers::<T, 4>(names, numbers, call.shape.parameter_count)?;
        (args.parameter_desc, args.gamma, args.beta) = (raw(&parameter_desc), gamma, beta);
        (args.dgamma, args.dbeta) = (dgamma, dbeta);
        let statistics = call.shape.statistics();
        args.saved_mean = call.read("saved_mean", Some(&self.saved[0]), statistics)?;
        args.saved_variance = call.read("saved_variance", Some(&self.saved[1]), statistics)?;
        args.mask = call.mask(x, self.mask.map(|mask| mask.memory))?;
        (args.dx_desc, args.dx) = call.optional_mut("dx", self.dx.as_ref())?;
        (args.dz_desc, args.dz) = call.optional_mut("dz", self.dz.as_ref())?;
        (args.workspace, args.workspace_bytes) =
            call.workspace(workspace, x, Operation::BACKWARD)?;
        // SAFETY: every pointer has the memory that the call needs, or is NULL.
        check(unsafe { sys::jsnormBackward(handle.as_raw(), norm.as_raw(), &args) })
    }
}
