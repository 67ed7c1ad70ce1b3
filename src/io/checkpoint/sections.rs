//! Named pieces of bytes, of which a checkpoint is made.

use crate::error::{Error, Result};
use std::collections::BTreeMap;

/// The name, within others or not, of sections that hold a time that work took, in nanoseconds: of two checkpoints of one place of
/// a run these alone may differ.
pub const TIME: &str = "elapsed";

/// Numbers that a section can hold, as little-endian bytes.
pub trait Number: Copy + private::Bytes {}

impl<T: Copy + private::Bytes> Number for T {}

mod private {
    /// A number as its little-endian bytes.
    pub trait Bytes: Sized {
        const SIZE: usize;
        fn append_to(self, bytes: &mut Vec<u8>);
        /// From exactly [`SIZE`](Self::SIZE) bytes.
        fn from_bytes(bytes: &[u8]) -> Option<Self>;
    }

    macro_rules! bytes_of {
        ($($number:ty),*) => {$(
            impl Bytes for $number {
                const SIZE: usize = size_of::<$number>();

                fn append_to(self, bytes: &mut Vec<u8>) {
                    bytes.extend_from_slice(&self.to_le_bytes());
                }

                fn from_bytes(bytes: &[u8]) -> Option<Self> {
                    bytes.try_into().ok().map(<$number>::from_le_bytes)
                }
            }
        )*};
    }

    bytes_of!(u8, u32, u64, f32, f64);
}

/// Named pieces of bytes, in the order of their names. Names of pieces within others are joined by `/`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sections(BTreeMap<String, Vec<u8>>);

impl Sections {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// These and others, [nested](Self::nest) under a name.
    #[must_use]
    pub fn with(mut self, name: &str, inner: Sections) -> Self {
        self.nest(name, inner);
        self
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts bytes, in the place of what had the name.
    pub fn put(&mut self, name: impl Into<String>, bytes: Vec<u8>) -> &mut Self {
        self.0.insert(name.into(), bytes);
        self
    }

    /// Puts numbers.
    pub fn put_numbers<T: Number>(&mut self, name: impl Into<String>, numbers: &[T]) -> &mut Self {
        let mut bytes = Vec::with_capacity(numbers.len() * T::SIZE);
        numbers.iter().for_each(|number| number.append_to(&mut bytes));
        self.put(name, bytes)
    }

    /// Puts other sections under a common name; gives them up together as [`within`](Self::within).
    pub fn nest(&mut self, name: &str, inner: Sections) -> &mut Self {
        // An entry of its own, so that nothing within is told from nothing there.
        self.put(name, Vec::new());
        self.0.extend(inner.0.into_iter().map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
        self
    }

    /// What was [nested](Self::nest) under a name.
    pub fn within(&self, name: &str) -> Option<Sections> {
        self.0.get(name)?;
        let prefix = format!("{name}/");
        let within = self.0.range(prefix.clone()..).take_while(|(name, _)| name.starts_with(&prefix));
        Some(Self(within.map(|(name, bytes)| (name[prefix.len()..].to_string(), bytes.clone())).collect()))
    }

    /// The same of what must be there.
    pub(crate) fn required(&self, name: &str) -> Result<Sections> {
        self.within(name).ok_or_else(|| unfit(name, "what was saved", "none"))
    }

    /// Name and bytes of each.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }

    /// The bytes of a section.
    ///
    /// # Errors
    /// [`Error::Input`] where there is none of the name.
    pub fn get(&self, name: &str) -> Result<&[u8]> {
        self.0.get(name).map(Vec::as_slice).ok_or_else(|| unfit(name, "one of this name", "none"))
    }

    /// The numbers of a section.
    ///
    /// # Errors
    /// [`Error::Input`] where there is none of the name, or its length is no multiple of a number's.
    pub fn numbers<T: Number>(&self, name: &str) -> Result<Vec<T>> {
        let bytes = self.get(name)?;
        if !bytes.len().is_multiple_of(T::SIZE) {
            let wanted = format!("numbers of {} bytes", T::SIZE);
            return Err(unfit(name, wanted, format!("{} bytes", bytes.len())));
        }
        Ok(bytes.chunks_exact(T::SIZE).filter_map(T::from_bytes).collect())
    }

    /// The numbers of a section, which must be so many.
    ///
    /// # Errors
    /// As [`array`](Self::array).
    pub fn as_many<T: Number>(&self, name: &str, wanted: usize) -> Result<Vec<T>> {
        let numbers = self.numbers::<T>(name)?;
        match numbers.len() {
            got if got == wanted => Ok(numbers),
            got => Err(unfit(name, format!("{wanted} numbers"), got)),
        }
    }

    /// So many numbers of a section.
    ///
    /// # Errors
    /// [`Error::Input`] where there is none of the name, or it holds another number of them.
    pub fn array<T: Number, const N: usize>(&self, name: &str) -> Result<[T; N]> {
        let numbers = self.numbers::<T>(name)?;
        let count = numbers.len();
        numbers.try_into().map_err(|_| unfit(name, format!("{N} numbers"), count))
    }

    /// The text of a section.
    ///
    /// # Errors
    /// [`Error::Input`] where there is none of the name, or it is no UTF-8.
    pub fn text(&self, name: &str) -> Result<&str> {
        std::str::from_utf8(self.get(name)?).map_err(|error| unfit(name, "UTF-8", error))
    }
}

/// A section that does not fit the run it should continue.
pub(crate) fn unfit(name: &str, wanted: impl Into<String>, got: impl ToString) -> Error {
    let hint = "it is of another run, or of another version of the program";
    Error::input(format!("section `{name}` of the checkpoint"), wanted, got, hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_nests_come_back() {
        let mut inner = Sections::new();
        inner.put_numbers("x", &[1.5f64, f64::NAN]).put("text", "π".into());
        let mut outer = Sections::new();
        outer.nest("a", inner.clone()).nest("empty", Sections::new()).put_numbers("a0", &[u64::MAX]);
        assert_eq!(outer.within("a"), Some(inner));
        assert_eq!(outer.within("empty"), Some(Sections::new()));
        assert_eq!(outer.within("b"), None);
        let a = outer.within("a").unwrap();
        assert_eq!(a.numbers::<f64>("x").unwrap()[1].to_bits(), f64::NAN.to_bits());
        assert_eq!((a.text("text").unwrap(), outer.array::<u64, 1>("a0").unwrap()), ("π", [u64::MAX]));
        assert!(a.array::<f64, 1>("x").is_err() && a.numbers::<u32>("text").is_err() && a.get("y").is_err());
    }
}
