/* firewall_backend.h - the interface of a backend to firewall.c. Backends include it, and so do
 * callers that set their own reason with firewall_set_why.
 *
 * A backend's struct begins with `struct firewall`. Its calls set their reason with
 * firewall_set_why before they return false.
 */
#ifndef IO_FIREWALL_FIREWALL_BACKEND_H
#define IO_FIREWALL_FIREWALL_BACKEND_H

#include <stdbool.h>

#include "io/firewall/firewall.h"

/* Each call does what firewall.h says of the function with this name. */
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
	const char *v4_only;        /* why IPv6 clients are not banned; NULL: they are */
	char why[FIREWALL_WHY_CAP]; /* "" after a call that succeeded */
};

/* Checks the configured prefix lengths and size of the sets. Every backend calls this function. */
bool firewall_config_check(const struct firewall_config *c, char *why, size_t why_cap);

void firewall_set_why(struct firewall *f, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
