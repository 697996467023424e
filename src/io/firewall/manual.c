/* manual.c - see manual.h.
 *
 * Not FLUSH, which would take the word out with the rest: between it and a new word a detector
 * could look. A swap with an empty set has no such moment, but the set would be another one
 * under sessions that know it. */
#include "io/firewall/manual.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "core/base/array.h"
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
	/* from now on, for its whole time */
	*heard = firewall_put_marker(f, FIREWALL_MARKER_MANUAL);
	return true;
}

static void collect_entry(void *ctx, const struct address *client, struct span left)
{
	(void)left;
	address_list_add(ctx, client);
}

bool manual_flush(struct firewall *f, bool *heard)
{
	struct address_list entries = {0};
	bool done = firewall_list(f, collect_entry, &entries);

	if (done && entries.is_short)
		firewall_set_why(f, "%s", strerror(ENOMEM));
	done = done && !entries.is_short && manual_unban(f, entries.at, entries.n, heard);
	address_list_fini(&entries);
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
