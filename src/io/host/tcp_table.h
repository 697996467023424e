/* tcp_table.h - the TCP sockets of this network namespace, as the kernel lists them for everybody.
 *
 * Cost:    a line of 150 bytes per socket, those of the web server included; the socket-diag
 *          netlink would filter in the kernel, but needs a module that containers cannot load.
 */
#ifndef IO_HOST_TCP_TABLE_H
#define IO_HOST_TCP_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/instant.h"

struct tcp_row {
	struct address peer; /* of a connection */
	uint64_t inode;      /* "socket:[INODE]" in /proc/PID/fd */
	uint16_t port;       /* the local one */
	uint16_t peer_port;
	bool listens;
	bool connects; /* to the peer, which has not answered; with neither it is established */
};

/* False ends the reading. */
typedef bool tcp_table_each(void *ctx, const struct tcp_row *row);

/* Calls `each` for each socket that listens, is established or connects, IPv4 and IPv6. `proc` is
 * "/proc". *cut: the monotonic clock passed `deadline`, and the rest is not read; sockets in other
 * states, which a flood of connections leaves, take time as well. False with errno when neither
 * family can be read. */
bool tcp_table_read(
	const char *proc, struct span deadline, tcp_table_each *each, void *ctx, bool *cut);

#endif
