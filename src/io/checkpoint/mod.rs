//! Checkpoints: what a run needs in order to go on, in a file that says whether it is whole.
//!
//! Integers are little-endian. A file is
//!
//! | bytes | content |
//! |---|---|
//! | 8 | magic, `89 53 50 46 0D 0A 1A 0A` |
//! | 4 | version of this container, 1 |
//! | 4 | version of the random stream |
//! | 32 | hash of the run's configuration |
//! | 8 | step that the run had reached |
//! | 4 + … | count of names, then of each its length (4) and its UTF-8 |
//! | 4 | count of sections |
//! | 4 | CRC-32 of all before |
//! | … | of each section: length of its name (4), the name, length of its payload (8), the payload, CRC-32 of all these (4) |
//! | 32 | BLAKE3 of all before |
//!
//! The checksum of a section says where a file is damaged, the hash at the end that it is whole. Lengths are compared with
//! what is left of the file before anything is made of them. [`Generations`] keeps the last two files of a run, [`Milestones`] a
//! few that stay when it has ended.

mod generations;
mod milestones;
mod sections;

pub use generations::{CURRENT_FILE, Found, Generations, PREVIOUS_FILE};
pub use milestones::{MILESTONES_FOLDER, Milestone, Milestones};
pub(crate) use sections::unfit;
pub use sections::{Number, Sections, TIME};

/// First bytes of a checkpoint: no text, and changed by whatever takes it for one.
const MAGIC: [u8; 8] = *b"\x89SPF\r\n\x1a\n";
/// Version of the container.
const VERSION: u32 = 1;
/// Bytes of the hash at the end.
const TRAILER: usize = blake3::OUT_LEN;

/// What a checkpoint says of the run that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// A hash of everything that decides the run's result.
    pub configuration: [u8; 32],
    /// How far the run was, in units of its own.
    pub step: u64,
    /// [`STREAM_VERSION`](crate::random::STREAM_VERSION) of the program that wrote it.
    pub stream_version: u32,
    /// What is run: command, model, and so on.
    pub names: Vec<String>,
}

/// A checkpoint: whose it is, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose it is.
    pub header: Header,
    /// What is in it.
    pub sections: Sections,
}

/// What is wrong with the bytes of a checkpoint, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part} at byte {offset}: {problem}")]
pub struct Damage {
    /// The part that cannot be used.
    pub part: String,
    /// Where it begins.
    pub offset: usize,
    /// What is wrong with it.
    pub problem: String,
}

impl Checkpoint {
    /// The bytes of the file.
    pub fn encode(&self) -> Vec<u8> {
        let payload: usize = self.sections.iter().map(|(name, bytes)| name.len() + bytes.len() + 16).sum();
        let mut file = Vec::with_capacity(payload + 256);
        let length = |length: usize| (length as u32).to_le_bytes();
        file.extend(MAGIC);
        file.extend(VERSION.to_le_bytes());
        file.extend(self.header.stream_version.to_le_bytes());
        file.extend(self.header.configuration);
        file.extend(self.header.step.to_le_bytes());
        file.extend(length(self.header.names.len()));
        for name in &self.header.names {
            file.extend(length(name.len()));
            file.extend(name.as_bytes());
        }
        file.extend(length(self.sections.iter().len()));
        file.extend(crc32fast::hash(&file).to_le_bytes());
        for (name, bytes) in self.sections.iter() {
            let begin = file.len();
            file.extend(length(name.len()));
            file.extend(name.as_bytes());
            file.extend((bytes.len() as u64).to_le_bytes());
            file.extend(bytes);
            file.extend(crc32fast::hash(&file[begin..]).to_le_bytes());
        }
        file.extend(blake3::hash(&file).as_bytes());
        file
    }

    /// A checkpoint from the bytes of a file.
    ///
    /// # Errors
    /// [`Damage`] for bytes that are not exactly what [`encode`](Self::encode) makes.
    pub fn decode(file: &[u8]) -> Result<Self, Damage> {
        let damage =
            |part: &str, offset: usize, problem: &str| Damage { part: part.into(), offset, problem: problem.into() };
        let Some(body) = file.len().checked_sub(TRAILER) else {
            return Err(damage("the file", 0, &format!("it has {} bytes, too few for a checkpoint", file.len())));
        };
        let mut reader = Reader { file: &file[..body], at: 0, part: "the header".into(), began: 0 };
        let (stream_version, configuration) = reader.head()?;
        let step = reader.u64()?;
        let names = (0..reader.u32()?).map(|_| reader.text()).collect::<Result<Vec<_>, _>>()?;
        let count = reader.u32()?;
        reader.check()?;
        let mut sections = Sections::new();
        for number in 0..count {
            (reader.part, reader.began) = (format!("section {number} of {count}"), reader.at);
            let name = reader.text()?;
            reader.part = format!("section `{name}`");
            let length = reader.u64()?;
            let bytes = reader.bytes(length)?.to_vec();
            reader.check()?;
            sections.put(name, bytes);
        }
        if reader.at != body {
            return Err(damage("the end", reader.at, "bytes that belong to nothing"));
        }
        if blake3::hash(&file[..body]).as_bytes()[..] != file[body..] {
            return Err(damage("the hash", body, "it is not that of the file"));
        }
        Ok(Self { header: Header { configuration, step, stream_version, names }, sections })
    }
}

/// Goes through a file and never beyond it.
struct Reader<'a> {
    file: &'a [u8],
    at: usize,
    /// What is being read, for messages, and where it began.
    part: String,
    began: usize,
}

impl<'a> Reader<'a> {
    /// What every file begins with: the version of the random stream, and the hash of the configuration.
    fn head(&mut self) -> Result<(u32, [u8; 32]), Damage> {
        let damage = |offset, problem| Damage { part: "the header".into(), offset, problem };
        if self.bytes(MAGIC.len() as u64)? != MAGIC {
            return Err(damage(0, "it is no checkpoint of spinfield".into()));
        }
        let version = self.u32()?;
        if version != VERSION {
            let problem = format!("container version {version}, where this program reads version {VERSION}");
            return Err(damage(self.at - 4, problem));
        }
        Ok((self.u32()?, self.array()?))
    }

    fn damage(&self, problem: String) -> Damage {
        Damage { part: self.part.clone(), offset: self.began, problem }
    }

    fn bytes(&mut self, count: u64) -> Result<&'a [u8], Damage> {
        let left = self.file.len() - self.at;
        match usize::try_from(count).ok().filter(|&count| count <= left) {
            Some(count) => {
                self.at += count;
                Ok(&self.file[self.at - count..self.at])
            }
            None => Err(self.damage(format!("{count} bytes are wanted at byte {}, {left} are left", self.at))),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Damage> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N as u64)?);
        Ok(array)
    }

    fn u32(&mut self) -> Result<u32, Damage> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, Damage> {
        self.array().map(u64::from_le_bytes)
    }

    fn text(&mut self) -> Result<String, Damage> {
        let length = self.u32()?;
        let bytes = self.bytes(length.into())?.to_vec();
        String::from_utf8(bytes).map_err(|error| self.damage(format!("a name that is no UTF-8: {error}")))
    }

    /// Reads the checksum of what has been read since the part began.
    fn check(&mut self) -> Result<(), Damage> {
        let (began, end) = (self.began, self.at);
        let stored = self.u32()?;
        let found = crc32fast::hash(&self.file[began..end]);
        match stored == found {
            true => Ok(()),
            false => Err(self.damage(format!("its checksum is {found:08x}, where {stored:08x} was written"))),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A small checkpoint; different numbers are different ones.
    pub(crate) fn example(number: u64) -> Checkpoint {
        let mut inner = Sections::new();
        inner.put_numbers("spins", &[1u32, 2, 3]).put("empty", Vec::new());
        let mut sections = Sections::new();
        sections.nest("simulation", inner).put_numbers("energy", &[number as f64, -0.0]);
        let names = vec!["sample".into(), "ising".into()];
        Checkpoint { header: Header { configuration: [7; 32], step: number, stream_version: 1, names }, sections }
    }

    #[test]
    fn what_is_written_is_read() {
        let file = example(5).encode();
        assert_eq!(Checkpoint::decode(&file).unwrap(), example(5));
        let none = Checkpoint { sections: Sections::new(), ..example(6) };
        assert_eq!(Checkpoint::decode(&none.encode()).unwrap(), none);
    }

    /// Every prefix, every flipped bit, and bytes too many.
    #[test]
    fn no_damage_goes_unnoticed() {
        let file = example(5).encode();
        for length in 0..file.len() {
            assert!(Checkpoint::decode(&file[..length]).is_err(), "the first {length} bytes");
        }
        for bit in 0..8 * file.len() {
            let mut damaged = file.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let damage = Checkpoint::decode(&damaged).expect_err("a flipped bit");
            assert!(damage.offset <= bit / 8, "bit {bit}: {damage}");
        }
        for tail in [&[0u8][..], &[0; 40], &file] {
            assert!(Checkpoint::decode(&[&file, tail].concat()).is_err());
        }
    }

    #[test]
    fn damage_is_named() {
        let file = example(5).encode();
        let at = file.windows(5).position(|bytes| bytes == b"spins").unwrap();
        let mut damaged = file.clone();
        damaged[at + 20] ^= 4;
        let damage = Checkpoint::decode(&damaged).unwrap_err();
        assert_eq!(damage.part, "section `simulation/spins`");
        assert!(damage.offset < at && damage.offset + 20 > at, "{damage}");
        // A length beyond the file allocates nothing.
        let mut damaged = file.clone();
        damaged[at + 5..at + 13].copy_from_slice(&u64::MAX.to_le_bytes());
        let damage = Checkpoint::decode(&damaged).unwrap_err();
        assert!(damage.problem.contains("18446744073709551615 bytes are wanted at byte"), "{damage}");
        let mut other = file;
        other[8] = 2;
        assert!(Checkpoint::decode(&other).unwrap_err().problem.contains("version 2"));
    }
}
