//! A pull reader of JSON.
//!
//! The feed's objects are deltas: any member may be missing, lists arrive as lists or as objects keyed by index,
//! numbers come as texts, and a member nobody has seen before must be counted and not stop the rest. Reading member by
//! member says exactly that, needs no tree, and allocates only for texts with escapes. It accepts what `serde_json`
//! accepts, which a property test holds it to.

use std::borrow::Cow;

/// Deepest nesting read. The deepest real message has eight levels.
const MAX_DEPTH: u32 = 64;

/// Where a text stops being JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not JSON at byte {at}: want {want}")]
pub(crate) struct Malformed {
    /// Offset in bytes.
    pub(crate) at: usize,
    /// What should be there.
    pub(crate) want: &'static str,
}

/// One value that is no object and no list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scalar<'a> {
    Null,
    Bool(bool),
    /// A number as written.
    Number(&'a str),
    Text(Cow<'a, str>),
    /// An object or a list, skipped.
    Nested,
}

/// A position in a JSON text, always before a value, a comma or an end.
pub(crate) struct Json<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
}

impl<'a> Json<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Json { text, at: 0, depth: 0 }
    }

    /// Reads the whole text as one value: whatever follows it but space is an error.
    pub(crate) fn whole<T>(
        text: &'a str,
        read: impl FnOnce(&mut Json<'a>) -> Result<T, Malformed>,
    ) -> Result<T, Malformed> {
        let mut json = Json::new(text);
        let value = read(&mut json)?;
        json.space();
        if json.at < text.len() { Err(json.want("the end")) } else { Ok(value) }
    }

    /// Reads an object: calls `each` before every member's value, which `each` must read or skip.
    ///
    /// Anything but an object is skipped, and the answer is `false`.
    pub(crate) fn members(
        &mut self,
        mut each: impl FnMut(&str, &mut Json<'a>) -> Result<(), Malformed>,
    ) -> Result<bool, Malformed> {
        if self.peek() != Some(b'{') {
            self.skip()?;
            return Ok(false);
        }
        self.open()?;
        if self.closes(b'}') {
            return Ok(true);
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.want("a member's name"));
            }
            let name = self.string()?;
            self.take(b':', "a colon")?;
            each(&name, self)?;
            if !self.next_or_close(b'}')? {
                return Ok(true);
            }
        }
    }

    /// Reads a list: calls `each` before every element, which `each` must read or skip.
    ///
    /// Anything but a list is skipped, and the answer is `false`.
    pub(crate) fn elements(
        &mut self,
        mut each: impl FnMut(usize, &mut Json<'a>) -> Result<(), Malformed>,
    ) -> Result<bool, Malformed> {
        if self.peek() != Some(b'[') {
            self.skip()?;
            return Ok(false);
        }
        self.open()?;
        if self.closes(b']') {
            return Ok(true);
        }
        for idx in 0.. {
            each(idx, self)?;
            if !self.next_or_close(b']')? {
                break;
            }
        }
        Ok(true)
    }

    /// Reads a value that is no object and no list; those are skipped.
    pub(crate) fn scalar(&mut self) -> Result<Scalar<'a>, Malformed> {
        match self.peek() {
            Some(b'"') => self.string().map(Scalar::Text),
            Some(b'-' | b'0'..=b'9') => self.number().map(Scalar::Number),
            Some(b't') => self.word("true").map(|()| Scalar::Bool(true)),
            Some(b'f') => self.word("false").map(|()| Scalar::Bool(false)),
            Some(b'n') => self.word("null").map(|()| Scalar::Null),
            Some(b'{' | b'[') => self.skip().map(|()| Scalar::Nested),
            _ => Err(self.want("a value")),
        }
    }

    /// Passes over any value, checking it.
    pub(crate) fn skip(&mut self) -> Result<(), Malformed> {
        match self.peek() {
            Some(b'{') => self.members(|_, json| json.skip()).map(drop),
            Some(b'[') => self.elements(|_, json| json.skip()).map(drop),
            Some(b'"') => self.pass_string().map(drop),
            _ => self.scalar().map(drop),
        }
    }

    /// Passes over any value and returns it as written.
    pub(crate) fn raw(&mut self) -> Result<&'a str, Malformed> {
        self.space();
        let from = self.at;
        self.skip()?;
        Ok(self.text.get(from..self.at).unwrap_or(""))
    }

    /// The first byte of the next value.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        self.space();
        self.byte()
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn want(&self, want: &'static str) -> Malformed {
        Malformed { at: self.at, want }
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.byte() {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8, want: &'static str) -> Result<(), Malformed> {
        if self.peek() != Some(byte) {
            return Err(self.want(want));
        }
        self.at += 1;
        Ok(())
    }

    fn open(&mut self) -> Result<(), Malformed> {
        self.at += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(self.want("less nesting")) } else { Ok(()) }
    }

    fn closes(&mut self, bracket: u8) -> bool {
        let closes = self.peek() == Some(bracket);
        if closes {
            self.at += 1;
            self.depth -= 1;
        }
        closes
    }

    /// True if another entry follows, false at the bracket.
    fn next_or_close(&mut self, bracket: u8) -> Result<bool, Malformed> {
        if self.closes(bracket) {
            return Ok(false);
        }
        self.take(b',', "a comma or a closing bracket").map(|()| true)
    }

    fn word(&mut self, word: &'static str) -> Result<(), Malformed> {
        let end = self.at + word.len();
        if self.text.as_bytes().get(self.at..end) != Some(word.as_bytes()) {
            return Err(self.want(word));
        }
        self.at = end;
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Malformed> {
        let from = self.at;
        while let Some(b'0'..=b'9') = self.byte() {
            self.at += 1;
        }
        if self.at == from { Err(self.want("a digit")) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<&'a str, Malformed> {
        let from = self.at;
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        match self.byte() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(self.text.get(from..self.at).unwrap_or(""))
    }

    /// Passes over a string; returns what is between its quotes, and whether that has escapes.
    fn pass_string(&mut self) -> Result<(&'a str, bool), Malformed> {
        self.at += 1;
        let from = self.at;
        let mut escaped = false;
        loop {
            match self.byte() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.at += 1;
                    self.pass_escape()?;
                }
                Some(0x20..) => self.at += 1,
                _ => return Err(self.want("the end of a text")),
            }
        }
        let inner = self.text.get(from..self.at).unwrap_or("");
        self.at += 1;
        Ok((inner, escaped))
    }

    fn pass_escape(&mut self) -> Result<(), Malformed> {
        match self.byte() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                let hex = self.text.as_bytes().get(self.at + 1..self.at + 5);
                if !hex.is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) {
                    return Err(self.want("four hexadecimal digits"));
                }
                self.at += 5;
            }
            _ => return Err(self.want("an escape")),
        }
        Ok(())
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Malformed> {
        let (inner, escaped) = self.pass_string()?;
        Ok(if escaped { Cow::Owned(unescape(inner)) } else { Cow::Borrowed(inner) })
    }
}

/// Resolves the escapes of a text that `pass_string` has checked. Half a surrogate pair becomes U+FFFD.
fn unescape(inner: &str) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut units: Vec<u16> = Vec::new();
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        let (plain, tail) = rest.split_at(at);
        if !plain.is_empty() {
            flush(&mut units, &mut out);
        }
        out.push_str(plain);
        let mut chars = tail.chars();
        let (_, code) = (chars.next(), chars.next());
        rest = chars.as_str();
        if code == Some('u') {
            let (hex, after) = rest.split_at_checked(4).unwrap_or((rest, ""));
            units.push(u16::from_str_radix(hex, 16).unwrap_or(0xFFFD));
            rest = after;
            continue;
        }
        flush(&mut units, &mut out);
        out.push(match code {
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some(other) => other,
            None => break,
        });
    }
    flush(&mut units, &mut out);
    out.push_str(rest);
    out
}

/// Writes out pending UTF-16 units.
fn flush(units: &mut Vec<u16>, out: &mut String) {
    out.extend(char::decode_utf16(units.drain(..)).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(text: &str) -> bool {
        Json::whole(text, Json::skip).is_ok()
    }

    #[test]
    fn reads_members_and_elements() {
        let mut seen = Vec::new();
        let text = r#" {"a": [1, "x\n\u00e9\ud83d\ude00", null], "b\"": {"c": true}} "#;
        Json::whole(text, |json| {
            json.members(|name, json| {
                seen.push(name.to_owned());
                match name {
                    "a" => json.elements(|idx, json| {
                        seen.push(format!("{idx} {:?}", json.scalar()?));
                        Ok(())
                    }),
                    _ => json.members(|name, json| {
                        seen.push(format!("{name} {}", json.raw()?));
                        Ok(())
                    }),
                }
                .map(drop)
            })
        })
        .unwrap();
        let want = ["a", "0 Number(\"1\")", "1 Text(\"x\\né😀\")", "2 Null", "b\"", "c true"];
        assert_eq!(seen, want);
    }

    #[test]
    fn says_where_it_stops_being_json() {
        for (text, at) in [("{\"a\":}", 5), ("[1,]", 3), ("{\"a\" 1}", 5), ("[1 2]", 3), ("", 0), ("1 2", 2)] {
            assert_eq!(Json::whole(text, Json::skip).map_err(|e| e.at), Err(at), "{text:?}");
        }
    }

    #[test]
    fn refuses_endless_nesting() {
        assert!(accepts(&("[".repeat(60) + &"]".repeat(60))));
        assert!(!accepts(&"[".repeat(100_000)));
    }

    #[test]
    fn half_a_surrogate_pair_is_replaced() {
        assert_eq!(Json::new(r#""\ud83d!""#).scalar(), Ok(Scalar::Text("\u{FFFD}!".into())));
    }

    proptest::proptest! {
        #[test]
        fn accepts_what_serde_json_accepts(text in r#"[\[\]{}",:0-9a-eE+\-. \\nrtuls]{0,24}"#) {
            let want = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            proptest::prop_assert_eq!(accepts(&text), want, "{:?}", text);
        }

        #[test]
        fn reads_texts_as_serde_json_does(text: String) {
            let written = serde_json::to_string(&text).unwrap();
            proptest::prop_assert_eq!(Json::new(&written).scalar(), Ok(Scalar::Text(text.into())));
        }

        #[test]
        fn accepts_a_cut_or_changed_message_as_serde_json_does(cut in 0usize..120, at in 0usize..120, byte in 32u8..127) {
            let mut bytes = br#"{"Lines":{"1":{"Sectors":[{"Value":"27.9","Segments":{"0":{"Status":-2.5e3}}},null,true],"x\u00e9":[]}}}"#.to_vec();
            if let Some(slot) = bytes.get_mut(at) {
                *slot = byte;
            }
            bytes.truncate(cut);
            let text = String::from_utf8(bytes).unwrap();
            let want = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            proptest::prop_assert_eq!(accepts(&text), want, "{:?}", text);
        }
    }
}
