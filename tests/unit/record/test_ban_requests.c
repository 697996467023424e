/* test_ban_requests.c - the bans of a state get the requests that they were for. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/record/ban_requests.h"
#include "unit/given.h"

static struct ban_requests requests;
static struct state state;

static void note(enum event_kind kind, struct address client, const char *path)
{
	struct request r = {.method = "GET", .status = 404, .path_len = (uint16_t)strlen(path)};
	struct event e = {.kind = kind, .client = client, .request = &r};

	memcpy(r.path, path, strlen(path));
	ban_requests_note(&requests, &e);
}

static void begin(void)
{
	memset(&requests, 0, sizeof requests);
	memset(&state, 0, sizeof state);
}

static void list(struct address client)
{
	memset(&state.bans[state.bans_n].request, 0xa5, sizeof state.bans[0].request);
	state.bans[state.bans_n++].client = client;
}

static void assert_path(size_t ban, const char *path)
{
	assert_string_equal(state.bans[ban].request.path, path);
}

static void each_ban_gets_its_own_request(void **unused)
{
	(void)unused;
	begin();
	note(EVENT_BAN, given_address("203.0.113.9"), "/v4");
	note(EVENT_BAN, given_address("2001:db8::/64"), "/v6");
	note(EVENT_ALERT, given_address("203.0.113.9"), "/alert");
	note(EVENT_UNBAN, given_address("2001:db8::/64"), "/unban");
	list(given_address("2001:db8::/64"));
	list(given_address("203.0.113.10")); /* restored */
	list(given_address("203.0.113.9"));
	list(given_address("2001:db8::"));
	ban_requests_fill(&requests, &state);
	assert_path(0, "/v6");
	assert_false(request_text_is_known(&state.bans[1].request));
	assert_path(2, "/v4");
	assert_int_equal(state.bans[2].request.status, 404);
	assert_string_equal(state.bans[2].request.method, "GET");
	assert_false(request_text_is_known(&state.bans[3].request));
}

static void no_ban_is_known_at_the_start(void **unused)
{
	(void)unused;
	begin();
	list(given_address("203.0.113.9"));
	list((struct address){{0}, 0});
	ban_requests_fill(&requests, &state);
	assert_false(request_text_is_known(&state.bans[0].request));
	assert_false(request_text_is_known(&state.bans[1].request));
}

static void newest_ban_of_a_client_counts(void **unused)
{
	(void)unused;
	begin();
	note(EVENT_BAN, given_client(1), "/first");
	note(EVENT_BAN, given_client(2), "/other");
	note(EVENT_BAN, given_client(1), "/second");
	list(given_client(1));
	list(given_client(2));
	ban_requests_fill(&requests, &state);
	assert_path(0, "/second");
	assert_path(1, "/other");
}

static void oldest_make_room(void **unused)
{
	const uint32_t all = 2 * STATE_BANS_MAX + 7;
	char path[32];

	(void)unused;
	begin();
	for (uint32_t i = 0; i < all; i++) {
		snprintf(path, sizeof path, "/%u", i);
		note(EVENT_BAN, given_client(i), path);
	}
	for (uint32_t i = 0; i < STATE_BANS_MAX; i++)
		list(given_client(all - 1 - i));
	ban_requests_fill(&requests, &state);
	for (uint32_t i = 0; i < STATE_BANS_MAX; i++) {
		snprintf(path, sizeof path, "/%u", all - 1 - i);
		assert_path(i, path);
	}
	state.bans_n = 0;
	list(given_client(all - 1 - STATE_BANS_MAX));
	ban_requests_fill(&requests, &state);
	assert_false(request_text_is_known(&state.bans[0].request));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_ban_gets_its_own_request),
		cmocka_unit_test(no_ban_is_known_at_the_start),
		cmocka_unit_test(newest_ban_of_a_client_counts),
		cmocka_unit_test(oldest_make_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
