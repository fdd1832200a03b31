// SPDX-License-Identifier: Apache-2.0
//! Normalization layers with James-Stein shrinkage: batch, layer, instance and group norm, forward
//! and backward. With the estimator `NONE` every layer is the ordinary one.
//!
//! ```
//! use jsnorm::{Backend, ForwardTraining, Handle, Layout, Norm, Workspace};
//!
//! let handle = Handle::new(Backend::CPU)?;
//! let norm = Norm::batch_norm().build()?;
//! let layout = Layout::<f32>::packed(&[8, 4, 5, 5])?; // N, C, H, W
//! let x: Vec<f32> = (0..800).map(|i| (i * 37 % 101) as f32).collect();
//! let mut y = vec![0.0; 800];
//! ForwardTraining::new(layout.of(&x), layout.of_mut(&mut y))
//!     .run(&handle, &norm, &mut Workspace::new())?;
//! assert!(y.iter().all(|value| value.abs() < 3.0));
//! # Ok::<(), jsnorm::Error>(())
//! ```
//!
//! **Objects.** A [`Handle`] is a backend that computes; a [`Norm`] says what is computed; a
//! [`Layout`] says how a tensor lies in memory. An operation is a value: [`ForwardTraining`],
//! [`ForwardInference`], [`Backward`], [`BackwardFixedStatistics`], and those of [`phases`]. It is
//! made of what it needs, is given what it may have, and runs once.
//!
//! **Errors.** Whatever is wrong with a call, it returns an [`Error`] with the status and the
//! message of the library, and no output is written. Slices are held against the layout, or the
//! number of statistics or parameters, before the library sees them.
//!
//! **Threads.** A [`Handle`] may be sent to another thread; two threads cannot use it at a time. A
//! [`Norm`] and a [`Layout`] never change, and may be shared.
//!
//! ```compile_fail,E0277
//! # use jsnorm::{Backend, Handle};
//! let handle = Handle::new(Backend::CPU)?;
//! std::thread::scope(|scope| {
//!     scope.spawn(|| handle.warmup()); // Handle is not Sync
//! });
//! # Ok::<(), jsnorm::Error>(())
//! ```
//!
//! An output is borrowed for as long as the operation that writes it is not run:
//!
//! ```compile_fail,E0502
//! # use jsnorm::{Backend, ForwardTraining, Handle, Layout, Norm, Workspace};
//! # let (handle, norm) = (Handle::new(Backend::CPU)?, Norm::batch_norm().build()?);
//! # let layout = Layout::<f32>::packed(&[8, 4])?;
//! let mut x = vec![1.0; 32];
//! let operation = ForwardTraining::new(layout.of(&x), layout.of_mut(&mut x));
//! operation.run(&handle, &norm, &mut Workspace::new())?; // use ForwardTraining::in_place
//! # Ok::<(), jsnorm::Error>(())
//! ```
//!
//! **CUDA.** A handle of [`Backend::CUDA`] works on memory of its device and on a stream:
//! [`Input::from_raw`], [`Output::from_raw`], [`Handle::set_stream`]. These are unsafe. A slice,
//! which is host memory, given to such a handle is an error.

mod backward;
mod call;
mod element;
mod error;
mod fixed_statistics;
mod forward;
mod handle;
mod inference;
mod layout;
mod memory;
mod norm;
pub mod phases;
mod running;
mod setters;
mod sizes;
mod task_runner;
mod workspace;

pub use backward::Backward;
pub use element::{BFloat16, Element, Half};
pub use error::{Error, Result};
pub use fixed_statistics::BackwardFixedStatistics;
pub use forward::ForwardTraining;
pub use handle::{Handle, version};
pub use inference::ForwardInference;
pub use layout::{Layout, Tensor, TensorMut};
pub use memory::{Input, Output, Values, ValuesMut};
pub use norm::{Norm, NormBuilder};
pub use running::Average;
pub use sizes::StatisticsShape;
pub use task_runner::Tasks;
pub use workspace::{AlignedBytes, Workspace};

pub use jsnorm_sys as sys;
pub use jsnorm_sys::{
    jsnormActivation_t as Activation, jsnormBackend_t as Backend, jsnormDataType_t as DataType,
    jsnormEstimator_t as Estimator, jsnormMemoryTraffic_t as MemoryTraffic,
    jsnormNormKind_t as NormKind, jsnormOperation_t as Operation,
    jsnormParameterGradientScope_t as ParameterGradientScope, jsnormRecordFormat_t as RecordFormat,
    jsnormRunningMode_t as RunningMode, jsnormRunningVariance_t as RunningVariance,
    jsnormStatus_t as Status,
};

/// The page of the documentation, so that its examples are tested.
#[cfg(doctest)]
#[doc = include_str!("../../../../docs/bindings/rust.md")]
mod page {}
