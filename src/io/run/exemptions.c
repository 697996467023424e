/* exemptions.c - see exemptions.h. */
#include "io/run/exemptions.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "io/config/allowlist.h"
#include "io/host/clock.h"
#include "io/host/log.h"
#include "io/host/privileges.h"

/* Number of IPv4 addresses. */
#define IPV4_ALL (UINT64_C(1) << 32)

static void log_peer(const char *before, const struct address *peer, const char *after)
{
	char text[ADDRESS_TEXT_MAX];
	struct buf b;

	buf_init(&b, text, sizeof text);
	buf_put_address(&b, peer);
	log_info("%s%.*s%s", before, (int)b.len, b.data, after);
}

static void log_change(void *ctx, const struct address *peer, bool allowed)
{
	(void)ctx;
	log_peer("", peer,
		allowed ? " has logged in by SSH, and is exempt from bans"
			: " is no longer exempt from bans: its SSH session has ended");
}

static void log_broker(void *ctx, const struct address *peer, bool allowed)
{
	(void)ctx;
	if (allowed)
		log_peer("this host is connected to ", peer, ", which is exempt from bans");
	else
		log_peer(
			"", peer, " is no longer exempt from bans: the connection to it has ended");
}

/* True if the condition `now` has just become true, so that the caller warns once. */
static bool is_new(bool *told, bool now)
{
	bool begins = now && !*told;

	*told = now;
	return begins;
}

static void warn_of_gaps(struct exemptions *e, const struct ssh_sessions *s)
{
	if (is_new(&e->told_blind, s->blind))
		log_warning("unable to find the SSH logins: %s; addresses of new logins are not "
			    "exempt from bans",
			strerror(EACCES));
	if (is_new(&e->told_hidden, s->hidden))
		log_warning("unable to find the SSH logins: the processes of other users "
			    "are hidden, and there is no logind; give your address with --allow");
	if (is_new(&e->told_cut, s->cut))
		log_warning("too many processes or connections to find all SSH sessions in %d ms; "
			    "give your address with --allow",
			SSH_SESSIONS_MS);
	if (is_new(&e->told_more, e->peers.more))
		log_warning("over %d SSH connections have a session, so not all of them are "
			    "exempt from bans; give your address with --allow",
			SSH_PEERS_MAX);
}

/* A search that ran out of time may have missed SSH connections. So the connections that were open
 * at the search before still count as open. Connections that had already ended by then are not
 * added. */
static void keep_known(const struct exemptions *e, struct ssh_sessions *s)
{
	for (size_t i = 0; i < e->peers.n && s->n < SSH_SESSIONS_MAX; i++)
		if (ssh_peer_is_open(&e->peers.list[i]))
			s->list[s->n++] = e->peers.list[i].connection;
}

/* `s`: the sessions; NULL with errno when the search failed. Returns whether the set of exempt
 * addresses has changed. */
static bool take_sessions(struct exemptions *e, struct ssh_sessions *s, struct span now)
{
	bool changed;

	if (!s) {
		if (is_new(&e->told_blind, true))
			log_warning("unable to find the SSH logins: %s; addresses of new logins "
				    "are not exempt from bans",
				strerror(errno));
		return false;
	}
	if (s->cut)
		keep_known(e, s);
	changed = ssh_peers_update(&e->peers, s->list, s->n, now, log_change, NULL);
	warn_of_gaps(e, s);
	return changed;
}

static bool look_up(struct exemptions *e, struct span now)
{
	struct ssh_sessions s;

	e->due.ms = now.ms + EXEMPTIONS_EVERY.ms;
	if (!e->places)
		return false;
	return take_sessions(e, ssh_sessions_find(e->places, &e->peers, &s) ? &s : NULL, now);
}

/* Ends the helper, and searches in this process from now on. This process may lack the right to see
 * all sessions; then the search logs a warning. */
static bool look_without(struct exemptions *e, struct span now)
{
	ssh_lookup_free(e->lookup);
	e->lookup = NULL;
	return look_up(e, now);
}

/* Sends a query to the helper, or reads its answer to the previous query. */
static bool look_by_helper(struct exemptions *e, struct span now)
{
	struct ssh_sessions s;

	if (!e->asked) {
		if (now.ms < e->due.ms)
			return false;
		e->due.ms = now.ms + EXEMPTIONS_EVERY.ms;
		e->asked = ssh_lookup_ask(e->lookup, &e->peers);
		return e->asked ? false : look_without(e, now);
	}
	enum ssh_lookup_result result = ssh_lookup_answer(e->lookup, &s);
	e->asked = result == SSH_LOOKUP_WAITING;
	switch (result) {
	case SSH_LOOKUP_WAITING:
		return false;
	case SSH_LOOKUP_OK:
		return take_sessions(e, &s, now);
	case SSH_LOOKUP_FAILED:
		return take_sessions(e, NULL, now);
	case SSH_LOOKUP_LOST:
		e->due = now;
		return false;
	case SSH_LOOKUP_GONE:
		break;
	}
	return look_without(e, now);
}

/* ---- brokers ---- */

/* A search for brokers (hosts at the ports of --allow-peers) that ran out of time may have missed
 * some. So brokers that were connected before still count as connected. */
static void keep_brokers(const struct exemptions *e, struct tcp_peers *p)
{
	for (size_t i = 0; i < e->brokers.n && p->n < SSH_PEERS_MAX; i++)
		if (ssh_peer_is_open(&e->brokers.list[i]))
			p->list[p->n++] = e->brokers.list[i].connection.peer;
}

static void warn_of_brokers(struct exemptions *e, const struct tcp_peers *p)
{
	if (is_new(&e->told_brokers_cut, p->cut))
		log_warning("too many connections to find those to the ports of --allow-peers "
			    "in %d ms; give the broker's address with --allow",
			TCP_PEERS_MS);
	if (is_new(&e->told_brokers_more, p->more || e->brokers.more))
		log_warning(
			"this host is connected to over %d hosts at the ports of --allow-peers, "
			"so not all of them are exempt from bans; give the broker's address "
			"with --allow",
			SSH_PEERS_MAX);
}

static bool look_for_brokers(struct exemptions *e, struct span now)
{
	struct ssh_connection open[SSH_PEERS_MAX];
	struct span begin = clock_monotonic();
	struct tcp_peers found;
	bool done = tcp_peers_find(e->proc, &e->ports, &found), changed;
	int saved = errno;
	int64_t took = clock_monotonic().ms - begin.ms, pause = took * EXEMPTIONS_BAN_PAUSE;

	memcpy(e->unanswered, found.unanswered, sizeof e->unanswered);
	e->unanswered_n = found.unanswered_n;
	e->brokers_due.ms = now.ms + EXEMPTIONS_EVERY.ms;
	e->brokers_ban_due.ms =
		now.ms + took + (pause < EXEMPTIONS_BAN_EVERY.ms ? EXEMPTIONS_BAN_EVERY.ms : pause);
	if (is_new(&e->told_no_table, !done))
		log_warning("unable to find the hosts that this host is connected to: %s; give the "
			    "broker's address with --allow",
			strerror(saved));
	if (!done)
		return false;
	if (found.cut)
		keep_brokers(e, &found);
	for (size_t i = 0; i < found.n; i++)
		open[i] = (struct ssh_connection){found.list[i], 0};
	changed = ssh_peers_update(&e->brokers, open, found.n, now, log_broker, NULL);
	warn_of_brokers(e, &found);
	return changed;
}

static struct allow *make_list(const struct exemptions *e, const struct allow *listed)
{
	struct address peers[2 * SSH_PEERS_MAX];
	size_t n = ssh_peers_addresses(&e->peers, peers);

	n += ssh_peers_addresses(&e->brokers, peers + n);
	return allowlist_with(listed, peers, n);
}

static struct allow *make_new_list(const struct exemptions *e)
{
	struct allow *a = make_list(e, e->listed);

	if (!a)
		log_warning("out of memory; the allow-list stays as it was");
	return a;
}

bool exemptions_watch_ports(
	struct exemptions *e, const struct tcp_ports *ports, const char *proc, struct span now)
{
	struct allow *a;

	e->ports = *ports;
	e->proc = proc;
	if (!ports->n || !look_for_brokers(e, now))
		return true;
	a = make_list(e, e->listed);
	if (a)
		exemptions_use(e, a);
	return a != NULL;
}

struct allow *exemptions_look_before_ban(struct exemptions *e, struct span now)
{
	if (!e->ports.n || now.ms < e->brokers_ban_due.ms || !look_for_brokers(e, now))
		return NULL;
	return make_new_list(e);
}

bool exemptions_init(struct exemptions *e, struct allow *listed, const struct ssh_places *places,
	struct span now)
{
	*e = (struct exemptions){.listed = listed, .places = places};
	look_up(e, now);
	e->at_start_n = ssh_peers_addresses(&e->peers, e->at_start);
	e->allow = make_list(e, listed);
	return e->allow != NULL;
}

static void warn_of_half(const struct allow *listed)
{
	uint64_t n = allow_ipv4_addresses(listed);

	if (n > IPV4_ALL / 2)
		log_warning("the allow-list exempts %d %% of all IPv4 addresses from bans",
			(int)(n * 100 / IPV4_ALL));
}

bool exemptions_open(struct exemptions *e, const struct allow_options *o, bool bans, bool replay,
	char *why, size_t why_cap)
{
	struct allow *listed = allowlist_new(o, replay, why, why_cap);

	if (!listed)
		return false;
	warn_of_half(listed);
	snprintf(why, why_cap, "--allow: out of memory");
	return exemptions_init(e, listed, bans && !replay ? &ssh_places : NULL, clock_monotonic());
}

bool exemptions_delegate(struct exemptions *e)
{
	if (!e->places || !privileges_have_sys_ptrace())
		return true;
	e->lookup = ssh_lookup_new(e->places);
	return e->lookup != NULL;
}

void exemptions_fini(struct exemptions *e)
{
	ssh_lookup_free(e->lookup);
	e->lookup = NULL;
	allow_free(e->listed);
	allow_free(e->allow);
	e->listed = e->allow = NULL;
}

struct allow *exemptions_look(struct exemptions *e, struct span now)
{
	bool changed = e->lookup ? look_by_helper(e, now) : now.ms >= e->due.ms && look_up(e, now);

	if (e->ports.n && now.ms >= e->brokers_due.ms)
		changed |= look_for_brokers(e, now);
	return changed ? make_new_list(e) : NULL;
}

struct allow *exemptions_reload(struct exemptions *e, struct allow *listed, struct span now)
{
	if (e->lookup)
		e->due = now; /* the next call of exemptions_look searches */
	else
		look_up(e, now);
	if (e->ports.n)
		look_for_brokers(e, now);
	struct allow *a = make_list(e, listed);

	if (!a) {
		allow_free(listed);
		return NULL;
	}
	allow_free(e->listed);
	e->listed = listed;
	return a;
}

void exemptions_use(struct exemptions *e, struct allow *allow)
{
	allow_free(e->allow);
	e->allow = allow;
}

struct allow *exemptions_lifting(const struct exemptions *e)
{
	struct address peers[SSH_PEERS_MAX];
	size_t n = ssh_peers_addresses(&e->peers, peers);

	return allowlist_with(e->listed, peers, n);
}
