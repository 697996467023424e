/* given_host.h - clients in any number of networks, for tests of code that counts by network. */
#ifndef UNIT_GIVEN_HOST_H
#define UNIT_GIVEN_HOST_H

#include <stdint.h>

#include "core/base/address.h"

/* Host `host` of network number i. The network is an IPv4 /24 if i is even, and an IPv6 /48 if i is
 * odd. The networks are different for i below 2^24. */
static inline struct address given_host(uint32_t i, uint8_t host)
{
	struct address a = {{0}, 32};

	if (i % 2 == 0) {
		a.bytes[10] = a.bytes[11] = 0xff;
		a.bytes[12] = (uint8_t)(i >> 17);
		a.bytes[13] = (uint8_t)(i >> 9);
		a.bytes[14] = (uint8_t)(i >> 1);
		a.bytes[15] = host;
		return a;
	}
	a.bytes[0] = 0x20;
	a.bytes[3] = (uint8_t)(i >> 17);
	a.bytes[4] = (uint8_t)(i >> 9);
	a.bytes[5] = (uint8_t)(i >> 1);
	a.bytes[7] = host;
	a.prefix_len = 64;
	return a;
}

#endif
