/* tcp_peers.h - which hosts this one is connected to at certain TCP ports, as a client is.
 *
 * Path:    io/host/tcp_table -> [tcp_peers] -> io/run/exemptions.
 * Why:     an event that bans the broker which brings the events could never be taken back.
 * Method:  a connection, or one being made, whose remote port is on the list. Its local port must
 *          be none that a socket listens on, and none below 1024: whoever connects to us chooses
 *          his own port, and could be exempt from bans by choosing one of the list.
 */
#ifndef IO_HOST_TCP_PEERS_H
#define IO_HOST_TCP_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/instant.h"
#include "core/judge/ssh_peers.h"

#define TCP_PEERS_PORTS_MAX 64

struct tcp_ports {
	uint16_t list[TCP_PEERS_PORTS_MAX];
	size_t n;
};

/* "1883,8883", or "none". False when it is neither, or too long. */
bool tcp_ports_parse(const char *text, struct tcp_ports *out);

struct tcp_peers {
	struct address list[SSH_PEERS_MAX]; /* each once */
	size_t n;
	bool more; /* there are others */
	bool cut;  /* TCP_PEERS_MS were over: there may be others */
};

/* The longest time that it takes, in which nothing else is done. */
#define TCP_PEERS_MS 250

/* `proc` is "/proc". False with errno when the kernel's tables cannot be read. */
bool tcp_peers_find(const char *proc, const struct tcp_ports *ports, struct tcp_peers *out);

#endif
