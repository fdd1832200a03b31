// SPDX-License-Identifier: Apache-2.0
//! Scratch memory, and memory that is aligned.

use crate::{Element, Handle, Input, Layout, Norm, Operation, Output, Result};
use std::ffi::c_void;
use std::ops::{Deref, DerefMut};

/// Scratch memory of operations that follow each other. Host memory grows where an operation needs
/// more, so that from the second step on nothing is allocated.
///
/// ```
/// use jsnorm::{Backend, Handle, Layout, Norm, Operation, Workspace};
///
/// let (handle, norm) = (Handle::new(Backend::CPU)?, Norm::layer_norm().build()?);
/// let layout = Layout::<f32>::packed(&[2, 5, 7])?;
/// let mut workspace = Workspace::new();
/// workspace.reserve(&handle, &norm, &layout, Operation::BACKWARD)?; // allocate now, not later
/// # Ok::<(), jsnorm::Error>(())
/// ```
pub struct Workspace(Memory);

enum Memory {
    Host(Vec<u8>),
    Raw(*mut c_void, usize),
}

impl Workspace {
    /// Host memory, none of it yet: for CPU handles.
    pub fn new() -> Self {
        Self(Memory::Host(Vec::new()))
    }

    /// Memory of the handle's device, which does not grow: for CUDA handles.
    ///
    /// # Safety
    /// At `pointer` is room for `bytes` bytes. It is there, and nobody else uses it, until every
    /// operation with it is done.
    pub unsafe fn from_raw(pointer: *mut u8, bytes: usize) -> Self {
        Self(Memory::Raw(pointer.cast(), bytes))
    }

    /// Makes room for an operation, where there is less and the memory is the host's.
    ///
    /// # Errors
    /// As [`Handle::workspace_size`].
    pub fn reserve<T: Element>(
        &mut self,
        handle: &Handle,
        norm: &Norm,
        x: &Layout<T>,
        operation: Operation,
    ) -> Result<()> {
        let bytes = handle.workspace_size(norm, x, operation)?;
        if let Memory::Host(memory) = &mut self.0
            && memory.len() < bytes
        {
            memory.resize(bytes, 0);
        }
        Ok(())
    }

    pub(crate) fn is_slice(&self) -> bool {
        matches!(self.0, Memory::Host(_))
    }

    pub(crate) fn memory(&mut self) -> (*mut c_void, usize) {
        match &mut self.0 {
            Memory::Host(memory) => (memory.as_mut_ptr().cast(), memory.len()),
            Memory::Raw(pointer, bytes) => (*pointer, *bytes),
        }
    }
}

impl Default for Workspace {
    fn default() -> Self {
        Self::new()
    }
}

/// Bytes at an address that is a multiple of 16, as records and coefficients need it. They are 0 at
/// first.
#[derive(Clone)]
pub struct AlignedBytes {
    memory: Vec<Sixteen>,
    length: usize,
}

#[derive(Clone, Copy)]
#[repr(C, align(16))]
struct Sixteen([u8; 16]);

impl AlignedBytes {
    /// So many bytes.
    pub fn new(length: usize) -> Self {
        Self { memory: vec![Sixteen([0; 16]); length.div_ceil(16)], length }
    }
}

impl Deref for AlignedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: there are at least `length` bytes, all of them initialised.
        unsafe { std::slice::from_raw_parts(self.memory.as_ptr().cast(), self.length) }
    }
}

impl DerefMut for AlignedBytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: likewise, and they are borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.memory.as_mut_ptr().cast(), self.length) }
    }
}

impl<'a> From<&'a AlignedBytes> for Input<'a, u8> {
    fn from(bytes: &'a AlignedBytes) -> Self {
        Self::from(&bytes[..])
    }
}

impl<'a> From<&'a mut AlignedBytes> for Output<'a, u8> {
    fn from(bytes: &'a mut AlignedBytes) -> Self {
        Self::from(&mut bytes[..])
    }
}
