//! A page of results: one HTML file, nothing loaded from anywhere.

use super::heat_map::HeatMap;
use super::plot::LinePlot;
use std::fmt::Write;

/// A part of a [`report_html`] page.
#[derive(Debug, Clone, PartialEq)]
pub enum Section {
    /// A headline.
    Heading(String),
    /// A paragraph of text.
    Paragraph(String),
    /// What a reader must know before the results are believed.
    Warning(String),
    /// What was typed: a line in letters of equal width.
    Command(String),
    /// A table.
    Table {
        /// The names of the columns; may be empty.
        header: Vec<String>,
        /// The cells, row by row.
        rows: Vec<Vec<String>>,
    },
    /// A plot.
    Plot(LinePlot),
    /// A quantity over a plane.
    Map {
        /// As it is drawn.
        map: HeatMap,
        /// What it shows, printed below.
        caption: String,
    },
    /// A picture.
    Picture {
        /// The bytes of a PNG file.
        png: Vec<u8>,
        /// What it shows, printed below.
        caption: String,
    },
}

/// One self-contained HTML page. It loads nothing, runs no script (its policy forbids both), follows the reader's
/// light or dark scheme, and every string in it is escaped. It is well-formed XML too.
pub fn report_html(title: &str, sections: &[Section]) -> String {
    let title = escape(title);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <title>{title}</title>\n{PAGE_STYLE}\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
    );
    sections.iter().for_each(|section| push(&mut page, section));
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn push(page: &mut String, section: &Section) {
    // Writing to a String cannot fail, hence the ignored results.
    let _ = match section {
        Section::Heading(text) => writeln!(page, "<h2>{}</h2>", escape(text)),
        Section::Paragraph(text) => writeln!(page, "<p>{}</p>", escape(text)),
        Section::Warning(text) => writeln!(page, "<p class=\"warning\"><strong>Warning:</strong> {}</p>", escape(text)),
        Section::Command(text) => writeln!(page, "<pre><code>{}</code></pre>", escape(text)),
        Section::Table { header, rows } => {
            page.push_str("<div class=\"wide\"><table>\n");
            if !header.is_empty() {
                push_row(page, header, "th");
            }
            rows.iter().for_each(|row| push_row(page, row, "td"));
            writeln!(page, "</table></div>")
        }
        Section::Plot(plot) => writeln!(page, "<figure>{}</figure>", plot.to_svg()),
        Section::Picture { png, caption } => {
            let (data, caption) = (base64(png), escape(caption));
            writeln!(
                page,
                "<figure><img alt=\"{caption}\" src=\"data:image/png;base64,{data}\"/>\
                 <figcaption>{caption}</figcaption></figure>"
            )
        }
        Section::Map { map, caption } => {
            // Of many cells a picture is smaller.
            let image = if map.is_small() { None } else { map.to_image().and_then(|image| image.to_png()).ok() };
            match image {
                None => {
                    let (svg, caption) = (map.to_svg(), escape(caption));
                    writeln!(page, "<figure>{svg}<figcaption>{caption}</figcaption></figure>")
                }
                Some(png) => {
                    push(page, &Section::Picture { png, caption: caption.clone() });
                    Ok(())
                }
            }
        }
    };
}

const PAGE_STYLE: &str = "<style>\
:root{color-scheme:light dark;--ground:#f4f5f8;--ink:#2b303f;--faint:#5c6375;--edge:#dde0e8;--card:#fff;--warn:#c77700}\
@media(prefers-color-scheme:dark){:root{--ground:#101218;--ink:#d9dde7;--faint:#98a0b3;--edge:#2e3340;--card:#191c24;--warn:#f0a030}}\
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,sans-serif}\
main{max-width:960px;margin:0 auto;padding:32px 20px 64px}\
h1{font-size:1.7rem;margin:0 0 1rem}h2{font-size:1.2rem;margin:2.2rem 0 .6rem}p{overflow-wrap:anywhere}\
figure{margin:1.2rem 0}img,svg{max-width:100%;height:auto;border-radius:8px}\
figcaption{color:var(--faint);font-size:.9rem}\
pre,.warning{background:var(--card);border:1px solid var(--edge);border-radius:8px;padding:.6rem .9rem}\
pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:.85rem}.warning{border-left:4px solid var(--warn)}\
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

/// Whether XML has no place for a letter.
pub(super) fn is_forbidden(letter: char) -> bool {
    !matches!(letter, '\t' | '\n') && letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}')
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
            _ if is_forbidden(letter) => escaped.push('\u{fffd}'),
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
    use super::super::plot::Series;
    use super::*;

    #[test]
    fn strings_are_escaped() {
        let bad = "<script>alert('1')</script>&\"\u{0}";
        let series = vec![Series { name: bad.into(), points: vec![(0.0, 0.0, None)] }];
        let plot = LinePlot {
            title: bad.into(),
            x_label: bad.into(),
            y_label: bad.into(),
            series: series.clone(),
            ..LinePlot::default()
        };
        let map = HeatMap { title: bad.into(), lines: series, ..HeatMap::default() };
        let sections = [
            Section::Heading(bad.into()),
            Section::Paragraph(bad.into()),
            Section::Warning(bad.into()),
            Section::Command(bad.into()),
            Section::Table { header: vec![bad.into()], rows: vec![vec![bad.into()], vec![]] },
            Section::Picture { png: vec![1, 2, 3, 4], caption: bad.into() },
            Section::Plot(plot),
            Section::Map { map, caption: bad.into() },
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
}
