//! Pictures that [plotters] can draw on, in their own small letters.

use super::canvas::{Colour, RgbImage, text_width};
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontTransform,
};
use std::convert::Infallible;

/// A picture as a backend.
pub(super) struct Pixels<'a>(&'a mut RgbImage);

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// Pixels of a dot of a letter.
const DOT: usize = 2;
/// How high letters are.
const LETTER: i32 = 7 * DOT as i32;

impl<'a> Pixels<'a> {
    pub(super) fn on(image: &'a mut RgbImage) -> Self {
        Self(image)
    }

    fn colour(color: BackendColor) -> Colour {
        let (r, g, b) = color.rgb;
        [r, g, b]
    }

    fn stroke(&mut self, [from, to]: [BackendCoord; 2], style: &impl BackendStyle) {
        if style.color().alpha > 0.0 {
            let [from, to] = [from, to].map(|(x, y)| (x as f32 + 0.5, y as f32 + 0.5));
            self.0.line(from, to, style.stroke_width() as f32, Self::colour(style.color()));
        }
    }
}

impl DrawingBackend for Pixels<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        (self.0.width() as u32, self.0.height() as u32)
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        if let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) {
            self.0.blend(x, y, Self::colour(color), color.alpha as f32);
        }
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.stroke([from, to], style);
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let mut last = None;
        for place in path {
            self.stroke([last.unwrap_or(place), place], style);
            last = Some(place);
        }
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, middle: BackendCoord, radius: u32, style: &S, _fill: bool) -> Drawn {
        let (x, y) = (middle.0 as f32 + 0.5, middle.1 as f32 + 0.5);
        self.0.line((x, y), (x, y), 2.0 * radius as f32, Self::colour(style.color()));
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, (x, y): BackendCoord) -> Drawn {
        let width = text_width(text, DOT) as i32;
        let along = match style.anchor().h_pos {
            HPos::Left => 0,
            HPos::Center => -width / 2,
            HPos::Right => -width,
        };
        let down = match style.anchor().v_pos {
            VPos::Top => 0,
            VPos::Center => -LETTER / 2,
            VPos::Bottom => -LETTER,
        };
        let colour = Self::colour(style.color());
        let at = |place: i32| place.max(0) as usize;
        match style.transform() {
            FontTransform::Rotate270 => self.0.text_upwards(at(x + down), at(y - along), text, DOT, colour),
            _ => self.0.text(at(x + along), at(y + down), text, DOT, colour),
        }
        Ok(())
    }

    fn estimate_text_size<T: BackendTextStyle>(
        &self,
        text: &str,
        _: &T,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        Ok((text_width(text, DOT) as u32, LETTER as u32))
    }
}
