//! Modern Hopfield networks of continuous states: retrieval is attention.

use crate::error::{Error, Result};
use crate::gpu::{Executor, Gpu, Run as RunUniform};
use crate::patterns::Patterns;
use crate::plan::{Constants, KernelId, Plan, Slot, Tick, check_trips, workgroup_for};
use crate::shader::catalogue;

/// The lanes of a softmax: fixed, so that sums have one order whatever the tuning.
const LANES: u32 = 32;

/// Real vectors of one width, row after row.
#[derive(Debug, Clone, PartialEq)]
pub struct Vectors {
    width: usize,
    values: Vec<f32>,
}

impl Vectors {
    /// Takes `values`, `width` of them a vector.
    ///
    /// # Errors
    /// [`Error::Input`] for no vector, no component, a length that is no multiple of the width, or a value that is not
    /// finite.
    pub fn new(width: usize, values: Vec<f32>) -> Result<Self> {
        if width == 0 || values.is_empty() || !values.len().is_multiple_of(width) {
            let (wanted, got) = (format!("a positive multiple of the width {width}"), values.len());
            return Err(Error::input("values of vectors", wanted, got, "give every vector all of its components"));
        }
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            let what = format!("component {} of vector {}", at % width, at / width);
            return Err(Error::input(what, "a finite number", values[at], "remove NaN and infinities first"));
        }
        Ok(Self { width, values })
    }

    /// How many vectors there are.
    pub fn count(&self) -> usize {
        self.values.len() / self.width
    }

    /// The components of each.
    pub fn width(&self) -> usize {
        self.width
    }

    /// All components, vector after vector.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The components of one vector; empty if there is no such vector.
    pub fn row(&self, index: usize) -> &[f32] {
        self.values.chunks_exact(self.width).nth(index).unwrap_or(&[])
    }

    /// [component][vector], both padded with zeros to multiples of four.
    fn by_component(&self) -> Vec<f32> {
        let stride = self.count().next_multiple_of(4);
        let mut turned = vec![0.0; self.width.next_multiple_of(4) * stride];
        for (vector, row) in self.values.chunks_exact(self.width).enumerate() {
            for (component, &value) in row.iter().enumerate() {
                turned[component * stride + vector] = value;
            }
        }
        turned
    }

    /// [vector][component], components padded with zeros to a multiple of four.
    fn by_vector(&self) -> Vec<f32> {
        let padding = self.width.next_multiple_of(4) - self.width;
        let rows = self.values.chunks_exact(self.width);
        rows.flat_map(|row| row.iter().copied().chain(std::iter::repeat_n(0.0, padding))).collect()
    }
}

impl From<&Patterns> for Vectors {
    fn from(patterns: &Patterns) -> Self {
        let values = (0..patterns.count()).flat_map(|p| patterns.signs(p)).map(f32::from).collect();
        Self { width: patterns.neurons(), values }
    }
}

/// A retrieval from a continuous memory, before it is run. From [`Gpu::attend`].
#[derive(Debug, Clone)]
pub struct AttendBuilder<'a> {
    gpu: Gpu,
    stored: &'a Vectors,
    queries: &'a Vectors,
    inverse_temperature: f64,
    steps: u32,
}

impl Gpu {
    /// Retrieves from stored vectors Ξ what queries x resemble: x ← Ξᵀ softmax(β Ξx), the attention of transformers and the
    /// retrieval of modern Hopfield networks (H. Ramsauer et al., arXiv:2008.02217). It never raises the energy
    /// E = −(1/β) ln Σ_μ e^(β ξ_μ·x) + ½|x|².
    pub fn attend<'a>(&self, stored: &'a Vectors, queries: &'a Vectors) -> AttendBuilder<'a> {
        AttendBuilder { gpu: self.clone(), stored, queries, inverse_temperature: 1.0, steps: 1 }
    }
}

impl AttendBuilder<'_> {
    /// β (default: 1; transformers take 1/√width).
    #[must_use]
    pub fn inverse_temperature(mut self, inverse_temperature: f64) -> Self {
        self.inverse_temperature = inverse_temperature;
        self
    }

    /// How often the rule is applied (default: 1).
    #[must_use]
    pub fn steps(mut self, steps: u32) -> Self {
        self.steps = steps;
        self
    }

    /// Runs all queries at once, in single precision.
    ///
    /// # Errors
    /// [`Error::Input`] for widths that differ, no step, or a β that is not a positive number; [`Error::Limit`] for more
    /// than 32,768 vectors or components, or what the adapter cannot hold.
    pub fn run(&self) -> Result<Attended> {
        let (width, count, queries) = (self.stored.width(), self.stored.count(), self.queries.count());
        if self.queries.width() != width {
            let hint = "queries and stored vectors must have the same width";
            return Err(Error::input("width of the queries", width.to_string(), self.queries.width(), hint));
        }
        if self.steps == 0 {
            return Err(Error::input("steps", "at least 1", 0, "1 is attention"));
        }
        let beta = self.inverse_temperature;
        if !(1e-30..=1e30).contains(&beta) {
            return Err(Error::input("inverse temperature", "1e-30 to 1e30", beta, "1/sqrt(width) is a transformer's"));
        }
        for trips in [width, count] {
            check_trips(trips as u64, catalogue::PRODUCT.name)?;
        }
        let columns = queries.div_ceil(4) as u64;
        let words = 4 * columns * count.max(width).next_multiple_of(4) as u64;
        if words > u64::from(u32::MAX / 2) {
            let what = "queries x stored vectors or components".into();
            return Err(Error::Limit {
                what,
                need: words,
                have: (u32::MAX / 2).into(),
                hint: "use fewer queries".into(),
            });
        }
        let mut plan = Plan::default();
        let by_component = plan.slot_with("by_component", &self.stored.by_component());
        let by_vector = plan.slot_with("by_vector", &self.stored.by_vector());
        let states = plan.slot_with("states", &self.queries.by_component());
        let weights = plan.slot("weights", 4 * columns * count.next_multiple_of(4) as u64);
        let shape = |depth: usize, rows: usize| Shape {
            depth: depth as u32,
            rows: rows.div_ceil(4) as u32,
            columns: columns as u32,
        };
        let lanes = self.gpu.lanes()?;
        let score = Product::declare(&mut plan, shape(width, count), [by_component, states, weights], lanes)?;
        let retrieve = Product::declare(&mut plan, shape(count, width), [by_vector, weights, states], lanes)?;
        let mut constants = Constants::default();
        constants.set("INVERSE_TEMPERATURE", beta).set("PATTERNS", count as u32).set("COLUMN_QUADS", columns as u32);
        let softmax = plan.kernel(catalogue::SOFTMAX.source_alone()?, constants, [LANES, 1], &[]);
        let trips = 3 * (count as u64).div_ceil(LANES.into()) + 2 * u64::from(LANES);
        let uniform = RunUniform { seed_low: 0, seed_high: 0, chains: queries as u32, replicas: queries as u32 };
        let mut executor = Executor::new(&self.gpu, &mut plan, uniform)?;
        for _ in 0..self.steps {
            score.append(&mut plan);
            plan.dispatch(softmax, 0..columns as u32 * LANES, 1, trips, Tick::default());
            retrieve.append(&mut plan);
            executor.execute(&mut plan)?;
        }
        let mut read = |slot: Slot, components: usize| -> Result<Vectors> {
            let bits = executor.read(slot, plan.slots[slot.0].bytes)?;
            let stride = 4 * columns as usize;
            let value = |query: usize, component: usize| f32::from_bits(bits[component * stride + query]);
            let values = (0..queries).flat_map(|query| (0..components).map(move |component| (query, component)));
            Ok(Vectors { width: components, values: values.map(|(q, c)| value(q, c)).collect() })
        };
        Ok(Attended { vectors: read(states, width)?, weights: read(weights, count)? })
    }
}

/// What queries retrieved.
#[derive(Debug, Clone, PartialEq)]
pub struct Attended {
    vectors: Vectors,
    weights: Vectors,
}

impl Attended {
    /// The retrieved vectors, one a query.
    pub fn vectors(&self) -> &Vectors {
        &self.vectors
    }

    /// The softmax weights of the stored vectors that made them in the last step, one row a query.
    pub fn weights(&self) -> &Vectors {
        &self.weights
    }
}

/// Summed indices, and quads of rows and of columns.
#[derive(Debug, Clone, Copy)]
struct Shape {
    depth: u32,
    rows: u32,
    columns: u32,
}

#[derive(Debug)]
struct Product {
    kernel: KernelId,
    shape: Shape,
}

impl Product {
    fn declare(plan: &mut Plan, shape: Shape, [left, right, result]: [Slot; 3], lanes: u32) -> Result<Self> {
        let mut constants = Constants::default();
        constants.set("DEPTH", shape.depth).set("ROW_QUADS", shape.rows).set("COLUMN_QUADS", shape.columns);
        let workgroup = workgroup_for(shape.rows * shape.columns, 1, lanes);
        let bindings = [("left", left), ("right", right), ("result", result)];
        Ok(Self { kernel: plan.kernel(catalogue::PRODUCT.source_alone()?, constants, workgroup, &bindings), shape })
    }

    fn append(&self, plan: &mut Plan) {
        let Shape { depth, rows, columns } = self.shape;
        plan.dispatch(self.kernel, 0..rows * columns, 1, depth.into(), Tick::default());
    }
}
