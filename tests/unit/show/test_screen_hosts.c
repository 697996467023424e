/* test_screen_hosts.c - the hosts that send counts, on the dashboard. */
#include "unit/golden_page.h"
#include "unit/screen_page.h"
#include "unit/given_hosts.h"

static void draw(size_t width, size_t height)
{
	struct screen_size size = {width, height, true, false, false};
	struct buf b;

	buf_init(&b, page, SCREEN_BYTES_MAX);
	screen_render(&sample, (struct instant){SAMPLE_SAVED_MS + 1000}, size, &b);
	assert_false(b.full);
	page[b.len] = '\0';
}

static void assert_on_page(const char *part)
{
	if (!strstr(page, part))
		fail_msg("\"%s\" is not in:\n%.3000s", part, page);
}

static void a_run_that_reads_a_log_has_no_hosts(void **unused)
{
	(void)unused;
	fill();
	draw(80, 40);
	assert_null(strstr(page, "host"));
	assert_null(strstr(page, "HOST"));
}

static void first_line_names_the_number_of_hosts_and_the_fault(void **unused)
{
	(void)unused;
	fill();
	given_hosts(&sample, 3, 1, 1);
	draw(120, 30);
	assert_on_page(" RUNNING  3 hosts, 1 SILENT  site ");
	assert_on_page(
		"\nhosts: web1: silent for 3m 20s; check anomcount, broker client and link (1 "
		"more has a fault)\n");
	given_hosts(&sample, 3, 0, 2);
	draw(120, 30);
	assert_on_page("  3 hosts, 2 WITH MISSING LINES  ");
	given_hosts(&sample, 1, 0, 0);
	draw(120, 30);
	assert_on_page(" RUNNING  1 host  site ");
	assert_null(strstr(page, "\nhosts: "));
	given_hosts(&sample, 0, 0, 0);
	draw(120, 30);
	assert_on_page(" RUNNING  no host yet  site ");
}

static void host_with_a_fault_has_its_own_row_and_other_hosts_share_rows(void **unused)
{
	(void)unused;
	fill();
	given_hosts(&sample, 7, 1, 1);
	draw(80, 45);
	assert_on_page("\nweb1         3m 21s     0.0       0.0   silent for 3m 20s\n");
	assert_on_page("\nweb2          1.2 s     1.5      90.8   2 lines missing\n");
	assert_on_page("\nweb3          1.2 s     1.5      90.8   web4          1.2 s     1.5      "
		       "90.8\nweb5 ");
	assert_on_page("\nweb7          1.2 s     1.5      90.8\n");
	assert_int_equal(count_of("clients/s"), 2);
	given_hosts(&sample, 1, 0, 0);
	draw(200, 45);
	assert_int_equal(count_of("clients/s"), 1);
}

/* At every size, each host is either drawn or counted. */
static void every_host_is_shown_or_counted(void **unused)
{
	static const uint32_t numbers[] = {1, 2, 3, 40, 300, 1000, 4096};

	(void)unused;
	fill();
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		for (size_t width = 60; width <= 200; width += 35) {
			for (size_t height = 14; height < 400; height += 29) {
				uint32_t n = numbers[i];
				given_hosts(&sample, n, n / 3, n / 5);
				draw(width, height);
				const char *list = strstr(page, "\nHOSTS ");
				if (!list)
					continue;
				unsigned more = 0;
				char *end = strstr(list, "\nTOP OF"), *dots;
				assert_non_null(end);
				*end = '\0';
				if ((dots = strstr(list, "\n... and ")))
					more = (unsigned)strtoul(dots + 9, NULL, 10);
				int shown = 0;
				for (const char *at = list; (at = strstr(at, "web")); at += 3)
					shown++;
				if (strchr(list + 1, '\n')) /* more than the heading */
					assert_int_equal(shown + more, n);
			}
		}
	}
}

static void a_long_name_is_cut_and_the_fault_is_not(void **unused)
{
	(void)unused;
	fill();
	given_hosts(&sample, 2, 1, 0);
	memset(sample.origins[0].origin, 'w', ORIGINS_NAME_MAX);
	draw(80, 45);
	assert_on_page("\nwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww   3m 21s     0.0       0.0   silent ");
	draw(30, 45);
	draw(1, 45);
}

static void golden_pages_of_a_root_are_drawn_byte_for_byte(void **unused)
{
	(void)unused;
	golden_state(&sample);
	snprintf(sample.host, sizeof sample.host, "root1");
	given_hosts(&sample, 40, 1, 2);
	draw(80, 22);
	golden_assert("screen-root-80x22.txt", page);
	draw(120, 45);
	golden_assert("screen-root-120x45.txt", page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_that_reads_a_log_has_no_hosts),
		cmocka_unit_test(first_line_names_the_number_of_hosts_and_the_fault),
		cmocka_unit_test(host_with_a_fault_has_its_own_row_and_other_hosts_share_rows),
		cmocka_unit_test(every_host_is_shown_or_counted),
		cmocka_unit_test(a_long_name_is_cut_and_the_fault_is_not),
		cmocka_unit_test(golden_pages_of_a_root_are_drawn_byte_for_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
