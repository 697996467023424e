/* ssh_peers.h - addresses with an SSH session on this host, which are exempt from bans.
 *
 * Path:    io/host/ssh_sessions -> [ssh_peers] -> the allow-list of a run.   Pure.
 * Method:  an address is exempt while it has an SSH connection with a logged-in session, and for
 *          SSH_PEERS_KEPT_S after the connection ends. So an administrator who reconnects in this
 *          time is not banned.
 * Limit:   SSH_PEERS_MAX connections. When the list is full, a new connection replaces the one that
 *          ended first. If all are open, the new one is left out and `more` is set.
 */
#ifndef CORE_JUDGE_SSH_PEERS_H
#define CORE_JUDGE_SSH_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/instant.h"

/* By default (MaxStartups) sshd allows 100 connections before login. Connections with a logged-in
 * session are far fewer, and each needs an account. */
#define SSH_PEERS_MAX 256
/* In seconds: long enough to reconnect after a lost connection or a reboot of the administrator's
 * own machine. */
#define SSH_PEERS_KEPT_S 600

/* A connection with a logged-in session. */
struct ssh_connection {
	struct address peer;
	uint64_t id; /* the inode of its socket; 0: unknown */
};

struct ssh_peer {
	struct ssh_connection connection;
	/* when the exemption ends, on the monotonic clock; SPAN_MAX while the connection is open */
	struct span ends;
};

struct ssh_peers {
	struct ssh_peer list[SSH_PEERS_MAX];
	size_t n;
	bool more; /* the last update left some connections out */
};

bool ssh_peer_is_open(const struct ssh_peer *peer);

/* Reports an address that becomes exempt, or is no longer exempt. `allowed`: true if it becomes
 * exempt. */
typedef void ssh_peers_change(void *ctx, const struct address *peer, bool allowed);

/* Updates the list to the connections that are open at `now`, which must not go backwards. Calls
 * `change` for each address that becomes exempt or is no longer exempt. True if it called
 * `change`. */
bool ssh_peers_update(struct ssh_peers *p, const struct ssh_connection *open, size_t open_n,
	struct span now, ssh_peers_change *change, void *ctx);

/* Writes each exempt address once, at most SSH_PEERS_MAX. Returns their number. */
size_t ssh_peers_addresses(const struct ssh_peers *p, struct address out[SSH_PEERS_MAX]);

#endif
