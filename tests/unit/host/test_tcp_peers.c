/* test_tcp_peers.c - given a table of sockets as the kernel prints it, the tests check which hosts
 * count as brokers of this host (see tcp_peers.h). */
#include "io/host/tcp_peers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/given.h"
#include "unit/given_proc.h"
#include "unit/given_row.h"

static struct tcp_peers peers;

static bool find_at(const char *text)
{
	struct tcp_ports ports;

	assert_true(tcp_ports_parse(text, &ports));
	return tcp_peers_find(proc_directory, &ports, &peers);
}

static bool is_peer(const char *client)
{
	struct address a = given_address(client);

	for (size_t i = 0; i < peers.n; i++)
		if (address_equal(&peers.list[i], &a))
			return true;
	return false;
}

static void list_of_ports_is_accepted_whole_or_not_at_all(void **state)
{
	static const char *const bad[] = {"", ",", "1883,", ",1883", "0", "65536", "1883:1890",
		"mqtt", " 1883", "1883 ", "-1", "none,1883", "99999999999999999999"};
	struct tcp_ports ports;
	char many[65 * 2 + 1] = "1";

	(void)state;
	assert_true(tcp_ports_parse("1883,65535,1", &ports));
	assert_int_equal(ports.n, 3);
	assert_true(ports.list[0] == 1883 && ports.list[1] == 65535 && ports.list[2] == 1);
	assert_true(tcp_ports_parse("none", &ports));
	assert_int_equal(ports.n, 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (tcp_ports_parse(bad[i], &ports))
			fail_msg("'%s' is accepted", bad[i]);
	for (size_t i = 1; i < TCP_PEERS_PORTS_MAX; i++)
		strcat(many, ",1");
	assert_true(tcp_ports_parse(many, &ports));
	strcat(many, ",1");
	assert_false(tcp_ports_parse(many, &ports));
}

static void connected_server_is_a_peer(void **state)
{
	(void)state;
	add_peer4(40000, 1, 1883, "1");
	add_peer6(40001, 2, 8883, "1");
	add_mapped(40002, 3, 1883, "1");
	add_peer4(40003, 4, 443, "1"); /* another port */
	/* the host has not answered yet, or its answer is dropped */
	add_peer4(40004, 5, 1883, "2");
	add_peer6(40005, 6, 1883, "2");
	add_peer4(40006, 7, 1883, "6"); /* closed */
	add_peer4(40007, 1, 8883, "1"); /* the first host again */
	assert_true(find_at("1883,8883"));
	assert_true(is_peer("203.0.113.1") && is_peer("2001:db8::2") && is_peer("203.0.113.3"));
	assert_true(is_peer("203.0.113.5") && is_peer("2001:db8::6"));
	assert_int_equal(peers.n, 5);
	assert_int_equal(peers.unanswered_n, 2);
	for (size_t i = 0; i < 2; i++) {
		struct address want = given_address(i ? "2001:db8::6" : "203.0.113.5");
		assert_true(address_equal(&peers.unanswered[i], &want));
	}
	assert_false(peers.more || peers.cut);
	assert_true(find_at("none"));
	assert_int_equal(peers.n, 0);
}

/* A host that connects to this host chooses its source port itself. So the source port 1883 does
 * not show that the host is a broker. */
static void connected_client_is_no_peer(void **state)
{
	(void)state;
	add_row(SERVER4, 40080, "00000000", "A", 1);
	add_row(SERVER6, 40443, "00000000000000000000000000000000", "A", 2);
	/* 1: the connection is established; 2: it is being made */
	for (unsigned i = 1; i <= 2; i++) {
		const char *is = i == 1 ? "1" : "2";
		add_peer4(40080, 10 * i + 1, 1883, is);
		add_peer6(40443, 10 * i + 2, 1883, is);
		add_mapped(40443, 10 * i + 3, 1883, is);
		/* the row of the listener at this port comes later, in the table of IPv6 sockets */
		add_peer4(40443, 10 * i + 4, 1883, is);
		/* no process listens at these ports: it has ended, or a TPROXY rule delivers the
		 * connections to a process that listens at another port */
		add_peer4(20, 10 * i + 5, 1883, is);
		add_peer6(8443, 10 * i + 6, 1883, is);
		add_peer4(32767, 10 * i + 7, 1883, is);
		add_peer6(61000, 10 * i + 8, 1883, is);
	}
	add_peer4(32768, 1, 1883, "1");
	add_peer6(60999, 2, 1883, "2");
	assert_true(find_at("1883"));
	assert_true(is_peer("203.0.113.1") && is_peer("2001:db8::2"));
	assert_int_equal(peers.n, 2);
	assert_int_equal(peers.unanswered_n, 1);
}

#define RANGE "sys/net/ipv4/ip_local_port_range"

static void range_of_client_ports_comes_from_the_system(void **state)
{
	static const char *const wrong[] = {"", "x\n", "20000\n", "0\t9\n", "9\t1\n", "1\t65536\n"};

	(void)state;
	make_directory_of("sys");
	make_directory_of("sys/net");
	make_directory_of("sys/net/ipv4");
	add_peer4(1024, 1, 1883, "1");
	add_peer6(20000, 2, 1883, "1");
	add_peer4(20001, 3, 1883, "1");
	add_peer6(40000, 4, 1883, "2");
	put_text(RANGE, "1024\t20000\n", 11);
	assert_true(find_at("1883"));
	assert_true(is_peer("203.0.113.1") && is_peer("2001:db8::2"));
	assert_int_equal(peers.n, 2);
	put_text(RANGE, "1025\t20001\n", 11); /* the range was changed */
	assert_true(find_at("1883"));
	assert_true(is_peer("2001:db8::2") && is_peer("203.0.113.3"));
	assert_int_equal(peers.n, 2);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		put_text(RANGE, wrong[i], strlen(wrong[i]));
		assert_true(find_at("1883"));
		assert_true(is_peer("2001:db8::4")); /* the kernel's default range */
		assert_int_equal(peers.n, 1);
	}
}

static void overflow_of_the_peer_list_is_flagged(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SSH_PEERS_MAX; i++)
		(i % 2 ? add_peer4 : add_peer6)(40000 + i, i / 2, 1883, "1");
	assert_true(find_at("1883"));
	assert_int_equal(peers.n, SSH_PEERS_MAX);
	assert_false(peers.more);
	add_peer4(50000, 250, 1883, "1");
	assert_true(find_at("1883"));
	assert_int_equal(peers.n, SSH_PEERS_MAX);
	assert_true(peers.more);
}

static void missing_table_is_a_failure(void **state)
{
	struct tcp_ports ports;

	(void)state;
	assert_true(tcp_ports_parse("1883", &ports));
	assert_false(tcp_peers_find("/nonexistent", &ports, &peers));
	assert_int_equal(peers.n, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_proc, remove_proc)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(list_of_ports_is_accepted_whole_or_not_at_all),
		TEST(connected_server_is_a_peer),
		TEST(connected_client_is_no_peer),
		TEST(range_of_client_ports_comes_from_the_system),
		TEST(overflow_of_the_peer_list_is_flagged),
		TEST(missing_table_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
