//! Data that machines learn from and are judged by.

use super::input::{is_picture, read_grey_pictures};
use anyhow::Result;
use clap::Args;
use serde_json::json;
use spinfield::io::array::{SampleValues, read_array};
use spinfield::io::threshold::{Threshold, binarise_grey};
use spinfield::{Error, Units, Vectors};
use std::path::PathBuf;

/// Options of the data.
#[derive(Debug, Clone, Args)]
pub struct DataArgs {
    /// A .npy or .npz (its first axis counts the samples), .png files or a folder of them
    #[arg(long, value_name = "D", required = true, num_args = 1..)]
    pub data: Vec<PathBuf>,
    /// Array of a .npz
    #[arg(long)]
    pub key: Option<String>,
    /// Where grey is cut into 0 and 1: above mean, otsu or 0..255; above 0.5 where absent
    #[arg(long, value_name = "T")]
    pub threshold: Option<String>,
    /// Keep real values instead of cutting them: no log-likelihood is then given
    #[arg(long, conflicts_with = "threshold")]
    pub grey: bool,
    /// Only the first samples
    #[arg(long, value_name = "K")]
    pub take: Option<usize>,
}

/// Samples with what is known about them.
#[derive(Debug, Clone)]
pub struct Samples {
    /// As the machine's visible units show them.
    pub vectors: Vectors,
    /// Width and height, of pictures; square numbers of values are taken for pictures.
    pub sides: Option<(usize, usize)>,
    /// Whether all values are those of two-valued units.
    pub binary: bool,
}

/// Values in [0, 1] as they were read.
struct Grey {
    /// Of a sample.
    width: usize,
    sides: Option<(usize, usize)>,
    values: Vec<f32>,
}

impl Samples {
    /// The mean log-likelihood of two-valued samples under independent units with their means, in nats: less of a machine is no
    /// model of them. `None` for other samples.
    pub fn independent_log_likelihood(&self) -> Option<f64> {
        let (width, count) = (self.vectors.width(), self.vectors.count() as f64);
        let mut ups = vec![0.0; width];
        for row in self.vectors.values().chunks_exact(width) {
            ups.iter_mut().zip(row).for_each(|(ups, &value)| *ups += f64::from(u8::from(value > 0.0)));
        }
        let term = |share: f64| if share > 0.0 { share * share.ln() } else { 0.0 };
        let sum = ups.into_iter().map(|ups| term(ups / count) + term(1.0 - ups / count)).sum();
        self.binary.then_some(sum)
    }
}

impl DataArgs {
    /// For the record.
    pub fn parameters(&self) -> super::session::Parameters {
        let paths: Vec<_> = self.data.iter().map(|path| path.to_string_lossy()).collect();
        vec![
            ("data", json!(paths)),
            ("key", json!(self.key)),
            ("threshold", json!(self.threshold)),
            ("grey", json!(self.grey)),
            ("take", json!(self.take)),
        ]
    }

    /// Reads the samples for visible units of this type.
    pub fn read(&self, units: Units) -> Result<Samples> {
        let Grey { width, sides, values } = self.grey_values()?;
        let count = values.len() / width;
        let taken = match self.take {
            Some(take) if take == 0 || take > count => {
                let hint = "take no more samples than there are";
                return Err(Error::input("--take", format!("1 to {count}"), take, hint).into());
            }
            take => take.unwrap_or(count),
        };
        let real = self.grey || units.values().is_none();
        let threshold: Option<Threshold> = self.threshold.as_deref().map(str::parse).transpose()?;
        let cut = |row: &[f32]| -> Vec<f32> {
            match threshold {
                _ if real => row.to_vec(),
                Some(threshold) => binarise_grey(row, threshold).into_iter().map(|sign| f32::from(sign > 0)).collect(),
                None => row.iter().map(|&value| f32::from(value > 0.5)).collect(),
            }
        };
        let rows = values.chunks_exact(width).take(taken);
        let mut values: Vec<f32> = rows.flat_map(cut).collect();
        if units == Units::Spin {
            values.iter_mut().for_each(|value| *value = 2.0 * *value - 1.0);
        }
        let binary = units.values().is_some() && values.iter().all(|&value| units.admits(value.into(), false));
        let root = width.isqrt();
        let sides = sides.or_else(|| (root > 1 && root * root == width).then_some((root, root)));
        Ok(Samples { vectors: Vectors::new(width, values)?, sides, binary })
    }

    fn grey_values(&self) -> Result<Grey> {
        if self.data.iter().all(|path| is_picture(path)) {
            if let Some(key) = &self.key {
                let got = format!("`{key}` for pictures");
                return Err(Error::input("--key", "a .npz file", got, "leave it out").into());
            }
            let pictures = read_grey_pictures(&self.data)?;
            let sides = pictures.first().map(|picture| (picture.width, picture.height));
            let values = pictures.into_iter().flat_map(|picture| picture.pixels).collect();
            return Ok(Grey { width: sides.map_or(1, |(width, height)| width * height), sides, values });
        }
        let [path] = &self.data[..] else {
            let got = format!("{} paths, not all of them pictures", self.data.len());
            return Err(Error::input("--data", "pictures, or one array", got, "pass a single .npy or .npz").into());
        };
        let samples = read_array(path, self.key.as_deref())?.into_patterns_or_grey()?;
        let values = match samples.values {
            SampleValues::Binary(signs) => signs.into_iter().map(|sign| f32::from(sign > 0)).collect(),
            SampleValues::Grey(pixels) => pixels,
        };
        let sides = samples.sides.map(|(height, width)| (width, height));
        Ok(Grey { width: samples.neurons, sides, values })
    }
}
