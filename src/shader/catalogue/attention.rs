//! Kernels of continuous memories.

use super::Kernel;

/// Products of matrices.
pub static PRODUCT: Kernel =
    Kernel { name: "product", entry: shader!("attention/product.wgsl"), library: &[], contract: &[] };
/// Weights from scores.
pub static SOFTMAX: Kernel =
    Kernel { name: "softmax", entry: shader!("attention/softmax.wgsl"), library: &[], contract: &[] };

/// Every kernel of continuous memories.
pub static ATTENTION_KERNELS: &[&Kernel] = &[&PRODUCT, &SOFTMAX];
