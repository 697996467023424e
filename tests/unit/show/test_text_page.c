/* test_text_page.c - lines that never exceed a width or a height, and numbers as short texts. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "core/show/text_page.h"
#include "core/base/figure.h"

static char out[1024];
static struct buf b;
static struct text_page p;

static void begin(size_t width, size_t height)
{
	buf_init(&b, out, sizeof out - 1);
	text_page_init(&p, &b, width, height);
}

static const char *text(void)
{
	out[b.len] = '\0';
	return out;
}

static void text_over_the_width_is_cut(void **unused)
{
	(void)unused;
	begin(5, 0);
	text_page_put(&p, "abcdefg");
	text_page_end_row(&p);
	text_page_put(&p, "ab");
	text_page_put_right(&p, "1234", 5);
	text_page_end_row(&p);
	assert_string_equal(text(), "abcde\nab 12\n");
}

static void glyph_is_one_column(void **unused)
{
	(void)unused;
	begin(3, 0);
	for (int i = 0; i < 5; i++)
		text_page_put_glyph(&p, "\u2588");
	text_page_end_row(&p);
	assert_string_equal(text(), "\u2588\u2588\u2588\n");
}

static void blanks_at_the_end_are_not_written(void **unused)
{
	(void)unused;
	begin(20, 0);
	text_page_put(&p, "a  b   ");
	text_page_put_glyph(&p, " ");
	text_page_move_to(&p, 15);
	text_page_end_row(&p);
	assert_string_equal(text(), "a  b\n");
}

static void row_over_the_height_is_not_written(void **unused)
{
	(void)unused;
	begin(20, 2);
	for (int i = 0; i < 4; i++) {
		text_page_put(&p, "x");
		text_page_end_row(&p);
	}
	assert_string_equal(text(), "x\nx\n");
	assert_int_equal(p.rows, 4);
}

static void cell_is_aligned_to_the_right(void **unused)
{
	(void)unused;
	begin(20, 0);
	text_page_put_right(&p, "7", 4);
	text_page_put_right(&p, "12345", 4);
	text_page_move_to(&p, 2); /* the row is already beyond this column */
	text_page_put(&p, "x");
	assert_string_equal(text(), "   712345x");
}

static void piece_that_does_not_fit_starts_a_new_row(void **unused)
{
	(void)unused;
	begin(10, 0);
	text_page_put_piece(&p, "abcd");
	text_page_put_piece(&p, "efgh");
	text_page_put_piece(&p, "i");
	text_page_put_piece(&p, "longer than a row");
	text_page_end_row(&p);
	assert_string_equal(text(), "abcd  efgh\ni\nlonger tha\n");
}

static void wrapped_text_is_never_cut_off(void **unused)
{
	(void)unused;
	begin(10, 0);
	text_page_put(&p, "why: ");
	text_page_put_wrapped(&p, "a disk is full, exactly  two_words_long_as_this x");
	text_page_end_row(&p);
	assert_string_equal(
		text(), "why: a\ndisk is\nfull,\nexactly\ntwo_words_\nlong_as_th\nis x\n");
	begin(5, 2);
	text_page_put_wrapped(&p, "12345 6");
	text_page_end_row(&p);
	assert_string_equal(text(), "12345\n6\n");
}

static void page_without_a_buffer_counts_its_rows(void **unused)
{
	(void)unused;
	text_page_init(&p, NULL, 10, 0);
	text_page_put_piece(&p, "abcdef");
	text_page_put_piece(&p, "ghijkl");
	text_page_end_row(&p);
	assert_int_equal(p.rows, 2);
}

static void figures_fit_into_their_cells(void **unused)
{
	static const struct {
		double v;
		const char *text;
	} amounts[] = {{0, "0.0"}, {0.04, "0.0"}, {-0.04, "0.0"}, {-0.06, "-0.1"},
		{999.94, "999.9"}, {999.96, "1000"}, {1204.4, "1204"}, {99999.4, "99999"},
		{99999.6, "100.0k"}, {999940, "999.9k"}, {999960, "1.0M"}, {4294967295, "4.3G"},
		{1e12, "1000.0G"}, {-61.2, "-61.2"}};

	(void)unused;
	for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++)
		assert_string_equal(figure_amount(amounts[i].v).s, amounts[i].text);
	assert_string_equal(figure_whole(0).s, "0");
	assert_string_equal(figure_whole(143.99).s, "143");
	assert_string_equal(figure_whole(99999.9).s, "99999");
	assert_string_equal(figure_whole(100000).s, "100.0k");
	assert_string_equal(figure_whole(4294967295).s, "4.3G");
	assert_string_equal(figure_bytes(0).s, "0.0 KiB");
	assert_string_equal(figure_bytes(1048575).s, "1.0 MiB");
	assert_string_equal(figure_bytes(47513600).s, "45.3 MiB");
	assert_string_equal(figure_span((struct span){59999}).s, "59s");
	assert_string_equal(figure_span((struct span){3599000}).s, "59m 59s");
	assert_string_equal(figure_span((struct span){86399000}).s, "23h 59m");
	assert_string_equal(figure_span((struct span){90000000}).s, "1d 1h");
	assert_string_equal(figure_span((struct span){-1}).s, "0s");
}

static void plural_depends_on_the_shown_figure(void **unused)
{
	(void)unused;
	assert_string_equal(figure_plural(0), "s");
	assert_string_equal(figure_plural(1), "");
	assert_string_equal(figure_plural(1.9), ""); /* figure_whole shows 1 */
	assert_string_equal(figure_plural(2), "s");
	assert_string_equal(figure_plural(1e12), "s");
	assert_string_equal(figure_word(1, "is", "are"), "is");
	assert_string_equal(figure_word(0, "is", "are"), "are");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_over_the_width_is_cut),
		cmocka_unit_test(glyph_is_one_column),
		cmocka_unit_test(blanks_at_the_end_are_not_written),
		cmocka_unit_test(row_over_the_height_is_not_written),
		cmocka_unit_test(cell_is_aligned_to_the_right),
		cmocka_unit_test(piece_that_does_not_fit_starts_a_new_row),
		cmocka_unit_test(wrapped_text_is_never_cut_off),
		cmocka_unit_test(page_without_a_buffer_counts_its_rows),
		cmocka_unit_test(figures_fit_into_their_cells),
		cmocka_unit_test(plural_depends_on_the_shown_figure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
