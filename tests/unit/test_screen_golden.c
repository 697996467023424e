/* test_screen_golden.c - whole pages, byte for byte: tests/golden/screen-*.txt.
 *
 * They are drawn from tests/golden/screen-state.json at a fixed time. UPDATE=1 writes what came as
 * what is expected: read the difference before you commit it. Run it at the root of the tree.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "core/screen.h"
#include "sample_state.h"

#define GOLDEN "tests/golden/"

static struct state sample;
static char page[SCREEN_BYTES_MAX + 1];

static void render(struct screen_size size, struct instant now)
{
	struct buf b;

	buf_init(&b, page, SCREEN_BYTES_MAX);
	screen_render(&sample, now, size, &b);
	assert_false(b.full);
	page[b.len] = '\0';
}

static size_t read_file(const char *path, char *out, size_t cap)
{
	FILE *f = fopen(path, "r");

	if (!f)
		return 0;
	size_t len = fread(out, 1, cap, f);
	fclose(f);
	return len;
}

static void assert_golden(const char *name)
{
	static char want[SCREEN_BYTES_MAX + 1];
	char path[128];

	snprintf(path, sizeof path, GOLDEN "%s.txt", name);
	if (getenv("UPDATE")) {
		FILE *f = fopen(path, "w");
		assert_non_null(f);
		fputs(page, f);
		assert_int_equal(fclose(f), 0);
	}
	want[read_file(path, want, sizeof want - 1)] = '\0';
	if (strcmp(page, want) != 0) {
		fprintf(stderr, "%s", page);
		fail_msg("another page than %s", path);
	}
}

static void golden_pages_are_drawn_byte_for_byte(void **unused)
{
	static char json[STATE_BYTES_MAX];
	const struct instant now = {SAMPLE_SAVED_MS + 1000};
	const char *why;

	(void)unused;
	size_t len = read_file(GOLDEN "screen-state.json", json, sizeof json);
	if (!state_read(json, len, &sample, &why))
		fail_msg(GOLDEN "screen-state.json: %s", why);
	render((struct screen_size){60, 24, true, false}, now);
	assert_golden("screen-60x24");
	render((struct screen_size){80, 22, true, false}, now);
	assert_golden("screen-80x22");
	render((struct screen_size){120, 40, true, false}, now);
	assert_golden("screen-120x40");
	render((struct screen_size){200, 0, true, false}, now);
	assert_golden("screen-200");
	render((struct screen_size){80, 22, false, false}, now);
	assert_golden("screen-80x22-ascii");
	render((struct screen_size){80, 22, true, true}, now);
	assert_golden("screen-80x22-colour");
	render((struct screen_size){80, 22, true, false},
		(struct instant){SAMPLE_SAVED_MS + 3600000});
	assert_golden("screen-stale");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_pages_are_drawn_byte_for_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
