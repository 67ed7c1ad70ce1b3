//! Line plots as pictures, for where an SVG cannot stand.

use super::canvas::{Colour, RgbImage, text_width};
use super::plot::{BOTTOM, HEIGHT, LEFT, LIGHT_LINES, LinePlot, Names, RIGHT, TOP, WIDTH, dashes};
use crate::error::Result;

/// Pixels of a unit of the SVG.
const SCALE: f64 = 2.0;
/// Pixels of a dot of the font.
const FONT: usize = 2;
const PAGE: Colour = [0xff, 0xff, 0xff];
const INK: Colour = [0x2b, 0x30, 0x3f];
const GRID: Colour = [0xe4, 0xe7, 0xee];
const AXIS: Colour = [0x7d, 0x84, 0x96];

/// The colour of a line, as in the light scheme of the SVG.
fn colour(line: usize) -> Colour {
    let text = LIGHT_LINES.get(line % LIGHT_LINES.len()).copied().unwrap_or_default();
    let number = u32::from_str_radix(text.trim_start_matches('#'), 16).unwrap_or_default();
    let [_, red, green, blue] = number.to_be_bytes();
    [red, green, blue]
}

impl LinePlot {
    /// The plot as a picture of 1360 × 840 pixels (wider where many lines have names), in the light scheme.
    ///
    /// # Errors
    /// [`Error::Input`](crate::Error::Input) where it would be larger than a picture may be.
    pub fn to_image(&self) -> Result<RgbImage> {
        let lines = self.lines();
        let [x, y] = self.axes(&lines);
        let names = Names::of(&lines);
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        let across = |value: f64| LEFT + (right - LEFT) * x.share(value);
        let down = |value: f64| bottom - (bottom - TOP) * y.share(value);
        let width = (SCALE * (WIDTH + names.room())) as usize;
        let mut image = RgbImage::new(width, (SCALE * HEIGHT) as usize, PAGE)?;
        for (value, label) in x.ticks() {
            stroke(&mut image, [(across(value), TOP), (across(value), bottom)], 1.5, GRID);
            write(&mut image, (across(value), bottom + 10.0), 0.5, &label);
        }
        for (value, label) in y.ticks() {
            stroke(&mut image, [(LEFT, down(value)), (right, down(value))], 1.5, GRID);
            write(&mut image, (LEFT - 8.0, down(value) - 3.5), 1.0, &label);
        }
        stroke(&mut image, [(LEFT, TOP), (LEFT, bottom)], 2.0, AXIS);
        stroke(&mut image, [(LEFT, bottom), (right, bottom)], 2.0, AXIS);
        for (n, line) in lines.iter().enumerate() {
            let places: Vec<(f64, f64)> = line.points.iter().map(|point| (across(point.x), down(point.y))).collect();
            for pair in places.windows(2) {
                if let [from, to] = *pair {
                    line_of(&mut image, [from, to], n);
                }
            }
            for (point, &(at, _)) in line.points.iter().zip(&places).filter(|(point, _)| point.high > point.low) {
                let (low, high) = (down(point.low), down(point.high));
                for ends in
                    [[(at, low), (at, high)], [(at - 3.0, low), (at + 3.0, low)], [(at - 3.0, high), (at + 3.0, high)]]
                {
                    stroke(&mut image, ends, 1.5, colour(n));
                }
            }
            places.iter().for_each(|&place| stroke(&mut image, [place, place], 9.0, colour(n)));
        }
        let [left, top] = names.corner(&lines, across, down);
        for (row, (line, name)) in names.0.iter().enumerate() {
            let at = top + 14.0 + row as f64 * 18.0;
            if let Some(line) = *line {
                line_of(&mut image, [(left + 6.0, at), (left + 30.0, at)], line);
                stroke(&mut image, [(left + 18.0, at), (left + 18.0, at)], 9.0, colour(line));
            }
            write(&mut image, (left + 36.0, at - 3.5), 0.0, name);
        }
        write(&mut image, ((LEFT + right) / 2.0, HEIGHT - 24.0), 0.5, &self.x_label);
        write(&mut image, ((LEFT + right) / 2.0, 8.0), 0.5, &self.title);
        // The font cannot be turned: what the vertical axis shows stands above it.
        write(&mut image, (12.0, TOP - 18.0), 0.0, &self.y_label);
        Ok(image)
    }
}

/// A straight line, in units of the SVG; a point where both ends are one.
fn stroke(image: &mut RgbImage, ends: [(f64, f64); 2], thickness: f32, colour: Colour) {
    let [from, to] = ends.map(|(x, y)| ((x * SCALE) as f32, (y * SCALE) as f32));
    image.line(from, to, thickness, colour);
}

/// A piece of a line of the plot: dashed where the colours have begun again.
fn line_of(image: &mut RgbImage, [from, to]: [(f64, f64); 2], line: usize) {
    let Some((_, [dash, gap])) = dashes(line) else { return stroke(image, [from, to], 3.5, colour(line)) };
    let length = (to.0 - from.0).hypot(to.1 - from.1).max(1e-9);
    let at = |along: f64| (from.0 + (to.0 - from.0) * along / length, from.1 + (to.1 - from.1) * along / length);
    let mut along = 0.0;
    while along < length {
        stroke(image, [at(along), at((along + dash).min(length))], 3.5, colour(line));
        along += dash + gap;
    }
}

/// Text whose top is at `y`; `share` of it lies left of `x`.
fn write(image: &mut RgbImage, (x, y): (f64, f64), share: f64, text: &str) {
    let left = x * SCALE - share * text_width(text, FONT) as f64;
    image.text(left.max(0.0) as usize, (y * SCALE).max(0.0) as usize, text, FONT, INK);
}

#[cfg(test)]
mod tests {
    use super::super::plot::{Scale, Series};
    use super::*;

    #[test]
    fn a_picture_shows_every_line_in_its_colour() {
        let line = |n: usize| {
            let points = (1..5).map(|x| (10f64.powi(x), 10f64.powi(n as i32 - 3), None)).collect();
            Series { name: format!("line {n}"), points }
        };
        for count in [1, 5, 9] {
            let plot = LinePlot {
                series: (0..count).map(line).collect(),
                x_scale: Scale::Logarithmic,
                y_scale: Scale::Logarithmic,
                ..LinePlot::default()
            };
            let image = plot.to_image().unwrap();
            assert_eq!((image.height(), image.width() > 1360), (840, count > 6));
            for n in 0..count {
                let dots = image.pixels().iter().filter(|pixel| **pixel == colour(n)).count();
                assert!(dots > 500, "line {n}: {dots} pixels");
            }
        }
        for value in [0.0, f64::NAN, f64::MAX, 1e-320] {
            let series = vec![Series { name: String::new(), points: vec![(value, value, Some(value))] }];
            LinePlot { series, ..LinePlot::default() }.to_image().unwrap();
        }
    }
}
