//! What a person looks at after a run: pictures, plots and a page that holds them.

pub mod canvas;
pub mod picture;
pub mod plot;
