//! Files in and out: arrays, pictures, graphs and the folder of a run's results.

pub mod array;
pub mod checkpoint;
mod disk;
pub mod image;
mod npy;
pub mod npz;
pub mod output;
pub mod raster;
pub mod rudy;
pub mod safetensors;
mod spike_lines;
pub mod spike_times;
pub mod threshold;
