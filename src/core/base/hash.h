/* hash.h - SipHash-1-3 of 16 bytes under a 128-bit key.
 *
 * J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF", 2012. Clients choose their
 * addresses: an IPv6 attacker has 2^64 of them. Without a secret key, an attacker could choose
 * addresses that all hash to one bucket. SipHash-1-3 has one compression round and three
 * finalisation rounds; the dictionaries of Rust and Python use it.
 */
#ifndef CORE_BASE_HASH_H
#define CORE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A key of all zeros is not secret. io/run/run_key.h makes the key of a run. */
struct hash_key {
	uint64_t k[2];
};

static inline uint64_t hash_rotl(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

/* Four variables instead of an array, so that the compiler keeps them in registers. */
struct hash_state {
	uint64_t a, b, c, d;
};

static inline struct hash_state hash_round(struct hash_state s)
{
	s.a += s.b;
	s.b = hash_rotl(s.b, 13) ^ s.a;
	s.a = hash_rotl(s.a, 32);
	s.c += s.d;
	s.d = hash_rotl(s.d, 16) ^ s.c;
	s.a += s.d;
	s.d = hash_rotl(s.d, 21) ^ s.a;
	s.c += s.b;
	s.b = hash_rotl(s.b, 17) ^ s.c;
	s.c = hash_rotl(s.c, 32);
	return s;
}

static inline struct hash_state hash_take(struct hash_state s, uint64_t word)
{
	s.d ^= word;
	s = hash_round(s);
	s.a ^= word;
	return s;
}

static inline struct hash_state hash_begin(struct hash_key key)
{
	return (struct hash_state){key.k[0] ^ 0x736f6d6570736575, key.k[1] ^ 0x646f72616e646f6d,
		key.k[0] ^ 0x6c7967656e657261, key.k[1] ^ 0x7465646279746573};
}

/* `last` contains the bytes after the last whole word, and the length in its highest byte. Inlining
 * is forced, because otherwise the state is passed through memory, which costs 14 instructions per
 * hash. */
static inline __attribute__((always_inline)) uint64_t hash_end(struct hash_state s, uint64_t last)
{
	s = hash_take(s, last);
	s.c ^= 0xff;
	s = hash_round(hash_round(hash_round(s)));
	return s.a ^ s.b ^ s.c ^ s.d;
}

static inline uint64_t hash_16(struct hash_key key, const uint8_t bytes[16])
{
	struct hash_state s = hash_begin(key);
	uint64_t words[2];

	memcpy(words, bytes, sizeof words);
	s = hash_take(s, words[0]);
	s = hash_take(s, words[1]);
	return hash_end(s, (uint64_t)16 << 56);
}

/* Hashes any number of bytes. */
uint64_t hash_bytes(struct hash_key key, const void *bytes, size_t len);

/* Derives a key from bytes. The same bytes always give the same key. Only somebody who knows all
 * the bytes can compute the key. */
struct hash_key hash_key_from(const void *bytes, size_t len);

#endif
