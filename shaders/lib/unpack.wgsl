// Single bits of words as numbers.

fn bit(word: u32, place: u32) -> f32 {
    return f32((word >> place) & 1u);
}

fn bits(words: vec4<u32>, place: u32) -> vec4<f32> {
    return vec4<f32>((words >> vec4<u32>(place)) & vec4<u32>(1u));
}
