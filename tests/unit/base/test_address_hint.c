/* test_address_hint.c - advice on how to correct a text that is not an address. */
#include "core/base/address_hint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof *(array))

static void check_hints(const char *const (*cases)[2], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct address_hint hint = address_hint_of(cases[i][0], strlen(cases[i][0]));
		if (strcmp(hint.s, cases[i][1]) != 0)
			fail_msg("the hint for '%s' is '%s', not '%s'", cases[i][0], hint.s,
				cases[i][1]);
	}
}

static void ports_and_brackets_are_left_out(void **state)
{
	static const char *const cases[][2] = {
		{"192.0.2.1:443", "; leave out the port and the brackets: 192.0.2.1"},
		{"[2001:db8::1]:443", "; leave out the port and the brackets: 2001:db8::1"},
		{"[2001:db8::1]", "; leave out the port and the brackets: 2001:db8::1"},
		{"http://192.0.2.1/", "; give the address alone: 192.0.2.1"},
		{"https://[2001:db8::1]:8443/x?y#z", "; give the address alone: 2001:db8::1"},
	};

	(void)state;
	check_hints(cases, N(cases));
}

static void networks_in_other_forms_get_a_suggestion(void **state)
{
	static const char *const cases[][2] = {
		{"192.0.2.0/255.255.255.0", "; did you mean 192.0.2.0/24?"},
		{"10.0.0.1/255.0.0.0", "; did you mean 10.0.0.0/8?"},
		{"192.0.2.0/255.0.255.0", "; the prefix of an IPv4 network is /0 to /32"},
		{"192.0.2.0/33", "; the prefix of an IPv4 network is /0 to /32"},
		{"192.0.2.0/", "; the prefix of an IPv4 network is /0 to /32"},
		{"2001:db8::/129", "; the prefix of an IPv6 network is /0 to /128"},
		{"192.0.2", "; an IPv4 address has four numbers, or did you mean 192.0.2.0/24?"},
		{"192.0.2.", "; an IPv4 address has four numbers, or did you mean 192.0.2.0/24?"},
		{"192.0.2.*", "; an IPv4 address has four numbers, or did you mean 192.0.2.0/24?"},
		{"10.*", "; an IPv4 address has four numbers, or did you mean 10.0.0.0/8?"},
		{"10.1.x.x", "; an IPv4 address has four numbers, or did you mean 10.1.0.0/16?"},
		{"192.0.2.1-192.0.2.9",
			"; a range is written as networks, such as 192.0.2.0/28 or 2001:db8::/48"},
		{"2001:db8::1-2001:db8::9",
			"; a range is written as networks, such as 192.0.2.0/28 or 2001:db8::/48"},
		{"192.0.2.1,2001:db8::1", "; give the addresses with blanks between them"},
		{"192.0.2.1 192.0.2.2", "; give the addresses with blanks between them"},
	};

	(void)state;
	check_hints(cases, N(cases));
}

static void wrong_numbers_get_an_explanation(void **state)
{
	static const char four[] =
		"; an IPv4 address has four numbers from 0 to 255, without leading zeros";
	static const char eight[] =
		"; an IPv6 address has eight groups of up to four digits, or :: once";
	const char *const cases[][2] = {{"192.0.2.300", four}, {"192.0.02.1", four},
		{"192.0.2.1.1", four}, {"1", four}, {"2001:db8:1", eight},
		{"2001:db8::1::2", eight}, {"2001:db8::12345", eight}};

	(void)state;
	check_hints(cases, N(cases));
}

static void host_names_get_a_command_that_looks_them_up(void **state)
{
	static const char before[] =
		"; host names are not resolved; to print the addresses of the named host: "
		"getent ahosts ";
	static const char *const cases[][2] = {{"example.org", "example.org"},
		{"example.org:443", "example.org"},
		{"https://www.example.org/a", "www.example.org"}, {"localhost", "localhost"}};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct address_hint hint = address_hint_of(cases[i][0], strlen(cases[i][0]));
		assert_memory_equal(hint.s, before, sizeof before - 1);
		assert_string_equal(hint.s + sizeof before - 1, cases[i][1]);
	}
}

static void text_that_a_shell_would_execute_is_not_repeated_in_the_hint(void **state)
{
	static const char *const cases[][2] = {{"$(reboot)", ""}, {"a;b", ""}, {"-h", ""},
		{"x\x1b[31m", ""}, {"a b", ""}, {"::1", ""}, {"192.0.2.0/24", ""},
		{"", "; it is empty; perhaps a variable of the shell is not set"}};
	char text[300];

	(void)state;
	check_hints(cases, N(cases));
	memset(text, 'a', sizeof text);
	assert_string_equal(address_hint_of(text, sizeof text).s, "");
	memset(text, '1', sizeof text);
	assert_true(strlen(address_hint_of(text, sizeof text).s) > 0);
	/* the text has no terminator */
	char *exact = malloc(2);
	memcpy(exact, "ab", 2);
	assert_non_null(strstr(address_hint_of(exact, 2).s, "getent ahosts ab"));
	assert_string_equal(address_hint_of("a\0b", 3).s, "");
	free(exact);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_and_brackets_are_left_out),
		cmocka_unit_test(networks_in_other_forms_get_a_suggestion),
		cmocka_unit_test(wrong_numbers_get_an_explanation),
		cmocka_unit_test(host_names_get_a_command_that_looks_them_up),
		cmocka_unit_test(text_that_a_shell_would_execute_is_not_repeated_in_the_hint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
