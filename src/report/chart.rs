//! What line plots and maps have in common: a sheet with a title, two axes with ticks and what they show, drawn by
//! [plotters] as an SVG or on a picture.
//!
//! plotters draws in whole steps; a unit of a sheet (a pixel of the page) has several of them, so that lines stay smooth.
//! No font is needed: the reader's browser sets the text of an SVG, and pictures have letters of their own.

use super::axis::Axis;
use super::canvas::RgbImage;
use super::page::escape;
use super::pixels::Pixels;
use super::theme::{AXIS, GRID, GROUND, Ink, TEXT, style_sheet};
use crate::error::{Error, Result};
use plotters::chart::{ChartBuilder, ChartContext, LabelAreaPosition};
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::prelude::SVGBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, IntoFont, ShapeStyle, TextStyle};
use plotters_backend::DrawingBackend;

/// What is drawn, or why not.
pub(super) type Drawn<T, B> = std::result::Result<T, DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;
/// A chart with two axes.
pub(super) type Chart<'a, B> = ChartContext<'a, B, Cartesian2d<Axis, Axis>>;

/// Steps of a unit of an SVG, and of a picture.
const FINE: i32 = 8;
const COARSE: i32 = 2;
/// Around the area of the points, in units.
pub(super) const LEFT: i32 = 76;
pub(super) const TOP: i32 = 44;
pub(super) const BOTTOM: i32 = 58;
const FAMILY: &str = "system-ui, sans-serif";

/// How large letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Letters {
    Small,
    Title,
}

/// What is drawn on, in units, and what stands around the points.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sheet<'a> {
    pub width: i32,
    pub height: i32,
    /// Room to the right of the points.
    pub right: i32,
    pub title: &'a str,
    /// What the horizontal and the vertical axis show.
    pub labels: [&'a str; 2],
}

/// A sheet on a backend.
pub(super) struct Page<'a, B: DrawingBackend> {
    pub area: DrawingArea<B, Shift>,
    sheet: Sheet<'a>,
    unit: i32,
}

impl<'a> Sheet<'a> {
    /// An SVG that follows the reader's light or dark scheme.
    pub(super) fn svg(
        self,
        draw: impl for<'p> FnOnce(&Page<'a, SVGBackend<'p>>) -> Drawn<(), SVGBackend<'p>>,
    ) -> String {
        let mut drawing = String::new();
        let [width, height] = [self.width, self.height].map(i32::unsigned_abs);
        let steps = FINE.unsigned_abs();
        let area = SVGBackend::with_string(&mut drawing, (width * steps, height * steps)).into_drawing_area();
        let page = Page { area, sheet: self, unit: FINE };
        // Writing to a String cannot fail.
        let _ = page.area.fill(&GROUND.colour()).and_then(|()| draw(&page)).and_then(|()| page.area.present());
        drop(page);
        // The first line is the element as plotters opens it, as large as it has steps.
        let content = drawing.split_once('\n').map_or("", |(_, content)| content);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"sf-plot\" viewBox=\"0 0 {} {}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\" aria-label=\"{}\">\n{}\n{content}",
            width * steps,
            height * steps,
            escape(&self.description()),
            style_sheet(),
        )
    }

    /// A picture of two pixels a unit, in the light scheme.
    ///
    /// # Errors
    /// [`Error::Input`] where it would be larger than a picture may be.
    pub(super) fn image(
        self,
        draw: impl for<'p> FnOnce(&Page<'a, Pixels<'p>>) -> Drawn<(), Pixels<'p>>,
    ) -> Result<RgbImage> {
        let [width, height] = [self.width, self.height].map(|side| (side * COARSE).unsigned_abs() as usize);
        let mut image = RgbImage::new(width, height, GROUND.pixel())?;
        let page = Page { area: Pixels::on(&mut image).into_drawing_area(), sheet: self, unit: COARSE };
        draw(&page).map_err(|error| Error::input("plot", "one that can be drawn", error, "report this"))?;
        drop(page);
        Ok(image)
    }

    /// For who cannot see it.
    fn description(&self) -> String {
        let [x, y] = self.labels;
        let title = if self.title.is_empty() { "plot" } else { self.title };
        if x.is_empty() && y.is_empty() { title.into() } else { format!("{title}: {y} against {x}") }
    }
}

impl<'a, B: DrawingBackend> Page<'a, B> {
    /// Steps of so many units.
    pub(super) fn steps(&self, units: f64) -> i32 {
        (units * f64::from(self.unit)).round() as i32
    }

    /// A place in units.
    pub(super) fn units(&self, (x, y): (i32, i32)) -> (f64, f64) {
        (f64::from(x) / f64::from(self.unit), f64::from(y) / f64::from(self.unit))
    }

    /// A line of so many units.
    pub(super) fn stroke(&self, ink: Ink, width: f64) -> ShapeStyle {
        ShapeStyle { color: ink.colour().into(), filled: false, stroke_width: self.steps(width).unsigned_abs().max(1) }
    }

    /// Title, axes and what they show.
    pub(super) fn chart(&self, [x, y]: [Axis; 2], grid: bool) -> Drawn<Chart<'_, B>, B> {
        let sheet = &self.sheet;
        let mut chart = ChartBuilder::on(&self.area)
            .margin_top(self.steps(TOP.into()))
            .margin_right(self.steps(sheet.right.into()))
            .set_label_area_size(LabelAreaPosition::Left, self.steps((LEFT - MARGIN).into()))
            .set_label_area_size(LabelAreaPosition::Bottom, self.steps((BOTTOM - MARGIN).into()))
            .margin_left(self.steps(MARGIN.into()))
            .margin_bottom(self.steps(MARGIN.into()))
            .build_cartesian_2d(x, y)?;
        let (text, axis) = (self.letters(Letters::Small), self.stroke(AXIS, 1.2));
        let mut mesh = chart.configure_mesh();
        mesh.label_style(text.clone()).axis_desc_style(text).axis_style(axis).bold_line_style(self.stroke(GRID, 1.0));
        mesh.set_all_tick_mark_size(self.steps(4.0)).max_light_lines(0);
        mesh.x_desc(clean(sheet.labels[0])).y_desc(clean(sheet.labels[1]));
        if !grid {
            mesh.disable_mesh();
        }
        mesh.draw()?;
        let middle = (LEFT + sheet.width - sheet.right) / 2;
        self.text(sheet.title, Letters::Title, (f64::from(middle), 22.0), HPos::Center)?;
        Ok(chart)
    }

    /// Text whose middle is so high, and which stands to one side of a place in units.
    pub(super) fn text(&self, text: &str, letters: Letters, (x, y): (f64, f64), side: HPos) -> Drawn<(), B> {
        let style = self.letters(letters).pos(Pos::new(side, VPos::Center));
        self.area.draw_text(&clean(text), &style, (self.steps(x), self.steps(y)))
    }

    fn letters(&self, letters: Letters) -> TextStyle<'static> {
        let (size, style) = match letters {
            Letters::Small => (12.0, FontStyle::Normal),
            Letters::Title => (15.0, FontStyle::Bold),
        };
        // plotters writes sizes smaller by this.
        let size = size * 1.24 * f64::from(self.unit);
        let font = (FAMILY, size).into_font().style(style);
        TextStyle { color: TEXT.colour().to_backend_color(), ..TextStyle::from(font) }
    }
}

/// Around everything.
const MARGIN: i32 = 10;

/// plotters escapes what XML uses, but not what it forbids.
fn clean(text: &str) -> String {
    text.chars().map(|letter| if super::page::is_forbidden(letter) { '\u{fffd}' } else { letter }).collect()
}
