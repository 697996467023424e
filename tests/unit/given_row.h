/* given_row.h - adds connections with a given port of the peer to the /proc of given_proc.h. */
#ifndef UNIT_GIVEN_ROW_H
#define UNIT_GIVEN_ROW_H

#include "unit/given_proc.h"

/* Adds a connection. `bytes` is the peer's address, of `words` words of 4 bytes. */
static inline void add_peer(const char *name, const uint8_t *bytes, size_t words, unsigned local,
	unsigned port, const char *state)
{
	char remote[33], row[256];

	for (size_t i = 0; i < words; i++) {
		uint32_t word;
		memcpy(&word, bytes + 4 * i, 4);
		snprintf(remote + 8 * i, 9, "%08X", word);
	}
	snprintf(row, sizeof row,
		"   0: %s:%04X %s:%04X 0%s 00000000:00000000 00:00000000 00000000     0        0 "
		"77 2 0000000000000000 20 4 20 18 -1\n",
		words == 1 ? SERVER4 : SERVER6, local, remote, port, state);
	add_text(name, row);
}

/* The next three functions add a connection between this host's port `local` and `port` of
 * 203.0.113.N, 2001:db8::N or ::ffff:203.0.113.N. State "1": established, "2": connecting. */
static inline void add_peer4(unsigned local, unsigned n, unsigned port, const char *state)
{
	const uint8_t bytes[4] = {203, 0, 113, (uint8_t)n};

	add_peer("net/tcp", bytes, 1, local, port, state);
}

static inline void add_peer6(unsigned local, unsigned n, unsigned port, const char *state)
{
	const uint8_t bytes[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = (uint8_t)n};

	add_peer("net/tcp6", bytes, 4, local, port, state);
}

static inline void add_mapped(unsigned local, unsigned n, unsigned port, const char *state)
{
	const uint8_t bytes[16] = {
		[10] = 0xff, [11] = 0xff, [12] = 203, [13] = 0, [14] = 113, [15] = (uint8_t)n};

	add_peer("net/tcp6", bytes, 4, local, port, state);
}

#endif
