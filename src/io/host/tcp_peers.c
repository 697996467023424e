/* tcp_peers.c - see tcp_peers.h. */
#include "io/host/tcp_peers.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/num.h"
#include "io/host/clock.h"
#include "io/host/tcp_table.h"

/* Ports below it are servers' own, whether or not their socket still listens. */
#define CLIENT_PORT_MIN 1024

struct candidate {
	struct address peer;
	uint16_t port; /* the local one */
};

struct looking {
	const struct tcp_ports *ports;
	struct tcp_peers *found;
	uint8_t listens[8192]; /* bit per local port */
	/* Of one address there may be two, by connections of different local ports. */
	struct candidate list[2 * SSH_PEERS_MAX];
	size_t n;
};

bool tcp_ports_parse(const char *text, struct tcp_ports *out)
{
	*out = (struct tcp_ports){.n = 0};
	if (strcmp(text, "none") == 0)
		return true;
	for (;;) {
		size_t len = strcspn(text, ",");
		uint64_t port;
		if (out->n == TCP_PEERS_PORTS_MAX || !num_u64(text, len, &port) || port < 1 ||
			port > UINT16_MAX)
			return false;
		out->list[out->n++] = (uint16_t)port;
		if (!text[len])
			return true;
		text += len + 1;
	}
}

static bool is_listened_on(const struct looking *l, uint16_t port)
{
	return l->listens[port / 8] >> port % 8 & 1;
}

static bool is_wanted(const struct looking *l, const struct tcp_row *row)
{
	for (size_t i = 0; i < l->ports->n; i++)
		if (l->ports->list[i] == row->peer_port)
			return row->connects ||
			       (row->port >= CLIENT_PORT_MIN && !is_listened_on(l, row->port));
	return false;
}

/* The kernel lists a family's listening sockets first, so strangers take no place here. */
static bool take_row(void *ctx, const struct tcp_row *row)
{
	struct looking *l = ctx;

	if (row->listens)
		l->listens[row->port / 8] |= (uint8_t)(1 << row->port % 8);
	else if (!is_wanted(l, row))
		return true;
	else if (l->n < sizeof l->list / sizeof *l->list)
		l->list[l->n++] = (struct candidate){row->peer, row->connects ? 0 : row->port};
	else
		l->found->more = true;
	return true;
}

static void add_peer(struct tcp_peers *p, const struct address *peer)
{
	for (size_t i = 0; i < p->n; i++)
		if (address_equal(&p->list[i], peer))
			return;
	if (p->n < SSH_PEERS_MAX)
		p->list[p->n++] = *peer;
	else
		p->more = true;
}

bool tcp_peers_find(const char *proc, const struct tcp_ports *ports, struct tcp_peers *out)
{
	struct span deadline = {clock_monotonic().ms + TCP_PEERS_MS};
	struct looking *l = calloc(1, sizeof *l);
	bool done;

	*out = (struct tcp_peers){.n = 0};
	if (!l)
		return false;
	l->ports = ports;
	l->found = out;
	done = tcp_table_read(proc, deadline, take_row, l, &out->cut);
	for (size_t i = 0; i < l->n; i++)
		if (!is_listened_on(l, l->list[i].port))
			add_peer(out, &l->list[i].peer);
	free(l);
	return done;
}
