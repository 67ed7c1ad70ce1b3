//! The couplings of a field of neurons, and what they say of a raster.

use crate::error::{Error, Result};

/// The most neurons: beyond, the matrix alone takes more than 2 GiB of the host's memory.
const MOST_NEURONS: usize = 1 << 14;

/// What J_ij and J_ji may differ by, relative to the larger one: rounding of whoever made the matrix.
const ASYMMETRY: f64 = 1e-6;

/// The values of a neuron that is silent and of one that fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Convention {
    /// φ ∈ {0, 1}, a lattice gas.
    #[default]
    Gas,
    /// s = 2φ − 1 ∈ {−1, 1}, a magnet.
    Magnetic,
}

impl Convention {
    /// `gas` or `magnetic`, as in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gas => "gas",
            Self::Magnetic => "magnetic",
        }
    }

    /// The value of a neuron.
    pub fn value(self, fires: bool) -> f64 {
        match (self, fires) {
            (_, true) => 1.0,
            (Self::Gas, false) => 0.0,
            (Self::Magnetic, false) => -1.0,
        }
    }

    /// What the log odds of firing are, in units of the local field: the difference of the two values.
    pub(crate) fn step(self) -> f64 {
        self.value(true) - self.value(false)
    }
}

/// What the couplings mean: see [`NeuralField`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reading {
    /// One weight of the whole raster; space couplings join neurons at one tick.
    #[default]
    Equilibrium,
    /// Every tick is drawn given the ticks before it; space couplings reach from one tick to the next.
    Causal,
}

impl Reading {
    /// `equilibrium` or `causal`, as in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Equilibrium => "equilibrium",
            Self::Causal => "causal",
        }
    }
}

/// A binary field f_i^a of N neurons i and T clock ticks a, with space couplings J (N × N, no diagonal), time couplings K
/// (lags 1 … L, each of N) and an input h (of N, or of N × T).
///
/// [`Reading::Equilibrium`], the default, is the lattice field theory of Bardella, Franchini and co-workers
/// (arXiv:2405.12022): the weight of a raster is
/// exp(Σ_a Σ_{i<j} J_ij f_i^a f_j^a + Σ_k Σ_a Σ_i K_ki f_i^a f_i^{a+k} + Σ_a Σ_i h_i^a f_i^a), open in time, with J symmetric.
/// Each pair stands once, and a positive coupling favours acting together; in the action A = −ln(weight) of the paper
/// J_ij = −(A_ij + A_ji), K_ki = −(B_{a,a+k} + B_{a+k,a}) and h = −I. With K = 0 the ticks are independent draws of the pairwise
/// maximum-entropy model.
///
/// [`Reading::Causal`] is the kinetic Ising chain: all neurons of a tick are drawn at once given the ticks before it, with
/// log odds Δ (h_i^a + Σ_j J_ij f_j^{a−1} + Σ_k K_ki f_i^{a−k}) of firing, Δ = 1 for the [gas](Convention::Gas) and 2 for the
/// [magnet](Convention::Magnetic). J_ij is what neuron j does to neuron i one tick later, and need not be symmetric; what a
/// neuron does to itself is K, so that J has no diagonal here either. Terms that reach before the first tick are left out.
#[derive(Debug, Clone, PartialEq)]
pub struct NeuralField {
    neurons: usize,
    convention: Convention,
    reading: Reading,
    space: Vec<f64>,
    time: Vec<f64>,
    input: Vec<f64>,
}

impl NeuralField {
    /// A field of N neurons without couplings or input, read in equilibrium.
    ///
    /// # Errors
    /// [`Error::Input`] for no neurons, [`Error::Limit`] for more than 16,384.
    pub fn new(neurons: usize, convention: Convention) -> Result<Self> {
        if neurons == 0 {
            return Err(Error::input("neurons of a field", "at least 1", 0, "name the neurons that were recorded"));
        }
        if neurons > MOST_NEURONS {
            let (need, have) = (neurons as u64, MOST_NEURONS as u64);
            let hint = "the couplings are N x N: take fewer neurons (--neurons A:B)".into();
            return Err(Error::Limit { what: "neurons of a field".into(), need, have, hint });
        }
        let (space, input) = (vec![0.0; neurons * neurons], vec![0.0; neurons]);
        Ok(Self { neurons, convention, reading: Reading::Equilibrium, space, time: Vec::new(), input })
    }

    /// The same couplings read as a causal chain, for which space couplings need not be symmetric.
    #[must_use]
    pub fn causal(mut self) -> Self {
        self.reading = Reading::Causal;
        self
    }

    /// These space couplings, N × N, row after row. Where J_ij and J_ji of a field in equilibrium differ in rounding only,
    /// both become their mean.
    ///
    /// # Errors
    /// [`Error::Input`] naming the entry for a matrix of another size, with a diagonal, not finite, or (in equilibrium) not
    /// symmetric within 10⁻⁶ of the larger entry.
    pub fn with_space(mut self, mut space: Vec<f64>) -> Result<Self> {
        let n = self.neurons;
        check_length("space couplings", &format!("{n} x {n}"), n * n, space.len())?;
        check_finite(&space, |at| format!("space coupling J[{}, {}]", at / n, at % n))?;
        for i in 0..n {
            if space[i * n + i] != 0.0 {
                let hint = "set the diagonal to 0: at one tick it is the input, from tick to tick the time coupling";
                return Err(Error::input(format!("space coupling J[{i}, {i}]"), "0", space[i * n + i], hint));
            }
            for j in 0..i {
                let (low, high) = (space[i * n + j], space[j * n + i]);
                if self.reading == Reading::Causal || low == high {
                    continue;
                }
                if (low - high).abs() > ASYMMETRY * low.abs().max(high.abs()) {
                    let wanted = format!("{high}, as J[{j}, {i}]");
                    let got = format!("{low}, which differs by {:e}", (low - high).abs());
                    let hint = "space couplings of one tick are symmetric; those of a causal chain need not be";
                    return Err(Error::input(format!("space coupling J[{i}, {j}]"), wanted, got, hint));
                }
                let mean = 0.5 * low + 0.5 * high;
                (space[i * n + j], space[j * n + i]) = (mean, mean);
            }
        }
        self.space = space;
        Ok(self)
    }

    /// These time couplings over lags 1 … `lags`: K_ki at (k − 1) N + i.
    ///
    /// # Errors
    /// [`Error::Input`] for another number of values, or what is not finite.
    pub fn with_time(mut self, lags: usize, time: Vec<f64>) -> Result<Self> {
        let n = self.neurons;
        check_length("time couplings", &format!("{lags} lags x {n} neurons"), lags.saturating_mul(n), time.len())?;
        check_finite(&time, |at| format!("time coupling K[{}, {}] of lag {}", at / n, at % n, at / n + 1))?;
        self.time = time;
        Ok(self)
    }

    /// This input: a value a neuron, or N × T values, neuron after neuron. The field then has T ticks, no more and no fewer.
    ///
    /// # Errors
    /// [`Error::Input`] for another number of values, or what is not finite.
    pub fn with_input(mut self, input: Vec<f64>) -> Result<Self> {
        let n = self.neurons;
        if input.is_empty() || !input.len().is_multiple_of(n) {
            let wanted = format!("{n} numbers, or {n} for every tick");
            return Err(Error::input("input", wanted, input.len(), "give a value a neuron, or neurons x ticks"));
        }
        let ticks = input.len() / n;
        check_finite(&input, |at| format!("input of neuron {} at tick {}", at / ticks, at % ticks))?;
        self.input = input;
        Ok(self)
    }

    /// The same field with an input of its own at each of T ticks.
    ///
    /// # Errors
    /// [`Error::Input`] for no ticks, or an input that has another number of ticks already.
    pub fn over(mut self, ticks: usize) -> Result<Self> {
        self.check_ticks(ticks)?;
        if self.input_ticks().is_none() {
            self.input = self.input.iter().flat_map(|&input| std::iter::repeat_n(input, ticks)).collect();
        }
        Ok(self)
    }

    /// The same measure in another convention. With s = 2φ − 1, couplings of the gas are four times those of the magnet, and
    /// the input takes up what is left: h of the magnet is h/2 + ¼ Σ_j J_ij + ¼ Σ_k K_ki (number of its partners at lag k) of
    /// the gas. A site near an end of the recording has fewer partners, so that an input which is the same at all ticks
    /// becomes one which is not: tell [how many ticks](Self::over) there are first.
    ///
    /// # Errors
    /// [`Error::Input`] for couplings between ticks and an input without ticks.
    pub fn to(&self, convention: Convention) -> Result<Self> {
        if convention == self.convention {
            return Ok(self.clone());
        }
        let between_ticks = self.time.iter().any(|&k| k != 0.0)
            || self.reading == Reading::Causal && self.space.iter().any(|&j| j != 0.0);
        if between_ticks && self.input_ticks().is_none() {
            let hint = "call over(ticks) first: sites near the open ends have fewer partners, so their input differs";
            return Err(Error::input(
                "input of a field between whose ticks there are couplings",
                "one a tick",
                "one",
                hint,
            ));
        }
        // f = shift + scale g, where g are the new values.
        let (scale, shift) = match convention {
            Convention::Magnetic => (0.5, 0.5),
            Convention::Gas => (2.0, -1.0),
        };
        // The causal law is one of log odds, whose step the new values change as well.
        let square = scale * scale;
        let ticks = self.input_ticks().unwrap_or(1);
        let mut mapped = self.clone();
        mapped.convention = convention;
        mapped.space.iter_mut().for_each(|j| *j *= square);
        mapped.time.iter_mut().for_each(|k| *k *= square);
        for (site, input) in mapped.input.iter_mut().enumerate() {
            let (neuron, tick) = (site / ticks, site % ticks);
            let partners = if between_ticks { self.partners(neuron, tick, ticks) } else { self.row(neuron).sum() };
            *input = scale * (*input + shift * partners);
        }
        Ok(mapped)
    }

    /// The sum of all couplings of a site.
    fn partners(&self, neuron: usize, tick: usize, ticks: usize) -> f64 {
        self.local(neuron, tick, ticks, |_, _| 1.0)
    }

    fn row(&self, neuron: usize) -> impl Iterator<Item = f64> + '_ {
        self.space.iter().skip(neuron * self.neurons).take(self.neurons).copied()
    }

    /// Σ of couplings to a site times what `value` says of its partner (neuron, tick).
    fn local(&self, neuron: usize, tick: usize, ticks: usize, value: impl Fn(usize, usize) -> f64) -> f64 {
        let causal = self.reading == Reading::Causal;
        let from = if causal { tick.checked_sub(1) } else { Some(tick) };
        let space = from.map_or(0.0, |from| {
            self.row(neuron).enumerate().filter(|(_, j)| *j != 0.0).map(|(other, j)| j * value(other, from)).sum()
        });
        let of_lag = |(before, couplings): (usize, &[f64])| {
            let earlier = tick.checked_sub(before + 1);
            let later = Some(tick + before + 1).filter(|&later| !causal && later < ticks);
            couplings[neuron] * earlier.into_iter().chain(later).map(|partner| value(neuron, partner)).sum::<f64>()
        };
        space + self.time.chunks_exact(self.neurons).enumerate().map(of_lag).sum::<f64>()
    }

    /// The log odds ln P(fires) / P(silent) of a neuron at a tick of T, given the rest of the raster (in equilibrium) or
    /// what came before (causal). `fires` is asked of (neuron, tick).
    ///
    /// # Panics
    /// Where there is no such neuron or tick, or the input has another number of ticks.
    pub fn log_odds(&self, neuron: usize, tick: usize, ticks: usize, fires: impl Fn(usize, usize) -> bool) -> f64 {
        let value = |other: usize, at: usize| self.convention.value(fires(other, at));
        self.convention.step() * (self.input_at(neuron, tick) + self.local(neuron, tick, ticks, value))
    }

    /// The logarithm of the weight of a raster of T ticks (equilibrium, without the partition function), or of its
    /// probability (causal). `fires` is asked of (neuron, tick).
    ///
    /// # Errors
    /// [`Error::Input`] for no ticks, or an input that has another number of them.
    pub fn log_weight(&self, ticks: usize, fires: impl Fn(usize, usize) -> bool) -> Result<f64> {
        self.check_ticks(ticks)?;
        let value = |neuron: usize, tick: usize| self.convention.value(fires(neuron, tick));
        let of_site = |(tick, neuron): (usize, usize)| match self.reading {
            // Half of the couplings: the other half is counted at the partner.
            Reading::Equilibrium => {
                let local = self.input_at(neuron, tick) + 0.5 * self.local(neuron, tick, ticks, value);
                local * value(neuron, tick)
            }
            Reading::Causal => {
                let odds = self.log_odds(neuron, tick, ticks, &fires);
                -(if fires(neuron, tick) { -odds } else { odds }).exp().ln_1p()
            }
        };
        Ok((0..ticks).flat_map(|tick| (0..self.neurons).map(move |neuron| (tick, neuron))).map(of_site).sum())
    }

    /// Refuses a number of ticks that the field cannot have.
    pub(crate) fn check_ticks(&self, ticks: usize) -> Result<()> {
        if ticks == 0 {
            return Err(Error::input("ticks of a field", "at least 1", 0, "give the number of bins"));
        }
        match self.input_ticks() {
            Some(own) if own != ticks => {
                let hint = "an input of neurons x ticks fixes how many ticks there are";
                Err(Error::input("ticks of a field", format!("{own}, as its input has"), ticks, hint))
            }
            _ => Ok(()),
        }
    }

    /// N.
    pub fn neurons(&self) -> usize {
        self.neurons
    }

    /// L, the longest lag that has a time coupling.
    pub fn lags(&self) -> usize {
        self.time.len() / self.neurons
    }

    /// The values of a neuron.
    pub fn convention(&self) -> Convention {
        self.convention
    }

    /// What the couplings mean.
    pub fn reading(&self) -> Reading {
        self.reading
    }

    /// J, N × N, row after row.
    pub fn space(&self) -> &[f64] {
        &self.space
    }

    /// K_ki at (k − 1) N + i.
    pub fn time(&self) -> &[f64] {
        &self.time
    }

    /// h: N values, or N × T, neuron after neuron.
    pub fn input(&self) -> &[f64] {
        &self.input
    }

    /// T, where the input has a value a tick; a field of one tick has one either way.
    pub fn input_ticks(&self) -> Option<usize> {
        Some(self.input.len() / self.neurons).filter(|&ticks| ticks > 1)
    }

    /// The input of a neuron at a tick.
    pub(crate) fn input_at(&self, neuron: usize, tick: usize) -> f64 {
        match self.input_ticks() {
            Some(ticks) => self.input[neuron * ticks + tick],
            None => self.input[neuron],
        }
    }
}

fn check_length(what: &str, shape: &str, wanted: usize, got: usize) -> Result<()> {
    if wanted == got {
        return Ok(());
    }
    Err(Error::input(what, format!("{shape} = {wanted} numbers"), got, "check the shape"))
}

fn check_finite(values: &[f64], name: impl Fn(usize) -> String) -> Result<()> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(at) => {
            let hint = "an infinite coupling is one that no data can show: use a prior, or leave the neuron out";
            Err(Error::input(name(at), "a finite number", values[at], hint))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_couplings_are_named() {
        let field = || NeuralField::new(2, Convention::Gas).unwrap();
        let space = |values: &[f64]| field().with_space(values.to_vec()).unwrap_err().to_string();
        assert!(space(&[0.0; 3]).contains("2 x 2 = 4"));
        assert!(space(&[0.0, 1.0, f64::NAN, 0.0]).contains("J[1, 0]"));
        assert!(space(&[0.0, 1.0, 1.0, 0.5]).contains("J[1, 1]"));
        let asymmetric = space(&[0.0, 1.0, 1.25, 0.0]);
        assert!(asymmetric.contains("J[1, 0]") && asymmetric.contains("differs by 2.5e-1"), "{asymmetric}");
        assert!(field().causal().with_space(vec![0.0, 1.0, 1.25, 0.0]).is_ok());
        let rounded = field().with_space(vec![0.0, 1.0, 1.0 + 1e-8, 0.0]).unwrap();
        assert_eq!(rounded.space()[1], rounded.space()[2]);
        assert!(field().with_time(2, vec![0.0; 3]).unwrap_err().to_string().contains("2 lags x 2 neurons"));
        assert!(field().with_time(1, vec![0.0, f64::INFINITY]).unwrap_err().to_string().contains("K[0, 1] of lag 1"));
        assert!(field().with_input(vec![0.0; 3]).is_err() && field().with_input(Vec::new()).is_err());
        let input = field().with_input(vec![0.0, 0.0, 0.0, f64::NAN]).unwrap_err().to_string();
        assert!(input.contains("neuron 1 at tick 1"), "{input}");
        assert!(NeuralField::new(0, Convention::Gas).is_err() && NeuralField::new(1 << 20, Convention::Gas).is_err());
        assert!(field().over(3).unwrap().over(4).is_err() && field().over(0).is_err());
        assert!(field().over(3).unwrap().log_weight(4, |_, _| true).is_err());
        let coupled = field().with_time(1, vec![0.5, 0.0]).unwrap();
        assert!(coupled.to(Convention::Magnetic).unwrap_err().to_string().contains("over(ticks)"));
    }
}
