/* iptables_place.c - see iptables_place.h.
 *
 * The whole table is read first. Then its chains are walked, without recursion: up from the drop
 * rule's chain to the built-in chains, and down into each called chain. A called chain has a
 * weight: the worst value of enum iptables_reach that a rule in it can cause. A chain is walked at
 * most once for each weight, so loops end.
 */
#include "io/firewall/iptables_place.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "io/firewall/iptables_text.h"

#define NONE SIZE_MAX

struct entry {
	struct iptables_rule rule;
	char text[IPTABLES_PLACE_TEXT_CAP];
	size_t chain, target; /* indices; NONE: no chain */
};

struct chain {
	char name[IPTABLES_NAME_CAP];
	bool builtin;
	bool up; /* the chain leads to the drop rule; it has been walked, or will be walked */
	/* the chain's weight as a called chain; IPTABLES_FIRST: it is not called */
	enum iptables_reach way;
	bool movable; /* the drop rule's chain calls this chain, directly or not */
	size_t upto;  /* if `up`: index of the drop rule, or of the jump that leads to it */
};

struct table {
	const struct drop_rule *ours;
	struct entry *entry;
	size_t n, cap;
	struct chain *chain;
	size_t chains_n, chains_cap;
	bool short_of_memory, too_many;
	struct iptables_place *place;
};

/* ---- reading ---- */

static size_t chain_named(const struct table *t, const char *name)
{
	for (size_t i = 0; i < t->chains_n && name[0]; i++) {
		if (strcmp(t->chain[i].name, name) == 0)
			return i;
	}
	return NONE;
}

static void add_chain(struct table *t, const struct iptables_rule *r)
{
	struct chain *grew = array_grow(t->chain, t->chains_n, &t->chains_cap, sizeof *grew);

	if (!grew) {
		t->short_of_memory = true;
		return;
	}
	t->chain = grew;
	t->chain[t->chains_n] = (struct chain){.builtin = r->line == IPTABLES_BUILTIN_CHAIN};
	memcpy(t->chain[t->chains_n++].name, r->chain, sizeof r->chain);
}

static void add_entry(struct table *t, const struct iptables_rule *r, const char *line, size_t len)
{
	struct entry *grew = array_grow(t->entry, t->n, &t->cap, sizeof *grew);

	if (!grew) {
		t->short_of_memory = true;
		return;
	}
	t->entry = grew;
	t->entry[t->n] = (struct entry){.rule = *r};
	snprintf(t->entry[t->n++].text, IPTABLES_PLACE_TEXT_CAP, "%.*s", (int)len, line);
}

static void take_line(void *ctx, const char *line, size_t len)
{
	struct table *t = ctx;
	struct iptables_rule r = iptables_text_parse(line, len, t->ours->set_name);

	if (r.line == IPTABLES_OTHER || t->short_of_memory)
		return;
	if (t->n == IPTABLES_PLACE_RULES_MAX || t->chains_n == IPTABLES_PLACE_RULES_MAX)
		t->too_many = true;
	else if (r.line == IPTABLES_RULE)
		add_entry(t, &r, line, len);
	else
		add_chain(t, &r);
}

static bool read_table(struct table *t, char *why, size_t why_cap)
{
	if (!iptables_list_table(t->ours, take_line, t, why, why_cap))
		return false;
	if (t->short_of_memory || t->too_many) {
		snprintf(why, why_cap, "unable to list the rules of table %s: %s", t->ours->table,
			t->short_of_memory ? strerror(ENOMEM) : "too many");
		return false;
	}
	for (size_t i = 0; i < t->n; i++) {
		struct entry *e = &t->entry[i];
		e->chain = chain_named(t, e->rule.chain);
		e->target = chain_named(t, e->rule.target);
		if (e->target == NONE && e->rule.end == IPTABLES_CALLS)
			e->rule.end = IPTABLES_CONTINUES; /* a target such as MARK */
	}
	return true;
}

/* ---- the effect of one rule on the packets that the drop rule matches ---- */

static enum iptables_reach lesser_reach(enum iptables_reach a, enum iptables_reach b)
{
	return a < b ? a : b;
}

static enum iptables_reach weigh_rule(const struct table *t, const struct iptables_rule *r)
{
	const struct drop_rule *ours = t->ours;
	bool web = !r->protocol[0] || strcmp(r->protocol, "tcp") == 0 ||
		   strcmp(r->protocol, "udp") == 0;

	if (r->loopback)
		return IPTABLES_FIRST;
	if (ours->protocol && r->protocol[0] && strcmp(r->protocol, ours->protocol) != 0)
		return IPTABLES_FIRST;
	if (ours->protocol && !iptables_text_ports_overlap(r->ports, ours->ports))
		return IPTABLES_FIRST;
	if (r->asks_sender || !web)
		return IPTABLES_MAY_PASS;
	/* in the table raw, connections are not tracked yet */
	if (r->asks_state && (!(r->open || r->fresh) || strcmp(ours->table, "raw") == 0))
		return IPTABLES_MAY_PASS;
	return IPTABLES_BEHIND;
}

static void note_reach(
	struct table *t, enum iptables_reach way, const struct entry *e, bool movable)
{
	if (way <= t->place->way)
		return;
	*t->place = (struct iptables_place){.way = way,
		.open_only = e->rule.asks_state && e->rule.open && !e->rule.fresh,
		.movable = movable};
	memcpy(t->place->text, e->text, sizeof e->text);
}

/* ---- the walk ---- */

/* Schedules the walk of a called chain with the weight `way`. Does nothing if the chain has at
 * least this weight already. */
static void enter_chain(struct table *t, size_t chain, enum iptables_reach way, bool movable)
{
	if (way <= t->chain[chain].way)
		return;
	t->chain[chain].way = way;
	t->chain[chain].movable = movable;
}

/* Walks the rules of chain `c` before entry `upto`. `most`: the highest value that a rule in the
 * chain can cause. `up`: the chain leads to the drop rule, so packets that return from the chain do
 * not reach the drop rule. */
static void walk_chain(struct table *t, size_t c, size_t upto, enum iptables_reach most, bool up)
{
	for (size_t i = 0; i < t->n && i < upto; i++) {
		const struct entry *e = &t->entry[i];
		const struct iptables_rule *r = &e->rule;
		if (e->chain != c || r->end == IPTABLES_CONTINUES)
			continue;
		enum iptables_reach way = lesser_reach(most, weigh_rule(t, r));
		bool movable = t->chain[c].movable || strcmp(t->chain[c].name, t->ours->chain) == 0;
		if (r->end == IPTABLES_PASSES || (r->end == IPTABLES_RETURNS && up))
			note_reach(t, way, e, movable);
		/* after -g the packets do not return to this chain, and their further way is not
		 * examined */
		if (r->end == IPTABLES_GOES_TO && up)
			note_reach(t, lesser_reach(way, IPTABLES_MAY_PASS), e, movable);
		if ((r->end == IPTABLES_CALLS || r->end == IPTABLES_GOES_TO) && e->target != NONE)
			enter_chain(t, e->target, way, movable);
		if (!r->asks && r->end != IPTABLES_CALLS)
			return; /* no packet reaches a later rule */
	}
}

/* Walks the called chains until their weights no longer change. */
static void walk_called(struct table *t)
{
	enum iptables_reach *done = calloc(t->chains_n, sizeof *done);
	bool more = true;

	t->short_of_memory = !done;
	while (more && done) {
		more = false;
		for (size_t c = 0; c < t->chains_n; c++) {
			if (t->chain[c].way <= done[c])
				continue;
			done[c] = t->chain[c].way;
			walk_chain(t, c, NONE, done[c], false);
			more = true;
		}
	}
	free(done);
}

/* Whether the chain is a built-in chain that receives packets from clients. */
static bool is_entrance(const struct chain *c)
{
	return c->builtin && (strcmp(c->name, "PREROUTING") == 0 || strcmp(c->name, "INPUT") == 0 ||
				     strcmp(c->name, "FORWARD") == 0);
}

/* Adds the chains that jump to chain `c`: they lead to the drop rule, too. */
static void add_callers(struct table *t, size_t c)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct entry *e = &t->entry[i];
		if (e->target != c || e->chain == NONE || t->chain[e->chain].up)
			continue;
		t->chain[e->chain].up = true;
		t->chain[e->chain].upto = i;
		if (e->rule.asks)
			note_reach(t, IPTABLES_NARROW, e, false);
	}
}

static void walk_to_rule(struct table *t, size_t own, size_t upto)
{
	bool entered = false, more = true;
	bool *done = calloc(t->chains_n, sizeof *done);

	t->short_of_memory = !done;
	t->chain[own].up = true;
	t->chain[own].upto = upto;
	while (more && done) {
		more = false;
		for (size_t c = 0; c < t->chains_n; c++) {
			if (!t->chain[c].up || done[c])
				continue;
			done[c] = more = true;
			entered |= is_entrance(&t->chain[c]);
			walk_chain(t, c, t->chain[c].upto, IPTABLES_BEHIND, true);
			if (!t->chain[c].builtin)
				add_callers(t, c);
		}
	}
	free(done);
	if (!t->short_of_memory)
		walk_called(t);
	if (!entered)
		*t->place = (struct iptables_place){.way = IPTABLES_UNREACHED};
}

static bool is_rule(const struct drop_rule *r, const struct iptables_rule *t)
{
	return t->ours && strcmp(t->chain, r->chain) == 0 &&
	       strcmp(t->protocol, r->protocol ? r->protocol : "") == 0 &&
	       strcmp(t->ports, r->protocol ? r->ports : "") == 0;
}

bool iptables_place_find(
	const struct drop_rule *r, struct iptables_place *place, char *why, size_t why_cap)
{
	struct table t = {.ours = r, .place = place};
	bool ok = read_table(&t, why, why_cap);

	*place = (struct iptables_place){.way = IPTABLES_FIRST};
	for (size_t i = 0; i < t.n && ok; i++) {
		if (t.entry[i].chain == NONE || !is_rule(r, &t.entry[i].rule))
			continue;
		walk_to_rule(&t, t.entry[i].chain, i);
		if (t.short_of_memory) {
			snprintf(why, why_cap, "%s", strerror(ENOMEM));
			ok = false;
		}
		break;
	}
	free(t.entry);
	free(t.chain);
	return ok;
}

void iptables_place_explain(
	const struct drop_rule *r, const struct iptables_place *place, char *text, size_t text_cap)
{
	static const char instead[] = "or use --chain raw/PREROUTING";
	char where[160];

	snprintf(where, sizeof where, "the rule for set '%s' in %s/%s", r->set_name, r->table,
		r->chain);
	text[0] = '\0';
	switch (place->way) {
	case IPTABLES_FIRST:
		break;
	case IPTABLES_NARROW:
		snprintf(text, text_cap,
			"%s only receives packets that '%s' sends "
			"there",
			where, place->text);
		break;
	case IPTABLES_MAY_PASS:
		snprintf(text, text_cap,
			"%s is after '%s', which may let packets of banned clients pass", where,
			place->text);
		break;
	case IPTABLES_BEHIND:
		snprintf(text, text_cap,
			"%s is after '%s', which lets %s of banned clients pass; %s, %s", where,
			place->text, place->open_only ? "open connections" : "packets",
			place->movable ? "put it first" : "jump to its chain earlier", instead);
		break;
	case IPTABLES_UNREACHED:
		snprintf(text, text_cap,
			"%s drops nothing: no packet of a client reaches that chain; jump to "
			"it from INPUT or FORWARD, %s",
			where, instead);
		break;
	}
}
