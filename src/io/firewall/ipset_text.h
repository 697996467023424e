/* ipset_text.h - parses libipset's listings line by line, and converts times to the kernel's form.
 *
 * libipset returns a listing only as text. The text comes from the kernel, but any privileged user
 * may have made a set with the expected name, with comments and counters in it. So parsing is
 * strict: an unknown line is refused.
 */
#ifndef IO_FIREWALL_IPSET_TEXT_H
#define IO_FIREWALL_IPSET_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/address.h"
#include "core/base/instant.h"

/* What to do about a failure that libipset described in these words; "" when that is not known. */
const char *ipset_text_hint(const char *said);

/* Hash size of a new set: the lowest power of two from max_entries on, but 1024 to 131,072 buckets.
 * A bucket takes 8 bytes, so the buckets of a set take at most 1 MiB. */
uint32_t ipset_text_hashsize(uint32_t max_entries);

/* Converts a time to seconds for the kernel: rounded up, 1..2147483. The kernel counts milliseconds
 * in 32 bits, so libipset has this maximum. Returns 0, which means permanent, only for SPAN_MAX. */
uint32_t ipset_text_timeout(struct span left);

/* Splits a listing into lines. The listing may arrive in pieces. */
struct ipset_text_lines {
	/* Called with each line, without its newline. If it returns false, parsing ends. */
	bool (*line)(struct ipset_text_lines *l, const char *s, size_t len);
	bool bad;   /* a line was refused, or longer than `text` */
	size_t len; /* length of the unfinished line */
	/* the unfinished line; the longest entry, with a comment of 255 bytes, has about 500
	 * bytes */
	char text[1024];
};

void ipset_text_feed(struct ipset_text_lines *l, const char *s, size_t len);

/* The properties of a set in the output of `ipset list -t NAME`: feed the output to `lines`. */
struct ipset_text_set {
	struct ipset_text_lines lines; /* must be first: its line function casts to this struct */
	char type[32];                 /* "hash:ip", cut to fit; "" when missing */
	bool has_family;               /* a "Header:" with one of the two families was read */
	bool v6;
	bool has_timeout;
	bool has_bitmask; /* the set has a mask that need not be a prefix */
	uint32_t netmask; /* prefix length; 0 when missing */
	uint32_t maxelem; /* 0 when the type has none */
};

void ipset_text_set_init(struct ipset_text_set *s);

/* Whether this program could have made the set: it has type hash:ip, the family whose addresses
 * have full_len (32 or 128) bits, this netmask, and timeouts. A set without a netmask counts as a
 * set with netmask full_len. If the set does not fit, `what` describes the difference: "has netmask
 * 64, not 128". */
bool ipset_text_set_fits(const struct ipset_text_set *s, unsigned full_len, unsigned netmask,
	char *what, size_t what_cap);

/* What to do about a set that does not fit. A set that differs only in its netmask is most likely
 * from a run with other options, whose firewall rules still exist. set_name ends with the digit 4
 * or 6. */
void ipset_text_set_mend(const struct ipset_text_set *s, unsigned full_len, const char *set_name,
	char *text, size_t cap);

struct ipset_text_entry {
	struct address address; /* masked */
	struct span left;       /* SPAN_MAX: permanent */
};

/* The entries of `ipset save NAME`, without IPv4-mapped IPv6 addresses ("::ffff:192.0.2.1"). The
 * caller sets set_name, full_len and netmask before it feeds the lines of a set. It may then feed
 * the lines of further sets in the same way. */
struct ipset_text_entries {
	struct ipset_text_lines lines; /* must be first: its line function casts to this struct */
	const char *set_name;
	uint8_t full_len; /* 32, 128 */
	uint8_t netmask;
	struct ipset_text_entry *entry;
	size_t n, cap;
	size_t most; /* maximum number of entries; further ones are refused */
	bool short_of_memory;
};

void ipset_text_entries_init(struct ipset_text_entries *e, size_t most);
void ipset_text_entries_fini(struct ipset_text_entries *e);

#endif
