//! How sound files are damaged.

use super::Random;

/// Damaged files stay below this length.
const LONGEST: usize = 1 << 20;

/// What stands in the formats, for damage that gets past their first checks.
const WORDS: [&[u8]; 34] = [
    b"'descr'",
    b"'|O'",
    b"'<f8'",
    b"'>i2'",
    b"'|u1'",
    b"'|b1'",
    b"'<U4'",
    b"(1,)",
    b"(2, 3)",
    b"()",
    b"True",
    b"False",
    b"}",
    b"{",
    b"[",
    b"]",
    b"\"F64\"",
    b"\"shape\"",
    b"\"data_offsets\"",
    b"neuron",
    b"time_ms",
    b"trial",
    b"recording",
    b"#",
    b"\n",
    b"\r\n",
    b",",
    b";",
    b"\"",
    b"IDAT",
    b"PLTE",
    b"tRNS",
    b"PK\x01\x02",
    b"\xef\xbb\xbf",
];

/// Numbers as texts.
const NUMBERS: [&str; 18] = [
    "0",
    "-0",
    "1",
    "-1",
    "2",
    "255",
    "65536",
    "2147483648",
    "4294967295",
    "4294967297",
    "9223372036854775808",
    "18446744073709551616",
    "1e308",
    "1e999",
    "1e-320",
    "nan",
    "-inf",
    "0.1",
];

/// One of the seeds with one to four kinds of damage.
pub fn damaged(random: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = random.one(seeds);
    for _ in 0..=random.below(4) {
        damage(random, &mut bytes, seeds);
        bytes.truncate(LONGEST);
    }
    bytes
}

/// A range of the bytes, of up to so many.
fn range(random: &mut Random, bytes: &[u8], most: usize) -> std::ops::Range<usize> {
    let start = random.below(bytes.len() + 1);
    let length = random.below(most.min(bytes.len() - start) + 1);
    start..start + length
}

fn damage(random: &mut Random, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    if bytes.is_empty() {
        bytes.push(random.next() as u8);
        return;
    }
    let (at, any) = (random.below(bytes.len()), random.next() as u8);
    match random.below(11) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = random.one(&[0, 1, 9, 0x20, 0x2c, 0x2d, 0x30, 0x39, 0x7f, 0x80, 0xff, any]),
        2 => bytes.truncate(at),
        3 => {
            let other = random.one(seeds);
            let from = random.below(other.len() + 1);
            bytes.truncate(at);
            bytes.extend(&other[from..]);
        }
        4 => {
            let chunk = bytes[range(random, bytes, 256)].to_vec();
            bytes.splice(at..at, chunk);
        }
        5 => drop(bytes.drain(range(random, bytes, 64))),
        6 | 7 => edit_integer(random, bytes, at),
        8 => edit_number(random, bytes, at),
        9 => {
            let place = if random.below(2) == 0 { at..at } else { at..(at + 8).min(bytes.len()) };
            bytes.splice(place, random.one(&WORDS).iter().copied());
        }
        _ => {
            let noise: Vec<u8> = (0..random.below(17)).map(|_| random.next() as u8).collect();
            bytes.splice(at..at, noise);
        }
    }
}

/// Puts an integer that is often wrong where a length or an offset may stand.
fn edit_integer(random: &mut Random, bytes: &mut [u8], at: usize) {
    let length = bytes.len() as u64;
    let (power, any) = (1u64 << random.below(64), random.next());
    let value = random.one(&[0, 1, u64::MAX, u64::MAX / 2, length, length - 1, length + 1, power, power - 1, any]);
    let width = random.one(&[2usize, 4, 4, 8]);
    let mut raw = value.to_le_bytes()[..width].to_vec();
    if random.below(3) == 0 {
        raw.reverse();
    }
    bytes.iter_mut().skip(at).zip(raw).for_each(|(to, from)| *to = from);
}

/// Replaces a number of digits at or after a place by another one.
fn edit_number(random: &mut Random, bytes: &mut Vec<u8>, at: usize) {
    let Some(skipped) = bytes[at..].iter().position(u8::is_ascii_digit) else { return };
    let start = at + skipped;
    let digits = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = random.one(&NUMBERS);
    bytes.splice(start..start + digits, number.bytes());
}

/// Makes the checksums of a PNG's chunks right again, as far as its lengths lead.
pub fn png_checksums(bytes: &mut [u8]) {
    let mut at = 8;
    while let Some(length) = bytes.get(at..at + 4).and_then(|length| length.try_into().ok()).map(u32::from_be_bytes) {
        let end = at + 8 + length as usize;
        if end + 4 > bytes.len() {
            break;
        }
        let sum = crc32fast::hash(&bytes[at + 4..end]);
        bytes[end..end + 4].copy_from_slice(&sum.to_be_bytes());
        at = end + 4;
    }
}

/// Makes the length of a `.npy` header reach up to its last brace and a newline.
pub fn npy_length(bytes: &mut [u8]) {
    let Some(end) = bytes.iter().position(|&byte| byte == b'\n') else { return };
    if end > 10 && bytes.starts_with(b"\x93NUMPY\x01") {
        let length = (end - 9) as u16;
        bytes[8..10].copy_from_slice(&length.to_le_bytes());
    }
}

/// Makes the length of a safetensors header reach up to its last brace.
pub fn tensor_length(bytes: &mut [u8]) {
    let Some(end) = bytes.windows(2).rposition(|pair| pair == b"}}") else { return };
    if end > 8 {
        let length = (end - 6) as u64;
        bytes[..8].copy_from_slice(&length.to_le_bytes());
    }
}

/// Damages the arrays of a stored archive from within: what is found of it is packed anew with sums and lengths that are right.
pub fn repacked(random: &mut Random, bytes: &mut Vec<u8>) {
    let mut entries = Vec::new();
    let mut rest = &bytes[..];
    while let Some(at) = rest.windows(4).position(|window| window == b"PK\x03\x04") {
        rest = &rest[at + 4..];
        let next = rest.windows(4).position(|window| window.starts_with(b"PK")).unwrap_or(rest.len());
        let entry = &rest[..next];
        let name = entry.get(22).map_or(0, |&length| usize::from(length));
        let Some(begin) = entry.windows(6).position(|window| window == b"\x93NUMPY") else { continue };
        let name = entry.get(26..26 + name).unwrap_or(b"a.npy").to_vec();
        let mut array = entry[begin..].to_vec();
        if random.below(3) == 0 {
            damage(random, &mut array, std::slice::from_ref(&entry.to_vec()));
            npy_length(&mut array);
        }
        entries.push((name, array));
    }
    if !entries.is_empty() {
        *bytes = super::corpus::stored_archive(&entries);
    }
}

/// Makes the checksums of a checkpoint right again, as far as its lengths lead, and the hash at its end.
pub fn checkpoint_sums(bytes: &mut [u8]) {
    let Some(body) = bytes.len().checked_sub(32) else { return };
    // Where the sections begin, if the names before them have lengths that fit.
    let number = |bytes: &[u8], at: usize, width: usize| -> Option<usize> {
        let mut raw = [0; 8];
        raw[..width].copy_from_slice(bytes.get(at..at + width).filter(|_| at + width <= body)?);
        usize::try_from(u64::from_le_bytes(raw)).ok()
    };
    let skip = |at: usize, length: usize| at.checked_add(length).filter(|&end| end <= body);
    let seal = |bytes: &mut [u8], begin: usize, end: usize| -> Option<usize> {
        let next = skip(end, 4)?;
        let sum = crc32fast::hash(&bytes[begin..end]).to_le_bytes();
        bytes[end..next].copy_from_slice(&sum);
        Some(next)
    };
    let mut seal_all = || -> Option<()> {
        let (names, mut at) = (number(bytes, 56, 4)?, 60);
        for _ in 0..names {
            at = skip(at + 4, number(bytes, at, 4)?)?;
        }
        at = seal(bytes, 0, at + 4)?;
        while at < body {
            let name = skip(at + 4, number(bytes, at, 4)?)?;
            let end = skip(name + 8, number(bytes, name, 8)?)?;
            at = seal(bytes, at, end)?;
        }
        Some(())
    };
    seal_all();
    let hash = blake3::hash(&bytes[..body]);
    bytes[body..].copy_from_slice(hash.as_bytes());
}
