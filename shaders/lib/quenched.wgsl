// Quenched disorder: the bond from a site ahead along a direction has a coupling of its own, [sample][direction][site].
// The sample of a chain follows from its replica number alone, so that all points of a run see the same disorder.

override REPLICAS_A_SAMPLE: u32 = 1;

@group(2) @binding(4) var<storage, read> couplings: array<Coupling>;

fn coupling(chain: u32, site: u32, direction: u32) -> Scalar {
    let sample = (chain % run.replicas) / REPLICAS_A_SAMPLE;
    return couplings[(sample * DIMENSIONS + direction) * SITES + site];
}
