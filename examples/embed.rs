//! spinfield inside another wgpu program: one device, shared, and usable before and after.

use spinfield::wgpu::{self, util::DeviceExt};
use spinfield::{Energy, Gpu, HeatBath, Ising, Lattice, Schedule};
use std::sync::mpsc;

const DOUBLE: &str = "@group(0) @binding(0) var<storage, read_write> x: array<u32>;
@compute @workgroup_size(1) fn double() { x[0] = 2u * x[0]; }";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The host program's own device, buffer and kernel.
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
    let adapter = pollster::block_on(instance.request_adapter(&wgpu::RequestAdapterOptions::default()))?;
    let (device, queue) = pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor::default()))?;
    let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC;
    let contents = &21_u32.to_le_bytes();
    let x = device.create_buffer_init(&wgpu::util::BufferInitDescriptor { label: None, contents, usage });
    let source = wgpu::ShaderSource::Wgsl(DOUBLE.into());
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: None,
        layout: None,
        module: &device.create_shader_module(wgpu::ShaderModuleDescriptor { label: None, source }),
        entry_point: None,
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    });
    let entries = &[wgpu::BindGroupEntry { binding: 0, resource: x.as_entire_binding() }];
    let layout = &pipeline.get_bind_group_layout(0);
    let group = device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout, entries });
    let double = || {
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        pass.set_pipeline(&pipeline);
        pass.set_bind_group(0, &group, &[]);
        pass.dispatch_workgroups(1, 1, 1);
        drop(pass);
        queue.submit([encoder.finish()])
    };
    double();

    // The same device runs a simulation.
    let gpu = Gpu::from_device(device.clone(), queue.clone());
    let mut sim = gpu.simulate(Ising::new(Lattice::square(16)?), HeatBath).betas(&[0.3]).replicas(16).build()?;
    let energy = sim.observe(Energy);
    let run = sim.run(Schedule { warmup: 100, samples: 200, thin: 1 })?;
    let energy = run.by_beta().map(|at| at.mean(energy)).next().ok_or("no point")?;

    // And the host program goes on with its own work.
    double();
    let (sender, receiver) = mpsc::channel();
    wgpu::util::DownloadBuffer::read_buffer(&device, &queue, &x.slice(..), move |bytes| {
        let _ = sender.send(bytes.map(|bytes| bytes[0]));
    });
    device.poll(wgpu::PollType::wait_indefinitely())?;
    let value = receiver.recv()??;
    println!("21 doubled twice is {value}; the magnet's energy at beta = 0.3 is {energy}, exactly -0.70453");
    assert!(value == 84 && (energy.mean + 0.704_53).abs() < 5.0 * energy.error.unwrap_or(0.0));
    Ok(())
}
