//! Grey values as signs.

use std::str::FromStr;

use super::image::{GreyImage, grey_level};
use crate::error::{Error, Result};

/// Where grey is cut into −1 and +1: a pixel strictly above the threshold is +1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Threshold {
    /// The picture's own mean.
    #[default]
    Mean,
    /// Otsu's threshold: the level of 0..255 that parts the picture's histogram best.
    Otsu,
    /// A level of 0..255.
    Level(u8),
}

impl FromStr for Threshold {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "mean" => Ok(Self::Mean),
            "otsu" => Ok(Self::Otsu),
            level => level.parse().map(Self::Level).map_err(|_| {
                Error::input(
                    "threshold",
                    "mean, otsu or a level of 0..255",
                    format!("{text:?}"),
                    "for example --threshold 127",
                )
            }),
        }
    }
}

impl std::fmt::Display for Threshold {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Mean => formatter.write_str("mean"),
            Self::Otsu => formatter.write_str("otsu"),
            Self::Level(level) => write!(formatter, "{level}"),
        }
    }
}

/// The signs of a picture, row by row: +1 strictly above the threshold, else −1. A constant picture has no pixel above
/// its mean or Otsu threshold.
pub fn binarise(image: &GreyImage, threshold: Threshold) -> Vec<i8> {
    binarise_grey(&image.pixels, threshold)
}

/// The signs of grey values in `[0, 1]`, as [`binarise`] gives them.
pub fn binarise_grey(pixels: &[f32], threshold: Threshold) -> Vec<i8> {
    let sign = |above: bool| if above { 1 } else { -1 };
    let above = |cut: f32| pixels.iter().map(|pixel| sign(*pixel > cut)).collect();
    match threshold {
        Threshold::Level(level) => above(grey_level(level)),
        Threshold::Otsu => above(grey_level(otsu(pixels))),
        // Levels of 0..255 are compared as integers: a pixel that equals the mean exactly is not above it.
        Threshold::Mean => match levels(pixels) {
            Some(levels) => {
                let sum: u64 = levels.iter().map(|level| u64::from(*level)).sum();
                levels.iter().map(|level| sign(u64::from(*level) * levels.len() as u64 > sum)).collect()
            }
            None => {
                let mean = pixels.iter().map(|pixel| f64::from(*pixel)).sum::<f64>() / pixels.len() as f64;
                pixels.iter().map(|pixel| sign(f64::from(*pixel) > mean)).collect()
            }
        },
    }
}

fn nearest_level(pixel: f32) -> u8 {
    // A float cast saturates, and takes NaN to 0.
    (f64::from(pixel) * 255.0).round() as u8
}

/// The 8-bit levels, if every pixel is exactly one.
fn levels(pixels: &[f32]) -> Option<Vec<u8>> {
    pixels.iter().map(|pixel| Some(nearest_level(*pixel)).filter(|level| grey_level(*level) == *pixel)).collect()
}

/// The lowest level t that maximises the variance between the classes ≤ t and > t.
fn otsu(pixels: &[f32]) -> u8 {
    let mut histogram = [0u64; 256];
    for pixel in pixels {
        // Down, so that `pixel > level/255` and `bin > level` agree for values between two levels.
        let nearest = nearest_level(*pixel);
        let bin = if grey_level(nearest) > *pixel { nearest.saturating_sub(1) } else { nearest };
        if let Some(count) = histogram.get_mut(usize::from(bin)) {
            *count += 1;
        }
    }
    let total = pixels.len() as f64;
    let sum: f64 = histogram.iter().zip(0u32..).map(|(count, level)| *count as f64 * f64::from(level)).sum();
    let (mut below, mut below_sum) = (0.0, 0.0);
    let (mut best, mut best_variance) = (0, 0.0);
    for (count, level) in histogram.iter().zip(0u8..=255) {
        below += *count as f64;
        below_sum += *count as f64 * f64::from(level);
        let above = total - below;
        if below == 0.0 {
            best = level;
        } else if above > 0.0 {
            let difference = below_sum / below - (sum - below_sum) / above;
            let variance = below * above * difference * difference;
            // Across a gap of the histogram the variance is constant: rounding must not move the choice.
            if variance > best_variance * (1.0 + 1e-12) {
                (best, best_variance) = (level, variance);
            }
        } else if best_variance == 0.0 {
            // A single level: nothing is above it.
            best = level;
            break;
        } else {
            break;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_strict() {
        let grey = |levels: &[u8]| levels.iter().map(|level| grey_level(*level)).collect::<Vec<_>>();
        for level in 0..=255u8 {
            let below = level.saturating_sub(1);
            assert_eq!(binarise_grey(&grey(&[below, level]), Threshold::Level(level)), [-1, -1]);
            assert_eq!(
                binarise_grey(&grey(&[level.saturating_add(1)]), Threshold::Level(level)),
                [if level == 255 { -1 } else { 1 }]
            );
            assert_eq!(binarise_grey(&grey(&[level; 3]), Threshold::Mean), [-1; 3]);
            assert_eq!(binarise_grey(&grey(&[level; 3]), Threshold::Otsu), [-1; 3]);
        }
        assert_eq!(binarise_grey(&grey(&[10, 20, 15]), Threshold::Mean), [-1, 1, -1]);
        assert_eq!(binarise_grey(&[0.1, 0.2, 0.7], Threshold::Mean), [-1, -1, 1]);
        assert_eq!(binarise_grey(&grey(&[10, 12, 11, 200, 199, 210, 10]), Threshold::Otsu), [-1, -1, -1, 1, 1, 1, -1]);
        assert_eq!(otsu(&grey(&[0, 255])), 0);
        assert!(binarise_grey(&[], Threshold::Mean).is_empty() && binarise_grey(&[], Threshold::Otsu).is_empty());
        assert_eq!("otsu".parse::<Threshold>().unwrap(), Threshold::Otsu);
        assert_eq!("255".parse::<Threshold>().unwrap().to_string(), "255");
        for bad in ["256", "-1", "", "Mean", "0.5"] {
            assert_eq!(bad.parse::<Threshold>().unwrap_err().code(), "E006");
        }
    }
}
