//! Which adapter to use: the best hardware first, a software one otherwise, never one that computes nothing.

use crate::error::{Error, Result};

/// What would give a machine without an adapter one.
const INSTALL_HINT: &str = "install a driver; for a software adapter on Debian or Ubuntu: \
     apt-get install mesa-vulkan-drivers libvulkan1";

/// Which adapter is wanted. The default takes the best one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdapterRequest {
    /// A part of the name (letter case does not matter), or the index in [`adapters`].
    pub adapter: Option<String>,
    /// `vulkan`, `metal`, `dx12` or `gl`.
    pub backend: Option<String>,
}

/// An adapter of this machine and what spinfield can do on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterDescription {
    /// Position in [`adapters`].
    pub index: usize,
    /// The adapter's name.
    pub name: String,
    /// `vulkan`, `metal`, `dx12` or `gl`.
    pub backend: String,
    /// Driver and its version.
    pub driver: String,
    /// `discrete`, `integrated`, `virtual`, `cpu` or `other`.
    pub kind: &'static str,
    /// The largest buffer that a kernel can see, in bytes.
    pub max_binding_bytes: u64,
    /// Workgroup memory, in bytes.
    pub workgroup_bytes: u32,
}

impl AdapterDescription {
    pub(super) fn of(index: usize, info: &wgpu::AdapterInfo, limits: &wgpu::Limits) -> Self {
        Self {
            index,
            name: info.name.clone(),
            backend: info.backend.to_string(),
            driver: [info.driver.as_str(), info.driver_info.as_str()].join(" ").trim().to_string(),
            kind: match info.device_type {
                wgpu::DeviceType::DiscreteGpu => "discrete",
                wgpu::DeviceType::IntegratedGpu => "integrated",
                wgpu::DeviceType::VirtualGpu => "virtual",
                wgpu::DeviceType::Cpu => "cpu",
                wgpu::DeviceType::Other => "other",
            },
            max_binding_bytes: limits.max_storage_buffer_binding_size.min(limits.max_buffer_size),
            workgroup_bytes: limits.max_compute_workgroup_storage_size,
        }
    }
}

impl std::fmt::Display for AdapterDescription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}, {})", self.name, self.backend, self.kind)
    }
}

/// The adapters of this machine, best first: discrete, integrated, virtual, software; OpenGL after the others of its kind.
pub fn adapters() -> Vec<AdapterDescription> {
    describe(&enumerate())
}

fn describe(adapters: &[wgpu::Adapter]) -> Vec<AdapterDescription> {
    let one = |(index, adapter): (usize, &wgpu::Adapter)| {
        AdapterDescription::of(index, &adapter.get_info(), &adapter.limits())
    };
    adapters.iter().enumerate().map(one).collect()
}

/// The adapter that [`Gpu::request`](super::Gpu::request) would open.
///
/// # Errors
/// [`Error::NoAdapter`], listing what there is.
pub fn select(request: &AdapterRequest) -> Result<AdapterDescription> {
    let (index, adapter) = choose(request)?;
    Ok(AdapterDescription::of(index, &adapter.get_info(), &adapter.limits()))
}

/// The adapter that a request means. `WGPU_BACKEND`, `WGPU_ADAPTER_NAME` and `WGPU_POWER_PREF` stand in for what the
/// request leaves open.
pub(super) fn choose(request: &AdapterRequest) -> Result<(usize, wgpu::Adapter)> {
    let all = enumerate();
    let described = describe(&all);
    let wanted = request.adapter.clone().or_else(|| std::env::var("WGPU_ADAPTER_NAME").ok().filter(|n| !n.is_empty()));
    let backend = request.backend.as_deref().map(|name| match name.to_lowercase().as_str() {
        "opengl" | "gles" => "gl".to_string(),
        other => other.to_string(),
    });
    let fits = |candidate: &AdapterDescription| {
        let name_fits = wanted.as_ref().is_none_or(|wanted| match wanted.parse::<usize>() {
            Ok(index) if index < all.len() => index == candidate.index,
            _ => candidate.name.to_lowercase().contains(&wanted.to_lowercase()),
        });
        name_fits && backend.as_ref().is_none_or(|backend| *backend == candidate.backend)
    };
    match described.iter().position(fits) {
        Some(index) => all.into_iter().nth(index).map(|adapter| (index, adapter)).ok_or_else(|| none_found(&[], "")),
        None => {
            let named = wanted.map(|name| format!("named `{name}`"));
            let on = backend.map(|backend| format!("on backend `{backend}`"));
            let words: Vec<String> = [named, on].into_iter().flatten().collect();
            Err(none_found(&described, &words.join(" ")))
        }
    }
}

fn none_found(described: &[AdapterDescription], wanted: &str) -> Error {
    let found: Vec<String> = described.iter().map(|one| format!("[{}] {one}", one.index)).collect();
    Error::NoAdapter {
        wanted: if wanted.is_empty() { "that computes".into() } else { wanted.into() },
        found: if found.is_empty() { "none".into() } else { found.join(", ") },
        hint: if found.is_empty() { INSTALL_HINT.into() } else { "choose one of these".into() },
    }
}

fn enumerate() -> Vec<wgpu::Adapter> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
    let mut adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    adapters.retain(|adapter| {
        let compute = adapter.get_downlevel_capabilities().flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS);
        adapter.get_info().backend != wgpu::Backend::Noop && compute
    });
    let low_power = wgpu::PowerPreference::from_env() == Some(wgpu::PowerPreference::LowPower);
    let identity = |info: &wgpu::AdapterInfo| {
        let kind = match info.device_type {
            wgpu::DeviceType::DiscreteGpu => u8::from(low_power),
            wgpu::DeviceType::IntegratedGpu => u8::from(!low_power),
            wgpu::DeviceType::VirtualGpu => 2,
            wgpu::DeviceType::Other => 3,
            wgpu::DeviceType::Cpu => 4,
        };
        let gl = info.backend == wgpu::Backend::Gl;
        (
            kind,
            gl,
            info.device_pci_bus_id.clone(),
            info.name.to_lowercase(),
            info.driver.clone(),
            info.backend.to_string(),
        )
    };
    adapters.sort_by_cached_key(|adapter| identity(&adapter.get_info()));
    // A driver that is registered twice is one adapter to a person.
    adapters.dedup_by_key(|adapter| identity(&adapter.get_info()));
    adapters
}
