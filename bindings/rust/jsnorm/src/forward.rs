// SPDX-License-Identifier: Apache-2.0
//! Forward in training.

use crate::call::{Call, pair, raw};
use crate::error::check;
use crate::running::Running;
use crate::setters::setters;
use crate::{
    Element, Handle, Norm, Operation, Output, Result, Tensor, TensorMut, Values, Workspace,
};
use jsnorm_sys as sys;

/// x -> y with the statistics of x.
///
/// ```
/// use jsnorm::{Average, Backend, ForwardTraining, Handle, Layout, Norm, Workspace};
///
/// let (handle, norm) = (Handle::new(Backend::CPU)?, Norm::batch_norm().build()?);
/// let layout = Layout::<f32>::packed(&[2, 1])?;
/// let mut x = [3.0, 5.0];
/// let (mut mean, mut variance) = ([0.0], [0.0]); // running statistics
/// ForwardTraining::in_place(layout.of_mut(&mut x))
///     .gamma(&[2.0f32])
///     .running(&mut mean, &mut variance, Average::Factor(0.5))
///     .run(&handle, &norm, &mut Workspace::new())?;
/// assert!((x[1] - 2.0f32).abs() < 1e-4);
/// assert_eq!((mean, variance), ([2.0f32], [1.0f32])); // half of 4, and of 2
/// # Ok::<(), jsnorm::Error>(())
/// ```
#[must_use = "nothing is computed before run()"]
pub struct ForwardTraining<'a, T> {
    x: Tensor<'a, T>,
    z: Option<Tensor<'a, T>>,
    y: TensorMut<'a, T>,
    gamma: Option<Values<'a>>,
    beta: Option<Values<'a>>,
    saved: Option<[Output<'a, f64>; 2]>,
    shrunk: Option<[Output<'a, f64>; 2]>,
    running: Running<'a>,
    mask: Option<Output<'a, u32>>,
}

impl<'a, T: Element> ForwardTraining<'a, T> {
    /// From x to y.
    pub fn new(x: Tensor<'a, T>, y: TensorMut<'a, T>) -> Self {
        Self {
            x,
            z: None,
            y,
            gamma: None,
            beta: None,
            saved: None,
            shrunk: None,
            running: Running::none(),
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

    setters! { z gamma beta saved_out shrunk running mask_out }

    /// Computes, or enqueues it on the handle's stream.
    ///
    /// # Errors
    /// Memory that is too small or out of the handle's reach; a norm, types or values that do not
    /// fit. Nothing was written then.
    pub fn run(self, handle: &Handle, norm: &Norm, workspace: &mut Workspace) -> Result<()> {
        let x = self.x.layout;
        let call = Call::new("jsnormForwardTraining", handle, norm, x)?;
        let (g_k, k) = (call.shape.statistics(), call.shape.statistics_per_group);
        let mut args = sys::jsnormForwardTrainingArgs_t::default();
        (args.x_desc, args.x) = call.tensor("x", &self.x)?;
        (args.z_desc, args.z) = call.optional("z", self.z.as_ref())?;
        (args.y_desc, args.y) = call.tensor_mut("y", &self.y)?;
        let parameters = [self.gamma, self.beta].map(|given| given.map(|v| v.numbers));
        let (parameter_desc, [gamma, beta]) =
            call.numbers::<T, 2>(["gamma", "beta"], parameters, call.shape.parameter_count)?;
        (args.parameter_desc, args.gamma, args.beta) = (raw(&parameter_desc), gamma, beta);
        let [saved_mean, saved_variance] = pair(&self.saved);
        args.saved_mean = call.write("saved_mean", saved_mean, g_k)?;
        args.saved_variance = call.write("saved_variance", saved_variance, g_k)?;
        let [shrunk_mean, shrunk_variance] = pair(&self.shrunk);
        args.shrunk_mean = call.write("shrunk_mean", shrunk_mean, g_k)?;
        args.shrunk_variance = call.write("shrunk_variance", shrunk_variance, g_k)?;
        let running = self.running.pointers::<T>(&call, k)?;
        args.running_desc = raw(&running.descriptor);
        [args.running_mean, args.running_variance] = running.previous;
        [args.next_running_mean, args.next_running_variance] = running.next;
        (args.factor, args.step) = (running.factor, running.step);
        args.mask = call.mask(x, self.mask.map(|mask| mask.memory))?;
        (args.workspace, args.workspace_bytes) =
            call.workspace(workspace, x, Operation::FORWARD_TRAINING)?;
        // SAFETY: every pointer has the memory that the call needs, or is NULL.
        check(unsafe { sys::jsnormForwardTraining(handle.as_raw(), norm.as_raw(), &args) })
    }
}
