//! Patterns from files, arrays or the generator.

use super::session::Parameters;
use super::values::picture_size;
use anyhow::Result;
use clap::Args;
use serde_json::json;
use spinfield::io::array::{SampleValues, array_keys, read_array};
use spinfield::io::image::{folder_of_pngs, read_png};
use spinfield::io::threshold::{Threshold, binarise, binarise_grey};
use spinfield::random::{Purpose, Stream};
use spinfield::{Error, Patterns};
use std::path::{Path, PathBuf};

/// Patterns with what is known about them.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The patterns.
    pub patterns: Patterns,
    /// Where they are blank (+1), if they may be.
    pub blanks: Option<Patterns>,
    /// Width and height, of pictures.
    pub sides: Option<(usize, usize)>,
    /// What each is called.
    pub names: Vec<String>,
}

/// Options of files of patterns.
#[derive(Debug, Clone, Args)]
pub struct FileArgs {
    /// Array of a .npz (of --cue as well, where that has one of this name)
    #[arg(long, help_heading = "Patterns")]
    pub key: Option<String>,
    /// Bring pictures to this size
    #[arg(long, value_name = "WxH", help_heading = "Patterns")]
    pub resize: Option<String>,
    /// Store only the first K patterns
    #[arg(long, value_name = "K", help_heading = "Patterns")]
    pub take: Option<usize>,
    /// Where grey is cut; a pixel strictly above is +1. `mean` is each picture's own
    #[arg(long, value_name = "mean|otsu|0..255", default_value = "mean", help_heading = "Patterns")]
    pub threshold: String,
}

impl FileArgs {
    /// How files become patterns.
    pub fn reading(&self) -> Result<Reading, Error> {
        let resize = self.resize.as_deref().map(picture_size).transpose()?;
        Ok(Reading { key: self.key.clone(), resize, threshold: self.threshold.parse()? })
    }

    /// For the record, with the number of patterns that were taken.
    pub fn parameters(&self, taken: Option<usize>) -> Parameters {
        vec![
            ("key", json!(self.key)),
            ("resize", json!(self.resize)),
            ("take", json!(taken)),
            ("threshold", json!(self.threshold)),
        ]
    }
}

/// How files become patterns.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The array of a `.npz`.
    pub key: Option<String>,
    /// Pictures are brought to this size.
    pub resize: Option<(usize, usize)>,
    /// Where grey is cut.
    pub threshold: Threshold,
}

impl Reading {
    /// The same for a cue: the key is that of an archive which has it, and only pictures are resized.
    pub fn for_cue(&self, path: &Path) -> Self {
        let has = |key: &String| array_keys(path).is_ok_and(|keys| keys.contains(key));
        let key = self.key.clone().filter(has);
        Self { key, resize: self.resize.filter(|_| is_picture(path)), ..self.clone() }
    }

    /// Pictures, folders of pictures, or one array; only the first `take` patterns.
    pub fn read(&self, paths: &[PathBuf], take: Option<usize>) -> Result<Loaded> {
        if paths.iter().all(|path| is_picture(path)) {
            return self.read_pictures(paths, take);
        }
        match paths {
            [array] => self.read_array(array, take),
            _ => {
                let hint = "pass folders and .png files, or a single .npy or .npz";
                let got = format!("{} paths, not all of them pictures", paths.len());
                Err(Error::input("--patterns", "pictures, or one array", got, hint).into())
            }
        }
    }

    fn read_pictures(&self, paths: &[PathBuf], take: Option<usize>) -> Result<Loaded> {
        if let Some(key) = &self.key {
            return Err(Error::input("--key", "a .npz file", format!("`{key}` for pictures"), "leave it out").into());
        }
        let mut files = files_of(paths)?;
        files.truncate(taken(take, files.len())?);
        let (mut rows, mut names) = (Vec::new(), Vec::new());
        let mut sides = None;
        for file in &files {
            let mut picture = read_png(file)?;
            if let Some((width, height)) = self.resize {
                picture = picture.resize(width, height)?;
            }
            let (width, height) = *sides.get_or_insert((picture.width, picture.height));
            if (picture.width, picture.height) != (width, height) {
                let problem = format!(
                    "a picture of {}x{}, where `{}` has {width}x{height}",
                    picture.width,
                    picture.height,
                    files[0].display()
                );
                let hint =
                    format!("all must have one size: bring them to it, for example with --resize {width}x{height}");
                return Err(Error::file(file, problem, hint).into());
            }
            rows.push(binarise(&picture, self.threshold));
            names.push(file.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned()));
        }
        let neurons = rows.first().map_or(0, Vec::len);
        Ok(Loaded { patterns: Patterns::from_signs(neurons, &rows)?, blanks: None, sides, names })
    }

    fn read_array(&self, path: &Path, take: Option<usize>) -> Result<Loaded> {
        let samples = read_array(path, self.key.as_deref())?.into_patterns_or_grey()?;
        let (count, neurons) = (taken(take, samples.count)?, samples.neurons);
        if let Some((width, height)) = self.resize {
            let got = format!("{width}x{height} for an array");
            return Err(Error::input("--resize", "pictures (.png)", got, "resize the array before saving it").into());
        }
        let rows: Vec<Vec<i8>> = match samples.values {
            SampleValues::Binary(signs) => signs.chunks_exact(neurons).take(count).map(<[i8]>::to_vec).collect(),
            SampleValues::Grey(pixels) => {
                let rows = pixels.chunks_exact(neurons).take(count);
                rows.map(|row| binarise_grey(row, self.threshold)).collect()
            }
        };
        let sides = samples.sides.map(|(height, width)| (width, height));
        Ok(Loaded { patterns: Patterns::from_signs(neurons, &rows)?, blanks: None, sides, names: numbered(count) })
    }
}

/// Pictures and folders of pictures as rows of grey values, with their common width and height.
pub fn read_pictures_as_grey(paths: &[PathBuf]) -> Result<((usize, usize), Vec<Vec<f32>>)> {
    let files = files_of(paths)?;
    let mut rows = Vec::new();
    let mut sides = None;
    for file in &files {
        let picture = read_png(file)?;
        let (width, height) = *sides.get_or_insert((picture.width, picture.height));
        if (picture.width, picture.height) != (width, height) {
            let (x, y, first) = (picture.width, picture.height, files[0].display());
            let problem = format!("a picture of {x}x{y}, where `{first}` has {width}x{height}");
            return Err(Error::file(file, problem, "all must have one size").into());
        }
        rows.push(picture.pixels);
    }
    Ok((sides.unwrap_or((1, 1)), rows))
}

/// The files themselves, and those of folders.
fn files_of(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        match path.is_dir() {
            true => files.extend(folder_of_pngs(path)?),
            false => files.push(path.clone()),
        }
    }
    Ok(files)
}

/// Whether a path stands for pictures.
pub fn is_picture(path: &Path) -> bool {
    path.is_dir() || path.extension().is_some_and(|end| end.eq_ignore_ascii_case("png"))
}

/// `count` random patterns, or the first `take` of them, biased or not.
pub fn random(
    count: &str,
    (neurons, take): (Option<usize>, Option<usize>),
    bias: Option<f64>,
    seed: u64,
) -> Result<Loaded> {
    let count: usize = count.parse().ok().filter(|&count| count > 0).ok_or_else(|| {
        Error::input("--patterns random:COUNT", "a number of patterns >= 1", count, "for example random:100")
    })?;
    let neurons = neurons.filter(|&neurons| neurons > 0).ok_or_else(|| {
        let got = neurons.map_or("no number".to_string(), |neurons| neurons.to_string());
        Error::input("--neurons", "at least 1 with random patterns", got, "for example --neurons 1000")
    })?;
    let count = taken(take, count)?;
    // The network itself is limited to this; larger ones would only take long to draw.
    let (need, have) = ((count as u64).saturating_mul(neurons as u64), (1 << 31) - 1);
    if need > have {
        let hint = "store fewer patterns".into();
        return Err(Error::Limit { what: "patterns x neurons".into(), need, have, hint }.into());
    }
    let mut stream = Stream::new(seed, Purpose::Patterns, 0);
    let patterns = match bias {
        Some(bias) => Patterns::biased(count, neurons, bias, &mut stream)?,
        None => Patterns::random(count, neurons, &mut stream)?,
    };
    Ok(Loaded { patterns, blanks: None, sides: None, names: numbered(count) })
}

impl Loaded {
    /// Leaves each neuron of a pattern blank with this probability.
    pub fn blank_out(&mut self, probability: Option<f64>, seed: u64) -> Result<(), Error> {
        let mut stream = Stream::new(seed, Purpose::Blank, 0);
        let (count, neurons) = (self.patterns.count(), self.patterns.neurons());
        let blank = |probability: f64| Patterns::biased(count, neurons, 2.0 * probability - 1.0, &mut stream);
        self.blanks = probability.map(blank).transpose()?;
        Ok(())
    }
}

fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("pattern {number}")).collect()
}

fn taken(take: Option<usize>, count: usize) -> Result<usize, Error> {
    match take {
        Some(take) if take == 0 || take > count => {
            Err(Error::input("--take", format!("1 to {count}"), take, "take no more patterns than there are"))
        }
        Some(take) => Ok(take),
        None => Ok(count),
    }
}
