/* object.h - writes a JSON object member by member, in the style of one product. */
#ifndef BENCH_SITE_OBJECT_H
#define BENCH_SITE_OBJECT_H

#include <string.h>

#include "bench/site/text.h"

struct object {
	struct text *t;
	enum text_escape how;
	const char *colon, *comma; /* ":" or ": " */
	bool quoted;               /* numbers are written as strings */
};

/* Writes `"name":`, after the separator from the previous member. */
static inline void object_name(const struct object *o, const char *name)
{
	char last = o->t->len ? o->t->s[o->t->len - 1] : '{';

	if (last != '{' && last != '[')
		text_put(o->t, o->comma);
	text_char(o->t, '"');
	text_put(o->t, name);
	text_char(o->t, '"');
	text_put(o->t, o->colon);
}

static inline void object_bytes(const struct object *o, const char *name, const char *s, size_t len)
{
	object_name(o, name);
	text_char(o->t, '"');
	text_escaped(o->t, s, len, o->how);
	text_char(o->t, '"');
}

static inline void object_text(const struct object *o, const char *name, const struct text *value)
{
	object_bytes(o, name, value->s, value->len);
}

static inline void object_string(const struct object *o, const char *name, const char *value)
{
	object_bytes(o, name, value, strlen(value));
}

/* Writes the value unchanged: the text of a number, true, or an object. */
static inline void object_plain(const struct object *o, const char *name, const char *value)
{
	object_name(o, name);
	text_put(o->t, value);
}

static inline void object_number(const struct object *o, const char *name, uint64_t n)
{
	object_name(o, name);
	text_put(o->t, o->quoted ? "\"" : "");
	text_number(o->t, n);
	text_put(o->t, o->quoted ? "\"" : "");
}

/* Writes ms as seconds with three decimals, as nginx does. */
static inline void object_seconds(const struct object *o, const char *name, int64_t ms)
{
	object_name(o, name);
	text_put(o->t, o->quoted ? "\"" : "");
	text_seconds(o->t, ms);
	text_put(o->t, o->quoted ? "\"" : "");
}

/* Begins a member whose value the caller writes; object_close ends it. */
static inline void object_open(const struct object *o, const char *name, char bracket)
{
	object_name(o, name);
	text_char(o->t, bracket);
}

static inline void object_close(const struct object *o, char bracket)
{
	text_char(o->t, bracket);
}

#endif
