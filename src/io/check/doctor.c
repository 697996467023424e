/* doctor.c - see doctor.h.
 *
 * Each step makes the same function calls as a run. A test that only reads settings could report ok
 * although a run would fail.
 */
#include "io/check/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>

#include "core/base/num.h"
#include "core/base/figure.h"
#include "io/config/allowlist.h"
#include "io/host/clock.h"
#include "io/check/doctor_parts.h"
#include "io/host/own_addresses.h"
#include "io/host/ssh_sessions.h"
#include "io/host/privileges.h"
#include "io/config/settings.h"
#include "io/run/statedir.h"

/* If the removal of a test entry fails, the entry expires after this time. */
static const struct span test_time = {2000};
/* Addresses that are reserved for documentation (RFC 5737, RFC 3849), so the test bans no real
 * client. */
static const char *const test_addresses[] = {"192.0.2.1", "2001:db8::1"};
#define FAMILIES 2

struct doctor {
	const struct options *options;
	struct settings_chain chain;
	struct firewall_config config;
	struct statedir dir;
	/* the message if the directory of the state cannot be made; else "" */
	char no_parent[DOCTOR_TEXT_CAP / 2];
	/* the sets did not exist before the test, so no firewall rule refers to them */
	bool no_sets;
};

/* ---- rights ---- */

static bool look_at_rights(const struct doctor *d)
{
	bool admin = privileges_have_net_admin(), raw = privileges_have_net_raw();

	if (!admin)
		return doctor_report(false, "capability",
			"CAP_NET_ADMIN is missing, so no client can be banned; "
			"run as root (sudo anomdetect --doctor), "
			"or give the service AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW");
	else if (d->config.manage_rule && !raw)
		return doctor_report(false, "capability",
			"CAP_NET_RAW is missing, which iptables needs for the firewall rule; run "
			"as root, or add the firewall rule yourself and use --rule none");
	else
		return doctor_report(
			true, "capability", "CAP_NET_ADMIN%s", raw ? " and CAP_NET_RAW" : "");
}

/* ---- sets ---- */

/* Bans and unbans a test address in the same way as a run. False with a reason. */
static bool try_ban(struct firewall *f, const char *text, char *why, size_t why_cap)
{
	struct address a;
	bool in;

	if (!address_parse(text, strlen(text), &a) || !firewall_has(f, &a, &in))
		goto failed;
	/* somebody else has added this entry, so it is not used for the test */
	if (in)
		return true;
	if (!firewall_ban(f, &a, test_time) || !firewall_has(f, &a, &in))
		goto failed;
	if (!in) {
		snprintf(why, why_cap, "%s was added to the set, but is not in it", text);
		return false;
	}
	if (!firewall_unban(f, &a) || !firewall_has(f, &a, &in))
		goto failed;
	if (!in)
		return true;
	snprintf(why, why_cap, "%s was removed from the set, but is still in it", text);
	return false;
failed:
	snprintf(why, why_cap, "%s", firewall_why(f));
	return false;
}

static void count_entry(void *ctx, const struct address *client, struct span left)
{
	size_t *n = ctx;

	(void)client, (void)left;
	++*n;
}

/* Tests existing sets, which a run has made. */
static bool try_sets(struct firewall *f, const char *name)
{
	char why[FIREWALL_WHY_CAP];
	size_t n = 0;

	for (int i = 0; i < FAMILIES; i++) {
		if (!try_ban(f, test_addresses[i], why, sizeof why))
			return doctor_report(false, "sets", "%s", why);
	}
	if (!firewall_list(f, count_entry, &n))
		return doctor_report(false, "sets", "%s", firewall_why(f));
	return doctor_report(true, "sets",
		"%s4 and %s6 contain %zu entr%s; %s and %s were banned, found in the sets and "
		"unbanned",
		name, name, n, figure_word((double)n, "y", "ies"), test_addresses[0],
		test_addresses[1]);
}

static bool look_at_sets(struct doctor *d)
{
	struct firewall_config config = d->config;
	const char *name = config.set_name;
	char why[FIREWALL_WHY_CAP];
	struct firewall *f;
	bool ok = false;

	config.manage_rule = false; /* the firewall rules are only checked, in a later step */
	f = firewall_new_ipset(&config, why, sizeof why);
	if (!f)
		return doctor_report(false, "sets", "%s", why);
	/* If both sets are new, they are removed. If they stayed, the next start would find them
	 * empty, and would assume that somebody had unbanned all clients. */
	d->no_sets = firewall_made_sets(f) == FAMILIES;
	if (d->no_sets && !firewall_teardown(f))
		doctor_report(false, "sets", "%s", firewall_why(f));
	else if (d->no_sets)
		doctor_report(false, "sets",
			"%s4 and %s6 do not exist yet, as before the first start, and can be "
			"made; start anomdetect --ban, which makes them, and run --doctor again",
			name, name);
	else if (firewall_made_sets(f))
		doctor_report(false, "sets",
			"one of %s4 and %s6 was missing, and was made; start anomdetect --ban anew",
			name, name);
	else
		ok = try_sets(f, name);
	firewall_free(f);
	return ok;
}

/* ---- other steps ---- */

/* Room for the text between two names, and after the last one. */
#define NAMES_MORE_CAP 32

struct names {
	char text[DOCTOR_TEXT_CAP / 3];
	size_t n, shown; /* shown: names that fit completely */
};

static void add_name(void *ctx, const struct address *a)
{
	struct names *names = ctx;
	char text[ADDRESS_TEXT_MAX];
	size_t used = strlen(names->text);
	struct buf b;

	buf_init(&b, text, sizeof text);
	buf_put_address(&b, a);
	if (names->n++ != names->shown || sizeof names->text - used <= b.len + NAMES_MORE_CAP)
		return;
	names->shown++;
	snprintf(names->text + used, sizeof names->text - used, "%s%.*s", used ? ", " : "",
		(int)b.len, b.data);
}

static const char *names_text(struct names *names)
{
	size_t used = strlen(names->text);

	if (names->n > names->shown)
		snprintf(names->text + used, sizeof names->text - used, " and %zu more",
			names->n - names->shown);
	return names->n ? names->text : "none";
}

/* Adds each address once, although it may have several connections. */
static void add_peers(struct names *names, const struct ssh_sessions *s)
{
	for (size_t i = 0; i < s->n; i++) {
		bool again = false;
		for (size_t k = 0; k < i && !again; k++)
			again = address_equal(&s->list[k].peer, &s->list[i].peer);
		if (!again)
			add_name(names, &s->list[i].peer);
	}
}

static bool look_at_allowed(const struct doctor *d)
{
	static const struct ssh_peers none = {.n = 0};
	struct ssh_sessions sessions;
	struct names own = {.n = 0}, ssh = {.n = 0};
	char why[DOCTOR_TEXT_CAP / 2];
	struct allow *allow;

	if (!own_addresses_list(add_name, &own)) {
		return doctor_report(false, "allowed", "unable to read this host's addresses: %s",
			strerror(errno));
	}
	if (!ssh_sessions_find(&ssh_places, &none, &sessions)) {
		return doctor_report(false, "allowed",
			"unable to find the SSH logins: %s; mount /proc", strerror(errno));
	}
	add_peers(&ssh, &sessions);
	allow = allowlist_new(&d->options->allow, d->options->run.replay, why, sizeof why);
	if (!allow) {
		return doctor_report(false, "allowed", "%s", why);
	}
	allow_free(allow);
	return doctor_report(true, "allowed", "this host: %s; logged in by SSH: %s%s",
		names_text(&own), names_text(&ssh),
		sessions.blind ? ", but without the right to see them all"
		: sessions.hidden
			? ", but the processes of other users are hidden, and there is no logind"
		: sessions.cut ? ", but too many processes or connections to see them all"
			       : "");
}

static bool look_at_state(const struct doctor *d)
{
	if (!d->dir.path) {
		return doctor_report(true, "state",
			"none: strikes and everything learned are lost at a restart");
	}
	if (d->no_parent[0])
		return doctor_report(false, "state", "%s", d->no_parent);
	if (!statedir_check(&d->dir)) {
		return doctor_report(false, "state",
			"unable to write a file beside '%.300s': %s; make its directory writable, "
			"or use --state FILE",
			d->dir.path, strerror(errno));
	}
	return doctor_report(true, "state", "'%.500s' can be replaced%s", d->dir.path,
		d->dir.made ? "; its directory was missing and was made" : "");
}

/* The year in which the program was compiled; __DATE__ is like "Nov 22 2026". */
static int64_t build_year(void)
{
	static const char date[] = __DATE__;
	uint64_t year = 0;

	return num_u64(date + 7, 4, &year) ? (int64_t)year : 0;
}

static bool look_at_clock(void)
{
	struct timex t = {.modes = 0};
	struct instant now = clock_now();
	/* the computed year begins at most a day before or after the real one */
	int64_t year = 1970 + (int64_t)((double)instant_second(now) / (365.2425 * 86400));
	int state = adjtimex(&t);

	if (year < build_year()) {
		return doctor_report(false, "clock",
			"its year is %lld, but this program was built in %lld; set the clock: "
			"timedatectl set-ntp true",
			(long long)year, (long long)build_year());
	}
	return doctor_report(true, "clock", "sane, and %s",
		state < 0 ? "whether it is synchronised is unknown"
		: t.status & STA_UNSYNC
			? "not known to be synchronised, which matters only for logs of other hosts"
			: "synchronised");
}

static bool become_user(const struct doctor *d)
{
	char why[DOCTOR_TEXT_CAP / 2];

	if (!d->options->run.user)
		return true;
	if (!privileges_drop(d->options->run.user, true, why, sizeof why))
		return doctor_report(false, "user", "%s", why);
	return doctor_report(true, "user", "can become '%s'", d->options->run.user);
}

bool doctor_run(const struct options *o)
{
	struct doctor d = {.options = o};
	struct doctor_log log;
	char why[DOCTOR_TEXT_CAP / 2];
	bool ok = true, state_ok;

	d.config = settings_firewall(&o->firewall, &o->bans, &d.chain);
	ok &= look_at_rights(&d);
	ok &= look_at_sets(&d);
	ok &= doctor_check_rules(&d.config, d.no_sets);
	doctor_check_saved_rules(&d.config);
	ok &= doctor_check_packet(&d.config);
	ok &= look_at_allowed(&d);
	/* makes the directory as a start does, for the same user; look_at_state reports a
	 * failure */
	if (statedir_find(&d.dir, &o->state, &o->run, why, sizeof why) && !statedir_make(&d.dir) &&
		errno == ENOENT)
		statedir_say_missing(&d.dir, d.no_parent, sizeof d.no_parent);
	doctor_open_log(&log, o->log, o->run.user);
	ok &= become_user(&d); /* all later steps run as the user of --user */
	state_ok = look_at_state(&d);
	ok &= state_ok;
	ok &= doctor_check_confinement(&d.dir, state_ok);
	ok &= look_at_clock();
	(void)fflush(stdout); /* flushed now, because doctor_check_input may wait for lines */
	ok &= doctor_check_input(&log, &o->input, &o->allow.trust_proxy);
	return fflush(stdout) == 0 && ok;
}
