//! Sites of sampled rasters that are held to what was observed.

use crate::cli::session::Parameters;
use clap::Args;
use serde_json::json;
use spinfield::io::raster::{RasterOptions, read_raster};
use spinfield::{Error, Raster};
use std::path::{Path, PathBuf};

/// Options of clamped sites.
#[derive(Debug, Clone, Args)]
pub struct ClampArgs {
    /// Hold sites to what was observed: a .npz with `raster`, what was observed, and `mask`, 1 where a site is held; both neurons x
    /// bins for all replicas, or replicas x neurons x bins
    #[arg(long, value_name = "FILE")]
    clamp: Option<PathBuf>,
    /// The mask, where it is a file of its own; each may then be a .npy
    #[arg(long, value_name = "FILE", requires = "clamp")]
    clamp_mask: Option<PathBuf>,
}

/// Sites that do not move.
#[derive(Debug)]
pub struct Clamped {
    pub mask: Raster,
    pub observed: Raster,
}

impl ClampArgs {
    /// For the record.
    pub fn parameters(&self) -> Parameters {
        let text = |path: &Option<PathBuf>| json!(path.as_ref().map(|path| path.to_string_lossy()));
        vec![("clamp", text(&self.clamp)), ("clamp_mask", text(&self.clamp_mask))]
    }

    /// Reads both rasters.
    ///
    /// # Errors
    /// As [`read_raster`].
    pub fn read(&self) -> Result<Option<Clamped>, Error> {
        let Some(observed) = &self.clamp else { return Ok(None) };
        let read = |path: &Path, key: Option<&str>| {
            let options = RasterOptions { key: key.map(String::from), ..RasterOptions::default() };
            Ok::<Raster, Error>(read_raster(path, &options)?.raster)
        };
        let (observed, mask) = match &self.clamp_mask {
            Some(mask) => (read(observed, None)?, read(mask, None)?),
            None => (read(observed, Some("raster"))?, read(observed, Some("mask"))?),
        };
        Ok(Some(Clamped { mask, observed }))
    }
}

impl Clamped {
    /// The fraction of the sites.
    pub fn fraction(&self) -> f64 {
        let rates = self.mask.rates();
        rates.iter().sum::<f64>() / rates.len() as f64
    }
}
