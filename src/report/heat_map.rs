//! A quantity over a plane, as coloured cells with lines across them.

use super::axis::{Axis, Scale};
use super::canvas::{Colour, RgbImage, mix, text_width};
use super::plot::Series;
use crate::error::Result;

/// Values over a grid, from 0 to 1, with lines drawn across.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HeatMap {
    /// The headline.
    pub title: String,
    /// What the horizontal axis shows.
    pub x_label: String,
    /// What the vertical axis shows.
    pub y_label: String,
    /// The places of the columns, increasing; positive on a logarithmic scale.
    pub x: Vec<f64>,
    /// How the horizontal axis is divided.
    pub x_scale: Scale,
    /// The places of the rows, increasing upwards.
    pub y: Vec<f64>,
    /// Row after row; what is not finite stays grey.
    pub values: Vec<f64>,
    /// Lines across; errors are not drawn.
    pub lines: Vec<Series>,
}

const WIDTH: usize = 1360;
const HEIGHT: usize = 880;
const LEFT: f64 = 130.0;
const RIGHT: f64 = 1180.0;
const TOP: f64 = 90.0;
const BOTTOM: f64 = 780.0;
const FONT: usize = 2;
const PAGE: Colour = [0xff, 0xff, 0xff];
const INK: Colour = [0x2b, 0x30, 0x3f];
const VOID: Colour = [0xb8, 0xbc, 0xc6];
const LINES: [Colour; 3] = [[0xd5, 0x5e, 0x00], [0x2b, 0x30, 0x3f], [0xb0, 0x56, 0x9b]];
/// From 0 to 1, evenly in lightness: points of viridis, reversed.
const SHADES: [Colour; 5] =
    [[0xfd, 0xf6, 0xc0], [0x5e, 0xc9, 0x62], [0x21, 0x91, 0x8c], [0x3b, 0x52, 0x8b], [0x44, 0x01, 0x54]];

impl HeatMap {
    /// The map as a picture of 1360 × 880 pixels.
    ///
    /// # Errors
    /// [`Error::Input`](crate::Error::Input) where a picture cannot be made.
    pub fn to_image(&self) -> Result<RgbImage> {
        let mut image = RgbImage::new(WIDTH, HEIGHT, PAGE)?;
        let middles: Vec<f64> = self.x.iter().filter_map(|&x| self.x_scale.place(x)).collect();
        let (columns, rows) = (edges(&middles), edges(&self.y));
        // Where points of a line lie on the axes.
        let placed = |&(x, y, _): &(f64, f64, Option<f64>)| {
            self.x_scale.place(x).filter(|x| x.is_finite() && y.is_finite()).map(|x| (x, y))
        };
        let lines: Vec<Vec<(f64, f64)>> =
            self.lines.iter().map(|line| line.points.iter().filter_map(placed).collect()).collect();
        let x = Axis::fit(columns.iter().copied().chain(lines.iter().flatten().map(|at| at.0)), 8, self.x_scale);
        let y = Axis::fit(rows.iter().copied().chain(lines.iter().flatten().map(|at| at.1)), 6, Scale::Linear);
        let across = |value: f64| LEFT + (RIGHT - LEFT) * x.share(value);
        let down = |value: f64| BOTTOM - (BOTTOM - TOP) * y.share(value);
        let cells = rows.windows(2).flat_map(|row| columns.windows(2).map(move |column| (column, row)));
        for ((column, row), value) in cells.zip(&self.values) {
            if let (&[from, to], &[low, high]) = (column, row) {
                let [from, to] = [across(from), across(to)].map(|place| place.round() as usize);
                let [top, bottom] = [down(high), down(low)].map(|place| place.round() as usize);
                image.rectangle(from, top, to.saturating_sub(from), bottom.saturating_sub(top), shade(*value));
            }
        }
        let line = |image: &mut RgbImage, from: (f64, f64), to: (f64, f64), thickness: f32, colour: Colour| {
            image.line((from.0 as f32, from.1 as f32), (to.0 as f32, to.1 as f32), thickness, colour);
        };
        for (value, label) in x.ticks() {
            line(&mut image, (across(value), BOTTOM), (across(value), BOTTOM + 8.0), 2.0, INK);
            write(&mut image, (across(value), BOTTOM + 16.0), 0.5, &label);
        }
        for (value, label) in y.ticks() {
            line(&mut image, (LEFT - 8.0, down(value)), (LEFT, down(value)), 2.0, INK);
            write(&mut image, (LEFT - 16.0, down(value) - 7.0), 1.0, &label);
        }
        line(&mut image, (LEFT, TOP), (LEFT, BOTTOM), 2.0, INK);
        line(&mut image, (LEFT, BOTTOM), (RIGHT, BOTTOM), 2.0, INK);
        for (n, ((series, points), colour)) in self.lines.iter().zip(&lines).zip(LINES.into_iter().cycle()).enumerate()
        {
            let places: Vec<(f64, f64)> = points.iter().map(|point| (across(point.0), down(point.1))).collect();
            for pair in places.windows(2) {
                if let &[from, to] = pair {
                    line(&mut image, from, to, 5.0, colour);
                }
            }
            let at = TOP - 20.0 - 24.0 * n as f64;
            let left = RIGHT - text_width(&series.name, FONT) as f64;
            line(&mut image, (left - 50.0, at + 7.0), (left - 12.0, at + 7.0), 5.0, colour);
            write(&mut image, (left, at), 0.0, &series.name);
        }
        // What the colours mean.
        let steps = 100;
        for step in 0..steps {
            let top = BOTTOM - (BOTTOM - TOP) * f64::from(step + 1) / f64::from(steps);
            let height = ((BOTTOM - TOP) / f64::from(steps)).ceil() as usize;
            image.rectangle(1230, top as usize, 30, height, shade((f64::from(step) + 0.5) / f64::from(steps)));
        }
        write(&mut image, (1272.0, BOTTOM - 14.0), 0.0, "0");
        write(&mut image, (1272.0, TOP), 0.0, "1");
        write(&mut image, ((LEFT + RIGHT) / 2.0, BOTTOM + 56.0), 0.5, &self.x_label);
        write(&mut image, (24.0, TOP - 36.0), 0.0, &self.y_label);
        write(&mut image, ((LEFT + RIGHT) / 2.0, 16.0), 0.5, &self.title);
        Ok(image)
    }
}

/// A colour from 0 to 1; grey for what is no number.
pub(super) fn shade(value: f64) -> Colour {
    if !value.is_finite() {
        return VOID;
    }
    let place = value.clamp(0.0, 1.0) * (SHADES.len() - 1) as f64;
    let below = (place as usize).min(SHADES.len() - 2);
    match SHADES.get(below..below + 2) {
        Some(&[from, to]) => mix(from, to, (place - below as f64) as f32),
        _ => VOID,
    }
}

/// The borders of cells whose middles these are.
fn edges(middles: &[f64]) -> Vec<f64> {
    let (Some(&first), Some(&last)) = (middles.first(), middles.last()) else { return Vec::new() };
    let half = |pair: Option<&[f64]>| match pair {
        Some(&[from, to]) => 0.5 * (to - from),
        _ => 0.5,
    };
    let mut edges = vec![first - half(middles.get(..2))];
    edges.extend(middles.windows(2).map(|pair| 0.5 * pair.iter().sum::<f64>()));
    edges.push(last + half(middles.len().checked_sub(2).and_then(|from| middles.get(from..))));
    edges
}

/// Text whose top is at `y`; `share` of it lies left of `x`.
fn write(image: &mut RgbImage, (x, y): (f64, f64), share: f64, text: &str) {
    let left = x - share * text_width(text, FONT) as f64;
    image.text(left.max(0.0) as usize, y.max(0.0) as usize, text, FONT, INK);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_have_the_colours_of_their_values() {
        let points = vec![(0.5, 0.0, None), (0.5, 3.0, None)];
        let map = HeatMap {
            x: vec![0.0, 1.0],
            y: vec![1.0, 2.0],
            values: vec![0.0, 1.0, f64::NAN, 0.5],
            lines: vec![Series { name: "line".into(), points }],
            ..HeatMap::default()
        };
        let image = map.to_image().unwrap();
        let count = |colour: Colour| image.pixels().iter().filter(|pixel| **pixel == colour).count();
        for colour in [shade(0.0), shade(1.0), VOID, shade(0.5)] {
            assert!(count(colour) > 50_000, "{colour:?}: {}", count(colour));
        }
        assert!(count(LINES[0]) > 2_000);
        assert_eq!(edges(&[1.0, 2.0, 4.0]), [0.5, 1.5, 3.0, 5.0]);
        HeatMap::default().to_image().unwrap();
    }
}
