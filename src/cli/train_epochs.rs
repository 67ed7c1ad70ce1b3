//! What the epochs of a training end with.

use spinfield::io::checkpoint::Sections;
use spinfield::learn::held_out_score;
use spinfield::{Error, Gpu, Judge, RestrictedMachine, Result, Vectors};

/// Samples of each kind whose free energies are found after an epoch.
const JUDGED: usize = 500;
/// Samples whose reconstructions and pseudo-likelihoods are found, which cost more.
const JUDGED_CLOSELY: usize = 100;

/// What one epoch did.
#[derive(Debug, Clone, Copy)]
pub struct Epoch {
    /// Counted from 1.
    pub epoch: u64,
    /// `None` for real visible units.
    pub pseudo_likelihood: Option<f64>,
    /// The mean square.
    pub reconstruction: f64,
    /// `None` where nothing is held out.
    pub gap: Option<f64>,
}

impl Epoch {
    /// What early stopping goes by.
    pub fn held_out_score(&self) -> Option<f64> {
        self.pseudo_likelihood.zip(self.gap).map(|(pseudo, gap)| held_out_score(pseudo, gap))
    }

    /// As data; what there is none of is NaN.
    pub fn save_all(epochs: &[Self]) -> Sections {
        let numbers = epochs.iter().flat_map(|epoch| {
            [epoch.pseudo_likelihood, Some(epoch.reconstruction), epoch.gap].map(|value| value.unwrap_or(f64::NAN))
        });
        let mut sections = Sections::new();
        sections.put_numbers("epochs", &numbers.collect::<Vec<f64>>());
        sections
    }

    /// What [`Epoch::save_all`] made.
    pub fn restore_all(saved: &Sections) -> Result<Vec<Self>, Error> {
        let numbers = saved.numbers::<f64>("epochs")?;
        let some = |value: f64| Some(value).filter(|value| !value.is_nan());
        let epoch = |(number, values): (usize, &[f64])| match *values {
            [pseudo_likelihood, reconstruction, gap] => Some(Self {
                epoch: number as u64 + 1,
                pseudo_likelihood: some(pseudo_likelihood),
                reconstruction,
                gap: some(gap),
            }),
            _ => None,
        };
        Ok(numbers.chunks(3).enumerate().filter_map(epoch).collect())
    }
}

/// Who finds it, with some of the samples.
pub struct Judges {
    /// Of the samples to learn from, and of those that are held out: the gap of their free energies is all they are for.
    free_energies: Option<[Judge; 2]>,
    closely: Judge,
}

impl Judges {
    /// Of samples to learn from and samples that are held out, if there are any.
    pub fn new(
        gpu: &Gpu,
        machine: &RestrictedMachine,
        data: &Vectors,
        test: Option<&Vectors>,
        seed: u64,
    ) -> Result<Self> {
        let judge = |data, most| Judge::new(gpu, machine, &some_of(data, most)?, seed);
        Ok(Self {
            free_energies: match test {
                Some(test) => Some([judge(data, JUDGED)?, judge(test, JUDGED)?]),
                None => None,
            },
            closely: judge(data, JUDGED_CLOSELY)?,
        })
    }

    /// Whether there are pseudo-likelihoods for such a machine.
    pub fn find_pseudo_likelihoods(&self) -> bool {
        self.closely.finds_pseudo_likelihoods()
    }

    /// What the machine makes of the samples after an epoch.
    pub fn judge(&mut self, machine: &RestrictedMachine, epoch: u64) -> Result<Epoch> {
        let mut gap = None;
        if let Some(judges) = &mut self.free_energies {
            let mut free = [0.0; 2];
            for (free, judge) in free.iter_mut().zip(judges) {
                judge.set_machine(machine)?;
                *free = mean(&judge.free_energies()?);
            }
            gap = Some(free[1] - free[0]);
        }
        self.closely.set_machine(machine)?;
        let pseudo_likelihood = self.closely.pseudo_likelihoods()?.map(|all| mean(&all));
        Ok(Epoch { epoch, pseudo_likelihood, reconstruction: self.closely.reconstruction_error()?, gap })
    }

    /// How far the judges are, which the random words of a resumed training go on from.
    pub fn save(&self, state: &mut Sections) {
        state.put_numbers("judged", &[self.closely.judged()]);
    }

    /// Goes on from what [`Judges::save`] kept.
    pub fn restore(&mut self, saved: &Sections) -> Result<()> {
        if let [judged] = saved.numbers("judged")?[..] {
            self.closely.go_on_after(judged);
        }
        Ok(())
    }
}

/// At most so many samples, from all over the data, which may be sorted.
pub fn some_of(data: &Vectors, most: usize) -> Result<Vectors, Error> {
    let count = data.count().min(most);
    let rows = (0..count).flat_map(|place| data.row(place * data.count() / count));
    Vectors::new(data.width(), rows.copied().collect())
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
