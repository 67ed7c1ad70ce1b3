//! Pipelines, cached by their text and constants.

use super::{Gpu, lock};
use crate::error::Result;
use crate::plan::{Constants, KernelSpec};
use crate::shader::Access;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// A compiled kernel with the layouts of its bind groups.
#[derive(Debug)]
pub(super) struct Pipeline {
    pub pipeline: wgpu::ComputePipeline,
    /// Group number and layout, ascending.
    pub layouts: Vec<(u32, wgpu::BindGroupLayout)>,
}

/// Pipelines by text and constants.
#[derive(Debug, Default)]
pub(super) struct PipelineCache {
    pipelines: Mutex<HashMap<[u8; 32], Arc<Pipeline>>>,
}

/// The number of bind groups, one an owner: engine, state, model, measurement.
const GROUPS: u32 = 4;

impl Gpu {
    /// The pipeline of a kernel, from the cache or compiled now.
    pub(super) fn pipeline(&self, kernel: &KernelSpec) -> Result<Arc<Pipeline>> {
        let constants = constants_of(kernel);
        let mut hasher = blake3::Hasher::new();
        hasher.update(kernel.source.text().as_bytes());
        for (name, value) in constants.iter() {
            hasher.update(name.as_bytes()).update(&value.to_le_bytes());
        }
        let key = *hasher.finalize().as_bytes();
        if let Some(pipeline) = lock(&self.inner.pipelines.pipelines).get(&key) {
            return Ok(pipeline.clone());
        }
        let pipeline = Arc::new(self.compile(kernel, &constants)?);
        lock(&self.inner.pipelines.pipelines).insert(key, pipeline.clone());
        Ok(pipeline)
    }

    fn compile(&self, kernel: &KernelSpec, constants: &Constants) -> Result<Pipeline> {
        let source = &kernel.source;
        let device = &self.inner.device;
        let started = std::time::Instant::now();
        let pipeline = self.guarded(&format!("compiling kernel `{}`", source.name()), || {
            let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(source.name()),
                source: wgpu::ShaderSource::Wgsl(source.text().into()),
            });
            let layouts: Vec<_> = (0..GROUPS).map(|group| (group, self.layout_of(kernel, group))).collect();
            let bound: Vec<_> = layouts.iter().map(|(_, layout)| Some(layout)).collect();
            let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                label: Some(source.name()),
                bind_group_layouts: &bound,
                immediate_size: 0,
            });
            let values: Vec<(&str, f64)> = constants.iter().collect();
            let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(source.name()),
                layout: Some(&layout),
                module: &module,
                entry_point: Some(source.entry()),
                compilation_options: wgpu::PipelineCompilationOptions {
                    constants: &values,
                    zero_initialize_workgroup_memory: false,
                },
                cache: None,
            });
            Pipeline { pipeline, layouts }
        })?;
        log::debug!("compiled {} in {:?}", source.name(), started.elapsed());
        Ok(pipeline)
    }

    fn layout_of(&self, kernel: &KernelSpec, group: u32) -> wgpu::BindGroupLayout {
        let entries: Vec<_> = kernel
            .source
            .bindings()
            .iter()
            .filter(|binding| binding.group == group)
            .map(|binding| wgpu::BindGroupLayoutEntry {
                binding: binding.binding,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer {
                    ty: match binding.access {
                        Access::Uniform => wgpu::BufferBindingType::Uniform,
                        Access::Read => wgpu::BufferBindingType::Storage { read_only: true },
                        Access::ReadWrite => wgpu::BufferBindingType::Storage { read_only: false },
                    },
                    has_dynamic_offset: binding.name == super::executor::TICK,
                    min_binding_size: None,
                },
                count: None,
            })
            .collect();
        self.inner.device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries })
    }
}

/// The constants that a kernel declares, and the shape of its workgroups.
fn constants_of(kernel: &KernelSpec) -> Constants {
    let [x, y] = kernel.workgroup;
    let mut shape = Constants::default();
    shape.set("WORKGROUP_X", x).set("WORKGROUP_Y", y);
    let mut declared = Constants::default();
    for (name, value) in kernel.constants.clone().with(&shape).iter() {
        if kernel.source.has_override(name) {
            declared.set(name, value);
        }
    }
    declared
}
