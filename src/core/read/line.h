/* line.h - the bytes of one line -> a request, or a named reason why it is none.
 *
 * Path:    io/host/line_reader -> [line] -> engine.
 * Method:  envelope finds where the object begins; scan, or object where the line is none of the
 *          common shape, reads the members that are wanted; extract says what they mean. An object
 *          of over 64 KiB is made shorter before (condense). What a cut-off line holds in whole
 *          members is used (truncated), and what is JSON but for a known flaw is mended (repair).
 * Promise: nothing in a line can do more than be counted. A reject changes no later line's result.
 */
#ifndef CORE_READ_LINE_H
#define CORE_READ_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/counters.h"
#include "core/read/line_result.h"
#include "core/read/extract.h"

/* Longest line that line_parse takes, in bytes; longer ones are given cut. */
#define LINE_LONGEST (4 * 1024 * 1024)

/* Longest object that is read as it stands; of a longer one the wanted members are copied first. */
#define LINE_BYTES_MAX 65536

struct line_config {
	struct extract_config extract;
	/* Plain common or combined lines instead of JSON; extract's names say nothing. */
	bool combined;
	bool by_tree; /* never scan: the reference that scan.h is held against */
	/* The object begins at the first brace of the line, if it is whole and no quote stands
	 * before it: what is cut off, or quoted, may be a visitor's words. */
	bool prefix_any;
};

struct line_parser;

/* "auto" (JSON, all products), a product of format.h, or "combined": what it sets in *c. False for
 * another name. */
bool line_format(const char *name, struct line_config *c);

/* NULL when memory is short or a name in the config cannot be one (errno EINVAL). Its texts, its
 * zone and the list of trusted proxies are not copied. */
struct line_parser *line_parser_new(const struct line_config *config);
void line_parser_free(struct line_parser *p);

/* Another list of trusted proxies, in the place of one that was given at the start. */
void line_trust(struct line_parser *p, const struct allow *trusted);

/* Where a reason is counted; NULL for LINE_OK. */
uint64_t *line_counter(struct counters *c, enum line_reason reason);

/* `cut`: only the first LINE_LONGEST bytes of a longer line are given. *out is meaningful when
 * LINE_OK is returned. */
enum line_reason line_parse(
	struct line_parser *p, const char *line, size_t len, bool cut, struct line_result *out);

/* The same, and what it was taken for. */
enum line_reason line_explain(struct line_parser *p, const char *line, size_t len, bool cut,
	struct line_result *out, struct line_explanation *shown);

#endif
