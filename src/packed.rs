//! Lattices of two-state spins as bits: the layout of the packed family. Twin of `shaders/lib/packed.wgsl`, which says how
//! a row is folded; here is where each site of each chain lies.

use crate::lattice::Lattice;
use crate::plan::Constants;

/// Bits of a block.
const BLOCK: u32 = 128;
/// Blocks of a panel, where a row is a whole number of panels: eight neighbours are two cache lines.
const PANEL: u32 = 8;

/// How the chains of one lattice lie in blocks of 128 bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedLattice {
    lattice: Lattice,
    /// The lattice's axes as y, z, t, and last the one that is folded.
    rows: Vec<usize>,
    fold_axis: usize,
    folds: u32,
    chains: u32,
}

impl PackedLattice {
    /// The layout, where there is one: all sides must be even.
    ///
    /// The axis that can be folded most is folded: its side must stay even when it is divided by the folds.
    pub fn new(lattice: &Lattice, chains: u32) -> Option<Self> {
        let sides = lattice.sides();
        // Bonds are counted in i32.
        let countable = u64::from(lattice.sites()) * (lattice.dimensions() as u64) < 1 << 31;
        if !countable || sides.iter().any(|side| side % 2 == 1) {
            return None;
        }
        let folds_of = |axis: usize| 1 << (sides[axis].trailing_zeros() - 1).min(BLOCK.trailing_zeros());
        let fold_axis = (0..sides.len()).max_by_key(|&axis| (folds_of(axis), axis))?;
        let rows = (0..sides.len()).rev().filter(|&axis| axis != fold_axis).collect();
        Some(Self { lattice: lattice.clone(), rows, fold_axis, folds: folds_of(fold_axis), chains })
    }

    /// Chains that share a block.
    pub fn chains_of_block(&self) -> u32 {
        BLOCK / self.folds
    }

    /// Blocks that hold one site of all chains.
    pub fn groups(&self) -> u32 {
        self.chains.div_ceil(self.chains_of_block())
    }

    /// Bits of one chain in one word.
    pub fn field_bits(&self) -> u32 {
        self.folds.min(32)
    }

    /// Columns of blocks in a row, of both colours.
    pub fn width(&self) -> u32 {
        self.lattice.sides()[self.fold_axis] / self.folds
    }

    /// Blocks of one colour in a row of one group.
    pub fn half_row(&self) -> u32 {
        self.width() / 2
    }

    /// Blocks of one colour and group that lie together before the next row's.
    fn panel(&self) -> u32 {
        if self.half_row().is_multiple_of(PANEL) { PANEL } else { self.half_row() }
    }

    /// The side along y, z or t (0, 1, 2), 1 where there is no such axis.
    pub fn side(&self, axis: usize) -> u32 {
        self.rows.get(axis).map_or(1, |&axis| self.lattice.sides()[axis])
    }

    /// Rows of the lattice.
    pub fn row_count(&self) -> u32 {
        (0..3).map(|axis| self.side(axis)).product()
    }

    /// Blocks of one colour and one group.
    pub fn sites_of_colour(&self) -> u32 {
        self.row_count() * self.half_row()
    }

    /// Blocks of all.
    pub fn blocks(&self) -> u32 {
        2 * self.sites_of_colour() * self.groups()
    }

    /// The number that the shaders give an axis of the lattice: 0 for the folded one, 1, 2, 3 for y, z, t.
    pub fn axis_number(&self, axis: usize) -> u32 {
        self.rows.iter().position(|&other| other == axis).map_or(0, |row| row as u32 + 1)
    }

    /// All bits of every other chain in a word, from the lowest on.
    pub fn even_fields(&self) -> u32 {
        let bits = self.field_bits();
        (0..32).filter(|bit| (bit / bits).is_multiple_of(2)).map(|bit| 1u32 << bit).sum()
    }

    /// The constants of `shaders/lib/packed.wgsl`.
    pub fn constants(&self) -> Constants {
        let field_bits = self.field_bits();
        let low = (0..32 / field_bits).map(|field| 1u32 << (field * field_bits)).sum::<u32>();
        let mut constants = Constants::default();
        constants.set("DIMENSIONS", self.lattice.dimensions() as u32).set("HALF_ROW", self.half_row());
        constants.set("PANEL", self.panel());
        constants.set("SIDE_Y", self.side(0)).set("SIDE_Z", self.side(1)).set("SIDE_T", self.side(2));
        constants.set("ROWS", self.row_count()).set("GROUPS", self.groups()).set("FOLDS", self.folds);
        constants.set("FIELD_BITS", field_bits).set("FIELD_LOW", low);
        constants
    }

    /// Row, column, and the parity of the row's coordinates.
    fn row_and_column(&self, site: u32) -> (u32, u32, u32) {
        let (sides, mut rest) = (self.lattice.sides(), site);
        let mut coordinates = [0; 4];
        for axis in (0..sides.len()).rev() {
            coordinates[axis] = rest % sides[axis];
            rest /= sides[axis];
        }
        let (mut row, mut stride, mut parity) = (0, 1, 0);
        for &axis in &self.rows {
            row += coordinates[axis] * stride;
            stride *= sides[axis];
            parity ^= coordinates[axis] & 1;
        }
        (row, coordinates[self.fold_axis], parity)
    }

    /// Where a site lies: its block among those of one group, both colours, and the fold.
    pub fn block_of(&self, site: u32) -> (u32, u32) {
        let (row, x, parity) = self.row_and_column(site);
        let (column, fold) = (x % self.width(), x / self.width());
        let colour = (column ^ parity) & 1;
        let (panel, place) = ((column / 2) / self.panel(), (column / 2) % self.panel());
        let panels = self.half_row() / self.panel();
        (((colour * panels + panel) * self.row_count() + row) * self.panel() + place, fold)
    }

    /// Word and bit of a fold of one of a block's chains. Twin of `mask_of_fold`.
    pub fn bit_of(&self, slot: u32, fold: u32) -> (u32, u32) {
        let words = (self.folds / 32).max(1);
        if words > 1 {
            (slot * words + fold % words, fold / words)
        } else {
            let place = slot * self.folds + fold;
            (place / 32, place % 32)
        }
    }

    /// The spins of one chain, ±1, in the lattice's order, from the blocks' words.
    pub fn spins<'a>(&'a self, words: &'a [u32], chain: u32) -> impl Iterator<Item = i8> + 'a {
        let groups = self.groups() as usize;
        let (group, slot) = ((chain / self.chains_of_block()) as usize, chain % self.chains_of_block());
        (0..self.lattice.sites()).map(move |site| {
            let (block, fold) = self.block_of(site);
            let (word, bit) = self.bit_of(slot, fold);
            let bits = words.get(4 * (block as usize * groups + group) + word as usize).copied().unwrap_or_default();
            if bits >> bit & 1 == 1 { 1 } else { -1 }
        })
    }

    /// The signs of bonds as `shaders/lib/packed_signed.wgsl` reads them, one copy where all chains share a sample:
    /// `negative(chain, site, axis)` says whether the bond ahead of a site is negative.
    pub fn bond_signs(&self, shared: bool, negative: impl Fn(u32, u32, usize) -> bool) -> Vec<u32> {
        let groups = if shared { 1 } else { self.groups() };
        let blocks = 2 * self.sites_of_colour();
        let mut words = vec![0u32; 4 * (2 * self.lattice.dimensions() * blocks as usize * groups as usize)];
        for site in 0..self.lattice.sites() {
            let (block, fold) = self.block_of(site);
            let (_, x, _) = self.row_and_column(site);
            for axis in 0..self.lattice.dimensions() {
                for (ahead, from) in [(false, self.lattice.behind(site, axis)), (true, site)] {
                    // Along the row, the bond ahead is that of `centre` (0) for even columns, and of `side` (1) for odd ones.
                    let number = self.axis_number(axis);
                    let even = (x % self.width()).is_multiple_of(2);
                    let direction = if number == 0 { u32::from(ahead != even) } else { 2 * number + u32::from(ahead) };
                    for group in 0..groups {
                        for slot in 0..self.chains_of_block() {
                            let chain = group * self.chains_of_block() + slot;
                            if negative(chain, from, axis) {
                                let (word, bit) = self.bit_of(slot, fold);
                                let at = (direction * blocks + block) * groups + group;
                                words[4 * at as usize + word as usize] |= 1 << bit;
                            }
                        }
                    }
                }
            }
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_site_of_every_chain_has_a_bit_of_its_own() {
        for (sides, chains) in [
            (&[256][..], 2),
            (&[2], 200),
            (&[64, 10], 3),
            (&[10, 64], 5),
            (&[4, 4, 6], 70),
            (&[2, 4, 2, 8], 33),
            (&[2, 4096], 1),
        ] {
            let lattice = Lattice::new(sides).unwrap();
            let packed = PackedLattice::new(&lattice, chains).unwrap();
            let mut seen = std::collections::HashSet::new();
            for site in 0..lattice.sites() {
                let (block, fold) = packed.block_of(site);
                assert!(block < 2 * packed.sites_of_colour() && fold < packed.folds);
                assert_eq!(block / packed.sites_of_colour(), lattice.colour(site));
                for slot in 0..packed.chains_of_block() {
                    let (word, bit) = packed.bit_of(slot, fold);
                    assert!(word < 4 && bit < 32 && seen.insert((block, word, bit)), "{sides:?}");
                }
            }
            assert_eq!(seen.len() as u32, 2 * packed.sites_of_colour() * BLOCK, "{sides:?}: bits without a site");
        }
    }

    #[test]
    fn odd_sides_have_no_layout() {
        assert!(PackedLattice::new(&Lattice::new(&[4, 5]).unwrap(), 1).is_none());
    }
}
