/* address_hint.c - see address_hint.h. This file recognises forms that users copy from logs, from
 * the lists of other tools (ranges, wildcards, netmasks) and from browsers. */
#include "core/base/address_hint.h"

#include <stdio.h>
#include <string.h>

#include "core/base/address.h"
#include "core/base/num.h"

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
/* For a longer host name there is no hint, although RFC 1035 allows longer names: the hint's
 * command contains the name, and must fit into struct address_hint. */
#define HOST_MAX 100
/* A single letter is more likely a typing mistake than a host name. */
#define HOST_MIN 2

struct piece {
	const char *s;
	size_t len;
};

/* The address is printed from its parsed form, not copied from the user's text. */
static struct address_hint say_address(
	const char *before, const struct address *a, const char *after)
{
	struct address_hint hint;
	struct buf b;

	buf_init(&b, hint.s, sizeof hint.s - 1);
	buf_put_text(&b, before);
	buf_put_address(&b, a);
	buf_put_text(&b, after);
	hint.s[b.len] = '\0';
	return hint;
}

static struct address_hint say_text(const char *text)
{
	struct address_hint hint;

	snprintf(hint.s, sizeof hint.s, "%s", text);
	return hint;
}

/* Cuts "https://host:port/path" down to "host:port". Returns false if the text is not a URL. */
static bool cut_url(struct piece *p)
{
	const char *scheme = memmem(p->s, p->len, "://", 3);

	if (!scheme)
		return false;
	p->len -= (size_t)(scheme + 3 - p->s);
	p->s = scheme + 3;
	for (size_t i = 0; i < p->len; i++)
		if (memchr("/?#", p->s[i], 3))
			p->len = i;
	return true;
}

/* Stores the prefix length of a netmask such as 255.255.255.0. Returns false if the text is not a
 * netmask. */
static bool netmask_bits(const char *s, size_t len, int *bits)
{
	struct address a;
	uint32_t mask = 0;

	if (!address_parse(s, len, &a) || !address_is_v4(&a))
		return false;
	for (int i = 12; i < 16; i++)
		mask = mask << 8 | a.bytes[i];
	for (*bits = 0; *bits < 32 && mask & UINT32_C(1) << (31 - *bits); ++*bits)
		mask &= ~(UINT32_C(1) << (31 - *bits));
	return mask == 0;
}

/* "ADDRESS/x": the address is right, but its prefix is wrong. */
static bool look_prefix(struct piece p, struct address_hint *hint)
{
	const char *slash = memchr(p.s, '/', p.len);
	struct address a;
	int bits;

	if (!slash || !address_parse(p.s, (size_t)(slash - p.s), &a))
		return false;
	if (address_is_v4(&a) &&
		netmask_bits(slash + 1, p.len - (size_t)(slash + 1 - p.s), &bits)) {
		a = address_mask(&a, bits, bits);
		*hint = say_address("; did you mean ", &a, "?");
	} else {
		*hint = say_text(address_is_v4(&a)
					 ? "; the prefix of an IPv4 network is /0 to /32"
					 : "; the prefix of an IPv6 network is /0 to /128");
	}
	return true;
}

/* "192.0.2", "192.0.2." or "192.0.2.*": suggests the network that begins with these numbers. */
static bool look_short(struct piece p, struct address_hint *hint)
{
	char text[32];
	struct address a;
	size_t len = p.len, dots = 0;

	while (len && memchr(".*xX", p.s[len - 1], 4))
		len--;
	if (len == 0 || len > 11)
		return false;
	for (size_t i = 0; i < len; i++)
		dots += p.s[i] == '.';
	if (dots > 2 || (dots == 0 && len == p.len))
		return false;
	snprintf(text, sizeof text, "%.*s%s", (int)len, p.s,
		dots == 2   ? ".0"
		: dots == 1 ? ".0.0"
			    : ".0.0.0");
	if (!address_parse(text, strlen(text), &a))
		return false;
	a.prefix_len = (uint8_t)(8 * (dots + 1));
	*hint = say_address("; an IPv4 address has four numbers, or did you mean ", &a, "?");
	return true;
}

static bool only_of(struct piece p, const char *set)
{
	for (size_t i = 0; i < p.len; i++)
		if (!p.s[i] || !strchr(set, p.s[i]))
			return false;
	return p.len > 0;
}

static bool is_one(struct piece p)
{
	struct address a;

	return address_parse_prefix(p.s, p.len, &a) || address_parse_peer(p.s, p.len, &a);
}

/* Recognises a text that contains several addresses. */
static bool look_several(struct piece p, struct address_hint *hint)
{
	for (size_t i = 1; i + 1 < p.len; i++) {
		if (!memchr(",; \t-", p.s[i], 5) || !is_one((struct piece){p.s, i}))
			continue;
		*hint = say_text(p.s[i] == '-' ? "; a range is written as networks, such as "
						 "192.0.2.0/28 or 2001:db8::/48"
					       : "; give the addresses with blanks between them");
		return true;
	}
	return false;
}

static struct address_hint say_host(struct piece p)
{
	struct address_hint hint = {""};

	while (p.len && strchr(".:" DIGITS, p.s[p.len - 1]) && memchr(p.s, ':', p.len))
		p.len--; /* a port */
	if (p.len < HOST_MIN || p.len > HOST_MAX || *p.s == '-' ||
		!only_of(p, LETTERS DIGITS ".-_"))
		return hint;
	snprintf(hint.s, sizeof hint.s,
		"; host names are not resolved; to print the addresses of the named host: "
		"getent ahosts %.*s",
		(int)p.len, p.s);
	return hint;
}

struct address_hint address_hint_of(const char *text, size_t len)
{
	struct piece p = {text, len};
	struct address_hint hint = {""};
	struct address a;

	if (address_parse_prefix(text, len, &a))
		return hint;
	if (len == 0)
		return say_text("; it is empty; perhaps a variable of the shell is not set");
	bool url = cut_url(&p);
	if (address_parse_prefix(p.s, p.len, &a) || address_parse_peer(p.s, p.len, &a))
		return say_address(url ? "; give the address alone: "
				       : "; leave out the port and the brackets: ",
			&a, "");
	if (look_prefix(p, &hint) || look_short(p, &hint) || look_several(p, &hint))
		return hint;
	if (only_of(p, DIGITS "."))
		return say_text("; an IPv4 address has four numbers from 0 to 255, without leading "
				"zeros");
	if (only_of(p, DIGITS "abcdefABCDEF:") && memchr(p.s, ':', p.len))
		return say_text("; an IPv6 address has eight groups of up to four digits, or :: "
				"once");
	return say_host(p);
}
