/* test_options_reload.c - which options a reload changes, and which are named because they need a
 * restart. */
#include "io/config/options_reload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "io/config/options.h"
#include "unit/option_rows.h"

static char told[4096]; /* the names, with a blank before each name */

static void note_name(const char *name)
{
	size_t len = strlen(told);

	snprintf(told + len, sizeof told - len, " %s", name);
}

/* The options point to the words, so the words must stay valid. */
static void parse(struct options *o, const char *const *words, size_t n)
{
	static char *argv[16];
	char why[512];

	argv[0] = (char[]){"anomdetect"};
	for (size_t i = 0; i < n; i++)
		argv[i + 1] = (char *)(uintptr_t)words[i];
	argv[n + 1] = NULL;
	if (!options_parse(o, (int)n + 1, argv, why, sizeof why))
		fail_msg("%s", why);
}

#define PARSE(o, ...)                                                                              \
	do {                                                                                       \
		static const char *const words_[] = {"-v", __VA_ARGS__};                           \
		parse(o, words_, sizeof words_ / sizeof *words_);                                  \
	} while (0)

static const char *need_restart(const struct options *running, const struct options *wanted)
{
	*told = '\0';
	options_need_restart(running, wanted, note_name);
	return told;
}

static void five_options_take_effect_without_a_restart(void **state)
{
	struct options running, wanted;

	(void)state;
	PARSE(&running, "--allow", "192.0.2.1");
	PARSE(&wanted, "--allow", "192.0.2.2", "--allow", "2001:db8::/32", "--trust-proxy",
		"10.0.0.1", "--events", "ban", "--schedule", "1m,permanent");
	wanted.program.verbose = false;
	assert_string_equal(need_restart(&running, &wanted), "");
	options_take_over(&running, &wanted);
	assert_int_equal(running.allow.networks.n, 2);
	assert_string_equal(running.allow.networks.values[1], "2001:db8::/32");
	assert_int_equal(running.allow.trust_proxy.n, 1);
	assert_int_equal(running.run.events, wanted.run.events);
	assert_int_equal(running.bans.schedule_n, 2);
	assert_int_equal(running.bans.schedule[0].ms, 60000);
	assert_int_equal(running.bans.schedule[1].ms, SPAN_MAX.ms);
	assert_false(running.program.verbose);
}

static void other_options_are_named_and_keep_their_values(void **state)
{
	struct options running, wanted;

	(void)state;
	PARSE(&running, "--state", "/a");
	PARSE(&wanted, "--ban", "--state", "/b", "--severe", "4", "--max-clients", "1000",
		"--forget", "1d", "--user", "x");
	assert_string_equal(
		need_restart(&running, &wanted), " ban state user forget severe max-clients");
	options_take_over(&running, &wanted);
	assert_false(running.run.ban);
	assert_string_equal(running.state.path, "/a");
	assert_null(running.run.user);
	/* options that are no longer given are named, too */
	assert_string_equal(
		need_restart(&wanted, &running), " ban state user forget severe max-clients");
}

static void texts_are_compared_by_contents(void **state)
{
	char a[] = "/var/log/x", b[] = "/var/log/x";
	struct options running, wanted;

	(void)state;
	PARSE(&running, "--set", "x");
	PARSE(&wanted, "--set", "x");
	running.state.path = a;
	wanted.state.path = b;
	assert_string_equal(need_restart(&running, &wanted), "");
	running.log = a;
	wanted.log = b;
	assert_string_equal(need_restart(&running, &wanted), "");
	b[0] = 'x';
	assert_string_equal(need_restart(&running, &wanted), " state LOG");
	wanted.log = NULL;
	wanted.state.path = NULL;
	assert_string_equal(need_restart(&running, &wanted), " state LOG");
}

/* Changes each option with a number or a time; every change must be named. */
static void every_changed_number_is_named(void **state)
{
	struct options running, wanted;
	char want[64];

	(void)state;
	PARSE(&running, "-v");
	for (size_t i = 0; i < sizeof option_rows / sizeof *option_rows; i++) {
		const struct option_row *row = &option_rows[i];
		static const char *const others[] = {"grace", "longest"}; /* of other programs */
		if (strcmp(row->name, others[0]) == 0 || strcmp(row->name, others[1]) == 0)
			continue;
		char word[64];
		snprintf(word, sizeof word, "--%s", row->name);
		bool is_most = false;
		const char *const least[] = {word, row->least}, *const most[] = {word, row->most};
		parse(&wanted, least, 2);
		wanted.program.verbose = true;
		snprintf(want, sizeof want, " %s", row->name);
		if (*need_restart(&running, &wanted) == '\0') { /* the minimum is the default */
			parse(&wanted, most, 2);
			is_most = true;
		}
		if (strcmp(need_restart(&running, &wanted), want) != 0)
			fail_msg("%s: named '%s'%s", row->name, told,
				is_most ? ", with the maximum" : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(five_options_take_effect_without_a_restart),
		cmocka_unit_test(other_options_are_named_and_keep_their_values),
		cmocka_unit_test(texts_are_compared_by_contents),
		cmocka_unit_test(every_changed_number_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
