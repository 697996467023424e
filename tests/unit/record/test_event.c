/* test_event.c - the exact text of each kind of event, and the longest possible event. */
#include "core/record/event.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cjson/cJSON.h>
#include <cmocka.h>

#define AT_MS INT64_C(1795320960123) /* 2026-11-22T04:16:00.123Z */

static struct address address_of(const char *text)
{
	struct address a;

	assert_true(address_parse_prefix(text, strlen(text), &a));
	return a;
}

static struct event event_of(enum event_kind kind)
{
	return (struct event){.kind = kind, .time = {AT_MS}};
}

/* A verdict of both detection rules of the site. */
static struct verdict both_rules(void)
{
	return (struct verdict){.evidence_n = 2,
		.evidence = {{RULE_ZSCORE, 2.62, 2}, {RULE_MULTIPLIER, 4.92, 3}},
		.rate = 2.0166666,
		.mean = 0.41,
		.stddev = 0.62,
		.z = 2.59139,
		.source = BASELINE_RECENT,
		.limit = 120};
}

static size_t write(const struct event *e, char *text, size_t cap)
{
	struct buf b;

	buf_init(&b, text, cap);
	event_write(e, &b);
	assert_false(b.full);
	text[b.len] = '\0';
	return b.len;
}

/* Checks that the text is one line of JSON that begins with the three members of all events. */
static void check_line(const char *text, size_t len, const struct event *e)
{
	static const char *const first[] = {"event", "time", "mode"};
	cJSON *object = cJSON_ParseWithLength(text, len - 1);

	assert_true(len > 0 && len <= EVENT_BYTES_MAX);
	assert_true(text[len - 1] == '\n');
	for (size_t i = 0; i + 1 < len; i++)
		assert_true((unsigned char)text[i] >= ' ' && text[i] != 0x7f);
	assert_non_null(object);
	const cJSON *member = object->child;
	for (int i = 0; i < 3; i++, member = member->next)
		assert_string_equal(member->string, first[i]);
	assert_string_equal(object->child->valuestring, event_name(e->kind));
	cJSON_Delete(object);
}

static void check(const struct event *e, const char *want)
{
	char text[EVENT_BYTES_MAX + 1];
	size_t len = write(e, text, EVENT_BYTES_MAX);

	assert_string_equal(text, want);
	check_line(text, len, e);
}

#define HEAD(kind) "{\"event\":\"" kind "\",\"time\":\"2026-11-22T04:16:00.123Z\",\"mode\":\"live\""
#define HEAD_REPLAY(kind)                                                                          \
	"{\"event\":\"" kind "\",\"time\":\"2026-11-22T04:16:00.123Z\",\"mode\":\"replay\""
#define EVIDENCE                                                                                   \
	",\"evidence\":[{\"rule\":\"zscore\",\"value\":2.62,\"limit\":2,\"unit\":\"stddev\"},"     \
	"{\"rule\":\"multiplier\",\"value\":4.92,\"limit\":3,\"unit\":\"mean\"}]}\n"
#define VERDICT                                                                                    \
	"\"rules\":[\"zscore\",\"multiplier\"],\"requests\":121,\"errors\":3,\"window\":60,"       \
	"\"rate\":2.017,\"limit\":120,\"mean\":0.41,\"stddev\":0.62,\"z\":2.591,"                  \
	"\"source\":\"recent\""

#define SITE_FIGURES                                                                               \
	"\"window\":60,\"rate\":2.017,\"mean\":0.41,\"stddev\":0.62,\"z\":2.591,"                  \
	"\"source\":\"hour\","

#define BASELINE(source)                                                                           \
	",\"mean\":39.8,\"stddev\":6.1,\"error_mean\":0.4,\"error_stddev\":0.25,"                  \
	"\"source\":\"" source "\",\"limit\":120,\"error_limit\":20,\"visit_limit\":300,"          \
	"\"visit_error_limit\":30,\"visits\":5120"

static void start_names_version_and_bans_in_force(void **state)
{
	struct event e = event_of(EVENT_START);

	(void)state;
	e.version = "1.2.3";
	e.enforced = true;
	e.restored = 17;
	check(&e, HEAD("start") ",\"version\":\"1.2.3\",\"enforced\":true,\"bans\":17,"
				"\"ssh_peers\":[]}\n");
	e.replay = true;
	e.enforced = false;
	e.restored = 0;
	check(&e, HEAD_REPLAY("start") ",\"version\":\"1.2.3\",\"enforced\":false,\"bans\":0,"
				       "\"ssh_peers\":[]}\n");
}

static void start_names_the_ssh_peers_that_fit_and_counts_the_others(void **state)
{
	static const char *const longest[] = {
		"203.100.113.255", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff"};
	static const int at_least[] = {200, 80};
	struct address peers[256];
	struct event e = event_of(EVENT_START);
	char text[EVENT_BYTES_MAX + 1];

	(void)state;
	e.version = "1.2.3";
	e.ssh_peers = peers;
	for (int f = 0; f < 2; f++) {
		for (int i = 0; i < 256; i++)
			peers[i] = address_of(longest[f]);
		e.ssh_peers_n = 256;
		check_line(text, write(&e, text, EVENT_BYTES_MAX), &e);
		cJSON *object = cJSON_Parse(text);
		int named = cJSON_GetArraySize(cJSON_GetObjectItem(object, "ssh_peers"));
		const cJSON *more = cJSON_GetObjectItem(object, "ssh_peers_more");
		assert_in_range(named, at_least[f], 255);
		assert_non_null(more);
		assert_int_equal(more->valueint, 256 - named);
		cJSON_Delete(object);

		e.ssh_peers_n = (size_t)named;
		check_line(text, write(&e, text, EVENT_BYTES_MAX), &e);
		assert_non_null(strstr(text, "\"]}\n"));
	}
}

static void baseline_names_its_source_and_the_clients_limits(void **state)
{
	struct event e = event_of(EVENT_BASELINE);

	(void)state;
	e.baseline = (struct baseline){39.8, 6.1, 0.4, 0.25, BASELINE_HOUR, BASELINE_FLOOR, true};
	e.limit = 120.99;
	e.error_limit = 20;
	e.visit_limit = 300.5;
	e.visit_error_limit = 30;
	e.visits = 5120.7;
	check(&e, HEAD("baseline") BASELINE("hour") "}\n");
	e.reason = "new_level";
	e.baseline.source = BASELINE_FLOOR;
	check(&e, HEAD("baseline") BASELINE("floor") ",\"reason\":\"new_level\"}\n");
}

static void ban_contains_its_verdict_and_its_end(void **state)
{
	struct event e = event_of(EVENT_BAN);

	(void)state;
	e.client = address_of("198.51.100.7");
	e.verdict = both_rules();
	e.requests = 121;
	e.errors = 3;
	e.strike = 1;
	e.seconds = span_seconds(600);
	e.until = instant_add(e.time, e.seconds);
	e.enforced = true;
	check(&e, HEAD("ban") ",\"client\":\"198.51.100.7\"," VERDICT
			      ",\"tight\":[],\"strike\":1,\"seconds\":600,"
			      "\"until\":\"2026-11-22T04:26:00.123Z\",\"length\":\"schedule\","
			      "\"enforced\":true" EVIDENCE);
	e.client = address_of("2001:db8:1:2::/64");
	e.verdict.tight = TIGHT_ERROR_SURGE | TIGHT_SITE_SURGE;
	e.enforced = false;
	check(&e, HEAD("ban") ",\"client\":\"2001:db8:1:2::/64\"," VERDICT
			      ",\"tight\":[\"error_surge\",\"site_surge\"],\"strike\":1,"
			      "\"seconds\":600,\"until\":\"2026-11-22T04:26:00.123Z\","
			      "\"length\":\"schedule\",\"enforced\":false" EVIDENCE);
	e.verdict.parole = e.temporary = true; /* on parole, and with rates as the only reason */
	check(&e, HEAD("ban") ",\"client\":\"2001:db8:1:2::/64\"," VERDICT
			      ",\"tight\":[\"error_surge\",\"site_surge\"],\"parole\":true,"
			      "\"strike\":1,\"seconds\":600,\"until\":\"2026-11-22T04:26:00.123Z\","
			      "\"length\":\"rates_alone\",\"enforced\":false" EVIDENCE);
}

static void permanent_ban_has_no_end(void **state)
{
	struct event e = event_of(EVENT_BAN);

	(void)state;
	e.client = address_of("2001:db8::7");
	e.verdict = both_rules();
	e.verdict.tight = TIGHT_SITE_SURGE;
	e.requests = 121;
	e.errors = 3;
	e.strike = 4;
	e.seconds = SPAN_MAX;
	e.until = INSTANT_MAX;
	e.permanent = true;
	check(&e, HEAD("ban") ",\"client\":\"2001:db8::7\"," VERDICT
			      ",\"tight\":[\"site_surge\"],\"strike\":4,\"seconds\":null,"
			      "\"until\":null,\"length\":\"schedule\",\"enforced\":false" EVIDENCE);
}

static void unban_contains_its_reason(void **state)
{
	struct event e = event_of(EVENT_UNBAN);

	(void)state;
	e.client = address_of("198.51.100.7");
	e.reason = "expired";
	e.strike = 2;
	check(&e, HEAD("unban") ",\"client\":\"198.51.100.7\",\"reason\":\"expired\","
				"\"strike\":2}\n");
	e.client = address_of("2001:db8::/64");
	e.replay = true;
	check(&e, HEAD_REPLAY("unban") ",\"client\":\"2001:db8::/64\",\"reason\":\"expired\","
				       "\"strike\":2}\n");
}

static void alert_of_a_client_contains_the_reason_why_it_is_not_banned(void **state)
{
	struct event e = event_of(EVENT_ALERT);

	(void)state;
	e.scope = SCOPE_CLIENT;
	e.client = address_of("10.0.0.7");
	e.verdict = both_rules();
	e.requests = 121;
	e.errors = 3;
	e.hold = "allowed";
	check(&e, HEAD("alert") ",\"scope\":\"client\",\"client\":\"10.0.0.7\"," VERDICT
				",\"tight\":[],\"hold\":\"allowed\"" EVIDENCE);
	e.client = address_of("fd00:1:2:3::/64");
	e.hold = "learning";
	e.verdict.parole = true;
	check(&e, HEAD("alert") ",\"scope\":\"client\",\"client\":\"fd00:1:2:3::/64\"," VERDICT
				",\"tight\":[],\"parole\":true,\"hold\":\"learning\"" EVIDENCE);
}

static void alert_of_the_site_names_clients_and_networks(void **state)
{
	struct event e = event_of(EVENT_ALERT);

	(void)state;
	e.scope = SCOPE_SITE;
	e.signal = SIGNAL_ERRORS;
	e.verdict = both_rules();
	e.verdict.source = BASELINE_HOUR;
	e.clients = 2112;
	e.new_clients = 2040;
	e.top_n = 2;
	e.top[0] = (struct top_client){address_of("198.51.100.7"), 1204, 0};
	e.top[1] = (struct top_client){address_of("2001:db8::/64"), 90, 88};
	e.networks_n = 2;
	e.networks[0] = (struct top_network){address_of("198.51.100.0/24"), 1300, 700, 0.93049};
	e.networks[1] = (struct top_network){address_of("2001:db8::/48"), 90, 88, 0.0695};
	check(&e, HEAD("alert") ",\"scope\":\"site\",\"signal\":\"errors\","
				"\"rules\":[\"zscore\",\"multiplier\"]," SITE_FIGURES
				"\"clients\":2112,\"new_clients\":2040,\"top\":["
				"{\"client\":\"198.51.100.7\",\"requests\":1204,\"errors\":0},"
				"{\"client\":\"2001:db8::/64\",\"requests\":90,\"errors\":88}],"
				"\"networks\":[{\"network\":\"198.51.100.0/24\","
				"\"requests\":1300,\"errors\":700,\"share\":0.93},"
				"{\"network\":\"2001:db8::/48\","
				"\"requests\":90,\"errors\":88,\"share\":0.07}]" EVIDENCE);
	e.signal = SIGNAL_REQUESTS;
	e.top_n = e.networks_n = 0;
	e.verdict.evidence_n = 1;
	check(&e, HEAD("alert") ",\"scope\":\"site\",\"signal\":\"requests\","
				"\"rules\":[\"zscore\"]," SITE_FIGURES
				"\"clients\":2112,\"new_clients\":2040,\"top\":[],\"networks\":[],"
				"\"evidence\":[{\"rule\":\"zscore\",\"value\":2.62,\"limit\":2,"
				"\"unit\":\"stddev\"}]}\n");
}

static void recovered_contains_the_length_of_the_anomaly(void **state)
{
	struct event e = event_of(EVENT_RECOVERED);

	(void)state;
	e.signal = SIGNAL_REQUESTS;
	e.verdict = both_rules();
	e.seconds = span_seconds(95);
	check(&e, HEAD("recovered") ",\"scope\":\"site\",\"signal\":\"requests\",\"window\":60,"
				    "\"rate\":2.017,\"mean\":0.41,\"stddev\":0.62,\"z\":2.591,"
				    "\"source\":\"recent\",\"seconds\":95}\n");
}

static void error_may_lack_a_message(void **state)
{
	struct event e = event_of(EVENT_ERROR);

	(void)state;
	e.reason = "ban_failed";
	check(&e, HEAD("error") ",\"reason\":\"ban_failed\"}\n");
	e.message = "set 'x' is full";
	check(&e, HEAD("error") ",\"reason\":\"ban_failed\",\"message\":\"set 'x' is full\"}\n");
}

static void stop_contains_every_counter_in_order(void **state)
{
	struct event e = event_of(EVENT_STOP);
	struct counters c;
	char text[EVENT_BYTES_MAX + 1], name[64];
	uint64_t *fields = (uint64_t *)&c;
	uint64_t value = 0;

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof *fields; i++)
		fields[i] = 1000 + i;
	e.counters = &c;
	e.log_seconds = 86400;
	check_line(text, write(&e, text, EVENT_BYTES_MAX), &e);
	const char *at = text;
#define LOOK(field)                                                                                \
	snprintf(name, sizeof name, ",\"" #field "\":%d", (int)(1000 + value++));                  \
	at = strstr(at, name);                                                                     \
	assert_non_null(at);
	COUNTERS(LOOK)
#undef LOOK
	assert_int_equal(value, sizeof c / sizeof *fields);
	assert_string_equal(at + strlen(name), ",\"log_seconds\":86400}\n");
}

static void fill_tops(struct event *e)
{
	for (int i = 0; i < TOP_NETWORKS_MAX; i++)
		e->networks[i] = (struct top_network){e->client, UINT32_MAX, UINT32_MAX, 0.999};
	e->has_paths = true;
	e->paths_n = TOP_PATHS_MAX;
	for (int i = 0; i < TOP_PATHS_MAX; i++)
		e->paths[i] = (struct top_path){UINT64_MAX, REQUEST_PATH_SHOWN_MAX, ""};
	for (int i = 0; i < EVENT_TOP_MAX; i++)
		e->top[i] = (struct top_client){e->client, UINT32_MAX, UINT32_MAX};
}

static void longest_event_of_each_kind_fits(void **state)
{
	static char hostile[10000];
	struct counters c;
	char text[EVENT_BYTES_MAX + 1];

	(void)state;
	memset(&c, 0xff, sizeof c);
	memset(hostile, '\x01', sizeof hostile - 1); /* each byte needs six bytes when escaped */
	for (int scope = SCOPE_CLIENT; scope <= SCOPE_SITE; scope++) {
		for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
			struct event e = {.kind = (enum event_kind)kind,
				.time = INSTANT_MAX,
				.replay = true,
				.lost = UINT64_MAX,
				.scope = (enum event_scope)scope,
				.signal = SIGNAL_REQUESTS,
				.client = address_of("2001:db8:aaaa:bbbb:cccc:dddd:eeee:fffe/127"),
				.requests = UINT32_MAX,
				.errors = UINT32_MAX,
				.strike = UINT32_MAX,
				.seconds = SPAN_MAX,
				.until = INSTANT_MAX,
				.temporary = true,
				.reason = "new_level",
				.hold = "proxy_in_front",
				.message = hostile,
				.limit = 1e15,
				.error_limit = 1e15,
				.visit_limit = 1e15,
				.visit_error_limit = 1e15,
				.visits = 1e15,
				.new_clients = UINT32_MAX,
				.networks_n = TOP_NETWORKS_MAX,
				.clients = UINT32_MAX,
				.top_n = EVENT_TOP_MAX,
				.restored = UINT64_MAX,
				.version = hostile,
				.log_seconds = INT64_MAX,
				.counters = &c};
			e.baseline = (struct baseline){-999999999999999.111, -999999999999999.111,
				-999999999999999.111, -999999999999999.111, BASELINE_RECENT,
				BASELINE_RECENT, true};
			e.verdict =
				(struct verdict){.evidence_n = scope == SCOPE_SITE ? 2 : RULE_COUNT,
					.tight = TIGHT_ERROR_SURGE | TIGHT_SITE_SURGE,
					.rate = -999999999999999.111,
					.mean = -999999999999999.111,
					.stddev = -999999999999999.111,
					.z = -999999999999999.111,
					.source = BASELINE_RECENT,
					.limit = UINT32_MAX,
					.parole = true};
			for (int i = 0; i < RULE_COUNT; i++)
				e.verdict.evidence[i] = (struct evidence){
					(enum rule)i, -999999999999999.111, -999999999999999.111};
			fill_tops(&e);
			check_line(text, write(&e, text, EVENT_BYTES_MAX), &e);
		}
	}
}

static void hostile_message_is_escaped_and_cut(void **state)
{
	static const char evil[] = "\x1b[2J\n{\"event\":\"ban\"}\\ \xff\xc2\x9b\x7f \xe2\x98\x83";
	struct event e = event_of(EVENT_ERROR);
	static char endless[100000];
	char text[EVENT_BYTES_MAX + 1];

	(void)state;
	e.reason = "ban_failed";
	e.message = evil;
	size_t len = write(&e, text, EVENT_BYTES_MAX);
	check_line(text, len, &e);
	for (size_t i = 0; i + 1 < len; i++)
		assert_true((unsigned char)text[i] != 0x9b && (unsigned char)text[i] != 0xff);
	cJSON *object = cJSON_Parse(text);
	const char *back = cJSON_GetStringValue(cJSON_GetObjectItem(object, "message"));
	assert_non_null(back);
	assert_memory_equal(back, "\x1b[2J\n{\"event\":\"ban\"}\\ ", 22);
	assert_non_null(strstr(back, "\xe2\x98\x83"));
	cJSON_Delete(object);

	memset(endless, '"', sizeof endless - 1);
	e.message = endless;
	len = write(&e, text, EVENT_BYTES_MAX);
	check_line(text, len, &e);
	assert_true(len < 2000);
}

static void value_without_a_json_number_is_null(void **state)
{
	struct event e = event_of(EVENT_RECOVERED);

	(void)state;
	e.verdict =
		(struct verdict){.rate = NAN, .mean = INFINITY, .stddev = -INFINITY, .z = 1e300};
	check(&e, HEAD("recovered") ",\"scope\":\"site\",\"signal\":\"requests\",\"window\":60,"
				    "\"rate\":null,\"mean\":null,\"stddev\":null,\"z\":null,"
				    "\"source\":\"floor\",\"seconds\":0}\n");
}

static void too_small_storage_is_reported(void **state)
{
	struct event e = event_of(EVENT_UNBAN);
	char text[64];
	struct buf b;

	(void)state;
	e.client = address_of("198.51.100.7");
	e.reason = "expired";
	buf_init(&b, text, sizeof text);
	event_write(&e, &b);
	assert_true(b.full);
	assert_true(b.len <= sizeof text);
}

static void event_names_are_the_values_of_the_option_events(void **state)
{
	static const char *const names[] = {
		"start", "baseline", "alert", "recovered", "ban", "unban", "error", "stop"};

	(void)state;
	assert_int_equal(EVENT_KIND_COUNT, sizeof names / sizeof *names);
	for (int i = 0; i < EVENT_KIND_COUNT; i++)
		assert_string_equal(event_name((enum event_kind)i), names[i]);
	assert_string_equal(signal_name(SIGNAL_REQUESTS), "requests");
	assert_string_equal(signal_name(SIGNAL_ERRORS), "errors");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(start_names_version_and_bans_in_force),
		cmocka_unit_test(start_names_the_ssh_peers_that_fit_and_counts_the_others),
		cmocka_unit_test(baseline_names_its_source_and_the_clients_limits),
		cmocka_unit_test(ban_contains_its_verdict_and_its_end),
		cmocka_unit_test(permanent_ban_has_no_end),
		cmocka_unit_test(unban_contains_its_reason),
		cmocka_unit_test(alert_of_a_client_contains_the_reason_why_it_is_not_banned),
		cmocka_unit_test(alert_of_the_site_names_clients_and_networks),
		cmocka_unit_test(recovered_contains_the_length_of_the_anomaly),
		cmocka_unit_test(error_may_lack_a_message),
		cmocka_unit_test(stop_contains_every_counter_in_order),
		cmocka_unit_test(longest_event_of_each_kind_fits),
		cmocka_unit_test(hostile_message_is_escaped_and_cut),
		cmocka_unit_test(value_without_a_json_number_is_null),
		cmocka_unit_test(too_small_storage_is_reported),
		cmocka_unit_test(event_names_are_the_values_of_the_option_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
