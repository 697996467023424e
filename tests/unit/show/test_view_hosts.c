/* test_view_hosts.c - how anomstat reports the hosts that send counts: in the results for other
 * programs (--check, --json, --prometheus) and on the page for a browser (--html). */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "core/show/view.h"
#include "unit/sample_state.h"
#include "unit/given_hosts.h"

static struct state sample;
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

static void assert_says(const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in: %.1500s", part, text);
}

/* Fills the sample with a state that has no faults except those of hosts. */
static void fill(uint32_t n, uint32_t silent, uint32_t missing)
{
	sample_fill(&sample);
	memset(sample.trouble, 0, sizeof sample.trouble);
	sample.bans_not_enforced = 0;
	sample.no_effect.ms = 0;
	sample.abnormal[SIGNAL_REQUESTS] = false;
	given_hosts(&sample, n, silent, missing);
}

static void a_host_with_a_fault_is_a_warning_with_its_name_and_advice(void **unused)
{
	(void)unused;
	fill(3, 0, 0);
	assert_int_equal(check(saved), CHECK_OK);
	assert_says("OK - site normal, ");
	assert_says(" hosts=3;;;0 hosts_silent=0;;;0 ");
	fill(3, 1, 0);
	assert_int_equal(check(saved), CHECK_WARNING);
	assert_says("WARNING - web1: silent for 3m 20s; check anomcount, broker client and link; "
		    "site normal, ");
	assert_says(" hosts=3;;;0 hosts_silent=1;;;0 ");
	fill(9, 0, 2);
	assert_int_equal(check(saved), CHECK_WARNING);
	assert_says("WARNING - web1: 1 line missing; check the broker's queues and the link "
		    "(1 more has a fault); ");
	fill(3, 0, 0);
	sample.origins[0].troubles = 1u << ORIGIN_CLOCK;
	sample.origins[0].offset_s = -5.5;
	sample.origins_in[ORIGIN_CLOCK] = 1;
	assert_int_equal(check(saved), CHECK_WARNING);
	assert_says("WARNING - web1: clock 5.5 s behind; check its time daemon; ");
	sample.origins[0].offset_s = 2.5;
	check(saved);
	assert_says("WARNING - web1: clock 2.5 s ahead; ");
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

/* The worst fault decides the exit status. A silent host is named before a host with missing lines.
 */
static void worst_fault_is_reported_first(void **unused)
{
	(void)unused;
	fill(9, 3, 3);
	sample.origins[8] = sample.origins[0]; /* in another order */
	sample.origins[0] = sample.origins[5];
	sample.origins_in[ORIGIN_MISSING] = 4;
	assert_int_equal(check(saved), CHECK_WARNING);
	assert_says("WARNING - web2: silent for 3m 20s; ");
	assert_int_equal(check(later), CHECK_CRITICAL);
	assert_null(strstr(text, "web"));
	assert_null(strstr(text, "hosts"));
	sample.last_line.ms = 0; /* unknown is less severe than a warning */
	assert_int_equal(check(saved), CHECK_WARNING);
	given_hosts(&sample, 9, 0, 0);
	assert_int_equal(check(saved), CHECK_UNKNOWN);
	snprintf(sample.trouble, sizeof sample.trouble, "the rule is gone");
	given_hosts(&sample, 9, 1, 0);
	assert_int_equal(check(saved), CHECK_CRITICAL);
	assert_says("CRITICAL - bans not in force: the rule is gone; ");
	assert_says("; web1: silent");
}

static void a_host_unheard_in_this_run_is_silent_since_its_last_line(void **unused)
{
	(void)unused;
	fill(1, 1, 0);
	sample.origins[0].heard.ms = 0;
	sample.origins[0].lag_s = 7265;
	check(saved);
	assert_says("WARNING - web1: silent for 2h 1m; ");
}

static void json_contains_the_hosts(void **unused)
{
	(void)unused;
	fill(3, 1, 0);
	make(view_json, saved);
	assert_says("\"origins\":[{\"origin\":\"web1\",\"troubles\":[\"silent\"],\"since\":");
	assert_says("\"origins_why\":\"web1: silent for 3m 20s; ");
	assert_says("\"check\":\"WARNING\"");
	fill(3, 0, 0);
	make(view_json, saved);
	assert_says("\"origins_why\":\"\"");
	sample_without_origins(&sample);
	make(view_json, saved);
	assert_says("\"reads_counts\":false,\"origins_total\":0,");
	assert_says("\"origins\":[],");
}

static void metrics_contain_the_hosts(void **unused)
{
	(void)unused;
	fill(3, 1, 1);
	sample.origins[2].offset_s = -0.125;
	sample.origins[2].lost = 7;
	make(view_prometheus, saved);
	assert_says("\nanomdetect_origins 3\n");
	assert_says("\nanomdetect_origins_faulty{fault=\"silent\"} 1\n");
	assert_says("\nanomdetect_origins_faulty{fault=\"clock\"} 0\n");
	assert_says("\nanomdetect_origin_up{origin=\"web1\"} 0\n");
	assert_says("\nanomdetect_origin_up{origin=\"web2\"} 1\n");
	assert_says("\nanomdetect_origin_lag_seconds{origin=\"web1\"} 201.5\n");
	assert_says("\nanomdetect_origin_clock_offset_seconds{origin=\"web3\"} -0.125\n");
	assert_says("\nanomdetect_origin_lines_per_second{origin=\"web2\"} 1.5\n");
	assert_says("\nanomdetect_origin_clients_per_second{origin=\"web2\"} 90.75\n");
	assert_says("\nanomdetect_origin_missing{origin=\"web2\"} 2\n");
	assert_says("\n# TYPE anomdetect_origin_lost_total counter\n");
	assert_says("\nanomdetect_origin_lost_total{origin=\"web3\"} 7\n");
	sample_without_origins(&sample);
	make(view_prometheus, saved);
	assert_null(strstr(text, "anomdetect_origin_"));
}

static void hosts_are_on_the_page_for_a_browser(void **unused)
{
	(void)unused;
	fill(3, 1, 1);
	sample.origins[2].lost = 7;
	make(view_html, saved);
	assert_says("<span id=\"hosts\" class=\"bad\">3 hosts, 1 silent</span>");
	assert_says("<p id=\"hosts-why\" class=\"bad\">Hosts: web1: silent for 3m 20s; ");
	assert_says("<td class=\"h\"><code>web1</code><td class=\"n\" data-l=\"lag\">3m 21s"
		    "<td class=\"n\" data-l=\"lines/s\">0.0<td class=\"n\" data-l=\"clients/s\">0.0"
		    "<td><span class=\"bad\">silent for 3m 20s</span>\n");
	assert_says("<td><span class=\"warn\">2 lines missing</span>\n");
	assert_says("<span class=\"dim\">7 lines lost</span>\n");
	snprintf(sample.origins[0].origin, sizeof sample.origins[0].origin, "<script>'&\"");
	make(view_html, saved);
	assert_null(strstr(text, "<script>'"));
	fill(2, 0, 0);
	make(view_html, saved);
	assert_says("<span id=\"hosts\" class=\"good\">2 hosts</span>");
	assert_null(strstr(text, "hosts-why"));
	fill(0, 0, 0);
	make(view_html, saved);
	assert_says("<span id=\"hosts\" class=\"warn\">no host yet</span>");
	sample_without_origins(&sample);
	make(view_html, saved);
	assert_null(strstr(text, "id=\"hosts\""));
	assert_null(strstr(text, "id=\"origins\""));
}

/* No output exceeds its maximum length, even with the longest names. Each output has the number of
 * the hosts that it does not list. */
static void outputs_with_the_most_hosts_and_the_longest_names_fit(void **unused)
{
	(void)unused;
	fill(ORIGINS_MAX, ORIGINS_MAX, 0);
	for (int i = 0; i < STATE_ORIGINS_MAX; i++) {
		struct state_origin *o = &sample.origins[i];
		memset(o->origin, 'w', ORIGINS_NAME_MAX - 4);
		snprintf(o->origin + ORIGINS_NAME_MAX - 4, 5, "%04d", i);
		o->troubles = (1u << ORIGIN_TROUBLES) - 1;
		o->lag_s = o->lines_per_s = o->clients_per_s = 999999999999.999999;
		o->offset_s = -o->lag_s;
		o->missing = o->lost = ((uint64_t)1 << 53) - 1;
	}
	sample.bans_n = sample.bans_total = STATE_BANS_MAX;
	for (size_t i = 0; i < STATE_BANS_MAX; i++) {
		sample.bans[i] = sample.bans[1];
		sample.bans[i].rules = (1u << RULE_COUNT) - 1;
		memset(sample.bans[i].request.method, '"', REQUEST_METHOD_MAX);
		memset(sample.bans[i].request.path, '"', REQUEST_PATH_SHOWN_MAX);
	}
	make(view_html, saved);
	assert_says("... and 3096 more\n");
	make(view_json, saved);
	make(view_prometheus, saved);
	assert_int_equal(check(saved), CHECK_WARNING);
	assert_says("www0000: silent for 3m 20s; check anomcount, broker client and link "
		    "(4095 more have faults); ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_with_a_fault_is_a_warning_with_its_name_and_advice),
		cmocka_unit_test(worst_fault_is_reported_first),
		cmocka_unit_test(a_host_unheard_in_this_run_is_silent_since_its_last_line),
		cmocka_unit_test(json_contains_the_hosts),
		cmocka_unit_test(metrics_contain_the_hosts),
		cmocka_unit_test(hosts_are_on_the_page_for_a_browser),
		cmocka_unit_test(outputs_with_the_most_hosts_and_the_longest_names_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
