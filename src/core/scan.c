/* scan.c - see scan.h.
 *
 * Left to object.h, because they are rare and would need memory or care here: escapes in a key or in
 * a value that is wanted, surrogates, wanted lists, numbers that are not strict JSON or have over 15
 * digits, control bytes between tokens, objects deeper than 64.
 */
#include "core/scan.h"

#include <stdlib.h>
#include <string.h>

#include "core/marks.h"
#include "core/num.h"

#define DEPTH_MAX  64 /* bits of the stack */
#define NUMBER_MAX 40 /* bytes; cJSON reads 63 */

struct scan {
	size_t len_max;
	uint64_t quotes[];
};

struct walk {
	const char *p;          /* behind what was read */
	const uint64_t *quotes; /* of the step that is looked at */
	uint64_t bits;          /* its quotes that were not passed yet */
	const char *base;       /* its first byte */
	const char *last;       /* the object's last brace: a bound for all that is no string */
	bool escapes;           /* somewhere in the text */
	uint64_t objects;       /* bit d: the bracket opened at depth d is a brace */
	int depth;              /* brackets open */
	int named;              /* of the open objects, those whose members may be wanted */
	size_t name_len[FIELDS_DEPTH_MAX + 1]; /* by depth: of the name around a member */
	char name[FIELDS_NAME_MAX + 1];
};

struct scan *scan_new(size_t len_max)
{
	struct scan *s = malloc(sizeof *s + MARKS_WORDS(len_max) * sizeof s->quotes[0]);

	if (s)
		s->len_max = len_max;
	return s;
}

void scan_free(struct scan *s)
{
	free(s);
}

/* The next quote; there is one before `last`, or NULL. */
static inline const char *next_quote(struct walk *w)
{
	while (!w->bits) {
		if (w->base + MARKS_STEP > w->last)
			return NULL;
		w->base += MARKS_STEP;
		w->bits = *++w->quotes;
	}
	const char *quote = w->base + __builtin_ctzll(w->bits);
	w->bits &= w->bits - 1;
	return quote;
}

static inline void skip_space(struct walk *w)
{
	while (*w->p == ' ' || *w->p == '\t' || *w->p == '\r' || *w->p == '\n')
		w->p++;
}

/* A string that begins at p; *s and *len are what it holds. */
static inline bool read_string(struct walk *w, const char **s, size_t *len)
{
	if (*w->p != '"' || next_quote(w) != w->p)
		return false;
	const char *end = next_quote(w);
	if (!end)
		return false;
	*s = w->p + 1;
	*len = (size_t)(end - *s);
	w->p = end + 1;
	return true;
}

static inline bool has_escape(const struct walk *w, const char *s, size_t len)
{
	return w->escapes && memchr(s, '\\', len);
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
	const char *first = w->p, *s = first;
	bool negative = *s == '-', plain = true;
	int64_t v = 0;
	int digits = 0, decimals = 0;

	s += negative;
	if (!is_digit(*s) || (*s == '0' && is_digit(s[1])))
		return false;
	for (; is_digit(*s); s++, digits++)
		if (digits < 15)
			v = v * 10 + (*s - '0');
	if (*s == '.') {
		if (!is_digit(*++s))
			return false;
		for (; is_digit(*s); s++, digits++, decimals++)
			if (digits < 15)
				v = v * 10 + (*s - '0');
	}
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
	if (plain && digits <= 15) {
		out->number = (double)(negative ? -v : v) / tens[decimals];
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
	const char *s;
	size_t len;

	if (*w->p == '"') {
		if (!read_string(w, &s, &len))
			return false;
		if (!out)
			return true;
		*out = field_of_text(s, len);
		return !has_escape(w, s, len);
	}
	if (*w->p == '-' || is_digit(*w->p))
		return read_number(w, out);
	return read_word(w, out);
}

/* What is known of the member whose key was just read, or NULL. */
static inline const struct fields_name *find(
	struct walk *w, const struct fields *wanted, const char *key, size_t len)
{
	if (w->named != w->depth)
		return NULL;
	if (w->depth == 1)
		return fields_may_find(wanted, key, len) ? fields_find(wanted, key, len) : NULL;
	size_t around = w->name_len[w->depth];
	if (len > FIELDS_NAME_MAX - around)
		return NULL;
	memcpy(w->name + around, key, len);
	return fields_find(wanted, w->name, around + len);
}

/* The key at p, its colon, and what is wanted of its value. */
static inline bool read_key(struct walk *w, const struct fields *wanted, struct field *values,
	const struct fields_name **found, struct field **out)
{
	const char *key;
	size_t len;

	if (!read_string(w, &key, &len) || has_escape(w, key, len))
		return false;
	*found = find(w, wanted, key, len);
	*out = NULL;
	if (*found && (*found)->slot != FIELDS_NONE && values[(*found)->slot].kind == FIELD_ABSENT)
		*out = &values[(*found)->slot];
	skip_space(w);
	if (*w->p != ':')
		return false;
	w->p++;
	skip_space(w);
	return true;
}

/* Behind the bracket at p. An object that may hold wanted members has its name noted. */
static bool open_bracket(struct walk *w, const struct fields_name *found, struct field *out)
{
	bool object = *w->p == '{';
	uint64_t bit = (uint64_t)1 << (w->depth & (DEPTH_MAX - 1));

	if (w->depth == DEPTH_MAX || (!object && out)) /* a list may be wanted */
		return false;
	if (out)
		out->kind = FIELD_OTHER;
	if (object && found && found->inside && w->depth < FIELDS_DEPTH_MAX &&
		found->len < FIELDS_NAME_MAX) {
		memcpy(w->name, found->text, found->len);
		w->name[found->len] = '.';
		w->name_len[w->depth + 1] = (size_t)found->len + 1;
		w->named++;
	}
	w->objects = object ? w->objects | bit : w->objects & ~bit;
	w->depth++;
	w->p++;
	return true;
}

static inline bool in_object(const struct walk *w)
{
	return w->objects >> (w->depth - 1) & 1;
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
		if (w->named == w->depth)
			w->named--;
		w->depth--;
	}
}

static bool walk(struct walk *w, const struct fields *wanted, struct field *values)
{
	const struct fields_name *found = NULL;
	struct field *out = NULL;

	do {
		if (in_object(w) && !read_key(w, wanted, values, &found, &out))
			return false;
		if (!in_object(w)) {
			found = NULL;
			out = NULL;
		}
		while (*w->p == '{' || *w->p == '[') {
			if (!open_bracket(w, found, out))
				return false;
			found = NULL;
			out = NULL;
			skip_space(w);
			if (*w->p == (in_object(w) ? '}' : ']'))
				goto closed;
			if (in_object(w) && !read_key(w, wanted, values, &found, &out))
				return false;
		}
		if (!read_plain(w, out))
			return false;
	closed:;
	} while (next_value(w));
	return w->depth == 0;
}

bool scan_read(struct scan *s, const char *text, size_t len, const struct fields *wanted,
	struct field *values)
{
	struct walk w = {.p = text};

	while (len && (text[len - 1] == ' ' || text[len - 1] == '\t' || text[len - 1] == '\r'))
		len--;
	if (len < 2 || len > s->len_max || text[0] != '{' || text[len - 1] != '}' ||
		!marks_quotes(text, len, s->quotes, &w.escapes))
		return false;
	memset(values, 0, wanted->n * sizeof *values);
	w.last = text + len - 1;
	w.quotes = s->quotes;
	w.bits = s->quotes[0];
	w.base = text;
	w.objects = 1;
	w.depth = w.named = 1;
	w.p++;
	skip_space(&w);
	if (w.p == w.last)
		return true;
	return walk(&w, wanted, values);
}
