//! What a person looks at after a run: pictures, plots and a page that holds them.

pub mod picture;
pub mod plot;
