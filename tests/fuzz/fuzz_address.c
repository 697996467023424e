/* fuzz_address.c - inet_pton accepts each text that is parsed as an address. A printed address is
 * parsed as the same address. The search for the client in X-Forwarded-For never returns
 * a trusted proxy. */
#include <arpa/inet.h>

#include "core/base/address.h"
#include "core/read/forwarded.h"

#include "fuzz.h"

static struct address again(const struct address *a)
{
	char text[ADDRESS_TEXT_MAX];
	struct address b;
	struct buf out;

	buf_init(&out, text, sizeof text);
	buf_put_address(&out, a);
	FUZZ_HOLDS(!out.full && address_parse_prefix(text, out.len, &b));
	return b;
}

/* Parses with the C library. The caller cuts off the zone of an IPv6 address. */
static bool by_library(const char *s, size_t len, uint8_t bytes[16])
{
	char text[INET6_ADDRSTRLEN + 64] = "";

	if (len >= sizeof text || memchr(s, '\0', len))
		return false;
	memcpy(text, s, len);
	memcpy(bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
	return inet_pton(AF_INET, text, bytes + 12) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

static void check_forwarded(const char *s, size_t len)
{
	struct allow *trusted = allow_new();
	struct address network, client;

	FUZZ_HOLDS(trusted);
	FUZZ_HOLDS(
		address_parse_prefix("10.0.0.0/8", 10, &network) && allow_add(trusted, &network));
	FUZZ_HOLDS(address_parse_prefix("2001:db8::/32", 13, &network) &&
		   allow_add(trusted, &network));
	allow_seal(trusted);
	if (forwarded_find(s, len, trusted, &client))
		FUZZ_HOLDS(!allow_has(trusted, &client));
	allow_free(trusted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct address a, b, followed;
	uint8_t bytes[16];
	char *s = fuzz_exact(data, len), *behind = fuzz_followed(data, len, "1:9]%,");
	const char *zone = memchr(s, '%', len);
	bool is = address_parse(s, len, &a);

	FUZZ_HOLDS(address_parse(behind, len, &followed) == is);
	if (is) {
		FUZZ_HOLDS(address_equal(&a, &followed));
		FUZZ_HOLDS(by_library(s, zone ? (size_t)(zone - s) : len, bytes));
		FUZZ_HOLDS(memcmp(a.bytes, bytes, 16) == 0);
		FUZZ_HOLDS(address_parse_peer(s, len, &b) && address_equal(&a, &b));
		FUZZ_HOLDS(zone || (address_parse_prefix(s, len, &b) && address_equal(&a, &b)));
	} else {
		FUZZ_HOLDS(!by_library(s, len, bytes));
	}
	if (address_parse_peer(s, len, &a)) {
		b = again(&a);
		FUZZ_HOLDS(address_equal(&a, &b));
	}
	if (address_parse_prefix(s, len, &a)) {
		b = again(&a);
		FUZZ_HOLDS(address_equal(&a, &b));
		b = address_mask(&a, a.prefix_len, a.prefix_len);
		FUZZ_HOLDS(address_equal(&a, &b));
	}
	check_forwarded(s, len);
	free(s);
	free(behind);
	return 0;
}
