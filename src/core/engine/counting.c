/* counting.c - see counting.h. */
#include "core/engine/counting.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/num.h"
#include "core/measure/logclock.h"
#include "core/measure/second_counts.h"
#include "core/measure/window.h"
#include "core/record/counts.h"

/* Number of requests that are read ahead while the CPU fetches the memory that they will touch. See
 * ENGINE_QUEUE. */
#define QUEUE 16
#define STEP  5

/* Interval of heartbeats: well under the 30 s after which the root treats an origin as silent. */
#define BEAT_MS 10000
/* Replay: if the log has a gap longer than this, heartbeats are published only for this long at the
 * end of the gap. Otherwise a clock that was set far ahead would make a line for every 10 s of a
 * thousand years. */
#define GAP_MS (INT64_C(7) * 86400 * 1000)
/* If the wall clock moves by more than this against the monotonic clock, it was set or the machine
 * slept. */
#define JUMP_MS 5000

struct queued {
	struct line_result result;
	struct instant wall;
};

struct counting {
	struct counting_config config;
	struct counting_sink sink;
	struct line_parser *parser;
	struct second_counts *table;
	const struct paths *paths; /* NULL: no dead links are known */
	struct logclock clock;
	bool started;
	struct instant run;
	uint64_t seq;
	int64_t beat_due_ms;   /* live: by the monotonic clock; replay: by the log's time */
	int64_t offset_ms;     /* live: wall clock minus monotonic clock */
	uint64_t queued, done; /* numbers of requests queued, and counted, since the start */
	struct counters seen;  /* only the members of COUNTING_READ */
	uint64_t dead_links, early, clients;
	struct strangers strangers; /* until the first request */
	struct queued queue[QUEUE]; /* request number n is at n % QUEUE */
};

struct counting *counting_new(
	const struct counting_config *config, const struct counting_sink *sink)
{
	struct counting *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->config = *config;
	c->sink = *sink;
	logclock_init(&c->clock, config->replay);
	c->parser = line_parser_new(&config->line);
	c->table = second_counts_new(config->max_clients, config->key);
	if (!c->parser || !c->table) {
		counting_free(c);
		return NULL;
	}
	return c;
}

void counting_free(struct counting *c)
{
	if (!c)
		return;
	line_parser_free(c->parser);
	second_counts_free(c->table);
	free(c);
}

/* ---- lines out ---- */

static void begin_line(struct counting *c, struct buf *b, char *text, struct instant time)
{
	struct counts_head head = {.origin = c->config.origin,
		.replay = c->config.replay,
		.run = c->run,
		.seq = ++c->seq,
		.time = time};

	buf_init(b, text, COUNTS_BYTES_MAX);
	counts_begin(b, &head);
}

static void end_line(struct counting *c, struct buf *b)
{
	counts_end(b);
	c->sink.put(c->sink.ctx, b->data, b->len);
}

static void send_beat(struct counting *c, struct instant time)
{
	char text[COUNTS_BYTES_MAX];
	struct buf b;

	begin_line(c, &b, text, time);
	end_line(c, &b);
}

/* Publishes one line of the second. Returns the number of clients that left the table. */
static uint64_t publish_line(struct counting *c, int64_t second)
{
	struct second_counts_hit hit;
	struct counts_client left;
	char text[COUNTS_BYTES_MAX];
	struct buf b;
	uint64_t n = 0;
	bool room = true;

	begin_line(c, &b, text, instant_at_second(second));
	while (room && second_counts_first(c->table, second, &left.client, &hit)) {
		address_narrow(&left.client, c->config.v4_prefix_len, c->config.v6_prefix_len);
		left.requests = hit.requests;
		left.errors = hit.errors;
		left.own = hit.own;
		room = counts_put(&b, &left);
		hit = (struct second_counts_hit){left.requests, left.errors, left.own};
		second_counts_leave(c->table, second, &hit);
		n += room;
	}
	end_line(c, &b);
	c->clients += n;
	return n;
}

/* ---- time ---- */

static void start_run(struct counting *c, struct instant now, int64_t beat_due_ms)
{
	c->started = true;
	c->run = now;
	c->beat_due_ms = beat_due_ms + BEAT_MS;
	send_beat(c, now);
}

void counting_start(struct counting *c, struct instant wall, struct span monotonic)
{
	c->offset_ms = wall.ms - monotonic.ms;
	logclock_tick(&c->clock, wall);
	start_run(c, wall, monotonic.ms);
}

/* Replay: publishes the lines that are due up to the log's time, in the order of their times. */
static void pass_log_time(struct counting *c)
{
	struct instant now = c->clock.now;

	if (!c->started)
		start_run(c, now, now.ms);
	if (now.ms - c->beat_due_ms > GAP_MS)
		c->beat_due_ms += (now.ms - c->beat_due_ms - GAP_MS) / BEAT_MS * BEAT_MS;
	for (;;) {
		struct instant due = second_counts_due(c->table);
		if (c->beat_due_ms <= now.ms && c->beat_due_ms <= due.ms) {
			send_beat(c, (struct instant){c->beat_due_ms});
			c->beat_due_ms += BEAT_MS;
		} else if (due.ms <= now.ms && second_counts_n(c->table) > 0) {
			publish_line(c, second_counts_next(c->table));
		} else {
			return;
		}
	}
}

/* Live: the wall clock was set, or the machine slept. The counts are published unchanged, and new
 * lines are placed by the new clock. */
static void restart_clock(struct counting *c, struct instant wall)
{
	second_counts_hurry(c->table, wall);
	logclock_init(&c->clock, false);
	logclock_tick(&c->clock, wall);
}

static void publish_due(struct counting *c, struct instant wall)
{
	const int64_t longest_ms = WINDOW_S * 1000;

	for (;;) {
		int64_t over_ms = wall.ms - second_counts_due(c->table).ms;
		if (over_ms < 0 || second_counts_n(c->table) == 0 ||
			(over_ms < longest_ms && !c->sink.has_room(c->sink.ctx)))
			return;
		publish_line(c, second_counts_next(c->table));
	}
}

void counting_tick(struct counting *c, struct instant wall, struct span monotonic)
{
	int64_t by_ms = wall.ms - monotonic.ms - c->offset_ms;

	/* stored at each call, so the small steps of a time daemon never add up to a jump */
	c->offset_ms += by_ms;
	if (by_ms > JUMP_MS || by_ms < -JUMP_MS)
		restart_clock(c, wall);
	logclock_tick(&c->clock, wall);
	if (monotonic.ms >= c->beat_due_ms) {
		send_beat(c, wall);
		c->beat_due_ms += BEAT_MS;
		if (c->beat_due_ms <= monotonic.ms) /* the process was stopped */
			c->beat_due_ms = monotonic.ms + BEAT_MS;
	}
	publish_due(c, wall);
}

struct span counting_wait(const struct counting *c, struct instant wall, struct span monotonic)
{
	int64_t beat_ms = c->beat_due_ms - monotonic.ms;
	int64_t due_ms = second_counts_due(c->table).ms - wall.ms;
	int64_t ms = beat_ms > 0 ? beat_ms : 0;

	if (due_ms <= 0 && !c->sink.has_room(c->sink.ctx))
		return (struct span){ms};
	if (due_ms < ms)
		ms = due_ms > 0 ? due_ms : 0;
	return (struct span){ms};
}

/* ---- lines in ---- */

static bool is_dead_link(const struct counting *c, const struct request *r)
{
	return r->path_hash && paths_outcome_of(r->status) == PATHS_MISSING &&
	       paths_is_dead(c->paths, r->path_hash, instant_second(c->clock.now));
}

static void count_request(struct counting *c, const struct request *r)
{
	int64_t second = instant_second(r->time);
	struct instant end = instant_at_second(second + 1);
	struct instant due = instant_add(instant_later(end, c->clock.now), c->config.grace);
	bool dead = is_dead_link(c, r);
	struct second_counts_hit hit = {
		.requests = r->count,
		.errors = request_is_error(r) ? r->count : 0,
		.own = request_blames(r) && !dead ? r->count : 0,
	};

	c->seen.requests = num_add_u64(c->seen.requests, r->count);
	if (dead)
		c->dead_links = num_add_u64(c->dead_links, r->count);
	while (!second_counts_add(c->table, &r->client, r->hash, second, due, &hit))
		c->early += publish_line(c, second_counts_oldest(c->table));
}

static void place_request(struct counting *c, const struct request *r, enum logclock_place where)
{
	if (where == LOGCLOCK_HELD)
		return;
	if (where == LOGCLOCK_BAD) {
		c->seen.bad_time++;
		return;
	}
	if (c->config.replay)
		pass_log_time(c);
	if (where == LOGCLOCK_LATE) {
		c->seen.late++;
		return;
	}
	c->seen.ahead += where == LOGCLOCK_AHEAD;
	count_request(c, r);
}

static void count_queued(struct counting *c)
{
	struct queued *q = &c->queue[c->done++ % QUEUE];
	struct request *r = &q->result.request, released;
	enum logclock_place where = logclock_place(&c->clock, r, q->wall);

	place_request(c, r, where);
	while (logclock_release(&c->clock, &released, &where, &c->seen.bad_time))
		place_request(c, &released, where);
}

/* The second in which logclock will probably place the request. */
static int64_t likely_second(const struct counting *c, const struct request *r)
{
	return instant_second(r->has_time ? r->time : c->clock.now);
}

/* Prefetches memory for the request that was queued STEP requests before number n. */
static void prefetch_request(const struct counting *c, uint64_t n)
{
	if (n < c->done + STEP)
		return;
	const struct request *r = &c->queue[(n - STEP) % QUEUE].result.request;
	second_counts_prefetch_entry(c->table, r->hash, likely_second(c, r));
	if (r->path_hash)
		paths_prefetch_entry(c->paths, r->path_hash);
}

/* Hash of a path that may be a dead link; 0: it cannot be one. */
static uint64_t hash_path(const struct counting *c, const struct request *r)
{
	if (!c->paths || r->path_len == 0 || paths_outcome_of(r->status) != PATHS_MISSING)
		return 0;
	uint64_t hash = paths_hash(c->paths, r->path, r->path_len);
	paths_prefetch(c->paths, hash);
	return hash;
}

/* True if the address is a network wider than one client, which may stand for many clients. */
static bool is_too_wide(const struct counting *c, const struct address *client)
{
	return client->prefix_len <
	       (address_is_v4(client) ? c->config.v4_prefix_len : c->config.v6_prefix_len);
}

static void note_stranger(
	struct counting *c, const char *line, size_t len, bool cut, enum line_reason reason)
{
	struct line_result result;
	struct line_explanation shown;

	if (c->queued || !strangers_want(&c->strangers))
		return;
	(void)line_explain(c->parser, line, len, cut, &result, &shown);
	strangers_note(&c->strangers, &c->config.line, line, len, reason, &shown);
}

const struct strangers *counting_strangers(const struct counting *c)
{
	return &c->strangers;
}

void counting_queue(struct counting *c, const char *line, size_t len, bool cut, struct instant wall)
{
	struct queued *q = &c->queue[c->queued % QUEUE];
	struct request *r = &q->result.request;

	c->seen.lines++;
	enum line_reason reason = line_parse(c->parser, line, len, cut, &q->result);
	if (reason != LINE_OK) {
		(*line_counter(&c->seen, reason))++;
		note_stranger(c, line, len, cut, reason);
		return;
	}
	address_narrow(&r->client, c->config.v4_prefix_len, c->config.v6_prefix_len);
	if (is_too_wide(c, &r->client)) {
		c->seen.bad_client++;
		return;
	}
	c->seen.truncated += q->result.truncated;
	c->seen.bad_status += q->result.bad_status;
	c->seen.glued += q->result.glued;
	q->wall = wall;
	r->hash = second_counts_hash(c->table, &r->client);
	second_counts_prefetch(c->table, r->hash, likely_second(c, r));
	r->path_hash = hash_path(c, r);
	prefetch_request(c, c->queued++);
	if (c->queued - c->done == QUEUE)
		count_queued(c);
}

void counting_flush(struct counting *c)
{
	while (c->done != c->queued)
		count_queued(c);
}

bool counting_end(struct counting *c, bool force)
{
	counting_flush(c);
	c->seen.bad_time += logclock_end(&c->clock);
	while (second_counts_n(c->table) > 0) {
		if (!force && !c->sink.has_room(c->sink.ctx))
			return false;
		publish_line(c, second_counts_oldest(c->table));
	}
	return true;
}

void counting_set_trusted(struct counting *c, const struct allow *trusted)
{
	line_trust(c->parser, trusted);
}

void counting_set_paths(struct counting *c, const struct paths *paths)
{
	counting_flush(c); /* the hashes in the queue were made with the old table's key */
	c->paths = paths;
}

struct counting_counters counting_counters(const struct counting *c)
{
	struct counting_counters out = {.dead_links = c->dead_links,
		.early = c->early,
		.published = c->seq,
		.clients = c->clients};

#define COPY(name) out.name = c->seen.name;
	COUNTING_READ(COPY)
#undef COPY
	return out;
}
