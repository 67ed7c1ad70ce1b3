//! What a person looks at after a run: pictures, plots and a page that holds them.

mod axis;
pub mod canvas;
mod chart;
pub mod comparison;
pub mod heat_map;
pub mod hypermatrix;
mod legend;
pub mod page;
pub mod panels;
pub mod picture;
mod pixels;
pub mod plot;
mod theme;
