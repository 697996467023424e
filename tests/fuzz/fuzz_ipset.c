/* fuzz_ipset.c - parses any bytes as ipset's listing of a kernel set, in pieces of any size. The
 * parsed entries do not depend on the pieces, and each entry has the set's family and prefix
 * length. If the entries are written as ipset writes them, the same entries are parsed again. */
#include "core/base/buf.h"
#include "io/firewall/ipset_text.h"

#include "mutate_lines.h"

#define MOST   1000
#define LISTED 128 /* bytes of a line that ipset prints */

static const struct family {
	const char *set_name;
	uint8_t full_len, netmask;
} families[] = {{"ban4", 32, 32}, {"ban4", 32, 24}, {"ban6", 128, 64}, {"ban6", 128, 128}};
#define FAMILIES (sizeof families / sizeof *families)

static const char *mutate_word(void)
{
	static const char *const words[] = {"add", "create", "ban4", "ban6", "timeout", "comment",
		"family", "inet", "inet6", "netmask", "maxelem", "bitmask", "hashsize",
		"Type:", "Header:", "hash:ip", "hash:net", "Name:", "0", "1", "24", "32", "33",
		"64", "128", "2147483", "4294967295", "4294967296", "-1", "192.0.2.1",
		"192.0.2.0/24", "::", "2001:db8::", "::ffff:192.0.2.1", "::ffff:0.0.0.0",
		"\"add ban4 192.0.2.7\"", ""};

	return words[mutate_below(sizeof words / sizeof *words)];
}

/* Feeds the text in pieces of `piece` bytes. Each piece is in memory of exactly its size. */
static void feed(struct ipset_text_lines *lines, const char *s, size_t len, size_t piece)
{
	for (size_t at = 0; at < len; at += piece) {
		size_t n = len - at < piece ? len - at : piece;
		char *part = fuzz_exact(s + at, n);
		ipset_text_feed(lines, part, n);
		free(part);
	}
}

static void read_entries(struct ipset_text_entries *e, const struct family *f, const char *s,
	size_t len, size_t piece)
{
	ipset_text_entries_init(e, MOST);
	e->set_name = f->set_name;
	e->full_len = f->full_len;
	e->netmask = f->netmask;
	feed(&e->lines, s, len, piece);
	FUZZ_HOLDS(e->n <= MOST && !e->short_of_memory);
}

static void must_be_same(const struct ipset_text_entries *a, const struct ipset_text_entries *b)
{
	FUZZ_HOLDS(a->n == b->n && a->lines.bad == b->lines.bad);
	for (size_t i = 0; i < a->n; i++)
		FUZZ_HOLDS(address_equal(&a->entry[i].address, &b->entry[i].address) &&
			   a->entry[i].left.ms == b->entry[i].left.ms);
}

/* Lists the entries as `ipset save` does: addresses without a length, whole seconds. */
static char *list_entries(const struct ipset_text_entries *e, size_t *len)
{
	size_t cap = (e->n + 1) * LISTED;
	char *text = malloc(cap);
	struct buf b;

	FUZZ_HOLDS(text);
	buf_init(&b, text, cap);
	buf_put_format(&b, "create %s hash:ip family inet timeout 600\n", e->set_name);
	for (size_t i = 0; i < e->n; i++) {
		struct address a = e->entry[i].address;
		struct span left = e->entry[i].left;
		FUZZ_HOLDS(a.prefix_len == e->netmask);
		FUZZ_HOLDS(address_is_v4(&a) == (e->full_len == 32));
		FUZZ_HOLDS(left.ms > 0 && (left.ms % 1000 == 0 || left.ms == SPAN_MAX.ms));
		a.prefix_len = e->full_len;
		buf_put_format(&b, "add %s ", e->set_name);
		buf_put_address(&b, &a);
		buf_put_format(&b, " timeout %lld\n",
			left.ms == SPAN_MAX.ms ? 0 : (long long)(left.ms / 1000));
	}
	FUZZ_HOLDS(!b.full);
	*len = b.len;
	return text;
}

static void check_entries(const char *s, size_t len)
{
	struct ipset_text_entries whole, pieces, again;

	for (size_t i = 0; i < FAMILIES; i++) {
		size_t listed_len;
		read_entries(&whole, &families[i], s, len, len + 1);
		read_entries(&pieces, &families[i], s, len, 1 + len % 7);
		must_be_same(&whole, &pieces);
		char *listed = list_entries(&whole, &listed_len);
		read_entries(&again, &families[i], listed, listed_len, listed_len);
		/* the listing has only the entries before the bad line, so its parser finds no
		 * bad line */
		whole.lines.bad = false;
		must_be_same(&whole, &again);
		free(listed);
		ipset_text_entries_fini(&whole);
		ipset_text_entries_fini(&pieces);
		ipset_text_entries_fini(&again);
	}
}

static void check_set(const char *s, size_t len)
{
	struct ipset_text_set whole, pieces;
	char what[96], mend[256];

	ipset_text_set_init(&whole);
	ipset_text_set_init(&pieces);
	feed(&whole.lines, s, len, len + 1);
	feed(&pieces.lines, s, len, 1 + len % 5);
	FUZZ_HOLDS(memchr(whole.type, '\0', sizeof whole.type));
	FUZZ_HOLDS(strcmp(whole.type, pieces.type) == 0 && whole.netmask == pieces.netmask &&
		   whole.lines.bad == pieces.lines.bad && whole.maxelem == pieces.maxelem &&
		   whole.has_timeout == pieces.has_timeout && whole.v6 == pieces.v6);
	for (size_t i = 0; i < FAMILIES; i++) {
		const struct family *f = &families[i];
		bool fits = ipset_text_set_fits(&whole, f->full_len, f->netmask, what, sizeof what);
		FUZZ_HOLDS(!fits || (strcmp(whole.type, "hash:ip") == 0 && !whole.lines.bad &&
					    whole.has_timeout && !whole.has_bitmask &&
					    whole.v6 == (f->full_len == 128)));
		FUZZ_HOLDS(fits || (what[0] && strlen(what) < sizeof what));
		ipset_text_set_mend(&whole, f->full_len, f->set_name, mend, sizeof mend);
		FUZZ_HOLDS(mend[0] && strlen(mend) + 1 < sizeof mend);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *s = fuzz_exact(data, len);

	check_entries(s, len);
	check_set(s, len);
	free(s);
	return 0;
}
