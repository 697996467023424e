/* address.c - see address.h. This file parses IPv4 itself, for speed: every line has an address.
 * inet_pton parses IPv6, from a bounded copy. */
#include "core/base/address.h"

#include <arpa/inet.h>
#include <endian.h>
#include <string.h>

#include "core/base/num.h"

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* Parses the IPv4 address at the beginning of the text. Returns a pointer to the byte after the
 * address, or NULL if the text does not begin with an IPv4 address. */
static const char *read_v4(const char *s, const char *end, uint8_t out[4])
{
	for (int octet = 0; octet < 4; octet++) {
		unsigned v, digit;
		if (octet && (s == end || *s++ != '.'))
			return NULL;
		if (s == end || (v = (unsigned)(*s - '0')) > 9)
			return NULL;
		if (++s < end && (digit = (unsigned)(*s - '0')) <= 9) {
			if (v == 0)
				return NULL;
			v = v * 10 + digit;
			if (++s < end && (digit = (unsigned)(*s - '0')) <= 9) {
				v = v * 10 + digit;
				s++;
			}
		}
		if (v > 255)
			return NULL;
		out[octet] = (uint8_t)v;
	}
	return s;
}

/* Whether the text can be the zone of an address, such as "eth0" in fe80::1%eth0. A zone contains
 * no byte that could begin another field. */
static bool is_zone(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] <= ' ' || s[i] >= 0x7f || s[i] == ',' || s[i] == '/')
			return false;
	}
	return len > 0;
}

static bool parse_v6(const char *s, size_t len, uint8_t out[16])
{
	char text[INET6_ADDRSTRLEN];
	const char *zone = memchr(s, '%', len);

	if (zone) {
		if (!is_zone(zone + 1, len - (size_t)(zone + 1 - s)))
			return false;
		len = (size_t)(zone - s);
	}
	if (len >= sizeof text || memchr(s, '\0', len))
		return false;
	memcpy(text, s, len);
	text[len] = '\0';
	return inet_pton(AF_INET6, text, out) == 1;
}

/* Stores the bytes as two 64-bit words, because address_narrow and hash_16 load them as 64-bit
 * words. */
static void set_v4(struct address *out, const uint8_t octets[4])
{
	uint64_t words[2] = {
		0, htobe64((uint64_t)0xffff << 32 | (uint64_t)octets[0] << 24 |
			   (uint64_t)octets[1] << 16 | (uint64_t)octets[2] << 8 | octets[3])};

	memcpy(out->bytes, &words[0], 8);
	memcpy(out->bytes + 8, &words[1], 8);
	out->prefix_len = 32;
}

bool address_parse(const char *s, size_t len, struct address *out)
{
	uint8_t bytes[16];

	if (read_v4(s, s + len, bytes) == s + len) {
		set_v4(out, bytes);
		return true;
	}
	if (!parse_v6(s, len, bytes))
		return false;
	memcpy(out->bytes, bytes, sizeof bytes);
	out->prefix_len = address_is_v4(out) ? 32 : 128;
	return true;
}

const char *address_read_v4(const char *s, const char *end, struct address *out)
{
	uint8_t bytes[4];

	s = read_v4(s, end, bytes);
	if (s)
		set_v4(out, bytes);
	return s;
}

static bool is_port(const char *s, size_t len)
{
	uint64_t port;

	return num_u64(s, len, &port) && port <= 65535;
}

bool address_parse_peer(const char *s, size_t len, struct address *out)
{
	if (len && s[0] == '[') {
		const char *close = memchr(s, ']', len);
		if (!close)
			return false;
		size_t after = len - (size_t)(close + 1 - s);
		if (after && (close[1] != ':' || !is_port(close + 2, after - 1)))
			return false;
		return address_parse(s + 1, (size_t)(close - s - 1), out);
	}
	uint8_t octets[4];
	const char *behind = read_v4(s, s + len, octets);
	/* no IPv6 address begins with an IPv4 address and a colon */
	if (behind && (behind == s + len || *behind == ':')) {
		if (behind < s + len && !is_port(behind + 1, len - (size_t)(behind + 1 - s)))
			return false;
		set_v4(out, octets);
		return true;
	}
	if (address_parse(s, len, out))
		return true;
	const char *colon = memchr(s, ':', len);
	if (!colon || !is_port(colon + 1, len - (size_t)(colon + 1 - s)))
		return false;
	return address_parse(s, (size_t)(colon - s), out);
}

bool address_is_v4(const struct address *a)
{
	return memcmp(a->bytes, mapped, sizeof mapped) == 0;
}

/* The mask for the first `keep` bits of a word in network byte order. */
static uint64_t first_bits(int keep)
{
	return keep <= 0 ? 0 : keep >= 64 ? UINT64_MAX : htobe64(~(UINT64_MAX >> keep));
}

void address_narrow(struct address *a, int v4_prefix_len, int v6_prefix_len)
{
	bool v4 = address_is_v4(a);
	int len = v4 ? v4_prefix_len : v6_prefix_len;
	int keep = v4 ? 96 + len : len;
	uint64_t words[2];

	if (len >= a->prefix_len)
		return;
	memcpy(words, a->bytes, sizeof words);
	words[0] &= first_bits(keep);
	words[1] &= first_bits(keep - 64);
	memcpy(a->bytes, words, sizeof words);
	a->prefix_len = (uint8_t)len;
}

struct address address_mask(const struct address *a, int v4_prefix_len, int v6_prefix_len)
{
	struct address m = *a;

	address_narrow(&m, v4_prefix_len, v6_prefix_len);
	return m;
}

bool address_parse_prefix(const char *s, size_t len, struct address *out)
{
	const char *slash = memchr(s, '/', len);
	struct address a;
	uint64_t bits;

	if (!slash)
		return address_parse(s, len, out);
	if (!address_parse(s, (size_t)(slash - s), &a) ||
		!num_u64(slash + 1, len - (size_t)(slash + 1 - s), &bits))
		return false;
	if (address_is_v4(&a) && memchr(s, ':', (size_t)(slash - s))) { /* ::ffff:192.0.2.0/120 */
		if (bits < 96)
			return false;
		bits -= 96;
	}
	if (bits > a.prefix_len)
		return false;
	*out = address_mask(&a, (int)bits, (int)bits);
	return true;
}

bool address_parse_network(const char *s, size_t len, struct address *out)
{
	const char *slash = memchr(s, '/', len);
	struct address first, network;

	if (!slash || !address_parse(s, (size_t)(slash - s), &first) ||
		!address_parse_prefix(s, len, &network) || network.prefix_len == 0 ||
		network.prefix_len == first.prefix_len ||
		memcmp(network.bytes, first.bytes, sizeof first.bytes) != 0)
		return false;
	*out = network;
	return true;
}

bool address_equal(const struct address *a, const struct address *b)
{
	return a->prefix_len == b->prefix_len && memcmp(a->bytes, b->bytes, 16) == 0;
}

bool address_covers(const struct address *network, const struct address *a)
{
	if (address_is_v4(network) != address_is_v4(a) || a->prefix_len < network->prefix_len)
		return false;
	struct address masked = address_mask(a, network->prefix_len, network->prefix_len);
	return address_equal(&masked, network);
}

/* inet_ntop calls sprintf and needs 8 times as many instructions as this function. anomcount prints
 * an address for almost every line. Returns the length, at most 15. */
static size_t print_v4(const uint8_t bytes[4], char *text)
{
	char *at = text;

	for (int i = 0; i < 4; i++) {
		unsigned v = bytes[i];
		if (i)
			*at++ = '.';
		if (v >= 100)
			*at++ = (char)('0' + v / 100);
		if (v >= 10)
			*at++ = (char)('0' + v / 10 % 10);
		*at++ = (char)('0' + v % 10);
	}
	return (size_t)(at - text);
}

#define GROUPS 8 /* an IPv6 address has 8 groups of 16 bits */

static unsigned group_of(const uint8_t bytes[16], int i)
{
	return (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
}

/* The index of the longest run of at least two groups that are 0; the first run if several are
 * equally long. *len is 0 if there is no such run. */
static int find_zeros(const uint8_t bytes[16], int *len)
{
	int at = 0, n = 0;

	*len = 0;
	for (int i = 0; i < GROUPS; i++) {
		n = group_of(bytes, i) ? 0 : n + 1;
		if (n >= 2 && n > *len) {
			*len = n;
			at = i + 1 - n;
		}
	}
	return at;
}

/* Prints an IPv6 address in the form of RFC 5952. Returns the length, at most 39. */
static size_t print_v6(const uint8_t bytes[16], char *text)
{
	static const char digits[] = "0123456789abcdef";
	int zeros_n, zeros = find_zeros(bytes, &zeros_n);
	char *at = text;

	for (int i = 0; i < GROUPS; i++) {
		if (zeros_n && i == zeros) {
			*at++ = ':';
			i += zeros_n - 1;
			if (i == GROUPS - 1)
				*at++ = ':';
			continue;
		}
		unsigned v = group_of(bytes, i);
		if (i)
			*at++ = ':';
		if (v >= 0x1000)
			*at++ = digits[v >> 12];
		if (v >= 0x100)
			*at++ = digits[v >> 8 & 15];
		if (v >= 0x10)
			*at++ = digits[v >> 4 & 15];
		*at++ = digits[v & 15];
	}
	return (size_t)(at - text);
}

/* Whether the address is IPv4-compatible, such as ::192.0.2.1. inet_ntop prints such an address,
 * because print_v6 cannot. No client has one. */
static bool is_compatible(const uint8_t bytes[16])
{
	static const uint8_t zeros[12];

	return memcmp(bytes, zeros, sizeof zeros) == 0;
}

void buf_put_address(struct buf *b, const struct address *a)
{
	char text[ADDRESS_TEXT_MAX];
	bool v4 = address_is_v4(a);
	struct buf whole;

	buf_init(&whole, text, sizeof text);
	if (v4)
		whole.len = print_v4(a->bytes + 12, text);
	else if (!is_compatible(a->bytes))
		whole.len = print_v6(a->bytes, text);
	else if (inet_ntop(AF_INET6, a->bytes, text, sizeof text))
		whole.len = strlen(text);
	else
		return; /* cannot happen: inet_ntop only fails if the room is too small */
	if (a->prefix_len < (v4 ? 32 : 128)) {
		buf_put_char(&whole, '/');
		buf_put_u64(&whole, a->prefix_len);
	}
	buf_put_bytes(b, text, whole.len);
}
