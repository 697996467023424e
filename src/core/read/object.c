/* object.c - see object.h.
 *
 * cJSON accepts more than RFC 8259. Its leniency is harmless here, except in four cases that must
 * not influence bans:
 *   - cJSON accepts bytes after the object; this file refuses them.
 *   - cJSON ends a string at \u0000, so "198.51.100.7\u0000x" would be an address. So this file
 *     first changes these escapes to \u0001, in a copy. (A client can put NULs into its request
 *     line.)
 *   - cJSON reads \uzzzz as \u0000; this file refuses it.
 *   - cJSON returns infinite numbers; the code that reads a number checks its range.
 */
#include "core/read/object.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/read/blocks.h"

/* CJSON_NESTING_LIMIT of cJSON */
#define DEPTH_MAX 1000

struct object {
	cJSON *tree;
	size_t len_max;
	size_t joined_len;
	char *joined; /* len_max bytes: joined lists are shorter than the text that contains them */
	/* len_max bytes for a text without \u0000, then len_max bytes for `joined` */
	char scratch[];
};

struct object *object_new(size_t len_max)
{
	struct object *o = malloc(sizeof *o + 2 * len_max);

	if (o)
		*o = (struct object){.len_max = len_max, .joined = o->scratch + len_max};
	return o;
}

void object_free(struct object *o)
{
	if (o)
		cJSON_Delete(o->tree);
	free(o);
}

static bool is_hex(const char *s, size_t len)
{
	while (len && memchr("0123456789abcdefABCDEF", s[len - 1], 22))
		len--;
	return len == 0;
}

/* Returns the text, or a copy in which every \u0000 is \u0001. If a \u has no number, returns NULL
 * and sets *bad to the place of the \u. A \u too close to the end for a number is not checked here,
 * because cJSON refuses it. */
static const char *without_nul_escapes(struct object *o, const char *text, size_t len, size_t *bad)
{
	const size_t escape_len = sizeof "\\u0000" - 1;
	const char *result = text, *end = text + len, *at = text;

	/* steps from escape to escape: \\u0000 is a backslash and five letters */
	for (; (at = memchr(at, '\\', (size_t)(end - at))); at += 2) {
		if ((size_t)(end - at) < escape_len)
			break;
		if (at[1] != 'u')
			continue;
		*bad = (size_t)(at - text);
		if (!is_hex(at + 2, 4))
			return NULL;
		if (memcmp(at + 2, "0000", 4) != 0)
			continue;
		if (result == text)
			result = memcpy(o->scratch, text, len);
		o->scratch[*bad + escape_len - 1] = '1';
	}
	return result;
}

/* Parses the object at the beginning of the text. Returns NULL if the text is not an object, or if
 * anything but blanks follows it. */
static cJSON *parse_whole(const char *text, size_t len, size_t *error_at)
{
	const char *end = text;
	cJSON *object = cJSON_ParseWithLengthOpts(text, len, &end, 0);

	if (object)
		while (end < text + len && (*end == ' ' || *end == '\t' || *end == '\r'))
			end++;
	*error_at = (size_t)(end - text);
	if (object && end == text + len && cJSON_IsObject(object))
		return object;
	cJSON_Delete(object);
	return NULL;
}

/* Joins the strings of an array by commas, at any length. If a long list counted as empty, a client
 * behind a proxy could send an X-Forwarded-For that is too long. The requests of this client would
 * then count as requests of the proxy. */
static struct field list_field(struct object *o, const cJSON *array)
{
	size_t first = o->joined_len;

	for (const cJSON *item = array->child; item; item = item->next) {
		size_t len = cJSON_IsString(item) ? strlen(item->valuestring) : o->len_max;
		if (len + 1 > o->len_max - o->joined_len)
			return (struct field){.kind = FIELD_OTHER};
		memcpy(o->joined + o->joined_len, item->valuestring, len);
		o->joined[o->joined_len + len] = ',';
		o->joined_len += len + 1;
	}
	if (o->joined_len == first)
		return (struct field){.kind = FIELD_OTHER};
	return (struct field){.kind = FIELD_LIST,
		.text = o->joined + first,
		.len = (uint32_t)(o->joined_len - first - 1)};
}

static struct field field_of(struct object *o, const cJSON *item)
{
	if (cJSON_IsString(item))
		return field_of_text(item->valuestring, strlen(item->valuestring));
	if (cJSON_IsNumber(item))
		return (struct field){.kind = FIELD_NUMBER, .number = item->valuedouble};
	if (cJSON_IsNull(item))
		return (struct field){.kind = FIELD_EMPTY};
	if (cJSON_IsArray(item))
		return list_field(o, item);
	return (struct field){.kind = FIELD_OTHER};
}

/* An open object: its next member, and the length of the name that precedes the names of its
 * members. */
struct level {
	const cJSON *item;
	size_t name_len;
};

/* Visits the members in the order of the text. The members of an inner object are visited at the
 * place of that object. */
static void collect_values(
	struct object *o, const struct fields *wanted, struct fields_values *values)
{
	struct level stack[FIELDS_DEPTH_MAX] = {{o->tree->child, 0}};
	char name[FIELDS_NAME_MAX + 1];
	int depth = 0;

	while (depth >= 0) {
		struct level *l = &stack[depth];
		const cJSON *item = l->item;
		if (!item) {
			depth--;
			continue;
		}
		l->item = item->next;
		size_t key_len = strlen(item->string);
		if (key_len > FIELDS_NAME_MAX - l->name_len)
			continue;
		memcpy(name + l->name_len, item->string, key_len);
		size_t name_len = l->name_len + key_len;
		const struct fields_name *found = fields_find(wanted, name, name_len);
		if (!found)
			continue;
		struct field *value = fields_set(values, found->slot);
		if (value)
			*value = field_of(o, item);
		if (found->inside && cJSON_IsObject(item) && depth + 1 < FIELDS_DEPTH_MAX &&
			name_len < FIELDS_NAME_MAX) {
			name[name_len] = '.';
			stack[++depth] = (struct level){item->child, name_len + 1};
		}
	}
}

bool object_read(struct object *o, const char *text, size_t len, const struct fields *wanted,
	struct fields_values *values, size_t *error_at)
{
	cJSON_Delete(o->tree);
	o->tree = NULL;
	*error_at = 0;
	if (len > o->len_max)
		return false;
	const char *clean = without_nul_escapes(o, text, len, error_at);
	if (clean)
		o->tree = parse_whole(clean, len, error_at);
	if (!o->tree)
		return false;
	fields_clear(values);
	o->joined_len = 0;
	collect_values(o, wanted, values);
	return true;
}

bool object_is_deep(const char *text, size_t len)
{
	const char *end = text + len;
	size_t open = 0;

	for (const char *s = text; s < end; s++) {
		if (*s == '"') {
			s = blocks_string_end(s + 1, end);
			if (!s)
				return false;
		} else if (*s == '{' || *s == '[') {
			if (open++ == DEPTH_MAX)
				return true;
		} else if ((*s == '}' || *s == ']') && open) {
			open--;
		}
	}
	return false;
}
