/* manual.c - see manual.h.
 *
 * Not FLUSH, which would take the word out with the rest: between it and a new word a detector
 * could look. A swap with an empty set has no such moment, but the set would be another one
 * under sessions that know it. */
#include "io/firewall/manual.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "io/host/clock.h"
#include "io/firewall/firewall_backend.h"

/* Entries between two words: a small part of the time that one lasts. */
#define WORD_EVERY 10000
/* Between two looks whether a word was heard. */
#define LOOK_MS 50

bool manual_ban(struct firewall *f, const struct address *client, struct span left, bool *heard)
{
	if (!firewall_ban(f, client, left))
		return false;
	*heard = firewall_put_marker(f, FIREWALL_MARKER_MANUAL);
	return true;
}

bool manual_unban(struct firewall *f, const struct address *clients, size_t n, bool *heard)
{
	*heard = false;
	for (size_t i = 0; i < n; i++) {
		/* a full set may have room for it after the first */
		if (!*heard || i % WORD_EVERY == 0)
			*heard = firewall_put_marker(f, FIREWALL_MARKER_MANUAL);
		if (!firewall_unban(f, &clients[i]))
			return false;
	}
	*heard = firewall_put_marker(
		f, FIREWALL_MARKER_MANUAL); /* from now on, for its whole time */
	return true;
}

struct entries {
	struct address *list;
	size_t n, cap;
	bool ok;
};

static void collect_entry(void *ctx, const struct address *client, struct span left)
{
	struct entries *e = ctx;

	(void)left;
	if (e->ok && e->n == e->cap) {
		size_t cap = e->cap ? 2 * e->cap : 1024;
		struct address *more = realloc(e->list, cap * sizeof *more);
		e->ok = more != NULL;
		if (more) {
			e->list = more;
			e->cap = cap;
		}
	}
	if (e->ok)
		e->list[e->n++] = *client;
}

bool manual_flush(struct firewall *f, bool *heard)
{
	struct entries e = {.ok = true};
	bool done = firewall_list(f, collect_entry, &e);

	if (done && !e.ok)
		firewall_set_why(f, "%s", strerror(ENOMEM));
	done = done && e.ok && manual_unban(f, e.list, e.n, heard);
	free(e.list);
	return done;
}

bool manual_teardown(struct firewall *f, bool *heard)
{
	const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000};
	int64_t until = clock_monotonic().ms + FIREWALL_MARKER_LASTS.ms;
	bool waiting = true;

	if (!manual_flush(f, heard))
		return false;
	*heard = firewall_put_marker(f, FIREWALL_MARKER_TEARDOWN);
	if (!*heard)
		return true;
	while (waiting && clock_monotonic().ms < until) {
		nanosleep(&pause, NULL);
		if (!firewall_has_marker(f, FIREWALL_MARKER_TEARDOWN, &waiting))
			return false;
	}
	return true;
}
