// What belongs to a point of the run: the model's parameters and the inverse temperature, shared by its replicas.

@group(2) @binding(0) var<storage, read> parameters: array<Parameters>;
@group(2) @binding(1) var<storage, read> betas: array<f32>;

fn point_of(chain: u32) -> u32 {
    return chain / run.replicas;
}
