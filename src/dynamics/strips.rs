//! Strips of rows, which kernels go down with the rows beside them in registers.

use crate::model::{Build, Local};

/// Rows of a strip: more of them were not faster.
const LONGEST_STRIP: u32 = 16;

/// How a lattice is cut into the strips that one invocation goes down, some quads of sites wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Strips {
    /// Quads beside each other in one invocation.
    pub block: u32,
    /// Rows, which divide the side.
    pub rows: u32,
    /// Strips of one chain.
    pub lanes: u32,
}

impl Strips {
    /// The strips of a clean model in two dimensions and more whose last side is a multiple of four; others go site by
    /// site. At most `widest` (1 or 2) quads beside each other.
    pub fn new<M: Local>(build: &Build<'_, M>, widest: u32) -> Option<Self> {
        let lattice = build.lattice();
        let quads = lattice.quads()?;
        let &[.., side, _] = lattice.sides() else { return None };
        if build.models.iter().any(|model| model.disorder().is_some()) {
            return None;
        }
        let of_chain = lattice.sites() / 4;
        Some(Self::cut([side, quads], of_chain, build.chains(), (widest, build.parallelism)))
    }

    /// Blocks as wide, then strips as long as keeps so many invocations busy.
    fn cut([side, quads]: [u32; 2], of_chain: u32, chains: u32, (widest, parallelism): (u32, u32)) -> Self {
        let busy = |share: u32| u64::from(of_chain / share) * u64::from(chains) >= u64::from(parallelism);
        let block = if widest > 1 && quads % 2 == 0 && busy(2) { 2 } else { 1 };
        let fits = |&rows: &u32| side % rows == 0 && busy(block * rows);
        let rows = (1..=LONGEST_STRIP.min(side)).rev().find(fits).unwrap_or(1);
        Self { block, rows, lanes: of_chain / (block * rows) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_cover_the_lattice_and_keep_the_device_busy() {
        for (side, quads, planes, chains) in
            [(256, 64, 1, 1), (256, 64, 1, 16), (8, 2, 1, 1), (7, 3, 5, 2), (257, 1, 1, 9)]
        {
            for parallelism in [1, 512, 1 << 17] {
                let of_chain = side * quads * planes;
                let Strips { block, rows, lanes } = Strips::cut([side, quads], of_chain, chains, (2, parallelism));
                assert_eq!(lanes * block * rows, of_chain);
                assert!(quads % block == 0 && side % rows == 0 && rows <= LONGEST_STRIP);
                assert!(block * rows == 1 || lanes * chains >= parallelism);
            }
        }
        assert_eq!(Strips::cut([256, 64], 256 * 64, 1, (2, 512)), Strips { block: 2, rows: 16, lanes: 512 });
        assert_eq!(Strips::cut([256, 64], 256 * 64, 1, (1, 512)), Strips { block: 1, rows: 16, lanes: 1024 });
    }
}
