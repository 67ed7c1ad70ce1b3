//! Machines in files.

use super::{Layer, RestrictedMachine, Units};
use crate::error::{Error, Result};
use crate::io::safetensors::{Tensor, Tensors};
use std::path::Path;

impl RestrictedMachine {
    /// Writes a `.safetensors` file: `W` (visible × hidden), `a` (visible biases) and `b` (hidden biases) in single precision, with
    /// the types of the units in the metadata.
    ///
    /// # Errors
    /// [`Error::Output`] with the system's reason.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let [visible, hidden] = [Layer::Visible, Layer::Hidden].map(|layer| self.size(layer));
        let mut file = Tensors::default();
        let tensors = [
            ("W", vec![visible, hidden], self.weights()),
            ("a", vec![visible], self.biases(Layer::Visible)),
            ("b", vec![hidden], self.biases(Layer::Hidden)),
        ];
        for (name, shape, values) in tensors {
            file.tensors.insert(name.into(), Tensor { shape, values: values.to_vec() });
        }
        for (name, layer) in [("visible_units", Layer::Visible), ("hidden_units", Layer::Hidden)] {
            file.metadata.insert(name.into(), self.units(layer).to_string());
        }
        file.write(path)
    }

    /// Reads such a file, of this library or of another: units are 0 and 1 where the metadata do not say otherwise.
    ///
    /// # Errors
    /// [`Error::File`] for a file that is damaged, lacks a tensor or holds shapes that do not fit each other or numbers that
    /// are not finite.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let mut file = Tensors::read(path)?;
        let hint = "a machine has the tensors W (visible x hidden), a (visible biases) and b (hidden biases)";
        let mut take = |name: &str| {
            let names = file.tensors.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            file.tensors
                .remove(name)
                .ok_or_else(|| Error::file(path, format!("no tensor `{name}` among {names}"), hint))
        };
        let (weights, visible, hidden) = (take("W")?, take("a")?, take("b")?);
        let (rows, columns) = (visible.values.len(), hidden.values.len());
        if weights.shape != [rows, columns] {
            let turned = weights.shape == [columns, rows];
            let hint = if turned { "W is hidden x visible here: save its transpose" } else { hint };
            let problem = format!("W of shape {:?}, where a and b have {rows} and {columns} values", weights.shape);
            return Err(Error::file(path, problem, hint));
        }
        let units = |name: &str| match file.metadata.get(name) {
            Some(text) => text.parse::<Units>().map_err(|error| Error::file(path, error, "correct the metadata")),
            None => Ok(Units::Bernoulli),
        };
        let (of_visible, of_hidden) = (units("visible_units")?, units("hidden_units")?);
        Self::new(of_visible, of_hidden, weights.values, visible.values, hidden.values)
            .map_err(|error| Error::file(path, error, "save a machine whose weights are numbers"))
    }
}
