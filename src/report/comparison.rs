//! A picture that compares what several memories make of the same cues.

use super::canvas::{GREEN, RED, RgbImage, fitted, text_width};
use super::picture::{DARK, EDGE, FAINT, INK, LIGHT, PAGE, cells};
use crate::error::{Error, Result};

/// States of one kind side by side, such as the cues or what one memory recalled from them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ComparedStates {
    /// ±1, row by row of the picture.
    pub states: Vec<Vec<i8>>,
    /// Whether each counts as retrieved: a green frame, or a red one; a grey one where that means nothing.
    pub retrieved: Option<Vec<bool>>,
    /// A few words that stand behind them.
    pub note: String,
}

/// The same kinds of states under one circumstance, such as a number of stored patterns.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ComparedBlock {
    /// What it is.
    pub heading: String,
    /// One a kind, in the order of the labels.
    pub rows: Vec<ComparedStates>,
}

/// Near this many pixels along the longer side of a state.
const TARGET: usize = 56;
const LARGEST: usize = 112;
const GAP: usize = 8;
const MARGIN: usize = 24;
const LABELS: usize = 190;
const NOTES: usize = 110;
const HEADING: usize = 44;
const FONT: usize = 2;

/// A row for each label, and in it the states of each block side by side, `width` × `height` neurons each.
///
/// # Errors
/// [`Error::Input`] if there is no label or no block, a block has more or fewer rows than there are labels, or a state is not
/// `width` × `height` long.
pub fn comparison(labels: &[&str], blocks: &[ComparedBlock], (width, height): (usize, usize)) -> Result<RgbImage> {
    let neurons = width.checked_mul(height).filter(|neurons| *neurons > 0);
    let fits = |row: &ComparedStates| {
        row.states.iter().all(|state| Some(state.len()) == neurons)
            && row.retrieved.as_ref().is_none_or(|retrieved| retrieved.len() == row.states.len())
    };
    let whole = |block: &ComparedBlock| block.rows.len() == labels.len() && block.rows.iter().all(fits);
    if labels.is_empty() || blocks.is_empty() || !blocks.iter().all(whole) {
        let wanted = format!("blocks of {} rows of states of {width} x {height} neurons", labels.len().max(1));
        let hint = "give every block a row a label, and every state its whole picture";
        return Err(Error::input("picture of a comparison", wanted, "something else", hint));
    }
    let panel = |state: &[i8]| {
        cells(width, height, TARGET, LARGEST, |i| if state.get(i).is_some_and(|sign| *sign > 0) { LIGHT } else { DARK })
    };
    let sample = panel(&[])?;
    let (across, down) = (sample.width + GAP, sample.height + GAP);
    let columns = |block: &ComparedBlock| block.rows.iter().map(|row| row.states.len()).max().unwrap_or(0);
    let block_width = |block: &ComparedBlock| (columns(block) * across).max(text_width(&block.heading, FONT)) + NOTES;
    let total = blocks.iter().map(block_width).sum::<usize>();
    let sheet = (2 * MARGIN + LABELS + total, 2 * MARGIN + HEADING + labels.len() * down);
    let mut image = RgbImage::new(sheet.0, sheet.1, PAGE)?;
    let top_of = |row: usize| MARGIN + HEADING + row * down;
    let middle = |row: usize| top_of(row) + sample.height / 2 - 4 * FONT;
    for (row, label) in labels.iter().enumerate() {
        image.text(MARGIN, middle(row), &fitted(label, FONT, LABELS - GAP), FONT, INK);
    }
    let mut left = MARGIN + LABELS;
    for block in blocks {
        image.text(left, MARGIN, &block.heading, FONT, INK);
        for (row, states) in block.rows.iter().enumerate() {
            for (column, state) in states.states.iter().enumerate() {
                let (x, y) = (left + column * across, top_of(row));
                let retrieved = states.retrieved.as_ref().and_then(|retrieved| retrieved.get(column));
                let (colour, thickness) = match retrieved {
                    Some(true) => (GREEN, 2),
                    Some(false) => (RED, 2),
                    None => (EDGE, 1),
                };
                image.frame(x, y, sample.width, sample.height, thickness, colour);
                image.paste(&panel(state)?, x, y);
            }
            let note = fitted(&states.note, FONT, NOTES - GAP);
            image.text(left + states.states.len() * across + GAP, middle(row), &note, FONT, FAINT);
        }
        left += block_width(block);
    }
    Ok(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_stand_in_their_blocks() {
        let row =
            |sign: i8, retrieved| ComparedStates { states: vec![vec![sign; 4]; 3], retrieved, note: "0.5".into() };
        let block = |retrieved| ComparedBlock { heading: "10".into(), rows: vec![row(1, None), row(-1, retrieved)] };
        let blocks = [block(Some(vec![true, false, true])), block(None)];
        let image = comparison(&["cue", "hebb"], &blocks, (2, 2)).unwrap();
        let count = |colour| image.pixels().iter().filter(|pixel| **pixel == colour).count();
        // Six light states and six dark ones of 56 x 56 pixels; frames of one pixel lie outside of them or not at all.
        assert_eq!((count(LIGHT), count(DARK)), (6 * 56 * 56, 6 * 56 * 56));
        assert!(count(GREEN) > 0 && count(RED) > 0);
        for (labels, blocks) in [
            (&["cue"][..], vec![block(None)]),
            (&[], vec![]),
            (&["cue", "hebb"], vec![]),
            (&["cue", "hebb"], vec![block(Some(vec![true]))]),
        ] {
            assert!(comparison(labels, &blocks, (2, 2)).is_err());
        }
        assert!(comparison(&["cue", "hebb"], &blocks, (3, 2)).is_err());
        assert!(comparison(&["cue", "hebb"], &blocks, (usize::MAX, 2)).is_err());
    }
}
