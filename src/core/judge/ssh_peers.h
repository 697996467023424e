/* ssh_peers.h - who administers the host over SSH now, and is not banned for it.
 *
 * Path:    io/host/ssh_sessions -> [ssh_peers] -> the allow-list of a run.   Pure.
 * Method:  an address is allowed while a connection of it belongs to a session after login, and for
 *          SSH_PEERS_KEPT_S after that: whoever comes back meanwhile is not shut out.
 * Limit:   SSH_PEERS_MAX connections. A new one takes the place of the one that ended first; when
 *          all are open it is left out, and `more` says so.
 */
#ifndef CORE_JUDGE_SSH_PEERS_H
#define CORE_JUDGE_SSH_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/instant.h"

/* By its default MaxStartups sshd has 100 connections before login; those with a session are far
 * fewer, and each is of somebody with an account. */
#define SSH_PEERS_MAX 256
/* Long enough to come back after a lost connection or a reboot of one's own machine. */
#define SSH_PEERS_KEPT_S 600

/* A connection of a session after login. */
struct ssh_connection {
	struct address peer;
	uint64_t id; /* the inode of its socket; 0: not known */
};

struct ssh_peer {
	struct ssh_connection connection;
	struct span ends; /* on the monotonic clock; SPAN_MAX while the connection is open */
};

struct ssh_peers {
	struct ssh_peer list[SSH_PEERS_MAX];
	size_t n;
	bool more; /* at the last update some were left out */
};

bool ssh_peer_is_open(const struct ssh_peer *peer);

/* An address that is allowed from now on, or not any longer. */
typedef void ssh_peers_change(void *ctx, const struct address *peer, bool allowed);

/* Takes over which connections are open at `now`, which must not go backwards. Calls `change` for
 * each address whose right changes; returns whether there was any. */
bool ssh_peers_update(struct ssh_peers *p, const struct ssh_connection *open, size_t open_n,
	struct span now, ssh_peers_change *change, void *ctx);

/* Writes each address once; at most SSH_PEERS_MAX. Returns how many. */
size_t ssh_peers_addresses(const struct ssh_peers *p, struct address out[SSH_PEERS_MAX]);

#endif
