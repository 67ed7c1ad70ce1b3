//! Rasters on coarser lattices.

use super::Raster;
use crate::error::{Error, Result};

/// What becomes of a block of neurons and ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Coarsening {
    /// Its first neuron at its first tick: the others are summed over. Of a chain in time (one neuron, couplings over one tick,
    /// magnetic) the result is such a chain again, with tanh K′ = tanhᵇ K.
    #[default]
    Decimate,
    /// Whether anything fires in it: wider bins.
    Or,
    /// Whether more than half of its sites fire.
    Majority,
}

impl Coarsening {
    /// `decimate`, `or` or `majority`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Decimate => "decimate",
            Self::Or => "or",
            Self::Majority => "majority",
        }
    }
}

/// A raster on a coarser lattice: blocks of `space` neurons × `time` ticks become a site each. Neurons and ticks at the end
/// that fill no block are left out.
///
/// # Errors
/// [`Error::Input`] for blocks of nothing, or larger than the raster.
pub fn coarsen(raster: &Raster, space: usize, time: usize, coarsening: Coarsening) -> Result<Raster> {
    for (what, block, all) in [("neurons", space, raster.neurons()), ("ticks", time, raster.ticks())] {
        if block == 0 || block > all {
            let wanted = format!("1 to {all}, as many as the raster has");
            return Err(Error::input(format!("{what} of a block"), wanted, block, "1 leaves this side as it is"));
        }
    }
    let mut coarse = Raster::new(raster.trials(), raster.neurons() / space, raster.ticks() / time)?;
    for trial in 0..coarse.trials() {
        for neuron in 0..coarse.neurons() {
            for tick in 0..coarse.ticks() {
                let (i, a) = (neuron * space, tick * time);
                let sites = || (i..i + space).flat_map(|i| (a..a + time).map(move |a| (i, a)));
                let fires = match coarsening {
                    Coarsening::Decimate => raster.fires(trial, i, a),
                    Coarsening::Or => sites().any(|(i, a)| raster.fires(trial, i, a)),
                    Coarsening::Majority => {
                        2 * sites().filter(|&(i, a)| raster.fires(trial, i, a)).count() > space * time
                    }
                };
                if fires {
                    coarse.set(trial, neuron, tick, true);
                }
            }
        }
    }
    Ok(coarse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_become_sites() {
        let values = [
            1, 0, 0, 0, 1, 1, 0, //
            0, 0, 1, 0, 1, 0, 0, //
            0, 1, 0, 0, 0, 0, 1,
        ];
        let raster = Raster::from_values(&values, 1, 3, 7).unwrap();
        let of = |space, time, kind| coarsen(&raster, space, time, kind).unwrap().values();
        assert_eq!(of(1, 1, Coarsening::Majority), values);
        assert_eq!(of(2, 2, Coarsening::Decimate), [1, 0, 1]);
        assert_eq!(of(2, 2, Coarsening::Or), [1, 1, 1]);
        assert_eq!(of(2, 2, Coarsening::Majority), [0, 0, 1]);
        assert_eq!(of(1, 3, Coarsening::Or), [1, 1, 1, 1, 1, 0]);
        assert_eq!(of(3, 7, Coarsening::Or), [1]);
        for (space, time) in [(0, 1), (1, 0), (4, 1), (1, 8)] {
            assert!(coarsen(&raster, space, time, Coarsening::Or).is_err());
        }
    }
}
