//! The content of a response as it arrives: content encodings undone, never more than the limit kept or made.

use std::io::{self, Write};

use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

/// What became of the bytes that were handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fed {
    /// Go on.
    More,
    /// The limit is reached: nothing more is wanted.
    Full,
    /// The bytes are not in the encoding that the header names.
    Broken,
}

/// A chain of decoders with a limit on what each of them puts out.
#[derive(Debug)]
pub(super) struct Content {
    stages: Vec<Stage>,
    out: Vec<u8>,
    limit: usize,
    fed: bool,
}

#[derive(Debug)]
struct Stage {
    decoder: Decoder,
    made: usize,
}

#[derive(Debug)]
enum Decoder {
    Gzip(MultiGzDecoder<Vec<u8>>),
    /// `deflate` is zlib by RFC 9110 §8.4.1.2 and bare deflate by habit of some servers: the first byte decides.
    Deflate,
    Zlib(ZlibDecoder<Vec<u8>>),
    Bare(DeflateDecoder<Vec<u8>>),
}

/// Bytes handed to a decoder at once: deflate makes at most 1032 of one, so this is the most it overshoots.
const SLICE: usize = 1024;
/// Nobody means more than this many layers.
const LAYERS: usize = 4;

impl Content {
    /// For these `Content-Encoding` values, in wire order. From the first encoding that is not known on, the content is
    /// left as it is: we ask for none, and raw bytes are true.
    pub fn new<'a>(encodings: impl IntoIterator<Item = &'a str>, limit: usize) -> Self {
        let names: Vec<String> = encodings
            .into_iter()
            .flat_map(|value| value.split(','))
            .map(|name| name.trim().to_ascii_lowercase())
            .filter(|name| !name.is_empty() && name != "identity")
            .collect();
        let known = names.iter().rev().map_while(|name| match name.as_str() {
            "gzip" | "x-gzip" => Some(Decoder::Gzip(MultiGzDecoder::new(Vec::new()))),
            "deflate" => Some(Decoder::Deflate),
            _ => None,
        });
        let stages = known.take(LAYERS).map(|decoder| Stage { decoder, made: 0 }).collect();
        Self { stages, out: Vec::new(), limit, fed: false }
    }

    pub fn feed(&mut self, bytes: &[u8]) -> Fed {
        self.fed |= !bytes.is_empty();
        self.pass(0, bytes)
    }

    fn pass(&mut self, at: usize, bytes: &[u8]) -> Fed {
        if at == self.stages.len() {
            return self.keep(bytes);
        }
        for slice in bytes.chunks(SLICE) {
            let stage = &mut self.stages[at];
            let wrote = stage.decoder.write(slice);
            let made = stage.decoder.take();
            stage.made = stage.made.saturating_add(made.len());
            let over = stage.made > self.limit;
            match (self.pass(at + 1, &made), wrote) {
                (Fed::More, Err(_)) => return Fed::Broken,
                (Fed::More, Ok(())) if over => return Fed::Full,
                (Fed::More, Ok(())) => {}
                (end, _) => return end,
            }
        }
        Fed::More
    }

    fn keep(&mut self, bytes: &[u8]) -> Fed {
        let room = self.limit - self.out.len();
        let taken = &bytes[..bytes.len().min(room)];
        // Doubling, but never past the limit: what is reserved is what may be used.
        if self.out.capacity() - self.out.len() < taken.len() {
            let wanted = (self.out.len() * 2).max(self.out.len() + taken.len()).min(self.limit);
            self.out.reserve_exact(wanted - self.out.len());
        }
        self.out.extend_from_slice(taken);
        if taken.len() < bytes.len() { Fed::Full } else { Fed::More }
    }

    /// Call when the transfer is complete. `Broken`: an encoding says that more should have come.
    pub fn finish(&mut self) -> Fed {
        if !self.fed {
            return Fed::More;
        }
        for at in 0..self.stages.len() {
            let ended = self.stages[at].decoder.end();
            let made = self.stages[at].decoder.take();
            match self.pass(at + 1, &made) {
                Fed::More if ended.is_err() => return Fed::Broken,
                Fed::More => {}
                end => return end,
            }
        }
        Fed::More
    }

    /// What has been decoded, taken out.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }
}

impl Decoder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let (Self::Deflate, Some(first)) = (&*self, bytes.first()) {
            // RFC 1950 §2.2: the low half of a zlib stream's first byte is 8. A bare stream that begins so would be a
            // stored block whose padding is not zero, which no encoder writes.
            *self = match first & 0x0f {
                8 => Self::Zlib(ZlibDecoder::new(Vec::new())),
                _ => Self::Bare(DeflateDecoder::new(Vec::new())),
            };
        }
        match self {
            Self::Gzip(d) => d.write_all(bytes),
            Self::Zlib(d) => d.write_all(bytes),
            Self::Bare(d) => d.write_all(bytes),
            Self::Deflate => Ok(()),
        }
    }

    fn end(&mut self) -> io::Result<()> {
        match self {
            Self::Gzip(d) => d.try_finish(),
            Self::Zlib(d) => d.try_finish(),
            Self::Bare(d) => d.try_finish(),
            Self::Deflate => Ok(()),
        }
    }

    fn take(&mut self) -> Vec<u8> {
        match self {
            Self::Gzip(d) => std::mem::take(d.get_mut()),
            Self::Zlib(d) => std::mem::take(d.get_mut()),
            Self::Bare(d) => std::mem::take(d.get_mut()),
            Self::Deflate => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut e = GzEncoder::new(Vec::new(), Compression::best());
        e.write_all(bytes).unwrap();
        e.finish().unwrap()
    }

    fn decode(encoding: &str, wire: &[u8], step: usize, limit: usize) -> (Vec<u8>, Fed) {
        let mut content = Content::new([encoding], limit);
        for part in wire.chunks(step) {
            match content.feed(part) {
                Fed::More => {}
                end => return (content.take(), end),
            }
        }
        let end = content.finish();
        (content.take(), end)
    }

    #[test]
    fn every_encoding_is_undone_however_it_arrives() {
        let text: Vec<u8> = (0..5000u32).flat_map(|n| n.to_string().into_bytes()).collect();
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(&text).unwrap();
        let zlib = zlib.finish().unwrap();
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::fast());
        bare.write_all(&text).unwrap();
        let bare = bare.finish().unwrap();
        let two_members = [gzip(&text[..100]), gzip(&text[100..])].concat();
        for step in [1, 7, 4096, usize::MAX] {
            for (name, wire) in [
                ("", &text),
                ("identity", &text),
                ("gzip", &gzip(&text)),
                ("X-GZIP", &two_members),
                ("gzip, gzip", &gzip(&gzip(&text))),
                ("deflate", &zlib),
                ("deflate", &bare),
            ] {
                assert_eq!(decode(name, wire, step, 1 << 20), (text.clone(), Fed::More), "{name} by {step}");
            }
        }
    }

    #[test]
    fn an_unknown_encoding_is_left_as_it_is() {
        assert_eq!(decode("br", b"raw", 2, 100), (b"raw".to_vec(), Fed::More));
        assert_eq!(decode("br, gzip", &gzip(b"raw"), 5, 100), (b"raw".to_vec(), Fed::More));
        assert_eq!(decode("gzip, br", b"raw", 5, 100), (b"raw".to_vec(), Fed::More));
    }

    #[test]
    fn a_bomb_stops_at_the_limit_also_when_it_is_packed_twice() {
        let bomb = gzip(&vec![0; 20 << 20]);
        for (name, wire) in [("gzip", bomb.clone()), ("gzip, gzip", gzip(&bomb))] {
            let (out, end) = decode(name, &wire, 4096, 1 << 16);
            assert_eq!((out.len(), end), (1 << 16, Fed::Full), "{name}");
        }
        // The outer layer alone is the bomb; the inner one makes nothing of it.
        let inner_nothing = gzip(&gzip(b"").repeat(1 << 16));
        assert_eq!(decode("gzip, gzip", &inner_nothing, 4096, 1 << 16).1, Fed::Full);
    }

    #[test]
    fn exactly_the_limit_is_whole_and_one_more_is_not() {
        assert_eq!(decode("", b"12345", 2, 5), (b"12345".to_vec(), Fed::More));
        assert_eq!(decode("", b"123456", 2, 5), (b"12345".to_vec(), Fed::Full));
    }

    #[test]
    fn what_is_cut_or_is_no_such_encoding_is_broken() {
        let wire = gzip(b"hello hello hello");
        assert_eq!(decode("gzip", &wire[..wire.len() - 1], 3, 100).1, Fed::Broken);
        assert_eq!(decode("gzip", b"<html>", 3, 100).1, Fed::Broken);
        assert_eq!(decode("gzip", b"", 3, 100), (vec![], Fed::More));
    }
}
