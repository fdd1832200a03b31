// SPDX-License-Identifier: Apache-2.0
//! Memory that an operation reads or writes: slices, or raw pointers with a length.

use crate::{DataType, Element};
use std::ffi::c_void;
use std::marker::PhantomData;

/// A place and how many elements it has. A slice is host memory; of a raw pointer only the caller
/// knows.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) pointer: *mut c_void,
    pub(crate) length: usize,
    pub(crate) is_slice: bool,
}

/// Elements that an operation reads: made from a slice, an array or a vector.
#[derive(Clone, Copy)]
pub struct Input<'a, T> {
    pub(crate) memory: Memory,
    borrowed: PhantomData<&'a [T]>,
}

/// Elements that an operation writes.
pub struct Output<'a, T> {
    pub(crate) memory: Memory,
    borrowed: PhantomData<&'a mut [T]>,
}

impl<T> Input<'_, T> {
    /// Memory of the handle's device: a CUDA device's for a CUDA handle.
    ///
    /// # Safety
    /// At `pointer` lie `length` elements. They are there, and nobody writes them, until the
    /// operation is done: on CUDA that is when the handle's stream has come so far.
    pub unsafe fn from_raw(pointer: *const T, length: usize) -> Self {
        let memory = Memory { pointer: pointer.cast_mut().cast(), length, is_slice: false };
        Self { memory, borrowed: PhantomData }
    }
}

impl<T> Output<'_, T> {
    /// Memory of the handle's device: a CUDA device's for a CUDA handle.
    ///
    /// # Safety
    /// At `pointer` is room for `length` elements. It is there, and nobody else uses it, until the
    /// operation is done: on CUDA that is when the handle's stream has come so far.
    pub unsafe fn from_raw(pointer: *mut T, length: usize) -> Self {
        let memory = Memory { pointer: pointer.cast(), length, is_slice: false };
        Self { memory, borrowed: PhantomData }
    }

    /// The same memory as an input, for an operation that works in place.
    pub(crate) fn also_input<'b, U>(&self) -> Input<'b, U> {
        Input { memory: self.memory, borrowed: PhantomData }
    }
}

impl<'a, T> From<&'a [T]> for Input<'a, T> {
    fn from(slice: &'a [T]) -> Self {
        let pointer = slice.as_ptr().cast_mut().cast();
        let memory = Memory { pointer, length: slice.len(), is_slice: true };
        Self { memory, borrowed: PhantomData }
    }
}

impl<'a, T> From<&'a mut [T]> for Output<'a, T> {
    fn from(slice: &'a mut [T]) -> Self {
        let memory =
            Memory { pointer: slice.as_mut_ptr().cast(), length: slice.len(), is_slice: true };
        Self { memory, borrowed: PhantomData }
    }
}

/// Gamma, beta or running statistics: an [`Input`] of any element type.
#[derive(Clone, Copy)]
pub struct Values<'a> {
    pub(crate) numbers: Numbers,
    borrowed: PhantomData<&'a ()>,
}

/// Their gradients, or the next running statistics: an [`Output`] of any element type.
pub struct ValuesMut<'a> {
    pub(crate) numbers: Numbers,
    borrowed: PhantomData<&'a mut ()>,
}

impl<'a> ValuesMut<'a> {
    /// The same memory as an input, for an operation that works in place.
    pub(crate) fn also_input(&self) -> Values<'a> {
        Values { numbers: self.numbers, borrowed: PhantomData }
    }
}

/// Memory, and the type of its elements.
#[derive(Clone, Copy)]
pub(crate) struct Numbers {
    pub(crate) memory: Memory,
    pub(crate) data_type: DataType,
}

impl<'a, T: Element> From<Input<'a, T>> for Values<'a> {
    fn from(input: Input<'a, T>) -> Self {
        let numbers = Numbers { memory: input.memory, data_type: T::DATA_TYPE };
        Self { numbers, borrowed: PhantomData }
    }
}

impl<'a, T: Element> From<Output<'a, T>> for ValuesMut<'a> {
    fn from(output: Output<'a, T>) -> Self {
        let numbers = Numbers { memory: output.memory, data_type: T::DATA_TYPE };
        Self { numbers, borrowed: PhantomData }
    }
}

/// What holds a slice may be given where one may.
macro_rules! from_what_holds_a_slice {
    ($(($($parameter:tt)*) $holder:ty;)*) => {
        $(impl<'a, T, $($parameter)*> From<&'a $holder> for Input<'a, T> {
            fn from(holder: &'a $holder) -> Self {
                Self::from(&holder[..])
            }
        }

        impl<'a, T, $($parameter)*> From<&'a mut $holder> for Output<'a, T> {
            fn from(holder: &'a mut $holder) -> Self {
                Self::from(&mut holder[..])
            }
        }

        impl<'a, T: Element, $($parameter)*> From<&'a $holder> for Values<'a> {
            fn from(holder: &'a $holder) -> Self {
                Self::from(Input::from(&holder[..]))
            }
        }

        impl<'a, T: Element, $($parameter)*> From<&'a mut $holder> for ValuesMut<'a> {
            fn from(holder: &'a mut $holder) -> Self {
                Self::from(Output::from(&mut holder[..]))
            }
        })*
    };
}

from_what_holds_a_slice! {
    () Vec<T>;
    (const N: usize) [T; N];
}

impl<'a, T: Element> From<&'a [T]> for Values<'a> {
    fn from(slice: &'a [T]) -> Self {
        Self::from(Input::from(slice))
    }
}

impl<'a, T: Element> From<&'a mut [T]> for ValuesMut<'a> {
    fn from(slice: &'a mut [T]) -> Self {
        Self::from(Output::from(slice))
    }
}
