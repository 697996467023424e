/* anomdetect.c - connects standard input -> engine -> firewall and standard output.
 *
 * One thread runs one loop: wait in poll, read a batch, parse its lines, advance the time, save the
 * files that are due. In a live run, events that the reader of standard output does not accept yet
 * are queued. In a replay, each write of an event waits until this reader accepts it.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/figure.h"
#include "io/host/clock.h"
#include "io/check/instead.h"
#include "io/host/log.h"
#include "io/host/notify.h"
#include "io/host/process.h"
#include "io/host/signals.h"
#include "io/run/app.h"
#include "io/run/reload.h"

/* Maximum time to write the last events, in ms, if the reader of standard output stalls. */
#define DRAIN_MS 1000
#define WHY_MAX  512

/* Returns the engine's counters, plus the counters of the report. */
static struct counters count_all(const struct app *a)
{
	struct counters c = engine_counters(a->engine);

	report_add_counters(&a->report, &c);
	return c;
}

/* ---- the loop ---- */

static void take_signals(struct app *a)
{
	struct signals_seen seen = signals_take();

	a->stop |= seen.stop;
	if (seen.reload) {
		notify_reloading();
		reload_options(a);
		notify_ready();
	}
	if (seen.announce)
		engine_announce_now(a->engine);
}

/* Reads the clocks, once for all lines of a batch. In a live run, also passes the time to the
 * engine. */
static void read_clocks(struct app *a)
{
	a->wall = clock_now();
	if (a->options.run.replay)
		return;
	engine_clock(a->engine, a->wall, clock_monotonic());
	enforce_check_ends(&a->enforce, a->wall);
}

/* Passes all lines in the buffer to the engine. */
static void feed_lines(struct app *a)
{
	struct line_reader_line line;

	while (!a->report.failed && line_reader_next(a->lines, &line)) {
		engine_queue(a->engine, line.text, line.len, line.cut, a->wall);
		struct instant now;
		if (!a->report.started && engine_now(a->engine, &now))
			report_start(&a->report, now);
	}
	engine_flush(a->engine);
}

/* Reads once, and passes the lines to the engine. False at the end of input. */
static bool feed_batch(struct app *a)
{
	enum line_reader_status status = line_reader_fill(a->lines);

	if (status == LINE_READER_ERROR) {
		log_error("unable to read standard input: %s%s", strerror(errno),
			line_reader_hint(errno));
		a->in_failed = true;
	}
	read_clocks(a);
	if (run_key_take(&a->key, a->lines, status != LINE_READER_OK, a->engine))
		feed_lines(a);
	return status == LINE_READER_OK;
}

/* Carries out bans that are not in the kernel yet. Once per second, also checks that the bans are
 * still in force. */
static void check_bans(struct app *a)
{
	struct instant now;

	if (!engine_now(a->engine, &now))
		return;
	if (!enforce_catch_up(&a->enforce, now))
		engine_port_report_refusal(&a->port, "ban_failed", now);
	if (instant_second(now) == a->checked)
		return;
	a->checked = instant_second(now);
	report_found(
		&a->report, enforce_check(&a->enforce, now), enforce_rule_why(&a->enforce), now);
	saver_set_trouble(a->saver, enforce_trouble(&a->enforce));
}

static void hurry_saver(struct app *a)
{
	uint64_t lasting = engine_lasting(a->engine);

	if (lasting != a->lasting)
		saver_hurry(a->saver);
	a->lasting = lasting;
}

static void report_regained(struct app *a)
{
	if (a->dir.regained)
		log_warning("this run saves '%.300s' again, and replaces the state of another run",
			a->dir.path);
	a->dir.regained = false;
}

/* Sends the status line to the service manager. */
static void tell_status(const struct app *a)
{
	struct span now = clock_monotonic();

	if (!notify_wants_status(now))
		return;
	struct counters c = count_all(a);
	notify_status(now,
		"%" PRIu64 " line%s read, %" PRIu64 " %s; %" PRIu64 " ban%s, %" PRIu32 " in force",
		c.lines, figure_plural((double)c.lines), c.requests,
		figure_word((double)c.requests, "is a request", "are requests"), c.bans,
		figure_plural((double)c.bans), bans_active(engine_bans(a->engine)));
}

static void pass_time(struct app *a)
{
	char why[WHY_MAX];

	read_clocks(a);
	report_strangers(
		&a->report, count_all(a), engine_strangers(a->engine), REPORT_STRANGERS_FROM);
	if (!a->options.run.replay) {
		engine_tick(a->engine, a->wall);
		reload_use_allow(a, exemptions_look(&a->exempt, clock_monotonic()));
		check_bans(a);
		hurry_saver(a);
	}
	report_check_disk(&a->report, a->wall);
	if (!saver_step(a->saver, a->wall)) {
		/* EBUSY: another run uses the file; reported even if another failure was reported
		 * in the same minute */
		bool taken = errno == EBUSY;
		statedir_explain(&a->dir, saver_failed_path(a->saver), errno, why, sizeof why);
		log_repeat(taken ? &a->taken_repeat : &a->save_repeat, a->wall, "%s", why);
	}
	app_report_made(a);
	report_regained(a);
	tell_status(a);
}

/* Milliseconds until work is due even without a line; -1: never. */
static int wait_ms(const struct app *a)
{
	struct instant due = saver_next(a->saver), now;
	int64_t ms;

	if (!a->options.run.replay) {
		struct instant next = engine_next(a->engine);
		if (engine_now(a->engine, &now) && enforce_is_busy(&a->enforce, now))
			return 0;
		if (instant_before(next, due))
			due = next;
	} else if (due.ms == INSTANT_MAX.ms) {
		return -1;
	}
	ms = instant_since(due, a->wall).ms;
	return ms < 0 ? 0 : ms > 1000 ? 1000 : (int)ms;
}

static void read_input(struct app *a)
{
	bool more = true;

	while (more && !a->stop && !a->report.failed) {
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
			report_flush(&a->report);
		if (fds[0].revents && !a->stop)
			more = feed_batch(a);
		pass_time(a);
	}
	/* a replay without a memory file computes its hash key from the input's first bytes; a
	 * signal may have ended the loop before enough bytes arrived (run_key.h) */
	if (a->key.waits && run_key_take(&a->key, a->lines, true, a->engine))
		feed_lines(a);
	if (!more)
		engine_end(a->engine);
}

/* ---- begin and end ---- */

/* Live: starts the engine's time, and reports bans that ended while no detector ran. */
static void begin_run(struct app *a)
{
	notify_ready();
	if (a->options.run.replay)
		return;
	report_start(&a->report, a->started);
	read_clocks(a);
	engine_tick(a->engine, a->wall);
	enforce_settle(&a->enforce);
	a->lasting = engine_lasting(a->engine); /* restored bans are saved already */
}

/* Reports the last events, and writes as much as the reader of standard output still accepts. */
static enum exit_code end_report(struct app *a)
{
	struct counters c = count_all(a);
	struct instant now = {0};

	report_strangers(&a->report, c, engine_strangers(a->engine), 1);
	if (!engine_now(a->engine, &now) && !a->options.run.replay)
		now = a->wall;
	report_stop(&a->report, &c, now, engine_log_seconds(a->engine));
	uint64_t lost = report_drain(&a->report, (struct span){DRAIN_MS});
	if (a->report.failed && a->report.error != EINTR) {
		log_error("unable to write to standard output: %s%s", strerror(a->report.error),
			a->options.run.replay ? "" : "; bans stay");
		return EXIT_RUNTIME;
	}
	if (lost) {
		int error = out_disk_error(a->out);
		log_error("%" PRIu64 " event%s not written: %s", lost,
			figure_word((double)lost, " was", "s were"),
			error ? strerror(error) : "the reader stalls");
		return EXIT_RUNTIME;
	}
	return EXIT_OK;
}

static enum exit_code finish_run(struct app *a)
{
	char why[WHY_MAX];
	enum exit_code code;

	notify_stopping();
	a->wall = clock_now();
	code = end_report(a);
	if (a->in_failed)
		code = EXIT_RUNTIME;
	if (!saver_finish(a->saver, a->wall)) {
		statedir_explain(&a->dir, saver_failed_path(a->saver), errno, why, sizeof why);
		log_error("%s", why);
		code = EXIT_RUNTIME;
	}
	report_regained(a);
	uint64_t lines = count_all(a).lines;
	double seconds = (double)instant_since(a->wall, a->started).ms / 1000;
	log_info("%" PRIu64 " line%s in %.2f s (%.0f lines/s), %.2f s of CPU, %.1f MiB", lines,
		figure_plural((double)lines), seconds, seconds > 0 ? (double)lines / seconds : 0,
		process_cpu_seconds(), (double)process_memory_bytes() / (1 << 20));
	return code;
}

int main(int argc, char **argv)
{
	static struct app app;
	char why[WHY_MAX];

	log_init("anomdetect");
	signals_reset();
	if (!process_open_standard()) {
		log_fatal("unable to open /dev/null: %s", strerror(errno));
		return EXIT_RUNTIME;
	}
	notify_init();
	errno = 0;
	app.argc = argc;
	app.argv = argv;
	if (!options_parse(&app.options, argc, argv, why, sizeof why))
		return (int)app_refuse(why);
	log_set_verbose(app.options.program.verbose);
	if (app.options.program.help || app.options.program.version)
		return options_answer(&app.options.program, "anomdetect") ? EXIT_OK : EXIT_RUNTIME;
	int code;
	if (instead_of_run(&app.options, &code)) {
		options_free(&app.options);
		return code;
	}
	code = (int)app_open(&app);
	if (code == EXIT_OK) {
		reload_foresee(&app);
		begin_run(&app);
		if (isatty(STDIN_FILENO))
			log_warning("reading lines from the terminal; end with Ctrl-D");
		read_input(&app);
		code = (int)finish_run(&app);
	}
	app_close(&app);
	return code;
}
