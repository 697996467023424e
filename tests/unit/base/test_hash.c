/* test_hash.c - compares the SipHash-1-3 of hash.h with published test vectors and with a second
 * implementation. The second implementation is written from the paper, for any length and any
 * number of rounds. A test vector of the paper checks it. */
#include "core/base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "unit/random.h"

static uint64_t left(uint64_t x, unsigned n)
{
	return (x << n) | (x >> (64 - n));
}

static uint64_t little_endian(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

struct sip {
	uint64_t a, b, c, d; /* v0..v3 of the paper */
};

static void sip_rounds(struct sip *s, int n)
{
	while (n--) {
		s->a += s->b;
		s->c += s->d;
		s->b = left(s->b, 13);
		s->d = left(s->d, 16);
		s->b ^= s->a;
		s->d ^= s->c;
		s->a = left(s->a, 32);
		s->c += s->b;
		s->a += s->d;
		s->b = left(s->b, 17);
		s->d = left(s->d, 21);
		s->b ^= s->c;
		s->d ^= s->a;
		s->c = left(s->c, 32);
	}
}

/* SipHash-c-d, section 2 of the paper. */
static uint64_t sip_hash(int c, int d, const uint8_t key[16], const uint8_t *text, size_t len)
{
	uint64_t k0 = little_endian(key, 8), k1 = little_endian(key + 8, 8);
	const uint8_t *constants = (const uint8_t *)"uespemosmodnarodarenegylsetybdet";
	struct sip s = {
		k0 ^ little_endian(constants, 8),
		k1 ^ little_endian(constants + 8, 8),
		k0 ^ little_endian(constants + 16, 8),
		k1 ^ little_endian(constants + 24, 8),
	};

	for (size_t i = 0; i <= len / 8; i++) {
		uint64_t m = i < len / 8
				     ? little_endian(text + 8 * i, 8)
				     : little_endian(text + 8 * i, len % 8) | (uint64_t)len << 56;
		s.d ^= m;
		sip_rounds(&s, c);
		s.a ^= m;
	}
	s.c ^= 0xff;
	sip_rounds(&s, d);
	return s.a ^ s.b ^ s.c ^ s.d;
}

static struct hash_key key_of(const uint8_t bytes[16])
{
	return (struct hash_key){{little_endian(bytes, 8), little_endian(bytes + 8, 8)}};
}

static void counting(uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)i;
}

/* Appendix A of the paper, and entry 16 of the authors' vectors_sip64. */
static void second_implementation_matches_the_papers_vectors(void **state)
{
	uint8_t key[16], text[16];

	(void)state;
	counting(key, sizeof key);
	counting(text, sizeof text);
	assert_true(sip_hash(2, 4, key, text, 15) == 0xa129ca6149be45e5);
	assert_true(sip_hash(2, 4, key, text, 16) == 0x3f2acc7f57c29bdb);
}

/* CPython 3.11 hashes bytes with SipHash-1-3; with PYTHONHASHSEED=0 its key is zero. The values are
 * the results of hash(bytes(range(16))) and hash(b"\xff" * 16) in that version. */
static void hash_matches_the_vectors_of_another_program(void **state)
{
	struct hash_key zero = {{0, 0}};
	uint8_t text[16];

	(void)state;
	counting(text, sizeof text);
	assert_true(hash_16(zero, text) == 0x8972188433a5c5b7);
	memset(text, 0xff, sizeof text);
	assert_true(hash_16(zero, text) == 0x35029a3b6274a39b);
}

static void hash_is_siphash_1_3_for_random_keys_and_texts(void **state)
{
	struct random r = random_new(16);
	uint8_t key[16], text[16];

	(void)state;
	random_note();
	for (int i = 0; i < 20000; i++) {
		for (int k = 0; k < 16; k++) {
			key[k] = (uint8_t)random_u64(&r);
			text[k] = (uint8_t)random_u64(&r);
		}
		assert_true(hash_16(key_of(key), text) == sip_hash(1, 3, key, text, 16));
	}
}

static void texts_of_any_length_match_the_second_implementation(void **state)
{
	struct random r = random_new(17);
	uint8_t key[16], text[600];

	(void)state;
	random_note();
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (uint8_t)random_u64(&r);
	for (size_t i = 0; i < sizeof key; i++)
		key[i] = (uint8_t)random_u64(&r);
	for (size_t len = 0; len < sizeof text; len++)
		assert_true(hash_bytes(key_of(key), text, len) == sip_hash(1, 3, key, text, len));
	assert_true(hash_bytes(key_of(key), text, 16) == hash_16(key_of(key), text));
}

static bool same_key(struct hash_key a, struct hash_key b)
{
	return a.k[0] == b.k[0] && a.k[1] == b.k[1];
}

static void each_byte_changes_the_key(void **state)
{
	char text[] = "{\"remote_addr\":\"198.51.100.7\",\"msec\":1795341600.000}";
	struct hash_key key = hash_key_from(text, sizeof text);

	(void)state;
	assert_true(same_key(key, hash_key_from(text, sizeof text)));
	assert_false(same_key(key, hash_key_from(text, sizeof text - 1)));
	for (size_t i = 0; i < sizeof text; i++) {
		text[i] ^= 1;
		struct hash_key other = hash_key_from(text, sizeof text);
		assert_true(other.k[0] != key.k[0] && other.k[1] != key.k[1]);
		text[i] ^= 1;
	}
	key = hash_key_from("", 0);
	assert_true(key.k[0] && key.k[1] && key.k[0] != key.k[1]);
}

/* An attacker has chosen 2000 networks for the key 0 and a table of 8192 buckets. In this table,
 * these networks form one chain, and a search in the chain takes up to 2000 steps. With a key from
 * a log, the networks spread over the buckets. */
static void networks_chosen_for_key_0_spread_under_a_key_from_the_input(void **state)
{
	enum { NETWORKS = 2000, BUCKETS = 8192 };
	static const char log[] = "{\"remote_addr\":\"198.51.100.7\",\"msec\":1795341600.000}\n";
	struct hash_key zero = {{0, 0}}, made = hash_key_from(log, sizeof log - 1);
	static uint32_t chains[BUCKETS];
	uint32_t longest = 0;

	(void)state;
	for (uint32_t i = 0, n = 0; n < NETWORKS; i++) {
		uint8_t network[16] = {0x20, 0x01, 0x0d, 0xb8, (uint8_t)(i >> 24),
			(uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
		if (hash_16(zero, network) % BUCKETS != 77)
			continue;
		n++;
		uint32_t *chain = &chains[hash_16(made, network) % BUCKETS];
		longest = ++*chain > longest ? *chain : longest;
	}
	assert_in_range(longest, 1, 6);
}

static void text_may_begin_at_any_address(void **state)
{
	uint8_t room[32], text[16];
	struct hash_key key = {{1, 2}};

	(void)state;
	counting(text, sizeof text);
	for (size_t at = 0; at < 16; at++) {
		memcpy(room + at, text, sizeof text);
		assert_true(hash_16(key, room + at) == hash_16(key, text));
	}
}

/* An attacker or a network often has many neighbouring addresses. Buckets from the low bits and
 * from the high bits must both fill evenly. chi^2 over 1024 buckets has mean 1023 and deviation 45;
 * the test allows 6 deviations. */
static void check_spread(struct hash_key key, int first_byte, int last_byte)
{
	enum { BUCKETS = 1024, TEXTS = 65536 };
	static unsigned low[BUCKETS], high[BUCKETS];
	uint8_t text[16] = {0x20, 0x01, 0x0d, 0xb8};
	double mean = (double)TEXTS / BUCKETS, chi_low = 0, chi_high = 0;

	memset(low, 0, sizeof low);
	memset(high, 0, sizeof high);
	for (unsigned i = 0; i < TEXTS; i++) {
		text[first_byte] = (uint8_t)(i >> 8);
		text[last_byte] = (uint8_t)i;
		uint64_t h = hash_16(key, text);
		low[h % BUCKETS]++;
		high[h >> 54]++;
	}
	for (int i = 0; i < BUCKETS; i++) {
		chi_low += (low[i] - mean) * (low[i] - mean) / mean;
		chi_high += (high[i] - mean) * (high[i] - mean) / mean;
	}
	assert_true(chi_low > 1023 - 6 * 45 && chi_low < 1023 + 6 * 45);
	assert_true(chi_high > 1023 - 6 * 45 && chi_high < 1023 + 6 * 45);
}

static void neighbouring_addresses_spread_evenly(void **state)
{
	(void)state;
	check_spread((struct hash_key){{0, 0}}, 14, 15);
	check_spread((struct hash_key){{1, 2}}, 6, 7);
	check_spread((struct hash_key){{0x0123456789abcdef, 0xfedcba9876543210}}, 0, 15);
}

/* If one bit of the text or of the key changes, about half of the 64 bits of the hash change. Their
 * number has mean 32 and deviation 4 for one pair of hashes, before and after the change. The mean
 * over 256 pairs has deviation 0.25; the test allows 8 deviations. */
static void each_bit_flips_half_of_the_hash(void **state)
{
	struct random r = random_new(17);

	(void)state;
	for (int bit = 0; bit < 256; bit++) {
		int turned = 0;
		for (int i = 0; i < 256; i++) {
			struct hash_key key = {{random_u64(&r), random_u64(&r)}};
			uint64_t text[2] = {random_u64(&r), random_u64(&r)};
			uint64_t before = hash_16(key, (const uint8_t *)text);
			if (bit < 128)
				text[bit / 64] ^= (uint64_t)1 << bit % 64;
			else
				key.k[(bit - 128) / 64] ^= (uint64_t)1 << bit % 64;
			turned +=
				__builtin_popcountll(before ^ hash_16(key, (const uint8_t *)text));
		}
		assert_in_range(turned, 256 * 30, 256 * 34);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(second_implementation_matches_the_papers_vectors),
		cmocka_unit_test(hash_matches_the_vectors_of_another_program),
		cmocka_unit_test(hash_is_siphash_1_3_for_random_keys_and_texts),
		cmocka_unit_test(texts_of_any_length_match_the_second_implementation),
		cmocka_unit_test(each_byte_changes_the_key),
		cmocka_unit_test(networks_chosen_for_key_0_spread_under_a_key_from_the_input),
		cmocka_unit_test(text_may_begin_at_any_address),
		cmocka_unit_test(neighbouring_addresses_spread_evenly),
		cmocka_unit_test(each_bit_flips_half_of_the_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
