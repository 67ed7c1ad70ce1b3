//! Small plots side by side in one picture: points, lines, and the diagonal on which two measurements agree.

use super::axis::{Axis, Scale};
use super::canvas::{Colour, RgbImage, text_width};
use super::plot::Series;
use crate::error::{Error, Result};

/// One of the plots.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SmallPlot {
    /// The headline.
    pub title: String,
    /// What the horizontal axis shows.
    pub x_label: String,
    /// What the vertical axis shows.
    pub y_label: String,
    /// How the vertical axis is divided.
    pub y_scale: Scale,
    /// Points that are not joined; those that have no place on the axes are left out, and errors are not drawn.
    pub points: Vec<Series>,
    /// Points that are joined by lines.
    pub lines: Vec<Series>,
    /// Both axes have the same range, and a line from corner to corner.
    pub diagonal: bool,
}

const SIDE: f64 = 440.0;
const LEFT: f64 = 120.0;
const TOP: f64 = 70.0;
const BELOW: f64 = 90.0;
const GAP: f64 = 40.0;
const FONT: usize = 2;
const PAGE: Colour = [0xff, 0xff, 0xff];
const INK: Colour = [0x2b, 0x30, 0x3f];
const FAINT: Colour = [0xc4, 0xc8, 0xd2];
const COLOURS: [Colour; 4] = [[0x00, 0x72, 0xb2], [0xd5, 0x5e, 0x00], [0x00, 0x9e, 0x73], [0xb0, 0x56, 0x9b]];

/// Draws the plots from left to right.
///
/// # Errors
/// [`Error::Input`] for no plots, or so many that there is no picture of that size.
pub fn panels(plots: &[SmallPlot]) -> Result<RgbImage> {
    if plots.is_empty() {
        return Err(Error::input("plots of a picture", "at least 1", 0, "give it something to show"));
    }
    let (width, height) = (LEFT + SIDE + GAP, TOP + SIDE + BELOW);
    let mut image = RgbImage::new((width * plots.len() as f64) as usize, height as usize, PAGE)?;
    for (number, plot) in plots.iter().enumerate() {
        plot.draw(&mut image, number as f64 * width + LEFT);
    }
    Ok(image)
}

/// A plot's axes and where they stand.
struct Frame {
    left: f64,
    x: Axis,
    y: Axis,
    y_scale: Scale,
}

impl Frame {
    fn across(&self, x: f64) -> f64 {
        self.left + SIDE * self.x.share(x)
    }

    fn down(&self, y: f64) -> f64 {
        TOP + SIDE * (1.0 - self.y.share(y))
    }

    /// The pixels of a series' points.
    fn places(&self, series: &Series) -> Vec<(f32, f32)> {
        let place = |&(x, y, _): &(f64, f64, Option<f64>)| {
            let (x, y) = (Scale::Linear.place(x)?, self.y_scale.place(y)?);
            Some((self.across(x) as f32, self.down(y) as f32))
        };
        series.points.iter().filter_map(place).collect()
    }
}

impl SmallPlot {
    fn draw(&self, image: &mut RgbImage, left: f64) {
        let all = || self.points.iter().chain(&self.lines).flat_map(|series| &series.points);
        let xs = || all().filter_map(|point| Scale::Linear.place(point.0));
        let ys = || all().filter_map(|point| self.y_scale.place(point.1));
        let (x, y) = if self.diagonal {
            let both = || xs().chain(ys());
            (Axis::fit(both(), 4, Scale::Linear), Axis::fit(both(), 4, Scale::Linear))
        } else {
            (Axis::fit(xs(), 5, Scale::Linear), Axis::fit(ys(), 5, self.y_scale))
        };
        let frame = Frame { left, x, y, y_scale: self.y_scale };
        let (right, bottom) = (left + SIDE, TOP + SIDE);
        let line = |image: &mut RgbImage, from: (f64, f64), to: (f64, f64), thickness: f32, colour: Colour| {
            image.line((from.0 as f32, from.1 as f32), (to.0 as f32, to.1 as f32), thickness, colour);
        };
        if self.diagonal {
            line(image, (left, bottom), (right, TOP), 2.0, FAINT);
        }
        for (value, label) in frame.x.ticks() {
            line(image, (frame.across(value), bottom), (frame.across(value), bottom + 8.0), 2.0, INK);
            write(image, (frame.across(value), bottom + 14.0), 0.5, &label);
        }
        for (value, label) in frame.y.ticks() {
            line(image, (left - 8.0, frame.down(value)), (left, frame.down(value)), 2.0, INK);
            write(image, (left - 14.0, frame.down(value) - 7.0), 1.0, &label);
        }
        line(image, (left, TOP), (left, bottom), 2.0, INK);
        line(image, (left, bottom), (right, bottom), 2.0, INK);
        for (series, colour) in self.lines.iter().zip(COLOURS.iter().skip(1).cycle()) {
            for pair in frame.places(series).windows(2) {
                if let &[from, to] = pair {
                    image.line(from, to, 3.0, *colour);
                }
            }
        }
        for (series, colour) in self.points.iter().zip(COLOURS) {
            for (x, y) in frame.places(series) {
                // A stroke without length is a dot.
                image.line((x - 0.5, y), (x + 0.5, y), 7.0, colour);
            }
        }
        let named = self.points.iter().zip(COLOURS).chain(self.lines.iter().zip(COLOURS.into_iter().skip(1)));
        for (row, (series, colour)) in named.filter(|(series, _)| !series.name.is_empty()).enumerate() {
            let top = TOP + 6.0 + 22.0 * row as f64;
            let start = right - text_width(&series.name, FONT) as f64;
            line(image, (start - 30.0, top + 7.0), (start - 10.0, top + 7.0), 5.0, colour);
            write(image, (start, top), 0.0, &series.name);
        }
        write(image, (left + SIDE / 2.0, 14.0), 0.5, &self.title);
        write(image, (left - 90.0, TOP - 28.0), 0.0, &self.y_label);
        write(image, (left + SIDE / 2.0, bottom + 48.0), 0.5, &self.x_label);
    }
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
    fn points_and_lines_have_their_colours() {
        let series = |count: usize| Series {
            name: "some".into(),
            points: (0..count).map(|k| (k as f64, (1 + k) as f64, None)).collect(),
        };
        let plot = SmallPlot { points: vec![series(10)], lines: vec![series(3)], ..SmallPlot::default() };
        let logarithmic = SmallPlot { y_scale: Scale::Logarithmic, ..plot.clone() };
        let diagonal = SmallPlot { diagonal: true, ..plot.clone() };
        let image = panels(&[plot, logarithmic, diagonal, SmallPlot::default()]).unwrap();
        let count = |colour| image.pixels().iter().filter(|pixel| **pixel == colour).count();
        assert!(count(COLOURS[0]) > 900 && count(COLOURS[1]) > 900 && count(FAINT) > 400);
        assert!(panels(&[]).is_err());
    }
}
