/* anomban.c - wires: standard input -> order -> firewall, so that bans decided elsewhere hold here.
 *
 * It keeps nothing: the kernel's sets are what is banned, and time out by themselves. The actions
 * (--list, --ban ...) are the same sets, seen and changed by hand.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/record/order.h"
#include "core/base/version.h"
#include "io/config/allowlist.h"
#include "io/run/exemptions.h"
#include "io/firewall/manual.h"
#include "io/host/clock.h"
#include "io/firewall/stale_rules.h"
#include "io/host/line_reader.h"
#include "io/host/log.h"
#include "io/run/apply_orders.h"
#include "io/run/refusals.h"
#include "io/config/options.h"
#include "io/host/process.h"
#include "io/config/settings.h"
#include "io/host/signals.h"

enum exit_code { EXIT_OK = 0, EXIT_RUNTIME = 1, EXIT_USAGE = 2, EXIT_NO_BAN = 3 };

#define WHY_MAX 512

struct app {
	struct options options;
	struct exemptions exempt;
	struct firewall *firewall;
	struct line_reader *lines;
	struct apply_orders orders;
	struct instant wall;   /* the batch's */
	struct span rules_due; /* on the monotonic clock */
	int signal_fd;
	bool stop;
	bool waits; /* a ban, for the next minute */
	struct order waiting;
	bool in_failed;
	struct refusals refusals;
	struct log_repeat ban_repeat, retry_repeat, wait_repeat, rule_repeat;
};

/* ---- events ---- */

static void carry_out(struct app *a, const struct order *o)
{
	uint64_t allowed = a->orders.counters.allowed;

	if (!apply_orders_apply(&a->orders, o, a->wall))
		log_repeat(&a->ban_repeat, a->wall, "unable to %s in the kernel: %s",
			o->kind == ORDER_BAN ? "ban" : "unban", firewall_why(a->firewall));
	if (a->orders.counters.allowed > allowed)
		refusals_note_allowed(&a->refusals, o, a->wall);
}

/* The next order, from what was read; the one that waited first. */
static bool next_order(struct app *a, struct order *out)
{
	struct order_counters *counters = &a->orders.counters;
	struct line_reader_line line;

	if (a->waits) {
		*out = a->waiting;
		return true;
	}
	while (line_reader_next(a->lines, &line)) {
		enum order_reason reason = order_parse(
			line.text, line.len, line.cut, a->wall, a->options.anomban.force, out);
		counters->lines++;
		if (reason == ORDER_OK)
			return true;
		++*order_counter(counters, reason);
		refusals_note(&a->refusals, reason, out, a->wall);
	}
	return false;
}

/* Obeys the lines that were read, up to a ban that has to wait for the next minute. */
static void apply_lines(struct app *a)
{
	struct order order;

	a->wall = clock_now();
	while (next_order(a, &order)) {
		bool full = order.kind == ORDER_BAN && apply_orders_is_full(&a->orders, a->wall);
		a->orders.counters.waits += full && !a->waits;
		a->waits = full;
		if (full) {
			a->waiting = order;
			log_repeat(&a->wait_repeat, a->wall,
				"over %" PRIu32
				" bans in this minute: the input waits for the next",
				a->options.bans.max_bans_per_minute);
			return;
		}
		carry_out(a, &order);
	}
}

/* One read; false at the end of input. */
static bool top_up(struct app *a)
{
	enum line_reader_status status = line_reader_fill(a->lines);

	if (status != LINE_READER_ERROR)
		return status == LINE_READER_OK;
	log_error("unable to read standard input: %s", strerror(errno));
	a->in_failed = true;
	return false;
}

static void retry_refused(struct app *a, bool end)
{
	if (!apply_orders_retry(&a->orders, clock_now(), end))
		log_repeat(&a->retry_repeat, a->wall, "unable to ban in the kernel, twice: %s",
			firewall_why(a->firewall));
}

/* ---- signals and time ---- */

/* Nothing for NULL. */
static void use_allow(struct app *a, struct allow *allow)
{
	if (!allow)
		return;
	if (!apply_orders_set_allow(&a->orders, allow))
		log_warning("unable to unban who is allowed now: %s", firewall_why(a->firewall));
	exemptions_use(&a->exempt, allow);
}

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
		reload_allow(a);
		a->rules_due = (struct span){0};
	}
}

/* Puts the rules back when something flushed them. */
static void keep_rules(struct app *a)
{
	bool put_back;

	if (clock_monotonic().ms < a->rules_due.ms)
		return;
	a->rules_due.ms = clock_monotonic().ms + FIREWALL_RULES_EVERY.ms;
	if (!firewall_keep_rules(a->firewall, &put_back))
		log_repeat(&a->rule_repeat, clock_now(), "unable to look after the rules: %s",
			firewall_why(a->firewall));
	else if (put_back)
		log_warning("a firewall rule was gone, so bans had no effect; it is put back");
}

/* Milliseconds until something is due without a line. */
static int wait_ms(const struct app *a)
{
	struct instant now = clock_now();
	int64_t rules = a->rules_due.ms - clock_monotonic().ms;
	int64_t ms = instant_since(apply_orders_next_retry(&a->orders), now).ms;
	int64_t minute = 60000 - now.ms % 60000;

	if (a->waits && minute < ms)
		ms = minute;
	if (rules < ms)
		ms = rules;
	return ms < 0 ? 0 : (int)ms; /* at most FIREWALL_RULES_EVERY.ms */
}

static void read_orders(struct app *a)
{
	bool more = true;

	a->rules_due.ms = clock_monotonic().ms + FIREWALL_RULES_EVERY.ms;
	while (!a->stop) {
		apply_lines(a);
		if (!a->waits && !more)
			break;
		struct pollfd fds[] = {
			{.fd = a->waits || !more ? -1 : STDIN_FILENO, .events = POLLIN},
			{.fd = a->signal_fd, .events = POLLIN},
		};
		if (poll(fds, 2, wait_ms(a)) < 0 && errno != EINTR) {
			log_error("unable to wait: %s", strerror(errno));
			a->in_failed = true;
			return;
		}
		if (fds[1].revents)
			take_signals(a);
		if (fds[0].revents && !a->stop)
			more = top_up(a);
		retry_refused(a, false);
		keep_rules(a); /* every minute, so that exemptions_look is called as often */
		use_allow(a, exemptions_look(&a->exempt, clock_monotonic()));
	}
	retry_refused(a, true);
	a->orders.counters.failed += a->waits; /* told to stop meanwhile */
}

static void tell_counters(const struct app *a)
{
	char text[1024];
	struct buf b;

	buf_init(&b, text, sizeof text);
#define PUT(NAME, name)                                                                            \
	buf_put_text(&b, #name " ");                                                               \
	buf_put_u64(&b, a->orders.counters.name);                                                  \
	buf_put_char(&b, ' ');
	ORDER_COUNTERS(PUT)
#undef PUT
	log_info("%.*s", (int)b.len - 1, text);
}

static enum exit_code run_filter(struct app *a)
{
	a->signal_fd = signals_init();
	a->lines = line_reader_new(STDIN_FILENO, ORDER_LINE_MAX);
	if (a->signal_fd < 0 || !a->lines) {
		log_fatal("unable to start: %s", strerror(errno));
		return EXIT_RUNTIME;
	}
	read_orders(a);
	refusals_end(&a->refusals);
	tell_counters(a);
	return a->in_failed || a->orders.counters.failed ? EXIT_RUNTIME : EXIT_OK;
}

/* ---- actions ---- */

static enum exit_code fail_action(const struct app *a, const char *what)
{
	log_error("unable to %s: %s", what, firewall_why(a->firewall));
	return EXIT_RUNTIME;
}

static void print_entry(void *ctx, const struct address *client, struct span left)
{
	char text[128];
	struct buf b;

	(void)ctx;
	buf_init(&b, text, sizeof text);
	buf_put_text(&b, "{\"client\":\"");
	buf_put_address(&b, client);
	buf_put_text(&b, "\",\"seconds\":");
	if (left.ms == SPAN_MAX.ms)
		buf_put_text(&b, "null");
	else
		buf_put_i64(&b, span_to_seconds(left));
	buf_put_text(&b, "}\n");
	fwrite(b.data, 1, b.len, stdout);
}

static enum exit_code list_sets(struct app *a)
{
	if (!firewall_list(a->firewall, print_entry, NULL))
		return fail_action(a, "list the bans");
	if (fflush(stdout) != 0 || ferror(stdout)) {
		log_error("unable to write to standard output: %s", strerror(errno));
		return EXIT_RUNTIME;
	}
	return EXIT_OK;
}

/* All operands are looked at before the first is carried out. */
static bool read_addresses(const struct app *a, size_t n, struct address *out)
{
	for (size_t i = 0; i < n; i++) {
		const char *text = a->options.anomban.operands[i];
		if (!address_parse_prefix(text, strlen(text), &out[i])) {
			log_fatal("'%.200s' is no address or network", text);
			return false;
		}
		out[i] = apply_orders_entry(&a->orders, &out[i]);
	}
	return true;
}

/* The change was made, but a detector does not know by whom. */
static enum exit_code end_change(const struct app *a, bool marked)
{
	if (!marked)
		log_warning("a running anomdetect may undo this, for it could not be told: %s",
			firewall_why(a->firewall));
	return EXIT_OK;
}

static enum exit_code ban_client(struct app *a, const struct address *client)
{
	bool marked;

	if (allow_has(a->exempt.allow, client)) {
		log_error(
			"'%.200s' is not banned: "
			"it is allowed, private, behind NAT64, this host's own or logged in by SSH",
			a->options.anomban.operands[0]);
		return EXIT_RUNTIME;
	}
	return firewall_reaches(a->firewall, client) &&
			       manual_ban(a->firewall, client, a->options.anomban.ban_time, &marked)
		       ? end_change(a, marked)
		       : fail_action(a, "ban");
}

static enum exit_code unban_clients(struct app *a, const struct address *clients, size_t n)
{
	bool marked;

	return manual_unban(a->firewall, clients, n, &marked) ? end_change(a, marked)
							      : fail_action(a, "unban");
}

static enum exit_code flush_sets(struct app *a)
{
	bool marked;

	return manual_flush(a->firewall, &marked) ? end_change(a, marked) : fail_action(a, "flush");
}

/* Rules first: a set that one refers to cannot be destroyed. */
static enum exit_code tear_down(struct app *a)
{
	struct settings_chain chain = {0};
	struct firewall_config config =
		settings_firewall(&a->options.firewall, &a->options.bans, &chain);
	char why[FIREWALL_WHY_CAP];
	struct drop_rules rules;
	bool marked;

	if (!manual_teardown(a->firewall, &marked))
		return fail_action(a, "tear down");
	end_change(a, marked);
	if (!drop_rules_init(&rules, &config, why, sizeof why) ||
		!stale_rules_delete_all(&rules, why, sizeof why)) {
		log_error("%s", why);
		return EXIT_RUNTIME;
	}
	return firewall_teardown(a->firewall) ? EXIT_OK : fail_action(a, "tear down");
}

static enum exit_code run_action(struct app *a, const struct address *clients, size_t n)
{
	switch (a->options.anomban.action) {
	case OPTIONS_LIST:
		return list_sets(a);
	case OPTIONS_BAN:
		return ban_client(a, clients);
	case OPTIONS_UNBAN:
		return unban_clients(a, clients, n);
	case OPTIONS_FLUSH:
		return flush_sets(a);
	case OPTIONS_TEARDOWN:
		return tear_down(a);
	case OPTIONS_FILTER:
		break;
	}
	return run_filter(a);
}

/* ---- start and end ---- */

static bool needs_allow(enum options_action action)
{
	return action == OPTIONS_FILTER || action == OPTIONS_BAN;
}

static bool open_allow(struct app *a)
{
	char why[WHY_MAX];

	if (!exemptions_open(&a->exempt, &a->options.allow, true, false, why, sizeof why)) {
		log_fatal("%s", why);
		return false;
	}
	a->orders.allow = a->exempt.allow;
	return true;
}

/* Only what bans may leave sets or rules behind that were not there: to anomdetect, an empty set
 * means that somebody took all bans back. *nothing: there were no sets. */
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
		log_fatal("unable to ban: %s", why);
		return EXIT_NO_BAN;
	}
	if (a->options.anomban.action == OPTIONS_FILTER)
		stale_rules_tidy(&config);
	*nothing = !bans && firewall_made_sets(a->firewall) == 2;
	if (!*nothing)
		return EXIT_OK;
	log_warning("there were no sets '%s4' and '%s6', and so no bans", config.set_name,
		config.set_name);
	return firewall_teardown(a->firewall) ? EXIT_OK : fail_action(a, "remove the sets again");
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
	if (read_addresses(a, n, clients) &&
		(!needs_allow(a->options.anomban.action) || open_allow(a))) {
		code = open_firewall(a, &nothing);
		if (code == EXIT_OK && !nothing)
			code = run_action(a, clients, n);
	}
	free(clients);
	firewall_free(a->firewall);
	line_reader_free(a->lines);
	exemptions_fini(&a->exempt);
	return code;
}

int main(int argc, char **argv)
{
	static struct app app;
	char why[WHY_MAX];
	enum exit_code code;

	log_init("anomban");
	signals_reset();
	if (!process_open_standard()) {
		log_fatal("unable to open /dev/null: %s", strerror(errno));
		return EXIT_RUNTIME;
	}
	if (!options_parse_anomban(&app.options, argc, argv, why, sizeof why)) {
		log_fatal("%s", why);
		return EXIT_USAGE;
	}
	log_set_verbose(app.options.program.verbose);
	if (app.options.program.help || app.options.program.version)
		return options_answer(&app.options.program, "anomban") ? EXIT_OK : EXIT_RUNTIME;
	code = run_program(&app);
	options_free(&app.options);
	return (int)code;
}
