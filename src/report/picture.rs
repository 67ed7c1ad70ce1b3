//! Pictures of states: recall from cue to memory, lattices of spins and fields.

use super::canvas::{Colour, GREEN, RED, RgbImage, fitted, mix, text_width};
use crate::error::{Error, Result};

/// The most rows of a [`recall_sheet`].
pub const RECALL_SHEET_ROWS: usize = 64;

pub(super) const PAGE: Colour = [0xf4, 0xf5, 0xf8];
const CARD: Colour = [0xff, 0xff, 0xff];
pub(super) const INK: Colour = [0x2b, 0x30, 0x3f];
pub(super) const FAINT: Colour = [0x8b, 0x92, 0xa5];
pub(super) const EDGE: Colour = [0xdd, 0xe0, 0xe8];
/// −1 and +1 of a pattern: dark and light, as in the photographs that patterns often are.
pub(super) const DARK: Colour = [0x22, 0x2a, 0x44];
pub(super) const LIGHT: Colour = [0xf3, 0xec, 0xdd];
/// Spins down and up.
const DOWN: Colour = [0x2f, 0x4b, 0x7c];
const UP: Colour = [0xf6, 0xc1, 0x6b];
/// What is no number.
const VOID: Colour = [0x80, 0x80, 0x80];

/// A picture of `width` × `height` cells, each cell a square of whole pixels so that the longer side comes near to `target`;
/// if there are more cells than `largest`, a pixel is the mean of a square of whole cells.
pub(super) fn cells(
    width: usize,
    height: usize,
    target: usize,
    largest: usize,
    colour: impl Fn(usize) -> Colour,
) -> Result<RgbImage> {
    let longest = width.max(height).max(1);
    if longest > largest {
        let shrink = longest.div_ceil(largest);
        let mut image = RgbImage::new(width.div_ceil(shrink), height.div_ceil(shrink), VOID)?;
        let across = image.width();
        for (n, pixel) in image.pixels.iter_mut().enumerate() {
            let (left, top) = (n % across * shrink, n / across * shrink);
            let (mut sums, mut count) = ([0u64; 3], 0);
            for y in top..(top + shrink).min(height) {
                for x in left..(left + shrink).min(width) {
                    sums.iter_mut().zip(colour(y * width + x)).for_each(|(sum, value)| *sum += u64::from(value));
                    count += 1;
                }
            }
            *pixel = sums.map(|sum| (sum / count.max(1)) as u8);
        }
        return Ok(image);
    }
    let grow = ((target + longest / 2) / longest).max(1);
    let mut image = RgbImage::new(width * grow, height * grow, VOID)?;
    let across = image.width();
    for (y, band) in image.pixels.chunks_exact_mut(across * grow).enumerate() {
        for row in band.chunks_exact_mut(across) {
            for (x, cell) in row.chunks_exact_mut(grow).enumerate() {
                cell.fill(colour(y * width + x));
            }
        }
    }
    Ok(image)
}

/// One cue of a [`recall_sheet`].
#[derive(Debug, Clone, PartialEq)]
pub struct RecallRow<'a> {
    /// The damaged state that recall began with: ±1, row by row.
    pub cue: &'a [i8],
    /// The state that it ended in.
    pub recall: &'a [i8],
    /// The stored pattern that the cue was made of.
    pub pattern: &'a [i8],
    /// The overlap of recall and pattern, from −1 to 1.
    pub overlap: f64,
    /// Whether this counts as retrieved.
    pub retrieved: bool,
    /// A few words on the row, such as the name of the file.
    pub label: String,
}

/// The picture that [`recall_sheet`] makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecallSheet {
    /// The picture.
    pub image: RgbImage,
    /// How many rows it shows: the first ones.
    pub shown: usize,
    /// How many there were.
    pub total: usize,
}

/// A picture of recall: for each row the cue, what was recalled and the stored pattern, `width` × `height` neurons each, with
/// a green frame and a tick where it was retrieved and a red frame and a cross where not, and the overlap.
///
/// Rows stand in as many columns as bring the sheet near to 4:3. At most [`RECALL_SHEET_ROWS`] are shown.
///
/// # Errors
/// [`Error::Input`] if there is no row or a state is not `width` × `height` long.
pub fn recall_sheet(rows: &[RecallRow<'_>], width: usize, height: usize) -> Result<RecallSheet> {
    let neurons = width.checked_mul(height).filter(|neurons| *neurons > 0);
    let fits =
        |row: &RecallRow<'_>| [row.cue, row.recall, row.pattern].iter().all(|state| Some(state.len()) == neurons);
    if rows.is_empty() || !rows.iter().all(fits) {
        let got = rows.iter().find(|row| !fits(row)).map_or("no row".to_string(), |row| {
            format!("states of {}, {} and {} neurons", row.cue.len(), row.recall.len(), row.pattern.len())
        });
        let wanted = format!("at least one row of states of {width} x {height} neurons");
        return Err(Error::input("picture of recall", wanted, got, "check the sides of the pictures"));
    }
    let shown = rows.len().min(RECALL_SHEET_ROWS);
    let target = if shown <= 4 { 192 } else { 128 };
    let panel = |state: &[i8]| {
        cells(width, height, target, 192, |i| if state.get(i).is_some_and(|sign| *sign > 0) { LIGHT } else { DARK })
    };
    let sample = panel(&[])?;
    let (pw, ph) = (sample.width, sample.height);
    // The card of a row: panels with arrows between, the caption below; a sheet is a grid of cards under one headline.
    let (padding, gap, margin, caption, arrow) = (20, 20, 28, 34, 52);
    let card_width = 3 * pw.max(84) + 2 * arrow + 2 * padding;
    let card_height = 18 + 8 + ph + caption + 2 * padding;
    let sheet_size = |columns: usize| {
        let down = shown.div_ceil(columns);
        let (across, down) = (columns * (card_width + gap), down * (card_height + gap));
        (across - gap + 2 * margin, down - gap + 2 * margin)
    };
    let misfit = |columns: &usize| {
        let (across, down) = sheet_size(*columns);
        (across as f64 / down as f64 * 3.0 / 4.0).ln().abs()
    };
    let columns = (1..=shown).min_by(|a, b| misfit(a).total_cmp(&misfit(b))).unwrap_or(1);
    let (across, down) = sheet_size(columns);
    let mut image = RgbImage::new(across, down, PAGE)?;
    for (n, row) in rows.iter().take(shown).enumerate() {
        let (left, top) = (margin + n % columns * (card_width + gap), margin + n / columns * (card_height + gap));
        image.frame(left, top, card_width, card_height, 1, EDGE);
        image.rectangle(left, top, card_width, card_height, CARD);
        let colour = if row.retrieved { GREEN } else { RED };
        let (slot, y) = (pw.max(84), top + padding + 18 + 8);
        for (k, (state, name)) in
            [(row.cue, "cue"), (row.recall, "recalled"), (row.pattern, "stored")].iter().enumerate()
        {
            let slot_left = left + padding + k * (slot + arrow);
            let x = slot_left + (slot - pw) / 2;
            image.text(slot_left + (slot - text_width(name, 1).min(slot)) / 2, top + padding + 4, name, 1, FAINT);
            if k == 1 {
                image.frame(x, y, pw, ph, 4, colour);
            } else {
                image.frame(x, y, pw, ph, 1, EDGE);
            }
            image.paste(&panel(state)?, x, y);
            if k > 0 {
                image.arrow(slot_left as f32 - arrow as f32 / 2.0, y as f32 + ph as f32 / 2.0, 24.0, FAINT);
            }
        }
        let baseline = y + ph + caption - 14;
        image.mark((left + padding) as f32, baseline as f32 - 1.0, 16.0, row.retrieved);
        let text = overlap_text(row.overlap);
        image.text(left + padding + 26, baseline, &text, 2, colour);
        let used = 26 + text_width(&text, 2) + 24;
        let label = fitted(&row.label, 2, (card_width - 2 * padding).saturating_sub(used));
        let right = left + card_width - padding;
        image.text(right.saturating_sub(text_width(&label, 2)), baseline, &label, 2, INK);
    }
    Ok(RecallSheet { image, shown, total: rows.len() })
}

/// Three digits; only an exact 1 is shown as 1.000.
fn overlap_text(overlap: f64) -> String {
    match overlap {
        _ if !overlap.is_finite() => "overlap -".into(),
        _ if overlap.abs() < 1.0 => format!("overlap {:.3}", overlap.clamp(-0.999, 0.999)),
        _ => format!("overlap {overlap:.3}"),
    }
}

/// A picture of a lattice of (width, height) = `sides`, row by row, at least 256 pixels along the longer side (and at
/// most 2048: beyond that, neighbouring sites are averaged).
///
/// Spins (all values −1 or +1, no `range` given) take two colours. Everything else takes a map from blue over white to red,
/// symmetric about 0 from −`range` to `range`, by default the largest finite absolute value; what is not a number is grey.
///
/// # Errors
/// [`Error::Input`] if a side is 0, `values` is not width × height long, or `range` is not a positive number.
pub fn lattice_picture(sides: (usize, usize), values: &[f32], range: Option<f32>) -> Result<RgbImage> {
    let (width, height) = sides;
    if width.checked_mul(height) != Some(values.len()) || values.is_empty() {
        let (wanted, got) = (format!("{width} x {height} values, at least one"), format!("{} values", values.len()));
        return Err(Error::input("picture of a lattice", wanted, got, "check the sides"));
    }
    if let Some(range) = range.filter(|range| !(range.is_finite() && *range > 0.0)) {
        return Err(Error::input("range of a picture", "a positive number", range, "leave it out to fit the values"));
    }
    let value = |i: usize| values.get(i).copied().unwrap_or(f32::NAN);
    // The first multiple of the longer side that does not fall short of 256.
    let longest = width.max(height);
    let target = longest * 256usize.div_ceil(longest);
    if range.is_none() && values.iter().all(|value| value.abs() == 1.0) {
        return cells(width, height, target, 2048, |i| if value(i) > 0.0 { UP } else { DOWN });
    }
    let largest = values.iter().filter(|value| value.is_finite()).fold(0f32, |largest, value| largest.max(value.abs()));
    let range = range.unwrap_or(largest);
    // A field of zeros is white.
    let scale = |value: f32| if range > 0.0 { value / range } else { value.signum() * 0.0 };
    cells(width, height, target, 2048, |i| diverging(scale(value(i))))
}

/// The colour of spins with this mean: dark blue at −1, light orange at 1.
pub fn spin_colour(mean: f32) -> Colour {
    mix(DOWN, UP, (0.5 * (mean + 1.0)).clamp(0.0, 1.0))
}

/// Blue at −1, white at 0, red at 1, darker towards the ends; grey for NaN.
pub fn diverging(value: f32) -> Colour {
    if value.is_nan() {
        return VOID;
    }
    // Points of ColorBrewer's RdBu, as evenly light on both sides.
    const BLUE: [Colour; 5] =
        [[0xf7, 0xf7, 0xf7], [0xd1, 0xe5, 0xf0], [0x92, 0xc5, 0xde], [0x43, 0x93, 0xc3], [0x21, 0x66, 0xac]];
    const HOT: [Colour; 5] =
        [[0xf7, 0xf7, 0xf7], [0xfd, 0xdb, 0xc7], [0xf4, 0xa5, 0x82], [0xd6, 0x60, 0x4d], [0xb2, 0x18, 0x2b]];
    let points = if value < 0.0 { BLUE } else { HOT };
    let place = value.abs().min(1.0) * 4.0;
    let below = place as usize;
    match (points.get(below), points.get(below + 1)) {
        (Some(a), Some(b)) => mix(*a, *b, place - below as f32),
        (Some(a), None) => *a,
        _ => VOID,
    }
}

/// Pictures side by side in rows of `columns`, on a plain page with even gaps; each in the middle of its cell.
///
/// # Errors
/// [`Error::Input`] if there is no picture or no column, or they are too large together.
pub fn tile(images: &[RgbImage], columns: usize) -> Result<RgbImage> {
    const GAP: usize = 12;
    let columns = columns.min(images.len());
    if columns == 0 {
        let got = format!("{} in {columns} columns", images.len());
        return Err(Error::input("pictures to tile", "at least one, in at least one column", got, "check the columns"));
    }
    let width = images.iter().map(|image| image.width).max().unwrap_or(1);
    let height = images.iter().map(|image| image.height).max().unwrap_or(1);
    let rows = images.len().div_ceil(columns);
    let mut sheet = RgbImage::new(
        columns.saturating_mul(width + GAP).saturating_add(GAP),
        rows.saturating_mul(height + GAP).saturating_add(GAP),
        PAGE,
    )?;
    for (n, image) in images.iter().enumerate() {
        let (x, y) = (GAP + n % columns * (width + GAP), GAP + n / columns * (height + GAP));
        sheet.paste(image, x + (width - image.width) / 2, y + (height - image.height) / 2);
    }
    Ok(sheet)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row<'a>(state: &'a [i8], overlap: f64) -> RecallRow<'a> {
        RecallRow {
            cue: state,
            recall: state,
            pattern: state,
            overlap,
            retrieved: overlap >= 0.95,
            label: "café #1".into(),
        }
    }

    #[test]
    fn sheets_have_a_pleasant_shape() {
        for (w, h) in [(8, 8), (64, 64), (100, 3), (1, 50), (300, 200), (1, 1)] {
            let state = vec![1i8; w * h];
            for count in [1, 2, 5, 20, 64, 70] {
                let rows: Vec<_> = (0..count).map(|n| row(&state, n as f64 / 20.0)).collect();
                let sheet = recall_sheet(&rows, w, h).unwrap();
                assert_eq!((sheet.shown, sheet.total), (count.min(64), count));
                let aspect = sheet.image.width() as f64 / sheet.image.height() as f64;
                assert!(count < 20 || (0.8..2.2).contains(&aspect), "{w} x {h}, {count}: {aspect}");
            }
        }
    }

    #[test]
    fn bad_states_are_refused() {
        let state = [1i8; 4];
        assert_eq!(recall_sheet(&[], 2, 2).unwrap_err().code(), "E006");
        assert_eq!(recall_sheet(&[row(&state, 1.0)], 3, 2).unwrap_err().code(), "E006");
        assert_eq!(recall_sheet(&[row(&[], 1.0)], 0, 2).unwrap_err().code(), "E006");
        assert!(recall_sheet(&[row(&state, f64::NAN)], 2, 2).is_ok());
        assert!(recall_sheet(&[row(&state, 1.0)], usize::MAX, 2).is_err());
        assert!(RgbImage::new(0, 1, INK).is_err() && RgbImage::new(usize::MAX, 2, INK).is_err());
    }

    #[test]
    fn lattices_have_their_colours_and_sizes() {
        let spins = lattice_picture((2, 2), &[1.0, -1.0, -1.0, 1.0], None).unwrap();
        assert_eq!((spins.width(), spins.height()), (256, 256));
        assert_eq!((spins.pixels()[0], spins.pixels()[200]), (UP, DOWN));
        let field = lattice_picture((3, 1), &[-2.0, 0.0, 2.0], None).unwrap();
        assert_eq!((field.width(), field.height()), (258, 86));
        assert_eq!(field.pixels()[0], diverging(-1.0));
        assert_eq!(field.pixels()[100], [0xf7; 3]);
        assert_eq!(field.pixels()[257], diverging(7.0));
        let odd = lattice_picture((2, 1), &[f32::NAN, f32::INFINITY], None).unwrap();
        assert_eq!(odd.pixels()[0], VOID);
        assert!(lattice_picture((2, 1), &[0.0, 0.0], None).unwrap().pixels().iter().all(|pixel| *pixel == [0xf7; 3]));
        assert_eq!(lattice_picture((4100, 1), &[1.0; 4100], None).unwrap().width(), 1367);
        assert!((1..600).all(|side| lattice_picture((side, 1), &vec![1.0; side], None).unwrap().width() >= 256));
        for (sides, range) in [((3, 1), None), ((0, 0), None), ((2, 1), Some(0.0)), ((2, 1), Some(f32::NAN))] {
            assert_eq!(lattice_picture(sides, &[0.0; 2], range).unwrap_err().code(), "E006");
        }
        assert!(lattice_picture((0, 2), &[], None).is_err());
    }

    #[test]
    fn only_an_exact_overlap_reads_as_one() {
        assert_eq!(overlap_text(0.9999), "overlap 0.999");
        assert_eq!(overlap_text(1.0), "overlap 1.000");
        assert_eq!(overlap_text(-0.12345), "overlap -0.123");
    }

    #[test]
    fn tiles_line_up() {
        let image = RgbImage::new(10, 5, INK).unwrap();
        let sheet = tile(&[image.clone(), image.clone(), image.clone()], 2).unwrap();
        assert_eq!((sheet.width(), sheet.height()), (2 * 22 + 12, 2 * 17 + 12));
        assert!(tile(&[], 2).is_err() && tile(std::slice::from_ref(&image), 0).is_err());
        assert_eq!(tile(&[image], usize::MAX).unwrap().width(), 34);
    }
}
