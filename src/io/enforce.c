/* enforce.c - see enforce.h. */
#include "io/enforce.h"

void enforce_init(struct enforce *f, struct firewall *firewall, struct engine *engine)
{
	*f = (struct enforce){.firewall = firewall,
		.engine = engine,
		.behind = firewall_enforces(firewall) && bans_active(engine_bans(engine)) > 0};
}

bool enforce_ban(struct enforce *f, struct event *e)
{
	if (!firewall_enforces(f->firewall))
		return true;
	e->enforced = firewall_ban(f->firewall, &e->client, e->permanent ? SPAN_MAX : e->seconds);
	engine_enforced(f->engine, &e->client, e->enforced);
	f->behind |= !e->enforced;
	return e->enforced;
}

bool enforce_unban(struct enforce *f, const struct event *e)
{
	return !firewall_enforces(f->firewall) || firewall_unban(f->firewall, &e->client);
}

bool enforce_catch_up(struct enforce *f, struct instant now)
{
	struct bans *bans = engine_bans(f->engine);
	struct ban ban;

	if (!f->behind)
		return true;
	for (int n = 0; n < ENFORCE_BATCH;) {
		if (!bans_walk(bans, &f->cursor, &ban)) {
			f->behind = false;
			f->cursor = 0;
			return true;
		}
		if (ban.form != BAN_ACTIVE || ban.enforced)
			continue;
		bool permanent = ban.until.ms >= INSTANT_MAX.ms;
		struct span left = permanent ? SPAN_MAX : instant_since(ban.until, now);
		if (left.ms <= 0)
			continue; /* its unban is due */
		n++;
		if (!firewall_ban(f->firewall, &ban.client, left)) {
			f->cursor = 0;
			return false; /* the next would most likely fail too */
		}
		engine_enforced(f->engine, &ban.client, true);
	}
	return true;
}
