//! General machines in files.

use super::GeneralMachine;
use crate::couplings::Couplings;
use crate::error::{Error, Result};
use crate::io::safetensors::{Tensor, Tensors};
use std::path::Path;

/// What the metadata of a general machine's file call the number of its visible units.
const VISIBLE: &str = "visible";

impl GeneralMachine {
    /// Writes a `.safetensors` file: `J` (N × N) and `h` (N) in single precision, with the number of visible units, which come
    /// first, as `visible` in the metadata.
    ///
    /// # Errors
    /// [`Error::Output`] with the system's reason.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let units = self.units();
        let mut file = Tensors::default();
        let couplings = Tensor { shape: vec![units, units], values: self.couplings().values().to_vec() };
        file.tensors.insert("J".into(), couplings);
        file.tensors.insert("h".into(), Tensor { shape: vec![units], values: self.biases().to_vec() });
        file.metadata.insert(VISIBLE.into(), self.visible().to_string());
        file.write(path)
    }

    /// Reads such a file; all units are visible where the metadata do not say otherwise.
    ///
    /// # Errors
    /// [`Error::File`] for a file that is damaged, lacks a tensor, or holds what makes no machine.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let mut file = Tensors::read(path)?;
        let hint = "a general machine has the tensors J (units x units) and h (biases)";
        let (Some(couplings), Some(biases)) = (file.tensors.remove("J"), file.tensors.remove("h")) else {
            let names = file.tensors.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            return Err(Error::file(path, format!("not both of `J` and `h`, besides {names}"), hint));
        };
        let units = biases.values.len();
        if couplings.shape != [units, units] {
            let problem = format!("J of shape {:?}, where h has {units} values", couplings.shape);
            return Err(Error::file(path, problem, hint));
        }
        let visible = match file.metadata.get(VISIBLE) {
            Some(text) => text
                .parse()
                .map_err(|_| Error::file(path, format!("`{text}` visible units"), "correct the metadata"))?,
            None => units,
        };
        Couplings::new(units, couplings.values)
            .and_then(|couplings| Self::new(visible, couplings, biases.values))
            .map_err(|error| Error::file(path, error, "save a machine with symmetric couplings that are numbers"))
    }

    /// Whether a file holds a general machine rather than a restricted one.
    ///
    /// # Errors
    /// [`Error::File`] for a file that cannot be read.
    pub fn is_in(path: impl AsRef<Path>) -> Result<bool> {
        Ok(Tensors::read(path)?.tensors.contains_key("J"))
    }
}
