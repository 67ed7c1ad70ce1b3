//! Weighted graphs in the rudy text format, and which of them are periodic lattices.
//!
//! The first line is `nodes edges` (a third number is allowed and ignored), every further one `i j w`: an undirected edge
//! between nodes i and j, counted from 1, of integer weight w. It is the format of the G-set and of the DIMACS torus
//! instances (G. Rinaldi's generator rudy; C. Helmberg and F. Rendl, SIAM J. Optim. 10, 673 (2000)).

use crate::couplings::{Couplings, check_sites};
use crate::error::{Error, Result};
use crate::lattice::Lattice;
use crate::model::EdwardsAnderson;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// The most nodes of a graph.
const MOST_NODES: u64 = 1 << 30;
/// The largest file that is read.
const MOST_BYTES: u64 = 1 << 30;

/// One edge: two nodes, counted from 0, and a weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// The node named first.
    pub from: u32,
    /// The node named second.
    pub to: u32,
    /// The weight.
    pub weight: i32,
}

/// A weighted graph without self-loops and repeated edges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rudy {
    nodes: u32,
    edges: Vec<Edge>,
    source: PathBuf,
}

impl Rudy {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::File`] with the line, for anything that is not as the [format](self) wants it.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let failed = |error: std::io::Error| Error::file(path, error, "check the path");
        let bytes = std::fs::metadata(path).map_err(failed)?.len();
        if bytes > MOST_BYTES {
            return Err(Error::file(path, format!("{bytes} bytes are too many"), "files of up to 1 GiB are read"));
        }
        let bytes = std::fs::read(path).map_err(failed)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| {
            Error::file(path, "not a text", "pass a graph in the rudy format: `nodes edges`, then `i j w`")
        })?;
        Self::parse(text, path)
    }

    /// Reads a text; `source` is for messages.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn parse(text: &str, source: impl AsRef<Path>) -> Result<Self> {
        let source = source.as_ref();
        let lines = text.lines().enumerate().map(|(number, line)| (number + 1, line.trim()));
        let mut lines = lines.filter(|(_, line)| !line.is_empty());
        let refuse =
            |line: usize, problem: String, hint: &str| Error::file(source, format!("line {line}: {problem}"), hint);
        let (first, header) =
            lines.next().ok_or_else(|| Error::file(source, "it is empty", "the first line is `nodes edges`"))?;
        let (nodes, count) = match integers(header)[..] {
            [Some(nodes), Some(count)] | [Some(nodes), Some(count), Some(_)] => (nodes, count),
            _ => {
                return Err(refuse(
                    first,
                    format!("`{header}` is not `nodes edges`"),
                    "two integers begin a rudy file",
                ));
            }
        };
        if !(1..=MOST_NODES as i64).contains(&nodes) {
            return Err(refuse(first, format!("{nodes} nodes"), "1 to 2^30 nodes are possible"));
        }
        // Nothing is allocated for edges that the text cannot hold: the shortest is `1 2 1`.
        if count < 0 || count > 1 + text.len() as i64 / 6 {
            return Err(refuse(first, format!("{count} edges, more than the file has room for"), "is it cut short?"));
        }
        let mut edges = Vec::with_capacity(count as usize);
        let mut seen = HashSet::with_capacity(count as usize);
        for (number, line) in lines {
            let [Some(from), Some(to), Some(weight)] = integers(line)[..] else {
                return Err(refuse(
                    number,
                    format!("`{line}` is not `i j w`"),
                    "edges have two nodes and an integer weight",
                ));
            };
            if let Some(node) = [from, to].into_iter().find(|node| !(1..=nodes).contains(node)) {
                return Err(refuse(number, format!("node {node} of {nodes}"), "nodes are counted from 1"));
            }
            if from == to {
                return Err(refuse(
                    number,
                    format!("node {from} has an edge to itself"),
                    "remove it: it only adds a constant",
                ));
            }
            let Ok(weight) = i32::try_from(weight) else {
                return Err(refuse(number, format!("the weight {weight}"), "weights are integers of 32 bits"));
            };
            if !seen.insert((from.min(to), from.max(to))) {
                let hint = "join repeated edges into one, with the sum of their weights";
                return Err(refuse(number, format!("the edge {from} {to} stands here for the second time"), hint));
            }
            edges.push(Edge { from: from as u32 - 1, to: to as u32 - 1, weight });
        }
        if edges.len() as i64 != count {
            let hint = "the file is cut short, or its first line is wrong";
            return Err(refuse(first, format!("{count} edges announced, {} found", edges.len()), hint));
        }
        Ok(Self { nodes: nodes as u32, edges, source: source.into() })
    }

    /// The number of nodes.
    pub fn nodes(&self) -> u32 {
        self.nodes
    }

    /// The edges, in the file's order.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The sum of all weights.
    pub fn total_weight(&self) -> i64 {
        self.edges.iter().map(|edge| i64::from(edge.weight)).sum()
    }

    /// The periodic lattice that this graph is: every bond of it is an edge, and nodes are numbered row by row, the last
    /// axis fastest. Sides are 3 or more, as a side of 2 would take two edges between the same nodes.
    ///
    /// # Errors
    /// [`Error::File`] for a graph that is none.
    pub fn lattice(&self) -> Result<Lattice> {
        let (nodes, edges) = (self.nodes as usize, self.edges.len());
        let dimensions = edges / nodes;
        if edges == dimensions * nodes && (1..=4).contains(&dimensions) {
            for sides in factorisations(self.nodes, dimensions) {
                let lattice = Lattice::new(&sides)?;
                if self.edges.iter().all(|edge| bond_of(&lattice, *edge).is_some()) {
                    return Ok(lattice);
                }
            }
        }
        let problem = format!("{nodes} nodes and {edges} edges are no periodic lattice with nodes in row-major order");
        Err(Error::file(&self.source, problem, "general graphs cannot be sampled yet"))
    }

    /// The spin glass on a lattice, J = `sign` · w, with the sides of its own [`lattice`](Self::lattice) where none are
    /// given. On a given lattice bonds that are no edges have J = 0.
    ///
    /// # Errors
    /// [`Error::File`] for edges that are no bonds of the lattice, [`Error::Input`] for weights beyond
    /// [`LARGEST_COUPLING`](crate::model::LARGEST_COUPLING).
    pub fn glass(&self, lattice: Option<Lattice>, sign: i32) -> Result<EdwardsAnderson> {
        let lattice = match lattice {
            Some(lattice) => lattice,
            None => self.lattice()?,
        };
        if lattice.sites() != self.nodes || lattice.sides().contains(&2) {
            let problem =
                format!("{} nodes are not the sites of lattice {lattice} with sides of 3 and more", self.nodes);
            return Err(Error::file(&self.source, problem, "leave the lattice out, and its sides are found"));
        }
        let mut couplings = vec![0; lattice.dimensions() * lattice.sites() as usize];
        for edge in &self.edges {
            let Some((axis, site)) = bond_of(&lattice, *edge) else {
                let problem = format!("the edge {} {} is no bond of lattice {lattice}", edge.from + 1, edge.to + 1);
                return Err(Error::file(&self.source, problem, "nodes are numbered row by row, the last axis fastest"));
            };
            // Beyond the range of a coupling the sign does not matter.
            couplings[axis * lattice.sites() as usize + site as usize] = edge.weight.saturating_mul(sign);
        }
        EdwardsAnderson::with_couplings(lattice, &couplings)
    }
}

/// The largest weight in size that a single-precision number holds exactly, with all below it.
const LARGEST_WEIGHT: u32 = 1 << 24;

impl Rudy {
    /// The couplings J = `sign` · w of the graph's edges as a matrix, 0 where there is no edge: of any graph, as
    /// [`PairwiseSpins`](crate::PairwiseSpins) take it. A sign of −1 makes low energies of large cuts.
    ///
    /// # Errors
    /// [`Error::Limit`] for more than 65,536 nodes, [`Error::Input`] for one node or a weight beyond 2²⁴ in size.
    pub fn couplings(&self, sign: i32) -> Result<Couplings> {
        let nodes = self.nodes as usize;
        check_sites(nodes)?;
        let mut values = vec![0.0; nodes * nodes];
        for &Edge { from, to, weight } in &self.edges {
            if weight.unsigned_abs() > LARGEST_WEIGHT {
                let what = format!("weight of the edge {} {}", from + 1, to + 1);
                let hint = "divide all weights by a common factor";
                return Err(Error::input(what, format!("at most {LARGEST_WEIGHT} in size"), weight, hint));
            }
            let value = weight.saturating_mul(sign) as f32;
            values[from as usize * nodes + to as usize] = value;
            values[to as usize * nodes + from as usize] = value;
        }
        Couplings::new(nodes, values)
    }
}

/// The words of a line as integers.
fn integers(line: &str) -> Vec<Option<i64>> {
    line.split_whitespace().take(4).map(|word| word.parse().ok()).collect()
}

/// The axis and the site whose bond ahead an edge is.
fn bond_of(lattice: &Lattice, edge: Edge) -> Option<(usize, u32)> {
    (0..lattice.dimensions()).find_map(|axis| {
        if lattice.ahead(edge.from, axis) == edge.to {
            Some((axis, edge.from))
        } else {
            (lattice.ahead(edge.to, axis) == edge.from).then_some((axis, edge.to))
        }
    })
}

/// All ways to write a number as an ordered product of so many sides of at least 3.
fn factorisations(number: u32, sides: usize) -> Vec<Vec<u32>> {
    if sides == 1 {
        return if number >= 3 { vec![vec![number]] } else { Vec::new() };
    }
    let first = (3..=number / 3).filter(|side| number.is_multiple_of(*side));
    first
        .flat_map(|side| {
            factorisations(number / side, sides - 1).into_iter().map(move |rest| [vec![side], rest].concat())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        match Rudy::parse(text, "graph.dat") {
            Err(error @ Error::File { .. }) => error.to_string(),
            other => panic!("{text:?}: {other:?}"),
        }
    }

    #[test]
    fn blanks_and_line_ends_do_not_matter() {
        let plain = Rudy::parse("3 2\n1 2 -4\n3 1 5\n", "a").unwrap();
        for text in ["3 2 \r\n1 2 -4 \r\n3 1 5\r\n\r\n", "3 2 0\n 1\t2 -4\n3 1 5", "\n3 2\n1 2 -4\n\n3 1 +5\n \n"] {
            let graph = Rudy::parse(text, "a").unwrap();
            assert_eq!(graph, plain, "{text:?}");
        }
        assert_eq!((plain.nodes(), plain.edges().len(), plain.total_weight()), (3, 2, 1));
        assert_eq!(plain.edges()[1], Edge { from: 2, to: 0, weight: 5 });
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, parts) in [
            ("", &["empty"][..]),
            ("x", &["line 1", "`x`"]),
            ("3\n", &["line 1"]),
            ("3 2 1 0\n", &["line 1"]),
            ("0 0\n", &["line 1", "0 nodes"]),
            ("-3 1\n1 2 1\n", &["line 1"]),
            ("4294967299 1\n1 2 1\n", &["line 1"]),
            ("3 99999999999999\n1 2 1\n", &["line 1", "room"]),
            ("3 -1\n", &["line 1"]),
            ("3 2\n1 2 1\n", &["line 1", "2 edges announced, 1 found"]),
            ("3 1\n1 2 1\n2 3 1\n", &["line 1", "1 edges announced, 2 found"]),
            ("3 1\n1 2\n", &["line 2", "`1 2`"]),
            ("3 1\n1 2 0.5\n", &["line 2"]),
            ("3 1\n1 2 1 1\n", &["line 2"]),
            ("3 1\n1 2 99999999999\n", &["line 2"]),
            ("3 1\n0 2 1\n", &["line 2", "node 0"]),
            ("3 1\n\n1 4 1\n", &["line 3", "node 4"]),
            ("3 1\n2 2 1\n", &["line 2", "itself"]),
            ("3 2\n1 2 1\n2 1 1\n", &["line 3", "second time"]),
        ] {
            let message = refused(text);
            for part in parts.iter().chain(&["graph.dat"]) {
                assert!(message.contains(part), "{text:?}: {message}");
            }
        }
    }

    /// The rudy text of a lattice, with the weight of each bond; edges are named backwards now and then.
    fn text_of(lattice: &Lattice, weight: impl Fn(usize, u32) -> i32) -> String {
        let mut text = format!("{} {}\n", lattice.sites(), lattice.sites() as usize * lattice.dimensions());
        for axis in 0..lattice.dimensions() {
            for site in 0..lattice.sites() {
                let (a, b) = (site + 1, lattice.ahead(site, axis) + 1);
                let (a, b) = if (site + axis as u32).is_multiple_of(3) { (b, a) } else { (a, b) };
                text.push_str(&format!("{a} {b} {}\n", weight(axis, site)));
            }
        }
        text
    }

    #[test]
    fn lattices_are_found_with_their_couplings() {
        for sides in [&[7][..], &[3, 3], &[10, 4], &[4, 10], &[3, 4, 5], &[5, 4, 3], &[3, 4, 3, 5], &[100, 8]] {
            let lattice = Lattice::new(sides).unwrap();
            let weight = |axis: usize, site: u32| (7 * axis as i32 + 3 * site as i32) % 11 - 5;
            let graph = Rudy::parse(&text_of(&lattice, weight), "a").unwrap();
            assert_eq!(graph.lattice().unwrap(), lattice);
            let glass = graph.glass(None, -1).unwrap();
            let bonds = (0..sides.len()).flat_map(|axis| (0..lattice.sites()).map(move |site| (axis, site)));
            assert!(glass.couplings(0).into_iter().eq(bonds.map(|(axis, site)| -weight(axis, site))));
        }
    }

    #[test]
    fn what_is_no_lattice_is_refused() {
        let lattice = Lattice::new(&[4, 5]).unwrap();
        let text = text_of(&lattice, |_, _| 1);
        let graph = Rudy::parse(&text, "a").unwrap();
        assert!(graph.glass(Some(Lattice::new(&[5, 4]).unwrap()), 1).is_err());
        assert!(graph.glass(Some(Lattice::new(&[4, 4]).unwrap()), 1).is_err());
        assert!(graph.glass(Some(lattice.clone()), 1).is_ok());
        // One edge elsewhere.
        let other = Rudy::parse(&text.replace("2 3 1\n", "2 4 1\n"), "a").unwrap();
        assert!(other.lattice().unwrap_err().to_string().contains("general graphs"));
        // One edge less: no lattice by itself, but a diluted one where its sides are given.
        let less = text.replace("20 40", "20 39").replace("2 3 1\n", "");
        let less = Rudy::parse(&less, "a").unwrap();
        assert!(less.lattice().is_err());
        let glass = less.glass(Some(lattice.clone()), 1).unwrap();
        assert_eq!(glass.couplings(0).iter().filter(|&&coupling| coupling == 0).count(), 1);
        let heavy = Rudy::parse(&text_of(&lattice, |_, _| 128), "a").unwrap();
        assert!(matches!(heavy.glass(None, 1), Err(Error::Input { .. })));
        assert!(Rudy::parse("4 0\n", "a").unwrap().lattice().is_err());
    }
}
