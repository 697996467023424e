/* test_memory_reasons.c - the reasons of bans in the memory file. */
#include "core/record/memory_client.h"
#include "core/record/memory_reasons.h"

#include "unit/given_memory.h"

/* Adds a ban for each client, some with a request. All bans are in force, except the ban of client
 * 3, which is over. */
static void fill_reasons(struct memory_parts *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct ban ban = {.client = given_client(i),
			.form = i == 3 ? BAN_OVER : BAN_ACTIVE,
			.strikes = 1,
			.since = now,
			.until = {now.ms + 600000},
			.rules = 1u << i % RULE_COUNT,
			.evidence = {(enum rule)(i % RULE_COUNT), 0.001 + 1.37 * i, i}};
		struct request_text request = {.status = i % 600};
		if (i % 3)
			snprintf(request.method, sizeof request.method, "M%u", i);
		if (i % 4)
			snprintf(request.path, sizeof request.path, "/a b/\"\\%u", i);
		assert_true(bans_restore(p->bans, &ban));
		(void)ban_requests_note(p->requests, &ban.client, &request);
	}
}

static void check_same_reason(
	const struct memory_parts *a, const struct memory_parts *b, uint32_t i)
{
	struct address client = given_client(i);
	struct request_text x = ban_requests_find(a->requests, &client);
	struct request_text y = ban_requests_find(b->requests, &client);
	struct ban p, q;

	assert_true(bans_find(a->bans, &client, &p) && bans_find(b->bans, &client, &q));
	if (p.form != BAN_ACTIVE) {
		assert_true(q.evidence.value == 0 && !request_text_is_known(&y));
		return;
	}
	assert_int_equal(q.evidence.rule, p.evidence.rule);
	assert_in_range((long)(q.evidence.value * 1000 - p.evidence.value * 1000 + 10.5), 9, 11);
	assert_in_range((long)(q.evidence.limit * 1000 - p.evidence.limit * 1000 + 10.5), 9, 11);
	if (!request_text_is_known(&x)) /* without a method and a path, the status has no meaning */
		return;
	assert_string_equal(x.method, y.method);
	assert_string_equal(x.path, y.path);
	assert_int_equal(x.status, y.status);
}

static void reasons_outlive_a_restart(void **state)
{
	const uint32_t n = 3000;
	struct memory_parts a = parts_new(n), b = parts_new(n), c = parts_new(n);

	(void)state;
	fill_reasons(&a, n);
	struct text t = written(&a);
	char over_reason[ADDRESS_TEXT_MAX + 64];
	struct address over = given_client(3);
	struct buf o;
	buf_init(&o, over_reason, sizeof over_reason - 1);
	buf_put_char(&o, '"');
	buf_put_address(&o, &over);
	buf_put_format(&o, " %s", rule_name((enum rule)3));
	over_reason[o.len] = '\0';
	assert_true(read_exactly(t.s, t.len, &b));
	assert_null(strstr(t.s, over_reason));
	assert_non_null(strstr(t.s, "\"reasons\""));
	for (uint32_t i = 0; i < n; i++)
		check_same_reason(&a, &b, i);
	struct text second = written(&b);
	assert_true(read_exactly(second.s, second.len, &c));
	struct text third = written(&c);
	check_same_text(&third, &second);
	parts_free(&a);
	parts_free(&b);
	parts_free(&c);
	free(t.s);
	free(second.s);
	free(third.s);
}

/* Clients whose bans are over have no element in the list, and there may be a million of these
 * clients. Each chunk checks some of them. */
static void many_strikes_without_a_ban_take_several_chunks(void **state)
{
	const uint32_t n = 150000;
	struct memory_parts a = parts_new(n), b = parts_new(n);

	(void)state;
	for (uint32_t i = 0; i < n; i++) {
		struct ban ban = {.client = given_client(i), .form = BAN_OVER, .strikes = 1};
		assert_true(bans_restore(a.bans, &ban));
	}
	struct text t = written(&a);
	assert_non_null(strstr(t.s, ",\n\"reasons\":[]}\n"));
	assert_true(read_exactly(t.s, t.len, &b));
	parts_free(&a);
	parts_free(&b);
	free(t.s);
}

/* The string of a client contains no reason. So no reason is set, whatever the memory of the caller
 * contained before. */
static void string_of_a_client_sets_no_reason(void **state)
{
	cJSON *item = cJSON_CreateString("2001:db8::/64 active 4 1795320000000 1795320600000 2");
	struct ban ban;

	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		memset(&ban, byte, sizeof ban);
		assert_true(memory_read_client(item, &ban));
		assert_true(ban.form == BAN_ACTIVE && ban.strikes == 4);
		assert_true(ban.evidence.value == 0 && ban.evidence.limit == 0);
		assert_int_equal(ban.evidence.rule, 0);
	}
	cJSON_Delete(item);
}

static void longest_reason_fits(void **state)
{
	struct ban ban = {.client = given_address("1234:5678:9abc:def0:1234:5678:9abc:def0/127"),
		.form = BAN_ACTIVE,
		.evidence = {RULE_VISIT_REQUESTS, 1e300, 123456789012.345}};
	struct ban_requests *requests = ban_requests_new(1, (struct hash_key){{1, 2}});
	struct request_text request = {.status = REQUEST_STATUS_MAX};
	char text[MEMORY_REASON_BYTES_MAX];
	struct buf b;

	(void)state;
	memset(request.method, '"', REQUEST_METHOD_MAX);
	memset(request.path, '\\', REQUEST_PATH_SHOWN_MAX);
	(void)ban_requests_note(requests, &ban.client, &request);
	buf_init(&b, text, sizeof text);
	assert_true(memory_put_reason(&b, &ban, requests, ",\n"));
	assert_false(b.full);
	assert_memory_equal(b.data + b.len - 1, "\"", 1);
	ban_requests_free(requests);
}

static bool is_read(const char *text, struct memory_reason *out)
{
	cJSON *item = cJSON_CreateString(text);
	bool ok = memory_read_reason(item, out);

	cJSON_Delete(item);
	return ok;
}

static void invalid_reasons_are_refused(void **state)
{
	static const char *const bad[] = {"", "203.0.113.9", "203.0.113.9 errors",
		"203.0.113.9 errors 21", "203.0.113.9 errors 21 x", "203.0.113.9 errors -1 20",
		"203.0.113.9 errors 1e13 20", "203.0.113.9 errors 21 20 GET /",
		"203.0.113.9 errors 21 20 600 GET /", "203.0.113.9 errors 21 20 200 GET",
		"203.0.113.9 errors 21 20 200 GET ", "203.0.113.9 errors 21 20 200 - -",
		"203.0.113.9 errors 21 20 200 OVERLONGMETHOD16 /",
		"203.0.113.9 errors 21 20 200 GET /\x1b[2J", "203.0.113.9 errors 21 20 200 G\x7f /",
		"203.0.113.9 errors 21 20 200 GET /\xe2\x80\xae", "x errors 21 20 200 GET /"};
	struct memory_reason r;
	cJSON *number = cJSON_CreateNumber(1);
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (is_read(bad[i], &r))
			fail_msg("not refused: %s", bad[i]);
	assert_false(memory_read_reason(number, &r));
	cJSON_Delete(number);
	snprintf(text, sizeof text, "203.0.113.9 errors 21 20 200 GET /%0100d", 0);
	assert_false(is_read(text, &r));
	assert_true(is_read("2001:db8:1::/64 bait 4 3 404 GET /a b", &r));
	assert_true(r.evidence.rule == RULE_BAIT && r.evidence.value == 4);
	assert_string_equal(r.request.path, "/a b");
	assert_true(is_read("203.0.113.9 errors 21.5 20", &r));
	assert_false(request_text_is_known(&r.request));
	/* a rule of a newer program */
	assert_true(is_read("203.0.113.9 dreams 21 20 200 - /x", &r));
	assert_true(r.evidence.value == 0 && r.request.method[0] == '\0');
}

static void memory_of_an_older_program_is_read_without_reasons(void **state)
{
	struct memory_parts a = parts_new(10), b = parts_new(10);
	struct address first = given_client(0);
	struct ban ban;

	(void)state;
	fill_reasons(&a, 3);
	struct text t = written(&a);
	char *at = strstr(t.s, ",\n\"reasons\":[");
	assert_non_null(at);
	memcpy(at, "}\n", 3);
	assert_true(read_exactly(t.s, strlen(t.s), &b));
	assert_int_equal(bans_n(b.bans), 3);
	assert_true(bans_find(b.bans, &first, &ban) && ban.evidence.value == 0);
	parts_free(&a);
	parts_free(&b);
	free(t.s);
}

/* The file is from an older program, or its reasons were lost. */
static void ban_without_a_reason_has_no_evidence(void **state)
{
	struct ban ban;
	cJSON *item = cJSON_CreateString("2001:db8::/64 active 1 1 2 1");

	(void)state;
	memset(&ban, 0xff, sizeof ban);
	assert_true(memory_read_client(item, &ban));
	assert_true(ban.evidence.value == 0 && ban.evidence.limit == 0);
	assert_int_equal(ban.evidence.rule, 0);
	assert_false(ban.was_enforced || ban.tried);
	cJSON_Delete(item);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reasons_outlive_a_restart),
		cmocka_unit_test(many_strikes_without_a_ban_take_several_chunks),
		cmocka_unit_test(string_of_a_client_sets_no_reason),
		cmocka_unit_test(longest_reason_fits),
		cmocka_unit_test(invalid_reasons_are_refused),
		cmocka_unit_test(memory_of_an_older_program_is_read_without_reasons),
		cmocka_unit_test(ban_without_a_reason_has_no_evidence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
