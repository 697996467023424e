/* test_nearest.c - nearest.h finds the word that the user probably meant. */
#include "core/base/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* The nearest word of a list that ends with NULL; "" if none is near. */
static const char *near_to(const char *text, const char *const *words)
{
	static struct nearest n;

	nearest_init(&n, text, strlen(text));
	for (; *words; words++)
		nearest_try(&n, *words, strlen(*words));
	return nearest_found(&n) ? nearest_found(&n) : "";
}

static void one_mistake_in_a_word_is_near(void **state)
{
	static const char *const words[] = {"format", "schedule", "list", NULL};

	(void)state;
	assert_string_equal(near_to("formt", words), "format");
	assert_string_equal(near_to("formaat", words), "format");
	assert_string_equal(near_to("farmat", words), "format");
	assert_string_equal(near_to("fromat", words), "format"); /* two letters swapped */
	assert_string_equal(near_to("FORMAT", words), "format");
	assert_string_equal(near_to("lsit", words), "list");
	assert_string_equal(near_to("shedul", words), "schedule");
}

static void word_with_too_many_mistakes_is_not_near(void **state)
{
	static const char *const words[] = {"format", "ban", "set", NULL};

	(void)state;
	assert_string_equal(near_to("nonsense", words), "");
	assert_string_equal(near_to("nginx", words), "");
	assert_string_equal(near_to("x", words), "");
	assert_string_equal(near_to("", words), "");
	/* two mistakes in five letters are not too many */
	assert_string_equal(near_to("unban", words), "ban");
	assert_string_equal(near_to("forma-ban", words), "");
}

static void nearest_word_wins_and_at_equal_distance_the_first(void **state)
{
	static const char *const words[] = {"unban", "bans", "ban", "bat", NULL};

	(void)state;
	assert_string_equal(near_to("bann", words), "bans");
	assert_string_equal(near_to("unbann", words), "unban");
	assert_string_equal(near_to("bax", words), "ban");
}

static void abbreviation_is_near_if_no_word_is_near_by_edit_distance(void **state)
{
	static const char *const words[] = {"client-baseline", "clients", NULL};

	(void)state;
	assert_string_equal(near_to("cli", words), "client-baseline");
	assert_string_equal(near_to("cl", words), "");
	assert_string_equal(near_to("client", words), "clients");
}

static void long_words_are_not_near(void **state)
{
	char word[NEAREST_LEN_MAX + 2];
	const char *const words[] = {word, NULL};

	(void)state;
	memset(word, 'a', sizeof word);
	word[NEAREST_LEN_MAX] = '\0';
	assert_string_equal(near_to(word, words), word);
	word[NEAREST_LEN_MAX] = 'a';
	word[NEAREST_LEN_MAX + 1] = '\0';
	assert_string_equal(near_to(word, words), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_mistake_in_a_word_is_near),
		cmocka_unit_test(word_with_too_many_mistakes_is_not_near),
		cmocka_unit_test(nearest_word_wins_and_at_equal_distance_the_first),
		cmocka_unit_test(abbreviation_is_near_if_no_word_is_near_by_edit_distance),
		cmocka_unit_test(long_words_are_not_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
