/* config_check.c - see config_check.h. It reports only the first mistake, because it makes the same
 * checks as a start, which ends at the first mistake, too. */
#include "io/check/config_check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "io/config/allowlist.h"
#include "io/config/input.h"
#include "io/config/options_place.h"
#include "io/host/log.h"
#include "io/host/process.h"
#include "io/host/tcp_peers.h"
#include "io/run/statedir.h"

#define WHY_MAX 512

#define CODE_OK      0
#define CODE_RUNTIME 1
#define CODE_USAGE   2

static bool is_right(const struct options *o, char *why, size_t why_cap)
{
	static struct statedir dir; /* static because it is large */
	struct tcp_ports ports;

	if (!input_check(&o->input, why, why_cap) ||
		!statedir_find(&dir, &o->state, &o->run, why, why_cap) ||
		statedir_lacks_group(&dir, &o->state, why, why_cap) ||
		!allowlist_is_readable(&o->allow, o->run.replay, why, why_cap))
		return false;
	if (tcp_ports_parse(o->allow.peer_ports, &ports))
		return true;
	snprintf(why, why_cap, TCP_PORTS_WRONG, o->allow.peer_ports, TCP_PEERS_PORTS_MAX);
	return false;
}

int config_check_run(const struct options *o)
{
	char why[WHY_MAX];

	errno = 0;
	if (!is_right(o, why, sizeof why)) {
		options_place(o, why, sizeof why);
		int code = process_is_short(errno) ? CODE_RUNTIME : CODE_USAGE;
		log_fatal("%s", why);
		return code;
	}
	if (printf("configuration ok\n") >= 0 && fflush(stdout) == 0)
		return CODE_OK;
	log_fatal("unable to write to standard output: %s", strerror(errno));
	return CODE_RUNTIME;
}
