/* engine_origins.c - see engine_parts.h. Nothing here changes a count: only what is wrong with the
 * hosts that send counts is reported, and a ban says how many of them saw its client. */
#include "core/engine/engine_parts.h"

#include <stdlib.h>

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

void engine_take_origins(struct engine *e, struct client_counts *v)
{
	e->seen_by = v->visit.variety;
	v->visit.variety = 0;
}
