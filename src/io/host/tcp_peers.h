/* tcp_peers.h - which hosts this one is connected to at certain TCP ports, as a client is.
 *
 * Path:    io/host/tcp_table -> [tcp_peers] -> io/run/exemptions.
 * Why:     an event that bans the broker which brings the events could never be taken back.
 * Method:  a connection, or one being made, whose remote port is on the list. Its local port must
 *          lie in the range from which the kernel gives ports to clients, and no socket may listen
 *          on it. A stranger who connects to us chooses the remote port, but comes to a server's
 *          local port, which is outside the range or listens; also when its listener is gone.
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
/* The message then: of the text, and TCP_PEERS_PORTS_MAX. */
#define TCP_PORTS_WRONG                                                                            \
	"--allow-peers: '%.200s' is not a list of at most %d ports (1883,8883), or none"

struct tcp_peers {
	struct address list[SSH_PEERS_MAX]; /* each once */
	size_t n;
	/* Those of them that have not answered: a ban may be why. */
	struct address unanswered[SSH_PEERS_MAX];
	size_t unanswered_n;
	bool more; /* there are others */
	bool cut;  /* TCP_PEERS_MS were over: there may be others */
};

/* The longest time that it takes, in which nothing else is done. */
#define TCP_PEERS_MS 250

/* `proc` is "/proc". False with errno when the kernel's tables cannot be read. */
bool tcp_peers_find(const char *proc, const struct tcp_ports *ports, struct tcp_peers *out);

#endif
