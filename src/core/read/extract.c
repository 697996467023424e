/* extract.c - see extract.h. */
#include "core/read/extract.h"

#include <string.h>

#include "core/base/buf.h"
#include "core/read/forwarded.h"
#include "core/base/num.h"

static bool want_list(struct fields *f, const char *const *names, const char *instead, uint8_t *out)
{
	size_t n = 0;
	const char *const one[] = {instead, NULL};

	for (names = instead ? one : names; *names && n < FORMAT_FIELDS_MAX - 1; names++, n++) {
		out[n] = fields_want(f, *names);
		if (out[n] == FIELDS_NONE)
			return false;
	}
	out[n] = FIELDS_NONE;
	return true;
}

static bool want_one(struct fields *f, const char *name, uint8_t *out)
{
	*out = name ? fields_want(f, name) : FIELDS_NONE;
	return !name || *out != FIELDS_NONE;
}

static bool want_row(struct extract *p, const struct format *format)
{
	struct extract_row *row = &p->rows[p->rows_n++];
	struct fields *f = &p->fields;
	const struct extract_config *c = &p->config;

	row->format = format;
	return want_list(f, format->client, c->client, row->client) &&
	       want_list(f, format->status, c->status, row->status) &&
	       want_list(f, format->time, c->time, row->time) &&
	       want_one(f, c->client ? NULL : format->peer, &row->peer) &&
	       want_one(f, c->time ? NULL : format->from, &row->from) &&
	       want_one(f, c->time ? NULL : format->lasted_ns, &row->lasted) &&
	       want_one(f, format->logger, &row->logger);
}

bool extract_init(struct extract *p, const struct extract_config *config)
{
	static const char *const none[] = {NULL};

	memset(p, 0, sizeof *p);
	p->config = *config;
	fields_init(&p->fields);
	if (config->format && !want_row(p, config->format))
		return false;
	for (const struct format *f = format_all(); !config->format && f->name; f++)
		if (!want_row(p, f))
			return false;
	return want_list(
		       &p->fields, config->trusted ? format_forwarded : none, NULL, p->forwarded) &&
	       want_one(&p->fields, config->count, &p->count) &&
	       want_one(&p->fields, "log", &p->log) && want_one(&p->fields, "stream", &p->stream);
}

/* The first of the slots with more to it than `nothing`; FIELDS_NONE: none has. */
static uint8_t first_of(const struct field *values, const uint8_t *slots, enum field_kind nothing)
{
	while (*slots != FIELDS_NONE && values[*slots].kind <= nothing)
		slots++;
	return *slots;
}

static const struct field *slot_value(const struct field *values, uint8_t slot)
{
	return slot == FIELDS_NONE ? NULL : &values[slot];
}

/* 100..599, or 0 for unknown; false when it is neither that nor a known way to say unknown. */
bool extract_status(const struct field *f, uint16_t *out)
{
	double v;

	*out = 0;
	if (f->kind == FIELD_NUMBER)
		v = f->number;
	else if (f->kind != FIELD_TEXT || !num_double(f->text, f->len, &v))
		return false;
	if (v == 0 || v == -1)
		return true;
	if (!(v >= 100 && v <= 599) || v != (uint16_t)v)
		return false;
	*out = (uint16_t)v;
	return true;
}

static bool read_time(const struct extract *p, const struct field *f, struct instant *out)
{
	if (f->kind == FIELD_NUMBER)
		return timestamp_epoch(f->number, out);
	return f->kind == FIELD_TEXT && timestamp_parse(f->text, f->len, p->config.zone, out);
}

static uint32_t read_count(const struct field *f)
{
	double v;

	if (!f)
		return 1;
	if (f->kind == FIELD_NUMBER)
		v = f->number;
	else if (f->kind != FIELD_TEXT || !num_double(f->text, f->len, &v))
		return 1;
	return v >= 1 && v <= UINT32_MAX ? (uint32_t)v : 1;
}

static bool is_address(const struct field *f, struct address *out)
{
	return f->kind == FIELD_TEXT && address_parse_peer(f->text, f->len, out);
}

/* Whether the line is of the product's access log, as far as its logger tells. */
static bool is_access(const struct extract_row *row, const struct field *values)
{
	const struct field *logger = slot_value(values, row->logger);
	size_t len = row->format->access ? strlen(row->format->access) : 0;

	return !logger || logger->kind == FIELD_ABSENT ||
	       (logger->kind == FIELD_TEXT && logger->len >= len &&
		       memcmp(logger->text, row->format->access, len) == 0);
}

/* Whether the product can be told by its members other than the client, which an option names for all. */
static bool is_timed(
	const struct extract *p, const struct extract_row *row, const struct field *values)
{
	return !p->config.client || first_of(values, row->time, FIELD_EMPTY) != FIELDS_NONE;
}

static bool names_logger(const struct extract_row *row, const struct field *values)
{
	return row->format->access && values[row->logger].kind == FIELD_TEXT;
}

/* The product that fits, or NULL and the reason. A line of which only a part of one fits is a request
 * unless its logger says that it is another log's: Caddy's others name addresses too. */
static const struct extract_row *find_row(const struct extract *p, const struct field *values,
	unsigned around, enum line_reason *reason)
{
	const struct extract_row *untimed = NULL, *clients_alone = NULL;
	bool any_status = false, any_client = false, access = true;

	for (const struct extract_row *row = p->rows; row < p->rows + p->rows_n; row++) {
		bool client = first_of(values, row->client, FIELD_EMPTY) != FIELDS_NONE;
		bool status = first_of(values, row->status, FIELD_ABSENT) != FIELDS_NONE;
		bool ours = is_access(row, values);
		any_status |= first_of(values, row->status, FIELD_EMPTY) != FIELDS_NONE;
		any_client |= client;
		access &= ours;
		if (!client || !ours ||
			(around & EXTRACT_STANDARD_ERROR && !names_logger(row, values)))
			continue;
		if (status && is_timed(p, row, values))
			return row;
		if (status && !untimed)
			untimed = row;
		if (!status && !clients_alone &&
			(around & EXTRACT_CUT || !row->format->has_status || p->config.client))
			clients_alone = row;
	}
	*reason = any_status && !any_client ? LINE_NO_CLIENT : LINE_OTHER;
	if (!access)
		return NULL;
	return untimed ? untimed : clients_alone;
}

static void find_client_behind(
	const struct extract *p, const char *forwarded, size_t len, struct request *r)
{
	struct address behind;

	if (!p->config.trusted || !allow_has(p->config.trusted, &r->client) ||
		!forwarded_find(forwarded, len, p->config.trusted, &behind))
		return;
	r->client = behind;
	r->behind_proxy = !p->config.transparent;
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

enum line_reason extract_request(const struct extract *p, const struct field *values,
	unsigned around, struct line_result *out, struct line_explanation *view)
{
	struct request *r = &out->request;
	enum line_reason reason;
	const struct extract_row *row = find_row(p, values, around, &reason);

	if (!row)
		return reason;
	uint8_t client = first_of(values, row->client, FIELD_EMPTY);
	uint8_t status = first_of(values, row->status, FIELD_DASH);
	uint8_t time = first_of(values, row->time, FIELD_DASH);
	uint8_t forwarded = first_of(values, p->forwarded, FIELD_DASH);
	if (view) {
		view->format = row->format->name;
		show_member(&view->client, p, values, client);
		show_member(&view->status, p, values, status);
		show_member(&view->time, p, values, time);
		show_member(&view->count, p, values, p->count);
	}
	if (!is_address(&values[client], &r->client))
		return LINE_BAD_CLIENT;
	struct address peer;
	r->behind_proxy = !p->config.transparent && row->peer != FIELDS_NONE &&
			  is_address(&values[row->peer], &peer) &&
			  !address_equal(&peer, &r->client);
	if (forwarded != FIELDS_NONE) {
		const struct field *f = &values[forwarded];
		struct address before = r->client;
		if (f->kind == FIELD_TEXT || f->kind == FIELD_LIST)
			find_client_behind(p, f->text, f->len, r);
		if (view && !address_equal(&before, &r->client))
			show_member(&view->forwarded, p, values, forwarded);
	}
	if (view)
		view->proxy = p->config.trusted && allow_has(p->config.trusted, &r->client);
	r->has_time = time != FIELDS_NONE;
	if (r->has_time && !read_time(p, &values[time], &r->time))
		return LINE_BAD_TIME;
	if (r->has_time && time == row->from && values[row->lasted].kind == FIELD_NUMBER &&
		values[row->lasted].number >= 0 && values[row->lasted].number < 1e15)
		r->time = instant_add(
			r->time, (struct span){(int64_t)(values[row->lasted].number / 1e6)});
	r->status = 0;
	out->bad_status = status != FIELDS_NONE && !extract_status(&values[status], &r->status);
	r->count = read_count(slot_value(values, p->count));
	return LINE_OK;
}

static bool is_stdout(const struct field *stream, bool cut)
{
	static const char name[] = "stdout";
	size_t len = sizeof name - 1;

	if (stream->kind != FIELD_TEXT)
		return cut && stream->kind <= FIELD_EMPTY;
	return (stream->len == len || (cut && stream->len < len)) &&
	       memcmp(stream->text, name, stream->len) == 0;
}

const struct field *extract_wrapped(
	const struct extract *p, const struct field *values, bool cut, bool *standard_error)
{
	const struct field *log = &values[p->log], *stream = &values[p->stream];

	*standard_error = stream->kind == FIELD_TEXT && stream->len == 6 &&
			  memcmp(stream->text, "stderr", 6) == 0;
	return log->kind == FIELD_TEXT && (*standard_error || is_stdout(stream, cut)) ? log : NULL;
}
