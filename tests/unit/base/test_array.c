/* test_array.c - arrays that grow: no element is lost, even if memory is short. */
#include "core/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "unit/given.h"

static void array_keeps_its_elements_as_it_grows(void **state)
{
	uint32_t *array = NULL;
	size_t cap = 0;

	(void)state;
	for (uint32_t n = 0; n < 10000; n++) {
		array = array_grow(array, n, &cap, sizeof *array);
		assert_non_null(array);
		assert_true(cap > n);
		array[n] = n;
	}
	for (uint32_t i = 0; i < 10000; i++)
		assert_int_equal(array[i], i);
	free(array);
}

static void array_with_room_does_not_grow(void **state)
{
	size_t cap = 0;
	char *array = array_grow(NULL, 0, &cap, 1);
	size_t first = cap;

	(void)state;
	assert_non_null(array);
	assert_ptr_equal(array_grow(array, first - 1, &cap, 1), array);
	assert_int_equal(cap, first);
	free(array);
}

static void size_that_overflows_fails_like_a_lack_of_memory(void **state)
{
	static const size_t caps[] = {SIZE_MAX / 2, SIZE_MAX / 4 + 1, SIZE_MAX / 16};
	char element;

	(void)state;
	for (size_t i = 0; i < sizeof caps / sizeof *caps; i++) {
		size_t cap = caps[i];
		assert_null(array_grow(&element, cap, &cap, 17));
		assert_int_equal(cap, caps[i]);
	}
}

static void list_contains_all_addresses_in_order(void **state)
{
	struct address_list list = {0};

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) { /* IPv4 and IPv6 in turn */
		struct address a = given_client(i);
		address_list_add(&list, &a);
	}
	assert_false(list.is_short);
	assert_int_equal(list.n, 1000);
	for (uint32_t i = 0; i < 1000; i++) {
		struct address a = given_client(i);
		assert_true(address_equal(&list.at[i], &a));
	}
	address_list_fini(&list);
	assert_true(list.at == NULL && list.n == 0);
	address_list_fini(&list);
}

/* If one address were left out and the next one inserted, the list would look complete. */
static void list_without_memory_accepts_no_more_addresses(void **state)
{
	struct address a = given_client(1);
	struct address_list list = {.at = &a, .n = SIZE_MAX / 16, .cap = SIZE_MAX / 16};

	(void)state;
	address_list_add(&list, &a);
	assert_true(list.is_short && list.n == SIZE_MAX / 16 && list.at == &a);
	list.n = 0;
	address_list_add(&list, &a);
	assert_true(list.is_short && list.n == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(array_keeps_its_elements_as_it_grows),
		cmocka_unit_test(array_with_room_does_not_grow),
		cmocka_unit_test(size_that_overflows_fails_like_a_lack_of_memory),
		cmocka_unit_test(list_contains_all_addresses_in_order),
		cmocka_unit_test(list_without_memory_accepts_no_more_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
