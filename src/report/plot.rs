//! Line plots as SVG and a page of results as HTML: plain text, nothing loaded from anywhere.

use super::axis::Axis;
pub use super::axis::Scale;
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
    /// How the horizontal axis is divided.
    pub x_scale: Scale,
    /// How the vertical axis is divided.
    pub y_scale: Scale,
}

/// One line of a [`LinePlot`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// Its name in the legend; an unnamed one is left out there.
    pub name: String,
    /// x, y and one standard error of y; points that are not finite are left out, as are those that are not positive
    /// where an axis is logarithmic.
    pub points: Vec<(f64, f64, Option<f64>)>,
}

pub(super) const WIDTH: f64 = 680.0;
pub(super) const HEIGHT: f64 = 420.0;
pub(super) const LEFT: f64 = 76.0;
pub(super) const RIGHT: f64 = 24.0;
pub(super) const TOP: f64 = 44.0;
pub(super) const BOTTOM: f64 = 58.0;

/// Colours that stay apart for colour-blind eyes (Okabe and Ito), for a light and a dark page.
pub(super) const LIGHT_LINES: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#b0569b", "#8c6d00", "#2b8fc4", "#444b5c"];
const DARK_LINES: [&str; 7] = ["#56b4e9", "#ff8f3f", "#2fd0a0", "#e59fd0", "#f0d24a", "#9ad4f5", "#c3c9d6"];

/// How many series the legend names.
pub(super) const LEGEND: usize = 16;
/// More than so many names stand beside the plot, not in a corner of it.
const INSIDE: usize = 6;

impl LinePlot {
    /// The lines without what cannot be drawn.
    pub(super) fn lines(&self) -> Vec<Line<'_>> {
        self.series.iter().map(|series| Line::new(series, [self.x_scale, self.y_scale])).collect()
    }

    /// Horizontal and vertical axis of these lines.
    pub(super) fn axes(&self, lines: &[Line<'_>]) -> [Axis; 2] {
        let points = || lines.iter().flat_map(|line| &line.points);
        let x = Axis::fit(points().map(|point| point.x), 8, self.x_scale);
        [x, Axis::fit(points().flat_map(|point| [point.low, point.high]), 6, self.y_scale)]
    }

    /// The plot as an SVG of 680 × 420 (wider where many lines have names), which follows the reader's light or dark scheme and may stand in a file of its
    /// own or within a page. Never fails: without a finite point the axes are empty.
    pub fn to_svg(&self) -> String {
        let lines = self.lines();
        let [x, y] = self.axes(&lines);
        let names = Names::of(&lines);
        let width = WIDTH + names.room();
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        let across = |value: f64| LEFT + (right - LEFT) * x.share(value);
        let down = |value: f64| bottom - (bottom - TOP) * y.share(value);
        // Writing to a String cannot fail, hence the ignored results.
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"sf-plot\" viewBox=\"0 0 {width} {HEIGHT}\" \
             width=\"{width}\" height=\"{HEIGHT}\" role=\"img\" aria-label=\"{}\">\n{}\n\
             <rect class=\"sf-ground\" width=\"{width}\" height=\"{HEIGHT}\" rx=\"8\"/>\n",
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
            let _ = writeln!(svg, "<g class=\"{}\">", class(n));
            let path: Vec<_> = line.points.iter().map(|p| format!("{:.2} {:.2}", across(p.x), down(p.y))).collect();
            if path.len() > 1 {
                let _ = writeln!(svg, "<path class=\"sf-line\" d=\"M{}\"/>", path.join("L"));
            }
            for point in line.points.iter().filter(|point| point.high > point.low) {
                let (at, low, high) = (across(point.x), down(point.low), down(point.high));
                let (a, b) = (at - 3.0, at + 3.0);
                let bar = format!("M{at:.2} {low:.2}V{high:.2}M{a:.2} {low:.2}H{b:.2}M{a:.2} {high:.2}H{b:.2}");
                let _ = writeln!(svg, "<path class=\"sf-bar\" d=\"{bar}\"/>");
            }
            // Points that would run into each other only thicken the line.
            if line.points.len() <= 150 {
                for point in &line.points {
                    let (x, y) = (across(point.x), down(point.y));
                    let _ = writeln!(svg, "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"2.8\"/>");
                }
            }
            svg.push_str("</g>\n");
        }
        svg.push_str(&names.svg(&lines, across, down));
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

/// Lengths of a dash and of the gap after it, where the colours begin again for the first and for the second time.
pub(super) const DASHES: [[f64; 2]; 2] = [[5.0, 3.5], [1.5, 3.5]];

/// The dashes of a line, if it has any.
pub(super) fn dashes(line: usize) -> Option<(usize, [f64; 2])> {
    let kind = (line / LIGHT_LINES.len() % (DASHES.len() + 1)).checked_sub(1)?;
    DASHES.get(kind).map(|&dashes| (kind, dashes))
}

/// The class of a line: its colour and its dashes.
fn class(line: usize) -> String {
    let dashed = dashes(line).map_or(String::new(), |(kind, _)| format!(" sf-dashed-{kind}"));
    format!("sf-{}{dashed}", line % LIGHT_LINES.len())
}

/// A point as it is drawn: the logarithms (base 10) of its numbers where an axis is logarithmic.
pub(super) struct Point {
    pub x: f64,
    pub y: f64,
    /// Both ends of the error bar, equal where there is none.
    pub low: f64,
    pub high: f64,
}

/// A series without what cannot be drawn.
pub(super) struct Line<'a> {
    pub name: &'a str,
    pub points: Vec<Point>,
}

impl<'a> Line<'a> {
    fn new(series: &'a Series, [x_scale, y_scale]: [Scale; 2]) -> Self {
        let point = |&(x, y, error): &(f64, f64, Option<f64>)| {
            let (x, middle) = (x_scale.place(x)?, y_scale.place(y)?);
            let error = error.map_or(0.0, f64::abs);
            let [low, high] = [y - error, y + error].map(|end| y_scale.place(end));
            let (low, high) = (low.unwrap_or(middle), high.unwrap_or(middle));
            Some(Point { x, y: middle, low, high })
        };
        Self { name: &series.name, points: series.points.iter().filter_map(point).collect() }
    }
}

/// The legend: the number of a line (none for the rest) and its name.
pub(super) struct Names(pub Vec<(Option<usize>, String)>);

impl Names {
    pub(super) fn of(lines: &[Line<'_>]) -> Self {
        let named: Vec<_> = lines.iter().enumerate().filter(|(_, line)| !line.name.is_empty()).collect();
        let short = |name: &str| {
            if name.chars().count() > 32 { name.chars().take(31).chain(['…']).collect() } else { name.to_string() }
        };
        let mut names: Vec<_> = named.iter().take(LEGEND).map(|(n, line)| (Some(*n), short(line.name))).collect();
        if named.len() > LEGEND {
            names.push((None, format!("and {} more", named.len() - LEGEND)));
        }
        Self(names)
    }

    fn size(&self) -> (f64, f64) {
        let longest = self.0.iter().map(|(_, name)| name.chars().count()).max().unwrap_or(0);
        (longest as f64 * 6.9 + 44.0, self.0.len() as f64 * 18.0 + 10.0)
    }

    /// What the names need beside the plot.
    pub(super) fn room(&self) -> f64 {
        if self.0.len() > INSIDE { self.size().0.ceil() } else { 0.0 }
    }

    /// Beside the plot, or in the upper corner with fewer points.
    pub(super) fn corner(
        &self,
        lines: &[Line<'_>],
        across: impl Fn(f64) -> f64,
        down: impl Fn(f64) -> f64,
    ) -> [f64; 2] {
        if self.room() > 0.0 {
            return [WIDTH - 12.0, TOP];
        }
        let (width, height) = self.size();
        let crowd = |left: f64, top: f64| {
            let points = lines.iter().flat_map(|line| &line.points);
            points
                .filter(|p| (left..left + width).contains(&across(p.x)) && (top..top + height).contains(&down(p.y)))
                .count()
        };
        let (near, far) = (LEFT + 12.0, WIDTH - RIGHT - width - 8.0);
        let (upper, lower) = (TOP + 6.0, HEIGHT - BOTTOM - height - 8.0);
        let corners = [[far, upper], [near, upper], [far, lower], [near, lower]];
        corners.into_iter().min_by_key(|[left, top]| crowd(*left, *top)).unwrap_or([far, upper])
    }

    fn svg(&self, lines: &[Line<'_>], across: impl Fn(f64) -> f64, down: impl Fn(f64) -> f64) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        let [left, top] = self.corner(lines, across, down);
        let (width, height) = self.size();
        let place = format!("x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"");
        let mut svg = format!("<rect class=\"sf-box\" {place} rx=\"5\"/>\n");
        for (row, (line, name)) in self.0.iter().enumerate() {
            let y = top + 14.0 + row as f64 * 18.0;
            if let Some(line) = line {
                let (a, b, middle) = (left + 9.0, left + 27.0, left + 18.0);
                let _ = writeln!(
                    svg,
                    "<g class=\"{}\"><path class=\"sf-line\" d=\"M{a:.1} {y:.1}H{b:.1}\"/>\
                     <circle cx=\"{middle:.1}\" cy=\"{y:.1}\" r=\"2.8\"/></g>",
                    class(*line)
                );
            }
            let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{:.1}\">{}</text>", left + 34.0, y + 4.0, escape(name));
        }
        svg
    }
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
    let dashed = |(kind, [dash, gap]): (usize, &[f64; 2])| {
        format!(".sf-dashed-{kind} .sf-line{{stroke-dasharray:{dash} {gap}}}")
    };
    let dashed: String = DASHES.iter().enumerate().map(dashed).collect();
    format!(
        "<style>.sf-plot text{{font:12px system-ui,sans-serif}}.sf-plot .sf-title{{font-size:15px;font-weight:600}}\
         .sf-grid,.sf-axis,.sf-line,.sf-bar{{fill:none}}.sf-line{{stroke-width:1.8;stroke-linejoin:round}}\
         .sf-bar{{stroke-width:1.2}}{}.sf-plot circle{{stroke:none}}.sf-box{{fill-opacity:.85}}{}\
         @media(prefers-color-scheme:dark){{{}}}</style>",
        dashed,
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
        LinePlot { title: "t".into(), x_label: "x".into(), y_label: "y".into(), series, ..LinePlot::default() }
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
        let logarithmic = |points| {
            let (x_scale, y_scale) = (Scale::Logarithmic, Scale::Logarithmic);
            LinePlot { x_scale, y_scale, ..plot(points) }
        };
        for a in extreme {
            check(&plot(vec![(a, a, Some(a))]).to_svg());
            check(&logarithmic(vec![(a, a, Some(a))]).to_svg());
            for b in extreme {
                let points = vec![(a, b, Some(b)), (b, a, None), (1.0, 2.0, Some(a))];
                check(&plot(points.clone()).to_svg());
                check(&logarithmic(points.clone()).to_svg());
            }
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
        assert!(svg.contains("and 24 more") && !svg.contains("line 16 "));
    }
}
