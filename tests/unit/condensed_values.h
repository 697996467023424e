/* condensed_values.h - checks that an object that core/read/condense.h shortened has the same
 * values as the whole object. */
#ifndef UNIT_CONDENSED_VALUES_H
#define UNIT_CONDENSED_VALUES_H

#include <string.h>

#include "core/read/fields.h"

static inline size_t common_begin(const struct field *a, const struct field *b)
{
	size_t n = 0;

	while (n < a->len && n < b->len && a->text[n] == b->text[n])
		n++;
	return n;
}

static inline size_t common_end(const struct field *a, const struct field *b)
{
	size_t n = 0;

	while (n < a->len && n < b->len && a->text[a->len - 1 - n] == b->text[b->len - 1 - n])
		n++;
	return n;
}

/* Whether `part` is equal to `whole`, or consists of the beginning and the end of `whole` with a
 * '|' between them. A list may also be the end of `whole`,
 * alone or after a '|'. */
static inline bool is_part(const struct field *part, const struct field *whole)
{
	if (part->len >= whole->len)
		return part->len == whole->len && memcmp(part->text, whole->text, part->len) == 0;
	size_t end = common_end(part, whole);
	if (part->kind == FIELD_LIST)
		return end == part->len || (end >= part->len - 1 && *part->text == '|');
	return common_begin(part, whole) + 1 + end >= part->len &&
	       memchr(part->text, '|', part->len);
}

/* Returns the first name whose values differ in `part` and `whole`, or NULL. `all`: no value may be
 * missing in `part`. */
static inline const char *other_value(const struct fields *wanted, const struct fields_values *part,
	const struct fields_values *whole, bool all)
{
	for (unsigned i = 0; i < wanted->n; i++) {
		const struct field *w = &whole->at[i], *p = &part->at[i];
		if (!all && p->kind == FIELD_ABSENT)
			continue;
		if (w->kind != p->kind || (w->kind == FIELD_NUMBER && !(w->number == p->number)) ||
			((w->kind == FIELD_TEXT || w->kind == FIELD_LIST) && !is_part(p, w)))
			return wanted->names[i];
	}
	return NULL;
}

#endif
