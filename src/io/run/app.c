/* app.c - see app.h. */
#include "io/run/app.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/base/version.h"
#include "core/read/line.h"
#include "io/config/options_place.h"
#include "io/firewall/stale_rules.h"
#include "io/host/clock.h"
#include "io/host/process.h"
#include "io/host/signals.h"
#include "io/run/kept_reasons.h"
#include "io/run/rights.h"

#define WHY_MAX 512

static void handle_event(void *ctx, const struct event *e)
{
	struct app *a = ctx;

	if (e->kind == EVENT_ERROR)
		log_warning("%s", e->message);
	report_event(&a->report, e);
}

static bool has_room(void *ctx)
{
	const struct app *a = ctx;

	return report_has_room(&a->report);
}

/* The exit code of a failed start. A lack of memory or another resource may be temporary, so the
 * exit code for it makes a service manager retry. */
static enum exit_code code_of_failure(enum exit_code otherwise)
{
	return process_is_short(errno) ? EXIT_RUNTIME : otherwise;
}

enum exit_code app_refuse(const char *why)
{
	enum exit_code code = code_of_failure(EXIT_USAGE);

	log_fatal("%s", why);
	return code;
}

static enum exit_code fail_start(void)
{
	log_fatal("unable to start: %s", strerror(errno));
	return EXIT_RUNTIME;
}

static bool open_firewall(struct app *a)
{
	char why[FIREWALL_WHY_CAP];

	if (!a->options.run.ban || a->options.run.replay) {
		if (a->options.run.ban)
			log_warning("--ban does nothing in a replay");
		a->firewall = firewall_new_null();
		if (!a->firewall)
			fail_start();
		return a->firewall != NULL;
	}
	a->firewall = firewall_new_ipset(&a->bans_in, why, sizeof why);
	if (!a->firewall)
		log_fatal("unable to ban: %s", why);
	return a->firewall != NULL;
}

static bool open_saver(struct app *a)
{
	char why[WHY_MAX];
	struct saver_run run = {.replay = a->options.run.replay,
		.started = a->started,
		.firewall = firewall_name(a->firewall),
		.set_name = firewall_enforces(a->firewall) ? a->options.firewall.set_name : "",
		.ipv4_prefix = a->options.bans.ipv4_prefix,
		.ipv6_prefix = a->options.bans.ipv6_prefix,
		.report = &a->report};

	a->saver = saver_new(&a->dir, &a->options.state, a->engine, &run);
	if (!a->saver) {
		fail_start();
		return false;
	}
	bool restored = saver_restore(a->saver, why, sizeof why);
	if (why[0])
		(restored ? log_warning : log_fatal)("%s", why);
	return restored;
}

void app_report_made(struct app *a)
{
	if (a->dir.made)
		log_warning("made the directory '%.*s' for the state",
			statedir_directory_len(&a->dir), a->dir.path);
	a->dir.made = false;
}

static bool open_state(struct app *a)
{
	char why[WHY_MAX];
	bool opened;

	if (a->dir.path && statedir_lacks_group(&a->dir, &a->options.state, why, sizeof why))
		log_warning("%s", why);
	opened = statedir_open(&a->dir, why, sizeof why);

	app_report_made(a);
	if (!opened)
		log_fatal("%s", why);
	return opened;
}

/* Allocates everything whose size is configured. */
static bool make_parts(struct app *a, const struct engine_config *config)
{
	a->engine = engine_new(config, handle_event, a);
	if (!a->engine)
		return false;
	a->lines = line_reader_new(STDIN_FILENO, LINE_LONGEST);
	if (!a->lines)
		return false;
	a->out = out_new(STDOUT_FILENO, a->options.run.replay);
	return a->out != NULL;
}

static bool adopt_bans(struct app *a)
{
	enforce_init(&a->enforce, a->firewall, a->keeper, a->engine);
	if (!enforce_adopt(&a->enforce, a->started)) {
		log_fatal("unable to read the bans in the kernel: %s", firewall_why(a->firewall));
		return false;
	}
	if (firewall_enforces(a->firewall))
		kept_reasons_restore(a->engine, &a->dir, a->options.firewall.set_name);
	a->report.start.restored = enforce_in_force(&a->enforce);
	return true;
}

static enum exit_code open_all(struct app *a)
{
	const struct options *o = &a->options;
	struct engine_config config;
	char why[WHY_MAX];

	a->signal_fd = signals_init();
	if (a->signal_fd < 0)
		return fail_start();
	errno = 0;
	if (!exemptions_open(&a->exempt, &o->allow, o->run.ban, o->run.replay, why, sizeof why) ||
		!input_open(&a->input, &o->input, &o->allow.trust_proxy, why, sizeof why) ||
		!statedir_find(&a->dir, &o->state, &o->run, why, sizeof why)) {
		options_place(o, why, sizeof why);
		return app_refuse(why);
	}
	config = settings_engine(o, &a->input.line, a->exempt.allow);
	a->port = (struct engine_port){
		.enforce = &a->enforce, .report = &a->report, .wall = &a->wall};
	config.firewall = engine_port_firewall(&a->port);
	config.has_room = has_room;
	if (!run_key_make(&a->key, o->run.replay, &a->dir, &config.key)) {
		log_fatal("unable to make a random key: %s", strerror(errno));
		return EXIT_RUNTIME;
	}
	a->started = a->wall = clock_now();
	a->bans_in = settings_firewall(&o->firewall, &o->bans, &a->chain);
	errno = 0;
	if (!rights_delegate(o, &a->bans_in, &a->exempt, &a->keeper))
		return code_of_failure(EXIT_NO_BAN);
	/* done first, because another run may use the same files */
	if (!open_state(a))
		return EXIT_RUNTIME;
	if (!make_parts(a, &config))
		return fail_start();
	errno = 0;
	if (!open_firewall(a))
		return code_of_failure(EXIT_NO_BAN);
	if (!open_saver(a))
		return EXIT_RUNTIME;
	out_stop_on(a->out, a->signal_fd);
	a->report = (struct report){.out = a->out,
		.events = o->run.events,
		.replay = o->run.replay,
		.counts = a->input.counts,
		.start = {.version = ANOMDETECT_VERSION,
			.enforced = firewall_enforces(a->firewall),
			.ssh_peers = a->exempt.at_start,
			.ssh_peers_n = a->exempt.at_start_n}};
	if (!adopt_bans(a))
		return EXIT_NO_BAN;
	/* done late, so that a failed start removes no firewall rule, but before the process loses
	 * the right to run iptables */
	if (firewall_enforces(a->firewall))
		a->took_over = stale_rules_tidy(&a->bans_in);
	return rights_give_up(o, &a->dir, firewall_enforces(a->firewall)) ? EXIT_OK : EXIT_RUNTIME;
}

enum exit_code app_open(struct app *a)
{
	enum exit_code code = open_all(a);

	if (code != EXIT_OK && a->firewall && !a->took_over)
		firewall_undo(a->firewall);
	return code;
}

void app_close(struct app *a)
{
	saver_free(a->saver);
	rule_keeper_free(a->keeper);
	firewall_free(a->firewall);
	out_free(a->out);
	line_reader_free(a->lines);
	engine_free(a->engine);
	exemptions_fini(&a->exempt);
	input_close(&a->input);
	options_free(&a->options);
	options_free(&a->reread);
}
