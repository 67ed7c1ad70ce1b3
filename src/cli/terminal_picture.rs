//! Small pictures in the terminal: two cells above each other in one character, in the 256 colours of terminals.

use super::lattice::Sites;
use super::recall_report::Recalled;
use spinfield::report::canvas::Colour;
use spinfield::report::picture::{diverging, spin_colour};

/// Cells of a picture along each axis at the most: 64 columns and 32 lines of text.
const MOST_CELLS: usize = 64;
/// The same of each of three pictures side by side.
const MOST_CELLS_OF_THREE: usize = 20;
/// Columns between two pictures.
const GAP: usize = 2;
/// Columns of a chart.
const MOST_COLUMNS: usize = 64;
/// Heights of a chart's columns.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Cells in rows; those without a colour are left blank.
struct Cells {
    width: usize,
    colours: Vec<Option<Colour>>,
}

impl Cells {
    /// A lattice of `width` sites a row with squares of sites taken together, so that no side is longer than `most`.
    fn of(values: &[f32], width: usize, most: usize, colour: impl Fn(&[f32]) -> Colour) -> Self {
        let height = values.len() / width.max(1);
        let side = width.max(height).div_ceil(most).max(1);
        let (across, down) = (width.div_ceil(side), height.div_ceil(side));
        let block = |cell: usize| {
            let (left, top) = (cell % across * side, cell / across * side);
            let rows = values.chunks_exact(width).skip(top).take(side);
            let sites: Vec<f32> = rows.flat_map(|row| row.iter().skip(left).take(side).copied()).collect();
            Some(colour(&sites))
        };
        Self { width: across, colours: (0..across * down).map(block).collect() }
    }

    fn at(&self, x: usize, y: usize) -> Option<Colour> {
        if x < self.width { self.colours.get(y * self.width + x).copied().flatten() } else { None }
    }

    /// Pictures of one height side by side.
    fn beside(pictures: &[Self]) -> Self {
        let height = pictures.iter().map(|cells| cells.colours.len() / cells.width.max(1)).max().unwrap_or(0);
        let row = |y: usize| pictures.iter().flat_map(move |cells| (0..cells.width + GAP).map(move |x| cells.at(x, y)));
        let width = pictures.iter().map(|cells| cells.width + GAP).sum();
        Self { width, colours: (0..height).flat_map(row).collect() }
    }

    /// Lines of half blocks: the upper of two cells is the letter's colour, the lower one the ground's.
    fn text(&self) -> String {
        let mut text = String::new();
        for y in (0..self.colours.len().div_ceil(self.width.max(1))).step_by(2) {
            let mut last = None;
            for x in 0..self.width {
                let pair = (self.at(x, y), self.at(x, y + 1));
                if last.replace(pair) != Some(pair) {
                    text.push_str(&match pair {
                        (Some(up), Some(low)) => format!("\x1b[38;5;{};48;5;{}m", indexed(up), indexed(low)),
                        (Some(one), None) | (None, Some(one)) => format!("\x1b[0;38;5;{}m", indexed(one)),
                        (None, None) => "\x1b[0m".into(),
                    });
                }
                text.push(match pair {
                    (Some(_), _) => '▀',
                    (None, Some(_)) => '▄',
                    (None, None) => ' ',
                });
            }
            text.push_str("\x1b[0m\n");
        }
        text
    }
}

/// The nearest of xterm's 256 colours: a cube of six levels an axis, and 24 greys.
fn indexed([r, g, b]: Colour) -> u8 {
    let levels = [0u8, 95, 135, 175, 215, 255];
    let nearest = |value: u8| (0..6u8).min_by_key(|&k| levels[usize::from(k)].abs_diff(value)).unwrap_or(0);
    let [x, y, z] = [r, g, b].map(nearest);
    let distance = |other: Colour| {
        let of = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
        of(r, other[0]) + of(g, other[1]) + of(b, other[2])
    };
    let cube = distance([x, y, z].map(|k| levels[usize::from(k)]));
    let mean = (u32::from(r) + u32::from(g) + u32::from(b)) / 3;
    let grey = (mean.saturating_sub(3) / 10).min(23) as u8;
    if distance([8 + 10 * grey; 3]) < cube { 232 + grey } else { 16 + 36 * x + 6 * y + z }
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len().max(1) as f32
}

/// The first plane of a configuration of a lattice with these sides.
pub fn lattice(sides: &[u32], values: &[f32], sites: Sites) -> String {
    let width = sides.last().map_or(1, |&side| side as usize);
    let height = sides.iter().rev().nth(1).map_or(1, |&side| side as usize);
    let plane = values.get(..width * height).unwrap_or(values);
    let largest = plane.iter().fold(0f32, |largest, value| largest.max(value.abs()));
    let colour = |block: &[f32]| match sites {
        Sites::Spins => spin_colour(mean(block)),
        Sites::Field => diverging(if largest > 0.0 { mean(block) / largest } else { 0.0 }),
        // States and angles have no mean that is one of them, but for the angles' direction.
        Sites::States(states) => diverging(most_frequent(block) / (states.max(2) - 1) as f32),
        Sites::Angles => {
            let (y, x) = block.iter().fold((0.0, 0.0), |(y, x), angle| (y + angle.sin(), x + angle.cos()));
            let turn = std::f32::consts::PI;
            diverging(f32::atan2(y, x).rem_euclid(2.0 * turn) / turn - 1.0)
        }
    };
    Cells::of(plane, width, MOST_CELLS, colour).text()
}

/// The value that most of a block have, the first of several.
fn most_frequent(block: &[f32]) -> f32 {
    let count = |value: f32| block.iter().filter(|&&other| other == value).count();
    let best = block.iter().rev().max_by_key(|&&value| count(value));
    best.copied().unwrap_or(0.0)
}

/// What became of the first cue: cue, recalled and stored pattern where patterns are pictures, else the overlap's course.
pub fn recall(recalled: &Recalled) -> String {
    let Some(first) = recalled.ends.first() else { return String::new() };
    let Some((width, _)) = recalled.stored.sides else {
        return recalled.course.first().map(|course| chart(course)).unwrap_or_default();
    };
    let states =
        [recalled.cues.states().signs(0), recalled.states.signs(0), recalled.stored.patterns.signs(first.pattern)];
    let pictures = states.map(|signs| {
        let values: Vec<f32> = signs.into_iter().map(f32::from).collect();
        Cells::of(&values, width, MOST_CELLS_OF_THREE, |block| {
            // Dark and light, as in photographs.
            [(127.5 * (mean(block) + 1.0)) as u8; 3]
        })
    });
    let column = pictures[0].width + GAP;
    let heading = ["cue", "recall", "stored"].map(|name| format!("{name:column$.column$}")).concat();
    format!("{}\n{}", heading.trim_end(), Cells::beside(&pictures).text())
}

/// The overlap after each sweep, from 0 (and below) to 1.
fn chart(course: &[f64]) -> String {
    let step = course.len().div_ceil(MOST_COLUMNS).max(1);
    let bar = |overlap: &f64| BARS[((overlap * 8.0) as usize).min(7)];
    let bars: String = course.iter().step_by(step).map(bar).collect();
    let ends = [course.first(), course.last()].map(|end| end.copied().unwrap_or(0.0));
    format!(
        "overlap of the first cue, sweep 0 to {}\n{:.3} {bars} {:.3}\n",
        course.len().saturating_sub(1),
        ends[0],
        ends[1]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_of_256_colours() {
        for (colour, index) in [([0; 3], 16), ([255; 3], 231), ([8; 3], 232), ([255, 0, 0], 196), ([95, 135, 175], 67)]
        {
            assert_eq!(indexed(colour), index, "{colour:?}");
        }
    }

    #[test]
    fn squares_of_sites_are_taken_together() {
        // 128 x 65 sites, up on the left: squares of two, of which the last row is half.
        let values: Vec<f32> = (0..65 * 128).map(|site| if site % 128 < 64 { 1.0 } else { -1.0 }).collect();
        let text = lattice(&[65, 128], &values, Sites::Spins);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 17);
        let (up, down) = (indexed(spin_colour(1.0)), indexed(spin_colour(-1.0)));
        for line in &lines[..16] {
            assert_eq!(line.matches('▀').count(), 64);
            assert!(line.starts_with(&format!("\x1b[38;5;{up};48;5;{up}m▀")) && line.ends_with("▀\x1b[0m"), "{line:?}");
            assert_eq!(line.matches(&format!("\x1b[38;5;{down};48;5;{down}m")).count(), 1);
        }
        // Without a lower cell the ground is the terminal's.
        assert!(lines[16].starts_with(&format!("\x1b[0;38;5;{up}m▀")));
        assert_eq!(most_frequent(&[1.0, 2.0, 2.0, 0.0]), 2.0);
        assert_eq!(most_frequent(&[1.0, 2.0]), 1.0);
    }

    #[test]
    fn an_overlap_s_course() {
        assert_eq!(chart(&[0.5, 0.75, 1.0]), "overlap of the first cue, sweep 0 to 2\n0.500 ▅▇█ 1.000\n");
        assert_eq!(chart(&[-1.0; 200]).matches('▁').count(), 50);
    }
}
