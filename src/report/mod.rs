//! What a person looks at after a run: pictures, plots and a page that holds them.

mod axis;
pub mod canvas;
pub mod comparison;
pub mod heat_map;
pub mod hypermatrix;
pub mod panels;
pub mod picture;
pub mod plot;
mod raster;
