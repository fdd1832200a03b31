// SPDX-License-Identifier: Apache-2.0
//! The types that a tensor's elements may have.

use crate::DataType;

mod sealed {
    pub trait Sealed {}
}

/// A type of elements: `f32`, `f64`, [`Half`] or [`BFloat16`].
pub trait Element: sealed::Sealed + Copy + 'static {
    /// What the library calls it.
    const DATA_TYPE: DataType;
}

/// The bits of an IEEE binary16.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Half(pub u16);

/// The bits of a bfloat16: the upper half of a float's.
///
/// ```
/// use jsnorm::BFloat16;
/// assert_eq!(BFloat16((1.5f32.to_bits() >> 16) as u16).to_f32(), 1.5);
/// ```
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BFloat16(pub u16);

impl BFloat16 {
    /// The same number as a float.
    pub fn to_f32(self) -> f32 {
        f32::from_bits(u32::from(self.0) << 16)
    }
}

macro_rules! elements {
    ($($element:ty: $data_type:ident,)*) => {
        $(impl sealed::Sealed for $element {}
        impl Element for $element {
            const DATA_TYPE: DataType = DataType::$data_type;
        })*
    };
}

elements! { f32: FLOAT, f64: DOUBLE, Half: HALF, BFloat16: BFLOAT16, }

/// What parameters and running statistics are where nothing else is said.
pub(crate) fn statistics_type<T: Element>() -> DataType {
    if T::DATA_TYPE == DataType::DOUBLE { DataType::DOUBLE } else { DataType::FLOAT }
}
