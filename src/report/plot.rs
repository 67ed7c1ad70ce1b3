//! Line plots as SVG and a page of results as HTML: plain text, nothing loaded from anywhere.

use std::fmt::Write;

/// A plot of lines with points and error bars.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LinePlot {
    /// The headline; may be empty.
    pub title: String,
    /// What the horizontal axis shows, with its unit.
    pub x_label: String,
    /// What the vertical axis shows, with its unit.
    pub y_label: String,
    /// The lines.
    pub series: Vec<Series>,
}

/// One line of a [`LinePlot`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// Its name in the legend; an unnamed one is left out there.
    pub name: String,
    /// x, y and one standard error of y; points that are not finite are left out.
    pub points: Vec<(f64, f64, Option<f64>)>,
}

const WIDTH: f64 = 680.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 58.0;

/// Colours that stay apart for colour-blind eyes (Okabe and Ito), for a light and a dark page.
const LIGHT_LINES: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#b0569b", "#8c6d00", "#2b8fc4", "#444b5c"];
const DARK_LINES: [&str; 7] = ["#56b4e9", "#ff8f3f", "#2fd0a0", "#e59fd0", "#f0d24a", "#9ad4f5", "#c3c9d6"];

/// How many series the legend names.
const LEGEND: usize = 12;

impl LinePlot {
    /// The plot as an SVG of 680 × 420, which follows the reader's light or dark scheme and may stand in a file of its
    /// own or within a page. Never fails: without a finite point the axes are empty.
    pub fn to_svg(&self) -> String {
        let lines: Vec<Line<'_>> = self.series.iter().map(Line::new).collect();
        let x = Axis::fit(lines.iter().flat_map(|line| line.points.iter().map(|point| point.0)), 8);
        let y = Axis::fit(lines.iter().flat_map(|line| line.points.iter().flat_map(|p| [p.1 - p.2, p.1 + p.2])), 6);
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        let across = |value: f64| LEFT + (right - LEFT) * x.share(value);
        let down = |value: f64| bottom - (bottom - TOP) * y.share(value);
        // Writing to a String cannot fail, hence the ignored results.
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"sf-plot\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\" aria-label=\"{}\">\n{}\n\
             <rect class=\"sf-ground\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"8\"/>\n",
            escape(&self.title),
            style(),
        );
        for (value, label) in x.ticks() {
            let at = across(value);
            let _ = writeln!(svg, "<path class=\"sf-grid\" d=\"M{at:.1} {TOP:.1}V{bottom:.1}\"/>");
            let below = bottom + 18.0;
            let _ = writeln!(svg, "<text x=\"{at:.1}\" y=\"{below:.1}\" text-anchor=\"middle\">{label}</text>");
        }
        for (value, label) in y.ticks() {
            let (at, left) = (down(value), LEFT - 8.0);
            let _ = writeln!(svg, "<path class=\"sf-grid\" d=\"M{LEFT:.1} {at:.1}H{right:.1}\"/>");
            let _ = writeln!(svg, "<text x=\"{left:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>", at + 4.0);
        }
        let _ = writeln!(svg, "<path class=\"sf-axis\" d=\"M{LEFT:.1} {TOP:.1}V{bottom:.1}H{right:.1}\"/>");
        for (n, line) in lines.iter().enumerate() {
            let colour = n % LIGHT_LINES.len();
            let _ = writeln!(svg, "<g class=\"sf-{colour}\">");
            let path: Vec<_> = line.points.iter().map(|p| format!("{:.2} {:.2}", across(p.0), down(p.1))).collect();
            if path.len() > 1 {
                let _ = writeln!(svg, "<path class=\"sf-line\" d=\"M{}\"/>", path.join("L"));
            }
            for (px, py, error) in line.points.iter().filter(|point| point.2 > 0.0) {
                let (at, low, high) = (across(*px), down(py - error), down(py + error));
                let (a, b) = (at - 3.0, at + 3.0);
                let bar = format!("M{at:.2} {low:.2}V{high:.2}M{a:.2} {low:.2}H{b:.2}M{a:.2} {high:.2}H{b:.2}");
                let _ = writeln!(svg, "<path class=\"sf-bar\" d=\"{bar}\"/>");
            }
            // Points that would run into each other only thicken the line.
            if line.points.len() <= 150 {
                for (px, py, _) in &line.points {
                    let _ = writeln!(svg, "<circle cx=\"{:.2}\" cy=\"{:.2}\" r=\"2.8\"/>", across(*px), down(*py));
                }
            }
            svg.push_str("</g>\n");
        }
        svg.push_str(&legend(&lines, across, down));
        let middle = (LEFT + right) / 2.0;
        let _ = writeln!(
            svg,
            "<text class=\"sf-title\" x=\"{middle}\" y=\"26\" text-anchor=\"middle\">{}</text>",
            escape(&self.title)
        );
        let _ = writeln!(
            svg,
            "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            HEIGHT - 16.0,
            escape(&self.x_label)
        );
        let half = (TOP + bottom) / 2.0;
        let _ = writeln!(
            svg,
            "<text transform=\"translate(20 {half}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            escape(&self.y_label)
        );
        svg.push_str("</svg>\n");
        svg
    }
}

/// A series without what cannot be drawn; an error of 0 stands for none.
struct Line<'a> {
    name: &'a str,
    points: Vec<(f64, f64, f64)>,
}

impl<'a> Line<'a> {
    fn new(series: &'a Series) -> Self {
        // A fraction of the range of f64: no sum or difference below can then overflow.
        let drawable = |value: f64| value.abs() < f64::MAX / 8.0;
        let points = series.points.iter().filter(|point| drawable(point.0) && drawable(point.1));
        // Next to nothing is nothing: a range of subnormal numbers would vanish in rounding.
        let plain = |value: f64| if value.abs() < 1e-290 { 0.0 } else { value };
        let points = points.map(|(x, y, error)| (plain(*x), plain(*y), plain(error.map_or(0.0, f64::abs))));
        let points = points.map(|(x, y, error)| (x, y, if drawable(error) { error } else { 0.0 })).collect();
        Self { name: &series.name, points }
    }
}

/// A range that begins and ends on a tick or near it.
struct Axis {
    low: f64,
    high: f64,
    step: f64,
}

impl Axis {
    fn fit(values: impl Iterator<Item = f64>, ticks: usize) -> Self {
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        let (low, high) = if low > high { (0.0, 1.0) } else { (low, high) };
        // A single value gets room on both sides; differences of rounding only are none.
        let least = low.abs().max(high.abs()) * 1e-12;
        let (low, high) = if high - low <= least.max(f64::MIN_POSITIVE * 1e6) {
            let room = if low == 0.0 { 1.0 } else { low.abs() * 0.1 };
            (low - room, high + room)
        } else {
            let room = (high - low) * 0.04;
            (low - room, high + room)
        };
        let rough = (high - low) / ticks as f64;
        let power = 10f64.powf(rough.log10().floor());
        let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| power * factor >= rough * 0.999).unwrap_or(10.0);
        Self { low, high, step: power * factor }
    }

    /// Where a value lies from low (0) to high (1).
    fn share(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    fn ticks(&self) -> Vec<(f64, String)> {
        let first = (self.low / self.step).ceil();
        let steps = (0..20).map(|n| first + f64::from(n)).take_while(|n| n * self.step <= self.high);
        // Adding 0 turns -0 into 0.
        let values: Vec<f64> = steps.map(|n| n * self.step + 0.0).filter(|value| value.is_finite()).collect();
        let largest = values.iter().fold(0f64, |largest, value| largest.max(value.abs()));
        let place = self.step.log10().floor();
        values
            .into_iter()
            .map(|value| {
                let label = if !(1e-3..1e6).contains(&largest) {
                    let digits = (largest.log10().floor() - place).clamp(0.0, 12.0) as usize;
                    if value == 0.0 { "0".into() } else { format!("{value:.digits$e}") }
                } else {
                    format!("{value:.*}", (-place).clamp(0.0, 15.0) as usize)
                };
                (value, label.replace('-', "\u{2212}"))
            })
            .collect()
    }
}

/// The names of the lines, in the upper corner with fewer points.
fn legend(lines: &[Line<'_>], across: impl Fn(f64) -> f64, down: impl Fn(f64) -> f64) -> String {
    let named: Vec<_> = lines.iter().enumerate().filter(|(_, line)| !line.name.is_empty()).collect();
    if named.is_empty() {
        return String::new();
    }
    let short = |name: &str| {
        if name.chars().count() > 32 { name.chars().take(31).chain(['…']).collect() } else { name.to_string() }
    };
    let mut names: Vec<_> =
        named.iter().take(LEGEND).map(|(n, line)| (Some(n % LIGHT_LINES.len()), short(line.name))).collect();
    if named.len() > LEGEND {
        names.push((None, format!("and {} more", named.len() - LEGEND)));
    }
    let longest = names.iter().map(|(_, name)| name.chars().count()).max().unwrap_or(0);
    let (width, height) = (longest as f64 * 6.9 + 44.0, names.len() as f64 * 18.0 + 10.0);
    let crowd = |left: f64, top: f64| {
        let points = lines.iter().flat_map(|line| &line.points);
        points
            .filter(|p| (left..left + width).contains(&across(p.0)) && (top..top + height).contains(&down(p.1)))
            .count()
    };
    let (near, far) = (LEFT + 12.0, WIDTH - RIGHT - width - 8.0);
    let (upper, lower) = (TOP + 6.0, HEIGHT - BOTTOM - height - 8.0);
    let corners = [(far, upper), (near, upper), (far, lower), (near, lower)];
    let (left, top) = corners.into_iter().min_by_key(|(left, top)| crowd(*left, *top)).unwrap_or((far, upper));
    let mut svg = format!(
        "<rect class=\"sf-box\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"5\"/>\n"
    );
    for (row, (colour, name)) in names.iter().enumerate() {
        let y = top + 14.0 + row as f64 * 18.0;
        if let Some(colour) = colour {
            let (a, b, middle) = (left + 9.0, left + 27.0, left + 18.0);
            let _ = writeln!(
                svg,
                "<g class=\"sf-{colour}\"><path class=\"sf-line\" d=\"M{a:.1} {y:.1}H{b:.1}\"/>\
                 <circle cx=\"{middle:.1}\" cy=\"{y:.1}\" r=\"2.8\"/></g>"
            );
        }
        let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{:.1}\">{}</text>", left + 34.0, y + 4.0, escape(name));
    }
    svg
}

/// The style of a plot. Within a page it holds for all of it, so that every name begins with `sf-`.
fn style() -> String {
    let rules = |lines: &[&str], ground: &str, ink: &str, grid: &str, axis: &str| {
        let mut rules = format!(
            ".sf-ground{{fill:{ground}}}.sf-plot text{{fill:{ink}}}.sf-grid{{stroke:{grid}}}.sf-axis{{stroke:{axis}}}\
             .sf-box{{fill:{ground};stroke:{grid}}}"
        );
        for (n, line) in lines.iter().enumerate() {
            let _ = write!(rules, ".sf-{n}{{stroke:{line};fill:{line}}}");
        }
        rules
    };
    format!(
        "<style>.sf-plot text{{font:12px system-ui,sans-serif}}.sf-plot .sf-title{{font-size:15px;font-weight:600}}\
         .sf-grid,.sf-axis,.sf-line,.sf-bar{{fill:none}}.sf-line{{stroke-width:1.8;stroke-linejoin:round}}\
         .sf-bar{{stroke-width:1.2}}.sf-plot circle{{stroke:none}}.sf-box{{fill-opacity:.85}}{}\
         @media(prefers-color-scheme:dark){{{}}}</style>",
        rules(&LIGHT_LINES, "#ffffff", "#2b303f", "#e4e7ee", "#7d8496"),
        rules(&DARK_LINES, "#191c24", "#d9dde7", "#2e3340", "#8b92a5"),
    )
}

/// A part of a [`report_html`] page.
#[derive(Debug, Clone, PartialEq)]
pub enum Section {
    /// A headline.
    Heading(String),
    /// A paragraph of text.
    Paragraph(String),
    /// A table.
    Table {
        /// The names of the columns; may be empty.
        header: Vec<String>,
        /// The cells, row by row.
        rows: Vec<Vec<String>>,
    },
    /// A plot.
    Plot(LinePlot),
    /// A picture.
    Picture {
        /// The bytes of a PNG file.
        png: Vec<u8>,
        /// What it shows, printed below.
        caption: String,
    },
}

/// One self-contained HTML page. It loads nothing, runs no script (its policy forbids both), follows the reader's
/// light or dark scheme, and every string in it is escaped.
pub fn report_html(title: &str, sections: &[Section]) -> String {
    let title = escape(title);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n{PAGE_STYLE}\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
    );
    for section in sections {
        match section {
            Section::Heading(text) => {
                let _ = writeln!(page, "<h2>{}</h2>", escape(text));
            }
            Section::Paragraph(text) => {
                let _ = writeln!(page, "<p>{}</p>", escape(text));
            }
            Section::Table { header, rows } => {
                page.push_str("<div class=\"wide\"><table>\n");
                if !header.is_empty() {
                    push_row(&mut page, header, "th");
                }
                rows.iter().for_each(|row| push_row(&mut page, row, "td"));
                page.push_str("</table></div>\n");
            }
            Section::Plot(plot) => {
                let _ = writeln!(page, "<figure>{}</figure>", plot.to_svg());
            }
            Section::Picture { png, caption } => {
                let (data, caption) = (base64(png), escape(caption));
                let _ = writeln!(
                    page,
                    "<figure><img alt=\"{caption}\" src=\"data:image/png;base64,{data}\">\
                     <figcaption>{caption}</figcaption></figure>"
                );
            }
        }
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

const PAGE_STYLE: &str = "<style>\
:root{color-scheme:light dark;--ground:#f4f5f8;--ink:#2b303f;--faint:#6a7183;--edge:#dde0e8;--card:#fff}\
@media(prefers-color-scheme:dark){:root{--ground:#101218;--ink:#d9dde7;--faint:#98a0b3;--edge:#2e3340;--card:#191c24}}\
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,sans-serif}\
main{max-width:960px;margin:0 auto;padding:32px 20px 64px}\
h1{font-size:1.7rem;margin:0 0 1rem}h2{font-size:1.2rem;margin:2.2rem 0 .6rem}p{overflow-wrap:anywhere}\
figure{margin:1.2rem 0}img,svg{max-width:100%;height:auto;border-radius:8px}\
figcaption{color:var(--faint);font-size:.9rem}\
.wide{overflow-x:auto}table{border-collapse:collapse;background:var(--card);font-size:.9rem}\
th,td{border:1px solid var(--edge);padding:.3rem .7rem;text-align:left;font-variant-numeric:tabular-nums}\
th{color:var(--faint);font-weight:600}</style>";

fn push_row(page: &mut String, cells: &[String], tag: &str) {
    page.push_str("<tr>");
    for cell in cells {
        let _ = write!(page, "<{tag}>{}</{tag}>", escape(cell));
    }
    page.push_str("</tr>\n");
}

/// Text as it may stand in HTML and SVG, within an element or a quoted attribute. Control characters, which XML forbids,
/// become U+FFFD.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\t' | '\n' => escaped.push(letter),
            _ if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            _ => escaped.push(letter),
        }
    }
    escaped
}

/// Base64 with padding (RFC 4648).
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let word = group.iter().zip([16, 8, 0]).fold(0u32, |word, (byte, shift)| word | u32::from(*byte) << shift);
        for (n, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            // A group of k bytes has k + 1 letters.
            let letter = LETTERS.get((word >> shift & 63) as usize).filter(|_| n <= group.len());
            text.push(letter.map_or('=', |letter| char::from(*letter)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(points: Vec<(f64, f64, Option<f64>)>) -> LinePlot {
        let series = vec![Series { name: "a".into(), points }];
        LinePlot { title: "t".into(), x_label: "x".into(), y_label: "y".into(), series }
    }

    /// Elements balance, no number is NaN or infinite.
    fn check(svg: &str) {
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        let count = |what: &str| svg.matches(what).count();
        assert_eq!(count("<g "), count("</g>"));
        assert_eq!(count("<text "), count("</text>"));
        assert_eq!((count("<svg "), count("</svg>")), (1, 1));
    }

    #[test]
    fn any_numbers_can_be_plotted() {
        use std::f64::consts::PI;
        let extreme = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            PI,
            1e-300,
            5e-324,
            1e300,
            -1e308,
            f64::MAX,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ];
        check(&plot(vec![]).to_svg());
        check(&LinePlot::default().to_svg());
        for a in extreme {
            check(&plot(vec![(a, a, Some(a))]).to_svg());
            for b in extreme {
                check(&plot(vec![(a, b, Some(b)), (b, a, None), (1.0, 2.0, Some(a))]).to_svg());
            }
        }
    }

    #[test]
    fn ticks_are_nice() {
        let labels =
            |values: &[f64]| Axis::fit(values.iter().copied(), 6).ticks().into_iter().map(|t| t.1).collect::<Vec<_>>();
        assert_eq!(labels(&[0.0, 1.0]), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(&[-10.0, 10.0]), ["\u{2212}10", "\u{2212}5", "0", "5", "10"]);
        assert_eq!(labels(&[0.0, 5e7]), ["0", "1e7", "2e7", "3e7", "4e7", "5e7"]);
        assert_eq!(
            labels(&[0.0, 5e-7]),
            ["0", "1e\u{2212}7", "2e\u{2212}7", "3e\u{2212}7", "4e\u{2212}7", "5e\u{2212}7"]
        );
        for k in 0..200 {
            let (low, high) = (f64::from(k) * 0.37 - 20.0, f64::from(k * k) * 0.11 + 21.0);
            let count = labels(&[low, high]).len();
            assert!((3..=8).contains(&count), "{low} {high} {count}");
        }
    }

    #[test]
    fn strings_are_escaped() {
        let bad = "<script>alert('1')</script>&\"\u{0}";
        let mut plot = plot(vec![(0.0, 0.0, None)]);
        (plot.title, plot.x_label, plot.y_label) = (bad.into(), bad.into(), bad.into());
        plot.series[0].name = bad.into();
        let sections = [
            Section::Heading(bad.into()),
            Section::Paragraph(bad.into()),
            Section::Table { header: vec![bad.into()], rows: vec![vec![bad.into()], vec![]] },
            Section::Picture { png: vec![1, 2, 3, 4], caption: bad.into() },
            Section::Plot(plot),
        ];
        let page = report_html(bad, &sections);
        assert!(!page.contains("<script") && !page.contains('\u{0}') && !page.contains("('1')"));
        assert!(!page.replace("http://www.w3.org/2000/svg", "").contains("http://"));
        assert!(page.contains("&lt;script&gt;") && page.contains("base64,AQIDBA=="));
    }

    #[test]
    fn base64_has_known_answers() {
        for (plain, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
        assert_eq!(base64(&[0xfb, 0xff]), "+/8=");
    }

    #[test]
    fn legends_are_bounded() {
        let series = (0..40)
            .map(|n| Series { name: format!("line {n} {}", "x".repeat(50)), points: vec![(0.0, f64::from(n), None)] });
        let svg = LinePlot { series: series.collect(), ..LinePlot::default() }.to_svg();
        check(&svg);
        assert!(svg.contains("and 28 more") && !svg.contains("line 12 "));
    }
}
