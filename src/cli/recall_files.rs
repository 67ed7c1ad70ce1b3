//! The files of a recall: states, the picture from cue to memory, and the course of the overlap.

use super::recall_report::Recalled;
use super::session::Session;
use anyhow::Result;
use spinfield::Patterns;
use spinfield::io::npz::NpzWriter;
use spinfield::io::output::OutputFolder;
use spinfield::recall::Visit;
use spinfield::report::picture::{RECALL_SHEET_ROWS, RecallRow, recall_sheet};
use spinfield::report::plot::{LinePlot, Section, Series};

/// The most neurons of all states of one kind together that are written.
const MOST_NEURONS: usize = 100_000_000;
/// Cues on the page: in its table, and as lines of its plot.
const MOST_ROWS: usize = 200;
const MOST_LINES: usize = 64;
/// Points of a line.
const MOST_POINTS: usize = 500;

/// Writes everything but the result, and gives what the page shows of it.
pub fn write(folder: &OutputFolder, session: &Session, recalled: &Recalled) -> Result<Vec<Section>> {
    write_arrays(folder, session, recalled)?;
    let mut sections = vec![
        Section::Heading("Results".into()),
        recalled.summary().section(),
        Section::Paragraph("One standard error in units of the last digit stands in brackets.".into()),
    ];
    if let Some(section) = picture(folder, recalled)? {
        sections.extend([Section::Heading("From cue to memory".into()), section]);
    }
    let plot = course(recalled);
    folder.write_text("overlap.svg", &plot.to_svg())?;
    sections.extend([Section::Heading("Overlap in the course of recall".into()), Section::Plot(plot)]);
    if let Some(plot) = visits(recalled) {
        folder.write_text("visits.svg", &plot.to_svg())?;
        sections.extend([Section::Heading("Patterns that the cues pass".into()), Section::Plot(plot)]);
    }
    let table = recalled.cues_table(MOST_ROWS);
    let heading = match recalled.ends.len() - table.len() {
        0 => "Cues".to_string(),
        rest => format!("Cues (the first {}; result.json has {rest} more)", table.len()),
    };
    sections.extend([Section::Heading(heading), table.section()]);
    Ok(sections)
}

fn write_arrays(folder: &OutputFolder, session: &Session, recalled: &Recalled) -> Result<()> {
    let too_large = |name: &str| session.note(&format!("the array `{name}` is too large to be written to states.npz"));
    let mut npz = NpzWriter::create(folder.path("states.npz")?)?;
    let count = recalled.ends.len();
    let sides: Vec<usize> = match recalled.stored.sides {
        Some((width, height)) => vec![height, width],
        None => vec![recalled.stored.patterns.neurons()],
    };
    let mut add = |name: &str, leading: &[usize], states: &Patterns| -> Result<()> {
        let total = leading.iter().product::<usize>();
        if total.saturating_mul(states.neurons()) > MOST_NEURONS {
            too_large(name);
            return Ok(());
        }
        let signs: Vec<i8> = (0..total).flat_map(|state| states.signs(state)).collect();
        Ok(npz.add_i8(name, &[leading, &sides].concat(), &signs)?)
    };
    add("patterns", &[recalled.stored.patterns.count()], &recalled.stored.patterns)?;
    if let Some(blanks) = &recalled.stored.blanks {
        add("blanks", &[blanks.count()], blanks)?;
    }
    add("cues", &[count], recalled.cues.states())?;
    add("recalled", &[count], &recalled.states)?;
    if recalled.replicas > 1 {
        add("chains", &[recalled.replicas, count], &recalled.states)?;
    }
    let targets: Vec<i64> = recalled.ends.iter().map(|end| end.pattern as i64).collect();
    npz.add_i64("targets", &[count], &targets)?;
    let length = recalled.course.first().map_or(0, Vec::len);
    if count.saturating_mul(length) > MOST_NEURONS {
        too_large("overlap");
    } else if length > 0 {
        let course: Vec<f64> = recalled.course.iter().flatten().copied().collect();
        npz.add_f64("overlap", &[count, length], &course)?;
        let times: Vec<i64> = recalled.times.iter().take(length).map(|&time| time as i64).collect();
        npz.add_i64("sweep", &[length], &times)?;
    }
    let passed = recalled.visits.first().map_or(0, Vec::len);
    if count.saturating_mul(passed) > MOST_NEURONS {
        too_large("visited");
    } else if passed > 0 {
        let all = || recalled.visits.iter().flatten();
        npz.add_i64("visited", &[count, passed], &all().map(|visit| visit.pattern as i64).collect::<Vec<_>>())?;
        npz.add_f64("visited_overlap", &[count, passed], &all().map(|visit| visit.overlap).collect::<Vec<_>>())?;
    }
    npz.finish().map_err(Into::into)
}

/// The pattern that is nearest after each sweep, of the first cues, where couplings are asymmetric.
fn visits(recalled: &Recalled) -> Option<LinePlot> {
    const MOST_CUES: usize = 4;
    recalled.visits.first()?;
    let line = |(cue, visits): (usize, &Vec<Visit>)| Series {
        name: format!("cue {cue}"),
        points: visits
            .iter()
            .enumerate()
            .take(MOST_POINTS)
            .map(|(sweep, visit)| (sweep as f64, visit.pattern as f64, None))
            .collect(),
    };
    Some(LinePlot {
        title: "Nearest pattern after each sweep".into(),
        x_label: "sweep".into(),
        y_label: "number of the nearest pattern".into(),
        series: recalled.visits.iter().enumerate().take(MOST_CUES).map(line).collect(),
        ..LinePlot::default()
    })
}

fn picture(folder: &OutputFolder, recalled: &Recalled) -> Result<Option<Section>> {
    let Some((width, height)) = recalled.stored.sides else { return Ok(None) };
    let shown = recalled.ends.iter().take(RECALL_SHEET_ROWS).enumerate();
    let states: Vec<[Vec<i8>; 3]> = shown
        .clone()
        .map(|(cue, end)| {
            let stored = recalled.stored.patterns.signs(end.pattern);
            [recalled.cues.states().signs(cue), recalled.states.signs(cue), stored]
        })
        .collect();
    let rows: Vec<RecallRow<'_>> = shown
        .zip(&states)
        .map(|((_, end), [cue, recall, pattern])| {
            let (overlap, retrieved) = (end.overlap, end.retrieved());
            RecallRow { cue, recall, pattern, overlap, retrieved, label: recalled.name(end.pattern).to_string() }
        })
        .collect();
    let sheet = recall_sheet(&rows, width, height)?;
    sheet.image.write_png(folder.path("recall.png")?)?;
    let (total, what) = (recalled.ends.len(), if recalled.hot { " (the last state of the first chain)" } else { "" });
    let rest = if sheet.shown < total { format!("; {} of {total} cues", sheet.shown) } else { String::new() };
    let caption = format!("Cue, recalled state{what} and stored pattern; green where it was retrieved{rest}");
    Ok(Some(Section::Picture { png: sheet.image.to_png()?, caption }))
}

fn course(recalled: &Recalled) -> LinePlot {
    let line = |(cue, course): (usize, &Vec<f64>)| {
        let step = course.len().div_ceil(MOST_POINTS).max(1);
        // A cue that settled stays where it is.
        let settled = if recalled.hot { course.len() } else { recalled.ends[cue].sweeps as usize + 1 };
        let points = recalled.times.iter().zip(course).take(settled).step_by(step);
        Series {
            name: format!("{cue}: {}", recalled.name(recalled.ends[cue].pattern)),
            points: points.map(|(&time, &overlap)| (time as f64, overlap, None)).collect(),
        }
    };
    LinePlot {
        title: "Overlap with the cue's own pattern".into(),
        x_label: "sweep".into(),
        y_label: "overlap m".into(),
        series: recalled.course.iter().enumerate().take(MOST_LINES).map(line).collect(),
        ..LinePlot::default()
    }
}
