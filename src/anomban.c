/* anomban.c - connects standard input -> order -> firewall, so that this host carries out
 * bans that another host has decided.
 *
 * anomban writes no file: the kernel's sets contain the bans, which expire by themselves. The
 * actions (--list, --ban ...) print or change the same sets for an administrator.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "core/record/order.h"
#include "core/base/version.h"
#include "core/base/figure.h"
#include "io/check/config_check.h"
#include "io/config/allowlist.h"
#include "io/run/exemptions.h"
#include "io/host/clock.h"
#include "io/firewall/stale_rules.h"
#include "io/host/line_reader.h"
#include "io/host/log.h"
#include "io/host/notify.h"
#include "io/run/apply_orders.h"
#include "io/run/ban_target.h"
#include "io/run/refusals.h"
#include "io/run/set_actions.h"
#include "io/config/options.h"
#include "io/host/process.h"
#include "io/config/settings.h"
#include "io/host/signals.h"

enum exit_code { EXIT_OK = 0, EXIT_RUNTIME = 1, EXIT_USAGE = 2, EXIT_NO_BAN = 3 };

#define WHY_MAX 512

struct app {
	struct options options;
	struct exemptions exempt;
	struct allow *lifting; /* from exemptions_lifting */
	struct firewall *firewall;
	struct line_reader *lines;
	struct apply_orders orders;
	struct instant wall;   /* wall clock of the current batch */
	struct span steady;    /* monotonic clock of the current batch */
	struct span rules_due; /* on the monotonic clock */
	int signal_fd;
	bool stop;
	bool in_failed;
	uint64_t dropped_told;
	struct refusals refusals;
	struct log_repeat ban_repeat, retry_repeat, wait_repeat, drop_repeat, rule_repeat;
};

/* ---- clients that are never banned ---- */

static void warn_of_lifting(const char *why)
{
	log_warning("unable to unban clients that are allowed now: %s", why);
}

/* Lifts the bans of brokers that do not answer, because a ban may be the reason. */
static void lift_unanswered(struct app *a)
{
	size_t n = a->exempt.unanswered_n;

	a->exempt.unanswered_n = 0;
	if (!apply_orders_lift(&a->orders, a->exempt.unanswered, n))
		warn_of_lifting(firewall_why(a->firewall));
}

/* `allow`: the new allow-list; NULL: the allow-list has not changed. */
static void use_allow(struct app *a, struct allow *allow)
{
	struct allow *lifting = allow ? exemptions_lifting(&a->exempt) : NULL;

	if (lifting) {
		if (!apply_orders_set_allow(&a->orders, allow, lifting))
			warn_of_lifting(firewall_why(a->firewall));
		allow_free(a->lifting);
		a->lifting = lifting;
	} else if (allow) {
		a->orders.allow = allow;
		warn_of_lifting(strerror(ENOMEM));
	}
	if (allow)
		exemptions_use(&a->exempt, allow);
	lift_unanswered(a);
}

/* ---- events ---- */

static void tell_refused(struct app *a, const char *what)
{
	log_repeat(&a->ban_repeat, a->wall, "unable to %s in the kernel: %s", what,
		firewall_why(a->firewall));
}

static void carry_out(struct app *a, const struct order *o)
{
	if (o->kind == ORDER_BAN)
		use_allow(a, exemptions_look_before_ban(&a->exempt, a->steady));
	switch (apply_orders_take(&a->orders, o, a->wall, a->steady)) {
	case APPLY_DONE:
		break;
	case APPLY_ALLOWED:
		refusals_note_allowed(&a->refusals, o, a->wall);
		break;
	case APPLY_OLDER:
		refusals_note(&a->refusals, ORDER_OLDER, o, a->wall);
		break;
	case APPLY_REFUSED:
		tell_refused(a, o->kind == ORDER_BAN ? "ban" : "unban");
		break;
	}
}

/* Parses a line as an order. Returns ORDER_OK, or the reason why the line is not obeyed. */
static enum order_reason read_order(
	struct app *a, const struct line_reader_line *line, struct order *o)
{
	const struct anomban_options *options = &a->options.anomban;
	enum order_reason reason =
		order_parse(line->text, line->len, line->cut, a->wall, options->force, o);
	bool cut;

	if (reason == ORDER_OK || reason == ORDER_FUTURE || reason == ORDER_ENDED ||
		reason == ORDER_STALE)
		refusals_see(&a->refusals, o, a->wall);
	if (reason != ORDER_OK)
		return reason;
	refusals_note_ahead(&a->refusals, o, a->wall);
	reason = order_shorten(o, options->longest.ms ? options->longest : SPAN_MAX, a->wall, &cut);
	a->orders.counters.shortened += cut;
	return reason;
}

/* Obeys the orders of the lines that were read. */
static void apply_lines(struct app *a)
{
	struct order_counters *counters = &a->orders.counters;
	struct line_reader_line line;
	struct order order;

	a->wall = clock_now();
	a->steady = clock_monotonic();
	while (line_reader_next(a->lines, &line)) {
		enum order_reason reason = read_order(a, &line, &order);
		counters->lines++;
		refusals_look(&a->refusals, reason == ORDER_NOT_EVENT, line.text, line.len);
		if (reason == ORDER_OK) {
			carry_out(a, &order);
			continue;
		}
		++*order_counter(counters, reason);
		refusals_note(&a->refusals, reason, &order, a->wall);
	}
}

/* Carries out waiting bans, and logs how many wait. */
static void apply_waiting(struct app *a)
{
	uint32_t waiting = apply_orders_waiting(&a->orders);
	uint64_t dropped = a->orders.counters.dropped;

	a->wall = clock_now();
	a->steady = clock_monotonic();
	if (waiting)
		use_allow(a, exemptions_look_before_ban(&a->exempt, a->steady));
	if (!apply_orders_step(&a->orders, a->wall, a->steady))
		tell_refused(a, "ban");
	waiting = apply_orders_waiting(&a->orders);
	if (waiting)
		log_repeat(&a->wait_repeat, a->wall,
			"over %" PRIu32 " ban%s per minute: %" PRIu32 " wait%s",
			a->options.bans.max_bans_per_minute,
			figure_plural(a->options.bans.max_bans_per_minute), waiting,
			figure_word(waiting, "s", ""));
	if (dropped > a->dropped_told)
		log_repeat(&a->drop_repeat, a->wall,
			"%" PRIu64 " waiting ban%s dropped: over %d waited, or the ban had ended",
			dropped, figure_word((double)dropped, " was", "s were"), ORDER_QUEUE_MAX);
	a->dropped_told = dropped;
}

/* Makes one read; false at the end of input. */
static bool top_up(struct app *a)
{
	enum line_reader_status status = line_reader_fill(a->lines);

	if (status != LINE_READER_ERROR)
		return status == LINE_READER_OK;
	log_error("unable to read standard input: %s%s", strerror(errno), line_reader_hint(errno));
	a->in_failed = true;
	return false;
}

static void retry_refused(struct app *a)
{
	if (!apply_orders_retry(&a->orders, clock_now(), false))
		log_repeat(&a->retry_repeat, a->wall, "unable to ban in the kernel, twice: %s",
			firewall_why(a->firewall));
}

/* ---- signals and time ---- */

static void reload_allow(struct app *a)
{
	char why[WHY_MAX];
	struct allow *listed = allowlist_new(&a->options.allow, false, why, sizeof why);

	if (!listed) {
		log_warning("%s; the allow-list stays as it was", why);
		return;
	}
	struct allow *allow = exemptions_reload(&a->exempt, listed, clock_monotonic());
	if (!allow) {
		log_warning("out of memory; the allow-list stays as it was");
		return;
	}
	use_allow(a, allow);
	log_info("allow-list read again");
}

static void take_signals(struct app *a)
{
	struct signals_seen seen = signals_take();

	a->stop |= seen.stop;
	if (seen.reload) {
		notify_reloading();
		reload_allow(a);
		notify_ready();
		a->rules_due = (struct span){0};
	}
}

/* Puts back firewall rules that were flushed. */
static void keep_rules(struct app *a)
{
	bool put_back;

	if (clock_monotonic().ms < a->rules_due.ms)
		return;
	a->rules_due.ms = clock_monotonic().ms + FIREWALL_RULES_EVERY.ms;
	if (!firewall_keep_rules(a->firewall, &put_back))
		log_repeat(&a->rule_repeat, clock_now(), "unable to check the firewall rules: %s",
			firewall_why(a->firewall));
	else if (put_back)
		log_warning("a firewall rule was missing, so bans had no effect; it was put back");
}

/* Milliseconds until work is due even without a line. */
static int wait_ms(struct app *a)
{
	int64_t rules = a->rules_due.ms - clock_monotonic().ms;
	int64_t ms = apply_orders_idle(&a->orders, clock_now(), clock_monotonic()).ms;

	if (rules < ms)
		ms = rules;
	return ms < 0 ? 0 : (int)ms; /* at most FIREWALL_RULES_EVERY.ms */
}

/* Sends the status line to the service manager. */
static void tell_status(const struct app *a)
{
	const struct order_counters *c = &a->orders.counters;

	notify_status(clock_monotonic(),
		"lines read: %" PRIu64 "; bans: %" PRIu64 ", unbans: %" PRIu64
		", waiting: %" PRIu32,
		c->lines, c->bans, c->unbans, apply_orders_waiting(&a->orders));
}

static void end_orders(struct app *a)
{
	uint64_t dropped = a->orders.counters.dropped;

	notify_stopping();
	a->wall = clock_now();
	if (!apply_orders_end(&a->orders, a->wall, clock_monotonic()))
		log_repeat(&a->retry_repeat, a->wall, "unable to ban in the kernel, twice: %s",
			firewall_why(a->firewall));
	dropped = a->orders.counters.dropped - dropped;
	if (dropped)
		log_warning("%" PRIu64 " ban%s that waited %s not carried out, because there are "
			    "over %" PRIu32 " per minute",
			dropped, figure_plural((double)dropped),
			figure_word((double)dropped, "was", "were"),
			a->options.bans.max_bans_per_minute);
}

static void read_orders(struct app *a)
{
	bool more = true;

	a->rules_due.ms = clock_monotonic().ms + FIREWALL_RULES_EVERY.ms;
	notify_ready();
	while (!a->stop) {
		apply_lines(a);
		apply_waiting(a);
		if (!more)
			break;
		struct pollfd fds[] = {
			{.fd = STDIN_FILENO, .events = POLLIN},
			{.fd = a->signal_fd, .events = POLLIN},
		};
		if (poll(fds, 2, wait_ms(a)) < 0 && errno != EINTR) {
			log_error("unable to wait: %s", strerror(errno));
			a->in_failed = true;
			break;
		}
		if (fds[1].revents)
			take_signals(a);
		if (fds[0].revents && !a->stop)
			more = top_up(a);
		retry_refused(a);
		keep_rules(a); /* is due every minute, so exemptions_look also runs then */
		use_allow(a, exemptions_look(&a->exempt, clock_monotonic()));
		tell_status(a);
	}
	end_orders(a);
}

/* Lifts earlier bans of exempt addresses: SSH peers, and brokers that do not answer. Other allowed
 * addresses may be in the sets on purpose. */
static bool free_exempt(struct app *a)
{
	a->lifting = exemptions_lifting(&a->exempt);
	if (!a->lifting)
		return false;
	a->orders.lifting = a->exempt.peers.n ? a->exempt.listed : a->lifting;
	if (a->exempt.peers.n && !apply_orders_set_allow(&a->orders, a->exempt.allow, a->lifting))
		warn_of_lifting(firewall_why(a->firewall));
	lift_unanswered(a);
	return true;
}

static enum exit_code run_filter(struct app *a)
{
	struct hash_key key;

	a->signal_fd = signals_init();
	a->lines = line_reader_new(STDIN_FILENO, ORDER_LINE_MAX);
	if (a->signal_fd < 0 || !a->lines || getrandom(&key, sizeof key, 0) != sizeof key ||
		!apply_orders_open(&a->orders, key, clock_monotonic()) || !free_exempt(a)) {
		log_fatal("unable to start: %s", strerror(errno));
		return EXIT_RUNTIME;
	}
	read_orders(a);
	refusals_end(&a->refusals);
	refusals_tell_counters(&a->orders.counters);
	return a->in_failed || a->orders.counters.failed || a->orders.counters.dropped
		       ? EXIT_RUNTIME
		       : EXIT_OK;
}

/* ---- start and end ---- */

static bool needs_allow(enum options_action action)
{
	return action == OPTIONS_FILTER || action == OPTIONS_BAN;
}

static bool open_allow(struct app *a)
{
	char why[WHY_MAX];
	struct tcp_ports ports;

	if (!tcp_ports_parse(a->options.allow.peer_ports, &ports)) {
		log_fatal(TCP_PORTS_WRONG, a->options.allow.peer_ports, TCP_PEERS_PORTS_MAX);
		return false;
	}
	if (!exemptions_open(&a->exempt, &a->options.allow, true, false, why, sizeof why)) {
		log_fatal("%s", why);
		return false;
	}
	if (!exemptions_watch_ports(&a->exempt, &ports, "/proc", clock_monotonic())) {
		log_fatal("--allow-peers: out of memory");
		return false;
	}
	a->orders.allow = a->exempt.allow;
	return true;
}

/* Opens the firewall, which makes missing sets. *nothing: there were no sets, and the action does
 * not ban. Then the new sets are removed again: anomdetect would treat empty sets as the result of
 * lifting all bans. */
static enum exit_code open_firewall(struct app *a, bool *nothing)
{
	struct settings_chain chain = {0};
	struct firewall_config config =
		settings_firewall(&a->options.firewall, &a->options.bans, &chain);
	char why[FIREWALL_WHY_CAP];
	bool bans = needs_allow(a->options.anomban.action);

	config.manage_rule = config.manage_rule && bans;
	a->orders.firewall = a->firewall = firewall_new_ipset(&config, why, sizeof why);
	if (!a->firewall) {
		log_fatal("unable to %s: %s", set_actions_name(a->options.anomban.action), why);
		return EXIT_NO_BAN;
	}
	if (a->options.anomban.action == OPTIONS_FILTER)
		stale_rules_tidy(&config);
	*nothing = !bans && firewall_made_sets(a->firewall) == 2;
	if (!*nothing)
		return EXIT_OK;
	log_warning("there were no sets '%s4' and '%s6', so no client was banned", config.set_name,
		config.set_name);
	if (firewall_teardown(a->firewall))
		return EXIT_OK;
	log_error("unable to remove the sets again: %s", firewall_why(a->firewall));
	return EXIT_RUNTIME;
}

static enum exit_code run_action(struct app *a, const struct address *clients, size_t n)
{
	if (a->options.anomban.action == OPTIONS_FILTER)
		return run_filter(a);
	return set_actions_run(&(struct set_action){&a->options, a->firewall, clients, n})
		       ? EXIT_OK
		       : EXIT_RUNTIME;
}

/* Parses all operands before the action begins. */
static enum exit_code read_addresses(const struct app *a, size_t n, struct address *out)
{
	bool bans = a->options.anomban.action == OPTIONS_BAN;
	char why[WHY_MAX];

	for (size_t i = 0; i < n; i++)
		switch (ban_target_find(&a->options, bans ? &a->exempt : NULL,
			a->options.anomban.operands[i], &out[i], why, sizeof why)) {
		case BAN_TARGET_OK:
			break;
		case BAN_TARGET_WRONG:
			log_fatal("%s", why);
			return EXIT_USAGE;
		case BAN_TARGET_EXEMPT:
			log_error("%s", why);
			return EXIT_RUNTIME;
		}
	return EXIT_OK;
}

static enum exit_code run_program(struct app *a)
{
	size_t n = a->options.anomban.action == OPTIONS_BAN ? 1 : a->options.anomban.operands_n;
	struct address *clients = calloc(n + 1, sizeof *clients);
	enum exit_code code = EXIT_USAGE;
	bool nothing = false;

	if (!clients) {
		log_fatal("unable to start: %s", strerror(errno));
		return EXIT_RUNTIME;
	}
	apply_orders_init(&a->orders, &a->options.bans);
	if (!needs_allow(a->options.anomban.action) || open_allow(a))
		code = read_addresses(a, n, clients);
	if (code == EXIT_OK)
		code = open_firewall(a, &nothing);
	if (code == EXIT_OK && !nothing)
		code = run_action(a, clients, n);
	free(clients);
	firewall_free(a->firewall);
	line_reader_free(a->lines);
	apply_orders_fini(&a->orders);
	exemptions_fini(&a->exempt);
	allow_free(a->lifting);
	return code;
}

int main(int argc, char **argv)
{
	static struct app app;
	char why[WHY_MAX];

	log_init("anomban");
	signals_reset();
	if (!process_open_standard()) {
		log_fatal("unable to open /dev/null: %s", strerror(errno));
		return EXIT_RUNTIME;
	}
	notify_init();
	if (!options_parse_anomban(&app.options, argc, argv, why, sizeof why)) {
		log_fatal("%s", why);
		return EXIT_USAGE;
	}
	log_set_verbose(app.options.program.verbose);
	if (app.options.program.help || app.options.program.version)
		return options_answer(&app.options.program, "anomban") ? EXIT_OK : EXIT_RUNTIME;
	enum exit_code code = app.options.program.check_config
				      ? (enum exit_code)config_check_run(&app.options)
				      : run_program(&app);
	options_free(&app.options);
	return (int)code;
}
