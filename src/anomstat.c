/* anomstat.c - draws the dashboard from the state file, once: `watch -n 3 anomstat`.
 *
 * It only reads one file and writes one page; there is nothing in it that could disturb the filter.
 */
#include <errno.h>
#include <getopt.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "core/num.h"
#include "core/screen.h"
#include "core/state.h"
#include "core/version.h"
#include "io/log.h"
#include "io/statedir.h"
#include "io/statefile.h"

#define EXIT_USAGE 2

/* Rows that are not the page's own: the shell's next prompt; the heading of watch(1). */
#define PROMPT_ROWS 1
#define WATCH_ROWS  2

static const char usage[] =
	"usage: anomstat [-hV] [-s FILE]\n"
	"  -s, --state FILE  the state that anomdetect writes (default: its own default;\n"
	"                    the environment variable ANOMDETECT_STATE names another)\n"
	"  -V, --version     print the version\n"
	"  -h, --help        print this\n"
	"To keep it on the screen: watch -n 3 anomstat\n";

static bool put_out(const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(STDOUT_FILENO, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			log_fatal("unable to write to standard output: %s", strerror(errno));
			return false;
		}
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* A positive number from the environment, else 0. */
static size_t environment_size(const char *name)
{
	const char *text = getenv(name);
	uint64_t n = 0;

	if (!text || !num_u64(text, strlen(text), &n) || n > INT_MAX)
		return 0;
	return (size_t)n;
}

static size_t less(size_t n, size_t by)
{
	return n > by ? n - by : 1;
}

/* A pipe has no size of its own; watch(1) gives its own in COLUMNS and LINES, whole. */
static struct screen_size find_size(void)
{
	struct screen_size size = {.width = 80};
	struct winsize w;

	setlocale(LC_CTYPE, "");
	size.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col) {
		size.width = w.ws_col;
		size.height = w.ws_row ? less(w.ws_row, PROMPT_ROWS) : 0;
		return size;
	}
	size_t columns = environment_size("COLUMNS");
	size_t lines = environment_size("LINES");
	if (columns)
		size.width = columns;
	if (lines)
		size.height = less(lines, WATCH_ROWS);
	return size;
}

static const char *read_reason(int error)
{
	return error == ENOENT ? "no such file; is anomdetect running?" : statefile_refusal(error);
}

/* A detector that became another user writes as the owner of the directory. */
static bool load(const char *path, struct state *s)
{
	const char *why;
	size_t len = 0;
	char *text = statefile_read_own(path, STATE_BYTES_MAX, statedir_owner(path), &len);

	if (!text) {
		log_fatal("unable to read '%s': %s", path, read_reason(errno));
		return false;
	}
	bool valid = state_read(text, len, s, &why);
	free(text);
	if (!valid)
		log_fatal("unable to use '%s': %s", path, why);
	return valid;
}

static int show(const char *path)
{
	struct state *s = malloc(sizeof *s);
	char *text = malloc(SCREEN_BYTES_MAX);
	int status = EXIT_FAILURE;
	struct timespec now;
	struct buf page;

	if (!s || !text) {
		log_fatal("unable to get memory: %s", strerror(errno));
	} else if (load(path, s)) {
		clock_gettime(CLOCK_REALTIME, &now);
		buf_init(&page, text, SCREEN_BYTES_MAX);
		screen_render(s,
			(struct instant){(int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000},
			find_size(), &page);
		if (put_out(page.data, page.len))
			status = EXIT_SUCCESS;
	}
	free(text);
	free(s);
	return status;
}

static int show_fixed(const char *text)
{
	return put_out(text, strlen(text)) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"state", required_argument, NULL, 's'},
		{"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	char found[PATH_MAX];
	const char *path = NULL;
	int option;

	log_init("anomstat");
	opterr = 0;
	while ((option = getopt_long(argc, argv, "s:Vh", options, NULL)) != -1) {
		switch (option) {
		case 's':
			path = optarg;
			break;
		case 'V':
			return show_fixed("anomstat " ANOMDETECT_VERSION "\n");
		case 'h':
			return show_fixed(usage);
		default:
			log_fatal("unknown option or missing value: '%s'; see anomstat --help",
				argv[optind - 1]);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		log_fatal("unexpected argument: '%s'; see anomstat --help", argv[optind]);
		return EXIT_USAGE;
	}
	if (!path && !statefile_default_path(true, found, sizeof found)) {
		log_fatal("unable to tell where the state is: give --state FILE");
		return EXIT_FAILURE;
	}
	return show(path ? path : found);
}
