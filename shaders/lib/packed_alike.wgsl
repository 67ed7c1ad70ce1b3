// Bonds that are all alike.

fn with_signs(broken: Broken, at: u32) -> Broken { return broken; }
