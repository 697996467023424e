/* fuzz_scan.c - the scanner and cJSON's tree give the same result for a line, with the default
 * members and with members that options name. The scanner's result does not depend on earlier
 * lines.
 *
 * An input is one or several lines, read in order. As in a log, the scanner
 * stores the member names of each line, and expects them in the next line.
 */
#include <stdbool.h>

#include "core/read/line.h"
#include "core/read/object.h"
#include "core/read/scan.h"

#include "unit/same_result.h"
#include "fuzz.h"

enum { DEFAULT, NAMED, CONFIGS };

struct readers {
	struct line_parser *parser; /* used for all inputs, like the members below */
	struct line_parser *by_tree;
	struct extract wanted;
	struct scan *scan;
	struct object *object;
	/* values of a line as read by `scan`, by a scanner without earlier inputs, and by
	 * `object` */
	struct fields_values kept, first, tree;
};

static struct readers all[CONFIGS];

static int64_t east(void *ctx, int64_t local_s)
{
	(void)ctx;
	(void)local_s;
	return 3600;
}

static void make_readers(struct readers *r, const struct extract_config *picks)
{
	struct line_config c = {.extract = *picks};

	r->parser = line_parser_new(&c);
	c.by_tree = true;
	r->by_tree = line_parser_new(&c);
	r->scan = scan_new(LINE_BYTES_MAX);
	r->object = object_new(LINE_BYTES_MAX);
	FUZZ_HOLDS(r->parser && r->by_tree && r->scan && r->object);
	FUZZ_HOLDS(extract_init(&r->wanted, picks));
}

static void make_all(void)
{
	static const struct timestamp_zone zone = {.east_s = east};
	static const char *const proxies[] = {"10.0.0.0/8", "198.51.100.7/32", "2001:db8::/32"};
	struct allow *trusted = allow_new();
	struct address network;

	FUZZ_HOLDS(trusted);
	for (size_t i = 0; i < sizeof proxies / sizeof *proxies; i++)
		FUZZ_HOLDS(address_parse_prefix(proxies[i], strlen(proxies[i]), &network) &&
			   allow_add(trusted, &network));
	allow_seal(trusted);
	make_readers(&all[DEFAULT], &(struct extract_config){0});
	make_readers(&all[NAMED],
		&(struct extract_config){.zone = &zone, .trusted = trusted, .count = "count"});
}

static void check_line(struct readers *r, const char *s, size_t len)
{
	struct line_result scanned, read;
	enum line_reason reason = line_parse(r->by_tree, s, len, false, &read);

	FUZZ_HOLDS(line_parse(r->parser, s, len, false, &scanned) == reason);
	FUZZ_HOLDS(same_result(reason, &scanned, &read));
}

static bool same_field(const struct field *a, const struct field *b)
{
	bool text = a->kind == FIELD_TEXT;

	return a->kind == b->kind && (a->kind != FIELD_NUMBER || a->number == b->number) &&
	       (!text || (a->len == b->len && memcmp(a->text, b->text, a->len) == 0));
}

static bool same_values(const struct fields_values *a, const struct fields_values *b)
{
	bool same = a->set_n == b->set_n;

	for (int i = 0; i < FIELDS_MAX; i++)
		same &= same_field(&a->at[i], &b->at[i]);
	return same;
}

/* Compares all wanted values. A request contains only some of them. */
static void check_values(struct readers *r, struct scan *fresh, const char *s, size_t len)
{
	const struct fields *wanted = &r->wanted.fields;
	bool taken = scan_read(fresh, s, len, wanted, &r->first);
	size_t error_at;

	FUZZ_HOLDS(scan_read(r->scan, s, len, wanted, &r->kept) == taken);
	if (!taken)
		return;
	FUZZ_HOLDS(same_values(&r->kept, &r->first));
	FUZZ_HOLDS(object_read(r->object, s, len, wanted, &r->tree, &error_at));
	FUZZ_HOLDS(same_values(&r->first, &r->tree));
}

static void check_input(struct readers *r, const uint8_t *data, size_t len)
{
	struct scan *fresh = scan_new(LINE_BYTES_MAX);

	FUZZ_HOLDS(fresh);
	for (size_t at = 0; at < len;) {
		const uint8_t *newline = memchr(data + at, '\n', len - at);
		size_t n = newline ? (size_t)(newline - data) - at : len - at;
		char *line = fuzz_exact(data + at, n);
		check_line(r, line, n);
		/* the line parser gives the scanner no other lines */
		if (n <= LINE_BYTES_MAX && !memchr(line, '\0', n))
			check_values(r, fresh, line, n);
		free(line);
		at += n + 1;
	}
	scan_free(fresh);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (!all[0].parser)
		make_all();
	for (int i = 0; i < CONFIGS; i++)
		check_input(&all[i], data, len);
	return 0;
}
