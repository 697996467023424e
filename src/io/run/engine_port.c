/* engine_port.c - see engine_port.h. */
#include "io/run/engine_port.h"

void engine_port_report_refusal(struct engine_port *p, const char *reason, struct instant time)
{
	const char *why = firewall_why(p->enforce->firewall);

	if (log_repeat(&p->repeat, *p->wall, "unable to ban in the kernel: %s", why))
		report_error(p->report, reason, why, time);
}

static enum ban_outcome ban_client(
	void *ctx, const struct address *client, struct span left, struct instant now)
{
	struct engine_port *p = ctx;
	enum ban_outcome outcome = enforce_ban(p->enforce, client, left);

	if (outcome == BAN_REFUSED)
		engine_port_report_refusal(p, "ban_failed", now);
	return outcome;
}

static bool unban_client(void *ctx, const struct address *client, struct instant now)
{
	struct engine_port *p = ctx;
	bool done = enforce_unban(p->enforce, client);

	if (!done)
		engine_port_report_refusal(p, "unban_failed", now);
	return done;
}

static enum ban_outcome has_ban(void *ctx, const struct address *client)
{
	struct engine_port *p = ctx;

	return enforce_find_ban(p->enforce, client);
}

struct engine_firewall engine_port_firewall(struct engine_port *p)
{
	return (struct engine_firewall){
		.ctx = p, .ban = ban_client, .unban = unban_client, .has = has_ban};
}
