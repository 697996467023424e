/* test_options_anomban.c - the options that anomban shares with anomdetect, its own options, and
 * the configuration file for both. */
#include "io/config/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "unit/given_argv.h"
#include "unit/given_file.h"

static char why[512];
static bool parse_list(struct options *o, const char *const *args, int n)
{
	why[0] = '\0';
	return options_parse_anomban(o, n, given_argv(args, (size_t)n), why, sizeof why);
}

#define PARSE(o, ...)                                                                              \
	parse_list(o, (const char *const[]){"anomban", __VA_ARGS__},                               \
		sizeof((const char *const[]){"anomban", __VA_ARGS__}) / sizeof(char *))

static bool parse_file(struct options *o, const char *text)
{
	write_bytes(text, strlen(text));
	return PARSE(o, "--config", path);
}

static void without_an_action_anomban_is_a_filter(void **state)
{
	struct options o;

	(void)state;
	assert_true(PARSE(&o, "-v"));
	assert_int_equal(o.anomban.action, OPTIONS_FILTER);
	assert_true(o.program.verbose && !o.anomban.force && !o.allow.ban_private);
	assert_string_equal(o.firewall.set_name, "anomdetect");
	assert_string_equal(o.firewall.chain, "raw/PREROUTING");
	assert_int_equal(o.bans.ipv6_prefix, 64);
	assert_int_equal(o.bans.max_strikes, 1000000);
}

static void shared_options_have_the_same_meaning(void **state)
{
	struct options o;

	(void)state;
	assert_true(PARSE(&o, "--set", "web", "--chain", "filter/INPUT", "--rule=none",
		"--ipv4-prefix", "24", "--ipv6-prefix", "56", "--allow", "192.0.2.0/24",
		"--max-strikes", "100", "--ban-private", "--force"));
	assert_string_equal(o.firewall.set_name, "web");
	assert_string_equal(o.firewall.chain, "filter/INPUT");
	assert_string_equal(o.firewall.rule, "none");
	assert_int_equal(o.bans.ipv4_prefix, 24);
	assert_int_equal(o.bans.ipv6_prefix, 56);
	assert_int_equal(o.allow.networks.n, 1);
	assert_int_equal(o.bans.max_strikes, 100);
	assert_true(o.allow.ban_private && o.anomban.force);
	assert_false(PARSE(&o, "--ipv4-prefix", "7"));
	assert_string_equal(why, "--ipv4-prefix: '7' is not a whole number from 8 to 32 "
				 "(address bits that make a client; default 32 and 64)");
	assert_false(PARSE(&o, "--rule", "maybe"));
	assert_string_equal(why, "--rule: 'maybe' is not auto or none");
	assert_false(PARSE(&o, "--max-strikes", "99"));
	assert_string_equal(why, "--max-strikes: '99' is not a whole number from 100 to 100000000 "
				 "(addresses that a new set has room for; default 1000000)");
}

static void options_of_anomdetect_alone_are_unknown(void **state)
{
	static const char *const words[] = {
		"--replay", "-r", "-b", "--severe=3", "--state-group=adm", "-e", "--schedule=1m"};

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct options o;
		assert_false(PARSE(&o, words[i]));
		assert_memory_equal(why, "unknown option ", 15);
	}
}

static void each_action_is_accepted(void **state)
{
	static const struct {
		const char *word;
		enum options_action action;
		size_t operands; /* required */
	} actions[] = {{"--list", OPTIONS_LIST, 0}, {"--flush", OPTIONS_FLUSH, 0},
		{"--teardown", OPTIONS_TEARDOWN, 0}, {"--ban", OPTIONS_BAN, 1},
		{"--unban", OPTIONS_UNBAN, 1}};

	(void)state;
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
		struct options o;
		bool has_operands = actions[i].operands > 0;
		assert_int_equal(PARSE(&o, actions[i].word), !has_operands);
		assert_int_equal(PARSE(&o, actions[i].word, "192.0.2.1"), has_operands);
		assert_int_equal(o.anomban.action, actions[i].action);
		/* the same action twice counts once; two different actions are an error */
		assert_int_equal(PARSE(&o, actions[i].word, actions[i].word), !has_operands);
		assert_false(PARSE(&o, actions[i].word, actions[(i + 1) % 5].word, "192.0.2.1"));
		assert_non_null(strstr(why, ": not together with another action"));
	}
}

static void operands_may_be_before_and_after_options(void **state)
{
	struct options o;

	(void)state;
	assert_true(PARSE(&o, "192.0.2.1", "--set", "web", "2001:db8::1", "--unban", "192.0.2.2"));
	assert_int_equal(o.anomban.operands_n, 3);
	assert_string_equal(o.anomban.operands[0], "192.0.2.1");
	assert_string_equal(o.anomban.operands[1], "2001:db8::1");
	assert_string_equal(o.anomban.operands[2], "192.0.2.2");
	assert_string_equal(o.firewall.set_name, "web");
}

static void ban_accepts_a_time(void **state)
{
	static const struct {
		const char *text;
		int64_t ms; /* 0: refused */
	} times[] = {{"1", 1000}, {"90s", 90000}, {"2h", 7200000}, {"24d", 2073600000},
		{"permanent", INT64_MAX}, {"0", 0}, {"367d", 0}, {"forever", 0}, {"-1", 0},
		{"", 0}};

	(void)state;
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		struct options o;
		bool want = times[i].ms != 0;
		assert_int_equal(PARSE(&o, "--ban", "--", "192.0.2.1", times[i].text), want);
		if (want)
			assert_true(o.anomban.ban_time.ms ==
				    (times[i].ms == INT64_MAX ? SPAN_MAX.ms : times[i].ms));
		else
			assert_non_null(strstr(why, "is not a time (1s to 24d) or permanent"));
	}
	struct options o;
	assert_true(PARSE(&o, "--ban", "192.0.2.1"));
	assert_true(o.anomban.ban_time.ms == 600000);
	assert_false(PARSE(&o, "--ban", "192.0.2.1", "1h", "192.0.2.2"));
	assert_string_equal(why, "--ban takes one address; call anomban once for each");
	assert_false(PARSE(&o, "--ban"));
	assert_string_equal(why, "--ban takes an address, and optionally a time (10m)");
	assert_false(PARSE(&o, "--ban", "2001:db8::1", "2001:db8::2"));
	assert_string_equal(why, "--ban takes one address; call anomban once for each");
	assert_false(PARSE(&o, "--ban", "10m", "2001:db8::1"));
	assert_string_equal(why, "--ban takes the address first, and then the time");
	assert_false(PARSE(&o, "--ban", "2001:db8::1", "1h", "30m"));
	assert_string_equal(why, "--ban takes an address, and one time; write 1h30m as 90m");
}

static void wrong_time_is_refused_with_a_suggestion(void **state)
{
	static const char *const cases[][2] = {{"forever", "; did you mean permanent?"},
		{"1w", "; did you mean 7d?"}, {"10 min", "; did you mean 10m?"},
		{"90d", "; a longer ban must be permanent; --unban lifts it"},
		{"0", "; --unban lifts a ban"}, {"soon", ""}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct options o;
		char want[200];
		assert_false(PARSE(&o, "--ban", "192.0.2.1", cases[i][0]));
		snprintf(want, sizeof want, "--ban: '%s' is not a time (1s to 24d) or permanent%s",
			cases[i][0], cases[i][1]);
		assert_string_equal(why, want);
	}
}

static void wrong_operand_is_named(void **state)
{
	struct options o;

	(void)state;
	assert_false(PARSE(&o, "events.jsonl"));
	assert_string_equal(why,
		"'events.jsonl' is not an option; lines are read from standard input; "
		"try: anomban <events.jsonl");
	assert_false(PARSE(&o, "--list", "192.0.2.1"));
	assert_string_equal(why, "'192.0.2.1' is not an option, and nothing else is accepted here; "
				 "--list prints all bans, for grep");
	assert_false(PARSE(&o, "--flush", "2001:db8::1"));
	assert_string_equal(why,
		"'2001:db8::1' is not an option, and nothing else is accepted here; "
		"for one client: --unban");
	assert_false(PARSE(&o, "--unban"));
	assert_string_equal(why, "--unban takes addresses; --flush unbans all");
	assert_true(PARSE(&o, "--ban", "--help"));
	assert_true(o.program.help);
}

static void json_is_accepted_only_with_list(void **state)
{
	struct options o;

	(void)state;
	assert_true(PARSE(&o, "--list", "--json", "-s", "/x") && o.anomban.json);
	assert_string_equal(o.state.path, "/x");
	assert_false(PARSE(&o, "--json"));
	assert_false(PARSE(&o, "--flush", "--json"));
	assert_string_equal(why, "--json: only with --list");
}

/* ---- the file ---- */

static void file_of_anomdetect_sets_shared_options(void **state)
{
	struct options o;

	(void)state;
	assert_true(parse_file(&o, "ban\nreplay\nevents ban\nschedule 1m\nallow 192.0.2.1\n"
				   "set web\nmax-strikes 200\nipv6-prefix 56\nban-private\n"));
	assert_string_equal(o.firewall.set_name, "web");
	assert_int_equal(o.bans.max_strikes, 200);
	assert_int_equal(o.bans.ipv6_prefix, 56);
	assert_int_equal(o.allow.networks.n, 1);
	assert_true(o.allow.ban_private);
	/* options of anomdetect alone stay unset */
	assert_false(o.run.ban || o.run.replay);
	assert_int_equal(o.anomban.action, OPTIONS_FILTER);
	assert_int_equal(o.bans.schedule_n, 4);
	options_free(&o);
}

static void every_line_of_the_file_is_checked(void **state)
{
	static const char *const bad[] = {"severe much", "nonsense 1", "list", "flush", "teardown",
		"unban 192.0.2.1", "ban 192.0.2.1", "force", "help"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct options o;
		if (parse_file(&o, bad[i]))
			fail_msg("'%s' is accepted", bad[i]);
		assert_non_null(strstr(why, ": line 1: "));
		options_free(&o);
	}
}

static void command_line_wins_over_the_file(void **state)
{
	struct options o;

	(void)state;
	assert_true(parse_file(&o, "set web\n"));
	options_free(&o);
	assert_true(PARSE(&o, "--set", "other", "-c", path));
	assert_string_equal(o.firewall.set_name, "other");
	options_free(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_an_action_anomban_is_a_filter),
		cmocka_unit_test(shared_options_have_the_same_meaning),
		cmocka_unit_test(options_of_anomdetect_alone_are_unknown),
		cmocka_unit_test(each_action_is_accepted),
		cmocka_unit_test(operands_may_be_before_and_after_options),
		cmocka_unit_test(ban_accepts_a_time),
		cmocka_unit_test(wrong_time_is_refused_with_a_suggestion),
		cmocka_unit_test(wrong_operand_is_named),
		cmocka_unit_test(json_is_accepted_only_with_list),
		cmocka_unit_test(file_of_anomdetect_sets_shared_options),
		cmocka_unit_test(every_line_of_the_file_is_checked),
		cmocka_unit_test(command_line_wins_over_the_file),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
