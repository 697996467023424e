/* firewall_backend.h - what a backend gives to firewall.c; included by backends, and by callers
 * that fail for a reason of their own and tell it with firewall_set_why.
 *
 * A backend's struct begins with `struct firewall`. Its calls write their reason with
 * firewall_set_why before they return false.
 */
#ifndef IO_FIREWALL_FIREWALL_BACKEND_H
#define IO_FIREWALL_FIREWALL_BACKEND_H

#include <stdbool.h>

#include "io/firewall/firewall.h"

struct firewall_ops {
	const char *name;
	bool enforces;
	bool (*ban)(struct firewall *f, const struct address *client, struct span left);
	bool (*unban)(struct firewall *f, const struct address *client);
	bool (*has)(struct firewall *f, const struct address *client, bool *in);
	bool (*list)(struct firewall *f, firewall_each *each, void *ctx);
	unsigned (*made_sets)(const struct firewall *f);
	bool (*teardown)(struct firewall *f);
	void (*undo)(struct firewall *f);
	bool (*keep_rules)(struct firewall *f, bool *put_back);
	void (*free)(struct firewall *f);
};

struct firewall {
	const struct firewall_ops *ops;
	const char *v4_only;        /* why IPv6 is not reached; NULL: it is */
	char why[FIREWALL_WHY_CAP]; /* "" after a call that worked */
};

/* Prefix lengths and size: what any backend needs. */
bool firewall_config_check(const struct firewall_config *c, char *why, size_t why_cap);

void firewall_set_why(struct firewall *f, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
