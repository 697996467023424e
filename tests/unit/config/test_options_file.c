/* test_options_file.c - the configuration file, which the command line overrides; the default
 * values; and the text of --help. */
#include "io/config/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/record/event.h"
#include "unit/given_argv.h"
#include "unit/given_file.h"
#include "unit/option_rows.h"

#define HELP_CAP 65536

static char why[512];
static bool parse_list(struct options *o, const char *const *args, int n)
{
	why[0] = '\0';
	return options_parse(o, n, given_argv(args, (size_t)n), why, sizeof why);
}

#define PARSE(o, ...)                                                                              \
	parse_list(o, (const char *const[]){__VA_ARGS__},                                          \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static bool parse_file(struct options *o, const char *text)
{
	write_bytes(text, strlen(text));
	return PARSE(o, "anomdetect", "--config", path);
}

/* The file is refused, and the message begins with the file's name and the line's number. */
static void refuses(const char *text, int line, const char *said)
{
	struct options o;
	char want[300];

	if (parse_file(&o, text))
		fail_msg("accepted: %s", text);
	snprintf(want, sizeof want, "%s: line %d: %s", path, line, said);
	assert_string_equal(why, want);
	options_free(&o);
}

static void file_may_contain_long_options_blanks_and_comments(void **state)
{
	struct options o;

	(void)state;
	assert_true(parse_file(&o, "# comment\n"
				   "\n"
				   "severe 3.5\n"
				   "  requests-floor\t 7 \r\n"
				   " # another\n"
				   "ban\n"
				   "schedule 1m,permanent\n"
				   "events ban,unban\n"
				   "state /var/lib/my state.json\n"
				   "allow 192.0.2.0/24\n"
				   "allow @/etc/anomdetect/allow\n"
				   "allow 2001:db8::/32 # office\n"
				   "verbose"));
	assert_true(o.detection.severe == 3.5 && o.detection.requests_floor == 7);
	assert_true(o.run.ban && o.program.verbose && !o.run.replay);
	assert_int_equal(o.bans.schedule_n, 2);
	assert_int_equal(o.run.events, 1u << EVENT_BAN | 1u << EVENT_UNBAN);
	assert_string_equal(o.state.path, "/var/lib/my state.json");
	assert_int_equal(o.allow.networks.n, 3);
	assert_string_equal(o.allow.networks.values[0], "192.0.2.0/24");
	assert_string_equal(o.allow.networks.values[1], "@/etc/anomdetect/allow");
	options_free(&o);
	assert_null(o.config_text);
	options_free(&o);
}

static void byte_order_mark_is_skipped(void **state)
{
	struct options o;

	(void)state;
	assert_true(parse_file(&o, "\xef\xbb\xbfsevere 3.5\nban\n"));
	assert_true(o.detection.severe == 3.5 && o.run.ban);
	options_free(&o);
	assert_true(parse_file(&o, "\xef\xbb\xbf"));
	options_free(&o);
}

static void empty_file_changes_nothing(void **state)
{
	static const char *const texts[] = {"", "\n", "\n\n\n", "#", " \t\r\n"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct options o;
		assert_true(parse_file(&o, texts[i]));
		assert_true(o.detection.severe == 5);
		options_free(&o);
	}
}

static void option_on_the_command_line_overrides_the_file(void **state)
{
	static const char text[] =
		"severe 4\nrequests-floor 6\nschedule 1,2,3\nevents ban\nallow 192.0.2.1\n"
		"format other\nmax-clients 1000\n";
	struct options o;

	(void)state;
	write_bytes(text, sizeof text - 1);
	assert_true(PARSE(&o, "anomdetect", "--severe", "9", "--config", path, "--schedule", "5",
		"-e", "stop", "--allow", "2001:db8::1", "-f", "nginx"));
	assert_true(o.detection.severe == 9 && o.detection.requests_floor == 6);
	assert_int_equal(o.detection.max_clients, 1000);
	assert_int_equal(o.bans.schedule_n, 1);
	assert_true(o.bans.schedule[0].ms == 5000);
	assert_int_equal(o.run.events, 1u << EVENT_STOP);
	assert_string_equal(o.input.format, "nginx");
	assert_int_equal(o.allow.networks.n, 2); /* the network in the file is allowed, too */
	assert_string_equal(o.allow.networks.values[0], "192.0.2.1");
	assert_string_equal(o.allow.networks.values[1], "2001:db8::1");
	options_free(&o);
}

static void wrong_line_is_named_by_its_number(void **state)
{
	(void)state;
	refuses("severe x\n", 1,
		"severe: 'x' is not a number from 1 to 1000 "
		"(the worst clients exceed N times the cold limits; default 5)");
	refuses("# one\n\nsevere 3\nmax-clients 99\nban\n", 4,
		"max-clients: '99' is not a whole number from 100 to 100000000 "
		"(clients in memory at a time; default 1000000)");
	refuses("ban\nforget 5w", 2,
		"forget: '5w' is not a time (90, 90s, 15m, 2h, 7d) from 1s to 3660d; "
		"did you mean 35d?");
	refuses("ban\r\nnonsense 5\r\n", 2,
		"'nonsense' is not an option for a file; a line is a long option's name, a blank "
		"and its value");
	refuses("--ban\n", 1,
		"'--ban' is not an option for a file; write it without the dashes: ban");
	refuses("severe=4\n", 1,
		"'severe=4' is not an option for a file; write a blank before the value: severe 4");
	refuses("severe: 4\n", 1, "'severe:' is not an option for a file; write it without ':'");
	refuses("sever 4\n", 1, "'sever' is not an option for a file; did you mean severe?");
	refuses("list\n", 1, "'list' is not an option for a file; it is an option of anomban");
	refuses("\n\nsevere\n", 3,
		"severe takes a value: N, the worst clients exceed N times the cold limits (5)");
	refuses("ban\nburst 3\n", 2,
		"--burst was removed in 1.0.0; its value is 2 now: delete this line");
	refuses("requests-cold 10\n", 1,
		"--requests-cold was removed in 1.0.0; its value is 5/3 of --requests-floor now: "
		"use --requests-floor");
	refuses("ban yes\n", 1, "ban takes no value; remove 'yes'");
	refuses("schedule 10m,x\n", 1,
		"schedule: '10m,x' is not a list of at most 8 times (1s to 24d) or permanent");
	refuses("severe 3 4\n", 1,
		"severe: '3 4' is not a number from 1 to 1000 "
		"(the worst clients exceed N times the cold limits; default 5)");
}

static void file_cannot_contain_config_help_or_version(void **state)
{
	(void)state;
	refuses("config /etc/other\n", 1,
		"'config' is not an option for a file; give it on the command line");
	refuses("help\n", 1, "'help' is not an option for a file; give it on the command line");
	refuses("version\n", 1,
		"'version' is not an option for a file; give it on the command line");
	refuses("b\n", 1, "'b' is not an option for a file; it may be ban or ban-private");
}

static void file_with_a_nul_is_refused_whole(void **state)
{
	static const char text[] = "severe 4\n\0\nrequests-floor 6\n";
	struct options o;

	(void)state;
	write_bytes(text, sizeof text - 1);
	assert_false(PARSE(&o, "anomdetect", "-c", path));
	assert_non_null(strstr(why, path));
	options_free(&o);
}

static void file_that_cannot_be_read_is_named(void **state)
{
	struct options o;

	(void)state;
	unlink(path);
	assert_false(PARSE(&o, "anomdetect", "-c", path));
	assert_non_null(strstr(why, path));
	assert_non_null(strstr(why, "No such file"));
	options_free(&o);
	assert_false(PARSE(&o, "anomdetect", "-c", directory));
	options_free(&o);
	assert_false(PARSE(&o, "anomdetect", "-c", ""));
	options_free(&o);
}

static void file_that_others_can_write_is_refused(void **state)
{
	struct options o;

	(void)state;
	write_bytes("ban\n", 4);
	assert_int_equal(chmod(path, 0606), 0);
	assert_false(PARSE(&o, "anomdetect", "-c", path));
	assert_non_null(strstr(why, path));
	options_free(&o);
	unlink(path);
}

static void defaults_are_those_of_the_manual(void **state)
{
	struct options o;

	(void)state;
	assert_true(PARSE(&o, "anomdetect"));
	assert_false(o.run.ban || o.run.replay || o.program.verbose || o.program.help ||
		     o.program.version || o.allow.ban_private);
	assert_null(o.config);
	assert_null(o.state.path);
	assert_string_equal(o.input.format, "auto");
	assert_string_equal(o.state.group, "adm");
	assert_string_equal(o.firewall.chain, "raw/PREROUTING");
	assert_string_equal(o.firewall.rule, "auto");
	assert_int_equal(o.allow.networks.n, 0);
	assert_int_equal(o.run.events, (1u << EVENT_KIND_COUNT) - 1);
	assert_int_equal(o.detection.max_clients, 1000000);
	assert_int_equal(o.bans.ipv4_prefix, 32);
	assert_int_equal(o.bans.ipv6_prefix, 64);
	assert_true(o.detection.severe == 5 && o.detection.requests_floor == 120);
	assert_true(o.detection.risk == 3e-5 && o.detection.learn.ms == 600000);
	assert_true(o.detection.mass_share == 0.05 && o.detection.proxy_share == 0.8);
	assert_true(o.bans.forget.ms == INT64_C(7) * 86400000);
	assert_true(o.state.memory_interval.ms == 60000);
	assert_int_equal(o.bans.schedule_n, 4);
	assert_true(o.bans.schedule[0].ms == 600000 && o.bans.schedule[1].ms == 1800000);
	assert_true(o.bans.schedule[2].ms == 7200000 && o.bans.schedule[3].ms == SPAN_MAX.ms);
}

/* The output of --help. */
static void read_help(char text[HELP_CAP])
{
	FILE *f = tmpfile();

	assert_non_null(f);
	fflush(stdout);
	int saved = dup(STDOUT_FILENO);
	assert_true(saved >= 0);
	assert_true(dup2(fileno(f), STDOUT_FILENO) >= 0);
	assert_true(options_answer(&(struct program_options){.help = true}, "anomdetect"));
	assert_true(dup2(saved, STDOUT_FILENO) >= 0);
	close(saved);
	rewind(f);
	size_t n = fread(text, 1, HELP_CAP - 1, f);
	text[n] = '\0';
	fclose(f);
}

/* Sets the option to the default that the help has in "(...)". The program's value must not change
 * by this. */
static void check_default(const struct option_row *row, const char *value)
{
	struct options usual, given;
	char word[64];

	snprintf(word, sizeof word, "--%s", row->name);
	assert_true(PARSE(&usual, "anomdetect"));
	if (!PARSE(&given, "anomdetect", word, value))
		fail_msg("%s", why);
	const void *a = (char *)&usual + row->offset, *b = (char *)&given + row->offset;
	size_t size = row->kind == ROW_COUNT ? sizeof(uint32_t) : sizeof(double);
	if (memcmp(a, b, size) != 0)
		fail_msg("%s is not %s when not given", row->name, value);
}

/* The position after the option's name in the help; NULL: the help lacks it. */
static const char *find_in_help(const char *text, const char *name)
{
	size_t len = strlen(name);

	while ((text = strstr(text, " --"))) {
		text += 3;
		if (strncmp(text, name, len) == 0 && strchr(" ,\n", text[len]))
			return text + len;
	}
	return NULL;
}

/* Reads the last "(...)" of the help's entry for an option. If the entry describes two options,
 * reads only the default of the option whose name ends at behind_name. */
static void read_default(const char *behind_name, char *value, size_t cap)
{
	const char *end = strstr(behind_name, "\n  -"), *open = NULL, *both;
	bool first = *behind_name == ',';

	for (const char *s = behind_name; s < end; s++)
		open = *s == '(' ? s + 1 : open;
	assert_non_null(open);
	snprintf(value, cap, "%.*s", (int)strcspn(open, ")"), open);
	both = strstr(value, " and ");
	if (both && first)
		value[both - value] = '\0';
	else if (both)
		memmove(value, both + 5, strlen(both + 5) + 1);
}

static void help_names_each_option_with_its_default(void **state)
{
	static const char *const others[] = {"ban", "replay", "config", "events", "format", "state",
		"state-group", "allow", "ban-private", "schedule", "set", "chain", "rule", "ports",
		"user", "verbose", "version", "help", "doctor", "make-sets", "check-config",
		"explain", "client", "status", "time", "count", "method", "path", "forwarded", "tz",
		"prefix-any", "trust-proxy", "transparent-proxy"};
	static char text[HELP_CAP];
	size_t options = 0;

	(void)state;
	read_help(text);
	strcat(text, "\n  -");
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (!find_in_help(text, others[i]))
			fail_msg("--%s is missing from the help", others[i]);
	for (size_t i = 0; i < OPTION_ROWS_N; i++) {
		const char *behind_name = find_in_help(text, option_rows[i].name);
		char value[64];
		if (!behind_name)
			fail_msg("--%s is missing from the help", option_rows[i].name);
		read_default(behind_name, value, sizeof value);
		check_default(&option_rows[i], value);
	}
	/* each new option needs a test: add the option to option_rows.h, or to `others` above */
	for (const char *at = text; (at = strstr(at, " --")); at += 3)
		options++;
	assert_int_equal(options, OPTION_ROWS_N + sizeof others / sizeof *others);
	assert_true(options <= 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_may_contain_long_options_blanks_and_comments),
		cmocka_unit_test(byte_order_mark_is_skipped),
		cmocka_unit_test(empty_file_changes_nothing),
		cmocka_unit_test(option_on_the_command_line_overrides_the_file),
		cmocka_unit_test(wrong_line_is_named_by_its_number),
		cmocka_unit_test(file_cannot_contain_config_help_or_version),
		cmocka_unit_test(file_with_a_nul_is_refused_whole),
		cmocka_unit_test(file_that_cannot_be_read_is_named),
		cmocka_unit_test(file_that_others_can_write_is_refused),
		cmocka_unit_test(defaults_are_those_of_the_manual),
		cmocka_unit_test(help_names_each_option_with_its_default),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
