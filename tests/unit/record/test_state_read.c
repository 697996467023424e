/* test_state_read.c - state_read accepts the files that state_write of this release, an older or
 * the next release can have written, and refuses all other files. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <cjson/cJSON.h>
#include <stdlib.h>

#include "unit/given_state.h"

/* Whether the tree, in its present form, is refused with a text that begins with 'name'. */
static bool is_refused_by_name(const cJSON *root, const char *name)
{
	char *printed = cJSON_PrintUnformatted(root);

	snprintf(text, sizeof text, "%s\n", printed);
	free(printed);
	return !read_text(text, strlen(text)) && why[0] == '\'' &&
	       strncmp(why + 1, name, strlen(name)) == 0;
}

/* Members that a file of an older program may lack. */
static bool is_later(const char *name)
{
	static const char *const later[] = {"host", "trouble", "last_line", "lag_s", "alarm",
		"error_alarm", "failing", "pages_failing", "error_share", "learning_s",
		"held_allowed", "held_learning", "held_mass_ban", "held_proxy_in_front",
		"no_effect", "bans_not_enforced", "held", "events", "paths", "temporary",
		"slow_clients", "request", "silence_s", "silence_longest_s", "silence_limit_s",
		"bad_share", "rejected_share", "late_share", "no_status_share", "origins",
		"reads_counts", "origins_total", "origins_missing", "origins_silent",
		"origins_clock", "origins_duplicate", "evidence", "ipv4_prefix", "ipv6_prefix"};

	for (size_t i = 0; i < sizeof later / sizeof later[0]; i++)
		if (strcmp(name, later[i]) == 0)
			return true;
	return false;
}

/* Tries every member of `object` with values that no member can have, and without the member. */
static void assert_members_are_checked(cJSON *root, cJSON *object, bool optional)
{
	static const char *const bad[] = {"1e400", "-1e13", "\"\\u001b[2J\""};
	int n = cJSON_GetArraySize(object);

	for (int i = 0; i < n; i++) {
		cJSON *item = cJSON_DetachItemFromArray(object, 0);
		for (size_t j = 0; j < sizeof bad / sizeof bad[0]; j++) {
			cJSON_AddItemToObject(object, item->string, cJSON_CreateRaw(bad[j]));
			if (!is_refused_by_name(root, item->string))
				fail_msg("%s as %s: %s", item->string, bad[j],
					why ? why : "accepted");
			cJSON_DeleteItemFromObjectCaseSensitive(object, item->string);
		}
		if (is_refused_by_name(root, item->string) == (optional || is_later(item->string)))
			fail_msg("%s absent: %s", item->string, why ? why : "accepted");
		cJSON_AddItemToArray(object, item);
	}
}

static cJSON *first_of(cJSON *root, const char *list)
{
	return cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(root, list), 0);
}

static void member_of_another_kind_is_refused_by_name(void **unused)
{
	(void)unused;
	sample_fill(&sample);
	size_t len = write_text(&sample);
	cJSON *root = cJSON_ParseWithLength(text, len);
	assert_non_null(root);
	assert_members_are_checked(root, root, false);
	assert_members_are_checked(root, first_of(root, "top"), false);
	assert_members_are_checked(root, first_of(root, "bans"), false);
	assert_members_are_checked(root, first_of(root, "hours"), false);
	assert_members_are_checked(root, first_of(root, "events"), false);
	assert_members_are_checked(root, first_of(root, "origins"), false);
	assert_members_are_checked(root, cJSON_GetObjectItemCaseSensitive(root, "counters"), true);
	cJSON_Delete(root);
}

static void number_outside_its_range_is_refused(void **unused)
{
#define REFUSED(name) "'" name "' is missing or out of range"
	static const char *const pid[] = {
		"4294967296", "-1", "1.5", "1e400", "-1e400", "true", "null", "\"812\"", "[812]"};
	(void)unused;
	for (size_t i = 0; i < sizeof pid / sizeof pid[0]; i++) {
		char to[64];
		snprintf(to, sizeof to, "\"pid\":%s", pid[i]);
		assert_refused("\"pid\":812", to, REFUSED("pid"));
	}
	assert_accepted("\"pid\":812", "\"pid\":4294967295");
	assert_int_equal(back.pid, UINT32_MAX);
	assert_refused("\"memory_bytes\":47513600", "\"memory_bytes\":9007199254740992",
		REFUSED("memory_bytes"));
	assert_refused("\"cpu_percent\":1.25", "\"cpu_percent\":1000000.1", REFUSED("cpu_percent"));
	assert_refused("\"cpu_percent\":1.25", "\"cpu_percent\":-0.1", REFUSED("cpu_percent"));
	assert_refused("\"interval_s\":3", "\"interval_s\":0.05", REFUSED("interval_s"));
	assert_refused("\"interval_s\":3", "\"interval_s\":86401", REFUSED("interval_s"));
	assert_refused("\"error_z\":-0.5", "\"error_z\":-1.1e12", REFUSED("error_z"));
	assert_refused("\"mean\":39.75", "\"mean\":-1", REFUSED("mean"));
	assert_refused("\"limit\":1200.5", "\"limit\":-0.5", REFUSED("limit"));
	assert_refused("\"mark\":38.375", "\"mark\":1.1e12", REFUSED("mark"));
	assert_refused("\"visits\":5120.875", "\"visits\":\"5120\"", REFUSED("visits"));
	assert_refused("\"limits_known\":true", "\"limits_known\":1", REFUSED("limits_known"));
	assert_refused("\"lines\":1001", "\"lines\":-1", REFUSED("lines"));
	assert_refused("\"requests\":1204", "\"requests\":4294967296", REFUSED("requests"));
	assert_refused("\"strike\":2", "\"strike\":4294967296", REFUSED("strike"));
	assert_refused("\"seconds\":3600", "\"seconds\":0.5", REFUSED("seconds"));
	assert_refused("\"step\":10", "\"step\":11", REFUSED("history"));
	assert_refused("\"requests\":[360,", "\"requests\":[-360,", REFUSED("history"));
	assert_refused("\"pid\":812", "\"pid\":NaN", "it is not JSON");
}

/* A file of an older program lacks this member. The clients in this file were most likely judged
 * with the default. */
static void error_share_is_the_default_when_it_is_absent(void **unused)
{
	(void)unused;
	assert_accepted("\"error_share\":0.25,", "\"error_share\":0.5,");
	assert_true(back.error_share == 0.5);
	assert_accepted("\"error_share\":0.25,", "");
	assert_true(back.error_share == 0.25);
	assert_refused("\"error_share\":0.25", "\"error_share\":1.01", REFUSED("error_share"));
	assert_refused("\"error_share\":0.25", "\"error_share\":-0.1", REFUSED("error_share"));
}

static void ban_of_an_older_program_is_not_temporary(void **unused)
{
	(void)unused;
	assert_accepted("\"temporary\":true", "\"temporary\":true");
	assert_true(back.bans[2].temporary && !back.bans[1].temporary);
	assert_accepted(",\"temporary\":true", "");
	assert_int_equal(back.bans_n, 3);
	assert_false(back.bans[2].temporary);
	assert_refused("\"temporary\":true", "\"temporary\":1", REFUSED("temporary"));
	assert_refused("\"temporary\":true", "\"temporary\":null", REFUSED("temporary"));
}

static void state_of_a_program_that_knows_no_hosts_is_read(void **unused)
{
	sample_fill(&sample);
	size_t len = write_text(&sample);
	cJSON *root = cJSON_ParseWithLength(text, len);
	static const char *const names[] = {"reads_counts", "origins_total", "origins_missing",
		"origins_silent", "origins_clock", "origins_duplicate", "origins"};

	(void)unused;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		cJSON_DeleteItemFromObjectCaseSensitive(root, names[i]);
	char *printed = cJSON_PrintUnformatted(root);
	snprintf(text, sizeof text, "%s\n", printed);
	assert_true(read_text(text, strlen(text)));
	assert_false(back.reads_counts);
	assert_int_equal(back.origins_n, 0);
	assert_int_equal(back.bans_n, 3);
	free(printed);
	cJSON_Delete(root);
}

static void troubles_of_a_newer_program_are_left_out(void **unused)
{
	static const char from[] = "\"troubles\":[\"missing\",\"silent\"]";

	(void)unused;
	assert_accepted(from, "\"troubles\":[\"asleep\",\"clock\"]");
	assert_int_equal(back.origins[0].troubles, 1u << ORIGIN_CLOCK);
	assert_refused(from, "\"troubles\":[1]", REFUSED("troubles"));
	assert_refused(from, "\"troubles\":\"silent\"", REFUSED("troubles"));
	assert_refused("\"missing\":3", "\"missing\":-1", REFUSED("missing"));
	assert_refused("\"lag_s\":200.5", "\"lag_s\":-1", REFUSED("lag_s"));
	assert_refused("\"origins_silent\":1", "\"origins_silent\":1.5", REFUSED("origins_silent"));
	assert_refused("\"origins\":[", "\"origins\":[[],", REFUSED("origin"));
}

static void invalid_evidence_is_refused(void **unused)
{
	static const char from[] = "{\"rule\":\"requests\",\"value\":1201,\"limit\":1200,"
				   "\"unit\":\"requests/60s\"}";
	static const char *const bad[] = {"[]", "\"requests\"", "{}", "1",
		"{\"rule\":\"requests\"}", "{\"rule\":1,\"value\":1,\"limit\":1}",
		"{\"rule\":\"requests\",\"value\":-1,\"limit\":1}",
		"{\"rule\":\"requests\",\"value\":1,\"limit\":1e13}",
		"{\"rule\":\"requests\",\"value\":\"1\",\"limit\":1}"};

	(void)unused;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_refused(from, bad[i], REFUSED("evidence"));
	assert_accepted(from, from);
	assert_true(back.bans[2].evidence.rule == RULE_REQUESTS &&
		    back.bans[2].evidence.value == 1201 && back.bans[2].evidence.limit == 1200);
	assert_true(back.bans[0].evidence.value == 331.125 && back.bans[1].evidence.value == 0);
	/* a rule of a newer program */
	assert_accepted(from, "{\"rule\":\"dreams\",\"value\":1,\"limit\":1,\"later\":[]}");
	assert_true(back.bans[2].evidence.value == 0);
	assert_accepted(from, "null");
}

/* Method and path are text from a client. A reader must not trust that the writer of a state file
 * made them printable. */
static void invalid_request_is_refused(void **unused)
{
	static const char from[] =
		"{\"method\":\"POST\",\"path\":\"/wp-login.php\",\"status\":599}";
	static const char *const bad[] = {"[]", "\"POST / 200\"", "{}", "true",
		"{\"method\":\"POST\",\"path\":\"/\"}", "{\"method\":\"POST\",\"status\":200}",
		"{\"path\":\"/\",\"status\":200}",
		"{\"method\":\"POST\",\"path\":\"/\",\"status\":600}",
		"{\"method\":\"POST\",\"path\":\"/\",\"status\":\"200\"}",
		"{\"method\":\"POST\",\"path\":[\"/\"],\"status\":200}",
		"{\"method\":\"POST\",\"path\":\"/\\u001b[2J\",\"status\":200}",
		"{\"method\":\"POST\",\"path\":\"/\\n\",\"status\":200}",
		"{\"method\":\"POST\",\"path\":\"/\u202e\",\"status\":200}",
		"{\"method\":\"P\\u007f\",\"path\":\"/\",\"status\":200}"};

	(void)unused;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_refused(from, bad[i], REFUSED("request"));
	assert_accepted(from, "{\"method\":\"\",\"path\":\"\",\"status\":0,\"later\":{}}");
	assert_false(request_text_is_known(&back.events[1].request));
	assert_accepted(from, "null");
	assert_false(request_text_is_known(&back.events[1].request));
	assert_string_equal(back.bans[0].request.path, "/shop?<b>\"'&\\");
	char to[400];
	snprintf(to, sizeof to, "{\"method\":\"POST\",\"path\":\"%0300d\",\"status\":200}", 0);
	assert_accepted(from, to); /* a newer program may store longer paths */
	assert_int_equal(strlen(back.events[1].request.path), REQUEST_PATH_SHOWN_MAX);
}

static void time_of_another_form_is_refused(void **unused)
{
	static const char *const bad[] = {"2026-11-22T04:16:00.343", "2026-11-22T04:16:00Z",
		"2026-11-22 04:16:00.343Z", "2026-11-22t04:16:00.343z", "2026-11-22T05:16:00.3+01",
		"2026-13-22T04:16:00.343Z", "2026-11-22T04:16:60.343Z", "1969-12-31T23:59:59.999Z",
		"1795320960.343", "2026-11-22T04:16:00.343ZZ"};
	char to[64];

	(void)unused;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(to, sizeof to, "\"saved\":\"%s\"", bad[i]);
		assert_refused("\"saved\":\"2026-11-22T04:16:00.343Z\"", to, REFUSED("saved"));
	}
	assert_refused(
		"\"saved\":\"2026-11-22T04:16:00.343Z\"", "\"saved\":1795320960", REFUSED("saved"));
	assert_refused(
		"\"saved\":\"2026-11-22T04:16:00.343Z\"", "\"saved\":null", REFUSED("saved"));
}

static void invalid_address_is_refused(void **unused)
{
	static const char *const bad[] = {"198.51.100.256", "198.51.100.7/33", "2001:db8::/129",
		"example.org", "198.51.100.7 ", "", "198.51.100.7:80", "\\u001b[31m"};
	char to[64];

	(void)unused;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(to, sizeof to, "\"client\":\"%s\"", bad[i]);
		assert_refused("\"client\":\"198.51.100.7\"", to, REFUSED("client"));
	}
	assert_accepted("\"client\":\"198.51.100.7\"", "\"client\":\"2001:db8::/32\"");
}

static void text_that_is_not_printable_is_refused(void **unused)
{
	static const char *const bad[] = {"\\u001b[2J", "a\\nb", "\\u007f", "\\u009b1m", "\xc3\xa4",
		"\xff\xfe", "\\ud83d\\ude00", "\x1b[2J"};
	char to[64];

	(void)unused;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(to, sizeof to, "\"set_name\":\"%s\"", bad[i]);
		assert_refused("\"set_name\":\"anomdetect\"", to, REFUSED("set_name"));
	}
	assert_refused("\"source\":\"hour\"", "\"source\":\"Hour\"", REFUSED("source"));
	assert_refused("\"mode\":\"live\"", "\"mode\":\"dead\"", REFUSED("mode"));
}

static void long_text_is_cut(void **unused)
{
	char to[20100];

	(void)unused;
	memset(to, 'x', sizeof to);
	memcpy(to, "\"firewall\":\"", 12);
	memcpy(to + sizeof to - 2, "\"", 2);
	assert_accepted("\"firewall\":\"ipset\"", to);
	assert_int_equal(strlen(back.firewall), sizeof back.firewall - 1);
	/* cJSON ends a string at \u0000 */
	assert_accepted("\"firewall\":\"ipset\"", "\"firewall\":\"ip\\u0000\\u001b[2J\"");
	assert_string_equal(back.firewall, "ip");
}

static void file_cut_off_anywhere_is_refused(void **unused)
{
	(void)unused;
	sample_fill(&sample);
	size_t len = write_text(&sample);
	for (size_t i = 0; i < len; i++) {
		if (read_text(text, i))
			fail_msg("the first %zu of %zu bytes were accepted", i, len);
		char kept = text[i];
		text[i] = '\n';
		if (i + 1 < len && read_text(text, i + 1))
			fail_msg("the first %zu bytes and a newline were accepted", i);
		text[i] = kept;
	}
	assert_true(read_text(text, len));
}

static void damaged_byte_never_crashes(void **unused)
{
	static const char damage[] = {'\0', '"', '\\', '{', '[', ',', '9', '-', '\xff', '\n'};

	(void)unused;
	sample_fill(&sample);
	sample.history_n = 3;
	size_t len = write_text(&sample);
	for (size_t i = 0; i < len; i++) {
		char kept = text[i];
		text[i] = damage[i % sizeof damage];
		(void)read_text(text, len);
		text[i] = kept;
	}
}

static void bytes_after_the_object_are_refused(void **unused)
{
	(void)unused;
	assert_refused("}}\n", "}}\n ", "it is cut off");
	assert_refused("}}\n", "}}\n\n", "it is not JSON");
	assert_refused("}}\n", "}}x\n", "it is not JSON");
	assert_refused("}}\n", "}}{}\n", "it is not JSON");
	assert_false(read_text("\n", 1));
	assert_false(read_text("[]\n", 3));
	assert_false(read_text("null\n", 5));
	assert_false(read_text("", 0));
}

static void other_version_is_refused(void **unused)
{
	(void)unused;
	assert_refused("\"version\":1", "\"version\":2", "its version is not known");
	assert_refused("\"version\":1", "\"version\":\"1\"", REFUSED("version"));
	assert_refused("\"version\":1,", "", REFUSED("version"));
}

static void first_of_equal_names_wins_and_case_matters(void **unused)
{
	(void)unused;
	assert_accepted("\"pid\":812", "\"pid\":7,\"pid\":8");
	assert_int_equal(back.pid, 7);
	assert_accepted("\"pid\":812", "\"PID\":7,\"pid\":8");
	assert_int_equal(back.pid, 8);
	assert_refused("\"pid\":812", "\"Pid\":812", REFUSED("pid"));
}

static void file_of_the_next_release_is_read(void **unused)
{
	(void)unused;
	assert_accepted("\"pid\":812", "\"pid\":812,\"later\":{\"a\":[1,2,{}]}");
	assert_accepted(
		"\"rules\":[\"visit_requests\"]", "\"rules\":[\"later\",\"visit_requests\"]");
	assert_int_equal(back.bans[0].rules, 1u << RULE_VISIT_REQUESTS);
	assert_refused("\"rules\":[\"visit_requests\"]", "\"rules\":[1]", REFUSED("rules"));
	assert_accepted("\"lines\":1001,", "");
	assert_true(back.counters.lines == 0);
}

/* Writes `n` copies of a value as an array. */
static void array_of(const char *value, size_t n, char *out, size_t cap)
{
	struct buf b;

	buf_init(&b, out, cap - 1);
	buf_put_char(&b, '[');
	for (size_t i = 0; i < n; i++) {
		buf_put_text(&b, i ? "," : "");
		buf_put_text(&b, value);
	}
	buf_put_char(&b, ']');
	assert_false(b.full);
	out[b.len] = '\0';
}

static void list_that_is_too_long_is_refused(void **unused)
{
	static char to[STATE_BYTES_MAX];
	static const char ban[] =
		"{\"client\":\"2001:db8::1\",\"strike\":1,\"since\":\"2026-11-22T04:15:12.343Z\","
		"\"until\":null,\"rules\":[],\"enforced\":true}";
	static const char top[] = "{\"client\":\"192.0.2.1\",\"requests\":1,\"errors\":1}";
	static const char hour[] = "{\"mean\":1,\"stddev\":1,\"error_mean\":0,\"seconds\":0}";
	static const char event[] =
		"{\"time\":\"2026-11-22T04:15:12.343Z\",\"event\":\"ban\",\"more\":0,"
		"\"text\":\"\"}";
	static const char origin[] =
		"{\"origin\":\"web1\",\"troubles\":[],\"since\":null,\"lag_s\":0,\"offset_s\":0,"
		"\"lines_per_s\":0,\"clients_per_s\":0,\"missing\":0,\"lost\":0,\"heard\":null}";
	static const struct {
		const char *name;
		const char *value;
		size_t n;
		bool short_is_refused;
	} cases[] = {{"bans", ban, STATE_BANS_MAX, false}, {"top", top, STATE_TOP_MAX, false},
		{"hours", hour, STATE_HOURS, true}, {"events", event, RECENT_EVENTS_MAX, false},
		{"origins", origin, STATE_ORIGINS_MAX, false}};

	(void)unused;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char from[64], reason[64];
		size_t head = (size_t)snprintf(from, sizeof from, "\"%s\":[{", cases[i].name) - 2;
		snprintf(reason, sizeof reason, REFUSED("%s"), cases[i].name);
		memcpy(to, from, head);
		for (int more = -1; more <= 1; more++) {
			/* the first member with a name wins */
			array_of(cases[i].value, cases[i].n + (size_t)more, to + head,
				sizeof to - head - 16);
			strcat(to, ",\"old\":[{");
			if (more > 0 || (more < 0 && cases[i].short_is_refused))
				assert_refused(from, to, reason);
			else
				assert_accepted(from, to);
		}
	}
	array_of("1", STATE_HISTORY_MAX + 1, to + 11, sizeof to - 32);
	memcpy(to, "\"requests\":", 11);
	strcat(to, ",\"old\":[");
	assert_refused("\"requests\":[", to, REFUSED("history"));
	assert_refused("\"requests\":[360,", "\"requests\":[", REFUSED("history"));
	assert_refused("\"errors\":[0,", "\"errors\":[", REFUSED("history"));
	memcpy(to, "\"rules\":", 8);
	array_of("\"later\"", 33, to + 8, sizeof to - 16);
	assert_refused("\"rules\":[\"visit_requests\"]", to, REFUSED("rules"));
}

static void deep_or_long_text_is_refused(void **unused)
{
	static char big[STATE_BYTES_MAX + 2];

	(void)unused;
	memset(big, '[', sizeof big);
	big[sizeof big - 1] = '\n';
	assert_false(read_text(big, sizeof big));
	assert_string_equal(why, "it is too long");
	assert_false(read_text(big + 1, sizeof big - 1));
	assert_string_equal(why, "it is too long");
	assert_false(read_text(big + 2, sizeof big - 2));
	assert_string_equal(why, "it is not JSON");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(member_of_another_kind_is_refused_by_name),
		cmocka_unit_test(number_outside_its_range_is_refused),
		cmocka_unit_test(error_share_is_the_default_when_it_is_absent),
		cmocka_unit_test(ban_of_an_older_program_is_not_temporary),
		cmocka_unit_test(invalid_evidence_is_refused),
		cmocka_unit_test(state_of_a_program_that_knows_no_hosts_is_read),
		cmocka_unit_test(troubles_of_a_newer_program_are_left_out),
		cmocka_unit_test(invalid_request_is_refused),
		cmocka_unit_test(time_of_another_form_is_refused),
		cmocka_unit_test(invalid_address_is_refused),
		cmocka_unit_test(text_that_is_not_printable_is_refused),
		cmocka_unit_test(long_text_is_cut),
		cmocka_unit_test(file_cut_off_anywhere_is_refused),
		cmocka_unit_test(damaged_byte_never_crashes),
		cmocka_unit_test(bytes_after_the_object_are_refused),
		cmocka_unit_test(other_version_is_refused),
		cmocka_unit_test(first_of_equal_names_wins_and_case_matters),
		cmocka_unit_test(file_of_the_next_release_is_read),
		cmocka_unit_test(list_that_is_too_long_is_refused),
		cmocka_unit_test(deep_or_long_text_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
