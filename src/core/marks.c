/* marks.c - see marks.h. */
#include "core/marks.h"

#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#endif

/* One bit a byte of a step. */
struct step {
	uint64_t quotes;
	uint64_t slashes;
};

/* The bytes of v that are zero, as their top bits: exact, since no carry leaves a byte (H. S. Warren,
 * "Hacker's Delight", 6-1). */
static inline uint64_t zero_bytes(uint64_t v)
{
	const uint64_t low7 = 0x7f7f7f7f7f7f7f7f;

	return ~(((v & low7) + low7) | v | low7);
}

/* The top bits of eight bytes -> eight bits. */
static inline uint64_t gather(uint64_t tops)
{
	return ((tops >> 7) * 0x0102040810204080) >> 56;
}

static inline struct step step_plain(const char *s)
{
	struct step r = {0, 0};

	for (int i = 0; i < MARKS_STEP; i += 8) {
		uint64_t v;
		memcpy(&v, s + i, sizeof v);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		v = __builtin_bswap64(v);
#endif
		r.quotes |= gather(zero_bytes(v ^ 0x2222222222222222)) << i;
		r.slashes |= gather(zero_bytes(v ^ 0x5c5c5c5c5c5c5c5c)) << i;
	}
	return r;
}

#if defined(__SSE2__)

static inline struct step step_vector(const char *s)
{
	const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');
	struct step r = {0, 0};

	for (int i = 0; i < MARKS_STEP; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s + i));
		r.quotes |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, quote)) << i;
		r.slashes |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, slash)) << i;
	}
	return r;
}

#elif defined(__ARM_NEON) && defined(__aarch64__)

/* Each byte keeps one bit of its own, and pairs are added until eight bytes are one. */
static inline uint64_t bits_of(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d)
{
	static const uint8_t own[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
	const uint8x16_t bit = vld1q_u8(own);
	uint8x16_t ab = vpaddq_u8(vandq_u8(a, bit), vandq_u8(b, bit));
	uint8x16_t cd = vpaddq_u8(vandq_u8(c, bit), vandq_u8(d, bit));
	uint8x16_t all = vpaddq_u8(ab, cd);

	all = vpaddq_u8(all, all);
	return vgetq_lane_u64(vreinterpretq_u64_u8(all), 0);
}

static inline struct step step_vector(const char *s)
{
	const uint8x16_t quote = vdupq_n_u8('"'), slash = vdupq_n_u8('\\');
	const uint8_t *u = (const uint8_t *)s;
	uint8x16_t a = vld1q_u8(u), b = vld1q_u8(u + 16), c = vld1q_u8(u + 32),
		   d = vld1q_u8(u + 48);

	return (struct step){bits_of(vceqq_u8(a, quote), vceqq_u8(b, quote), vceqq_u8(c, quote),
				     vceqq_u8(d, quote)),
		bits_of(vceqq_u8(a, slash), vceqq_u8(b, slash), vceqq_u8(c, slash),
			vceqq_u8(d, slash))};
}

#else
#define step_vector step_plain
#endif

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The escape at s: a backslash and what it escapes. */
static bool is_escape(const char *s, const char *end)
{
	if (end - s < 2)
		return false;
	if (s[1] != 'u')
		return s[1] && strchr("\"\\/bfnrt", s[1]);
	if (end - s < 6 || !is_hex(s[2]) || !is_hex(s[3]) || !is_hex(s[4]) || !is_hex(s[5]))
		return false;
	/* a surrogate needs its other half */
	return !((s[2] == 'd' || s[2] == 'D') && s[3] >= '8');
}

/* Takes the escaped quotes out of a step. *escaped: the first byte of the next step is, too. */
static bool walk_escapes(struct step *r, const char *text, size_t at, size_t len, bool *escaped)
{
	uint64_t slashes = r->slashes;

	if (*escaped) {
		r->quotes &= ~(uint64_t)1;
		slashes &= ~(uint64_t)1;
		*escaped = false;
	}
	while (slashes) {
		int i = __builtin_ctzll(slashes);
		if (!is_escape(text + at + i, text + len))
			return false;
		slashes &= slashes - 1;
		if (i == MARKS_STEP - 1) {
			*escaped = true;
		} else {
			slashes &= ~((uint64_t)2 << i);
			r->quotes &= ~((uint64_t)2 << i);
		}
	}
	return true;
}

static inline bool take_step(struct step r, const char *text, size_t at, size_t len,
	uint64_t *quotes, bool *escapes, bool *escaped)
{
	if (r.slashes || *escaped) {
		*escapes = true;
		if (!walk_escapes(&r, text, at, len, escaped))
			return false;
	}
	quotes[at / MARKS_STEP] = r.quotes;
	return true;
}

/* The steps of whole 64 bytes, then what is left in a copy: nothing is read past the text. */
#define MARKS_ALL(step_of)                                                                         \
	do {                                                                                       \
		char rest[MARKS_STEP] = {0};                                                       \
		bool escaped = false;                                                              \
		size_t at = 0;                                                                     \
		*escapes = false;                                                                  \
		for (; len - at >= MARKS_STEP; at += MARKS_STEP)                                   \
			if (!take_step(                                                            \
				    step_of(text + at), text, at, len, quotes, escapes, &escaped)) \
				return false;                                                      \
		if (at == len)                                                                     \
			return !escaped;                                                           \
		memcpy(rest, text + at, len - at);                                                 \
		return take_step(step_of(rest), text, at, len, quotes, escapes, &escaped);         \
	} while (0)

bool marks_quotes(const char *text, size_t len, uint64_t *quotes, bool *escapes)
{
	MARKS_ALL(step_vector);
}

bool marks_quotes_plain(const char *text, size_t len, uint64_t *quotes, bool *escapes)
{
	MARKS_ALL(step_plain);
}
