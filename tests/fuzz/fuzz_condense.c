/* fuzz_condense.c - a long object that was condensed gives the same values as the whole object, and
 * no others. An object that is cut off never counts as whole. A line that many spaces lengthen
 * gives the same result as without them.
 *
 * In an input, ~ stands for 9000 bytes "a", and ` for 4500 pairs of backslashes. So a few bytes of
 * input make values that must be shortened.
 */
#include <stdbool.h>

#include "core/read/condense.h"
#include "core/read/line.h"
#include "core/read/object.h"
#include "core/read/repair.h"

#include "unit/condensed_values.h"
#include "unit/same_result.h"
#include "fuzz.h"

#define RUN_BYTES  9000
#define INPUT_MAX  2000
#define RUNS_MAX   40
#define TEXT_MAX   (INPUT_MAX + RUNS_MAX * RUN_BYTES)
#define SPACES     LINE_BYTES_MAX
#define PART_BYTES (2 * CONDENSE_BYTES + 64)

static struct extract wanted;
static struct condense condense;
static struct object *whole, *part;
static struct fields_values whole_values, part_values;
static struct line_parser *parser;
static char text[TEXT_MAX], spread[TEXT_MAX + SPACES];

static void make_all(void)
{
	whole = object_new(TEXT_MAX);
	part = object_new(PART_BYTES);
	parser = line_parser_new(&(struct line_config){0});
	FUZZ_HOLDS(whole && part && parser);
	FUZZ_HOLDS(extract_init(&wanted, &(struct extract_config){0}));
}

/* Returns the length. */
static size_t expand_input(const uint8_t *data, size_t len)
{
	size_t n = 0, runs = 0;

	for (size_t i = 0; i < len && i < INPUT_MAX; i++) {
		bool run = (data[i] == '~' || data[i] == '`') && runs++ < RUNS_MAX;
		size_t bytes = run ? RUN_BYTES : 1;
		memset(text + n, !run ? data[i] : data[i] == '~' ? 'a' : '\\', bytes);
		n += bytes;
	}
	return n;
}

static void check_object(size_t len)
{
	const struct fields *f = &wanted.fields;
	char *copy = fuzz_exact(text, len);
	size_t error_at;
	enum condense_end end = condense_object(&condense, copy, len, f);
	bool is_whole = object_read(whole, copy, len, f, &whole_values, &error_at);

	FUZZ_HOLDS(end == CONDENSE_BROKEN ? condense.error_at <= len
					  : condense.len <= sizeof condense.text);
	FUZZ_HOLDS(!is_whole || end == CONDENSE_WHOLE);
	if (end == CONDENSE_CUT)
		FUZZ_HOLDS(!object_read(
			part, condense.text, condense.len, f, &part_values, &error_at));
	if (is_whole) {
		FUZZ_HOLDS(
			object_read(part, condense.text, condense.len, f, &part_values, &error_at));
		FUZZ_HOLDS(!other_value(f, &part_values, &whole_values, true));
	}
	free(copy);
}

/* Checks the same line with enough spaces after its brace that the parser condenses it. */
static void check_line(size_t len)
{
	struct line_result near, far;
	enum line_reason reason = line_parse(parser, text, len, false, &near);

	if (len > LINE_BYTES_MAX || reason != LINE_OK || repair_glued(text, len))
		return; /* in a long line, the parser ignores text after an incomplete object */
	if (near.truncated && len > 8 && memcmp(text, "{\"log\":\"", 8) == 0)
		return; /* half a text counts only if its object begins as Docker writes it */
	spread[0] = '{';
	memset(spread + 1, ' ', SPACES);
	memcpy(spread + 1 + SPACES, text + 1, len - 1);
	FUZZ_HOLDS(line_parse(parser, spread, len + SPACES, false, &far) == reason);
	FUZZ_HOLDS(same_result(reason, &near, &far));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (!parser)
		make_all();
	size_t n = expand_input(data, len);
	if (n == 0 || text[0] != '{' || memchr(text, '\0', n))
		return 0;
	check_object(n);
	check_line(n);
	return 0;
}
