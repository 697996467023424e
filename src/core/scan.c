/* scan.c - see scan.h.
 *
 * What makes it fast:
 *   - the lines of a server have the same keys in the same order. So what stands between two values, a
 *     comma, a key and its colon, is first compared with what stood there in the line before, four words
 *     at once; then it need be neither searched nor looked up.
 *   - a string's end is looked for 16 bytes at a time, a number's too, and its digits are joined eight
 *     at once.
 *   - the place in the text is handed along and never kept in memory.
 * Tried and left out, since it gained nothing: a bit for each quote of the line, made beforehand
 * (simdjson's first stage).
 *
 * Left to object.h, because they are rare and would need memory or care here: escapes in a key or in
 * a value that is wanted, surrogates, wanted lists, numbers that are not strict JSON, control bytes
 * between tokens, objects deeper than 64.
 */
#include "core/scan.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "core/num.h"

#define DEPTH_MAX   64 /* bits of the stack */
#define NUMBER_MAX  40 /* bytes; cJSON reads 63 */
#define NUMBER_SEEN 16 /* bytes that are looked at at once */
#define GAPS_MAX    64 /* of a line that are remembered: an access log has 10 to 40 keys */
#define GAP_WORDS   4  /* 32 bytes hold nearly all keys of the logs that are known */

/* What stands between two values: a comma or a brace, a key and its colon. */
struct gap {
	/* Bytes behind it are 0 in `mask`. None: all of the mask, and a text of zeros, which no JSON has. */
	uint64_t text[GAP_WORDS];
	uint64_t mask[GAP_WORDS];
	const struct fields_name *around; /* the object it stood in; NULL: the outermost */
	const struct fields_name *found;  /* what is known of its key, or NULL */
	size_t len;
};

struct scan {
	struct gap gaps[GAPS_MAX + 1]; /* by number of the key; the last is none */
};

/* What is the same for a whole text. */
struct walk {
	const char *last; /* the outermost object's last brace: tokens end there at the latest */
	const struct fields *wanted;
	struct fields_values *values;
	struct gap *gaps;
	const struct gap *gaps_end;
	unsigned depth; /* objects open whose members may be wanted */
	const struct fields_name *around[FIELDS_DEPTH_MAX]; /* their names; NULL: the outermost */
};

static void forget(struct gap *g)
{
	memset(g, 0, sizeof *g);
	memset(g->mask, 0xff, sizeof g->mask);
}

struct scan *scan_new(void)
{
	struct scan *s = malloc(sizeof *s);

	for (unsigned i = 0; s && i <= GAPS_MAX; i++)
		forget(&s->gaps[i]);
	return s;
}

void scan_free(struct scan *s)
{
	free(s);
}

/* Functions hand on the place in the text, NULL where it is none of the common shape. */

static inline const char *skip_space(const char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')
		p++;
	return p;
}

/* ---- strings ---- */

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The length of the escape at s; 0 when it is none, or that of a surrogate, which needs its other half.
 */
static size_t escape_len(const char *s, const char *last)
{
	if (last - s < 2)
		return 0;
	if (s[1] != 'u')
		return s[1] && strchr("\"\\/bfnrt", s[1]) ? 2 : 0;
	if (last - s < 6 || !is_hex(s[2]) || !is_hex(s[3]) || !is_hex(s[4]) || !is_hex(s[5]) ||
		((s[2] == 'd' || s[2] == 'D') && s[3] >= '8'))
		return 0;
	return 6;
}

/* The first quote or backslash at s or behind it; `last` when there is none before it. */
static inline const char *find_special(const char *s, const char *last)
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

/* The quote that ends a string, from its first backslash on. */
static const char *end_behind_escapes(const char *s, const char *last)
{
	while (s != last && *s != '"') {
		size_t len = escape_len(s, last);
		if (len == 0)
			return NULL;
		s = find_special(s + len, last);
	}
	return s == last ? NULL : s;
}

/* Behind the string at p. A wanted one holds no escapes. */
static inline const char *read_string(const char *p, const char *last, struct field *out)
{
	const char *text = p + 1, *end = find_special(text, last);

	if (*end != '"' && (out || !(end = end_behind_escapes(end, last))))
		return NULL;
	if (out)
		field_set_text(out, text, (size_t)(end - text));
	return end + 1;
}

/* ---- numbers and words ---- */

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Bit i: byte i of the NUMBER_SEEN at s is a digit. */
static inline unsigned digit_bits(const char *s)
{
#if defined(__SSE2__)
	__m128i v =
		_mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)s), _mm_set1_epi8('0'));

	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(9)), v));
#else
	unsigned bits = 0;

	for (unsigned i = 0; i < NUMBER_SEEN; i++)
		bits |= (unsigned)is_digit(s[i]) << i;
	return bits;
#endif
}

/* The number that n digits are, 1 to 8; 8 bytes at s can be read. Digits are joined to pairs, pairs to fours,
 * those to one (D. Lemire, "Quickly parsing eight digits", 2018). */
static inline uint64_t join_digits(const char *s, unsigned n)
{
	uint64_t v;

	memcpy(&v, s, sizeof v);
	v = (le64toh(v) & 0x0f0f0f0f0f0f0f0f) << (64 - 8 * n); /* with zeros before them */
	v = (v * 10 + (v >> 8)) & 0x00ff00ff00ff00ff;
	v = (v * 100 + (v >> 16)) & 0x0000ffff0000ffff;
	return (v * 10000 + (v >> 32)) & 0xffffffff;
}

static const double tens[] = {
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

/* Behind a number in strict JSON. Its value is read where it is wanted: an integer of up to 15 digits over
 * a power of ten is rounded once, as strtod would (W. D. Clinger, PLDI 1990); others go to strtod. */
static const char *read_any_number(const char *p, struct field *out)
{
	const char *s = p, *point = NULL;
	bool negative = *s == '-', plain = true;
	uint64_t v = 0; /* right up to 19 digits */

	s += negative;
	const char *digits = s;
	if (!is_digit(*s) || (*s == '0' && is_digit(s[1])))
		return NULL;
	for (; is_digit(*s); s++)
		v = v * 10 + (uint64_t)(*s - '0');
	if (*s == '.') {
		point = s;
		if (!is_digit(*++s))
			return NULL;
		for (; is_digit(*s); s++)
			v = v * 10 + (uint64_t)(*s - '0');
	}
	ptrdiff_t digits_n = s - digits - (point != NULL);
	ptrdiff_t decimals = point ? s - point - 1 : 0;
	if (*s == 'e' || *s == 'E') {
		plain = false;
		s++;
		if (*s == '+' || *s == '-')
			s++;
		if (!is_digit(*s))
			return NULL;
		while (is_digit(*s))
			s++;
	}
	if (s - p > NUMBER_MAX)
		return NULL;
	if (!out)
		return s;
	out->kind = FIELD_NUMBER;
	if (plain && digits_n <= 15) {
		out->number = (negative ? -(double)v : (double)v) / tens[decimals];
		return s;
	}
	return num_double(p, (size_t)(s - p), &out->number) ? s : NULL;
}

/* The same where it begins with a digit: at once when it is as short as nearly all in access logs. */
static inline const char *read_number(const char *p, const char *last, struct field *out)
{
	static const uint64_t scale[] = {
		1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

	if (last - p < NUMBER_SEEN + 8) /* join_digits reads beyond */
		return read_any_number(p, out);
	unsigned others = ~digit_bits(p); /* not 0: an unsigned has more bits */
	unsigned n = (unsigned)__builtin_ctz(others), decimals = 0;
	const char *s = p + n;
	if (*s == '.') {
		decimals = (unsigned)__builtin_ctz(others >> n >> 1);
		s += 1 + decimals;
		if (decimals == 0 || decimals > 8)
			return read_any_number(p, out);
	}
	if (s - p >= NUMBER_SEEN || (*p == '0' && n > 1) || *s == 'e' || *s == 'E')
		return read_any_number(p, out);
	if (!out)
		return s;
	uint64_t v = n <= 8 ? join_digits(p, n)
			    : join_digits(p, 8) * scale[n - 8] + join_digits(p + 8, n - 8);
	if (decimals)
		v = v * scale[decimals] + join_digits(p + n + 1, decimals);
	out->kind = FIELD_NUMBER;
	out->number = (double)v / tens[decimals]; /* of 15 digits at most, as above */
	return s;
}

static const char *read_word(const char *p, const char *last, struct field *out)
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
static const char *read_plain(const char *p, const char *last, struct field *out)
{
	if (*p == '"')
		return read_string(p, last, out);
	if (*p == '-' || is_digit(*p))
		return read_any_number(p, out);
	return read_word(p, last, out);
}

/* ---- values that nobody wants ---- */

/* Behind the key at p, its colon and space. */
static const char *skip_key(const char *p, const char *last)
{
	if (*p != '"')
		return NULL;
	p = find_special(p + 1, last);
	if (*p != '"')
		return NULL;
	p = skip_space(p + 1);
	return *p == ':' ? skip_space(p + 1) : NULL;
}

/* Behind the object or array at p, with no wanted member in it. */
static const char *skip_nested(const char *p, const char *last)
{
	uint64_t objects =
		0; /* a bit for each open bracket, the innermost's the lowest: it is a brace */
	int depth = 0;

	for (;;) {
		bool opens = *p == '{' || *p == '[', object;
		if (opens) {
			if (depth++ == DEPTH_MAX)
				return NULL;
			objects = objects << 1 | (*p == '{');
			p++;
		} else if (!(p = read_plain(p, last, NULL))) {
			return NULL;
		}
		p = skip_space(p);
		for (object = objects & 1; *p == (object ? '}' : ']'); object = objects & 1) {
			if (p == last)
				return NULL;
			objects >>= 1;
			p++;
			if (--depth == 0)
				return p;
			p = skip_space(p);
			opens = false;
		}
		if (!opens && *p++ != ',')
			return NULL;
		p = skip_space(p);
		if (object && !(p = skip_key(p, last)))
			return NULL;
	}
}

/* ---- members ---- */

/* What is known of a key in an object of this name, or NULL. */
static const struct fields_name *look_up(
	const struct fields *wanted, const struct fields_name *around, const char *key, size_t len)
{
	char name[FIELDS_NAME_MAX + 1];

	if (!around)
		return fields_find(wanted, key, len);
	if (len > (size_t)(FIELDS_NAME_MAX - around->len - 1))
		return NULL;
	memcpy(name, around->text, around->len);
	name[around->len] = '.';
	memcpy(name + around->len + 1, key, len);
	return fields_find(wanted, name, around->len + 1 + len);
}

/* From a comma, or from an object's brace, to the value behind the next key. *g is what is known of the
 * key, and remembered when it is short enough. */
static const char *read_gap(
	const struct walk *w, const char *p, const struct fields_name *around, struct gap *g)
{
	const char *from = p;

	p = skip_space(p + 1);
	const char *key = p + 1;
	p = skip_key(p, w->last);
	if (!p)
		return NULL;
	size_t len = (size_t)(p - from);
	size_t key_len = (size_t)(find_special(key, w->last) - key);
	forget(g);
	g->around = around;
	g->found = look_up(w->wanted, around, key, key_len);
	if (len > sizeof g->text || g == w->gaps_end)
		return p;
	g->len = len;
	memcpy(g->text, from, len);
	memset((char *)g->mask + len, 0, sizeof g->mask - len);
	return p;
}

static inline uint64_t differ(const char *s, const struct gap *g, int word)
{
	uint64_t at;

	memcpy(&at, s + word * sizeof at, sizeof at);
	return (at ^ g->text[word]) & g->mask[word];
}

/* Whether the gap at p is that of the line before. */
static inline bool is_same(
	const char *p, const char *last, const struct fields_name *around, const struct gap *g)
{
	if (g->around != around)
		return false;
	if (last - p >= (ptrdiff_t)sizeof g->text)
		return (differ(p, g, 0) | differ(p, g, 1) | differ(p, g, 2) | differ(p, g, 3)) == 0;
	return g->len && last - p >= (ptrdiff_t)g->len && memcmp(p, g->text, g->len) == 0;
}

/* Whether members of the object behind this key, in `depth` others, may be wanted. */
static bool is_named(const struct fields_name *found, unsigned depth)
{
	return found && found->inside && depth < FIELDS_DEPTH_MAX && found->len < FIELDS_NAME_MAX;
}

/* Behind a value that is neither text nor a number from 0 on, nor an object whose members may be wanted. */
static const char *read_other(const char *p, const char *last, struct field *out)
{
	if (*p == '[')
		return out ? NULL : skip_nested(p, last); /* a list may be wanted */
	if (*p != '{')
		return read_plain(p, last, out);
	if (out)
		out->kind = FIELD_OTHER;
	return skip_nested(p, last);
}

/* Behind the brackets that close at p and the space around them; the end of the text when they close all. */
static const char *close_objects(struct walk *w, const char *p)
{
	for (p = skip_space(p); *p == '}'; p = skip_space(p + 1)) {
		if (p == w->last)
			return w->depth == 1 ? p : NULL;
		if (--w->depth == 0)
			return NULL;
	}
	return *p == ',' ? p : NULL;
}

/* The members of the object at p and of those in it that have a name. */
static bool read_members(struct walk *w, const char *p)
{
	const char *last = w->last;
	struct gap *g = w->gaps;

	while (p != last) {
		const struct fields_name *around = w->around[w->depth - 1];
		p = is_same(p, last, around, g) ? p + g->len : read_gap(w, p, around, g);
		if (!p)
			return false;
		const struct fields_name *found = g->found;
		struct field *out = found ? fields_set(w->values, found->slot) : NULL;
		g += g < w->gaps_end;
		if (*p == '"') {
			p = read_string(p, last, out);
		} else if (is_digit(*p)) {
			p = read_number(p, last, out);
		} else {
			p = skip_space(p);
			if (*p == '{' && is_named(found, w->depth) && *skip_space(p + 1) != '}') {
				if (out)
					out->kind = FIELD_OTHER;
				w->around[w->depth++] = found;
				continue;
			}
			p = read_other(p, last, out);
		}
		if (!p)
			return false;
		if (*p != ',')
			p = close_objects(w, p);
		if (!p)
			return false;
	}
	return true;
}

bool scan_read(struct scan *s, const char *text, size_t len, const struct fields *wanted,
	struct fields_values *values)
{
	while (len && (text[len - 1] == ' ' || text[len - 1] == '\t' || text[len - 1] == '\r'))
		len--;
	if (len < 2 || text[0] != '{' || text[len - 1] != '}')
		return false;
	struct walk w = {.last = text + len - 1,
		.wanted = wanted,
		.values = values,
		.gaps = s->gaps,
		.gaps_end = s->gaps + GAPS_MAX,
		.depth = 1};
	fields_clear(values);
	const char *first = skip_space(text + 1);
	return *first == '}' ? first == w.last : read_members(&w, text);
}
