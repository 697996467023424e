/* scan_values.h - strings, numbers and words in JSON text: where they end, and what they are.
 *
 * Path:    line -> scan [scan_values] -> extract.
 * Method:  functions take the place where a value begins and return the place behind it; NULL if
 *          the value is none of the common shape. `last` is a brace that no value holds: none goes
 *          beyond it. `out` is where the value is wanted, or NULL.
 *          Inline, and with the place in a register, since all of a line's bytes go through here.
 *          Where it is demanded, the whole program takes 4 % less time at 1,000 clients.
 */
#ifndef CORE_READ_SCAN_VALUES_H
#define CORE_READ_SCAN_VALUES_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "core/base/num.h"
#include "core/read/blocks.h"
#include "core/read/fields.h"
#include "core/read/unescape.h"

#define SCAN_NUMBER_MAX  40 /* bytes; cJSON reads 63 */
#define SCAN_NUMBER_SEEN 16 /* bytes that are looked at at once */

static inline const char *scan_space(const char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')
		p++;
	return p;
}

/* ---- strings ---- */

/* The first quote or backslash at s or behind it; `last` when there is none before it. */
static inline const char *scan_special(const char *s, const char *last)
{
#if defined(__SSE2__)
	const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');

	for (; last - s >= 16; s += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)s);
		int bits = _mm_movemask_epi8(
			_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash)));
		if (bits)
			return s + __builtin_ctz((unsigned)bits);
	}
#elif defined(__ARM_NEON) && defined(__aarch64__)
	const uint8x16_t quote = vdupq_n_u8('"'), slash = vdupq_n_u8('\\');

	for (; last - s >= 16; s += 16) {
		uint8x16_t v = vld1q_u8((const uint8_t *)s);
		uint8x16_t hit = vorrq_u8(vceqq_u8(v, quote), vceqq_u8(v, slash));
		/* four bits a byte: vshrn, for want of a movemask */
		uint64_t bits = vget_lane_u64(
			vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(hit), 4)), 0);
		if (bits)
			return s + (__builtin_ctzll(bits) >> 2);
	}
#endif
	while (s < last && *s != '"' && *s != '\\')
		s++;
	return s;
}

/* The quote that ends the string whose text begins at s, however many escapes are in it;
 * NULL: there is none before `end`. */
static inline const char *scan_quote(const char *s, const char *end)
{
	s = scan_special(s, end);
	if (s == end)
		return NULL;
	return *s == '"' ? s : blocks_string_end(s, end);
}

/* Behind the number or the word at s, or what looks like one: its grammar is checked elsewhere. */
static inline const char *scan_word_end(const char *s, const char *end)
{
	while (s < end && ((*s >= '0' && *s <= '9') || (*s >= 'a' && *s <= 'z') || *s == '-' ||
				  *s == '+' || *s == '.' || *s == 'E'))
		s++;
	return s;
}

/* The quote that ends a string, from its first backslash on. */
static inline const char *scan_behind_escapes(const char *s, const char *last)
{
	while (s != last && *s != '"') {
		char meant[4], *out = meant;
		size_t len = unescape_one(s, last, &out);
		if (len == 0)
			return NULL;
		s = scan_special(s + len, last);
	}
	return s == last ? NULL : s;
}

/* Where texts with escapes are written without them: as many bytes as they had, and
 * SCAN_ROOM_MORE. */
struct scan_room {
	char *at;
};

#define SCAN_ROOM_MORE 16

/* scan_special, and what it passes over is copied to *at: an escape stands every few bytes of an
 * object in a string, where a call of memcpy takes longer than the copy. */
static inline __attribute__((always_inline)) const char *scan_copy_special(
	const char *s, const char *last, char **at)
{
#if defined(__SSE2__)
	const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');

	for (; last - s >= 16; s += 16, *at += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)s);
		_mm_storeu_si128((__m128i *)(void *)*at, v);
		int bits = _mm_movemask_epi8(
			_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash)));
		if (bits) {
			*at += __builtin_ctz((unsigned)bits);
			return s + __builtin_ctz((unsigned)bits);
		}
	}
#endif
	while (s < last && *s != '"' && *s != '\\')
		*(*at)++ = *s++;
	return s;
}

/* The quote that ends the string `text`, whose first backslash is at s. What the string means is
 * appended to the room. */
static inline const char *scan_decode(
	const char *text, const char *s, const char *last, struct scan_room *room)
{
	char *at = room->at; /* in a register */

	memcpy(at, text, (size_t)(s - text));
	at += s - text;
	while (s != last && *s != '"') {
		char meant = last - s >= 2 ? unescape_letter(s[1]) : '\0';
		if (meant) {
			*at++ = meant;
			s += 2;
		} else {
			char *behind = at;
			size_t len = unescape_one(s, last, &behind);
			if (len == 0)
				return NULL;
			at = behind;
			s += len;
		}
		s = scan_copy_special(s, last, &at);
	}
	room->at = at;
	return s == last ? NULL : s;
}

/* Behind the string at p. */
static inline __attribute__((always_inline)) const char *scan_string(
	const char *p, const char *last, struct field *out, struct scan_room *room)
{
	const char *text = p + 1, *end = scan_special(text, last);

	if (*end != '"') {
		if (!out)
			return (end = scan_behind_escapes(end, last)) ? end + 1 : NULL;
		char *from = room->at;
		end = scan_decode(text, end, last, room);
		if (!end)
			return NULL;
		field_set_text(out, from, (size_t)(room->at - from));
		return end + 1;
	}
	if (out)
		field_set_text(out, text, (size_t)(end - text));
	return end + 1;
}

/* ---- numbers and words ---- */

static inline bool scan_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Bit i: byte i of the SCAN_NUMBER_SEEN at s is a digit. */
static inline unsigned scan_digit_bits(const char *s)
{
#if defined(__SSE2__)
	__m128i v =
		_mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)s), _mm_set1_epi8('0'));

	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(9)), v));
#else
	unsigned bits = 0;

	for (unsigned i = 0; i < SCAN_NUMBER_SEEN; i++)
		bits |= (unsigned)scan_is_digit(s[i]) << i;
	return bits;
#endif
}

/* The number that n digits are, 1 to 8; 8 bytes at s can be read. Digits are joined to pairs, pairs
 * to fours, those to one (D. Lemire, "Quickly parsing eight digits", 2018). */
static inline uint64_t scan_join_digits(const char *s, unsigned n)
{
	uint64_t v;

	memcpy(&v, s, sizeof v);
	v = (le64toh(v) & 0x0f0f0f0f0f0f0f0f) << (64 - 8 * n); /* with zeros before them */
	v = (v * 10 + (v >> 8)) & 0x00ff00ff00ff00ff;
	v = (v * 100 + (v >> 16)) & 0x0000ffff0000ffff;
	return (v * 10000 + (v >> 32)) & 0xffffffff;
}

/* Behind a number in strict JSON. Its value is read where it is wanted. */
static inline const char *scan_any_number(const char *p, struct field *out)
{
	const char *s = p, *point = NULL;
	bool negative = *s == '-', plain = true;
	uint64_t v = 0; /* right up to 19 digits */

	s += negative;
	const char *digits = s;
	if (!scan_is_digit(*s) || (*s == '0' && scan_is_digit(s[1])))
		return NULL;
	for (; scan_is_digit(*s); s++)
		v = v * 10 + (uint64_t)(*s - '0');
	if (*s == '.') {
		point = s;
		if (!scan_is_digit(*++s))
			return NULL;
		for (; scan_is_digit(*s); s++)
			v = v * 10 + (uint64_t)(*s - '0');
	}
	ptrdiff_t digits_n = s - digits - (point != NULL);
	ptrdiff_t decimals = point ? s - point - 1 : 0;
	if (*s == 'e' || *s == 'E') {
		plain = false;
		s++;
		if (*s == '+' || *s == '-')
			s++;
		if (!scan_is_digit(*s))
			return NULL;
		while (scan_is_digit(*s))
			s++;
	}
	if (s - p > SCAN_NUMBER_MAX)
		return NULL;
	if (!out)
		return s;
	out->kind = FIELD_NUMBER;
	if (plain && digits_n <= NUM_DIGITS_MAX &&
		num_decimal(v, (unsigned)decimals, &out->number)) {
		out->number = negative ? -out->number : out->number;
		return s;
	}
	return num_double(p, (size_t)(s - p), &out->number) ? s : NULL;
}

/* The same where it begins with a digit: at once when it is as short as nearly all numbers in
 * access logs. */
static inline __attribute__((always_inline)) const char *scan_number(
	const char *p, const char *last, struct field *out)
{
	static const uint64_t scale[] = {
		1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

	if (last - p < SCAN_NUMBER_SEEN + 8) /* scan_join_digits reads beyond */
		return scan_any_number(p, out);
	unsigned others = ~scan_digit_bits(p); /* not 0: an unsigned has more bits */
	unsigned n = (unsigned)__builtin_ctz(others), decimals = 0;
	const char *s = p + n;
	if (*s == '.') {
		decimals = (unsigned)__builtin_ctz(others >> n >> 1);
		s += 1 + decimals;
		if (decimals == 0 || decimals > 8 || !NUM_ROUNDS_ONCE)
			return scan_any_number(p, out);
	}
	if (s - p >= SCAN_NUMBER_SEEN || (*p == '0' && n > 1) || *s == 'e' || *s == 'E')
		return scan_any_number(p, out);
	if (!out)
		return s;
	uint64_t v =
		n <= 8 ? scan_join_digits(p, n)
		       : scan_join_digits(p, 8) * scale[n - 8] + scan_join_digits(p + 8, n - 8);
	if (decimals)
		v = v * scale[decimals] + scan_join_digits(p + n + 1, decimals);
	out->kind = FIELD_NUMBER;
	out->number = (double)v / (double)scale[decimals]; /* both exact: see num_decimal */
	return s;
}

static inline const char *scan_word(const char *p, const char *last, struct field *out)
{
	static const struct {
		const char *text;
		size_t len;
		enum field_kind kind;
	} words[] = {{"true", 4, FIELD_OTHER}, {"false", 5, FIELD_OTHER}, {"null", 4, FIELD_EMPTY}};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if ((size_t)(last - p) < words[i].len ||
			memcmp(p, words[i].text, words[i].len) != 0)
			continue;
		if (out)
			out->kind = words[i].kind;
		return p + words[i].len;
	}
	return NULL;
}

/* Behind a value that is no object and no array. `out`: where it is wanted, or NULL. */
static inline const char *scan_plain(
	const char *p, const char *last, struct field *out, struct scan_room *room)
{
	if (*p == '"')
		return scan_string(p, last, out, room);
	if (*p == '-' || scan_is_digit(*p))
		return scan_any_number(p, out);
	return scan_word(p, last, out);
}

#endif
