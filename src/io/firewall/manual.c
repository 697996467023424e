/* manual.c - see manual.h.
 *
 * The command FLUSH of ipset is not used, because it would remove the marker with the entries: a
 * detector could check the sets before there is a new marker. A swap with an empty set would keep a
 * marker all the time. But then open sessions of other programs would refer to the wrong set.
 */
#include "io/firewall/manual.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "core/base/array.h"
#include "io/host/clock.h"
#include "io/firewall/firewall_backend.h"

/* Number of entries that are removed between two markers. Removing them takes only a small part of
 * the time that a marker lasts. */
#define MARKER_EVERY 10000
/* Time between two checks whether a detector has removed the marker. */
#define CHECK_MS 50
/* A detector checks for the marker once per second, and less often on a host under load. The first
 * wait ends before the marker expires, because an expired marker cannot be distinguished from a
 * removed one. */
#define FIRST_MS 4500
#define NEXT_MS  2500
/* Maximum of all waits together: enough for a dozen detectors. It also ends the waits for a
 * detector that does not obey. */
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
		/* a full set may have room for the marker after the first removal */
		if (!*marked || i % MARKER_EVERY == 0)
			*marked = firewall_put_marker(f, FIREWALL_MARKER_MANUAL);
		if (!firewall_unban(f, &clients[i]))
			return false;
	}
	/* renews the marker, which then lasts its full time */
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

/* Informs all detectors that share the sets. The first detector that reads the marker removes it
 * and stops checking. So the marker is added again until it stays. */
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
