/* test_address_read.c - address_read_v4 reads an IPv4 address that is followed by other text. */
#include "core/base/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void ipv4_address_is_read_up_to_the_following_text(void **state)
{
	static const struct {
		const char *text;
		/* length of the address; 0: the text does not begin with an address */
		size_t behind;
	} cases[] = {
		{"198.51.100.7\",12", 12},
		{"198.51.100.7", 12},
		{"1.2.3.45.6", 8},
		{"1.2.3.04", 0},
		{"1.2.3.256", 0},
		{"1.2.3.", 0},
		{"1.2.3", 0},
		{"01.2.3.4", 0},
		{"", 0},
		{"2001:db8::1", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *text = cases[i].text, *end = text + strlen(text);
		struct address a = {.prefix_len = 99}, whole;
		const char *behind = address_read_v4(text, end, &a);
		print_message("# %s\n", text);
		if (cases[i].behind == 0) {
			assert_null(behind);
			assert_int_equal(a.prefix_len, 99);
			continue;
		}
		assert_ptr_equal(behind, text + cases[i].behind);
		assert_true(address_parse(text, cases[i].behind, &whole));
		assert_true(address_equal(&a, &whole));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4_address_is_read_up_to_the_following_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
