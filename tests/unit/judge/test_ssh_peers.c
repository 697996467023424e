/* test_ssh_peers.c - a peer with an SSH session is exempt during the session and for the next 10
 * minutes. */
#include "core/judge/ssh_peers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "unit/given.h"

#define KEPT_MS (SSH_PEERS_KEPT_S * 1000)

static struct ssh_peers peers;
static char changes[4096];

static int begin(void **state)
{
	(void)state;
	memset(&peers, 0, sizeof peers);
	return 0;
}

static void note_change(void *ctx, const struct address *peer, bool allowed)
{
	char text[ADDRESS_TEXT_MAX];
	struct buf b;
	size_t len = strlen(changes);

	(void)ctx;
	buf_init(&b, text, sizeof text);
	buf_put_address(&b, peer);
	snprintf(changes + len, sizeof changes - len, "%c%.*s ", allowed ? '+' : '-', (int)b.len,
		b.data);
}

/* The changes that an update at `ms` reports. */
static const char *update(const struct ssh_connection *open, size_t n, int64_t ms)
{
	changes[0] = '\0';
	bool any = ssh_peers_update(&peers, open, n, (struct span){ms}, note_change, NULL);
	assert_int_equal(any, changes[0] != '\0');
	return changes;
}

static void peer_stays_exempt_for_10_minutes_after_its_connection_has_ended(void **state)
{
	const struct ssh_connection open[] = {
		{given_address("198.51.100.9"), 5}, {given_address("2001:db8::9"), 6}};

	(void)state;
	assert_string_equal(update(open, 2, 1000), "+198.51.100.9 +2001:db8::9 ");
	assert_string_equal(update(open, 2, 90LL * 86400 * 1000), "");
	int64_t end = 91LL * 86400 * 1000;
	assert_string_equal(update(NULL, 0, end), "");
	assert_string_equal(update(NULL, 0, end + 1000), "");
	assert_string_equal(update(NULL, 0, end + KEPT_MS - 1), "");
	assert_string_equal(update(NULL, 0, end + KEPT_MS), "-198.51.100.9 -2001:db8::9 ");
	assert_int_equal(peers.n, 0);
}

static void every_open_connection_keeps_its_address_exempt(void **state)
{
	const struct ssh_connection open[] = {{given_address("198.51.100.9"), 5},
		{given_address("198.51.100.9"), 6}, {given_address("198.51.100.9"), 0}};
	struct address list[SSH_PEERS_MAX];

	(void)state;
	assert_string_equal(update(open, 3, 1000), "+198.51.100.9 ");
	assert_int_equal(ssh_peers_addresses(&peers, list), 1);
	assert_string_equal(update(open + 1, 1, 2000), "");
	assert_string_equal(update(open + 1, 1, 2000 + KEPT_MS), "");
	assert_int_equal(peers.n, 1);
	assert_string_equal(update(NULL, 0, 3000 + KEPT_MS), "");
	assert_string_equal(update(NULL, 0, 3000 + 2 * KEPT_MS), "-198.51.100.9 ");
}

static void peer_that_returns_within_10_minutes_stays_exempt(void **state)
{
	const struct ssh_connection first = {given_address("198.51.100.9"), 5};
	const struct ssh_connection second = {given_address("198.51.100.9"), 7};

	(void)state;
	update(&first, 1, 0);
	update(NULL, 0, 1000);
	assert_string_equal(update(&second, 1, KEPT_MS), "");
	assert_string_equal(update(&second, 1, 1000 + KEPT_MS), "");
	assert_int_equal(peers.n, 1);
	assert_int_equal(peers.list[0].connection.id, 7);
}

static void connection_that_one_update_lacks_stays_open_if_the_next_contains_it(void **state)
{
	const struct ssh_connection open = {given_address("2001:db8::9"), 5};

	(void)state;
	update(&open, 1, 0);
	update(NULL, 0, 1000);
	update(&open, 1, 2000);
	assert_string_equal(update(&open, 1, 10 * KEPT_MS), "");
	assert_int_equal(peers.list[0].ends.ms, SPAN_MAX.ms);
}

static struct ssh_connection numbered(unsigned i)
{
	char text[ADDRESS_TEXT_MAX];

	snprintf(text, sizeof text, "2001:db8:%x::1", i + 1);
	return (struct ssh_connection){given_address(text), i + 1};
}

static void full_list_reports_that_there_are_more_peers(void **state)
{
	static struct ssh_connection open[SSH_PEERS_MAX + 1];
	struct address list[SSH_PEERS_MAX];

	(void)state;
	for (unsigned i = 0; i <= SSH_PEERS_MAX; i++)
		open[i] = numbered(i);
	update(open, SSH_PEERS_MAX, 0);
	assert_false(peers.more);
	update(open, SSH_PEERS_MAX + 1, 1000);
	assert_true(peers.more);
	assert_int_equal(ssh_peers_addresses(&peers, list), SSH_PEERS_MAX);
	for (unsigned i = 0; i < SSH_PEERS_MAX; i++)
		assert_true(address_equal(&list[i], &open[i].peer));
	/* the first connection has ended, and the last one fills its place */
	assert_string_equal(
		update(open + 1, SSH_PEERS_MAX, 2000), "-2001:db8:1::1 +2001:db8:101::1 ");
	assert_false(peers.more);
	assert_int_equal(peers.n, SSH_PEERS_MAX);
}

static void peer_whose_connection_ended_first_is_evicted(void **state)
{
	static struct ssh_connection open[SSH_PEERS_MAX + 1];

	(void)state;
	for (unsigned i = 0; i <= SSH_PEERS_MAX; i++)
		open[i] = numbered(i);
	update(open, SSH_PEERS_MAX, 0);
	open[2] = open[3];
	update(open, SSH_PEERS_MAX, 1000); /* the third connection has ended */
	open[1] = open[3];
	update(open, SSH_PEERS_MAX, 2000); /* the second one has ended, too */
	assert_string_equal(
		update(open, SSH_PEERS_MAX + 1, 3000), "-2001:db8:3::1 +2001:db8:101::1 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			peer_stays_exempt_for_10_minutes_after_its_connection_has_ended, begin),
		cmocka_unit_test_setup(every_open_connection_keeps_its_address_exempt, begin),
		cmocka_unit_test_setup(peer_that_returns_within_10_minutes_stays_exempt, begin),
		cmocka_unit_test_setup(
			connection_that_one_update_lacks_stays_open_if_the_next_contains_it, begin),
		cmocka_unit_test_setup(full_list_reports_that_there_are_more_peers, begin),
		cmocka_unit_test_setup(peer_whose_connection_ended_first_is_evicted, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
