/* engine_lines.c - see engine_parts.h: a line of an access log is one request. With counts, a line
 * has one element per client, and each element becomes one struct request that stands for all
 * requests of this client in one second.
 *
 * The log clock (logclock.h) decides once for a whole line of counts at which time its requests
 * count. In a replay, a line that is over an hour ahead of all others is rejected. The log's time
 * moves that far ahead only when three of the next ten lines confirm it (logclock.h). */
#include "core/engine/engine_parts.h"

/* Time from the start of a second until the second has ended and the default grace period of
 * anomcount is over. */
static const struct span published_after = {2000};

/* Records that a line was rejected, in whole or in part. */
static void note_rejected(struct engine *e, struct instant wall)
{
	if (!e->config.replay)
		recent_lines_note(&e->recent, 1u << RECENT_REJECTED, wall);
}

/* Records the line's origin and sequence number. True: the line is new. */
static bool note_origin(
	struct engine *e, struct counts_line *line, struct instant now, uint32_t *index)
{
	struct origins_line note = {.name = line->origin,
		.run = line->run,
		.seq = line->seq,
		.time = line->time,
		.heartbeat = line->heartbeat,
		.clients = (uint32_t)line->elements_n};

	uint32_t known = origins_n(e->origins);
	enum origins_place where = origins_note(e->origins, &note, now, index);
	line->time = note.time;
	switch (where) {
	case ORIGINS_NEW:
		/* a root that is killed just after a host's first line must not forget this host */
		e->lasting += origins_n(e->origins) > known;
		return true;
	case ORIGINS_REPEATED:
		e->counters.counts_repeated++;
		break;
	case ORIGINS_OLD:
		e->counters.counts_old++;
		break;
	case ORIGINS_AHEAD:
		e->counters.ahead++;
		break;
	case ORIGINS_JUMPED:
		e->counters.counts_jumped++;
		break;
	case ORIGINS_FULL:
		e->counters.origins_full++;
		break;
	}
	return false;
}

/* The time at which the counts of a second become known. The engine counts them at this time
 * instead of in their own second. So when a client is judged, its window of 60 s ends with its
 * newest counts and is complete. */
static struct instant known_at(struct instant second, struct instant wall)
{
	struct instant known = instant_add(second, published_after);

	if (instant_before(wall, second))
		return second;
	return instant_before(wall, known) ? wall : known;
}

/* Lets the log clock decide when the line counts, and sets line->time to this time. False: the line
 * is rejected. */
static bool place_line(struct engine *e, struct counts_line *line, struct instant wall)
{
	struct instant time = e->config.replay ? line->time : known_at(line->time, wall);
	struct request place = {.time = time, .has_time = true, .count = 1}, released;
	enum logclock_place where = logclock_place(&e->clock, &place, wall), then;

	/* a line that must wait until other lines confirm its time is not stored here, so it is
	 * rejected */
	while (logclock_release(&e->clock, &released, &then, &e->counters.bad_time))
		e->counters.bad_time++;
	line->time = place.time;
	e->counters.ahead += where == LOGCLOCK_AHEAD;
	e->counters.late += where == LOGCLOCK_LATE;
	return where == LOGCLOCK_TAKE || where == LOGCLOCK_AHEAD;
}

/* True if the address is a network wider than one client. It may stand for many clients, and must
 * not become an entry of a set. */
static bool is_too_wide(const struct engine *e, const struct address *client)
{
	return client->prefix_len <
	       (address_is_v4(client) ? e->config.v4_prefix_len : e->config.v6_prefix_len);
}

/* Queues the request that the caller wrote into the next free place of the queue. False: its
 * address is too wide. */
static bool queue_request(struct engine *e, struct instant wall)
{
	struct address *client = &engine_next_queued(e)->result.request.client;

	address_narrow(client, e->config.v4_prefix_len, e->config.v6_prefix_len);
	if (is_too_wide(e, client)) {
		e->counters.bad_client++;
		note_rejected(e, wall);
		return false;
	}
	engine_push(e, wall);
	return true;
}

static void queue_elements(
	struct engine *e, const struct counts_line *line, uint32_t index, struct instant wall)
{
	for (size_t i = 0; i < line->elements_n; i++) {
		const struct counts_element *element = &line->elements[i];
		struct engine_queued *q = engine_next_queued(e);
		line_result_clear(&q->result);
		struct request *r = &q->result.request;
		r->client = element->client;
		r->time = line->time;
		r->has_time = true;
		r->count = element->requests;
		r->summed = true;
		r->errors = element->errors;
		r->own = element->own;
		r->host = (uint16_t)index;
		queue_request(e, wall);
	}
}

/* Live: records that a line with counts of requests was read. */
static void note_line(struct engine *e, const struct counts_line *line, struct instant wall)
{
	if (e->config.replay)
		return;
	e->last_line = wall;
	e->lag_ms = instant_since(wall, line->time).ms;
	silences_note(&e->silences, wall);
	recent_lines_note(&e->recent, 0, wall);
}

static void queue_counts(
	struct engine *e, const char *line, size_t len, bool cut, struct instant wall)
{
	struct counts_line *counts = e->counts_line;
	enum counts_reason reason = counts_read(line, len, cut, counts);
	uint32_t index;

	if (reason == COUNTS_OK && counts->replay && !e->config.replay)
		/* the counts of a replay are old, so a live run does not count them */
		reason = COUNTS_OTHER;
	if (reason != COUNTS_OK) {
		(*counts_counter(&e->counters, reason))++;
		note_rejected(e, wall);
		if (reason == COUNTS_BAD_ORIGIN)
			engine_hint_bad_origin(e, line, len, wall);
		return;
	}
	/* all requests of one line are counted before the next line is placed in time */
	engine_flush(e);
	struct instant now = !e->config.replay  ? wall
			     : e->clock.started ? e->clock.now
						: counts->time;
	if (!note_origin(e, counts, now, &index))
		return;
	e->counters.bad_client += counts->bad_clients;
	e->counters.bad_count += counts->bad_counts;
	if (counts->bad_clients || counts->bad_counts)
		note_rejected(e, wall);
	if (!counts->heartbeat)
		note_line(e, counts, wall);
	/* live, a heartbeat does not move the log's time */
	if ((!counts->heartbeat || e->config.replay) && place_line(e, counts, wall))
		queue_elements(e, counts, index, wall);
	engine_check_origins(e, wall);
}

static void queue_line(
	struct engine *e, const char *line, size_t len, bool cut, struct instant wall)
{
	struct engine_queued *q = engine_next_queued(e);
	enum line_reason reason = line_parse(e->parser, line, len, cut, &q->result);
	if (reason != LINE_OK) {
		(*line_counter(&e->counters, reason))++;
		engine_hint_reject(e, line, len, cut, reason, q->result.truncated, wall);
		return;
	}
	engine_hint_request(e, q, line, len, cut);
	/* copied, because queue_request may flush the queue */
	bool truncated = q->result.truncated, bad_status = q->result.bad_status;
	bool glued = q->result.glued;
	if (!queue_request(e, wall))
		return;
	e->counters.truncated += truncated;
	e->counters.bad_status += bad_status;
	e->counters.glued += glued;
}

void engine_queue(struct engine *e, const char *line, size_t len, bool cut, struct instant wall)
{
	e->counters.lines++;
	if (e->origins)
		queue_counts(e, line, len, cut, wall);
	else
		queue_line(e, line, len, cut, wall);
}
