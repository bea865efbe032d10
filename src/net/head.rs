//! The head of a response: where it ends on the wire, and its parts as the server spelt them.

/// Collects bytes until the head of the final response is complete; interim answers (1xx, RFC 9110 §15.2) are let by.
#[derive(Debug)]
pub(super) struct HeadScan {
    bytes: Vec<u8>,
    /// Bytes looked at; a line end is never before this.
    looked: usize,
    /// Where the line that is being read began.
    line: usize,
    /// Bytes of interim heads that went by.
    passed: usize,
    limit: usize,
    done: bool,
}

/// More head came than the limit allows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct HeadTooLarge;

impl HeadScan {
    pub fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), looked: 0, line: 0, passed: 0, limit, done: false }
    }

    /// The complete head of the final response, with its line ends.
    pub fn complete(&self) -> Option<&[u8]> {
        self.done.then_some(self.bytes.as_slice())
    }

    pub fn push(&mut self, new: &[u8]) -> Result<(), HeadTooLarge> {
        if self.done {
            return Ok(());
        }
        self.bytes.extend_from_slice(new);
        while let Some(at) = self.bytes[self.looked..].iter().position(|b| *b == b'\n') {
            let end = self.looked + at + 1;
            let empty = matches!(&self.bytes[self.line..end], b"\n" | b"\r\n");
            (self.looked, self.line) = (end, end);
            if !empty {
                continue;
            }
            if end <= 2 {
                // An empty line before the status line is skipped (RFC 9112 §2.2).
                self.drop_front(end);
            } else if is_interim(&self.bytes) {
                self.drop_front(end);
            } else {
                self.bytes.truncate(end);
                self.done = true;
                break;
            }
        }
        if !self.done {
            self.looked = self.bytes.len();
        }
        if self.passed + self.bytes.len() > self.limit { Err(HeadTooLarge) } else { Ok(()) }
    }

    fn drop_front(&mut self, n: usize) {
        self.bytes.drain(..n);
        self.passed += n;
        (self.looked, self.line) = (0, 0);
    }
}

/// 101 is final: the protocol changes after it.
fn is_interim(head: &[u8]) -> bool {
    let status = head.split(|b| *b == b' ').nth(1);
    status.is_some_and(|s| s.len() >= 3 && s[0] == b'1' && &s[..3] != b"101")
}

/// Reason phrase and headers of a head that hyper has already accepted: names as spelt, in order, repeats kept.
pub(super) fn parts(head: &[u8]) -> (String, Vec<(String, String)>) {
    let mut lines = head.split(|b| *b == b'\n').map(|l| l.strip_suffix(b"\r").unwrap_or(l));
    let reason = lines.next().and_then(|l| l.splitn(3, |b| *b == b' ').nth(2)).map(text).unwrap_or_default();
    let headers = lines
        .filter_map(|line| {
            let colon = line.iter().position(|b| *b == b':')?;
            Some((text(&line[..colon]), text(line[colon + 1..].trim_ascii())))
        })
        .collect();
    (reason, headers)
}

/// UTF-8, or else one character per byte: nothing is lost, and the raw head is kept besides.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|b| char::from(*b)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(wire: &[u8], step: usize) -> Option<Vec<u8>> {
        let mut scan = HeadScan::new(1000);
        for part in wire.chunks(step) {
            scan.push(part).unwrap();
        }
        scan.complete().map(<[u8]>::to_vec)
    }

    #[test]
    fn the_final_head_is_found_however_it_arrives() {
        let head = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
        let wire =
            [b"\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", &head[..], b"body\n\n"];
        for step in 1..90 {
            assert_eq!(scan(&wire.concat(), step).as_deref(), Some(&head[..]), "step {step}");
        }
        assert_eq!(scan(b"HTTP/1.1 101 S\n\n", 1).as_deref(), Some(&b"HTTP/1.1 101 S\n\n"[..]));
        assert_eq!(scan(b"HTTP/1.1 200 OK\r\nA: b\r\n", 5), None);
    }

    #[test]
    fn a_storm_of_interim_answers_ends_at_the_limit() {
        let mut scan = HeadScan::new(200);
        let results: Vec<_> = (0..20).map(|_| scan.push(b"HTTP/1.1 100 Continue\r\n\r\n")).collect();
        assert!(results.contains(&Err(HeadTooLarge)));
    }

    #[test]
    fn parts_keep_spelling_order_and_repeats() {
        let (reason, headers) = parts(b"HTTP/1.1 404 Not \xe5 here\r\nSET-cookie: a\r\nB:\r\nSet-Cookie:  b \r\n\r\n");
        assert_eq!(reason, "Not å here");
        let want = [("SET-cookie", "a"), ("B", ""), ("Set-Cookie", "b")];
        assert_eq!(headers, want.map(|(n, v)| (n.to_owned(), v.to_owned())));
        assert_eq!(parts(b"HTTP/1.1 200\r\n\r\n").0, "");
    }
}
