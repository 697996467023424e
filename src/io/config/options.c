/* options.c - see options.h. It does not use argp: argp prints and exits by itself, reads no
 * configuration file and checks no range. */
#include "io/config/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/version.h"
#include "core/record/counts.h"
#include "io/config/option_hints.h"
#include "io/config/option_removed.h"
#include "io/config/options_parts.h"
#include "io/config/options_place.h"
#include "io/config/options_table.h"
#include "io/config/service_file.h"
#include "io/firewall/drop_rules.h"

/* Maximum number of words of OPTIONS in a service's file: enough for many options --allow. */
#define WORDS_MAX 1024
/* Bytes for a reason about a service's file. The reason and the file's name together fit into
 * `why`. */
#define SERVICE_WHY_CAP 480
/* getopt_long returns this number plus the row's index for a long option. Each option needs its own
 * number: with equal numbers, getopt_long would accept the common beginning of several options as
 * the first of them. */
#define LONG_FIRST 256
/* The shortest interval of --announce: each announcement sends every ban to all hosts. */
#define ANNOUNCE_LEAST_MS 10000

/* Whether the option takes a value. An action takes none: its argument in --help is an operand. */
static bool takes_value(const struct options_row *row)
{
	return row->argument && row->kind != OPTIONS_ACTION;
}

/* A program's rows in the form that getopt_long needs. */
struct arguments {
	const struct options_row *rows[OPTIONS_ROWS_MAX];
	struct option longs[OPTIONS_ROWS_MAX + 1]; /* in the same order */
	char shorts[2 * OPTIONS_ROWS_MAX + 2];
	size_t rows_n;
};

static void arguments_init(struct arguments *a, enum options_program program)
{
	size_t n = 0;

	memset(a, 0, sizeof *a);
	a->shorts[n++] = ':';
	for (size_t i = 0; i < options_rows_n; i++) {
		const struct options_row *row = &options_rows[i];
		if (!(row->programs & program))
			continue;
		a->longs[a->rows_n] = (struct option){row->name,
			takes_value(row) ? required_argument : no_argument, NULL,
			LONG_FIRST + (int)a->rows_n};
		a->rows[a->rows_n++] = row;
		if (row->letter)
			a->shorts[n++] = row->letter;
		if (row->letter && takes_value(row))
			a->shorts[n++] = ':';
	}
}

/* One pass over a command line: its words are options of program `of`, and program `by` uses their
 * values. With config_only, the pass reads only -c. */
struct pass {
	enum options_program of, by;
	bool config_only;
};

/* The row for a return value of getopt_long, or NULL. */
static const struct options_row *find_row(const struct arguments *a, int c)
{
	if (c >= LONG_FIRST)
		return (size_t)(c - LONG_FIRST) < a->rows_n ? a->rows[c - LONG_FIRST] : NULL;
	for (size_t i = 0; i < a->rows_n; i++)
		if (c && a->rows[i]->letter == c)
			return a->rows[i];
	return NULL;
}

/* Writes the reason for an argument that getopt_long refuses. optopt is the letter (x for -vx), the
 * number of a long option whose value is missing or superfluous, or 0. */
static bool fail_argument(const struct options_report *r, const struct arguments *a,
	const struct pass *pass, int argc, char **argv)
{
	const char *program = option_hints_program(pass->of);
	const struct options_row *row = find_row(a, optopt);
	char letter[] = {'-', (char)optopt, '\0'};
	bool is_letter = optopt && optopt < LONG_FIRST;
	const char *given = is_letter ? letter : argv[optind - 1];

	if (row && takes_value(row))
		snprintf(r->why, r->cap, "%.200s takes a value: %s, %s", given, row->argument,
			row->help);
	else if (row)
		snprintf(r->why, r->cap, "--%s takes no value; remove '%.200s'", row->name,
			strchr(given, '='));
	else if (pass->of == OPTIONS_ANOMDETECT && option_removed(given, "delete it").s[0])
		snprintf(r->why, r->cap, "%s", option_removed(given, "delete it").s);
	else
		snprintf(r->why, r->cap, "unknown option %.200s%s", given,
			option_hints_name(program, option_hints_word_read(argc, argv), "--").s);
	return false;
}

/* Refuses "--state --ban": --ban is an option, not a value. */
static bool is_value(const struct pass *pass, const struct options_row *row, const char *value,
	const struct options_report *r)
{
	const char *program = option_hints_program(pass->of);

	if (!value || strncmp(value, "--", 2) != 0 ||
		!option_hints_has(program, value + 2, strlen(value + 2)))
		return true;
	snprintf(r->why, r->cap, "--%s takes a value before %s: %s, %s", row->name, value,
		row->argument, row->help);
	return false;
}

/* Refuses "-zscore 4" for --zscore. getopt_long would read its letters as options: -state-interval
 * would be -s with the file "tate-interval". */
static bool check_dashes(
	const struct pass *pass, int argc, char **argv, const struct options_report *r)
{
	const char *program = option_hints_program(pass->of);
	const char *word = option_hints_single_dash(program, argc, argv);

	if (word) {
		snprintf(r->why, r->cap, "unknown option %.200s%s", word,
			option_hints_name(program, word, "--").s);
		return false;
	}
	if (pass->of != OPTIONS_ANOMDETECT)
		return true;
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (argv[i][0] == '-' && option_removed_has(argv[i])) {
			snprintf(r->why, r->cap, "%s", option_removed(argv[i], "delete it").s);
			return false;
		}
	return true;
}

/* One pass over a command line. */
static bool read_arguments(struct options *o, const struct pass *pass, int argc, char **argv,
	const struct options_report *r)
{
	struct arguments a;
	int c;

	if (!check_dashes(pass, argc, argv, r))
		return false;
	arguments_init(&a, pass->of);
	optind = 0; /* glibc: start again */
	opterr = 0;
	while ((c = getopt_long(argc, argv, a.shorts, a.longs, NULL)) != -1) {
		const struct options_row *row = find_row(&a, c);
		if (c == ':' || c == '?')
			return fail_argument(r, &a, pass, argc, argv);
		if (row && takes_value(row) && optarg == argv[optind - 1] &&
			!is_value(pass, row, optarg, r))
			return false;
		if (!row || pass->config_only != (row->letter == 'c'))
			continue;
		if (!options_take(o, pass->by, row, optarg, r))
			return false;
	}
	o->anomban.operands = argv + optind;
	o->anomban.operands_n = (size_t)(argc - optind);
	/* an action of anomban may follow its operands, so options_parse_anomban checks them after
	 * the second pass */
	return pass->of == OPTIONS_ANOMBAN || options_check_operands(&o->anomban, pass->of, r);
}

static bool refuse_options(const struct options_report *r, const char *why)
{
	snprintf(r->why, r->cap, "%s", why);
	return false;
}

/* "raw/PREROUTING" */
static bool is_chain(const char *text)
{
	char table[DROP_RULES_NAME_CAP];
	size_t len = strcspn(text, "/");

	if (!text[len] || len >= sizeof table)
		return false;
	snprintf(table, sizeof table, "%.*s", (int)len, text);
	return drop_rules_chain_ok(table, text + len + 1);
}

static bool check_origin(const char *origin, const struct options_report *r)
{
	return !origin || counts_is_origin(origin, strlen(origin)) ||
	       options_fail_value(r, "origin", origin,
		       "a name of 1 to 63 letters, digits, '.', '_' and '-', "
		       "that begins with a letter or digit");
}

/* Writes that the value is not one of two words: "auto or none". */
static bool fail_word(const struct options_report *r, const char *name, const char *value,
	const char *const *words)
{
	char want[64];

	snprintf(want, sizeof want, "%s or %s", words[0], words[1]);
	(void)options_fail_value(r, name, value, want);
	options_add_hint(r, option_hints_word(value, words).s);
	return false;
}

static bool is_word(const char *value, const char *const *words)
{
	return strcmp(value, words[0]) == 0 || strcmp(value, words[1]) == 0;
}

/* For a well-known chain without a table, suggests TABLE/CHAIN. */
static bool fail_chain(const struct options_report *r, const char *chain)
{
	static const struct {
		const char *chain, *hint;
	} tables[] = {{"PREROUTING", "; did you mean raw/PREROUTING?"},
		{"INPUT", "; did you mean filter/INPUT?"},
		{"FORWARD", "; did you mean filter/FORWARD?"},
		{"DOCKER-USER", "; did you mean filter/DOCKER-USER?"}};

	(void)options_fail_value(r, "chain", chain, DROP_RULES_CHAIN_WANT);
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		if (strcasecmp(chain, tables[i].chain) == 0)
			options_add_hint(r, tables[i].hint);
	return false;
}

static bool check_words(const struct options *o, const struct options_report *r)
{
	static const char *const rules[] = {"auto", "none", NULL};

	if (!is_word(o->firewall.rule, rules))
		return fail_word(r, "rule", o->firewall.rule, rules);
	for (uint32_t i = 0; i + 1 < o->bans.schedule_n; i++)
		if (o->bans.schedule[i].ms >= SPAN_MAX.ms)
			return refuse_options(r, "--schedule: nothing can come after permanent");
	if (o->run.announce.ms > 0 && o->run.announce.ms < ANNOUNCE_LEAST_MS)
		return refuse_options(r, "--announce: wanted 0, or a time from 10s on");
	if (o->firewall.ports && !drop_rules_ports_ok(o->firewall.ports))
		return options_fail_value(r, "ports", o->firewall.ports,
			"a list of at most 15 ports, such as 80,443,8000:8080");
	if (!drop_rules_name_ok(o->firewall.set_name))
		return options_fail_value(r, "set", o->firewall.set_name, DROP_RULES_NAME_WANT);
	if (!check_origin(o->anomcount.origin, r))
		return false;
	return is_chain(o->firewall.chain) || fail_chain(r, o->firewall.chain);
}

/* Reads the file that -c within OPTIONS of a service names. */
static bool read_config(
	struct options *o, enum options_program program, const struct options_report *r)
{
	o->config_text = options_file_text(o->config, r);
	return o->config_text && options_file_lines(o, program, o->config, o->config_text, r);
}

/* Reads OPTIONS of a service as words of its command line. */
static bool read_words(
	struct options *o, enum options_program program, char *text, const struct options_report *r)
{
	static char name[] = "anomdetect";
	char *words[WORDS_MAX + 1] = {name};
	size_t n = service_file_words(text, words + 1, WORDS_MAX - 1);
	struct pass pass = {OPTIONS_ANOMDETECT, program, .config_only = true};

	if (n > WORDS_MAX - 1) {
		snprintf(r->why, r->cap, "more than %d words", WORDS_MAX - 1);
		return false;
	}
	if (!read_arguments(o, &pass, (int)n + 1, words, r) ||
		(o->config && !read_config(o, program, r)))
		return false;
	pass.config_only = false;
	return read_arguments(o, &pass, (int)n + 1, words, r);
}

/* Reads the file that -c of our own command line names: a configuration file, or a service's
 * file. */
static bool read_named(
	struct options *o, enum options_program program, const struct options_report *r)
{
	const char *path = o->config;
	char why[SERVICE_WHY_CAP] = "";
	struct options_report inner = {why, sizeof why, "--", .of_service = true};
	char *text = options_file_text(path, r);
	struct service_file service;

	if (!text)
		return false;
	if (!service_file_is(text)) {
		o->config_text = text;
		return options_file_lines(o, program, path, text, r);
	}
	o->service_text = text;
	if (!service_file_parse(text, &service, why, sizeof why)) {
		snprintf(r->why, r->cap, "%.200s: %s", path, why);
		return false;
	}
	if (service.misspelt[0]) {
		snprintf(r->why, r->cap,
			"%.200s: %s is a variable that anomdetect does not read; did you mean "
			"%s?",
			path, service.misspelt, service.meant);
		return false;
	}
	o->log = service.log ? service.log : SERVICE_FILE_LOG;
	o->service = path;
	o->config = NULL; /* OPTIONS may name another file */
	if (service.options && !read_words(o, program, service.options, &inner)) {
		snprintf(r->why, r->cap, "%.200s: OPTIONS: %s", path, why);
		return false;
	}
	return true;
}

static bool parse_arguments(struct options *o, enum options_program program, int argc, char **argv,
	const struct options_report *r)
{
	struct pass pass = {program, program, .config_only = true};

	options_set_defaults(o);
	if (!read_arguments(o, &pass, argc, argv, r) || (o->config && !read_named(o, program, r)))
		return false;
	pass.config_only = false;
	if (!read_arguments(o, &pass, argc, argv, r))
		return false;
	if (check_words(o, r))
		return true;
	options_place(o, r->why, r->cap);
	return false;
}

bool options_parse(struct options *o, int argc, char **argv, char *why, size_t why_cap)
{
	struct options_report r = {why, why_cap, "--", .of_service = false};

	return parse_arguments(o, OPTIONS_ANOMDETECT, argc, argv, &r);
}

bool options_parse_anomban(struct options *o, int argc, char **argv, char *why, size_t why_cap)
{
	struct options_report r = {why, why_cap, "--", .of_service = false};

	return parse_arguments(o, OPTIONS_ANOMBAN, argc, argv, &r) &&
	       (o->program.help || o->program.version ||
		       options_check_operands(&o->anomban, OPTIONS_ANOMBAN, &r));
}

bool options_parse_anomcount(struct options *o, int argc, char **argv, char *why, size_t why_cap)
{
	struct options_report r = {why, why_cap, "--", .of_service = false};

	return parse_arguments(o, OPTIONS_ANOMCOUNT, argc, argv, &r);
}

void options_free(struct options *o)
{
	free(o->config_text);
	o->config_text = NULL;
	free(o->service_text);
	o->service_text = NULL;
}

bool options_answer(const struct program_options *o, const char *program)
{
	if (o->help)
		options_help(program);
	else
		printf("%s %s\n", program, ANOMDETECT_VERSION);
	return fflush(stdout) == 0;
}
