/* blocks.c - see blocks.h. */
#include "core/read/blocks.h"

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define BLOCK 64

/* Bit i is set if byte i of the block is this character. */
struct bits {
	uint64_t quotes, slashes, opens, closes;
};

/* { and [ differ only in this bit, and so do } and ]. Setting this bit turns [ into { and ] into },
 * and no other byte into { or }. */
#define BRACE_BIT 0x20

#if defined(__SSE2__)

static inline uint64_t equal_bits(__m128i v, char c)
{
	return (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8(c)));
}

static inline struct bits read_block(const char *s)
{
	struct bits b = {0, 0, 0, 0};

	for (unsigned i = 0; i < BLOCK; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s + i));
		__m128i brace = _mm_or_si128(v, _mm_set1_epi8(BRACE_BIT));
		b.quotes |= equal_bits(v, '"') << i;
		b.slashes |= equal_bits(v, '\\') << i;
		b.opens |= equal_bits(brace, '{') << i;
		b.closes |= equal_bits(brace, '}') << i;
	}
	return b;
}

#else

#define EACH_BYTE(c) ((uint64_t)0x0101010101010101 * (unsigned char)(c))

/* Bit i is set if and only if byte i of the word is c (H. Warren, "Hacker's Delight", 6-1). */
static inline uint64_t equal_bits(uint64_t word, char c)
{
	const uint64_t low = EACH_BYTE(0x7f);
	uint64_t v = word ^ EACH_BYTE(c);
	uint64_t zero = ~(((v & low) + low) | v | low); /* the high bit of each byte that is 0 */

	return ((zero >> 7) * 0x0102040810204080) >> 56;
}

static inline struct bits read_block(const char *s)
{
	struct bits b = {0, 0, 0, 0};

	for (unsigned i = 0; i < BLOCK; i += 8) {
		uint64_t word;
		memcpy(&word, s + i, sizeof word);
		word = le64toh(word);
		uint64_t brace = word | EACH_BYTE(BRACE_BIT);
		b.quotes |= equal_bits(word, '"') << i;
		b.slashes |= equal_bits(word, '\\') << i;
		b.opens |= equal_bits(brace, '{') << i;
		b.closes |= equal_bits(brace, '}') << i;
	}
	return b;
}

#endif

/* Reads the block at s. Bytes after the end count as spaces. */
static inline struct bits next_block(const char *s, const char *end)
{
	char part[BLOCK];

	if (end - s >= BLOCK)
		return read_block(s);
	memset(part, ' ', sizeof part);
	memcpy(part, s, (size_t)(end - s));
	return read_block(part);
}

/* Bit i is set if a backslash escapes byte i. *carry is set to 1 if the first byte of the next
 * block is escaped; before the first block, the caller sets *carry to 0. In a run of backslashes,
 * the first, the third and so on each escape the next byte. The subtraction sets all bits of a run
 * that begins at an even place. It clears all bits of a run that begins at an odd place. The XOR
 * with `odd` keeps the first, the third and so on of either run. It also sets the bit of the byte
 * after a run of odd length. */
static inline uint64_t find_escaped(uint64_t slashes, uint64_t *carry)
{
	const uint64_t odd = 0xaaaaaaaaaaaaaaaa;

	if (!slashes) {
		uint64_t escaped = *carry;
		*carry = 0;
		return escaped;
	}
	uint64_t may_escape = slashes & ~*carry;
	uint64_t ends = (((may_escape << 1) | odd) - may_escape) ^ odd;
	uint64_t escaped = ends ^ (slashes | *carry);
	*carry = (ends & slashes) >> 63;
	return escaped;
}

const char *blocks_string_end(const char *s, const char *end)
{
	uint64_t carry = 0;

	for (; s < end; s += BLOCK) {
		struct bits b = next_block(s, end);
		uint64_t quotes = b.quotes & ~find_escaped(b.slashes, &carry);
		if (quotes)
			return s + __builtin_ctzll(quotes);
	}
	return NULL;
}

/* Bit i is set if an odd number of the bits 0 to i of x is set. */
static inline uint64_t prefix_xor(uint64_t x)
{
	for (unsigned shift = 1; shift < 64; shift *= 2)
		x ^= x << shift;
	return x;
}

/* The place of the bracket that brings *depth to 0. Returns BLOCK if the block has no such bracket;
 * *depth is then the depth after the block. */
static inline unsigned find_close(uint64_t opens, uint64_t closes, uint64_t *depth)
{
	uint64_t left = opens | closes;

	for (; left; left &= left - 1) {
		unsigned at = (unsigned)__builtin_ctzll(left);
		*depth += (opens >> at & 1) * 2 - 1;
		if (*depth == 0)
			return at;
	}
	return BLOCK;
}

const char *blocks_nested_end(const char *s, const char *end, unsigned open)
{
	/* all bits of `inside` are set while a string is open */
	uint64_t carry = 0, inside = 0, depth = open;

	for (; s < end; s += BLOCK) {
		struct bits b = next_block(s, end);
		uint64_t quotes = b.quotes & ~find_escaped(b.slashes, &carry);
		uint64_t strings = prefix_xor(quotes) ^ inside;
		inside = 0 - (strings >> 63);
		uint64_t opens = b.opens & ~strings, closes = b.closes & ~strings;
		uint64_t closes_n = (uint64_t)__builtin_popcountll(closes);
		if (depth > closes_n) {
			depth += (uint64_t)__builtin_popcountll(opens) - closes_n;
			continue;
		}
		unsigned at = find_close(opens, closes, &depth);
		if (at < BLOCK)
			return s + at + 1;
	}
	return NULL;
}
