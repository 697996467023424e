/* scan.c - see scan.h.
 *
 * Two things make it fast. A string's end is looked for 16 bytes at a time. And the lines of a server
 * have the same keys in the same order, so the n-th key is first compared with the n-th of the line
 * before, three words at once, quotes and colon included: then it need be neither searched nor looked
 * up. User time of the whole program without the first: 1.2 times, without the second: 1.15 times.
 * Tried and left out, since they gained nothing: a bit for each quote of the line, made beforehand
 * (simdjson's first stage); a loop of its own for members of the usual kind.
 *
 * Left to object.h, because they are rare and would need memory or care here: escapes in a key or in
 * a value that is wanted, surrogates, wanted lists, numbers that are not strict JSON, control bytes
 * between tokens, objects deeper than 64.
 */
#include "core/scan.h"

#include <stdlib.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "core/num.h"

#define DEPTH_MAX  64 /* bits of the stack */
#define NUMBER_MAX 40 /* bytes; cJSON reads 63 */
#define KEYS_MAX   64 /* of a line that are remembered: an access log has 10 to 40 */
#define KEY_WORDS  3  /* 24 bytes hold nearly all keys of the logs that are known */

/* A key with its quotes and its colon, as text in words; the bytes behind it are 0 in `mask`. */
struct seen_key {
	uint64_t text[KEY_WORDS];
	uint64_t mask[KEY_WORDS];
	const struct fields_name *around; /* the object it stood in; NULL: the outermost */
	const struct fields_name *found;  /* what is known of it, or NULL */
	size_t len;                       /* 0: none */
};

struct scan {
	struct seen_key keys[KEYS_MAX];
};

struct walk {
	const char *p;    /* behind what was read */
	const char *last; /* the outermost object's last brace: tokens end there at the latest */
	struct scan *scan;
	const struct fields *wanted;
	unsigned key;     /* number of the next key in named objects */
	uint64_t objects; /* bit d: the bracket opened at depth d is a brace */
	int depth;        /* brackets open */
	int named;        /* of the open objects, those whose members may be wanted */
	const struct fields_name
		*around[FIELDS_DEPTH_MAX + 1]; /* by depth: a named object's entry */
};

struct scan *scan_new(void)
{
	return calloc(1, sizeof(struct scan));
}

void scan_free(struct scan *s)
{
	free(s);
}

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

/* The quote that ends the string whose first byte is s, or NULL. *escapes: it holds some. */
static inline const char *string_end(const char *s, const char *last, bool *escapes)
{
	*escapes = false;
	for (;;) {
		s = find_special(s, last);
		if (s == last)
			return NULL;
		if (*s == '"')
			return s;
		size_t len = escape_len(s, last);
		if (len == 0)
			return NULL;
		*escapes = true;
		s += len;
	}
}

static inline void skip_space(struct walk *w)
{
	if ((unsigned char)*w->p > ' ') /* nearly always */
		return;
	while (*w->p == ' ' || *w->p == '\t' || *w->p == '\r' || *w->p == '\n')
		w->p++;
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A number in strict JSON. Its value is read where it is wanted: an integer of up to 15 digits over a
 * power of ten is rounded once, as strtod would (W. D. Clinger, PLDI 1990); others go to strtod. */
static bool read_number(struct walk *w, struct field *out)
{
	static const double tens[] = {
		1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
	const char *first = w->p, *s = first, *point = NULL;
	bool negative = *s == '-', plain = true;
	uint64_t v = 0; /* right up to 19 digits */

	s += negative;
	const char *digits = s;
	if (!is_digit(*s) || (*s == '0' && is_digit(s[1])))
		return false;
	for (; is_digit(*s); s++)
		v = v * 10 + (uint64_t)(*s - '0');
	if (*s == '.') {
		point = s;
		if (!is_digit(*++s))
			return false;
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
			return false;
		while (is_digit(*s))
			s++;
	}
	if (s - first > NUMBER_MAX)
		return false;
	w->p = s;
	if (!out)
		return true;
	out->kind = FIELD_NUMBER;
	if (plain && digits_n <= 15) {
		out->number = (negative ? -(double)v : (double)v) / tens[decimals];
		return true;
	}
	return num_double(first, (size_t)(s - first), &out->number);
}

static bool read_word(struct walk *w, struct field *out)
{
	static const struct {
		const char *text;
		size_t len;
		enum field_kind kind;
	} words[] = {{"true", 4, FIELD_OTHER}, {"false", 5, FIELD_OTHER}, {"null", 4, FIELD_EMPTY}};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if ((size_t)(w->last - w->p) < words[i].len ||
			memcmp(w->p, words[i].text, words[i].len) != 0)
			continue;
		w->p += words[i].len;
		if (out)
			out->kind = words[i].kind;
		return true;
	}
	return false;
}

/* A value that is no object and no array. `out`: where it is wanted, or NULL. */
static inline bool read_plain(struct walk *w, struct field *out)
{
	bool escapes;

	if (*w->p == '"') {
		const char *s = w->p + 1, *end = string_end(s, w->last, &escapes);
		if (!end)
			return false;
		w->p = end + 1;
		if (!out)
			return true;
		*out = field_of_text(s, (size_t)(end - s));
		return !escapes;
	}
	if (*w->p == '-' || is_digit(*w->p))
		return read_number(w, out);
	return read_word(w, out);
}

/* ---- keys ---- */

static inline bool is_named(const struct walk *w)
{
	return w->named == w->depth;
}

/* What is known of a key in a named object, or NULL. */
static const struct fields_name *look_up(const struct walk *w, const char *key, size_t len)
{
	const struct fields_name *around = w->around[w->depth];
	char name[FIELDS_NAME_MAX + 1];

	if (!around)
		return fields_find(w->wanted, key, len);
	if (len > (size_t)(FIELDS_NAME_MAX - around->len - 1))
		return NULL;
	memcpy(name, around->text, around->len);
	name[around->len] = '.';
	memcpy(name + around->len + 1, key, len);
	return fields_find(w->wanted, name, around->len + 1 + len);
}

/* Remembers the key whose quote is at `first`; its colon follows at once, or it is not remembered. */
static void remember(struct walk *w, const char *first, size_t len, const struct fields_name *found)
{
	size_t whole = len + 3; /* with its quotes and its colon */

	if (w->key >= KEYS_MAX)
		return;
	struct seen_key *k = &w->scan->keys[w->key];
	*k = (struct seen_key){.around = w->around[w->depth], .found = found};
	if (whole > sizeof k->text || first[len + 2] != ':')
		return;
	k->len = whole;
	memcpy(k->text, first, whole);
	memset(k->mask, 0xff, whole);
}

static inline uint64_t differ(const char *s, const struct seen_key *k, int word)
{
	uint64_t at;

	memcpy(&at, s + word * sizeof at, sizeof at);
	return (at ^ k->text[word]) & k->mask[word];
}

/* The key at p, when it is the one of the line before; or NULL. */
static inline const struct seen_key *recall(const struct walk *w)
{
	const struct seen_key *k = &w->scan->keys[w->key];

	if (w->last - w->p < (ptrdiff_t)sizeof k->text || k->around != w->around[w->depth] ||
		differ(w->p, k, 0) | differ(w->p, k, 1) | differ(w->p, k, 2))
		return NULL;
	return k->len ? k : NULL;
}

static bool read_new_key(struct walk *w, const struct fields_name **found)
{
	bool escapes;

	if (*w->p != '"')
		return false;
	const char *first = w->p, *end = string_end(first + 1, w->last, &escapes);
	if (!end || escapes)
		return false;
	size_t len = (size_t)(end - first - 1);
	w->p = end + 1;
	if (is_named(w)) {
		*found = look_up(w, first + 1, len);
		remember(w, first, len, *found);
	}
	skip_space(w);
	if (*w->p != ':')
		return false;
	w->p++;
	return true;
}

/* The key at p and its colon; *found is what is known of it, or NULL. */
static inline bool read_key(struct walk *w, const struct fields_name **found)
{
	*found = NULL;
	if (is_named(w) && w->key < KEYS_MAX) {
		const struct seen_key *k = recall(w);
		if (k) {
			w->p += k->len;
			*found = k->found;
		} else if (!read_new_key(w, found)) {
			return false;
		}
		w->key++;
	} else if (!read_new_key(w, found)) {
		return false;
	}
	skip_space(w);
	return true;
}

/* ---- brackets ---- */

static inline bool in_object(const struct walk *w)
{
	return w->objects >> (w->depth - 1) & 1;
}

/* Behind the bracket at p. */
static bool open_bracket(struct walk *w, const struct fields_name *found, struct field *out)
{
	bool object = *w->p == '{';

	if (w->depth == DEPTH_MAX || (!object && out)) /* a list may be wanted */
		return false;
	if (out)
		out->kind = FIELD_OTHER;
	if (object && found && found->inside && w->depth < FIELDS_DEPTH_MAX &&
		found->len < FIELDS_NAME_MAX) {
		w->named++;
		w->around[w->depth + 1] = found;
	}
	uint64_t bit = (uint64_t)1 << w->depth;
	w->objects = object ? w->objects | bit : w->objects & ~bit;
	w->depth++;
	w->p++;
	return true;
}

/* Behind a value: closing brackets, then a comma. False with depth 0 at the end of the text. */
static inline bool next_value(struct walk *w)
{
	for (;;) {
		skip_space(w);
		if (*w->p == ',') {
			w->p++;
			skip_space(w);
			return true;
		}
		if (*w->p != (in_object(w) ? '}' : ']'))
			return false;
		if (w->depth == 1 || w->p == w->last) {
			w->depth -= w->p == w->last;
			return false;
		}
		w->p++;
		w->named -= is_named(w);
		w->depth--;
	}
}

static bool walk(struct walk *w, struct fields_values *values)
{
	do {
		const struct fields_name *found = NULL;
		struct field *out = NULL;
		bool closed = false;
		if (in_object(w) && !read_key(w, &found))
			return false;
		if (found)
			out = fields_set(values, found->slot);
		while (!closed && (*w->p == '{' || *w->p == '[')) {
			if (!open_bracket(w, found, out))
				return false;
			found = NULL;
			skip_space(w);
			closed = *w->p == (in_object(w) ? '}' : ']');
			if (!closed && in_object(w) && !read_key(w, &found))
				return false;
			out = found ? fields_set(values, found->slot) : NULL;
		}
		if (!closed && !read_plain(w, out))
			return false;
	} while (next_value(w));
	return w->depth == 0;
}

bool scan_read(struct scan *s, const char *text, size_t len, const struct fields *wanted,
	struct fields_values *values)
{
	struct walk w = {
		.p = text, .scan = s, .wanted = wanted, .objects = 1, .depth = 1, .named = 1};

	while (len && (text[len - 1] == ' ' || text[len - 1] == '\t' || text[len - 1] == '\r'))
		len--;
	if (len < 2 || text[0] != '{' || text[len - 1] != '}')
		return false;
	fields_clear(values);
	w.last = text + len - 1;
	w.p++;
	skip_space(&w);
	return w.p == w.last || walk(&w, values);
}
