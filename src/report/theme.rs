//! The colours of plots: as they are drawn, for a light page, and what a style sheet makes of them on a dark one.

use super::canvas::Colour;
use plotters::style::RGBColor;
use std::fmt::Write;

/// A colour on a light and on a dark page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ink {
    light: Colour,
    dark: Colour,
}

impl Ink {
    const fn new(light: u32, dark: u32) -> Self {
        let [_, r, g, b] = light.to_be_bytes();
        let [_, dark_r, dark_g, dark_b] = dark.to_be_bytes();
        Self { light: [r, g, b], dark: [dark_r, dark_g, dark_b] }
    }

    /// As it is drawn.
    pub(super) const fn colour(self) -> RGBColor {
        let [r, g, b] = self.light;
        RGBColor(r, g, b)
    }

    /// As a pixel of a picture.
    pub(super) const fn pixel(self) -> Colour {
        self.light
    }

    /// Both as a style sheet writes them; the light one as plotters does.
    fn codes(self) -> [String; 2] {
        [self.light, self.dark].map(|[r, g, b]| format!("#{r:02X}{g:02X}{b:02X}"))
    }
}

/// Behind everything.
pub(super) const GROUND: Ink = Ink::new(0xff_ff_ff, 0x19_1c_24);
/// Text.
pub(super) const TEXT: Ink = Ink::new(0x2b_30_3f, 0xd9_dd_e7);
/// Lines behind the curves, and frames.
pub(super) const GRID: Ink = Ink::new(0xe4_e7_ee, 0x2e_33_40);
/// Axes.
pub(super) const AXIS: Ink = Ink::new(0x7d_84_96, 0x8b_92_a5);
/// Lines, in colours that stay apart for colour-blind eyes (Okabe and Ito).
pub(super) const LINES: [Ink; 7] = [
    Ink::new(0x00_72_b2, 0x56_b4_e9),
    Ink::new(0xd5_5e_00, 0xff_8f_3f),
    Ink::new(0x00_9e_73, 0x2f_d0_a0),
    Ink::new(0xb0_56_9b, 0xe5_9f_d0),
    Ink::new(0x8c_6d_00, 0xf0_d2_4a),
    Ink::new(0x2b_8f_c4, 0x9a_d4_f5),
    Ink::new(0x44_4b_5c, 0xc3_c9_d6),
];

/// The colour of a line: they begin again after the last.
pub(super) fn line(number: usize) -> Ink {
    LINES.get(number % LINES.len()).copied().unwrap_or(TEXT)
}

/// Lengths of a dash and of the gap after it, where the colours begin again for the first and for the second time.
const DASHES: [[i32; 2]; 2] = [[5, 4], [2, 4]];

/// The dashes of a line, if it has any.
pub(super) fn dashes(line: usize) -> Option<[i32; 2]> {
    DASHES.get((line / LINES.len() % (DASHES.len() + 1)).checked_sub(1)?).copied()
}

/// The style of a plot. plotters writes colours as attributes, which rules replace by those of the dark page. Cells of maps are
/// rectangles without a stroke, and keep theirs.
pub(super) fn style_sheet() -> String {
    let mut rules = String::new();
    for ink in [GRID, AXIS, TEXT].into_iter().chain(LINES) {
        let [light, dark] = ink.codes();
        // Writing to a String cannot fail.
        let _ = write!(rules, ".sf-plot [stroke=\"{light}\"]{{stroke:{dark}}}");
        let _ = write!(rules, ".sf-plot :is(circle,text)[fill=\"{light}\"]{{fill:{dark}}}");
    }
    let [light, dark] = GROUND.codes();
    let _ = write!(rules, ".sf-plot rect[fill=\"{light}\"]{{fill:{dark}}}");
    format!(
        "<style>.sf-plot rect{{shape-rendering:crispEdges}}.sf-plot polyline{{stroke-linejoin:round}}\
         @media(prefers-color-scheme:dark){{{rules}}}</style>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_told_apart_by_the_style_sheet() {
        let all: Vec<Ink> = [GROUND, TEXT, GRID, AXIS].into_iter().chain(LINES).collect();
        for (place, ink) in all.iter().enumerate() {
            assert!(all[..place].iter().all(|other| other.light != ink.light), "{ink:?}");
        }
        assert_eq!(LINES[0].codes(), ["#0072B2", "#56B4E9"]);
        assert_eq!([0, 7, 14, 21].map(dashes), [None, Some([5, 4]), Some([2, 4]), None]);
    }
}
