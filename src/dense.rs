//! Spins with explicit couplings on the device: integers in units of a power of two, 32 chains in the bits of a word.

use crate::couplings::Couplings;
use crate::error::{Error, Result};
use crate::plan::{Constants, KernelId, MAX_TRIPS, Plan, Tick, check_trips};
use crate::shader::{Source, catalogue};
use std::ops::Range;
use std::sync::Arc;

/// Sites of a block, and chains of a group.
pub(crate) const WIDTH: usize = 32;

/// Loop iterations of a block besides the sum over the other sites: the sites of the block among themselves.
const TRIPS_A_BLOCK: u64 = 256;

/// The shape of a system with explicit couplings, laid out as `shaders/lib/dense.wgsl` says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Dense {
    sites: usize,
    groups: usize,
    /// Lanes of a workgroup over 8: into so many parts the sum over the other sites is cut.
    parts: u32,
    /// Loop iterations of a block for what acts on its sites besides the matrix.
    besides: u64,
    /// What one unit of the integers is worth.
    pub unit: f64,
}

/// Couplings and fields as the device has them.
pub(crate) struct LaidOut {
    pub matrix: Vec<i32>,
    /// h_i − Σ_j J_ij.
    pub offsets: Vec<i32>,
    pub fields: Vec<i32>,
}

/// The smallest and the largest Σ_j |J_ij| + |h_i| over the sites: what a field can be at the most.
pub(crate) fn strengths(couplings: &Couplings, fields: &[f32]) -> [f64; 2] {
    let of_site = |(site, field): (usize, &f32)| {
        couplings.row(site).iter().map(|j| f64::from(j.abs())).sum::<f64>() + f64::from(field.abs())
    };
    let strengths = fields.iter().enumerate().take(couplings.sites()).map(of_site);
    strengths.fold([f64::INFINITY, 0.0], |[low, high], strength| [low.min(strength), high.max(strength)])
}

/// The unit of the device's integers, a power of two, in which a field of this size takes 30 bits.
pub(crate) fn unit_for(largest: f64) -> f64 {
    if largest > 0.0 && largest.is_finite() { (largest.log2().floor() - 29.0).exp2() } else { 1.0 }
}

impl Dense {
    /// The shape for so many chains, in workgroups of up to `lanes`.
    pub fn new(sites: usize, unit: f64, chains: u32, lanes: u32, parallelism: u32) -> Self {
        // Lanes that share a sum keep a graphics card busy; a software adapter, which runs the lanes of a workgroup on one
        // core, only has to add up what they found.
        let shared = if parallelism < 4096 { lanes / 64 } else { lanes / 8 };
        let parts = shared.clamp(1, 8);
        let parts = 1 << parts.ilog2();
        Self { sites, groups: (chains as usize).div_ceil(WIDTH), parts, besides: 0, unit }
    }

    /// The same shape where a block takes so many loop iterations more.
    #[must_use]
    pub fn with_besides(mut self, trips: u64) -> Self {
        self.besides = trips;
        self
    }

    /// Sites, padded to whole blocks.
    fn padded(&self) -> usize {
        self.sites.next_multiple_of(WIDTH)
    }

    /// Groups of four sites of a chain.
    pub fn quads(&self) -> u32 {
        (self.padded() / 4) as u32
    }

    fn blocks(&self) -> u32 {
        (self.padded() / WIDTH) as u32
    }

    /// Invocations of a workgroup.
    fn lanes(&self) -> u32 {
        8 * self.parts
    }

    /// Loop iterations for one block.
    fn block_trips(&self) -> u64 {
        (self.padded() as u64 / 4).div_ceil(u64::from(self.parts)) + TRIPS_A_BLOCK + self.besides
    }

    /// Blocks that one dispatch may visit.
    fn blocks_a_dispatch(&self) -> u32 {
        (MAX_TRIPS / self.block_trips()).clamp(1, u64::from(self.blocks())) as u32
    }

    /// What the cost 2βsH of a flip is multiplied with, for the chains of these betas in turn, padded to whole groups.
    pub fn factors(&self, betas: impl Iterator<Item = f64>) -> Vec<f32> {
        let mut factors: Vec<f32> = betas.map(|beta| (2.0 * beta * self.unit) as f32).collect();
        factors.resize(self.groups * WIDTH, 0.0);
        factors
    }

    /// Refuses shapes whose loops would be too long, or indices beyond 32 bits.
    ///
    /// # Errors
    /// [`Error::Limit`].
    pub fn check(&self) -> Result<()> {
        check_trips(self.block_trips(), catalogue::VISIT.name)?;
        let words = (self.groups * self.padded()) as u64;
        if words >= 1 << 32 {
            let what = "chains / 32 x sites".into();
            return Err(Error::Limit { what, need: words, have: (1 << 32) - 1, hint: "use fewer chains".into() });
        }
        Ok(())
    }

    /// Declares couplings, fields and spins. `states` are words of 32 sites, a state a chain.
    ///
    /// # Errors
    /// [`Error::Limit`] for loops that would be too long, or indices beyond 32 bits.
    pub fn declare(&self, plan: &mut Plan, couplings: &Couplings, fields: &[f32], states: &[Vec<u32>]) -> Result<()> {
        self.check()?;
        let order: Vec<u32> = (0..self.sites as u32).collect();
        let laid_out = self.lay_out(couplings, fields, &order);
        plan.slot_with("couplings", &laid_out.matrix);
        plan.slot_with("offsets", &laid_out.offsets);
        plan.slot_with("site_fields", &laid_out.fields);
        plan.slot_with("spins", &self.spins(states));
        Ok(())
    }

    /// Couplings and fields in whole units, where the k-th site is the caller's `order[k]`.
    pub fn lay_out(&self, couplings: &Couplings, fields: &[f32], order: &[u32]) -> LaidOut {
        let padded = self.padded();
        let whole = |value: f32| (f64::from(value) / self.unit).round() as i32;
        let mut laid_out =
            LaidOut { matrix: vec![0; padded * padded], offsets: vec![0; padded], fields: vec![0; padded] };
        for (site, &named) in order.iter().enumerate() {
            // [block][site][site of the block]: what the one does to the other.
            let row = couplings.row(named as usize);
            let mut sum = 0i32;
            for (other, &its_name) in order.iter().enumerate() {
                let value = whole(row[its_name as usize]);
                laid_out.matrix[(site / WIDTH * padded + other) * WIDTH + site % WIDTH] = value;
                sum = sum.wrapping_add(value);
            }
            laid_out.fields[site] = whole(fields[named as usize]);
            laid_out.offsets[site] = laid_out.fields[site].wrapping_sub(sum);
        }
        laid_out
    }

    /// States, words of 32 sites each, as the device has them: words of 32 chains.
    pub fn spins(&self, states: &[Vec<u32>]) -> Vec<u32> {
        let padded = self.padded();
        let mut spins = vec![0u32; self.groups * padded];
        for (chain, state) in states.iter().enumerate() {
            let group = &mut spins[chain / WIDTH * padded..][..padded];
            for (site, word) in group.iter_mut().enumerate().take(self.sites) {
                *word |= (state[site / WIDTH] >> (site % WIDTH) & 1) << (chain % WIDTH);
            }
        }
        spins
    }

    /// The state of a chain as words of 32 sites, from the device's words.
    pub fn state(&self, spins: &[u32], chain: usize) -> Vec<u32> {
        let group = &spins[chain / WIDTH * self.padded()..][..self.sites];
        let bit = |word: &u32| word >> (chain % WIDTH) & 1;
        let pack = |sites: &[u32]| sites.iter().enumerate().fold(0, |word, (at, site)| word | bit(site) << at);
        group.chunks(WIDTH).map(pack).collect()
    }

    /// Declares a kernel of whole groups.
    pub fn kernel(
        &self,
        plan: &mut Plan,
        source: Arc<Source>,
        constants: &Constants,
        bindings: &[(&'static str, crate::plan::Slot)],
    ) -> KernelId {
        let mut all = Constants::default();
        all.set("SITES", self.sites as u32).set("QUADS", self.quads()).set("PARTS", self.parts);
        all.set("BLOCKS", self.blocks_a_dispatch());
        plan.kernel(source, all.with(constants), [self.lanes(), 1], bindings)
    }

    /// Appends a kernel over all blocks one after another: as many dispatches as its loops need. `cut` puts the number of
    /// the dispatch where the kernel looks for it.
    pub fn append_in_turn(&self, kernel: KernelId, plan: &mut Plan, cut: impl Fn(u32) -> Tick) {
        self.append_from(0, 0..self.groups as u32, kernel, plan, cut);
    }

    /// Groups of chains.
    pub fn groups(&self) -> u32 {
        self.groups as u32
    }

    /// [`append_in_turn`](Self::append_in_turn) for some groups of chains, without the blocks before that of `site`.
    pub fn append_from(
        &self,
        site: usize,
        groups: Range<u32>,
        kernel: KernelId,
        plan: &mut Plan,
        cut: impl Fn(u32) -> Tick,
    ) {
        let blocks = self.blocks_a_dispatch();
        let trips = u64::from(blocks) * self.block_trips();
        let items = groups.start * self.lanes()..groups.end * self.lanes();
        for dispatch in (site / WIDTH) as u32 / blocks..self.blocks().div_ceil(blocks) {
            plan.dispatch(kernel, items.clone(), 1, trips, cut(dispatch));
        }
    }

    /// Appends a kernel over all blocks of some groups at once.
    pub fn append_at_once(&self, groups: Range<u32>, kernel: KernelId, plan: &mut Plan, tick: Tick) {
        let items = self.blocks() * self.lanes();
        plan.dispatch(kernel, groups.start * items..groups.end * items, 1, self.block_trips(), tick);
    }

    /// Words of the spins of all chains.
    pub fn words(&self) -> u64 {
        (self.groups * self.padded()) as u64
    }

    /// Chains, padded to whole groups.
    pub fn chains(&self) -> usize {
        self.groups * WIDTH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_survive_the_way_to_the_device_and_back() {
        let dense = Dense::new(37, 1.0, 70, 64, 512);
        let states: Vec<Vec<u32>> = (0..70u32).map(|chain| vec![chain.wrapping_mul(0x9E37_79B9), chain % 32]).collect();
        let spins = dense.spins(&states);
        for (chain, state) in states.iter().enumerate() {
            assert_eq!(&dense.state(&spins, chain), state);
        }
    }

    #[test]
    fn no_field_overflows() {
        let huge = Couplings::new(2, vec![0.0, 3e38, 3e38, 0.0]).unwrap();
        for (couplings, fields) in [(&huge, [0.0f32, 3e38]), (&huge, [0.0, 0.0])] {
            let [_, largest] = strengths(couplings, &fields);
            let largest = largest / unit_for(largest);
            assert!((f64::from(1 << 29)..=f64::from(1 << 30)).contains(&largest), "{largest}");
        }
    }
}
