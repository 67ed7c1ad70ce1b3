//! Plans become buffers, bind groups and submissions.
//!
//! Many dispatches go into one submission, as many as should take the tuned time: the rate is measured as submissions
//! finish. Results travel through a ring of mapped buffers, and the host waits only for the oldest submission in flight,
//! so measuring does not stall the sweeps.

use super::pipeline::Pipeline;
use super::{Gpu, lock};
use crate::error::{Error, Result};
use crate::mirror;
use crate::plan::{Content, Dispatch, KernelId, KernelSpec, MAX_GROUPS, Op, Plan, Slot, Tick};
use crate::shader::Mirror as _;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The shader variables of the engine.
pub(super) const TICK: &str = "tick";
const RUN: &str = "run";

/// Submissions in flight before the host waits for the oldest.
const IN_FLIGHT: usize = 3;
/// Dispatches in one submission at the most: the room for their uniforms.
const TICKS: u64 = 1024;
/// Work of an empty dispatch, in loop iterations of one lane: 10 µs against about 1 ns.
const DISPATCH_WORK: u64 = 10_000;
/// A device that does not finish a submission within this time is taken for lost.
const PATIENCE: Duration = Duration::from_secs(120);

mirror! {
    /// What every kernel knows of the run; mirrors `Run` in `shaders/lib/engine.wgsl`.
    pub struct Run {
        pub seed_low: u32,
        pub seed_high: u32,
        pub chains: u32,
        pub replicas: u32,
    }
}

/// The uniform of one dispatch. Kept apart from [`Tick`](crate::plan::Tick), whose sweep is one 64-bit number.
mod uniform {
    crate::mirror! {
        /// Mirrors `Tick` in `shaders/lib/engine.wgsl`.
        pub struct Tick {
            pub first: u32,
            pub last: u32,
            pub part: u32,
            pub row: u32,
            pub sweep_low: u32,
            pub sweep_high: u32,
            pub kick: f32,
            pub drift: f32,
        }
    }
}

fn tick_words(tick: &Tick, first: u32, last: u32) -> Vec<u32> {
    uniform::Tick {
        first,
        last,
        part: tick.part,
        row: tick.row,
        sweep_low: tick.sweep as u32,
        sweep_high: (tick.sweep >> 32) as u32,
        kick: tick.kick,
        drift: tick.drift,
    }
    .words()
}

#[derive(Debug)]
struct Prepared {
    pipeline: Arc<Pipeline>,
    /// By group; group 0 takes the dispatch's dynamic offset.
    groups: Vec<(u32, wgpu::BindGroup)>,
    workgroup: [u32; 2],
    name: String,
}

/// A mapped buffer on its way to the host.
#[derive(Debug)]
struct Readback {
    staging: wgpu::Buffer,
    bytes: u64,
    mapped: Arc<Mutex<Option<bool>>>,
}

#[derive(Debug)]
struct Submission {
    index: wgpu::SubmissionIndex,
    work: u64,
    at: Instant,
    readback: Option<Readback>,
}

/// A dispatch that fits the adapter's grid, with its uniform's place.
struct Step {
    kernel: KernelId,
    offset: u32,
    groups: [u32; 2],
}

/// The memory and kernels of one plan on one device.
#[derive(Debug)]
pub(crate) struct Executor {
    gpu: Gpu,
    buffers: Vec<wgpu::Buffer>,
    kernels: Vec<Prepared>,
    run: wgpu::Buffer,
    ticks: wgpu::Buffer,
    stride: u64,
    flight: VecDeque<Submission>,
    spare: Vec<wgpu::Buffer>,
    arrived: Vec<Vec<u8>>,
    /// Work a second, from the submissions so far.
    rate: f64,
    finished: Instant,
    /// Its number among recorded plans.
    record: Option<usize>,
}

impl Executor {
    /// Checks a plan against the adapter, then allocates and compiles it.
    pub fn new(gpu: &Gpu, plan: &mut Plan, run: Run) -> Result<Self> {
        let device = &gpu.inner.device;
        let stride = u64::from(gpu.inner.limits.min_uniform_buffer_offset_alignment).max(32);
        let (run_buffer, ticks) = gpu.guarded("allocating uniforms", || {
            let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
            let run_buffer = buffer(device, RUN, 16, usage);
            gpu.inner.queue.write_buffer(&run_buffer, 0, bytemuck::cast_slice(&run.words()));
            (run_buffer, buffer(device, TICK, TICKS * stride, usage))
        })?;
        let mut executor = Self {
            gpu: gpu.clone(),
            buffers: Vec::new(),
            kernels: Vec::new(),
            run: run_buffer,
            ticks,
            stride,
            flight: VecDeque::new(),
            spare: Vec::new(),
            arrived: Vec::new(),
            rate: 2e7,
            finished: Instant::now(),
            record: None,
        };
        executor.extend(plan)?;
        Ok(executor)
    }

    /// Allocates and compiles what the plan has declared since the last call.
    pub fn extend(&mut self, plan: &mut Plan) -> Result<()> {
        check_memory(&self.gpu, plan)?;
        let gpu = self.gpu.clone();
        let device = &gpu.inner.device;
        for slot in &mut plan.slots[self.buffers.len()..] {
            // The device has it from here on.
            let content = std::mem::replace(&mut slot.content, Content::Zero);
            self.buffers.push(gpu.guarded(&format!("allocating `{}` ({} bytes)", slot.name, slot.bytes), || {
                let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST;
                let buffer = buffer(device, slot.name, slot.bytes.next_multiple_of(4), usage);
                if let Content::Bytes(bytes) = &content {
                    gpu.inner.queue.write_buffer(&buffer, 0, bytes);
                }
                buffer
            })?);
        }
        for kernel in &plan.kernels[self.kernels.len()..] {
            let prepared = self.prepare(plan, kernel)?;
            self.kernels.push(prepared);
        }
        self.gpu.inner.ledger.declare(&mut self.record, plan);
        Ok(())
    }

    fn prepare(&self, plan: &Plan, kernel: &KernelSpec) -> Result<Prepared> {
        kernel.source.prove_layout::<Run>()?;
        kernel.source.prove_layout::<uniform::Tick>()?;
        let pipeline = self.gpu.pipeline(kernel)?;
        let buffer_of = |name: &str| -> Result<&wgpu::Buffer> {
            match name {
                TICK => Ok(&self.ticks),
                RUN => Ok(&self.run),
                _ => {
                    let rebound = kernel.bindings.iter().find(|(variable, _)| *variable == name).map(|(_, slot)| *slot);
                    let slot = rebound.or_else(|| plan.find(name)).and_then(|slot| self.buffers.get(slot.0));
                    slot.ok_or_else(|| Error::Contract {
                        model: "this plan".into(),
                        missing: name.into(),
                        needed_by: kernel.source.name().into(),
                        file: "the plan's slots".into(),
                    })
                }
            }
        };
        let mut groups = Vec::new();
        for (group, layout) in &pipeline.layouts {
            let mut entries = Vec::new();
            for binding in kernel.source.bindings().iter().filter(|binding| binding.group == *group) {
                let buffer = buffer_of(&binding.name)?;
                let size = if binding.name == TICK { std::num::NonZero::new(32) } else { None };
                let resource = wgpu::BindingResource::Buffer(wgpu::BufferBinding { buffer, offset: 0, size });
                entries.push(wgpu::BindGroupEntry { binding: binding.binding, resource });
            }
            let label = Some(kernel.source.name());
            let bound = self.gpu.guarded(&format!("binding kernel `{}`", kernel.source.name()), || {
                self.gpu.inner.device.create_bind_group(&wgpu::BindGroupDescriptor { label, layout, entries: &entries })
            })?;
            groups.push((*group, bound));
        }
        Ok(Prepared { pipeline, groups, workgroup: kernel.workgroup, name: kernel.source.name().into() })
    }

    /// Makes the plan's operations, in order, and takes them out of it. What is read [arrives](Executor::arrived) in order,
    /// some of it only after [`finish`](Executor::finish).
    pub fn execute(&mut self, plan: &mut Plan) -> Result<()> {
        let mut batch = Batch::default();
        for op in plan.take_ops()? {
            match op {
                Op::Dispatch(dispatch) => self.add_dispatch(&mut batch, &dispatch)?,
                Op::Write(slot, bytes) => {
                    self.submit(&mut batch, None)?;
                    self.write(slot, &bytes)?;
                }
                Op::Read(slot, bytes) => self.submit(&mut batch, Some((slot, bytes)))?,
            }
        }
        self.submit(&mut batch, None)
    }

    /// Waits for everything in flight.
    pub fn finish(&mut self) -> Result<()> {
        while !self.flight.is_empty() {
            self.retire()?;
        }
        Ok(())
    }

    /// Puts bytes at the beginning of a slot, after everything submitted so far.
    pub fn write(&self, slot: Slot, bytes: &[u8]) -> Result<()> {
        self.gpu.guarded("uploading", || self.gpu.inner.queue.write_buffer(&self.buffers[slot.0], 0, bytes))
    }

    /// What has been read since the last call, in order.
    pub fn arrived(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.arrived)
    }

    /// Reads the words at the beginning of a slot, after everything submitted so far. What was on its way before is kept,
    /// and a wish to stop does not stop it.
    pub fn read(&mut self, slot: Slot, bytes: u64) -> Result<Vec<u32>> {
        self.launch(&mut Batch::default(), Some((slot, bytes)))?;
        self.finish()?;
        let bytes = self.arrived.pop().unwrap_or_default();
        Ok(bytes.chunks_exact(4).map(bytemuck::pod_read_unaligned).collect())
    }

    /// Cuts a dispatch to the adapter's largest grid and to the time of one submission.
    fn add_dispatch(&mut self, batch: &mut Batch, dispatch: &Dispatch) -> Result<()> {
        let prepared = &self.kernels[dispatch.kernel.0];
        let [x, y] = prepared.workgroup;
        let rows = dispatch.chains.div_ceil(y);
        if rows > MAX_GROUPS {
            return Err(Error::Limit {
                what: format!("kernel `{}` over all chains", prepared.name),
                need: u64::from(dispatch.chains),
                have: u64::from(MAX_GROUPS) * u64::from(y),
                hint: "use fewer replicas, points or cues".into(),
            });
        }
        let work_of = |items: u32| {
            let lanes = u64::from(items.next_multiple_of(x)) * u64::from(rows * y);
            lanes.saturating_mul(dispatch.trips + 8) / 8 + DISPATCH_WORK
        };
        // A dispatch that alone would take longer than two submissions should is cut along x, in whole workgroups.
        let groups_in_time = self.budget().saturating_mul(2) / (work_of(x) - DISPATCH_WORK).max(1);
        let widest = x.saturating_mul(groups_in_time.clamp(256, u64::from(MAX_GROUPS)) as u32);
        let mut first = dispatch.items.start;
        while first < dispatch.items.end {
            let last = dispatch.items.end.min(first.saturating_add(widest));
            let work = work_of(last - first);
            if !batch.steps.is_empty() && (batch.work + work > self.budget() || batch.steps.len() as u64 == TICKS) {
                self.submit(batch, None)?;
            }
            let offset = batch.uniforms.len() as u32;
            let words = tick_words(&dispatch.tick, first, last);
            batch.uniforms.extend_from_slice(bytemuck::cast_slice(&words));
            batch.uniforms.resize(batch.uniforms.len().next_multiple_of(self.stride as usize), 0);
            batch.work += work;
            let groups = [(last - first).div_ceil(x), rows];
            batch.steps.push(Step { kernel: dispatch.kernel, offset, groups });
            first = last;
        }
        Ok(())
    }

    /// The work that should take the tuned time.
    fn budget(&self) -> u64 {
        (self.rate * self.gpu.inner.tuning.submission.as_secs_f64()) as u64
    }

    fn submit(&mut self, batch: &mut Batch, read: Option<(Slot, u64)>) -> Result<()> {
        if batch.steps.is_empty() && read.is_none() {
            return Ok(());
        }
        self.gpu.interrupted()?;
        self.launch(batch, read)
    }

    fn launch(&mut self, batch: &mut Batch, read: Option<(Slot, u64)>) -> Result<()> {
        while self.flight.len() >= IN_FLIGHT {
            self.retire()?;
        }
        let staging = match read {
            Some((_, bytes)) => Some(self.staging(bytes)?),
            None => None,
        };
        let gpu = self.gpu.clone();
        let submission = gpu.guarded("submitting work", || {
            gpu.inner.queue.write_buffer(&self.ticks, 0, &batch.uniforms);
            let mut encoder = gpu.inner.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
            self.encode(&mut encoder, &batch.steps);
            if let (Some(staging), Some((slot, bytes))) = (&staging, read) {
                encoder.copy_buffer_to_buffer(&self.buffers[slot.0], 0, staging, 0, bytes);
            }
            let index = gpu.inner.queue.submit([encoder.finish()]);
            let readback = staging.zip(read).map(|(staging, (_, bytes))| {
                let mapped = Arc::new(Mutex::new(None));
                let done = mapped.clone();
                staging.map_async(wgpu::MapMode::Read, 0..bytes, move |result| *lock(&done) = Some(result.is_ok()));
                Readback { staging, bytes, mapped }
            });
            Submission { index, work: batch.work, at: Instant::now(), readback }
        })?;
        self.flight.push_back(submission);
        self.gpu.inner.ledger.count(self.record, batch.steps.iter().map(|step| step.kernel.0));
        *batch = Batch::default();
        Ok(())
    }

    fn encode(&self, encoder: &mut wgpu::CommandEncoder, steps: &[Step]) {
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        let mut bound = None;
        for step in steps {
            let prepared = &self.kernels[step.kernel.0];
            if bound != Some(step.kernel) {
                pass.set_pipeline(&prepared.pipeline.pipeline);
                for (group, bind_group) in prepared.groups.iter().skip(1) {
                    pass.set_bind_group(*group, bind_group, &[]);
                }
                bound = Some(step.kernel);
            }
            pass.set_bind_group(0, &prepared.groups[0].1, &[step.offset]);
            pass.dispatch_workgroups(step.groups[0], step.groups[1], 1);
        }
    }

    /// Waits for the oldest submission, learns from its time and hands over what it read.
    fn retire(&mut self) -> Result<()> {
        let Some(submission) = self.flight.pop_front() else { return Ok(()) };
        self.wait(&submission.index)?;
        let now = Instant::now();
        let busy = now.duration_since(submission.at.max(self.finished)).as_secs_f64().max(1e-6);
        self.finished = now;
        // Small submissions measure latency, not speed; large ones may be disturbed: move half-way, within a factor 2.
        let seen = (submission.work as f64 / busy).clamp(self.rate / 4.0, self.rate * 4.0);
        self.rate = (0.5 * (self.rate + seen)).max(1e6);
        if let Some(readback) = submission.readback {
            let mapped = self.mapped(&readback)?;
            self.gpu.about_to_call();
            let view = mapped.then(|| readback.staging.get_mapped_range(0..readback.bytes));
            let Some(Ok(view)) = view else {
                self.gpu.health()?;
                return Err(Error::DeviceLost("results could not be read back".into()));
            };
            self.arrived.push(view.to_vec());
            drop(view);
            readback.staging.unmap();
            self.spare.push(readback.staging);
        }
        Ok(())
    }

    /// Whether a buffer could be mapped. Another thread that polls the device may have taken the callback of a submission
    /// that is done, and run it only after this thread's wait for it has ended.
    fn mapped(&self, readback: &Readback) -> Result<bool> {
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            if let Some(outcome) = *lock(&readback.mapped) {
                return Ok(outcome);
            }
            self.gpu.health()?;
            let _ = self.gpu.inner.device.poll(wgpu::PollType::Poll);
            std::thread::sleep(Duration::from_micros(20));
        }
        Ok(false)
    }

    fn wait(&self, index: &wgpu::SubmissionIndex) -> Result<()> {
        self.gpu.about_to_call();
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            // A wait that times out while another thread polls the same device can trip an assertion of wgpu-core 30
            // (it compares a fence read before with a queue emptied since): waits seldom do.
            let wait = wgpu::PollType::Wait { submission_index: Some(index.clone()), timeout: Some(PATIENCE / 2) };
            match self.gpu.inner.device.poll(wait) {
                Ok(_) => return self.gpu.health(),
                Err(wgpu::PollError::Timeout) => self.gpu.health()?,
                Err(error) => return Err(Error::DeviceLost(error.to_string())),
            }
        }
        Err(Error::DeviceLost(format!("no answer within {PATIENCE:?}")))
    }

    fn staging(&mut self, bytes: u64) -> Result<wgpu::Buffer> {
        if let Some(at) = self.spare.iter().position(|spare| spare.size() >= bytes && spare.size() <= 2 * bytes) {
            return Ok(self.spare.swap_remove(at));
        }
        self.spare.clear();
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        self.gpu.guarded("allocating a readback buffer", || buffer(&self.gpu.inner.device, "readback", bytes, usage))
    }
}

/// What goes into the next submission.
#[derive(Default)]
struct Batch {
    steps: Vec<Step>,
    /// The steps' uniforms, a stride each.
    uniforms: Vec<u8>,
    work: u64,
}

fn buffer(device: &wgpu::Device, label: &str, size: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor { label: Some(label), size, usage, mapped_at_creation: false })
}

/// Refuses what the adapter cannot hold, before anything is allocated.
fn check_memory(gpu: &Gpu, plan: &Plan) -> Result<()> {
    let have = gpu.inner.description.max_binding_bytes & !3;
    for slot in &plan.slots {
        if slot.bytes > have {
            return Err(Error::Limit {
                what: format!("buffer `{}`", slot.name),
                need: slot.bytes,
                have,
                hint: "bytes in one binding: use fewer replicas, points or patterns, or a smaller system".into(),
            });
        }
    }
    let storage = gpu.inner.limits.max_storage_buffers_per_shader_stage;
    for kernel in &plan.kernels {
        let need = kernel.source.bindings().iter().filter(|b| b.access != crate::shader::Access::Uniform).count();
        if need > storage as usize {
            return Err(Error::Limit {
                what: format!("kernel `{}`, in storage buffers", kernel.source.name()),
                need: need as u64,
                have: u64::from(storage),
                hint: "choose another adapter".into(),
            });
        }
    }
    Ok(())
}
