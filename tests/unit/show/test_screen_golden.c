/* test_screen_golden.c - the pages of anomstat equal tests/golden/screen-*.txt, byte for byte. */
#include "unit/golden_page.h"
#include "unit/sample_state.h"

static struct state sample;
static char page[SCREEN_BYTES_MAX + 1];

static void assert_page(const char *name, struct screen_size size, int64_t age_ms)
{
	struct buf b;

	buf_init(&b, page, SCREEN_BYTES_MAX);
	screen_render(&sample, (struct instant){SAMPLE_SAVED_MS + age_ms}, size, &b);
	assert_false(b.full);
	page[b.len] = '\0';
	golden_assert(name, page);
}

static void golden_pages_are_drawn_byte_for_byte(void **unused)
{
	(void)unused;
	golden_state(&sample);
	assert_page("screen-60x24.txt", (struct screen_size){60, 24, true, false, false}, 1000);
	assert_page("screen-80x22.txt", (struct screen_size){80, 22, true, false, false}, 1000);
	assert_page("screen-120x40.txt", (struct screen_size){120, 40, true, false, false}, 1000);
	assert_page("screen-200.txt", (struct screen_size){200, 0, true, false, false}, 1000);
	assert_page(
		"screen-80x22-ascii.txt", (struct screen_size){80, 22, false, false, false}, 1000);
	assert_page(
		"screen-80x22-colour.txt", (struct screen_size){80, 22, true, true, false}, 1000);
	assert_page("screen-stale.txt", (struct screen_size){80, 22, true, false, false}, 3600000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_pages_are_drawn_byte_for_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
