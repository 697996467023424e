/* state.c - see state.h: contains the tables of members, and writes the state as JSON. state_read.c
 * reads the state. */
#include "core/record/state.h"

#include <string.h>

#include "core/record/state_members.h"

/* Maximum of a real number, far above any real rate or z. Up to this value, buf_put_fixed prints
 * decimals. */
#define REAL_MAX        1e12
#define REAL_DIGITS     6
#define EVIDENCE_DIGITS 3   /* decimals, as in events */
#define PERCENT_MAX     1e6 /* percent of one core: ten thousand cores */
/* seconds; with an interval of 0, every state would be stale */
#define INTERVAL_MIN  0.1
#define INTERVAL_MAX  86400 /* seconds */
#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* clang-format off */
#define MEMBER(name, kind, type, field, min, max) \
	STATE_MEMBER(name, kind, false, type, field, min, max)
#define REAL(name, type, field, min) MEMBER(name, REAL, type, field, min, REAL_MAX)
#define U32(name, type, field)       MEMBER(name, U32, type, field, 0, UINT32_MAX)
#define U64(name, type, field)       MEMBER(name, U64, type, field, 0, STATE_WHOLE_MAX)
#define OTHER(name, kind, type, field) MEMBER(name, kind, type, field, 0, 0)
#define TEXT(name, type, field) \
	MEMBER(name, TEXT, type, field, 0, sizeof STATE_FIELD(type, field))
/* Members that a file of an older program may lack. */
#define LATER(name, kind, type, field, min, max) \
	STATE_MEMBER(name, kind, true, type, field, min, max)
#define LATER_TEXT(name, type, field) \
	LATER(name, TEXT, type, field, 0, sizeof STATE_FIELD(type, field))
#define LATER_HELD(name, hold) LATER(name, U64, state, held[hold], 0, STATE_WHOLE_MAX)
/* clang-format on */

static const struct state_member site_list[] = {
	OTHER("saved", TIME, state, saved),
	OTHER("started", TIME, state, started),
	OTHER("running", BOOL, state, running),
	OTHER("mode", MODE, state, replay),
	U32("pid", state, pid),
	TEXT("program_version", state, program_version),
	LATER_TEXT("host", state, host),
	MEMBER("cpu_percent", REAL, state, cpu_percent, 0, PERCENT_MAX),
	REAL("cpu_seconds", state, cpu_seconds, 0),
	U64("memory_bytes", state, memory_bytes),
	REAL("lines_per_s", state, lines_per_s, 0),
	MEMBER("interval_s", REAL, state, interval_s, INTERVAL_MIN, INTERVAL_MAX),
	TEXT("firewall", state, firewall),
	TEXT("set_name", state, set_name),
	LATER("ipv4_prefix", U32, state, ipv4_prefix, 0, 32),
	LATER("ipv6_prefix", U32, state, ipv6_prefix, 0, 128),
	LATER_TEXT("trouble", state, trouble),
	OTHER("now", TIME_OR_NONE, state, now),
	LATER("last_line", TIME_OR_NONE, state, last_line, 0, 0),
	LATER("lag_s", REAL, state, lag_s, 0, REAL_MAX),
	LATER("silence_s", REAL, state, silence_s, 0, REAL_MAX),
	LATER("silence_longest_s", REAL, state, silence_longest_s, 0, REAL_MAX),
	LATER("silence_limit_s", REAL, state, silence_limit_s, 0, REAL_MAX),
	LATER("bad_share", REAL, state, bad_share, 0, 1),
	LATER("rejected_share", REAL, state, rejected_share, 0, 1),
	LATER("late_share", REAL, state, late_share, 0, 1),
	LATER("no_status_share", REAL, state, no_status_share, 0, 1),
	U32("requests", state, requests),
	U32("errors", state, errors),
	REAL("z", state, z[SIGNAL_REQUESTS], -REAL_MAX),
	REAL("error_z", state, z[SIGNAL_ERRORS], -REAL_MAX),
	OTHER("abnormal", BOOL, state, abnormal[SIGNAL_REQUESTS]),
	OTHER("abnormal_since", TIME_OR_NONE, state, abnormal_since[SIGNAL_REQUESTS]),
	OTHER("error_abnormal", BOOL, state, abnormal[SIGNAL_ERRORS]),
	OTHER("error_abnormal_since", TIME_OR_NONE, state, abnormal_since[SIGNAL_ERRORS]),
	LATER("alarm", REAL, state, alarm[SIGNAL_REQUESTS], 0, REAL_MAX),
	LATER("error_alarm", REAL, state, alarm[SIGNAL_ERRORS], 0, REAL_MAX),
	REAL("mean", state, baseline.mean, 0),
	REAL("stddev", state, baseline.stddev, 0),
	REAL("error_mean", state, baseline.error_mean, 0),
	REAL("error_stddev", state, baseline.error_stddev, 0),
	OTHER("source", SOURCE, state, baseline.source),
	OTHER("error_source", SOURCE, state, baseline.error_source),
	OTHER("ready", BOOL, state, baseline.ready),
	LATER("failing", BOOL, state, failing, 0, 0),
	LATER("pages_failing", BOOL, state, pages_failing, 0, 0),
	LATER("error_share", REAL, state, error_share, 0, 1),
	LATER("learning_s", REAL, state, learning_s, 0, REAL_MAX),
	REAL("limit", state, limits[LIMIT_REQUESTS], 0),
	REAL("error_limit", state, limits[LIMIT_ERRORS], 0),
	REAL("visit_limit", state, limits[LIMIT_VISIT_REQUESTS], 0),
	REAL("visit_error_limit", state, limits[LIMIT_VISIT_ERRORS], 0),
	REAL("mark", state, limits[LIMIT_MARK], 0),
	REAL("visit_mark", state, limits[LIMIT_VISIT_MARK], 0),
	OTHER("limits_known", BOOL, state, limits_known),
	REAL("visits", state, visits, 0),
	OTHER("swarm", BOOL, state, swarm),
	OTHER("visit_swarm", BOOL, state, visit_swarm),
	U32("clients", state, clients),
	LATER("paths", U32, state, paths, 0, UINT32_MAX),
	LATER("slow_clients", U32, state, slow_clients, 0, UINT32_MAX),
	LATER_HELD("held_allowed", HOLD_ALLOWED),
	LATER_HELD("held_learning", HOLD_LEARNING),
	LATER_HELD("held_mass_ban", HOLD_MASS_BAN),
	LATER_HELD("held_proxy_in_front", HOLD_PROXY_IN_FRONT),
	LATER("no_effect", TIME_OR_NONE, state, no_effect, 0, 0),
	LATER("bans_not_enforced", U64, state, bans_not_enforced, 0, STATE_WHOLE_MAX),
	U64("bans_total", state, bans_total),
	LATER("reads_counts", BOOL, state, reads_counts, 0, 0),
	LATER("origins_total", U32, state, origins_total, 0, UINT32_MAX),
	LATER("origins_missing", U32, state, origins_in[ORIGIN_MISSING], 0, UINT32_MAX),
	LATER("origins_silent", U32, state, origins_in[ORIGIN_SILENT], 0, UINT32_MAX),
	LATER("origins_clock", U32, state, origins_in[ORIGIN_CLOCK], 0, UINT32_MAX),
	LATER("origins_duplicate", U32, state, origins_in[ORIGIN_DUPLICATE], 0, UINT32_MAX),
};

static const struct state_member top_list[] = {
	OTHER("client", ADDRESS, state_top, client),
	U32("requests", state_top, requests),
	U32("errors", state_top, errors),
	LATER("held", BOOL, state_top, held, 0, 0),
};

static const struct state_member ban_list[] = {
	OTHER("client", ADDRESS, state_ban, client),
	U32("strike", state_ban, strike),
	OTHER("since", TIME, state_ban, since),
	OTHER("until", TIME_OR_NEVER, state_ban, until),
	OTHER("rules", RULES, state_ban, rules),
	OTHER("enforced", BOOL, state_ban, enforced),
	LATER("temporary", BOOL, state_ban, temporary, 0, 0),
	LATER("evidence", EVIDENCE, state_ban, evidence, 0, REAL_MAX),
	LATER("request", REQUEST, state_ban, request, 0, 0),
};

static const struct state_member origin_list[] = {
	TEXT("origin", state_origin, origin),
	OTHER("troubles", TROUBLES, state_origin, troubles),
	OTHER("since", TIME_OR_NONE, state_origin, since),
	LATER("lag_s", REAL, state_origin, lag_s, 0, REAL_MAX),
	REAL("offset_s", state_origin, offset_s, -REAL_MAX),
	REAL("lines_per_s", state_origin, lines_per_s, 0),
	REAL("clients_per_s", state_origin, clients_per_s, 0),
	U64("missing", state_origin, missing),
	U64("lost", state_origin, lost),
	OTHER("heard", TIME_OR_NONE, state_origin, heard),
};

static const struct state_member hour_list[] = {
	REAL("mean", state_hour, mean, 0),
	REAL("stddev", state_hour, stddev, 0),
	REAL("error_mean", state_hour, error_mean, 0),
	U64("seconds", state_hour, seconds),
};

static const struct state_member event_list[] = {
	OTHER("time", TIME, recent_event, time),
	TEXT("event", recent_event, event),
	U32("more", recent_event, more),
	TEXT("text", recent_event, text),
	LATER("request", REQUEST, recent_event, request, 0, 0),
};

/* Counters are optional: an older program with fewer counters also writes a valid file. */
#define COUNTER_MEMBER(field) LATER(#field, U64, counters, field, 0, STATE_WHOLE_MAX),
static const struct state_member counter_list[] = {COUNTERS(COUNTER_MEMBER)};
#undef COUNTER_MEMBER

const struct state_members state_site_members = {site_list, LENGTH(site_list)};
const struct state_members state_top_members = {top_list, LENGTH(top_list)};
const struct state_members state_ban_members = {ban_list, LENGTH(ban_list)};
const struct state_members state_origin_members = {origin_list, LENGTH(origin_list)};
const struct state_members state_hour_members = {hour_list, LENGTH(hour_list)};
const struct state_members state_event_members = {event_list, LENGTH(event_list)};
const struct state_members state_counter_members = {counter_list, LENGTH(counter_list)};

static double clamp_double(double v, double min, double max)
{
	if (v != v) /* true for NaN */
		v = 0;
	return v < min ? min : v > max ? max : v;
}

static void put_time(struct buf *out, struct instant t, int64_t null_ms)
{
	int64_t ms = t.ms < 0 ? 0 : t.ms > INSTANT_MAX.ms ? INSTANT_MAX.ms : t.ms;

	if (ms == null_ms) {
		buf_put_text(out, "null");
		return;
	}
	buf_put_char(out, '"');
	buf_put_instant(out, (struct instant){ms});
	buf_put_char(out, '"');
}

/* Replaces each byte that is not printable ASCII by '?', because the reader refuses these bytes. */
static void put_string(struct buf *out, const char *s, size_t cap)
{
	char clean[128];
	size_t len = 0;

	for (; len + 1 < cap && len < sizeof clean && s[len]; len++)
		clean[len] = s[len] >= ' ' && s[len] <= '~' ? s[len] : '?';
	buf_put_json(out, clean, len, sizeof clean);
}

const char *state_rule_name(unsigned i)
{
	return rule_name((enum rule)i);
}

const char *state_trouble_name(unsigned i)
{
	return origin_trouble_name((enum origin_trouble)i);
}

/* Writes the names of the bits that are set among the lowest `n` bits. */
static void put_words(struct buf *out, unsigned bits, unsigned n, const char *name(unsigned i))
{
	const char *before = "\"";

	buf_put_char(out, '[');
	for (unsigned i = 0; i < n; i++) {
		if (!(bits & 1u << i))
			continue;
		buf_put_text(out, before);
		buf_put_text(out, name(i));
		buf_put_char(out, '"');
		before = ",\"";
	}
	buf_put_char(out, ']');
}

static void put_address(struct buf *out, const struct address *a)
{
	buf_put_char(out, '"');
	buf_put_address(out, a);
	buf_put_char(out, '"');
}

static void put_request(struct buf *out, const struct request_text *r)
{
	if (!request_text_is_known(r)) {
		buf_put_text(out, "null");
		return;
	}
	buf_put_text(out, "{\"method\":");
	put_string(out, r->method, sizeof r->method);
	buf_put_text(out, ",\"path\":");
	put_string(out, r->path, sizeof r->path);
	buf_put_text(out, ",\"status\":");
	buf_put_u64(out, r->status < REQUEST_STATUS_MAX ? r->status : REQUEST_STATUS_MAX);
	buf_put_char(out, '}');
}

static void put_evidence(struct buf *out, const struct evidence *e)
{
	if (!(e->value > 0)) {
		buf_put_text(out, "null");
		return;
	}
	buf_put_format(out, "{\"rule\":\"%s\",\"value\":", rule_name(e->rule));
	buf_put_fixed(out, clamp_double(e->value, 0, REAL_MAX), EVIDENCE_DIGITS);
	buf_put_text(out, ",\"limit\":");
	buf_put_fixed(out, clamp_double(e->limit, 0, REAL_MAX), EVIDENCE_DIGITS);
	buf_put_format(out, ",\"unit\":\"%s\"}", rule_unit(e->rule));
}

static void put_member(struct buf *out, const struct state_member *m, const void *from)
{
	const void *field = (const char *)from + m->offset;

	switch (m->kind) {
	case MEMBER_BOOL:
		buf_put_text(out, *(const bool *)field ? "true" : "false");
		break;
	case MEMBER_U32:
		buf_put_u64(out, *(const uint32_t *)field);
		break;
	case MEMBER_U64:
		buf_put_u64(out,
			(uint64_t)clamp_double((double)*(const uint64_t *)field, m->min, m->max));
		break;
	case MEMBER_REAL:
		buf_put_fixed(
			out, clamp_double(*(const double *)field, m->min, m->max), REAL_DIGITS);
		break;
	case MEMBER_TIME:
		put_time(out, *(const struct instant *)field, -1);
		break;
	case MEMBER_TIME_OR_NONE:
		put_time(out, *(const struct instant *)field, 0);
		break;
	case MEMBER_TIME_OR_NEVER:
		put_time(out, *(const struct instant *)field, INSTANT_MAX.ms);
		break;
	case MEMBER_TEXT:
		put_string(out, field, (size_t)m->max);
		break;
	case MEMBER_ADDRESS:
		put_address(out, field);
		break;
	case MEMBER_MODE:
		buf_put_text(out, *(const bool *)field ? "\"replay\"" : "\"live\"");
		break;
	case MEMBER_SOURCE:
		buf_put_char(out, '"');
		buf_put_text(out, baseline_source_name(*(const enum baseline_source *)field));
		buf_put_char(out, '"');
		break;
	case MEMBER_RULES:
		put_words(out, *(const unsigned *)field, RULE_COUNT, state_rule_name);
		break;
	case MEMBER_TROUBLES:
		put_words(out, *(const unsigned *)field, ORIGIN_TROUBLES, state_trouble_name);
		break;
	case MEMBER_REQUEST:
		put_request(out, field);
		break;
	case MEMBER_EVIDENCE:
		put_evidence(out, field);
		break;
	}
}

static void put_members(struct buf *out, const struct state_members *m, const void *from)
{
	for (size_t i = 0; i < m->n; i++) {
		buf_put_text(out, i ? ",\"" : "\"");
		buf_put_text(out, m->list[i].name);
		buf_put_text(out, "\":");
		put_member(out, &m->list[i], from);
	}
}

/* Writes an array of `n` structs of `size` bytes; each becomes an object. */
static void put_objects(
	struct buf *out, const struct state_members *m, const void *from, size_t n, size_t size)
{
	buf_put_char(out, '[');
	for (size_t i = 0; i < n; i++) {
		buf_put_text(out, i ? ",{" : "{");
		put_members(out, m, (const char *)from + i * size);
		buf_put_char(out, '}');
	}
	buf_put_char(out, ']');
}

static size_t at_most(size_t n, size_t max)
{
	return n < max ? n : max;
}

static void put_bans(struct buf *out, const struct state *s, state_ban_more *more)
{
	buf_put_char(out, '[');
	for (size_t i = 0; i < at_most(s->bans_n, STATE_BANS_MAX); i++) {
		buf_put_text(out, i ? ",{" : "{");
		put_members(out, &state_ban_members, &s->bans[i]);
		if (more)
			more(out, s, &s->bans[i]);
		buf_put_char(out, '}');
	}
	buf_put_char(out, ']');
}

static void put_counts(struct buf *out, const uint32_t *counts, size_t n)
{
	buf_put_char(out, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_put_char(out, ',');
		buf_put_u64(out, counts[i]);
	}
	buf_put_char(out, ']');
}

void state_put_ban(struct buf *out, const struct state_ban *ban)
{
	put_members(out, &state_ban_members, ban);
}

void state_write(const struct state *s, struct buf *out)
{
	state_write_more(s, NULL, out);
}

void state_write_more(const struct state *s, state_ban_more *more, struct buf *out)
{
	size_t history_n = at_most(s->history_n, STATE_HISTORY_MAX);

	buf_put_text(out, "{\"version\":");
	buf_put_u64(out, STATE_VERSION);
	buf_put_char(out, ',');
	put_members(out, &state_site_members, s);
	buf_put_text(out, ",\"top\":");
	put_objects(out, &state_top_members, s->top, at_most(s->top_n, STATE_TOP_MAX),
		sizeof s->top[0]);
	buf_put_text(out, ",\"bans\":");
	put_bans(out, s, more);
	buf_put_text(out, ",\"origins\":");
	put_objects(out, &state_origin_members, s->origins,
		at_most(s->origins_n, STATE_ORIGINS_MAX), sizeof s->origins[0]);
	buf_put_text(out, ",\"history\":{\"step\":");
	buf_put_u64(out, STATE_HISTORY_STEP_S);
	buf_put_text(out, ",\"requests\":");
	put_counts(out, s->history_requests, history_n);
	buf_put_text(out, ",\"errors\":");
	put_counts(out, s->history_errors, history_n);
	buf_put_text(out, "},\"hours\":");
	put_objects(out, &state_hour_members, s->hours, STATE_HOURS, sizeof s->hours[0]);
	buf_put_text(out, ",\"events\":");
	put_objects(out, &state_event_members, s->events, at_most(s->events_n, RECENT_EVENTS_MAX),
		sizeof s->events[0]);
	buf_put_text(out, ",\"counters\":{");
	put_members(out, &state_counter_members, &s->counters);
	buf_put_text(out, "}}\n");
}
