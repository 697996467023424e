/* ssh_sessions.h - which connections to this host belong to an SSH session after login.
 *
 * Two sources, each of which is enough:
 *   processes  ssh_processes.h; needs the right to see the descriptors of root's processes. The
 *              connection is to port 22, or to one at which an sshd listens.
 *   logind     /run/systemd/sessions, which everybody may read, also with --user and in a service
 *              of its own user: pam_systemd writes a session there after login, with the address.
 * And a connection that had a session still has it for as long as it is open, which /proc/net/tcp
 * tells everybody.
 *
 * Cost:    16 to 30 ms with 1000 processes (tests/e2e/ssh-sessions-are-never-banned.t, on two busy cores), and 6 ms
 *          for each 1000 sockets of the table, which is read only when somebody may be logged in.
 *          Once a minute, and cut off after SSH_SESSIONS_MS.
 */
#ifndef IO_HOST_SSH_SESSIONS_H
#define IO_HOST_SSH_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/judge/ssh_peers.h"

/* Nobody may stop the reading of the log for longer, by any number of processes or connections. */
#define SSH_SESSIONS_MS 250
/* Room for all that ssh_peers keeps, and to tell that there are more. */
#define SSH_SESSIONS_MAX (2 * SSH_PEERS_MAX)
/* Of one address: one is enough to be allowed, and nobody can fill the list alone. */
#define SSH_SESSIONS_PER_PEER 8

/* "/proc" and "/run/systemd/sessions", except in tests. */
struct ssh_places {
	const char *proc;
	const char *logind;
	struct span most; /* of a look; tests must not depend on it, as a machine may be slow */
};
extern const struct ssh_places ssh_places;

struct ssh_sessions {
	struct ssh_connection list[SSH_SESSIONS_MAX];
	size_t n;
	bool blind;  /* somebody has logged in who cannot be told, and logind knows nobody */
	bool hidden; /* no process of others can be seen, and there is no logind */
	bool cut;    /* it took too long, or there are too many processes: some may be missing */
};

/* `known` are those of earlier calls. False with errno when /proc cannot be read; *s is empty
 * then. */
bool ssh_sessions_find(
	const struct ssh_places *places, const struct ssh_peers *known, struct ssh_sessions *s);

#endif
