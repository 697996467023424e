/* reload.c - see reload.h. The whole command line is parsed again. Only the parser knows which
 * values came from a file, and which of them an option on the command line overrides. */
#include "io/run/reload.h"

#include <errno.h>
#include <stdio.h>

#include "io/config/allowlist.h"
#include "io/config/options_place.h"
#include "io/config/options_reload.h"
#include "io/host/clock.h"
#include "io/host/log.h"
#include "io/run/app.h"

#define WHY_MAX 512

/* Reads the options again, from the command line and its files. On failure returns false with a
 * reason, and *wanted is empty. */
static bool read_options(const struct app *a, struct options *wanted, char *why, size_t why_cap)
{
	if (options_parse(wanted, a->argc, a->argv, why, why_cap) &&
		input_check(&wanted->input, why, why_cap))
		return true;
	options_place(wanted, why, why_cap);
	options_free(wanted);
	return false;
}

void reload_foresee(const struct app *a)
{
	struct options wanted;
	char why[WHY_MAX];

	if (read_options(a, &wanted, why, sizeof why))
		options_free(&wanted);
	else
		log_warning("%s; it was read at the start, but a SIGHUP cannot read it again", why);
}

void reload_use_allow(struct app *a, struct allow *allow)
{
	if (!allow)
		return;
	engine_set_allow(a->engine, allow);
	exemptions_use(&a->exempt, allow);
}

static void say_restart(const char *name)
{
	log_warning(
		"%s%s has changed: restart anomdetect to use it", name[0] >= 'a' ? "--" : "", name);
}

/* Uses the new options; this cannot fail. Takes ownership of `wanted`. */
static void use_options(struct app *a, struct options *wanted, struct allow *trusted)
{
	engine_set_trusted(a->engine, trusted);
	input_close(&a->input);
	a->input.trusted = trusted;
	options_take_over(&a->options, wanted);
	options_free(&a->reread); /* no option points into its texts any more */
	a->reread = *wanted;
	log_set_verbose(a->options.program.verbose);
	a->report.events = a->options.run.events;
	engine_set_silent_baselines(a->engine, !(a->options.run.events & 1u << EVENT_BASELINE));
	engine_set_schedule(a->engine, a->options.bans.schedule, a->options.bans.schedule_n);
}

static bool is_empty(const struct options *o)
{
	return (o->config_text && !o->config_text[0]) || (o->service_text && !o->service_text[0]);
}

/* Like read_options, but refuses a file that has become empty. A shell and some editors empty a
 * file before they write it. If the file were read at this moment, no client would be allowed. On
 * failure returns false with a reason, and *wanted is empty. */
static bool read_written(const struct app *a, struct options *wanted, char *why, size_t why_cap)
{
	if (!read_options(a, wanted, why, why_cap))
		return false;
	if (!is_empty(wanted) || is_empty(&a->options))
		return true;
	snprintf(why, why_cap, "'%.200s' is empty now",
		wanted->config ? wanted->config : wanted->service);
	options_free(wanted);
	return false;
}

void reload_options(struct app *a)
{
	char why[WHY_MAX];
	struct options wanted;
	struct allow *listed, *trusted, *allow;

	if (!read_written(a, &wanted, why, sizeof why)) {
		log_warning("%s; the settings stay as they were", why);
		return;
	}
	/* the engine cannot change --ban-private, so the new lists use the value that the run began
	 * with */
	struct allow_options lists = wanted.allow;
	lists.ban_private = a->options.allow.ban_private;
	if (!allowlist_read(&lists, a->options.run.replay, &listed, &trusted, why, sizeof why)) {
		options_place(&wanted, why, sizeof why);
		options_free(&wanted);
		log_warning("%s; the settings stay as they were", why);
		return;
	}
	allow = exemptions_reload(&a->exempt, listed, clock_monotonic());
	if (!allow) {
		allow_free(trusted);
		options_free(&wanted);
		log_warning("out of memory; the settings stay as they were");
		return;
	}
	options_need_restart(&a->options, &wanted, say_restart);
	use_options(a, &wanted, trusted);
	reload_use_allow(a, allow);
	log_info("options, allow-list and trusted proxies read again");
}
