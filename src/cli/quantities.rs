//! What the quantities of a sampling run are called on the page, with their units.

/// The title of a plot of a quantity, and the label of its axis. Of fields (`is_field`) the energy is the action.
pub fn title_and_label(quantity: &str, is_field: bool) -> (String, String) {
    let (title, label) = match quantity {
        "energy" if is_field => ("Action per site", "S/N"),
        "energy" => ("Energy per site", "E/N (units of J)"),
        "magnetization" => ("Magnetisation", "m per site"),
        "abs_magnetization" => ("Size of the magnetisation", "⟨|m|⟩ per site"),
        "binder" => ("Binder ratio", "1 − ⟨m⁴⟩ / 3⟨m²⟩²"),
        "specific_heat" => ("Specific heat per site", "β² N (⟨e²⟩ − ⟨e⟩²)"),
        "susceptibility" if is_field => ("Susceptibility", "N (⟨m²⟩ − ⟨|m|⟩²)"),
        "susceptibility" => ("Susceptibility", "β N (⟨m²⟩ − ⟨|m|⟩²) (1/J)"),
        "correlation_length" => ("Correlation length", "ξ (lattice spacings)"),
        "phi2" => ("Mean square of the field", "⟨φ²⟩"),
        "overlap2" => ("Overlap of replicas", "⟨q²⟩"),
        "overlap_binder" => ("Binder ratio of the overlap", "(3 − ⟨q⁴⟩/⟨q²⟩²) / 2"),
        "link_overlap" => ("Overlap of bonds", "link overlap"),
        "swap_acceptance" => ("Swaps accepted with the next point", "fraction"),
        "acceptance" => ("Acceptance", "fraction of proposals"),
        other => (other, other),
    };
    (title.into(), label.into())
}

/// The label of the axis of a parameter.
pub fn axis_label(parameter: &str) -> String {
    match parameter {
        "beta" => "inverse temperature β (1/J)",
        "temperature" => "temperature T (units of J)",
        "field" => "field h (units of J)",
        "mass2" => "squared mass m²",
        "lambda" => "coupling λ",
        "kappa" => "hopping parameter κ",
        "lambda_hopping" => "hopping coupling λ",
        other => other,
    }
    .into()
}
