/* tcp_peers.c - see tcp_peers.h. */
#include "io/host/tcp_peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/num.h"
#include "io/host/clock.h"
#include "io/host/tcp_table.h"

/* Ports that the kernel gives to connecting clients: the default of ip_local_port_range. */
#define CLIENT_PORT_MIN 32768
#define CLIENT_PORT_MAX 60999

struct candidate {
	struct address peer;
	uint16_t port; /* the local port */
	bool connects;
};

struct looking {
	const struct tcp_ports *ports;
	struct tcp_peers *found;
	unsigned port_min, port_max; /* inclusive range of the local ports of clients */
	uint8_t listens[8192];       /* bit per local port */
	/* An address may appear more than once, for connections with different local ports. */
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
	if (row->port < l->port_min || row->port > l->port_max || is_listened_on(l, row->port))
		return false;
	for (size_t i = 0; i < l->ports->n; i++)
		if (l->ports->list[i] == row->peer_port)
			return true;
	return false;
}

/* The kernel lists a family's listening sockets first, so a connection that another host made to
 * one of them is skipped and uses no room. */
static bool take_row(void *ctx, const struct tcp_row *row)
{
	struct looking *l = ctx;

	if (row->listens)
		l->listens[row->port / 8] |= (uint8_t)(1 << row->port % 8);
	else if (!is_wanted(l, row))
		return true;
	else if (l->n < sizeof l->list / sizeof *l->list)
		l->list[l->n++] = (struct candidate){row->peer, row->port, row->connects};
	else
		l->found->more = true;
	return true;
}

/* False when there is no room. */
static bool add_address(struct address list[SSH_PEERS_MAX], size_t *n, const struct address *peer)
{
	for (size_t i = 0; i < *n; i++)
		if (address_equal(&list[i], peer))
			return true;
	if (*n < SSH_PEERS_MAX)
		list[(*n)++] = *peer;
	else
		return false;
	return true;
}

static void add_peer(struct tcp_peers *p, const struct candidate *c)
{
	if (!add_address(p->list, &p->n, &c->peer))
		p->more = true;
	else if (c->connects)
		(void)add_address(p->unanswered, &p->unanswered_n, &c->peer);
}

/* Reads the system's current range; if that fails, the range is the kernel's default. */
static void read_port_range(const char *proc, struct looking *l)
{
	char path[256];
	FILE *f;

	l->port_min = CLIENT_PORT_MIN;
	l->port_max = CLIENT_PORT_MAX;
	snprintf(path, sizeof path, "%s/sys/net/ipv4/ip_local_port_range", proc);
	f = fopen(path, "re");
	if (!f)
		return;
	char text[64] = "", *end = text;
	if (fgets(text, sizeof text, f)) {
		unsigned long min = strtoul(text, &end, 10), max = strtoul(end, NULL, 10);
		if (min >= 1 && min <= max && max <= UINT16_MAX) {
			l->port_min = (unsigned)min;
			l->port_max = (unsigned)max;
		}
	}
	fclose(f);
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
	read_port_range(proc, l);
	done = tcp_table_read(proc, deadline, take_row, l, &out->cut);
	for (size_t i = 0; i < l->n; i++)
		if (!is_listened_on(l, l->list[i].port))
			add_peer(out, &l->list[i]);
	free(l);
	return done;
}
