/* ssh_sessions.c - see ssh_sessions.h. */
#include "io/host/ssh_sessions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io/host/clock.h"
#include "io/host/logind_sessions.h"
#include "io/host/ssh_processes.h"
#include "io/host/tcp_table.h"

#define SSH_PORT 22
/* Maximum number of ports of all sshds together. One sshd listens on at most 16 addresses. */
#define PORTS_MAX 32
/* Maximum number of rows of the TCP table that may belong to a session: at most 3 per process, and
 * some spare rows. */
#define ROWS_MAX (4 * SSH_PROCESSES_MAX)

const struct ssh_places ssh_places = {"/proc", "/run/systemd/sessions", {SSH_SESSIONS_MS}};

enum owner { OWNER_LISTENER = 1, OWNER_SESSION, OWNER_KNOWN };

/* A socket to match with the TCP table. */
struct wanted {
	uint64_t inode;
	enum owner owner;
};

struct looking {
	struct ssh_sessions *found;
	const struct ssh_peers *known;
	struct span deadline;
	struct wanted *wanted; /* sorted by inode */
	size_t wanted_n;
	bool any; /* a wanted socket may belong to a session */
	struct address logind[SSH_PEERS_MAX];
	size_t logind_n;
	uint16_t ports[PORTS_MAX];
	size_t ports_n;
	struct tcp_row *rows; /* rows of sessions, kept until all ports of sshd are known */
	size_t rows_n;
};

static int compare_wanted(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

static void want_sockets(struct looking *l, const struct ssh_processes *processes)
{
	for (size_t i = 0; i < processes->n; i++) {
		const struct ssh_process *p = &processes->list[i];
		if (!p->session && !(p->root && p->kind == SSH_LISTENER))
			continue;
		l->any |= p->session;
		for (size_t k = 0; k < p->sockets_n; k++)
			l->wanted[l->wanted_n++] = (struct wanted){
				p->sockets[k], p->session ? OWNER_SESSION : OWNER_LISTENER};
	}
	for (size_t i = 0; i < l->known->n; i++) {
		uint64_t id = l->known->list[i].connection.id;
		if (!id)
			continue;
		l->wanted[l->wanted_n++] = (struct wanted){id, OWNER_KNOWN};
		l->any = true;
	}
	qsort(l->wanted, l->wanted_n, sizeof *l->wanted, compare_wanted);
}

/* Adds each connection once, and at most SSH_SESSIONS_PER_PEER connections for each address. */
static void add_found(struct looking *l, const struct address *peer, uint64_t id)
{
	struct ssh_sessions *s = l->found;
	size_t same = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (!address_equal(&s->list[i].peer, peer))
			continue;
		if (s->list[i].id == id || ++same == SSH_SESSIONS_PER_PEER)
			return;
	}
	if (s->n < SSH_SESSIONS_MAX)
		s->list[s->n++] = (struct ssh_connection){*peer, id};
}

static bool is_known(const struct looking *l, const struct tcp_row *row)
{
	for (size_t i = 0; i < l->known->n; i++) {
		const struct ssh_connection *c = &l->known->list[i].connection;
		if (c->id == row->inode && address_equal(&c->peer, &row->peer))
			return true;
	}
	return false;
}

/* Matches the row with each owner of its socket; a socket may have several owners. */
static void match_row(struct looking *l, const struct tcp_row *row)
{
	struct wanted key = {.inode = row->inode};
	const struct wanted *w = bsearch(&key, l->wanted, l->wanted_n, sizeof key, compare_wanted);

	if (!w)
		return;
	while (w > l->wanted && w[-1].inode == row->inode)
		w--;
	for (; w < l->wanted + l->wanted_n && w->inode == row->inode; w++) {
		if (row->listens && w->owner == OWNER_LISTENER && l->ports_n < PORTS_MAX)
			l->ports[l->ports_n++] = row->port;
		else if (!row->listens && w->owner == OWNER_SESSION && l->rows_n < ROWS_MAX)
			l->rows[l->rows_n++] = *row;
		else if (!row->listens && w->owner == OWNER_KNOWN && is_known(l, row))
			add_found(l, &row->peer, row->inode);
	}
}

static bool take_row(void *ctx, const struct tcp_row *row)
{
	struct looking *l = ctx;

	if (row->connects) /* a connection being made has no session yet */
		return true;
	match_row(l, row);
	for (size_t i = 0; !row->listens && i < l->logind_n; i++)
		if (address_equal(&l->logind[i], &row->peer)) {
			add_found(l, &row->peer, 0);
			break;
		}
	return true;
}

static bool is_sshd_port(const struct looking *l, uint16_t port)
{
	for (size_t i = 0; i < l->ports_n; i++)
		if (l->ports[i] == port)
			return true;
	return port == SSH_PORT;
}

/* Of the sockets of SSH processes, adds only connections to ports of sshd. A connection that is
 * forwarded through a session has another port, and anybody may be its peer. */
static bool look_at_table(struct looking *l, const char *proc)
{
	bool cut;

	if (!l->any && l->logind_n == 0)
		return true;
	if (!tcp_table_read(proc, l->deadline, take_row, l, &cut))
		return false;
	l->found->cut |= cut;
	for (size_t i = 0; i < l->rows_n; i++)
		if (is_sshd_port(l, l->rows[i].port))
			add_found(l, &l->rows[i].peer, l->rows[i].inode);
	return true;
}

bool ssh_sessions_find(
	const struct ssh_places *places, const struct ssh_peers *known, struct ssh_sessions *s)
{
	struct ssh_processes processes = {0};
	struct looking *l = calloc(1, sizeof *l);
	bool ok = false;

	*s = (struct ssh_sessions){.n = 0};
	if (!l)
		return false;
	l->found = s;
	l->known = known;
	l->deadline.ms = clock_monotonic().ms + places->most.ms;
	l->rows = calloc(ROWS_MAX, sizeof *l->rows);
	l->wanted = calloc(
		SSH_PROCESSES_MAX * SSH_PROCESS_SOCKETS_MAX + SSH_PEERS_MAX, sizeof *l->wanted);
	if (l->rows && l->wanted && ssh_processes_find(&processes, places->proc, l->deadline)) {
		bool logind = logind_sessions_find(
			places->logind, l->deadline, l->logind, SSH_PEERS_MAX, &l->logind_n);
		s->blind = processes.blind && l->logind_n == 0;
		s->hidden = processes.hidden && !logind;
		s->cut = processes.cut;
		want_sockets(l, &processes);
		ok = look_at_table(l, places->proc);
	}
	int error = errno;
	ssh_processes_fini(&processes);
	free(l->rows);
	free(l->wanted);
	free(l);
	errno = error;
	return ok;
}
