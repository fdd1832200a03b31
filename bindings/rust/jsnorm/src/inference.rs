// SPDX-License-Identifier: Apache-2.0
//! Forward in inference.

use crate::call::{Call, pair, raw};
use crate::error::check;
use crate::setters::setters;
use crate::{
    Element, Handle, Norm, Operation, Output, Result, Tensor, TensorMut, Values, Workspace,
};
use jsnorm_sys as sys;

/// x -> y with running statistics (batch kinds), or with those of the sample, as in training.
///
/// ```
/// use jsnorm::{Backend, ForwardInference, Handle, Layout, Norm, Workspace};
///
/// let norm = Norm::batch_norm().epsilon(0.0).build()?;
/// let layout = Layout::<f64>::packed(&[1, 2])?;
/// let mut x = [3.0, 5.0];
/// ForwardInference::in_place(layout.of_mut(&mut x))
///     .running(&[1.0f64, 1.0], &[4.0f64, 4.0])
///     .run(&Handle::new(Backend::CPU)?, &norm, &mut Workspace::new())?;
/// assert_eq!(x, [1.0, 2.0]);
/// # Ok::<(), jsnorm::Error>(())
/// ```
#[must_use = "nothing is computed before run()"]
pub struct ForwardInference<'a, T> {
    x: Tensor<'a, T>,
    z: Option<Tensor<'a, T>>,
    y: TensorMut<'a, T>,
    gamma: Option<Values<'a>>,
    beta: Option<Values<'a>>,
    running: Option<[Values<'a>; 2]>,
    running_element_count: i64,
    mask: Option<Output<'a, u32>>,
}

impl<'a, T: Element> ForwardInference<'a, T> {
    /// From x to y.
    pub fn new(x: Tensor<'a, T>, y: TensorMut<'a, T>) -> Self {
        Self {
            x,
            z: None,
            y,
            gamma: None,
            beta: None,
            running: None,
            running_element_count: 0,
            mask: None,
        }
    }

    /// y takes the place of x.
    pub fn in_place(x: TensorMut<'a, T>) -> Self {
        Self::new(x.also_input(), x)
    }

    /// y takes the place of the residual z.
    pub fn in_place_of_residual(x: Tensor<'a, T>, z: TensorMut<'a, T>) -> Self {
        let residual = z.also_input();
        Self::new(x, z).z(residual)
    }

    setters! { z gamma beta running_in mask_out }

    /// Computes, or enqueues it on the handle's stream.
    ///
    /// # Errors
    /// Memory that is too small or out of the handle's reach; a batch kind without running
    /// statistics, or another kind with them; types or values that do not fit. Nothing was written
    /// then.
    pub fn run(self, handle: &Handle, norm: &Norm, workspace: &mut Workspace) -> Result<()> {
        let x = self.x.layout;
        let call = Call::new("jsnormForwardInference", handle, norm, x)?;
        let mut args = sys::jsnormForwardInferenceArgs_t {
            running_element_count: self.running_element_count,
            ..Default::default()
        };
        (args.x_desc, args.x) = call.tensor("x", &self.x)?;
        (args.z_desc, args.z) = call.optional("z", self.z.as_ref())?;
        (args.y_desc, args.y) = call.tensor_mut("y", &self.y)?;
        let parameters = [self.gamma, self.beta].map(|given| given.map(|v| v.numbers));
        let (parameter_desc, [gamma, beta]) =
            call.numbers::<T, 2>(["gamma", "beta"], parameters, call.shape.parameter_count)?;
        (args.parameter_desc, args.gamma, args.beta) = (raw(&parameter_desc), gamma, beta);
        let (running_desc, [mean, variance]) = call.numbers::<T, 2>(
            ["running_mean", "running_variance"],
            pair(&self.running).map(|given| given.map(|v| v.numbers)),
            call.shape.statistics_per_group,
        )?;
        args.running_desc = raw(&running_desc);
        (args.running_mean, args.running_variance) = (mean, variance);
        args.mask = call.mask(x, self.mask.map(|mask| mask.memory))?;
        (args.workspace, args.workspace_bytes) =
            call.workspace(workspace, x, Operation::FORWARD_INFERENCE)?;
        // SAFETY: every pointer has the memory that the call needs, or is NULL.
        check(unsafe { sys::jsnormForwardInference(handle.as_raw(), norm.as_raw(), &args) })
    }
}
