/* golden_page.h - compares the pages and texts that anomstat prints with files in tests/golden.
 * golden_state reads the state from which the pages and texts are made.
 *
 * UPDATE=1 overwrites the golden files with the new outputs. Read what has changed before you
 * commit it. Run these tests in the root directory of the source tree.
 */
#ifndef UNIT_GOLDEN_PAGE_H
#define UNIT_GOLDEN_PAGE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/show/screen.h"
#include "core/record/state.h"

#define GOLDEN "tests/golden/"

static inline size_t golden_read(const char *path, char *out, size_t cap)
{
	FILE *f = fopen(path, "r");

	if (!f)
		return 0;
	size_t len = fread(out, 1, cap, f);
	fclose(f);
	return len;
}

/* Reads tests/golden/screen-state.json. */
static inline void golden_state(struct state *s)
{
	static char json[STATE_BYTES_MAX];
	const char *why;
	size_t len = golden_read(GOLDEN "screen-state.json", json, sizeof json);

	if (!state_read(json, len, s, &why))
		fail_msg(GOLDEN "screen-state.json: %s", why);
}

static inline void golden_assert(const char *name, const char *got)
{
	static char want[SCREEN_BYTES_MAX + 1];
	char path[128];

	snprintf(path, sizeof path, GOLDEN "%s", name);
	if (getenv("UPDATE")) {
		FILE *f = fopen(path, "w");
		assert_non_null(f);
		fputs(got, f);
		assert_int_equal(fclose(f), 0);
	}
	want[golden_read(path, want, sizeof want - 1)] = '\0';
	if (strcmp(got, want) != 0) {
		fprintf(stderr, "%s", got);
		fail_msg("the output differs from %s", path);
	}
}

#endif
