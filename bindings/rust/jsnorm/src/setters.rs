// SPDX-License-Identifier: Apache-2.0
//! Setters that several operations have, with the same words.

/// The setters of these names, for an operation with fields of these names.
macro_rules! setters {
    (@one z) => {
        /// The residual, added before the activation.
        pub fn z(mut self, z: crate::Tensor<'a, T>) -> Self {
            self.z = Some(z);
            self
        }
    };
    (@one gamma) => {
        /// P factors; 1 where not given.
        pub fn gamma(mut self, gamma: impl Into<crate::Values<'a>>) -> Self {
            self.gamma = Some(gamma.into());
            self
        }
    };
    (@one beta) => {
        /// P summands; 0 where not given.
        pub fn beta(mut self, beta: impl Into<crate::Values<'a>>) -> Self {
            self.beta = Some(beta.into());
            self
        }
    };
    (@one mask_out) => {
        /// The mask of ReLU for backward, of [`crate::Layout::mask_words`] words.
        pub fn mask(mut self, mask: impl Into<crate::Output<'a, u32>>) -> Self {
            self.mask = Some(mask.into());
            self
        }
    };
    (@one mask_in) => {
        /// The mask of ReLU that forward wrote; needed where forward had z.
        pub fn mask(mut self, mask: impl Into<crate::Input<'a, u32>>) -> Self {
            self.mask = Some(mask.into());
            self
        }
    };
    (@one running_in) => {
        /// K running means and variances. Batch kinds need them.
        pub fn running(
            mut self,
            mean: impl Into<crate::Values<'a>>,
            variance: impl Into<crate::Values<'a>>,
        ) -> Self {
            self.running = Some([mean.into(), variance.into()]);
            self
        }

        /// For RAW running statistics and an estimator that depends on R: the R of training. 0, the
        /// default, is the R of this x.
        pub fn running_element_count(mut self, count: i64) -> Self {
            self.running_element_count = count;
            self
        }
    };
    (@one record_format) => {
        /// Of the records; MOMENTS where nothing is said.
        pub fn format(mut self, format: RecordFormat) -> Self {
            self.format = format;
            self
        }
    };
    (@one forward_coefficients) => {
        /// What forward finalize wrote; needed with ReLU and no mask.
        pub fn forward_coefficients(mut self, bytes: impl Into<crate::Input<'a, u8>>) -> Self {
            self.forward_coefficients = Some(bytes.into());
            self
        }
    };
    (@one dgamma) => {
        /// Receives the P gradients of gamma.
        pub fn dgamma(mut self, dgamma: impl Into<crate::ValuesMut<'a>>) -> Self {
            self.dgamma = Some(dgamma.into());
            self
        }
    };
    (@one dbeta) => {
        /// Receives the P gradients of beta.
        pub fn dbeta(mut self, dbeta: impl Into<crate::ValuesMut<'a>>) -> Self {
            self.dbeta = Some(dbeta.into());
            self
        }
    };
    (@one dx) => {
        /// Receives the gradient of x.
        pub fn dx(mut self, dx: crate::TensorMut<'a, T>) -> Self {
            self.dx = Some(dx);
            self
        }
    };
    (@one dz) => {
        /// Receives the gradient of the residual.
        pub fn dz(mut self, dz: crate::TensorMut<'a, T>) -> Self {
            self.dz = Some(dz);
            self
        }
    };
    (@one saved_out) => {
        /// Receive raw means and variances, G*K each, which backward needs.
        pub fn saved(
            mut self,
            mean: impl Into<crate::Output<'a, f64>>,
            variance: impl Into<crate::Output<'a, f64>>,
        ) -> Self {
            self.saved = Some([mean.into(), variance.into()]);
            self
        }
    };
    (@one shrunk) => {
        /// Receive means and variances after shrinkage, G*K each, for monitoring.
        pub fn shrunk(
            mut self,
            mean: impl Into<crate::Output<'a, f64>>,
            variance: impl Into<crate::Output<'a, f64>>,
        ) -> Self {
            self.shrunk = Some([mean.into(), variance.into()]);
            self
        }
    };
    (@one running) => {
        /// Updates K running means and variances where they are. Batch kinds only.
        pub fn running(
            mut self,
            mean: impl Into<crate::ValuesMut<'a>>,
            variance: impl Into<crate::ValuesMut<'a>>,
            average: crate::Average<'a>,
        ) -> Self {
            self.running = Running::in_place([mean.into(), variance.into()], average);
            self
        }

        /// Reads K running means and variances, and writes the next ones elsewhere. Batch kinds
        /// only.
        pub fn running_into(
            mut self,
            previous: [impl Into<crate::Values<'a>>; 2],
            next: [impl Into<crate::ValuesMut<'a>>; 2],
            average: crate::Average<'a>,
        ) -> Self {
            self.running = Running::new(previous.map(Into::into), next.map(Into::into), average);
            self
        }
    };
    ($($name:ident)*) => { $(setters!(@one $name);)* };
}
pub(crate) use setters;
