/* random_object.h - random JSON objects of any size. Some of their members are wanted: they have
 * names that the tested code searches for (core/read/fields.h). */
#ifndef UNIT_RANDOM_OBJECT_H
#define UNIT_RANDOM_OBJECT_H

#include <stdio.h>
#include <string.h>

#include "core/read/fields.h"

#include "unit/random.h"

struct maker {
	struct random r;
	const struct fields *wanted;
	char *text;
	size_t len, cap;
};

static inline void add(struct maker *m, const char *text, size_t len)
{
	if (len > m->cap - m->len)
		len = m->cap - m->len;
	memcpy(m->text + m->len, text, len);
	m->len += len;
}

static inline void add_text(struct maker *m, const char *text)
{
	add(m, text, strlen(text));
}

static inline void add_blanks(struct maker *m)
{
	static const char *const blanks[] = {"", "", "", "", " ", "\t \r"};

	add_text(m, blanks[random_below(&m->r, sizeof blanks / sizeof *blanks)]);
}

static inline size_t random_len(struct random *r)
{
	static const size_t most[] = {3, 20, 100, 700, 9000, 70000};

	return random_below(r, most[random_below(r, sizeof most / sizeof *most)]);
}

static inline void add_string(struct maker *m)
{
	static const char *const parts[] = {"a", "/", "1.2.3.4, ", "\\\\", "\\\"", "\\n", "\\u00e9",
		"\\u0000", "\\ud83d\\ude00", "\\u002f", "[", "}", ",", ":", "{\\\"status\\\":1,",
		"\xc3\xa9", " "};
	const size_t parts_n = sizeof parts / sizeof *parts;
	size_t few = random_below(&m->r, parts_n), end = m->len + random_len(&m->r);

	add_text(m, "\"");
	while (m->len < end && m->len < m->cap)
		add_text(m, parts[random_below(&m->r, 2) ? few : random_below(&m->r, parts_n)]);
	add_text(m, "\"");
}

static inline void add_list(struct maker *m)
{
	size_t n = random_below(&m->r, 2) ? random_below(&m->r, 4) : random_below(&m->r, 40);

	add_text(m, "[");
	for (size_t i = 0; i < n; i++) {
		add_text(m, i ? "," : "");
		add_blanks(m);
		add_string(m);
		add_blanks(m);
	}
	add_text(m, "]");
}

static inline void add_scalar(struct maker *m)
{
	static const char *const words[] = {"0", "404", "-1.5e3", "1795320960.343", "true", "false",
		"null", "{}", "[]", "[[],{},[{\"a\":[]}]]", "{\"status\":[404,{\"]\":\"}\"}]}",
		"\"203.0.113.9\"", "\"\""};

	switch (random_below(&m->r, 4)) {
	case 0:
		add_list(m);
		break;
	case 1:
		add_string(m);
		break;
	default:
		add_text(m, words[random_below(&m->r, sizeof words / sizeof *words)]);
	}
}

/* Adds the name as a key. `split`: only the part before its first dot. Returns the number of bytes
 * up to the rest of the name; 0: there is no rest. */
static inline size_t add_key(struct maker *m, const char *name, bool split)
{
	const char *dot = split ? strchr(name, '.') : NULL;
	size_t len = dot ? (size_t)(dot - name) : strlen(name);

	add_text(m, "\"");
	for (size_t i = 0; i < len; i++) {
		char escape[8];
		snprintf(escape, sizeof escape, "\\u%04x", (unsigned)name[i]);
		if (random_below(&m->r, 200) == 0)
			add_text(m, escape);
		else
			add(m, name + i, 1);
	}
	add_text(m, "\"");
	return dot ? len + 1 : 0;
}

static inline void add_member(struct maker *m)
{
	static const char *const others[] = {
		"a", "", "headers", "status.x", "request.b", "\\\"", "\\u00e9"};
	const char *name = m->wanted->names[random_below(&m->r, m->wanted->n)];
	unsigned depth = 0;

	add_blanks(m);
	if (random_below(&m->r, 3) == 0) {
		add_text(m, "\"");
		add_text(m, others[random_below(&m->r, sizeof others / sizeof *others)]);
		add_text(m, "\":");
		add_scalar(m);
		return;
	}
	for (size_t more; (more = add_key(m, name, random_below(&m->r, 2))); name += more, depth++)
		add_text(m, random_below(&m->r, 3) ? ":{" : ": { \"b\":[{}], ");
	add_blanks(m);
	add_text(m, ":");
	add_blanks(m);
	add_scalar(m);
	while (depth--) {
		add_text(m, random_below(&m->r, 3) ? "" : ",\"c\":\"\\\\\"");
		add_text(m, "}");
	}
	add_blanks(m);
}

static inline void make_object(struct maker *m, size_t about)
{
	m->len = 0;
	add_text(m, "{");
	do {
		add_text(m, m->len > 1 ? "," : "");
		add_member(m);
	} while (m->len < about);
	add_text(m, "}");
	assert_true(m->len < m->cap);
}

#endif
