//! As much of MQTT 3.1.1 as a listener needs: it greets, subscribes, is asked for nothing and gets rows at quality 0.
//!
//! MQTT Version 3.1.1, OASIS Standard, sections 2 and 3.

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// What a broker sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Packet {
    /// The answer to the greeting: 0 is yes.
    Greeted { code: u8 },
    /// The answer to a subscription: whether all of it was taken.
    Subscribed { is_taken: bool },
    /// A message on a topic.
    Message { topic: String, payload: Bytes },
    /// The answer to a ping.
    Pong,
    /// Something that a listener need not know.
    Other,
}

/// Why bytes are no packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum PacketError {
    #[error("the broker sent what is no MQTT")]
    Malformed,
    #[error("the broker sent {len} bytes at once, more than the {limit} that are taken")]
    TooLarge { len: usize, limit: usize },
}

const CONNECT: u8 = 0x10;
const CONNACK: u8 = 2;
const PUBLISH: u8 = 3;
const SUBSCRIBE: u8 = 0x82;
const SUBACK: u8 = 9;
const UNSUBSCRIBE: u8 = 0xA2;
const PINGRESP: u8 = 13;
/// Ends a connection politely.
pub(super) const DISCONNECT: [u8; 2] = [0xE0, 0];
/// Asks whether the other side is there.
pub(super) const PING: [u8; 2] = [0xC0, 0];

/// The greeting, with a clean session.
pub(super) fn greeting(client: &str, login: Option<(&str, &str)>, keep_alive_s: u16) -> Bytes {
    let mut body = BytesMut::new();
    put_text(&mut body, "MQTT");
    body.put_u8(4); // version 3.1.1
    body.put_u8(0b10 | if login.is_some() { 0b1100_0000 } else { 0 });
    body.put_u16(keep_alive_s);
    put_text(&mut body, client);
    if let Some((user, password)) = login {
        put_text(&mut body, user);
        put_text(&mut body, password);
    }
    packet(CONNECT, &body)
}

/// Asks for topics at quality 0.
pub(super) fn subscribe<'a>(id: u16, topics: impl IntoIterator<Item = &'a str>) -> Bytes {
    let mut body = BytesMut::new();
    body.put_u16(id);
    for topic in topics {
        put_text(&mut body, topic);
        body.put_u8(0);
    }
    packet(SUBSCRIBE, &body)
}

/// Wants topics no longer.
pub(super) fn unsubscribe<'a>(id: u16, topics: impl IntoIterator<Item = &'a str>) -> Bytes {
    let mut body = BytesMut::new();
    body.put_u16(id);
    topics.into_iter().for_each(|topic| put_text(&mut body, topic));
    packet(UNSUBSCRIBE, &body)
}

fn packet(head: u8, body: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(body.len() + 5);
    out.put_u8(head);
    let mut len = body.len();
    loop {
        let byte = (len % 128) as u8;
        len /= 128;
        out.put_u8(if len > 0 { byte | 0x80 } else { byte });
        if len == 0 {
            break;
        }
    }
    out.extend_from_slice(body);
    out.freeze()
}

/// A text; one that is longer than the format allows is cut, and will be refused.
fn put_text(out: &mut BytesMut, text: &str) {
    let bytes = text.as_bytes().get(..usize::from(u16::MAX)).unwrap_or(text.as_bytes());
    out.put_u16(bytes.len() as u16);
    out.extend_from_slice(bytes);
}

/// Takes the first whole packet out of what came; `None` if more must come.
pub(super) fn take(buffer: &mut BytesMut, limit: usize) -> Result<Option<Packet>, PacketError> {
    let Some((head_len, len)) = lengths(buffer)? else { return Ok(None) };
    if len > limit {
        return Err(PacketError::TooLarge { len, limit });
    }
    if buffer.len() < head_len + len {
        return Ok(None);
    }
    let head = buffer[0];
    buffer.advance(head_len);
    let body = buffer.split_to(len).freeze();
    read(head, body).map(Some).ok_or(PacketError::Malformed)
}

/// Length of the fixed header, and of what follows it.
fn lengths(buffer: &[u8]) -> Result<Option<(usize, usize)>, PacketError> {
    let mut len = 0;
    for (idx, byte) in buffer.iter().skip(1).take(4).enumerate() {
        len |= usize::from(byte & 0x7F) << (7 * idx);
        if byte & 0x80 == 0 {
            return Ok(Some((idx + 2, len)));
        }
    }
    if buffer.len() > 4 { Err(PacketError::Malformed) } else { Ok(None) }
}

fn read(head: u8, mut body: Bytes) -> Option<Packet> {
    Some(match head >> 4 {
        CONNACK => Packet::Greeted { code: *body.get(1)? },
        SUBACK => Packet::Subscribed { is_taken: body.get(2..)?.iter().all(|code| *code < 0x80) },
        PINGRESP => Packet::Pong,
        PUBLISH => {
            let len = usize::from(body.get(..2).map(|mut len| len.get_u16())?);
            body.advance(2);
            let topic = String::from_utf8(body.get(..len)?.to_vec()).ok()?;
            body.advance(len);
            if head & 0b110 != 0 {
                // A message of a higher quality than was asked for has a number, which nobody will answer.
                body.get(..2)?;
                body.advance(2);
            }
            Packet::Message { topic, payload: body }
        }
        0 | 15 => return None,
        _ => Packet::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Result<Vec<Packet>, PacketError> {
        let mut buffer = BytesMut::from(bytes);
        let mut packets = Vec::new();
        while let Some(packet) = take(&mut buffer, 1000)? {
            packets.push(packet);
        }
        Ok(packets)
    }

    #[test]
    fn packets_are_those_of_the_standard() {
        let greeting = greeting("o", Some(("u", "pw")), 60);
        assert_eq!(
            &greeting[..],
            [0x10, 20, 0, 4, b'M', b'Q', b'T', b'T', 4, 0xC2, 0, 60, 0, 1, b'o', 0, 1, b'u', 0, 2, b'p', b'w']
        );
        assert_eq!(&subscribe(7, ["v1/laps"])[..], [0x82, 12, 0, 7, 0, 7, b'v', b'1', b'/', b'l', b'a', b'p', b's', 0]);
        assert_eq!(&unsubscribe(8, ["a"])[..], [0xA2, 5, 0, 8, 0, 1, b'a']);
    }

    #[test]
    fn packets_are_taken_one_by_one() {
        let bytes = [&[0x20, 2, 0, 5][..], &[0x30, 5, 0, 1, b't', b'h', b'i'], &[0xD0, 0], &[0x90, 3, 0, 1, 0x80]];
        let want = [
            Packet::Greeted { code: 5 },
            Packet::Message { topic: "t".into(), payload: Bytes::from_static(b"hi") },
            Packet::Pong,
            Packet::Subscribed { is_taken: false },
        ];
        assert_eq!(all(&bytes.concat()).unwrap(), want);
        assert_eq!(all(&bytes.concat()[..8]).unwrap().len(), 1, "the second is not whole yet");
    }

    #[test]
    fn long_lengths_have_more_bytes() {
        let mut bytes = vec![0x30, 0x80 | 72, 1];
        bytes.extend([0, 1, b't']);
        bytes.extend([b'x'; 197]);
        assert!(matches!(&all(&bytes).unwrap()[..], [Packet::Message { payload, .. }] if payload.len() == 197));
    }

    #[test]
    fn what_is_no_packet_is_refused() {
        assert_eq!(all(&[0x30, 0xFF, 0xFF, 0xFF, 0xFF]), Err(PacketError::Malformed));
        assert_eq!(all(&[0x30, 0xFF, 0xFF, 0x7F]), Err(PacketError::TooLarge { len: 2_097_151, limit: 1000 }));
        assert_eq!(all(&[0x30, 2, 0, 9]), Err(PacketError::Malformed));
        assert_eq!(all(b"HTTP/1.1 400"), Ok(Vec::new()), "a packet of 84 bytes that is not whole");
        assert_eq!(all(&[0, 0]), Err(PacketError::Malformed));
    }
}
