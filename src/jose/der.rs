//! ECDSA signatures between DER (`SEQUENCE { r, s }`, what a KMS, an HSM and openssl give) and `r ‖ s` (what JWS wants,
//! RFC 7518 §3.4). Also the few lines of DER reading that keys need.

/// Why a DER signature was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DerError {
    #[error("not a DER signature: {0} was expected at offset {1}")]
    Expected(&'static str, usize),
    #[error("not DER: a length is not in its shortest form (offset {0})")]
    Length(usize),
    #[error("not DER: an integer is padded with a zero byte (offset {0})")]
    Padded(usize),
    #[error("the signature holds a negative integer (offset {0})")]
    Negative(usize),
    #[error("the signature holds a zero")]
    Zero,
    #[error("an integer of the signature is longer than {0} bytes")]
    TooLong(usize),
    #[error("{0} bytes follow the signature")]
    Trailing(usize),
}

impl DerError {
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::TooLong(_) => "the signing key is on a larger curve than the algorithm names",
            Self::Zero => "no true signature has r or s of zero: the store is broken",
            _ => "a store should answer ECDSA signatures as DER SEQUENCE { r INTEGER, s INTEGER }",
        }
    }
}

/// `size` is that of one integer: 32 for P-256, 48 for P-384, 66 for P-521.
///
/// # Errors
/// [`DerError`] for anything but minimal DER of two positive integers that fit.
pub fn to_raw(der: &[u8], size: usize) -> Result<Vec<u8>, DerError> {
    let mut outer = Reader { all: der, at: 0, end: der.len() };
    let mut inner = outer.enter(0x30, "SEQUENCE")?;
    if outer.at != der.len() {
        return Err(DerError::Trailing(der.len() - outer.at));
    }
    let mut raw = vec![0; 2 * size];
    for half in raw.chunks_exact_mut(size) {
        let digits = inner.positive()?;
        if digits.len() > size {
            return Err(DerError::TooLong(size));
        }
        half[size - digits.len()..].copy_from_slice(digits);
    }
    if inner.at != inner.end {
        return Err(DerError::Trailing(inner.end - inner.at));
    }
    Ok(raw)
}

/// The DER form of `r ‖ s`. The halves may be of any equal size; an odd length gives the longer half to `s`.
pub fn from_raw(raw: &[u8]) -> Vec<u8> {
    let (r, s) = raw.split_at(raw.len() / 2);
    let mut body = Vec::with_capacity(raw.len() + 8);
    for half in [r, s] {
        let digits = &half[half.iter().take_while(|b| **b == 0).count()..];
        let lead = digits.first().is_none_or(|b| b & 0x80 != 0);
        body.push(0x02);
        push_length(&mut body, digits.len() + usize::from(lead));
        if lead {
            body.push(0);
        }
        body.extend_from_slice(digits);
    }
    let mut der = Vec::with_capacity(body.len() + 4);
    der.push(0x30);
    push_length(&mut der, body.len());
    der.extend_from_slice(&body);
    der
}

fn push_length(out: &mut Vec<u8>, length: usize) {
    if length < 0x80 {
        out.push(length as u8);
        return;
    }
    let bytes = length.to_be_bytes();
    let digits = &bytes[bytes.iter().take_while(|b| **b == 0).count()..];
    out.push(0x80 | digits.len() as u8);
    out.extend_from_slice(digits);
}

/// Reads one level of DER.
pub(crate) struct Reader<'a> {
    all: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(all: &'a [u8]) -> Self {
        Self { all, at: 0, end: all.len() }
    }

    /// The next element, whatever it is: its tag, itself, its content. Tags of more than one byte are refused: nothing
    /// that is read here has one.
    pub(crate) fn element(&mut self) -> Result<(u8, &'a [u8], Self), DerError> {
        let start = self.at;
        let tag = self.peek().filter(|tag| tag & 0x1f != 0x1f).ok_or(DerError::Expected("element", start))?;
        let inner = self.enter(tag, "element")?;
        Ok((tag, &self.all[start..self.at], inner))
    }

    pub(crate) const fn is_at_end(&self) -> bool {
        self.at == self.end
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.all[self.at..self.end].first().copied()
    }

    /// The next element, which must have this tag: a reader over its content.
    pub(crate) fn enter(&mut self, tag: u8, name: &'static str) -> Result<Self, DerError> {
        if self.peek() != Some(tag) {
            return Err(DerError::Expected(name, self.at));
        }
        let (length, start) = self.length(self.at + 1)?;
        let end = start.checked_add(length).filter(|end| *end <= self.end).ok_or(DerError::Expected(name, self.at))?;
        self.at = end;
        Ok(Self { all: self.all, at: start, end })
    }

    pub(crate) fn content(&self) -> &'a [u8] {
        &self.all[self.at..self.end]
    }

    fn length(&self, at: usize) -> Result<(usize, usize), DerError> {
        let first = *self.all[..self.end].get(at).ok_or(DerError::Expected("length", at))?;
        if first < 0x80 {
            return Ok((usize::from(first), at + 1));
        }
        let count = usize::from(first & 0x7f);
        let digits = self.all[..self.end].get(at + 1..at + 1 + count).ok_or(DerError::Expected("length", at))?;
        if count == 0 || count > 4 || digits[0] == 0 {
            return Err(DerError::Length(at));
        }
        let length = digits.iter().fold(0, |n, b| (n << 8) | usize::from(*b));
        if length < 0x80 { Err(DerError::Length(at)) } else { Ok((length, at + 1 + count)) }
    }

    /// A positive INTEGER without its sign byte.
    fn positive(&mut self) -> Result<&'a [u8], DerError> {
        let at = self.at;
        let digits = self.enter(0x02, "INTEGER")?.content();
        match digits {
            [] => Err(DerError::Expected("INTEGER", at)),
            [0] => Err(DerError::Zero),
            [0, next, ..] if next & 0x80 == 0 => Err(DerError::Padded(at)),
            [0, rest @ ..] => Ok(rest),
            [first, ..] if first & 0x80 != 0 => Err(DerError::Negative(at)),
            all => Ok(all),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unhex(text: &str) -> Vec<u8> {
        (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
    }

    #[test]
    fn a_banks_own_example_converts_both_ways() {
        let (der, raw) = (unhex(super::super::vectors::DNB_DER), unhex(super::super::vectors::DNB_RAW));
        assert_eq!(to_raw(&der, 32).unwrap(), raw);
        assert_eq!(from_raw(&raw), der);
    }

    #[test]
    fn only_minimal_positive_der_is_taken() {
        let cases: &[(&str, DerError)] = &[
            ("", DerError::Expected("SEQUENCE", 0)),
            ("31060201010201 01", DerError::Expected("SEQUENCE", 0)),
            ("3006020101020100", DerError::Zero),
            ("3006020100020101", DerError::Zero),
            ("300702020001020101", DerError::Padded(2)),
            ("3006020181020101", DerError::Negative(2)),
            ("308106020101020101", DerError::Length(1)),
            ("30800201010201010000", DerError::Length(1)),
            ("300602010102010100", DerError::Trailing(1)),
            ("3009020101020101020101", DerError::Trailing(3)),
            ("30050201010201", DerError::Expected("INTEGER", 5)),
            ("3006020101030101", DerError::Expected("INTEGER", 5)),
            ("300402000200", DerError::Expected("INTEGER", 2)),
            ("30", DerError::Expected("length", 1)),
            ("3085010000000000", DerError::Length(1)),
            ("3084ffffffff00", DerError::Expected("SEQUENCE", 0)),
        ];
        for (hex, error) in cases {
            assert_eq!(to_raw(&unhex(&hex.replace(' ', "")), 32), Err(*error), "{hex}");
        }
        let long = [&unhex("3026022101")[..], &[7; 32], &unhex("020101")].concat();
        assert_eq!(to_raw(&long, 32), Err(DerError::TooLong(32)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn every_signature_survives_the_round_trip(
            size in proptest::sample::select(vec![32_usize, 48, 66]),
            bytes in proptest::collection::vec(any::<u8>(), 132),
            zeros in (0_usize..30, 0_usize..30),
        ) {
            let mut raw = bytes[..2 * size].to_vec();
            raw[..zeros.0].fill(0);
            raw[size..size + zeros.1].fill(0);
            raw[size - 1] |= 1;
            raw[2 * size - 1] |= 1;
            prop_assert_eq!(to_raw(&from_raw(&raw), size).unwrap(), raw);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(raw) = to_raw(&bytes, 32) {
                prop_assert_eq!(from_raw(&raw), bytes);
            }
        }
    }
}
