//! Line plots: points with error bars, and curves of theory beside them.

use super::axis::Axis;
pub use super::axis::Scale;
use super::canvas::RgbImage;
use super::chart::{Chart, Drawn, Page, Sheet};
use super::legend::{Legend, bottom_of};
pub use super::page::{Section, report_html};
use super::theme;
use crate::error::Result;
use plotters::element::{Circle, DashedPathElement, ErrorBar, PathElement};
use plotters::series::{DashedLineSeries, LineSeries};
use plotters::style::ShapeStyle;
use plotters_backend::DrawingBackend;

/// A plot of lines with points and error bars.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LinePlot {
    /// The headline; may be empty.
    pub title: String,
    /// What the horizontal axis shows, with its unit.
    pub x_label: String,
    /// What the vertical axis shows, with its unit.
    pub y_label: String,
    /// What was measured: points, joined by lines where there are no curves.
    pub series: Vec<Series>,
    /// What is known: lines without points.
    pub curves: Vec<Series>,
    /// How the horizontal axis is divided.
    pub x_scale: Scale,
    /// How the vertical axis is divided.
    pub y_scale: Scale,
}

/// One line of a [`LinePlot`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// Its name in the legend; an unnamed one is left out there.
    pub name: String,
    /// x, y and one standard error of y; points that are not finite are left out, as are those that are not positive
    /// where an axis is logarithmic.
    pub points: Vec<(f64, f64, Option<f64>)>,
}

const WIDTH: i32 = 680;
const HEIGHT: i32 = 420;
const RIGHT: i32 = 24;
/// Points of more would run into each other, and only thicken their line.
const MOST_POINTS: usize = 150;
/// Radius of a point in units.
const POINT: f64 = 2.8;

impl LinePlot {
    /// The plot as an SVG of 680 × 420 (wider where many lines have names), which follows the reader's light or dark
    /// scheme and may stand in a file of its own or within a page. Never fails: without a finite point the axes are empty.
    pub fn to_svg(&self) -> String {
        let drawing = Drawing::of(self);
        drawing.sheet().svg(|page| drawing.draw(page))
    }

    /// The plot as a picture of 1360 × 840 pixels (wider where many lines have names), in the light scheme.
    ///
    /// # Errors
    /// [`Error::Input`](crate::Error::Input) where it would be larger than a picture may be.
    pub fn to_image(&self) -> Result<RgbImage> {
        let drawing = Drawing::of(self);
        drawing.sheet().image(|page| drawing.draw(page))
    }
}

/// A plot without what cannot be drawn.
struct Drawing<'a> {
    plot: &'a LinePlot,
    /// What was measured, and then the curves.
    lines: Vec<Vec<Point>>,
    legend: Legend,
}

/// A point as it is drawn: the logarithms (base 10) of its numbers where an axis is logarithmic.
struct Point {
    x: f64,
    y: f64,
    /// Both ends of the error bar, equal where there is none.
    low: f64,
    high: f64,
}

impl<'a> Drawing<'a> {
    fn of(plot: &'a LinePlot) -> Self {
        let all = || plot.series.iter().chain(&plot.curves);
        let point = |&(x, y, error): &(f64, f64, Option<f64>)| {
            let (x, middle) = (plot.x_scale.place(x)?, plot.y_scale.place(y)?);
            let error = error.map_or(0.0, f64::abs);
            let [low, high] = [y - error, y + error].map(|end| plot.y_scale.place(end));
            Some(Point { x, y: middle, low: low.unwrap_or(middle), high: high.unwrap_or(middle) })
        };
        let lines = all().map(|series| series.points.iter().filter_map(point).collect()).collect();
        Self { plot, lines, legend: Legend::of(all().map(|series| series.name.as_str())) }
    }

    fn sheet(&self) -> Sheet<'a> {
        let plot = self.plot;
        let room = self.legend.room();
        Sheet {
            width: WIDTH + room,
            height: HEIGHT,
            right: RIGHT + room,
            title: &plot.title,
            labels: [&plot.x_label, &plot.y_label],
        }
    }

    fn axes(&self) -> [Axis; 2] {
        let points = || self.lines.iter().flatten();
        let x = Axis::fit(points().map(|point| point.x), 8, self.plot.x_scale);
        [x, Axis::fit(points().flat_map(|point| [point.low, point.high]), 6, self.plot.y_scale)]
    }

    fn draw<B: DrawingBackend>(&self, page: &Page<'_, B>) -> Drawn<(), B> {
        let mut chart = page.chart(self.axes(), true)?;
        let measured = self.plot.series.len();
        // Points lie upon the curves.
        for (number, line) in
            self.lines.iter().enumerate().skip(measured).chain(self.lines.iter().enumerate().take(measured))
        {
            let is_curve = number >= measured;
            if is_curve || measured == self.lines.len() {
                draw_line(page, &mut chart, number, line)?;
            }
            if !is_curve {
                draw_points(page, &mut chart, number, line)?;
            }
        }
        let places: Vec<(f64, f64)> =
            self.lines.iter().flatten().map(|p| page.units(chart.backend_coord(&(p.x, p.y)))).collect();
        let corner = self.legend.corner(WIDTH - RIGHT, bottom_of(HEIGHT), &places);
        self.legend.draw(page, corner, |number, ends| {
            let path = ends.map(|(x, y)| (page.steps(x), page.steps(y)));
            let style = line_style(page, number);
            if number >= measured || measured == self.lines.len() {
                match theme::dashes(number).map(|dashes| dashes.map(|units| page.steps(units.into()))) {
                    None => page.area.draw(&PathElement::new(path, style))?,
                    Some([dash, gap]) => page.area.draw(&DashedPathElement::new(path, dash, gap, style))?,
                }
            }
            let middle = ((path[0].0 + path[1].0) / 2, path[0].1);
            if number < measured {
                page.area.draw(&Circle::new(middle, page.steps(POINT), style.filled()))
            } else {
                Ok(())
            }
        })
    }
}

fn line_style<B: DrawingBackend>(page: &Page<'_, B>, number: usize) -> ShapeStyle {
    page.stroke(theme::line(number), 1.8)
}

/// The line of this number, dashed where the colours have begun again.
fn draw_line<B: DrawingBackend>(
    page: &Page<'_, B>,
    chart: &mut Chart<'_, B>,
    number: usize,
    points: &[Point],
) -> Drawn<(), B> {
    let (style, places) = (line_style(page, number), points.iter().map(|point| (point.x, point.y)));
    if points.len() < 2 {
        return Ok(());
    }
    match theme::dashes(number) {
        None => chart.draw_series(LineSeries::new(places, style))?,
        Some([dash, gap]) => {
            let [dash, gap] = [dash, gap].map(|units| page.steps(units.into()));
            chart.draw_series(DashedLineSeries::new(places, dash, gap, style))?
        }
    };
    Ok(())
}

fn draw_points<B: DrawingBackend>(
    page: &Page<'_, B>,
    chart: &mut Chart<'_, B>,
    number: usize,
    points: &[Point],
) -> Drawn<(), B> {
    let (style, width) = (page.stroke(theme::line(number), 1.2).filled(), page.steps(2.0 * POINT).unsigned_abs());
    let bars = points.iter().filter(|point| point.high > point.low);
    chart
        .draw_series(bars.map(|point| ErrorBar::new_vertical(point.x, point.low, point.y, point.high, style, width)))?;
    if points.len() <= MOST_POINTS {
        let bare = points.iter().filter(|point| point.high <= point.low);
        chart.draw_series(bare.map(|point| Circle::new((point.x, point.y), page.steps(POINT), style)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(points: Vec<(f64, f64, Option<f64>)>) -> LinePlot {
        let series = vec![Series { name: "a".into(), points }];
        LinePlot { title: "t".into(), x_label: "x".into(), y_label: "y".into(), series, ..LinePlot::default() }
    }

    /// Elements balance, no number is NaN or infinite.
    fn check(svg: &str) {
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        let count = |what: &str| svg.matches(what).count();
        assert_eq!(count("<text "), count("</text>"));
        assert_eq!((count("<svg "), count("</svg>")), (1, 1));
    }

    #[test]
    fn any_numbers_can_be_plotted() {
        use std::f64::consts::PI;
        let extreme = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            PI,
            1e-300,
            5e-324,
            1e300,
            -1e308,
            f64::MAX,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ];
        check(&plot(vec![]).to_svg());
        check(&LinePlot::default().to_svg());
        let logarithmic = |points| {
            let (x_scale, y_scale) = (Scale::Logarithmic, Scale::Logarithmic);
            LinePlot { x_scale, y_scale, ..plot(points) }
        };
        for a in extreme {
            check(&plot(vec![(a, a, Some(a))]).to_svg());
            check(&logarithmic(vec![(a, a, Some(a))]).to_svg());
            for b in extreme {
                let points = vec![(a, b, Some(b)), (b, a, None), (1.0, 2.0, Some(a))];
                check(&plot(points.clone()).to_svg());
                check(&logarithmic(points.clone()).to_svg());
            }
        }
    }

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
                let dots = image.pixels().iter().filter(|pixel| **pixel == theme::line(n).pixel()).count();
                assert!(dots > 400, "line {n}: {dots} pixels");
            }
        }
        for value in [0.0, f64::NAN, f64::MAX, 1e-320] {
            let series = vec![Series { name: String::new(), points: vec![(value, value, Some(value))] }];
            LinePlot { series, ..LinePlot::default() }.to_image().unwrap();
        }
    }

    #[test]
    fn curves_are_lines_and_measurements_points_beside_them() {
        let points = || (0..9).map(|x| (f64::from(x), f64::from(x * x), Some(0.5))).collect();
        let series = vec![Series { name: "measured".into(), points: points() }];
        let alone = LinePlot { series, ..LinePlot::default() };
        let both = LinePlot { curves: vec![Series { name: "exact".into(), points: points() }], ..alone.clone() };
        let count = |plot: &LinePlot, what: &str| plot.to_svg().matches(what).count();
        // A line and one in the legend; nine points and one in the legend.
        assert_eq!(count(&alone, "stroke=\"#0072B2\" stroke-width=\"14\""), 2);
        assert_eq!(count(&both, "stroke=\"#0072B2\" stroke-width=\"14\""), 0);
        assert_eq!(count(&both, "stroke=\"#D55E00\" stroke-width=\"14\""), 2);
        assert_eq!((count(&alone, "<circle"), count(&both, "<circle")), (10, 10));
    }

    #[test]
    fn legends_are_bounded() {
        let series = (0..40)
            .map(|n| Series { name: format!("line {n} {}", "x".repeat(50)), points: vec![(0.0, f64::from(n), None)] });
        let svg = LinePlot { series: series.collect(), ..LinePlot::default() }.to_svg();
        check(&svg);
        assert!(svg.contains("and 24 more") && !svg.contains("line 16 "));
    }
}
