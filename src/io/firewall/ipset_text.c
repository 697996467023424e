/* ipset_text.c - see ipset_text.h. Words are split at single blanks, as libipset prints them.
 * strstr is not used, because a comment, the last item of a line, may contain any text. */
#include "io/firewall/ipset_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/num.h"

#define TIMEOUT_MAX 2147483 /* s */
/* The lower bounds of --ipv4-prefix and --ipv6-prefix (io/config/options_table). */
#define PREFIX4_MIN 8
#define PREFIX6_MIN 16

struct word {
	const char *s;
	size_t len;
};

const char *ipset_text_hint(const char *said)
{
	if (strstr(said, "not permitted"))
		return geteuid() == 0
			       ? "; this root lacks CAP_NET_ADMIN: in a container, start it with "
				 "--cap-add NET_ADMIN"
			       : "; run as root, by sudo, or give CAP_NET_ADMIN";
	if (strstr(said, "Cannot open session"))
		return "; does this kernel have ip_set (modprobe ip_set)?";
	if (strstr(said, "type not supported"))
		return "; does this kernel have ip_set_hash_ip (modprobe ip_set_hash_ip)?";
	if (strstr(said, "in use"))
		return "; a firewall rule refers to the set; remove that rule first "
		       "(iptables-nft-save lists the nft rules, iptables-legacy-save the legacy "
		       "rules)";
	return "";
}

/* An entry that makes the kernel's hash table grow takes 90..214 ms at a million entries; with up
 * to 100,000 entries no table grows. */
uint32_t ipset_text_hashsize(uint32_t max_entries)
{
	uint32_t size = 1024;

	while (size < max_entries && size < 131072)
		size *= 2;
	return size;
}

uint32_t ipset_text_timeout(struct span left)
{
	if (left.ms >= SPAN_MAX.ms)
		return 0;
	if (left.ms <= 1000)
		return 1;
	if (left.ms > (int64_t)TIMEOUT_MAX * 1000)
		return TIMEOUT_MAX;
	return (uint32_t)((left.ms + 999) / 1000);
}

/* Removes the next word from the front of (*s, *len); false at the end. */
static bool next_word(const char **s, size_t *len, struct word *w)
{
	const char *blank;

	if (!*len)
		return false;
	blank = memchr(*s, ' ', *len);
	w->s = *s;
	w->len = blank ? (size_t)(blank - *s) : *len;
	*s += w->len + (blank ? 1 : 0);
	*len -= w->len + (blank ? 1 : 0);
	return true;
}

static bool word_is(const struct word *w, const char *text)
{
	return w->len == strlen(text) && memcmp(w->s, text, w->len) == 0;
}

static bool word_u32(const char **s, size_t *len, uint32_t *out)
{
	struct word w;
	uint64_t v;

	if (!next_word(s, len, &w) || !num_u64(w.s, w.len, &v) || v > UINT32_MAX)
		return false;
	*out = (uint32_t)v;
	return true;
}

void ipset_text_feed(struct ipset_text_lines *l, const char *s, size_t len)
{
	while (len && !l->bad) {
		const char *end = memchr(s, '\n', len);
		size_t n = end ? (size_t)(end - s) : len;
		if (n > sizeof l->text - l->len) {
			l->bad = true;
			return;
		}
		memcpy(l->text + l->len, s, n);
		l->len += n;
		if (end) {
			l->bad = !l->line(l, l->text, l->len);
			l->len = 0;
			n++;
		}
		s += n;
		len -= n;
	}
}

static bool read_header(struct ipset_text_set *h, const char *s, size_t len)
{
	uint32_t ignored;
	struct word w;

	while (next_word(&s, &len, &w)) {
		if (word_is(&w, "family")) {
			h->has_family = next_word(&s, &len, &w) &&
					(word_is(&w, "inet") || word_is(&w, "inet6"));
			h->v6 = word_is(&w, "inet6");
		} else if (word_is(&w, "timeout")) {
			h->has_timeout = word_u32(&s, &len, &ignored);
		} else if (word_is(&w, "netmask")) {
			if (!word_u32(&s, &len, &h->netmask))
				return false;
		} else if (word_is(&w, "maxelem")) {
			if (!word_u32(&s, &len, &h->maxelem))
				return false;
		} else if (word_is(&w, "bitmask")) {
			h->has_bitmask = true;
		}
	}
	return true;
}

static bool set_line(struct ipset_text_lines *l, const char *s, size_t len)
{
	struct ipset_text_set *set = (struct ipset_text_set *)l;

	if (len > 6 && memcmp(s, "Type: ", 6) == 0) {
		snprintf(set->type, sizeof set->type, "%.*s", (int)(len - 6), s + 6);
		return true;
	}
	return len <= 8 || memcmp(s, "Header: ", 8) != 0 || read_header(set, s + 8, len - 8);
}

void ipset_text_set_init(struct ipset_text_set *s)
{
	*s = (struct ipset_text_set){.lines.line = set_line};
}

bool ipset_text_set_fits(const struct ipset_text_set *s, unsigned full_len, unsigned netmask,
	char *what, size_t what_cap)
{
	static const char *const family[] = {"inet", "inet6"};
	unsigned found = s->netmask ? s->netmask : full_len;
	bool v6 = full_len == 128;

	if (strcmp(s->type, "hash:ip") != 0)
		snprintf(what, what_cap, "is of type %s, not hash:ip", s->type);
	else if (s->lines.bad || !s->has_family)
		snprintf(what, what_cap, "is not described as a set of addresses");
	else if (s->v6 != v6)
		snprintf(what, what_cap, "is of family %s, not %s", family[s->v6], family[v6]);
	else if (!s->has_timeout)
		snprintf(what, what_cap, "was made without timeout support");
	else if (s->has_bitmask)
		snprintf(what, what_cap, "has a bitmask, not netmask %u", netmask);
	else if (found != netmask)
		snprintf(what, what_cap, "has netmask %u, not %u", found, netmask);
	else
		return true;
	return false;
}

void ipset_text_set_mend(const struct ipset_text_set *s, unsigned full_len, const char *set_name,
	char *text, size_t cap)
{
	unsigned netmask = s->netmask ? s->netmask : full_len;
	bool v6 = full_len == 128;
	char what[96], option[32];

	if (netmask < (v6 ? PREFIX6_MIN : PREFIX4_MIN) ||
		!ipset_text_set_fits(s, full_len, netmask, what, sizeof what)) {
		snprintf(text, cap,
			"remove it (ipset destroy %s, after its rules) "
			"or choose another name with --set",
			set_name);
		return;
	}
	snprintf(option, sizeof option, "--ipv%c-prefix %u", v6 ? '6' : '4', netmask);
	snprintf(text, cap,
		"use %s, or unban all and recreate the sets: "
		"anomban --set %.*s %s --teardown",
		option, (int)strlen(set_name) - 1, set_name, option);
}

/* An IPv6 set can contain "::ffff:192.0.2.1", but only if somebody added it by hand. Such an
 * address is never the source of a packet. */
static bool is_mapped(const struct ipset_text_entries *e, const struct address *a)
{
	return e->full_len == 128 && address_is_v4(a);
}

/* Parses "add NAME ADDRESS timeout SECONDS ...". */
static bool read_entry(
	const struct ipset_text_entries *e, const char *s, size_t len, struct ipset_text_entry *out)
{
	struct address a;
	struct word w;
	uint32_t seconds;

	if (!next_word(&s, &len, &w) || !word_is(&w, "add") || !next_word(&s, &len, &w) ||
		!word_is(&w, e->set_name) || !next_word(&s, &len, &w) ||
		!address_parse(w.s, w.len, &a) ||
		!memchr(w.s, e->full_len == 128 ? ':' : '.', w.len))
		return false;
	if (!next_word(&s, &len, &w) || !word_is(&w, "timeout") || !word_u32(&s, &len, &seconds))
		return false;
	if (a.prefix_len != e->full_len && !is_mapped(e, &a))
		return false;
	/* The listing has the network's first address, without the prefix length. */
	out->address = address_mask(&a, e->netmask, e->netmask);
	out->left = seconds ? span_seconds(seconds) : SPAN_MAX;
	return true;
}

static bool entries_line(struct ipset_text_lines *l, const char *s, size_t len)
{
	struct ipset_text_entries *e = (struct ipset_text_entries *)l;
	struct ipset_text_entry entry;

	if (len == 0 || (len > 7 && memcmp(s, "create ", 7) == 0))
		return true;
	if (e->n == e->most || !read_entry(e, s, len, &entry))
		return false;
	if (is_mapped(e, &entry.address))
		return true;
	struct ipset_text_entry *grown = array_grow(e->entry, e->n, &e->cap, sizeof *grown);
	if (!grown) {
		e->short_of_memory = true;
		return false;
	}
	e->entry = grown;
	e->entry[e->n++] = entry;
	return true;
}

void ipset_text_entries_init(struct ipset_text_entries *e, size_t most)
{
	*e = (struct ipset_text_entries){.lines.line = entries_line, .most = most};
}

void ipset_text_entries_fini(struct ipset_text_entries *e)
{
	free(e->entry);
	e->entry = NULL;
	e->n = e->cap = 0;
}
