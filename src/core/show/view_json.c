/* view_json.c - see view.h. The output begins with all members of the state file, unchanged and in
 * their order. So a program that reads the state file can also read this output. */
#include "core/show/view.h"

#include <string.h>

/* "}\n" at the end of the output of state_write */
#define TAIL_LEN 2

/* Puts the command that lifts the ban; null if there is nothing to lift. */
static void put_lift(struct buf *out, const struct state *s, const struct state_ban *ban)
{
	struct status_text lift = status_lift(s, &ban->client);

	buf_put_text(out, ",\"lift\":");
	if (lift.s[0])
		buf_put_json(out, lift.s, strlen(lift.s), sizeof lift.s);
	else
		buf_put_text(out, "null");
}

void view_json(const struct state *s, struct instant now, struct buf *out)
{
	struct status_text why = status_trouble(s), blind = status_blind_why(s, now);
	struct status_text hosts = status_hosts_why(s);

	state_write_more(s, put_lift, out);
	if (out->full)
		return;
	out->len -= TAIL_LEN;
	buf_put_format(out, ",\"status\":\"%s\",\"age_s\":", status_run_name(status_run(s, now)));
	buf_put_fixed(out, (double)status_age(s, now).ms / 1000, 3);
	buf_put_format(out, ",\"check\":\"%s\"", status_check_name(status_check(s, now)));
	buf_put_text(out, ",\"requests_per_s\":");
	buf_put_fixed(out, status_rate(s, SIGNAL_REQUESTS), 6);
	buf_put_text(out, ",\"errors_per_s\":");
	buf_put_fixed(out, status_rate(s, SIGNAL_ERRORS), 6);
	buf_put_format(
		out, ",\"bans_status\":\"%s\",\"bans_why\":", status_bans_name(status_bans(s)));
	buf_put_json(out, why.s, strlen(why.s), sizeof why.s);
	buf_put_format(
		out, ",\"blind\":\"%s\",\"blind_why\":", status_blind_name(status_blind(s, now)));
	buf_put_json(out, blind.s, strlen(blind.s), sizeof blind.s);
	buf_put_text(out, ",\"origins_why\":");
	buf_put_json(out, hosts.s, strlen(hosts.s), sizeof hosts.s);
	buf_put_text(out, "}\n");
}
