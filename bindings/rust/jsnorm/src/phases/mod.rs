// SPDX-License-Identifier: Apache-2.0
//! Batch norms in phases, for data that lies in several processes or on several devices:
//!
//! ```text
//!     ForwardStatistics -> all-gather of the records  -> ForwardFinalize  -> ForwardApply
//!     BackwardReduce    -> all-gather of the sums     -> BackwardFinalize -> BackwardApply
//! ```
//!
//! Every process calls every phase, also with an empty part (N = 0). With one part, and records of
//! MOMENTS, the results are those of the fused operations, bit for bit.
//!
//! ```
//! use jsnorm::phases::{ForwardApply, ForwardFinalize, ForwardStatistics};
//! use jsnorm::{AlignedBytes, Backend, Handle, Layout, Norm, RecordFormat, Workspace};
//!
//! let (handle, norm) = (Handle::new(Backend::CPU)?, Norm::batch_norm().build()?);
//! let mut workspace = Workspace::new();
//! let layout = Layout::<f64>::packed(&[1, 1])?; // a sample on each of two processes
//! let parts = [[3.0], [5.0]];
//! let bytes = norm.record_size(&layout, RecordFormat::MOMENTS)?;
//! let mut records = AlignedBytes::new(2 * bytes);
//! for (x, record) in parts.iter().zip(records.chunks_exact_mut(bytes)) {
//!     ForwardStatistics::new(layout.of(x), record).run(&handle, &norm, &mut workspace)?;
//! }
//! let mut coefficients = AlignedBytes::new(norm.forward_coefficient_size(&layout)?);
//! let mut mean = [0.0];
//! let mut variance = [0.0];
//! ForwardFinalize::new(&layout, &records, &mut coefficients)
//!     .saved(&mut mean, &mut variance)
//!     .run(&handle, &norm, &mut workspace)?;
//! assert_eq!((mean, variance), ([4.0], [1.0]));
//! let mut y = [0.0];
//! ForwardApply::new(layout.of(&parts[1]), layout.of_mut(&mut y), &coefficients)
//!     .run(&handle, &norm, &mut workspace)?;
//! assert!((y[0] - 1.0).abs() < 1e-5);
//! # Ok::<(), jsnorm::Error>(())
//! ```

mod backward;
mod forward;

pub use backward::{BackwardApply, BackwardFinalize, BackwardReduce};
pub use forward::{ForwardApply, ForwardFinalize, ForwardStatistics};
