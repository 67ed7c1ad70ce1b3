//! Sites of several states: by tables of integers.

use super::metropolis::rule;
use super::two_state::{colour_sweep, prepare_table, threshold};
use super::{ColourSweep, Dynamics, HeatBath, Metropolis};
use crate::error::Result;
use crate::model::{Build, Potts};
use crate::plan::{Constants, Plan};
use crate::random::Purpose;
use crate::shader::catalogue;

/// Metropolis with one of the other q − 1 states proposed uniformly (each to 2⁻³²).
impl Dynamics<Potts> for Metropolis {
    type Program = ColourSweep;

    fn prepare(&self, build: &mut Build<'_, Potts>) -> Result<ColourSweep> {
        // Each of 2d bonds can be gained or lost, and a site has no energy of its own.
        let spans = [2 * build.lattice().dimensions() as u32, 0];
        prepare_table(build, &catalogue::FLIP_AMONG, Purpose::Metropolis, spans, |beta, model| rule(beta, model, spans))
    }

    fn append(&self, program: &ColourSweep, sweep: u64, plan: &mut Plan) {
        program.append(sweep, plan);
    }
}

/// A site takes state s with probability e^(βJ n_s)/Σ_t e^(βJ n_t), where n_s of its neighbours are in s, whatever its
/// state was. Every probability is that of `f64`, rounded to a multiple of 2⁻³², and those of the states that no neighbour
/// is in take up what the (at most eight) roundings leave.
impl Dynamics<Potts> for HeatBath {
    type Program = ColourSweep;

    fn prepare(&self, build: &mut Build<'_, Potts>) -> Result<ColourSweep> {
        let neighbours = 2 * build.lattice().dimensions() as u32;
        let points = build.models.iter().zip(build.betas);
        let table: Vec<u32> = points
            .flat_map(|(model, &beta)| {
                // 0 · ∞ is 0: without a coupling all states are alike at any temperature.
                let coupling = model.coupling_value();
                let strength = if coupling == 0.0 { 0.0 } else { beta * coupling };
                probability_table(neighbours, model.states(), strength)
            })
            .collect();
        let probabilities = build.plan.slot_with("probabilities", &table);
        let mut constants = Constants::default();
        constants.set("ROWS", ROWS as u32);
        colour_sweep(build, &catalogue::REDRAW, &constants, &[("probabilities", probabilities)])
    }

    fn append(&self, program: &ColourSweep, sweep: u64, plan: &mut Plan) {
        program.append(sweep, plan);
    }
}

/// What a part of a partition adds to its row; no two partitions of 2, 4, 6 or 8 then have the same row. Found by
/// search; twin of `part_key` in `shaders/lattice/redraw.wgsl`.
const PART_KEYS: [usize; 8] = [0, 1, 10, 7, 5, 18, 13, 16];
/// Rows of a point's table.
const ROWS: usize = 22;
/// Columns: one for each number of neighbours from 1 to 8.
const COLUMNS: usize = 8;

/// For each partition of the neighbours into states, the probability of a state that n of them show, in column n − 1.
fn probability_table(neighbours: u32, states: u32, strength: f64) -> Vec<u32> {
    let mut table = vec![0; ROWS * COLUMNS];
    for partition in partitions(neighbours, neighbours) {
        let kinds = partition.len() as u32;
        let Some(absent) = states.checked_sub(kinds) else { continue };
        // Relative to the weight of the likeliest state, so that nothing overflows.
        let counts = partition.iter().copied().chain((absent > 0).then_some(0));
        let likeliest =
            counts.max_by(|&a, &b| (f64::from(a) * strength.signum()).total_cmp(&(f64::from(b) * strength.signum())));
        let likeliest = f64::from(likeliest.unwrap_or(0));
        let weight = |count: u32| {
            let above = f64::from(count) - likeliest;
            if above == 0.0 { 1.0 } else { (strength * above).exp() }
        };
        // Where every state is shown the weight of the others may be infinite, and does not count.
        let others = if absent == 0 { 0.0 } else { f64::from(absent) * weight(0) };
        let total: f64 = partition.iter().map(|&count| weight(count)).sum::<f64>() + others;
        let row: usize = partition.iter().map(|&count| PART_KEYS[count as usize - 1]).sum();
        for &count in &partition {
            table[row * COLUMNS + count as usize - 1] = threshold(weight(count) / total);
        }
    }
    table
}

/// The partitions of a number into parts of at most this size, largest parts first.
fn partitions(number: u32, most: u32) -> Vec<Vec<u32>> {
    if number == 0 {
        return vec![Vec::new()];
    }
    let with = |part: u32| partitions(number - part, part).into_iter().map(move |rest| [vec![part], rest].concat());
    (1..=number.min(most)).rev().flat_map(with).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_partition_has_a_row_of_its_own() {
        for (neighbours, count) in [(2, 2), (4, 5), (6, 11), (8, 22)] {
            let partitions = partitions(neighbours, neighbours);
            assert_eq!(partitions.len(), count);
            let row = |partition: &Vec<u32>| partition.iter().map(|&part| PART_KEYS[part as usize - 1]).sum::<usize>();
            let rows: std::collections::BTreeSet<usize> = partitions.iter().map(row).collect();
            assert_eq!(rows.len(), count);
            assert!(rows.into_iter().all(|row| row < ROWS));
        }
        // The words that the shader takes the keys from, a byte each.
        let bytes = [0x070a_0100_u32, 0x100d_1205].map(u32::to_le_bytes).concat();
        assert!(bytes.iter().map(|&byte| usize::from(byte)).eq(PART_KEYS));
    }

    #[test]
    fn probabilities_of_one_partition() {
        // Neighbours 2 + 1 + 1 of five states at e^βJ = 2: weights 4, 2, 2 and two states of weight 1.
        let table = probability_table(4, 5, 2_f64.ln());
        let row = (PART_KEYS[1] + 2 * PART_KEYS[0]) * COLUMNS;
        assert_eq!(table[row + 1], threshold(0.4));
        assert_eq!(table[row], threshold(0.2));
        // Zero temperature: the likeliest state is certain; in the antiferromagnet none of those shown.
        assert_eq!(probability_table(4, 5, f64::INFINITY)[row + 1], u32::MAX);
        assert_eq!(probability_table(4, 5, f64::NEG_INFINITY)[row..row + 2], [0, 0]);
        // Of two states that neighbours show twice each, either is as good.
        assert_eq!(probability_table(4, 2, f64::NEG_INFINITY)[2 * PART_KEYS[1] * COLUMNS + 1], 1 << 31);
    }
}
