/* anomstat.c - shows the state that anomdetect writes: as a page, for programs, for a browser.
 *
 * It only reads files and prints, so it cannot disturb the detector.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/address.h"
#include "core/base/address_hint.h"
#include "core/record/memory.h"
#include "core/base/num.h"
#include "core/show/screen.h"
#include "core/show/screen_help.h"
#include "core/record/state.h"
#include "core/base/version.h"
#include "core/show/view.h"
#include "io/config/option_hints.h"
#include "io/host/clock.h"
#include "io/host/log.h"
#include "io/run/load_state.h"
#include "io/run/statedir.h"
#include "io/host/statefile.h"
#include "io/host/terminal.h"

/* With --check the exit code is a value of enum status_check: 0 to 3, as for monitoring plugins. */
enum exit_code { EXIT_OK = 0, EXIT_RUNTIME = 1, EXIT_USAGE = 2, EXIT_UNKNOWN = 3 };

/* Rows that the page cannot use: the shell's next prompt; the heading of watch(1). */
#define PROMPT_ROWS 1
#define WATCH_ROWS  2
/* --follow: seconds between two pages. */
#define FOLLOW_DEFAULT 3
#define FOLLOW_MIN     0.1
#define FOLLOW_MAX     3600
#define WHY_MAX        (PATH_MAX + LOAD_STATE_WHY_CAP)

/* The largest output; memory pages are touched only as needed. */
#define TEXT_MAX (SCREEN_BYTES_MAX > VIEW_BYTES_MAX ? SCREEN_BYTES_MAX : VIEW_BYTES_MAX)

enum mode {
	MODE_SCREEN,
	MODE_FOLLOW,
	MODE_JSON,
	MODE_PROMETHEUS,
	MODE_HTML,
	MODE_CHECK,
	MODE_CLIENT,
	MODE_VERSION,
	MODE_HELP
};

struct app {
	const char *path;
	enum mode mode;
	/* --check: the output and exit code are for a monitoring plugin, even on a failure */
	bool checks;
	struct screen_size size;
	int follow_ms;
	struct address client;
	struct state *state;
	char *text; /* room for TEXT_MAX */
	char why[WHY_MAX];
};

static const char usage[] =
	"usage: anomstat [-f [SECONDS]] [-ahV] [-s FILE] [--color WHEN]\n"
	"       anomstat --json | --prometheus | --html | --check | --client ADDRESS\n"
	"Shows what anomdetect does now; see anomstat(1).\n"
	"  -s, --state FILE      the state file of anomdetect (default: the environment\n"
	"                        variable ANOMDETECT_STATE, or anomdetect's default)\n"
	"  -f, --follow SECONDS  redraw the page every SECONDS (default: 3); q ends\n"
	"                        the program, ? explains the page\n"
	"      --color WHEN      auto (on a terminal), always or never\n"
	"  -a, --ascii           draw bars in ASCII\n"
	"      --json            print the state and its evaluation as JSON\n"
	"      --prometheus      print the state for node_exporter's textfile collector\n"
	"      --html            print a page for a web browser\n"
	"      --check           print one line for monitoring; exit status 0 to 3\n"
	"      --client ADDRESS  print all that is known about one client\n"
	"  -V, --version         print the version, and exit\n"
	"  -h, --help            print this help, and exit\n"
	"To keep the page on the screen: anomstat -f, or watch -n 3 anomstat\n";

static bool put_out(const char *data, size_t len)
{
	bool done = terminal_put(data, len);

	if (!done)
		log_fatal("unable to write to standard output: %s", strerror(errno));
	return done;
}

/* A positive number from the environment; otherwise 0. */
static size_t environment_size(const char *name)
{
	const char *text = getenv(name);
	uint64_t n = 0;

	if (!text || !num_u64(text, strlen(text), &n) || n > INT_MAX)
		return 0;
	return (size_t)n;
}

static size_t subtract_size(size_t n, size_t by)
{
	return n > by ? n - by : 1;
}

/* A pipe has no size. watch(1) passes the terminal's size in COLUMNS and LINES; its heading takes a
 * part of this size. */
static void find_size(struct screen_size *size, enum mode mode)
{
	size_t columns, lines;

	if (terminal_size(&size->width, &size->height)) {
		size->height = subtract_size(size->height, mode == MODE_FOLLOW ? 0 : PROMPT_ROWS);
		return;
	}
	if (mode == MODE_FOLLOW) {
		size->width = TERMINAL_WIDTH;
		size->height = TERMINAL_HEIGHT;
		return;
	}
	columns = environment_size("COLUMNS");
	lines = environment_size("LINES");
	size->width = columns ? columns : TERMINAL_WIDTH;
	size->height = lines ? subtract_size(lines, WATCH_ROWS) : 0;
}

/* Replaces bytes that are not printable: a path in a->why may contain any bytes. */
static void put_why(const struct app *a, struct buf *out)
{
	for (const char *c = a->why; *c; c++)
		buf_put_char(out, *c >= ' ' && *c <= '~' ? *c : '?');
}

/* The memory file contains all strikes and bans. The state contains only the newest ones. */
static void render_client(struct app *a, struct instant now, struct buf *out)
{
	char path[PATH_MAX + 8], reason[FILE_ACCESS_CAP];
	struct memory_client client;
	bool found = false;
	const char *why = NULL;

	snprintf(path, sizeof path, "%s.memory", a->path);
	int fd = statefile_open_own(path, MEMORY_BYTES_MAX, statedir_owner(path));
	struct byte_source source = statefile_source(&fd);
	if (fd < 0 || memory_find(&source, &a->client, &client, &found, &why) == MEMORY_UNREAD) {
		snprintf(reason, sizeof reason, "%s",
			errno == ENOENT ? "no such file; anomdetect saves it once per minute"
					: load_state_reason(path, errno).s);
		why = reason;
	}
	if (fd >= 0)
		close(fd);
	view_client(a->state, now, &a->client, found ? &client : NULL, why, out);
}

static void render_view(struct app *a, struct buf *out)
{
	struct instant now = clock_now();

	buf_init(out, a->text, TEXT_MAX);
	switch (a->mode) {
	case MODE_SCREEN:
	case MODE_FOLLOW:
		find_size(&a->size, a->mode);
		screen_render(a->state, now, a->size, out);
		break;
	case MODE_JSON:
		view_json(a->state, now, out);
		break;
	case MODE_PROMETHEUS:
		view_prometheus(a->state, now, out);
		break;
	case MODE_HTML:
		view_html(a->state, now, out);
		break;
	case MODE_CLIENT:
		render_client(a, now, out);
		break;
	case MODE_CHECK:
	case MODE_VERSION:
	case MODE_HELP:
		break;
	}
}

/* Prints the line in a->why. With --check the exit code is 3, because 1 would mean warning
 * and 2 critical. */
static int refuse_state(const struct app *a, enum exit_code code)
{
	char line[WHY_MAX + 32];
	struct buf b;

	if (!a->checks) {
		log_fatal("%s", a->why);
		return code;
	}
	buf_init(&b, line, sizeof line);
	view_check_unknown(a->why, &b);
	(void)put_out(b.data, b.len);
	return EXIT_UNKNOWN;
}

static int show_once(struct app *a)
{
	struct buf b;

	if (!load_state(a->path, a->state, a->why, sizeof a->why))
		return refuse_state(a, EXIT_RUNTIME);
	render_view(a, &b);
	return put_out(b.data, b.len) ? EXIT_OK : EXIT_RUNTIME;
}

/* Always prints exactly one line on standard output. */
static int check_status(struct app *a)
{
	enum status_check status;
	struct buf b;

	if (!load_state(a->path, a->state, a->why, sizeof a->why))
		return refuse_state(a, EXIT_RUNTIME);
	buf_init(&b, a->text, TEXT_MAX);
	status = view_check(a->state, clock_now(), &b);
	return put_out(b.data, b.len) ? (int)status : EXIT_UNKNOWN;
}

/* Prints the reason instead of a page. A partial page would mislead, because it looks like a whole
 * page. */
static void render_why(struct app *a, struct buf *out)
{
	char plain[WHY_MAX];
	struct buf b;
	struct text_page p;

	buf_init(&b, plain, sizeof plain - 1);
	put_why(a, &b);
	plain[b.len] = '\0';
	buf_init(out, a->text, TEXT_MAX);
	find_size(&a->size, a->mode);
	text_page_init(&p, out, a->size.width, a->size.height);
	text_page_put(&p, "anomstat: ");
	text_page_put_wrapped(&p, plain);
	text_page_end_row(&p);
}

/* Renders page `help` of the help, or the state if `help` is 0. If the state cannot be read,
 * renders the reason, because the next attempt may succeed. */
static void render_followed(struct app *a, size_t help, struct buf *out)
{
	if (!help && load_state(a->path, a->state, a->why, sizeof a->why)) {
		render_view(a, out);
	} else if (!help) {
		render_why(a, out);
	} else {
		buf_init(out, a->text, TEXT_MAX);
		find_size(&a->size, a->mode);
		screen_help_render(a->size, help, out);
	}
}

static int follow_file(struct app *a)
{
	struct terminal *t = terminal_open();
	enum terminal_came came = TERMINAL_TIME;
	int code = EXIT_OK;
	size_t help = 0; /* the help page on the screen, from 1 */
	struct buf b;
	char key;

	if (!t) {
		log_fatal("--follow: standard output is not a terminal; see watch(1)");
		return EXIT_RUNTIME;
	}
	while (code == EXIT_OK && came != TERMINAL_LEAVE) {
		a->size.keys = terminal_has_keys(t);
		render_followed(a, help, &b);
		if (!terminal_draw(t, b.data, b.len)) {
			code = EXIT_RUNTIME;
			break;
		}
		came = terminal_wait(t, a->follow_ms, help ? NULL : "qQ?", &key);
		if (came == TERMINAL_KEY && !help && key != '?')
			break;
		if (came == TERMINAL_KEY)
			help = key == '?' && help < screen_help_pages(a->size) ? help + 1 : 0;
	}
	terminal_close(t);
	if (code != EXIT_OK)
		log_fatal("unable to write to standard output: %s", strerror(errno));
	return code;
}

static int run_program(struct app *a)
{
	int code;

	a->state = malloc(sizeof *a->state);
	a->text = malloc(TEXT_MAX);
	if (!a->state || !a->text) {
		snprintf(a->why, sizeof a->why, "unable to get memory: %s", strerror(errno));
		code = refuse_state(a, EXIT_RUNTIME);
	} else if (a->mode == MODE_FOLLOW) {
		code = follow_file(a);
	} else {
		code = a->mode == MODE_CHECK ? check_status(a) : show_once(a);
	}
	free(a->text);
	free(a->state);
	return code;
}

static enum exit_code show_fixed(const char *text)
{
	return put_out(text, strlen(text)) ? EXIT_OK : EXIT_RUNTIME;
}

static bool take_color(struct app *a, const char *when)
{
	if (strcmp(when, "auto") == 0)
		a->size.colour = terminal_colour();
	else if (strcmp(when, "always") == 0)
		a->size.colour = true;
	else if (strcmp(when, "never") == 0)
		a->size.colour = false;
	else
		return false;
	return true;
}

static bool take_seconds(struct app *a, const char *text)
{
	double seconds;

	if (!num_double(text, strlen(text), &seconds) || !(seconds >= FOLLOW_MIN) ||
		!(seconds <= FOLLOW_MAX))
		return false;
	a->follow_ms = (int)lround(1000 * seconds);
	return true;
}

static enum exit_code wrong_value(
	struct app *a, const char *option, const char *value, const char *wanted, const char *hint)
{
	snprintf(a->why, sizeof a->why, "%s: '%s' is not %s%s", option, value, wanted, hint);
	return EXIT_USAGE;
}

static enum exit_code wrong_color(struct app *a, const char *value)
{
	static const char *const words[] = {"auto", "always", "never", NULL};

	return wrong_value(
		a, "--color", value, "auto, always or never", option_hints_word(value, words).s);
}

enum {
	OPTION_COLOR = 256,
	OPTION_JSON,
	OPTION_PROMETHEUS,
	OPTION_HTML,
	OPTION_CHECK,
	OPTION_CLIENT
};

static const struct option options[] = {
	{"state", required_argument, NULL, 's'},
	{"follow", optional_argument, NULL, 'f'},
	{"color", required_argument, NULL, OPTION_COLOR},
	{"ascii", no_argument, NULL, 'a'},
	{"json", no_argument, NULL, OPTION_JSON},
	{"prometheus", no_argument, NULL, OPTION_PROMETHEUS},
	{"html", no_argument, NULL, OPTION_HTML},
	{"check", no_argument, NULL, OPTION_CHECK},
	{"client", required_argument, NULL, OPTION_CLIENT},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

/* The mode of an option that only selects the output. */
static enum mode mode_of(int option)
{
	switch (option) {
	case OPTION_JSON:
		return MODE_JSON;
	case OPTION_PROMETHEUS:
		return MODE_PROMETHEUS;
	case OPTION_HTML:
		return MODE_HTML;
	case 'V':
		return MODE_VERSION;
	default:
		return MODE_HELP;
	}
}

/* `word`: the last word that getopt read. */
static enum exit_code refuse_option(struct app *a, bool value_missing, const char *word)
{
	if (value_missing)
		snprintf(a->why, sizeof a->why, "%s takes a value; see anomstat --help", word);
	else if (strncmp(word, "--", 2) == 0 && strchr(word, '=') &&
		 option_hints_has("anomstat", word + 2, strcspn(word + 2, "=")))
		snprintf(a->why, sizeof a->why, "%s: this option takes no value", word);
	else
		snprintf(a->why, sizeof a->why, "unknown option %s%s", word,
			option_hints_name("anomstat", word, "--").s);
	return EXIT_USAGE;
}

/* Returns EXIT_OK, or EXIT_USAGE with a line in a->why. Words after -V or -h are not read. */
static enum exit_code read_options(struct app *a, int argc, char **argv)
{
	const char *word = option_hints_single_dash("anomstat", argc, argv);
	int option;

	if (word)
		return refuse_option(a, false, word);
	while ((option = getopt_long(argc, argv, ":s:f::aVh", options, NULL)) != -1) {
		switch (option) {
		case 's':
			a->path = optarg;
			break;
		case 'f':
			a->mode = MODE_FOLLOW;
			/* getopt accepts optional values only without a blank before them */
			if (!optarg && optind < argc && argv[optind][0] >= '0' &&
				argv[optind][0] <= '9')
				optarg = argv[optind++];
			if (optarg && !take_seconds(a, optarg))
				return wrong_value(a, "--follow", optarg,
					"a number of seconds from 0.1 to 3600", "");
			break;
		case OPTION_COLOR:
			if (!take_color(a, optarg))
				return wrong_color(a, optarg);
			break;
		case 'a':
			a->size.utf8 = false;
			break;
		case OPTION_CHECK:
			a->mode = MODE_CHECK;
			a->checks = true;
			break;
		case OPTION_CLIENT:
			a->mode = MODE_CLIENT;
			if (!address_parse_prefix(optarg, strlen(optarg), &a->client))
				return wrong_value(a, "--client", optarg, "an address or a network",
					address_hint_of(optarg, strlen(optarg)).s);
			break;
		case ':':
		case '?':
			return refuse_option(a, option == ':', option_hints_word_read(argc, argv));
		default:
			a->mode = mode_of(option);
			if (a->mode == MODE_VERSION || a->mode == MODE_HELP)
				return EXIT_OK;
		}
	}
	if (optind == argc)
		return EXIT_OK;
	snprintf(a->why, sizeof a->why, "'%s' is not an option%s", argv[optind],
		option_hints_operand("anomstat", argv[optind]).s);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct app a = {.follow_ms = FOLLOW_DEFAULT * 1000};
	char found[PATH_MAX];

	log_init("anomstat");
	opterr = 0;
	a.size.utf8 = terminal_utf8();
	a.size.colour = terminal_colour();
	for (int i = 1; i < argc; i++) /* finds --check even after a wrong option */
		a.checks |= strcmp(argv[i], "--check") == 0;
	if (read_options(&a, argc, argv) != EXIT_OK)
		return refuse_state(&a, EXIT_USAGE);
	if (a.mode == MODE_VERSION)
		return show_fixed("anomstat " ANOMDETECT_VERSION "\n");
	if (a.mode == MODE_HELP)
		return show_fixed(usage);
	if (!a.path && !statefile_default_path(true, found, sizeof found)) {
		snprintf(a.why, sizeof a.why,
			"the path of the state file is unknown: give --state FILE");
		return refuse_state(&a, EXIT_RUNTIME);
	}
	if (!a.path)
		a.path = found;
	return run_program(&a);
}
