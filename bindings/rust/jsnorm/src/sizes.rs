// SPDX-License-Identifier: Apache-2.0
//! How large everything is that goes with a tensor.

use crate::error::check;
use crate::{Element, Handle, Layout, MemoryTraffic, Norm, Operation, RecordFormat, Result};
use jsnorm_sys as sys;

/// The view of a tensor: groups of statistics of elements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatisticsShape {
    /// G, groups, each shrunk for itself.
    pub groups: usize,
    /// K, means and variances of a group.
    pub statistics_per_group: usize,
    /// R, elements of a statistic.
    pub elements_per_statistic: usize,
    /// P, entries of gamma and beta.
    pub parameter_count: usize,
}

impl StatisticsShape {
    /// G*K, entries of saved and shrunk statistics.
    pub fn statistics(&self) -> usize {
        self.groups.saturating_mul(self.statistics_per_group)
    }
}

impl Norm {
    /// How this norm sees a tensor.
    ///
    /// ```
    /// use jsnorm::{Layout, Norm};
    ///
    /// let layout = Layout::<f32>::packed(&[2, 6, 4])?;
    /// let shape = Norm::group_norm(3).build()?.statistics_shape(&layout)?;
    /// assert_eq!((shape.groups, shape.statistics_per_group), (2, 3));
    /// assert_eq!((shape.elements_per_statistic, shape.parameter_count), (8, 6));
    /// # Ok::<(), jsnorm::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the norm does not fit to the tensor: its rank, or channels that are no multiple of the
    /// groups.
    pub fn statistics_shape<T: Element>(&self, x: &Layout<T>) -> Result<StatisticsShape> {
        let mut sizes = [0i64; 4];
        let [groups, statistics, elements, parameters] = &mut sizes;
        // SAFETY: both descriptors are there, and so is room for four results.
        check(unsafe {
            sys::jsnormGetStatisticsShape(
                self.as_raw(),
                x.as_raw(),
                groups,
                statistics,
                elements,
                parameters,
            )
        })?;
        let [groups, statistics_per_group, elements_per_statistic, parameter_count] =
            sizes.map(|size| size as usize);
        Ok(StatisticsShape {
            groups,
            statistics_per_group,
            elements_per_statistic,
            parameter_count,
        })
    }

    /// Bytes of a record of statistics.
    ///
    /// # Errors
    /// If the norm is not of a batch kind, or does not fit to the tensor.
    pub fn record_size<T: Element>(&self, x: &Layout<T>, format: RecordFormat) -> Result<usize> {
        // SAFETY: both descriptors are there, and so is room for the result.
        size(|bytes| unsafe { sys::jsnormGetRecordSize(self.as_raw(), x.as_raw(), format, bytes) })
    }

    /// Bytes of the coefficients that a forward finalize writes.
    ///
    /// # Errors
    /// As [`Norm::record_size`].
    pub fn forward_coefficient_size<T: Element>(&self, x: &Layout<T>) -> Result<usize> {
        // SAFETY: both descriptors are there, and so is room for the result.
        size(|bytes| unsafe {
            sys::jsnormGetForwardCoefficientSize(self.as_raw(), x.as_raw(), bytes)
        })
    }

    /// Bytes of the coefficients that a backward finalize writes.
    ///
    /// # Errors
    /// As [`Norm::record_size`].
    pub fn backward_coefficient_size<T: Element>(&self, x: &Layout<T>) -> Result<usize> {
        // SAFETY: both descriptors are there, and so is room for the result.
        size(|bytes| unsafe {
            sys::jsnormGetBackwardCoefficientSize(self.as_raw(), x.as_raw(), bytes)
        })
    }
}

impl<T: Element> Layout<T> {
    /// Words of the ReLU mask of a tensor of this layout: a bit an element, in memory order.
    ///
    /// # Errors
    /// If the tensor has gaps.
    pub fn mask_words(&self) -> Result<usize> {
        // SAFETY: the descriptor is there, and so is room for the result.
        let bytes = size(|bytes| unsafe { sys::jsnormGetMaskSize(self.descriptor.0, bytes) })?;
        Ok(bytes / size_of::<u32>())
    }
}

impl Handle {
    /// Bytes of scratch memory that an operation needs. A [`crate::Workspace`] of host memory asks
    /// itself.
    ///
    /// # Errors
    /// If the kind does not have the operation, or the norm does not fit to the tensor.
    pub fn workspace_size<T: Element>(
        &self,
        norm: &Norm,
        x: &Layout<T>,
        operation: Operation,
    ) -> Result<usize> {
        // SAFETY: handle and descriptors are there, and so is room for the result.
        size(|bytes| unsafe {
            sys::jsnormGetWorkspaceSize(self.as_raw(), norm.as_raw(), x.as_raw(), operation, bytes)
        })
    }
}

impl Handle {
    /// The bytes that an operation moves. `tensors`: `JSNORM_TRAFFIC_*` of [`crate::sys`], or-ed
    /// together.
    ///
    /// # Errors
    /// As [`Handle::workspace_size`], and for an unknown bit of `tensors`.
    pub fn memory_traffic<T: Element>(
        &self,
        norm: &Norm,
        x: &Layout<T>,
        operation: Operation,
        tensors: u32,
    ) -> Result<MemoryTraffic> {
        let mut traffic = MemoryTraffic::default();
        // SAFETY: handle and descriptors are there; the struct names its own size.
        check(unsafe {
            sys::jsnormGetMemoryTraffic(
                self.as_raw(),
                norm.as_raw(),
                x.as_raw(),
                operation,
                tensors,
                &mut traffic,
            )
        })?;
        Ok(traffic)
    }
}

fn size(ask: impl FnOnce(*mut usize) -> sys::jsnormStatus_t) -> Result<usize> {
    let mut bytes = 0;
    check(ask(&mut bytes))?;
    Ok(bytes)
}
