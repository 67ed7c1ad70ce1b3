//! The names of lines: in a corner of a plot that has few points, or beside it where there are many.

use super::chart::{BOTTOM, Drawn, LEFT, Letters, Page, TOP};
use super::theme::{GRID, GROUND};
use plotters::element::Rectangle;
use plotters::style::Color;
use plotters::style::text_anchor::HPos;
use plotters_backend::DrawingBackend;

/// How many lines are named.
const MOST: usize = 16;
/// More than so many names stand beside the plot, not in a corner of it.
const INSIDE: usize = 6;
const ROW: f64 = 18.0;

/// Lines (none for the rest) and their names.
pub(super) struct Legend(pub Vec<(Option<usize>, String)>);

impl Legend {
    /// Of names in the order of the lines; unnamed ones are left out.
    pub(super) fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let named: Vec<_> = names.enumerate().filter(|(_, name)| !name.is_empty()).collect();
        let short = |name: &str| {
            if name.chars().count() > 36 { name.chars().take(35).chain(['…']).collect() } else { name.to_string() }
        };
        let mut names: Vec<_> = named.iter().take(MOST).map(|&(n, name)| (Some(n), short(name))).collect();
        if named.len() > MOST {
            names.push((None, format!("and {} more", named.len() - MOST)));
        }
        Self(names)
    }

    /// Width and height in units.
    fn size(&self) -> (f64, f64) {
        let longest = self.0.iter().map(|(_, name)| name.chars().count()).max().unwrap_or(0);
        (longest as f64 * 6.9 + 44.0, self.0.len() as f64 * ROW + 10.0)
    }

    /// Units that the names need beside the plot.
    pub(super) fn room(&self) -> i32 {
        if self.0.len() > INSIDE { self.size().0.ceil() as i32 } else { 0 }
    }

    /// Beside a plot whose points end at (right, bottom), or in the corner with the fewest of these points.
    pub(super) fn corner(&self, right: i32, bottom: i32, points: &[(f64, f64)]) -> (f64, f64) {
        let (right, bottom) = (f64::from(right), f64::from(bottom));
        if self.room() > 0 {
            return (right + 12.0, f64::from(TOP));
        }
        let (width, height) = self.size();
        let crowd = |&(left, top): &(f64, f64)| {
            let (across, down) = (left - 4.0..left + width + 4.0, top - 4.0..top + height + 4.0);
            points.iter().filter(|(x, y)| across.contains(x) && down.contains(y)).count()
        };
        let (near, far) = (f64::from(LEFT) + 12.0, right - width - 8.0);
        let (upper, lower) = (f64::from(TOP) + 6.0, bottom - height - 8.0);
        let corners = [(far, upper), (near, upper), (far, lower), (near, lower)];
        corners.into_iter().min_by_key(crowd).unwrap_or((far, upper))
    }

    /// Draws the names; `sample` draws a piece of a line from and to these places.
    pub(super) fn draw<B: DrawingBackend>(
        &self,
        page: &Page<'_, B>,
        (left, top): (f64, f64),
        sample: impl Fn(usize, [(f64, f64); 2]) -> Drawn<(), B>,
    ) -> Drawn<(), B> {
        if self.0.is_empty() {
            return Ok(());
        }
        let (width, height) = self.size();
        let corners = [(left, top), (left + width, top + height)].map(|(x, y)| (page.steps(x), page.steps(y)));
        page.area.draw(&Rectangle::new(corners, GROUND.colour().mix(0.85).filled()))?;
        page.area.draw(&Rectangle::new(corners, page.stroke(GRID, 1.0)))?;
        for (row, (line, name)) in self.0.iter().enumerate() {
            let y = top + 14.0 + row as f64 * ROW;
            if let Some(line) = *line {
                sample(line, [(left + 8.0, y), (left + 28.0, y)])?;
            }
            page.text(name, Letters::Small, (left + 34.0, y), HPos::Left)?;
        }
        Ok(())
    }
}

/// Where the points of a sheet of this height end.
pub(super) const fn bottom_of(height: i32) -> i32 {
    height - BOTTOM
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bounded_and_out_of_the_way() {
        let names: Vec<String> = (0..40).map(|n| format!("line {n} {}", "x".repeat(50))).collect();
        let legend = Legend::of(names.iter().map(String::as_str));
        assert_eq!((legend.0.len(), legend.0[16].1.as_str()), (17, "and 24 more"));
        assert!(legend.room() > 0 && legend.0[0].1.ends_with('…'));
        let few = Legend::of(["", "a", "b"].into_iter());
        assert_eq!((few.room(), few.0[0].0), (0, Some(1)));
        let crowded = [(600.0, 60.0), (100.0, 60.0), (600.0, 340.0)];
        let (x, y) = few.corner(656, 362, &crowded);
        assert!(x < 300.0 && y > 200.0, "{x} {y}");
    }
}
