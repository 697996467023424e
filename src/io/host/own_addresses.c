/* own_addresses.c - see own_addresses.h.
 *
 * It uses getifaddrs(3), which asks the kernel over netlink. Parsing the output of `ip addr` would
 * need another program, and a resolver would need the network. The far end of a point-to-point link
 * is not an address of this host.
 */
#include "io/host/own_addresses.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* False when the address is neither IPv4 nor IPv6. `from` is copied, because a sockaddr has no
 * guaranteed alignment. */
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
