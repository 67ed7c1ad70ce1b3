// What belongs to a point of the run: the model's parameters and the inverse temperature, at point_of(chain).

@group(2) @binding(0) var<storage, read> parameters: array<Parameters>;
@group(2) @binding(1) var<storage, read> betas: array<f32>;
