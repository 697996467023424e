/* truncated.c - see truncated.h.
 *
 * The walk over the text follows JSON's grammar (RFC 8259). Each open bracket has a bit, which is
 * set for a brace. The walk stores the last place at which the text would be valid JSON if its
 * brackets were closed. As in cJSON, raw control bytes and invalid UTF-8 in strings are accepted.
 */
#include "core/read/truncated.h"

#include <stdint.h>
#include <string.h>

#include "core/read/scan_values.h"

#define DEPTH_MAX 64 /* bits of the stack */

struct walk {
	const char *s;
	const char *end;
	uint64_t objects;   /* bit d: the bracket opened at depth d is a brace */
	int depth;          /* number of open brackets */
	const char *whole;  /* the place after the last whole member or element */
	uint64_t w_objects; /* the open brackets at that place */
	int w_depth;
	/* If the text ends inside a string value: the place after the string's last whole
	 * character. */
	const char *half;
};

enum step {
	STEP_OK,
	STEP_END,  /* the text ends here */
	STEP_ERROR /* the text violates the grammar here */
};

static void skip_space(struct walk *w)
{
	while (w->s < w->end && (*w->s == ' ' || *w->s == '\t' || *w->s == '\r' || *w->s == '\n'))
		w->s++;
}

static void mark_whole(struct walk *w)
{
	w->whole = w->s;
	w->w_objects = w->objects;
	w->w_depth = w->depth;
}

/* Skips a string; s is after the opening quote. If the text ends before the closing quote, moves s
 * to the place after the last whole character or escape. */
static enum step skip_string(struct walk *w)
{
	const char *escape = NULL;

	while ((w->s = scan_special(w->s, w->end)) < w->end) {
		if (*w->s == '"') {
			w->s++;
			return STEP_OK;
		}
		escape = w->s;
		w->s += w->end - escape < 2 ? 1 : 2;
	}
	if (escape && w->end - escape < (w->end - escape > 1 && escape[1] == 'u' ? 6 : 2))
		w->s = escape;
	return STEP_END;
}

/* Skips a number or a literal: the bytes up to the next delimiter. cJSON checks them later. */
static enum step skip_word(struct walk *w)
{
	const char *first = w->s;

	w->s = scan_word_end(w->s, w->end);
	if (w->s == w->end)
		return STEP_END;
	return w->s == first ? STEP_ERROR : STEP_OK;
}

/* Skips a member's name and its colon. */
static enum step skip_name(struct walk *w)
{
	skip_space(w);
	if (w->s == w->end)
		return STEP_END;
	if (*w->s++ != '"')
		return STEP_ERROR;
	enum step step = skip_string(w);
	if (step != STEP_OK)
		return step;
	skip_space(w);
	if (w->s == w->end)
		return STEP_END;
	return *w->s++ == ':' ? STEP_OK : STEP_ERROR;
}

/* Skips an opening bracket. If *empty is set, the closing bracket follows; otherwise a value
 * follows. */
static enum step open_bracket(struct walk *w, bool object, bool *empty)
{
	*empty = false;
	if (w->depth == DEPTH_MAX)
		return STEP_ERROR;
	uint64_t bit = (uint64_t)1 << w->depth++;
	w->objects = object ? w->objects | bit : w->objects & ~bit;
	w->s++;
	skip_space(w);
	if (w->s == w->end)
		return STEP_END;
	*empty = *w->s == (object ? '}' : ']');
	return object && !*empty ? skip_name(w) : STEP_OK;
}

/* Skips the text after a value: closing brackets, then a comma and, in an object, the next
 * name. */
static enum step after_value(struct walk *w)
{
	for (;;) {
		skip_space(w);
		if (w->s == w->end)
			return STEP_END;
		bool object = w->objects >> (w->depth - 1) & 1;
		if (*w->s == ',') {
			w->s++;
			return object ? skip_name(w) : STEP_OK;
		}
		if (*w->s != (object ? '}' : ']'))
			return STEP_ERROR;
		w->s++;
		if (--w->depth == 0)
			return STEP_ERROR; /* the object is complete, so it was not cut off */
		mark_whole(w);
	}
}

static enum step one_value(struct walk *w)
{
	enum step step;
	bool empty;

	skip_space(w);
	if (w->s == w->end)
		return STEP_END;
	if (*w->s == '{' || *w->s == '[') {
		step = open_bracket(w, *w->s == '{', &empty);
		return step == STEP_OK && empty ? after_value(w) : step;
	}
	if (*w->s == '"') {
		w->s++;
		step = skip_string(w);
		if (step == STEP_END)
			w->half = w->s;
	} else {
		step = skip_word(w);
	}
	if (step != STEP_OK)
		return step;
	mark_whole(w);
	return after_value(w);
}

static enum step walk_all(struct walk *w)
{
	enum step step;

	if (w->s == w->end || *w->s != '{')
		return STEP_ERROR;
	do
		step = one_value(w);
	while (step == STEP_OK);
	return step;
}

bool truncated_is_half(const char *text, size_t len)
{
	struct walk w = {.s = text, .end = text + len};

	return walk_all(&w) == STEP_END;
}

/* Appends the missing brackets to the n bytes of out. */
static size_t close_brackets(char *out, size_t n, uint64_t objects, int depth)
{
	while (depth-- > 0)
		out[n++] = objects >> depth & 1 ? '}' : ']';
	return n;
}

size_t truncated_close(const char *text, size_t len, char *out, size_t cap)
{
	struct walk w = {.s = text, .end = text + len};

	if (walk_all(&w) == STEP_ERROR || !w.whole)
		return 0;

	size_t n = (size_t)(w.whole - text);
	if (n + (size_t)w.w_depth > cap)
		return 0;
	memcpy(out, text, n);
	return close_brackets(out, n, w.w_objects, w.w_depth);
}

size_t truncated_close_string(const char *text, size_t len, char *out, size_t cap)
{
	struct walk w = {.s = text, .end = text + len};

	if (walk_all(&w) == STEP_ERROR)
		return 0;
	if (!w.half)
		return truncated_close(text, len, out, cap);

	size_t n = (size_t)(w.half - text);
	if (n + 1 + (size_t)w.depth > cap)
		return 0;
	memcpy(out, text, n);
	out[n++] = '"';
	return close_brackets(out, n, w.objects, w.depth);
}
