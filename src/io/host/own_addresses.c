/* own_addresses.c - see own_addresses.h.
 *
 * getifaddrs(3), which asks the kernel over netlink: the output of `ip addr` would need a program,
 * and a resolver the network. The far end of a point-to-point link is not ours.
 */
#include "io/host/own_addresses.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* False for what is neither IPv4 nor IPv6. Copied out, since a sockaddr promises no alignment. */
static bool from_sockaddr(const struct sockaddr *from, struct address *to)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	switch (from->sa_family) {
	case AF_INET:
		memcpy(&v4, from, sizeof v4);
		memcpy(to->bytes, mapped, sizeof mapped);
		memcpy(to->bytes + 12, &v4.sin_addr, 4);
		break;
	case AF_INET6:
		memcpy(&v6, from, sizeof v6);
		memcpy(to->bytes, &v6.sin6_addr, 16);
		break;
	default:
		return false;
	}
	to->prefix_len = address_is_v4(to) ? 32 : 128;
	return true;
}

bool own_addresses_list(own_addresses_each *each, void *ctx)
{
	struct ifaddrs *list;
	struct address own;

	if (getifaddrs(&list) < 0)
		return false;
	for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
		if (i->ifa_addr && from_sockaddr(i->ifa_addr, &own))
			each(ctx, &own);
	}
	freeifaddrs(list);
	return true;
}

/* The kernel prints an address as words of 8 hexadecimal digits, each in the host's byte order. */
static bool read_words(const char *hex, int words, uint8_t *to)
{
	for (int i = 0; i < words; i++) {
		char word[9] = {0};
		memcpy(word, hex + (size_t)i * 8, 8);
		char *end;
		uint32_t v = (uint32_t)strtoul(word, &end, 16);
		if (*end)
			return false;
		memcpy(to + (size_t)i * 4, &v, 4);
	}
	return true;
}

/* "  0: 0100007F:0016 0200007F:D431 01 ...": local, remote, state (01: established). */
static bool read_ssh_peer(char *line, int words, struct address *peer)
{
	char *rest = line;
	size_t len = (size_t)words * 8;

	(void)strtok_r(line, " ", &rest);
	const char *local = strtok_r(NULL, " ", &rest);
	const char *remote = strtok_r(NULL, " ", &rest);
	const char *state = strtok_r(NULL, " ", &rest);
	if (!state || strcmp(state, "01") != 0)
		return false;
	if (strlen(local) != len + 5 || strlen(remote) != len + 5 ||
		strcmp(local + len, ":0016") != 0)
		return false;
	if (words == 1)
		memcpy(peer->bytes, mapped, sizeof mapped);
	if (!read_words(remote, words, words == 1 ? peer->bytes + 12 : peer->bytes))
		return false;
	peer->prefix_len = address_is_v4(peer) ? 32 : 128;
	return true;
}

bool own_addresses_ssh_peers(own_addresses_each *each, void *ctx)
{
	static const char *const tables[] = {"/proc/net/tcp", "/proc/net/tcp6"};
	bool any = false;

	for (int i = 0; i < 2; i++) {
		FILE *f = fopen(tables[i], "re");
		char line[512];
		struct address peer;
		if (!f)
			continue; /* a kernel without IPv6 has no tcp6 */
		any = true;
		while (fgets(line, sizeof line, f))
			if (read_ssh_peer(line, i == 0 ? 1 : 4, &peer))
				each(ctx, &peer);
		fclose(f);
	}
	return any;
}
