//! Periodic lattices of one to four dimensions, and their colouring.

use crate::error::{Error, Result};
use crate::plan::{Constants, Plan};
use glam::UVec4;

/// A periodic hypercubic lattice of one to four dimensions with sides of at least 2.
///
/// Sites are numbered row by row, the last axis fastest, so that a configuration is an array of the lattice's shape in C
/// order. Every site has one bond ahead in each direction: a side of 2 therefore has two bonds between the same two
/// sites, and both count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lattice {
    sides: Vec<u32>,
}

impl Lattice {
    /// A lattice with these sides.
    ///
    /// # Errors
    /// [`Error::Input`] unless there are one to four sides, each at least 2, and fewer than 2³⁰ sites.
    ///
    /// ```
    /// # use spinfield::Lattice;
    /// assert_eq!(Lattice::new(&[4, 6])?.sites(), 24);
    /// assert!(Lattice::new(&[4, 1]).is_err());
    /// # Ok::<(), spinfield::Error>(())
    /// ```
    pub fn new(sides: &[u32]) -> Result<Self> {
        if sides.is_empty() || sides.len() > 4 {
            return Err(Error::input("lattice", "1 to 4 sides", sides.len(), "give sides such as 64x64"));
        }
        if let Some(side) = sides.iter().find(|&&side| side < 2) {
            let hint = "leave the dimension out instead of giving it one site";
            return Err(Error::input("side of the lattice", "at least 2", side, hint));
        }
        let sites = sides.iter().try_fold(1u64, |product, &side| product.checked_mul(u64::from(side)));
        match sites {
            Some(sites) if sites < 1 << 30 => Ok(Self { sides: sides.to_vec() }),
            _ => Err(Error::input("lattice", "fewer than 2^30 sites", format!("{sides:?}"), "use smaller sides")),
        }
    }

    /// A square lattice of `length` × `length` sites.
    ///
    /// # Errors
    /// As [`Lattice::new`].
    pub fn square(length: u32) -> Result<Self> {
        Self::new(&[length, length])
    }

    /// The sides, slowest axis first.
    pub fn sides(&self) -> &[u32] {
        &self.sides
    }

    /// Number of dimensions, 1 to 4.
    pub fn dimensions(&self) -> usize {
        self.sides.len()
    }

    /// Number of sites.
    pub fn sites(&self) -> u32 {
        self.sides.iter().product()
    }

    /// Groups of four sites in a row along the last axis, where they fill it.
    pub(crate) fn quads(&self) -> Option<u32> {
        self.sides.last().filter(|&&side| side % 4 == 0).map(|side| side / 4)
    }

    /// Distance in site numbers between neighbours along each axis.
    pub fn strides(&self) -> Vec<u32> {
        let mut strides = vec![1; self.sides.len()];
        for axis in (1..self.sides.len()).rev() {
            strides[axis - 1] = strides[axis] * self.sides[axis];
        }
        strides
    }

    /// The neighbour ahead of a site along an axis. Twin of `ahead` in `shaders/lib/lattice.wgsl`.
    pub fn ahead(&self, site: u32, axis: usize) -> u32 {
        let (side, stride) = (self.sides[axis], self.strides()[axis]);
        if (site / stride) % side + 1 == side { site - stride * (side - 1) } else { site + stride }
    }

    /// The neighbour behind a site along an axis. Twin of `behind`.
    pub fn behind(&self, site: u32, axis: usize) -> u32 {
        let (side, stride) = (self.sides[axis], self.strides()[axis]);
        if (site / stride).is_multiple_of(side) { site + stride * (side - 1) } else { site - stride }
    }

    /// Number of colours: 2 where all sides are even, else 3.
    pub fn colours(&self) -> u32 {
        if self.sides.iter().all(|side| side % 2 == 0) { 2 } else { 3 }
    }

    /// A site's colour; neighbours differ.
    ///
    /// Along an even side colours alternate 0 1 0 1 …; along an odd one the last site takes 2, so that neighbours
    /// differ by 1 or 2. The sum over axes modulo the number of colours then differs between neighbours as well.
    pub fn colour(&self, site: u32) -> u32 {
        // From the fastest axis on, so that no strides are needed: this is asked for every site.
        let mut rest = site;
        let mut sum = 0;
        for &side in self.sides.iter().rev() {
            let x = rest % side;
            rest /= side;
            sum += if side % 2 == 1 && x + 1 == side { 2 } else { x % 2 };
        }
        sum % self.colours()
    }

    /// All sites, colour after colour, and where each colour begins and ends.
    pub fn coloured_sites(&self) -> (Vec<u32>, Vec<std::ops::Range<u32>>) {
        let mut classes = vec![Vec::new(); self.colours() as usize];
        for site in 0..self.sites() {
            classes[self.colour(site) as usize].push(site);
        }
        let mut ranges = Vec::new();
        let mut start = 0;
        for class in &classes {
            let end = start + class.len() as u32;
            ranges.push(start..end);
            start = end;
        }
        (classes.concat(), ranges)
    }

    /// The constants of `shaders/lib/lattice.wgsl`.
    pub(crate) fn constants(&self) -> Constants {
        let (mut sides, mut strides) = (UVec4::ONE, UVec4::ONE);
        for (axis, (&side, stride)) in self.sides.iter().zip(self.strides()).enumerate() {
            sides[axis] = side;
            strides[axis] = stride;
        }
        let mut constants = Constants::default();
        constants.set("SITES", self.sites()).set("DIMENSIONS", self.dimensions() as u32);
        constants.set("TWO_COLOURS", u8::from(self.colours() == 2)).set("QUADS", self.quads().unwrap_or(1));
        for (axis, name) in ["SIDE_0", "SIDE_1", "SIDE_2", "SIDE_3"].into_iter().enumerate() {
            constants.set(name, sides[axis]);
        }
        for (axis, name) in ["STRIDE_0", "STRIDE_1", "STRIDE_2", "STRIDE_3"].into_iter().enumerate() {
            constants.set(name, strides[axis]);
        }
        constants
    }

    /// Declares the table of coloured sites and returns each colour's range in it.
    pub(crate) fn declare_colours(&self, plan: &mut Plan) -> Vec<std::ops::Range<u32>> {
        let (sites, ranges) = self.coloured_sites();
        // A pair of dynamics declares it once.
        if plan.find("colour_sites").is_none() {
            plan.slot_with("colour_sites", &sites);
        }
        ranges
    }
}

impl std::fmt::Display for Lattice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sides: Vec<String> = self.sides.iter().map(u32::to_string).collect();
        f.write_str(&sides.join("x"))
    }
}

impl std::str::FromStr for Lattice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let sides: Option<Vec<u32>> = text.split(['x', 'X']).map(|side| side.trim().parse().ok()).collect();
        let sides = sides.ok_or_else(|| Error::input("lattice", "sides such as 64x64", text, "join sides with x"))?;
        Self::new(&sides)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_differ_in_colour_and_point_back() {
        for sides in
            [&[2][..], &[3], &[7], &[4, 4], &[2, 2], &[3, 5], &[4, 3], &[5, 2, 3], &[3, 3, 3, 3], &[2, 3, 4, 5]]
        {
            let lattice = Lattice::new(sides).unwrap();
            for site in 0..lattice.sites() {
                for axis in 0..lattice.dimensions() {
                    let next = lattice.ahead(site, axis);
                    assert_eq!(lattice.behind(next, axis), site);
                    assert_ne!(lattice.colour(next), lattice.colour(site), "{sides:?} {site}");
                }
            }
            let (mut sites, ranges) = lattice.coloured_sites();
            assert_eq!(ranges.last().unwrap().end, lattice.sites());
            sites.sort_unstable();
            assert!(sites.into_iter().eq(0..lattice.sites()));
        }
    }

    #[test]
    fn bad_sides_are_errors() {
        for text in ["", "4x", "0x4", "1", "4x4x4x4x4", "-3x2", "65536x65536", "99999999999"] {
            assert!(text.parse::<Lattice>().is_err(), "{text}");
        }
    }
}
