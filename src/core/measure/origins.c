/* origins.c - see origins.h.
 *
 * A sender's clock is judged by the smallest delay of all lines in the last 20 to 30 s: a broker
 * and a network can only delay a line, so the smallest delay is nearest to the difference of the
 * two clocks. If a broker delays all lines of these seconds, the sender's clock looks as if it were
 * behind. So the alert names both causes. */
#include "core/measure/origins.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS  (2 * ORIGINS_MAX) /* a power of 2 */
#define NOBODY   UINT32_MAX
#define SLOTS    3
#define SLOT_MS  10000
#define NO_DELAY INT64_MAX

static const struct span silent_after = {30000};
/* The clocks of hosts with a time daemon differ by milliseconds. */
static const int64_t clock_max_ms = 2000;
/* Because delays vary, a line may be up to this much further ahead than all lines before it. If a
 * line is even further ahead, it is not known yet by how much its sender's clock is ahead. */
static const int64_t ahead_step_ms = 500;
/* Two hosts share a name if lines of an older run arrive with a recent time. There must be at least
 * OTHERS_MIN lines, over at least others_ms. The last lines of a run that has ended arrive in a
 * shorter time. */
#define OTHERS_MIN 3
static const int64_t others_ms = 10000;

struct entry {
	struct origin seen; /* must be the first member: see origins_get */
	uint32_t chain;     /* next entry of the same bucket */
	/* A newer run that never counts again, because an older run has replaced it. This happens
	 * after the sender's clock was set back (see Runs in origins.h). 0: none. */
	uint64_t replaced;
	/* How far the seconds of this run's lines were ahead of this host's clock when the lines
	 * arrived, at most; 0: no second was ahead by more than clock_max_ms. */
	int64_t ahead_ms;
	/* Lines of an older run with a recent time: their number, and when the first and the last
	 * arrived. */
	uint32_t others;
	struct instant other_first, other_last;
	/* Slots of SLOT_MS, the newest first. `delay`: the smallest delay in each slot. */
	struct instant slot_start;
	int64_t delay[SLOTS];
	uint32_t lines, clients; /* in the newest slot */
	struct origin_numbers numbers;
};

struct origins {
	struct hash_key key;
	bool live;
	bool resumed; /* resume_restored has set the times of restored origins */
	uint32_t n;
	uint64_t lost, evicted;
	struct entry *entries[ORIGINS_MAX];
	uint32_t buckets[BUCKETS]; /* index of the first entry + 1 */
};

struct origins *origins_new(struct hash_key key, bool live)
{
	struct origins *all = calloc(1, sizeof *all);

	if (!all)
		return NULL;
	all->key = key;
	all->live = live;
	return all;
}

void origins_free(struct origins *all)
{
	if (!all)
		return;
	for (uint32_t k = 0; k < all->n; k++)
		free(all->entries[k]);
	free(all);
}

/* ---- the table ---- */

static uint32_t *find_bucket(struct origins *all, const char *name)
{
	return &all->buckets[hash_bytes(all->key, name, strlen(name)) % BUCKETS];
}

static uint32_t find_origin(struct origins *all, const char *name)
{
	for (uint32_t at = *find_bucket(all, name); at; at = all->entries[at - 1]->chain)
		if (strcmp(all->entries[at - 1]->seen.name, name) == 0)
			return at - 1;
	return NOBODY;
}

/* The link of the bucket's chain that refers to the entry at this place of the table. */
static uint32_t *find_link(struct origins *all, uint32_t place)
{
	uint32_t *link = find_bucket(all, all->entries[place]->seen.name);

	while (*link != place + 1)
		link = &all->entries[*link - 1]->chain;
	return link;
}

/* Removes the entry. The last entry moves to its place. */
static void remove_origin(struct origins *all, uint32_t place)
{
	uint32_t last = all->n - 1;

	*find_link(all, place) = all->entries[place]->chain;
	free(all->entries[place]);
	if (place != last) {
		*find_link(all, last) = place + 1;
		all->entries[place] = all->entries[last];
	}
	all->entries[last] = NULL;
	all->n--;
}

static bool make_room(struct origins *all, struct instant now)
{
	uint32_t oldest = 0;

	for (uint32_t k = 1; k < all->n; k++)
		if (instant_before(all->entries[k]->seen.heard, all->entries[oldest]->seen.heard))
			oldest = k;
	if (instant_since(now, all->entries[oldest]->seen.heard).ms <= silent_after.ms)
		return false;
	remove_origin(all, oldest);
	all->evicted++;
	return true;
}

/* Returns NOBODY if the table is full and nothing can be evicted, or if memory is short. */
static uint32_t add_origin(struct origins *all, const char *name, struct instant now)
{
	if (all->n == ORIGINS_MAX && !make_room(all, now))
		return NOBODY;
	struct entry *e = calloc(1, sizeof *e);
	if (!e)
		return NOBODY;
	size_t len = strnlen(name, ORIGINS_NAME_MAX);
	memcpy(e->seen.name, name, len);
	e->seen.heard = e->slot_start = now;
	for (int k = 0; k < SLOTS; k++)
		e->delay[k] = NO_DELAY;
	uint32_t *bucket = find_bucket(all, e->seen.name);
	e->chain = *bucket;
	*bucket = all->n + 1;
	all->entries[all->n] = e;
	return all->n++;
}

/* ---- numbers ---- */

static void lose_numbers(struct origins *all, struct entry *e, uint64_t n)
{
	e->seen.lost += n;
	all->lost += n;
}

/* Begins another run, of which no sequence number has arrived. The sequence numbers before its
 * first line count as missing, unless there are over ORIGIN_NUMBERS_JUMP_MAX of them. */
static void begin_run(
	struct origins *all, struct entry *e, const struct origins_line *line, struct instant now)
{
	if (e->seen.run > line->run)
		e->replaced = e->seen.run;
	lose_numbers(all, e, origin_numbers_give_up(&e->numbers));
	origin_numbers_begin(&e->numbers, line->seq > ORIGIN_NUMBERS_JUMP_MAX ? line->seq : 1, now);
	e->seen.run = line->run;
	e->ahead_ms = 0;
}

/* ---- delays ---- */

static void move_slots(struct entry *e, struct instant now)
{
	int64_t past = instant_since(now, e->slot_start).ms / SLOT_MS;

	if (past <= 0)
		return;
	for (int64_t k = 0; k < past && k < SLOTS; k++) {
		memmove(e->delay + 1, e->delay, (SLOTS - 1) * sizeof e->delay[0]);
		e->delay[0] = NO_DELAY;
	}
	e->seen.lines_per_s = past == 1 ? e->lines * 1000.0 / SLOT_MS : 0;
	e->seen.clients_per_s = past == 1 ? e->clients * 1000.0 / SLOT_MS : 0;
	e->lines = e->clients = 0;
	e->slot_start.ms += past * SLOT_MS;
}

/* The smallest delay; NO_DELAY: no slot has a delay. *slots: number of slots with a delay. */
static int64_t smallest_delay(const struct entry *e, int *slots)
{
	int64_t least = NO_DELAY;

	*slots = 0;
	for (int k = 0; k < SLOTS; k++) {
		*slots += e->delay[k] != NO_DELAY;
		least = e->delay[k] < least ? e->delay[k] : least;
	}
	return least;
}

/* Records a line's delay. The counts of a second are sent after its end, so 1 s is subtracted. */
static void note_delay(struct entry *e, const struct origins_line *line, struct instant now)
{
	int64_t ms = instant_since(now, line->time).ms - (line->heartbeat ? 0 : 1000);

	if (ms < e->delay[0])
		e->delay[0] = ms;
}

/* If the sender's clock is ahead, moves the line's second to the time of this host's clock. False:
 * the amount by which the clock is ahead is not known yet. */
static bool mend_time(struct entry *e, struct origins_line *line, struct instant now)
{
	int64_t ahead = instant_since(line->time, now).ms;

	if (line->heartbeat || (ahead <= clock_max_ms && e->ahead_ms == 0))
		return true;
	bool known = ahead <= e->ahead_ms + ahead_step_ms;
	e->ahead_ms = ahead > e->ahead_ms ? ahead : e->ahead_ms;
	line->time.ms -= line->time.ms < e->ahead_ms ? line->time.ms : e->ahead_ms;
	return known;
}

static void note_new(
	struct origins *all, struct entry *e, const struct origins_line *line, struct instant now)
{
	struct instant time = instant_before(now, line->time) ? now : line->time;

	move_slots(e, now);
	e->seen.restored = false;
	e->seen.heard = now;
	e->seen.time = instant_later(e->seen.time, time);
	e->lines++;
	e->clients += line->clients;
	if (all->live)
		note_delay(e, line, now);
}

/* ---- the module ---- */

/* Acts only at its first call: forgets restored origins whose time is over ORIGINS_FORGET_S ago.
 * The silence of the others is measured from `now`, because no line was read before. */
static void resume_restored(struct origins *all, struct instant now)
{
	if (all->resumed)
		return;
	all->resumed = true;
	for (uint32_t k = 0; k < all->n; k++) {
		struct entry *e = all->entries[k];
		if (instant_since(now, e->seen.time).ms > ORIGINS_FORGET_S * INT64_C(1000)) {
			remove_origin(all, k--);
			continue;
		}
		e->seen.heard = e->slot_start = e->numbers.step = now;
		if (instant_before(now, e->seen.time))
			e->seen.time = now;
	}
}

/* True for an older run that may count again: the newer run is silent, and this line is newer than
 * all earlier lines. */
static bool is_set_back(const struct entry *e, const struct origins_line *line, struct instant now)
{
	return instant_since(now, e->seen.heard).ms > silent_after.ms &&
	       instant_before(e->seen.time, line->time);
}

/* Records a line of an older run. The line does not count, but may show that two hosts share the
 * name. */
static void note_other(struct entry *e, const struct origins_line *line, struct instant now)
{
	int64_t apart = instant_since(now, line->time).ms;

	if (apart > silent_after.ms || apart < -silent_after.ms)
		return;
	if (instant_since(now, e->other_last).ms > silent_after.ms) {
		e->others = 0;
		e->other_first = now;
	}
	e->others += e->others < UINT32_MAX;
	e->other_last = now;
}

/* Makes the line's run the current run of the origin. Returns false if lines of this run do not
 * count. */
static bool enter_run(
	struct origins *all, struct entry *e, const struct origins_line *line, struct instant now)
{
	if (line->run == e->seen.run)
		return true;
	if (line->run == e->replaced)
		return false;
	if (line->run < e->seen.run && !is_set_back(e, line, now)) {
		note_other(e, line, now);
		return false;
	}
	begin_run(all, e, line, now);
	return true;
}

enum origins_place origins_note(
	struct origins *all, struct origins_line *line, struct instant now, uint32_t *index)
{
	resume_restored(all, now);
	uint32_t place = find_origin(all, line->name);
	bool is_first = place == NOBODY;

	if (is_first)
		place = add_origin(all, line->name, now);
	if (place == NOBODY)
		return ORIGINS_FULL;
	struct entry *e = all->entries[place];
	if (is_first) {
		e->seen.run = line->run;
		origin_numbers_begin(&e->numbers, line->seq, now);
	} else if (!enter_run(all, e, line, now)) {
		return ORIGINS_OLD;
	}
	enum origins_place where = origin_numbers_place(&e->numbers, line->seq, e->seen.restored);
	e->seen.seq = e->numbers.seq;
	*index = place;
	if (where != ORIGINS_NEW)
		return where;
	note_new(all, e, line, now);
	return !all->live || mend_time(e, line, now) ? ORIGINS_NEW : ORIGINS_AHEAD;
}

static void set_trouble(struct entry *e, enum origin_trouble trouble, bool in, struct instant now,
	origins_report *report, void *ctx)
{
	if (in == e->seen.in[trouble])
		return;
	e->seen.in[trouble] = in;
	if (in)
		e->seen.since[trouble] = now;
	report(ctx, &e->seen, trouble, now);
}

static void check_missing(
	struct origins *all, struct entry *e, struct instant now, origins_report *report, void *ctx)
{
	lose_numbers(all, e, origin_numbers_check(&e->numbers, now));
	e->seen.missing = e->numbers.overdue;
	set_trouble(e, ORIGIN_MISSING, e->seen.missing > 0, now, report, ctx);
}

static void check_others(struct entry *e, struct instant now, origins_report *report, void *ctx)
{
	bool many = e->others >= OTHERS_MIN &&
		    instant_since(e->other_last, e->other_first).ms >= others_ms;
	bool now_too = instant_since(now, e->other_last).ms <= silent_after.ms;

	set_trouble(e, ORIGIN_DUPLICATE, many && now_too, now, report, ctx);
}

/* Reports a clock that is ahead immediately. Reports a clock that is behind only when two slots
 * have a delay. */
static void check_delay(struct entry *e, struct instant now, origins_report *report, void *ctx)
{
	int slots;
	int64_t least = smallest_delay(e, &slots);

	if (slots == 0)
		return;
	e->seen.offset_s = (double)-least / 1000;
	bool ahead = least < -clock_max_ms;
	bool behind = least > clock_max_ms && (slots > 1 || e->seen.in[ORIGIN_CLOCK]);
	if (!ahead)
		e->ahead_ms = 0;
	set_trouble(e, ORIGIN_CLOCK, ahead || behind, now, report, ctx);
}

void origins_check(struct origins *all, struct instant now, origins_report *report, void *ctx)
{
	resume_restored(all, now);
	for (uint32_t k = 0; k < all->n; k++) {
		struct entry *e = all->entries[k];
		int64_t silent = instant_since(now, e->seen.heard).ms;
		if (silent > ORIGINS_FORGET_S * INT64_C(1000)) {
			for (int t = 0; t < ORIGIN_TROUBLES; t++)
				set_trouble(e, t, false, now, report, ctx);
			remove_origin(all, k--);
			continue;
		}
		move_slots(e, now);
		check_missing(all, e, now, report, ctx);
		set_trouble(e, ORIGIN_SILENT, silent > silent_after.ms, now, report, ctx);
		check_others(e, now, report, ctx);
		if (all->live)
			check_delay(e, now, report, ctx);
	}
}

void origins_end(struct origins *all)
{
	for (uint32_t k = 0; k < all->n; k++)
		lose_numbers(
			all, all->entries[k], origin_numbers_give_up(&all->entries[k]->numbers));
}

void origins_shift(struct origins *all, int64_t ms)
{
	for (uint32_t k = 0; k < all->n; k++) {
		struct entry *e = all->entries[k];
		e->seen.heard.ms += ms;
		e->seen.time.ms += ms;
		e->other_first.ms += ms;
		e->other_last.ms += ms;
		e->numbers.step.ms += ms;
		e->slot_start.ms += ms;
		for (int i = 0; i < SLOTS; i++)
			e->delay[i] = NO_DELAY;
		for (int i = 0; i < ORIGIN_TROUBLES; i++)
			e->seen.since[i].ms += ms;
	}
}

uint32_t origins_n(const struct origins *all)
{
	return all->n;
}

const struct origin *origins_get(const struct origins *all, uint32_t k)
{
	return &all->entries[k]->seen;
}

bool origins_restore(struct origins *all, const struct origin *o)
{
	if (find_origin(all, o->name) != NOBODY || all->n == ORIGINS_MAX)
		return false;
	uint32_t place = add_origin(all, o->name, o->time);
	if (place == NOBODY)
		return false;
	struct entry *e = all->entries[place];
	e->seen.run = o->run;
	e->seen.seq = o->seq;
	origin_numbers_restore(&e->numbers, o->seq, o->time);
	e->seen.time = o->time;
	e->seen.restored = true;
	return true;
}

uint64_t origins_lost(const struct origins *all)
{
	return all->lost;
}

uint64_t origins_evicted(const struct origins *all)
{
	return all->evicted;
}

const char *origin_trouble_name(enum origin_trouble trouble)
{
	static const char *const names[ORIGIN_TROUBLES] = {
		"missing", "silent", "clock", "duplicate"};

	return names[trouble];
}
