/* unwrap.c - see unwrap.h.
 *
 * This file has its own walk over objects, for lines that the scanner does not read. object.h would
 * be slower, because cJSON would parse a wrapped text with escapes twice. The walk copies the bytes
 * of the wrapped text once.
 */
#include "core/read/unwrap.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "core/read/scan_values.h"
#include "core/read/unescape.h"

/* ---- names ---- */

/* A member `path` alone does not show that an object is an access log, because Logstash uses this
 * member for the name of the log file. An access-log object with a path also has a client or a
 * status. Filebeat's member `log` is an object that contains the name of the log file, and is
 * skipped. */
static const char not_shut[] = "path";

/* More members of access logs, which format.h does not need. They, too, prevent an object from
 * being opened. */
static const char *const others[] = {"request", "ip", "user_agent", "http_user_agent",
	"http_referer", "referer", "referrer", "remote_user", "body_bytes_sent", "bytes_sent",
	"request_time", "request_length", "server_protocol", "http_host", "query_string", NULL};

enum holder { HOLD_TEXT, HOLD_OBJECT, HOLD_STREAM };

/* The holders: members of the outermost object that contain a line, or name the stream that the
 * line was written to. `may_be_part` is true if only log shippers that split long lines use the
 * name. Many programs use the other names, and may write text from a client before their own text.
 * So half an object in a member without may_be_part is never used. */
static const struct {
	const char *name;
	enum holder holder;
	bool may_be_part;
	const char *shown;
} holders[] = {
	{"log", HOLD_TEXT, true, "a string in log"},
	{"message", HOLD_TEXT, false, "a string in message"},
	{"MESSAGE", HOLD_TEXT, true, "a journal entry"},
	{"line", HOLD_TEXT, false, "a string in line"},
	{"msg", HOLD_TEXT, false, "a string in msg"},
	{"short_message", HOLD_TEXT, true, "a GELF message"},
	{"log_processed", HOLD_OBJECT, false, "an object in log_processed"},
	{"stream", HOLD_STREAM, false, NULL},
	{"source", HOLD_STREAM, false, NULL}, /* Docker's fluentd driver */
};

#define HOLDERS_N (sizeof holders / sizeof *holders)
/* Indexes of this table. */
#define MESSAGE 2
#define STREAM  7

static bool want_names(struct fields *f, const char *const *names, size_t names_max)
{
	for (size_t i = 0; i < names_max && names[i]; i++)
		if (strcmp(names[i], not_shut) != 0 && fields_want(f, names[i]) == FIELDS_NONE)
			return false;
	return true;
}

#define NAMES(list) (list), sizeof(list) / sizeof *(list)

bool unwrap_init(struct unwrap *u, const struct format_names *names)
{
	const char *const given[] = {
		names->client, names->status, names->method, names->path, names->forwarded};
	bool ok = true;

	fields_init(&u->fields);
	for (const struct format *f = format_all(); f->name; f++)
		ok &= want_names(&u->fields, NAMES(f->peers)) &&
		      want_names(&u->fields, NAMES(f->status)) &&
		      want_names(&u->fields, NAMES(f->method)) &&
		      want_names(&u->fields, NAMES(f->path)) &&
		      want_names(&u->fields, &f->connection, 1);
	ok &= want_names(&u->fields, format_status, SIZE_MAX) &&
	      want_names(&u->fields, format_weak_status, SIZE_MAX) &&
	      want_names(&u->fields, format_forwarded, SIZE_MAX) &&
	      want_names(&u->fields, others, SIZE_MAX);
	for (size_t i = 0; i < sizeof given / sizeof *given; i++)
		ok &= !given[i] || fields_want(&u->fields, given[i]) != FIELDS_NONE;
	u->shut_n = (uint8_t)u->fields.n;
	memset(u->holders, FIELDS_NONE, sizeof u->holders);
	for (size_t i = 0; i < HOLDERS_N; i++) {
		uint8_t slot = fields_want(&u->fields, holders[i].name);
		if (slot == FIELDS_NONE)
			return false;
		u->holders[slot] = (uint8_t)i;
	}
	return ok;
}

/* ---- the walk ---- */

struct slice {
	const char *s;
	size_t len;
};

struct walk {
	const struct unwrap *u;
	const char *s, *end;
	/* the names of the open objects, each followed by a dot */
	char name[FIELDS_NAME_MAX + 1];
	size_t around_len[FIELDS_DEPTH_MAX]; /* bytes of `name`, by depth */
	unsigned depth;                      /* number of open objects */
	struct slice held[HOLDERS_N];        /* values by holder; NULL: not present */
};

/* Skips the bytes that cJSON skips as space. */
static void skip_space(struct walk *w)
{
	while (w->s < w->end && (unsigned char)*w->s <= ' ')
		w->s++;
}

/* Skips a string; w->s is after its opening quote. */
static bool skip_string(struct walk *w)
{
	const char *quote = scan_quote(w->s, w->end);

	if (!quote)
		return false;
	w->s = quote + 1;
	return true;
}

/* Skips a value of any kind. Brackets are only counted, because the text has already been parsed as
 * JSON. */
static bool skip_value(struct walk *w)
{
	size_t open = 0;

	do {
		if (w->s >= w->end)
			return false;
		char c = *w->s++;
		if (c == '"') {
			if (!skip_string(w))
				return false;
		} else if (c == '{' || c == '[') {
			open++;
		} else if (c == '}' || c == ']') {
			if (open-- == 0)
				return false;
		} else if (!open) {
			while (w->s < w->end && *w->s != ',' && *w->s != '}' && *w->s != ']')
				w->s++;
		}
	} while (open);
	return true;
}

/* The entry of a member's full name, or NULL. The full name consists of the names of the objects
 * around the member and the member's key, without quotes. */
static const struct fields_name *find_name(struct walk *w, const char *key, size_t len, size_t *end)
{
	size_t around = w->around_len[w->depth - 1];
	char plain[6 * (FIELDS_NAME_MAX + 1)];

	if (memchr(key, '\\', len)) {
		if (len > sizeof plain || !unescape_text(key, len, plain, &len))
			return NULL;
		key = plain;
	}
	if (len > FIELDS_NAME_MAX - around)
		return NULL;
	memcpy(w->name + around, key, len);
	*end = around + len;
	return fields_find(&w->u->fields, w->name, *end);
}

/* Reads a member from its key on. Returns false if the member shows that the object is an access
 * log, or on an error. */
static bool read_member(struct walk *w)
{
	const char *key = w->s + 1;
	size_t name_len = 0;

	if (w->s == w->end || *w->s++ != '"' || !skip_string(w))
		return false;
	const struct fields_name *found = find_name(w, key, (size_t)(w->s - 1 - key), &name_len);
	skip_space(w);
	if (w->s == w->end || *w->s++ != ':')
		return false;
	skip_space(w);
	if (found && found->slot < w->u->shut_n)
		return false;
	if (found && found->inside && w->s < w->end && *w->s == '{' &&
		w->depth < FIELDS_DEPTH_MAX && name_len < FIELDS_NAME_MAX) {
		w->name[name_len] = '.';
		w->around_len[w->depth++] = name_len + 1;
		w->s++;
		return true;
	}
	const char *value = w->s;
	if (!skip_value(w))
		return false;
	if (w->depth == 1 && found && found->slot != FIELDS_NONE) {
		struct slice *held = &w->held[w->u->holders[found->slot]];
		if (!held->s)
			*held = (struct slice){value, (size_t)(w->s - value)};
	}
	return true;
}

/* Reads all members. Returns false if the object must not be opened. */
static bool read_members(struct walk *w)
{
	bool first = true;

	if (w->s == w->end || *w->s++ != '{')
		return false;
	w->depth = 1;
	while (w->depth) {
		unsigned depth = w->depth;
		skip_space(w);
		if (w->s == w->end)
			return false;
		if (*w->s == '}') {
			w->s++;
			w->depth--;
			first = false;
			continue;
		}
		if (!first && *w->s++ != ',')
			return false;
		skip_space(w);
		if (!read_member(w))
			return false;
		first = w->depth > depth;
	}
	return true;
}

/* ---- the wrapped text ---- */

/* Converts an array of numbers to bytes. journald writes text that is not UTF-8 in this form. */
static bool read_bytes(struct slice value, char *out, size_t *out_len)
{
	const char *s = value.s + 1, *end = value.s + value.len;
	size_t n = 0;

	while (s < end) {
		unsigned v = 0;
		const char *digits;
		while (s < end && (unsigned char)*s <= ' ')
			s++;
		for (digits = s; s < end && *s >= '0' && *s <= '9' && s - digits < 3; s++)
			v = v * 10 + (unsigned)(*s - '0');
		if (s == digits || v > 255)
			return false;
		while (s < end && (unsigned char)*s <= ' ')
			s++;
		if (s == end || (*s != ',' && *s != ']'))
			return false;
		out[n++] = (char)(v ? v : 1);
		if (*s++ == ']')
			break;
	}
	*out_len = n;
	return s == end && n > 0;
}

/* Whether the value is "stderr", possibly with its end cut off. */
static bool is_standard_error(struct slice value)
{
	return value.len >= 6 && value.len <= 8 &&
	       memcmp(value.s, "\"stderr\"", value.len - 1) == 0;
}

/* Whether the value of a holder may contain the line. */
static bool is_candidate(struct slice value, size_t holder, bool plain)
{
	if (!value.s || value.len < 3)
		return false;
	if (*value.s == '[')
		return holder == MESSAGE;
	return *value.s == '"' &&
	       (plain || value.s[1] == '{' ||
		       (value.len > 7 && strncasecmp(value.s + 1, "\\u007b", 6) == 0));
}

static bool trim_end(const char *text, size_t *len, bool plain)
{
	if (*len && text[*len - 1] == '\n')
		--*len;
	if (*len && text[*len - 1] == '\r')
		--*len;
	return *len && (plain || *text == '{');
}

static bool read_text(struct slice value, bool plain, char *room, size_t *len)
{
	bool ok = *value.s == '[' ? read_bytes(value, room, len)
				  : unescape_mended(value.s + 1, value.len - 2, room, len);

	return ok && trim_end(room, len, plain);
}

/* The name for messages. An object in a log file of Docker has the members `log` and `stream`. */
static const char *shown_of(size_t holder, bool stream)
{
	return holder == 0 && stream ? "Docker's json-file" : holders[holder].shown;
}

bool unwrap_object(const struct unwrap *u, const char *text, size_t len, bool plain, char *room,
	size_t cap, struct unwrapped *out)
{
	struct walk w = {.u = u, .s = text, .end = text + len};
	size_t found = HOLDERS_N;
	struct slice object = {NULL, 0};

	if (len > cap || !read_members(&w))
		return false;
	*out = (struct unwrapped){0};
	for (size_t i = 0; i < HOLDERS_N; i++) {
		struct slice value = w.held[i];
		if (holders[i].holder == HOLD_STREAM) {
			out->standard_error |= is_standard_error(value);
		} else if (holders[i].holder == HOLD_OBJECT && value.s && *value.s == '{') {
			object = value;
			out->name = holders[i].shown;
		} else if (is_candidate(value, i, plain)) {
			if (found != HOLDERS_N)
				return false;
			found = i;
		}
	}
	out->text = room;
	if (object.s) {
		memmove(room, object.s, object.len);
		out->len = object.len;
		return true;
	}
	if (found == HOLDERS_N || !read_text(w.held[found], plain, room, &out->len))
		return false;
	out->name = shown_of(found, w.held[STREAM].s);
	out->may_be_part = holders[found].may_be_part;
	out->is_string = *w.held[found].s == '"';
	return true;
}

/* As is_standard_error, for a value that scan.h read. The result is false for a value with escapes,
 * which scan.h stores outside the text. */
static bool is_error_stream(const struct field *f, const char *text, size_t len)
{
	return f->kind == FIELD_TEXT && f->len >= 4 && f->len <= 6 &&
	       (uintptr_t)f->text - (uintptr_t)text < len && memcmp(f->text, "stderr", f->len) == 0;
}

/* Whether the value is an object or an array that only unwrap_object can read. */
static bool is_for_walk(const struct unwrap *u, uint8_t slot, const struct field *f)
{
	uint8_t at = u->holders[slot];
	const char *name = u->fields.names[slot];

	return f->kind > FIELD_NUMBER &&
	       (at == MESSAGE || holders[at].holder == HOLD_OBJECT ||
		       fields_find(&u->fields, name, strlen(name))->inside);
}

bool unwrap_values(const struct unwrap *u, const struct fields_values *values, const char *text,
	size_t len, bool plain, struct unwrapped *out)
{
	const struct field *found = NULL;
	size_t holder = 0;
	bool stream = false;

	*out = (struct unwrapped){.is_string = true};
	for (uint32_t i = 0; i < values->set_n; i++) {
		uint8_t slot = values->set[i], at = u->holders[slot];
		const struct field *f = &values->at[slot];
		bool string = f->kind == FIELD_TEXT || f->kind == FIELD_DASH;
		if (slot < u->shut_n || is_for_walk(u, slot, f))
			return false;
		if (holders[at].holder == HOLD_STREAM) {
			stream |= at == STREAM;
			out->standard_error |= is_error_stream(f, text, len);
		} else if (string && (plain || *f->text == '{')) {
			if (found)
				return false;
			found = f;
			holder = at;
		}
	}
	if (!found)
		return false;
	out->text = found->text;
	out->len = found->len;
	out->name = shown_of(holder, stream);
	out->may_be_part = holders[holder].may_be_part;
	return trim_end(out->text, &out->len, plain);
}
