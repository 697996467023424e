/* extract.c - see extract.h. */
#include "core/read/extract.h"

#include <math.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/read/forwarded.h"
#include "core/read/request_path.h"

/* A number that would be a time before 2001 is a duration or an unset value. A date is accepted
 * from 1991 on, because a date cannot be a duration and old logs are replayed. An earlier date is
 * an unset value, because there was no HTTP before 1991. */
static const struct instant oldest_number = {978307200000}, oldest_date = {662688000000};
/* Maximum duration of a request: no real request lasts longer. With a longer duration, a client
 * could move the end of a request to any time. */
#define LASTED_MAX_MS (24 * 3600 * 1000.0)
/* Maximum number of requests that one line stands for: no client sends more in the time that one
 * line covers. With a higher number, a single line could ban a client. */
#define COUNT_MAX 1000000

bool extract_init(struct extract *p, const struct extract_config *config)
{
	memset(p, 0, sizeof *p);
	p->config = *config;
	fields_init(&p->fields);
	return format_match_init(&p->match, &p->fields, config->format, &config->names) &&
	       fields_want_if(&p->fields, config->count, &p->count);
}

static void show_member(
	struct line_member *m, const struct extract *p, const struct field *values, uint8_t slot)
{
	struct buf b;

	memset(m, 0, sizeof *m);
	if (slot == FIELDS_NONE)
		return;
	buf_init(&b, m->name, sizeof m->name - 1);
	buf_put_plain(&b, p->fields.names[slot], strlen(p->fields.names[slot]));
	buf_init(&b, m->value, sizeof m->value - 1);
	if (values[slot].kind == FIELD_NUMBER)
		buf_put_fixed(&b, values[slot].number, 6);
	else if (values[slot].kind == FIELD_TEXT || values[slot].kind == FIELD_LIST)
		buf_put_plain(&b, values[slot].text, values[slot].len);
	else if (values[slot].kind == FIELD_DASH)
		buf_put_char(&b, '-');
	else if (values[slot].kind == FIELD_OTHER)
		buf_put_text(&b, "(no text, no number)");
}

/* The first time member that is not empty, for messages. */
static uint8_t first_bad_time(const struct format_row *row, const struct field *values)
{
	uint8_t slot = format_first_of(values, row->ended, FIELD_DASH);

	return slot != FIELDS_NONE ? slot : format_first_of(values, row->began, FIELD_DASH);
}

/* Whether the field is a time. Sets *is_bad if the field is a text, but neither a time nor a
 * number. */
static bool read_time(struct extract *p, const struct field *f, struct instant *out, bool *is_bad)
{
	bool ok = f->kind == FIELD_NUMBER
			  ? timestamp_epoch(f->number, out)
			  : f->kind == FIELD_TEXT && timestamp_parse_next(&p->day, f->text, f->len,
							     p->config.zone, out);
	double v;

	if (ok && !instant_before(*out, oldest_number))
		return true;
	if (field_number(f, &v))
		return false;
	*is_bad |= !ok && f->kind > FIELD_DASH;
	return ok && !instant_before(*out, oldest_date);
}

/* The slot of the first valid time; FIELDS_NONE if there is none. */
static uint8_t find_time(struct extract *p, const struct field *values, const uint8_t *slots,
	struct instant *out, bool *is_bad)
{
	while (*slots != FIELDS_NONE && !read_time(p, &values[*slots], out, is_bad))
		slots++;
	return *slots;
}

/* Finds the time at which the request ended. */
static enum line_reason find_end(struct extract *p, const struct format_row *row,
	const struct field *values, struct request *r, struct line_explanation *shown)
{
	bool is_bad = false;
	uint8_t slot = find_time(p, values, row->ended, &r->time, &is_bad);
	double lasted;

	r->has_time = slot != FIELDS_NONE;
	if (!r->has_time) {
		slot = find_time(p, values, row->began, &r->time, &is_bad);
		r->has_time = slot != FIELDS_NONE;
		if (r->has_time && row->lasted != FIELDS_NONE &&
			field_number(&values[row->lasted], &lasted) && lasted >= 0 &&
			lasted * row->format->unit_ms <= LASTED_MAX_MS) {
			r->time = instant_add(
				r->time, (struct span){(int64_t)(lasted * row->format->unit_ms)});
			if (shown)
				show_member(&shown->lasted, p, values, row->lasted);
		}
	}
	if (shown)
		show_member(&shown->time, p, values,
			r->has_time || !is_bad ? slot : first_bad_time(row, values));
	return !r->has_time && is_bad ? LINE_BAD_TIME : LINE_OK;
}

/* Reads the number of requests that the line stands for: 1 if the log has no member for it. */
static bool read_count(const struct field *f, uint32_t *count)
{
	double v = 1;

	if (f && f->kind != FIELD_ABSENT &&
		(!field_number(f, &v) || !(v >= 1 && v <= COUNT_MAX) || v != floor(v)))
		return false;
	*count = (uint32_t)v;
	return true;
}

static bool is_address(const struct field *f, struct address *out)
{
	return f->kind == FIELD_TEXT && address_parse_peer(f->text, f->len, out);
}

/* A log may contain networks instead of addresses, as events do. */
static bool is_network(const struct field *f, struct address *out)
{
	return f->kind == FIELD_TEXT && address_parse_network(f->text, f->len, out);
}

static bool is_text(const struct field *f)
{
	return f->kind == FIELD_TEXT || f->kind == FIELD_LIST;
}

/* If the client is a trusted proxy, replaces it by the client that the proxy forwarded. */
static void find_client_behind(const struct extract *p, const struct format_row *row,
	const struct field *values, struct request *r, struct line_explanation *shown)
{
	const struct allow *trusted = p->config.trusted;
	struct address behind;

	if (!trusted || !allow_has(trusted, &r->client))
		return;
	for (const uint8_t *slot = p->match.forwarded; *slot != FIELDS_NONE; slot++) {
		const struct field *f = &values[*slot];
		bool is_peer = slot_set_has(&row->peers, *slot);
		if (f->kind <= FIELD_DASH || (is_peer && !p->config.names.forwarded))
			continue;
		if (is_text(f) && forwarded_find(f->text, f->len, trusted, &behind)) {
			r->client = behind;
			r->behind_proxy = !p->config.transparent;
			if (shown)
				show_member(&shown->forwarded, p, values, *slot);
		}
		/* only the first member that is not empty counts: the client may have written the
		 * others */
		return;
	}
}

/* The last address of a list. The nearest proxy wrote this address. */
static bool last_address(const struct field *f, struct address *out)
{
	if (!is_text(f))
		return false;
	const char *comma = memrchr(f->text, ',', f->len);
	const char *last = comma ? comma + 1 : f->text, *end = f->text + f->len;
	while (last < end && *last == ' ')
		last++;
	return address_parse_peer(last, (size_t)(end - last), out);
}

/* For messages: stores a forwarded member whose address was not used as the client. */
static void show_unbelieved(const struct extract *p, const struct field *values,
	const struct request *r, struct line_explanation *shown)
{
	struct address a;

	if (shown->forwarded.name[0])
		return;
	for (const uint8_t *slot = p->match.forwarded; *slot != FIELDS_NONE; slot++) {
		if (!last_address(&values[*slot], &a) || address_equal(&a, &r->client))
			continue;
		show_member(&shown->unbelieved, p, values, *slot);
		return;
	}
}

static enum line_reason find_client(const struct extract *p, const struct format_row *row,
	const struct field *values, struct request *r, struct line_explanation *shown)
{
	uint8_t slot = format_first_of(values, row->peer, FIELD_ABSENT);
	struct address real;

	if (shown)
		show_member(&shown->client, p, values, slot);
	if (values[slot].kind == FIELD_EMPTY)
		return LINE_NO_CLIENT;
	if (!is_address(&values[slot], &r->client) && !is_network(&values[slot], &r->client))
		return LINE_BAD_CLIENT;
	r->behind_proxy = !p->config.transparent && row->connection != FIELDS_NONE &&
			  is_address(&values[row->connection], &real) &&
			  !address_equal(&real, &r->client);
	find_client_behind(p, row, values, r, shown);
	if (shown) {
		shown->proxy = p->config.trusted && allow_has(p->config.trusted, &r->client);
		show_unbelieved(p, values, r, shown);
	}
	return LINE_OK;
}

static bool find_status(const struct extract *p, const struct format_row *row,
	const struct field *values, struct request *r, struct line_explanation *shown)
{
	uint8_t slot = format_first_of(values, row->status, FIELD_DASH);

	if (slot == FIELDS_NONE &&
		format_first_of(values, row->status, FIELD_ABSENT) == FIELDS_NONE)
		slot = format_weak_status_of(&p->match, values);
	if (shown)
		show_member(&shown->status, p, values, slot);
	return slot == FIELDS_NONE || format_status_value(&values[slot], &r->status);
}

static void find_path(const struct extract *p, const struct format_row *row,
	const struct field *values, struct request *r, struct line_explanation *shown)
{
	uint8_t method = format_first_of(values, row->method, FIELD_DASH);
	const uint8_t *path = row->path;

	if (method != FIELDS_NONE && values[method].kind == FIELD_TEXT)
		request_path_set_method(r, values[method].text, values[method].len);
	for (; *path != FIELDS_NONE && !r->path_len; path++) {
		if (values[*path].kind != FIELD_TEXT)
			continue;
		request_path_read(r, values[*path].text, values[*path].len);
		if (shown && r->path_len)
			show_member(&shown->path, p, values, *path);
	}
	if (shown)
		show_member(&shown->method, p, values, method);
}

/* Reads Sec-Fetch-Site (W3C, "Fetch Metadata Request Headers"). In this header, the browser names
 * the kind of site whose page caused the request. */
static void find_fetch_site(const struct extract *p, const struct field *values, struct request *r,
	struct line_explanation *shown)
{
	static const char cross[] = "cross-site";
	uint8_t slot = format_fetch_site_of(&p->match);

	if (slot == FIELDS_NONE)
		return;
	const struct field *f = &values[slot];
	r->cross_site = is_text(f) && f->len == sizeof cross - 1 &&
			memcmp(f->text, cross, sizeof cross - 1) == 0;
	if (shown)
		show_member(&shown->fetch_site, p, values, slot);
}

enum line_reason extract_request(struct extract *p, const struct fields_values *values,
	unsigned around, struct line_result *out, struct line_explanation *shown)
{
	struct request *r = &out->request;
	const struct field *at = values->at;
	enum line_reason reason;
	const struct format_row *row = format_match_find(&p->match, values, around, &reason);

	if (!row)
		return reason;
	if (shown) {
		shown->format = row->format->name;
		show_member(&shown->count, p, at, p->count);
	}
	out->bad_status = !find_status(p, row, at, r, shown);
	enum line_reason time = find_end(p, row, at, r, shown);
	reason = find_client(p, row, at, r, shown);
	if (reason != LINE_OK || time != LINE_OK)
		return reason != LINE_OK ? reason : time;
	find_path(p, row, at, r, shown);
	find_fetch_site(p, at, r, shown);
	return read_count(p->count == FIELDS_NONE ? NULL : &at[p->count], &r->count)
		       ? LINE_OK
		       : LINE_BAD_COUNT;
}
