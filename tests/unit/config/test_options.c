/* test_options.c - every option, from the command line and from a file: its values, range and
 * default, and the message about a wrong value. */
#include "io/config/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/record/event.h"
#include "unit/given_argv.h"
#include "unit/given_file.h"
#include "unit/option_rows.h"

#define WHY_CAP  512
#define TEXT_CAP 65536

static char why[WHY_CAP];
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

static bool parse_file(struct options *o, const char *text)
{
	write_bytes(text, strlen(text));
	return PARSE(o, "--config", path);
}

/* `--name value`, `--name=value` or a line of a file. */
enum source { SOURCE_TWO_WORDS, SOURCE_ONE_WORD, SOURCE_FILE, SOURCE_COUNT };

static bool parse_one(struct options *o, enum source source, const char *name, const char *value)
{
	char word[400], line[400];

	snprintf(word, sizeof word, "--%s%s%s", name, source == SOURCE_ONE_WORD ? "=" : "",
		source == SOURCE_ONE_WORD ? value : "");
	snprintf(line, sizeof line, "%s %s\n", name, value);
	switch (source) {
	case SOURCE_TWO_WORDS:
		return PARSE(o, word, value);
	case SOURCE_ONE_WORD:
		return PARSE(o, word);
	default:
		return parse_file(o, line);
	}
}

static double value_at(const struct options *o, const struct option_row *row)
{
	const void *at = (const char *)o + row->offset;

	switch (row->kind) {
	case ROW_COUNT:
		return *(const uint32_t *)at;
	case ROW_NUMBER:
		return *(const double *)at;
	case ROW_SPAN:
		return (double)((const struct span *)at)->ms / 1000;
	}
	return -1;
}

/* ---- values ---- */

static void each_number_is_accepted_from_minimum_to_maximum(void **state)
{
	(void)state;
	for (size_t i = 0; i < OPTION_ROWS_N; i++) {
		const struct option_row *row = &option_rows[i];
		for (int source = 0; source < SOURCE_COUNT; source++) {
			struct options o;
			if (!parse_one(&o, (enum source)source, row->name, row->least))
				fail_msg("%s", why);
			assert_true(value_at(&o, row) == row->least_value);
			options_free(&o);
			if (!parse_one(&o, (enum source)source, row->name, row->most))
				fail_msg("%s", why);
			assert_true(value_at(&o, row) == row->most_value);
			options_free(&o);
		}
	}
}

struct text {
	char s[24];
};

/* Seconds in the largest unit that divides them. */
static struct text in_units(double seconds)
{
	int n = (int)seconds;
	int unit = n && n % 86400 == 0  ? 86400
		   : n && n % 3600 == 0 ? 3600
		   : n && n % 60 == 0   ? 60
					: 1;
	struct text t;

	snprintf(t.s, sizeof t.s, "%d%c", n / unit,
		unit == 86400  ? 'd'
		: unit == 3600 ? 'h'
		: unit == 60   ? 'm'
			       : 's');
	return t;
}

static void number_out_of_range_is_refused_with_its_range(void **state)
{
	(void)state;
	for (size_t i = 0; i < OPTION_ROWS_N; i++) {
		const struct option_row *row = &option_rows[i];
		const char *bad[] = {
			row->below, row->above, "x", "", "-1", "1x", "1e999", "nan", " 5", "0x10"};
		for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
			struct options o;
			char want[600];
			if (parse_one(&o, SOURCE_TWO_WORDS, row->name, bad[k]))
				fail_msg("--%s accepts '%s'", row->name, bad[k]);
			snprintf(want, sizeof want, "--%s: '%s' is not ", row->name, bad[k]);
			assert_memory_equal(why, want, strlen(want));
			if (row->kind == ROW_SPAN)
				snprintf(want, sizeof want, " from %s to %s",
					in_units(row->least_value).s, in_units(row->most_value).s);
			else
				snprintf(want, sizeof want, " from %.10g to %.10g (",
					row->least_value, row->most_value);
			if (!strstr(why, want))
				fail_msg("'%s' is not in '%s'", want, why);
			options_free(&o);
		}
	}
}

static void count_must_be_a_whole_number(void **state)
{
	struct options o;

	(void)state;
	assert_false(PARSE(&o, "--max-clients", "1000.5"));
	assert_string_equal(why, "--max-clients: '1000.5' is not a whole number from 100 to "
				 "100000000 (clients in memory at a time; default 1000000)");
	assert_false(PARSE(&o, "--max-clients", "1e3"));
	assert_false(PARSE(&o, "--max-clients", "18446744073709551616"));
}

static void each_flag_is_set_by_its_name(void **state)
{
	static const struct {
		const char *name;
		size_t offset;
	} flags[] = {{"ban", offsetof(struct options, run.ban)},
		{"replay", offsetof(struct options, run.replay)},
		{"doctor", offsetof(struct options, program.doctor)},
		{"make-sets", offsetof(struct options, program.make_sets)},
		{"check-config", offsetof(struct options, program.check_config)},
		{"ban-private", offsetof(struct options, allow.ban_private)},
		{"verbose", offsetof(struct options, program.verbose)}};

	(void)state;
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		char word[40], line[40];
		struct options o;
		assert_true(parse_list(&o, (const char *const[]){"anomdetect"}, 1));
		assert_false(*((bool *)((char *)&o + flags[i].offset)));
		snprintf(word, sizeof word, "--%s", flags[i].name);
		assert_true(PARSE(&o, word));
		assert_true(*((bool *)((char *)&o + flags[i].offset)));
		snprintf(line, sizeof line, "%s\n", flags[i].name);
		assert_true(parse_file(&o, line));
		assert_true(*((bool *)((char *)&o + flags[i].offset)));
		options_free(&o);
		snprintf(line, sizeof line, "%s yes\n", flags[i].name);
		assert_false(parse_file(&o, line));
		options_free(&o);
		snprintf(word, sizeof word, "--%s=yes", flags[i].name);
		assert_false(PARSE(&o, word));
	}
}

static void each_text_is_accepted(void **state)
{
	static const struct {
		const char *name;
		const char *value;
		size_t offset;
	} texts[] = {{"format", "nginx", offsetof(struct options, input.format)},
		{"state", "/run/x y", offsetof(struct options, state.path)},
		{"state-group", "staff", offsetof(struct options, state.group)},
		{"set", "web", offsetof(struct options, firewall.set_name)},
		{"chain", "filter/INPUT", offsetof(struct options, firewall.chain)},
		{"ports", "80,443", offsetof(struct options, firewall.ports)},
		{"user", "nobody", offsetof(struct options, run.user)},
		{"rule", "none", offsetof(struct options, firewall.rule)},
		{"client", "req.ip", offsetof(struct options, input.names.client)},
		{"status", "req.status", offsetof(struct options, input.names.status)},
		{"time", "at", offsetof(struct options, input.names.time)},
		{"count", "n", offsetof(struct options, input.count)},
		{"method", "verb", offsetof(struct options, input.names.method)},
		{"path", "req.url", offsetof(struct options, input.names.path)},
		{"forwarded", "h.X-Real-IP", offsetof(struct options, input.names.forwarded)},
		{"tz", "Europe/Berlin", offsetof(struct options, input.tz)}};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		for (int source = 0; source < SOURCE_COUNT; source++) {
			struct options o;
			assert_true(
				parse_one(&o, (enum source)source, texts[i].name, texts[i].value));
			assert_string_equal(
				*(char **)((char *)&o + texts[i].offset), texts[i].value);
			options_free(&o);
		}
		struct options o;
		assert_false(parse_one(&o, SOURCE_TWO_WORDS, texts[i].name, ""));
		assert_false(parse_one(&o, SOURCE_FILE, texts[i].name, ""));
		options_free(&o);
	}
}

static void invalid_words_and_names_are_refused(void **state)
{
	static const char *const bad[][2] = {{"rule", "maybe"}, {"rule", "AUTO"},
		{"chain", "INPUT"}, {"chain", "/INPUT"}, {"chain", "filter/"}, {"chain", "raw/a/b"},
		{"chain", "raw/-D"}, {"chain", "-t/INPUT"}, {"chain", "nat/PREROUTING"},
		{"chain", "raws/INPUT"}, {"chain", "filter/IN PUT"}, {"chain", "filter/IN\tPUT"},
		{"chain", "filter/IN\x7fPUT"}, {"chain", "filter/!INPUT"},
		{"chain", "filter/01234567890123456789012345678"}, {"set", "-F"}, {"set", "a b"},
		{"set", "0123456789012345678901234567890"}};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct options o;
		char want[100];
		if (parse_one(&o, SOURCE_TWO_WORDS, bad[i][0], bad[i][1]))
			fail_msg("--%s: '%s' was accepted", bad[i][0], bad[i][1]);
		snprintf(want, sizeof want, "--%s: '%s' is not ", bad[i][0], bad[i][1]);
		assert_memory_equal(why, want, strlen(want));
	}
}

static void longest_names_are_accepted(void **state)
{
	struct options o;

	(void)state;
	assert_true(PARSE(&o, "--chain", "security/0123456789012345678901234567"));
	assert_true(PARSE(&o, "--chain", "mangle/-x") == false);
	assert_true(PARSE(&o, "--set", "012345678901234567890123456789"));
}

static void duration_may_have_a_unit(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} cases[] = {{"90", 90}, {"90s", 90}, {"15m", 900}, {"2h", 7200}, {"7d", 604800}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct options o;
		assert_true(PARSE(&o, "--forget", cases[i].text));
		assert_true(o.bans.forget.ms == cases[i].seconds * 1000);
	}
	static const char *const bad[] = {
		"m", "1w", "1.5h", "-5m", "5 m", "5mm", "99999999999999d"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct options o;
		assert_false(PARSE(&o, "--forget", bad[i]));
		assert_non_null(strstr(why, "is not a time (90, 90s, 15m, 2h, 7d) from 1s to "));
	}
}

static void schedule_is_a_list_of_times(void **state)
{
	struct options o;

	(void)state;
	assert_true(PARSE(&o, "--schedule", "30s,5m,1d,permanent"));
	assert_int_equal(o.bans.schedule_n, 4);
	assert_true(o.bans.schedule[0].ms == 30000 && o.bans.schedule[1].ms == 300000);
	assert_true(o.bans.schedule[2].ms == 86400000 && o.bans.schedule[3].ms == SPAN_MAX.ms);
	assert_true(PARSE(&o, "--schedule", "permanent"));
	assert_int_equal(o.bans.schedule_n, 1);
	assert_true(PARSE(&o, "--schedule", "1,2,3,4,5,6,7,24d"));
	assert_int_equal(o.bans.schedule_n, BANS_SCHEDULE_MAX);
	static const char *const bad[] = {"", ",", "10m,,2h", "0s", "367d", "10m;2h", "forever",
		"permanent2", "1,2,3,4,5,6,7,8,9", "10m, 2h"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char want[100];
		assert_false(PARSE(&o, "--schedule", bad[i]));
		snprintf(want, sizeof want,
			"--schedule: '%s' is not a list of at most 8 times (1s to 24d) "
			"or permanent",
			bad[i]);
		assert_memory_equal(why, want, strlen(want));
	}
}

/* 0 turns announcements off. An interval under 10 s would keep all hosts busy. */
static void announcements_are_off_or_at_least_10_seconds_apart(void **state)
{
	static const char *const good[] = {"0", "0s", "10s", "10", "10m", "1d"};
	static const char *const bad[] = {"1s", "9s", "1", "9"};
	struct options o;

	(void)state;
	assert_true(PARSE(&o, "-v"));
	assert_int_equal(o.run.announce.ms, 0);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(PARSE(&o, "--announce", good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_false(PARSE(&o, "--announce", bad[i]));
		assert_string_equal(why, "--announce: wanted 0, or a time from 10s on");
	}
}

static void events_are_a_list_of_kinds(void **state)
{
	struct options o;

	(void)state;
	for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
		assert_true(PARSE(&o, "--events", event_name((enum event_kind)kind)));
		assert_int_equal(o.run.events, 1u << kind);
	}
	assert_true(PARSE(&o, "-e", "ban,unban"));
	assert_int_equal(o.run.events, 1u << EVENT_BAN | 1u << EVENT_UNBAN);
	assert_true(PARSE(&o, "-e", "all"));
	assert_int_equal(o.run.events, (1u << EVENT_KIND_COUNT) - 1);
	static const char *const bad[] = {
		"", ",", "ban,,stop", "bans", "ba", "ban stop", "Ban", "none"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char want[128];
		assert_false(PARSE(&o, "--events", bad[i]));
		snprintf(want, sizeof want,
			"--events: '%s' is not a list of "
			"start,baseline,alert,recovered,ban,unban,error,stop or all",
			bad[i]);
		assert_memory_equal(why, want, strlen(want));
	}
}

static void allow_may_be_given_256_times(void **state)
{
	static const char *args[2 * OPTIONS_LIST_MAX + 3];
	struct options o;
	int n = 0;

	(void)state;
	args[n++] = "anomdetect";
	for (int i = 0; i < OPTIONS_LIST_MAX; i++) {
		args[n++] = "--allow";
		args[n++] = i % 2 ? "192.0.2.0/24" : "@/etc/list";
	}
	assert_true(parse_list(&o, args, n));
	assert_int_equal(o.allow.networks.n, OPTIONS_LIST_MAX);
	assert_string_equal(o.allow.networks.values[OPTIONS_LIST_MAX - 2], "@/etc/list");
	assert_string_equal(o.allow.networks.values[OPTIONS_LIST_MAX - 1], "192.0.2.0/24");
	args[n++] = "--allow";
	args[n++] = "2001:db8::/32";
	assert_false(parse_list(&o, args, n));
	assert_non_null(strstr(why, "more than 256"));
}

static void letters_stand_for_long_options(void **state)
{
	struct options o;

	(void)state;
	assert_true(PARSE(&o, "-brv", "-e", "ban", "-fnginx", "-s", "none"));
	assert_true(o.run.ban && o.run.replay && o.program.verbose && !o.program.help &&
		    !o.program.version);
	assert_string_equal(o.input.format, "nginx");
	assert_string_equal(o.state.path, "none");
	assert_true(PARSE(&o, "-V"));
	assert_true(o.program.version);
	assert_true(PARSE(&o, "-h"));
	assert_true(o.program.help);
	assert_true(PARSE(&o, "--version", "--help"));
	assert_true(o.program.version && o.program.help);
	write_bytes("severe 4\n", 9);
	assert_true(PARSE(&o, "-c", path));
	assert_true(o.detection.severe == 4);
	options_free(&o);
}

static void last_value_wins(void **state)
{
	struct options o;

	(void)state;
	assert_true(PARSE(&o, "--severe", "4", "--severe", "5", "-e", "ban", "-e", "stop",
		"--schedule", "1,2,3", "--schedule", "9"));
	assert_true(o.detection.severe == 5);
	assert_int_equal(o.run.events, 1u << EVENT_STOP);
	assert_int_equal(o.bans.schedule_n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_number_is_accepted_from_minimum_to_maximum),
		cmocka_unit_test(number_out_of_range_is_refused_with_its_range),
		cmocka_unit_test(count_must_be_a_whole_number),
		cmocka_unit_test(each_flag_is_set_by_its_name),
		cmocka_unit_test(each_text_is_accepted),
		cmocka_unit_test(invalid_words_and_names_are_refused),
		cmocka_unit_test(longest_names_are_accepted),
		cmocka_unit_test(duration_may_have_a_unit),
		cmocka_unit_test(schedule_is_a_list_of_times),
		cmocka_unit_test(announcements_are_off_or_at_least_10_seconds_apart),
		cmocka_unit_test(events_are_a_list_of_kinds),
		cmocka_unit_test(allow_may_be_given_256_times),
		cmocka_unit_test(letters_stand_for_long_options),
		cmocka_unit_test(last_value_wins),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
