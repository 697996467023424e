/* doctor_packet.c - see doctor_parts.h: checks that this kernel drops packets of clients in the
 * sets.
 *
 * A child process makes the sets and the firewall rule in a network namespace of its own, with the
 * same function calls as a run at its start. The namespace ends with the child. The child neither
 * sees nor changes the host's own network. The child sends packets from test addresses to itself.
 * First it sends a packet from a banned address, and then one from another address. If the second
 * packet arrives first, the first one was dropped: the loopback device keeps the order. So the test
 * need not wait for a packet that never arrives.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/address.h"
#include "io/check/doctor_parts.h"
#include "io/firewall/drop_rules.h"

#define FAMILIES 2

/* Maximum time until a packet arrives, in milliseconds. Usually it takes microseconds. */
#define ARRIVE_MS 2000
/* Maximum time until a new address can be used, in milliseconds. */
#define USABLE_MS 2000

/* Addresses that are reserved for documentation, and one in a private network. Whatever the prefix
 * length, the two addresses of a family are never in the same entry. */
static const char *const banned[FAMILIES] = {"192.0.2.1", "2001:db8::1"};
static const char *const other[FAMILIES] = {"198.51.100.1", "fd00::1"};

static const struct span ban_time = {60000};

/* The first byte of a packet, which identifies it. */
enum packet { FROM_BANNED = 'b', FROM_OTHER = 'o', NO_PACKET = 0 };

union endpoint {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct scratch {
	struct firewall *firewall;
	uint16_t port;
	char why[FIREWALL_WHY_CAP];
};

static bool fail_step(struct scratch *s, const char *what)
{
	snprintf(s->why, sizeof s->why, "unable to %s: %s", what, strerror(errno));
	return false;
}

/* ---- addresses ---- */

static socklen_t endpoint_of(const char *text, uint16_t port, bool v6, union endpoint *e)
{
	memset(e, 0, sizeof *e);
	if (v6) {
		e->v6.sin6_family = AF_INET6;
		e->v6.sin6_port = htons(port);
		inet_pton(AF_INET6, text, &e->v6.sin6_addr);
		return sizeof e->v6;
	}
	e->v4.sin_family = AF_INET;
	e->v4.sin_port = htons(port);
	inet_pton(AF_INET, text, &e->v4.sin_addr);
	return sizeof e->v4;
}

static bool loopback_up(struct scratch *s)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool done = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;

	if (!done)
		fail_step(s, "bring the loopback device up");
	if (fd >= 0)
		close(fd);
	return done;
}

/* Adds an address to the loopback device. `label`: the name for an IPv4 address, which must be
 * unique on the device. */
static bool give_address(struct scratch *s, const char *text, bool v6, const char *label)
{
	struct ifreq request = {.ifr_flags = 0};
	struct in6_ifreq request6 = {.ifr6_prefixlen = 128, .ifr6_ifindex = 1};
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	union endpoint e;
	bool done;

	endpoint_of(text, 0, v6, &e);
	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", label);
	memcpy(&request.ifr_addr, &e.any, sizeof request.ifr_addr);
	request6.ifr6_addr = e.v6.sin6_addr;
	request6.ifr6_ifindex = (int)if_nametoindex("lo");
	done = fd >= 0 && ioctl(fd, SIOCSIFADDR, v6 ? (void *)&request6 : (void *)&request) == 0;
	if (!done)
		fail_step(s, "give the loopback device a test address");
	if (fd >= 0)
		close(fd);
	return done;
}

/* ---- packets ---- */

/* Opens a socket with this address; -1 with a reason. Retries while the address cannot be used
 * yet. */
static int open_socket(struct scratch *s, const char *text, uint16_t port, bool v6)
{
	struct timespec pause = {.tv_nsec = 10 * 1000000};
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	union endpoint e;
	socklen_t len = endpoint_of(text, port, v6, &e);

	for (int ms = 0; fd >= 0; ms += 10) {
		if (bind(fd, &e.any, len) == 0)
			return fd;
		if (errno != EADDRNOTAVAIL || ms >= USABLE_MS)
			break;
		nanosleep(&pause, NULL);
	}
	fail_step(s, "use a test address");
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool send_packet(struct scratch *s, enum packet packet, bool v6)
{
	int fd = open_socket(s, packet == FROM_BANNED ? banned[v6] : other[v6], 0, v6);
	char byte = (char)packet;
	union endpoint to;
	socklen_t len = endpoint_of(other[v6], s->port, v6, &to);
	bool sent;

	if (fd < 0)
		return false;
	sent = sendto(fd, &byte, 1, 0, &to.any, len) == 1 || fail_step(s, "send a packet");
	close(fd);
	return sent;
}

/* Returns the next packet that arrives. */
static enum packet next_packet(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char byte;

	if (poll(&p, 1, ARRIVE_MS) != 1 || recv(fd, &byte, 1, MSG_DONTWAIT) != 1)
		return NO_PACKET;
	return (enum packet)byte;
}

/* *pass: true if a packet from the banned address arrives before a packet from the other
 * address. */
static bool packet_passes(struct scratch *s, int fd, bool v6, bool *pass)
{
	enum packet first;

	if (!send_packet(s, FROM_BANNED, v6) || !send_packet(s, FROM_OTHER, v6))
		return false;
	first = next_packet(fd);
	*pass = first == FROM_BANNED;
	if ((first == FROM_BANNED ? next_packet(fd) : first) == FROM_OTHER)
		return true;
	snprintf(s->why, sizeof s->why, "packets of %s, which is not banned, do not arrive",
		other[v6]);
	return false;
}

/* ---- the proof ---- */

/* Tests one family; false with a reason. */
static bool prove_drop(struct scratch *s, int fd, bool v6)
{
	struct address a;
	bool before, during, after;

	if (!address_parse(banned[v6], strlen(banned[v6]), &a) ||
		!packet_passes(s, fd, v6, &before))
		return false;
	if (!firewall_ban(s->firewall, &a, ban_time)) {
		snprintf(s->why, sizeof s->why, "%s", firewall_why(s->firewall));
		return false;
	}
	if (!packet_passes(s, fd, v6, &during))
		return false;
	if (!firewall_unban(s->firewall, &a)) {
		snprintf(s->why, sizeof s->why, "%s", firewall_why(s->firewall));
		return false;
	}
	if (!packet_passes(s, fd, v6, &after))
		return false;
	if (before && !during && after)
		return true;
	snprintf(s->why, sizeof s->why, "packets of %s %s", banned[v6],
		during    ? "arrive while it is banned, so the firewall rule drops nothing"
		: !before ? "do not arrive before it is banned"
			  : "do not arrive after its ban");
	return false;
}

static bool prove_family(struct scratch *s, bool v6)
{
	int fd;
	bool proved;

	if (!give_address(s, banned[v6], v6, "lo:1") || !give_address(s, other[v6], v6, "lo:2"))
		return false;
	fd = open_socket(s, other[v6], s->port, v6);
	if (fd < 0)
		return false;
	proved = prove_drop(s, fd, v6);
	close(fd);
	return proved;
}

/* Chooses a built-in chain. The scratch namespace has no other chains, and forwards no packets. */
static void choose_chain(struct firewall_config *c)
{
	if (strcmp(c->chain, "PREROUTING") == 0 || strcmp(c->chain, "INPUT") == 0)
		return;
	c->table = "raw";
	c->chain = "PREROUTING";
}

/* Runs in the child: tests all families. */
static bool prove_all(const struct firewall_config *config)
{
	struct firewall_config c = *config;
	struct scratch s = {.port = c.ports ? (uint16_t)strtoul(c.ports, NULL, 10) : 9};
	struct drop_rules rules;
	int families;

	choose_chain(&c);
	if (!drop_rules_init(&rules, &c, s.why, sizeof s.why) || !loopback_up(&s))
		return doctor_report(false, "drop", "%s", s.why);
	s.firewall = firewall_new_ipset(&c, s.why, sizeof s.why);
	if (!s.firewall)
		return doctor_report(false, "drop", "%s", s.why);
	families = drop_rules_families(&rules);
	for (int i = 0; i < families; i++) {
		if (!prove_family(&s, i))
			return doctor_report(
				false, "drop", "in a scratch network namespace: %s", s.why);
	}
	return doctor_report(true, "drop",
		"in a scratch network namespace packets of %s%s%s passed, were dropped in %s/%s "
		"while banned, and passed again",
		banned[0], families > 1 ? " and " : "", families > 1 ? banned[1] : "", c.table,
		c.chain);
}

/* The child's exit codes. */
enum { PROVED, NOT_PROVED };

bool doctor_check_packet(const struct firewall_config *config)
{
	int status = 0;
	pid_t pid, waited;

	if (!config->manage_rule) {
		doctor_skip("drop", "not tested: with --rule none you manage the firewall rule");
		return true;
	}
	(void)fflush(stdout); /* otherwise the child would print the buffered lines again */
	pid = fork();
	if (pid == 0) {
		bool ok = true;
		if (unshare(CLONE_NEWNET) != 0)
			doctor_skip("drop", "not tested: no scratch network namespace: %s",
				strerror(errno));
		else
			ok = prove_all(config);
		_exit(fflush(stdout) == 0 && ok ? PROVED : NOT_PROVED);
	}
	do
		waited = pid < 0 ? -1 : waitpid(pid, &status, 0);
	while (waited < 0 && errno == EINTR);
	if (waited < 0)
		return doctor_report(false, "drop", "not tried: %s", strerror(errno));
	if (!WIFEXITED(status))
		return doctor_report(false, "drop", "the process that tests it was killed");
	return WEXITSTATUS(status) == PROVED;
}
