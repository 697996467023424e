/* test_address_members.c - which members of an unknown object contain addresses, and which of them
 * a client can write. */
#include "core/read/address_members.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct address_members found;

/* Copies the text to the heap, so that a sanitizer detects a read past its end. */
static bool find_in(const char *text, bool wrapped)
{
	size_t len = strlen(text);
	char *copy = malloc(len + 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	bool ok = address_members_find(copy, len, wrapped, &found);
	free(copy);
	return ok;
}

/* "name=value" of each member, separated by blanks. */
static void check_members(const char *text, bool wrapped, const char *want)
{
	char got[2048] = "";

	assert_true(find_in(text, wrapped));
	for (size_t i = 0; i < found.n; i++) {
		size_t at = strlen(got);
		snprintf(got + at, sizeof got - at, "%s%s=%s", i ? " " : "",
			found.at[i].member.name, found.at[i].member.value);
	}
	assert_string_equal(got, want);
}

static void addresses_of_each_form_are_found_at_any_depth(void **state)
{
	(void)state;
	check_members("{\"a\":\"203.0.113.7\",\"b\":{\"c\":{\"d\":\"2001:db8::7\"}},\"e\":1}",
		false, "a=203.0.113.7 b.c.d=2001:db8::7");
	check_members(
		"{\"a\":\"203.0.113.7:443\",\"b\":\"[2001:db8::7]:443\",\"c\":\"[2001:db8::7]\"}",
		false, "a=203.0.113.7:443 b=[2001:db8::7]:443 c=[2001:db8::7]");
	check_members("{\"a\":\"203.0.113.7, 2001:db8::7\",\"b\":[\"2001:db8::8\"],\"c\":[]}",
		false, "a=203.0.113.7, 2001:db8::7 b=2001:db8::8");
}

static void text_that_is_no_address_is_ignored(void **state)
{
	(void)state;
	check_members(
		"{\"a\":\"1.2.3\",\"b\":\"GET /1.2.3.4\",\"c\":null,\"d\":7,\"e\":\"\",\"f\":\"-\","
		"\"g\":\"1.2.3.4,\",\"h\":\"1.2.3.4\\u0000x\",\"i\":[7],\"j\":[[\"1.2.3.4\"]]}",
		false, "h=1.2.3.4");
	check_members("{}", false, "");
}

static void text_that_is_no_object_is_refused(void **state)
{
	static const char *const texts[] = {
		"", "{", "[{}]", "{} x", "\"1.2.3.4\"", "1.2.3.4", "null"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_false(find_in(texts[i], true));
	assert_true(find_in("{} \t\r", false));
}

static void check_role(const char *name, enum address_role role)
{
	char text[256];

	for (int v6 = 0; v6 < 2; v6++) {
		snprintf(text, sizeof text, "{\"%s\":\"%s\"}", name,
			v6 ? "2001:db8::7" : "203.0.113.7");
		assert_true(find_in(text, false));
		assert_int_equal(found.n, 1);
		if (found.at[0].role != role)
			fail_msg("%s has role %d", name, found.at[0].role);
	}
}

static void names_of_headers_are_recognised(void **state)
{
	static const char *const headers[] = {"client_ip", "clientip", "real_ip", "Real-IP",
		"x-forwarded-for", "X-Forwarded-For", "x_real_ip", "cf-connecting-ip",
		"CF-Connecting-IP", "true-client-ip", "http_x_forwarded_for",
		"http_cf_connecting_ip", "http_anything", "xff", "forwarded",
		"request_X-Forwarded-For", "ClientHost"};
	static const char *const peers[] = {"visitor", "slb_ip", "ip", "addr", "remote_ip",
		"source_ip", "client", "ClientAddr", "peer"};
	static const char *const servers[] = {"upstream_addr", "server_addr", "backend_ip",
		"dst_ip", "destination.ip", "host", "version"};

	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
		check_role(headers[i], ADDRESS_HEADER);
	for (size_t i = 0; i < sizeof peers / sizeof *peers; i++)
		check_role(peers[i], ADDRESS_PEER);
	for (size_t i = 0; i < sizeof servers / sizeof *servers; i++)
		check_role(servers[i], ADDRESS_SERVER);
}

static void members_below_headers_and_lists_are_headers(void **state)
{
	(void)state;
	check_members("{\"req\":{\"headers\":{\"ip\":\"2001:db8::7\"}},\"ip\":\"203.0.113.7\"}",
		false, "req.headers.ip=2001:db8::7 ip=203.0.113.7");
	assert_int_equal(found.at[0].role, ADDRESS_HEADER);
	assert_ptr_equal(address_members_first(&found, ADDRESS_PEER), &found.at[1]);
	assert_ptr_equal(address_members_first(&found, ADDRESS_HEADER), &found.at[0]);
	assert_null(address_members_first(&found, ADDRESS_SERVER));
	assert_ptr_equal(address_members_named(&found, "ip"), &found.at[1]);
	assert_null(address_members_named(&found, "headers"));
	check_members("{\"hops\":\"203.0.113.7, 10.0.0.1\",\"seen\":[\"2001:db8::7\"]}", false,
		"hops=203.0.113.7, 10.0.0.1 seen=2001:db8::7");
	assert_int_equal(found.at[0].role, ADDRESS_HEADER);
	assert_int_equal(found.at[1].role, ADDRESS_HEADER);
}

static void object_in_a_string_is_read_if_wrapped(void **state)
{
	static const char text[] =
		"{\"host\":\"10.0.0.1\",\"log\":\"{\\\"visitor\\\":\\\"2001:db8::7\\\"}\\n\"}";

	(void)state;
	check_members(text, true, "visitor=2001:db8::7");
	check_members(text, false, "host=10.0.0.1");
	check_members("{\"ip\":\"10.0.0.1\",\"log\":\"{no object\"}", true, "ip=10.0.0.1");
}

static void names_and_values_are_bounded_and_plain(void **state)
{
	static char text[65536];
	size_t n = 0;

	(void)state;
	text[n++] = '{';
	for (int i = 0; i < 2000; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "\"a%d\":\"203.0.113.7\",", i);
	snprintf(text + n, sizeof text - n, "\"z\":1}");
	assert_true(find_in(text, false));
	assert_int_equal(found.n, ADDRESS_MEMBERS_MAX);
	/* deeper than in any format */
	n = 0;
	for (int i = 0; i < 500; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "{\"a\":");
	n += (size_t)snprintf(text + n, sizeof text - n, "\"203.0.113.7\"");
	memset(text + n, '}', 500);
	text[n + 500] = '\0';
	check_members(text, false, "");
	/* names that cannot be given in a shell */
	snprintf(text, sizeof text, "{\"%064d\":\"203.0.113.7\",\"a'b\":\"203.0.113.7\"}", 0);
	check_members(text, false, "");
	check_members("{\"a\\u001b[31m\":\"203.0.113.7\",\"b\\u009b\":\"203.0.113.7\"}", false, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_of_each_form_are_found_at_any_depth),
		cmocka_unit_test(text_that_is_no_address_is_ignored),
		cmocka_unit_test(text_that_is_no_object_is_refused),
		cmocka_unit_test(names_of_headers_are_recognised),
		cmocka_unit_test(members_below_headers_and_lists_are_headers),
		cmocka_unit_test(object_in_a_string_is_read_if_wrapped),
		cmocka_unit_test(names_and_values_are_bounded_and_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
