/* hash.h - SipHash-1-3 of 16 bytes under a 128-bit key.
 *
 * J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF", 2012. Clients choose their
 * addresses (an IPv6 attacker has 2^64 of them), so a table that is hashed without a secret can be
 * made to degenerate. One compression and three finalisation rounds, as in the Rust and Python
 * dictionaries.
 */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include <stdint.h>
#include <string.h>

struct hash_key {
	uint64_t k[2]; /* random in live mode; fixed in replay, whose output must not vary */
};

static inline uint64_t hash_rotl(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

static inline void hash_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = hash_rotl(v[1], 13) ^ v[0];
	v[0] = hash_rotl(v[0], 32);
	v[2] += v[3];
	v[3] = hash_rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = hash_rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = hash_rotl(v[1], 17) ^ v[2];
	v[2] = hash_rotl(v[2], 32);
}

static inline uint64_t hash_16(struct hash_key key, const uint8_t bytes[16])
{
	uint64_t m[3] = {0, 0, (uint64_t)16 << 56};
	uint64_t v[4] = {key.k[0] ^ 0x736f6d6570736575, key.k[1] ^ 0x646f72616e646f6d,
		key.k[0] ^ 0x6c7967656e657261, key.k[1] ^ 0x7465646279746573};

	memcpy(m, bytes, 16);
	for (int i = 0; i < 3; i++) {
		v[3] ^= m[i];
		hash_round(v);
		v[0] ^= m[i];
	}
	v[2] ^= 0xff;
	hash_round(v);
	hash_round(v);
	hash_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

#endif
