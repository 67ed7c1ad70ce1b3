//! Pictures in and out: PNG files as grey values, and grey values as signs.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use png::{BitDepth, ColorType, Transformations};

use super::output::write_bytes;
use crate::error::{Error, Result};

/// The largest picture that is read or made, in pixels.
pub const MAX_PIXELS: usize = 64 << 20;

/// The largest interlaced picture, which has to be decoded as a whole.
const MAX_INTERLACED_PIXELS: usize = 16 << 20;

/// A grey picture: `pixels` holds `height` rows of `width` values from 0 (black) to 1 (white), the top row first.
#[derive(Debug, Clone, PartialEq)]
pub struct GreyImage {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The values, row by row: `width` × `height`. An 8-bit level k is [`grey_level`]`(k)` exactly.
    pub pixels: Vec<f32>,
}

impl GreyImage {
    /// The picture with `width` × `height` pixels: each new pixel is the average of the area it covers where the
    /// picture shrinks, and is interpolated linearly where it grows. The same size returns the same pixels.
    ///
    /// # Errors
    /// [`Error::Input`] if a side is 0, there are more than [`MAX_PIXELS`], or `pixels` is not `width` × `height` long.
    pub fn resize(&self, width: usize, height: usize) -> Result<Self> {
        for (w, h, len) in [(self.width, self.height, Some(self.pixels.len())), (width, height, None)] {
            let pixels = w.checked_mul(h).filter(|pixels| (1..=MAX_PIXELS).contains(pixels));
            if pixels.is_none_or(|pixels| len.is_some_and(|len| len != pixels)) {
                return Err(Error::input(
                    "size of a picture",
                    format!("sides of at least 1, up to {MAX_PIXELS} pixels"),
                    format!("{w} x {h}"),
                    "choose a size such as 64x64",
                ));
            }
        }
        if (width, height) == (self.width, self.height) {
            return Ok(self.clone());
        }
        // The cheaper order: what lies between the two passes is then never larger than both pictures.
        let mut pixels = if width.saturating_mul(self.height) <= height.saturating_mul(self.width) {
            let between = resize_rows(&self.pixels, self.width, width);
            resize_columns(&between, width, self.height, height)
        } else {
            let between = resize_columns(&self.pixels, self.width, self.height, height);
            resize_rows(&between, self.width, width)
        };
        pixels.iter_mut().for_each(|pixel| *pixel = pixel.clamp(0.0, 1.0));
        Ok(Self { width, height, pixels })
    }
}

/// Every row of `from` pixels with `to` pixels.
fn resize_rows(pixels: &[f32], from: usize, to: usize) -> Vec<f32> {
    let taps = filter(from, to);
    let row = |row: &[f32], taps: &Taps| {
        let window = row.iter().skip(taps.first).zip(&taps.weights);
        window.map(|(pixel, weight)| f64::from(*pixel) * weight).sum::<f64>() as f32
    };
    pixels.chunks_exact(from).flat_map(|old| taps.iter().map(move |taps| row(old, taps))).collect()
}

/// `to` rows of `width` pixels out of `from`.
fn resize_columns(pixels: &[f32], width: usize, from: usize, to: usize) -> Vec<f32> {
    let mut sums = vec![0f64; width];
    let mut resized = Vec::new();
    for taps in filter(from, to) {
        sums.fill(0.0);
        for (row, weight) in pixels.chunks_exact(width).skip(taps.first).zip(&taps.weights) {
            sums.iter_mut().zip(row).for_each(|(sum, pixel)| *sum += f64::from(*pixel) * weight);
        }
        resized.extend(sums.iter().map(|sum| *sum as f32));
    }
    resized
}

/// What one new pixel takes of the old ones along one axis.
struct Taps {
    first: usize,
    weights: Vec<f64>,
}

/// Area average where `to` < `from`, linear interpolation between pixel centres else. The weights of a pixel add to 1.
fn filter(from: usize, to: usize) -> Vec<Taps> {
    let scale = from as f64 / to as f64;
    (0..to)
        .map(|i| {
            if to >= from {
                let centre = ((i as f64 + 0.5) * scale - 0.5).clamp(0.0, (from - 1) as f64);
                let first = (centre as usize).min(from.saturating_sub(2));
                let part = centre - first as f64;
                let weights = if from == 1 { vec![1.0] } else { vec![1.0 - part, part] };
                return Taps { first, weights };
            }
            // Exact in integers: the new pixel i covers [i·from, (i+1)·from) in units of 1/to of an old one.
            let (start, end) = (i as u128 * from as u128, (i as u128 + 1) * from as u128);
            let to = to as u128;
            let (first, last) = (start / to, (end - 1) / to);
            let weight = |old: u128| (end.min((old + 1) * to) - start.max(old * to)) as f64 / from as f64;
            Taps { first: first as usize, weights: (first..=last).map(weight).collect() }
        })
        .collect()
}

/// The grey value of an 8-bit level: `level`/255 in f32.
pub fn grey_level(level: u8) -> f32 {
    ratio(u64::from(level), 255)
}

/// One rounding from exact integers, so that equal fractions give equal values whatever their denominators.
fn ratio(numerator: u64, denominator: u64) -> f32 {
    (numerator as f64 / denominator as f64) as f32
}

/// Reads a PNG of any colour type and bit depth as grey.
///
/// Colours become luminance, 0.299 R + 0.587 G + 0.114 B (ITU-R 601), and transparent pixels are laid over white; both are
/// rounded to a level of 0..255 for 8-bit files, and kept at full precision for 16-bit ones. Of an animation the default
/// picture is read. Sizes are checked before memory is taken.
///
/// # Errors
/// [`Error::File`] if the file cannot be read, is not a PNG, is damaged or cut short, or has over [`MAX_PIXELS`].
pub fn read_png(path: impl AsRef<Path>) -> Result<GreyImage> {
    let path = path.as_ref();
    let file = File::open(path).map_err(|error| Error::file(path, error, "check the path"))?;
    let metadata = file.metadata().map_err(|error| Error::file(path, error, "check the path"))?;
    if metadata.is_dir() {
        return Err(Error::file(path, "it is a folder", "pass a .png file, or a folder where folders are allowed"));
    }
    decode(BufReader::new(file), path, metadata.len())
}

fn decode(reader: impl std::io::BufRead + std::io::Seek, path: &Path, bytes: u64) -> Result<GreyImage> {
    let mut decoder = png::Decoder::new_with_limits(reader, png::Limits { bytes: 64 << 20 });
    decoder.set_transformations(Transformations::EXPAND);
    // Metadata can be large and is of no use here.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let header = decoder.read_header_info().map_err(|error| damaged(path, &error))?;
    let (width, height) = (header.width as usize, header.height as usize);
    let interlaced = header.interlaced;
    let allowed = if interlaced { MAX_INTERLACED_PIXELS } else { MAX_PIXELS };
    let pixels = width.checked_mul(height).filter(|pixels| (1..=allowed).contains(pixels));
    let Some(pixels) = pixels else {
        let kind = if interlaced { "interlaced " } else { "" };
        let problem = format!("{width} x {height} pixels, at most {allowed} are read from a {kind}PNG");
        return Err(Error::file(path, problem, "scale the picture down first"));
    };
    // Deflate shrinks by at most 1032: a header that promises more is a lie, found before the memory is taken.
    let row_bytes = header.raw_row_length_from_width(header.width).saturating_sub(1);
    if (row_bytes as u64).saturating_mul(height as u64) > bytes.saturating_mul(1032) {
        let problem = format!("its header declares {width} x {height} pixels, more than {bytes} bytes can hold");
        return Err(Error::file(path, problem, "the file is damaged or cut short: fetch it again"));
    }
    let mut reader = decoder.read_info().map_err(|error| damaged(path, &error))?;
    let (colour, depth) = reader.output_color_type();
    let mut grey = Vec::new();
    let memory = grey.try_reserve_exact(pixels);
    memory.map_err(|_| {
        Error::file(path, format!("{pixels} pixels do not fit in memory"), "scale the picture down first")
    })?;
    if interlaced {
        let mut buffer = vec![0; reader.output_buffer_size().unwrap_or(0)];
        reader.next_frame(&mut buffer).map_err(|error| damaged(path, &error))?;
        append_grey(&mut grey, &buffer, colour, depth);
    } else {
        for _ in 0..height {
            match reader.next_row() {
                Ok(Some(row)) => append_grey(&mut grey, row.data(), colour, depth),
                Ok(None) => break,
                Err(error) => return Err(damaged(path, &error)),
            }
        }
    }
    // Only the end of the file proves that it was not cut short.
    reader.finish().map_err(|error| damaged(path, &error))?;
    if grey.len() != pixels {
        let problem = format!("it holds {} of {pixels} pixels", grey.len());
        return Err(Error::file(path, problem, "the file is damaged or cut short: fetch it again"));
    }
    Ok(GreyImage { width, height, pixels: grey })
}

fn damaged(path: &Path, error: &png::DecodingError) -> Error {
    let hint = match error {
        png::DecodingError::Format(_) => "pass a PNG file; convert other formats first",
        png::DecodingError::LimitsExceeded => "scale the picture down first",
        _ => "the file is damaged or cut short: fetch it again",
    };
    Error::file(path, format!("not a readable PNG: {error}"), hint)
}

/// Appends the grey values of rows of whole pixels with 8 or 16 bits a sample.
fn append_grey(grey: &mut Vec<f32>, bytes: &[u8], colour: ColorType, depth: BitDepth) {
    let samples = colour.samples();
    if depth == BitDepth::Sixteen {
        grey.extend(bytes.chunks_exact(2 * samples).map(|pixel| {
            let mut values = pixel.iter().step_by(2).zip(pixel.iter().skip(1).step_by(2));
            let values =
                [(); 4].map(|()| values.next().map_or(0, |(high, low)| u64::from(*high) << 8 | u64::from(*low)));
            let (numerator, denominator) = luminance(values, samples, 65535);
            ratio(numerator, denominator)
        }));
    } else {
        grey.extend(bytes.chunks_exact(samples).map(|pixel| {
            let mut values = pixel.iter();
            let values = [(); 4].map(|()| values.next().map_or(0, |value| u64::from(*value)));
            let (numerator, denominator) = luminance(values, samples, 255);
            let level = (2 * 255 * numerator + denominator) / (2 * denominator);
            grey_level(u8::try_from(level).unwrap_or(u8::MAX))
        }));
    }
}

/// The luminance over white as an exact fraction, of 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha) samples.
fn luminance([a, b, c, d]: [u64; 4], samples: usize, white: u64) -> (u64, u64) {
    let (thousandths, alpha) = match samples {
        1 => (1000 * a, white),
        2 => (1000 * a, b),
        3 => (299 * a + 587 * b + 114 * c, white),
        _ => (299 * a + 587 * b + 114 * c, d),
    };
    (thousandths * alpha + 1000 * white * (white - alpha), 1000 * white * white)
}

/// The `*.png` files of a folder, sorted by name; folders in it are not entered.
///
/// # Errors
/// [`Error::File`] if the folder cannot be read or holds none.
pub fn folder_of_pngs(path: impl AsRef<Path>) -> Result<Vec<PathBuf>> {
    let path = path.as_ref();
    let unreadable = |error| Error::file(path, error, "check the path");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        if file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png")) && file.is_file() {
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(Error::file(
            path,
            "the folder holds no .png file",
            "name a folder of PNG files (it is not searched deeper)",
        ));
    }
    files.sort();
    Ok(files)
}

/// Writes an 8-bit grey PNG of `height` rows of `width` pixels.
///
/// # Errors
/// [`Error::Input`] if `pixels` is not `width` × `height` long or empty, [`Error::Output`] if writing fails.
pub fn write_png_grey(path: impl AsRef<Path>, width: usize, height: usize, pixels: &[u8]) -> Result<()> {
    write_bytes(path, &encode_png(width, height, pixels, ColorType::Grayscale)?)
}

/// Writes an 8-bit RGB PNG of `height` rows of `width` pixels, three bytes each.
///
/// # Errors
/// [`Error::Input`] if `pixels` is not 3 × `width` × `height` long or empty, [`Error::Output`] if writing fails.
pub fn write_png_rgb(path: impl AsRef<Path>, width: usize, height: usize, pixels: &[u8]) -> Result<()> {
    write_bytes(path, &encode_png(width, height, pixels, ColorType::Rgb)?)
}

/// The bytes of an 8-bit PNG file of the given colour type.
pub(crate) fn encode_png(width: usize, height: usize, pixels: &[u8], colour: ColorType) -> Result<Vec<u8>> {
    let wrong =
        |got: String| Error::input("pixels of a picture", "width x height values, at least one", got, "check the size");
    let needed = width.checked_mul(height).and_then(|pixels| pixels.checked_mul(colour.samples()));
    let (w, h) = (u32::try_from(width).unwrap_or(0), u32::try_from(height).unwrap_or(0));
    if needed != Some(pixels.len()) || w == 0 || h == 0 {
        return Err(wrong(format!("{} for {width} x {height}", pixels.len())));
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, w, h);
    encoder.set_color(colour);
    encoder.set_depth(BitDepth::Eight);
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(pixels)?;
        writer.finish()
    });
    written.map_err(|error| wrong(error.to_string()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::output::Scratch;
    use super::*;
    use std::io::Cursor;

    fn read(bytes: &[u8]) -> Result<GreyImage> {
        decode(Cursor::new(bytes), Path::new("test.png"), bytes.len() as u64)
    }

    fn encode(
        w: u32,
        h: u32,
        colour: ColorType,
        depth: BitDepth,
        data: &[u8],
        palette: Option<(&[u8], &[u8])>,
    ) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, w, h);
        encoder.set_color(colour);
        encoder.set_depth(depth);
        if let Some((colours, alpha)) = palette {
            encoder.set_palette(colours.to_vec());
            encoder.set_trns(alpha.to_vec());
        }
        encoder.write_header().unwrap().write_image_data(data).unwrap();
        bytes
    }

    #[test]
    fn every_colour_type_becomes_grey() {
        use BitDepth::*;
        use ColorType::*;
        let g = grey_level;
        let pixels = |bytes: Vec<u8>| read(&bytes).unwrap().pixels;
        assert_eq!(pixels(encode(3, 1, Grayscale, Eight, &[0, 100, 255], None)), [0.0, g(100), 1.0]);
        assert_eq!(pixels(encode(3, 1, Grayscale, One, &[0b0100_0000], None)), [0.0, 1.0, 0.0]);
        assert_eq!(pixels(encode(2, 1, Grayscale, Four, &[0x0f], None)), [0.0, 1.0]);
        assert_eq!(pixels(encode(2, 1, Grayscale, Sixteen, &[100, 100, 0, 1], None)), [g(100), ratio(1, 65535)]);
        assert_eq!(pixels(encode(2, 1, Rgb, Eight, &[77, 77, 77, 255, 0, 0], None)), [g(77), g(76)]);
        assert_eq!(pixels(encode(1, 1, Rgb, Sixteen, &[9, 9, 9, 9, 9, 9], None)), [g(9)]);
        assert_eq!(pixels(encode(2, 1, Rgba, Eight, &[0, 0, 0, 0, 0, 0, 0, 255], None)), [1.0, 0.0]);
        assert_eq!(pixels(encode(1, 1, GrayscaleAlpha, Eight, &[0, 127], None)), [g(128)]);
        assert_eq!(pixels(encode(1, 1, GrayscaleAlpha, Sixteen, &[0, 0, 255, 255], None)), [0.0]);
        assert_eq!(
            pixels(encode(3, 1, Indexed, Two, &[0b0001_1000], Some((&[9, 9, 9, 50, 50, 50, 0, 0, 0], &[255, 255, 0])))),
            [g(9), g(50), 1.0]
        );
    }

    #[test]
    fn damaged_files_are_errors() {
        let data: Vec<u8> = (0..=255).collect();
        let good = encode(16, 16, ColorType::Grayscale, BitDepth::Eight, &data, None);
        assert_eq!(read(&good).unwrap().pixels.len(), 256);
        for end in 0..good.len() {
            assert_eq!(read(&good[..end]).unwrap_err().code(), "E007", "{end}");
        }
        for (i, bit) in (0..good.len()).flat_map(|i| (0..8).map(move |bit| (i, bit))) {
            let mut bad = good.clone();
            bad[i] ^= 1 << bit;
            let _ = read(&bad);
        }
        let error = read(b"GIF89a and so on, not a PNG at all").unwrap_err().to_string();
        assert!(error.contains("convert other formats first"), "{error}");
        assert!(read(b"").is_err());
        assert!(read_png("/").is_err() && read_png("/nonexistent.png").is_err());
    }

    #[test]
    fn huge_sizes_are_refused_before_allocation() {
        let crc = |bytes: &[u8]| {
            !bytes.iter().fold(!0u32, |crc, byte| {
                (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { c >> 1 ^ 0xedb8_8320 } else { c >> 1 })
            })
        };
        for (w, h, interlace) in [(8192u32, 8192u32, 0), (u32::MAX >> 1, u32::MAX >> 1, 0), (5000, 5000, 1), (0, 3, 0)]
        {
            let mut bytes = encode(1, 1, ColorType::Grayscale, BitDepth::Eight, &[0], None);
            bytes[16..20].copy_from_slice(&w.to_be_bytes());
            bytes[20..24].copy_from_slice(&h.to_be_bytes());
            bytes[28] = interlace;
            let sum = crc(&bytes[12..29]);
            bytes[29..33].copy_from_slice(&sum.to_be_bytes());
            assert_eq!(read(&bytes).unwrap_err().code(), "E007");
        }
    }

    #[test]
    fn files_round_trip_and_folders_are_sorted() {
        let scratch = Scratch::new("image");
        assert_eq!(folder_of_pngs(&scratch.0).unwrap_err().code(), "E007");
        for name in ["b.png", "a.PNG", "c.jpg", "10.png"] {
            write_png_grey(scratch.0.join(name), 2, 1, &[0, 200]).unwrap();
        }
        std::fs::create_dir(scratch.0.join("d.png")).unwrap();
        let files = folder_of_pngs(&scratch.0).unwrap();
        let names: Vec<_> = files.iter().map(|file| file.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["10.png", "a.PNG", "b.png"]);
        assert_eq!(read_png(&files[0]).unwrap().pixels, [0.0, grey_level(200)]);
        write_png_rgb(scratch.0.join("e.png"), 1, 1, &[7, 7, 7]).unwrap();
        assert_eq!(read_png(scratch.0.join("e.png")).unwrap().pixels, [grey_level(7)]);
        assert_eq!(write_png_grey(scratch.0.join("f.png"), 2, 2, &[0; 3]).unwrap_err().code(), "E006");
        assert_eq!(write_png_grey(scratch.0.join("f.png"), 0, 2, &[]).unwrap_err().code(), "E006");
        assert_eq!(write_png_rgb(scratch.0.join("no/f.png"), 1, 1, &[0; 3]).unwrap_err().code(), "E008");
    }

    #[test]
    fn resize_averages_and_interpolates() {
        let image = GreyImage { width: 4, height: 2, pixels: vec![0.0, 1.0, 0.5, 0.5, 1.0, 0.0, 0.0, 0.0] };
        assert_eq!(image.resize(4, 2).unwrap(), image);
        assert_eq!(image.resize(2, 1).unwrap().pixels, [0.5, 0.25]);
        let third = image.resize(3, 2).unwrap();
        assert!((third.pixels[0] - 0.25).abs() < 1e-6, "{third:?}");
        let long = GreyImage { width: 1, height: 1 << 20, pixels: vec![0.5; 1 << 20] };
        assert_eq!(long.resize(1 << 20, 1).unwrap().pixels, vec![0.5; 1 << 20]);
        let wide = GreyImage { width: 2, height: 1, pixels: vec![0.0, 1.0] }.resize(4, 3).unwrap();
        assert_eq!(wide.pixels, [0.0, 0.25, 0.75, 1.0].repeat(3));
        assert_eq!(GreyImage { width: 1, height: 1, pixels: vec![0.3] }.resize(3, 3).unwrap().pixels, [0.3; 9]);
        let constant = GreyImage { width: 7, height: 5, pixels: vec![grey_level(77); 35] };
        assert!(constant.resize(3, 11).unwrap().pixels.iter().all(|pixel| *pixel == grey_level(77)));
        assert!(
            image.resize(0, 1).is_err()
                && image.resize(usize::MAX, 2).is_err()
                && image.resize(1 << 14, 1 << 13).is_err()
        );
        assert!(GreyImage { width: 2, height: 2, pixels: vec![0.0] }.resize(1, 1).is_err());
    }
}
