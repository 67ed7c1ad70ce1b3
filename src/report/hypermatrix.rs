//! A raster with its correlations in space and time, in one figure.

use super::canvas::{Colour, RgbImage, text_width};
use super::heat_map::shade;
use crate::error::{Error, Result};

/// A matrix of values for a [`Hypermatrix`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Panel<'a> {
    /// How many rows it has.
    pub rows: usize,
    /// How many columns it has.
    pub columns: usize,
    /// Row after row.
    pub values: &'a [f64],
}

/// The hypermatrix `[Ω, Φ; Π]` of N neurons and T ticks (G. Bardella et al., arXiv:2405.12022): the raster above, the
/// correlations of neurons to its right at the same rows, and the correlations of ticks below at the same columns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hypermatrix<'a> {
    /// Ω: N × T, from 0 (silent) to 1 (fires).
    pub raster: Panel<'a>,
    /// Φ: N × N.
    pub space: Panel<'a>,
    /// Π: T × T.
    pub time: Panel<'a>,
}

/// Pixels that the ticks and the neurons take at the most, and about.
const ACROSS: usize = 900;
const DOWN: usize = 420;
const MARGIN: usize = 70;
const GAP: usize = 56;
/// Room for a scale of colours.
const SCALE: usize = 130;
const FONT: usize = 2;
const PAGE: Colour = [0xff, 0xff, 0xff];
const INK: Colour = [0x2b, 0x30, 0x3f];
const EDGE: Colour = [0xb8, 0xbc, 0xc6];
const SILENT: Colour = [0xf3, 0xf4, 0xf7];

impl Hypermatrix<'_> {
    /// The figure. Correlations are coloured from 0 to the largest off the diagonal; the diagonals, which are the rates, may lie
    /// beyond. A pixel is the mean of several cells where there are more of them.
    ///
    /// # Errors
    /// [`Error::Input`] if a panel has no cell, or its values or sides do not fit the others.
    pub fn to_image(&self) -> Result<RgbImage> {
        let (neurons, ticks) = (self.raster.rows, self.raster.columns);
        for (what, panel, rows, columns) in [
            ("raster", self.raster, neurons, ticks),
            ("correlations in space", self.space, neurons, neurons),
            ("correlations in time", self.time, ticks, ticks),
        ] {
            let cells = rows.checked_mul(columns).filter(|cells| *cells > 0);
            if (panel.rows, panel.columns) != (rows, columns) || cells != Some(panel.values.len()) {
                let got = format!("{} x {} with {} values", panel.rows, panel.columns, panel.values.len());
                let hint = "a raster of N x T has correlations of N x N and T x T";
                return Err(Error::input(format!("panel of the {what}"), format!("{rows} x {columns}"), got, hint));
            }
        }
        let (height, width) = (side(neurons, DOWN), side(ticks, ACROSS));
        let (left, top) = (MARGIN, MARGIN);
        let (right, below) = (left + width + GAP, top + height + GAP);
        let mut image = RgbImage::new(right + height.max(SCALE * 2) + SCALE, below + width + MARGIN / 2, PAGE)?;
        let ink = |value: f64| super::canvas::mix(SILENT, INK, value.clamp(0.0, 1.0) as f32);
        image.panel(&self.raster, (left, top), (width, height), ink);
        let largest = [self.space, self.time].map(|panel| panel.largest_off_diagonal());
        let coloured = |largest: f64| move |value: f64| shade(if largest > 0.0 { value / largest } else { value });
        image.panel(&self.space, (right, top), (height, height), coloured(largest[0]));
        image.panel(&self.time, (left, below), (width, width), coloured(largest[1]));
        let title = |image: &mut RgbImage, x: usize, y: usize, text: &str| image.text(x, y - 24, text, FONT, INK);
        title(&mut image, left, top, &format!("raster: {neurons} neurons x {ticks} bins"));
        title(&mut image, right, top, "space: neurons x neurons");
        title(&mut image, left, below, "time: bins x bins");
        image.colour_scale((right + height + 24, top), height.clamp(60, 300), largest[0]);
        image.colour_scale((left + width + 24, below), 300.min(width), largest[1]);
        Ok(image)
    }
}

/// Pixels for so many cells: whole ones for each, or all there are.
fn side(cells: usize, most: usize) -> usize {
    if cells >= most { most } else { most / cells * cells }
}

impl Panel<'_> {
    fn largest_off_diagonal(&self) -> f64 {
        let off = self.values.iter().enumerate().filter(|(at, _)| at / self.columns != at % self.columns);
        let largest = off.map(|(_, value)| *value).filter(|value| value.is_finite()).fold(0.0, f64::max);
        if largest > 0.0 { largest } else { self.values.iter().copied().fold(0.0, f64::max) }
    }

    /// The mean of the cells under a pixel of a picture of (width, height).
    fn under(&self, (x, y): (usize, usize), (width, height): (usize, usize)) -> f64 {
        let span = |pixel: usize, pixels: usize, cells: usize| {
            let first = pixel * cells / pixels;
            first..((pixel + 1) * cells).div_ceil(pixels).max(first + 1).min(cells)
        };
        let (rows, columns) = (span(y, height, self.rows), span(x, width, self.columns));
        let count = rows.len() * columns.len();
        let values = rows.flat_map(|row| self.values[row * self.columns..][columns.clone()].iter());
        values.sum::<f64>() / count as f64
    }
}

impl RgbImage {
    /// A matrix in a frame, its top left corner at (left, top).
    fn panel(
        &mut self,
        panel: &Panel<'_>,
        (left, top): (usize, usize),
        size: (usize, usize),
        colour: impl Fn(f64) -> Colour,
    ) {
        for y in 0..size.1 {
            for x in 0..size.0 {
                self.rectangle(left + x, top + y, 1, 1, colour(panel.under((x, y), size)));
            }
        }
        self.frame(left, top, size.0, size.1, 2, EDGE);
    }

    /// What the colours from 0 to `largest` mean.
    fn colour_scale(&mut self, (left, top): (usize, usize), height: usize, largest: f64) {
        for y in 0..height {
            self.rectangle(left, top + height - 1 - y, 20, 1, shade((y as f64 + 0.5) / height as f64));
        }
        self.frame(left, top, 20, height, 1, EDGE);
        let text = format!("{largest:.3}");
        debug_assert!(text_width(&text, FONT) < SCALE);
        self.text(left + 28, top, &text, FONT, INK);
        self.text(left + 28, (top + height).saturating_sub(14), "0", FONT, INK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_stand_where_they_belong() {
        let (raster, space) = ([1.0, 0.0, 1.0, 0.0, 0.0, 1.0], [0.5, 0.2, 0.2, 0.4]);
        let time = [0.5, 0.0, 0.4, 0.0, 0.0, 0.0, 0.4, 0.0, 1.0];
        let panel = |rows, columns, values| Panel { rows, columns, values };
        let figure = Hypermatrix { raster: panel(2, 3, &raster), space: panel(2, 2, &space), time: panel(3, 3, &time) };
        let image = figure.to_image().unwrap();
        let at = |x: usize, y: usize| image.pixels()[y * image.width() + x];
        let (width, height) = (900, 420);
        assert_eq!((at(MARGIN + 1, MARGIN + 1), at(MARGIN + width / 2, MARGIN + 1)), (INK, SILENT));
        assert_eq!(at(MARGIN + width - 1, MARGIN + height - 1), INK);
        // The largest off the diagonal has the last colour, and so has what lies beyond.
        let (right, below) = (MARGIN + width + GAP, MARGIN + height + GAP);
        assert_eq!(at(right + 1, MARGIN + height - 1), shade(1.0));
        assert_eq!(at(right + 1, MARGIN + 1), shade(1.0));
        assert_eq!((at(MARGIN + 1, below + width - 1), at(MARGIN + width / 2, below + 1)), (shade(1.0), shade(0.0)));
        // More cells than pixels: their mean.
        let many = vec![0.5; 3000];
        assert_eq!(panel(1, 3000, &many).under((17, 0), (900, 1)), 0.5);
        for (a, b) in [((2, 2), (3, 3)), ((2, 3), (3, 2)), ((0, 3), (3, 3))] {
            let wrong =
                Hypermatrix { raster: panel(a.0, a.1, &raster), space: figure.space, time: panel(b.0, b.1, &time) };
            assert_eq!(wrong.to_image().unwrap_err().code(), "E006");
        }
    }
}
