//! Kernels that count in rasters of recorded neurons. Pairs of neurons are counted by [`CORRELATE`](super::CORRELATE).

use super::Kernel;

/// Coincidences of a neuron with itself some ticks later.
pub static LAGS: Kernel = Kernel { name: "lags", entry: shader!("neurons/lags.wgsl"), library: &[], contract: &[] };

/// Every kernel that counts in rasters.
pub static RASTER_KERNELS: &[&Kernel] = &[&LAGS];
