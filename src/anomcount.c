/* anomcount.c - connects standard input -> counting -> standard output. An anomdetect on another
 * host reads this output from several hosts, and so can judge the clients of all hosts together.
 *
 * One thread runs one loop: wait, read a batch, count its lines, publish the counts that are due.
 * The loop waits only for its input; a replay also waits until its reader accepts the output.
 * anomcount writes no file: a run that ends publishes its remaining counts.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "core/engine/counting.h"
#include "core/base/figure.h"
#include "core/record/counts.h"
#include "io/check/config_check.h"
#include "io/config/allowlist.h"
#include "io/config/input.h"
#include "io/config/options.h"
#include "io/host/clock.h"
#include "io/host/confine.h"
#include "io/host/line_reader.h"
#include "io/host/log.h"
#include "io/host/notify.h"
#include "io/host/out.h"
#include "io/host/process.h"
#include "io/host/signals.h"
#include "io/run/dead_links.h"
#include "io/run/report.h"

enum exit_code { EXIT_OK = 0, EXIT_RUNTIME = 1, EXIT_USAGE = 2 };

/* Maximum time to write the last lines when the reader of standard output stalls, in ms. */
#define DRAIN_MS 1000
/* Maximum time between two passes of the loop, in ms. Without a line, each pass retries a write to
 * a full disk, and checks whether there are new dead links in the memory file of the detector. */
#define LOOK_MS 1000
/* A warning is logged when at least this many lines came, and none of them is a request. */
#define STRANGERS_FROM 1000
#define WHY_MAX        512

struct app {
	struct options options;
	char host[256]; /* this host's name, if it is the origin */
	struct input input;
	struct counting *counting;
	struct dead_links *links;
	struct line_reader *lines;
	struct out *out;
	int signal_fd;
	struct instant wall; /* wall clock of the current batch */
	bool stop;
	bool in_failed;
	int out_error;    /* errno of a failed write; 0: none failed */
	uint64_t dropped; /* number of dropped lines at the last warning */
	bool told_strangers;
	struct log_repeat drop_repeat, disk_repeat;
};

/* ---- lines out ---- */

static void put_line(void *ctx, const char *line, size_t len)
{
	struct app *a = ctx;

	if (!a->out_error && !out_put(a->out, OUT_BAN, line, len))
		a->out_error = errno;
}

static bool has_room(void *ctx)
{
	const struct app *a = ctx;

	return a->out_error || out_has_room(a->out, COUNTS_BYTES_MAX);
}

static void flush_out(struct app *a)
{
	if (!a->out_error && !out_flush(a->out))
		a->out_error = errno;
}

static void check_out(struct app *a)
{
	uint64_t dropped = out_dropped(a->out);
	int error = out_disk_error(a->out);

	if (error) {
		flush_out(a);
		log_repeat(&a->disk_repeat, a->wall,
			"unable to write counts: %s; they wait, %" PRIu64
			" line%s lost; writing is retried every second",
			strerror(error), dropped, figure_word((double)dropped, " is", "s are"));
	} else if (dropped != a->dropped) {
		log_repeat(&a->drop_repeat, a->wall,
			"the reader stalls: %" PRIu64 " line%s of counts %s lost in this run",
			dropped, figure_plural((double)dropped),
			figure_word((double)dropped, "is", "are"));
	}
	a->dropped = dropped;
}

/* ---- the loop ---- */

static void reload_lists(struct app *a)
{
	char why[WHY_MAX];
	struct allow *trusted;

	if (!allowlist_trusted(&a->options.allow.trust_proxy, &trusted, why, sizeof why)) {
		log_warning("%s; the list stays as it was", why);
		return;
	}
	counting_set_trusted(a->counting, trusted);
	input_close(&a->input);
	a->input.trusted = trusted;
	log_info("trusted proxies read again");
}

static void take_signals(struct app *a)
{
	struct signals_seen seen = signals_take();

	a->stop |= seen.stop;
	if (seen.reload) {
		notify_reloading();
		reload_lists(a);
		notify_ready();
	}
}

/* Counts the lines of one read; false at the end of input. */
static bool count_batch(struct app *a)
{
	enum line_reader_status status = line_reader_fill(a->lines);
	struct line_reader_line line;

	if (status == LINE_READER_ERROR) {
		log_error("unable to read standard input: %s%s", strerror(errno),
			line_reader_hint(errno));
		a->in_failed = true;
	}
	a->wall = clock_now();
	if (!a->options.run.replay) /* live: moves the clock to the arrival of these lines */
		counting_tick(a->counting, a->wall, clock_monotonic());
	while (!a->out_error && line_reader_next(a->lines, &line))
		counting_queue(a->counting, line.text, line.len, line.cut, a->wall);
	counting_flush(a->counting);
	return status == LINE_READER_OK;
}

static void tell_strangers(struct app *a, uint64_t from)
{
	struct counting_counters c = counting_counters(a->counting);
	char advice[STRANGERS_LINE_CAP], late[96] = "";
	struct buf b;

	if (a->told_strangers || c.requests > 0 || c.lines < from)
		return;
	a->told_strangers = true;
	buf_init(&b, advice, sizeof advice);
	strangers_put_line(&b, counting_strangers(a->counting));
	if (c.late)
		snprintf(late, sizeof late,
			": %" PRIu64 " %s older than a minute (for an old log, give --replay)",
			c.late, figure_word((double)c.late, "is", "are"));
	log_warning("none of %" PRIu64 " line%s is a request%s%.*s%s", c.lines,
		figure_plural((double)c.lines), late, (int)b.len, advice,
		b.len                      ? ""
		: 2 * c.bad_time > c.lines ? REPORT_NO_TIME
					   : REPORT_ASK);
}

/* Sends the status line to the service manager. */
static void tell_status(const struct app *a)
{
	struct span now = clock_monotonic();

	if (!notify_wants_status(now))
		return;
	struct counting_counters c = counting_counters(a->counting);
	notify_status(now,
		"%" PRIu64 " line%s read, %" PRIu64 " %s; %" PRIu64 " line%s of counts published",
		c.lines, figure_plural((double)c.lines), c.requests,
		figure_word((double)c.requests, "is a request", "are requests"), c.published,
		figure_plural((double)c.published));
}

static void pass_time(struct app *a)
{
	const struct paths *paths;

	a->wall = clock_now();
	tell_strangers(a, STRANGERS_FROM);
	if (!a->options.run.replay) {
		if (dead_links_look(a->links, clock_monotonic(), &paths))
			counting_set_paths(a->counting, paths);
		counting_tick(a->counting, a->wall, clock_monotonic());
	}
	check_out(a);
	tell_status(a);
}

/* Milliseconds until work is due even without a line; -1: never. */
static int wait_ms(const struct app *a)
{
	if (a->options.run.replay)
		return -1;
	int64_t ms = counting_wait(a->counting, a->wall, clock_monotonic()).ms;
	return ms > LOOK_MS ? LOOK_MS : (int)ms;
}

static void read_input(struct app *a)
{
	bool more = true;

	while (more && !a->stop && !a->out_error) {
		struct pollfd fds[] = {
			{.fd = STDIN_FILENO, .events = POLLIN},
			{.fd = a->signal_fd, .events = POLLIN},
			{.fd = out_waiting(a->out) ? STDOUT_FILENO : -1, .events = POLLOUT},
		};
		if (poll(fds, sizeof fds / sizeof *fds, wait_ms(a)) < 0 && errno != EINTR) {
			log_error("unable to wait: %s", strerror(errno));
			a->in_failed = true;
			return;
		}
		if (fds[1].revents)
			take_signals(a);
		if (fds[2].revents)
			flush_out(a);
		if (fds[0].revents && !a->stop)
			more = count_batch(a);
		pass_time(a);
	}
}

/* ---- begin and end ---- */

static enum exit_code refuse_start(const char *why)
{
	enum exit_code code = process_is_short(errno) ? EXIT_RUNTIME : EXIT_USAGE;

	log_fatal("%s", why);
	return code;
}

static enum exit_code fail_start(void)
{
	log_fatal("unable to start: %s", strerror(errno));
	return EXIT_RUNTIME;
}

/* Sets the origin: the name given by --origin, or else the host's short name. */
static bool choose_origin(struct app *a)
{
	if (a->options.anomcount.origin)
		return true;
	if (gethostname(a->host, sizeof a->host - 1) < 0)
		return false;
	a->host[strcspn(a->host, ".")] = '\0';
	a->options.anomcount.origin = a->host;
	return counts_is_origin(a->host, strlen(a->host));
}

/* A replay must not depend on dead links that a detector learns meanwhile, unless --state names the
 * detector's file. */
static const char *choose_state(const struct options *o)
{
	return !o->state.path && o->run.replay ? "none" : o->state.path;
}

static bool make_parts(struct app *a)
{
	const struct options *o = &a->options;
	struct counting_sink sink = {.ctx = a, .put = put_line, .has_room = has_room};
	struct counting_config config = {.line = a->input.line,
		.origin = o->anomcount.origin,
		.replay = o->run.replay,
		.v4_prefix_len = (int)o->bans.ipv4_prefix,
		.v6_prefix_len = (int)o->bans.ipv6_prefix,
		.max_clients = o->detection.max_clients,
		.grace = o->anomcount.grace};

	/* The order of the published clients does not depend on the key of the hashes, so even a
	 * replay may use a random key. */
	if (getrandom(&config.key, sizeof config.key, 0) != sizeof config.key)
		return false;
	a->counting = counting_new(&config, &sink);
	if (!a->counting)
		return false;
	a->links = dead_links_new(choose_state(o));
	if (!a->links)
		return false;
	a->lines = line_reader_new(STDIN_FILENO, LINE_LONGEST);
	if (!a->lines)
		return false;
	a->out = out_new(STDOUT_FILENO, o->run.replay);
	return a->out != NULL;
}

/* Confines the run: from now on it can execute no program, and write to no file except the open
 * standard output. */
static void confine_run(void)
{
	struct confine_rules rules = {.execute = false};

	if (!confine_self(&rules))
		log_warning("unable to confine this process: %s; the process continues with "
			    "all its rights",
			confine_refusal(errno));
}

/* Checks option values that options.h does not check. */
static bool check_words(struct app *a, char *why, size_t why_cap)
{
	const char *wrong = NULL;

	if (!choose_origin(a))
		wrong = "--origin: give a name; the host's own name has characters other than "
			"letters, digits, '.', '_' and '-'";
	else if (strcmp(a->options.input.format, "counts") == 0)
		wrong = "--format: anomcount writes counts and cannot read them; send them to "
			"anomdetect";
	if (wrong)
		snprintf(why, why_cap, "%s", wrong);
	return !wrong;
}

static enum exit_code open_app(struct app *a)
{
	const struct options *o = &a->options;
	char why[WHY_MAX];

	a->signal_fd = signals_init();
	if (a->signal_fd < 0)
		return fail_start();
	errno = 0;
	if (!check_words(a, why, sizeof why))
		return refuse_start(why);
	if (!input_open(&a->input, &o->input, &o->allow.trust_proxy, why, sizeof why))
		return refuse_start(why);
	if (!make_parts(a))
		return fail_start();
	out_stop_on(a->out, a->signal_fd);
	confine_run();
	counting_set_paths(a->counting, dead_links_open(a->links, clock_monotonic()));
	log_info("counts are published under the name '%s'", o->anomcount.origin);
	return EXIT_OK;
}

static void close_app(struct app *a)
{
	counting_free(a->counting);
	dead_links_free(a->links);
	out_free(a->out);
	line_reader_free(a->lines);
	input_close(&a->input);
	options_free(&a->options);
}

static void begin_run(struct app *a)
{
	notify_ready();
	a->wall = clock_now();
	if (!a->options.run.replay)
		counting_start(a->counting, a->wall, clock_monotonic());
	if (isatty(STDIN_FILENO))
		log_warning("reading lines from the terminal; end with Ctrl-D");
}

/* Publishes the remaining counts, as far as the reader accepts them. */
static void publish_rest(struct app *a)
{
	int64_t deadline = clock_monotonic().ms + DRAIN_MS, left = DRAIN_MS;

	while (!a->out_error && !counting_end(a->counting, false) && left > 0) {
		if (!out_drain(a->out, (struct span){left}) && errno != ETIMEDOUT)
			a->out_error = errno;
		left = deadline - clock_monotonic().ms;
	}
	(void)counting_end(a->counting, true); /* lost lines are counted */
	left = deadline - clock_monotonic().ms;
	if (!a->out_error && !out_drain(a->out, (struct span){left > 0 ? left : 0}) &&
		errno != ETIMEDOUT)
		a->out_error = errno;
}

static void tell_counters(const struct counting_counters *c)
{
	char text[1024];
	struct buf b;

	buf_init(&b, text, sizeof text);
#define PUT(name)                                                                                  \
	buf_put_text(&b, #name " ");                                                               \
	buf_put_u64(&b, c->name);                                                                  \
	buf_put_char(&b, ' ');
	COUNTING_COUNTERS(PUT)
#undef PUT
	log_info("%.*s", (int)b.len - 1, text);
}

static enum exit_code end_run(struct app *a)
{
	enum exit_code code = a->in_failed ? EXIT_RUNTIME : EXIT_OK;

	notify_stopping();
	publish_rest(a);
	tell_strangers(a, 1);
	struct counting_counters c = counting_counters(a->counting);
	c.dropped = out_dropped(a->out) + out_lines(a->out);
	if (a->out_error && a->out_error != EINTR) {
		log_error("unable to write to standard output: %s", strerror(a->out_error));
		code = EXIT_RUNTIME;
	} else if (c.dropped) {
		int error = out_disk_error(a->out);
		log_error("%" PRIu64 " line%s of counts %s not written: %s", c.dropped,
			figure_plural((double)c.dropped),
			figure_word((double)c.dropped, "was", "were"),
			error ? strerror(error) : "the reader stalls");
		code = EXIT_RUNTIME;
	}
	tell_counters(&c);
	return code;
}

int main(int argc, char **argv)
{
	static struct app app;
	char why[WHY_MAX];

	log_init("anomcount");
	signals_reset();
	if (!process_open_standard()) {
		log_fatal("unable to open /dev/null: %s", strerror(errno));
		return EXIT_RUNTIME;
	}
	notify_init();
	errno = 0;
	if (!options_parse_anomcount(&app.options, argc, argv, why, sizeof why))
		return (int)refuse_start(why);
	log_set_verbose(app.options.program.verbose);
	if (app.options.program.help || app.options.program.version)
		return options_answer(&app.options.program, "anomcount") ? EXIT_OK : EXIT_RUNTIME;
	if (app.options.program.check_config) {
		int checked = check_words(&app, why, sizeof why) ? config_check_run(&app.options)
								 : (int)refuse_start(why);
		options_free(&app.options);
		return checked;
	}
	enum exit_code code = open_app(&app);
	if (code == EXIT_OK) {
		begin_run(&app);
		read_input(&app);
		code = end_run(&app);
	}
	close_app(&app);
	return (int)code;
}
