//! The device: the only folder that knows wgpu.
//!
//! [`Gpu`] owns (or borrows from an embedding program) a device and its queue, and caches pipelines; the executor turns a
//! [`Plan`](crate::plan::Plan) into buffers and submissions. Every wgpu error ends here, as an [`Error`].

mod adapter;
mod executor;
mod fuse;
mod ledger;
mod memory;
mod pipeline;

pub use adapter::{AdapterDescription, AdapterRequest, adapters, select};
pub(crate) use executor::{Executor, Run};
pub use ledger::{KernelRecord, PlanRecord};
/// The wgpu that this crate is built with, for programs that share a device with it: see [`Gpu::from_device`].
pub use wgpu;

use crate::error::{Error, Result};
use fuse::Fuse;
use ledger::Ledger;
use pipeline::PipelineCache;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A device that runs kernels. Cheap to clone; clones share device and pipelines.
#[derive(Debug, Clone)]
pub struct Gpu {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    device: wgpu::Device,
    queue: wgpu::Queue,
    description: AdapterDescription,
    limits: wgpu::Limits,
    fault: Arc<Mutex<Option<Error>>>,
    pipelines: PipelineCache,
    tuning: Tuning,
    interrupt: Arc<AtomicBool>,
    parallelism: u32,
    fuse: Arc<Fuse>,
    ledger: Arc<Ledger>,
}

/// How work is cut into workgroups and submissions. None of it changes a result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tuning {
    /// Invocations of a workgroup, 1 to 256.
    pub lanes: u32,
    /// Time that one submission should take; work is cut so that no watchdog fires.
    pub submission: Duration,
    /// Bytes of measurements that are collected on the device before they are read back.
    pub batch_bytes: u64,
    /// Sums of a recall's sweep (neurons / 32 × patterns / 4 × cues) from which on a kernel is used that is faster and takes
    /// longer to compile.
    pub long_sweep: u64,
}

impl Default for Tuning {
    fn default() -> Self {
        Self { lanes: 64, submission: Duration::from_millis(50), batch_bytes: 4 << 20, long_sweep: 1 << 22 }
    }
}

/// How long a device that has failed may take to say that it is lost.
const LAST_WORDS: Duration = Duration::from_secs(5);

impl Gpu {
    /// The best adapter of this machine.
    ///
    /// # Errors
    /// [`Error::NoAdapter`] where there is none.
    pub fn new() -> Result<Self> {
        Self::request(&AdapterRequest::default())
    }

    /// The adapter that fits a request.
    ///
    /// # Errors
    /// [`Error::NoAdapter`], listing what there is.
    pub fn request(request: &AdapterRequest) -> Result<Self> {
        let (index, adapter) = adapter::choose(request)?;
        let limits = adapter.limits();
        let description = AdapterDescription::of(index, &adapter.get_info(), &limits);
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("spinfield"),
            required_limits: limits.clone(),
            ..wgpu::DeviceDescriptor::default()
        };
        let (device, queue) =
            pollster::block_on(adapter.request_device(&descriptor)).map_err(|error| Error::NoAdapter {
                wanted: format!("`{description}` with a working device"),
                found: error.to_string(),
                hint: "choose another adapter".into(),
            })?;
        let gpu = Self::assemble(device, queue, description, limits);
        gpu.install_handlers();
        Ok(gpu)
    }

    /// A device of the embedding program. Its error handlers stay the program's.
    pub fn from_device(device: wgpu::Device, queue: wgpu::Queue) -> Self {
        let limits = device.limits();
        let description = AdapterDescription::of(0, &device.adapter_info(), &limits);
        Self::assemble(device, queue, description, limits)
    }

    fn assemble(
        device: wgpu::Device,
        queue: wgpu::Queue,
        description: AdapterDescription,
        limits: wgpu::Limits,
    ) -> Self {
        let pipelines = PipelineCache::default();
        let tuning = Tuning::default();
        let (fault, interrupt) = (Arc::default(), Arc::default());
        let parallelism = if description.kind == "cpu" { 512 } else { 1 << 17 };
        let (fuse, ledger) = (Arc::default(), Arc::default());
        let inner = Inner {
            device,
            queue,
            description,
            limits,
            fault,
            pipelines,
            tuning,
            interrupt,
            parallelism,
            fuse,
            ledger,
        };
        Self { inner: Arc::new(inner) }
    }

    /// This device with another tuning, its own pipeline cache and its own interrupt flag.
    #[must_use]
    pub fn with_tuning(&self, tuning: Tuning) -> Self {
        self.with(tuning, self.inner.parallelism)
    }

    /// This device with memory laid out for another [parallelism](Self::parallelism), its own pipeline cache and its own
    /// interrupt flag: what was saved on one kind of device goes on on another.
    #[must_use]
    pub fn with_parallelism(&self, parallelism: u32) -> Self {
        self.with(self.inner.tuning, parallelism.max(1))
    }

    fn with(&self, tuning: Tuning, parallelism: u32) -> Self {
        let inner = &self.inner;
        Self {
            inner: Arc::new(Inner {
                device: inner.device.clone(),
                queue: inner.queue.clone(),
                description: inner.description.clone(),
                limits: inner.limits.clone(),
                fault: inner.fault.clone(),
                pipelines: PipelineCache::default(),
                tuning,
                interrupt: Arc::default(),
                parallelism,
                fuse: inner.fuse.clone(),
                ledger: inner.ledger.clone(),
            }),
        }
    }

    /// Records the plans that are put on the device from here on, for [`plans`](Self::plans).
    pub fn record_plans(&self) {
        self.inner.ledger.open();
    }

    /// What was put on the device since [`record_plans`](Self::record_plans): memory, kernels, and how often they ran.
    pub fn plans(&self) -> Vec<PlanRecord> {
        self.inner.ledger.records()
    }

    /// The adapter in use.
    pub fn adapter(&self) -> &AdapterDescription {
        &self.inner.description
    }

    /// How work is cut.
    pub fn tuning(&self) -> Tuning {
        self.inner.tuning
    }

    /// The lanes of the tuning, checked.
    ///
    /// # Errors
    /// [`Error::Input`] where this adapter has no such workgroups.
    pub(crate) fn lanes(&self) -> Result<u32> {
        let lanes = self.inner.tuning.lanes;
        let most = self.inner.limits.max_compute_invocations_per_workgroup.min(256);
        if lanes == 0 || lanes > most {
            return Err(Error::input("lanes of a workgroup", format!("1 to {most}"), lanes, "change the tuning"));
        }
        Ok(lanes)
    }

    /// Invocations that keep the device busy: kernels give each more work where there are many more. No result depends on it,
    /// but where spins lie in memory may.
    pub fn parallelism(&self) -> u32 {
        self.inner.parallelism
    }

    /// A flag that ends a running simulation with [`Error::Interrupted`] after the submission in flight. It stays set, for
    /// this device and its clones, until the caller clears it; reading a state back does not heed it.
    pub fn interrupt_flag(&self) -> Arc<AtomicBool> {
        self.inner.interrupt.clone()
    }

    /// The device, for an embedding program.
    pub fn device(&self) -> &wgpu::Device {
        &self.inner.device
    }

    /// The queue, for an embedding program.
    pub fn queue(&self) -> &wgpu::Queue {
        &self.inner.queue
    }

    /// Destroys the device just before the call of this number, counted from 0 from here on, so that tests see what a loss does
    /// anywhere in a run.
    #[doc(hidden)]
    pub fn lose_before_call(&self, call: u64) {
        self.inner.fuse.light(call);
    }

    /// Calls of the device since the last [`lose_before_call`](Self::lose_before_call).
    #[doc(hidden)]
    pub fn calls(&self) -> u64 {
        self.inner.fuse.burnt()
    }

    /// Notes that the device is called.
    fn about_to_call(&self) {
        if self.inner.fuse.burns_out() {
            self.inner.device.destroy();
        }
    }

    fn install_handlers(&self) {
        let fault = self.inner.fault.clone();
        self.inner.device.set_device_lost_callback(move |reason, message| {
            *lock(&fault) = Some(Error::DeviceLost(format!("{reason:?} {message}")));
        });
        let fault = self.inner.fault.clone();
        self.inner.device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            lock(&fault).get_or_insert(translate("working", &error));
        }));
    }

    /// Runs device calls inside error scopes and turns what they catch into an [`Error`].
    fn guarded<T>(&self, doing: &str, calls: impl FnOnce() -> T) -> Result<T> {
        self.about_to_call();
        let device = &self.inner.device;
        let memory = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let internal = device.push_error_scope(wgpu::ErrorFilter::Internal);
        let validation = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let value = calls();
        // Scopes are popped in reverse order, all of them, before any is looked at.
        let caught = [pollster::block_on(validation.pop()), pollster::block_on(internal.pop())];
        let caught = [pollster::block_on(memory.pop())].into_iter().chain(caught).flatten().next();
        if caught.is_some() {
            // A lost device fails in many ways; its callback says what it was, and is run by a poll that finds nothing left in
            // flight.
            let _ = device.poll(wgpu::PollType::Wait { submission_index: None, timeout: Some(LAST_WORDS) });
        }
        self.health()?;
        match caught {
            Some(error) => Err(translate(doing, &error)),
            None => Ok(value),
        }
    }

    /// The error that a callback left behind, if any, or a caller's wish to stop.
    fn health(&self) -> Result<()> {
        match lock(&self.inner.fault).as_ref() {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    fn interrupted(&self) -> Result<()> {
        if self.inner.interrupt.load(Ordering::Relaxed) { Err(Error::Interrupted) } else { Ok(()) }
    }
}

fn translate(doing: &str, error: &wgpu::Error) -> Error {
    match error {
        wgpu::Error::OutOfMemory { .. } => Error::OutOfMemory(doing.into()),
        wgpu::Error::Validation { description, .. } | wgpu::Error::Internal { description, .. } => {
            let text = description.split_whitespace().collect::<Vec<_>>().join(" ");
            if text.to_lowercase().contains("lost") {
                Error::DeviceLost(text)
            } else {
                Error::Run {
                    what: format!("the driver refused while {doing}: {text}"),
                    hint: "this is a defect of spinfield or of the driver; try another adapter and report it".into(),
                }
            }
        }
    }
}

/// A lock whose holder cannot have left it inconsistent: every critical section is a single assignment or insertion.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
