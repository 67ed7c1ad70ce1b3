//! A colour picture to draw on: rectangles, lines of text in a small font of its own.

use std::path::Path;

use png::ColorType;

use crate::error::{Error, Result};
use crate::io::image::{MAX_PIXELS, encode_png, write_png_rgb};

/// Red, green and blue from 0 to 255.
pub type Colour = [u8; 3];

/// Right and wrong.
pub(super) const GREEN: Colour = [0x1f, 0x9d, 0x5c];
pub(super) const RED: Colour = [0xd8, 0x3b, 0x3b];

/// A colour picture: `height` rows of `width` pixels, the top row first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RgbImage {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) pixels: Vec<Colour>,
}

impl RgbImage {
    /// A picture of one colour.
    ///
    /// # Errors
    /// [`Error::Input`] if a side is 0 or there are more than [`MAX_PIXELS`] pixels.
    pub fn new(width: usize, height: usize, colour: Colour) -> Result<Self> {
        match width.checked_mul(height).filter(|pixels| (1..=MAX_PIXELS).contains(pixels)) {
            Some(pixels) => Ok(Self { width, height, pixels: vec![colour; pixels] }),
            None => Err(Error::input(
                "size of a picture",
                format!("sides of at least 1, up to {MAX_PIXELS} pixels"),
                format!("{width} x {height}"),
                "show less in one picture",
            )),
        }
    }

    /// Pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The pixels, row by row: `width` × `height`.
    pub fn pixels(&self) -> &[Colour] {
        &self.pixels
    }

    /// The bytes of a PNG file.
    ///
    /// # Errors
    /// [`Error::Input`] if the picture cannot be encoded.
    pub fn to_png(&self) -> Result<Vec<u8>> {
        encode_png(self.width, self.height, self.pixels.as_flattened(), ColorType::Rgb)
    }

    /// Writes a PNG file.
    ///
    /// # Errors
    /// [`Error::Output`] with the system's reason if writing fails.
    pub fn write_png(&self, path: impl AsRef<Path>) -> Result<()> {
        write_png_rgb(path, self.width, self.height, self.pixels.as_flattened())
    }

    /// Lays `colour` over a pixel with the given opacity; outside of the picture nothing happens.
    pub(super) fn blend(&mut self, x: usize, y: usize, colour: Colour, opacity: f32) {
        if x >= self.width || y >= self.height {
            return;
        }
        if let Some(pixel) = self.pixels.get_mut(y * self.width + x) {
            *pixel = mix(*pixel, colour, opacity);
        }
    }

    pub(super) fn rectangle(&mut self, x: usize, y: usize, width: usize, height: usize, colour: Colour) {
        for row in self.pixels.chunks_exact_mut(self.width).skip(y).take(height) {
            row.iter_mut().skip(x).take(width).for_each(|pixel| *pixel = colour);
        }
    }

    /// A frame of the given thickness around (not on) a rectangle.
    pub(super) fn frame(&mut self, x: usize, y: usize, width: usize, height: usize, thickness: usize, colour: Colour) {
        let (left, top) = (x.saturating_sub(thickness), y.saturating_sub(thickness));
        let (across, down) = (width + 2 * thickness, height + 2 * thickness);
        self.rectangle(left, top, across, thickness, colour);
        self.rectangle(left, y + height, across, thickness, colour);
        self.rectangle(left, top, thickness, down, colour);
        self.rectangle(x + width, top, thickness, down, colour);
    }

    pub(super) fn paste(&mut self, image: &Self, x: usize, y: usize) {
        let rows = self.pixels.chunks_exact_mut(self.width).skip(y);
        for (to, from) in rows.zip(image.pixels.chunks_exact(image.width)) {
            to.iter_mut().skip(x).zip(from).for_each(|(to, from)| *to = *from);
        }
    }

    /// A smooth line of the given thickness with round ends.
    pub(super) fn line(&mut self, from: (f32, f32), to: (f32, f32), thickness: f32, colour: Colour) {
        let reach = thickness / 2.0 + 1.0;
        let span = |a: f32, b: f32| (a.min(b) - reach).max(0.0) as usize..=(a.max(b) + reach).max(0.0) as usize;
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length2 = (dx * dx + dy * dy).max(1e-6);
        for y in span(from.1, to.1) {
            for x in span(from.0, to.0) {
                let (px, py) = (x as f32 + 0.5 - from.0, y as f32 + 0.5 - from.1);
                let along = ((px * dx + py * dy) / length2).clamp(0.0, 1.0);
                let distance = (px - along * dx).hypot(py - along * dy);
                let opacity = (thickness / 2.0 + 0.5 - distance).clamp(0.0, 1.0);
                if opacity > 0.0 {
                    self.blend(x, y, colour, opacity);
                }
            }
        }
    }

    /// An arrow to the right, `length` long, whose middle is at (x, y).
    pub(super) fn arrow(&mut self, x: f32, y: f32, length: f32, colour: Colour) {
        let (start, end, head) = (x - length / 2.0, x + length / 2.0, length * 0.32);
        self.line((start, y), (end, y), 2.5, colour);
        self.line((end, y), (end - head, y - head), 2.5, colour);
        self.line((end, y), (end - head, y + head), 2.5, colour);
    }

    /// A tick (or a cross) in a square of side `size`.
    pub(super) fn mark(&mut self, x: f32, y: f32, size: f32, good: bool) {
        if good {
            let corner = (x + size * 0.38, y + size * 0.88);
            self.line((x + size * 0.05, y + size * 0.55), corner, 3.0, GREEN);
            self.line(corner, (x + size * 0.95, y + size * 0.12), 3.0, GREEN);
        } else {
            let (near, far) = (size * 0.14, size * 0.86);
            self.line((x + near, y + near), (x + far, y + far), 3.0, RED);
            self.line((x + near, y + far), (x + far, y + near), 3.0, RED);
        }
    }

    /// Text with letters `7·scale` high, its top left corner at (x, y).
    pub(super) fn text(&mut self, x: usize, y: usize, text: &str, scale: usize, colour: Colour) {
        for (column, row) in dots(text) {
            self.rectangle(x + column * scale, y + row * scale, scale, scale, colour);
        }
    }

    /// Text that runs upwards, the top left corner of its first letter at (x, y) and thus to the lower left.
    pub(super) fn text_upwards(&mut self, x: usize, y: usize, text: &str, scale: usize, colour: Colour) {
        for (column, row) in dots(text) {
            self.rectangle(x + row * scale, y.saturating_sub((column + 1) * scale), scale, scale, colour);
        }
    }
}

/// Columns and rows of the dots of a text.
fn dots(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let of_column =
        |(column, bits): (usize, u8)| (0..7).filter(move |row| bits >> row & 1 == 1).map(move |row| (column, row));
    let columns = text.chars().enumerate().flat_map(|(n, letter)| (6 * n..).zip(glyph(letter)));
    columns.flat_map(of_column)
}

/// The width of a text drawn at `scale`.
pub(super) fn text_width(text: &str, scale: usize) -> usize {
    (6 * text.chars().count()).saturating_sub(1) * scale
}

/// As much of a text as fits into `width`, with two dots in place of what is cut.
pub(super) fn fitted(text: &str, scale: usize, width: usize) -> String {
    if text_width(text, scale) <= width {
        return text.to_string();
    }
    let letters = (width / scale + 1) / 6;
    if letters < 4 {
        return String::new();
    }
    text.chars().take(letters - 2).chain("..".chars()).collect()
}

/// The five columns of a 5 × 7 letter, the top row in the lowest bit. What the font lacks is drawn as a small box.
fn glyph(letter: char) -> [u8; 5] {
    match letter.to_ascii_uppercase() {
        ' ' => [0; 5],
        '%' => [0x23, 0x13, 0x08, 0x64, 0x62],
        '#' => [0x14, 0x7f, 0x14, 0x7f, 0x14],
        '(' => [0x00, 0x1c, 0x22, 0x41, 0x00],
        ')' => [0x00, 0x41, 0x22, 0x1c, 0x00],
        '+' => [0x08, 0x08, 0x3e, 0x08, 0x08],
        ',' => [0x00, 0x50, 0x30, 0x00, 0x00],
        '-' => [0x08, 0x08, 0x08, 0x08, 0x08],
        '\u{2212}' => [0x08, 0x08, 0x08, 0x08, 0x08],
        '.' => [0x00, 0x60, 0x60, 0x00, 0x00],
        '/' => [0x20, 0x10, 0x08, 0x04, 0x02],
        ':' => [0x00, 0x36, 0x36, 0x00, 0x00],
        '=' => [0x14, 0x14, 0x14, 0x14, 0x14],
        '_' => [0x40, 0x40, 0x40, 0x40, 0x40],
        '0' => [0x3e, 0x51, 0x49, 0x45, 0x3e],
        '1' => [0x00, 0x42, 0x7f, 0x40, 0x00],
        '2' => [0x42, 0x61, 0x51, 0x49, 0x46],
        '3' => [0x21, 0x41, 0x45, 0x4b, 0x31],
        '4' => [0x18, 0x14, 0x12, 0x7f, 0x10],
        '5' => [0x27, 0x45, 0x45, 0x45, 0x39],
        '6' => [0x3c, 0x4a, 0x49, 0x49, 0x30],
        '7' => [0x01, 0x71, 0x09, 0x05, 0x03],
        '8' => [0x36, 0x49, 0x49, 0x49, 0x36],
        '9' => [0x06, 0x49, 0x49, 0x29, 0x1e],
        'A' => [0x7e, 0x11, 0x11, 0x11, 0x7e],
        'B' => [0x7f, 0x49, 0x49, 0x49, 0x36],
        'C' => [0x3e, 0x41, 0x41, 0x41, 0x22],
        'D' => [0x7f, 0x41, 0x41, 0x22, 0x1c],
        'E' => [0x7f, 0x49, 0x49, 0x49, 0x41],
        'F' => [0x7f, 0x09, 0x09, 0x09, 0x01],
        'G' => [0x3e, 0x41, 0x49, 0x49, 0x7a],
        'H' => [0x7f, 0x08, 0x08, 0x08, 0x7f],
        'I' => [0x00, 0x41, 0x7f, 0x41, 0x00],
        'J' => [0x20, 0x40, 0x41, 0x3f, 0x01],
        'K' => [0x7f, 0x08, 0x14, 0x22, 0x41],
        'L' => [0x7f, 0x40, 0x40, 0x40, 0x40],
        'M' => [0x7f, 0x02, 0x0c, 0x02, 0x7f],
        'N' => [0x7f, 0x04, 0x08, 0x10, 0x7f],
        'O' => [0x3e, 0x41, 0x41, 0x41, 0x3e],
        'P' => [0x7f, 0x09, 0x09, 0x09, 0x06],
        'Q' => [0x3e, 0x41, 0x51, 0x21, 0x5e],
        'R' => [0x7f, 0x09, 0x19, 0x29, 0x46],
        'S' => [0x46, 0x49, 0x49, 0x49, 0x31],
        'T' => [0x01, 0x01, 0x7f, 0x01, 0x01],
        'U' => [0x3f, 0x40, 0x40, 0x40, 0x3f],
        'V' => [0x1f, 0x20, 0x40, 0x20, 0x1f],
        'W' => [0x3f, 0x40, 0x38, 0x40, 0x3f],
        'X' => [0x63, 0x14, 0x08, 0x14, 0x63],
        'Y' => [0x07, 0x08, 0x70, 0x08, 0x07],
        'Z' => [0x61, 0x51, 0x49, 0x45, 0x43],
        _ => [0x00, 0x3c, 0x24, 0x3c, 0x00],
    }
}

/// `b` over `a` with opacity `t` from 0 to 1.
pub(super) fn mix(a: Colour, b: Colour, t: f32) -> Colour {
    let mut mixed = a;
    mixed.iter_mut().zip(b).for_each(|(a, b)| *a = (f32::from(*a) + (f32::from(b) - f32::from(*a)) * t).round() as u8);
    mixed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_the_font_differ() {
        let letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-.+%:/()=,#_";
        let drawn: std::collections::HashSet<_> = letters.chars().map(glyph).collect();
        assert_eq!(drawn.len(), letters.chars().count());
        assert_eq!(glyph('a'), glyph('A'));
        assert_eq!(fitted("abcdefghij", 1, 41), "abcde..");
        assert_eq!(fitted("abc", 1, 17), "abc");
        assert_eq!(fitted("abcdefghij", 1, 3), "");
    }
}
