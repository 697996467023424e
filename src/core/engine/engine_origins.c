/* engine_origins.c - see engine_parts.h. This file reports and shows faults of the hosts that send
 * counts. It also adds to a ban the number of hosts that counted requests of the banned client. It
 * changes no count. */
#include "core/engine/engine_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool engine_origins_init(struct engine *e)
{
	if (!e->config.counts)
		return true;
	e->origins = origins_new(e->config.key, !e->config.replay);
	e->counts_line = malloc(sizeof *e->counts_line);
	return e->origins && e->counts_line;
}

void engine_origins_fini(struct engine *e)
{
	origins_free(e->origins);
	free(e->counts_line);
}

static void report_trouble(
	void *ctx, const struct origin *o, enum origin_trouble trouble, struct instant now)
{
	struct engine *e = ctx;
	bool in = o->in[trouble];
	struct event event = engine_event(e, in ? EVENT_ALERT : EVENT_RECOVERED, now);

	event.scope = SCOPE_ORIGIN;
	event.origin = o;
	event.trouble = trouble;
	event.seconds = instant_since(now, o->since[trouble]);
	e->counters.alerts += in;
	engine_emit(e, &event);
}

void engine_check_origins(struct engine *e, struct instant wall)
{
	struct instant now = e->config.replay ? e->clock.now : wall;

	if (!e->origins || !e->clock.started || instant_second(now) == e->origins_checked)
		return;
	e->origins_checked = instant_second(now);
	origins_check(e->origins, now, report_trouble, e);
}

void engine_origins_shift(struct engine *e, int64_t ms)
{
	if (e->origins)
		origins_shift(e->origins, ms);
}

uint32_t engine_origin_bit(const struct request *r)
{
	return UINT32_C(1) << r->host % ENGINE_ORIGIN_BITS;
}

void engine_take_origins(struct engine *e, struct client_counts *v)
{
	e->seen_by = v->visit.variety;
	v->visit.variety = 0;
}

/* ---- for the dashboard ---- */

static unsigned list_troubles(const struct origin *o)
{
	unsigned troubles = 0;

	for (int k = 0; k < ORIGIN_TROUBLES; k++)
		troubles |= (unsigned)o->in[k] << k;
	return troubles;
}

static int compare_origins(const void *a, const void *b)
{
	const struct origin *const *one = a, *const *other = b;
	int troubled = (list_troubles(*other) != 0) - (list_troubles(*one) != 0);

	return troubled ? troubled : strcmp((*one)->name, (*other)->name);
}

static struct state_origin snapshot_origin(const struct origin *o, struct instant now)
{
	unsigned troubles = list_troubles(o);
	struct state_origin out = {.troubles = troubles,
		.since = troubles ? INSTANT_MAX : (struct instant){0},
		.lag_s = fmax(0, (double)instant_since(now, o->time).ms / 1000),
		.offset_s = o->offset_s,
		.lines_per_s = o->lines_per_s,
		.clients_per_s = o->clients_per_s,
		.missing = o->missing,
		.lost = o->lost,
		.heard = {o->restored ? 0 : o->heard.ms}};

	memcpy(out.origin, o->name, sizeof out.origin);
	for (int k = 0; k < ORIGIN_TROUBLES; k++)
		if (o->in[k] && instant_before(o->since[k], out.since))
			out.since = o->since[k];
	return out;
}

void engine_snapshot_origins(const struct engine *e, struct state *out)
{
	struct instant now = e->config.replay ? e->clock.now : out->saved;
	const struct origin *all[ORIGINS_MAX]; /* takes 32 KB of the stack */

	memset(out->origins_in, 0, sizeof out->origins_in);
	out->origins_total = out->origins_n = 0;
	out->reads_counts = e->origins;
	if (!e->origins)
		return;
	out->origins_total = origins_n(e->origins);
	for (uint32_t k = 0; k < out->origins_total; k++) {
		all[k] = origins_get(e->origins, k);
		for (int trouble = 0; trouble < ORIGIN_TROUBLES; trouble++)
			out->origins_in[trouble] += all[k]->in[trouble];
	}
	qsort(all, out->origins_total, sizeof *all, compare_origins);
	for (; out->origins_n < out->origins_total && out->origins_n < STATE_ORIGINS_MAX;
		out->origins_n++)
		out->origins[out->origins_n] = snapshot_origin(all[out->origins_n], now);
}
