/* ipset_text.h - libipset's listings, line by line: text in, values out; and times as the kernel
 * takes them.
 *
 * libipset gives a listing only as text. It is the kernel's, yet anybody with the right may have
 * made a set of our name with comments and counters in it, so it is parsed strictly: an entry is
 * what the line says or the line is refused.
 */
#ifndef IO_FIREWALL_IPSET_TEXT_H
#define IO_FIREWALL_IPSET_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/instant.h"

/* What to do about a failure that libipset told in these words; "" when that is not known. */
const char *ipset_text_hint(const char *said);

/* At create: one bucket (8 bytes) for each entry really expected, so at most 1 MiB a set. */
uint32_t ipset_text_hashsize(uint32_t max_entries);

/* Seconds as the kernel takes them: rounded up, 1..2147483 (it counts milliseconds in 32 bits, and
 * libipset cuts there), or 0, which is permanent, for SPAN_MAX alone. */
uint32_t ipset_text_timeout(struct span left);

/* Output that comes in pieces, cut into lines. */
struct ipset_text_lines {
	/* Gets each line without its newline; false ends the reading. */
	bool (*line)(struct ipset_text_lines *l, const char *s, size_t len);
	bool bad;        /* a line was refused, or longer than `text` */
	size_t len;      /* of the line that has begun */
	char text[1024]; /* its bytes; the longest entry, with a comment of 255, has about 500 */
};

void ipset_text_feed(struct ipset_text_lines *l, const char *s, size_t len);

/* What `ipset list -t NAME` tells of a set: feed it to `lines`. */
struct ipset_text_set {
	struct ipset_text_lines lines; /* first: its line function casts back */
	char type[32];                 /* "hash:ip", cut to fit; "" when not told */
	bool has_family;               /* a "Header:" with one of the two families was read */
	bool v6;
	bool has_timeout;
	bool has_bitmask; /* a netmask that need not be a prefix */
	uint32_t netmask; /* prefix length; 0 when not given */
	uint32_t maxelem; /* 0 when the type has none */
};

void ipset_text_set_init(struct ipset_text_set *s);

/* Whether a set of ours could be this one: hash:ip, the family that has full_len (32, 128) bits,
 * this netmask (full_len: none), timeouts. If not, `what` says what is wrong: "has netmask 64, not
 * 128". */
bool ipset_text_set_fits(const struct ipset_text_set *s, unsigned full_len, unsigned netmask,
	char *what, size_t what_cap);

/* What to do about a set that does not fit: one that only has another netmask is most likely of a
 * run with other options, and the rules are still there. set_name: with its digit. */
void ipset_text_set_mend(const struct ipset_text_set *s, unsigned full_len, const char *set_name,
	char *text, size_t cap);

struct ipset_text_entry {
	struct address address; /* masked */
	struct span left;       /* SPAN_MAX: permanent */
};

/* The entries of `ipset save NAME`, without IPv4 addresses in IPv6 ("::ffff:192.0.2.1"): fill in
 * the set before it is fed, several sets one after the other. */
struct ipset_text_entries {
	struct ipset_text_lines lines; /* first: its line function casts back */
	const char *set_name;
	uint8_t full_len; /* 32, 128 */
	uint8_t netmask;
	struct ipset_text_entry *entry;
	size_t n, cap;
	size_t most; /* more entries are refused */
	bool short_of_memory;
};

void ipset_text_entries_init(struct ipset_text_entries *e, size_t most);
void ipset_text_entries_fini(struct ipset_text_entries *e);

#endif
