/* manual.c - see manual.h.
 *
 * Not FLUSH, which would remove the marker with the rest: a detector could check the sets before
 * there is a new marker. A swap with an empty set has no such moment, but the set would be another
 * one under sessions that know it. */
#include "io/firewall/manual.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "core/base/array.h"
#include "io/host/clock.h"
#include "io/firewall/firewall_backend.h"

/* Entries between two markers: a small part of the time that a marker lasts. */
#define MARKER_EVERY 10000
/* Between two checks whether a detector has removed the marker. */
#define CHECK_MS 50
/* A detector looks for it once per second, and later on a busy host. The first wait ends before the
 * marker expires, which would look as if a detector had removed it. */
#define FIRST_MS 4500
#define NEXT_MS  2500
/* Of all waits: a dozen detectors, or one that does not obey. */
#define ALL_MS 30000

bool manual_ban(struct firewall *f, const struct address *client, struct span left, bool *marked)
{
	if (!firewall_ban(f, client, left))
		return false;
	*marked = firewall_put_marker(f, FIREWALL_MARKER_MANUAL);
	return true;
}

bool manual_unban(struct firewall *f, const struct address *clients, size_t n, bool *marked)
{
	*marked = false;
	for (size_t i = 0; i < n; i++) {
		/* a full set may have room for it after the first */
		if (!*marked || i % MARKER_EVERY == 0)
			*marked = firewall_put_marker(f, FIREWALL_MARKER_MANUAL);
		if (!firewall_unban(f, &clients[i]))
			return false;
	}
	/* from now on, for its whole time */
	*marked = firewall_put_marker(f, FIREWALL_MARKER_MANUAL);
	return true;
}

static void collect_entry(void *ctx, const struct address *client, struct span left)
{
	(void)left;
	address_list_add(ctx, client);
}

bool manual_flush(struct firewall *f, bool *marked)
{
	struct address_list entries = {0};
	bool done = firewall_list(f, collect_entry, &entries);

	if (done && entries.is_short)
		firewall_set_why(f, "%s", strerror(ENOMEM));
	done = done && !entries.is_short && manual_unban(f, entries.at, entries.n, marked);
	address_list_fini(&entries);
	return done;
}

/* Several detectors may share the sets. The first to see the marker takes it out, and does not look
 * any more; so it is put again until it stays. */
static bool tell_detectors(struct firewall *f)
{
	const struct timespec pause = {.tv_nsec = CHECK_MS * 1000000};
	int64_t begin = clock_monotonic().ms, now = begin, until = begin + FIRST_MS;
	bool waiting;

	while (now < until) {
		nanosleep(&pause, NULL);
		now = clock_monotonic().ms;
		if (!firewall_has_marker(f, FIREWALL_MARKER_TEARDOWN, &waiting))
			return false;
		if (waiting)
			continue;
		if (now - begin > ALL_MS || !firewall_put_marker(f, FIREWALL_MARKER_TEARDOWN))
			break;
		until = now + NEXT_MS;
	}
	return true;
}

bool manual_teardown(struct firewall *f, bool *marked)
{
	if (!manual_flush(f, marked))
		return false;
	*marked = firewall_put_marker(f, FIREWALL_MARKER_TEARDOWN);
	return !*marked || tell_detectors(f);
}
