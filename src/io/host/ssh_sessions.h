/* ssh_sessions.h - the connections to this host that belong to an SSH session after login.
 *
 * Each of two sources is enough:
 *   processes  ssh_processes.h; needs the right to read the descriptors of root's processes. The
 *              connection is to port 22, or to a port at which an sshd listens.
 *   logind     /run/systemd/sessions, which every user may read, so this source also works with
 *              --user and in a service with its own user. pam_systemd adds a session there after
 *              login, with the client's address.
 * In addition, a connection that once had a session counts as having a session as long as it is
 * open. The TCP table, /proc/net/tcp, lists the open connections. Every user may read it.
 *
 * Cost:    16 to 30 ms with 1000 processes (tests/e2e/ssh-sessions-are-never-banned.t, on two cores
 *          under load), and 6 ms per 1000 sockets in the TCP table. The table is read only when
 *          somebody may be logged in by SSH. A search runs once per minute, and is cut off after
 *          SSH_SESSIONS_MS.
 */
#ifndef IO_HOST_SSH_SESSIONS_H
#define IO_HOST_SSH_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/judge/ssh_peers.h"

/* Time limit of a search. Without it, anybody could delay the reading of the log for long by
 * starting many processes or opening many connections. */
#define SSH_SESSIONS_MS 250
/* Room for all peers of struct ssh_peers, and for some more, so that a full list is detected. */
#define SSH_SESSIONS_MAX (2 * SSH_PEERS_MAX)
/* Maximum number of connections from one address: one is enough to exempt the address. With this
 * maximum, no single address can fill the list. */
#define SSH_SESSIONS_PER_PEER 8

/* "/proc" and "/run/systemd/sessions", except in tests. */
struct ssh_places {
	const char *proc;
	const char *logind;
	/* time limit of a search; tests use a larger one, because a machine may be slow */
	struct span most;
};
extern const struct ssh_places ssh_places;

struct ssh_sessions {
	struct ssh_connection list[SSH_SESSIONS_MAX];
	size_t n;
	/* somebody has logged in whose address cannot be determined, and logind has no session */
	bool blind;
	bool hidden; /* other users' processes are not visible, and there is no logind */
	bool cut;    /* a limit ended the search, so some sessions may be missing */
};

/* `known`: the connections of earlier calls. False with errno when /proc cannot be read; then *s is
 * empty. */
bool ssh_sessions_find(
	const struct ssh_places *places, const struct ssh_peers *known, struct ssh_sessions *s);

#endif
