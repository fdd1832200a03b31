// SPDX-License-Identifier: Apache-2.0
//! How a tensor lies in memory, and memory that is seen so.

use crate::error::{Error, check};
use crate::{DataType, Element, Input, Output, Result, Status};
use jsnorm_sys as sys;
use std::fmt;
use std::marker::PhantomData;
use std::ptr;

/// A descriptor of the library. It is set once, when it is made.
pub(crate) struct Descriptor(pub(crate) sys::jsnormTensorDescriptor_t);

// SAFETY: threads may share a descriptor while none sets it, and none does.
unsafe impl Send for Descriptor {}
// SAFETY: likewise.
unsafe impl Sync for Descriptor {}

impl Descriptor {
    pub(crate) fn new(
        data_type: DataType,
        dims: &[usize],
        strides: Option<&[isize]>,
    ) -> Result<Self> {
        sys::load()?;
        let refuse = |status, what| Err(Error::new(status, format!("Layout: {what}")));
        if strides.is_some_and(|strides| strides.len() != dims.len()) {
            let lengths = (dims.len(), strides.map_or(0, <[isize]>::len));
            let what = format!("{} dims, but {} strides", lengths.0, lengths.1);
            return refuse(Status::BAD_PARAM_SHAPE_MISMATCH, what);
        }
        let sizes: std::result::Result<Vec<i64>, _> =
            dims.iter().map(|&size| i64::try_from(size)).collect();
        let (Ok(sizes), Ok(rank)) = (sizes, i32::try_from(dims.len())) else {
            let what = format!("dims {dims:?} do not fit in 64 bits");
            return refuse(Status::NOT_SUPPORTED_SHAPE, what);
        };
        let steps = strides.map(|strides| strides.iter().map(|&s| s as i64).collect::<Vec<_>>());
        let mut made = Self(ptr::null_mut());
        // SAFETY: room for one descriptor; then `rank` sizes, and as many strides or none.
        unsafe {
            check(sys::jsnormCreateTensorDescriptor(&mut made.0))?;
            let steps = steps.as_ref().map_or(ptr::null(), Vec::as_ptr);
            check(sys::jsnormSetTensorDescriptor(made.0, data_type, rank, sizes.as_ptr(), steps))?;
        }
        Ok(made)
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: it was created once and nothing borrows it; NULL does nothing.
        unsafe { sys::jsnormDestroyTensorDescriptor(self.0) };
    }
}

/// The dimensions and strides of a tensor with elements of type T. It never changes, and threads
/// may share it.
///
/// ```
/// use jsnorm::Layout;
///
/// let nchw = Layout::<f32>::packed(&[2, 3, 4, 5])?;
/// let nhwc = Layout::<f32>::strided(&[2, 3, 4, 5], &[60, 1, 15, 3])?;
/// assert_eq!((nchw.elements(), nhwc.span()), (120, 0..120));
/// let every_other = Layout::<f64>::strided(&[4, 3], &[-6, 2])?;
/// assert_eq!(every_other.span(), -18..5);
/// # Ok::<(), jsnorm::Error>(())
/// ```
pub struct Layout<T> {
    pub(crate) descriptor: Descriptor,
    dims: Vec<usize>,
    span: std::ops::Range<isize>,
    element: PhantomData<fn() -> T>,
}

impl<T: Element> Layout<T> {
    /// Row-major without gaps. `dims`: 1 to 8 sizes, outermost first: N, C, spatial, or N, ..., D.
    ///
    /// # Errors
    /// A rank that is not 1 to 8; more elements than 64 bits count.
    pub fn packed(dims: &[usize]) -> Result<Self> {
        Self::described(dims, None)
    }

    /// With a stride for every axis, in elements, of either sign. NHWC is dims N, C, H, W with
    /// strides H*W*C, 1, W*C, C.
    ///
    /// # Errors
    /// As [`Layout::packed`], and where the strides are not as many as the dims.
    pub fn strided(dims: &[usize], strides: &[isize]) -> Result<Self> {
        Self::described(dims, Some(strides))
    }

    fn described(dims: &[usize], strides: Option<&[isize]>) -> Result<Self> {
        let descriptor = Descriptor::new(T::DATA_TYPE, dims, strides)?;
        let (mut first, mut end) = (0, 0);
        // SAFETY: room for both results; the third is not asked for.
        check(unsafe {
            sys::jsnormGetTensorExtent(descriptor.0, &mut first, &mut end, ptr::null_mut())
        })?;
        let bytes = size_of::<T>() as i64;
        let span = (first / bytes) as isize..(end / bytes) as isize;
        Ok(Self { descriptor, dims: dims.to_vec(), span, element: PhantomData })
    }

    /// The sizes as they were given.
    pub fn dims(&self) -> &[usize] {
        &self.dims
    }

    /// How many elements there are.
    pub fn elements(&self) -> usize {
        if self.dims.contains(&0) { 0 } else { self.dims.iter().product() }
    }

    /// Which elements of memory the tensor spans, seen from its element 0: from 0, or from below
    /// where strides are negative.
    pub fn span(&self) -> std::ops::Range<isize> {
        self.span.clone()
    }

    /// The descriptor for functions of [`crate::sys`]. It stays this object's: do not set or
    /// destroy it.
    pub fn as_raw(&self) -> sys::jsnormTensorDescriptor_t {
        self.descriptor.0
    }

    /// Memory to be read as a tensor of this layout.
    pub fn of<'a>(&'a self, memory: impl Into<Input<'a, T>>) -> Tensor<'a, T> {
        Tensor { layout: self, memory: memory.into(), origin: 0 }
    }

    /// Memory to be written as a tensor of this layout.
    pub fn of_mut<'a>(&'a self, memory: impl Into<Output<'a, T>>) -> TensorMut<'a, T> {
        TensorMut { layout: self, memory: memory.into(), origin: 0 }
    }
}

impl<T: Element> fmt::Debug for Layout<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Layout({:?}, {:?}, spans {:?})", T::DATA_TYPE, self.dims, self.span)
    }
}

/// A tensor that an operation reads. The operation checks that the memory holds what the layout
/// spans.
#[derive(Clone, Copy)]
pub struct Tensor<'a, T> {
    pub(crate) layout: &'a Layout<T>,
    pub(crate) memory: Input<'a, T>,
    pub(crate) origin: usize,
}

/// A tensor that an operation writes. The operation checks that the memory has room for what the
/// layout spans.
pub struct TensorMut<'a, T> {
    pub(crate) layout: &'a Layout<T>,
    pub(crate) memory: Output<'a, T>,
    pub(crate) origin: usize,
}

impl<T> Tensor<'_, T> {
    /// Element 0 of the tensor is this element of the memory; 0 where nothing is said. Negative
    /// strides need it.
    pub fn beginning_at(self, origin: usize) -> Self {
        Self { origin, ..self }
    }
}

impl<'a, T> TensorMut<'a, T> {
    /// As [`Tensor::beginning_at`].
    pub fn beginning_at(self, origin: usize) -> Self {
        Self { origin, ..self }
    }

    /// The same tensor as an input, for an operation that works in place.
    pub(crate) fn also_input(&self) -> Tensor<'a, T> {
        Tensor { layout: self.layout, memory: self.memory.also_input(), origin: self.origin }
    }
}
