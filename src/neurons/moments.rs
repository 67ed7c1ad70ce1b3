//! Moments of sampled rasters, counted on the device.

use super::strands::Strands;
use crate::dense::WIDTH;
use crate::error::{Error, Result};
use crate::gpu::Executor;
use crate::io::checkpoint::{Sections, unfit};
use crate::plan::{Constants, KernelId, MAX_TRIPS, Op, Plan, Slot, Tick, workgroup_for};
use crate::shader::catalogue;
use crate::statistics::{Chains, Estimate, mean};

/// Stretches of samples from whose spread the errors of correlations are found.
const STRETCHES: u64 = 32;

/// Moments of rasters over chains, ticks and samples, of neurons that fire (1) or not (0), whatever the field's convention.
#[derive(Debug, Clone)]
pub struct RasterMoments {
    neurons: usize,
    rates: Vec<Estimate>,
    space: Vec<Estimate>,
    time: Vec<Estimate>,
    time_of_all: Vec<Estimate>,
    population: Vec<Estimate>,
    activity: Chains,
}

impl RasterMoments {
    /// ⟨φ_i⟩ of each neuron, over ticks, chains and samples. The error is that of the series of samples, each the mean of all
    /// chains, autocorrelation included: take some tens of samples at least.
    pub fn rates(&self) -> &[Estimate] {
        &self.rates
    }

    /// ⟨φ_i^a φ_j^a⟩ = ⟨Φ_ij⟩, N × N; the diagonal has the rates. The error is that of the means of up to 32 stretches of successive
    /// samples: right where a stretch is longer than the autocorrelation time.
    pub fn space(&self) -> &[Estimate] {
        &self.space
    }

    /// ⟨φ_i^a φ_i^{a+k}⟩ over a = 0 … T − k − 1, at (k − 1) N + i; errors as of the rates.
    pub fn time(&self) -> &[Estimate] {
        &self.time
    }

    /// The mean of ⟨φ_i^a φ_i^{a+k}⟩ over neurons, by lag k = 0, 1, …; errors as of the rates.
    pub fn time_correlation(&self) -> &[Estimate] {
        &self.time_of_all
    }

    /// How probable it is that 0, 1, …, N neurons fire at a tick; errors as of the rates.
    pub fn population(&self) -> &[Estimate] {
        &self.population
    }

    /// The mean of all neurons and ticks, a series a chain: what tells whether chains [agree](crate::statistics::r_hat).
    pub fn activity(&self) -> &Chains {
        &self.activity
    }

    /// N.
    pub fn neurons(&self) -> usize {
        self.neurons
    }

    /// ⟨φ_i φ_j⟩ − ⟨φ_i⟩⟨φ_j⟩ at one tick.
    pub fn covariance(&self, i: usize, j: usize) -> f64 {
        self.space[i * self.neurons + j].mean - self.rates[i].mean * self.rates[j].mean
    }
}

/// The kernels that count.
#[derive(Debug)]
pub(crate) struct Counters {
    strands: Strands,
    neurons: usize,
    quads: usize,
    lags: usize,
    tally: KernelId,
    crowd: KernelId,
    correlate: KernelId,
    shares: u32,
    tallies: Slot,
    counts: Slot,
}

impl Counters {
    /// Declares the kernels and what they count, after the spins.
    ///
    /// # Errors
    /// As the catalogue; [`Error::Limit`] for more neurons than a bounded loop can count.
    pub fn declare(plan: &mut Plan, strands: Strands, neurons: usize, lags: usize, lanes: u32) -> Result<Self> {
        let quads = neurons.next_multiple_of(WIDTH) / 4;
        crate::plan::check_trips(quads as u64, catalogue::CROWD.name)?;
        let groups = strands.groups() as u32;
        // Invocations that share the groups: enough for any device, and loops that are short enough for all.
        let shares = groups.min(64).max(groups.div_ceil(MAX_TRIPS as u32 / 2));
        let crowds_at = 4 * quads * (lags + 1);
        let tallies = plan.slot("tallies", (crowds_at + neurons + 1 + strands.replicas) as u64);
        let counts = plan.slot("counts", (4 * quads * 4 * quads) as u64);
        let mut constants = strands.constants();
        constants.set("SITES", neurons as u32).set("QUADS", quads as u32).set("GROUPS", groups).set("SHARES", shares);
        constants.set("LONGEST", lags as u32).set("CROWDS_AT", crowds_at as u32);
        let shape = |items: u32| workgroup_for(items, 1, lanes);
        let tally = shares * (quads * (lags + 1)) as u32;
        let tally = plan.kernel(catalogue::TALLY.source_alone()?, constants.clone(), shape(tally), &[]);
        let crowd = plan.kernel(catalogue::CROWD.source_alone()?, constants, shape(8 * groups), &[]);
        let mut constants = Constants::default();
        constants.set("QUADS", quads as u32).set("CHAINS", WIDTH as u32 * groups);
        constants.set("BATCH_GROUPS", groups.min(MAX_TRIPS as u32));
        let shape = shape((quads * quads) as u32);
        let correlate = plan.kernel(catalogue::CORRELATE.source_alone()?, constants, shape, &[]);
        Ok(Self { strands, neurons, quads, lags, tally, crowd, correlate, shares, tallies, counts })
    }

    /// The lengths of the stretches that so many samples are cut into.
    ///
    /// # Errors
    /// [`Error::Input`] for no samples or no thinning, [`Error::Limit`] for more than 32-bit counts hold.
    pub fn stretches(&self, samples: u64, thin: u64) -> Result<Vec<u64>> {
        if samples == 0 || thin == 0 {
            let got = format!("{samples} samples, {thin} sweeps apart");
            return Err(Error::input(
                "samples of rasters",
                "at least 1, at least 1 sweep apart",
                got,
                "take some tens",
            ));
        }
        let count = STRETCHES.min(samples);
        let sites = self.strands.ticks as u64 * self.strands.replicas as u64;
        let (need, have) = (samples.div_ceil(count).saturating_mul(sites), u64::from(u32::MAX));
        if need > have || sites.saturating_mul(self.neurons as u64) > have {
            let hint = "counts have 32 bits: take fewer samples at once, and average".into();
            return Err(Error::Limit { what: "chains x ticks x samples / 32".into(), need, have, hint });
        }
        Ok((0..count).map(|k| (k + 1) * samples / count - k * samples / count).collect())
    }

    /// Appends the counts of the present state, and that they are read: of correlations only at the end of a stretch.
    pub fn append(&self, add: bool, last: bool, plan: &mut Plan) {
        let groups = self.strands.groups() as u32;
        let items = self.shares * (self.quads * (self.lags + 1)) as u32;
        plan.dispatch(self.tally, 0..items, 1, u64::from(groups.div_ceil(self.shares)), Tick::default());
        plan.dispatch(self.crowd, 0..8 * groups, 1, self.quads as u64, Tick::default());
        plan.push(Op::Read(self.tallies, 4 * self.words() as u64));
        let batch = groups.min(MAX_TRIPS as u32);
        for row in (0..groups).step_by(batch as usize) {
            let tick = Tick { row, part: u32::from(add || row > 0), ..Tick::default() };
            plan.dispatch(self.correlate, 0..(self.quads * self.quads) as u32, 1, batch.into(), tick);
        }
        if last {
            plan.push(Op::Read(self.counts, 4 * (4 * self.quads * 4 * self.quads) as u64));
        }
    }

    /// Words of the tallies.
    fn words(&self) -> usize {
        4 * self.quads * (self.lags + 1) + self.neurons + 1 + self.strands.replicas
    }

    /// What is counted from here on.
    ///
    /// # Errors
    /// What the device reports.
    pub fn begin(&self, executor: &mut Executor, lengths: &[u64]) -> Result<Counted> {
        executor.finish()?;
        executor.arrived();
        let before = executor.read(self.tallies, 4 * self.words() as u64)?;
        Ok(self.counted(before, lengths))
    }

    /// Nothing, from these tallies on, of stretches of these lengths.
    fn counted(&self, before: Vec<u32>, lengths: &[u64]) -> Counted {
        let Self { strands, neurons, quads, lags, .. } = *self;
        let ends = lengths.iter().scan(0, |end, length| {
            *end += *length as usize;
            Some(*end)
        });
        Counted {
            strands,
            neurons,
            padded: 4 * quads,
            lags,
            ends: ends.collect(),
            before,
            rows: Vec::new(),
            space: vec![Vec::new(); neurons * neurons],
        }
    }

    /// What was [saved](Counted::save) of a count of the same stretches.
    ///
    /// # Errors
    /// [`Error::Input`] for what was saved of another one.
    pub fn restore(&self, saved: &Sections, lengths: &[u64]) -> Result<Counted> {
        let words = self.words();
        let mut counted = self.counted(saved.numbers("before")?, lengths);
        let (rows, space) = (saved.numbers::<u32>("rows")?, saved.numbers::<f64>("space")?);
        counted.rows = rows.chunks(words).map(<[u32]>::to_vec).collect();
        let stretches = counted.stretches_until(counted.rows.len());
        let fits = counted.before.len() == words
            && rows.len().is_multiple_of(words)
            && stretches.is_some_and(|stretches| space.len() == stretches * counted.space.len());
        if !fits {
            let wanted = format!("rows of {words} numbers, and a matrix a stretch");
            return Err(unfit("rows", wanted, format!("{} and {} numbers", rows.len(), space.len())));
        }
        let pairs = counted.space.len();
        for (pair, of_pair) in counted.space.iter_mut().enumerate() {
            of_pair.extend(space.iter().skip(pair).step_by(pairs));
        }
        Ok(counted)
    }
}

/// Counts of the samples so far.
pub(crate) struct Counted {
    strands: Strands,
    neurons: usize,
    padded: usize,
    lags: usize,
    /// Samples at the end of each stretch.
    ends: Vec<usize>,
    before: Vec<u32>,
    /// Tallies by sample.
    rows: Vec<Vec<u32>>,
    /// By pair and stretch.
    space: Vec<Vec<f64>>,
}

impl Counted {
    /// Whether a sample, counted from 0, is the first and the last of its stretch.
    pub fn place(&self, sample: u64) -> (bool, bool) {
        let sample = sample as usize;
        (sample == 0 || self.ends.contains(&sample), self.ends.contains(&(sample + 1)))
    }

    /// Takes what was read: of each sample its tallies, and after those of a stretch its correlations.
    pub fn take(&mut self, read: Vec<Vec<u8>>) {
        for bytes in read {
            let words: Vec<u32> = bytes.chunks_exact(4).map(bytemuck::pod_read_unaligned).collect();
            let stretches = self.space.first().map_or(0, Vec::len);
            if self.ends.get(stretches) == Some(&self.rows.len()) {
                self.take_correlations(stretches, &words);
            } else {
                let row = words.iter().zip(&self.before).map(|(now, before)| now.wrapping_sub(*before)).collect();
                self.rows.push(row);
                self.before = words;
            }
        }
    }

    fn take_correlations(&mut self, stretch: usize, counts: &[u32]) {
        let begin = stretch.checked_sub(1).map_or(0, |before| self.ends[before]);
        let samples = self.ends[stretch] - begin;
        let all = samples as f64 * self.strands.ticks as f64 * self.strands.replicas as f64;
        for i in 0..self.neurons {
            for j in i..self.neurons {
                let up = |k: usize| f64::from(counts[k * self.padded + k]);
                let differing = f64::from(counts[i * self.padded + j]);
                // Of two neurons the kernel counts where they differ.
                let both = if i == j { up(i) } else { 0.5 * (up(i) + up(j) - differing) };
                self.space[i * self.neurons + j].push(both / all);
                if i != j {
                    self.space[j * self.neurons + i].push(both / all);
                }
            }
        }
    }

    /// The stretches that end within so many samples; `None` for more than there are.
    fn stretches_until(&self, samples: usize) -> Option<usize> {
        let all = self.ends.last().is_some_and(|last| samples <= *last);
        all.then(|| self.ends.iter().take_while(|end| **end <= samples).count())
    }

    /// As data, when all that was asked for has been taken.
    pub fn save(&self) -> Sections {
        let stretches = self.space.first().map_or(0, Vec::len);
        let space: Vec<f64> =
            (0..stretches).flat_map(|stretch| self.space.iter().map(move |of_pair| of_pair[stretch])).collect();
        let mut sections = Sections::new();
        sections.put_numbers("before", &self.before).put_numbers("rows", &self.rows.concat());
        sections.put_numbers("space", &space);
        sections
    }

    /// Samples so far.
    pub fn samples(&self) -> usize {
        self.rows.len()
    }

    /// The series of a word of the tallies, divided by a number.
    fn series(&self, at: usize, by: f64) -> Chains {
        Chains::from_recording(1, self.rows.iter().map(|row| f64::from(row[at]) / by).collect())
    }

    pub fn finish(self) -> RasterMoments {
        let Strands { ticks, replicas, .. } = self.strands;
        let of_lag = |lag: usize| {
            let all = (ticks - lag) as f64 * replicas as f64;
            let counted = &self;
            (0..self.neurons).map(move |neuron| mean(&counted.series(lag * counted.padded + neuron, all)))
        };
        let of_all = |lag: usize| {
            let all = ((ticks - lag) * replicas * self.neurons) as f64;
            let spikes =
                |row: &Vec<u32>| row[lag * self.padded..][..self.neurons].iter().map(|&n| f64::from(n)).sum::<f64>();
            mean(&Chains::from_recording(1, self.rows.iter().map(|row| spikes(row) / all).collect()))
        };
        let crowds_at = self.padded * (self.lags + 1);
        let all = ticks as f64 * replicas as f64;
        let population = (0..=self.neurons).map(|count| mean(&self.series(crowds_at + count, all))).collect();
        let sites = (self.neurons * ticks) as f64;
        let by_replica = self.rows.iter().flat_map(|row| &row[crowds_at + self.neurons + 1..]);
        let activity = by_replica.map(|&spikes| f64::from(spikes) / sites).collect();
        RasterMoments {
            neurons: self.neurons,
            rates: of_lag(0).collect(),
            space: self.space.iter().map(|stretches| Estimate::of_independent(stretches)).collect(),
            time: (1..=self.lags).flat_map(of_lag).collect(),
            time_of_all: (0..=self.lags).map(of_all).collect(),
            population,
            activity: Chains::from_recording(replicas, activity),
        }
    }
}
