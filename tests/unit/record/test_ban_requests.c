/* test_ban_requests.c - the requests that caused the bans in force. The newest request of each
 * client is stored until its ban ends. If there are too many requests, the oldest are evicted. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/record/ban_requests.h"
#include "unit/given.h"

static struct ban_requests *requests;

static void begin(uint32_t max)
{
	requests = ban_requests_new(max, (struct hash_key){{1, 2}});
	assert_non_null(requests);
}

static bool note(struct address client, const char *path)
{
	struct request r = {.method = "GET", .status = 404, .path_len = (uint16_t)strlen(path)};
	struct request_text t;

	memcpy(r.path, path, strlen(path));
	request_text_set(&t, &r);
	return ban_requests_note(requests, &client, &t);
}

static void assert_path(struct address client, const char *path)
{
	struct request_text t = ban_requests_find(requests, &client);

	assert_string_equal(t.path, path);
	assert_int_equal(request_text_is_known(&t), path[0] != '\0');
}

static void each_ban_has_its_own_request_until_it_ends(void **unused)
{
	struct address v4 = given_address("203.0.113.9"), v6 = given_address("2001:db8::/64");
	struct request_text found;

	(void)unused;
	begin(10);
	assert_path(v4, "");
	assert_false(note(v4, "/v4"));
	assert_false(note(v6, "/v6"));
	assert_path(given_address("203.0.113.10"), "");
	assert_path(v4, "/v4");
	found = ban_requests_find(requests, &v6);
	assert_string_equal(found.path, "/v6");
	assert_string_equal(found.method, "GET");
	assert_int_equal(found.status, 404);
	ban_requests_drop(requests, &v6);
	ban_requests_drop(requests, &v6);
	assert_path(v6, "");
	assert_path(v4, "/v4");
	ban_requests_free(requests);
}

static void newer_request_of_a_client_replaces_the_older_one(void **unused)
{
	struct request_text unknown = {.status = 200};
	struct address a = given_client(1);

	(void)unused;
	begin(2);
	note(given_client(1), "/first");
	note(given_client(2), "/other");
	assert_false(note(given_client(1), "/second"));
	assert_path(given_client(1), "/second");
	assert_path(given_client(2), "/other");
	assert_false(ban_requests_note(requests, &a, &unknown)); /* no method, no path */
	assert_path(given_client(1), "");
	ban_requests_free(requests);
}

static void oldest_requests_are_evicted_and_counted(void **unused)
{
	const uint32_t max = 1000, all = 2 * max + 8;
	uint32_t evicted = 0;
	char path[32];

	(void)unused;
	begin(max);
	for (uint32_t i = 0; i < all; i++) {
		struct address over = given_client(i - 3);
		snprintf(path, sizeof path, "/%u", i);
		evicted += note(given_client(i), path);
		if (i % 50 == 7) /* a ban in the middle of the list ends */
			ban_requests_drop(requests, &over);
	}
	for (uint32_t i = all - max; i < all; i++) {
		snprintf(path, sizeof path, "/%u", i);
		assert_path(given_client(i), i % 50 == 4 ? "" : path);
	}
	/* The first `max` requests fill the table. Each of the other all - max requests evicts one
	 * request, except about 40 that use the room of a dropped request. */
	assert_in_range(evicted, all - max - 60, all - max);
	assert_path(given_client(0), "");
	ban_requests_free(requests);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_ban_has_its_own_request_until_it_ends),
		cmocka_unit_test(newer_request_of_a_client_replaces_the_older_one),
		cmocka_unit_test(oldest_requests_are_evicted_and_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
