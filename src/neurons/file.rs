//! Couplings in files.

use super::{Convention, NeuralField, Reading};
use crate::error::{Error, Result};
use crate::io::array::{array_keys, read_array, read_text};
use crate::io::npz::NpzWriter;
use std::path::Path;

impl NeuralField {
    /// Writes a `.npz`: `space_coupling` J (N × N), `time_coupling` K (lags × N), `input` h (N, or N × T), and the texts
    /// `convention` (`gas` or `magnetic`) and `reading` (`equilibrium` or `causal`).
    ///
    /// # Errors
    /// [`Error::Output`] with the system's reason.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let n = self.neurons();
        let input_shape = self.input_ticks().map_or(vec![n], |ticks| vec![n, ticks]);
        let mut file = NpzWriter::create(path)?;
        file.add_f64("space_coupling", &[n, n], self.space())?;
        file.add_f64("time_coupling", &[self.lags(), n], self.time())?;
        file.add_f64("input", &input_shape, self.input())?;
        file.add_text("convention", self.convention().name())?;
        file.add_text("reading", self.reading().name())?;
        file.finish()
    }

    /// Reads such a file, of this program or of numpy. Without `time_coupling` or `input` there are none; without `convention`
    /// it is the gas, without `reading` the equilibrium.
    ///
    /// # Errors
    /// [`Error::File`] for a file that is damaged, lacks `space_coupling`, or holds shapes that do not fit each other, other
    /// words than these, or what [`NeuralField`] refuses.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let keys = array_keys(path)?;
        let numbers = |key: &str| {
            let array = read_array(path, Some(key))?;
            Ok((array.shape.clone(), array.to_finite()?))
        };
        let optional = |key: &str| keys.iter().any(|k| k == key).then(|| numbers(key)).transpose();
        let word = |key: &str| keys.iter().any(|k| k == key).then(|| read_text(path, key)).transpose();
        let convention = match word("convention")?.as_deref() {
            None | Some("gas") => Convention::Gas,
            Some("magnetic") => Convention::Magnetic,
            Some(other) => return Err(unknown(path, "convention", other, "`gas` (0 and 1) or `magnetic` (-1 and 1)")),
        };
        let reading = match word("reading")?.as_deref() {
            None | Some("equilibrium") => Reading::Equilibrium,
            Some("causal") => Reading::Causal,
            Some(other) => return Err(unknown(path, "reading", other, "`equilibrium` or `causal`")),
        };
        let (shape, space) = numbers("space_coupling")?;
        let [neurons, others] = shape[..] else { return Err(misshapen(path, "space_coupling", &shape, "N x N")) };
        if neurons != others {
            return Err(misshapen(path, "space_coupling", &shape, "N x N"));
        }
        let build = || {
            let mut field = Self::new(neurons, convention)?;
            if reading == Reading::Causal {
                field = field.causal();
            }
            field.with_space(space)
        };
        let refused = |error: Error| Error::file(path, error, "mend the couplings");
        let mut field = build().map_err(refused)?;
        if let Some((shape, time)) = optional("time_coupling")? {
            match shape[..] {
                [lags, width] if width == neurons => field = field.with_time(lags, time).map_err(refused)?,
                _ => return Err(misshapen(path, "time_coupling", &shape, &format!("lags x {neurons}"))),
            }
        }
        if let Some((shape, input)) = optional("input")? {
            if shape.first() != Some(&neurons) || shape.len() > 2 {
                return Err(misshapen(path, "input", &shape, &format!("{neurons}, or {neurons} x ticks")));
            }
            field = field.with_input(input).map_err(refused)?;
        }
        Ok(field)
    }
}

fn misshapen(path: &Path, key: &str, shape: &[usize], wanted: &str) -> Error {
    let hint = "couplings.npz holds space_coupling (N x N), time_coupling (lags x N) and input (N, or N x T)";
    Error::file(path, format!("array `{key}` has shape {shape:?}, not {wanted}"), hint)
}

fn unknown(path: &Path, key: &str, got: &str, wanted: &str) -> Error {
    Error::file(path, format!("`{key}` is {got:?}"), format!("write {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::output::Scratch;

    #[test]
    fn couplings_survive_a_file() {
        let scratch = Scratch::new("couplings");
        let path = scratch.0.join("couplings.npz");
        let gas = NeuralField::new(2, Convention::Gas).unwrap().with_space(vec![0.0, 0.5, 0.5, 0.0]).unwrap();
        let timed = gas.clone().with_time(3, vec![0.1, 0.2, 0.3, 0.4, 0.5, 0.6]).unwrap();
        let driven = timed.clone().with_input(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        let causal = NeuralField::new(2, Convention::Magnetic).unwrap().causal();
        let causal = causal.with_space(vec![0.0, -0.5, 0.25, 0.0]).unwrap();
        for field in [gas, timed, driven, causal] {
            field.save(&path).unwrap();
            assert_eq!(NeuralField::load(&path).unwrap(), field);
        }
    }

    #[test]
    fn bad_files_are_refused() {
        let scratch = Scratch::new("couplings-bad");
        let path = scratch.0.join("couplings.npz");
        let refusal = |write: &dyn Fn(&mut NpzWriter) -> Result<()>| {
            let mut file = NpzWriter::create(&path).unwrap();
            write(&mut file).unwrap();
            file.finish().unwrap();
            NeuralField::load(&path).unwrap_err().to_string()
        };
        let square = |file: &mut NpzWriter| file.add_f64("space_coupling", &[2, 2], &[0.0, 1.0, 1.0, 0.0]);
        assert!(refusal(&|file| file.add_f64("input", &[1], &[0.0])).contains("no array `space_coupling`"));
        assert!(refusal(&|file| file.add_f64("space_coupling", &[1, 2], &[0.0; 2])).contains("not N x N"));
        assert!(refusal(&|file| file.add_f64("space_coupling", &[1, 1], &[f64::NAN])).contains("1 NaN"));
        assert!(refusal(&|file| file.add_f64("space_coupling", &[2, 2], &[0.0, 1.0, 2.0, 0.0])).contains("J[1, 0]"));
        let with = |name: &'static str, shape: &'static [usize], values: &'static [f64]| {
            refusal(&|file| square(file).and_then(|()| file.add_f64(name, shape, values)))
        };
        assert!(with("time_coupling", &[2], &[0.0; 2]).contains("not lags x 2"));
        assert!(with("input", &[3], &[0.0; 3]).contains("not 2, or 2 x ticks"));
        assert!(with("convention", &[], &[0.0]).contains("where a text is expected"));
        let word = |key: &str| refusal(&|file| square(file).and_then(|()| file.add_text(key, "quantum")));
        assert!(word("convention").contains("`gas`") && word("reading").contains("`causal`"));
    }
}
