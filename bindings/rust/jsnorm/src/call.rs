// SPDX-License-Identifier: Apache-2.0
//! What all operations do before they call: memory is held against what the call needs of it, and
//! becomes the pointers of an argument struct.

use crate::element::statistics_type;
use crate::error::Error;
use crate::layout::Descriptor;
use crate::memory::{Memory, Numbers};
use crate::{
    Backend, Element, Handle, Input, Layout, Norm, Operation, Output, Result, StatisticsShape,
    Status, Tensor, TensorMut, Workspace,
};
use jsnorm_sys as sys;
use std::ffi::c_void;
use std::ptr;

/// A call that is being prepared. `function` begins its messages.
pub(crate) struct Call<'c> {
    function: &'static str,
    pub(crate) handle: &'c Handle,
    pub(crate) norm: &'c Norm,
    pub(crate) shape: StatisticsShape,
}

/// A descriptor and a pointer, as argument structs have them side by side; NULL where not given.
pub(crate) type Described = (sys::jsnormTensorDescriptor_t, *mut c_void);

impl<'c> Call<'c> {
    pub(crate) fn new<T: Element>(
        function: &'static str,
        handle: &'c Handle,
        norm: &'c Norm,
        x: &Layout<T>,
    ) -> Result<Self> {
        let shape = norm.statistics_shape(x)?;
        if handle.busy.replace(true) {
            let why = format!("{function}: the handle is computing; its task runner cannot use it");
            return Err(Error::new(Status::BAD_PARAM, why));
        }
        Ok(Self { function, handle, norm, shape })
    }

    pub(crate) fn refuse<R>(&self, status: Status, why: String) -> Result<R> {
        Err(Error::new(status, format!("{}: {why}", self.function)))
    }

    /// Slices are for the CPU; what a raw pointer is for, the caller has promised.
    fn within_reach(&self, name: &str, is_slice: bool) -> Result<()> {
        if is_slice && self.handle.backend() != Backend::CPU {
            let why = format!("{name} is host memory, but the handle's backend is CUDA");
            return self.refuse(Status::BAD_PARAM_DEVICE_MISMATCH, why);
        }
        Ok(())
    }

    pub(crate) fn tensor<T: Element>(&self, name: &str, tensor: &Tensor<T>) -> Result<Described> {
        let memory = &tensor.memory.memory;
        self.placed::<T>(name, tensor.layout, memory, tensor.origin)
    }

    pub(crate) fn tensor_mut<T: Element>(
        &self,
        name: &str,
        tensor: &TensorMut<T>,
    ) -> Result<Described> {
        self.tensor(name, &tensor.also_input())
    }

    pub(crate) fn optional<T: Element>(
        &self,
        name: &str,
        tensor: Option<&Tensor<T>>,
    ) -> Result<Described> {
        tensor.map_or(Ok((ptr::null_mut(), ptr::null_mut())), |given| self.tensor(name, given))
    }

    pub(crate) fn optional_mut<T: Element>(
        &self,
        name: &str,
        tensor: Option<&TensorMut<T>>,
    ) -> Result<Described> {
        self.optional(name, tensor.map(TensorMut::also_input).as_ref())
    }

    fn placed<T: Element>(
        &self,
        name: &str,
        layout: &Layout<T>,
        memory: &Memory,
        origin: usize,
    ) -> Result<Described> {
        self.within_reach(name, memory.is_slice)?;
        let span = layout.span();
        let begin = origin as i128 + span.start as i128;
        let end = origin as i128 + span.end as i128;
        if begin < 0 || end > memory.length as i128 || origin > memory.length {
            let why = format!(
                "{name} has {} elements, but its layout spans elements {begin} to {end} of them",
                memory.length
            );
            return self.refuse(Status::BAD_PARAM_SIZE_INSUFFICIENT, why);
        }
        let bytes = origin * size_of::<T>();
        Ok((layout.descriptor.0, memory.pointer.wrapping_byte_add(bytes)))
    }

    /// Entries of a vector, which must be exactly so many.
    fn vector(&self, name: &str, memory: &Memory, length: usize) -> Result<*mut c_void> {
        self.within_reach(name, memory.is_slice)?;
        if memory.length != length {
            let why = format!("{name} has {} entries, but needs {length}", memory.length);
            return self.refuse(Status::BAD_PARAM_SIZE_INSUFFICIENT, why);
        }
        Ok(memory.pointer)
    }

    pub(crate) fn read<T>(
        &self,
        name: &str,
        input: Option<&Input<T>>,
        length: usize,
    ) -> Result<*const T> {
        input.map_or(Ok(ptr::null()), |given| {
            Ok(self.vector(name, &given.memory, length)?.cast_const().cast())
        })
    }

    pub(crate) fn write<T>(
        &self,
        name: &str,
        output: Option<&Output<T>>,
        length: usize,
    ) -> Result<*mut T> {
        output.map_or(Ok(ptr::null_mut()), |given| {
            Ok(self.vector(name, &given.memory, length)?.cast())
        })
    }

    /// Parts of this length, one after another, and how many they are: 1 or more.
    pub(crate) fn parts<T>(
        &self,
        name: &str,
        input: &Input<T>,
        of_a_part: usize,
    ) -> Result<(*const T, i64)> {
        let length = input.memory.length;
        let count = length.checked_div(of_a_part).unwrap_or(1); // without statistics: 1, empty
        let pointer = self.vector(name, &input.memory, count.max(1).saturating_mul(of_a_part))?;
        Ok((pointer.cast_const().cast(), count as i64))
    }

    pub(crate) fn mask<T: Element>(
        &self,
        x: &Layout<T>,
        memory: Option<Memory>,
    ) -> Result<*mut u32> {
        memory.map_or(Ok(ptr::null_mut()), |given| {
            Ok(self.vector("mask", &given, x.mask_words()?)?.cast())
        })
    }

    /// Vectors of one type and length, and their descriptor where it is not the one that the
    /// library assumes. The descriptor must live until the call.
    pub(crate) fn numbers<T: Element, const N: usize>(
        &self,
        names: [&str; N],
        given: [Option<Numbers>; N],
        length: usize,
    ) -> Result<(Option<Descriptor>, [*mut c_void; N])> {
        let mut pointers = [ptr::null_mut(); N];
        let mut first: Option<(&str, sys::jsnormDataType_t)> = None;
        for ((name, numbers), pointer) in names.into_iter().zip(given).zip(&mut pointers) {
            let Some(Numbers { memory, data_type }) = numbers else { continue };
            *pointer = self.vector(name, &memory, length)?;
            let (other, wanted) = *first.get_or_insert((name, data_type));
            if data_type != wanted {
                let why = format!("{name} is {data_type:?}, but {other} is {wanted:?}");
                return self.refuse(Status::BAD_PARAM_DATA_TYPE_MISMATCH, why);
            }
        }
        let descriptor = match first {
            Some((_, data_type)) if data_type != statistics_type::<T>() => {
                Some(Descriptor::new(data_type, &[length], None)?)
            }
            _ => None,
        };
        Ok((descriptor, pointers))
    }

    pub(crate) fn workspace<T: Element>(
        &self,
        workspace: &mut Workspace,
        x: &Layout<T>,
        operation: Operation,
    ) -> Result<(*mut c_void, usize)> {
        if self.handle.backend() != Backend::CPU && workspace.is_slice() {
            let bytes = self.handle.workspace_size(self.norm, x, operation)?;
            self.within_reach("workspace", bytes > 0)?;
            return Ok((ptr::null_mut(), 0));
        }
        workspace.reserve(self.handle, self.norm, x, operation)?;
        Ok(workspace.memory())
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.handle.busy.set(false);
    }
}

/// The descriptor that an argument struct names: NULL where the library's assumption holds.
pub(crate) fn raw(descriptor: &Option<Descriptor>) -> sys::jsnormTensorDescriptor_t {
    descriptor.as_ref().map_or(ptr::null_mut(), |made| made.0)
}

/// Both of a pair, or neither.
pub(crate) fn pair<U>(both: &Option<[U; 2]>) -> [Option<&U>; 2] {
    both.as_ref().map_or([None, None], |[first, second]| [Some(first), Some(second)])
}

#[cfg(test)]
mod tests {
    use crate::*;

    #[test]
    fn a_slice_is_refused_for_a_cuda_handle() {
        let cuda = Handle::without_object(Backend::CUDA);
        let norm = Norm::batch_norm().build().unwrap();
        let layout = Layout::<f32>::packed(&[2, 3]).unwrap();
        let mut x = [1.5; 6];
        let slice = ForwardTraining::in_place(layout.of_mut(&mut x));
        let error = slice.run(&cuda, &norm, &mut Workspace::new()).unwrap_err();
        assert_eq!(error.status(), Status::BAD_PARAM_DEVICE_MISMATCH);
        assert_eq!(
            error.message(),
            "jsnormForwardTraining: x is host memory, but the handle's backend is CUDA"
        );
        // SAFETY: without a handle the library follows no pointer.
        let (memory, mut workspace) = unsafe {
            (Output::from_raw(x.as_mut_ptr(), 6), Workspace::from_raw(std::ptr::null_mut(), 0))
        };
        let raw = ForwardTraining::in_place(layout.of_mut(memory));
        let error = raw.run(&cuda, &norm, &mut workspace).unwrap_err();
        assert_eq!(error.message(), "jsnormGetWorkspaceSize: handle is NULL", "the library's turn");
        assert_eq!(x, [1.5; 6]);
    }
}
