/* ssh_peers.c - see ssh_peers.h. All lists are short, so each search is linear. */
#include "core/judge/ssh_peers.h"

static bool is_same(const struct ssh_connection *a, const struct ssh_connection *b)
{
	return a->id == b->id && address_equal(&a->peer, &b->peer);
}

bool ssh_peer_is_open(const struct ssh_peer *peer)
{
	return peer->ends.ms == SPAN_MAX.ms;
}

static bool is_among(
	const struct ssh_connection *one, const struct ssh_connection *all, size_t all_n)
{
	for (size_t i = 0; i < all_n; i++)
		if (is_same(one, &all[i]))
			return true;
	return false;
}

static bool has_connection(const struct ssh_peers *p, const struct ssh_connection *one)
{
	for (size_t i = 0; i < p->n; i++)
		if (is_same(one, &p->list[i].connection))
			return true;
	return false;
}

static bool has_address(const struct address *list, size_t n, const struct address *a)
{
	for (size_t i = 0; i < n; i++)
		if (address_equal(&list[i], a))
			return true;
	return false;
}

/* Records which connections have ended, and removes connections that ended SSH_PEERS_KEPT_S ago or
 * earlier. */
static void end_some(
	struct ssh_peers *p, const struct ssh_connection *open, size_t open_n, struct span now)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->n; i++) {
		struct ssh_peer peer = p->list[i];
		if (is_among(&peer.connection, open, open_n))
			peer.ends = SPAN_MAX;
		else if (ssh_peer_is_open(&peer))
			peer.ends.ms = now.ms + SSH_PEERS_KEPT_S * 1000;
		if (peer.ends.ms > now.ms)
			p->list[kept++] = peer;
	}
	p->n = kept;
}

/* The place for a new connection; NULL if all places have open connections. */
static struct ssh_peer *make_room(struct ssh_peers *p)
{
	struct ssh_peer *first = &p->list[0];

	if (p->n < SSH_PEERS_MAX)
		return &p->list[p->n++];
	for (size_t i = 1; i < p->n; i++)
		if (p->list[i].ends.ms < first->ends.ms)
			first = &p->list[i];
	return ssh_peer_is_open(first) ? NULL : first;
}

static void add_new(struct ssh_peers *p, const struct ssh_connection *open, size_t open_n)
{
	p->more = false;
	for (size_t i = 0; i < open_n; i++) {
		if (has_connection(p, &open[i]))
			continue;
		struct ssh_peer *place = make_room(p);
		if (place)
			*place = (struct ssh_peer){open[i], SPAN_MAX};
		else
			p->more = true;
	}
}

bool ssh_peers_update(struct ssh_peers *p, const struct ssh_connection *open, size_t open_n,
	struct span now, ssh_peers_change *change, void *ctx)
{
	struct address before[SSH_PEERS_MAX], after[SSH_PEERS_MAX];
	size_t before_n = ssh_peers_addresses(p, before), after_n;
	bool any = false;

	end_some(p, open, open_n, now);
	add_new(p, open, open_n);
	after_n = ssh_peers_addresses(p, after);
	for (size_t i = 0; i < before_n; i++) {
		if (has_address(after, after_n, &before[i]))
			continue;
		any = true;
		change(ctx, &before[i], false);
	}
	for (size_t i = 0; i < after_n; i++) {
		if (has_address(before, before_n, &after[i]))
			continue;
		any = true;
		change(ctx, &after[i], true);
	}
	return any;
}

size_t ssh_peers_addresses(const struct ssh_peers *p, struct address out[SSH_PEERS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		if (!has_address(out, n, &p->list[i].connection.peer))
			out[n++] = p->list[i].connection.peer;
	return n;
}
