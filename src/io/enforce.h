/* enforce.h - carries bans out, and tries again what failed.
 *
 * Path:    event -> [enforce] -> firewall.
 * A ban that the firewall refuses stays in the table as not enforced; enforce_catch_up tries those
 * again, so that a full set, a lost session or a restart heals by itself.
 */
#ifndef IO_ENFORCE_H
#define IO_ENFORCE_H

#include <stdbool.h>

#include "core/engine.h"
#include "io/firewall.h"

struct enforce {
	struct firewall *firewall;
	struct engine *engine;
	bool behind;     /* some ban may not be enforced */
	uint32_t cursor; /* of enforce_catch_up */
};

/* Both are the caller's. Bans that the engine restored are taken as not enforced yet. */
void enforce_init(struct enforce *f, struct firewall *firewall, struct engine *engine);

/* A ban event: sets e->enforced. False when the firewall refused; firewall_why says why. */
bool enforce_ban(struct enforce *f, struct event *e);

/* An unban event: takes it out of the kernel, where it may be gone by itself. */
bool enforce_unban(struct enforce *f, const struct event *e);

/* Carries out at most ENFORCE_BATCH bans that are not enforced. False when the firewall refused
 * one. */
#define ENFORCE_BATCH 1000
bool enforce_catch_up(struct enforce *f, struct instant now);

#endif
