/* tcp_peers.h - the hosts to which this host is connected at certain TCP ports, as a client.
 *
 * Path:    io/host/tcp_table -> [tcp_peers] -> io/run/exemptions.
 * Why:     if an event banned the broker that delivers the events, no later event could undo the
 *          ban.
 * Method:  it selects connections, open or being made, whose remote port is on the list. The local
 *          port must be in the range from which the kernel gives ports to clients, and no socket
 *          may listen on it. Anybody who connects to this host can choose the remote port. But the
 *          local port of such a connection is the port of a server on this host, which is outside
 *          the range or has a listener. A port outside the range stays excluded even after its
 *          listener is gone.
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

/* Parses "1883,8883", or "none". False when the text is neither, or too long. */
bool tcp_ports_parse(const char *text, struct tcp_ports *out);
/* The message for this failure; its arguments are the text and TCP_PEERS_PORTS_MAX. */
#define TCP_PORTS_WRONG                                                                            \
	"--allow-peers: '%.200s' is not none or a list of at most %d ports (1883,8883)"

struct tcp_peers {
	struct address list[SSH_PEERS_MAX]; /* each address once */
	size_t n;
	/* The peers that have not answered the attempt to connect: a ban may be the reason. */
	struct address unanswered[SSH_PEERS_MAX];
	size_t unanswered_n;
	bool more; /* there are more peers than fit into `list` */
	bool cut;  /* TCP_PEERS_MS have passed: there may be more peers */
};

/* Maximum duration of a search, in which the program does nothing else. */
#define TCP_PEERS_MS 250

/* `proc` is "/proc". False with errno when the kernel's tables cannot be read. */
bool tcp_peers_find(const char *proc, const struct tcp_ports *ports, struct tcp_peers *out);

#endif
