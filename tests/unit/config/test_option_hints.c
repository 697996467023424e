/* test_option_hints.c - the hint about the probable meaning of a wrong option, operand or value. */
#include "io/config/option_hints.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void name_says(const char *program, const char *given, const char *want)
{
	struct option_hint hint = option_hints_name(program, given, "--");

	assert_string_equal(hint.s, want);
}

static void nearest_option_is_named(void **state)
{
	(void)state;
	name_says("anomdetect", "--formt", "; did you mean --format?");
	name_says("anomdetect", "--formt=nginx", "; did you mean --format?");
	name_says("anomdetect", "--Format", "; did you mean --format?");
	name_says("anomdetect", "-lern", "; did you mean --learn?");
	name_says("anomcount", "--replya", "; did you mean --replay?");
	name_says("anomban", "--unbna", "; did you mean --unban?");
	name_says("anomstat", "--promethus", "; did you mean --prometheus?");
	name_says("anomdetect", "---ban", "; did you mean --ban?");
	name_says("anomdetect", "--nonsense", "; see anomdetect --help");
	name_says("anomstat", "--", "; see anomstat --help");
}

static void options_with_the_given_beginning_are_named(void **state)
{
	(void)state;
	name_says("anomdetect", "--max",
		"; it may be --max-bans-per-minute, --max-clients, --max-strikes or --max-paths");
	name_says("anomdetect", "--state-", "; did you mean --state?");
}

static void options_of_other_programs_name_their_program(void **state)
{
	(void)state;
	name_says("anomdetect", "--list", "; it is an option of anomban");
	name_says("anomdetect", "--prometheus", "; it is an option of anomstat");
	name_says("anomcount", "--ban", "; it is an option of anomdetect and anomban");
	name_says("anomstat", "--mail", "; it is an option of anom-notify");
	name_says("anomban", "--replay",
		"; it is an option of anomdetect, anomcount and anom-notify");
}

static void words_of_fail2ban_get_a_suggestion(void **state)
{
	(void)state;
	name_says("anomdetect", "ignoreip", "; did you mean --allow?");
	name_says("anomban", "status", "; did you mean --list?");
	name_says("anomdetect", "banned", "; did you mean anomban --list?");
	name_says("anomban", "banip", "; did you mean --ban?");
	name_says("anomdetect", "unbanip", "; did you mean anomban --unban?");
}

static void operand_says(const char *program, const char *given, const char *want)
{
	struct option_hint hint = option_hints_operand(program, given);

	assert_string_equal(hint.s, want);
}

static void file_operand_gets_a_command(void **state)
{
	(void)state;
	operand_says("anomdetect", "access.log", "; try: anomdetect <access.log");
	operand_says("anomcount", "/var/log/a b.json", "; try: anomcount <'/var/log/a b.json'");
	operand_says("anomdetect", "a.log.gz", "; try: zcat a.log.gz | anomdetect");
	operand_says("anomdetect", "a.zst", "; try: zstd -dc a.zst | anomdetect");
	operand_says("anomban", "a.xz", "; try: xz -dc a.xz | anomban");
	operand_says("anomdetect", "./a.bz2", "; try: bzip2 -dc ./a.bz2 | anomdetect");
	/* the hint contains nothing that a shell would run */
	operand_says("anomdetect", "/a'; rm -rf x; '.log", "; try: anomdetect <FILE");
	operand_says("anomdetect", "a$(id).gz", "; try: zcat 'a$(id).gz' | anomdetect");
}

static void state_file_operand_gets_an_option(void **state)
{
	(void)state;
	operand_says("anomstat", "/var/lib/state.json", "; try: anomstat -s /var/lib/state.json");
}

static void long_option_with_one_dash_is_found(void **state)
{
	char a[] = "anomstat", b[] = "--json", c[] = "-json", d[] = "--", e[] = "-s", f[] = "-js";
	char *both[] = {a, b, c, NULL}, *behind[] = {a, d, c, NULL}, *letters[] = {a, e, f, NULL};

	(void)state;
	assert_ptr_equal(option_hints_single_dash("anomstat", 3, both), c);
	assert_null(option_hints_single_dash("anomcount", 3, both));
	assert_null(option_hints_single_dash("anomstat", 3, behind));
	assert_null(option_hints_single_dash("anomstat", 3, letters));
	/* a word counts as a long option if it has four letters or more; -fnginx and -s/x are a
	 * letter and its value */
	char begun[] = "-form", three[] = "-for", value[] = "-fnginx", path[] = "-s/x";
	char *forms[] = {a, three, value, path, begun, NULL};
	assert_ptr_equal(option_hints_single_dash("anomdetect", 5, forms), begun);
	assert_null(option_hints_single_dash("anomdetect", 4, forms));
}

static void address_operand_gets_a_command(void **state)
{
	(void)state;
	operand_says("anomdetect", "192.0.2.1",
		"; to ban or unban it by hand: anomban --ban 192.0.2.1, or --unban");
	operand_says("anomban", "2001:db8::1",
		"; to ban or unban it by hand: anomban --ban 2001:db8::1, or --unban");
	operand_says("anomstat", "2001:db8::1", "; try: anomstat --client 2001:db8::1");
}

static void missing_and_wrong_dashes_get_a_hint(void **state)
{
	(void)state;
	operand_says("anomdetect", "ban", "; did you mean --ban?");
	operand_says("anomban", "list", "; did you mean --list?");
	operand_says("anomdetect", "unban", "; it is an option of anomban");
	operand_says("anomdetect",
		"\xe2\x80\x93"
		"ban",
		"; it begins with a typographic dash: type --ban");
	operand_says("anomdetect", "\xe2\x80\x94learn=5m",
		"; it begins with a typographic dash: type --learn=5m");
	operand_says("anomdetect", "\xe2\x88\x92\xe2\x88\x92learn",
		"; it begins with a typographic dash: type --learn");
	operand_says("anomdetect", "-", "; leave it out");
	/* an incomplete dash: two of its three bytes in UTF-8 */
	operand_says("anomdetect", "\xe2\x80", "; see anomdetect --help");
}

static void value_says(enum options_kind kind, double most, const char *value, const char *want)
{
	struct options_row row = {.name = "x", .kind = kind, .min = 0.01, .max = most};
	struct option_hint hint = option_hints_value(&row, value);

	assert_string_equal(hint.s, want);
}

static void times_in_other_units_get_a_suggestion(void **state)
{
	static const char *const cases[][2] = {{"5w", "; did you mean 35d?"},
		{"10 min", "; did you mean 10m?"}, {"10MIN", "; did you mean 10m?"},
		{"1h30m", "; did you mean 90m?"}, {"1h 30m", "; did you mean 90m?"},
		{"2 hours", "; did you mean 2h?"}, {"1.5h", "; did you mean 90m?"},
		{"1 day", "; did you mean 1d?"}, {"90 seconds", "; did you mean 90s?"}, {"1y", ""},
		{"10x", ""}, {"min", ""}, {"", ""}, {"1h-", ""}, {"-5m", ""},
		{"99999999999999999999999999d", ""}, {"1e999m", ""}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		value_says(OPTIONS_SPAN, 100 * 86400.0, cases[i][0], cases[i][1]);
}

static void numbers_in_other_forms_get_a_suggestion(void **state)
{
	(void)state;
	value_says(OPTIONS_NUMBER, 1, "50%", "; did you mean 0.5?");
	value_says(OPTIONS_NUMBER, 1, "0,5", "; did you mean 0.5?");
	value_says(OPTIONS_NUMBER, 1, "5", "");
	value_says(OPTIONS_NUMBER, 1, "200%", "");
	value_says(OPTIONS_COUNT, 1e9, "10k", "; did you mean 10000?");
	value_says(OPTIONS_COUNT, 1e9, "2M", "; did you mean 2000000?");
	value_says(OPTIONS_COUNT, 1e9, "1,000,000", "; did you mean 1000000?");
	value_says(OPTIONS_COUNT, 1e9, "1_000", "; did you mean 1000?");
	value_says(OPTIONS_COUNT, 1e9, "1,5", "");
	value_says(OPTIONS_COUNT, 1e9, "1.5", "");
	value_says(OPTIONS_COUNT, 1e9, "1,00", "");
	value_says(OPTIONS_COUNT, 1e9, "%", "");
	value_says(OPTIONS_COUNT, 1e9, "many", "");
}

static void nearest_word_of_a_list_is_named(void **state)
{
	static const char *const words[] = {"visits", "site", NULL};

	(void)state;
	assert_string_equal(option_hints_word("visit", words).s, "; did you mean visits?");
	assert_string_equal(option_hints_word("SITE", words).s, "; did you mean site?");
	assert_string_equal(option_hints_word("clients", words).s, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nearest_option_is_named),
		cmocka_unit_test(options_with_the_given_beginning_are_named),
		cmocka_unit_test(options_of_other_programs_name_their_program),
		cmocka_unit_test(words_of_fail2ban_get_a_suggestion),
		cmocka_unit_test(file_operand_gets_a_command),
		cmocka_unit_test(state_file_operand_gets_an_option),
		cmocka_unit_test(long_option_with_one_dash_is_found),
		cmocka_unit_test(address_operand_gets_a_command),
		cmocka_unit_test(missing_and_wrong_dashes_get_a_hint),
		cmocka_unit_test(times_in_other_units_get_a_suggestion),
		cmocka_unit_test(numbers_in_other_forms_get_a_suggestion),
		cmocka_unit_test(nearest_word_of_a_list_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
