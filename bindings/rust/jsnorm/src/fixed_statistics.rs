// SPDX-License-Identifier: Apache-2.0
//! The gradient of forward in inference.

use crate::call::{Call, pair, raw};
use crate::error::check;
use crate::setters::setters;
use crate::{
    Element, Handle, Input, Norm, Operation, Result, Tensor, TensorMut, Values, ValuesMut,
    Workspace,
};
use jsnorm_sys as sys;

/// dy -> dx, dz, dgamma, dbeta of a frozen batch norm, whose statistics are constants.
///
/// ```
/// use jsnorm::{Backend, BackwardFixedStatistics, Handle, Layout, Norm, Workspace};
///
/// let norm = Norm::batch_norm().epsilon(0.0).build()?;
/// let layout = Layout::<f64>::packed(&[1, 2])?;
/// let mut gradient = [8.0, 8.0];
/// BackwardFixedStatistics::dx_in_place(layout.of(&[3.0, 5.0]), layout.of_mut(&mut gradient))
///     .running(&[1.0f64, 1.0], &[4.0f64, 16.0])
///     .run(&Handle::new(Backend::CPU)?, &norm, &mut Workspace::new())?;
/// assert_eq!(gradient, [4.0, 2.0]);
/// # Ok::<(), jsnorm::Error>(())
/// ```
#[must_use = "nothing is computed before run()"]
pub struct BackwardFixedStatistics<'a, T> {
    x: Tensor<'a, T>,
    dy: Tensor<'a, T>,
    gamma: Option<Values<'a>>,
    beta: Option<Values<'a>>,
    running: Option<[Values<'a>; 2]>,
    running_element_count: i64,
    mask: Option<Input<'a, u32>>,
    dx: Option<TensorMut<'a, T>>,
    dgamma: Option<ValuesMut<'a>>,
    dbeta: Option<ValuesMut<'a>>,
    dz: Option<TensorMut<'a, T>>,
}

impl<'a, T: Element> BackwardFixedStatistics<'a, T> {
    /// From dy, with x, to what is given later.
    pub fn new(x: Tensor<'a, T>, dy: Tensor<'a, T>) -> Self {
        Self {
            x,
            dy,
            gamma: None,
            beta: None,
            running: None,
            running_element_count: 0,
            mask: None,
            dx: None,
            dgamma: None,
            dbeta: None,
            dz: None,
        }
    }

    /// dx takes the place of dy.
    pub fn dx_in_place(x: Tensor<'a, T>, dy: TensorMut<'a, T>) -> Self {
        Self::new(x, dy.also_input()).dx(dy)
    }

    /// dz takes the place of dy.
    pub fn dz_in_place(x: Tensor<'a, T>, dy: TensorMut<'a, T>) -> Self {
        Self::new(x, dy.also_input()).dz(dy)
    }

    setters! { gamma beta running_in mask_in dx dgamma dbeta dz }

    /// Computes, or enqueues it on the handle's stream.
    ///
    /// # Errors
    /// A kind that is no batch kind; memory that is too small or out of the handle's reach; a mask
    /// that is needed and not given; types or values that do not fit. Nothing was written then.
    pub fn run(self, handle: &Handle, norm: &Norm, workspace: &mut Workspace) -> Result<()> {
        let x = self.x.layout;
        let call = Call::new("jsnormBackwardFixedStatistics", handle, norm, x)?;
        let mut args = sys::jsnormBackwardFixedStatisticsArgs_t {
            running_element_count: self.running_element_count,
            ..Default::default()
        };
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
        let (running_desc, [mean, variance]) = call.numbers::<T, 2>(
            ["running_mean", "running_variance"],
            pair(&self.running).map(|given| given.map(|v| v.numbers)),
            call.shape.statistics_per_group,
        )?;
        args.running_desc = raw(&running_desc);
        (args.running_mean, args.running_variance) = (mean, variance);
        args.mask = call.mask(x, self.mask.map(|mask| mask.memory))?;
        (args.dx_desc, args.dx) = call.optional_mut("dx", self.dx.as_ref())?;
        (args.dz_desc, args.dz) = call.optional_mut("dz", self.dz.as_ref())?;
        (args.workspace, args.workspace_bytes) =
            call.workspace(workspace, x, Operation::BACKWARD_FIXED_STATISTICS)?;
        // SAFETY: every pointer has the memory that the call needs, or is NULL.
        check(unsafe { sys::jsnormBackwardFixedStatistics(handle.as_raw(), norm.as_raw(), &args) })
    }
}
