/* tcp_table.h - the TCP sockets of this network namespace, as /proc/net/tcp and tcp6 list them for
 * every user.
 *
 * Cost:    the kernel prints a line of 150 bytes per socket, including the web server's sockets.
 *          The socket-diag interface of netlink would filter in the kernel, but needs a module that
 *          containers cannot load.
 */
#ifndef IO_HOST_TCP_TABLE_H
#define IO_HOST_TCP_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/instant.h"

struct tcp_row {
	struct address peer; /* remote address of a connection */
	uint64_t inode;      /* "socket:[INODE]" in /proc/PID/fd */
	uint16_t port;       /* the local port */
	uint16_t peer_port;
	bool listens;
	/* being made: the peer has not answered; if neither flag is set, the connection is
	 * established */
	bool connects;
};

/* Called with one socket; a result of false stops the reading. */
typedef bool tcp_table_each(void *ctx, const struct tcp_row *row);

/* Calls `each` for each socket that listens, is established or connects, IPv4 and IPv6. `proc` is
 * "/proc". *cut: the monotonic clock passed `deadline`, and the rest was not read. Sockets in other
 * states, which a flood of connections leaves, also take time to read. False with errno when
 * neither family can be read. */
bool tcp_table_read(
	const char *proc, struct span deadline, tcp_table_each *each, void *ctx, bool *cut);

#endif
