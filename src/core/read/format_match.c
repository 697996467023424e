/* format_match.c - see format_match.h. */
#include "core/read/format_match.h"

#include <stddef.h>
#include <string.h>

#include "core/base/num.h"

/* ---- sets of slots ---- */

static void add_slots(struct slot_set *set, const uint8_t *slots)
{
	for (; *slots != FIELDS_NONE; slots++)
		set->bits[*slots / 64] |= (uint64_t)1 << *slots % 64;
}

static bool slots_intersect(const struct slot_set *a, const struct slot_set *b)
{
	uint64_t common = 0;

	for (size_t i = 0; i < FIELDS_MAX / 64; i++)
		common |= a->bits[i] & b->bits[i];
	return common != 0;
}

static bool is_empty(const struct slot_set *a)
{
	return !slots_intersect(a, a);
}

static bool slots_contain(const struct slot_set *a, const struct slot_set *part)
{
	uint64_t missing = 0;

	for (size_t i = 0; i < FIELDS_MAX / 64; i++)
		missing |= part->bits[i] & ~a->bits[i];
	return missing == 0;
}

static unsigned count_common(const struct slot_set *a, const struct slot_set *b)
{
	unsigned n = 0;

	for (size_t i = 0; i < FIELDS_MAX / 64; i++)
		n += (unsigned)__builtin_popcountll(a->bits[i] & b->bits[i]);
	return n;
}

/* ---- wanted names ---- */

/* Appends the slots of the names to `out`. */
static bool want_names(struct fields *f, const char *const *names, size_t names_max, uint8_t *out)
{
	size_t n = 0;

	while (out[n] != FIELDS_NONE)
		n++;
	for (size_t i = 0; i < names_max && names[i]; i++, n++) {
		if (n == FORMAT_SLOTS_MAX - 1)
			return false;
		out[n] = fields_want(f, names[i]);
		if (out[n] == FIELDS_NONE)
			return false;
	}
	out[n] = FIELDS_NONE;
	return true;
}

/* Stores the slots of the names. If an option gives a name in `instead`, stores only the slot of
 * that name. */
static bool want_list(struct fields *f, const char *const *names, size_t names_max,
	const char *instead, uint8_t *out)
{
	*out = FIELDS_NONE;
	return instead ? want_names(f, &instead, 1, out) : want_names(f, names, names_max, out);
}

static bool want_set(
	struct fields *f, const char *const *names, size_t names_max, struct slot_set *out)
{
	uint8_t slots[FORMAT_SLOTS_MAX] = {FIELDS_NONE};
	bool ok = want_names(f, names, names_max, slots);

	add_slots(out, slots);
	return ok;
}

#define NAMES(list) (list), sizeof(list) / sizeof *(list)

static bool want_row(struct format_match *m, struct fields *f, const struct format *format)
{
	static const char *const none[] = {NULL};
	struct format_row *row = &m->rows[m->rows_n++];
	const struct format_names *n = &m->names;

	row->format = format;
	row->logger = FIELDS_NONE;
	bool ok = want_set(f, NAMES(format->marks), &row->all) &&
		  want_set(f, NAMES(format->any), &row->any) &&
		  want_set(f, NAMES(format->peers), &row->own_peers) &&
		  want_list(f, NAMES(format->peers), n->client, row->peer) &&
		  want_list(f, NAMES(format->status), n->status, row->status) &&
		  (n->status || want_names(f, format_status, SIZE_MAX, row->status)) &&
		  want_list(f, NAMES(format->time), n->time, row->ended) &&
		  want_list(f, n->time ? none : format->start,
			  sizeof format->start / sizeof *format->start, NULL, row->began) &&
		  want_list(f, NAMES(format->method), n->method, row->method) &&
		  want_list(f, NAMES(format->path), n->path, row->path) &&
		  fields_want_if(f, n->client ? NULL : format->connection, &row->connection) &&
		  fields_want_if(f, n->time ? NULL : format->lasted, &row->lasted) &&
		  fields_want_if(f, format->logger, &row->logger);
	add_slots(&row->peers, row->peer);
	add_slots(&row->statuses, row->status);
	add_slots(&row->times, row->ended);
	add_slots(&row->times, row->began);
	add_slots(&m->all_statuses, row->status);
	add_slots(&m->all_paths, row->method);
	add_slots(&m->all_paths, row->path);
	if (row->logger != FIELDS_NONE) {
		const uint8_t logger[] = {row->logger, FIELDS_NONE};
		add_slots(&m->valued, logger);
		m->logger = row->logger;
	}
	return ok;
}

/* Adds the slots of members outside the objects that contain the headers of clients. */
static void add_flat(struct slot_set *set, const struct fields *wanted, const uint8_t *slots)
{
	for (; *slots != FIELDS_NONE; slots++)
		if (!strstr(wanted->names[*slots], "headers."))
			add_slots(set, (uint8_t[]){*slots, FIELDS_NONE});
}

bool format_match_init(struct format_match *m, struct fields *wanted, const struct format *only,
	const struct format_names *names)
{
	const struct format *f = only ? only : format_all();

	memset(m, 0, sizeof *m);
	m->names = *names;
	for (unsigned i = 0; i < FORMAT_CHOICES; i++)
		m->choices[i].around = ~0u; /* matches no line */
	m->last.choice = m->choices;
	m->logger = FIELDS_NONE;
	*m->weak_status = FIELDS_NONE;
	if (!want_list(wanted, format_forwarded, SIZE_MAX, names->forwarded, m->forwarded) ||
		!want_list(wanted, format_fetch_site, SIZE_MAX, NULL, m->fetch_site) ||
		(!names->status &&
			!want_names(wanted, format_weak_status, SIZE_MAX, m->weak_status)))
		return false;
	add_slots(&m->all_forwarded, m->forwarded);
	add_flat(&m->flat_forwarded, wanted, m->forwarded);
	add_slots(&m->valued, m->weak_status);
	for (; f && f->name; f = only ? format_next(f) : f + 1)
		if (!want_row(m, wanted, f))
			return false;
	return true;
}

/* ---- values ---- */

uint8_t format_first_of(const struct field *values, const uint8_t *slots, enum field_kind nothing)
{
	while (*slots != FIELDS_NONE && values[*slots].kind <= nothing)
		slots++;
	return *slots;
}

bool format_status_value(const struct field *f, uint16_t *out)
{
	double v;

	*out = 0;
	if (!field_number(f, &v))
		return false;
	if (v == 0 || v == -1)
		return true;
	if (!(v >= 100 && v <= 599) || v != (uint16_t)v)
		return false;
	*out = (uint16_t)v;
	return true;
}

uint8_t format_weak_status_of(const struct format_match *m, const struct field *values)
{
	const uint8_t *slot = m->weak_status;
	uint16_t status;

	while (*slot != FIELDS_NONE && !(format_status_value(&values[*slot], &status) && status))
		slot++;
	return *slot;
}

/* The kind of log that a line's logger names. */
enum loggers { LOGGER_NONE, LOGGER_ACCESS, LOGGER_OTHER };

static enum loggers read_logger(const struct format_row *row, const struct field *values)
{
	const struct field *logger = row->logger == FIELDS_NONE ? NULL : &values[row->logger];
	size_t len = row->format->access ? strlen(row->format->access) : 0;

	if (!logger || logger->kind == FIELD_ABSENT)
		return LOGGER_NONE;
	return logger->kind == FIELD_TEXT && logger->len >= len &&
			       memcmp(logger->text, row->format->access, len) == 0
		       ? LOGGER_ACCESS
		       : LOGGER_OTHER;
}

/* ---- the row ---- */

/* Whether the members that are present match the row. Status and time are not checked. */
static bool has_marks(
	const struct format_match *m, const struct format_row *row, const struct format_choice *c)
{
	if (!slots_intersect(&row->peers, &c->there) || !slots_contain(&c->there, &row->all) ||
		!(is_empty(&row->any) || slots_intersect(&row->any, &c->there)))
		return false;
	if (m->names.client)
		return true;
	/* the missing part may have contained another peer or a forwarded member */
	if (row->format->one_peer &&
		(c->around & FORMAT_CUT || count_common(&row->peers, &c->there) != 1))
		return false;
	return !row->format->no_forwarded || !slots_intersect(&m->flat_forwarded, &c->there);
}

/* With --client, several rows may match the same line. Only one row of the table has a logger: the
 * row of Caddy. If the line has the member for Caddy's logger and a member for Caddy's time, rows
 * without a logger do not match. */
static bool has_logger(const struct format_match *m, const struct format_choice *c)
{
	for (unsigned i = 0; i < m->rows_n; i++)
		if (m->rows[i].logger != FIELDS_NONE)
			return c->logger != LOGGER_NONE &&
			       slots_intersect(&m->rows[i].times, &c->there);
	return false;
}

/* Chooses the row of a line. A line without a status or a time may still match a row (see
 * needs_status and needs_time). If the line's logger names a log other than Caddy's access log,
 * Caddy's row does not match, because Caddy's other logs contain addresses, too. Then another row
 * matches only if the line has a status. With --client, several rows may match. The first row whose
 * own peers are present is preferred, because the meaning of members differs between rows. For
 * example, the time of an Apache line is always the beginning of the request. */
static void choose_row(
	const struct format_match *m, const struct field *values, struct format_choice *c)
{
	const struct format_row *untimed = NULL, *peer_alone = NULL, *named_fit = NULL;
	bool named = m->names.client, cut = c->around & FORMAT_CUT;
	bool any_status = slots_intersect(&m->all_statuses, &c->there) || c->weak_status;
	bool only_logger = named && has_logger(m, c);
	bool any_peer = false;

	c->row = NULL;
	for (const struct format_row *row = m->rows; row < m->rows + m->rows_n; row++) {
		enum loggers logger = read_logger(row, values);
		bool needs_time = row->format->needs_time && !named;
		if (!has_marks(m, row, c) || (only_logger && row->logger == FIELDS_NONE))
			continue;
		any_peer = true;
		if (logger == LOGGER_OTHER ||
			(c->around & FORMAT_STANDARD_ERROR && logger != LOGGER_ACCESS))
			continue;
		bool status = slots_intersect(&row->statuses, &c->there) || c->weak_status;
		bool timed = slots_intersect(&row->times, &c->there);
		if (status && (timed || !(named || needs_time))) {
			bool own = !named || slots_intersect(&row->own_peers, &c->there);
			if (own || !named_fit)
				c->row = row;
			if (own)
				return;
			named_fit = c->row;
		}
		if (status && !untimed && !needs_time)
			untimed = row;
		if (!status && !peer_alone && !needs_time &&
			(cut || named || !row->format->needs_status))
			peer_alone = row;
	}
	if (named_fit)
		return;
	bool asked = slots_intersect(&m->all_forwarded, &c->there) &&
		     slots_intersect(&m->all_paths, &c->there);
	c->reason = LINE_OTHER;
	if (c->logger == LOGGER_OTHER)
		return;
	c->row = untimed ? untimed : peer_alone;
	if (!any_peer && (any_status || asked))
		c->reason = LINE_NO_CLIENT;
}

static enum loggers read_line_logger(const struct format_match *m, const struct field *values)
{
	for (unsigned i = 0; i < m->rows_n && m->logger != FIELDS_NONE; i++)
		if (m->rows[i].logger == m->logger)
			return read_logger(&m->rows[i], values);
	return LOGGER_NONE;
}

/* Returns the stored choice for the facts in `c`, or makes this choice and stores it. */
static const struct format_choice *choose_once(
	struct format_match *m, const struct field *values, struct format_choice *c)
{
	uint64_t h = c->around;

	for (size_t i = 0; i < FIELDS_MAX / 64; i++)
		h = (h ^ c->there.bits[i]) * 0x9e3779b97f4a7c15;
	struct format_choice *known = &m->choices[h >> 32 & (FORMAT_CHOICES - 1)];
	if (known->around == c->around && known->logger == c->logger &&
		known->weak_status == c->weak_status &&
		memcmp(&known->there, &c->there, sizeof c->there) == 0)
		return known;
	c->fetch_site = format_first_of(values, m->fetch_site, FIELD_ABSENT);
	choose_row(m, values, c);
	*known = *c;
	return known;
}

static void choose_anew(struct format_match *m, const struct fields_values *values, unsigned around)
{
	struct format_choice c = {.around = around};
	struct format_last *last = &m->last;

	for (uint32_t i = 0; i < values->set_n; i++)
		c.there.bits[values->set[i] / 64] |= (uint64_t)1 << values->set[i] % 64;
	c.logger = (uint8_t)read_line_logger(m, values->at);
	c.weak_status = format_weak_status_of(m, values->at) != FIELDS_NONE;
	last->choice = choose_once(m, values->at, &c);
	last->by_names = !slots_intersect(&m->valued, &c.there);
	last->set_n = values->set_n;
	memcpy(last->set, values->set, values->set_n);
}

/* Whether the values that influence the choice of a row have the same effect as in the previous
 * line. */
static bool is_said_again(const struct format_match *m, const struct field *values)
{
	const struct format_choice *c = m->last.choice;

	return c->logger == read_line_logger(m, values) &&
	       c->weak_status == (format_weak_status_of(m, values) != FIELDS_NONE);
}

const struct format_row *format_match_find(struct format_match *m,
	const struct fields_values *values, unsigned around, enum line_reason *reason)
{
	const struct format_last *last = &m->last;

	if (around != last->choice->around || values->set_n != last->set_n ||
		memcmp(values->set, last->set, last->set_n) != 0 ||
		!(last->by_names || is_said_again(m, values->at)))
		choose_anew(m, values, around);
	*reason = last->choice->reason;
	return last->choice->row;
}
