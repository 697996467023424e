/* test_view.c - the state for other programs: JSON, Prometheus metrics, lines for monitoring. Whole
 * outputs: tests/golden/view-*. `UPDATE=1 test_view`, in the root of the sources, rewrites them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>

#include "core/show/view.h"
#include "unit/golden_page.h"
#include "unit/plural.h"
#include "unit/sample_state.h"

static struct state sample, back;
static char text[VIEW_BYTES_MAX + 1];
static const struct instant saved = {SAMPLE_SAVED_MS}, later = {SAMPLE_SAVED_MS + 6001};

typedef void view(const struct state *s, struct instant now, struct buf *out);

static void make(view *form, struct instant now)
{
	struct buf b;

	buf_init(&b, text, sizeof text - 1);
	form(&sample, now, &b);
	assert_false(b.full);
	text[b.len] = '\0';
}

static enum status_check check(struct instant now)
{
	struct buf b;

	buf_init(&b, text, sizeof text - 1);
	enum status_check status = view_check(&sample, now, &b);
	text[b.len] = '\0';
	return status;
}

static void check_form(const struct state *s, struct instant now, struct buf *out)
{
	(void)view_check(s, now, out);
}

/* Fills the sample with a state without faults. */
static void fill(void)
{
	sample_fill(&sample);
	memset(sample.trouble, 0, sizeof sample.trouble);
	sample.bans_not_enforced = 0;
	sample.no_effect.ms = 0;
	sample.abnormal[SIGNAL_REQUESTS] = false;
	sample_without_origins(&sample);
}

static void assert_says(const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in: %.700s", part, text);
}

static const char *member(const char *name)
{
	static char value[200];
	cJSON *root = cJSON_Parse(text);
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, name);

	assert_non_null(item);
	char *printed = cJSON_PrintUnformatted(item);
	snprintf(value, sizeof value, "%s", printed);
	free(printed);
	cJSON_Delete(root);
	return value;
}

static void json_is_the_state_file_with_derived_members(void **unused)
{
	const char *why;

	(void)unused;
	fill();
	make(view_json, (struct instant){SAMPLE_SAVED_MS + 1500});
	assert_memory_equal(text, "{\"version\":1,", 13);
	assert_true(state_read(text, strlen(text), &back, &why));
	assert_memory_equal(&back, &sample, sizeof sample);
	assert_string_equal(member("status"), "\"running\"");
	assert_string_equal(member("age_s"), "1.5");
	assert_string_equal(member("check"), "\"OK\"");
	assert_string_equal(member("requests_per_s"), "412.5");
	assert_string_equal(member("errors_per_s"), "12.3");
	assert_string_equal(member("bans_status"), "\"in force\"");
	assert_string_equal(member("bans_why"), "\"\"");
	assert_says("\"lift\":\"anomban --ipv4-prefix 24 --unban 203.0.113.9\"}");
	assert_says("\"lift\":\"anomban --ipv4-prefix 24 --unban 2001:db8:bad::/64\"}");
	strcpy(sample.firewall, "none");
	make(view_json, saved);
	assert_says("\"lift\":null}");
	fill();
	snprintf(sample.trouble, sizeof sample.trouble, "the \"rule\" has gone");
	make(view_json, saved);
	assert_string_equal(member("bans_status"), "\"not in force\"");
	assert_string_equal(member("bans_why"), "\"the \\\"rule\\\" has gone\"");
}

static void every_form_reports_a_stale_state(void **unused)
{
	(void)unused;
	fill();
	make(view_json, later);
	assert_string_equal(member("status"), "\"stale\"");
	assert_string_equal(member("check"), "\"CRITICAL\"");
	make(view_prometheus, later);
	assert_says("\nanomdetect_up 0\n");
	assert_says("\nanomdetect_status{status=\"stale\"} 1\n");
	assert_int_equal(check(later), CHECK_CRITICAL);
	assert_string_equal(text, "CRITICAL - stale: the state is 6s old; "
				  "anomdetect has ended, hangs or cannot write | age=6.001s;;;0\n");
}

/* If the clock is set back, the last state of a detector that has ended is ahead of the clock.
 * Until the clock reaches it, the state must not count as fresh. */
static void state_ahead_of_the_clock_is_stale(void **unused)
{
	static const struct instant before = {SAMPLE_SAVED_MS - 6001};

	(void)unused;
	fill();
	make(view_json, before);
	assert_string_equal(member("status"), "\"stale\"");
	assert_string_equal(member("age_s"), "0");
	make(view_prometheus, before);
	assert_says("\nanomdetect_up 0\n");
	make(view_html, before);
	assert_says(", state 6s ahead of the clock, ");
	assert_int_equal(check(before), CHECK_CRITICAL);
	assert_says("CRITICAL - stale: the state is 6s ahead of the clock; ");
	assert_int_equal(check((struct instant){SAMPLE_SAVED_MS - 6000}), CHECK_OK);
}

static void check_reports_the_worst_fault(void **unused)
{
	(void)unused;
	fill();
	assert_int_equal(check(saved), CHECK_OK);
	assert_says(
		"OK - site normal, 412.5 requests/s, 12.3 errors/s, 3 bans in force | age=0s;;;0 "
		"requests=412.5;59.25;;0 errors=12.3;2.1875;;0 ");
	for (int k = 0; k < SIGNAL_COUNT; k++) {
		fill();
		sample.abnormal[k] = true;
		sample.abnormal_since[k].ms = SAMPLE_SAVED_MS - 60043;
		assert_int_equal(check(saved), CHECK_WARNING);
		assert_says("WARNING - site abnormal for 1m 0s, ");
	}
	snprintf(sample.trouble, sizeof sample.trouble, "the rule has gone");
	assert_int_equal(check(saved), CHECK_CRITICAL);
	assert_says("CRITICAL - bans not in force: the rule has gone; site abnormal for 1m 0s, ");
	fill();
	sample.bans_not_enforced = 7;
	assert_int_equal(check(saved), CHECK_CRITICAL);
	assert_says("CRITICAL - bans not in force: the kernel lacks 7 of the bans; site normal");
	snprintf(sample.firewall, sizeof sample.firewall, "none"); /* this run enforces nothing */
	assert_int_equal(check(saved), CHECK_OK);
	assert_says("3 bans not enforced | ");
	sample.running = false;
	assert_int_equal(check(later), CHECK_CRITICAL);
	assert_string_equal(text, "CRITICAL - anomdetect has stopped, 6s ago | age=6.001s;;;0\n");
}

/* A run is blind if it gets too few usable lines. The reasons, as each form shows them. */
static const struct {
	double silence_s, rejected, late, no_status;
	bool no_line;
	enum status_check check;
	const char *name, *badge, *why;
} blind_cases[] = {
	{9999, 0, 0, 0, true, CHECK_UNKNOWN, "no_line", "no request yet",
		"no request since the start, 4h 12m ago"},
	{900, 0, 0, 0, false, CHECK_WARNING, "silent", "no request for 15m 0s",
		"no request for 15m 0s (longest silence in 7 days: 8s)"},
	{0, 0.75, 0.2, 0.1, true, CHECK_WARNING, "rejected", "lines rejected",
		"75 % of the newest lines are not requests (see anomdetect --explain and "
		"--doctor)"},
	{9999, 0.3, 0.2, 0.1, false, CHECK_WARNING, "rejected", "lines rejected",
		"60 % of the newest lines are unusable: 30 % are not requests (see "
		"anomdetect --explain and --doctor)"},
	{9999, 0, 1, 0.5, false, CHECK_WARNING, "silent", "no request for 2h 46m",
		"no request for 2h 46m (longest silence in 7 days: 8s)"},
	{0, 0.1, 0.876, 0.5, false, CHECK_WARNING, "late", "lines late",
		"87 % of the newest lines arrived over a minute late and were not judged (see "
		"the event late_lines)"},
	{0, 0, 0.5, 0.51, false, CHECK_WARNING, "no_status", "no status",
		"51 % of the newest lines have no status, so errors are not counted (see the "
		"event no_status)"},
};

static void every_form_reports_blindness(void **unused)
{
	const struct instant second = {SAMPLE_SAVED_MS + 1000};
	char expected[300];

	(void)unused;
	for (size_t i = 0; i < sizeof blind_cases / sizeof *blind_cases; i++) {
		fill();
		sample.silence_s = blind_cases[i].silence_s;
		sample.rejected_share = blind_cases[i].rejected;
		sample.late_share = blind_cases[i].late;
		sample.no_status_share = blind_cases[i].no_status;
		sample.bad_share = fmin(1,
			blind_cases[i].rejected + blind_cases[i].late + blind_cases[i].no_status);
		if (blind_cases[i].no_line)
			sample.last_line.ms = 0;
		assert_int_equal(check(second), blind_cases[i].check);
		snprintf(expected, sizeof expected, "%s - %s; site normal, ",
			status_check_name(blind_cases[i].check), blind_cases[i].why);
		assert_says(expected);
		make(view_json, second);
		snprintf(expected, sizeof expected, "\"%s\"", blind_cases[i].name);
		assert_string_equal(member("blind"), expected);
		snprintf(expected, sizeof expected, "\"%s\"", blind_cases[i].why);
		assert_string_equal(member("blind_why"), expected);
		make(view_html, second);
		snprintf(expected, sizeof expected, "\">%s</span>", blind_cases[i].badge);
		assert_says(expected);
		assert_says(blind_cases[i].why);
		make(view_prometheus, second);
		for (int k = BLIND_NOT + 1; k < BLIND_COUNT; k++) {
			const char *name = status_blind_name((enum status_blind)k);
			snprintf(expected, sizeof expected,
				"\nanomdetect_blind{reason=\"%s\"} %d\n", name,
				strcmp(name, blind_cases[i].name) == 0);
			assert_says(expected);
		}
	}
}

static void every_form_shows_the_measured_input(void **unused)
{
	const struct instant second = {SAMPLE_SAVED_MS + 1000};

	(void)unused;
	fill();
	sample.silence_s = 899.999;
	sample.bad_share = sample.late_share = 0.5;
	assert_int_equal(check(second), CHECK_OK);
	assert_says(" lag=0.1875s;;;0 silence=899.999s;900;;0 bad_lines=50%;50;;0 ");
	make(view_json, second);
	assert_string_equal(member("blind"), "\"\"");
	assert_string_equal(member("blind_why"), "\"\"");
	make(view_html, second);
	assert_null(strstr(text, "id=\"blind"));
	make(view_prometheus, second);
	assert_says("\nanomdetect_silence_seconds 899.999\n");
	assert_says("\nanomdetect_silence_longest_seconds 8.5\n");
	assert_says("\nanomdetect_silence_limit_seconds 900\n");
	assert_says("\nanomdetect_bad_lines_share{flaw=\"late\"} 0.5\n");
	assert_says("\nanomdetect_blind{reason=\"silent\"} 0\n");
}

/* No blindness is shown for a run that hangs, has ended or is a replay, nor for a version that
 * measured no silences. --check prints a worse fault before the blindness. */
static void blindness_is_reported_only_while_a_live_run_writes_its_state(void **unused)
{
	(void)unused;
	fill();
	sample.silence_s = 5000;
	assert_int_equal(check(later), CHECK_CRITICAL); /* stale */
	assert_null(strstr(text, "no request"));
	make(view_json, later);
	assert_string_equal(member("blind"), "\"\"");
	sample.running = false;
	assert_int_equal(check(saved), CHECK_CRITICAL);
	assert_null(strstr(text, "no request"));
	fill();
	sample.silence_s = 5000;
	snprintf(sample.trouble, sizeof sample.trouble, "the rule has gone");
	assert_int_equal(check(saved), CHECK_CRITICAL);
	assert_says("bans not in force: the rule has gone; no request for 1h 23m (");
	fill();
	sample.last_line.ms = 0;
	sample.silence_limit_s = 0; /* written by an older program */
	assert_int_equal(check(saved), CHECK_OK);
	assert_null(strstr(text, "silence="));
	fill();
	sample.silence_s = 899; /* a request may have come after the state was written */
	sample.interval_s = 3600;
	assert_int_equal(check((struct instant){SAMPLE_SAVED_MS + 3600000}), CHECK_OK);
	fill();
	sample.silence_s = 5000;
	sample.bad_share = sample.late_share = 1;
	sample.replay = true;
	assert_int_equal(check(saved), CHECK_OK);
}

static void check_is_one_line(void **unused)
{
	struct buf b;

	(void)unused;
	sample_fill(&sample);
	snprintf(sample.trouble, sizeof sample.trouble, "a | age=0s");
	check(saved);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	assert_says("CRITICAL - bans not in force: a ? age=0s; ");
	buf_init(&b, text, sizeof text - 1);
	view_check_unknown("a\n|\033\xff", &b);
	text[b.len] = '\0';
	assert_string_equal(text, "UNKNOWN - a????\n");
}

static void each_counter_has_its_metric(void **unused)
{
	char line[128];

	(void)unused;
	fill();
	make(view_prometheus, saved);
#define REJECTED(name)                                                                             \
	snprintf(line, sizeof line, "\nanomdetect_rejected_total{reason=\"" #name "\"} %llu\n",    \
		(unsigned long long)sample.counters.name);                                         \
	assert_says(line);
	COUNTERS_REJECTED(REJECTED)
#undef REJECTED
	snprintf(line, sizeof line,
		"\n# TYPE anomdetect_late_total counter\nanomdetect_late_total %llu\n",
		(unsigned long long)sample.counters.late);
	assert_says(line);
	assert_says("\nanomdetect_held_total{hold=\"mass_ban\"} 73\n");
	assert_says("\nanomdetect_site_alarm{signal=\"errors\"} 2.1875\n");
	assert_null(strstr(text, "anomdetect_not_json_total"));
	assert_null(strstr(text, "null"));
}

static void largest_figures_are_printed_in_full(void **unused)
{
	(void)unused;
	fill();
	sample.counters.lines = ((uint64_t)1 << 53) - 1;
	make(view_prometheus, saved);
	assert_says("\nanomdetect_lines_total 9007199254740991\n");
	(void)check(saved);
	assert_says(" lines=9007199254740991c;");
}

static void page_for_browsers_is_complete_and_escaped(void **unused)
{
	(void)unused;
	fill();
	snprintf(sample.host, sizeof sample.host, "<b>&\"'");
	make(view_html, saved);
	assert_says("<title>running, OK - anomdetect on &lt;b&gt;&amp;&quot;&#39;</title>");
	assert_null(strstr(text, "<b>"));
	assert_string_equal(text + strlen(text) - 15, "</body></html>\n");
	make(view_html, later);
	assert_says("<title>stale, CRITICAL - ");
	assert_says("class=\"bad\">stale</span>");
	sample.bans_total = STATE_BANS_MAX + 7;
	sample.bans_n = STATE_BANS_MAX;
	for (size_t i = 3; i < STATE_BANS_MAX; i++)
		sample.bans[i] = sample.bans[2];
	make(view_html, saved);
	assert_says("... and 7 more\n");
}

/* 1000 bans with paths of characters that need the most bytes in HTML. */
static void largest_pages_fit(void **unused)
{
	(void)unused;
	fill();
	sample.bans_n = sample.bans_total = STATE_BANS_MAX;
	for (size_t i = 0; i < STATE_BANS_MAX; i++) {
		sample.bans[i] = sample.bans[1];
		sample.bans[i].rules = (1u << RULE_COUNT) - 1;
		memset(sample.bans[i].request.method, '"', REQUEST_METHOD_MAX);
		memset(sample.bans[i].request.path, '"', REQUEST_PATH_SHOWN_MAX);
	}
	make(view_html, saved);
	make(view_json, saved);
}

static void requests_are_escaped(void **unused)
{
	(void)unused;
	fill();
	sample.bans[0].request = sample.events[1].request =
		sample_request("G<i>", "/<script>alert(1)</script>\"'&\\", 400);
	make(view_html, saved);
	assert_says("<td class=\"r\"><code>G&lt;i&gt; /&lt;script&gt;alert(1)&lt;/script&gt;"
		    "&quot;&#39;&amp;\\ 400</code>\n");
	assert_null(strstr(text, "<script>alert"));
	assert_null(strstr(text, "<i>"));
	make(view_json, saved);
	assert_says("\"request\":{\"method\":\"G<i>\",\"path\":"
		    "\"/<script>alert(1)</script>\\\"'&\\\\\",\"status\":400}");
	assert_says("\"request\":null");
	make(view_prometheus, saved); /* otherwise any client could create a metric series */
	assert_null(strstr(text, "script"));
}

static void numbers_of_known_paths_and_slow_clients_are_shown(void **unused)
{
	(void)unused;
	fill();
	make(view_prometheus, saved);
	assert_says("\nanomdetect_known_paths 4711\n");
	assert_says("\nanomdetect_slow_clients 312\n");
	assert_says("\n# TYPE anomdetect_slow_evicted_total counter\n");
	make(view_html, saved);
	assert_says("<span id=\"paths\">4711</span>");
	assert_says("<span id=\"slow_clients\">312</span>");
	make(view_json, saved);
	assert_string_equal(member("paths"), "4711");
	assert_string_equal(member("slow_clients"), "312");
}

static void labels_are_escaped(void **unused)
{
	(void)unused;
	fill();
	snprintf(sample.host, sizeof sample.host, "a\"b\\c");
	make(view_prometheus, saved);
	assert_says(",host=\"a\\\"b\\\\c\",");
}

static void number_one_has_a_singular_noun(void **unused)
{
	(void)unused;
	sample_fill(&sample);
	plural_make_one(&sample);
	make(view_html, saved);
	assert_says("</span> ban not in force");
	plural_assert_none(text);
	make(check_form, saved);
	assert_says(", 1 ban not in force |");
	plural_assert_none(text);
}

static void page_of_an_empty_state_is_clean(void **unused)
{
	(void)unused;
	fill();
	sample.bans_n = sample.top_n = sample.events_n = sample.history_n = 0;
	sample.bans_total = 0;
	sample.now.ms = 0;
	sample.baseline.ready = false;
	sample.set_name[0] = '\0';
	memset(&sample.counters, 0, sizeof sample.counters);
	make(view_html, saved);
	assert_null(strstr(text, " ,"));
	assert_says("<span id=\"site\" class=\"warn\">no line yet</span>");
	assert_says("<td class=\"dim\" colspan=\"5\">nobody\n");
	assert_says("<td class=\"dim\" colspan=\"4\">no request in 60 s\n");
	assert_says("<td class=\"dim\" colspan=\"4\">none yet\n");
	assert_says("Counted since the start: nothing.</p>");
	assert_says("<rect class=\"area\"");
	assert_null(strstr(text, "<rect class=\"now\"")); /* no area is current */
}

static void outputs_equal_the_golden_files(void **unused)
{
	const struct instant now = {SAMPLE_SAVED_MS + 1000};

	(void)unused;
	golden_state(&sample);
	make(view_prometheus, now);
	golden_assert("view-prometheus.txt", text);
	make(view_html, now);
	golden_assert("view-html.html", text);
	make(check_form, now);
	golden_assert("view-check.txt", text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_the_state_file_with_derived_members),
		cmocka_unit_test(every_form_reports_a_stale_state),
		cmocka_unit_test(state_ahead_of_the_clock_is_stale),
		cmocka_unit_test(check_reports_the_worst_fault),
		cmocka_unit_test(every_form_reports_blindness),
		cmocka_unit_test(every_form_shows_the_measured_input),
		cmocka_unit_test(blindness_is_reported_only_while_a_live_run_writes_its_state),
		cmocka_unit_test(check_is_one_line),
		cmocka_unit_test(each_counter_has_its_metric),
		cmocka_unit_test(largest_pages_fit),
		cmocka_unit_test(requests_are_escaped),
		cmocka_unit_test(numbers_of_known_paths_and_slow_clients_are_shown),
		cmocka_unit_test(labels_are_escaped),
		cmocka_unit_test(largest_figures_are_printed_in_full),
		cmocka_unit_test(page_for_browsers_is_complete_and_escaped),
		cmocka_unit_test(number_one_has_a_singular_noun),
		cmocka_unit_test(page_of_an_empty_state_is_clean),
		cmocka_unit_test(outputs_equal_the_golden_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
