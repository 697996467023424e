/* exemptions.h - the allow-list of a run: the options' list and the exempt addresses, such as SSH
 * peers.
 *
 * Path:    io/config/allowlist, io/host/ssh_sessions -> core/judge/ssh_peers -> [exemptions] -> the
 *          engine, or apply_orders.
 * Method:  the SSH sessions are searched at the start, at SIGHUP and every EXEMPTIONS_EVERY. If an
 *          address was added or removed, a new list is made. The files of --allow are not read
 *          again for this list.
 * Peers:   anomban also exempts brokers: hosts to which this host is connected at a port of
 *          --allow-peers (io/host/tcp_peers.h). A broker delivers the events that anomban obeys, so
 *          a ban of the broker would cut anomban off. anomban searches for brokers at the same
 *          interval, and also before a ban; see exemptions_look_before_ban.
 * Right:   a confined run loses the right to inspect sshd's processes. If the run has this right at
 *          the start, a helper process keeps the right, and searches instead of the run
 *          (io/host/ssh_lookup.h). The helper's answer takes effect at a later call of
 *          exemptions_look.
 * Failed:  when a search fails, the exempt addresses stay as they are until a search succeeds
 *          again.
 */
#ifndef IO_RUN_EXEMPTIONS_H
#define IO_RUN_EXEMPTIONS_H

#include <stdbool.h>

#include "core/base/allow.h"
#include "core/judge/ssh_peers.h"
#include "io/config/option_groups.h"
#include "io/host/ssh_lookup.h"
#include "io/host/tcp_peers.h"

/* EVERY: minimum time between two searches for brokers before bans. PAUSE: minimum pause after such
 * a search, as a multiple of the search's duration. A search takes longer on a host with many
 * connections. */
#define EXEMPTIONS_BAN_EVERY ((struct span){1000})
#define EXEMPTIONS_BAN_PAUSE 10

/* Maximum delay until a new login is exempt, or until the end of a session is detected. */
#define EXEMPTIONS_EVERY ((struct span){60 * 1000})

struct exemptions {
	const struct ssh_places *places; /* NULL: sessions are not searched */
	struct ssh_peers peers;
	struct allow *listed; /* the allow-list of the options */
	struct allow *allow;  /* the list in use: `listed` and the peers */
	struct span due;      /* time of the next search, on the monotonic clock */
	/* the helper that searches; NULL: this process searches itself */
	struct ssh_lookup *lookup;
	bool asked; /* the helper was asked and has not answered */
	bool told_blind, told_hidden, told_cut, told_more;
	struct tcp_ports ports; /* none: brokers are not searched */
	const char *proc;
	/* The `id` of a broker's connection is 0. Like an SSH peer, a broker stays exempt for
	 * SSH_PEERS_KEPT_S after its connection ends. */
	struct ssh_peers brokers;
	struct span brokers_due, brokers_ban_due;
	/* Brokers to which this host was connecting at the last search, and which had not answered:
	 * a ban may be the reason. The caller lifts their bans, and sets the number to 0. */
	struct address unanswered[SSH_PEERS_MAX];
	size_t unanswered_n;
	bool told_no_table, told_brokers_cut, told_brokers_more;
	/* the peers as addresses, for the start event */
	struct address at_start[SSH_PEERS_MAX];
	size_t at_start_n;
};

/* Takes ownership of `listed`: exemptions_fini frees it, even after a failure. False when memory is
 * short. */
bool exemptions_init(struct exemptions *e, struct allow *listed, const struct ssh_places *places,
	struct span now);
/* Like exemptions_init, but reads the list from the options. Only a live run that bans could lock
 * an administrator out; other runs do not search for sessions. Warns when the options exempt over
 * half of all IPv4 addresses. On failure `why` has the reason in one line. */
bool exemptions_open(struct exemptions *e, const struct allow_options *o, bool bans, bool replay,
	char *why, size_t why_cap);
/* From now on exempts the hosts to which this host is connected at `ports`, as tcp_ports_parse
 * returns them. `proc` is "/proc". False when memory is short. */
bool exemptions_watch_ports(
	struct exemptions *e, const struct tcp_ports *ports, const char *proc, struct span now);
/* Starts the helper, if the run needs one. Call it before the run drops any privilege. On failure,
 * returns false with errno. */
bool exemptions_delegate(struct exemptions *e);
void exemptions_fini(struct exemptions *e);

/* Returns a new list in place of e->allow, or NULL when nothing has changed. The caller passes it
 * to all users of the old list, and then to exemptions_use, which frees the old list. */
struct allow *exemptions_look(struct exemptions *e, struct span now);
/* Like exemptions_look, but called before a ban. Searches only for brokers, and only if the pause
 * after the last search is over. */
struct allow *exemptions_look_before_ban(struct exemptions *e, struct span now);
/* Like exemptions_look, but called at a SIGHUP with `listed`, the new list of the options. Takes
 * ownership of `listed`. NULL when memory is short: then the old list stays in use, and the caller
 * reports the failure. */
struct allow *exemptions_reload(struct exemptions *e, struct allow *listed, struct span now);
void exemptions_use(struct exemptions *e, struct allow *allow);

/* Returns the allow-list without the brokers. When an address is new on this list, the caller lifts
 * the ban of this address. A broker's ban is lifted only while the broker does not answer
 * (`unanswered`). If the connection to the broker is established, the broker has answered, so no
 * ban blocked its packets. And an unknown host may have opened this connection, so the ban of this
 * host must stay. NULL when memory is short. */
struct allow *exemptions_lifting(const struct exemptions *e);

#endif
