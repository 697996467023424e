/* engine_announce.c - see engine_parts.h.
 *
 * Other hosts carry out the decisions of this run (anomban(8)). A new host, or one that was away,
 * has missed events. So this file announces all bans in force, and the unbans of the last day, at
 * regular intervals. Each event carries the time of its ban or unban. A host obeys the newest event
 * of a client, so an announcement undoes no newer event.
 *
 * Order:  unbans first, the oldest one first; then bans. Exception: if a client was unbanned in the
 *         last day and is banned again, its unban is reported just before the ban event, each time
 *         that this event is reported. If a host missed the unban, its entry would otherwise keep
 *         the end of the first ban when this end is later than that of the second ban. A host that
 *         has obeyed the second ban ignores the older unban.
 * Pace:   the events of an announcement are reported in slices, because MQTT clients lose events
 *         when thousands come together. New bans are reported between the slices. The announcement
 *         waits while the reader of the events is slow.
 */
#include "core/engine/engine_parts.h"

#include <string.h>

/* Maximum number of events per slice. With ten slices per second, at most 1000 events per second
 * are announced, because mosquitto_pub loses events when 65,535 come together. */
#define SLICE_EVENTS 100
static const struct span slice_every = {100};
/* Maximum number of table entries that one slice examines. This bounds its time when most entries
 * are not bans in force: 16,000 entries take a millisecond. */
#define SLICE_STEPS 16000
/* Delay of the first announcement after the start. By then the firewall has the bans of the
 * previous run again, and other hosts are connected. */
static const struct span after_start = {5000};
/* A ban with less remaining time is over before any host has obeyed it. */
#define LEFT_LEAST_MS 1000
/* Maximum length of a timed ban that hosts obey (core/record/order.h). No schedule has a longer ban
 * time, but a wall clock that was set between two runs can make a ban longer. */
static const struct span longest = {INT64_C(366) * 86400 * 1000};

static struct instant earlier_of(struct instant a, struct instant b)
{
	return instant_before(a, b) ? a : b;
}

/* Sets the event's times to the times of the ban, with two exceptions. The start is never later
 * than now, and the ban is never longer than the longest ban that hosts obey. False when the ban is
 * about to end. */
static bool find_times(const struct ban *ban, struct instant now, struct event *event)
{
	event->time = earlier_of(ban->since, now);
	event->until = ban->until;
	event->permanent = ban->until.ms >= INSTANT_MAX.ms;
	if (event->permanent)
		return true;
	if (instant_since(event->until, event->time).ms > longest.ms) {
		event->time = earlier_of((struct instant){event->until.ms - longest.ms}, now);
		event->until = earlier_of(event->until, instant_add(event->time, longest));
	}
	event->seconds = instant_since(event->until, event->time);
	return event->seconds.ms >= LEFT_LEAST_MS &&
	       instant_since(event->until, now).ms >= LEFT_LEAST_MS;
}

static void repeat_event(struct engine *e, struct event *event)
{
	event->repeat = true;
	e->counters.repeated_events++;
	engine_emit(e, event);
}

/* Returns the number of events reported. */
static int repeat_unban(struct engine *e, const struct unban *unban, struct instant now)
{
	struct event event = engine_event(e, EVENT_UNBAN, earlier_of(unban->time, now));

	if (instant_since(now, unban->time).ms > UNBANS_KEPT.ms)
		return 0;
	event.client = unban->client;
	event.reason = unban->reason;
	event.strike = unban->strike;
	repeat_event(e, &event);
	return 1;
}

int engine_repeat_unban(struct engine *e, const struct address *client)
{
	struct unban unban;

	return e->config.announce.ms > 0 || e->announcing.running
		       ? unbans_find(&e->unbans, client, &unban) &&
				 repeat_unban(e, &unban, e->clock.now)
		       : 0;
}

/* Announces a ban, after the unban that came before it. Returns the number of events reported. */
static int repeat_ban(struct engine *e, const struct ban *ban, struct instant now)
{
	struct event event = engine_event(e, EVENT_BAN, now);

	if (ban->form != BAN_ACTIVE || !find_times(ban, now, &event))
		return 0;
	int events = 1 + engine_repeat_unban(e, &ban->client);
	event.client = ban->client;
	event.rules = ban->rules & ~RULES_MARKS;
	event.strike = ban->strikes;
	event.enforced = ban->enforced;
	event.behind_proxy = ban->rules & RULES_BEHIND;
	repeat_event(e, &event);
	return events;
}

/* True if the client is banned again. Its unban is then reported before this ban. */
static bool is_banned(const struct engine *e, const struct address *client)
{
	struct ban ban;

	return bans_find(e->bans, client, &ban) && ban.form == BAN_ACTIVE;
}

static bool has_room(const struct engine *e)
{
	return !e->config.has_room || e->config.has_room(e->ctx);
}

/* Announces at most SLICE_EVENTS events. False when the announcement is complete. */
static bool announce_slice(struct engine *e, struct instant now)
{
	struct engine_announcing *a = &e->announcing;
	struct unban unban;
	struct ban ban;

	/* a ban with its unban makes two events */
	for (int events = 0, steps = 0; events <= SLICE_EVENTS - 2 && steps < SLICE_STEPS;
		steps++) {
		if (!has_room(e))
			return true;
		if (unbans_walk(&e->unbans, &a->unbans, &unban))
			events += is_banned(e, &unban.client) ? 0 : repeat_unban(e, &unban, now);
		else if (bans_walk(e->bans, &a->bans, &ban))
			events += repeat_ban(e, &ban, now);
		else
			return false;
	}
	return true;
}

void engine_announce(struct engine *e, struct instant at)
{
	struct engine_announcing *a = &e->announcing;

	if (instant_before(at, a->due))
		return;
	if (!a->running) {
		a->running = true;
		a->again = false;
		a->begun = at;
		a->unbans = a->bans = 0;
	}
	a->running = announce_slice(e, e->clock.now);
	a->due = a->paced = instant_add(at, slice_every);
	if (a->running || a->again)
		return;
	a->due = e->config.announce.ms > 0
			 ? instant_later(a->paced, instant_add(a->begun, e->config.announce))
			 : INSTANT_MAX;
}

void engine_announce_start(struct engine *e, struct instant now)
{
	e->announcing.due = e->config.announce.ms > 0 ? instant_add(now, after_start) : INSTANT_MAX;
}

void engine_announce_now(struct engine *e)
{
	struct engine_announcing *a = &e->announcing;

	if (e->config.replay || !site_started(e->site))
		return;
	a->again = a->running;
	if (!a->running)
		a->due = a->paced;
}

static void shift_time(struct instant *t, int64_t ms)
{
	if (t->ms < INSTANT_MAX.ms)
		t->ms += ms;
}

void engine_announce_shift(struct engine *e, int64_t ms)
{
	shift_time(&e->announcing.due, ms);
	shift_time(&e->announcing.begun, ms);
	shift_time(&e->announcing.paced, ms);
	unbans_shift(&e->unbans, ms);
}

void engine_note_unban(struct engine *e, const struct event *event)
{
	struct unban unban = {.client = event->client,
		.time = event->time,
		.strike = event->strike,
		.reason = unbans_reason(event->reason, strlen(event->reason))};

	if (unban.reason && unbans_note(&e->unbans, &unban))
		e->counters.unbans_evicted++;
}
