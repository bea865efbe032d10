//! The pattern of RSA moduli that a faulty generator left behind (CVE-2017-15361): they can be factored.

use openssl::bn::BigNumRef;

/// Such a modulus is a power of this number modulo every small prime.
const GENERATOR: u32 = 65_537;
const PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
    113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

pub(super) fn has_pattern(modulus: &BigNumRef) -> bool {
    PRIMES
        .iter()
        .all(|prime| modulus.mod_word(*prime).is_ok_and(|rest| is_power(u32::try_from(rest).unwrap_or(0), *prime)))
}

/// Whether `rest` is in the group that the generator makes modulo `prime`.
fn is_power(rest: u32, prime: u32) -> bool {
    let mut power = 1;
    for _ in 0..prime {
        if power == rest {
            return true;
        }
        power = power * (GENERATOR % prime) % prime;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use openssl::bn::BigNum;

    #[test]
    fn the_pattern_is_found_and_sound_keys_have_none() {
        let mut product = BigNum::from_u32(1).unwrap();
        for prime in PRIMES {
            product.mul_word(prime).unwrap();
        }
        // a multiple of them all, of a real modulus' length, and a power of the generator
        let mut weak = BigNum::new().unwrap();
        weak.lshift(&product, 2048 - product.num_bits()).unwrap();
        weak.add_word(GENERATOR).unwrap();
        assert!(weak.num_bits() == 2048 && has_pattern(&weak));
        for _ in 0..4 {
            let sound = openssl::rsa::Rsa::generate(1024).unwrap();
            assert!(!has_pattern(sound.n()));
        }
    }
}
