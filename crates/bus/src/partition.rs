//! Which partition a key belongs to.

/// The partition of a key: murmur2 of it, as the default partitioner of Kafka's Java clients has it, so that programs of
/// others put and find a session where we do.
///
/// ```
/// # use overcut_bus::partition_of;
/// assert_eq!(partition_of("foobar", 12), 6); // murmur2 of "foobar" is -790332482
/// ```
pub fn partition_of(key: &str, n_partitions: u32) -> u32 {
    (murmur2(key.as_bytes()) & 0x7fff_ffff) % n_partitions.max(1)
}

/// MurmurHash2, 32 bits, with the seed of Kafka's Java clients.
fn murmur2(data: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const M: u32 = 0x5bd1_e995;
    let mut hash = SEED ^ data.len() as u32;
    let mut words = data.chunks_exact(4);
    for word in &mut words {
        let mut k = word.iter().rev().fold(0, |k, byte| (k << 8) | u32::from(*byte)).wrapping_mul(M);
        k = (k ^ (k >> 24)).wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ k;
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        hash ^= rest.iter().rev().fold(0, |k, byte| (k << 8) | u32::from(*byte));
        hash = hash.wrapping_mul(M);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_as_java_clients_do() {
        // The vectors of Kafka's own test of its murmur2, and of librdkafka's.
        let cases: [(&[u8], i32); 9] = [
            (b"21", -973_932_308),
            (b"foobar", -790_332_482),
            (b"a-little-bit-long-string", -985_981_536),
            (b"a-little-bit-longer-string", -1_486_304_829),
            (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            (b"abc", 479_470_107),
            (b"kafka", 0xd067cf64_u32.cast_signed()),
            (b"1234", 0x9fc9_7b14_u32.cast_signed()),
            (b"", 0x106e_08d9),
        ];
        for (key, want) in cases {
            assert_eq!(murmur2(key).cast_signed(), want, "{:?}", String::from_utf8_lossy(key));
        }
    }

    #[test]
    fn keys_spread_over_the_partitions() {
        let mut counts = [0u32; 12];
        for session in 0..1200 {
            counts[partition_of(&format!("2026-shanghai-{session}"), 12) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (60..150).contains(count)), "{counts:?}");
        assert_eq!(partition_of("anything", 0), 0);
    }
}
