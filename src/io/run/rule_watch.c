/* rule_watch.c - see rule_watch.h. */
#include "io/run/rule_watch.h"

#include <stdio.h>

static const struct span killed_every = {60 * 1000};
/* Number of calls, one per second, after which a keeper without an answer is reported. The report
 * is repeated each time this number of calls has passed. For an answer, the keeper runs iptables at
 * most 12 times (with --ports), and each time takes at most CHILD_MS. So an answer takes at most
 * 120 s. */
#define SILENT_MAX 180

static unsigned count_silence(struct rule_watch *w)
{
	if (w->silent == 0 || w->silent++ % SILENT_MAX)
		return 0;
	w->bad = true;
	snprintf(w->answer.why, sizeof w->answer.why,
		"the process that checks the firewall rules does not answer; "
		"restart anomdetect");
	return RULE_WATCH_FAILED;
}

/* Reports that the keeper was killed, at most once per minute, because a process can be killed any
 * number of times. */
static unsigned report_killed(struct rule_watch *w, bool replaced, struct instant now)
{
	w->silent = 0;
	if (!span_is_over(w->killed, now, killed_every))
		return 0;
	w->killed = now;
	/* firewall rules that were flushed in the meantime are put back now */
	if (replaced)
		rule_watch_hurry(w);
	w->bad |= !replaced;
	snprintf(w->answer.why, sizeof w->answer.why, "%s",
		replaced ? "the process that checks the firewall rules had ended; a new one was "
			   "started"
			 : "the process that checks the firewall rules has ended; restart "
			   "anomdetect");
	return RULE_WATCH_KEEPER_GONE;
}

static unsigned read_answer(struct rule_watch *w)
{
	unsigned found = 0;

	w->bad = !w->answer.ok || w->answer.behind;
	found |= w->answer.put_back ? RULE_WATCH_REPAIRED : 0;
	found |= w->answer.ok ? 0 : RULE_WATCH_FAILED;
	found |= w->answer.ok && w->answer.behind ? RULE_WATCH_BYPASSED : 0;
	return found;
}

unsigned rule_watch_step(struct rule_watch *w, struct instant now)
{
	unsigned found = 0;

	if (!w->keeper)
		return 0;
	switch (rule_keeper_answer(w->keeper, &w->answer)) {
	case RULE_KEEPER_WAITING:
		found = count_silence(w);
		break;
	case RULE_KEEPER_REPLACED:
		found = report_killed(w, true, now);
		break;
	case RULE_KEEPER_GONE:
		return report_killed(w, false, now);
	case RULE_KEEPER_OK:
		w->silent = 0;
		found = read_answer(w);
		break;
	}
	if (span_is_over(w->asked, now, FIREWALL_RULES_EVERY) && rule_keeper_ask(w->keeper)) {
		w->asked = now;
		w->silent = 1;
	}
	return found;
}

void rule_watch_hurry(struct rule_watch *w)
{
	w->asked = (struct instant){0};
}
