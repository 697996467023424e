/* fuzz_options.c - any bytes as a command line with its files. The command line is refused with a
 * reason of one line, or each value is in its range. Then the options are written as another
 * command line, and as a configuration file, and both give the same options. The stages that use
 * the options accept or refuse them. An accepted allow-list contains each given network.
 *
 * An input is the program's name and its arguments, one per line. A line CONFIG_FILE or LIST_FILE
 * begins the text of a file. Arguments name these files as CONFIG_PATH and LIST_PATH.
 */
#include <fcntl.h>
#include <math.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/record/event.h"
#include "io/config/allowlist.h"
#include "io/config/input.h"
#include "io/config/options.h"
#include "io/config/options_table.h"
#include "io/config/settings.h"
#include "io/firewall/drop_rules.h"

#include "mutate_lines.h"

#define CONFIG_FILE "@@config"
#define LIST_FILE   "@@list"
#define CONFIG_PATH "/dev/fd/100"
#define LIST_PATH   "/dev/fd/101"
#define CONFIG_FD   100
#define LIST_FD     101
#define ARGS_MAX    1024
#define WHY_CAP     512

struct command {
	enum options_program program;
	char *argv[ARGS_MAX + 1];   /* each argument in its own memory */
	char *sorted[ARGS_MAX + 1]; /* argv in getopt_long's order; operands point here */
	int argc;
};

/* A value at a bound of the row, or just beyond it. */
static const char *mutate_bound(const struct options_row *row)
{
	static char text[32];
	double bound = mutate_below(2) ? row->min : row->max;

	snprintf(text, sizeof text, "%.17g",
		mutate_below(3) ? bound : bound + (mutate_below(2) ? 1 : -1));
	return text;
}

static const char *mutate_word(void)
{
	static const char *const words[] = {"anomdetect", "anomban", "anomcount", CONFIG_FILE,
		LIST_FILE, "--", "--config", CONFIG_PATH, "@" LIST_PATH, "--allow", "--trust-proxy",
		"10.0.0.0/8", "0.0.0.0/0", "192.0.2.1", "2001:db8::/32", "::/0", "fc00::/7",
		"224.0.0.0/4", "#", "auto", "none", "combined", "nginx", "generic", "local", "UTC",
		"+01:00", "-0930", "+1:", "Europe/Berlin", "../UTC", "raw/PREROUTING",
		"filter/INPUT", "nat/OUTPUT", "80,443", "8000:8080", "443:80",
		"10m,30m,2h,permanent", "permanent,1s", "24d", "25d", "0s", "1e3", "-1", "all",
		"start,ban,stop", "visits", "site", "req.ip", "-v", "-vx", "-rb", "-eban",
		"-c" CONFIG_PATH, "--ba", "--ban-p", "--unban", "--list"};
	const struct options_row *row = &options_rows[mutate_below(options_rows_n)];
	static char text[64];

	switch (mutate_below(4)) {
	case 0:
		snprintf(text, sizeof text, "--%s%s", row->name, mutate_below(2) ? "=" : "");
		return text;
	case 1:
		return row->name;
	case 2:
		return mutate_bound(row);
	default:
		return words[mutate_below(sizeof words / sizeof *words)];
	}
}

/* ---- the input ---- */

static void write_file(int at, const char *text, size_t len)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	FUZZ_HOLDS(fd >= 0 && fchmod(fd, 0600) == 0 && write(fd, text, len) == (ssize_t)len);
	FUZZ_HOLDS(dup3(fd, at, O_CLOEXEC) == at);
	close(fd);
}

static void add_argument(struct command *c, const char *s, size_t len)
{
	char *text = malloc(len + 1);

	FUZZ_HOLDS(text);
	memcpy(text, s, len);
	text[len] = '\0';
	if (c->argc < ARGS_MAX)
		c->argv[c->argc++] = text;
	else
		free(text);
	c->argv[c->argc] = NULL;
}

static void free_command(struct command *c)
{
	for (int i = 0; i < c->argc; i++)
		free(c->argv[i]);
}

static bool line_is(const char *s, size_t len, const char *text)
{
	return len == strlen(text) && memcmp(s, text, len) == 0;
}

/* Returns the line that begins another file, or the end of the input. */
static const char *end_of_file(const char *s, const char *end)
{
	while (s < end) {
		const char *newline = memchr(s, '\n', (size_t)(end - s));
		const char *stop = newline ? newline : end;
		if (line_is(s, (size_t)(stop - s), CONFIG_FILE) ||
			line_is(s, (size_t)(stop - s), LIST_FILE))
			return s;
		s = newline ? newline + 1 : end;
	}
	return end;
}

static void read_input(struct command *c, const char *s, size_t len)
{
	const char *end = s + len, *files = end_of_file(s, end);

	*c = (struct command){.program = OPTIONS_ANOMDETECT};
	while (s < files) {
		const char *newline = memchr(s, '\n', (size_t)(files - s));
		const char *stop = newline ? newline : files;
		if (c->argc == 0 && line_is(s, (size_t)(stop - s), "anomban"))
			c->program = OPTIONS_ANOMBAN;
		if (c->argc == 0 && line_is(s, (size_t)(stop - s), "anomcount"))
			c->program = OPTIONS_ANOMCOUNT;
		add_argument(c, s, (size_t)(stop - s));
		s = newline ? newline + 1 : files;
	}
	if (c->argc == 0)
		add_argument(c, "anomdetect", 10);
	write_file(CONFIG_FD, "", 0);
	write_file(LIST_FD, "", 0);
	while (s < end) {
		int at = s[2] == 'c' ? CONFIG_FD : LIST_FD;
		s += strlen(at == CONFIG_FD ? CONFIG_FILE : LIST_FILE);
		s += s < end;
		const char *stop = end_of_file(s, end);
		write_file(at, s, (size_t)(stop - s));
		s = stop;
	}
}

/* ---- accepted values ---- */

static void must_be_reason(const char *why)
{
	FUZZ_HOLDS(why[0] && memchr(why, '\0', WHY_CAP) && !strchr(why, '\n'));
}

static bool parse(struct options *o, struct command *c)
{
	char why[WHY_CAP] = "";

	memcpy(c->sorted, c->argv, sizeof c->argv);
	bool ok = c->program == OPTIONS_ANOMBAN
			  ? options_parse_anomban(o, c->argc, c->sorted, why, sizeof why)
		  : c->program == OPTIONS_ANOMCOUNT
			  ? options_parse_anomcount(o, c->argc, c->sorted, why, sizeof why)
			  : options_parse(o, c->argc, c->sorted, why, sizeof why);
	if (!ok)
		must_be_reason(why);
	return ok;
}

static const void *value_of(const struct options *o, const struct options_row *row)
{
	return (const char *)o + row->offset;
}

static void check_row(const struct options *o, const struct options_row *row)
{
	const void *at = value_of(o, row);
	double v = row->kind == OPTIONS_COUNT    ? *(const uint32_t *)at
		   : row->kind == OPTIONS_NUMBER ? *(const double *)at
		   : row->kind == OPTIONS_SPAN   ? (double)span_to_seconds(*(const struct span *)at)
						 : row->min;

	FUZZ_HOLDS(isfinite(v) && v >= row->min && (v <= row->max || row->max < row->min));
	if (row->kind == OPTIONS_TEXT && *(const char *const *)at)
		FUZZ_HOLDS(**(const char *const *)at);
	if (row->kind == OPTIONS_EVENTS)
		FUZZ_HOLDS(*(const unsigned *)at > 0 &&
			   *(const unsigned *)at < 1u << EVENT_KIND_COUNT);
	if (row->kind == OPTIONS_NETWORKS)
		FUZZ_HOLDS(((const struct options_list *)at)->n <= OPTIONS_LIST_MAX);
}

static void check_values(const struct options *o, enum options_program program)
{
	for (size_t i = 0; i < options_rows_n; i++)
		if (options_rows[i].programs & program && options_rows[i].kind != OPTIONS_FLAG &&
			options_rows[i].kind != OPTIONS_ACTION)
			check_row(o, &options_rows[i]);
	FUZZ_HOLDS(o->bans.schedule_n > 0 && o->bans.schedule_n <= BANS_SCHEDULE_MAX);
	for (uint32_t i = 0; i < o->bans.schedule_n; i++)
		FUZZ_HOLDS(o->bans.schedule[i].ms >= 1000);
	FUZZ_HOLDS(!o->firewall.ports || drop_rules_ports_ok(o->firewall.ports));
	FUZZ_HOLDS(drop_rules_name_ok(o->firewall.set_name));
	FUZZ_HOLDS(o->anomban.action != OPTIONS_BAN || o->anomban.ban_time.ms >= 1000);
}

/* ---- written again ---- */

static void put_list(char *text, size_t cap, const struct options *o, const struct options_row *row)
{
	struct buf b;

	buf_init(&b, text, cap - 1);
	for (int k = 0; row->kind == OPTIONS_EVENTS && k < EVENT_KIND_COUNT; k++)
		if (o->run.events >> k & 1)
			buf_put_format(
				&b, "%s%s", b.len ? "," : "", event_name((enum event_kind)k));
	for (uint32_t i = 0; row->kind == OPTIONS_SCHEDULE && i < o->bans.schedule_n; i++) {
		struct span s = o->bans.schedule[i];
		buf_put_text(&b, b.len ? "," : "");
		if (s.ms == SPAN_MAX.ms)
			buf_put_text(&b, "permanent");
		else
			buf_put_format(&b, "%llds", (long long)span_to_seconds(s));
	}
	FUZZ_HOLDS(!b.full);
	text[b.len] = '\0';
}

/* The row's value as text, in memory that the caller frees; NULL: not given. `k` is the number of
 * the value in rows that can be given repeatedly. */
static char *written_value(const struct options *o, const struct options_row *row, size_t k)
{
	const void *at = value_of(o, row);
	const struct options_list *list = at;
	char text[256];

	switch (row->kind) {
	case OPTIONS_FLAG:
		return k || !*(const bool *)at ? NULL : strdup("");
	case OPTIONS_TEXT:
		return k || !*(const char *const *)at ? NULL : strdup(*(const char *const *)at);
	case OPTIONS_NETWORKS:
		return k < list->n ? strdup(list->values[k]) : NULL;
	case OPTIONS_COUNT:
		snprintf(text, sizeof text, "%u", *(const uint32_t *)at);
		break;
	case OPTIONS_NUMBER:
		snprintf(text, sizeof text, "%.17g", *(const double *)at);
		break;
	case OPTIONS_SPAN:
		snprintf(text, sizeof text, "%llds",
			(long long)span_to_seconds(*(const struct span *)at));
		break;
	case OPTIONS_EVENTS:
	case OPTIONS_SCHEDULE:
		put_list(text, sizeof text, o, row);
		break;
	case OPTIONS_ACTION:
		return NULL;
	}
	return k ? NULL : strdup(text);
}

/* Whether a line of a file can contain the value. The value must not be empty, contain a newline,
 * or begin or end with a blank. */
static bool fits_line(const char *value)
{
	size_t len = strlen(value);

	return len && !strchr(value, '\n') && !strchr(" \t\r", value[0]) &&
	       !strchr(" \t\r", value[len - 1]);
}

/* Whether a file can contain all values of the row. If only some of them fit, all are written as
 * arguments, because values of the command line are added after the values of the file. */
static bool fits_file(const struct options *o, const struct options_row *row)
{
	bool fits = row->programs & OPTIONS_ANOMDETECT && row->letter != 'h' && row->letter != 'V';
	char *value;

	for (size_t k = 0; (value = written_value(o, row, k)); k++, free(value))
		fits &= row->kind == OPTIONS_FLAG || fits_line(value);
	return fits;
}

static void add_value(struct command *c, const struct options_row *row, const char *value)
{
	size_t len = strlen(row->name) + strlen(value) + 4;
	char *text = malloc(len);

	FUZZ_HOLDS(text);
	len = (size_t)snprintf(
		text, len, "--%s%s%s", row->name, row->kind == OPTIONS_FLAG ? "" : "=", value);
	add_argument(c, text, len);
	free(text);
}

/* Writes the options as arguments. With `file`, the options that a file can contain are its lines.
 */
static void write_options(
	struct command *to, const struct options *o, const struct command *from, struct buf *file)
{
	*to = (struct command){.program = from->program};
	add_argument(to, "program", 7);
	for (size_t i = 0; i < options_rows_n; i++) {
		const struct options_row *row = &options_rows[i];
		bool in_file = file && fits_file(o, row);
		char *value;
		if (!(row->programs & from->program) || row->letter == 'c')
			continue;
		if (row->kind == OPTIONS_ACTION && o->anomban.action != OPTIONS_FILTER &&
			(enum options_action)row->min == o->anomban.action)
			add_value(to, &(struct options_row){.name = row->name}, "");
		for (size_t k = 0; (value = written_value(o, row, k)); k++, free(value)) {
			if (!in_file) {
				add_value(to, row, value);
				continue;
			}
			buf_put_text(file, row->name);
			buf_put_char(file, ' ');
			buf_put_text(file, value);
			buf_put_char(file, '\n');
		}
	}
	if (file)
		add_argument(to, "-c" CONFIG_PATH, strlen("-c" CONFIG_PATH));
	if (o->anomban.operands_n)
		add_argument(to, "--", 2);
	for (size_t i = 0; i < o->anomban.operands_n; i++)
		add_argument(to, o->anomban.operands[i], strlen(o->anomban.operands[i]));
}

static void must_be_same(
	const struct options *a, const struct options *b, enum options_program program)
{
	for (size_t i = 0; i < options_rows_n; i++) {
		const struct options_row *row = &options_rows[i];
		char *x, *y;
		if (!(row->programs & program) || row->letter == 'c')
			continue;
		for (size_t k = 0; (x = written_value(a, row, k)); k++) {
			y = written_value(b, row, k);
			FUZZ_HOLDS(y && strcmp(x, y) == 0);
			free(x);
			free(y);
		}
		FUZZ_HOLDS(row->kind != OPTIONS_NETWORKS ||
			   ((const struct options_list *)value_of(a, row))->n ==
				   ((const struct options_list *)value_of(b, row))->n);
	}
	FUZZ_HOLDS(a->anomban.action == b->anomban.action);
	FUZZ_HOLDS(a->anomban.operands_n == b->anomban.operands_n);
	FUZZ_HOLDS(a->anomban.ban_time.ms == b->anomban.ban_time.ms);
}

static void check_again(const struct options *o, const struct command *from)
{
	static char text[1 << 20];
	struct command again;
	struct options same;
	struct buf file;

	write_options(&again, o, from, NULL);
	FUZZ_HOLDS(again.argc == ARGS_MAX || parse(&same, &again));
	if (again.argc < ARGS_MAX)
		must_be_same(o, &same, from->program);
	free_command(&again);

	buf_init(&file, text, sizeof text);
	write_options(&again, o, from, &file);
	write_file(CONFIG_FD, file.data, file.len);
	if (!file.full && again.argc < ARGS_MAX) {
		FUZZ_HOLDS(parse(&same, &again));
		must_be_same(o, &same, from->program);
		options_free(&same);
	}
	free_command(&again);
}

/* ---- the stages that use the options ---- */

static void must_hold(const struct allow *a, const struct options_list *list)
{
	struct address network;

	for (size_t i = 0; i < list->n; i++)
		FUZZ_HOLDS(
			list->values[i][0] == '@' ||
			!address_parse_prefix(list->values[i], strlen(list->values[i]), &network) ||
			allow_has(a, &network));
}

static void check_lists(const struct allow_options *o)
{
	struct allow *allow, *trusted;
	char why[WHY_CAP] = "";

	if (!allowlist_read(o, true, &allow, &trusted, why, sizeof why)) {
		must_be_reason(why);
		FUZZ_HOLDS(!allow && !allowlist_is_readable(o, true, why, sizeof why));
		return;
	}
	FUZZ_HOLDS(!trusted == !o->trust_proxy.n);
	must_hold(allow, &o->networks);
	must_hold(allow, &o->trust_proxy);
	if (trusted)
		must_hold(trusted, &o->trust_proxy);
	allow_free(trusted);
	allow_free(allow);
}

/* "+hh:mm", "+hhmm" or "+hh". */
static bool is_offset(const char *s)
{
	size_t len = strlen(s), digits = strspn(s + 1, "0123456789");

	return (len == 3 && digits == 2) || (len == 5 && digits == 4) ||
	       (len == 6 && digits == 2 && s[3] == ':' && strspn(s + 4, "0123456789") == 2);
}

static void check_input(const struct input_options *o, const struct options_list *trust_proxy)
{
	static struct input in;
	char why[WHY_CAP] = "";

	if (!input_open(&in, o, trust_proxy, why, sizeof why)) {
		must_be_reason(why);
	} else {
		const struct timestamp_zone *zone = &in.zone.timestamp;
		int64_t east = zone->east_s(zone->ctx, 1795320960);
		FUZZ_HOLDS(east >= -18 * 3600 && east <= 18 * 3600);
		FUZZ_HOLDS((o->tz[0] != '+' && o->tz[0] != '-') || is_offset(o->tz));
		input_close(&in);
	}
	unsetenv("TZ");
}

static void check_stages(const struct options *o)
{
	static const struct line_config line;
	struct settings_chain chain = {.table = ""};
	struct firewall_config firewall = settings_firewall(&o->firewall, &o->bans, &chain);
	struct engine_config engine = settings_engine(o, &line, NULL);

	FUZZ_HOLDS(drop_rules_chain_ok(firewall.table, firewall.chain));
	FUZZ_HOLDS(
		strlen(firewall.table) + 1 + strlen(firewall.chain) == strlen(o->firewall.chain));
	FUZZ_HOLDS(engine.max_clients >= 100 && engine.bans.max >= 100);
	FUZZ_HOLDS(engine.rules.cold_requests > engine.visits.floor[LIMIT_REQUESTS]);
	check_input(&o->input, &o->allow.trust_proxy);
	check_lists(&o->allow);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct command command;
	struct options o;

	read_input(&command, (const char *)data, len);
	if (parse(&o, &command)) {
		check_values(&o, command.program);
		check_stages(&o);
		check_again(&o, &command);
	}
	options_free(&o);
	free_command(&command);
	return 0;
}
