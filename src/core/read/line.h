/* line.h - parses one line: returns a request, or a named reason why the line is not a request.
 *
 * Path:    io/host/line_reader -> [line] -> engine.
 * Method:  envelope.h finds where the object begins. condense.h shortens an object over 64 KiB.
 *          scan.h reads the wanted members; object.h reads them if the line has an unusual form.
 *          truncated.h recovers the whole members of a line that was cut off. repair.h corrects
 *          JSON with a known flaw. extract.h converts the members to a request.
 * Promise: a rejected line is counted and has no other effect, whatever it contains. So it does not
 *          change the result of any later line.
 */
#ifndef CORE_READ_LINE_H
#define CORE_READ_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/counters.h"
#include "core/read/line_result.h"
#include "core/read/extract.h"

/* The longest line that line_parse reads, in bytes. The caller passes only this much of a longer
 * line. */
#define LINE_LONGEST (4 * 1024 * 1024)

/* The longest object that is parsed directly. The wanted members of a longer object are copied
 * first. */
#define LINE_BYTES_MAX 65536

struct line_config {
	struct extract_config extract;
	/* Parse plain common or combined lines instead of JSON. The names in `extract` are then
	 * ignored. */
	bool combined;
	bool by_tree; /* object.h reads all lines: tests compare scan.h with it */
	/* Any text may precede the object. The object begins at the first brace of the line. It
	 * must be complete, and no quote may precede it, because an incomplete or quoted object may
	 * be text from a client. */
	bool prefix_any;
};

struct line_parser;

/* Sets *c for a format name: "auto" (JSON of all products), a product of format.h, or "combined".
 * Returns false for any other name. */
bool line_format(const char *name, struct line_config *c);

/* Returns NULL if memory is short, or if a name in the config is empty or too long (errno EINVAL).
 * The texts of the config, its zone and the list of trusted proxies are not copied. */
struct line_parser *line_parser_new(const struct line_config *config);
void line_parser_free(struct line_parser *p);

/* Replaces the list of trusted proxies. The config of line_parser_new must have contained a
 * list. */
void line_trust(struct line_parser *p, const struct allow *trusted);

/* The counter of a reason; NULL for LINE_OK. */
uint64_t *line_counter(struct counters *c, enum line_reason reason);

/* `cut` means that the line is longer than LINE_LONGEST, and only its beginning is passed. *out is
 * valid if LINE_OK is returned. */
enum line_reason line_parse(
	struct line_parser *p, const char *line, size_t len, bool cut, struct line_result *out);

/* As line_parse; also fills *shown with the members that the request was read from. */
enum line_reason line_explain(struct line_parser *p, const char *line, size_t len, bool cut,
	struct line_result *out, struct line_explanation *shown);

#endif
