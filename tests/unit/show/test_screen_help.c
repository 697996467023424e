/* test_screen_help.c - the help page of anomstat: it fits, it is complete, and the manual contains
 * it.
 *
 * Run it in the root directory of the source tree.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/show/screen_help.h"

static char page[SCREEN_BYTES_MAX + 1], manual[1 << 20];

static struct screen_size size_of(size_t width, size_t height)
{
	return (struct screen_size){width, height, true, false, true};
}

static void render(struct screen_size size, size_t number)
{
	struct buf b;

	buf_init(&b, page, SCREEN_BYTES_MAX);
	screen_help_render(size, number, &b);
	assert_false(b.full);
	page[b.len] = '\0';
}

static void assert_in_bounds(size_t width, size_t height)
{
	size_t rows = 0, column = 0;

	for (const char *c = page; *c; c++) {
		column = *c == '\n' ? 0 : column + 1;
		rows += *c == '\n';
		if (column > width || rows > height)
			fail_msg("over %zux%zu:\n%s", width, height, page);
	}
	assert_int_equal(column, 0);
}

static void no_page_is_larger_than_the_terminal(void **unused)
{
	(void)unused;
	for (size_t width = 1; width < 410; width += width < 100 ? 1 : 13) {
		for (size_t height = 1; height < 80; height += 3) {
			size_t pages = screen_help_pages(size_of(width, height));
			for (size_t i = 1; i <= pages; i++) {
				render(size_of(width, height), i);
				assert_in_bounds(width, height);
			}
		}
	}
}

/* Finds the words of an explanation in order. An explanation may be split over rows of its
 * column. */
static const char *find_in_order(const char *from, const char *meaning)
{
	char word[100];

	while (*meaning) {
		size_t len = strcspn(meaning, " ");
		snprintf(word, sizeof word, "%.*s", (int)len, meaning);
		from = strstr(from, word);
		if (!from)
			return NULL;
		from += len;
		meaning += len + strspn(meaning + len, " ");
	}
	return from;
}

static void pages_explain_every_word(void **unused)
{
	static const struct {
		size_t width, height;
	} sizes[] = {{40, 10}, {60, 20}, {80, 24}, {98, 30}};
	static char all[1 << 16];

	(void)unused;
	for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
		struct screen_size size = size_of(sizes[k].width, sizes[k].height);
		size_t n, pages = screen_help_pages(size);
		const struct screen_help_word *words = screen_help_words(&n);
		const char *at = all;
		all[0] = '\0';
		for (size_t i = 1; i <= pages; i++) {
			render(size, i);
			strcat(all, page);
		}
		for (size_t i = 0; i < n; i++) {
			char start[40];
			snprintf(start, sizeof start, "\n%s ", words[i].word);
			at = strstr(at, start);
			if (!at)
				fail_msg("%zux%zu: '%s' is missing", size.width, size.height,
					words[i].word);
			at = find_in_order(at + strlen(start) - 1, words[i].meaning);
			if (!at)
				fail_msg("%zux%zu: the meaning of '%s' is missing", size.width,
					size.height, words[i].word);
		}
	}
}

static void most_needed_words_are_on_the_first_page(void **unused)
{
	static const char *const asked[] = {"\n?, q ", "\nnth ", "\nlim% ", "\nz ", "\ncold "};

	(void)unused;
	render(size_of(40, 10), 1);
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
		assert_non_null(strstr(page, asked[i]));
}

static void page_names_the_keys_for_next_and_back(void **unused)
{
	(void)unused;
	assert_int_equal(screen_help_pages(size_of(80, 24)), 4);
	render(size_of(80, 24), 1);
	assert_non_null(strstr(page, "anomstat: keys and words  1 of 4\n"));
	assert_non_null(strstr(page, "\n?: next page  any other key: back\n"));
	render(size_of(80, 24), 99);
	assert_non_null(strstr(page, "  4 of 4\n"));
	assert_non_null(strstr(page, "\nany key: back\n"));
	assert_int_equal(screen_help_pages(size_of(200, 50)), 1);
	render(size_of(200, 50), 1);
	assert_non_null(strstr(page, "keys and words\n"));
}

static void read_manual(void)
{
	FILE *f = fopen("man/anomstat.1", "r");

	assert_non_null(f);
	manual[fread(manual, 1, sizeof manual - 1, f)] = '\0';
	fclose(f);
}

/* mdoc treats a single ?, ! or . as punctuation, so the manual escapes a word that begins with
 * it. */
static void manual_explains_every_word(void **unused)
{
	size_t n;
	const struct screen_help_word *words = screen_help_words(&n);
	const char *at;
	char item[200];

	(void)unused;
	read_manual();
	at = strstr(manual, "\n.Ss Keys and words\n");
	assert_non_null(at);
	for (size_t i = 0; i < n; i++) {
		bool mark = strcspn(words[i].word, "?!.") == 0;
		snprintf(item, sizeof item, "\n.It %s%s\n%s\n", mark ? "\\&" : "", words[i].word,
			words[i].meaning);
		const char *next = strstr(at, item);
		if (!next)
			fail_msg("the manual lacks at this place: %s", item);
		at = next + strlen(item) - 1;
	}
	assert_int_equal(strncmp(at, "\n.El\n", 5), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_page_is_larger_than_the_terminal),
		cmocka_unit_test(pages_explain_every_word),
		cmocka_unit_test(most_needed_words_are_on_the_first_page),
		cmocka_unit_test(page_names_the_keys_for_next_and_back),
		cmocka_unit_test(manual_explains_every_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
