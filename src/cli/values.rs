//! Values of options: numbers that sweep, sizes of pictures.

use spinfield::Error;
use std::str::FromStr;

/// The most points of one run.
pub const MAX_POINTS: usize = 65_536;

/// What an option that sweeps takes: a number, a list `0.1,0.2` or a range `start:stop:step`.
#[derive(Debug, Clone, PartialEq)]
pub struct Values(pub Vec<f64>);

impl FromStr for Values {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |part: &str| {
            part.trim().parse::<f64>().map_err(|_| {
                let part = part.trim();
                format!("`{part}` is not a number; give a number, a list 0.1,0.2 or a range start:stop:step")
            })
        };
        if !text.contains(':') {
            let numbers: Vec<f64> = text.split(',').map(number).collect::<Result<_, _>>()?;
            return match numbers.len() {
                count if count > MAX_POINTS => Err(format!("{count} values; at most {MAX_POINTS} are possible")),
                _ => Ok(Self(numbers)),
            };
        }
        let parts: Vec<f64> = text.split(':').map(number).collect::<Result<_, _>>()?;
        let [start, stop, step] = parts[..] else { return Err("a range is start:stop:step".into()) };
        let steps = ((stop - start) / step).round();
        if !(steps.is_finite() && start.is_finite() && step.is_finite() && step != 0.0) {
            return Err("a range needs three finite numbers and a step that is not 0".into());
        }
        if steps < 0.0 {
            return Err("the range is empty: its step leads away from its stop".into());
        }
        if steps >= MAX_POINTS as f64 {
            return Err(format!("the range has {} values; at most {MAX_POINTS} are possible", steps + 1.0));
        }
        Ok(Self((0..=steps as u32).map(|k| start + f64::from(k) * step).collect()))
    }
}

/// Refuses more points than a run can have.
pub fn check_points(points: usize) -> Result<(), Error> {
    if points <= MAX_POINTS {
        return Ok(());
    }
    let hint = "points are the product of everything that sweeps: sweep over fewer values";
    Err(Error::input("points", format!("at most {MAX_POINTS}"), points, hint))
}

/// Width and height of `WxH`.
pub fn picture_size(text: &str) -> Result<(usize, usize), Error> {
    let size = text.split_once(['x', 'X']).and_then(|(w, h)| Some((w.trim().parse().ok()?, h.trim().parse().ok()?)));
    size.filter(|(w, h)| *w > 0 && *h > 0)
        .ok_or_else(|| Error::input("--resize", "WIDTHxHEIGHT", text, "for example --resize 64x64"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<f64> {
        text.parse::<Values>().unwrap().0
    }

    #[test]
    fn numbers_lists_and_ranges() {
        assert_eq!(values("0.5"), [0.5]);
        assert_eq!(values("-1, 2e-3"), [-1.0, 2e-3]);
        assert_eq!(values("0.1:0.5:0.1"), [0.1, 0.1 + 0.1, 0.1 + 2.0 * 0.1, 0.1 + 3.0 * 0.1, 0.1 + 4.0 * 0.1]);
        assert_eq!(values("0:1:0.3"), [0.0, 0.3, 2.0 * 0.3, 3.0 * 0.3]);
        assert_eq!(values("1:0:-0.5"), [1.0, 0.5, 0.0]);
        assert_eq!(values("2:2:1"), [2.0]);
        assert_eq!(values("0:65535:1").len(), MAX_POINTS);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let bad = [
            "",
            "a",
            "1,",
            "1:2",
            "1:2:3:4",
            "1:0:0.1",
            "0:1:0",
            "0:1:nan",
            "inf:1:1",
            "0:65536:1",
            "0:1:1e-300",
            "0:1:inf",
        ];
        for text in bad {
            assert!(text.parse::<Values>().is_err(), "{text}");
        }
        for text in ["", "x", "3", "3x", "0x3", "-1x3", "3x99999999999999999999"] {
            assert!(picture_size(text).is_err(), "{text}");
        }
        assert_eq!(picture_size("3X4").unwrap(), (3, 4));
    }
}
