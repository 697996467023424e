/* test_ban_list.c - the table and the JSON object that anomban --list prints. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <cjson/cJSON.h>

#include "core/show/ban_list.h"
#include "unit/sample_state.h"

#define LEFT ((struct span){552000})

static char text[8192];
static struct state sample;
static const struct ban_list list = {
	.sets = {"web", 32, 64}, .now = {SAMPLE_SAVED_MS}, .client_width = 18};

static struct ban_list_row row_of(size_t i)
{
	sample_fill(&sample);
	return (struct ban_list_row){.client = sample.bans[i].client,
		.left = sample.bans[i].until.ms == INSTANT_MAX.ms ? SPAN_MAX : LEFT,
		.known = &sample.bans[i]};
}

static void put_line(const struct ban_list_row *row)
{
	struct buf b;

	buf_init(&b, text, BAN_LIST_BYTES_MAX);
	ban_list_put_line(&b, &list, row);
	assert_false(b.full);
	text[b.len] = '\0';
}

static void line_has_reason_request_and_times(void **state)
{
	struct ban_list_row row = row_of(0);

	(void)state;
	put_line(&row);
	assert_string_equal(text,
		"203.0.113.9         2026-11-22 04:15 UTC     9m 12s       2  "
		"visit_requests 331.13 > 330 requests/visit; GET /shop?<b>\"'&\\ 200\n");
	row = row_of(1);
	put_line(&row);
	assert_string_equal(
		text, "2001:db8:bad::/64   2026-11-22 04:15 UTC  permanent       3  swarm\n");
	row = row_of(2);
	put_line(&row);
	assert_non_null(strstr(text, "  requests 1201 > 1200 requests/60s, zscore, multiplier\n"));
	row.by_others = true;
	put_line(&row);
	assert_non_null(strstr(text, "  by hand or by others\n"));
	row.by_others = false;
	row.known = NULL;
	put_line(&row);
	assert_string_equal(
		text, "203.0.113.10        -                        9m 12s       -  -\n");
}

static cJSON *object_of(const struct ban_list_row *row)
{
	struct buf b;

	buf_init(&b, text, sizeof text - 1);
	ban_list_put_begin(&b, &list);
	ban_list_put_object(&b, &list, row, true);
	ban_list_put_object(&b, &list, row, false);
	ban_list_put_end(&b);
	assert_false(b.full);
	text[b.len] = '\0';
	return cJSON_Parse(text);
}

static bool has(const char *part)
{
	return strstr(text, part) != NULL;
}

static void object_contains_the_data_of_the_state(void **state)
{
	struct ban_list_row row = row_of(1);
	cJSON *object = object_of(&row);

	(void)state;
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(object, "bans")), 2);
	cJSON_Delete(object);
	assert_true(has("{\"set\":\"web\",\"time\":\"2026-11-22T04:16:00.343Z\",\"bans\":["));
	assert_true(has("\"until\":null,\"rules\":[\"swarm\"]"));
	assert_true(has("\"seconds\":null,\"by_others\":false,"
			"\"lift\":\"anomban --set web --unban 2001:db8:bad::/64\"}"));
	row = row_of(0);
	sample.bans[0].enforced = false; /* the kernel has enforced it in the meantime */
	cJSON_Delete(object_of(&row));
	assert_true(has("\"enforced\":true,"));
	assert_false(has("\"enforced\":false"));
	/* the end is the same as in the state, to the millisecond */
	assert_true(has("\"until\":\"2026-11-22T04:25:12.343Z\""));
	assert_true(has("\"evidence\":{\"rule\":\"visit_requests\",\"value\":331.125,"));
	assert_true(has("\"seconds\":552,"));
	row.left.ms += 60000; /* somebody prolonged the ban */
	cJSON_Delete(object_of(&row));
	assert_true(has("\"until\":\"2026-11-22T04:26:12.343Z\""));
	row.known = NULL;
	cJSON_Delete(object_of(&row));
	assert_true(has("{\"client\":\"203.0.113.9\",\"strike\":null,\"since\":null,"
			"\"until\":\"2026-11-22T04:26:12.343Z\",\"rules\":[],"));
	row.left = SPAN_MAX;
	cJSON_Delete(object_of(&row));
	assert_true(has("\"since\":null,\"until\":null,"));
}

/* The largest values that a state file may contain. */
static void longest_ban_fits_into_its_buffer(void **state)
{
	struct ban_list_row row = row_of(0);
	struct state_ban *ban = &sample.bans[0];

	(void)state;
	ban->rules = (1u << RULE_COUNT) - 1;
	ban->strike = UINT32_MAX;
	ban->evidence = (struct evidence){RULE_VISIT_REQUESTS, 1e12, 1e12};
	memset(ban->request.method, '"', sizeof ban->request.method - 1);
	memset(ban->request.path, '\\', sizeof ban->request.path - 1);
	ban->request.status = 599;
	put_line(&row);
	struct buf b;
	buf_init(&b, text, BAN_LIST_BYTES_MAX);
	ban_list_put_object(&b, &list, &row, false);
	assert_false(b.full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_has_reason_request_and_times),
		cmocka_unit_test(object_contains_the_data_of_the_state),
		cmocka_unit_test(longest_ban_fits_into_its_buffer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
