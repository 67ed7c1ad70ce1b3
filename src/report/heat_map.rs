//! A quantity over a plane, as coloured cells with lines across them.

use super::axis::{Axis, Scale};
use super::canvas::{Colour, RgbImage, mix};
use super::chart::{Drawn, Letters, Page, Sheet, TOP};
use super::legend::{Legend, bottom_of};
use super::plot::Series;
use super::theme::{self, Ink};
use crate::error::Result;
use plotters::element::{PathElement, Rectangle};
use plotters::series::LineSeries;
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, RGBColor, ShapeStyle};
use plotters_backend::DrawingBackend;

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

const WIDTH: i32 = 680;
const HEIGHT: i32 = 440;
/// Room for the scale of colours, which is so wide.
const RIGHT: i32 = 90;
const BAR: f64 = 15.0;
/// Shades of that scale.
const STEPS: i32 = 64;
/// So many cells are drawn as a picture: an SVG has a line of text for each.
const MOST_CELLS: usize = 4096;
const VOID: Colour = [0xb8, 0xbc, 0xc6];
/// Lines that show on all shades.
const LINES: [Ink; 3] = [theme::LINES[1], theme::TEXT, theme::LINES[3]];
/// From 0 to 1, evenly in lightness: points of viridis, reversed.
const SHADES: [Colour; 5] =
    [[0xfd, 0xf6, 0xc0], [0x5e, 0xc9, 0x62], [0x21, 0x91, 0x8c], [0x3b, 0x52, 0x8b], [0x44, 0x01, 0x54]];

impl HeatMap {
    /// The map as an SVG of 680 × 440, which follows the reader's light or dark scheme. Never fails.
    pub fn to_svg(&self) -> String {
        self.sheet().svg(|page| self.draw(page))
    }

    /// The map as a picture of 1360 × 880 pixels, in the light scheme.
    ///
    /// # Errors
    /// [`Error::Input`](crate::Error::Input) where a picture cannot be made.
    pub fn to_image(&self) -> Result<RgbImage> {
        self.sheet().image(|page| self.draw(page))
    }

    /// Whether an SVG of it stays small.
    pub(super) fn is_small(&self) -> bool {
        self.values.len() <= MOST_CELLS
    }

    fn sheet(&self) -> Sheet<'_> {
        let labels = [self.x_label.as_str(), self.y_label.as_str()];
        Sheet { width: WIDTH, height: HEIGHT, right: RIGHT, title: &self.title, labels }
    }

    fn draw<B: DrawingBackend>(&self, page: &Page<'_, B>) -> Drawn<(), B> {
        let middles: Vec<f64> = self.x.iter().filter_map(|&x| self.x_scale.place(x)).collect();
        let (columns, rows) = (edges(&middles), edges(&self.y));
        let placed = |&(x, y, _): &(f64, f64, Option<f64>)| Some((self.x_scale.place(x)?, Scale::Linear.place(y)?));
        let lines: Vec<Vec<(f64, f64)>> =
            self.lines.iter().map(|line| line.points.iter().filter_map(placed).collect()).collect();
        let x = Axis::fit(columns.iter().copied().chain(lines.iter().flatten().map(|at| at.0)), 8, self.x_scale);
        let y = Axis::fit(rows.iter().copied().chain(lines.iter().flatten().map(|at| at.1)), 6, Scale::Linear);
        let mut chart = page.chart([x, y], false)?;
        let cells = rows.windows(2).flat_map(|row| columns.windows(2).map(move |column| (column, row)));
        let cell = |((column, row), value): ((&[f64], &[f64]), &f64)| match (column, row) {
            (&[from, to], &[low, high]) => Some(Rectangle::new([(from, low), (to, high)], filled(*value))),
            _ => None,
        };
        chart.draw_series(cells.zip(&self.values).filter_map(cell))?;
        let style = |number: usize| page.stroke(LINES.get(number % LINES.len()).copied().unwrap_or(theme::TEXT), 2.5);
        for (number, line) in lines.iter().enumerate().filter(|(_, line)| line.len() > 1) {
            chart.draw_series(LineSeries::new(line.iter().copied(), style(number)))?;
        }
        let places: Vec<_> = lines.iter().flatten().map(|at| page.units(chart.backend_coord(at))).collect();
        let legend = Legend::of(self.lines.iter().map(|line| line.name.as_str()));
        legend.draw(page, legend.corner(WIDTH - RIGHT, bottom_of(HEIGHT), &places), |number, ends| {
            let path = ends.map(|(x, y)| (page.steps(x), page.steps(y)));
            page.area.draw(&PathElement::new(path, style(number)))
        })?;
        self.draw_scale(page)
    }

    /// What the colours mean.
    fn draw_scale<B: DrawingBackend>(&self, page: &Page<'_, B>) -> Drawn<(), B> {
        let (left, top, bottom) = (f64::from(WIDTH - RIGHT) + 22.0, f64::from(TOP), f64::from(bottom_of(HEIGHT)));
        let height = |step: i32| bottom - (bottom - top) * f64::from(step) / f64::from(STEPS);
        for step in 0..STEPS {
            let corners = [(left, height(step + 1)), (left + BAR, height(step))];
            let corners = corners.map(|(x, y)| (page.steps(x), page.steps(y)));
            page.area.draw(&Rectangle::new(corners, filled((f64::from(step) + 0.5) / f64::from(STEPS))))?;
        }
        page.text("0", Letters::Small, (left + BAR + 6.0, bottom - 4.0), HPos::Left)?;
        page.text("1", Letters::Small, (left + BAR + 6.0, top + 4.0), HPos::Left)
    }
}

fn filled(value: f64) -> ShapeStyle {
    let [r, g, b] = shade(value);
    RGBColor(r, g, b).filled()
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
        assert!(count(LINES[0].pixel()) > 2_000);
        assert_eq!(edges(&[1.0, 2.0, 4.0]), [0.5, 1.5, 3.0, 5.0]);
        HeatMap::default().to_image().unwrap();
        let svg = map.to_svg();
        assert!(!svg.contains("NaN") && svg.matches("<rect").count() > 4 + STEPS as usize, "{svg}");
    }
}
