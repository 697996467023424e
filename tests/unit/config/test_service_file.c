/* test_service_file.c - a service's file of variables: its text, and the options that --config
 * reads from it. */
#include "io/config/service_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "io/config/options.h"
#include "unit/given_argv.h"
#include "unit/given_file.h"

static char why[512];

static void values_are_read_as_systemd_reads_them(void **state)
{
	/* the text, and the expected values of LOG and OPTIONS */
	static const char *const cases[][3] = {
		{"LOG=/a\nOPTIONS=--ban --allow 192.0.2.1\n", "/a", "--ban --allow 192.0.2.1"},
		{"LOG=/a", "/a", NULL},
		{"", NULL, NULL},
		{"LOG=", "", NULL},
		{"LOG=\nOPTIONS=b", "", "b"},
		{"  LOG \t=  /a b \t\r\nOPTIONS=\t", "/a b", ""},
		{"# LOG=/a\n ; LOG=/b\nLOG=/c # no comment\n", "/c # no comment", NULL},
		{"LOG=/a\nLOG=/b\n", "/b", NULL},
		{"LOG\nexportLOG=/a\nexport\nOTHER=1\nXLOG=2\nLOGS=3\nlog=4\nOPTIONS=x\n", NULL,
			"x"},
		{"LOG=\"/a  b\" \n", "/a  b", NULL},
		{"LOG=\"/a \"' b'  c \n", "/a  bc", NULL},
		{"LOG=/a\"b'c\n", "/a\"b'c", NULL},
		{"LOG=\"\\\"\\\\\\`\\$\\n\"\n", "\"\\`$\\n", NULL},
		{"LOG='\\n$x`y`'\n", "\\n$x`y`", NULL},
		{"LOG=$HOME/${x}`y`$(z)\n", "$HOME/${x}`y`$(z)", NULL},
		{"LOG=/a\\ \\b\\\\c\\  \n", "/a b\\c ", NULL},
		{"OPTIONS=--ban \\\n  --allow 1 \\\n--x\nLOG=/a", "/a", "--ban   --allow 1 --x"},
		{"OPTIONS=\"--ban \\\n--x\nLOG=/b\"\n", NULL, "--ban --x\nLOG=/b"},
		{"OPTIONS=\"--ban\nLOG=/b\n", NULL, "--ban\nLOG=/b\n"},
		{"OPTIONS=--ban\\", NULL, "--ban"},
		{"OPTIONS=a=b=c\n", NULL, "a=b=c"},
		{"=x\nLOG=/a\n", "/a", NULL},
		/* these comments are accepted: either they end with their line in all versions of
		 * systemd, or their next line assigns nothing */
		{"# a \\\\\nLOG=/a\n", "/a", NULL},
		{"# a \\ \nLOG=/a\n", "/a", NULL},
		{"# a \\\r\nLOG=/a\n", "/a", NULL},
		{"# a \\\n# b \\\n\nLOG=/a\n", "/a", NULL},
		{"LOG=/a\n# a \\", "/a", NULL},
		{"LOG=\"/a\n# a \\\nb\"\n", "/a\n# a b", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[256];
		struct service_file f;
		snprintf(text, sizeof text, "%s", cases[i][0]);
		if (!service_file_parse(text, &f, why, sizeof why))
			fail_msg("%s: %s", cases[i][0], why);
		for (int k = 1; k <= 2; k++) {
			const char *want = cases[i][k], *got = k == 1 ? f.log : f.options;
			if (!want != !got || (want && strcmp(want, got) != 0))
				fail_msg("%s: got '%s', not '%s'", cases[i][0], got ? got : "none",
					want ? want : "none");
		}
	}
}

static void file_is_recognised_by_its_first_assignment(void **state)
{
	static const struct {
		const char *text;
		bool is;
	} cases[] = {
		{"LOG=/a", true},
		{"# x\n\n;y\n\tOPTIONS =\n", true},
		{"A1_=", true},
		{"allow 192.0.2.1\nLOG=/a\n", false},
		{"allow=192.0.2.1\n", false},
		{"LOG /a\n", false},
		{"1=2\n", false},
		{"=\n", false},
		{"# LOG=/a\n", true},
		{"", true},
		{"export LOG=/a\n", true},
		{"export\tLOG =/a\n", true},
		{"export log=/a\n", false},
		{"export LOG\n", false},
		{"exportLOG=/a\n", false},
		{"exports LOG=/a\n", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (service_file_is(cases[i].text) != cases[i].is)
			fail_msg("wrong result for the file: %s", cases[i].text);
}

static void line_that_systemd_reads_differently_is_refused(void **state)
{
	static const char *const cases[][2] = {
		{"export LOG=/a\n",
			"systemd ignores the line 'export LOG=...'; write it without 'export'"},
		{"LOG=/a\n \texport  OPTIONS = x",
			"systemd ignores the line 'export  OPTIONS=...'; write it without "
			"'export'"},
		{"# a \\\nLOG=/a\n",
			"the comment '# a \\' ends in a backslash, and systemd before version 254 "
			"treats the next line as part of the comment; remove the backslash"},
		{"LOG=/a\n ;\\\\\\\n \tOPTIONS=",
			"the comment ';\\\\\\' ends in a backslash, and systemd before version 254 "
			"treats the next line as part of the comment; remove the backslash"},
		{"#23456789 123456789 123456789 123456789 123456789 123456789 123 \\\nLOG=/a\n",
			"the comment '#23456789 123456789 123456789 123456789 123456789 "
			"123456789 ...' ends in a backslash, and systemd before version 254 "
			"treats the next line as part of the comment; remove the backslash"},
	};
	struct options o;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[256];
		struct service_file f;
		snprintf(text, sizeof text, "%s", cases[i][0]);
		assert_true(service_file_is(text));
		assert_false(service_file_parse(text, &f, why, sizeof why));
		assert_string_equal(why, cases[i][1]);
	}
	/* the message names the file */
	write_bytes("export LOG=/a\n", 14);
	assert_false(options_parse(&o, 3,
		given_argv((const char *const[]){"anomdetect", "-c", path}, 3), why, sizeof why));
	assert_ptr_equal(strstr(why, path), why);
	assert_string_equal(why + strlen(path),
		": systemd ignores the line 'export LOG=...'; write it without 'export'");
	options_free(&o);
}

static void misspelt_name_is_refused(void **state)
{
	/* the text, the wrong name, the right name; the last rows are correct */
	static const char *const cases[][3] = {
		{"OPTION=\"--allow 192.0.2.1\"\nOPTIONS=\n", "OPTION", "OPTIONS"},
		{"LOG=/a\noptions=--allow 2001:db8::1\n", "options", "OPTIONS"},
		{"OPTS=-v\nOPTOINS=-v\n", "OPTOINS", "OPTIONS"},
		{"LOGS=/a\nOPTIONS=-v\n", "LOGS", "LOG"},
		{"OPTIONS=-v\nLOGS=/a\nLOG=\n", "LOGS", "LOG"},
		{"LOG=/a\nLOG2=/b\nOPTIONS=-v\nOPTION=-v\n", NULL, NULL},
		{"CLIENT=x\nTZ=UTC\nLANG=C\nFILE=/a\nXTABLES_LOCKFILE=/b\n", NULL, NULL},
	};
	char want[512];
	struct options o;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		write_bytes(cases[i][0], strlen(cases[i][0]));
		bool taken = options_parse(&o, 3,
			given_argv((const char *const[]){"anomdetect", "-c", path}, 3), why,
			sizeof why);
		assert_int_equal(taken, cases[i][1] == NULL);
		snprintf(want, sizeof want,
			"%s: %s is a variable that anomdetect does not read; did you mean "
			"%s?",
			path, taken ? "" : cases[i][1], taken ? "" : cases[i][2]);
		if (!taken)
			assert_string_equal(why, want);
		options_free(&o);
	}
}

static void options_are_split_only_at_blanks(void **state)
{
	char text[] = " --state  '/a b'\t--x\n*", *words[8];

	(void)state;
	assert_int_equal(service_file_words(text, words, 8), 5);
	assert_string_equal(words[0], "--state");
	assert_string_equal(words[1], "'/a");
	assert_string_equal(words[2], "b'");
	assert_string_equal(words[3], "--x");
	assert_string_equal(words[4], "*");
	char more[] = "a b c";
	assert_int_equal(service_file_words(more, words, 2), 3);
	char none[] = " ";
	assert_int_equal(service_file_words(none, words, 2), 0);
}

/* ---- with --config ---- */

static bool parse_list(struct options *o, const char *const *args, size_t n)
{
	why[0] = '\0';
	if (strcmp(args[0], "anomban") == 0)
		return options_parse_anomban(o, (int)n, given_argv(args, n), why, sizeof why);
	return options_parse(o, (int)n, given_argv(args, n), why, sizeof why);
}

#define PARSE(o, ...)                                                                              \
	parse_list(o, (const char *const[]){__VA_ARGS__},                                          \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void options_of_a_service_are_used_as_its_command_line(void **state)
{
	static const char text[] =
		"LOG=/var/log/x.json\n"
		"OPTIONS=-v --severe=4 --set b --requests-floor 6 --allow 192.0.2.1\n";
	struct options o;

	(void)state;
	write_bytes(text, strlen(text));
	if (!PARSE(&o, "anomdetect", "--doctor", "--config", path, "--requests-floor", "7",
		    "--allow", "2001:db8::1"))
		fail_msg("%s", why);
	assert_string_equal(o.log, "/var/log/x.json");
	assert_true(o.program.doctor && o.program.verbose);
	assert_true(o.detection.severe == 4 && o.detection.requests_floor == 7);
	assert_string_equal(o.firewall.set_name, "b");
	assert_int_equal(o.allow.networks.n, 2);
	assert_int_equal(o.anomban.operands_n, 0);
	options_free(&o);
	assert_null(o.service_text);
	/* anomban uses its own options from the file, too */
	assert_true(PARSE(&o, "anomban", "--list", "-c", path));
	assert_string_equal(o.firewall.set_name, "b");
	assert_true(o.anomban.action == OPTIONS_LIST && o.program.verbose);
	options_free(&o);
}

static void log_defaults_to_the_log_of_the_unit(void **state)
{
	static const struct {
		const char *text, *log;
	} cases[] = {{"OPTIONS=\n", SERVICE_FILE_LOG}, {"LOG=\n", ""}, {"LOG=a b\n", "a b"},
		{"# only comments\n", SERVICE_FILE_LOG}, {"", SERVICE_FILE_LOG}};
	struct options o;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		write_bytes(cases[i].text, strlen(cases[i].text));
		assert_true(PARSE(&o, "anomdetect", "-c", path));
		assert_string_equal(o.log, cases[i].log);
		options_free(&o);
	}
	write_bytes("severe 4\n", 9);
	assert_true(PARSE(&o, "anomdetect", "-c", path));
	assert_null(o.log);
	options_free(&o);
}

static void wrong_option_of_a_service_is_named_with_file_and_variable(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{"OPTIONS=--lern 0s", "unknown option --lern; did you mean --learn?"},
		{"OPTIONS=--learn x",
			"--learn: 'x' is not a time (90, 90s, 15m, 2h, 7d) from 0s to "
			"7d"},
		{"OPTIONS=--allow", "--allow takes a value"},
		{"OPTIONS=x", "'x' is not an option; lines are read from standard input"},
		{"OPTIONS=--state '/a b'",
			"'b'' is not an option; lines are read from standard input"},
		{"OPTIONS=--config /none", "--config: unable to read '/none': No such file or "
					   "directory"},
		{"OPTIONS=-v --replay", "--replay is not an option for a service"},
		{"OPTIONS=-r", "--replay is not an option for a service"},
		{"OPTIONS=--explain", "--explain is not an option for a service"},
		{"OPTIONS=--doctor", "--doctor is not an option for a service"},
		{"OPTIONS=--make-sets", "--make-sets is not an option for a service"},
		{"OPTIONS=--check-config", "--check-config is not an option for a service"},
		{"OPTIONS=--help", "--help is not an option for a service"},
		{"OPTIONS='-v --burst 3'",
			"--burst was removed in 1.0.0; its value is 2 now: delete it"},
		{"OPTIONS=-vV", "--version is not an option for a service"},
	};
	char want[300];
	struct options o;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		write_bytes(cases[i].text, strlen(cases[i].text));
		snprintf(want, sizeof want, "%s: OPTIONS: %s", path, cases[i].said);
		assert_false(PARSE(&o, "anomdetect", "-c", path));
		assert_memory_equal(why, want, strlen(want));
		options_free(&o);
		assert_false(PARSE(&o, "anomban", "-c", path));
		assert_memory_equal(why, want, strlen(want));
		options_free(&o);
	}
}

static void too_many_words_are_refused(void **state)
{
	static char text[10000] = "OPTIONS=";
	struct options o;

	(void)state;
	for (int i = 0; i < 1024; i++)
		strcat(text, "-v ");
	write_bytes(text, strlen(text));
	assert_false(PARSE(&o, "anomdetect", "-c", path));
	assert_non_null(strstr(why, ": OPTIONS: more than 1023 words"));
	options_free(&o);
	text[strlen(text) - 3] = '\0';
	write_bytes(text, strlen(text));
	assert_true(PARSE(&o, "anomdetect", "-c", path));
	options_free(&o);
}

static void options_of_a_service_may_name_a_configuration_file(void **state)
{
	char own[sizeof path + 8], text[300];
	struct options o;
	FILE *f;

	(void)state;
	snprintf(own, sizeof own, "%s.own", path);
	f = fopen(own, "w");
	assert_non_null(f);
	fputs("severe 4\nrequests-floor 6\n", f);
	fclose(f);
	snprintf(text, sizeof text, "OPTIONS=--config %s --requests-floor 7\n", own);
	write_bytes(text, strlen(text));
	if (!PARSE(&o, "anomdetect", "-c", path))
		fail_msg("%s", why);
	assert_true(o.detection.severe == 4 && o.detection.requests_floor == 7);
	options_free(&o);
	/* but the configuration file must not have an option that makes the service useless */
	f = fopen(own, "w");
	assert_non_null(f);
	fputs("severe 4\nreplay\n", f);
	fclose(f);
	assert_false(PARSE(&o, "anomdetect", "-c", path));
	assert_non_null(strstr(why, ": line 2: replay is not an option for a service"));
	options_free(&o);
	assert_true(PARSE(&o, "anomdetect", "-c", own));
	assert_true(o.run.replay);
	options_free(&o);
	/* --config in OPTIONS must not name the file of another service */
	snprintf(text, sizeof text, "OPTIONS=--config %s\n", path);
	write_bytes(text, strlen(text));
	assert_false(PARSE(&o, "anomdetect", "-c", path));
	assert_non_null(strstr(why, ": OPTIONS: "));
	options_free(&o);
	unlink(own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_read_as_systemd_reads_them),
		cmocka_unit_test(file_is_recognised_by_its_first_assignment),
		cmocka_unit_test(line_that_systemd_reads_differently_is_refused),
		cmocka_unit_test(misspelt_name_is_refused),
		cmocka_unit_test(options_are_split_only_at_blanks),
		cmocka_unit_test(options_of_a_service_are_used_as_its_command_line),
		cmocka_unit_test(log_defaults_to_the_log_of_the_unit),
		cmocka_unit_test(wrong_option_of_a_service_is_named_with_file_and_variable),
		cmocka_unit_test(too_many_words_are_refused),
		cmocka_unit_test(options_of_a_service_may_name_a_configuration_file),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
