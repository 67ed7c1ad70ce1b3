//! What theory says of infinite systems, in double precision, without a device.

pub mod hopfield;
pub mod ising;
