// SPDX-License-Identifier: Apache-2.0
//! What is computed.

use crate::error::check;
use crate::{
    Activation, Estimator, NormKind, ParameterGradientScope, Result, RunningMode, RunningVariance,
};
use jsnorm_sys as sys;
use std::ptr;

/// A layer: its kind, estimators, epsilon, activation. It never changes, and threads may share it.
///
/// ```
/// use jsnorm::{Activation, Estimator, Norm};
///
/// let norm = Norm::group_norm(8)
///     .estimators(Estimator::SAMPLING, Estimator::SAMPLING)
///     .activation(Activation::RELU)
///     .build()?;
/// # Ok::<(), jsnorm::Error>(())
/// ```
#[derive(Debug)]
pub struct Norm {
    raw: sys::jsnormNormDescriptor_t,
}

// SAFETY: it is frozen when it is made, and threads may share a frozen descriptor.
unsafe impl Send for Norm {}
// SAFETY: likewise.
unsafe impl Sync for Norm {}

impl Norm {
    /// Statistics per channel, over the batch and the spatial axes.
    pub fn batch_norm() -> NormBuilder {
        Self::of_kind(NormKind::BATCH_NORM)
    }

    /// Statistics per activation, over the batch.
    pub fn batch_norm_per_activation() -> NormBuilder {
        Self::of_kind(NormKind::BATCH_NORM_PER_ACTIVATION)
    }

    /// Statistics per sample and channel, over the spatial axes; shrunk over the channels of a
    /// sample.
    pub fn instance_norm() -> NormBuilder {
        Self::of_kind(NormKind::INSTANCE_NORM)
    }

    /// Statistics per row, over the last axis (see [`NormBuilder::first_normalized_axis`]); shrunk
    /// over the rows of a sample.
    pub fn layer_norm() -> NormBuilder {
        Self::of_kind(NormKind::LAYER_NORM)
    }

    /// Statistics per sample and group of channels; shrunk over the groups of a sample.
    pub fn group_norm(group_count: i64) -> NormBuilder {
        Self::of_kind(NormKind::GROUP_NORM).group_count(group_count)
    }

    /// The builder of a kind that is known when the program runs.
    pub fn of_kind(kind: NormKind) -> NormBuilder {
        NormBuilder { kind, settings: Vec::new() }
    }

    /// The descriptor for functions of [`crate::sys`]. It stays this object's: do not destroy it.
    pub fn as_raw(&self) -> sys::jsnormNormDescriptor_t {
        self.raw
    }
}

impl Drop for Norm {
    fn drop(&mut self) {
        // SAFETY: it was created once and nothing borrows it; NULL does nothing.
        unsafe { sys::jsnormDestroyNormDescriptor(self.raw) };
    }
}

/// Settings of a [`Norm`]; the last one of a name counts. Where nothing is said: JAMES_STEIN for
/// mean and variance, epsilon 1e-5, no activation, lambda 0, running statistics SHRUNK and
/// CORRECTED, parameter gradients LOCAL.
#[derive(Clone, Debug)]
pub struct NormBuilder {
    kind: NormKind,
    settings: Vec<Setting>,
}

#[derive(Clone, Copy, Debug)]
enum Setting {
    Estimators(Estimator, Estimator),
    Lambda(f64),
    Epsilon(f64),
    EffectiveFraction(f64),
    Activation(Activation),
    FirstNormalizedAxis(i32),
    StatisticsPerGroup(i64),
    GroupCount(i64),
    RunningStatistics(RunningMode, RunningVariance),
    ParameterGradientScope(ParameterGradientScope),
}

impl NormBuilder {
    fn with(mut self, setting: Setting) -> Self {
        self.settings.push(setting);
        self
    }

    /// The estimators of the vector of means and of the vector of variances.
    pub fn estimators(self, mean: Estimator, variance: Estimator) -> Self {
        self.with(Setting::Estimators(mean, variance))
    }

    /// lambda of RIDGE and LASSO: finite, 0 or more.
    pub fn lambda(self, lambda: f64) -> Self {
        self.with(Setting::Lambda(lambda))
    }

    /// Added to the shrunk variance under the root: finite, 0 or more.
    pub fn epsilon(self, epsilon: f64) -> Self {
        self.with(Setting::Epsilon(epsilon))
    }

    /// Of SAMPLING: which fraction of a statistic's elements counts as independent, in (0, 1].
    pub fn effective_fraction(self, fraction: f64) -> Self {
        self.with(Setting::EffectiveFraction(fraction))
    }

    /// The activation, applied after z is added.
    pub fn activation(self, activation: Activation) -> Self {
        self.with(Setting::Activation(activation))
    }

    /// Layer norm only: the axis at which the normalized axes begin; -1, the default, is the last.
    pub fn first_normalized_axis(self, axis: i32) -> Self {
        self.with(Setting::FirstNormalizedAxis(axis))
    }

    /// Layer norm only: how many consecutive rows are shrunk together; 0, the default, is all rows
    /// of a sample.
    pub fn statistics_per_group(self, statistics: i64) -> Self {
        self.with(Setting::StatisticsPerGroup(statistics))
    }

    /// Group norm only: the number of groups, of which the number of channels is a multiple.
    pub fn group_count(self, group_count: i64) -> Self {
        self.with(Setting::GroupCount(group_count))
    }

    /// Batch kinds only: what running statistics hold.
    pub fn running_statistics(self, mode: RunningMode, variance: RunningVariance) -> Self {
        self.with(Setting::RunningStatistics(mode, variance))
    }

    /// Batch kinds only: which data the gradients of gamma and beta cover, in phases.
    pub fn parameter_gradient_scope(self, scope: ParameterGradientScope) -> Self {
        self.with(Setting::ParameterGradientScope(scope))
    }

    /// Makes the norm, which nothing changes any more.
    ///
    /// # Errors
    /// A value out of its range, or a setting that the kind does not have.
    pub fn build(&self) -> Result<Norm> {
        sys::load()?;
        let mut norm = Norm { raw: ptr::null_mut() };
        // SAFETY: room for a descriptor, which is then there.
        unsafe {
            check(sys::jsnormCreateNormDescriptor(&mut norm.raw, self.kind))?;
            self.settings.iter().try_for_each(|&setting| check(set(norm.raw, setting)))?;
            check(sys::jsnormFinalizeNormDescriptor(norm.raw))?;
        }
        Ok(norm)
    }
}

/// # Safety
/// The descriptor is there.
unsafe fn set(norm: sys::jsnormNormDescriptor_t, setting: Setting) -> sys::jsnormStatus_t {
    use Setting as S;
    // SAFETY: the caller's promise; the library checks every value.
    unsafe {
        match setting {
            S::Estimators(mean, variance) => sys::jsnormSetNormEstimators(norm, mean, variance),
            S::Lambda(lambda) => sys::jsnormSetNormLambda(norm, lambda),
            S::Epsilon(epsilon) => sys::jsnormSetNormEpsilon(norm, epsilon),
            S::EffectiveFraction(fraction) => sys::jsnormSetNormEffectiveFraction(norm, fraction),
            S::Activation(activation) => sys::jsnormSetNormActivation(norm, activation),
            S::FirstNormalizedAxis(axis) => sys::jsnormSetNormFirstNormalizedAxis(norm, axis),
            S::StatisticsPerGroup(count) => sys::jsnormSetNormStatisticsPerGroup(norm, count),
            S::GroupCount(count) => sys::jsnormSetNormGroupCount(norm, count),
            S::RunningStatistics(mode, variance) => {
                sys::jsnormSetNormRunningStatistics(norm, mode, variance)
            }
            S::ParameterGradientScope(scope) => {
                sys::jsnormSetNormParameterGradientScope(norm, scope)
            }
        }
    }
}
