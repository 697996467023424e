/* exemptions.h - the allow-list of a run: the options' list, and who has logged in by SSH.
 *
 * Path:    io/config/allowlist, io/host/ssh_sessions -> core/judge/ssh_peers -> [exemptions] -> the
 *          engine, or apply_orders.
 * Method:  the sessions are looked up at start, at SIGHUP and every EXEMPTIONS_EVERY; a list with
 *          another address in it is a new list. The files of --allow are not read for that.
 * Peers:   anomban exempts the brokers, too, that this host is connected to (io/host/tcp_peers.h).
 *          They are looked up as often, and before a ban; see exemptions_look_before_ban.
 * Right:   a run that will be confined has a helper look (io/host/ssh_lookup.h), if it has the
 *          right to see sshd's processes; its answer takes effect at a later exemptions_look.
 * Failed:  what is known stays as it is, until the sessions can be seen again.
 */
#ifndef IO_RUN_EXEMPTIONS_H
#define IO_RUN_EXEMPTIONS_H

#include <stdbool.h>

#include "core/base/allow.h"
#include "core/judge/ssh_peers.h"
#include "io/config/option_groups.h"
#include "io/host/ssh_lookup.h"
#include "io/host/tcp_peers.h"

/* The shortest time between two looks for brokers before bans; and how many times as long as the
 * look took, for it is longer on a host with many connections. */
#define EXEMPTIONS_BAN_EVERY ((struct span){1000})
#define EXEMPTIONS_BAN_PAUSE 10

/* A login is allowed, and an end is noticed, at most so much later. */
#define EXEMPTIONS_EVERY ((struct span){60 * 1000})

struct exemptions {
	const struct ssh_places *places; /* NULL: sessions are not looked up */
	struct ssh_peers peers;
	struct allow *listed;      /* by the options */
	struct allow *allow;       /* in use: with the peers */
	struct span due;           /* of the next look, on the monotonic clock */
	struct ssh_lookup *lookup; /* who looks; NULL: we ourselves */
	bool asked;                /* it was, and has not answered */
	bool told_blind, told_hidden, told_cut, told_more;
	struct tcp_ports ports; /* none: brokers are not looked up */
	const char *proc;
	struct ssh_peers brokers; /* their connections have no id; kept as long as those of SSH */
	struct span brokers_due, brokers_ban_due;
	/* Brokers that had not answered at the last look. The caller lifts their bans, and sets the
	 * number to 0. */
	struct address unanswered[SSH_PEERS_MAX];
	size_t unanswered_n;
	bool told_no_table, told_brokers_cut, told_brokers_more;
	/* the peers as addresses, for the start event */
	struct address at_start[SSH_PEERS_MAX];
	size_t at_start_n;
};

/* Takes `listed`, which is freed by exemptions_fini, also after a failure. False when memory is
 * short. */
bool exemptions_init(struct exemptions *e, struct allow *listed, const struct ssh_places *places,
	struct span now);
/* The same of the options. Only a run that bans, and is no replay, could lock somebody out: in
 * others, sessions are not looked up. Warns when the options exempt over half of all IPv4
 * addresses. On failure `why` says in one line what is wrong. */
bool exemptions_open(struct exemptions *e, const struct allow_options *o, bool bans, bool replay,
	char *why, size_t why_cap);
/* Exempts the hosts that this one is connected to at `ports`, of tcp_ports_parse, from now on.
 * `proc` is "/proc". False when memory is short. */
bool exemptions_watch_ports(
	struct exemptions *e, const struct tcp_ports *ports, const char *proc, struct span now);
/* Makes the helper, where it is needed. Before the run gives anything up. False with errno. */
bool exemptions_delegate(struct exemptions *e);
void exemptions_fini(struct exemptions *e);

/* A new list in place of e->allow, or NULL when nothing has changed. The caller gives it to those
 * who use the old one, and then to exemptions_use, which frees that. */
struct allow *exemptions_look(struct exemptions *e, struct span now);
/* The same before a ban, of brokers alone: when the last look is over a second old. */
struct allow *exemptions_look_before_ban(struct exemptions *e, struct span now);
/* The same at a SIGHUP, with the options' list read anew, which is taken. NULL when memory is
 * short: the old one holds, and the caller reports it. */
struct allow *exemptions_reload(struct exemptions *e, struct allow *listed, struct span now);
void exemptions_use(struct exemptions *e, struct allow *allow);

/* A list of the caller's: whose bans are lifted when they come onto it. Brokers are not on it. An
 * established connection shows that no ban is in the way, and a stranger may have made it. NULL
 * when memory is short. */
struct allow *exemptions_lifting(const struct exemptions *e);

#endif
