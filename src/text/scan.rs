//! Looking for the few bytes of a text at which something may begin.

/// Bytes that are looked at together.
const BLOCK: usize = 16;

/// The place of the first byte from `from` on that is of these; those without any are passed over many at once.
#[inline]
pub(crate) fn next_byte(bytes: &[u8], from: usize, is: impl Fn(u8) -> bool) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let (blocks, _) = rest.as_chunks::<BLOCK>();
    // without a way out of a block the compiler looks at all its bytes at once
    let passed = blocks.iter().take_while(|block| !block.iter().fold(false, |any, byte| any | is(*byte))).count();
    let at = passed * BLOCK;
    rest[at..].iter().position(|byte| is(*byte)).map(|ahead| from + at + ahead)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_next_is_found_wherever_it_is(text in "[a.]{0,4}a{0,40}[.:]{0,2}a{0,40}", from in 0_usize..90) {
            let is = |byte: u8| matches!(byte, b'.' | b':');
            let bytes = text.as_bytes();
            let naive = (from..bytes.len()).find(|at| is(bytes[*at]));
            prop_assert_eq!(next_byte(bytes, from, is), naive);
        }
    }
}
