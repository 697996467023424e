/* test_options_refused.c - wrong command lines are refused, with a message that names the fault. */
#include "io/config/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "unit/given_argv.h"

static char why[512];

static bool parse_list(struct options *o, const char *const *args, int n)
{
	why[0] = '\0';
	bool ok = options_parse(o, n, given_argv(args, (size_t)n), why, sizeof why);
	if (!ok) {
		assert_true(why[0] != '\0');
		assert_null(strchr(why, '\n'));
	}
	return ok;
}

#define PARSE(o, ...)                                                                              \
	parse_list(o, (const char *const[]){"anomdetect", __VA_ARGS__},                            \
		sizeof((const char *const[]){"anomdetect", __VA_ARGS__}) / sizeof(char *))

static void wrong_word_is_named(void **state)
{
	struct options o;

	(void)state;
	assert_false(PARSE(&o, "--nonsense"));
	assert_string_equal(why, "unknown option --nonsense; see anomdetect --help");
	assert_false(PARSE(&o, "--nonsense=5", "--ban"));
	assert_string_equal(why, "unknown option --nonsense=5; see anomdetect --help");
	assert_false(PARSE(&o, "-x"));
	assert_string_equal(why, "unknown option -x; see anomdetect --help");
	assert_false(PARSE(&o, "-vx", "-b"));
	assert_string_equal(why, "unknown option -x; see anomdetect --help");
	assert_false(PARSE(&o, "access.json"));
	assert_string_equal(why,
		"'access.json' is not an option; lines are read from standard input; "
		"try: anomdetect <access.json");
	assert_false(PARSE(&o, "-b", "--", "-v"));
	assert_string_equal(why, "'-v' is not an option; lines are read from standard input; "
				 "it may be --verbose or --version");
	assert_false(PARSE(&o, "-"));
}

/* Without this program's own check, getopt_long of glibc would choose the first option that begins
 * with the word. */
static void word_that_begins_several_options_is_refused(void **state)
{
	struct options o;

	(void)state;
	assert_false(PARSE(&o, "--max", "1000"));
	assert_non_null(strstr(why, "unknown option --max; it may be --max-bans-per-minute, "));
	assert_false(PARSE(&o, "--ipv=24"));
	assert_string_equal(
		why, "unknown option --ipv=24; it may be --ipv4-prefix or --ipv6-prefix");
	assert_true(PARSE(&o, "--max-c", "1000"));
	assert_int_equal(o.detection.max_clients, 1000);
}

static void long_option_needs_two_dashes(void **state)
{
	struct options o;

	(void)state;
	assert_false(PARSE(&o, "-ban"));
	assert_string_equal(why, "unknown option -ban; did you mean --ban?");
	assert_false(PARSE(&o, "-v", "-state", "/nowhere"));
	assert_string_equal(why, "unknown option -state; did you mean --state?");
	assert_false(PARSE(&o, "-events=ban"));
	assert_string_equal(why, "unknown option -events=ban; did you mean --events?");
	assert_false(PARSE(&o, "-tx"));
	assert_true(PARSE(&o, "-bv"));
	assert_true(PARSE(&o, "-sstat"));
	assert_true(PARSE(&o, "-s", "tate"));
}

static void option_is_not_used_as_a_value(void **state)
{
	struct options o;

	(void)state;
	assert_false(PARSE(&o, "--state", "--ban"));
	assert_non_null(strstr(why, "--state takes a value before --ban: FILE, "));
	assert_false(PARSE(&o, "-s", "--ban"));
	assert_non_null(strstr(why, "--state takes a value before --ban: FILE, "));
	assert_true(PARSE(&o, "--state=--ban"));
	assert_string_equal(o.state.path, "--ban");
	assert_true(PARSE(&o, "--state", "--file"));
	assert_false(PARSE(&o, "--ban=yes"));
	assert_string_equal(why, "--ban takes no value; remove '=yes'");
}

static void missing_value_is_named(void **state)
{
	struct options o;

	(void)state;
	assert_false(PARSE(&o, "--severe"));
	assert_string_equal(why,
		"--severe takes a value: N, the worst clients exceed N times the cold limits (5)");
	assert_false(PARSE(&o, "-b", "-vs"));
	assert_non_null(strstr(why, "-s takes a value: FILE, state file, for anomstat"));
	assert_false(PARSE(&o, "--config"));
	assert_non_null(strstr(why, "--config takes a value: FILE, read options from FILE"));
}

static void long_words_are_cut_in_messages(void **state)
{
	char value[500], word[500];
	struct options o;

	(void)state;
	memset(value, 'x', sizeof value - 1);
	value[sizeof value - 1] = '\0';
	memset(word, 'x', sizeof word - 1);
	memcpy(word, "--", 2);
	word[sizeof word - 1] = '\0';
	assert_false(PARSE(&o, "--severe", value));
	assert_non_null(strstr(why, "' is not a number from 1 to 1000"));
	assert_false(PARSE(&o, word));
	assert_false(PARSE(&o, value));
	assert_non_null(strstr(why, "' is not an option"));
}

static void removed_option_is_refused_with_its_fixed_value(void **state)
{
	static const char *const words[][2] = {
		{"--burst", "--burst was removed in 1.0.0; its value is 2 now: delete it"},
		{"--burst=3", "--burst was removed in 1.0.0; its value is 2 now: delete it"},
		{"--state-interval",
			"--state-interval was removed in 1.0.0; its value is 3s now: delete it"},
		{"--client-baseline", "--client-baseline was removed in 1.0.0; clients are always "
				      "judged by learned visits now: delete it"},
		{"--requests-cold", "--requests-cold was removed in 1.0.0; its value is 5/3 of "
				    "--requests-floor now: use --requests-floor"},
		/* release 0.1.0 accepted the beginning of a name, and used the first option that
		 * begins so */
		{"--zsc", "--zscore was removed in 1.0.0; its value is 3 now: delete it"},
		{"--half=12h", "--half-life was removed in 1.0.0; its value is 24h now: delete it"},
		{"--top", "--top-share was removed in 1.0.0; its value is 0.01 now: delete it"},
		{"--half_life",
			"--half-life was removed in 1.0.0; its value is 24h now: delete it"},
		{"--ZScore=4", "--zscore was removed in 1.0.0; its value is 3 now: delete it"},
		{"--requests-c", "--requests-cold was removed in 1.0.0; its value is 5/3 of "
				 "--requests-floor now: use --requests-floor"},
		{"-zscore", "--zscore was removed in 1.0.0; its value is 3 now: delete it"},
		/* this is not -s with the file "tate-interval=5s" */
		{"-state-interval=5s",
			"--state-interval was removed in 1.0.0; its value is 3s now: delete it"},
		{"-State_Interval=5s",
			"--state-interval was removed in 1.0.0; its value is 3s now: delete it"},
		{"-requests-cold", "--requests-cold was removed in 1.0.0; its value is 5/3 of "
				   "--requests-floor now: use --requests-floor"},
		{"--sta", "unknown option --sta; it may be --state, --status or "
			  "--state-group"},
		{"--zs", "unknown option --zs; see anomdetect --help"},
		/* this was never an option */
		{"--bursts", "unknown option --bursts; see anomdetect --help"},
	};
	struct options o;

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		assert_false(PARSE(&o, words[i][0], "4"));
		assert_string_equal(why, words[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_word_is_named),
		cmocka_unit_test(word_that_begins_several_options_is_refused),
		cmocka_unit_test(long_option_needs_two_dashes),
		cmocka_unit_test(option_is_not_used_as_a_value),
		cmocka_unit_test(missing_value_is_named),
		cmocka_unit_test(removed_option_is_refused_with_its_fixed_value),
		cmocka_unit_test(long_words_are_cut_in_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
